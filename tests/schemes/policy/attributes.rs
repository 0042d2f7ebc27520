//! Attribute identities are injective, and a user holds no conflicting values under one label.

use crate::common::{attributes, policy};
use crate::policy::generate::{config, domains, intervals, listed, name, names, sets};
use epione::algebra::codec::{Reader, Writer};
use epione::error::DecodeError;
use epione::policy::{
    AccessPolicy, Attribute, AttributeSet, Date, InvalidAttributes, Listed, MAX_COMPONENTS, Name,
    Number, UserAttribute, Value,
};
use proptest::prelude::*;
use regex_syntax::hir::{Class, HirKind};

fn any_attribute() -> impl Strategy<Value = Attribute> {
    // Few labels, so that attributes often differ only in the fields after the label.
    let label = prop_oneof![Just(name("a")), Just(name("ab")), Just(name("b")), names()];
    let prefix = (intervals(label, domains()), any::<prop::sample::Index>());
    prop_oneof![
        names().prop_map(Attribute::Name),
        listed().prop_map(Attribute::Listed),
        prefix.prop_map(|(range, at)| {
            Attribute::Prefix(range.cover().nth(at.index(range.rows())).unwrap())
        }),
    ]
}

fn bytes(set: &AttributeSet) -> Vec<u8> {
    let mut writer = Writer::default();
    set.write(&mut writer);
    writer.finish()
}

fn read(bytes: &[u8]) -> Result<AttributeSet, DecodeError> {
    let mut reader = Reader::new(bytes);
    let set = AttributeSet::read(&mut reader)?;
    reader.end().map(|()| set)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn identities_are_injective_and_preserve_order(a in any_attribute(), b in any_attribute()) {
        prop_assert_eq!(a.identity() == b.identity(), a == b, "{:?} {:?}", a, b);
        prop_assert_eq!(a.identity().cmp(&b.identity()), a.cmp(&b), "{:?} {:?}", a, b);
    }

    #[test]
    fn attribute_sets_round_trip_through_text_and_bytes(set in sets()) {
        let text = set.to_string();
        prop_assert_eq!(text.parse::<AttributeSet>(), Ok(set.clone()), "{}", text);
        prop_assert_eq!(read(&bytes(&set)), Ok(set.clone()));
        prop_assert_eq!(AttributeSet::new(set.iter()), Ok(set.clone()));
        prop_assert_eq!(set.iter().count(), set.len());
        prop_assert_eq!(set.iter().next().is_none(), set.is_empty());
        for attribute in set.iter() {
            prop_assert_eq!(attribute.to_string().parse(), Ok(attribute));
        }
    }

    #[test]
    fn a_set_contains_exactly_its_key_components(set in sets(), other in any_attribute()) {
        let expanded = set.expanded();
        prop_assert!(expanded.is_sorted_by(|a, b| a < b));
        prop_assert!(expanded.iter().all(|attribute| set.contains(attribute)));
        prop_assert_eq!(set.contains(&other), expanded.contains(&other));
        let components: usize = set.iter().map(|attribute| match attribute {
            UserAttribute::Number(number) => number.value().domain().width() as usize + 1,
            _ => 1,
        }).sum();
        prop_assert_eq!(expanded.len(), components);
    }

    #[test]
    fn altered_encodings_are_rejected_or_decode_to_another_set(
        set in sets(),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let honest = bytes(&set);
        let at = at.index(honest.len());
        let mut changed = honest.clone();
        changed[at] ^= flip;
        for forgery in [&changed[..], &honest[..at]] {
            if let Ok(other) = read(forgery) {
                prop_assert_ne!(&other, &set);
                prop_assert_eq!(bytes(&other), forgery);
            }
        }
    }
}

#[test]
fn identities_have_known_bytes() {
    let hex = |attribute: &Attribute| hex::encode(attribute.identity());
    assert_eq!(hex(&Attribute::new("age").unwrap()), hex::encode("age"));
    let number = Number::new(name("age"), 42_u8);
    let prefixes: Vec<_> = number.prefixes().map(|p| hex(&Attribute::Prefix(p))).collect();
    assert_eq!(prefixes.len(), 9);
    // 01, label, 00, domain, length, first.
    assert_eq!(prefixes[0], "01 616765 00 08 00 00000000".replace(' ', ""));
    assert_eq!(prefixes[3], "01 616765 00 08 03 00000020".replace(' ', ""));
    assert_eq!(prefixes[8], "01 616765 00 08 08 0000002a".replace(' ', ""));
    let day = Number::new(name("d"), Date::from_days(0xabcd));
    let last = day.prefixes().last().unwrap();
    assert_eq!(hex(&Attribute::Prefix(last)), "01 64 00 90 10 0000abcd".replace(' ', ""));
    let value = Listed::new(name("role"), 3, name("nurse")).unwrap();
    let identity = "02 726f6c65 00 00000003 6e75727365".replace(' ', "");
    assert_eq!(hex(&Attribute::Listed(value)), identity);
}

#[test]
fn a_set_has_a_known_encoding() {
    let set: AttributeSet = "a, x = 5u8, x = 5, role#3:r".parse().unwrap();
    let expected = "
        00000002  00000001 78 08 00000005  00000001 78 20 00000005
        00000001  00000004 726f6c65 00000003 00000001 72
        00000001  00000001 61";
    assert_eq!(hex::encode(bytes(&set)), expected.replace([' ', '\n'], ""));
}

#[test]
fn conflicting_values_under_one_label_are_rejected() {
    for (text, column) in [
        ("x = 5u8, x = 30u8", 10),
        ("x = 5u8, a, x = 6u8", 13),
        // A number in two widths must be the same in both.
        ("x = 5u8, x = 30u16", 10),
        ("x = 300, x = 44u8", 10),
        ("d = 2026-01-01, d = 2026-01-02", 17),
        ("role#3:doctor, role#3:nurse", 16),
        ("role#3:doctor, role#4:nurse", 16),
        ("role#3:doctor, role#4:doctor", 16),
    ] {
        let error = text.parse::<AttributeSet>().unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.reason.contains("one value per label"), "{text}: {error}");
    }
    for text in [
        "x = 5u8, x = 5u8",
        "x = 5u8, x = 5u16, x = 5",
        "x = 5, x = 1900-01-03",
        "x = 5u8, y = 30u8",
        "x, x = 5u8, x#1:a",
        "role#3:doctor, rule#3:nurse",
        "",
    ] {
        assert!(text.parse::<AttributeSet>().is_ok(), "{text}");
    }
}

#[test]
fn invalid_texts_are_rejected_at_the_position_of_the_error() {
    for (text, column) in [
        ("a b", 3),
        ("a,", 3),
        (",a", 1),
        ("a,,b", 3),
        ("age > 5", 5),
        ("age in 5..6", 5),
        ("age = 256u8", 7),
        ("age = ", 7),
        ("age = a", 7),
        ("role#3", 7),
        ("a:b#3:c", 1),
        ("not a", 1),
        ("(a)", 1),
        ("a and b", 3),
        ("2nd", 1),
        ("\"\"", 1),
    ] {
        let error = text.parse::<AttributeSet>().unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
    }
    assert_eq!("a, b".parse::<UserAttribute>().unwrap_err().column, 2);
}

#[test]
fn encodings_that_violate_a_rule_are_rejected() {
    let number = |label: &str, code: u8, value: u32| {
        let mut w = Writer::default();
        w.bytes(label.as_bytes());
        w.u8(code);
        w.u32(value);
        w.finish()
    };
    let listed = |label: &str, version: u32, value: &str| {
        let mut w = Writer::default();
        w.bytes(label.as_bytes());
        w.u32(version);
        w.bytes(value.as_bytes());
        w.finish()
    };
    let name = |name: &str| [&(name.len() as u32).to_be_bytes()[..], name.as_bytes()].concat();
    let forged = |lists: [&[Vec<u8>]; 3]| {
        let list = |items: &[Vec<u8>]| {
            [&(items.len() as u32).to_be_bytes()[..], &items.concat()[..]].concat()
        };
        read(&lists.map(list).concat())
    };
    let numbers = |numbers: &[Vec<u8>]| forged([numbers, &[], &[]]);
    let values = |listed: &[Vec<u8>]| forged([&[], listed, &[]]);
    let invalid = |result: Result<AttributeSet, DecodeError>, reason: &str| {
        let error = result.unwrap_err();
        assert!(matches!(error, DecodeError::Invalid(text) if text.contains(reason)), "{error}");
    };

    assert!(numbers(&[number("x", 8, 5), number("x", 16, 5), number("y", 8, 6)]).is_ok());
    invalid(numbers(&[number("x", 8, 5), number("x", 8, 30)]), "ascending");
    invalid(numbers(&[number("x", 8, 5), number("x", 8, 5)]), "ascending");
    invalid(numbers(&[number("y", 8, 5), number("x", 8, 5)]), "ascending");
    invalid(numbers(&[number("x", 16, 5), number("x", 8, 5)]), "ascending");
    invalid(numbers(&[number("x", 8, 5), number("x", 16, 30)]), "two values");
    invalid(numbers(&[number("x", 8, 256)]), "too large");
    invalid(numbers(&[number("x", 0x90, 65_536)]), "too large");
    invalid(numbers(&[number("x", 24, 5)]), "unknown domain");
    invalid(numbers(&[number("", 8, 5)]), "name");
    invalid(numbers(&[number("\n", 8, 5)]), "name");

    assert!(values(&[listed("q", 1, "a"), listed("r", 0, "a")]).is_ok());
    invalid(values(&[listed("r", 1, "a"), listed("r", 1, "b")]), "ascending");
    invalid(values(&[listed("r", 1, "a"), listed("r", 2, "a")]), "ascending");
    invalid(values(&[listed("r", 1, "a"), listed("q", 1, "a")]), "ascending");
    invalid(values(&[listed("r:q", 1, "a")]), "colon");
    invalid(forged([&[], &[], &[name("b"), name("a")]]), "ascending");

    let overlong = [0xff, 0xff, 0xff, 0xff];
    assert!(matches!(read(&overlong), Err(DecodeError::TooLong { .. })));
    let number_of_32 = |i: usize| number(&format!("{i:0>5}"), 32, 7);
    let most = MAX_COMPONENTS / 33;
    assert!(numbers(&(0..most).map(number_of_32).collect::<Vec<_>>()).is_ok());
    invalid(numbers(&(0..=most).map(number_of_32).collect::<Vec<_>>()), "too many");
}

#[test]
fn a_set_exceeding_the_component_limit_is_rejected() {
    let labels = (0..=MAX_COMPONENTS).map(|i| name(&format!("n{i}")));
    let mut set = AttributeSet::new(labels.take(MAX_COMPONENTS - 8).map(Into::into)).unwrap();
    assert_eq!(set.insert(Number::new(name("x"), 5_u8)), Err(InvalidAttributes::TooMany));
    for i in 0..8 {
        set.insert(name(&format!("m{i}"))).unwrap();
    }
    assert_eq!(set.insert(name("one more")), Err(InvalidAttributes::TooMany));
    assert_eq!(set.insert(name("m0")), Ok(()), "already held");
    assert_eq!(set.expanded().len(), MAX_COMPONENTS);
}

#[test]
fn values_are_found_by_label_and_domain() {
    let set: AttributeSet = "x = 5u8, x = 5, d = 2026-12-01, role#3:doctor".parse().unwrap();
    let domains = [Value::from(5_u8), Value::from(5_u32)].map(Value::domain);
    assert_eq!(set.value(&name("x"), domains[0]), Some(Value::U8(5)));
    assert_eq!(set.value(&name("x"), domains[1]), Some(Value::U32(5)));
    assert_eq!(set.value(&name("y"), domains[0]), None);
    assert_eq!(set.listed(&name("role")).unwrap().to_string(), "role#3:doctor");
    assert_eq!(set.listed(&name("x")), None);
    assert_eq!((set.len(), set.is_empty()), (4, false));
}

#[test]
fn a_number_in_several_widths_satisfies_policies_of_each() {
    let set: AttributeSet = "age = 42u8, age = 42".parse().unwrap();
    assert!(policy("age in 18..65u8").is_satisfied_by(&set));
    assert!(policy("age in 18..65").is_satisfied_by(&set));
    assert!(!policy("age in 18..65u16").is_satisfied_by(&set));
    assert!(policy("age >= 18u8 or (a and age <= 3)").is_satisfied_by(&set));
}

#[test]
fn names_are_compared_byte_by_byte_and_exclude_invisible_characters() {
    let policy = policy("Doctor");
    assert!(policy.is_satisfied_by(&attributes(&["Doctor"])));
    for other in ["doctor", "Doctor ", "DOCTOR", "D\u{43e}ctor"] {
        assert!(!policy.is_satisfied_by(&attributes(&[other])), "{other}");
    }
    let invisible = [
        "doc\u{200b}tor",
        "\u{202e}rotcod",
        "\u{feff}doctor",
        "doc\u{ad}tor",
        "age\u{fe0f}",
        "age\u{3164}",
        "age\u{e0100}",
        "a\u{34f}ge",
        "\u{2800}",
        "\u{1d159}",
        "\u{16fe4}",
        "\u{13430}",
        " ",
        "a\u{a0}b",
    ];
    let control = ["", "a\nb", "\u{7f}", "\u{85}", &"x".repeat(257)];
    for refused in control.into_iter().chain(invisible) {
        assert!(Name::new(refused).is_err(), "{refused:?}");
        assert!(AttributeSet::from_names([refused]).is_err(), "{refused:?}");
    }
    assert!(Name::new("x".repeat(256)).is_ok());
}

/// The regular expressions of `regex-syntax` have the properties of all characters.
#[test]
fn the_excluded_characters_are_those_of_the_properties() {
    let expression = "[\\p{Cc}\\p{Cf}\\p{DI}\\p{White_Space}\\x{2800}\\x{13441}\\x{13442}\\x{16fe4}\
                      \\x{1d159}--\\x20]";
    let excluded = regex_syntax::parse(expression).unwrap();
    let HirKind::Class(Class::Unicode(excluded)) = excluded.kind() else { panic!("a class") };
    let excludes =
        |c| excluded.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
    for c in '\0'..=char::MAX {
        assert_eq!(Name::new(format!("a{c}")).is_err(), excludes(c), "{:x}", u32::from(c));
    }
}

#[test]
fn quoted_names_are_plain_names_even_if_they_resemble_other_tokens() {
    for text in ["age >= 18", "role#3:doctor", "18u8", "not role:nurse", "age = 42u8"] {
        let set = AttributeSet::from_names([text]).unwrap();
        assert!(!text.parse::<AccessPolicy>().is_ok_and(|policy| policy.is_satisfied_by(&set)));
        assert!(policy(&format!("\"{text}\"")).is_satisfied_by(&set));
        assert_eq!(set.to_string(), format!("\"{text}\""));
    }
}
