//! Vocabularies, and `not` over their values.

use crate::common::policy;
use crate::policy::generate::{config, name, names, spans_target};
use epione::policy::{
    AccessPolicy, Attribute, AttributeSet, InvalidVocabulary, Listed, MAX_LEAVES, Name, Node,
    Vocabularies, Vocabulary,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn vocabularies(texts: &[&str]) -> Vocabularies {
    Vocabularies::new(texts.iter().map(|text| text.parse().unwrap())).unwrap()
}

fn parse(text: &str, vocabularies: &Vocabularies) -> AccessPolicy {
    AccessPolicy::parse_with(text, vocabularies).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn vocabulary() -> impl Strategy<Value = Vocabulary> {
    let values = prop::collection::btree_set(names(), 2..7);
    (prop::sample::select(&["role", "in", "my role"][..]), any::<u32>(), values)
        .prop_map(|(label, version, values)| Vocabulary::new(name(label), version, values).unwrap())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_negation_accepts_exactly_the_other_values_of_the_version(
        vocabulary in vocabulary(),
        at in any::<prop::sample::Index>(),
        arbitrary in names(),
    ) {
        let (label, version) = (vocabulary.label().clone(), vocabulary.version());
        let values: Vec<&Name> = vocabulary.values().collect();
        let excluded = *at.get(&values);
        let set = Vocabularies::new([vocabulary.clone()]).unwrap();
        let policy = parse(&format!("not {label}#{version}:{excluded}"), &set);
        let quoted = Name::new(format!("{}:{}", label.as_str(), excluded.as_str())).unwrap();
        let unversioned = parse(&format!("not {quoted}"), &set);
        prop_assert_eq!(&policy, &unversioned, "with and without the version");
        // The canonical text needs no vocabulary, which has no effect on it.
        prop_assert_eq!(policy.to_string().parse(), Ok(policy.clone()));
        prop_assert_eq!(&parse(&policy.to_string(), &set), &policy);

        let verdict = |value: &Name, version| {
            let listed = Listed::new(label.clone(), version, value.clone()).unwrap();
            let held = AttributeSet::new([listed.into()]).unwrap();
            let components = held.expanded();
            let by_algebra = spans_target(&policy.span_program(), |u| components.contains(u));
            assert_eq!(policy.is_satisfied_by(&held), by_algebra);
            by_algebra
        };
        for value in &values {
            prop_assert_eq!(verdict(value, version), *value != excluded, "{} on {}", policy, value);
            prop_assert!(!verdict(value, version ^ 1), "a value of another version");
        }
        let is_other = values.contains(&&arbitrary) && arbitrary != *excluded;
        prop_assert_eq!(verdict(&arbitrary, version), is_other);
        prop_assert!(!policy.is_satisfied_by(&AttributeSet::default()), "no value at all");
        prop_assert_eq!(policy.counts().0, values.len() - 1);
    }

    #[test]
    fn vocabularies_round_trip_through_text(vocabulary in vocabulary()) {
        prop_assert_eq!(vocabulary.to_string().parse(), Ok(vocabulary));
    }
}

#[test]
fn negations_print_as_the_other_values() {
    let set = vocabularies(&["role#3: nurse, doctor, \"head nurse\"", "ward#1: a, b"]);
    for (text, canonical) in [
        ("not role:nurse", "role#3:doctor or role#3:\"head nurse\""),
        ("not \"role:head nurse\"", "role#3:doctor or role#3:nurse"),
        ("not role#3:\"head nurse\"", "role#3:doctor or role#3:nurse"),
        ("not ward:a", "ward#1:b"),
        ("x and not ward:a", "x and ward#1:b"),
        ("x or not role:nurse", "x or (role#3:doctor or role#3:\"head nurse\")"),
        ("2 of (x, not role:nurse)", "2 of (x, role#3:doctor or role#3:\"head nurse\")"),
        ("not role:nurse and not ward:b", "(role#3:doctor or role#3:\"head nurse\") and ward#1:a"),
        ("role#3:nurse or role#2:nurse", "role#3:nurse or role#2:nurse"),
    ] {
        assert_eq!(parse(text, &set).to_string(), canonical, "{text}");
        assert_eq!(parse(canonical, &set), policy(canonical));
    }
}

#[test]
fn vocabularies_never_change_the_meaning_of_a_text() {
    let none = Vocabularies::default();
    let set = vocabularies(&["role#3: doctor, nurse"]);
    let newer = vocabularies(&["role#4: doctor, nurse, midwife"]);
    for text in
        ["role", "role#3:doctor", "role#9:x", "roles:doctor", "\"role doctor\"", "role >= 3"]
    {
        assert_eq!(parse(text, &none), parse(text, &set));
        assert_eq!(parse(text, &set), parse(text, &newer));
    }
    // The plain name would look like a value of the vocabulary.
    for text in ["role:doctor", "\"role:doctor\"", "role:", "a or role:x"] {
        assert!(AccessPolicy::parse_with(text, &none).is_ok());
        assert!(AccessPolicy::parse_with(text, &set).is_err());
    }
    // `not` takes the version of the vocabulary, or requires the version that it states.
    assert_ne!(parse("not role:nurse", &set), parse("not role:nurse", &newer));
    assert!(AccessPolicy::parse_with("not role#3:nurse", &newer).is_err());
}

#[test]
fn a_value_of_a_later_version_does_not_satisfy_an_earlier_negation() {
    let before = parse("not role:nurse", &vocabularies(&["role#3: doctor, nurse"]));
    let held = |text: &str| text.parse::<AttributeSet>().unwrap();
    assert!(before.is_satisfied_by(&held("role#3:doctor")));
    for other in ["role#4:midwife", "role#4:doctor", "role#3:midwife", "role", "\"role#3:doctor\""]
    {
        assert!(!before.is_satisfied_by(&held(other)), "{other}");
    }
}

#[test]
fn a_negation_counts_the_leaves_of_its_expansion() {
    let values = |n: usize| (0..n).map(|i| name(&format!("v{i}")));
    let set = |n| {
        let vocabulary = Vocabulary::new(name("l"), 1, values(n)).unwrap();
        Vocabularies::new([vocabulary]).unwrap()
    };
    let largest = set(MAX_LEAVES);
    assert_eq!(parse("not l:v7", &largest).counts().0, MAX_LEAVES - 1);
    assert!(AccessPolicy::parse_with("not l:v7 or a", &largest).is_ok());
    let error = AccessPolicy::parse_with("not l:v7 or a or b", &largest).unwrap_err();
    assert_eq!(error.column, 18, "{error}");
    // A megabyte of negations is rejected at the second.
    let text = ["not l:v7"; 80_000].join(" or ");
    let error = AccessPolicy::parse_with(&text, &largest).unwrap_err();
    assert_eq!(error.column, 17, "{error}");
}

#[test]
fn invalid_vocabularies_are_rejected() {
    let new = |label: &str, values: &[&str]| {
        Vocabulary::new(name(label), 1, values.iter().map(|value| name(value)))
    };
    assert!(new("role", &["one"]).is_ok());
    assert_eq!(new("role", &[]), Err(InvalidVocabulary::ValueCount));
    assert_eq!(new("role", &["a", "b", "a"]), Err(InvalidVocabulary::DuplicateValue(name("a"))));
    assert!(matches!(new("role:x", &["a"]), Err(InvalidVocabulary::Label(_))));
    let many: Vec<Name> = (0..=MAX_LEAVES).map(|i| name(&format!("v{i}"))).collect();
    assert_eq!(Vocabulary::new(name("l"), 1, many), Err(InvalidVocabulary::ValueCount));
    let role = new("role", &["a"]).unwrap();
    let twice = Vocabularies::new([role.clone(), role]);
    assert_eq!(twice, Err(InvalidVocabulary::DuplicateLabel(name("role"))));
    for (text, column) in [
        ("role#3:", 8),
        ("role#3", 7),
        ("role: a", 7),
        ("role#3: a, ", 12),
        ("role#3: a b", 11),
        ("role#3: a, a", 1),
        ("a:b#3: a", 1),
        ("#3: a", 1),
        ("role#03: a", 6),
    ] {
        let error = text.parse::<Vocabulary>().unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
    }
}

#[test]
fn the_values_of_a_vocabulary_have_its_version() {
    let role: Vocabulary = "role#3: doctor, nurse".parse().unwrap();
    let doctor = role.value("doctor").unwrap();
    assert_eq!(doctor, Listed::new(name("role"), 3, name("doctor")).unwrap());
    assert_eq!(role.value("janitor"), None);
    let values: BTreeSet<_> = role.values().map(Name::as_str).collect();
    assert_eq!(values, BTreeSet::from(["doctor", "nurse"]));
    assert_eq!(policy("role#3:doctor").root(), &Node::Leaf(Attribute::Listed(doctor)));
}
