//! Attacks: each skips every local check and does the algebra, from bytes and public functions.
//!
//! Each attack also runs against a scheme with a fault planted in it, where it must succeed: a
//! test that cannot fail proves nothing.
#![allow(clippy::unwrap_used)]

mod common;

/// So that `cargo test soundness` selects all of them.
mod soundness {
    mod abe;
    mod decentralised_model;
    mod exponents;
    mod fabeo_model;
    mod formal;
    mod peks;
    mod pre_afgh;
    mod pre_conditional;
    mod pseudonym;
    mod revocable_model;
    mod symmetric;
    mod waters_model;
}
