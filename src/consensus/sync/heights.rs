//! The heights of the other members.
#![forbid(unsafe_code)]

use crate::consensus::ReplicaId;
use std::collections::BTreeMap;

/// The heights that members claim in signed messages, and the greatest one that is proven.
///
/// A claim of one member may be a lie, so a height is believed if `F + 1` members claim it or a
/// commit certificate proves it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heights {
    claims: BTreeMap<ReplicaId, u64>,
    proven: u64,
}

impl Heights {
    /// Records that a member claims to have decided all heights below this one.
    pub(crate) fn claim(&mut self, member: ReplicaId, height: u64) {
        let claim = self.claims.entry(member).or_default();
        *claim = (*claim).max(height);
    }

    /// Records a valid commit certificate of the previous height.
    pub(crate) fn prove(&mut self, height: u64) {
        self.proven = self.proven.max(height);
    }

    /// The height that an honest member has reached.
    pub(crate) fn believed(&self, faults: usize) -> u64 {
        let mut claims: Vec<u64> = self.claims.values().copied().collect();
        claims.sort_unstable_by(|a, b| b.cmp(a));
        claims.get(faults).copied().unwrap_or(0).max(self.proven)
    }

    /// The members that claim to have decided a height, in order of their ids.
    pub(crate) fn beyond(&self, height: u64) -> Vec<ReplicaId> {
        let beyond = self.claims.iter().filter(|(_, claim)| **claim > height);
        beyond.map(|(id, _)| *id).collect()
    }

    /// Returns `true` if a member claims to have reached a height.
    pub(crate) fn has_reached(&self, member: ReplicaId, height: u64) -> bool {
        self.claims.get(&member).is_some_and(|claim| *claim >= height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_member_is_not_believed() {
        let mut heights = Heights::default();
        heights.claim(0, u64::MAX);
        assert_eq!(heights.believed(1), 0);
        heights.claim(1, 7);
        heights.claim(1, 5);
        assert_eq!((heights.believed(1), heights.beyond(6)), (7, vec![0, 1]));
        heights.prove(9);
        assert_eq!(heights.believed(1), 9);
        assert!(heights.has_reached(1, 7) && !heights.has_reached(1, 8));
    }
}
