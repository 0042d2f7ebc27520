//! Test vectors: made again from the documented equations and compared with the files.
//!
//! Every generator restates its scheme with the public algebra alone and asserts that the
//! restatement gives the library's bytes. `EPIONE_WRITE_VECTORS=1 cargo test --test vectors` writes
//! the files instead of comparing them.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "vectors/abe.rs"]
mod abe;
#[path = "vectors/dem.rs"]
mod dem;
#[path = "vectors/format.rs"]
mod format;
#[path = "vectors/hash.rs"]
mod hash;
#[path = "vectors/invalid.rs"]
mod invalid;
#[path = "vectors/peks.rs"]
mod peks;
#[path = "vectors/pre_afgh.rs"]
mod pre_afgh;
#[path = "vectors/pre_conditional.rs"]
mod pre_conditional;
#[path = "vectors/pseudonym.rs"]
mod pseudonym;
