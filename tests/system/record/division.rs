//! Elements of a resource are in the sections of their content.

use super::{classes_of, content, round_trip};
use epione::record::Class;

/// A bundle in the style of Synthea, with the places where names and diagnoses occur in practice.
const BUNDLE: &str = r##"{
  "resourceType": "Bundle", "type": "transaction", "entry": [
    {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "1",
      "text": {"status": "generated", "div": "<div>Zoe Muster</div>"},
      "identifier": [{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-29-3401"}],
      "name": [{"family": "Muster", "given": ["Zoe"]}], "birthDate": "1961-04-17",
      "address": [{"line": ["Wolkenweg 3"], "city": "Hafenstadt"}]}},
    {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Organization", "name": "Clinic",
      "address": [{"line": ["Clinic Road 1"]}]}},
    {"fullUrl": "urn:uuid:3", "resource": {"resourceType": "Encounter", "status": "finished",
      "subject": {"reference": "urn:uuid:1", "display": "Zoe Muster"},
      "participant": [{"individual": {"reference": "Practitioner/9", "display": "Dr. Bose"}}],
      "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "230690007",
        "display": "Stroke"}]}]}},
    {"fullUrl": "urn:uuid:4", "resource": {"resourceType": "Condition",
      "text": {"status": "generated", "div": "<div>Stroke of Zoe Muster, 1961-04-17</div>"},
      "code": {"coding": [{"system": "http://snomed.info/sct", "code": "230690007",
        "display": "Stroke"}], "text": "Stroke"},
      "subject": {"reference": "urn:uuid:1", "display": "Zoe Muster"}}},
    {"fullUrl": "urn:uuid:5", "resource": {"resourceType": "Claim",
      "patient": {"reference": "Patient/1", "display": "Zoe Muster"},
      "created": "2026-11-30", "diagnosis": [{"sequence": 1,
        "diagnosisCodeableConcept": {"text": "Stroke"}}]}},
    {"fullUrl": "urn:uuid:6", "resource": {"resourceType": "ExplanationOfBenefit",
      "contained": [{"resourceType": "Patient", "id": "p", "name": [{"text": "Zoe Muster"}],
        "birthDate": "1961-04-17"}, {"resourceType": "Coverage", "subscriberId": "999-29-3401"}],
      "patient": {"reference": "#p"},
      "item": [{"productOrService": {"coding": [{"system": "http://snomed.info/sct",
        "code": "230690007", "display": "Stroke"}]},
        "locationAddress": {"line": ["Wolkenweg 3"]}}]}},
    {"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Claim", "created": "2026-11-30",
      "patient": {"identifier": {"value": "999-29-3401"}}, "total": {"value": 129.16}}},
    {"fullUrl": "urn:uuid:8", "resource": {"resourceType": "Observation", "status": "final",
      "subject": {"reference": "Patient?identifier=http://hl7.org/fhir/sid/us-ssn|999-29-3401"},
      "performer": [{"reference": "Practitioner/9", "display": "Dr. Bose"}],
      "extension": [{"url": "x", "valueAddress": {"line": ["Wolkenweg 3"]}},
        {"url": "y", "valueHumanName": {"family": "Muster"}}],
      "valueCodeableConcept": {"text": "Stroke"}}},
    {"fullUrl": "urn:uuid:9", "resource": {"resourceType": "DiagnosticReport",
      "presentedForm": [{"contentType": "text/plain", "data": "Wm9lIE11c3Rlcjogc3Ryb2tl"}],
      "conclusion": "Stroke"}}
  ]
}"##;

fn section(file: &str, class: Class) -> String {
    let (record, output) = round_trip(file.as_bytes(), "x.json");
    assert_eq!(output, file.as_bytes());
    String::from_utf8(content(file.as_bytes(), &record, class)).unwrap()
}

#[test]
fn a_bundle_has_identity_and_diagnoses_in_their_sections_only() {
    let identity = ["Muster", "999-29-3401", "1961-04-17", "Wolkenweg 3"];
    let diagnoses = ["Stroke", "230690007"];
    for class in Class::ALL {
        let section = section(BUNDLE, class);
        for text in identity {
            let expected = [Class::Identity, Class::Narrative].contains(&class);
            assert!(expected || !section.contains(text), "{text} in {class}: {section}");
        }
        for text in diagnoses {
            let expected = [Class::Clinical, Class::Narrative].contains(&class);
            assert!(expected || !section.contains(text), "{text} in {class}: {section}");
        }
    }
    // The narrative of the condition states both; its section has a policy of its own.
    let narrative = section(BUNDLE, Class::Narrative);
    assert!(narrative.contains("Stroke of Zoe Muster") && narrative.contains("Wm9lIE11c3Rlc"));
    assert_eq!(narrative.matches("Muster").count(), 1);
    // Amounts stay with the payers, names of doctors and addresses of clinics where they were.
    assert!(section(BUNDLE, Class::Financial).contains("129.16"));
    assert!(section(BUNDLE, Class::Clinical).contains("Dr. Bose"));
    assert!(section(BUNDLE, Class::Administrative).contains("Clinic Road 1"));
}

#[test]
fn types_determine_the_class_without_other_content() {
    for (kind, class) in [
        ("Patient", Class::Identity),
        ("Claim", Class::Financial),
        ("Location", Class::Administrative),
        ("Encounter", Class::Administrative),
        ("Consent", Class::Clinical),
        ("Observation", Class::Clinical),
        ("UnknownType", Class::Clinical),
    ] {
        assert_eq!(classes_of(&format!(r#"{{"resourceType": "{kind}", "id": "7"}}"#)), [class]);
    }
}

#[test]
fn a_consent_does_not_name_a_psychiatric_clinic_in_the_administrative_section() {
    let file = r#"{"resourceType": "Consent", "status": "active",
        "text": {"status": "generated", "div": "<div>Psychiatric Clinic, P. Muster</div>"},
        "organization": [{"display": "Psychiatric Clinic"}], "patient": {"display": "P. Muster"}}"#;
    assert_eq!(classes_of(file), [Class::Identity, Class::Clinical, Class::Narrative]);
    // 6 + 16 + 11 bytes and the padding.
    assert_eq!(section(file, Class::Identity), "\"P. Muster\"\0\0\0");
}

#[test]
fn a_restricted_resource_is_not_divided() {
    let file = BUNDLE.replace(
        r#""conclusion": "Stroke""#,
        r#""conclusion": "x", "subject":
        {"display": "Ada Byron"}, "meta": {"security": [{"code": "R",
        "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"}]}"#,
    );
    let restricted = section(&file, Class::Restricted);
    assert!(restricted.contains("Ada Byron") && restricted.contains("Wm9lIE11c3Rlc"));
    assert!(!section(&file, Class::Identity).contains("Ada Byron"));
    let single = r#"{"resourceType": "Condition", "subject": {"display": "Ada Byron"}, "code":
        {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]}}"#;
    assert_eq!(classes_of(single), [Class::Restricted]);
}

#[test]
fn contained_resources_have_the_class_of_their_resource_unless_they_identify_the_patient() {
    let contained = |outer: &str, inner: &str| {
        classes_of(&format!(
            r#"{{"contained": [{{"resourceType": "{inner}"}}], "resourceType": "{outer}"}}"#
        ))
    };
    assert_eq!(contained("Claim", "Condition"), [Class::Clinical]);
    assert_eq!(contained("Claim", "Coverage"), [Class::Financial]);
    assert_eq!(contained("Encounter", "Coverage"), [Class::Financial]);
    assert_eq!(contained("Observation", "Organization"), [Class::Clinical]);
    assert_eq!(contained("Observation", "Patient"), [Class::Identity, Class::Clinical]);
    assert_eq!(contained("Patient", "Condition"), [Class::Identity, Class::Clinical]);
    assert_eq!(contained("Patient", "Organization"), [Class::Identity]);
}

#[test]
fn references_name_the_patient_unless_their_type_says_otherwise() {
    for (reference, is_cut) in [
        (r#""reference": "Patient/DOE""#, true),
        (r#""reference": "https://a.example/fhir/Patient/7/_history/1""#, true),
        (r#""reference": "urn:uuid:1""#, true),
        (r##""reference": "#p""##, true),
        (r#""type": "Patient""#, true),
        (r#""reference": "Organization/1", "reference": "Patient/1""#, true),
        (r#""reference": "Organization/1""#, false),
        (r#""type": "Device""#, false),
    ] {
        let file = format!(
            r#"{{"resourceType": "Observation", "subject": {{"display": "Zoe", {reference}}}}}"#
        );
        assert_eq!(classes_of(&file).contains(&Class::Identity), is_cut, "{reference}");
    }
    // A patient under an unexpected key; the name of a code, which is not a person.
    let file = r#"{"resourceType": "Observation", "x": {"reference": "Patient/1", "display": "Zoe"},
        "subject": {"code": "c", "display": "Glucose"}, "birthDate": "1961",
        "_birthDate": {"extension": [{"valueDateTime": "1961-04-17T04:00:00Z"}]}}"#;
    let identity = section(file, Class::Identity);
    assert!(
        identity.contains("Zoe") && identity.contains("04:00") && !identity.contains("Glucose")
    );
}

#[test]
fn lines_lists_and_wrapped_bundles_are_divided() {
    let patient = r#"{"resourceType": "Patient", "id": "1"}"#;
    let observation = r#"{"resourceType": "Observation", "id": "2"}"#;
    let bundle = format!(r#"{{"resourceType": "Bundle", "entry": [{{"resource": {patient}}}]}}"#);
    let of = |file: &str, name: &str| round_trip(file.as_bytes(), name).0.classes();
    let divided = [Class::Identity, Class::Clinical, Class::Administrative];
    let lines = format!("{patient}\n{observation}\r\n\n");
    assert_eq!(of(&lines, "x.ndjson"), divided);
    assert_eq!(of(&lines, "x"), divided);
    assert_eq!(of(&format!("[{patient}, [{observation}]]"), "x.json"), divided);
    assert_eq!(of(&format!("{lines}{bundle}"), "x.NDJSON"), divided);
    // Values that are no resources are documents.
    let wrapped = format!(r#"{{"data": {bundle}, "address": "x"}}"#);
    let classes = [Class::Identity, Class::Administrative, Class::Document];
    assert_eq!(of(&wrapped, "x.json"), classes);
    let parameters = format!(
        r#"{{"resourceType": "Parameters", "parameter": [{{"name": "a", "resource": {bundle}}}]}}"#
    );
    assert_eq!(of(&parameters, "x.json"), divided);
}
