//! The bytes that each transport peer may fetch.
#![forbid(unsafe_code)]

use crate::consensus::ReplicaId;
use std::collections::BTreeMap;

/// The number of answers, however short, that use up the budget: each is signed.
const ANSWERS: usize = 256;

/// One token bucket per transport peer. It fills within one period.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    capacity: usize,
    period: u64,
    /// The bytes used, and the time of that number.
    used: BTreeMap<ReplicaId, (usize, u64)>,
}

impl Budget {
    /// Each peer may fetch `capacity` bytes at once and in every period of milliseconds.
    pub(crate) fn new(capacity: usize, period: u64) -> Self {
        Self { capacity, period, used: BTreeMap::new() }
    }

    /// The bytes that a peer may fetch now.
    pub(crate) fn available(&self, peer: ReplicaId, now: u64) -> usize {
        self.capacity - self.used_at(peer, now)
    }

    /// Charges an answer.
    pub(crate) fn charge(&mut self, peer: ReplicaId, bytes: usize, now: u64) {
        let used = self.used_at(peer, now).saturating_add(bytes.max(self.capacity / ANSWERS));
        self.used.insert(peer, (used.min(self.capacity), now));
    }

    fn used_at(&self, peer: ReplicaId, now: u64) -> usize {
        let Some((used, since)) = self.used.get(&peer) else { return 0 };
        let elapsed = now.saturating_sub(*since).min(self.period);
        let refilled = self.capacity as u128 * u128::from(elapsed) / u128::from(self.period.max(1));
        used.saturating_sub(refilled as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_exhausts_only_its_own_budget_which_refills() {
        let mut budget = Budget::new(10_000, 100);
        (0..256).for_each(|_| budget.charge(3, 0, 5));
        assert!(budget.available(3, 5) < 100, "short answers are charged");
        budget.charge(1, 9_999, 5);
        budget.charge(1, 1, 5);
        assert_eq!((budget.available(1, 5), budget.available(2, 5)), (0, 10_000));
        assert_eq!((budget.available(1, 55), budget.available(1, 105)), (5_000, 10_000));
        budget.charge(1, usize::MAX, 55);
        assert_eq!((budget.available(1, 55), budget.available(1, u64::MAX)), (0, 10_000));
    }
}
