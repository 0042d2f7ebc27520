//! Recovery after a crash: a replica is rebuilt from the entries that it made durable.
//!
//! Every statement by which a replica binds itself is an entry before it is sent: its proposals,
//! votes, locks and view changes, and the values for which it votes. A restarted replica therefore
//! never contradicts a statement that another member may have received. Pending requests are not
//! durable: their clients have not been answered.
#![forbid(unsafe_code)]

use super::Replica;
use crate::consensus::config::Config;
use crate::consensus::gate::{Gate, Received};
use crate::consensus::slot::MAX_VIEW;
use crate::consensus::wire::{Body, Decision, Entry, Message, SignedViewChange};
use crate::consensus::{Application, Effect, MessageError, ReplicaId};
use crate::sign::SigningKey;
use std::sync::Arc;
use thiserror::Error;

/// The reason why a log does not restore a replica.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The id is not in the roster with this key.
    #[error("the roster has no member {0} with the public key of this signing key")]
    Member(ReplicaId),
    /// An entry is not valid, or does not fit those before it.
    #[error("entry {index} of the log is not valid: {reason}")]
    Entry {
        /// The position of the entry, from 0.
        index: usize,
        /// The reason.
        reason: MessageError,
    },
}

impl<A: Application> Replica<A> {
    /// Rebuilds a replica at time `now` from its application and the log of the entries since.
    /// Returns it with the effects that the driver performs first: timers, and messages that may
    /// not have been sent. Decided values are not delivered again.
    ///
    /// The log is trusted to be complete: without an entry, the replica may contradict it.
    /// Decisions that the application lacks are executed without verification. Cost: their
    /// execution; for the current height the decoding of its values, and one verification per
    /// signature.
    ///
    /// # Errors
    /// [`RestoreError`] if the member is unknown, or an entry is not valid.
    pub fn restore(
        config: Arc<Config>,
        id: ReplicaId,
        key: SigningKey,
        application: A,
        entries: impl IntoIterator<Item = Entry>,
        now: u64,
    ) -> Result<(Self, Vec<Effect>), RestoreError> {
        let gate = Gate::new(config.clone(), application.format());
        let replica = Self::with_gate(config, id, key, application, gate);
        replica.ok_or(RestoreError::Member(id))?.restored(entries, now)
    }

    /// Restores a new replica.
    pub(crate) fn restored(
        mut self,
        entries: impl IntoIterator<Item = Entry>,
        now: u64,
    ) -> Result<(Self, Vec<Effect>), RestoreError> {
        for (index, entry) in entries.into_iter().enumerate() {
            let restored = self.restore_entry(entry);
            restored.map_err(|reason| RestoreError::Entry { index, reason })?;
        }
        self.out.now = now;
        let (agreement, mut context) = self.agreement();
        agreement.accept_own_proposal(&mut context);
        agreement.answer_lock(&mut context);
        self.transfer().schedule_comparison();
        let effects = self.finish_step();
        Ok((self, effects))
    }

    fn restore_entry(&mut self, entry: Entry) -> Result<(), MessageError> {
        let current = self.chain.height();
        check_view(&entry)?;
        match entry {
            // The application has executed it.
            Entry::Decision(decision) if decision.certificate.height < current => {}
            Entry::Decision(decision) => return self.restore_decision(decision),
            Entry::Proposal(message) if message.body.height_and_view().0 == current => {
                self.check_own(&message)?;
                self.agreement.restore_proposal(message);
            }
            Entry::Value { height, value } if height == current => {
                let candidate = self.gate.decode_value(&value)?;
                self.agreement.restore_value(candidate);
            }
            Entry::Vote { height, vote, signature } if height == current => {
                let message =
                    Message { from: self.out.id, signature, body: Body::Vote { height, vote } };
                self.check_own(&message)?;
                self.agreement.slot.restore_vote(signature, vote);
            }
            Entry::Lock(certificate) if certificate.height == current => {
                self.gate.certificate(&certificate)?;
                self.agreement.slot.restore_lock(certificate);
            }
            Entry::ViewChange(signed) if signed.change.height == current => {
                let SignedViewChange { from, signature, change } = signed;
                let body = Body::ViewChange { change, certificate: None };
                self.check_own(&Message { from, signature, body })?;
                self.agreement.restore_view_change(signed);
            }
            // An entry of a height that was decided by state transfer in between.
            _ => {}
        }
        Ok(())
    }

    fn restore_decision(&mut self, decision: Decision) -> Result<(), MessageError> {
        let (candidate, certificate) =
            (self.gate.decode_value(&decision.value)?, &decision.certificate);
        if (certificate.height, certificate.digest) != (self.chain.height(), candidate.digest) {
            return Err(MessageError::CertificateMismatch);
        }
        self.start_height(self.chain.height() + 1);
        self.chain.apply(candidate, &decision);
        Ok(())
    }

    /// Checks that this replica has signed a message.
    fn check_own(&self, message: &Message) -> Result<(), MessageError> {
        let received = Received::new(self.out.id, message.clone());
        match message.from == self.out.id {
            true => self.gate.verify_signature(&received),
            false => Err(MessageError::Signature),
        }
    }
}

/// Checks that a view can be incremented.
fn check_view(entry: &Entry) -> Result<(), MessageError> {
    let view = match entry {
        Entry::Proposal(message) => message.body.height_and_view().1,
        Entry::Vote { vote, .. } => vote.view,
        Entry::Lock(certificate) => certificate.view,
        Entry::ViewChange(signed) => signed.change.view,
        Entry::Value { .. } | Entry::Decision(_) => 0,
    };
    if view <= MAX_VIEW { Ok(()) } else { Err(MessageError::TooFarAhead) }
}
