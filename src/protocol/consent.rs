//! Consent: the checks that a patient performs before signing a record.
#![forbid(unsafe_code)]

mod request;

pub(super) use request::ConsentRequest;
#[cfg(test)]
pub(super) use request::SectionDisclosure;

use super::binding::{Origin, SectionKey, WrappedKeyBinding, condition_tag, object_digest};
use super::index::terms;
use super::locate::entries_match;
use super::pending::scan_sections;
use super::publish::record_of;
use super::seal::name_of;
use super::{
    Countersignature, EpochPolicies, Item, LedgerView, Patient, PendingObjects, Policies,
    ProtocolError, Refusal, SealedMessage, SearchTerm,
};
use crate::algebra::codec::Canonical;
use crate::ledger::{RecordAction, SectionDigests};
use crate::pre::conditional::{self, Ciphertext};
use crate::record::Record;
use crate::sign::SigningKey;
use crate::{abe, store};

impl Patient {
    /// Signs the record of a request for consent after the following checks, in this order:
    ///
    /// 1. The request is for this patient, and its sender is the author of the record, a registered
    ///    doctor with a valid certificate.
    /// 2. The owner of the record is the patient's owner key for the author and epoch.
    /// 3. The epoch is that of the current time, or its tolerance has not passed, and the
    ///    transaction has not expired and expires with the epoch.
    /// 4. In every section, the key wrapped for the patient has a valid public tag. Without it, no
    ///    proxy re-encrypts.
    /// 5. The key wrapped for the patient names the envelope and a class. The section's condition
    ///    tag is that of the class and its current policy.
    /// 6. The key wrapped for the policy is the ciphertext of the patient's key under this policy
    ///    and the disclosed KEM message, so every authorised user opens it to the same key.
    /// 7. The envelope lists the ciphertexts whose digests are in the record.
    /// 8. The sections decrypt, and cover every byte of the record, each once. The record has the
    ///    author's hash.
    /// 9. The terms of the request are the keywords of the record, found by a scan of it, and the
    ///    term that every record has. The index has one entry per term, which matches it and seals
    ///    the location. Classes are not compared: the author may use another table of sensitive
    ///    codes.
    ///
    /// The patient then knows the classes of the sections ([`Patient::class_of`]). The key wrapped
    /// for the author is not checked. Memory is bounded; the record is read once.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn consent(
        &mut self,
        view: LedgerView<'_>,
        message: &SealedMessage,
        ciphertexts: &dyn PendingObjects,
        current: &EpochPolicies,
    ) -> Result<Countersignature, ProtocolError> {
        let chain = view.state.chain();
        let request = self.open_message::<ConsentRequest>(chain, message)?;
        let request = request.authorise(|sender, request| request.check_sender(sender, view))?;
        let record = record_of(&request.draft, chain)?;
        let owner = self.owner_key(&record.author, record.epoch);
        check_owner(record, &owner)?;
        record.check_epoch(request.draft.valid_until, view.now)?;
        if request.draft.valid_until <= view.now {
            return Err(Refusal::ExpiredDraft.into());
        }
        let keys = self.unwrap_keys(record, &request)?;
        self.check_tags(record, &keys, &current.policies)?;
        check_wrapped_for_policy(record, &keys, &request, current)?;
        check_envelope(record, &request)?;
        let (outline, hash) = scan_sections(record, &request.envelope, &keys, ciphertexts)?;
        if hash != request.hash {
            return Err(Refusal::OtherPlaintext.into());
        }
        check_terms(&outline, &request.terms)?;
        self.check_index(record, &request.terms)?;
        self.learn(record, &keys);
        Ok(Countersignature::new(&request.draft, &owner))
    }

    /// Unwraps the keys wrapped for the patient after a check of their public tags.
    fn unwrap_keys(
        &self,
        record: &RecordAction,
        request: &ConsentRequest,
    ) -> Result<Vec<SectionKey>, ProtocolError> {
        if request.sections.len() != record.sections.len() {
            return Err(ProtocolError::DigestMismatch(Item::SealedRecord));
        }
        let wrapped_keys = request.sections.iter().map(|section| &section.wrapped_for_patient);
        let mut bound = Vec::with_capacity(record.sections.len());
        for ((index, digests), wrapped_key) in (0..).zip(&record.sections).zip(wrapped_keys) {
            let expected = store::cid_of_digest(&digests.wrapped_for_patient);
            if name_of(&wrapped_key.to_bytes()) != expected {
                return Err(ProtocolError::DigestMismatch(Item::WrappedForPatient));
            }
            bound.push((WrappedKeyBinding::of(record, index), wrapped_key));
        }
        let unverified: Vec<_> = bound.iter().map(|(binding, key)| binding.with(key)).collect();
        for verdict in Ciphertext::batch_verify(&unverified) {
            verdict?;
        }
        let unwrap = |(binding, wrapped_key): &(WrappedKeyBinding, &Ciphertext)| {
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

    /// Checks that the index has one entry per term, in order, that matches the term and seals the
    /// record's location.
    fn check_index(&self, record: &RecordAction, terms: &[SearchTerm]) -> Result<(), Refusal> {
        if record.index.len() != terms.len() {
            return Err(Refusal::IndexLength);
        }
        let trapdoors = self.trapdoors(&[record], terms);
        if entries_match(record, &trapdoors) { Ok(()) } else { Err(Refusal::FalseEntry) }
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

/// Computes the keys wrapped for the policies from the disclosed messages and the patient's section
/// keys, and compares their names with the digests in the record.
fn check_wrapped_for_policy(
    record: &RecordAction,
    keys: &[SectionKey],
    request: &ConsentRequest,
    EpochPolicies { parameters, policies }: &EpochPolicies,
) -> Result<(), Refusal> {
    let disclosed = record.sections.iter().zip(&request.sections);
    for ((index, (digests, section)), key) in (0..).zip(disclosed).zip(keys) {
        let (policy, ad) = (policies.of(key.class), Origin::of(record).wrapped_key_ad(index));
        let (key, message) = (key.to_bytes(), &section.message);
        let honest = abe::seal_with_randomness(parameters, policy, &ad, &key[..], message);
        if name_of(&honest.to_bytes()) != store::cid_of_digest(&digests.wrapped_for_policy) {
            return Err(Refusal::FalsePolicyKey);
        }
    }
    Ok(())
}

/// Checks that the envelope has the name in the record and lists the ciphertexts of the record.
fn check_envelope(record: &RecordAction, request: &ConsentRequest) -> Result<(), ProtocolError> {
    let envelope = &request.envelope;
    let is_named = object_digest(&name_of(&envelope.to_bytes())) == record.envelope;
    let fits = is_named && envelope.fits(record);
    if fits { Ok(()) } else { Err(ProtocolError::DigestMismatch(Item::Envelope)) }
}

/// Checks that the terms, in any order, are those of the record.
fn check_terms(outline: &Record, found: &[SearchTerm]) -> Result<(), ProtocolError> {
    let (mut expected, mut found) = (terms(outline)?, found.to_vec());
    expected.sort();
    found.sort();
    if found == expected {
        return Ok(());
    }
    let omitted = expected.iter().any(|term| found.binary_search(term).is_err());
    Err(if omitted { Refusal::OmittedTerm } else { Refusal::FalseTerm }.into())
}
