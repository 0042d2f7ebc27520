//! Test vectors, recomputed from the documented equations and compared with the files.
//!
//! Each generator implements its scheme a second time on the public algebra and asserts that both
//! implementations return the same bytes. `EPIONE_WRITE_VECTORS=1 cargo test vectors` writes the
//! files instead of comparing them.

mod abe;
mod dem;
mod format;
mod hash;
mod invalid;
pub(crate) mod ledger;
mod peks;
mod policies;
mod pre_afgh;
mod pre_conditional;
mod protocol;
mod pseudonym;
