//! A text with one token wrong is an error or another policy.

use crate::policy::generate::{config, parse, policies, tokens};
use epione::policy::AccessPolicy;
use proptest::prelude::*;

/// Whatever could be taken for something else.
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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_deleted_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for i in 0..tokens.len() {
            let mut fewer = tokens.clone();
            let gone = fewer.remove(i);
            prop_assert_ne!(parse(&fewer), Some(policy.clone()), "{} without {} at {}", policy, gone, i);
        }
    }

    #[test]
    fn a_doubled_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for i in 0..tokens.len() {
            let mut more = tokens.clone();
            more.insert(i, tokens[i].clone());
            prop_assert_ne!(parse(&more), Some(policy.clone()), "{} with {} twice", policy, tokens[i]);
        }
    }

    #[test]
    fn an_inserted_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for i in 0..=tokens.len() {
            for token in INSERTED {
                let mut more = tokens.clone();
                more.insert(i, token.to_owned());
                prop_assert_ne!(parse(&more), Some(policy.clone()), "{} with {} at {}", policy, token, i);
            }
        }
    }

    #[test]
    fn an_exchanged_token_is_an_error_or_another_policy(policy in policies()) {
        let tokens = tokens(&policy.to_string());
        for (i, token) in tokens.iter().enumerate() {
            let others: &[&str] = match token.as_str() {
                "and" => &["or", ","],
                "or" => &["and", ","],
                "<=" => &["<", "=", ">=", ">"],
                // `x = 0` is `x <= 0`, honestly.
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
                let mutant = parse(&changed);
                // The lower end of a range may say its width, which is then the upper end's.
                let same_width = *other == "3u8" && token == "3";
                prop_assert!(same_width || mutant != Some(policy.clone()), "{} to {}", policy, other);
            }
        }
    }

    #[test]
    fn a_deleted_character_is_an_error_or_another_policy(policy in policies()) {
        let text = policy.to_string();
        for (i, c) in text.char_indices().filter(|(_, c)| *c != ' ') {
            let fewer = [&text[..i], &text[i + c.len_utf8()..]].concat();
            let mutant: Option<AccessPolicy> = fewer.parse().ok();
            prop_assert_ne!(mutant, Some(policy.clone()), "{} and {}", policy, fewer);
        }
    }
}
