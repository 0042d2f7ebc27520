//! Consents as the source of grants, and the export of the audit trail.

mod consent;
mod examples;
mod model;
mod refusals;
