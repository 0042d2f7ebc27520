//! The objects of a record, as their digests on the ledger.
#![forbid(unsafe_code)]

use super::binding::object_digest;
use crate::consensus::Digest;
use crate::ledger::{RecordAction, SectionDigests};
use crate::store;

/// A wrapped key of a section.
pub(super) type WrappedKey = fn(&SectionDigests) -> Digest;

/// Returns the digests of all objects: the envelope, all ciphertexts and all wrapped keys.
pub(super) fn all_objects(record: &RecordAction) -> Vec<Digest> {
    const WRAPPED_KEYS: [WrappedKey; 3] =
        [|s| s.wrapped_for_patient, |s| s.wrapped_for_policy, |s| s.wrapped_for_author];
    objects(record, record.sections.iter(), &WRAPPED_KEYS)
}

/// Returns the digests of the envelope, of the ciphertexts of sections and of some wrapped keys.
pub(super) fn objects<'a>(
    record: &RecordAction,
    sections: impl Iterator<Item = &'a SectionDigests>,
    keys: &[WrappedKey],
) -> Vec<Digest> {
    let mut objects = vec![record.envelope];
    for section in sections {
        objects.push(section.ciphertext);
        let names = keys.iter().map(|key| store::cid_of_digest(&key(section)));
        objects.extend(names.map(|name| object_digest(&name)));
    }
    objects
}
