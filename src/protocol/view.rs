//! A party's view of the ledger.
#![forbid(unsafe_code)]

use crate::ledger::{State, Time};

/// The state of the ledger and the local time.
#[derive(Debug, Clone, Copy)]
pub struct LedgerView<'a> {
    /// The state of a replica that the party trusts.
    pub state: &'a State,
    /// The time on the party's own clock, in milliseconds since the Unix epoch.
    pub now: Time,
}
