//! The decision, before any signature is verified, whether a message is of use.
#![forbid(unsafe_code)]

use super::{Replica, requests};
use crate::consensus::gate::{Load, Received};
use crate::consensus::mempool::Origin;
use crate::consensus::wire::Body;
use crate::consensus::{Application, MessageError};
use std::collections::BTreeSet;

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
    /// Decides before any signature is verified whether a message is of use. Marks the requests
    /// whose signatures need not be verified.
    pub(super) fn screen(&self, received: &mut Received) -> Result<Interest, MessageError> {
        let Received { message, statement, .. } = &*received;
        let (from, current) = (message.from, self.chain.height());
        let (height, view) = message.body.height_and_view();
        let certified = |phase| self.agreement.slot.is_certified(phase, view);
        let useful = match &message.body {
            _ if from == self.out.id => false,
            Body::Request(_) | Body::Batch(_) | Body::CertifiedBatch { .. } => {
                return self.screen_requests(received);
            }
            Body::BatchVote { .. } => self.batches.is_open(),
            Body::FetchValue { .. } | Body::FetchDecisions { .. } | Body::Status { .. } => true,
            Body::Value { .. } => height == current && self.agreement.awaits_value(),
            Body::Decisions(decisions) => {
                let first = decisions.first().map_or(0, |first| first.certificate.height);
                self.sync.window.expects(first)
            }
            _ if height > current + 1 => return Ok(Interest::Height),
            Body::PrePrepare { .. } | Body::NewView { .. }
                if height >= current && from != self.out.topology(height, view).leader() =>
            {
                return Err(MessageError::Unauthorised);
            }
            _ if height == current + 1 => {
                let leader = self.out.topology(height, 0).leader();
                let stored = self.next_height.stores(message, leader);
                return Ok(if stored { Interest::Whole } else { Interest::Height });
            }
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

    /// A batch is of use only from the primary of this replica's group, a certified one only from
    /// a member of the group that certifies it. The requests of each must fit one
    /// value.
    fn screen_requests(&self, received: &mut Received) -> Result<Interest, MessageError> {
        let (from, config) = (received.message.from, &self.out.config);
        let topology = self.out.topology(self.chain.height(), self.agreement.slot.view());
        let body = &received.message.body;
        let expected = match body {
            Body::Batch(_) => {
                let primary = config.group_primary(self.out.id, topology.view);
                topology.is_tree() && primary == Some(from)
            }
            Body::CertifiedBatch { certificate, .. } => {
                let group = config.group_of(from).map(|group| group.number);
                topology.is_tree() && group == Some(certificate.group)
            }
            _ => true,
        };
        if !expected {
            return Err(MessageError::Stale);
        }
        let (single, origin) = (matches!(body, Body::Request(_)), Origin::Peer(received.peer));
        let mut useful = matches!(body, Body::Batch(_));
        let (mut load, mut inadmissible) = (Load::default(), BTreeSet::new());
        for (index, request) in body.requests().iter().enumerate() {
            match requests::screen(&self.gate, &self.pool, &self.chain, request, origin) {
                Ok((request, _)) => {
                    let sum = load.with(request.bytes.len(), request.price.cost, &config.limits());
                    load = sum.ok_or(MessageError::Capacity)?;
                    useful = true;
                }
                Err(MessageError::Stale) => {}
                // A request of a batch may have been delivered in the meantime, or its payer's
                // share be used up.
                Err(MessageError::Rejected(_) | MessageError::PoolFull) if !single => {
                    inadmissible.insert(index);
                }
                Err(error) => return Err(error),
            }
        }
        received.inadmissible = inadmissible;
        Ok(if useful { Interest::Whole } else { Interest::None })
    }
}
