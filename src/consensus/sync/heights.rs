//! The heights of the other members.
#![forbid(unsafe_code)]

use crate::consensus::ReplicaId;
use std::collections::BTreeMap;

/// The heights that members claim in signed messages, and the greatest one that is proven.
///
/// One member may report any height, so a height is supported if `F + 1` members report it or a
/// certificate proves it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heights {
    reported: BTreeMap<ReplicaId, u64>,
    proven: u64,
}

impl Heights {
    /// Records that a member reports to have decided all heights below this one.
    pub(crate) fn report(&mut self, member: ReplicaId, height: u64) {
        let reported = self.reported.entry(member).or_default();
        *reported = (*reported).max(height);
    }

    /// Records that a certificate proves all heights below this one to be decided.
    pub(crate) fn prove(&mut self, height: u64) {
        self.proven = self.proven.max(height);
    }

    /// The highest height that at least one honest member has reached.
    pub(crate) fn supported(&self, faults: usize) -> u64 {
        let mut reported: Vec<u64> = self.reported.values().copied().collect();
        reported.sort_unstable_by(|a, b| b.cmp(a));
        reported.get(faults).copied().unwrap_or(0).max(self.proven)
    }

    /// The members that report to have decided a height, in order of their ids.
    pub(crate) fn beyond(&self, height: u64) -> Vec<ReplicaId> {
        let beyond = self.reported.iter().filter(|(_, reported)| **reported > height);
        beyond.map(|(id, _)| *id).collect()
    }

    /// Returns `true` if a member reports to have reached a height.
    pub(crate) fn has_reached(&self, member: ReplicaId, height: u64) -> bool {
        self.reported.get(&member).is_some_and(|reported| *reported >= height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_needs_the_reports_of_f_plus_1_members() {
        let mut heights = Heights::default();
        heights.report(0, u64::MAX);
        assert_eq!(heights.supported(1), 0);
        heights.report(1, 7);
        heights.report(1, 5);
        assert_eq!((heights.supported(1), heights.beyond(6)), (7, vec![0, 1]));
        heights.prove(9);
        assert_eq!(heights.supported(1), 9);
        assert!(heights.has_reached(1, 7) && !heights.has_reached(1, 8));
    }
}
