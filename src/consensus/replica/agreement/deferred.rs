//! A proposal that the application rejected.
//!
//! Its only defect may be a time ahead of this replica's clock, so it is verified again. From the
//! second attempt on, the times between two attempts double, so their number is logarithmic in the
//! duration of the view.
#![forbid(unsafe_code)]

use crate::consensus::gate::Received;

/// A rejected proposal, and the fallback delays until the next attempt.
#[derive(Debug, Clone)]
pub(super) struct Deferred {
    pub(super) received: Received,
    pub(super) failures: u32,
    wait: u64,
}

impl Deferred {
    /// Defers a proposal after this number of failures.
    pub(super) fn new(received: Received, failures: u32) -> Self {
        let wait = 1 << failures.saturating_sub(2).min(u64::BITS - 1);
        Self { received, failures, wait }
    }

    /// Counts a fallback delay. Returns `true` if it is time for the next attempt.
    pub(super) fn tick(&mut self) -> bool {
        self.wait = self.wait.saturating_sub(1);
        self.wait == 0
    }
}
