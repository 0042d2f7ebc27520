//! Byzantine behaviours: honest replicas whose effects the simulator modifies.
//!
//! A faulty replica signs with its own key only. It knows the messages that it has received, and
//! equivocating replicas share what they have proposed.
#![forbid(unsafe_code)]

mod equivocation;
mod leader;
mod noise;
mod requests;
mod views;
mod votes;

use crate::algebra::codec::Canonical;
use crate::consensus::{Application, Body, Effect, Message, Replica, ReplicaId};
pub(super) use equivocation::Collusion;
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

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
    /// Sends votes, view changes and fetches only, no proposals, batches, group votes or
    /// certificates.
    WithholdingPrimary,
    /// Follows the protocol, but never proposes.
    SilentLeader,
    /// Reports votes in the names of other members, and votes of other groups.
    ForgedPartials,
    /// Omits members from group votes and from certificates, down to the quorum.
    SelectiveCertificates,
    /// Votes for different digests towards different members, and COMMIT before it is prepared.
    ConflictingVotes,
    /// Proposes and batches invalid and delivered requests.
    PoisonedBatches,
    /// Proposes to just fewer members than a quorum needs, batches without a certificate, and
    /// answers no fetches.
    UnavailableValues,
    /// Proposes to members outside of the schedule only, votes no COMMIT and answers no fetches, so
    /// that the next leader lacks the value that others have prepared.
    HiddenValues,
    /// Sends certificates and group votes after the fallback delay, up to two view delays late.
    LateCertificates,
    /// Repeats messages that it has received, later and to other members.
    Replay,
    /// Sends view changes with missing, forged or unrelated certificates, for far views, and new
    /// views without a quorum.
    MalformedViewChanges,
    /// Claims heights up to `2^64 - 1` in statuses, votes and fetches.
    FalseHeights,
    /// Fetches values and decisions from all members without end.
    Flooding,
    /// Follows the protocol, and so does a second replica with the same identity; see
    /// [`Network::add_twin`](super::Network::add_twin).
    Twin,
}

impl Behaviour {
    /// The Byzantine behaviours that a single replica can have.
    pub const BYZANTINE: [Self; 15] = [
        Self::Silent,
        Self::Equivocating,
        Self::WithholdingPrimary,
        Self::SilentLeader,
        Self::ForgedPartials,
        Self::SelectiveCertificates,
        Self::ConflictingVotes,
        Self::PoisonedBatches,
        Self::UnavailableValues,
        Self::HiddenValues,
        Self::LateCertificates,
        Self::Replay,
        Self::MalformedViewChanges,
        Self::FalseHeights,
        Self::Flooding,
    ];
}

/// An effect that is performed, or a message that is sent, after a delay.
pub(super) struct Action {
    pub(super) delay: u64,
    pub(super) effect: Effect,
}

impl From<Effect> for Action {
    fn from(effect: Effect) -> Self {
        Self { delay: 0, effect }
    }
}

/// The number of received messages that a replaying replica remembers.
const REMEMBERED: usize = 64;

/// The knowledge of a faulty replica beyond that of an honest one.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    seen: VecDeque<Message>,
    /// The time of the last unsolicited message.
    active: Option<u64>,
}

impl Memory {
    /// Remembers a received message, if the behaviour uses it.
    pub(super) fn see(&mut self, behaviour: Behaviour, bytes: &[u8]) {
        if matches!(behaviour, Behaviour::Replay | Behaviour::MalformedViewChanges)
            && let Ok(message) = Message::from_bytes(bytes)
        {
            self.seen.push_back(message);
            if self.seen.len() > REMEMBERED {
                self.seen.pop_front();
            }
        }
    }

    /// Returns `true` at most once per period, so that answers to an attack do not feed it.
    fn is_due(&mut self, now: u64, period: u64) -> bool {
        let due = self.active.is_none_or(|last| now >= last + period);
        if due {
            self.active = Some(now);
        }
        due
    }
}

/// The attack of one replica in one step.
pub(super) struct Attack<'a, A: Application> {
    pub(super) replica: &'a Replica<A>,
    pub(super) memory: &'a mut Memory,
    pub(super) collusion: &'a mut Collusion,
    pub(super) rng: &'a mut ChaCha8Rng,
    pub(super) now: u64,
}

impl<A: Application> Attack<'_, A> {
    /// Applies a behaviour to the effects of one step.
    pub(super) fn corrupt(&mut self, behaviour: Behaviour, effects: Vec<Effect>) -> Vec<Action> {
        let now = |effects: Vec<Effect>| effects.into_iter().map(Action::from).collect();
        match behaviour {
            Behaviour::Honest | Behaviour::Twin => now(effects),
            Behaviour::Silent => Vec::new(),
            Behaviour::Equivocating => now(self.each(effects, Self::equivocate)),
            Behaviour::WithholdingPrimary => now(effects.into_iter().filter(is_own_vote).collect()),
            Behaviour::SilentLeader => now(self.each_sent(effects, Self::propose_nothing)),
            Behaviour::ForgedPartials => now(self.each_sent(effects, Self::forge_group_votes)),
            Behaviour::SelectiveCertificates => now(self.each_sent(effects, Self::omit_signers)),
            Behaviour::ConflictingVotes => now(self.each_sent(effects, Self::vote_for_several)),
            Behaviour::PoisonedBatches => now(self.each_sent(effects, Self::poison)),
            Behaviour::UnavailableValues => now(self.each_sent(effects, Self::withhold_values)),
            Behaviour::HiddenValues => now(self.each_sent(effects, Self::hide_values)),
            Behaviour::LateCertificates => self.delay_certificates(effects),
            Behaviour::Replay => self.replay(effects),
            Behaviour::MalformedViewChanges => now(self.disturb_views(effects)),
            Behaviour::FalseHeights => now(self.claim_heights(effects)),
            Behaviour::Flooding => now(self.flood(effects)),
        }
    }

    fn each(
        &mut self,
        effects: Vec<Effect>,
        change: impl Fn(&mut Self, Effect) -> Vec<Effect>,
    ) -> Vec<Effect> {
        effects.into_iter().flat_map(|effect| change(self, effect)).collect()
    }

    /// Changes the sent messages.
    fn each_sent(
        &mut self,
        effects: Vec<Effect>,
        change: impl Fn(&mut Self, Vec<ReplicaId>, Message) -> Vec<Effect>,
    ) -> Vec<Effect> {
        self.each(effects, |attack, effect| match effect {
            Effect::Send { to, message } => change(attack, to, message),
            effect => vec![effect],
        })
    }

    /// Signs a body in this replica's name and sends it.
    fn send(&self, to: Vec<ReplicaId>, body: Body) -> Effect {
        Effect::Send { to, message: self.replica.sign_as(body) }
    }

    fn others(&self) -> Vec<ReplicaId> {
        let ids = self.replica.config().members().map(|member| member.id);
        ids.filter(|id| *id != self.replica.id()).collect()
    }

    fn is_own(&self, message: &Message) -> bool {
        message.from == self.replica.id()
    }
}

fn is_proposal(body: &Body) -> bool {
    matches!(body, Body::PrePrepare { .. } | Body::NewView { .. })
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
