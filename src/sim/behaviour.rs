//! How replicas misbehave: real replicas whose effects are changed on the way out.
#![forbid(unsafe_code)]

use crate::consensus::{Application, Body, Digest, Effect, Message, Phase, Replica, ReplicaId};
use crate::sign::SigningKey;
use std::collections::BTreeMap;

/// What a replica does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
    /// Follows the protocol.
    Honest,
    /// Neither receives nor sends.
    Silent,
    /// As leader proposes two valid values, one to each half of the others. Votes for every value
    /// that it or another replica of this kind proposed, PREPARE and COMMIT at once, in front of
    /// the half that knows it.
    Equivocating,
    /// Sends its own votes and nothing that others depend on: no proposals, batches, group
    /// votes or certificates.
    WithholdingPrimary,
}

/// What the equivocating replicas know in common: the values of each height and view, and who
/// was given which.
#[derive(Debug, Default)]
pub(super) struct Collusion(BTreeMap<(u64, u64), BTreeMap<Digest, Vec<ReplicaId>>>);

impl Collusion {
    pub(super) fn distort<A: Application>(
        &mut self,
        replica: &Replica<A>,
        key: &SigningKey,
        behaviour: Behaviour,
        effects: Vec<Effect>,
    ) -> Vec<Effect> {
        match behaviour {
            Behaviour::Honest => effects,
            Behaviour::Silent => Vec::new(),
            Behaviour::WithholdingPrimary => effects.into_iter().filter(is_own_vote).collect(),
            Behaviour::Equivocating => {
                effects.into_iter().flat_map(|effect| self.double(replica, key, effect)).collect()
            }
        }
    }

    /// One effect, said twice with two meanings.
    fn double<A: Application>(
        &mut self,
        replica: &Replica<A>,
        key: &SigningKey,
        effect: Effect,
    ) -> Vec<Effect> {
        let Effect::Send { to, message } = effect else { return vec![effect] };
        let own = message.from == replica.id();
        match &message.body {
            Body::Propose { .. } | Body::NewView { .. } if own => {
                self.propose_two(replica, key, message)
            }
            Body::Vote { height, view, .. } if self.0.contains_key(&(*height, *view)) => {
                self.vote_for_all(replica, key, (*height, *view))
            }
            _ => vec![Effect::Send { to, message }],
        }
    }

    fn propose_two<A: Application>(
        &mut self,
        replica: &Replica<A>,
        key: &SigningKey,
        message: Message,
    ) -> Vec<Effect> {
        let rival = replica.rival_value();
        let (slot, body) = match message.body.clone() {
            Body::Propose { height, .. } => {
                ((height, 0), Body::Propose { height, value: rival.clone() })
            }
            Body::NewView { height, view, changes, .. } => {
                let value = rival.clone();
                ((height, view), Body::NewView { height, view, changes, value })
            }
            _ => unreachable!("only proposals are doubled"),
        };
        if slot != (replica.height(), replica.view()) {
            return vec![Effect::Send { to: others(replica), message }];
        }
        let (mut left, mut right) = (others(replica), Vec::new());
        right.extend(left.split_off(left.len() / 2));
        let sides = [(proposed(&message.body), &left), (Some(&rival[..]), &right)];
        let digest = |value: Option<&[u8]>| replica.application().digest(value?).ok();
        let sides =
            sides.into_iter().filter_map(|(value, half)| Some((digest(value)?, half.clone())));
        self.0.entry(slot).or_default().extend(sides);
        let twin = Message::sign(replica.config(), replica.id(), key, body);
        vec![Effect::Send { to: left, message }, Effect::Send { to: right, message: twin }]
    }

    /// Each half is told what it wants to hear, and nothing else: a replica counts only the
    /// first vote of a signer.
    fn vote_for_all<A: Application>(
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

fn proposed(body: &Body) -> Option<&[u8]> {
    match body {
        Body::Propose { value, .. } | Body::NewView { value, .. } => Some(value),
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
        Body::Vote { .. } | Body::BatchVote { .. } | Body::ViewChange { .. } | Body::CatchUp { .. }
    )
}
