//! Tests of the schemes and their building blocks: behaviour, attacks, test vectors.
//!
//! `cargo test abe` (algebra, dem, peks, policy, pre, pseudonym, soundness, store, vectors) selects
//! the tests of one module.
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
