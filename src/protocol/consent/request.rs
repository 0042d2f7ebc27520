//! The request for consent: everything that the patient needs to check a record before it is
//! published, except its ciphertexts.
#![forbid(unsafe_code)]

use crate::abe::KemMessage;
use crate::algebra::codec::{Canonical, sequence};
use crate::algebra::{Rng, Secret};
use crate::consensus::Digest;
use crate::ledger::{Draft, MAX_ENTRIES, RecordAction, Role};
use crate::pre::conditional::Ciphertext;
use crate::protocol::binding::Envelope;
use crate::protocol::publish::record_of;
use crate::protocol::seal::Disclosure;
use crate::protocol::{
    Doctor, Introduction, Item, LedgerView, ProtocolError, Refusal, SealedMessage, SealedRecord,
    SearchTerm,
};
use crate::record::Class;
use crate::sign::VerifyingKey;
use std::fmt;

/// The payload of a request for consent. Secret: with a KEM message, anyone derives the key of the
/// section. The author signs draft and messages together.
#[derive(Clone)]
pub(in crate::protocol) struct ConsentRequest {
    pub(in crate::protocol) draft: Draft,
    pub(in crate::protocol) envelope: Envelope,
    /// The disclosures in order of the record's sections.
    pub(in crate::protocol) sections: Vec<SectionDisclosure>,
    /// The terms in order of the record's index entries.
    pub(in crate::protocol) terms: Vec<SearchTerm>,
    /// SHA-256 of the record.
    pub(in crate::protocol) hash: Secret<Digest>,
}

/// The disclosure about one section. The patient computes the key wrapped for the policy, so it is
/// not transmitted. The one wrapped for the author concerns the author only.
#[derive(Clone)]
pub(in crate::protocol) struct SectionDisclosure {
    pub(in crate::protocol) wrapped_for_patient: Ciphertext,
    pub(in crate::protocol) message: KemMessage,
}

sequence!(Codec for SectionDisclosure { wrapped_for_patient, message });
sequence!(Canonical for ConsentRequest = ConsentRequest {
    draft, envelope, sections: list(Class::ALL.len()), terms: list(MAX_ENTRIES), hash,
});

/// Omits the terms and secrets.
impl fmt::Debug for ConsentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsentRequest").field("draft", &self.draft).finish_non_exhaustive()
    }
}

impl ConsentRequest {
    /// Checks that the sender is the author of the record, and a registered doctor now.
    pub(super) fn check_sender(
        &self,
        sender: &VerifyingKey,
        view: LedgerView<'_>,
    ) -> Result<(), ProtocolError> {
        let record = record_of(&self.draft, view.state.chain())?;
        if record.author != *sender {
            return Err(Refusal::OtherSender.into());
        }
        view.require_party(sender, Role::Doctor, Refusal::UnregisteredAuthor).map(|_| ())
    }
}

impl Doctor {
    /// Requests the patient's consent to a draft: discloses the KEM messages of the sections, the
    /// terms of the index in order of its entries, and the hash of the record. The author signs all
    /// of it and encrypts it to the patient.
    /// [`Patient::consent`](crate::protocol::Patient::consent) answers.
    ///
    /// The messages are erased in `sealed`: they are for one draft, and nobody needs them later. A
    /// request that was lost is sent again as it is; another draft requires another sealing.
    ///
    /// # Errors
    /// [`Refusal::NotRecordDraft`] or [`Refusal::OtherChain`]; [`Refusal::RecordOfAnother`] or
    /// [`Refusal::OtherOwnerKey`] if the draft is another author's or for another patient;
    /// [`ProtocolError::DigestMismatch`] if it is that of another sealed record;
    /// [`Refusal::IndexLength`]; [`ProtocolError::Rule`] if the patient's certificate is not valid
    /// now; [`Refusal::ConsentRequested`] if it is not the first request.
    pub fn request_consent(
        &self,
        view: LedgerView<'_>,
        draft: &Draft,
        sealed: &mut SealedRecord,
        introduction: &Introduction,
        terms: &[SearchTerm],
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedMessage, ProtocolError> {
        let (state, patient) = (view.state, introduction.patient());
        let record = record_of(draft, state.chain())?;
        self.check_draft(record, sealed, introduction, terms)?;
        state.check_certificate(patient, view.now)?;
        let wrapped_keys = sealed.sections.iter().map(|section| {
            Ciphertext::from_bytes(&section.wrapped_for_patient.bytes)
                .map_err(|error| ProtocolError::Decode(Item::WrappedForPatient, error))
        });
        let wrapped_keys = wrapped_keys.collect::<Result<Vec<_>, _>>()?;
        let envelope = Envelope::from_bytes(&sealed.envelope.bytes)
            .map_err(|error| ProtocolError::Decode(Item::Envelope, error))?;
        let disclosure = sealed.disclosure.take().ok_or(Refusal::ConsentRequested)?;
        let Disclosure { messages, plaintext } = disclosure;
        let sections = wrapped_keys.into_iter().zip(messages);
        let sections = sections.map(|(wrapped_for_patient, message)| SectionDisclosure {
            wrapped_for_patient,
            message,
        });
        let request = ConsentRequest {
            draft: draft.clone(),
            envelope,
            sections: sections.collect(),
            terms: terms.to_vec(),
            hash: plaintext.hash,
        };
        self.seal_message(state.chain(), patient, &request, rng)
    }

    /// Checks that a draft publishes this sealed record for this patient.
    fn check_draft(
        &self,
        record: &RecordAction,
        sealed: &SealedRecord,
        introduction: &Introduction,
        terms: &[SearchTerm],
    ) -> Result<(), ProtocolError> {
        if record.author != self.verifying_key() {
            return Err(Refusal::RecordOfAnother.into());
        }
        if record.owner != introduction.owner {
            return Err(Refusal::OtherOwnerKey.into());
        }
        if record.record_id != sealed.record_id || record.sections != sealed.digests() {
            return Err(ProtocolError::DigestMismatch(Item::SealedRecord));
        }
        if record.index.len() != terms.len() {
            return Err(Refusal::IndexLength.into());
        }
        Ok(())
    }
}
