//! The uploads of a store keeper: the records that each object was uploaded for.
#![forbid(unsafe_code)]

use super::Refusal;
use crate::algebra::codec::{Codec, Reader, Writer, sequence};
use crate::error::DecodeError;
use crate::ledger::{State, Time};
use crate::sign::VerifyingKey;
use crate::store::{self, Cid};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum total length of the objects of an author's unpublished records: 4 GiB. An object
/// counts as at least 1 KiB.
pub const UNPUBLISHED_QUOTA: u64 = 4 << 30;
/// The time after which the uploads of an unpublished record are deleted: two days.
pub const UNPUBLISHED_LIFETIME: Time = 2 * 24 * 3600 * 1000;

const MIN_CHARGE: u64 = 1 << 10;
/// The maximum number of records or objects in a decoded list.
const MAX_ITEMS: usize = 1 << 24;

/// A record before or after its publication: the author and the identifier that they chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Draft {
    pub(super) author: VerifyingKey,
    pub(super) record_id: [u8; 32],
}
sequence!(Codec for Draft { author, record_id });

/// The uploads for one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Uploads {
    /// The time of the last upload.
    time: Time,
    /// The hashes in the names of the objects, with their lengths.
    objects: BTreeMap<[u8; 32], u64>,
}
sequence!(Codec for Uploads { time, objects: map(MAX_ITEMS) });

/// The uploads that a keeper has accepted, by record. An object may belong to several records: each
/// author has uploaded all of its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holdings(BTreeMap<Draft, Uploads>);

impl Holdings {
    /// Checks that the unpublished uploads of an author stay within the quota.
    pub(super) fn check_quota(
        &self,
        state: &State,
        author: &VerifyingKey,
        length: u64,
    ) -> Result<(), Refusal> {
        let first = Draft { author: *author, record_id: [0; 32] };
        let own = self.0.range(first..).take_while(|(draft, _)| draft.author == *author);
        let unpublished = own.filter(|(draft, _)| !state.is_published(author, &draft.record_id));
        let lengths = unpublished.flat_map(|(_, uploads)| uploads.objects.values());
        let used: u64 = lengths.map(|length| length.max(&MIN_CHARGE)).sum();
        let fits = used.checked_add(length.max(MIN_CHARGE)).is_some_and(|n| n <= UNPUBLISHED_QUOTA);
        if fits { Ok(()) } else { Err(Refusal::QuotaExceeded) }
    }

    pub(super) fn add(&mut self, draft: Draft, name: &Cid, length: u64, now: Time) {
        let uploads = self.0.entry(draft).or_default();
        uploads.time = now;
        let hash = store::digest_of_cid(name).expect("the store computed the name");
        uploads.objects.insert(hash, length);
    }

    /// Returns the length of an object that was uploaded for a record.
    pub(super) fn length(&self, draft: &Draft, name: &Cid) -> Option<u64> {
        self.0.get(draft)?.objects.get(&store::digest_of_cid(name)?).copied()
    }

    /// Forgets the uploads for records that were not published in time.
    pub(super) fn expire(&mut self, state: &State, now: Time) {
        self.0.retain(|draft, uploads| {
            state.is_published(&draft.author, &draft.record_id)
                || now.saturating_sub(uploads.time) <= UNPUBLISHED_LIFETIME
        });
    }

    /// Returns the hashes in the names of all objects.
    pub(super) fn names(&self) -> BTreeSet<[u8; 32]> {
        self.0.values().flat_map(|uploads| uploads.objects.keys().copied()).collect()
    }
}

impl Codec for Holdings {
    fn write(&self, w: &mut Writer) {
        w.map(&self.0, |w, draft, uploads| {
            draft.write(w);
            uploads.write(w);
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.map(MAX_ITEMS, Codec::read).map(Self)
    }
}
