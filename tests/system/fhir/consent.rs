//! The grants of consents that are expressed.

use epione::consensus::Digest;
use epione::fhir::consent::{
    Consent, ConsentError, DataRecords, Decision, Directory, Grant, Target, UtcOffset, read,
};
use epione::record::{Class, SecurityLabel};
use epione::sign::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const ROLES: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const ACTIONS: &str = "http://terminology.hl7.org/CodeSystem/consentaction";

/// A directory with the readers `Practitioner/0` to `Practitioner/2`, of which the first two are
/// `Organization/1`, and the records `DocumentReference/0` to `DocumentReference/2`.
/// `Observation/1` is a part of record 1.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) readers: Vec<VerifyingKey>,
    pub(super) records: Vec<Digest>,
    pub(super) everyone: bool,
    pub(super) labels: Option<Vec<Vec<(&'static str, &'static str)>>>,
}

impl Names {
    pub(super) fn new() -> Self {
        let records = (0..3).map(|i| [i; 32]).collect();
        Self { readers: Self::keys(3), records, everyone: false, labels: None }
    }

    /// Returns keys in ascending order.
    pub(super) fn keys(count: u8) -> Vec<VerifyingKey> {
        let key = |i: u8| {
            let seed = epione::algebra::Secret::new([i; 32]);
            SigningKey::from_seed(&seed).verifying_key()
        };
        let mut keys: Vec<VerifyingKey> = (0..count).map(key).collect();
        keys.sort();
        keys
    }

    fn index(target: &Target, kind: &str) -> Option<usize> {
        match target {
            Target::Reference(reference) => reference.strip_prefix(kind)?.parse().ok(),
            Target::Identifier { system, value } if system == kind => value.parse().ok(),
            Target::Identifier { .. } => None,
        }
    }
}

impl Directory for Names {
    fn is_patient(&self, target: &Target) -> bool {
        Self::index(target, "Patient/") == Some(0)
    }

    fn readers(&self, actor: &Target) -> Option<BTreeSet<VerifyingKey>> {
        if Self::index(actor, "Organization/") == Some(1) {
            return Some(self.readers[..2].iter().copied().collect());
        }
        let reader = self.readers.get(Self::index(actor, "Practitioner/")?)?;
        Some(BTreeSet::from([*reader]))
    }

    fn everyone(&self) -> Option<BTreeSet<VerifyingKey>> {
        self.everyone.then(|| self.readers.iter().copied().collect())
    }

    fn records(&self) -> BTreeSet<Digest> {
        self.records.iter().copied().collect()
    }

    fn records_with(&self, data: &Target) -> Option<DataRecords> {
        let part = Self::index(data, "Observation/");
        if part == Some(100) {
            // Known data that no record contains yet.
            return Some(DataRecords { records: BTreeSet::new(), are_exact: false });
        }
        let record = self.records.get(part.or(Self::index(data, "DocumentReference/"))?)?;
        Some(DataRecords { records: BTreeSet::from([*record]), are_exact: part.is_none() })
    }

    fn restricted_labels(&self) -> Option<BTreeSet<BTreeSet<SecurityLabel>>> {
        let label = |(system, code): &(&str, &str)| SecurityLabel::new(system, code).unwrap();
        let labels = self.labels.as_ref()?.iter();
        Some(labels.map(|labels| labels.iter().map(label).collect()).collect())
    }

    fn accepts_policy(&self, uri: &str) -> bool {
        uri == "http://example.org/policies/basePrivacyConsentPolicy.txt"
    }
}

/// Returns a Consent with this root provision.
pub(super) fn consent(provision: Value) -> Value {
    json!({
        "resourceType": "Consent",
        "id": "c1",
        "status": "active",
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope",
            "code": "patient-privacy",
        }]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/0"},
        "provision": provision,
    })
}

pub(super) fn actor(reference: &str) -> Value {
    json!({
        "role": {"coding": [{"system": ROLES, "code": "IRCP"}]},
        "reference": {"reference": reference},
    })
}

pub(super) fn level(code: &str) -> Value {
    json!({"system": CONFIDENTIALITY, "code": code})
}

pub(super) fn policy(code: &str) -> Value {
    json!({"system": ACT_CODE, "code": code})
}

pub(super) fn instance(reference: &str) -> Value {
    json!({"meaning": "instance", "reference": {"reference": reference}})
}

pub(super) fn read_value(consent: &Value, names: &Names) -> Result<Consent, ConsentError> {
    super::model::assert_valid(consent);
    read(consent.to_string().as_bytes(), names, UtcOffset::UTC)
}

pub(super) fn grants(consent: &Value, names: &Names) -> Vec<Grant> {
    match read_value(consent, names).unwrap().decision {
        Decision::Grant(grants) => grants,
        Decision::Revoke => panic!("grants"),
    }
}

/// Returns the grants of a root provision.
fn granted(provision: Value) -> Vec<Grant> {
    grants(&consent(provision), &Names::new())
}

pub(super) fn all_but(classes: &[Class]) -> Vec<Class> {
    Class::ALL.into_iter().filter(|class| !classes.contains(class)).collect()
}

pub(super) const NORMAL: [Class; 5] =
    [Class::Identity, Class::Clinical, Class::Financial, Class::Administrative, Class::Narrative];

#[test]
fn a_permit_becomes_one_grant_per_reader_over_all_records() {
    let names = Names::new();
    let found = granted(json!({"type": "permit", "actor": [actor("Organization/1")]}));
    let grant = |reader: usize| Grant {
        reader: names.readers[reader],
        classes: Class::ALL.to_vec(),
        records: names.records.clone(),
        later_records: true,
        from: None,
        until: None,
    };
    assert_eq!(found, [grant(0), grant(1)]);
}

#[test]
fn terms_have_the_window_that_remains_within_the_bounds() {
    let period = json!({"start": "1970-01-01T00:00:01Z", "end": "1970-01-01T00:00:09Z"});
    let provision = json!({"type": "permit", "actor": [actor("Practitioner/0")], "period": period});
    let grant = &granted(provision)[0];
    assert_eq!((grant.from, grant.until), (Some(1000), Some(10_000)));
    let proxy = Names::new().readers[2];
    let window = |within| {
        let terms = grant.terms(vec![], proxy, within)?;
        assert_eq!(terms.records, grant.records);
        assert_eq!(terms.classes, grant.classes);
        assert_eq!(terms.proxy, proxy);
        assert!(terms.later_records);
        Some((terms.from, terms.until))
    };
    assert_eq!(window(0..50_000), Some((1000, 10_000)));
    assert_eq!(window(2000..3000), Some((2000, 3000)));
    assert_eq!(window(9999..50_000), Some((9999, 10_000)));
    assert_eq!(window(10_000..50_000), None, "the consent has expired");
    assert_eq!(window(0..1000), None, "the consent is not in force");
    let open = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")]}));
    let terms = open[0].terms(vec![], proxy, 5..7).unwrap();
    assert_eq!((terms.from, terms.until), (5, 7));
}

#[test]
fn the_end_of_a_period_is_inclusive_and_in_the_zone_of_the_consent() {
    let until = |end: &str, offset: i16| {
        let provision = json!({"type": "permit", "actor": [actor("Practitioner/0")],
            "period": {"end": end}});
        let zone = UtcOffset::minutes(offset).unwrap();
        let text = consent(provision).to_string();
        match read(text.as_bytes(), &Names::new(), zone).unwrap().decision {
            Decision::Grant(grants) => grants[0].until.unwrap(),
            Decision::Revoke => panic!("grants"),
        }
    };
    const HOUR: u64 = 3_600_000;
    assert_eq!(until("2022-12-31", 0), 1_672_531_200_000);
    assert_eq!(until("2022-12", 0), 1_672_531_200_000);
    assert_eq!(until("2022", 60), 1_672_531_200_000 - HOUR);
    assert_eq!(until("2022-12-31T23:59:59-01:00", 60), 1_672_531_200_000 + HOUR);
}

#[test]
fn a_period_that_ends_with_a_leap_second_does_not_extend_beyond_its_minute() {
    let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
        "period": {"start": "2015-06-30T23:59:60Z", "end": "2016-12-31T23:59:60Z"}}));
    // 2015-07-01T00:00:00Z and 2017-01-01T00:00:00Z.
    let window = (Some(1_435_708_800_000), Some(1_483_228_800_000));
    assert_eq!((found[0].from, found[0].until), window);
}

#[test]
fn a_denied_period_divides_the_window() {
    let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
        "provision": [{"type": "deny", "period": {"start": "1970-01-03", "end": "1970-01-04"}}]}));
    const DAY: u64 = 86_400_000;
    let windows: Vec<_> = found.iter().map(|grant| (grant.from, grant.until)).collect();
    assert_eq!(windows, [(None, Some(2 * DAY)), (Some(4 * DAY), None)]);
}

#[test]
fn a_nested_permit_does_not_outlast_the_root() {
    let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
        "period": {"end": "1970-01-01"}, "securityLabel": [level("N")],
        "provision": [{"type": "permit", "securityLabel": [level("V")],
            "period": {"end": "1980"}}]}));
    assert!(found.iter().all(|grant| grant.until == Some(86_400_000)), "{found:?}");
    assert!(found.iter().any(|grant| grant.classes.contains(&Class::Restricted)));
}

#[test]
fn a_denied_reader_has_no_grant_and_an_exception_to_the_denial_restores_a_part() {
    let names = Names::new();
    let found = granted(json!({"type": "permit", "actor": [actor("Organization/1")],
        "provision": [{"type": "deny", "actor": [actor("Practitioner/1")]}]}));
    assert_eq!(found.iter().map(|grant| grant.reader).collect::<Vec<_>>(), names.readers[..1]);

    let found = granted(json!({"type": "permit", "actor": [actor("Organization/1")],
        "provision": [{"type": "deny", "actor": [actor("Practitioner/1")],
            "provision": [{"type": "permit", "data": [instance("DocumentReference/2")]}]}]}));
    assert_eq!(found[0].records, names.records);
    assert_eq!(found[1].reader, names.readers[1]);
    assert_eq!(found[1].records, [names.records[2]]);
    assert!(found[0].later_records && !found[1].later_records);
}

#[test]
fn a_denial_prevails_over_permits_beside_it_in_either_order() {
    let permit = json!({"type": "permit", "actor": [actor("Organization/1")]});
    let deny = json!({"type": "deny", "actor": [actor("Practitioner/0")]});
    for provisions in [json!([permit, deny]), json!([deny, permit])] {
        let found = granted(json!({"type": "deny", "provision": provisions}));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reader, Names::new().readers[1]);
    }
}

/// Returns the classes that a root grants which contains a permit of a label and, in it, a denial.
fn classes_with_nested_denial(mut root: Value, label: &str, denial: Value) -> Vec<Class> {
    root["provision"] = json!([{"type": "permit", "actor": [actor("Practitioner/0")],
        "securityLabel": [level(label)], "provision": [denial]}]);
    let classes: BTreeSet<Class> =
        granted(root).into_iter().flat_map(|grant| grant.classes).collect();
    classes.into_iter().collect()
}

#[test]
fn a_denial_within_a_nested_permit_prevails_over_the_root() {
    let permit = json!({"type": "permit", "actor": [actor("Practitioner/0")]});
    let deny = json!({"type": "deny"});
    let denial = json!({"type": "deny", "securityLabel": [level("R")]});
    for root in [&permit, &deny] {
        for label in ["N", "V"] {
            let classes = classes_with_nested_denial(root.clone(), label, denial.clone());
            assert_eq!(classes, NORMAL, "{label} in {root}");
        }
    }
    // Between the permit and the denial lies another permit.
    let between = json!({"type": "permit", "provision": [denial]});
    assert_eq!(classes_with_nested_denial(permit.clone(), "V", between), NORMAL);
    // The denial restores what a permit within it opens, for that reader.
    let mut restoring = denial;
    restoring["provision"] = json!([{"type": "permit", "actor": [actor("Practitioner/0")],
        "securityLabel": [level("V")]}]);
    let classes = classes_with_nested_denial(permit, "N", restoring);
    assert_eq!(classes, all_but(&[Class::Document]));
}

/// The example of `docs/interoperability.md`.
#[test]
fn an_exception_without_labels_restores_all_that_its_denial_closes() {
    let restored = |labels: Option<&str>, root: Value| {
        let mut exception = json!({"type": "permit", "data": [instance("DocumentReference/0")]});
        if let Some(code) = labels {
            exception["securityLabel"] = json!([level(code)]);
        }
        let mut root = root;
        root["provision"] = json!([{"type": "deny", "actor": [actor("Practitioner/0")],
            "securityLabel": [level("R")], "provision": [exception]}]);
        let first = Names::new().records[0];
        let grants = granted(root).into_iter().filter(|grant| grant.records.contains(&first));
        let classes: BTreeSet<Class> = grants.flat_map(|grant| grant.classes).collect();
        classes.into_iter().collect::<Vec<_>>()
    };
    let root = json!({"type": "permit", "actor": [actor("Practitioner/0")]});
    assert_eq!(restored(None, root.clone()), Class::ALL);
    assert_eq!(restored(Some("V"), root.clone()), all_but(&[Class::Document]));
    assert_eq!(restored(Some("N"), root.clone()), NORMAL);
    // Never more than the provision that contains the denial permits.
    let mut normal = root;
    normal["securityLabel"] = json!([level("N")]);
    assert_eq!(restored(None, normal), NORMAL);
}

#[test]
fn an_exception_to_a_denial_alone_grants_nothing() {
    let permit = json!({"type": "permit", "actor": [actor("Practitioner/0")]});
    let deny = json!({"type": "deny", "actor": [actor("Practitioner/1")], "provision": [permit]});
    assert_eq!(granted(json!({"type": "deny", "provision": [deny]})), []);
    let permit = json!({"type": "permit", "actor": [actor("Practitioner/1")]});
    let deny = json!({"type": "deny", "actor": [actor("Practitioner/0")], "provision": [permit]});
    let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
        "provision": [deny]}));
    assert_eq!(found, [], "the exception names a reader whom the denial does not");
}

#[test]
fn data_restricts_the_records_and_ends_the_cover_of_later_ones() {
    let names = Names::new();
    let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
        "data": [instance("DocumentReference/2"), instance("DocumentReference/0")]}));
    assert_eq!(found[0].records, [names.records[0], names.records[2]]);
    assert!(!found[0].later_records);
    // A denial of a part closes the record. A grant over later records would cover it as well.
    let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
        "provision": [{"type": "deny", "data": [instance("Observation/1")]}]}));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].records, [names.records[0], names.records[2]]);
    assert!(!found[0].later_records);
    // A later record may contain data that no present one contains.
    let deny = json!({"type": "deny", "data": [instance("Observation/100")]});
    let within = json!({"type": "deny", "provision": [{"type": "permit", "provision": [deny]}]});
    for nested in [&deny, &within] {
        let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
            "provision": [nested]}));
        let records: Vec<_> = found.iter().flat_map(|grant| &grant.records).collect();
        assert_eq!(records, names.records.iter().collect::<Vec<_>>());
        assert!(!found[0].later_records);
    }
}

#[test]
fn labels_select_the_classes_whose_sections_hold_nothing_else() {
    let permit = |labels: Value| json!({"type": "permit", "actor": [actor("Practitioner/0")], "securityLabel": labels});
    assert_eq!(granted(permit(json!([level("N")])))[0].classes, NORMAL);
    let very = granted(permit(json!([level("V")])));
    assert_eq!(very[0].classes, all_but(&[Class::Document]));
    assert!(very[0].later_records);

    let with = |labels: Value, content: &[&[(&'static str, &'static str)]]| {
        let content = content.iter().map(|labels| labels.to_vec()).collect();
        let names = Names { labels: Some(content), ..Names::new() };
        read_value(&consent(permit(labels)), &names)
    };
    let (psy, hiv) = ((ACT_CODE, "PSY"), (ACT_CODE, "HIV"));
    let (r, v) = ((CONFIDENTIALITY, "R"), (CONFIDENTIALITY, "V"));
    for (labels, content, opens) in [
        (json!([level("R")]), &[&[r][..], &[psy], &[hiv, r]][..], true),
        (json!([level("R")]), &[&[r], &[psy, v]], false),
        (json!([level("N"), policy("PSY")]), &[&[psy], &[psy, r]], true),
        (json!([level("N"), policy("PSY")]), &[&[psy], &[hiv]], false),
        (json!([level("N"), policy("PSY")]), &[&[psy, hiv]], false),
        (json!([level("N"), policy("PSY")]), &[&[psy, v]], false),
        (json!([level("N"), policy("PSY")]), &[&[r]], false),
        (json!([level("N"), policy("PSY"), policy("HIV")]), &[&[psy, hiv]], true),
    ] {
        let outcome = with(labels.clone(), content);
        assert_eq!(outcome.is_ok(), opens, "{labels} of {content:?}: {outcome:?}");
        if let Ok(Consent { decision: Decision::Grant(grants), .. }) = outcome {
            // Later records may have other labels.
            let restricted = grants.iter().filter(|g| g.classes.contains(&Class::Restricted));
            assert!(
                restricted.clone().count() == 1 && restricted.clone().all(|g| !g.later_records)
            );
            let later = grants.iter().find(|grant| grant.later_records).unwrap();
            assert_eq!(later.classes, NORMAL);
        }
    }
}

#[test]
fn a_denied_label_or_sensitive_code_closes_every_section_that_may_hold_it() {
    let code = json!({"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]});
    for (denied, closed) in [
        (json!({"securityLabel": [level("R")]}), &[Class::Restricted, Class::Document][..]),
        (json!({"securityLabel": [level("V")]}), &[Class::Restricted, Class::Document]),
        (json!({"securityLabel": [policy("ETHUD")]}), &[Class::Restricted, Class::Document]),
        (json!({"code": [code]}), &[Class::Restricted, Class::Document]),
        (json!({"securityLabel": [level("N")]}), &Class::ALL),
        (json!({"securityLabel": [policy("PSY"), level("L")]}), &Class::ALL),
    ] {
        let mut deny = denied.clone();
        deny["type"] = "deny".into();
        let found = granted(json!({"type": "permit", "actor": [actor("Practitioner/0")],
            "provision": [deny]}));
        let classes = found.first().map_or(vec![], |grant| grant.classes.clone());
        assert_eq!(classes, all_but(closed), "{denied}");
    }
}

#[test]
fn actions_that_include_access_are_expressed() {
    let action = |code: &str| json!({"coding": [{"system": ACTIONS, "code": code}]});
    let found = granted(json!({"type": "permit", "actor": [actor("Organization/1")],
        "action": [action("access"), action("use")],
        "provision": [{"type": "deny", "action": [action("access")],
            "actor": [actor("Practitioner/0")]}]}));
    assert_eq!(found.len(), 1);
}

#[test]
fn policy_rule_states_the_base_rule_of_plain_r4() {
    let rule = |code: &str, provision: Value| {
        let mut consent = consent(provision);
        consent["policyRule"] = json!({"coding": [{"system": ACT_CODE, "code": code}]});
        grants(&consent, &Names::new())
    };
    let reader = json!({"actor": [actor("Practitioner/0")]});
    assert_eq!(rule("OPTIN", reader.clone()).len(), 1);
    assert_eq!(rule("OPTOUT", reader.clone()), []);
    let permit = json!({"type": "permit", "actor": [actor("Practitioner/0")]});
    assert_eq!(rule("OPTOUTE", json!({"provision": [permit]})).len(), 1);
}

#[test]
fn a_grant_and_a_revocation_name_the_consent() {
    let permit = consent(json!({"type": "permit", "actor": [actor("Practitioner/0")]}));
    assert_eq!(read_value(&permit, &Names::new()).unwrap().id, "c1");
    for status in ["active", "inactive"] {
        let mut consent = permit.clone();
        consent["status"] = status.into();
        consent.as_object_mut().unwrap().remove("id");
        let refused = read_value(&consent, &Names::new()).unwrap_err();
        assert_eq!(refused.to_string(), "Consent.id: the element is required", "{status}");
    }
}

#[test]
fn a_consent_that_is_no_longer_given_revokes_whatever_it_contains() {
    let active = consent(json!({"type": "permit", "purpose": [policy("TREAT")]}));
    for status in ["inactive", "rejected", "entered-in-error"] {
        let mut consent = active.clone();
        consent["status"] = status.into();
        consent["modifierExtension"] = json!([{"url": "http://example.org", "valueBoolean": true}]);
        let read = read_value(&consent, &Names::new()).unwrap();
        assert_eq!((&*read.id, read.decision), ("c1", Decision::Revoke));
    }
    let denied = consent(json!({"type": "deny", "purpose": [policy("TREAT")]}));
    assert_eq!(read_value(&denied, &Names::new()).unwrap().decision, Decision::Revoke);
}
