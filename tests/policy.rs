//! Policies: the language has one meaning a text, the span program is the policy.
#![allow(clippy::unwrap_used)]

mod common;

/// So that `cargo test policy` selects all of them.
mod policy {
    mod attributes;
    mod comparisons;
    mod explain;
    mod generate;
    mod language;
    mod limits;
    mod mutations;
    mod span;
    mod values;
    mod vocabularies;
}
