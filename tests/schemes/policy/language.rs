//! Every text has one meaning: canonical texts, known trees, and rejected texts with positions.

use crate::common::{attribute, policy};
use crate::policy::generate::{config, name, parse, policies, tokens};
use epione::policy::{
    AccessPolicy, Attribute, Comparison, Date, Listed, Node, ParseError, Relation, Value,
    Vocabularies,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn parsing_inverts_printing(policy in policies()) {
        let text = policy.to_string();
        prop_assert_eq!(text.parse::<AccessPolicy>(), Ok(policy.clone()), "{}", text);
        let spaced = parse(&tokens(&text));
        prop_assert_eq!(spaced, Some(policy.clone()), "spaces between tokens have no meaning");
        let again = AccessPolicy::new(policy.root().clone());
        prop_assert_eq!(again, Ok(policy), "normalisation is idempotent");
    }

    #[test]
    fn any_text_parses_or_fails_at_a_position_within_it(
        text in "[ab129 ()\",\\\\#:<>=.andorfitu8-]{0,40}",
    ) {
        match text.parse::<AccessPolicy>() {
            Ok(policy) => prop_assert_eq!(policy.to_string().parse(), Ok(policy)),
            Err(error) => {
                prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{}", error);
                prop_assert!(error.to_string().starts_with("column "));
            }
        }
    }
}

fn leaf(name: &str) -> Node {
    Node::Leaf(attribute(name))
}

fn range(label: &str, low: impl Into<Value>, high: impl Into<Value>) -> Node {
    Node::Comparison(Comparison::range(name(label), low, high).unwrap())
}

fn assert_tree(text: &str, root: &Node) {
    assert_eq!(policy(text).root(), root, "{text}");
}

#[test]
fn gates_parse_to_known_trees() {
    assert_tree("a", &leaf("a"));
    assert_tree("((a))", &leaf("a"));
    assert_tree("a and b and c", &Node::And(vec![leaf("a"), leaf("b"), leaf("c")]));
    assert_tree(
        "a and (b and c)",
        &Node::And(vec![leaf("a"), Node::And(vec![leaf("b"), leaf("c")])]),
    );
    assert_tree(
        "1 of (a or b, 1 of (c))",
        &Node::Threshold(
            1,
            vec![Node::Or(vec![leaf("a"), leaf("b")]), Node::Threshold(1, vec![leaf("c")])],
        ),
    );
    assert_tree("\"and\" and android", &Node::And(vec![leaf("and"), leaf("android")]));
    assert_tree("a\tor\r\nb", &Node::Or(vec![leaf("a"), leaf("b")]));
    assert_tree("\"2nd\" or \"not\"", &Node::Or(vec![leaf("2nd"), leaf("not")]));
    assert_tree("role:doctor", &leaf("role:doctor"));
    let value = Listed::new(name("role"), 3, name("head nurse")).unwrap();
    assert_tree("role # 3 : \"head nurse\"", &Node::Leaf(Attribute::Listed(value)));
}

#[test]
fn comparisons_parse_to_known_intervals() {
    assert_tree("x < 18u8", &range("x", 0_u8, 17_u8));
    assert_tree("x <= 18u8", &range("x", 0_u8, 18_u8));
    assert_tree("x = 18u8", &range("x", 18_u8, 18_u8));
    assert_tree("x >= 18u8", &range("x", 18_u8, 255_u8));
    assert_tree("x > 18u8", &range("x", 19_u8, 255_u8));
    assert_tree("x in 18..65u8", &range("x", 18_u8, 65_u8));
    assert_tree("x in 18u8 .. 65u8", &range("x", 18_u8, 65_u8));
    assert_tree("x in 7..7u8", &range("x", 7_u8, 7_u8));
    assert_tree("x>=18u16", &range("x", 18_u16, u16::MAX));
    assert_tree("x >= 18", &range("x", 18_u32, u32::MAX));
    assert_tree("x >= 18u32", &range("x", 18_u32, u32::MAX));
    assert_tree("x in 18..4294967295", &range("x", 18_u32, u32::MAX));
    assert_tree("x >= 0u8", &range("x", 0_u8, 255_u8));
    assert_tree("x <= 255u8", &range("x", 0_u8, 255_u8));
    let (first, last) = (Date::new(2026, 12, 1).unwrap(), Date::LAST);
    assert_tree("\"valid until\" >= 2026-12-01", &range("valid until", first, last));
    assert_tree("\"in\" in 2026-12-01..2079-06-06", &range("in", first, last));
    let day = Comparison::new(name("d"), Relation::Equal, first).unwrap();
    assert_tree("d = 2026-12-01", &Node::Comparison(day));
}

#[test]
fn comparisons_print_in_their_shortest_form() {
    for (text, canonical) in [
        ("x < 1u8", "x = 0u8"),
        ("x > 254u8", "x = 255u8"),
        ("x > 17u8", "x >= 18u8"),
        ("x < 18u8", "x <= 17u8"),
        ("x <= 255u8", "x >= 0u8"),
        ("x in 0..9u16", "x <= 9u16"),
        ("x in 9..65535u16", "x >= 9u16"),
        ("x in 9..10u32", "x in 9..10"),
        ("d > 2026-11-30", "d >= 2026-12-01"),
        ("d in 1900-01-01..2079-06-06", "d >= 1900-01-01"),
        ("d in 2026-01-01..2026-12-31", "d in 2026-01-01..2026-12-31"),
        ("x >= 3 and a and x <= 9", "x in 3..9 and a"),
        ("(x >= 3) and (x <= 9)", "x in 3..9"),
    ] {
        assert_eq!(policy(text).to_string(), canonical);
        assert_eq!(policy(text), policy(canonical));
    }
}

#[test]
fn texts_that_other_parsers_read_as_weaker_policies_are_rejected() {
    // Some public library reads each of these as a weaker policy.
    for text in [
        "age >= 65 doctor",
        "age>=65anddoctor",
        "a and b or c",
        "a or b and c",
        "(a and b",
        "a and b)",
        "a b",
        "a and",
        "and",
        "a,b",
        "a && b",
        "not a",
        "a AND b",
        "a Or b",
        "2 of a, b",
        "2 of (a)",
        "0 of (a)",
        "1 of ()",
        "02 of (a, b)",
        "18446744073709551616 of (a)",
        "2 of (a, b) c",
        "()",
        "a ()",
        "\"a",
        "\"a\\x\"",
        "\"\"",
        "\"\u{7}\"",
        "a\u{0}",
        "a\u{a0}and\u{a0}b",
        "ａ and b",
        "2",
        "2 and a",
    ] {
        assert!(text.parse::<AccessPolicy>().is_err(), "{text:?}");
    }
}

fn refused(text: &str, vocabularies: &Vocabularies) -> ParseError {
    AccessPolicy::parse_with(text, vocabularies).expect_err(text)
}

#[test]
fn errors_have_the_position_and_the_rule() {
    let role = "role#3: doctor, nurse".parse().unwrap();
    let only = "only#1: one".parse().unwrap();
    let vocabularies = Vocabularies::new([role, only]).unwrap();
    for (text, column, reason) in [
        ("a and b or c", 9, "parentheses"),
        ("a and", 6, "found the end of the text"),
        ("", 1, "expected an attribute"),
        ("(a", 3, "expected ')'"),
        ("a)", 2, "found ')'"),
        ("ü", 1, "quotes"),
        ("\"ü\" & b", 5, "write 'and'"),
        ("a and \"b", 7, "not closed"),
        ("a and \"\\n\"", 7, "backslash"),
        ("3 of (a, b)", 1, "3 of 2 is not a threshold"),
        ("a and 0 of (b, c)", 7, "requires 1 <= k <= n"),
        ("a b", 3, "expected 'and', 'or' or the end of the text, found \"b\""),
        ("a AND b", 3, "'and' in lower case"),
        ("a and 2nd", 7, "needs quotes"),
        ("x >= ", 6, "expected a number or a date"),
        ("x >= ten", 6, "expected a number or a date"),
        ("x => 10", 4, "found '>'"),
        ("x == 10", 4, "found '='"),
        ("x != 10", 3, "write 'not'"),
        ("x ≥ 10", 3, "write '>='"),
        ("x >= -1", 6, "'-'"),
        ("x >= 1.5", 6, "integer"),
        ("x >= 18u9", 6, "u8, u16 or u32"),
        ("x >= 007", 6, "leading zeros"),
        ("x >= 10 u8", 9, "the end"),
        ("18 <= x", 4, "starts with its label"),
        ("x < 0", 5, "no value is less than 0"),
        ("x < 0u8", 5, "no value is less than 0u8"),
        ("x > 255u8", 5, "no value is greater than 255u8"),
        ("x > 4294967295", 5, "no value is greater"),
        ("x >= 256u8", 6, "too large for 8 bits; the maximum is 255"),
        ("x >= 65536u16", 6, "too large for 16 bits"),
        ("x >= 4294967296", 6, "too large for 32 bits"),
        ("x >= 99999999999999999999999999", 6, "too large for 32 bits"),
        ("x in 9..5", 6, "9 is greater than 5"),
        ("x in 300..400u8", 11, "too large"),
        ("x in 300..4u8", 6, "too large"),
        ("x in 5u8..9u16", 6, "differ in domain"),
        ("x in 5u8..9", 6, "differ in domain"),
        ("x in 5..2026-12-01", 6, "differ in domain"),
        ("x in 2026-12-01..5", 6, "differ in domain"),
        ("x in 5", 7, "expected '..'"),
        ("x in 5..", 9, "a number or a date"),
        ("x in ..5", 6, "a number or a date"),
        ("x in a..b", 6, "a number or a date"),
        ("d < 1900-01-01", 5, "no value is less than 1900-01-01"),
        ("d > 2079-06-06", 5, "no value is greater than 2079-06-06"),
        ("d >= 2079-06-07", 6, "dates range from 1900-01-01 to 2079-06-06"),
        ("d >= 2026-02-29", 6, "no such day"),
        ("d >= 2026-2-9", 6, "YYYY-MM-DD"),
        ("x >= 5 and a and x <= 4", 18, "no value satisfies both x >= 5 and x <= 4"),
        ("x >= 5u8 and x <= 9", 14, "compares x as a number of 8 bits and as a number of 32 bits"),
        ("x >= 5 and x <= 2026-12-01", 12, "a date"),
        ("x >= 5 and x <= 9 and x = 4", 23, "no value satisfies both x in 5..9 and x = 4"),
        ("a or (x >= 5 and x < 5)", 18, "no value"),
        ("role#3", 7, "expected ':'"),
        ("role#:doctor", 6, "the version of a vocabulary"),
        ("role#03:doctor", 6, "not a version"),
        ("role#4294967296:doctor", 6, "not a version"),
        ("a:b#3:doctor", 1, "contains no colon"),
        ("role:doctor", 1, "role#3:..."),
        ("a and \"role:doctor\"", 7, "role#3:..."),
        ("not a", 5, "a value of a vocabulary"),
        ("not (role:nurse)", 5, "found '('"),
        ("not not role:nurse", 5, "found 'not'"),
        ("not", 4, "found the end of the text"),
        ("not age >= 18", 9, "write the opposite comparison"),
        ("not role:janitor", 5, "version 3 of \"role\" has no value \"janitor\""),
        ("not role:", 5, "version 3 of \"role\" has no value"),
        ("not rule:nurse", 5, "not given"),
        ("not role#2:nurse", 5, "has version 3"),
        ("not only:one", 5, "the only value"),
    ] {
        let error = refused(text, &vocabularies);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.reason.contains(reason), "{text}: {error}");
    }
    let error = refused("a or not role:nurse", &Vocabularies::default());
    assert_eq!((error.column, error.reason.contains("needs the vocabulary")), (10, true));
}
