//! FHIR R4 at the edge of the protocol: consents become grants, and the ledger becomes audit events.
#![forbid(unsafe_code)]

pub mod consent;
mod json;
mod time;

pub use json::{JsonError, parse};
