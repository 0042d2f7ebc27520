//! Consents that are refused, each with the path of the element.

use super::consent::{Names, ROLES, actor, consent, level, policy, read_value};
use epione::fhir::JsonError;
use epione::fhir::consent::{ConsentError, MAX_BYTES, Refusal, UtcOffset, read};
use serde_json::{Value, json};

fn read_text(text: &str) -> ConsentError {
    read(text.as_bytes(), &Names::new(), UtcOffset::UTC).unwrap_err()
}

fn valid() -> Value {
    consent(json!({"type": "permit", "actor": [actor("Practitioner/0")]}))
}

/// Sets or, with `null`, removes a member.
fn with(mut consent: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = consent.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(members), Value::Null) => drop(members.remove(key)),
        (Value::Object(members), value) => drop(members.insert(key.to_owned(), value)),
        (Value::Array(items), value) => items[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
    consent
}

/// Asserts the path and the reason of a refusal.
fn refused(consent: &Value, path: &str, reason: Refusal) {
    let expected = ConsentError::Refused { path: path.to_owned(), reason };
    assert_eq!(read_text(&consent.to_string()), expected, "{consent}");
}

#[test]
fn elements_outside_the_mapping_are_refused_by_name() {
    assert!(read_value(&valid(), &Names::new()).is_ok());
    for (pointer, path) in [
        ("/modifierExtension", "Consent.modifierExtension"),
        ("/extension", "Consent.extension"),
        ("/implicitRules", "Consent.implicitRules"),
        ("/contained", "Consent.contained"),
        ("/verification", "Consent.verification"),
        ("/_status", "Consent._status"),
        ("/novelty", "Consent.novelty"),
        ("/scope/extension", "Consent.scope.extension"),
        ("/patient/_reference", "Consent.patient._reference"),
        ("/provision/modifierExtension", "Consent.provision.modifierExtension"),
        ("/provision/extension", "Consent.provision.extension"),
        ("/provision/_type", "Consent.provision._type"),
        ("/provision/actor/0/extension", "Consent.provision.actor[0].extension"),
        ("/provision/actor/0/role/extension", "Consent.provision.actor[0].role.extension"),
    ] {
        refused(&with(valid(), pointer, json!([{"url": "u"}])), path, Refusal::NotUnderstood);
    }
    // Names that FHIR does not permit are not repeated.
    let named = with(valid(), "/Anna Karenina", json!(1));
    refused(&named, "Consent.(invalid name)", Refusal::NotUnderstood);
}

#[test]
fn restrictions_that_nothing_enforces_are_refused_at_any_depth() {
    let nested = |provision: Value| {
        let other = json!({"type": "deny", "actor": [actor("Practitioner/1")]});
        let deny = json!({"type": "deny", "actor": [actor("Practitioner/2")],
            "provision": [provision]});
        with(valid(), "/provision/provision", json!([other, deny]))
    };
    for key in ["purpose", "class", "dataPeriod"] {
        let root = with(valid(), &format!("/provision/{key}"), json!([policy("TREAT")]));
        refused(&root, &format!("Consent.provision.{key}"), Refusal::NotEnforced);
        let mut permit = json!({"type": "permit"});
        permit[key] = json!([policy("TREAT")]);
        let path = format!("Consent.provision.provision[1].provision[0].{key}");
        refused(&nested(permit), &path, Refusal::NotEnforced);
    }
    let action = |code: &str| {
        json!([{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentaction",
            "code": code}]}])
    };
    let disclose = json!({"type": "permit", "action": action("disclose")});
    refused(
        &nested(disclose),
        "Consent.provision.provision[1].provision[0].action",
        Refusal::Action,
    );
    let deny = json!([{"type": "deny", "action": action("disclose")}]);
    refused(
        &with(valid(), "/provision/provision", deny),
        "Consent.provision.provision[0].action[0]",
        Refusal::NotEnforced,
    );
    let unknown = with(valid(), "/provision/action", action("sell"));
    refused(&unknown, "Consent.provision.action[0]", Refusal::Action);
}

#[test]
fn the_form_of_the_consent_is_checked() {
    let coding = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    let scope = "http://terminology.hl7.org/CodeSystem/consentscope";
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    let emergency =
        coding("http://terminology.hl7.org/CodeSystem/consentcategorycodes", "emrgonly");
    let both = json!({"coding": [{"system": scope, "code": "patient-privacy"},
        {"system": scope, "code": "research"}]});
    let policy = json!([{"uri": "http://example.org/other"}]);
    let r = |pointer, value, path, reason| refused(&with(valid(), pointer, value), path, reason);
    r("/resourceType", json!("Patient"), "Consent", Refusal::NotConsent);
    r("/id", json!(""), "Consent.id", Refusal::Malformed);
    r("/status", json!("draft"), "Consent.status", Refusal::NotActive);
    r("/status", json!("proposed"), "Consent.status", Refusal::NotActive);
    r("/status", json!(1), "Consent.status", Refusal::Malformed);
    r("/status", Value::Null, "Consent.status", Refusal::Missing);
    r("/scope", Value::Null, "Consent.scope", Refusal::Missing);
    r("/scope", coding(scope, "research"), "Consent.scope", Refusal::NotPrivacy);
    r("/scope", both, "Consent.scope", Refusal::NotPrivacy);
    r("/scope", json!({"text": "privacy"}), "Consent.scope.coding", Refusal::Missing);
    r("/category", Value::Null, "Consent.category", Refusal::Missing);
    r("/category/0", emergency, "Consent.category[0]", Refusal::Category);
    r("/patient", json!({"reference": "Patient/1"}), "Consent.patient", Refusal::OtherPatient);
    r("/patient", json!({"display": "Ada"}), "Consent.patient", Refusal::NoTarget);
    r("/policy", policy, "Consent.policy[0].uri", Refusal::UnknownPolicy);
    r("/policy", json!([{"authority": "a:b"}]), "Consent.policy[0].uri", Refusal::Missing);
    r("/policyRule", coding(act, "hipaa-auth"), "Consent.policyRule", Refusal::UnknownPolicy);
    let contradiction = Refusal::ContradictoryBaseRule;
    r("/policyRule", coding(act, "OPTOUT"), "Consent.provision.type", contradiction);
    r("/provision/type", Value::Null, "Consent.provision.type", Refusal::NoBaseRule);
    r("/provision", Value::Null, "Consent.provision", Refusal::Missing);
}

#[test]
fn an_empty_or_mistyped_element_is_not_an_absent_one() {
    for value in [json!([]), json!({}), json!(null), json!("a"), json!(1), json!([[]])] {
        for key in ["actor", "period", "securityLabel", "data", "provision", "action", "code"] {
            let mut consent = valid();
            consent["provision"][key] = value.clone();
            let error = read_text(&consent.to_string()).to_string();
            let path = format!("Consent.provision.{key}");
            assert!(error.starts_with(&path), "{key} {value}: {error}");
        }
    }
}

#[test]
fn actors_must_be_recipients_in_the_directory() {
    let role = |code: &str| json!({"coding": [{"system": ROLES, "code": code}]});
    let path = "Consent.provision.actor[0]";
    let at = |pointer: &str| format!("/provision/actor/0{pointer}");
    for (pointer, value, place, reason) in [
        ("/role", role("CST"), ".role", Refusal::NotRecipient),
        ("/role", Value::Null, ".role", Refusal::Missing),
        ("/reference", Value::Null, ".reference", Refusal::Missing),
        ("/reference", json!({"reference": "#a"}), ".reference", Refusal::UnknownReader),
        (
            "/reference",
            json!({"reference": "Practitioner/9"}),
            ".reference",
            Refusal::UnknownReader,
        ),
        (
            "/reference/identifier",
            json!({"system": "Practitioner/", "value": "1"}),
            ".reference",
            Refusal::Ambiguous,
        ),
    ] {
        refused(&with(valid(), &at(pointer), value), &format!("{path}{place}"), reason);
    }
    let agreeing = with(
        valid(),
        &at("/reference/identifier"),
        json!({"system": "Practitioner/", "value": "0"}),
    );
    assert!(read_value(&agreeing, &Names::new()).is_ok());
    assert!(read_value(&with(valid(), &at("/role"), role("PRCP")), &Names::new()).is_ok());
    let unnamed = with(valid(), "/provision/actor", Value::Null);
    refused(&unnamed, "Consent.provision.actor", Refusal::NoReader);
}

#[test]
fn labels_that_sections_do_not_express_are_refused() {
    let label = |labels: Value| with(valid(), "/provision/securityLabel", labels);
    let path = "Consent.provision.securityLabel";
    let first = &format!("{path}[0]");
    for code in ["U", "L", "M"] {
        refused(&label(json!([level(code)])), first, Refusal::BelowNormal);
    }
    refused(&label(json!([level("R")])), first, Refusal::SharedSection);
    refused(&label(json!([policy("PSY")])), first, Refusal::SharedSection);
    let second = label(json!([level("N"), policy("PSY")]));
    refused(&second, &format!("{path}[1]"), Refusal::SharedSection);
    let purpose = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
        "code": "HTEST"});
    refused(&label(json!([level("N"), purpose])), &format!("{path}[1]"), Refusal::UnknownLabel);
    refused(&label(json!([{"code": "N"}])), &format!("{first}.system"), Refusal::Missing);

    let code =
        |code: &str| json!([{"coding": [{"system": "http://snomed.info/sct", "code": code}]}]);
    let permit = with(valid(), "/provision/code", code("86406008"));
    refused(&permit, "Consent.provision.code", Refusal::Code);
    let deny = json!([{"type": "deny", "code": code("230690007")}]);
    let deny = with(valid(), "/provision/provision", deny);
    refused(&deny, "Consent.provision.provision[0].code[0]", Refusal::Code);
}

#[test]
fn data_outside_the_directory_and_parts_of_records_are_refused() {
    let data = |meaning: &str, reference: &str| {
        let data = json!([{"meaning": meaning, "reference": {"reference": reference}}]);
        with(valid(), "/provision/data", data)
    };
    let (meaning, reference) =
        ("Consent.provision.data[0].meaning", "Consent.provision.data[0].reference");
    for code in ["related", "dependents", "authoredby"] {
        refused(&data(code, "DocumentReference/0"), meaning, Refusal::NotEnforced);
    }
    refused(&data("instance", "DocumentReference/7"), reference, Refusal::UnknownData);
    refused(&data("instance", "Observation/1"), reference, Refusal::PartOfRecord);
}

#[test]
fn a_nested_permit_for_other_readers_or_records_is_refused() {
    let nested = |provision: Value| with(valid(), "/provision/provision", json!([provision]));
    let reader = json!({"type": "permit", "actor": [actor("Practitioner/1")]});
    let path = "Consent.provision.provision[0].actor[0].reference";
    refused(&nested(reader), path, Refusal::Wider);
    let data = |i: u8| json!([{"meaning": "instance", "reference": {"reference": format!("DocumentReference/{i}")}}]);
    let consent = nested(json!({"type": "permit", "data": data(1)}));
    assert!(read_value(&consent, &Names::new()).is_ok());
    let path = "Consent.provision.provision[0].data[0].reference";
    refused(&with(consent, "/provision/data", data(0)), path, Refusal::Wider);
    // A root that denies sets the context of its exceptions.
    let mut root = json!({"type": "deny", "actor": [actor("Practitioner/0")]});
    root["provision"] = json!([{"type": "permit", "actor": [actor("Practitioner/1")]}]);
    let path = "Consent.provision.provision[0].actor[0].reference";
    refused(&self::consent(root), path, Refusal::Wider);
    let root = json!({"type": "deny", "securityLabel": [level("R")], "provision": [
        {"type": "permit", "actor": [actor("Practitioner/1")]}]});
    refused(&self::consent(root), "Consent.provision.securityLabel", Refusal::PartialRootDenial);
}

#[test]
fn periods_are_dates_in_order() {
    let period = |period: Value| with(valid(), "/provision/period", period);
    let path = "Consent.provision.period";
    let end = json!({"end": "2022-02-30"});
    refused(&period(end), &format!("{path}.end"), Refusal::NotDateTime);
    let start = json!({"start": "2022-01-01T10:00"});
    refused(&period(start), &format!("{path}.start"), Refusal::NotDateTime);
    for local in ["2026-12-31T10:00:00", "2026-12-31T10:00:00.5"] {
        refused(&period(json!({"end": local})), &format!("{path}.end"), Refusal::NoZone);
    }
    for malformed in ["2026-12-31T25:00:00", "2026-12-31 10:00:00", "tomorrow"] {
        let end = json!({"end": malformed});
        refused(&period(end), &format!("{path}.end"), Refusal::NotDateTime);
    }
    let reversed = json!({"start": "2022-01-02", "end": "2022-01-01"});
    refused(&period(reversed), path, Refusal::EmptyPeriod);
    let day = json!({"start": "2022-01-01", "end": "2022-01-01"});
    assert!(read_value(&period(day), &Names::new()).is_ok());
    // A leap second is no time of the ledger, and no period.
    let leap = json!({"start": "2016-12-31T23:59:60Z", "end": "2016-12-31T23:59:60Z"});
    refused(&period(leap), path, Refusal::EmptyPeriod);
    // No time of the ledger is before 1970, so nothing is granted.
    let past = json!({"end": "1969"});
    let read = read_value(&period(past), &Names::new()).unwrap();
    assert_eq!(read.decision, epione::fhir::consent::Decision::Grant(vec![]));
}

#[test]
fn size_depth_count_and_duplicate_keys_are_limited() {
    let text = valid().to_string();
    let twice = text.replacen("\"status\":", "\"status\":\"inactive\",\"status\":", 1);
    assert!(matches!(read_text(&twice), ConsentError::Json(JsonError::DuplicateKey { .. })));
    let long = text.replacen("\"c1\"", &format!("\"{}\"", "c".repeat(MAX_BYTES)), 1);
    assert_eq!(read_text(&long), ConsentError::Json(JsonError::TooLong(MAX_BYTES)));
    assert!(matches!(read_text(&text[1..]), ConsentError::Json(JsonError::Syntax { .. })));
    for text in ["[]", "null", "\"Consent\""] {
        let reason = Refusal::NotConsent;
        assert_eq!(read_text(text), ConsentError::Refused { path: "Consent".into(), reason });
    }

    let nested = |depth: usize| {
        let mut provision = json!({"type": "deny", "actor": [actor("Practitioner/0")]});
        for _ in 1..depth {
            provision = json!({"type": "deny", "provision": [provision]});
        }
        with(valid(), "/provision/provision", json!([provision]))
    };
    assert!(read_value(&nested(8), &Names::new()).is_ok());
    let path = format!("Consent.provision{}", ".provision[0]".repeat(9));
    refused(&nested(9), &path, Refusal::TooDeep);

    let many = |count: usize| {
        let deny = json!({"type": "deny", "actor": [actor("Practitioner/0")]});
        with(valid(), "/provision/provision", vec![deny; count].into())
    };
    assert!(read_value(&many(63), &Names::new()).is_ok());
    refused(&many(64), "Consent.provision.provision[63]", Refusal::TooMany);
    let actors = with(valid(), "/provision/actor", vec![actor("Practitioner/0"); 257].into());
    refused(&actors, "Consent.provision.actor", Refusal::TooMany);
}

#[test]
fn combinations_are_limited_before_they_are_computed() {
    // Sixty denials of a record for a year, under a permit for some readers.
    let id = |i: u8| {
        let mut id = [0; 32];
        id[0] = i;
        id
    };
    let names = |count: u8| Names {
        readers: Names::keys(count),
        records: (0..60).map(id).collect(),
        ..Names::new()
    };
    let deny = |i: u32| {
        let (start, end) = (format!("{}", 2000 + 2 * i), format!("{}", 2000 + 2 * i));
        let data = json!([{"meaning": "instance",
            "reference": {"reference": format!("DocumentReference/{i}")}}]);
        json!({"type": "deny", "period": {"start": start, "end": end}, "data": data})
    };
    let denials: Vec<Value> = (0..60).map(deny).collect();
    let consent = with(valid(), "/provision/provision", denials.into());
    let read = |readers: u8| {
        let actors: Vec<Value> =
            (0..readers).map(|i| actor(&format!("Practitioner/{i}"))).collect();
        let consent = with(consent.clone(), "/provision/actor", actors.into());
        read(consent.to_string().as_bytes(), &names(readers), UtcOffset::UTC)
    };
    assert!(read(1).is_ok());
    let reason = Refusal::TooComplex;
    let refused = ConsentError::Refused { path: "Consent.provision".into(), reason };
    assert_eq!(read(4), Err(refused));
}
