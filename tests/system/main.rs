//! Integration tests: records, consensus, ledger, protocol and the program.
//!
//! `cargo test --test system ledger` runs the tests of one module: `cli`, `consensus`, `fhir`,
//! `layers`, `ledger`, `protocol` or `record`.
#![allow(missing_docs, clippy::unwrap_used)]

#[cfg(all(feature = "cli", feature = "sim"))]
mod cli;
#[cfg(feature = "sim")]
mod consensus;
mod fhir;
mod layers;
mod ledger;
#[cfg(feature = "sim")]
mod protocol;
mod record;
#[cfg(feature = "sim")]
mod world;
