//! The equivocating leader.
#![forbid(unsafe_code)]

use super::Attack;
use crate::consensus::{
    Application, Body, Digest, Effect, Format, Message, Phase, ReplicaId, Vote,
};
use std::collections::BTreeMap;

/// The state shared by all equivocating replicas: per height and view, the digests of the proposed
/// values and the recipients of each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collusion(BTreeMap<(u64, u64), BTreeMap<Digest, Vec<ReplicaId>>>);

impl<A: Application> Attack<'_, A> {
    /// Replaces a proposal or vote by two conflicting ones.
    pub(super) fn equivocate(&mut self, effect: Effect) -> Vec<Effect> {
        let Effect::Send { to, message } = effect else { return vec![effect] };
        match &message.body {
            Body::PrePrepare { .. } | Body::NewView { .. } if self.is_own(&message) => {
                self.propose_two(message)
            }
            Body::Vote { height, vote } if self.collusion.0.contains_key(&(*height, vote.view)) => {
                self.vote_for_both((*height, vote.view))
            }
            _ => vec![Effect::Send { to, message }],
        }
    }

    fn propose_two(&mut self, message: Message) -> Vec<Effect> {
        let conflicting = self.conflicting_value();
        let (slot, value, body) = match message.body.clone() {
            Body::PrePrepare { height, value } => {
                ((height, 0), value, Body::PrePrepare { height, value: conflicting.clone() })
            }
            Body::NewView { height, view, proof, value } => {
                let conflicting = conflicting.clone();
                ((height, view), value, Body::NewView { height, view, proof, value: conflicting })
            }
            _ => unreachable!("the caller passes proposals only"),
        };
        if slot != (self.replica.height(), self.replica.view()) {
            return vec![Effect::Send { to: self.others(), message }];
        }
        let mut left = self.others();
        let right = left.split_off(left.len() / 2);
        let format = self.replica.application().format();
        let digest = |value: &[u8]| format.decode(value).ok().map(|(digest, _)| digest);
        let sides = [(digest(&value), &left), (digest(&conflicting), &right)];
        let sides = sides.into_iter().filter_map(|(digest, half)| Some((digest?, half.clone())));
        self.collusion.0.entry(slot).or_default().extend(sides);
        let second = self.send(right, body);
        vec![Effect::Send { to: left, message }, second]
    }

    /// A second valid value for the replica's height and view: half of its pending requests, later.
    fn conflicting_value(&self) -> Vec<u8> {
        let requests = self.replica.pending_requests();
        let half: Vec<&[u8]> = requests[..requests.len() / 2].iter().map(Vec::as_slice).collect();
        self.replica.build_value(&half, self.now + 1)
    }

    /// Votes for each value towards the half that received it. A replica counts only the first vote
    /// of a signer.
    fn vote_for_both(&self, (height, view): (u64, u64)) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (digest, half) in self.collusion.0.get(&(height, view)).into_iter().flatten() {
            for phase in [Phase::Prepare, Phase::Commit] {
                let vote = Vote { phase, view, digest: *digest };
                let to = half.iter().copied().filter(|id| *id != self.replica.id()).collect();
                effects.push(self.send(to, Body::Vote { height, vote }));
            }
        }
        effects
    }
}
