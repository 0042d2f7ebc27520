//! Tests of the schemes and their building blocks: behaviour, attacks, test vectors.
//!
//! `cargo test --test schemes peks::` runs the tests of one module, here also `soundness::peks` and
//! `vectors::peks`. Without the colons, `pre` and other short names match parts of other words.
#![allow(missing_docs, clippy::unwrap_used)]

mod abe;
mod algebra;
mod common;
mod dem;
mod peks;
mod policy;
mod pre;
mod pseudonym;
mod soundness;
mod store;
mod vectors;
