//! The export of the audit trail: content, profiles and proofs.

mod balp;
mod proofs;

use super::*;
use crate::fhir::model::assert_valid;
use epione::fhir::audit::{self, ExportError, NAMESPACE};
use serde_json::Value;

/// A chain with every action on a record, executed and rejected, beside those on another record.
struct Shared {
    chain: Chain,
    record: Digest,
    grant: Digest,
    request: Digest,
}

impl Shared {
    fn new() -> Self {
        let (mut chain, record) = Chain::with_record(70);
        let p = chain.parties.clone();
        let other = chain.record(&p.other_owner, [2; 32]);
        let granted = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
        let grant = granted.id();
        let early = chain.request(record, Basis::Grant([3; 32]));
        assert_eq!(
            chain.block(&[other.clone(), early, granted]),
            [None, Some(Rule::UnknownGrant), None]
        );
        let requests = [record, other.id()].map(|of| chain.request(of, Basis::Grant(grant)));
        let by_policy = chain.request(record, Basis::Policy);
        let outcomes = chain.block(&[requests[1].clone(), requests[0].clone(), by_policy]);
        assert_eq!(outcomes, [None; 3]);
        let request = requests[0].id();
        let accesses = [(); 2].map(|()| chain.access(&p.proxy, request));
        assert_eq!(chain.block(&accesses), [None, Some(Rule::AlreadyServed)]);
        let released =
            AccessAction { proxy: p.proxy.verifying_key(), request, reencryptions: vec![[7; 32]] };
        let receipt = Receipt::issue(CHAIN, released, &p.proxy);
        let evidence = EvidenceAction { reporter: p.reader.verifying_key(), receipt };
        let evidence = chain.sign(Action::Evidence(evidence), &[&p.reader]);
        let revoke = chain.revoke(&p.owner, grant);
        let late = chain.request(record, Basis::Grant(grant));
        let outcomes = chain.block(&[evidence, revoke, late]);
        assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);
        Self { chain, record, grant, request }
    }

    fn resources(&self) -> Vec<Value> {
        let resources = audit::resources(&self.chain.ledger, &self.record).unwrap();
        resources.map(Result::unwrap).collect()
    }

    /// The header of the block that a resource names.
    fn header(&self, resource: &Value) -> epione::ledger::Header {
        let height: u64 = member(resource, "height").as_str().unwrap().parse().unwrap();
        self.chain.ledger.block(height).unwrap().unwrap().block.header
    }
}

/// Returns the value of a member of the proof.
fn member<'a>(resource: &'a Value, url: &str) -> &'a Value {
    let members = resource["extension"][0]["extension"].as_array().unwrap();
    let member = members.iter().find(|member| member["url"] == url).unwrap();
    member.as_object().unwrap().iter().find(|(key, _)| key.starts_with("value")).unwrap().1
}

#[test]
fn an_export_has_every_transaction_of_the_trail_in_order() {
    let shared = Shared::new();
    let summary: Vec<String> = shared
        .resources()
        .iter()
        .map(|resource| {
            let text = |pointer| resource.pointer(pointer).and_then(Value::as_str);
            match text("/resourceType") {
                Some("AuditEvent") => format!(
                    "{} {} {}",
                    text("/subtype/0/code").unwrap(),
                    text("/action").unwrap(),
                    text("/outcome").unwrap()
                ),
                kind => format!("{} {}", kind.unwrap(), text("/activity/coding/0/code").unwrap()),
            }
        })
        .collect();
    assert_eq!(
        summary,
        [
            "create C 0",
            "Provenance CREATE",
            "read R 4",
            "create C 0",
            "read R 0",
            "read R 0",
            "disclose R 0",
            "Provenance READ",
            "disclose R 4",
            "110132 E 0",
            "delete D 0",
            "read R 4",
        ]
    );
}

#[test]
fn events_name_the_parties_the_record_and_the_owner_key() {
    let shared = Shared::new();
    let resources = shared.resources();
    let p = &shared.chain.parties;
    let identifiers = |resource: &Value| -> Vec<String> {
        let whos = resource["agent"].as_array().unwrap().iter().map(|agent| &agent["who"]);
        whos.map(|who| who["identifier"]["value"].as_str().unwrap().to_owned()).collect()
    };
    let key = |key: &SigningKey| key.verifying_key().to_string();
    let chain = CHAIN.to_owned();
    let expected = [
        (0, vec![key(&p.doctor), chain.clone(), key(&p.doctor), key(&p.institution)]),
        (1, vec![key(&p.doctor), key(&p.institution)]),
        (3, vec![key(&p.owner), chain.clone(), key(&p.owner), key(&p.reader), key(&p.proxy)]),
        (4, vec![key(&p.reader), chain.clone(), key(&p.reader)]),
        (6, vec![key(&p.proxy), key(&p.reader)]),
        (7, vec![key(&p.proxy), key(&p.reader)]),
        (9, vec![key(&p.reader), key(&p.proxy)]),
        (10, vec![key(&p.owner), chain, key(&p.owner)]),
    ];
    for (index, parties) in expected {
        assert_eq!(identifiers(&resources[index]), parties, "{index}");
    }
    for event in resources.iter().filter(|r| r["resourceType"] == "AuditEvent") {
        assert_eq!(event["entity"][0]["what"]["identifier"]["value"], key(&p.owner));
        let whats = event["entity"].as_array().unwrap().iter().map(|e| &e["what"]["identifier"]);
        let record = hex::encode(shared.record);
        assert_eq!(whats.filter(|identifier| identifier["value"] == record).count(), 1);
    }
    let value = |index: usize, entity: usize| {
        resources[index]["entity"][entity]["what"]["identifier"]["value"].clone()
    };
    let (grant, request) = (hex::encode(shared.grant), hex::encode(shared.request));
    assert_eq!(value(3, 1), grant, "the grant");
    assert_eq!(value(4, 2), grant, "the basis of the request");
    assert_eq!(value(4, 3), request, "the request");
    assert_eq!(value(5, 2).as_str().map(|id| id != request), Some(true), "by policy, no grant");
    assert_eq!(value(6, 2), request, "the request of the access");
    assert_eq!(value(9, 2), request, "the request of the evidence");
    assert_eq!(value(10, 1), grant, "the revoked grant");
    let desc = |index: usize| resources[index]["outcomeDesc"].clone();
    assert_eq!(desc(11), Rule::Revoked.to_string());
    // The time of the block, 1970-01-01T00:16:42Z.
    assert_eq!(resources[0]["recorded"], "1970-01-01T00:16:42.000Z");
}

#[test]
fn an_export_names_patients_by_owner_keys_of_the_record_only() {
    let shared = Shared::new();
    let mut output = Vec::new();
    audit::export(&shared.chain.ledger, &shared.record, &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    let other = shared.chain.parties.other_owner.verifying_key().to_string();
    // The grant over both owner keys is public; the other key is in its encoding only.
    assert!(!text.contains(&other));
}

#[test]
fn an_export_is_a_valid_bundle_and_equal_on_every_run() {
    let shared = Shared::new();
    let export = || {
        let mut output = Vec::new();
        audit::export(&shared.chain.ledger, &shared.record, &mut output).unwrap();
        output
    };
    let output = export();
    assert_eq!(output, export());
    let bundle = epione::fhir::parse(&output, 1 << 20).unwrap();
    assert_valid(&bundle);
    let entries = bundle["entry"].as_array().unwrap();
    let resources: Vec<Value> = entries.iter().map(|entry| entry["resource"].clone()).collect();
    assert_eq!(resources, shared.resources());
    let urls: BTreeSet<&str> =
        entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
    assert_eq!(urls.len(), entries.len(), "bdl-7");
    for entry in entries {
        let (kind, id) = (&entry["resource"]["resourceType"], &entry["resource"]["id"]);
        let url = format!("{NAMESPACE}/{}/{}", kind.as_str().unwrap(), id.as_str().unwrap());
        assert_eq!(entry["fullUrl"], url);
        assert_valid(&entry["resource"]);
    }
}

#[test]
fn an_unknown_record_and_a_closed_output_are_errors() {
    let shared = Shared::new();
    let unknown = audit::export(&shared.chain.ledger, &[1; 32], &mut Vec::new());
    assert!(matches!(unknown, Err(ExportError::UnknownRecord)));
    let mut short = [0; 1000];
    let closed = audit::export(&shared.chain.ledger, &shared.record, &mut &mut short[..]);
    assert!(matches!(closed, Err(ExportError::Io(_))));
}
