//! Consent: the checks that a patient performs before signing a record.
#![forbid(unsafe_code)]

use super::binding::{
    Envelope, Origin, SectionKey, WrappedKeyBinding, object_digest, policy_digest,
};
use super::locate::locate;
use super::publish::record_of;
use super::seal::SealedSection;
use super::{
    EpochPolicies, Item, Opened, Patient, ProtocolError, Refusal, SealedRecord, SearchTerm,
};
use crate::abe::{self, fabeo::batch_verify_consistency};
use crate::algebra::codec::Canonical;
use crate::ledger::{Draft, RecordAction, Time};
use crate::pre::conditional::{self, Ciphertext};
use crate::record::Assembly;
use crate::sign::{Signature, SigningKey};
use crate::{dem, store};
use std::io::{self, Seek, SeekFrom, Write};

impl Patient {
    /// Signs a record after the following checks, in this order:
    ///
    /// 1. The owner of the record is the patient's owner key for the author and epoch.
    /// 2. The epoch is that of `now`, or its tolerance has not passed, and the transaction expires
    ///    with it.
    /// 3. The record has the digests of the sealed record.
    /// 4. In every section, the key wrapped for the patient has a valid public tag. Without it, no
    ///    proxy re-encrypts.
    /// 5. The key wrapped for the policy uses the current policy, whose digest is in the record,
    ///    and all authorised users derive the same key.
    /// 6. The key wrapped for the patient names the envelope and decrypts the section's ciphertext.
    ///    The sections cover every byte of the record, each once.
    /// 7. The envelope lists the ciphertexts whose digests are in the record.
    /// 8. The patient finds the record by its index.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn consent(
        &self,
        draft: &Draft,
        sealed: &SealedRecord,
        current: &EpochPolicies,
        now: Time,
    ) -> Result<Signature, ProtocolError> {
        let record = record_of(draft)?;
        let owner = self.owner_key(&record.author, record.epoch);
        check_owner(record, &owner)?;
        record.check_epoch(draft.valid_until, now)?;
        check_digests(record, sealed)?;
        let wrapped_keys = self.verify_wrapped_for_patient(record, sealed)?;
        verify_wrapped_for_policy(sealed, current)?;
        let envelope = decode_envelope(sealed)?;
        self.check_ciphertexts(record, sealed, envelope.length, &wrapped_keys)?;
        check_envelope(record, &envelope)?;
        self.check_index(record)?;
        Ok(draft.sign(&owner))
    }

    fn verify_wrapped_for_patient(
        &self,
        record: &RecordAction,
        sealed: &SealedRecord,
    ) -> Result<Vec<(WrappedKeyBinding, Ciphertext)>, ProtocolError> {
        let bind = |(digests, section): (_, &SealedSection)| {
            let wrapped_key = Ciphertext::from_bytes(&section.wrapped_for_patient.bytes)
                .map_err(|error| ProtocolError::Decode(Item::WrappedForPatient, error))?;
            Ok((WrappedKeyBinding::of(record, digests), wrapped_key))
        };
        let sections = record.sections.iter().zip(&sealed.sections);
        let bound = sections.map(bind).collect::<Result<Vec<_>, ProtocolError>>()?;
        let unverified: Vec<_> = bound.iter().map(|(binding, key)| binding.with(key)).collect();
        for verdict in Ciphertext::batch_verify(&unverified) {
            verdict?;
        }
        Ok(bound)
    }

    fn check_ciphertexts(
        &self,
        record: &RecordAction,
        sealed: &SealedRecord,
        length: u64,
        wrapped_keys: &[(WrappedKeyBinding, Ciphertext)],
    ) -> Result<(), ProtocolError> {
        let mut output = Discard;
        let mut assembly = Assembly::new(&mut output, length);
        for (section, (binding, wrapped_key)) in sealed.sections.iter().zip(wrapped_keys) {
            let key = conditional::open(&self.pre, &binding.condition, &binding.ad, wrapped_key)?;
            let key = SectionKey::from_bytes(&key)
                .map_err(|error| ProtocolError::Decode(Item::WrappedForPatient, error))?;
            if object_digest(&store::cid_of_digest(&key.envelope)) != record.envelope {
                return Err(ProtocolError::DigestMismatch(Item::WrappedEnvelopeName));
            }
            if store::cid_of(&mut section.ciphertext()?)? != section.name {
                return Err(ProtocolError::DigestMismatch(Item::Ciphertext));
            }
            let ad = Origin::of(record).section_ad(section.class);
            let mut ciphertext = section.ciphertext()?;
            dem::open_stream(&key.content_key, &ad, &mut ciphertext, &mut assembly.section())?;
        }
        let coverage = assembly.finish()?;
        Opened { coverage, classes: Vec::new() }.require_complete().map(|_| ())
    }

    fn check_index(&self, record: &RecordAction) -> Result<(), Refusal> {
        let trapdoors = self.trapdoors(&[record], &[SearchTerm::everything()]);
        locate(record, &trapdoors).map(|_| ()).ok_or(Refusal::NotSearchable)
    }
}

fn check_owner(record: &RecordAction, owner: &SigningKey) -> Result<(), Refusal> {
    if record.owner == owner.verifying_key() { Ok(()) } else { Err(Refusal::OtherOwnerKey) }
}

fn check_digests(record: &RecordAction, sealed: &SealedRecord) -> Result<(), ProtocolError> {
    if record.sections == sealed.digests() && record.record_id == sealed.record_id {
        Ok(())
    } else {
        Err(ProtocolError::DigestMismatch(Item::SealedRecord))
    }
}

/// Checks the keys wrapped for the policy, with public values only.
fn verify_wrapped_for_policy(
    sealed: &SealedRecord,
    current: &EpochPolicies,
) -> Result<(), ProtocolError> {
    let decode = |section: &SealedSection| {
        <abe::Ciphertext>::from_bytes(&section.wrapped_for_policy.bytes)
            .map_err(|error| ProtocolError::Decode(Item::WrappedForPolicy, error))
    };
    let wrapped_keys = sealed.sections.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    for (section, wrapped_key) in sealed.sections.iter().zip(&wrapped_keys) {
        let policy = current.policies.of(section.class);
        if wrapped_key.header().policy() != policy {
            return Err(Refusal::OutdatedPolicy.into());
        }
        if policy_digest(policy) != section.policy {
            return Err(ProtocolError::DigestMismatch(Item::Policy));
        }
    }
    let headers: Vec<_> = wrapped_keys.iter().map(|key| key.header().cpa()).collect();
    batch_verify_consistency(&headers).into_iter().try_for_each(|verdict| Ok(verdict?))
}

/// Decodes the envelope, whose bytes must match its name.
fn decode_envelope(sealed: &SealedRecord) -> Result<Envelope, ProtocolError> {
    let envelope = Envelope::from_bytes(&sealed.envelope.bytes).ok();
    let envelope = envelope.filter(|_| sealed.envelope.is_consistent());
    envelope.ok_or(ProtocolError::DigestMismatch(Item::Envelope))
}

fn check_envelope(record: &RecordAction, envelope: &Envelope) -> Result<(), ProtocolError> {
    let mismatch = ProtocolError::DigestMismatch(Item::Envelope);
    if envelope.fits(record) { Ok(()) } else { Err(mismatch) }
}

/// An output that keeps nothing: the patient checks the assembly without storing the plaintext.
struct Discard;

impl Write for Discard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Discard {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}
