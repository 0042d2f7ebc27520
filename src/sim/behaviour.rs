//! Byzantine behaviours: honest replicas whose effects the simulator modifies.
#![forbid(unsafe_code)]

use crate::consensus::{Application, Body, Digest, Effect, Message, Phase, Replica, ReplicaId};
use crate::sign::SigningKey;
use std::collections::BTreeMap;

/// The behaviour of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
    /// Follows the protocol.
    Honest,
    /// Neither receives nor sends (crash fault).
    Silent,
    /// As leader, proposes two valid values, one to each half of the other members. Votes PREPARE
    /// and COMMIT for every value that an equivocating replica proposed, towards the half that
    /// received it.
    Equivocating,
    /// Sends its own votes and withholds everything else: proposals, batches, group votes and
    /// certificates.
    WithholdingPrimary,
}

/// The state shared by all equivocating replicas: per height and view, the digests of the proposed
/// values and the recipients of each.
#[derive(Debug, Default)]
pub(super) struct Collusion(BTreeMap<(u64, u64), BTreeMap<Digest, Vec<ReplicaId>>>);

impl Collusion {
    /// Applies a behaviour to the effects of one step at time `now`.
    pub(super) fn corrupt<A: Application>(
        &mut self,
        replica: &Replica<A>,
        key: &SigningKey,
        behaviour: Behaviour,
        now: u64,
        effects: Vec<Effect>,
    ) -> Vec<Effect> {
        match behaviour {
            Behaviour::Honest => effects,
            Behaviour::Silent => Vec::new(),
            Behaviour::WithholdingPrimary => effects.into_iter().filter(is_own_vote).collect(),
            Behaviour::Equivocating => effects
                .into_iter()
                .flat_map(|effect| self.equivocate(replica, key, now, effect))
                .collect(),
        }
    }

    /// Replaces a proposal or vote by two conflicting ones.
    fn equivocate<A: Application>(
        &mut self,
        replica: &Replica<A>,
        key: &SigningKey,
        now: u64,
        effect: Effect,
    ) -> Vec<Effect> {
        let Effect::Send { to, message } = effect else { return vec![effect] };
        let own = message.from == replica.id();
        match &message.body {
            Body::PrePrepare { .. } | Body::NewView { .. } if own => {
                self.propose_two(replica, key, now, message)
            }
            Body::Vote { height, view, .. } if self.0.contains_key(&(*height, *view)) => {
                self.vote_for_both(replica, key, (*height, *view))
            }
            _ => vec![Effect::Send { to, message }],
        }
    }

    fn propose_two<A: Application>(
        &mut self,
        replica: &Replica<A>,
        key: &SigningKey,
        now: u64,
        message: Message,
    ) -> Vec<Effect> {
        let conflicting = conflicting_value(replica, now);
        let (slot, body) = match message.body.clone() {
            Body::PrePrepare { height, .. } => {
                ((height, 0), Body::PrePrepare { height, value: conflicting.clone() })
            }
            Body::NewView { height, view, changes, .. } => {
                let value = conflicting.clone();
                ((height, view), Body::NewView { height, view, changes, value })
            }
            _ => unreachable!("the caller passes proposals only"),
        };
        if slot != (replica.height(), replica.view()) {
            return vec![Effect::Send { to: others(replica), message }];
        }
        let mut left = others(replica);
        let right = left.split_off(left.len() / 2);
        let sides = [(proposed(&message.body), &left), (Some(&conflicting[..]), &right)];
        let digest = |value: Option<&[u8]>| replica.application().digest(value?).ok();
        let sides =
            sides.into_iter().filter_map(|(value, half)| Some((digest(value)?, half.clone())));
        self.0.entry(slot).or_default().extend(sides);
        let second = Message::sign(replica.config(), replica.id(), key, body);
        vec![Effect::Send { to: left, message }, Effect::Send { to: right, message: second }]
    }

    /// Votes for each value towards the half that received it. A replica counts only the first vote
    /// of a signer.
    fn vote_for_both<A: Application>(
        &self,
        replica: &Replica<A>,
        key: &SigningKey,
        (height, view): (u64, u64),
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (digest, half) in self.0.get(&(height, view)).into_iter().flatten() {
            for phase in [Phase::Prepare, Phase::Commit] {
                let body = Body::Vote { phase, height, view, digest: *digest };
                let message = Message::sign(replica.config(), replica.id(), key, body);
                let to = half.iter().copied().filter(|id| *id != replica.id()).collect();
                effects.push(Effect::Send { to, message });
            }
        }
        effects
    }
}

/// A second valid value for the replica's height and view: half of its pending requests, later.
fn conflicting_value<A: Application>(replica: &Replica<A>, now: u64) -> Vec<u8> {
    let requests = replica.pending_requests();
    replica.build_value(&requests[..requests.len() / 2], now + 1)
}

fn proposed(body: &Body) -> Option<&[u8]> {
    match body {
        Body::PrePrepare { value, .. } | Body::NewView { value, .. } => Some(value),
        _ => None,
    }
}

fn others<A: Application>(replica: &Replica<A>) -> Vec<ReplicaId> {
    let ids = replica.config().members().map(|member| member.id);
    ids.filter(|id| *id != replica.id()).collect()
}

fn is_own_vote(effect: &Effect) -> bool {
    let Effect::Send { message, .. } = effect else { return true };
    matches!(
        message.body,
        Body::Vote { .. }
            | Body::BatchVote { .. }
            | Body::ViewChange { .. }
            | Body::FetchDecisions { .. }
    )
}
