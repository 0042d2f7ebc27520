//! The event loop of the simulator.
#![forbid(unsafe_code)]

use super::Network;
use super::behaviour::{Action, Attack, Behaviour};
use super::durable::digest_of;
use super::observation::Observed;
use super::partition::{Endpoint, Partition};
use super::report::{CommitError, Committed, Discarded};
use super::safety::Delivery;
use crate::algebra::codec::Canonical;
use crate::algebra::{hash, tag};
use crate::consensus::{
    Application, Certificate, Digest, Effect, Entry, Evidence, Format, Input, Message, ReplicaId,
    RequestId, Timer, request_id,
};
use std::sync::Arc;

/// The timeout of [`Network::commit`] in virtual milliseconds.
const COMMIT_TIMEOUT: u64 = 600_000;

/// The time after which a client submits a request again, in milliseconds.
const CLIENT_TIMEOUT: u64 = 10_000;

/// The time after which a client tries a crashed replica again, in milliseconds.
const RETRY: u64 = 100;

/// The messages that the formulas of [`consensus`](crate::consensus) count.
const AGREEMENT: [&str; 5] =
    ["pre-prepare", "prepare", "commit", "partial certificate", "certificate"];

/// An encoded message with its digest.
pub(super) struct Packet {
    digest: Digest,
    pub(super) bytes: Vec<u8>,
}

#[derive(Clone)]
pub(super) enum Event {
    Message { from: ReplicaId, to: Endpoint, packet: Arc<Packet> },
    Timer { at: Endpoint, incarnation: u32, timer: Timer },
    Request(ReplicaId, Vec<u8>),
    Restart(Endpoint),
    Partition(Partition),
    Stabilise,
}

/// An input of one replica.
#[allow(clippy::large_enum_variant, reason = "a stimulus is moved once, into a step")]
enum Stimulus {
    Input(Input),
    Packet(ReplicaId, Arc<Packet>),
}

impl<A: Application + Clone> Network<A> {
    /// Submits a request to a replica.
    pub fn submit(&mut self, at: ReplicaId, request: Vec<u8>) -> RequestId {
        let id = request_id(&request);
        self.safety.submitted(id);
        if self.is_honest(at) && self.node(at).up {
            self.progress.submitted(at, id, self.now);
        }
        self.deliver(at.into(), Stimulus::Input(Input::Request(request)));
        id
    }

    /// Submits a request to a replica at a virtual time, and again until the replica has applied
    /// it: a replica that crashes loses its pending requests.
    pub fn schedule_request(&mut self, time: u64, at: ReplicaId, request: Vec<u8>) -> RequestId {
        let id = request_id(&request);
        self.safety.submitted(id);
        self.push(time, Event::Request(at, request));
        id
    }

    /// Submits a request and runs until every honest replica has applied it.
    ///
    /// # Errors
    /// The replica rejects the request, or ten virtual minutes pass.
    pub fn commit(&mut self, at: ReplicaId, request: Vec<u8>) -> Result<Committed, CommitError> {
        let (start, before) = (self.now, self.total());
        self.rejected.remove(&request_id(&request));
        let request = self.submit(at, request);
        while !self.has_applied_everywhere(&request) {
            if let Some(reason) = self.rejected.get(&request) {
                return Err(CommitError::Rejected { at, reason: reason.clone() });
            }
            if self.now > start + COMMIT_TIMEOUT || !self.step() {
                return Err(self.timeout(&request, start));
            }
        }
        let (height, view) = self
            .safety
            .position_of(&request)
            .expect("every honest replica has applied the request");
        let after = self.total();
        Ok(Committed {
            request,
            height,
            view,
            virtual_ms: self.now - start,
            messages: after.messages - before.messages,
            bytes: after.bytes - before.bytes,
        })
    }

    fn on_client(&mut self, at: ReplicaId, request: Vec<u8>) {
        if self.has_applied(at, &request_id(&request)) {
            return;
        }
        let delay = if self.node(at).up { CLIENT_TIMEOUT } else { RETRY };
        if self.node(at).up {
            self.submit(at, request.clone());
        }
        self.push(self.now + delay, Event::Request(at, request));
    }

    fn has_applied(&self, id: ReplicaId, request: &RequestId) -> bool {
        let position = self.safety.position_of(request);
        let node = self.node(id);
        node.up && position.is_some_and(|(height, _)| node.replica.height() > height)
    }

    /// Returns `true` if every honest replica has applied the request.
    pub fn has_applied_everywhere(&self, request: &RequestId) -> bool {
        self.safety.position_of(request).is_some()
            && self.honest().into_iter().all(|id| self.has_applied(id, request))
    }

    fn timeout(&self, request: &RequestId, start: u64) -> CommitError {
        let honest = self.honest();
        CommitError::Timeout {
            waited_ms: self.now - start,
            applied: honest.iter().filter(|id| self.has_applied(**id, request)).count(),
            honest: honest.len(),
            faulty: self.config.size() - honest.len(),
            tolerated: self.config.faults(),
        }
    }

    /// Advances virtual time and processes the events that fall due.
    pub fn advance(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.events.first_key_value().is_some_and(|((at, _), _)| *at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// Processes the next event. Returns `false` if there is none.
    pub fn step(&mut self) -> bool {
        let Some(((at, _), event)) = self.events.pop_first() else { return false };
        self.now = self.now.max(at);
        match event {
            Event::Timer { at, incarnation, timer } => {
                if self.nodes.get(&at).is_some_and(|node| node.incarnation == incarnation) {
                    self.deliver(at, Stimulus::Input(Input::Timer(timer)));
                }
            }
            Event::Message { from, to, packet } => {
                let parts: [&[u8]; 5] = [
                    &self.trace,
                    &self.now.to_be_bytes(),
                    &to.id.to_be_bytes(),
                    &[u8::from(to.twin)],
                    &packet.digest,
                ];
                self.trace = hash::digest(tag::SIM_TRACE, &parts);
                self.deliver(to, Stimulus::Packet(from, packet));
            }
            Event::Request(at, request) => self.on_client(at, request),
            Event::Restart(at) => self.restart_endpoint(at),
            Event::Partition(partition) => self.set_partition(partition),
            Event::Stabilise => {
                let views = self.honest().into_iter().map(|id| self.replica(id).view());
                self.progress.view = views.max().unwrap_or(0);
                self.observe(Observed::Stabilised);
            }
        }
        true
    }

    fn deliver(&mut self, at: Endpoint, stimulus: Stimulus) {
        let Some(node) = self.nodes.get_mut(&at) else { return };
        if !node.up || node.behaviour == Behaviour::Silent {
            return;
        }
        if let Stimulus::Packet(_, packet) = &stimulus {
            node.memory.see(node.behaviour, &packet.bytes);
        }
        let effects = match stimulus {
            Stimulus::Input(input) => node.replica.step(self.now, input),
            Stimulus::Packet(peer, packet) => node.replica.receive(self.now, peer, &packet.bytes),
        };
        match node.replica.persist(&effects) {
            Ok(()) => self.perform_all(at, effects),
            Err(error) => {
                self.storage_failures.push((at.id, error));
                self.crash_endpoint(at);
            }
        }
    }

    /// Performs the effects of one step, as the replica's behaviour changes them, until it crashes.
    pub(super) fn perform_all(&mut self, at: Endpoint, effects: Vec<Effect>) {
        let Some(node) = self.nodes.get_mut(&at) else { return };
        let actions = Attack {
            replica: &node.replica,
            memory: &mut node.memory,
            collusion: &mut self.collusion,
            rng: &mut self.rng,
            now: self.now,
        }
        .corrupt(node.behaviour, effects);
        for Action { delay, effect } in actions {
            let Some(node) = self.nodes.get_mut(&at) else { return };
            if node.crash.is_some_and(|crash| crash.after <= node.effects) {
                return self.crash_endpoint(at);
            }
            node.effects += 1;
            self.perform(at, effect, delay);
        }
    }

    fn perform(&mut self, at: Endpoint, effect: Effect, delay: u64) {
        match effect {
            Effect::Persist(entry) => self.persist(at, entry),
            Effect::Send { to, message } => self.send(at, &to, &message, delay),
            Effect::SetTimer { timer, at: when } => {
                let incarnation = self.nodes[&at].incarnation;
                self.push(when, Event::Timer { at, incarnation, timer });
            }
            Effect::CancelTimer(_) => {}
            Effect::Deliver { height, value, certificate } => {
                self.on_delivery(at, height, &value, &certificate);
            }
            Effect::Reject { request, reason } => {
                self.progress.excuse(&request);
                self.rejected.insert(request, reason.to_string());
            }
            Effect::Discard { peer, error } => {
                self.discarded.push(Discarded { at: at.id, peer, error });
            }
            Effect::Evidence(evidence) => self.on_evidence(at.id, evidence),
        }
    }

    fn persist(&mut self, at: Endpoint, entry: Entry) {
        let Some(node) = self.nodes.get_mut(&at) else { return };
        let format = node.replica.application().format();
        let digest = digest_of(&format, &entry);
        node.log.append(entry, digest);
    }

    /// Checks a delivery at an honest replica.
    pub(super) fn on_delivery(
        &mut self,
        at: Endpoint,
        height: u64,
        value: &[u8],
        certificate: &Certificate,
    ) {
        let node = &self.nodes[&at];
        if node.behaviour != Behaviour::Honest {
            return;
        }
        let format = node.replica.application().format();
        let decoded = format.decode(value).ok();
        let digest = decoded.as_ref().map(|(digest, _)| *digest);
        let requests = decoded.as_ref().map(|(_, value)| format.requests(value));
        let requests = requests.into_iter().flatten();
        let requests: Vec<_> = requests.map(|(request, _)| request_id(request)).collect();
        let submissions = requests.iter().map(|request| self.progress.submission(request));
        let submitted: Vec<_> = submissions.collect();
        let answered = self.progress.deliver(at.id, height, &requests, self.now);
        let delivery = Delivery { at: at.id, height, requests, digest, certificate };
        let first = self.safety.delivered((&self.config, self.scheme.uncached()), &delivery);
        if let (true, Some(digest)) = (first, digest) {
            self.observe(Observed::Decided { height, view: certificate.view, digest, submitted });
        }
        for submitted in answered {
            self.observe(Observed::Replied { at: at.id, height, submitted });
        }
        let honest = self.honest();
        let lowest = honest.iter().map(|id| self.safety.height_of(*id)).min();
        self.progress.settle(lowest.unwrap_or(0));
    }

    fn on_evidence(&mut self, at: ReplicaId, evidence: Evidence) {
        let height = evidence.first.statement.height;
        let checked = if !self.faulty.contains(&evidence.signer) {
            Err("evidence names an honest member")
        } else if evidence.verify_with(self.scheme.uncached(), &self.config).is_err() {
            Err("evidence does not verify")
        } else {
            Ok(())
        };
        if self.is_honest(at) {
            self.safety.record(at, height, checked);
        }
        self.evidence.push(evidence);
        self.observe(Observed::Evidence { reporter: at, evidence: Box::new(evidence) });
    }

    fn send(&mut self, from: Endpoint, to: &[ReplicaId], message: &Message, delay: u64) {
        self.check_sent(from, message);
        let bytes = message.to_bytes();
        let digest = hash::digest(tag::SIM_TRACE, &[&bytes]);
        let packet = Arc::new(Packet { digest, bytes });
        let length = packet.bytes.len();
        if AGREEMENT.contains(&message.body.name()) {
            let (height, _) = message.body.height_and_view();
            self.agreement.entry(height).or_default().add(to.len(), length);
        }
        for id in to {
            self.traffic.entry(message.body.name()).or_default().add(1, length);
            let twin = Endpoint { id: *id, twin: true };
            let mut all = Vec::new();
            for to in [Endpoint::from(*id), twin] {
                if to.twin && !self.nodes.contains_key(&to) {
                    continue;
                }
                let pair = (from, to);
                let arrivals = self.links.arrivals(self.now, pair, length, &mut self.rng);
                for at in &arrivals {
                    let (from, packet) = (from.id, packet.clone());
                    self.push(at + delay, Event::Message { from, to, packet });
                }
                all.extend(arrivals.into_iter().map(|at| at + delay));
            }
            if self.messages_observed {
                let (from, to, kind, bytes) = (from.id, *id, message.body.name(), length);
                self.observe(Observed::Sent { from, to, kind, bytes, arrivals: all });
            }
        }
    }

    fn check_sent(&mut self, from: Endpoint, message: &Message) {
        let node = &self.nodes[&from];
        let height = node.replica.height();
        let checked = match node.behaviour {
            Behaviour::Honest => {
                // Of a faulty disk only the consequences count.
                let log = Some(&node.log).filter(|log| log.lost.is_none());
                self.statements.sent_by(from.id, message, log)
            }
            _ => {
                let honest = |id| !self.faulty.contains(&id);
                let scheme = (self.scheme.uncached(), &*self.config);
                self.statements.check_forgery(message, scheme, honest)
            }
        };
        self.safety.record(from.id, height, checked);
    }
}

impl<A: Application> Network<A> {
    pub(super) fn push(&mut self, at: u64, event: Event) {
        self.events.insert((at, self.sequence), event);
        self.sequence += 1;
    }
}
