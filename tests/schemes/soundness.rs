//! Attacks: each skips every local check and does the algebra, from bytes and public functions.
//!
//! Each attack also runs against a scheme with a fault planted in it, where it must succeed: a
//! test that cannot fail proves nothing.

mod abe;
mod exponents;
mod fabeo_model;
mod formal;
mod pang_model;
mod peks;
mod pre_afgh;
mod pre_conditional;
mod pseudonym;
mod rouselakis_waters_model;
mod symmetric;
mod waters_model;
