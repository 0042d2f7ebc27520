//! The replica: its steps, its timers, and the consequences of decisions. `dispatch` routes
//! messages to slot, mempool and state transfer.
//!
//! ```text
//! (peer, message) -> gate -> event -> slot -> outcomes -> topology -> effects
//! ```
//!
//! PBFT's message log is the [`Slot`] of the current height. A decision discards it, so there are
//! no watermarks and no checkpoints (Castro and Liskov 1999, section 4.3).
#![forbid(unsafe_code)]

mod agreement;
mod chain;
mod dispatch;
mod next_height;
mod outbox;
mod requests;
mod restore;
mod screen;
#[cfg(feature = "sim")]
mod simulation;
mod transfer;

use super::application::{Application, PersistError};
use super::config::{Config, ENTRY, Electorate, Holdings};
use super::gate::{Candidate, Gate, Received, Verified};
use super::mempool::{Batches, Pool};
use super::slot::Event;
use super::wire::{Certificate, Decision, Entry, Phase};
use super::{Effect, Input, ReplicaId, Timer};
use crate::sign::SigningKey;
pub use restore::RestoreError;

use agreement::{Agreement, Context, Signal};
use chain::{Chain, ValueOf};
use next_height::NextHeight;
use outbox::Outbox;
use requests::Requests;
use screen::Interest;
use std::collections::VecDeque;
use std::sync::Arc;
use transfer::{Sync, Transfer};

/// A replica with its application: a deterministic state machine.
///
/// Equal inputs at equal times give equal effects. A replica has no clock, randomness or I/O.
#[derive(Clone)]
pub struct Replica<A: Application> {
    gate: Gate<A::Format>,
    chain: Chain<A>,
    voters: Electorate,
    agreement: Agreement<A>,
    pool: Pool,
    batches: Batches,
    sync: Sync,
    next_height: NextHeight,
    /// Verified messages that await processing.
    verified: VecDeque<Verified<A::Format>>,
    signals: VecDeque<Signal<A>>,
    out: Outbox,
}

impl<A: Application> Replica<A> {
    /// Creates a replica at the height after the last value of its application. Only a member that
    /// has signed nothing at this height may begin so; others use [`Replica::restore`].
    ///
    /// Returns `None` if `id` is not in the roster with this key.
    pub fn new(
        config: Arc<Config>,
        id: ReplicaId,
        key: SigningKey,
        application: A,
    ) -> Option<Self> {
        let gate = Gate::new(config.clone(), application.format());
        Self::with_gate(config, id, key, application, gate)
    }

    fn with_gate(
        config: Arc<Config>,
        id: ReplicaId,
        key: SigningKey,
        application: A,
        gate: Gate<A::Format>,
    ) -> Option<Self> {
        if config.member(id)?.key != key.verifying_key() {
            return None;
        }
        let (limits, timing) = (config.limits(), config.timing());
        let mut out = Outbox::new(id, key, config.clone(), gate.scheme());
        out.may_sign = application.may_sign(config.epoch());
        let voters = Electorate::of(&config);
        let chain = Chain::new(config, application);
        Some(Self {
            agreement: Agreement::new(chain.height(), voters.clone(), id),
            voters,
            chain,
            pool: Pool::new(limits, timing.relay),
            batches: Batches::default(),
            sync: Sync::new(limits.answers, timing.fallback),
            next_height: NextHeight::default(),
            verified: VecDeque::new(),
            signals: VecDeque::new(),
            gate,
            out,
        })
    }

    /// Processes one input at time `now`, in milliseconds, and returns the effects to perform.
    ///
    /// No input causes a panic. A timer that is not set or not due is ignored.
    pub fn step(&mut self, now: u64, input: Input) -> Vec<Effect> {
        self.out.now = self.out.now.max(now);
        match input {
            Input::Message { peer, message } => self.on_received(Received::new(peer, message)),
            Input::Request(request) => self.requests().on_client_request(&request),
            Input::Timer(timer) => self.on_timer(timer),
        }
        self.finish_step()
    }

    /// Processes the bytes of a message.
    pub fn receive(&mut self, now: u64, peer: ReplicaId, bytes: &[u8]) -> Vec<Effect> {
        self.out.now = self.out.now.max(now);
        match self.gate.receive(peer, bytes) {
            Ok(received) => self.on_received(received),
            Err(error) => self.out.discard(peer, error),
        }
        self.finish_step()
    }

    /// Processes a message that [`Gate::receive`] has decoded.
    pub fn step_received(&mut self, now: u64, received: Received) -> Vec<Effect> {
        self.out.now = self.out.now.max(now);
        self.on_received(received);
        self.finish_step()
    }

    /// Processes a message that [`Gate::verify`] has verified, for example on another thread.
    pub fn step_verified(&mut self, now: u64, verified: Verified<A::Format>) -> Vec<Effect> {
        self.out.now = self.out.now.max(now);
        self.verified.push_back(verified);
        self.finish_step()
    }

    /// Makes the entries of a step durable, with the changes of the application, in one commit. A
    /// driver whose application has storage calls it after every step, before it performs the
    /// effects.
    ///
    /// # Errors
    /// The storage has failed: the driver performs none of the effects, and stops.
    pub fn persist(&mut self, effects: &[Effect]) -> Result<(), PersistError> {
        let mut entries = Vec::new();
        for effect in effects {
            if let Effect::Persist(entry) = effect {
                entries.push(entry);
            }
        }
        self.chain.persist(&entries)
    }

    /// The state-independent checks, for worker threads.
    pub fn gate(&self) -> Gate<A::Format> {
        self.gate.clone()
    }

    /// Returns `true` if a message is worth verifying. A driver with worker threads asks before it
    /// hands the message to them.
    pub fn wants(&self, received: &mut Received) -> bool {
        self.screen(received).is_ok_and(|interest| interest == Interest::Whole)
    }

    fn on_received(&mut self, mut received: Received) {
        let peer = received.peer;
        let passed = match self.screen(&mut received) {
            Ok(Interest::None) => return,
            Ok(Interest::Height) => self.gate.verify_signature(&received).map(|()| {
                let message = &received.message;
                self.sync.heights.report(message.from, message.body.height_and_view().0);
                self.transfer().fetch_decisions();
            }),
            Ok(Interest::Whole) => self.gate.verify(received).map(|verified| {
                self.verified.push_back(verified);
            }),
            Err(error) => Err(error),
        };
        if let Err(error) = passed {
            self.out.discard(peer, error);
        }
    }

    fn agree(&mut self, event: Event) {
        let (agreement, mut context) = self.agreement();
        agreement.step(event, &mut context);
    }

    /// Performs a consequence of agreement.
    fn on_signal(&mut self, signal: Signal<A>) {
        match signal {
            Signal::MissingValue(certificate) => {
                let reporters = self.agreement.slot.reporters(&certificate);
                self.transfer().fetch_value(&certificate, reporters);
            }
            Signal::MissingDecision => {
                self.sync.heights.prove(self.chain.height() + 1);
                self.transfer().fetch_decisions();
            }
            Signal::ViewChanged => self.requests().forward_oldest(),
            Signal::Decided(candidate, certificate) => self.deliver(*candidate, certificate),
        }
    }

    /// Executes a decided value and starts the next height.
    fn deliver(&mut self, candidate: Candidate<ValueOf<A>>, certificate: Certificate) {
        let (height, value) = (self.chain.height(), candidate.bytes.to_vec());
        let decision = Decision { value, certificate };
        self.out.persist(Entry::Decision(decision.clone()));
        let fair = self.pool.deliver(&candidate.requests);
        self.batches.deliver(&candidate.requests);
        // Dropped first: a candidate of this height may share the state that `apply` changes.
        self.start_height(height + 1);
        self.chain.apply(candidate, &decision);
        let Decision { value, certificate } = decision;
        self.out.push(Effect::Deliver { height, value, certificate });
        if fair {
            self.out.restart(Timer::View);
        }
        self.out.restart(Timer::Fallback);
        self.signals.clear();
        let premature = self.next_height.take().into_iter();
        self.verified.extend(premature.map(|received| self.gate.check_content(received)));
        self.sync.heights.prove(height + 1);
        self.transfer().schedule_comparison();
        self.requests().forward();
    }

    fn start_height(&mut self, height: u64) {
        self.agreement = Agreement::new(height, self.voters.clone(), self.out.id);
    }

    fn on_timer(&mut self, timer: Timer) {
        if !self.out.expire(timer) {
            return;
        }
        match timer {
            Timer::View => self.agree(Event::Timeout),
            Timer::Fallback => {
                let (agreement, mut context) = self.agreement();
                agreement.on_fallback(&mut context);
                self.transfer().ask_next();
                self.transfer().fetch_decisions();
            }
            Timer::Relay => self.requests().relay_overdue(),
            Timer::Batch => self.batches.close(),
            Timer::Collect => {
                let (agreement, mut context) = self.agreement();
                agreement.report_late(&mut context);
            }
            Timer::Sync => self.transfer().fetch_decisions(),
            Timer::Status => self.transfer().compare_heights(),
        }
    }

    /// Performs the transitions that need no further input, and sets the timers.
    fn finish_step(&mut self) -> Vec<Effect> {
        loop {
            if let Some(signal) = self.signals.pop_front() {
                self.on_signal(signal);
            } else if let Some(verified) = self.verified.pop_front() {
                let peer = verified.received.peer;
                if let Err(error) = self.dispatch(verified) {
                    self.out.discard(peer, error);
                }
            } else if let Some(decision) = self.sync.window.take(self.chain.height()) {
                if let Ok(candidate) = self.gate.decode_value(&decision.value) {
                    self.deliver(candidate, decision.certificate);
                }
                self.transfer().fetch_decisions();
            } else {
                let (agreement, mut context) = self.agreement();
                if !agreement.propose_if_leader(&mut context) {
                    break;
                }
            }
        }
        self.requests().open_batch();
        self.update_timers();
        self.out.take()
    }

    fn update_timers(&mut self) {
        let (timing, now) = (self.out.config.timing(), self.out.now);
        let behind = self.transfer().is_behind();
        let slot = &self.agreement.slot;
        // The timer of a requested view starts once a quorum requests that view (Castro and Liskov
        // 1999, section 4.5.2).
        let view = match slot.awaits_new_view() {
            true => slot.has_view_change_quorum(),
            false => slot.in_progress() || !self.pool.is_empty(),
        };
        let busy = slot.in_progress()
            || !slot.vote_set().is_empty()
            || slot.missing(Phase::Prepare).is_some()
            || behind;
        let after = |delay: u64| now.saturating_add(delay);
        let view_delay = self.out.config.view_delay(slot.view());
        self.out.require(Timer::View, view.then(|| after(view_delay)));
        self.out.require(Timer::Fallback, busy.then(|| after(timing.fallback)));
        self.out.set(Timer::Relay, self.pool.next_due());
    }

    fn requests(&mut self) -> Requests<'_, A> {
        let Self { pool, batches, chain, agreement, gate, out, .. } = self;
        Requests { pool, batches, chain, slot: &agreement.slot, gate, out }
    }

    fn agreement(&mut self) -> (&mut Agreement<A>, Context<'_, A>) {
        let Self { agreement, gate, chain, pool, out, signals, .. } = self;
        (agreement, Context { gate, chain, pool, out, signals })
    }

    fn transfer(&mut self) -> Transfer<'_, A> {
        let Self { sync, chain, out, .. } = self;
        Transfer { sync, chain, out }
    }

    /// The replica's number.
    pub fn id(&self) -> ReplicaId {
        self.out.id
    }
    /// The height of the current slot.
    pub fn height(&self) -> u64 {
        self.chain.height()
    }
    /// The current view.
    pub fn view(&self) -> u64 {
        self.agreement.slot.view()
    }
    /// The bytes that this replica holds for others.
    pub fn holdings(&self) -> Holdings {
        let slot = &self.agreement.slot;
        Holdings {
            requests: self.pool.bytes(),
            batches: self.batches.bytes(),
            values: self.agreement.bytes(),
            statements: slot.vote_set().len() * ENTRY,
            view_changes: slot.view_change_bytes(),
            next_height: self.next_height.bytes(),
            decisions: self.sync.window.bytes(),
        }
    }
    /// The prepare certificate of the highest view at the current height.
    pub fn prepared_certificate(&self) -> Option<&Certificate> {
        self.agreement.slot.lock()
    }
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.out.config
    }
    /// The application.
    pub fn application(&self) -> &A {
        self.chain.application()
    }
    /// The decision of a height.
    pub fn decision(&self, height: u64) -> Option<Decision> {
        self.chain.decision(height)
    }
}
