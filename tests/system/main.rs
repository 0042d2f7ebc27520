//! Integration tests: records, consensus, ledger, protocol and the program.
//!
//! `cargo test consensus` (ledger, protocol, record, cli, layers) runs the tests of one module.
#![allow(missing_docs, clippy::unwrap_used)]

#[cfg(all(feature = "cli", feature = "sim"))]
mod cli;
#[cfg(feature = "sim")]
mod consensus;
mod layers;
mod ledger;
#[cfg(feature = "sim")]
mod protocol;
mod record;
#[cfg(feature = "sim")]
mod world;
