//! Consents as the source of grants. The export of the audit trail is tested in `ledger::fhir`.

mod consent;
mod examples;
#[cfg(feature = "sim")]
mod lifecycle;
pub(crate) mod model;
mod refusals;
mod remedies;
mod semantics;
