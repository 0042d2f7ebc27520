//! The routing of verified messages to requests, agreement and state transfer.
#![forbid(unsafe_code)]

use super::Replica;
use crate::consensus::gate::{Content, Received, Verified};
use crate::consensus::slot::{Event, MAX_VIEW};
use crate::consensus::wire::{Body, Certificate, SignedViewChange};
use crate::consensus::{Application, Digest, MessageError, ReplicaId};

impl<A: Application> Replica<A> {
    pub(super) fn dispatch(&mut self, verified: Verified<A::Format>) -> Result<(), MessageError> {
        match &verified.received.message.body {
            Body::Request(_)
            | Body::Batch(_)
            | Body::BatchVote { .. }
            | Body::CertifiedBatch { .. } => self.on_request_message(verified),
            Body::PrePrepare { .. }
            | Body::Vote { .. }
            | Body::PartialCertificate(_)
            | Body::LateVotes(_)
            | Body::Certificate(_)
            | Body::ViewChange { .. }
            | Body::NewView { .. } => self.on_slot_message(verified),
            Body::FetchValue { .. }
            | Body::Value { .. }
            | Body::FetchDecisions { .. }
            | Body::Decisions(_)
            | Body::Status { .. } => self.on_transfer_message(verified),
        }
    }

    fn on_request_message(&mut self, verified: Verified<A::Format>) -> Result<(), MessageError> {
        let Verified { received: Received { peer, message, .. }, content } = verified;
        match (&message.body, content?) {
            (Body::Batch(batch), Content::Requests(requests)) => {
                self.requests().on_batch(message.from, batch, (peer, requests))
            }
            (body, Content::Requests(requests)) => {
                let batched = matches!(body, Body::CertifiedBatch { .. });
                self.requests().insert(peer, requests, batched)
            }
            (Body::BatchVote { group, digest }, _) => {
                let batch = (*group, *digest);
                self.requests().on_batch_vote(message.from, batch, message.signature)
            }
            _ => Err(MessageError::Stale),
        }
    }

    /// Routes a message of a height: to the slot of the current one, to the store of the next one.
    fn on_slot_message(&mut self, verified: Verified<A::Format>) -> Result<(), MessageError> {
        let Verified { received, content } = verified;
        let (from, signature) = (received.message.from, received.message.signature);
        let (height, current) = (received.message.body.height_and_view().0, self.chain.height());
        self.sync.heights.report(from, height);
        if height < current {
            return self.on_outdated(&received);
        }
        if height > current {
            // A proposal is its leader's only one, valid or not.
            let is_proposal = matches!(received.message.body, Body::PrePrepare { .. });
            content.map(drop).or_else(|e| if is_proposal { Ok(()) } else { Err(e) })?;
            self.on_premature(received, height);
            return Ok(());
        }
        let (agreement, mut context) = self.agreement();
        if let Body::PrePrepare { .. } | Body::NewView { .. } = &received.message.body {
            agreement.record_proposal(&received, &mut context)?;
        }
        match (&received.message.body, content?) {
            (Body::PrePrepare { .. } | Body::NewView { .. }, Content::Value(candidate)) => {
                agreement.on_proposal(&received, 0, *candidate, &mut context)
            }
            (Body::Vote { vote, .. }, _) => {
                agreement.slot.check_window(vote.view)?;
                let signed = received.signed();
                agreement.step(Event::Statement { signer: from, signed }, &mut context);
                Ok(())
            }
            (Body::PartialCertificate(partial) | Body::LateVotes(partial), _) => {
                agreement.on_group_votes(from, partial, &mut context)
            }
            (Body::Certificate(certificate), _) => {
                agreement.step(Event::Certificate(certificate.clone()), &mut context);
                Ok(())
            }
            (Body::ViewChange { change, certificate }, _) => {
                let signed = SignedViewChange { from, signature, change: *change };
                self.on_view_change(signed, certificate.clone())
            }
            _ => Err(MessageError::Stale),
        }
    }

    /// Sends this replica's height to a member whose view change is for a decided height.
    fn on_outdated(&mut self, received: &Received) -> Result<(), MessageError> {
        let Received { peer, message, .. } = received;
        match message.body {
            Body::ViewChange { .. } if *peer == message.from => {
                self.transfer().on_status(*peer, true)
            }
            _ => Err(MessageError::Stale),
        }
    }

    /// Keeps a message of the next height, whose sender has decided this one.
    fn on_premature(&mut self, received: Received, height: u64) {
        if let Body::Certificate(_) = &received.message.body {
            // Of its `Q` signers one is honest, and votes only after it has decided all lower
            // heights.
            self.sync.heights.prove(height);
        }
        if height == self.chain.height() + 1 {
            let leader = self.out.topology(height, 0).leader();
            self.next_height.store(received, leader);
        }
        self.transfer().fetch_decisions();
    }

    fn on_view_change(
        &mut self,
        signed: SignedViewChange,
        certificate: Option<Certificate>,
    ) -> Result<(), MessageError> {
        if signed.change.view == 0 || signed.change.view > MAX_VIEW {
            return Err(MessageError::TooFarAhead);
        }
        self.agree(Event::ViewChange { signed, certificate });
        Ok(())
    }

    fn on_transfer_message(&mut self, verified: Verified<A::Format>) -> Result<(), MessageError> {
        let Verified { received: Received { peer, message, .. }, content } = verified;
        let from = message.from;
        match (message.body, content?) {
            (Body::FetchValue { height, digest }, _) if peer == from => {
                self.on_fetch_value(peer, height, &digest)
            }
            (Body::Value { .. }, Content::Value(candidate)) => {
                let (agreement, mut context) = self.agreement();
                agreement.on_value(*candidate, &mut context)
            }
            (Body::FetchDecisions { height, count }, _) => {
                self.sync.heights.report(from, height);
                if peer != from {
                    return Err(MessageError::Stale);
                }
                self.transfer().send_decisions(peer, height, count)
            }
            (Body::Decisions(decisions), _) => {
                self.sync.window.store(peer, decisions);
                self.transfer().fetch_decisions();
                Ok(())
            }
            (Body::Status { height, reply }, _) => {
                self.sync.heights.report(from, height);
                self.transfer().on_status(peer, reply && peer == from)
            }
            _ => Err(MessageError::Stale),
        }
    }

    fn on_fetch_value(
        &mut self,
        peer: ReplicaId,
        height: u64,
        digest: &Digest,
    ) -> Result<(), MessageError> {
        if height < self.chain.height() {
            return self.transfer().send_decisions(peer, height, 1);
        }
        let held = self.agreement.value(digest).filter(|_| height == self.chain.height());
        let value = held.ok_or(MessageError::Stale)?.to_vec();
        self.transfer().send_value(peer, height, &value)
    }
}
