//! Restoration of a slot from the statements that its member made durable.
#![forbid(unsafe_code)]

use super::Slot;
use crate::consensus::Digest;
use crate::consensus::rules::{Position, Rules};
use crate::consensus::wire::{
    Certificate, Phase, SignedStatement, SignedViewChange, Statement, Vote,
};
use crate::sign::Signature;

impl<R: Rules> Slot<R> {
    /// Restores a vote that this member cast before a restart.
    pub(crate) fn restore_vote(&mut self, signature: Signature, vote: Vote) {
        let statement = Statement::vote(self.height, vote);
        self.vote_set.add(self.me, SignedStatement { statement, signature });
        if vote.phase == Phase::Prepare && vote.view >= self.position.view {
            self.position = Position { view: vote.view, awaiting_new_view: false };
            self.accepted = Some(vote.digest);
        }
    }

    /// Restores a value that the application has verified.
    pub(crate) fn restore_value(&mut self, digest: Digest) {
        self.available.insert(digest);
    }

    /// Restores the lock.
    pub(crate) fn restore_lock(&mut self, certificate: Certificate) {
        self.certified.insert((certificate.phase, certificate.view));
        self.lock = Some(certificate);
    }

    /// Restores a view change that this member sent.
    pub(crate) fn restore_view_change(&mut self, signed: SignedViewChange) {
        self.position = Position { view: signed.change.view, awaiting_new_view: true };
        self.accepted = None;
        if let Some(lock) = self.lock.clone().filter(|_| signed.change.prepared.is_some()) {
            self.reported.insert(lock.view, lock);
        }
        self.changes.insert(self.me, signed);
    }
}
