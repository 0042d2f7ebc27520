//! Clinical codes of sensitive categories restrict resources without labels.

use super::{classes_of, round_trip};
use epione::record::{Class, Record, SensitiveCodes};
use std::io::Cursor;

fn coded(kind: &str, system: &str, code: &str) -> String {
    format!(
        r#"{{"resourceType": "{kind}", "item": [{{"concept": {{"coding": [
            {{"system": "{system}", "code": "{code}"}}]}}}}]}}"#
    )
}

#[test]
fn sensitive_codes_restrict_every_type_of_resource() {
    for (system, code) in [
        ("http://snomed.info/sct", "86406008"),
        ("http://snomed.info/sct/731000124108", "86406008"),
        ("urn:oid:2.16.840.1.113883.6.96", "86406008"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "F32.9"),
        ("http://hl7.org/fhir/sid/icd-10", "B24"),
        ("http://loinc.org", "25836-8"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "1747692"),
    ] {
        for kind in ["Condition", "Claim", "Encounter", "Patient", "Organization", "Unknown"] {
            let file = coded(kind, system, code);
            assert_eq!(classes_of(&file), [Class::Restricted], "{kind} {system}|{code}");
        }
    }
    // A stroke is not a sensitive diagnosis, and a code counts only with its system.
    for (system, code) in [
        ("http://snomed.info/sct", "230690007"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "I63.9"),
        ("http://hospital.example", "86406008"),
    ] {
        assert_eq!(classes_of(&coded("Condition", system, code)), [Class::Clinical]);
    }
}

#[test]
fn two_codes_in_one_coding_restrict() {
    let file = r#"{"resourceType": "Condition", "code": {"coding": [{"code": "86406008",
        "system": "http://snomed.info/sct", "code": "230690007"}]}}"#;
    assert_eq!(classes_of(file), [Class::Restricted]);
}

#[test]
fn another_table_replaces_the_built_in_one() {
    let table = SensitiveCodes::read(&mut &b"http://snomed.info/sct\t2306*\tTBOO\n"[..]).unwrap();
    let classes = |code| {
        let file = coded("Condition", "http://snomed.info/sct", code);
        Record::scan_with_codes(&mut Cursor::new(file), "x.json", &table).unwrap().classes()
    };
    assert_eq!(classes("230690007"), [Class::Restricted]);
    assert_eq!(classes("86406008"), [Class::Clinical]);
}

#[test]
fn findings_name_category_and_path() {
    let file = coded("Claim", "http://snomed.info/sct", "86406008");
    let (record, _) = round_trip(file.as_bytes(), "x.json");
    let findings: Vec<String> = record
        .findings()
        .map(|(f, count)| format!("{count} {} {} {}", f.class, f.rule, f.path))
        .collect();
    assert_eq!(
        findings,
        [
            "1 restricted resource type Claim",
            "1 restricted code of category HIV Claim.item.concept.coding",
            "1 restricted clinical content Claim.item.concept.coding",
        ]
    );
}
