//! One replica: its state, and the step that turns an input into effects.
#![forbid(unsafe_code)]

use super::batch::Batches;
use super::claim::{Decision, SignedViewChange};
use super::message::{Body, MAX_VALUE, Message};
use super::pool::Pool;
use super::quorum::{Certificate, Phase, Strict, Verifier};
use super::request_id;
use super::tally::Tally;
use super::tree::Place;
use super::{Application, Config, Digest, Effect, Fault, Input, Refusal, ReplicaId, Timer};
use crate::sign::SigningKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Votes of views further from the current one than this are not kept.
pub(super) const VIEW_WINDOW: u64 = 16;
/// Messages of the next height that are kept per sender.
const FUTURE_MESSAGES: usize = 16;

/// What one height needs; forgotten when the height is decided.
#[derive(Default)]
pub(super) struct Round {
    pub(super) view: u64,
    /// A `ViewChange` for `view` was sent and its `NewView` is awaited: no votes meanwhile.
    pub(super) changing: bool,
    /// What was accepted in `view`.
    pub(super) accepted: Option<Digest>,
    /// This replica's own proposal in `view`, for sending it again.
    pub(super) proposal: Option<Message>,
    /// The application refused this leader's own value; it does not try twice.
    pub(super) declined: bool,
    pub(super) values: BTreeMap<Digest, Vec<u8>>,
    /// The values that the application has verified.
    pub(super) checked: BTreeSet<Digest>,
    /// Every vote of this replica: two that differ in one phase and view are never cast.
    pub(super) cast: BTreeMap<(Phase, u64), Digest>,
    pub(super) tally: Tally,
    /// The certificates that were acted upon.
    pub(super) seen: BTreeSet<(Phase, u64)>,
    /// The prepare certificate of the highest view; its value is in `values`.
    pub(super) lock: Option<Certificate>,
    /// A prepare certificate whose value is missing.
    pub(super) wanted: Option<Certificate>,
    /// The highest view change of each member.
    pub(super) changes: BTreeMap<ReplicaId, SignedViewChange>,
}

/// A replica and its application: a pure state machine.
///
/// The same inputs at the same times give the same effects; it has no clock, no randomness and
/// no input or output of its own.
pub struct Replica<A> {
    pub(super) id: ReplicaId,
    pub(super) key: SigningKey,
    pub(super) config: Arc<Config>,
    pub(super) verifier: Arc<dyn Verifier>,
    pub(super) application: A,
    pub(super) now: u64,
    pub(super) height: u64,
    pub(super) parent: Digest,
    pub(super) decisions: Vec<Decision>,
    pub(super) round: Round,
    pub(super) pool: Pool,
    pub(super) batches: Batches,
    future: BTreeMap<ReplicaId, Vec<Message>>,
    replay: Vec<Message>,
    /// The highest height that each member was heard at.
    pub(super) ahead: BTreeMap<ReplicaId, u64>,
    /// When each member was last answered with decisions.
    pub(super) answered: BTreeMap<ReplicaId, u64>,
    pub(super) timers: BTreeMap<Timer, u64>,
    pub(super) ticks: u64,
    pub(super) effects: Vec<Effect>,
}

impl<A: Application> Replica<A> {
    /// A replica at height 1 of an empty chain. None if `id` is not in the roster with this key.
    pub fn new(
        config: Arc<Config>,
        id: ReplicaId,
        key: SigningKey,
        application: A,
    ) -> Option<Self> {
        if config.member(id)?.key != key.verifying_key() {
            return None;
        }
        Some(Self {
            id,
            key,
            parent: config.digest(),
            config,
            verifier: Arc::new(Strict),
            application,
            now: 0,
            height: 1,
            decisions: Vec::new(),
            round: Round::default(),
            pool: Pool::default(),
            batches: Batches::default(),
            future: BTreeMap::new(),
            replay: Vec::new(),
            ahead: BTreeMap::new(),
            answered: BTreeMap::new(),
            timers: BTreeMap::new(),
            ticks: 0,
            effects: Vec::new(),
        })
    }

    /// Has signatures judged by something else than [`Strict`].
    #[must_use]
    pub fn with_verifier(mut self, verifier: Arc<dyn Verifier>) -> Self {
        self.verifier = verifier;
        self
    }

    /// Takes one input at a time in milliseconds and says what to do. Never panics, whatever the
    /// message. A timer that is not set, or not due, is ignored.
    pub fn step(&mut self, now: u64, input: Input) -> Vec<Effect> {
        self.now = self.now.max(now);
        match input {
            Input::Message(message) => self.receive(message),
            Input::Request(request) => self.ask(&request),
            Input::Timer(timer) => self.expire(timer),
        }
        self.settle();
        std::mem::take(&mut self.effects)
    }

    fn receive(&mut self, message: Message) {
        let from = message.from;
        match self.admit(message) {
            Ok(()) | Err(Fault::Stale) => {}
            Err(fault) => self.effects.push(Effect::Refuse { from, fault }),
        }
    }

    /// Outdated messages go before their signature costs anything.
    fn admit(&mut self, message: Message) -> Result<(), Fault> {
        if message.from == self.id || self.is_outdated(&message) {
            return Err(Fault::Stale);
        }
        if !message.verify(&self.config, &*self.verifier) {
            return Err(Fault::Signature);
        }
        self.dispatch(message)
    }

    fn is_outdated(&self, message: &Message) -> bool {
        let (height, view) = message.body.slot();
        let now = height == self.height;
        match &message.body {
            Body::Vote { phase, .. } => {
                height < self.height || now && self.round.tally.has(*phase, view, message.from)
            }
            Body::Certificate(c) | Body::Partial(c) => {
                height < self.height || now && self.round.seen.contains(&(c.phase, view))
            }
            Body::ViewChange { .. } => {
                let known = self.round.changes.get(&message.from);
                now && known.is_some_and(|known| known.change.view >= view)
            }
            Body::Propose { .. } | Body::NewView { .. } | Body::Value { .. } | Body::Decided(_) => {
                height < self.height
            }
            _ => false,
        }
    }

    fn dispatch(&mut self, message: Message) -> Result<(), Fault> {
        let (height, from) = (message.body.slot().0, message.from);
        if height > self.height && is_of_a_round(&message.body) {
            return self.keep_for_later(message, height);
        }
        match &message.body {
            Body::Request(request) => {
                self.pool.insert(&self.application, request, (from, self.now), false)?;
                Ok(())
            }
            Body::Batch { sequence, requests } => self.on_batch(from, *sequence, requests),
            Body::BatchVote { group, sequence, digest } => {
                self.on_batch_vote(from, (*group, *sequence, *digest), message.signature)
            }
            Body::CertifiedBatch { requests, certificate } => {
                self.on_certified_batch(from, requests, certificate)
            }
            Body::Propose { value, .. } => self.on_propose(&message, value),
            Body::Vote { phase, view, digest, .. } => {
                self.on_vote((*phase, *view, *digest), from, message.signature)
            }
            Body::Partial(partial) => self.on_partial(from, partial),
            Body::Certificate(certificate) => self.on_certificate(from, certificate),
            Body::ViewChange { change, .. } if change.height < self.height => {
                self.answer(from, change.height);
                Ok(())
            }
            Body::ViewChange { change, value } => {
                let (signature, change) = (message.signature, change.clone());
                let signed = SignedViewChange { from, signature, change };
                self.on_view_change(signed, value.as_deref())
            }
            Body::NewView { view, changes, value, .. } => {
                self.on_new_view(&message, *view, changes, value)
            }
            Body::Pull { height, digest } => self.on_pull(from, *height, digest),
            Body::Value { value, .. } => self.on_value(value),
            Body::CatchUp { height } => {
                self.answer(from, *height);
                Ok(())
            }
            Body::Decided(decisions) => self.on_decided(decisions),
        }
    }

    /// Notes that the sender is ahead, and keeps what belongs to the next height.
    fn keep_for_later(&mut self, message: Message, height: u64) -> Result<(), Fault> {
        self.hear_at(message.from, height);
        if height > self.height + 1 {
            return Err(Fault::Stale);
        }
        let kept = self.future.entry(message.from).or_default();
        let weight: usize = kept.iter().chain([&message]).map(|m| m.body.weight()).sum();
        if kept.len() >= FUTURE_MESSAGES || weight > 2 * MAX_VALUE {
            return Err(Fault::Full);
        }
        kept.push(message);
        Ok(())
    }

    /// A client's request.
    fn ask(&mut self, request: &[u8]) {
        let id = request_id(request);
        let reason = if self.pool.was_delivered(&id) {
            Refusal::new("the request was delivered before")
        } else {
            match self.pool.insert(&self.application, request, (self.id, self.now), false) {
                Ok(true) => return self.forward(vec![request.to_vec()]),
                Ok(false) => return,
                Err(Fault::Value(reason)) => reason,
                Err(fault) => Refusal::new(fault.to_string()),
            }
        };
        self.effects.push(Effect::Reject { request: id, reason });
    }

    /// Requests to whom they concern: the leader, or the primary of this replica's group.
    pub(super) fn forward(&mut self, requests: Vec<Vec<u8>>) {
        let place = self.place();
        let primary = self.config.group_primary(self.id, self.round.view);
        let target = if place.flat() { Some(place.leader()) } else { primary };
        for request in requests {
            self.send(target.into_iter().collect(), Body::Request(request));
        }
    }

    /// What follows from the new state without a further input.
    fn settle(&mut self) {
        loop {
            for message in std::mem::take(&mut self.replay) {
                self.receive(message);
            }
            if self.replay.is_empty() && !self.propose_if_leading() {
                break;
            }
        }
        self.make_batch();
        self.arm();
    }

    /// Signs and sends; nothing if there is nobody to send to.
    pub(super) fn send(&mut self, to: Vec<ReplicaId>, body: Body) {
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.pass(to, message);
    }

    /// Sends what is signed already.
    pub(super) fn pass(&mut self, mut to: Vec<ReplicaId>, message: Message) {
        to.retain(|id| *id != self.id);
        if !to.is_empty() {
            self.effects.push(Effect::Send { to, message });
        }
    }

    /// Everything about a height is over; what was kept for the next one is replayed.
    pub(super) fn advance(&mut self, parent: Digest) {
        self.height += 1;
        self.parent = parent;
        self.round = Round::default();
        self.timers.remove(&Timer::View);
        self.timers.remove(&Timer::Fallback);
        self.replay.extend(std::mem::take(&mut self.future).into_values().flatten());
        self.ahead.retain(|_, height| *height > self.height);
    }

    pub(super) fn place(&self) -> Place<'_> {
        self.place_in(self.round.view)
    }
    pub(super) fn place_in(&self, view: u64) -> Place<'_> {
        Place { config: &self.config, me: self.id, height: self.height, view }
    }

    /// This replica's number.
    pub fn id(&self) -> ReplicaId {
        self.id
    }
    /// The height being decided.
    pub fn height(&self) -> u64 {
        self.height
    }
    /// The view of that height.
    pub fn view(&self) -> u64 {
        self.round.view
    }
    /// The highest prepare certificate of that height.
    pub fn locked(&self) -> Option<&Certificate> {
        self.round.lock.as_ref()
    }
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// The application.
    pub fn application(&self) -> &A {
        &self.application
    }
    /// What was decided at a height.
    pub fn decision(&self, height: u64) -> Option<&Decision> {
        self.decisions.get(usize::try_from(height.checked_sub(1)?).ok()?)
    }
}

fn is_of_a_round(body: &Body) -> bool {
    matches!(
        body,
        Body::Propose { .. }
            | Body::Vote { .. }
            | Body::Partial(_)
            | Body::Certificate(_)
            | Body::ViewChange { .. }
            | Body::NewView { .. }
    )
}
