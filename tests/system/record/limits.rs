//! Bounds on what a scan keeps, and JSON at the limits of its grammar.

use super::{classes_of, json};
use epione::record::{Class, MAX_KEYWORDS, Record, ScanError};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use std::io::Cursor;

fn scan(file: &str) -> Result<Record, ScanError> {
    Record::scan(&mut Cursor::new(file), "x.json")
}

/// The scan rejects a bundle whose sections [`epione::record::Assembly`] would reject.
#[test]
fn bundles_with_too_many_entries_are_rejected() {
    let entries = "{},".repeat(1 << 20);
    let text = |entries: &str| format!(r#"{{"resourceType":"Bundle","entry":[{entries}{{}}]}}"#);
    assert!(matches!(scan(&text(&entries)), Err(ScanError::TooManyEntries)));
    assert!(scan(&text(&entries[..3 * 1000])).is_ok());
}

#[test]
fn collection_stops_at_the_limit_of_keywords() {
    let coding = |i: usize| format!(r#"{{"system": "s", "code": "{i}"}}"#);
    let file = |count: usize| {
        let codings: Vec<String> = (0..count).map(coding).collect();
        let list = codings.join(",");
        format!(r#"{{"resourceType": "Observation", "code": {{"coding": [{list}]}}}}"#)
    };
    assert_eq!(scan(&file(MAX_KEYWORDS - 1)).unwrap().keywords().len(), MAX_KEYWORDS);
    let error = scan(&file(MAX_KEYWORDS)).unwrap_err();
    assert!(error.to_string().contains("more than 4096 distinct codes"), "{error}");
}

#[test]
fn long_strings_are_no_keywords() {
    for length in [1000, 1030, 1 << 20] {
        let long = "c".repeat(length);
        let file = format!(
            r#"{{"resourceType": "Observation", "{long}": 1, "code": {{"coding":
                [{{"system": "s", "code": "{long}"}}, {{"system": "{long}", "code": "c"}}]}}}}"#
        );
        let record = scan(&file).unwrap();
        let kept: usize = record.keywords().map(|keyword| keyword.value.len()).sum();
        assert!(kept <= 3 * 1024, "{kept}");
        assert_eq!(record.keywords().any(|keyword| keyword.value.len() > 999), length == 1000);
        let paths = record.findings().map(|(finding, _)| finding.path.len());
        assert!(paths.max().unwrap() < 256);
    }
}

#[test]
fn numbers_and_surrogates_are_opaque() {
    for value in
        ["1e400", "-1E-400", "18446744073709551616", r#""\ud800""#, r#""\udc00\ud800\u0041""#]
    {
        let bundle = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":{value}}}}}]}}"#
        );
        assert!(classes_of(&bundle).contains(&Class::Administrative), "{value}");
        let code =
            format!(r#"{{"resourceType":"Claim","code":{{"coding":[{{"code":{value}}}]}}}}"#);
        assert_eq!(classes_of(&code), [Class::Financial]);
    }
}

#[rustfmt::skip]
const TOKENS: [&str; 25] = [
    "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "\\", "u12", "d800", "0", "1", "-", ".",
    "e", "+", "true", "null", "nul", " ", "\n", "\u{1}", "é",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Another parser accepts the same texts.
    #[test]
    fn malformed_json_is_rejected(
        tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..10),
        text in json(),
        at in any::<prop::sample::Index>(),
        with in prop::sample::select(b"{}[],:\"\\0-.e a".to_vec()),
    ) {
        let mut mutated = text.into_bytes();
        let at = at.index(mutated.len());
        mutated[at] = with;
        for text in [tokens.concat().into_bytes(), mutated] {
            if text.is_empty() {
                continue;
            }
            let expected = serde_json::from_slice::<IgnoredAny>(&text).is_ok()
                && std::str::from_utf8(&text).is_ok();
            let outcome = Record::scan(&mut Cursor::new(&text), "x.json");
            prop_assert_eq!(outcome.is_ok(), expected, "{:?}", String::from_utf8_lossy(&text));
        }
    }
}
