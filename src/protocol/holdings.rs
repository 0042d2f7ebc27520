//! The uploads of a store keeper: the records that each object was uploaded for.
#![forbid(unsafe_code)]

use super::binding::{Origin, object_digest};
use super::objects::all_objects;
use super::{Refusal, Upload};
use crate::ledger::{State, Time};
use crate::store::{self, Cid};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum total length of the objects of an author's unpublished records: 4 GiB. An object
/// counts as at least 1 KiB.
pub const UNPUBLISHED_QUOTA: u64 = 4 << 30;
/// The time after which the uploads of an unpublished record are deleted: two days.
pub const UNPUBLISHED_LIFETIME: Time = 2 * 24 * 3600 * 1000;

const MIN_CHARGE: u64 = 1 << 10;

/// The uploads for one record.
#[derive(Debug, Default)]
struct Uploads {
    /// The time of the last upload.
    time: Time,
    /// The hashes in the names of the objects, with their lengths.
    objects: BTreeMap<[u8; 32], u64>,
}

/// The uploads that a keeper has accepted, by record. An object may belong to several records: each
/// author has uploaded all of its bytes.
#[derive(Debug, Default)]
pub(super) struct Holdings(BTreeMap<Origin, Uploads>);

impl Holdings {
    /// Checks that an upload is an object of a published record, or stays within the quota of the
    /// author's unpublished ones.
    pub(super) fn admit(&self, state: &State, upload: &Upload) -> Result<(), Refusal> {
        let Origin { author, record_id } = &upload.origin;
        if let Some(record) = state.published(author, record_id) {
            let is_listed = all_objects(record).contains(&object_digest(&upload.name));
            return if is_listed { Ok(()) } else { Err(Refusal::ForeignObject) };
        }
        let first = Origin { author: *author, record_id: [0; 32] };
        let own = self.0.range(first..).take_while(|(origin, _)| origin.author == *author);
        let unpublished = own.filter(|(o, _)| state.published(&o.author, &o.record_id).is_none());
        let used: u64 = unpublished
            .flat_map(|(_, uploads)| uploads.objects.values())
            .map(|length| length.max(&MIN_CHARGE))
            .sum();
        // A repeated upload is charged already.
        let is_new = !self.contain(&upload.origin, &upload.name);
        let charge = if is_new { upload.length.max(MIN_CHARGE) } else { 0 };
        let fits = used.checked_add(charge).is_some_and(|total| total <= UNPUBLISHED_QUOTA);
        if fits { Ok(()) } else { Err(Refusal::QuotaExceeded) }
    }

    pub(super) fn add(&mut self, upload: &Upload, now: Time) {
        let uploads = self.0.entry(upload.origin).or_default();
        uploads.time = now;
        let hash = store::digest_of_cid(&upload.name).expect("the store computed the name");
        uploads.objects.insert(hash, upload.length);
    }

    /// Returns `true` if an object was uploaded for a record.
    pub(super) fn contain(&self, origin: &Origin, name: &Cid) -> bool {
        let hash = store::digest_of_cid(name);
        let uploads = self.0.get(origin);
        uploads.zip(hash).is_some_and(|(uploads, hash)| uploads.objects.contains_key(&hash))
    }

    /// Forgets the uploads for records that were not published in time, and objects that a
    /// published record does not list.
    pub(super) fn expire(&mut self, state: &State, now: Time) {
        self.0.retain(|origin, uploads| match state.published(&origin.author, &origin.record_id) {
            Some(record) => {
                let listed = all_objects(record);
                let name = |hash: &[u8; 32]| object_digest(&store::cid_of_digest(hash));
                uploads.objects.retain(|hash, _| listed.contains(&name(hash)));
                true
            }
            None => now.saturating_sub(uploads.time) <= UNPUBLISHED_LIFETIME,
        });
    }

    /// Returns the hashes in the names of all objects.
    pub(super) fn names(&self) -> BTreeSet<[u8; 32]> {
        self.0.values().flat_map(|uploads| uploads.objects.keys().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::ledger::Ledger;
    use crate::sign::SigningKey;

    #[test]
    fn a_repeated_upload_is_charged_once() {
        let key = SigningKey::from_seed(&Secret::new([1; 32]));
        let ledger = Ledger::new("chain", key.verifying_key());
        let upload = |object: &[u8], record: u8, length| {
            let name = store::cid_of(&mut &object[..]).unwrap();
            Upload::new(("chain", &key.verifying_key()), [record; 32], (&name, length), &key)
        };
        let half = UNPUBLISHED_QUOTA / 2;
        let mut holdings = Holdings::default();
        for (object, record) in [(b"a", 1), (b"b", 2)] {
            assert_eq!(holdings.admit(ledger.state(), &upload(object, record, half)), Ok(()));
            holdings.add(&upload(object, record, half), 0);
        }
        assert_eq!(holdings.admit(ledger.state(), &upload(b"a", 1, half)), Ok(()));
        // Another object, and the same object for another record.
        for other in [upload(b"c", 1, 0), upload(b"a", 2, half)] {
            assert_eq!(holdings.admit(ledger.state(), &other), Err(Refusal::QuotaExceeded));
        }
    }
}
