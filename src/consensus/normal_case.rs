//! Normal-case operation: pre-prepare, prepare, commit (Castro and Liskov 1999, section 4.2).
//!
//! Differences from PBFT: the primary sends PREPARE too, so a prepare certificate has `Q` PREPAREs
//! and no pre-prepare. Quorums of votes become certificates. In the tree of `MemberQuorum`,
//! primaries aggregate the votes of their groups, and the leader disseminates certificates.
#![forbid(unsafe_code)]

use super::certificate::{Certificate, CertificateError, Decision, Phase};
use super::message::{Body, MAX_VALUE, Message};
use super::replica::{Replica, VIEW_WINDOW};
use super::vote_set::Vote;
use super::{Application, Digest, Effect, FirstProposal, MessageError, ReplicaId, Timer};
use super::{ProposalContext, Rejection, VerifyContext};
use crate::sign::Signature;
use std::collections::BTreeSet;

impl<A: Application> Replica<A> {
    /// Returns the value that this replica proposes for these requests at this time.
    pub(crate) fn build_value(&self, requests: &[Vec<u8>], time: u64) -> Vec<u8> {
        let context = ProposalContext {
            height: self.height,
            view: self.instance.view,
            leader: self.id,
            parent: self.parent,
            parent_certificate: self.decisions.last().map(|decision| &decision.certificate),
            time,
            config: &self.config,
        };
        self.application.propose(&context, requests)
    }

    /// The pending requests that fit into one value, oldest first.
    pub(crate) fn pending_requests(&self) -> Vec<Vec<u8>> {
        self.pool.oldest()
    }

    /// Builds a value from the pending requests and verifies it as the other members will.
    pub(super) fn new_proposal(&mut self) -> Option<(Digest, Vec<u8>)> {
        let value = self.build_value(&self.pending_requests(), self.now);
        match self.check_value(&value, self.first_proposal(self.instance.view)) {
            Ok(digest) => Some((digest, value)),
            Err(error) => {
                self.instance.proposal_rejected = true;
                self.effects.push(Effect::Discard { from: self.id, error });
                None
            }
        }
    }

    /// Proposes in view 0 once requests are pending. Later views start with a `NewView`.
    pub(super) fn propose_if_leader(&mut self) -> bool {
        let instance = &self.instance;
        let may_propose =
            instance.view == 0 && !instance.awaiting_new_view && instance.accepted.is_none();
        if !may_propose
            || instance.proposal_rejected
            || self.pool.is_empty()
            || !self.topology().is_leader()
        {
            return false;
        }
        let Some((digest, value)) = self.new_proposal() else { return false };
        let body = Body::PrePrepare { height: self.height, value: value.clone() };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.instance.proposal = Some(message.clone());
        self.send_signed(self.topology().children(), message);
        self.accept(digest, value);
        true
    }

    /// Handles PRE-PREPARE of view 0: verifies and accepts the value, and forwards it in the tree.
    pub(super) fn on_pre_prepare(
        &mut self,
        message: &Message,
        value: &[u8],
    ) -> Result<(), MessageError> {
        if message.from != self.topology_at(0).leader() {
            return Err(MessageError::Unauthorised);
        }
        if self.instance.view != 0 || self.instance.awaiting_new_view {
            return Err(MessageError::Stale);
        }
        if let Some(accepted) = self.instance.accepted {
            let same = self.application.digest(value) == Ok(accepted);
            return Err(if same { MessageError::Stale } else { MessageError::Equivocation });
        }
        let digest = self.check_value(value, self.first_proposal(0))?;
        if self.topology().is_collector() {
            self.send_signed(self.topology().children(), message.clone());
        }
        self.accept(digest, value.to_vec());
        Ok(())
    }

    /// Returns the view, leader and time against which PRE-PREPARE or a new value is verified.
    pub(super) fn first_proposal(&self, view: u64) -> Option<FirstProposal> {
        let leader = self.config.leader(self.height, view);
        Some(FirstProposal { view, leader, clock: self.now })
    }

    /// Checks length, digest, duplicate requests and [`Application::verify`].
    pub(super) fn check_value(
        &self,
        value: &[u8],
        first: Option<FirstProposal>,
    ) -> Result<Digest, MessageError> {
        if value.len() > MAX_VALUE {
            return Err(MessageError::Rejected(Rejection::new("the value is longer than 4 MiB")));
        }
        let digest = self.application.digest(value).map_err(MessageError::Rejected)?;
        let mut distinct = BTreeSet::new();
        let mut ids = self.application.requests(value).into_iter();
        if ids.any(|id| self.pool.was_delivered(&id) || !distinct.insert(id)) {
            return Err(MessageError::DuplicateRequest);
        }
        let (height, parent) = (self.height, self.parent);
        let context = VerifyContext { height, parent, config: &self.config, first };
        self.application.verify(&context, value).map_err(MessageError::Rejected)?;
        Ok(digest)
    }

    /// Accepts the valid proposal of the current view and votes PREPARE.
    pub(super) fn accept(&mut self, digest: Digest, value: Vec<u8>) {
        self.instance.accepted = Some(digest);
        self.instance.verified.insert(digest);
        self.store_value(digest, value);
        let (height, view) = (self.height, self.instance.view);
        self.vote(Phase::Prepare, digest);
        if (self.height, self.instance.view) != (height, view) {
            return;
        }
        // The certificate may have arrived before the proposal.
        let missing = self.instance.awaiting_value.take_if(|missing| missing.digest == digest);
        let prepared = self.instance.prepared.clone().filter(|prepared| prepared.view == view);
        if let Some(certificate) = missing.or(prepared) {
            self.on_prepare_quorum(certificate).ok();
        }
    }

    /// Stores a value and discards the values that no certificate or proposal names.
    pub(super) fn store_value(&mut self, digest: Digest, value: Vec<u8>) {
        let instance = &mut self.instance;
        instance.values.insert(digest, value);
        if instance.values.len() > 4 {
            let certificates =
                instance.view_changes.values().filter_map(|c| c.change.prepared.as_ref());
            let named = certificates
                .chain(&instance.prepared)
                .chain(&instance.awaiting_value)
                .map(|c| c.digest);
            let named: BTreeSet<Digest> = named.chain(instance.accepted).chain([digest]).collect();
            instance.values.retain(|held, _| named.contains(held));
        }
    }

    /// Votes once per phase and view, and never between a `ViewChange` and its `NewView`. A COMMIT
    /// in between could complete a quorum that the view change does not report.
    fn vote(&mut self, phase: Phase, digest: Digest) {
        let (height, view) = (self.height, self.instance.view);
        if self.instance.awaiting_new_view || self.instance.own_votes.contains_key(&(phase, view)) {
            return;
        }
        self.instance.own_votes.insert((phase, view), digest);
        let body = Body::Vote { phase, height, view, digest };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        let vote = Vote { phase, view, digest };
        self.instance.votes.add(vote, self.id, message.signature);
        self.send_signed(self.topology().vote_recipients(), message);
        self.timers.remove(&Timer::Fallback);
        self.forward_group_votes(vote);
        self.certify(vote);
    }

    /// Handles PREPARE or COMMIT: counts one vote per signer, phase and view.
    pub(super) fn on_vote(
        &mut self,
        vote: Vote,
        from: ReplicaId,
        signature: Signature,
    ) -> Result<(), MessageError> {
        self.check_window(vote.view)?;
        if self.instance.votes.add(vote, from, signature) {
            self.forward_group_votes(vote);
            self.certify(vote);
        }
        Ok(())
    }

    fn check_window(&self, view: u64) -> Result<(), MessageError> {
        match view.abs_diff(self.instance.view) <= VIEW_WINDOW {
            true => Ok(()),
            false if view < self.instance.view => Err(MessageError::Stale),
            false => Err(MessageError::TooFarAhead),
        }
    }

    /// Sends the votes of the group to the leader once every member has voted. The fallback timer
    /// sends those of an incomplete group.
    fn forward_group_votes(&mut self, vote: Vote) {
        let topology = self.topology_at(vote.view);
        if topology.is_collector() {
            let members = topology.group_members();
            let signatures = self.instance.votes.signatures(vote, |id| members.contains(&id));
            if signatures.len() == members.len() {
                self.send_partial_certificate(vote, signatures);
            }
        }
    }

    pub(super) fn send_partial_certificate(
        &mut self,
        vote: Vote,
        signatures: Vec<(ReplicaId, Signature)>,
    ) {
        let leader = self.topology_at(vote.view).leader();
        let partial = self.certificate(vote, signatures);
        self.send(vec![leader], Body::PartialCertificate(partial));
    }

    /// Adds the votes of a group. The sender may aggregate only votes of its own group.
    pub(super) fn on_partial_certificate(
        &mut self,
        from: ReplicaId,
        partial: &Certificate,
    ) -> Result<(), MessageError> {
        let vote = Vote { phase: partial.phase, view: partial.view, digest: partial.digest };
        self.check_window(vote.view)?;
        let topology = self.topology_at(vote.view);
        if topology.is_flat() || !topology.is_leader() {
            return Err(MessageError::Unauthorised);
        }
        let group = self.config.group_of(from).ok_or(MessageError::Unauthorised)?;
        if vote.phase == Phase::Batch || partial.group != 0 {
            return Err(MessageError::CertificateMismatch);
        }
        if let Some(outsider) = partial.signers().find(|id| !group.ranking.contains(id)) {
            return Err(CertificateError::Signer(outsider).into());
        }
        partial.verify_signatures(&self.config, &*self.verifier)?;
        for (signer, signature) in &partial.signatures {
            self.instance.votes.add(vote, *signer, *signature);
        }
        self.certify(vote);
        Ok(())
    }

    /// Assembles a certificate of this height from votes and their signatures.
    fn certificate(&self, vote: Vote, signatures: Vec<(ReplicaId, Signature)>) -> Certificate {
        let Vote { phase, view, digest } = vote;
        Certificate { phase, group: 0, height: self.height, view, digest, signatures }
    }

    /// Forms a certificate once a quorum has cast this vote.
    fn certify(&mut self, vote: Vote) {
        if self.instance.processed.contains(&(vote.phase, vote.view)) {
            return;
        }
        let signatures = self.instance.votes.signatures(vote, |_| true);
        if signatures.len() >= self.config.quorum() {
            let certificate = self.certificate(vote, signatures);
            let from = self.id;
            if let Err(error) = self.on_valid_certificate(from, certificate) {
                self.effects.push(Effect::Discard { from, error });
            }
        }
    }

    /// Verifies a received certificate: a proof of *prepared* or *committed*.
    pub(super) fn on_certificate(
        &mut self,
        from: ReplicaId,
        certificate: &Certificate,
    ) -> Result<(), MessageError> {
        certificate.verify_with(&self.config, &*self.verifier)?;
        self.on_valid_certificate(from, certificate.clone())
    }

    /// Acts on *prepared* by a vote to COMMIT, on *committed* by delivery.
    fn on_valid_certificate(
        &mut self,
        from: ReplicaId,
        c: Certificate,
    ) -> Result<(), MessageError> {
        match c.phase {
            Phase::Prepare => self.on_prepare_quorum(c),
            Phase::Commit => self.on_commit_quorum(from, c),
            Phase::Batch => Err(MessageError::CertificateMismatch),
        }
    }

    /// Stores a prepare certificate, and votes COMMIT if it is of the current view.
    ///
    /// A replica that lacks the value does neither, since its `ViewChange` must carry the value.
    pub(super) fn on_prepare_quorum(
        &mut self,
        certificate: Certificate,
    ) -> Result<(), MessageError> {
        let (view, digest) = (certificate.view, certificate.digest);
        let Some(value) = self.instance.values.get(&digest) else {
            self.fetch_missing_value(certificate);
            return Ok(());
        };
        if !self.instance.verified.contains(&digest) {
            self.check_value(value, None)?;
            self.instance.verified.insert(digest);
        }
        if self.instance.processed.insert((Phase::Prepare, view)) {
            self.disseminate(&certificate);
        }
        self.update_prepared(certificate);
        if view == self.instance.view {
            self.vote(Phase::Commit, digest);
        }
        Ok(())
    }

    /// Replaces the prepare certificate only by one of a higher view. A late certificate of a lower
    /// view would hide a value that may have committed since.
    fn update_prepared(&mut self, certificate: Certificate) {
        if self.instance.prepared.as_ref().is_none_or(|prepared| prepared.view < certificate.view) {
            self.instance.prepared = Some(certificate);
        }
    }

    /// Delivers the value of a commit certificate. A commit certificate of any view is final.
    fn on_commit_quorum(
        &mut self,
        from: ReplicaId,
        certificate: Certificate,
    ) -> Result<(), MessageError> {
        let Some(value) = self.instance.values.get(&certificate.digest).cloned() else {
            self.fetch_decision(from, &certificate);
            return Ok(());
        };
        if self.instance.processed.insert((Phase::Commit, certificate.view)) {
            self.disseminate(&certificate);
        }
        self.deliver(value, certificate);
        Ok(())
    }

    /// Sends a certificate down the tree of its view. Certificates are transferable, so
    /// each inner node forwards them under its own signature.
    fn disseminate(&mut self, certificate: &Certificate) {
        let topology = self.topology_at(certificate.view);
        if !topology.is_flat() {
            self.send(topology.children(), Body::Certificate(certificate.clone()));
        }
    }

    /// Executes the committed value (PBFT's *committed-local*) and starts the next height.
    pub(super) fn deliver(&mut self, value: Vec<u8>, certificate: Certificate) {
        let height = self.height;
        self.pool.deliver(&self.application.requests(&value));
        self.application.apply(height, &value, &certificate);
        self.advance(certificate.digest);
        let decision = Decision { value: value.clone(), certificate: certificate.clone() };
        self.decisions.push(decision);
        self.effects.push(Effect::Deliver { height, value, certificate });
        self.forward_to_new_leader();
    }

    /// Sends pending requests to the leader of the new height.
    fn forward_to_new_leader(&mut self) {
        if self.topology().is_flat() {
            self.forward_to_primary(self.pool.unrelayed_of(self.id));
        } else {
            self.forward_certified_batches();
        }
    }
}
