//! A text with one altered token is an error or another policy.

use crate::policy::generate::{config, parse, policies, tokens};
use epione::policy::AccessPolicy;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Tokens that a parser might confuse with others.
const INSERTED: [&str; 27] = [
    "and",
    "or",
    "of",
    "not",
    "in",
    "(",
    ")",
    ",",
    "<",
    "<=",
    "=",
    ">=",
    ">",
    "..",
    "#",
    ":",
    "0",
    "1",
    "2",
    "18u8",
    "2026-12-01",
    "a",
    "u8",
    "\"and\"",
    "AND",
    "&",
    "x >= 0",
];

fn differs(
    policy: &AccessPolicy,
    mutant: Option<AccessPolicy>,
    change: &str,
) -> Result<(), TestCaseError> {
    prop_assert_ne!(mutant.as_ref(), Some(policy), "after: {}", change);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_deleted_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for i in 0..tokens.len() {
            let mut fewer = tokens.clone();
            let deleted = fewer.remove(i);
            differs(&policy, parse(&fewer), &format!("{deleted} deleted at {i}"))?;
        }
    }

    #[test]
    fn a_repeated_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for i in 0..tokens.len() {
            let mut more = tokens.clone();
            more.insert(i, tokens[i].clone());
            differs(&policy, parse(&more), &format!("{} repeated at {i}", tokens[i]))?;
        }
    }

    #[test]
    fn an_inserted_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for i in 0..=tokens.len() {
            for token in INSERTED {
                let mut more = tokens.clone();
                more.insert(i, token.to_owned());
                differs(&policy, parse(&more), &format!("{token} inserted at {i}"))?;
            }
        }
    }

    #[test]
    fn a_replaced_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for (i, token) in tokens.iter().enumerate() {
            let others: &[&str] = match token.as_str() {
                "and" => &["or", ","],
                "or" => &["and", ","],
                "<=" => &["<", "=", ">=", ">"],
                // `x = 0` and `x <= 0` are the same policy.
                "=" => &["<", ">"],
                ">=" => &["<", "<=", "=", ">"],
                ".." => &[",", "and"],
                "#" => &[":", "="],
                word if word.bytes().all(|b| b.is_ascii_digit()) => &["3", "1", "3u8"],
                _ => &[],
            };
            for other in others.iter().filter(|other| *other != token) {
                let mut changed = tokens.clone();
                changed[i] = (*other).to_owned();
                // The lower end of a range may repeat the width of the upper end.
                let same_width = *other == "3u8" && token == "3";
                if !same_width {
                    differs(&policy, parse(&changed), &format!("{token} replaced by {other}"))?;
                }
            }
        }
    }

    #[test]
    fn a_deleted_character_is_an_error_or_another_policy(policy in policies()) {
        let text = policy.to_string();
        for (i, c) in text.char_indices().filter(|(_, c)| *c != ' ') {
            let fewer = [&text[..i], &text[i + c.len_utf8()..]].concat();
            differs(&policy, fewer.parse().ok(), &fewer)?;
        }
    }
}
