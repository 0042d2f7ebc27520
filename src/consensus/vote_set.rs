//! Counting of votes.
#![forbid(unsafe_code)]

use super::certificate::Phase;
use super::{Digest, ReplicaId};
use crate::sign::Signature;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A vote of layer 2 at the current height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vote {
    pub(super) phase: Phase,
    pub(super) view: u64,
    pub(super) digest: Digest,
}

/// Verified votes, one per signer, phase and view. An equivocating signer counts once.
#[derive(Debug, Default)]
pub(super) struct VoteSet(BTreeMap<(Phase, u64), BTreeMap<ReplicaId, (Digest, Signature)>>);

impl VoteSet {
    /// Adds a verified vote. Returns `false` if the signer's vote of this phase and view is known.
    pub(super) fn add(&mut self, vote: Vote, signer: ReplicaId, signature: Signature) -> bool {
        let votes = self.0.entry((vote.phase, vote.view)).or_default();
        if votes.contains_key(&signer) {
            return false;
        }
        votes.insert(signer, (vote.digest, signature));
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, phase: Phase, view: u64, signer: ReplicaId) -> bool {
        self.0.get(&(phase, view)).is_some_and(|votes| votes.contains_key(&signer))
    }

    /// Returns the signatures on one vote by the signers that `include` selects, ascending.
    pub(super) fn signatures(
        &self,
        vote: Vote,
        include: impl Fn(ReplicaId) -> bool,
    ) -> Vec<(ReplicaId, Signature)> {
        let votes = self.0.get(&(vote.phase, vote.view)).into_iter().flatten();
        votes
            .filter(|(id, (d, _))| *d == vote.digest && include(**id))
            .map(|(id, (_, s))| (*id, *s))
            .collect()
    }

    /// Discards the votes of views outside the window.
    pub(super) fn retain_views(&mut self, views: RangeInclusive<u64>) {
        self.0.retain(|(_, view), _| views.contains(view));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_vote_of_a_signer_counts() {
        let (mut votes, signature) = (VoteSet::default(), Signature::from_bytes([0; 64]));
        let [first, second] = [[1; 32], [2; 32]];
        let commit = |digest| Vote { phase: Phase::Commit, view: 0, digest };
        let mut add = |digest, signer| votes.add(commit(digest), signer, signature);
        assert!(add(first, 7) && add(second, 8));
        assert!(!add(second, 7) && !add(first, 7));
        let of = |digest| votes.signatures(commit(digest), |_| true);
        assert_eq!(of(first), [(7, signature)]);
        assert_eq!(of(second), [(8, signature)]);
        assert!(votes.has(Phase::Commit, 0, 7) && !votes.has(Phase::Prepare, 0, 7));
    }
}
