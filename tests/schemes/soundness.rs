//! The soundness engine (`docs/soundness.md`), and attacks from bytes and public functions that
//! skip every local check.
//!
//! Each attack also runs against a scheme with a deliberate fault, where it must succeed, so that
//! no test passes vacuously.

mod exponents;
mod fabeo;
mod fabeo_model;
mod formal;
mod pang_model;
mod peks;
mod pre_afgh;
mod pre_conditional;
mod pre_linkability;
mod pseudonym;
mod rouselakis_waters_model;
pub(crate) mod symmetric;
mod waters_model;
