//! The decision, before any signature is verified, whether a message is of use.
#![forbid(unsafe_code)]

use super::{Replica, requests};
use crate::consensus::gate::Received;
use crate::consensus::mempool::Origin;
use crate::consensus::wire::Body;
use crate::consensus::{Application, MessageError, ReplicaId};

/// The extent to which a message must be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interest {
    /// The message changes nothing.
    None,
    /// Only the signer's height is of use.
    Height,
    /// The whole message.
    Whole,
}

impl<A: Application> Replica<A> {
    /// Decides before any signature is verified whether a message is of use.
    pub(super) fn screen(&self, received: &Received) -> Result<Interest, MessageError> {
        let Received { peer, message, statement } = received;
        let (from, current) = (message.from, self.chain.height());
        let (height, view) = message.body.height_and_view();
        let certified = |phase| self.agreement.slot.is_certified(phase, view);
        let useful = match &message.body {
            _ if from == self.out.id => false,
            Body::Request(_) | Body::Batch(_) | Body::CertifiedBatch { .. } => {
                return self.screen_requests(*peer, &message.body);
            }
            Body::BatchVote { .. } => self.batches.is_open(),
            Body::FetchValue { .. } | Body::FetchDecisions { .. } | Body::Status { .. } => true,
            Body::Value { .. } => height == current && self.agreement.awaits_value(),
            Body::Decisions(decisions) => {
                let first = decisions.first().map_or(0, |first| first.certificate.height);
                self.sync.window.expects(first)
            }
            _ if height > current + 1 => return Ok(Interest::Height),
            _ if height == current + 1 => true,
            Body::ViewChange { .. } if height < current => true,
            _ if height < current => false,
            Body::Vote { vote, .. } => {
                let known = self.agreement.slot.vote_set().knows(from, statement);
                !known && self.agreement.slot.vote_set().count(vote) < self.out.config.quorum()
            }
            Body::Certificate(c) => !certified(c.phase),
            Body::PartialCertificate(c) | Body::LateVotes(c) => {
                let unknown =
                    |id| self.agreement.slot.vote_set().signature(&c.vote(), id).is_none();
                !certified(c.phase) && c.signers().any(unknown)
            }
            Body::ViewChange { .. } => {
                let known = self.agreement.slot.change_of(from);
                known.is_none_or(|known| known.change.view < view)
            }
            Body::PrePrepare { .. } | Body::NewView { .. } => {
                !self.agreement.slot.vote_set().knows(from, statement)
            }
        };
        Ok(if useful { Interest::Whole } else { Interest::None })
    }

    fn screen_requests(&self, peer: ReplicaId, body: &Body) -> Result<Interest, MessageError> {
        let requests = match body {
            Body::Request(request) => std::slice::from_ref(request),
            Body::Batch(requests) | Body::CertifiedBatch { requests, .. } => requests,
            _ => return Ok(Interest::None),
        };
        let batch = !matches!(body, Body::Request(_));
        let mut useful = matches!(body, Body::Batch(_));
        for request in requests {
            let origin = Origin::Peer(peer);
            match requests::screen(&self.gate, &self.pool, &self.chain, request, origin) {
                Ok(_) => useful = true,
                Err(MessageError::Stale) => {}
                // A request of a batch may have been delivered in the meantime.
                Err(MessageError::Rejected(_)) if batch => {}
                Err(error) => return Err(error),
            }
        }
        Ok(if useful { Interest::Whole } else { Interest::None })
    }
}
