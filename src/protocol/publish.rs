//! Publication: a transaction signed by author, institution and patient (Qin 3.5.2, Eq. 10; Pang
//! Step 3).
#![forbid(unsafe_code)]

use super::binding::object_digest;
use super::{
    Doctor, Institution, Introduction, Item, LedgerView, ProtocolError, Refusal, SealedRecord,
};
use crate::algebra::Rng;
use crate::algebra::codec::{public_encoding, sequence};
use crate::consensus::Digest;
use crate::ledger::{Action, Draft, RecordAction, Role, Transaction, Validity, epoch_deadline};
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};

/// The signature of an institution or a patient on the draft of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countersignature {
    /// The identifier of the draft's transaction.
    pub transaction: Digest,
    /// The key of the institution, or the patient's owner key.
    pub signer: VerifyingKey,
    /// The signature.
    pub signature: Signature,
}

sequence!(Canonical for Countersignature = Countersignature { transaction, signer, signature });
public_encoding!(Countersignature);

impl Countersignature {
    /// Signs a draft without any check of its content.
    pub fn new(draft: &Draft, key: &SigningKey) -> Self {
        let (transaction, signature) = (draft.id(), draft.sign(key));
        Self { transaction, signer: key.verifying_key(), signature }
    }

    /// Returns the signature of the expected signer on the draft.
    fn verified(
        &self,
        draft: &Draft,
        signer: &VerifyingKey,
    ) -> Result<Signature, InvalidSignature> {
        if self.transaction != draft.id() || self.signer != *signer {
            return Err(InvalidSignature);
        }
        draft.verify(signer, &self.signature).map(|()| self.signature)
    }
}

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
    ///
    /// # Errors
    /// [`Refusal::NotRecordDraft`], [`Refusal::RecordOfAnother`] if another doctor is the author,
    /// or [`ProtocolError::Signature`] if a countersignature is for another draft, by another
    /// signer, or not valid.
    pub fn publish(
        &self,
        draft: Draft,
        institution: &Countersignature,
        consent: &Countersignature,
    ) -> Result<Transaction, ProtocolError> {
        let record = record_of(&draft, &draft.chain)?;
        if record.author != self.verifying_key() {
            return Err(Refusal::RecordOfAnother.into());
        }
        let verified = |countersignature: &Countersignature, signer, item| {
            let signature = countersignature.verified(&draft, signer);
            signature.map_err(|error| ProtocolError::Signature(item, error))
        };
        let institution = verified(institution, &record.institution, Item::Institution)?;
        let consent = verified(consent, &record.owner, Item::Consent)?;
        let author = draft.sign(&self.key);
        Ok(Transaction { draft, signatures: vec![author, institution, consent] })
    }
}

/// Returns the record that a draft for a chain publishes.
pub(super) fn record_of<'a>(draft: &'a Draft, chain: &str) -> Result<&'a RecordAction, Refusal> {
    match &draft.action {
        Action::Record(_) if draft.chain != chain => Err(Refusal::OtherChain),
        Action::Record(record) => Ok(record),
        _ => Err(Refusal::NotRecordDraft),
    }
}

impl Institution {
    /// Signs a draft that names this institution and a registered doctor as the author. The draft
    /// is not authenticated: the author signs after the countersignatures.
    ///
    /// # Errors
    /// [`Refusal::NotRecordDraft`], [`Refusal::OtherChain`], [`Refusal::OtherInstitution`],
    /// [`Refusal::UnregisteredAuthor`], or [`ProtocolError::Rule`] if the author's certificate is
    /// not valid now.
    pub fn countersign(
        &self,
        draft: &Draft,
        view: LedgerView<'_>,
    ) -> Result<Countersignature, ProtocolError> {
        let record = record_of(draft, view.state.chain())?;
        if record.institution != self.verifying_key() {
            return Err(Refusal::OtherInstitution.into());
        }
        view.require_party(&record.author, Role::Doctor, Refusal::UnregisteredAuthor)?;
        Ok(Countersignature::new(draft, &self.key))
    }
}
