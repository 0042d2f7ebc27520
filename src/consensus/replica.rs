//! The replica: its state, message authentication and dispatch.
//!
//! PBFT's message log is the [`Instance`] of the current height. A decision discards it, so there
//! are no watermarks and no checkpoints (Castro and Liskov 1999, section 4.3).
#![forbid(unsafe_code)]

use super::batch::Batches;
use super::certificate::{Certificate, Decision, Ed25519Verifier, Phase, Verifier};
use super::message::{Body, MAX_VALUE, Message};
use super::pool::Pool;
use super::request_id;
use super::topology::Topology;
use super::view_change_proof::SignedViewChange;
use super::vote_set::{Vote, VoteSet};
use super::{
    Application, Config, Digest, Effect, Input, MessageError, Rejection, ReplicaId, Timer,
};
use crate::sign::SigningKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The maximum distance from the current view of the views whose votes are stored.
pub(super) const VIEW_WINDOW: u64 = 16;
/// The maximum number of buffered messages of the next height per sender.
const FUTURE_MESSAGES: usize = 16;

/// The consensus instance of one height, discarded when the height is decided.
#[derive(Default)]
pub(super) struct Instance {
    pub(super) view: u64,
    /// A `ViewChange` for `view` was sent. The replica does not vote until its `NewView` arrives.
    pub(super) awaiting_new_view: bool,
    /// The digest of the proposal accepted in `view` (PBFT: pre-prepared).
    pub(super) accepted: Option<Digest>,
    /// This replica's own proposal in `view`, for retransmission.
    pub(super) proposal: Option<Message>,
    /// The application rejected this leader's own value. It does not propose again in this view.
    pub(super) proposal_rejected: bool,
    pub(super) values: BTreeMap<Digest, Vec<u8>>,
    /// The digests of the values that the application has verified.
    pub(super) verified: BTreeSet<Digest>,
    /// This replica's own votes, at most one per phase and view.
    pub(super) own_votes: BTreeMap<(Phase, u64), Digest>,
    pub(super) votes: VoteSet,
    /// The phases and views whose certificates were processed.
    pub(super) processed: BTreeSet<(Phase, u64)>,
    /// The prepare certificate of the highest view. Its value is in `values`.
    pub(super) prepared: Option<Certificate>,
    /// The prepare certificate of the highest view whose value is missing.
    pub(super) awaiting_value: Option<Certificate>,
    /// The view change of the highest view from each member.
    pub(super) view_changes: BTreeMap<ReplicaId, SignedViewChange>,
}

/// A replica with its application: a deterministic state machine.
///
/// Equal inputs at equal times give equal effects. A replica has no clock, randomness or I/O.
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
    pub(super) instance: Instance,
    pub(super) pool: Pool,
    pub(super) batches: Batches,
    future: BTreeMap<ReplicaId, Vec<Message>>,
    replay: Vec<Message>,
    /// The highest height at which each member is known to be.
    pub(super) peer_heights: BTreeMap<ReplicaId, u64>,
    /// The time of the last state transfer to each member.
    pub(super) last_answers: BTreeMap<ReplicaId, u64>,
    pub(super) timers: BTreeMap<Timer, u64>,
    pub(super) retransmissions: u64,
    pub(super) effects: Vec<Effect>,
}

impl<A: Application> Replica<A> {
    /// Creates a replica at height 1 of an empty chain.
    ///
    /// Returns `None` if `id` is not in the roster with this key.
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
            verifier: Arc::new(Ed25519Verifier),
            application,
            now: 0,
            height: 1,
            decisions: Vec::new(),
            instance: Instance::default(),
            pool: Pool::default(),
            batches: Batches::default(),
            future: BTreeMap::new(),
            replay: Vec::new(),
            peer_heights: BTreeMap::new(),
            last_answers: BTreeMap::new(),
            timers: BTreeMap::new(),
            retransmissions: 0,
            effects: Vec::new(),
        })
    }

    /// Replaces the signature verifier.
    #[cfg(feature = "sim")]
    #[must_use]
    pub(crate) fn with_verifier(mut self, verifier: Arc<dyn Verifier>) -> Self {
        self.verifier = verifier;
        self
    }

    /// Processes one input at time `now`, in milliseconds, and returns the effects to perform.
    ///
    /// No input causes a panic. A timer that is not set or not due is ignored.
    pub fn step(&mut self, now: u64, input: Input) -> Vec<Effect> {
        self.now = self.now.max(now);
        match input {
            Input::Message(message) => self.on_message(message),
            Input::Request(request) => self.on_request(&request),
            Input::Timer(timer) => self.on_timer(timer),
        }
        self.make_progress();
        std::mem::take(&mut self.effects)
    }

    fn on_message(&mut self, message: Message) {
        let from = message.from;
        match self.authenticate(message) {
            Ok(()) | Err(MessageError::Stale) => {}
            Err(error) => self.effects.push(Effect::Discard { from, error }),
        }
    }

    /// Discards outdated messages before it verifies signatures.
    fn authenticate(&mut self, message: Message) -> Result<(), MessageError> {
        if message.from == self.id || self.is_outdated(&message) {
            return Err(MessageError::Stale);
        }
        if !message.verify_with(&self.config, &*self.verifier) {
            return Err(MessageError::Signature);
        }
        self.dispatch(message)
    }

    fn is_outdated(&self, message: &Message) -> bool {
        let (height, view) = message.body.height_and_view();
        let current = height == self.height;
        match &message.body {
            Body::Vote { phase, .. } => {
                height < self.height
                    || current && self.instance.votes.has(*phase, view, message.from)
            }
            Body::Certificate(c) | Body::PartialCertificate(c) => {
                height < self.height
                    || current && self.instance.processed.contains(&(c.phase, view))
            }
            Body::ViewChange { .. } => {
                let known = self.instance.view_changes.get(&message.from);
                current && known.is_some_and(|known| known.change.view >= view)
            }
            Body::PrePrepare { .. }
            | Body::NewView { .. }
            | Body::Value { .. }
            | Body::Decisions(_) => height < self.height,
            _ => false,
        }
    }

    fn dispatch(&mut self, message: Message) -> Result<(), MessageError> {
        let (height, from) = (message.body.height_and_view().0, message.from);
        if height > self.height && belongs_to_instance(&message.body) {
            return self.buffer_future(message, height);
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
            Body::PrePrepare { value, .. } => self.on_pre_prepare(&message, value),
            Body::Vote { phase, view, digest, .. } => {
                let vote = Vote { phase: *phase, view: *view, digest: *digest };
                self.on_vote(vote, from, message.signature)
            }
            Body::PartialCertificate(partial) => self.on_partial_certificate(from, partial),
            Body::Certificate(certificate) => self.on_certificate(from, certificate),
            Body::ViewChange { change, .. } if change.height < self.height => {
                self.send_decisions(from, change.height);
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
            Body::FetchValue { height, digest } => self.on_fetch_value(from, *height, digest),
            Body::Value { value, .. } => self.on_value(value),
            Body::FetchDecisions { height } => {
                self.send_decisions(from, *height);
                Ok(())
            }
            Body::Decisions(decisions) => self.on_decisions(decisions),
        }
    }

    /// Records the sender's height and buffers a message of the next height.
    fn buffer_future(&mut self, message: Message, height: u64) -> Result<(), MessageError> {
        self.record_height(message.from, height);
        if height > self.height + 1 {
            return Err(MessageError::Stale);
        }
        let buffered = self.future.entry(message.from).or_default();
        let bytes: usize = buffered.iter().chain([&message]).map(|m| m.body.value_bytes()).sum();
        if buffered.len() >= FUTURE_MESSAGES || bytes > 2 * MAX_VALUE {
            return Err(MessageError::BufferFull);
        }
        buffered.push(message);
        Ok(())
    }

    /// Adds a client's request to the pool and forwards it.
    fn on_request(&mut self, request: &[u8]) {
        let id = request_id(request);
        let reason = if self.pool.was_delivered(&id) {
            Rejection::new("the request was delivered before")
        } else {
            match self.pool.insert(&self.application, request, (self.id, self.now), false) {
                Ok(true) => return self.forward_to_primary(vec![request.to_vec()]),
                Ok(false) => return,
                Err(MessageError::Rejected(reason)) => reason,
                Err(error) => Rejection::new(error.to_string()),
            }
        };
        self.effects.push(Effect::Reject { request: id, reason });
    }

    /// Sends requests to the leader, or in the tree to the primary of this replica's group.
    pub(super) fn forward_to_primary(&mut self, requests: Vec<Vec<u8>>) {
        let topology = self.topology();
        let primary = self.config.group_primary(self.id, self.instance.view);
        let recipient = if topology.is_flat() { Some(topology.leader()) } else { primary };
        for request in requests {
            self.send(recipient.into_iter().collect(), Body::Request(request));
        }
    }

    /// Performs the transitions that need no further input.
    fn make_progress(&mut self) {
        loop {
            for message in std::mem::take(&mut self.replay) {
                self.on_message(message);
            }
            if self.replay.is_empty() && !self.propose_if_leader() {
                break;
            }
        }
        self.propose_batch();
        self.update_timers();
    }

    /// Signs a body and sends it to the recipients other than this replica.
    pub(super) fn send(&mut self, to: Vec<ReplicaId>, body: Body) {
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.send_signed(to, message);
    }

    /// Sends a signed message to the recipients other than this replica.
    pub(super) fn send_signed(&mut self, mut to: Vec<ReplicaId>, message: Message) {
        to.retain(|id| *id != self.id);
        if !to.is_empty() {
            self.effects.push(Effect::Send { to, message });
        }
    }

    /// Starts the instance of the next height and replays the messages buffered for it.
    pub(super) fn advance(&mut self, parent: Digest) {
        self.height += 1;
        self.parent = parent;
        self.instance = Instance::default();
        self.timers.remove(&Timer::View);
        self.timers.remove(&Timer::Fallback);
        self.replay.extend(std::mem::take(&mut self.future).into_values().flatten());
        self.peer_heights.retain(|_, height| *height > self.height);
    }

    pub(super) fn topology(&self) -> Topology<'_> {
        self.topology_at(self.instance.view)
    }
    pub(super) fn topology_at(&self, view: u64) -> Topology<'_> {
        Topology { config: &self.config, me: self.id, height: self.height, view }
    }

    /// The replica's number.
    pub fn id(&self) -> ReplicaId {
        self.id
    }
    /// The height of the current instance.
    pub fn height(&self) -> u64 {
        self.height
    }
    /// The current view.
    pub fn view(&self) -> u64 {
        self.instance.view
    }
    /// The prepare certificate of the highest view at the current height.
    pub fn prepared_certificate(&self) -> Option<&Certificate> {
        self.instance.prepared.as_ref()
    }
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// The application.
    pub fn application(&self) -> &A {
        &self.application
    }
    /// The decision of a height.
    pub fn decision(&self, height: u64) -> Option<&Decision> {
        self.decisions.get(usize::try_from(height.checked_sub(1)?).ok()?)
    }
}

fn belongs_to_instance(body: &Body) -> bool {
    matches!(
        body,
        Body::PrePrepare { .. }
            | Body::Vote { .. }
            | Body::PartialCertificate(_)
            | Body::Certificate(_)
            | Body::ViewChange { .. }
            | Body::NewView { .. }
    )
}
