//! A replica that comes back: rebuilt from the entries that it made durable.
//!
//! Every statement by which a replica binds itself is an entry before it is sent: its proposals,
//! votes, locks and view changes, and the values for which it votes. A restarted replica therefore
//! never contradicts a statement that another member may have received. Pending requests are not
//! durable: their clients have not been answered.
#![forbid(unsafe_code)]

use super::Replica;
use crate::consensus::config::Config;
use crate::consensus::gate::Gate;
use crate::consensus::wire::{Body, Decision, Entry};
use crate::consensus::{Application, Effect, MessageError, ReplicaId};
use crate::sign::SigningKey;
use std::sync::Arc;
use thiserror::Error;

/// The reason why a log does not restore a replica.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The id is not in the roster with this key.
    #[error("the roster has no member with this number and key")]
    Member,
    /// An entry does not fit those before it.
    #[error("entry {index} of the log is not valid: {reason}")]
    Entry {
        /// The position of the entry, from 0.
        index: usize,
        /// The reason.
        reason: MessageError,
    },
}

impl<A: Application> Replica<A> {
    /// Rebuilds a replica from its log and the application's state before the first decision.
    ///
    /// The effects of its next step retransmit what may not have been sent.
    ///
    /// # Errors
    /// [`RestoreError`] if the member is unknown or the log is not that of a replica.
    pub fn restore(
        config: Arc<Config>,
        id: ReplicaId,
        key: SigningKey,
        application: A,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, RestoreError> {
        let gate = Gate::new(config.clone(), application.format());
        Self::restore_with_gate(config, id, key, application, gate, entries)
    }

    pub(crate) fn restore_with_gate(
        config: Arc<Config>,
        id: ReplicaId,
        key: SigningKey,
        application: A,
        gate: Gate<A::Format>,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, RestoreError> {
        let replica = Self::with_gate(config, id, key, application, gate);
        let mut replica = replica.ok_or(RestoreError::Member)?;
        for (index, entry) in entries.into_iter().enumerate() {
            let restored = replica.restore_entry(entry);
            restored.map_err(|reason| RestoreError::Entry { index, reason })?;
        }
        replica.resume();
        Ok(replica)
    }

    fn restore_entry(&mut self, entry: Entry) -> Result<(), MessageError> {
        let current = self.chain.height();
        match entry {
            Entry::Decision(decision) => return self.restore_decision(decision),
            Entry::Proposal(message) if message.body.height_and_view().0 == current => {
                self.agreement.restore_proposal(message);
            }
            Entry::Value { height, value } if height == current => {
                let mut candidate = self.gate.decode_value(&value)?;
                self.chain.verify(&mut candidate, None)?;
                self.agreement.restore_value(candidate);
            }
            Entry::Vote { height, vote } if height == current => {
                let message = self.out.sign(Body::Vote { height, vote });
                self.agreement.slot.restore_vote(message.signature, vote);
            }
            Entry::Lock(certificate) if certificate.height == current => {
                self.agreement.slot.restore_lock(certificate);
            }
            Entry::ViewChange(signed) if signed.change.height == current => {
                self.agreement.restore_view_change(signed);
            }
            // An entry of a height that was decided by state transfer in between.
            _ => {}
        }
        Ok(())
    }

    fn restore_decision(&mut self, decision: Decision) -> Result<(), MessageError> {
        let Decision { value, certificate } = decision;
        let candidate = self.gate.decode_value(&value)?;
        if (certificate.height, certificate.digest) != (self.chain.height(), candidate.digest) {
            return Err(MessageError::CertificateMismatch);
        }
        self.chain.apply(candidate, certificate);
        self.start_height();
        Ok(())
    }

    /// Accepts the own proposal for which no vote is durable, and compares heights with others.
    fn resume(&mut self) {
        let (agreement, mut context) = self.agreement();
        agreement.resume(&mut context);
        self.transfer().schedule_comparison();
    }

    /// The effects of [`Self::restore`]: entries and messages that follow from the log.
    pub fn resumed(&mut self, now: u64) -> Vec<Effect> {
        self.out.now = self.out.now.max(now);
        self.finish_step()
    }
}
