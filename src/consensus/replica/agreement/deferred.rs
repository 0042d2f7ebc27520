//! A proposal that the application rejected.
//!
//! Its only defect may be a time ahead of this replica's clock, so it is verified again. The times
//! between two attempts double, so their number is logarithmic in the duration of the view.
#![forbid(unsafe_code)]

use crate::consensus::gate::Received;

/// A rejected proposal, and the fallback delays until the next attempt.
#[derive(Debug, Clone)]
pub(super) struct Deferred {
    pub(super) received: Received,
    failures: u32,
    wait: u64,
}

impl Deferred {
    /// Defers a proposal after its first failure.
    pub(super) fn new(received: Received) -> Self {
        Self { received, failures: 1, wait: 1 }
    }

    /// Defers the proposal again, after an attempt that followed `earlier` ones.
    pub(super) fn postpone(&mut self, earlier: &Self) {
        self.failures = earlier.failures + 1;
        self.wait = 1 << (earlier.failures - 1).min(u64::BITS - 1);
    }

    /// Counts a fallback delay. Returns `true` if it is time for the next attempt.
    pub(super) fn is_due(&mut self) -> bool {
        self.wait = self.wait.saturating_sub(1);
        self.wait == 0
    }
}
