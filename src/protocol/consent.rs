//! Consent: the checks that a patient performs before signing a record.
#![forbid(unsafe_code)]

use super::binding::{
    Envelope, Origin, SectionKey, WrappedKeyBinding, condition_tag, object_digest,
};
use super::locate::locate;
use super::publish::record_of;
use super::seal::SealedSection;
use super::{
    EpochPolicies, Item, Opened, Patient, Policies, ProtocolError, Refusal, SealedRecord,
    SearchTerm,
};
use crate::abe::{self, fabeo::batch_verify_consistency};
use crate::algebra::codec::Canonical;
use crate::ledger::{Draft, RecordAction, SectionDigests, Time};
use crate::pre::conditional::{self, Ciphertext};
use crate::record::{Assembly, AssemblyError};
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
    /// 5. The key wrapped for the patient names the envelope and a class. The section's condition
    ///    tag is that of the class and its current policy.
    /// 6. The key wrapped for the policy uses this policy, and all authorised users derive the same
    ///    key.
    /// 7. The key wrapped for the patient decrypts the section's ciphertext. The sections cover
    ///    every byte of the record, each once.
    /// 8. The envelope lists the ciphertexts whose digests are in the record.
    /// 9. The patient finds the record by its index.
    ///
    /// The patient then knows the classes of the sections ([`Patient::class_of`]).
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn consent(
        &mut self,
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
        let keys = self.unwrap_keys(record, sealed)?;
        self.check_tags(record, &keys, &current.policies)?;
        verify_wrapped_for_policy(sealed, &keys, current)?;
        check_ciphertexts(record, sealed, &keys)?;
        check_envelope(record, sealed)?;
        self.check_index(record)?;
        self.learn(record, &keys);
        Ok(draft.sign(&owner))
    }

    /// Unwraps the keys wrapped for the patient after a check of their public tags.
    fn unwrap_keys(
        &self,
        record: &RecordAction,
        sealed: &SealedRecord,
    ) -> Result<Vec<SectionKey>, ProtocolError> {
        let bind = |(index, section): (u8, &SealedSection)| {
            let wrapped_key = Ciphertext::from_bytes(&section.wrapped_for_patient.bytes)
                .map_err(|error| ProtocolError::Decode(Item::WrappedForPatient, error))?;
            Ok((WrappedKeyBinding::of(record, index), wrapped_key))
        };
        let bound = (0..).zip(&sealed.sections).map(bind);
        let bound = bound.collect::<Result<Vec<_>, ProtocolError>>()?;
        let unverified: Vec<_> = bound.iter().map(|(binding, key)| binding.with(key)).collect();
        for verdict in Ciphertext::batch_verify(&unverified) {
            verdict?;
        }
        let unwrap = |(binding, wrapped_key): &(WrappedKeyBinding, Ciphertext)| {
            let key = conditional::open(&self.pre, &binding.condition, &binding.ad, wrapped_key)?;
            let key = SectionKey::from_bytes(&key)
                .map_err(|error| ProtocolError::Decode(Item::WrappedForPatient, error))?;
            if object_digest(&store::cid_of_digest(&key.envelope)) == record.envelope {
                Ok(key)
            } else {
                Err(ProtocolError::DigestMismatch(Item::WrappedEnvelopeName))
            }
        };
        bound.iter().map(unwrap).collect()
    }

    /// Checks that each condition tag is that of the section's class and its current policy.
    fn check_tags(
        &self,
        record: &RecordAction,
        keys: &[SectionKey],
        policies: &Policies,
    ) -> Result<(), Refusal> {
        let pseudonym = self.pseudonym(&record.author, record.epoch);
        let is_current = |(section, key): (&SectionDigests, &SectionKey)| {
            section.tag == condition_tag(&pseudonym, key.class, policies.of(key.class))
        };
        let all_current = record.sections.iter().zip(keys).all(is_current);
        if all_current { Ok(()) } else { Err(Refusal::OutdatedPolicy) }
    }

    fn check_index(&self, record: &RecordAction) -> Result<(), Refusal> {
        let trapdoors = self.trapdoors(&[record], &[SearchTerm::everything()]);
        locate(record, &trapdoors).map(|_| ()).ok_or(Refusal::NotSearchable)
    }

    /// Stores the classes of a record's sections.
    pub(super) fn learn(&mut self, record: &RecordAction, keys: &[SectionKey]) {
        let learnt = record.sections.iter().zip(keys);
        self.classes.extend(learnt.map(|(section, key)| (section.tag, key.class)));
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
    keys: &[SectionKey],
    current: &EpochPolicies,
) -> Result<(), ProtocolError> {
    let decode = |section: &SealedSection| {
        <abe::Ciphertext>::from_bytes(&section.wrapped_for_policy.bytes)
            .map_err(|error| ProtocolError::Decode(Item::WrappedForPolicy, error))
    };
    let wrapped_keys = sealed.sections.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let is_current = |(wrapped_key, key): (&abe::Ciphertext, &SectionKey)| {
        wrapped_key.header().policy() == current.policies.of(key.class)
    };
    if !wrapped_keys.iter().zip(keys).all(is_current) {
        return Err(Refusal::OutdatedPolicy.into());
    }
    let headers: Vec<_> = wrapped_keys.iter().map(|key| key.header().cpa()).collect();
    batch_verify_consistency(&headers).into_iter().try_for_each(|verdict| Ok(verdict?))
}

/// Decrypts all sections and checks that they cover the record, each byte once.
fn check_ciphertexts(
    record: &RecordAction,
    sealed: &SealedRecord,
    keys: &[SectionKey],
) -> Result<(), ProtocolError> {
    let mut output = Discard;
    let length = keys.first().map_or(0, |key| key.length);
    let mut assembly = Assembly::new(&mut output, length);
    for ((index, section), key) in (0..).zip(&sealed.sections).zip(keys) {
        if key.length != length {
            return Err(ProtocolError::Assembly(AssemblyError::Length));
        }
        if store::cid_of(&mut section.ciphertext()?)? != section.name {
            return Err(ProtocolError::DigestMismatch(Item::Ciphertext));
        }
        let ad = Origin::of(record).section_ad(index);
        let mut ciphertext = section.ciphertext()?;
        dem::open_stream(&key.content_key, &ad, &mut ciphertext, &mut assembly.section())?;
    }
    let coverage = assembly.finish()?;
    Opened { coverage, classes: Vec::new() }.require_complete().map(|_| ())
}

/// Checks that the envelope matches its name and lists the ciphertexts of the record.
fn check_envelope(record: &RecordAction, sealed: &SealedRecord) -> Result<(), ProtocolError> {
    let envelope = Envelope::from_bytes(&sealed.envelope.bytes).ok();
    let fits = envelope.is_some_and(|e| sealed.envelope.is_consistent() && e.fits(record));
    if fits { Ok(()) } else { Err(ProtocolError::DigestMismatch(Item::Envelope)) }
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
