//! A consent over the life of a record: grant, access, revocation, audit.

use super::consent::{actor, consent};
use crate::world::{A, ADA, B, BUNDLE, C, CHAIN, DAY, World, stroke};
use epione::consensus::Digest;
use epione::fhir::audit;
use epione::fhir::consent::{DataRecords, Decision, Directory, Grant, Target, UtcOffset, read};
use epione::ledger::{Basis, Rule};
use epione::record::Class;
use epione::sign::VerifyingKey;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The directory of the hospital, with the doctors as `Practitioner/0` to `Practitioner/2`.
struct Hospital {
    doctors: Vec<VerifyingKey>,
    records: BTreeSet<Digest>,
}

impl Hospital {
    fn new(world: &World, records: &[Digest]) -> Self {
        let doctors = world.doctors.iter().map(|doctor| doctor.verifying_key()).collect();
        Self { doctors, records: records.iter().copied().collect() }
    }

    fn grants(&self, consent: &Value) -> Vec<Grant> {
        match read(consent.to_string().as_bytes(), self, UtcOffset::UTC).unwrap().decision {
            Decision::Grant(grants) => grants,
            Decision::Revoke => panic!("grants"),
        }
    }
}

impl Directory for Hospital {
    fn is_patient(&self, target: &Target) -> bool {
        *target == Target::Reference("Patient/0".into())
    }

    fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>> {
        let Target::Reference(reference) = actor else { return None };
        let index: usize = reference.strip_prefix("Practitioner/")?.parse().ok()?;
        self.doctors.get(index).map(|doctor| BTreeSet::from([*doctor]))
    }

    fn records(&self) -> BTreeSet<Digest> {
        self.records.clone()
    }

    fn records_with(&self, _: &Target) -> Option<DataRecords> {
        None
    }
}

#[test]
fn a_consent_grants_what_it_permits_until_it_is_withdrawn() {
    let mut world = World::new(80);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let hospital = Hospital::new(&world, &[record]);
    let deny = json!({"type": "deny", "securityLabel": [super::consent::level("R")]});
    let mut form = consent(json!({"type": "permit", "provision": [deny],
        "actor": [actor("Practitioner/1")], "period": {"end": "9999"}}));

    // The consent becomes a grant.
    let grants = hospital.grants(&form);
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].reader, world.doctors[B].verifying_key());
    let (now, proxy) = (world.now(), world.proxies[0].verifying_key());
    let terms = grants[0].terms(vec![stroke()], proxy, now..now + 7 * DAY).unwrap();
    let ticket = world.grant(&terms);

    // The reader opens what it permits.
    let request = world.request_granted(record, &ticket);
    let release = world.release(&request).unwrap();
    let (opened, _) = world.open_granted(B, &request, &ticket, &release).unwrap();
    let restricted = [Class::Restricted, Class::Document];
    let permitted: Vec<Class> =
        epione::record::Record::scan(&mut std::io::Cursor::new(BUNDLE), "bundle.json")
            .unwrap()
            .classes()
            .into_iter()
            .filter(|class| !restricted.contains(class))
            .collect();
    assert_eq!(opened.classes, permitted);
    assert!(permitted.len() > 1);

    // A later version revokes.
    form["status"] = "inactive".into();
    let read = read(form.to_string().as_bytes(), &hospital, UtcOffset::UTC).unwrap();
    assert_eq!((&*read.id, read.decision), ("c1", Decision::Revoke));
    let (validity, state) = (world.validity(), world.state().clone());
    let revoke =
        world.patients[ADA].revoke(validity, &state, ticket.grant(), &mut world.rng).unwrap();
    world.commit(&revoke).unwrap();
    let refused = world.request(B, record, Basis::Grant(*ticket.grant()));
    assert_eq!(refused.map_err(|error| error.to_string()), Err(Rule::Revoked.to_string()));

    // The audit trail shows all of it, and verifies against the headers.
    let ledger = world.ledger();
    let mut subtypes = Vec::new();
    for resource in audit::resources(ledger, &record).unwrap().map(Result::unwrap) {
        super::model::assert_valid(&resource);
        let members = resource["extension"][0]["extension"].as_array().unwrap();
        let height = members.iter().find(|member| member["url"] == "height").unwrap();
        let height: u64 = height["valueString"].as_str().unwrap().parse().unwrap();
        let header = &ledger.block(height).unwrap().unwrap().block.header;
        audit::verify(&resource, CHAIN, header, Some(ledger.state())).unwrap();
        if resource["resourceType"] == "AuditEvent" {
            let outcome = resource["outcome"].as_str().unwrap();
            subtypes.push(format!("{}{outcome}", resource["subtype"][0]["code"].as_str().unwrap()));
        }
    }
    assert_eq!(subtypes, ["create0", "create0", "read0", "disclose0", "delete0", "read4"]);
    assert_eq!(world.doctors.len(), C + 1);
}
