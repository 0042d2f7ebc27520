//! Security labels restrict the resources that they apply to.

use super::classes_of;
use epione::record::Class;

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const INLINE: &str =
    "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label";

fn label(system: &str, code: &str) -> String {
    format!(r#"{{"system": "{system}", "code": "{code}"}}"#)
}

/// The classes of an `Observation` with these members.
fn observation(members: &str) -> Vec<Class> {
    classes_of(&format!(r#"{{"resourceType": "Observation", {members}}}"#))
}

fn labelled(label: &str) -> Vec<Class> {
    observation(&format!(r#""meta": {{"security": [{label}]}}"#))
}

#[test]
fn every_hl7_sensitivity_and_confidentiality_above_normal_restrict() {
    for code in ["R", "V"] {
        assert_eq!(labelled(&label(CONFIDENTIALITY, code)), [Class::Restricted], "{code}");
    }
    for code in ["U", "L", "M", "N"] {
        assert_eq!(labelled(&label(CONFIDENTIALITY, code)), [Class::Clinical], "{code}");
    }
    let policies = "ADOL CEL DIA DRGIS EMP PDS PHY PRS VIP BH COGN DVD EMOTDIS ETH ETHUD GDIS HIV \
                    IDS MH MST OPIOIDUD PREGNANT PSY PSYTHPN SCA SDV SEX SICKLE SPI STD SUD TBOO \
                    VIO DEMO DOB GENDER LIVARG MARST PATLOC RACE REL B EMPL LOCIS SSP";
    for code in policies.split_whitespace() {
        let found = scan_rule(&label(ACT_CODE, code));
        assert_eq!(found, format!("label {ACT_CODE}|{code}"));
    }
}

/// Returns the rule that a label of an `Observation` triggers.
fn scan_rule(label: &str) -> String {
    let file = format!(r#"{{"resourceType": "Observation", "meta": {{"security": [{label}]}}}}"#);
    let (record, _) = super::round_trip(file.as_bytes(), "x.json");
    assert_eq!(record.classes(), [Class::Restricted], "{label}");
    let mut rules = record.findings().filter(|(finding, _)| finding.path.contains("security"));
    rules.next().unwrap().0.rule.to_string()
}

#[test]
fn a_code_counts_only_with_its_system_and_unknown_labels_restrict() {
    let foreign = "http://hospital.example/labels";
    for unknown in [
        label(foreign, "R"),
        label(foreign, "N"),
        label(ACT_CODE, "N"),
        label(CONFIDENTIALITY, "HIV"),
        label(CONFIDENTIALITY, "n"),
        r#"{"code": "N"}"#.to_owned(),
        format!(r#"{{"system": "{CONFIDENTIALITY}"}}"#),
        format!(r#"{{"system": "{CONFIDENTIALITY}", "code": "{}"}}"#, "N".repeat(5000)),
        r#""N""#.to_owned(),
    ] {
        assert!(scan_rule(&unknown).starts_with("unknown label"), "{unknown}");
    }
    let purpose = label("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST");
    assert_eq!(labelled(&purpose), [Class::Clinical]);
    // Tags and codes of other elements are no labels.
    let tag = format!(r#""meta": {{"tag": [{}]}}"#, label(CONFIDENTIALITY, "R"));
    assert_eq!(observation(&tag), [Class::Clinical]);
}

#[test]
fn labels_take_precedence_over_types() {
    for kind in ["Patient", "Claim", "Location", "UnknownType"] {
        for meta_first in [true, false] {
            let meta = format!(
                r#""meta": {{"security": {}}}"#,
                label("http://hl7.org/fhir/v3/ActCode", "PSY")
            );
            let kind = format!(r#""resourceType": "{kind}""#);
            let members = if meta_first { [meta, kind] } else { [kind, meta] };
            assert_eq!(classes_of(&format!("{{{}}}", members.join(","))), [Class::Restricted]);
        }
    }
}

#[test]
fn documents_have_labels_in_their_own_elements() {
    let composition = |value: &str| {
        classes_of(&format!(r#"{{"confidentiality": "{value}", "resourceType": "Composition"}}"#))
    };
    assert_eq!(composition("N"), [Class::Clinical]);
    assert_eq!(composition("R"), [Class::Restricted]);
    assert_eq!(composition("secret"), [Class::Restricted]);
    let reference = format!(
        r#"{{"resourceType": "DocumentReference", "securityLabel": [{{"coding": [{}]}}]}}"#,
        label(CONFIDENTIALITY, "V")
    );
    assert_eq!(classes_of(&reference), [Class::Restricted]);
}

#[test]
fn labels_of_elements_restrict_the_resource() {
    let extension =
        |code| format!(r#"{{"valueCoding": {}, "url": "{INLINE}"}}"#, label(CONFIDENTIALITY, code));
    let element = |code| format!(r#""component": [{{"extension": [{}]}}]"#, extension(code));
    assert_eq!(observation(&element("R")), [Class::Restricted]);
    assert_eq!(observation(&element("N")), [Class::Clinical]);
    // The extension of a primitive is in a member of its own.
    let primitive =
        format!(r#""valueString": "x", "_valueString": {{"extension": [{}]}}"#, extension("R"));
    assert_eq!(observation(&primitive), [Class::Restricted]);
    // Another extension with the same coding is no label.
    let other = element("R").replace("inline-sec-label", "other");
    assert_eq!(observation(&other), [Class::Clinical]);
    // Labels are announced.
    let flag = format!(r#""meta": {{"security": [{}]}}"#, label(ACT_CODE, "PROCESSINLINELABEL"));
    assert_eq!(observation(&flag), [Class::Restricted]);
    assert_eq!(observation(&format!("{flag}, {}", element("N"))), [Class::Clinical]);
}

/// A resource does not become less sensitive in a container.
#[test]
fn labels_apply_in_containers() {
    let label = label(ACT_CODE, "HIV");
    let inner = format!(
        r#"{{"resource": {{"valueString": "secret", "resourceType": "Basic",
            "meta": {{"security": [{label}]}}}}}}"#
    );
    for container in [
        format!(r#"{{"resourceType": "Parameters", "parameter": [{{"name": "x"}}, {inner}]}}"#),
        format!(r#"{{"resourceType": "UnknownContainer", "entry": [{inner}]}}"#),
        format!(r#"{{"contained": [[{inner}], 7], "resourceType": "Patient"}}"#),
        format!(r#"{{"resourceType": "Bundle", "entry": [{inner}]}}"#),
        format!(r#"{{"entry": [{inner}], "resourceType": "Bundle"}}"#),
        format!(
            r#"{{"resourceType": "Bundle", "entry": [{{"resource":
                {{"resourceType": "Bundle", "entry": [{inner}]}}}}]}}"#
        ),
        format!(r#"{{"bundle": {{"resourceType": "Bundle", "entry": [{inner}]}}}}"#),
        format!(r#"[{inner}, {{"resourceType": "Patient"}}]"#),
    ] {
        let (record, _) = super::round_trip(container.as_bytes(), "x.json");
        for class in record.classes() {
            let content = super::content(container.as_bytes(), &record, class);
            let has_secret = content.windows(6).any(|window| window == b"secret");
            assert_eq!(has_secret, class == Class::Restricted, "{class}: {container}");
        }
    }
    let meta = format!(r#""meta": {{"security": [{label}]}}"#);
    let patient = r#"{"resource": {"resourceType": "Patient"}}"#;
    for bundle in [
        format!(r#"{{"resourceType": "Bundle", {meta}, "entry": [{patient}]}}"#),
        format!(r#"{{"entry": [{patient}], {meta}, "resourceType": "Bundle"}}"#),
    ] {
        assert_eq!(classes_of(&bundle), [Class::Restricted]);
    }
}

/// Parsers differ in which of two equal keys they take. The most restricted reading applies.
#[test]
fn duplicate_keys_have_their_most_restricted_reading() {
    let (n, r) = (label(CONFIDENTIALITY, "N"), label(CONFIDENTIALITY, "R"));
    for members in [
        format!(r#""meta": {{"security": [{r}]}}, "meta": {{"security": [{n}]}}"#),
        format!(r#""meta": {{"security": [{r}], "security": [{n}]}}"#),
        format!(
            r#""meta": {{"security": [{{"code": "R", "code": "N",
                "system": "{CONFIDENTIALITY}"}}]}}"#
        ),
        format!(
            r#""meta": {{"security": [{{"code": "N", "code": "R",
                "system": "{CONFIDENTIALITY}"}}]}}"#
        ),
        r#""resourceType": "Organization""#.to_owned(),
        format!(r#""extension": {{"url": "{INLINE}", "url": "x", "valueCoding": {r}}}"#),
    ] {
        assert_eq!(observation(&members), [Class::Restricted], "{members}");
    }
    let entry = r#"{"resourceType": "Bundle", "entry": [{
        "resource": {"resourceType": "Observation", "valueString": "x"},
        "resource": {"resourceType": "Patient"}}]}"#;
    assert_eq!(classes_of(entry), [Class::Restricted, Class::Administrative]);
}
