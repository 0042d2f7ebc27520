//! Retransmission, fetching of missing values, and state transfer.
//!
//! PBFT brings a slow replica up to date with a stable checkpoint (Castro and Liskov 1999, section
//! 4.3). Here each decision carries its commit certificate and is transferred by itself. The sender
//! need not be trusted: a value must match the digest in a certificate. Any member may thus be
//! asked, and a faulty one costs one round trip.
#![forbid(unsafe_code)]

use super::certificate::{Certificate, Decision, Phase};
use super::message::{Body, MAX_DECISIONS, MAX_VALUE};
use super::replica::Replica;
use super::vote_set::Vote;
use super::{Application, Digest, MessageError, ReplicaId};

impl<A: Application> Replica<A> {
    /// Retransmits directly, bypassing the tree, when the fallback timer expires. A primary that
    /// withholds messages delays progress but does not prevent it.
    pub(super) fn retransmit(&mut self) {
        self.retransmissions += 1;
        if self.instance.awaiting_new_view {
            self.retransmit_view_change();
        } else if self.instance.accepted.is_some() {
            self.retransmit_proposal();
            self.retransmit_vote(Phase::Prepare);
            self.retransmit_vote(Phase::Commit);
        }
        if let Some(missing) = self.instance.awaiting_value.clone() {
            self.send_fetch_value(&missing);
        }
        let ahead: Vec<ReplicaId> = self
            .peer_heights
            .iter()
            .filter(|(_, h)| **h > self.height)
            .map(|(id, _)| *id)
            .collect();
        let candidates = if ahead.is_empty() { self.topology().others() } else { ahead };
        let to = self.next_peer(&candidates).into_iter().collect();
        self.send(to, Body::FetchDecisions { height: self.height });
    }

    fn retransmit_view_change(&mut self) {
        if let Some(own) = self.instance.view_changes.get(&self.id) {
            let message = self.view_change_message(own.change.clone());
            self.send_signed(self.topology().others(), message);
        }
    }

    fn retransmit_proposal(&mut self) {
        let others = self.topology().others();
        if let Some(message) = self.instance.proposal.clone() {
            self.send_signed(others.clone(), message);
        }
        let prepared =
            self.instance.prepared.clone().filter(|prepared| prepared.view == self.instance.view);
        if let Some(prepared) = prepared.filter(|_| self.topology().is_leader()) {
            self.send(others, Body::Certificate(prepared));
        }
    }

    fn retransmit_vote(&mut self, phase: Phase) {
        let (height, view) = (self.height, self.instance.view);
        let Some(digest) = self.instance.own_votes.get(&(phase, view)).copied() else { return };
        let vote = Vote { phase, view, digest };
        let topology = self.topology();
        let to = if topology.is_flat() { topology.others() } else { vec![topology.leader()] };
        let partial = topology.is_collector().then(|| topology.group_members());
        let partial =
            partial.map(|members| self.instance.votes.signatures(vote, |id| members.contains(&id)));
        match partial {
            Some(signatures) => self.send_partial_certificate(vote, signatures),
            None => self.send(to, Body::Vote { phase, height, view, digest }),
        }
    }

    /// Fetches the value of a prepare certificate from its signers.
    pub(super) fn fetch_missing_value(&mut self, certificate: Certificate) {
        let higher = |held: &Certificate| held.view < certificate.view;
        if self.instance.awaiting_value.as_ref().is_none_or(higher) {
            self.send_fetch_value(&certificate);
            self.instance.awaiting_value = Some(certificate);
        }
    }

    fn send_fetch_value(&mut self, missing: &Certificate) {
        let signers: Vec<ReplicaId> = missing.signers().collect();
        let to = self.next_peer(&signers).into_iter().collect();
        self.send(to, Body::FetchValue { height: self.height, digest: missing.digest });
    }

    /// Fetches the decision of a commit certificate whose value is missing, from its sender or, if
    /// it was formed here, from one of its signers.
    pub(super) fn fetch_decision(&mut self, from: ReplicaId, certificate: &Certificate) {
        let signers: Vec<ReplicaId> = certificate.signers().collect();
        signers.iter().for_each(|signer| self.record_height(*signer, self.height + 1));
        let to = if from == self.id { self.next_peer(&signers) } else { Some(from) };
        self.send(to.into_iter().collect(), Body::FetchDecisions { height: self.height });
    }

    /// Records the height of another member if it exceeds the known one.
    pub(super) fn record_height(&mut self, id: ReplicaId, height: u64) {
        if id != self.id {
            let known = self.peer_heights.entry(id).or_default();
            *known = (*known).max(height);
        }
    }

    pub(super) fn on_fetch_value(
        &mut self,
        from: ReplicaId,
        height: u64,
        digest: &Digest,
    ) -> Result<(), MessageError> {
        if height < self.height {
            self.send_decisions(from, height);
        } else if let Some(value) =
            self.instance.values.get(digest).filter(|_| height == self.height)
        {
            let value = value.clone();
            self.send(vec![from], Body::Value { height, value });
        }
        Ok(())
    }

    pub(super) fn on_value(&mut self, value: &[u8]) -> Result<(), MessageError> {
        let digest = self.application.digest(value).map_err(MessageError::Rejected)?;
        let Some(missing) =
            self.instance.awaiting_value.take_if(|missing| missing.digest == digest)
        else {
            return Err(MessageError::Stale);
        };
        self.store_value(digest, value.to_vec());
        self.on_prepare_quorum(missing)
    }

    /// Sends the decisions from a height on, up to the limits of one message. Sends nothing to a
    /// member that has them all.
    pub(super) fn send_decisions(&mut self, to: ReplicaId, height: u64) {
        let from = height.max(1).min(self.height) as usize - 1;
        let mut remaining = MAX_VALUE;
        let fits = |decision: &&Decision| {
            let first = remaining == MAX_VALUE;
            let left = remaining.checked_sub(decision.value.len());
            remaining = left.unwrap_or(0);
            first || left.is_some()
        };
        let decisions = self.decisions[from..].iter().take(MAX_DECISIONS).take_while(fits);
        let decisions: Vec<Decision> = decisions.cloned().collect();
        // A short request has a long answer: limit the amplification per member.
        let pause = self.config.timing().fallback / 4;
        let earliest = self.last_answers.get(&to).map_or(0, |last| last.saturating_add(pause));
        if !decisions.is_empty() && self.now >= earliest {
            self.last_answers.insert(to, self.now);
            self.send(vec![to], Body::Decisions(decisions));
        }
    }

    pub(super) fn on_decisions(&mut self, decisions: &[Decision]) -> Result<(), MessageError> {
        for Decision { value, certificate } in decisions {
            if certificate.height != self.height {
                continue;
            }
            let digest = self.application.digest(value).map_err(MessageError::Rejected)?;
            if certificate.phase != Phase::Commit || certificate.digest != digest {
                return Err(MessageError::CertificateMismatch);
            }
            certificate.verify_with(&self.config, &*self.verifier)?;
            self.deliver(value.clone(), certificate.clone());
        }
        Ok(())
    }
}
