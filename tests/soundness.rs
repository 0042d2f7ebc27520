//! Attacks: each skips every local check and does the algebra, from bytes and public functions.
//!
//! Each attack also runs against a scheme with a fault planted in it, where it must succeed: a
//! test that cannot fail proves nothing.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "soundness/exponents.rs"]
mod exponents;

#[path = "soundness/abe.rs"]
mod abe;
#[path = "soundness/peks.rs"]
mod peks;
#[path = "soundness/pre_afgh.rs"]
mod pre_afgh;
#[path = "soundness/pre_conditional.rs"]
mod pre_conditional;
#[path = "soundness/pseudonym.rs"]
mod pseudonym;
#[path = "soundness/symmetric.rs"]
mod symmetric;
