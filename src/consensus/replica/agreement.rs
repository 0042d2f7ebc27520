//! Agreement on the value of one height: connects the slot with values, signatures and routes.
#![forbid(unsafe_code)]

mod aggregation;
mod deferred;
mod restore;
mod retransmit;
mod values;

use super::chain::{Chain, ValueOf};
use super::outbox::Outbox;
use super::requests::admit;
use crate::consensus::application::{Application, FirstProposal};
use crate::consensus::config::{ENTRY, Electorate};
use crate::consensus::gate::{Candidate, Gate, Received};
use crate::consensus::mempool::Pool;
use crate::consensus::slot::{Event, MAX_VIEW, Outcome, Slot};
use crate::consensus::topology::Topology;
use crate::consensus::wire::{
    Body, Certificate, CertificateError, Entry, Message, Phase, SignedStatement, SignedViewChange,
    Statement, ViewChange, Vote,
};
use crate::consensus::{Digest, Effect, MessageError, ReplicaId, Timer};
use aggregation::Aggregation;
use deferred::Deferred;
use std::collections::VecDeque;
use values::Values;

/// A consequence of agreement for the other parts of the replica.
#[derive(Clone)]
pub(super) enum Signal<A: Application> {
    /// The value of this prepare certificate must be fetched.
    MissingValue(Certificate),
    /// A commit certificate proves that this height is decided elsewhere.
    MissingDecision,
    /// A view above 0 was entered.
    ViewChanged,
    /// A value is decided.
    Decided(Box<Candidate<ValueOf<A>>>, Certificate),
}

/// The slot of the current height, its values, and this replica's proposal.
#[derive(Clone)]
pub(super) struct Agreement<A: Application> {
    pub(super) slot: Slot,
    values: Values<ValueOf<A>>,
    /// This replica's proposal in the current view.
    proposal: Option<Message>,
    /// The application rejected this leader's own value. It does not propose again in this view.
    proposal_rejected: bool,
    deferred: Option<Deferred>,
    aggregation: Aggregation,
}

/// The other parts of the replica that take part in agreement, and the signals to the rest.
pub(super) struct Context<'a, A: Application> {
    pub(super) gate: &'a Gate<A::Format>,
    pub(super) chain: &'a Chain<A>,
    pub(super) pool: &'a mut Pool,
    pub(super) out: &'a mut Outbox,
    pub(super) signals: &'a mut VecDeque<Signal<A>>,
}

impl<A: Application> Context<'_, A> {
    fn height(&self) -> u64 {
        self.chain.height()
    }
    fn topology(&self, view: u64) -> Topology<'_> {
        self.out.topology(self.height(), view)
    }
}

impl<A: Application> Agreement<A> {
    /// Starts the slot of a height.
    pub(super) fn new(height: u64, voters: Electorate, me: ReplicaId) -> Self {
        Self {
            slot: Slot::new(voters, me, height),
            values: Values::default(),
            proposal: None,
            proposal_rejected: false,
            deferred: None,
            aggregation: Aggregation::default(),
        }
    }

    /// The bytes of a verified value.
    pub(super) fn value(&self, digest: &Digest) -> Option<&[u8]> {
        self.values.get(digest)
    }

    /// The bytes of the values held, and of the proposals that contain another copy.
    pub(super) fn bytes(&self) -> usize {
        let deferred = self.deferred.iter().map(|deferred| &deferred.received.message);
        let proposals = self.proposal.iter().chain(deferred);
        let of_proposals = proposals.map(|message| message.body.variable_bytes() + ENTRY);
        self.values.bytes() + of_proposals.sum::<usize>()
    }

    /// Returns `true` if a certificate names a value that is missing.
    pub(super) fn awaits_value(&self) -> bool {
        self.slot.named_values().iter().any(|digest| !self.values.contains(digest))
    }

    /// Counts a proposal, valid or not, as the one that its leader may make in its view.
    pub(super) fn record_proposal(
        &mut self,
        received: &Received,
        context: &mut Context<'_, A>,
    ) -> Result<(), MessageError> {
        let (signer, view) = (received.message.from, received.message.body.height_and_view().1);
        if view > MAX_VIEW || signer != context.topology(view).leader() {
            return Err(MessageError::Unauthorised);
        }
        let signed = received.signed();
        // A `NewView` may be far ahead. It is not stored then, but accepted if it has a quorum.
        let contradicts = self.slot.check_window(view).is_ok()
            && self.step(Event::Statement { signer, signed }, context);
        if contradicts { Err(MessageError::Equivocation) } else { Ok(()) }
    }

    /// Handles PRE-PREPARE and `NewView`: verifies the value, which the application has rejected
    /// `failures` times before, forwards the message in the tree and accepts it.
    pub(super) fn on_proposal(
        &mut self,
        received: &Received,
        failures: u32,
        mut candidate: Candidate<ValueOf<A>>,
        context: &mut Context<'_, A>,
    ) -> Result<(), MessageError> {
        let (from, view) = (received.message.from, received.message.body.height_and_view().1);
        let proof = match &received.message.body {
            Body::NewView { proof, .. } => Some(proof),
            _ => None,
        };
        let admitted = self.slot.admit(view, proof);
        let first = match admitted? {
            Some(required) if required != candidate.digest => {
                return Err(MessageError::ValueNotPrepared);
            }
            Some(_) => None,
            None => Some(FirstProposal { view, leader: from, clock: context.out.now }),
        };
        if let Err(error) = context.chain.verify(&mut candidate, first) {
            self.deferred = Some(Deferred::new(received.clone(), failures + 1));
            return Err(error);
        }
        if context.topology(view).is_collector() {
            let children = context.topology(view).children();
            context.out.forward(children, received.message.clone());
        }
        self.accept(view, candidate, context);
        Ok(())
    }

    /// Makes a verified value durable and accepts it as the proposal of a view.
    fn accept(
        &mut self,
        view: u64,
        candidate: Candidate<ValueOf<A>>,
        context: &mut Context<'_, A>,
    ) {
        let digest = candidate.digest;
        self.hold(candidate, context);
        self.step(Event::Proposal { view, digest }, context);
    }

    /// Inserts a verified value and makes it durable.
    fn hold(&mut self, candidate: Candidate<ValueOf<A>>, context: &mut Context<'_, A>) {
        let digest = candidate.digest;
        self.insert_value(candidate);
        self.log_value(&digest, context);
    }

    /// Inserts a verified value. At the limit, discards the others that neither a certificate nor
    /// the current proposal names.
    fn insert_value(&mut self, candidate: Candidate<ValueOf<A>>) {
        self.values.insert(candidate);
        if self.values.evict(|| self.slot.named_values()) {
            self.slot.retain_available(|held| self.values.contains(held));
        }
    }

    /// Makes a held value durable before the statement that depends on it.
    fn log_value(&mut self, digest: &Digest, context: &mut Context<'_, A>) {
        if let Some(value) = self.values.log(digest) {
            let (height, value) = (context.height(), value.to_vec());
            context.out.persist(Entry::Value { height, value });
        }
    }

    /// Counts the votes of a group. The sender may aggregate only votes of its own group.
    pub(super) fn on_group_votes(
        &mut self,
        from: ReplicaId,
        partial: &Certificate,
        context: &mut Context<'_, A>,
    ) -> Result<(), MessageError> {
        self.slot.check_window(partial.view)?;
        let topology = context.topology(partial.view);
        if !topology.is_tree() || !topology.is_leader() {
            return Err(MessageError::Unauthorised);
        }
        let group = context.out.config.group_of(from).ok_or(MessageError::Unauthorised)?;
        if let Some(outsider) = partial.signers().find(|id| !group.ranking.contains(id)) {
            return Err(CertificateError::Signer(outsider).into());
        }
        let statement = Statement::vote(partial.height, partial.vote());
        for (signer, signature) in partial.signatures.clone() {
            let signed = SignedStatement { statement, signature };
            self.step(Event::Statement { signer, signed }, context);
        }
        Ok(())
    }

    /// Handles the value of a certificate that was fetched.
    pub(super) fn on_value(
        &mut self,
        mut candidate: Candidate<ValueOf<A>>,
        context: &mut Context<'_, A>,
    ) -> Result<(), MessageError> {
        let digest = candidate.digest;
        if !self.slot.named_values().contains(&digest) || self.values.contains(&digest) {
            return Err(MessageError::Stale);
        }
        context.chain.verify(&mut candidate, None)?;
        self.hold(candidate, context);
        self.step(Event::Available(digest), context);
        self.propose_new_view(self.slot.view(), context);
        Ok(())
    }

    /// Steps the slot and performs the outcomes. Returns `true` if a contradiction was found.
    pub(super) fn step(&mut self, event: Event, context: &mut Context<'_, A>) -> bool {
        let mut events = VecDeque::from([event]);
        let mut contradiction = false;
        while let Some(event) = events.pop_front() {
            for outcome in self.slot.step(event) {
                contradiction |= matches!(outcome, Outcome::Evidence(_));
                events.extend(self.perform(outcome, context));
            }
        }
        contradiction
    }

    /// Performs one outcome. Own votes and view changes return to the slot as events.
    fn perform(&mut self, outcome: Outcome, context: &mut Context<'_, A>) -> Option<Event> {
        match outcome {
            Outcome::Vote(_) | Outcome::ViewChange(_) if !context.out.may_sign => {}
            Outcome::Vote(vote) => return Some(cast(vote, context)),
            Outcome::ViewChange(change) => return Some(self.send_view_change(change, context)),
            Outcome::Counted(vote) => {
                let height = context.height();
                self.aggregation.on_vote(vote, &self.slot, height, context.out);
            }
            Outcome::Lock(certificate) => {
                self.log_value(&certificate.digest, context);
                context.out.persist(Entry::Lock(certificate));
            }
            Outcome::Certified(certificate) => disseminate(certificate, context),
            Outcome::Missing(certificate) => {
                context.signals.push_back(match certificate.phase {
                    Phase::Commit => Signal::MissingDecision,
                    _ => Signal::MissingValue(certificate),
                });
            }
            Outcome::Entered(view) => {
                self.proposal.take_if(|own| own.body.height_and_view().1 < view);
                context.out.restart(Timer::Fallback);
                if view > 0 {
                    context.out.restart(Timer::View);
                    context.signals.push_back(Signal::ViewChanged);
                }
            }
            Outcome::ViewChangeQuorum(view) => self.propose_new_view(view, context),
            Outcome::Decided(certificate) => {
                let decode = |value: &[u8]| context.gate.decode_value(value).ok();
                if let Some(candidate) = self.values.take(&certificate.digest, decode) {
                    context.signals.push_back(Signal::Decided(Box::new(candidate), certificate));
                }
            }
            Outcome::Evidence(evidence) => context.out.push(Effect::Evidence(*evidence)),
        }
        None
    }

    /// Signs a view change, makes it durable and sends it to all members.
    fn send_view_change(&mut self, change: ViewChange, context: &mut Context<'_, A>) -> Event {
        (self.proposal, self.proposal_rejected) = (None, false);
        context.out.restart(Timer::View);
        context.out.restart(Timer::Fallback);
        let lock = self.slot.lock().cloned();
        let certificate = lock.filter(|_| change.prepared.is_some());
        let body = Body::ViewChange { change, certificate: certificate.clone() };
        let message = context.out.sign(body);
        let signed =
            SignedViewChange { from: context.out.id, signature: message.signature, change };
        context.out.persist(Entry::ViewChange(signed));
        context.out.forward(context.out.others(), message);
        Event::ViewChange { signed, certificate }
    }

    /// Builds a value from the pending requests and verifies it. Its time is not compared with this
    /// replica's clock, which may lag behind the time of the last value. The other members compare
    /// it with theirs.
    fn new_candidate(
        &mut self,
        view: u64,
        context: &mut Context<'_, A>,
    ) -> Option<Candidate<ValueOf<A>>> {
        let admit = |bytes: &[u8]| admit(context.gate, context.chain, bytes);
        let (selected, refused) = context.pool.select(admit);
        context.out.reject(refused);
        if selected.is_empty() && view == 0 {
            return None;
        }
        let pool = &context.pool;
        let requests = selected.into_iter().filter_map(|(id, r)| Some((pool.get(&id)?, r)));
        let requests: Vec<_> = requests.collect();
        let leader = context.out.id;
        let bytes = context.chain.propose((leader, view), &requests, context.out.now);
        let candidate = context.gate.candidate(&bytes).and_then(|mut candidate| {
            context.chain.verify(&mut candidate, None)?;
            Ok(candidate)
        });
        match candidate {
            Ok(candidate) => Some(candidate),
            Err(error) => {
                self.proposal_rejected = true;
                context.out.discard(leader, error);
                None
            }
        }
    }

    /// Proposes in view 0 once requests are pending. Later views start with a `NewView`.
    pub(super) fn propose_if_leader(&mut self, context: &mut Context<'_, A>) -> bool {
        let view_zero = self.slot.view() == 0 && !self.slot.awaits_new_view();
        let open = view_zero && self.slot.accepted().is_none() && self.proposal.is_none();
        if !open
            || !context.out.may_sign
            || self.proposal_rejected
            || context.pool.is_empty()
            || !context.topology(0).is_leader()
        {
            return false;
        }
        let Some(candidate) = self.new_candidate(0, context) else { return false };
        let (digest, height, value) =
            (candidate.digest, context.height(), candidate.bytes.to_vec());
        self.hold(candidate, context);
        self.propose(0, digest, Body::PrePrepare { height, value }, context);
        true
    }

    /// Proposes in a `NewView` once a quorum requests this view: the value of the highest reported
    /// certificate, byte for byte, or a new value.
    fn propose_new_view(&mut self, view: u64, context: &mut Context<'_, A>) {
        let open = self.proposal.is_none() && !self.proposal_rejected && context.out.may_sign;
        if !open || !context.topology(view).is_leader() {
            return;
        }
        let Some(proof) = self.slot.new_view_proof() else { return };
        let digest = match &proof.certificate {
            Some(certificate) => certificate.digest,
            None => {
                let Some(candidate) = self.new_candidate(view, context) else { return };
                let digest = candidate.digest;
                self.hold(candidate, context);
                digest
            }
        };
        let Some(held) = self.values.get(&digest) else {
            // No member may hold the required value. All missing reported values are fetched: each
            // one that arrives lets another set of reports be chosen.
            let missing = self.slot.missing_reports().cloned().map(Signal::MissingValue);
            return context.signals.extend(missing);
        };
        let (height, value) = (context.height(), held.to_vec());
        self.log_value(&digest, context);
        self.propose(view, digest, Body::NewView { height, view, proof, value }, context);
    }

    /// Makes a proposal of a held value durable, sends it and accepts it. A `NewView` goes to all
    /// members directly.
    fn propose(&mut self, view: u64, digest: Digest, body: Body, context: &mut Context<'_, A>) {
        let message = context.out.sign(body);
        context.out.persist(Entry::Proposal(message.clone()));
        self.proposal = Some(message.clone());
        let topology = context.topology(view);
        let to = if view == 0 { topology.children() } else { context.out.others() };
        context.out.forward(to, message);
        self.step(Event::Proposal { view, digest }, context);
    }

    /// Reports the votes of this replica's group that arrived late.
    pub(super) fn report_late(&mut self, context: &mut Context<'_, A>) {
        let height = context.height();
        self.aggregation.report_late(&self.slot, height, context.out);
    }
}

/// Signs a vote, makes it durable and sends it to its collectors.
fn cast<A: Application>(vote: Vote, context: &mut Context<'_, A>) -> Event {
    let height = context.height();
    let message = context.out.sign(Body::Vote { height, vote });
    let (statement, signature) = (Statement::vote(height, vote), message.signature);
    context.out.persist(Entry::Vote { height, vote, signature });
    let recipients = context.topology(vote.view).vote_recipients();
    context.out.forward(recipients, message);
    context.out.restart(Timer::Fallback);
    let signed = SignedStatement { statement, signature };
    Event::Statement { signer: context.out.id, signed }
}

/// Sends a certificate down the tree of its view. Certificates are transferable, so each inner node
/// forwards them under its own signature.
fn disseminate<A: Application>(certificate: Certificate, context: &mut Context<'_, A>) {
    let topology = context.topology(certificate.view);
    if topology.is_tree() {
        let children = topology.children();
        context.out.send(children, Body::Certificate(certificate));
    }
}
