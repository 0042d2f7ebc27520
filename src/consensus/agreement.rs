//! The normal case: propose, PREPARE, COMMIT, deliver.
#![forbid(unsafe_code)]

use super::claim::Decision;
use super::message::{Body, MAX_VALUE, Message};
use super::quorum::{Certificate, CertificateError, Phase};
use super::replica::{Replica, VIEW_WINDOW};
use super::{Application, Digest, Effect, Fault, FirstProposal, ReplicaId, Timer};
use super::{ProposalContext, Refusal, VerifyContext};
use crate::sign::Signature;
use std::collections::BTreeSet;

impl<A: Application> Replica<A> {
    /// What this replica would propose now, made of these requests at this time.
    pub(crate) fn make_value(&self, requests: &[Vec<u8>], time: u64) -> Vec<u8> {
        let context = ProposalContext {
            height: self.height,
            view: self.round.view,
            leader: self.id,
            parent: self.parent,
            parent_certificate: self.decisions.last().map(|decision| &decision.certificate),
            time,
            config: &self.config,
        };
        self.application.propose(&context, requests)
    }

    /// Another value for the same height and view, as valid as the first: the simulator's
    /// equivocating leader proposes both.
    #[cfg(feature = "sim")]
    pub(crate) fn rival_value(&self) -> Vec<u8> {
        let requests = self.pool.oldest();
        self.make_value(&requests[..requests.len() / 2], self.now + 1)
    }

    /// A value of the pool's oldest requests, checked as everyone else will check it.
    pub(super) fn fresh_value(&mut self) -> Option<(Digest, Vec<u8>)> {
        let value = self.make_value(&self.pool.oldest(), self.now);
        match self.check_value(&value, self.first(self.round.view)) {
            Ok(digest) => Some((digest, value)),
            Err(fault) => {
                self.round.declined = true;
                self.effects.push(Effect::Refuse { from: self.id, fault });
                None
            }
        }
    }

    /// View 0 belongs to the leader as soon as there is work; later views begin with a `NewView`.
    pub(super) fn propose_if_leading(&mut self) -> bool {
        let round = &self.round;
        let open = round.view == 0 && !round.changing && round.accepted.is_none();
        if !open || round.declined || self.pool.is_empty() || !self.place().leads() {
            return false;
        }
        let Some((digest, value)) = self.fresh_value() else { return false };
        let body = Body::Propose { height: self.height, value: value.clone() };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.round.proposal = Some(message.clone());
        self.pass(self.place().children(), message);
        self.accept(digest, value);
        true
    }

    pub(super) fn on_propose(&mut self, message: &Message, value: &[u8]) -> Result<(), Fault> {
        if message.from != self.place_in(0).leader() {
            return Err(Fault::Role);
        }
        if self.round.view != 0 || self.round.changing {
            return Err(Fault::Stale);
        }
        if let Some(accepted) = self.round.accepted {
            let same = self.application.digest(value) == Ok(accepted);
            return Err(if same { Fault::Stale } else { Fault::Equivocation });
        }
        let digest = self.check_value(value, self.first(0))?;
        if self.place().collects() {
            self.pass(self.place().children(), message.clone());
        }
        self.accept(digest, value.to_vec());
        Ok(())
    }

    pub(super) fn first(&self, view: u64) -> Option<FirstProposal> {
        let leader = self.config.leader(self.height, view);
        Some(FirstProposal { view, leader, clock: self.now })
    }

    /// Every rule of a value, before any vote for it: the application executes all of it.
    pub(super) fn check_value(
        &self,
        value: &[u8],
        first: Option<FirstProposal>,
    ) -> Result<Digest, Fault> {
        if value.len() > MAX_VALUE {
            return Err(Fault::Value(Refusal::new("the value is too long")));
        }
        let digest = self.application.digest(value).map_err(Fault::Value)?;
        let mut distinct = BTreeSet::new();
        let mut ids = self.application.requests(value).into_iter();
        if ids.any(|id| self.pool.was_delivered(&id) || !distinct.insert(id)) {
            return Err(Fault::Repeated);
        }
        let (height, parent) = (self.height, self.parent);
        let context = VerifyContext { height, parent, config: &self.config, first };
        self.application.verify(&context, value).map_err(Fault::Value)?;
        Ok(digest)
    }

    /// The current view's value is known and valid: PREPARE.
    pub(super) fn accept(&mut self, digest: Digest, value: Vec<u8>) {
        self.round.accepted = Some(digest);
        self.round.checked.insert(digest);
        self.hold(digest, value);
        let (height, view) = (self.height, self.round.view);
        self.cast(Phase::Prepare, digest);
        if (self.height, self.round.view) != (height, view) {
            return;
        }
        // A certificate may have overtaken the proposal.
        let wanted = self.round.wanted.take_if(|wanted| wanted.digest == digest);
        let lock = self.round.lock.clone().filter(|lock| lock.view == view);
        if let Some(certificate) = wanted.or(lock) {
            self.prepared(certificate).ok();
        }
    }

    /// Keeps a value, and forgets those that nothing refers to.
    pub(super) fn hold(&mut self, digest: Digest, value: Vec<u8>) {
        let round = &mut self.round;
        round.values.insert(digest, value);
        if round.values.len() > 4 {
            let certificates = round.changes.values().filter_map(|c| c.change.prepared.as_ref());
            let named = certificates.chain(&round.lock).chain(&round.wanted).map(|c| c.digest);
            let named: BTreeSet<Digest> = named.chain(round.accepted).chain([digest]).collect();
            round.values.retain(|held, _| named.contains(held));
        }
    }

    /// Votes once per phase and view, and never between a `ViewChange` and its `NewView`: a
    /// COMMIT there could complete a quorum that the view change does not report.
    fn cast(&mut self, phase: Phase, digest: Digest) {
        let (height, view) = (self.height, self.round.view);
        if self.round.changing || self.round.cast.contains_key(&(phase, view)) {
            return;
        }
        self.round.cast.insert((phase, view), digest);
        let body = Body::Vote { phase, height, view, digest };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.round.tally.add((phase, view, digest), self.id, message.signature);
        self.pass(self.place().voters_target(), message);
        self.timers.remove(&Timer::Fallback);
        self.collect((phase, view, digest));
        self.count((phase, view, digest));
    }

    pub(super) fn on_vote(
        &mut self,
        vote: (Phase, u64, Digest),
        from: ReplicaId,
        signature: Signature,
    ) -> Result<(), Fault> {
        self.check_window(vote.1)?;
        if self.round.tally.add(vote, from, signature) {
            self.collect(vote);
            self.count(vote);
        }
        Ok(())
    }

    fn check_window(&self, view: u64) -> Result<(), Fault> {
        match view.abs_diff(self.round.view) <= VIEW_WINDOW {
            true => Ok(()),
            false if view < self.round.view => Err(Fault::Stale),
            false => Err(Fault::TooFar),
        }
    }

    /// A group's primary passes on its group's votes once all of them are there; those of an
    /// incomplete group follow when the fallback timer ends.
    fn collect(&mut self, vote: (Phase, u64, Digest)) {
        let place = self.place_in(vote.1);
        if place.collects() {
            let members = place.group_members();
            let signatures = self.round.tally.signatures(vote, |id| members.contains(&id));
            if signatures.len() == members.len() {
                self.send_partial(vote, signatures);
            }
        }
    }

    pub(super) fn send_partial(
        &mut self,
        vote: (Phase, u64, Digest),
        signatures: Vec<(ReplicaId, Signature)>,
    ) {
        let leader = self.place_in(vote.1).leader();
        let partial = self.certificate(vote, signatures);
        self.send(vec![leader], Body::Partial(partial));
    }

    /// The leader adds a group's votes; a primary speaks for its own group only.
    pub(super) fn on_partial(
        &mut self,
        from: ReplicaId,
        partial: &Certificate,
    ) -> Result<(), Fault> {
        let (phase, view, digest) = (partial.phase, partial.view, partial.digest);
        self.check_window(view)?;
        let place = self.place_in(view);
        if place.flat() || !place.leads() {
            return Err(Fault::Role);
        }
        let group = self.config.group_of(from).ok_or(Fault::Role)?;
        if phase == Phase::Batch || partial.group != 0 {
            return Err(Fault::Mismatch);
        }
        if let Some(stranger) = partial.signers().find(|id| !group.ranking.contains(id)) {
            return Err(CertificateError::Signer(stranger).into());
        }
        partial.verify_signatures(&self.config, &*self.verifier)?;
        for (signer, signature) in &partial.signatures {
            self.round.tally.add((phase, view, digest), *signer, *signature);
        }
        self.count((phase, view, digest));
        Ok(())
    }

    fn certificate(
        &self,
        (phase, view, digest): (Phase, u64, Digest),
        signatures: Vec<(ReplicaId, Signature)>,
    ) -> Certificate {
        Certificate { phase, group: 0, height: self.height, view, digest, signatures }
    }

    /// A quorum of equal votes is a certificate.
    fn count(&mut self, vote: (Phase, u64, Digest)) {
        if self.round.seen.contains(&(vote.0, vote.1)) {
            return;
        }
        let signatures = self.round.tally.signatures(vote, |_| true);
        if signatures.len() >= self.config.quorum() {
            let certificate = self.certificate(vote, signatures);
            let from = self.id;
            if let Err(fault) = self.on_valid_certificate(from, certificate) {
                self.effects.push(Effect::Refuse { from, fault });
            }
        }
    }

    pub(super) fn on_certificate(
        &mut self,
        from: ReplicaId,
        certificate: &Certificate,
    ) -> Result<(), Fault> {
        certificate.verify_with(&self.config, &*self.verifier)?;
        self.on_valid_certificate(from, certificate.clone())
    }

    fn on_valid_certificate(&mut self, from: ReplicaId, c: Certificate) -> Result<(), Fault> {
        match c.phase {
            Phase::Prepare => self.prepared(c),
            Phase::Commit => self.committed(from, c),
            Phase::Batch => Err(Fault::Mismatch),
        }
    }

    /// A quorum prepared: lock, and COMMIT if the view is still open. Without the value there is
    /// neither, since a `ViewChange` must be able to hand the value over.
    pub(super) fn prepared(&mut self, certificate: Certificate) -> Result<(), Fault> {
        let (view, digest) = (certificate.view, certificate.digest);
        let Some(value) = self.round.values.get(&digest) else {
            self.want(certificate);
            return Ok(());
        };
        if !self.round.checked.contains(&digest) {
            self.check_value(value, None)?;
            self.round.checked.insert(digest);
        }
        if self.round.seen.insert((Phase::Prepare, view)) {
            self.pass_down(&certificate);
        }
        self.raise_lock(certificate);
        if view == self.round.view {
            self.cast(Phase::Commit, digest);
        }
        Ok(())
    }

    /// A lock gives way only to a certificate of a higher view. One that arrives late, from a
    /// lower view, would hide what may have been committed since.
    fn raise_lock(&mut self, certificate: Certificate) {
        if self.round.lock.as_ref().is_none_or(|lock| lock.view < certificate.view) {
            self.round.lock = Some(certificate);
        }
    }

    /// A quorum committed, in whatever view: the value is final.
    fn committed(&mut self, from: ReplicaId, certificate: Certificate) -> Result<(), Fault> {
        let Some(value) = self.round.values.get(&certificate.digest).cloned() else {
            self.ask_signers(from, &certificate);
            return Ok(());
        };
        if self.round.seen.insert((Phase::Commit, certificate.view)) {
            self.pass_down(&certificate);
        }
        self.deliver(value, certificate);
        Ok(())
    }

    /// Certificates go down the tree of their view. They prove themselves, so every inner node
    /// signs its own envelope.
    fn pass_down(&mut self, certificate: &Certificate) {
        let place = self.place_in(certificate.view);
        if !place.flat() {
            self.send(place.children(), Body::Certificate(certificate.clone()));
        }
    }

    pub(super) fn deliver(&mut self, value: Vec<u8>, certificate: Certificate) {
        let height = self.height;
        self.pool.deliver(&self.application.requests(&value));
        self.application.apply(height, &value, &certificate);
        self.advance(certificate.digest);
        let decision = Decision { value: value.clone(), certificate: certificate.clone() };
        self.decisions.push(decision);
        self.effects.push(Effect::Deliver { height, value, certificate });
        self.greet_leader();
    }

    /// A new height has a new leader, who may not know of what is waiting here.
    fn greet_leader(&mut self) {
        if self.place().flat() {
            self.forward(self.pool.of_origin(self.id));
        } else {
            self.offer_batches();
        }
    }
}
