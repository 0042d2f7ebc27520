//! The ledger as a party reads it.
#![forbid(unsafe_code)]

use crate::ledger::{State, Time};

/// A view of the ledger at a time.
#[derive(Debug, Clone, Copy)]
pub struct LedgerView<'a> {
    /// The state of a replica that the party trusts.
    pub state: &'a State,
    /// The time on the party's own clock, in milliseconds since 1970.
    pub now: Time,
}
