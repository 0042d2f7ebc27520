//! The signed statements of one slot: votes with their counts, and proposals.
#![forbid(unsafe_code)]

use crate::consensus::wire::{Evidence, Phase, SignedStatement, Statement, Vote};
use crate::consensus::{Digest, ReplicaId};
use crate::sign::Signature;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The effect of a statement on the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Added {
    /// The same statement was counted before, or its signer is known to equivocate.
    Known,
    /// The first statement of its signer, kind and view.
    Counted,
    /// The signer has signed another statement of this kind and view. The first one stays.
    Equivocation(Box<Evidence>),
}

/// Verified statements: per view and kind one per signer, so that an equivocating signer counts
/// once.
#[derive(Debug, Clone, Default)]
pub(crate) struct VoteSet {
    statements: BTreeMap<(u64, u8), BTreeMap<ReplicaId, SignedStatement>>,
    counts: BTreeMap<Vote, usize>,
    equivocators: BTreeSet<ReplicaId>,
}

impl VoteSet {
    /// Adds a statement with its verified signature. Cost: logarithmic in the number of statements.
    pub(crate) fn add(&mut self, signer: ReplicaId, second: SignedStatement) -> Added {
        let statement = second.statement;
        let of_kind = self.statements.entry((statement.view, statement.kind)).or_default();
        match of_kind.get(&signer) {
            None => {
                of_kind.insert(signer, second);
                if let Some(vote) = vote_of(&statement) {
                    *self.counts.entry(vote).or_default() += 1;
                }
                Added::Counted
            }
            Some(first) if first.statement == statement => Added::Known,
            Some(first) => match self.equivocators.insert(signer) {
                true => Added::Equivocation(Box::new(Evidence { signer, first: *first, second })),
                false => Added::Known,
            },
        }
    }

    /// Returns `true` if a statement would change nothing, so that it need not be verified.
    pub(crate) fn knows(&self, signer: ReplicaId, statement: &Statement) -> bool {
        let of_kind = self.statements.get(&(statement.view, statement.kind));
        of_kind.and_then(|of_kind| of_kind.get(&signer)).is_some_and(|known| {
            known.statement == *statement || self.equivocators.contains(&signer)
        })
    }

    /// The number of signers of a vote.
    pub(crate) fn count(&self, vote: &Vote) -> usize {
        self.counts.get(vote).copied().unwrap_or(0)
    }

    /// Returns the signatures on one vote, ascending by signer.
    pub(crate) fn signatures(&self, vote: &Vote) -> Vec<(ReplicaId, Signature)> {
        let of_kind = self.statements.get(&(vote.view, vote.phase as u8)).into_iter().flatten();
        of_kind
            .filter(|(_, signed)| signed.statement.digest == vote.digest)
            .map(|(id, signed)| (*id, signed.signature))
            .collect()
    }

    /// Returns a member's signature on a vote.
    pub(crate) fn signature(&self, vote: &Vote, signer: ReplicaId) -> Option<Signature> {
        let signed = self.statements.get(&(vote.view, vote.phase as u8))?.get(&signer)?;
        (signed.statement.digest == vote.digest).then_some(signed.signature)
    }

    /// The digest for which a member cast its vote of this phase and view.
    pub(crate) fn digest_of(&self, signer: ReplicaId, view: u64, phase: Phase) -> Option<Digest> {
        let signed = self.statements.get(&(view, phase as u8))?.get(&signer)?;
        Some(signed.statement.digest)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The number of statements, for the accounting of memory.
    pub(crate) fn len(&self) -> usize {
        self.statements.values().map(BTreeMap::len).sum()
    }

    /// Discards the statements of views outside the window.
    pub(crate) fn retain_views(&mut self, views: RangeInclusive<u64>) {
        self.statements.retain(|(view, _), _| views.contains(view));
        self.counts.retain(|vote, _| views.contains(&vote.view));
    }
}

/// The vote of a statement of layer 2.
fn vote_of(statement: &Statement) -> Option<Vote> {
    let phase = [Phase::Prepare, Phase::Commit].into_iter().find(|p| *p as u8 == statement.kind)?;
    Some(Vote { phase, view: statement.view, digest: statement.digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(digest: u8) -> (Vote, SignedStatement) {
        let vote = Vote { phase: Phase::Commit, view: 0, digest: [digest; 32] };
        let signature = Signature::from_bytes([digest; 64]);
        (vote, SignedStatement { statement: Statement::vote(1, vote), signature })
    }

    #[test]
    fn only_the_first_vote_of_a_signer_counts() {
        let mut vote_set = VoteSet::default();
        let ((first, by_first), (second, by_second)) = (commit(1), commit(2));
        assert_eq!(vote_set.add(7, by_first), Added::Counted);
        assert_eq!(vote_set.add(8, by_second), Added::Counted);
        assert_eq!(vote_set.add(7, by_first), Added::Known);
        assert!(vote_set.knows(7, &by_first.statement) && !vote_set.knows(7, &by_second.statement));
        let Added::Equivocation(evidence) = vote_set.add(7, by_second) else { panic!() };
        assert_eq!((evidence.signer, evidence.first, evidence.second), (7, by_first, by_second));
        assert_eq!(vote_set.add(7, commit(3).1), Added::Known, "one proof per member");
        assert_eq!((vote_set.count(&first), vote_set.count(&second)), (1, 1));
        assert_eq!(vote_set.signatures(&first), [(7, by_first.signature)]);
    }
}
