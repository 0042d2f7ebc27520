//! Test vectors: made again from the documented equations and compared with the files.
//!
//! Every generator restates its scheme with the public algebra alone and asserts that the
//! restatement gives the library's bytes. `EPIONE_WRITE_VECTORS=1 cargo test vectors` writes
//! the files instead of comparing them.

mod abe;
mod dem;
mod format;
mod hash;
mod invalid;
mod peks;
mod policies;
mod pre_afgh;
mod pre_conditional;
mod pseudonym;
