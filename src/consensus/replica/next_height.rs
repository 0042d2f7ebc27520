//! Messages of the next height, which arrive before this height is decided here.
//!
//! Of each member, one vote per phase, one view change and one group's votes per phase are stored.
//! The leader's proposal and the certificates of the two phases are held once. The signatures of
//! the messages and their certificates are verified. A proposal is stored whether its value is
//! valid or not: it is the leader's only one. Values stay encoded.
#![forbid(unsafe_code)]

use crate::consensus::ReplicaId;
use crate::consensus::config::ENTRY;
use crate::consensus::gate::Received;
use crate::consensus::wire::{Body, Message, Phase};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposal,
    Vote(Phase, ReplicaId),
    GroupVotes(Phase, ReplicaId),
    Certificate(Phase),
    ViewChange(ReplicaId),
}

/// Messages of the next height whose signatures are verified.
#[derive(Debug, Clone, Default)]
pub(super) struct NextHeight(BTreeMap<Kind, Received>);

impl NextHeight {
    /// The kind under which a message is stored, if it is. `leader` leads view 0 of that height.
    /// The first proposal and vote, and the view change and certificate of the highest view stay.
    fn kind(&self, message: &Message, leader: ReplicaId) -> Option<Kind> {
        let (from, view) = (message.from, message.body.height_and_view().1);
        let kind = match &message.body {
            Body::PrePrepare { .. } if from == leader => Kind::Proposal,
            Body::Vote { vote, .. } if view == 0 => Kind::Vote(vote.phase, from),
            Body::PartialCertificate(partial) if view == 0 => Kind::GroupVotes(partial.phase, from),
            Body::Certificate(certificate) => Kind::Certificate(certificate.phase),
            Body::ViewChange { .. } => Kind::ViewChange(from),
            _ => return None,
        };
        let known = self.0.get(&kind).map(|known| known.message.body.height_and_view().1);
        known.is_none_or(|known| known < view).then_some(kind)
    }

    /// Returns `true` if [`Self::store`] stores a message once it is verified.
    pub(super) fn stores(&self, message: &Message, leader: ReplicaId) -> bool {
        self.kind(message, leader).is_some()
    }

    /// Stores a message, if it is of a kind that is stored and not known.
    pub(super) fn store(&mut self, received: Received, leader: ReplicaId) {
        if let Some(kind) = self.kind(&received.message, leader) {
            self.0.insert(kind, received);
        }
    }

    /// Takes the messages: proposals first, then votes, certificates and view changes.
    pub(super) fn take(&mut self) -> Vec<Received> {
        std::mem::take(&mut self.0).into_values().collect()
    }

    /// The bytes of the messages.
    pub(super) fn bytes(&self) -> usize {
        self.0.values().map(|received| received.message.body.variable_bytes() + ENTRY).sum()
    }
}
