//! The effects of a step, and the timers that are set.
#![forbid(unsafe_code)]

use crate::consensus::config::Config;
use crate::consensus::mempool::{Origin, Refused};
use crate::consensus::topology::Topology;
use crate::consensus::wire::{Body, Entry, Message, Scheme};
use crate::consensus::{Effect, MessageError, ReplicaId, Timer};
use crate::sign::SigningKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Signs and collects what the driver has to do.
#[derive(Clone)]
pub(super) struct Outbox {
    pub(super) id: ReplicaId,
    pub(super) config: Arc<Config>,
    /// The replica signs proposals, votes and view changes.
    pub(super) may_sign: bool,
    key: SigningKey,
    scheme: Arc<dyn Scheme>,
    effects: Vec<Effect>,
    timers: BTreeMap<Timer, u64>,
    /// The time of the current step.
    pub(super) now: u64,
}

impl Outbox {
    pub(super) fn new(
        id: ReplicaId,
        key: SigningKey,
        config: Arc<Config>,
        scheme: Arc<dyn Scheme>,
    ) -> Self {
        let (effects, timers) = (Vec::new(), BTreeMap::new());
        Self { id, config, may_sign: true, key, scheme, effects, timers, now: 0 }
    }

    #[cfg(feature = "sim")]
    pub(super) fn set_scheme(&mut self, scheme: Arc<dyn Scheme>) {
        self.scheme = scheme;
    }

    pub(super) fn topology(&self, height: u64, view: u64) -> Topology<'_> {
        Topology { config: &self.config, me: self.id, height, view }
    }

    /// The members other than this replica.
    pub(super) fn others(&self) -> Vec<ReplicaId> {
        self.config.members().map(|member| member.id).filter(|id| *id != self.id).collect()
    }

    /// Signs a body.
    pub(super) fn sign(&self, body: Body) -> Message {
        Message::sign_with(&*self.scheme, &self.config, self.id, &self.key, body)
    }

    /// Signs a body and sends it.
    pub(super) fn send(&mut self, to: Vec<ReplicaId>, body: Body) {
        if to.iter().any(|id| *id != self.id) {
            self.forward(to, self.sign(body));
        }
    }

    /// Sends a signed message to the recipients other than this replica.
    pub(super) fn forward(&mut self, mut to: Vec<ReplicaId>, message: Message) {
        to.retain(|id| *id != self.id);
        if !to.is_empty() {
            self.push(Effect::Send { to, message });
        }
    }

    /// Makes an entry durable before any later effect.
    pub(super) fn persist(&mut self, entry: Entry) {
        self.push(Effect::Persist(entry));
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn discard(&mut self, peer: ReplicaId, error: MessageError) {
        if error != MessageError::Stale {
            self.push(Effect::Discard { peer, error });
        }
    }

    /// Tells this replica's clients that their requests are no longer admissible.
    pub(super) fn reject(&mut self, refused: Vec<Refused>) {
        for Refused { id, origin, reason } in refused {
            if origin == Origin::Client {
                self.push(Effect::Reject { request: id, reason });
            }
        }
    }

    pub(super) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Sets a timer unless it runs, or cancels it.
    pub(super) fn require(&mut self, timer: Timer, at: Option<u64>) {
        if at.is_none() || !self.timers.contains_key(&timer) {
            self.set(timer, at);
        }
    }

    /// Sets a timer to this deadline, or cancels it.
    pub(super) fn set(&mut self, timer: Timer, at: Option<u64>) {
        match (self.timers.get(&timer).copied(), at) {
            (known, Some(at)) if known != Some(at) => {
                self.timers.insert(timer, at);
                self.push(Effect::SetTimer { timer, at });
            }
            (Some(_), None) => {
                self.timers.remove(&timer);
                self.push(Effect::CancelTimer(timer));
            }
            _ => {}
        }
    }

    /// Lets the next [`Self::require`] set a timer anew.
    pub(super) fn restart(&mut self, timer: Timer) {
        self.timers.remove(&timer);
    }

    /// Returns `true` if a timer is set and due. It is then no longer set.
    pub(super) fn expire(&mut self, timer: Timer) -> bool {
        let due = self.timers.get(&timer).is_some_and(|at| *at <= self.now);
        if due {
            self.timers.remove(&timer);
        }
        due
    }
}
