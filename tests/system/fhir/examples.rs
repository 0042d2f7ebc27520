//! Published examples: IHE PCF Basic, Intermediate and Advanced, and HL7 FHIR R4.

use super::consent::{NORMAL, Names, all_but, grants, read_value};
use epione::consensus::Digest;
use epione::fhir::consent::{DataRecords, Decision, Directory, Target};
use epione::record::{Class, SecurityLabel};
use epione::sign::VerifyingKey;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EXAMPLES: &str = include_str!("pcf-examples.json");

fn example(id: &str) -> Value {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap();
    let found = examples["consents"].as_array().unwrap().iter().find(|c| c["id"] == id);
    found.unwrap_or_else(|| panic!("{id}")).clone()
}

/// Removes the purposes of use, which no grant expresses.
fn without_purpose(mut example: Value) -> Value {
    fn remove(provision: &mut Value) {
        provision.as_object_mut().unwrap().remove("purpose");
        let nested = provision.get_mut("provision").and_then(Value::as_array_mut);
        nested.into_iter().flatten().for_each(remove);
    }
    remove(&mut example["provision"]);
    example
}

/// The people and resources of the examples.
struct Pcf(Names);

impl Pcf {
    fn new() -> Self {
        let psy = vec![("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSY")];
        Self(Names { everyone: true, labels: Some(vec![psy]), ..Names::new() })
    }
}

impl Directory for Pcf {
    fn is_patient(&self, target: &Target) -> bool {
        *target == Target::Reference("Patient/ex-patient".into())
    }

    fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>> {
        let Target::Reference(reference) = actor else { return None };
        let practitioner = ["Practitioner/ex-practitioner", "Group/ex-privilegedUsers"];
        practitioner.contains(&&**reference).then(|| BTreeSet::from([self.0.readers[0]]))
    }

    fn everyone(&self) -> Option<BTreeSet<VerifyingKey>> {
        self.0.everyone()
    }

    fn records(&self) -> BTreeSet<Digest> {
        self.0.records()
    }

    fn records_with(&self, data: &Target) -> Option<DataRecords> {
        let Target::Reference(reference) = data else { return None };
        let record = match &**reference {
            "Observation/ex-alcoholUse" => 1,
            "Encounter/ex-encounter" => 0,
            _ => 2,
        };
        let records = BTreeSet::from([self.0.records[record]]);
        Some(DataRecords { records, are_exact: true })
    }

    fn restricted_labels(&self) -> Option<BTreeSet<BTreeSet<SecurityLabel>>> {
        self.0.restricted_labels()
    }

    fn accepts_policy(&self, uri: &str) -> bool {
        self.0.accepts_policy(uri) || uri.starts_with("https://profiles.ihe.net/ITI/PCF/Policy-")
    }
}

fn read_example(consent: &Value) -> Result<Decision, String> {
    super::model::assert_valid(consent);
    let zone = epione::fhir::consent::UtcOffset::UTC;
    let read = epione::fhir::consent::read(consent.to_string().as_bytes(), &Pcf::new(), zone);
    read.map(|consent| consent.decision).map_err(|error| error.to_string())
}

fn classes_of(consent: &Value, reader: usize) -> BTreeSet<Class> {
    let Decision::Grant(grants) = read_example(consent).unwrap() else { panic!("grants") };
    let of_reader =
        |grant: &&epione::fhir::consent::Grant| grant.reader == Names::new().readers[reader];
    grants.iter().filter(of_reader).flat_map(|grant| grant.classes.clone()).collect()
}

#[test]
fn every_example_is_refused_for_its_purpose_and_the_rejection_revokes() {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap();
    let examples = examples["consents"].as_array().unwrap();
    assert_eq!(examples.len(), 23);
    for example in examples {
        let outcome = read_example(example);
        match example["id"].as_str().unwrap() {
            "ex-consent-basic-reject" => assert_eq!(outcome, Ok(Decision::Revoke)),
            // Its policy is unknown.
            "ex-consent-basic-research" => {
                assert!(outcome.unwrap_err().starts_with("Consent.policy[0].uri: "));
            }
            "ex-dissent-intermediate-break-glass" => {
                let path = "Consent.provision.provision[0].purpose: ";
                assert!(outcome.unwrap_err().starts_with(path));
            }
            // The first restriction that is not enforced.
            "ex-consent-intermediate-timeframe" => {
                assert!(outcome.unwrap_err().starts_with("Consent.provision.dataPeriod: "));
            }
            id => {
                let refused = outcome.unwrap_err();
                assert!(
                    refused.starts_with("Consent.provision.purpose: no key"),
                    "{id}: {refused}"
                );
            }
        }
    }
}

#[test]
fn without_purposes_the_examples_have_the_effects_of_their_titles() {
    let all: BTreeSet<Class> = Class::ALL.into();
    let normal = BTreeSet::from(NORMAL);
    let with_restricted: BTreeSet<Class> = all_but(&[Class::Document]).into_iter().collect();
    for (id, reader_0, reader_1) in [
        ("ex-consent-basic-treat", &all, &all),
        ("ex-consent-basic-treat-infant", &all, &all),
        ("ex-consent-basic-ink", &all, &all),
        ("ex-consent-expired-treat", &all, &all),
        ("ex-consent-advanced-normal", &normal, &normal),
        ("ex-consent-advanced-normal-restricted", &with_restricted, &with_restricted),
        ("ex-consent-advanced-normal-not-restricted", &normal, &normal),
        ("ex-consent-advanced-normal-focused-restricted", &with_restricted, &normal),
        ("ex-consent-advanced-normal-focused-psy", &with_restricted, &normal),
        ("ex-consent-advanced-normal-focused-psy-or-sdv", &with_restricted, &normal),
        ("ex-dissent-intermediate-break-glass", &all, &BTreeSet::new()),
    ] {
        let consent = without_purpose(example(id));
        assert_eq!(&classes_of(&consent, 0), reader_0, "{id}");
        assert_eq!(&classes_of(&consent, 1), reader_1, "{id}");
    }
}

#[test]
fn instances_of_data_restrict_the_records_and_an_expired_consent_has_no_terms() {
    let records = Names::new().records;
    for (id, expected) in [
        ("ex-consent-intermediate-data", vec![records[0], records[1], records[2]]),
        ("ex-consent-intermediate-not-data", vec![records[0], records[2]]),
    ] {
        let decision = read_example(&without_purpose(example(id)));
        let Ok(Decision::Grant(grants)) = decision else { panic!("{id}") };
        assert_eq!(grants.len(), 3, "{id}");
        assert!(grants.iter().all(|g| g.records == expected && !g.later_records), "{id}");
    }
    let expired = read_example(&without_purpose(example("ex-consent-expired-treat")));
    let Ok(Decision::Grant(grants)) = expired else { panic!("expired") };
    let at = |time: u64| grants[0].terms(vec![], grants[0].reader, time..time + 1).is_some();
    assert!(at(1_672_531_199_999) && !at(1_672_531_200_000));
}

#[test]
fn restrictions_of_the_intermediate_examples_that_no_key_enforces_are_named() {
    for (id, path) in [
        ("timeframe", "Consent.provision.dataPeriod"),
        ("not-timeframe", "Consent.provision.provision[0].dataPeriod"),
        ("authoredby", "Consent.provision.data[0].meaning"),
        ("not-authoredby", "Consent.provision.provision[0].data[0].meaning"),
        ("encounter", "Consent.provision.data[0].meaning"),
        ("not-encounter", "Consent.provision.provision[0].data[0].meaning"),
    ] {
        let consent = without_purpose(example(&format!("ex-consent-intermediate-{id}")));
        let refused = read_example(&consent).unwrap_err();
        let expected = format!("{path}: no key and no contract rule enforces this restriction");
        assert!(refused.starts_with(&expected), "{refused}");
    }
    let consent = without_purpose(example("ex-consent-intermediate-purpose"));
    let refused = read_example(&consent).unwrap_err();
    assert!(refused.starts_with("Consent.provision.actor[0].reference: the directory"));
}

/// The basic example of HL7 FHIR R4 (CC0), `consent-example-basic`.
#[test]
fn the_basic_example_of_hl7_is_an_opt_in_of_everyone_for_a_period() {
    let mut consent = json!({
        "resourceType": "Consent",
        "id": "consent-example-basic",
        "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},
        "status": "active",
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope",
            "code": "patient-privacy"
        }]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/f001", "display": "P. van de Heuvel"},
        "dateTime": "2016-05-11",
        "organization": [{"reference": "Organization/f001"}],
        "sourceAttachment": {"title": "The terms of the consent in lawyer speak."},
        "policyRule": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "OPTIN"
        }]},
        "provision": {"period": {"start": "1964-01-01", "end": "2016-01-01"}}
    });
    let names = Names { everyone: true, ..Names::new() };
    let refused = read_value(&consent, &names).unwrap_err().to_string();
    assert_eq!(
        refused,
        "Consent.patient: the directory does not recognise this reference as one to its patient; \
         correct the reference, or add it to the directory"
    );
    consent["patient"] = json!({"reference": "Patient/0"});
    let grants = grants(&consent, &names);
    assert_eq!(grants.len(), 3);
    assert_eq!((grants[0].from, grants[0].until), (None, Some(1_451_692_800_000)));
    let unlisted = read_value(&consent, &Names::new()).unwrap_err().to_string();
    assert!(unlisted.starts_with("Consent.provision.actor: a grant names its readers"));
}
