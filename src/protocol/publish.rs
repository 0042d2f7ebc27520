//! Publish: a transaction signed by doctor and institution, with the patient's consent
//! (Qin 3.5.2, Eq. 10; Pang Step 3).
#![forbid(unsafe_code)]

use super::binding::{Origin, SectionKey, WrappedKeyBinding, object_digest, policy_digest};
use super::locate::locate;
use super::seal::SealedSection;
use super::{
    Doctor, Envelope, EpochPolicies, Institution, Introduction, Patient, ProtocolError,
    SealedRecord, SearchTerm,
};
use crate::abe::{self, fabeo::batch_verify_consistency};
use crate::algebra::Rng;
use crate::algebra::codec::Canonical;
use crate::ledger::{Action, Draft, RecordAction, Role, State, Transaction, Validity};
use crate::peks;
use crate::pre::conditional;
use crate::sign::{Signature, VerifyingKey};
use crate::{dem, store};
use std::io;

impl Doctor {
    /// The draft of a record's transaction.
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
            epoch: introduction.epoch,
            envelope: object_digest(&sealed.envelope.0),
            sections: sealed.digests(),
            index,
        };
        Draft::new(validity, Action::Record(record), rng)
    }

    /// Signs as the author and puts the three signatures together.
    pub fn publish(&self, draft: Draft, institution: Signature, consent: Signature) -> Transaction {
        let author = draft.sign(&self.key);
        Transaction { draft, signatures: vec![author, institution, consent] }
    }
}

fn record_of(draft: &Draft) -> Result<&RecordAction, ProtocolError> {
    match &draft.action {
        Action::Record(record) => Ok(record),
        _ => Err(ProtocolError::NotAuthorised("this is no record's transaction")),
    }
}

impl Institution {
    /// Signs a record of a registered doctor that names this institution.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`].
    pub fn countersign(&self, draft: &Draft, state: &State) -> Result<Signature, ProtocolError> {
        let record = record_of(draft)?;
        if record.institution != self.verifying_key() {
            return Err(ProtocolError::NotAuthorised("the record names another institution"));
        }
        match state.party(&record.author) {
            Some(author) if author.role == Role::Doctor => Ok(draft.sign(&self.key)),
            _ => Err(ProtocolError::NotAuthorised("the author is not a registered doctor")),
        }
    }
}

/// From the headers alone, which anyone can do: locked with what the authority publishes now.
fn check_policy_headers(
    sections: &[SealedSection],
    current: &EpochPolicies,
) -> Result<(), ProtocolError> {
    let decode = |section: &SealedSection| {
        <abe::Ciphertext>::from_bytes(section.wrapped_for_policy())
            .map_err(|error| ProtocolError::Decode("the policy lock", error))
    };
    let locks = sections.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    for (section, lock) in sections.iter().zip(&locks) {
        let policy = current.policies.of(section.class());
        if lock.header().policy() != policy {
            return Err(ProtocolError::NotAuthorised(
                "a lock stands under another policy or epoch",
            ));
        }
        if policy_digest(policy) != *section.policy() {
            return Err(ProtocolError::DigestMismatch("the policy of a lock"));
        }
    }
    let headers: Vec<_> = locks.iter().map(|lock| lock.header().cpa()).collect();
    batch_verify_consistency(&headers).into_iter().try_for_each(|verdict| Ok(verdict?))
}

impl Patient {
    /// Consents to a record: only if it stands under her owner key, every one of her locks has a
    /// right tag, opens for her, leads to the envelope and opens its section's ciphertext, every policy
    /// lock stands under today's policy, of which the ledger will hold the digest, and opens alike for all who
    /// satisfy it, the envelope lists the ciphertexts that the ledger will hold the digests of, and the
    /// index lets her find it.
    ///
    /// # Errors
    /// [`ProtocolError`] with what is wrong.
    pub fn consent(
        &self,
        draft: &Draft,
        sealed: &SealedRecord,
        current: &EpochPolicies,
    ) -> Result<Signature, ProtocolError> {
        let record = record_of(draft)?;
        let owner = self.owner_key(&record.author, record.epoch);
        if record.owner != owner.verifying_key() {
            return Err(ProtocolError::NotAuthorised("the record stands under another owner key"));
        }
        if record.sections != sealed.digests() || record.record_id != sealed.record_id {
            return Err(ProtocolError::DigestMismatch("the sealed record"));
        }
        let decode = |section: &SealedSection| {
            conditional::Ciphertext::from_bytes(section.wrapped_for_patient())
                .map_err(|error| ProtocolError::Decode("the patient's lock", error))
        };
        let locks = sealed.sections.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let bind = |section| WrappedKeyBinding::of(record, section);
        let bindings: Vec<WrappedKeyBinding> = record.sections.iter().map(bind).collect();
        let bound: Vec<_> = bindings.iter().zip(&locks).map(|(b, lock)| b.with(lock)).collect();
        // Without a right tag no proxy would touch it, and no grant would be of use.
        for verdict in conditional::Ciphertext::batch_verify(self.pre.public_key(), &bound) {
            verdict?;
        }
        check_policy_headers(&sealed.sections, current)?;
        let sections = record.sections.iter().zip(&sealed.sections);
        for ((digests, section), bound) in sections.zip(bound) {
            let conditional::UnverifiedCiphertext { ciphertext, condition, ad } = bound;
            let key = conditional::open(&self.pre, condition, ad, ciphertext)?;
            let key = SectionKey::from_bytes(&key)
                .map_err(|error| ProtocolError::Decode("the patient's lock", error))?;
            if object_digest(&store::cid_of_digest(&key.envelope)) != record.envelope {
                return Err(ProtocolError::DigestMismatch("the envelope in the patient's lock"));
            }
            if store::cid_of(&mut section.ciphertext()?)? != section.name {
                return Err(ProtocolError::DigestMismatch("the section's ciphertext"));
            }
            let ad = Origin::of(record).section_ad(digests.class);
            dem::open_stream(&key.content_key, &ad, &mut section.ciphertext()?, &mut io::sink())?;
        }
        let listed = Envelope::from_bytes(&sealed.envelope.1)
            .is_ok_and(|envelope| envelope.fits(record) && sealed.is_named_by_content());
        if !listed {
            return Err(ProtocolError::DigestMismatch("the record's envelope"));
        }
        let pseudonym = self.pseudonym(&record.author, record.epoch);
        let trapdoor = peks::trapdoor(&self.peks, &SearchTerm::everything().keyword(&pseudonym));
        match locate(record, &[trapdoor]) {
            Some(_) => Ok(draft.sign(&owner)),
            None => Err(ProtocolError::DigestMismatch("the entry that she finds it by")),
        }
    }
}
