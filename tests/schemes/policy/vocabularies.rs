//! `not` over closed lists of values.

use crate::common::policy;
use crate::policy::generate::{config, name, names, opens};
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
    fn not_is_every_other_value(
        vocabulary in vocabulary(),
        at in any::<prop::sample::Index>(),
        stranger in names(),
    ) {
        let (label, version) = (vocabulary.label().clone(), vocabulary.version());
        let values: Vec<&Name> = vocabulary.values().collect();
        let excluded = *at.get(&values);
        let set = Vocabularies::new([vocabulary.clone()]).unwrap();
        let policy = parse(&format!("not {label}#{version}:{excluded}"), &set);
        let quoted = Name::new(format!("{}:{}", label.as_str(), excluded.as_str())).unwrap();
        prop_assert_eq!(&policy, &parse(&format!("not {quoted}"), &set), "with and without version");
        prop_assert_eq!(policy.to_string().parse(), Ok(policy.clone()), "no vocabulary is needed");
        prop_assert_eq!(&parse(&policy.to_string(), &set), &policy, "nor does it matter");

        let verdict = |value: &Name, version| {
            let listed = Listed::new(label.clone(), version, value.clone()).unwrap();
            let held = AttributeSet::new([listed.into()]).unwrap();
            let components = held.expanded();
            let by_algebra = opens(&policy.span_program(), |u| components.contains(u));
            assert_eq!(policy.is_satisfied_by(&held), by_algebra);
            by_algebra
        };
        for value in &values {
            prop_assert_eq!(verdict(value, version), *value != excluded, "{} by {}", policy, value);
            prop_assert!(!verdict(value, version ^ 1), "another version is another value");
        }
        prop_assert_eq!(verdict(&stranger, version), values.contains(&&stranger) && stranger != *excluded);
        prop_assert!(!policy.is_satisfied_by(&AttributeSet::default()), "holding none is no other");
        prop_assert_eq!(policy.counts().0, values.len() - 1);
    }

    #[test]
    fn vocabularies_are_what_their_texts_say(vocabulary in vocabulary()) {
        prop_assert_eq!(vocabulary.to_string().parse(), Ok(vocabulary));
    }
}

#[test]
fn known_negations_are_written_out() {
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
        ("role#3:nurse and role#2:nurse", "role#3:nurse and role#2:nurse"),
    ] {
        assert_eq!(parse(text, &set).to_string(), canonical, "{text}");
        assert_eq!(parse(canonical, &set), policy(canonical));
    }
}

#[test]
fn a_text_means_the_same_with_any_vocabularies_or_is_refused() {
    let none = Vocabularies::default();
    let set = vocabularies(&["role#3: doctor, nurse"]);
    let newer = vocabularies(&["role#4: doctor, nurse, midwife"]);
    for text in
        ["role", "role#3:doctor", "role#9:x", "roles:doctor", "\"role doctor\"", "role >= 3"]
    {
        assert_eq!(parse(text, &none), parse(text, &set));
        assert_eq!(parse(text, &set), parse(text, &newer));
    }
    // The plain name beside the vocabulary would be another attribute than it looks.
    for text in ["role:doctor", "\"role:doctor\"", "role:", "a or role:x"] {
        assert!(AccessPolicy::parse_with(text, &none).is_ok());
        assert!(AccessPolicy::parse_with(text, &set).is_err());
    }
    // `not` names no version, so it is that at hand; with a version it is that or an error.
    assert_ne!(parse("not role:nurse", &set), parse("not role:nurse", &newer));
    assert!(AccessPolicy::parse_with("not role#3:nurse", &newer).is_err());
}

#[test]
fn a_value_added_later_does_not_open_what_not_locked_before() {
    let before = parse("not role:nurse", &vocabularies(&["role#3: doctor, nurse"]));
    let held = |text: &str| text.parse::<AttributeSet>().unwrap();
    assert!(before.is_satisfied_by(&held("role#3:doctor")));
    for other in ["role#4:midwife", "role#4:doctor", "role#3:midwife", "role", "\"role#3:doctor\""]
    {
        assert!(!before.is_satisfied_by(&held(other)), "{other}");
    }
}

#[test]
fn not_stays_within_the_limits_of_a_policy() {
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
    // A megabyte of them is refused at the second.
    let text = ["not l:v7"; 80_000].join(" or ");
    let error = AccessPolicy::parse_with(&text, &largest).unwrap_err();
    assert_eq!(error.column, 17, "{error}");
}

#[test]
fn what_is_no_vocabulary_is_refused() {
    let new = |label: &str, values: &[&str]| {
        Vocabulary::new(name(label), 1, values.iter().map(|value| name(value)))
    };
    assert!(new("role", &["one"]).is_ok());
    assert_eq!(new("role", &[]), Err(InvalidVocabulary::Values));
    assert_eq!(new("role", &["a", "b", "a"]), Err(InvalidVocabulary::Twice(name("a"))));
    assert!(matches!(new("role:x", &["a"]), Err(InvalidVocabulary::Label(_))));
    let many: Vec<Name> = (0..=MAX_LEAVES).map(|i| name(&format!("v{i}"))).collect();
    assert_eq!(Vocabulary::new(name("l"), 1, many), Err(InvalidVocabulary::Values));
    let role = new("role", &["a"]).unwrap();
    let twice = Vocabularies::new([role.clone(), role]);
    assert_eq!(twice, Err(InvalidVocabulary::SecondVocabulary(name("role"))));
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
fn values_of_a_vocabulary_are_given_with_its_version() {
    let role: Vocabulary = "role#3: doctor, nurse".parse().unwrap();
    let doctor = role.value("doctor").unwrap();
    assert_eq!(doctor, Listed::new(name("role"), 3, name("doctor")).unwrap());
    assert_eq!(role.value("janitor"), None);
    let values: BTreeSet<_> = role.values().map(Name::as_str).collect();
    assert_eq!(values, BTreeSet::from(["doctor", "nurse"]));
    assert_eq!(policy("role#3:doctor").root(), &Node::Leaf(Attribute::Listed(doctor)));
}
