//! The texts of refusals: each names the rule and the change that satisfies it.

use super::consent::{Names, actor, consent, level, policy};
use epione::fhir::consent::{UtcOffset, read};
use serde_json::{Value, json};

fn refusal(text: &str) -> String {
    read(text.as_bytes(), &Names::new(), UtcOffset::UTC).unwrap_err().to_string()
}

/// Returns the refusal of a valid consent after a change.
fn after(change: impl Fn(&mut Value)) -> String {
    let mut consent = consent(json!({"type": "permit", "actor": [actor("Practitioner/0")]}));
    change(&mut consent);
    refusal(&consent.to_string())
}

/// Asserts that a text contains all the words.
fn names(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word} is in: {text}");
    }
}

#[test]
fn codes_outside_a_value_set_are_answered_with_its_codes() {
    let status = after(|consent| consent["status"] = "Active".into());
    let codes = "draft, proposed, active, rejected, inactive, entered-in-error";
    names(&status, &["Consent.status: ", codes, "case-sensitive"]);
    let kind = after(|consent| consent["provision"]["type"] = "Permit".into());
    names(&kind, &["Consent.provision.type: ", "deny, permit", "case-sensitive"]);
    let data = json!([{"meaning": "whole", "reference": {"reference": "DocumentReference/0"}}]);
    let meaning = after(|consent| consent["provision"]["data"] = data.clone());
    names(&meaning, &["data[0].meaning: ", "instance, related, dependents, authoredby"]);
}

#[test]
fn an_unknown_label_is_distinguished_from_an_unknown_system() {
    let label = |label: Value| {
        after(|consent| consent["provision"]["securityLabel"] = json!([level("N"), label]))
    };
    for code in ["RESTRICTED", "r", "X"] {
        let text = label(level(code));
        names(&text, &["securityLabel[1]: ", "are U, L, M, N, R, V;", "case-sensitive"]);
        assert!(!text.contains(code) || code.len() == 1, "{text}");
    }
    let sensitivity = label(policy("NOAUTH"));
    names(&sensitivity, &[" ADOL, ", " HIV, ", " PSY, ", "case-sensitive"]);
    assert!(!sensitivity.contains("NOAUTH"));
    let system = label(json!({"system": "http://example.org", "code": "R"}));
    names(&system, &["securityLabel[1]: ", "v3-Confidentiality", "v3-ActCode", "use a label"]);
    assert!(!system.contains("example.org") && !system.contains("case-sensitive"));
}

#[test]
fn periods_are_refused_for_their_order_their_form_or_their_zone() {
    let period = |period: Value| after(|consent| consent["provision"]["period"] = period.clone());
    let reversed = period(json!({"start": "2026-02-01", "end": "2026-01-01"}));
    names(&reversed, &["Consent.provision.period: ", "end must not be before its start"]);
    let local = period(json!({"end": "2026-12-31T10:00:00"}));
    names(&local, &["period.end: ", "no zone", "append Z"]);
    let malformed = period(json!({"end": "31.12.2026"}));
    names(&malformed, &["period.end: ", "YYYY-MM-DD"]);
}

#[test]
fn base_rules_are_refused_as_absent_or_as_contradictory() {
    let rule = json!({"coding": [{"code": "OPTOUT",
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}]});
    let contradictory = after(|consent| consent["policyRule"] = rule.clone());
    names(&contradictory, &["Consent.provision.type: ", "contradicts Consent.policyRule"]);
    let absent = after(|consent| {
        consent["provision"].as_object_mut().unwrap().remove("type");
    });
    names(&absent, &["Consent.provision.type: ", "no base rule", "Consent.policyRule"]);
}

#[test]
fn the_reference_of_an_unknown_patient_is_not_printed() {
    let text = after(|consent| consent["patient"]["reference"] = "Patient/karenina".into());
    names(&text, &["Consent.patient: ", "the directory does not recognise"]);
    assert!(!text.contains("karenina"));
}

#[test]
fn a_label_that_shares_its_section_is_answered_with_the_labels_to_state() {
    let label =
        |code: &str| after(|consent| consent["provision"]["securityLabel"] = json!([level(code)]));
    names(&label("R"), &["permit V", "or N alone", "institution"]);
    assert!(!label("R").contains("restricted_labels"), "no name of a Rust method");
    names(&label("L"), &["below normal", "permit N"]);
}

#[test]
fn consents_of_fhir_r5_are_named_as_such() {
    for key in ["decision", "grantor", "subject", "policyBasis"] {
        let text = after(|consent| consent[key] = "deny".into());
        names(&text, &[&format!("Consent.{key}: "), "only FHIR R4 is read"]);
    }
    // In R5, `provision` repeats.
    let text = after(|consent| consent["provision"] = json!([{"purpose": []}]));
    names(&text, &["Consent.provision: ", "only FHIR R4 is read"]);
    let unknown = after(|consent| consent["verification"] = json!([{"verified": true}]));
    names(&unknown, &["Consent.verification: the mapping does not read", "remove it"]);
    assert!(!unknown.contains("FHIR R5"));
}

#[test]
fn faults_of_the_json_are_named_and_nesting_is_not_one_of_them() {
    let comma = refusal("{\"resourceType\": \"Consent\",\n}");
    names(&comma, &["not JSON: trailing comma at line 2 column 1"]);
    let nested = refusal(&"[".repeat(200));
    names(&nested, &["more than 127 levels deep"]);
    assert!(!nested.contains("not JSON"));
}
