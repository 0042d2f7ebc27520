//! Publication: a transaction signed by author, institution and patient (Qin 3.5.2, Eq. 10; Pang
//! Step 3).
#![forbid(unsafe_code)]

use super::binding::object_digest;
use super::{Doctor, Institution, Introduction, LedgerView, ProtocolError, Refusal, SealedRecord};
use crate::algebra::Rng;
use crate::ledger::{Action, Draft, RecordAction, Role, Transaction, Validity, epoch_deadline};
use crate::sign::{Signature, VerifyingKey};

impl Doctor {
    /// Drafts the transaction that publishes a record. It expires with the record's epoch, at the
    /// latest.
    pub fn draft_record(
        &self,
        validity: Validity<'_>,
        sealed: &SealedRecord,
        index: Vec<Vec<u8>>,
        introduction: &Introduction,
        institution: VerifyingKey,
        rng: &mut (impl Rng + ?Sized),
    ) -> Draft {
        let record = RecordAction {
            owner: introduction.owner,
            author: self.verifying_key(),
            institution,
            record_id: sealed.record_id,
            epoch: introduction.epoch(),
            envelope: object_digest(&sealed.envelope.name),
            sections: sealed.digests(),
            index,
        };
        let until = validity.until.min(epoch_deadline(record.epoch));
        Draft::new(Validity { until, ..validity }, Action::Record(record), rng)
    }

    /// Signs as the author and builds the transaction from the three signatures.
    pub fn publish(&self, draft: Draft, institution: Signature, consent: Signature) -> Transaction {
        let author = draft.sign(&self.key);
        Transaction { draft, signatures: vec![author, institution, consent] }
    }
}

/// Returns the record that a draft publishes.
pub(super) fn record_of(draft: &Draft) -> Result<&RecordAction, Refusal> {
    match &draft.action {
        Action::Record(record) => Ok(record),
        _ => Err(Refusal::NotRecordDraft),
    }
}

impl Institution {
    /// Signs a record by a registered doctor that names this institution.
    ///
    /// # Errors
    /// [`Refusal::NotRecordDraft`], [`Refusal::OtherInstitution`], [`Refusal::UnregisteredAuthor`],
    /// or [`ProtocolError::Rule`] if the author's certificate is not valid now.
    pub fn countersign(
        &self,
        draft: &Draft,
        view: LedgerView<'_>,
    ) -> Result<Signature, ProtocolError> {
        let record = record_of(draft)?;
        if record.institution != self.verifying_key() {
            return Err(Refusal::OtherInstitution.into());
        }
        view.require_party(&record.author, Role::Doctor, Refusal::UnregisteredAuthor)?;
        Ok(draft.sign(&self.key))
    }
}
