//! The uploads of a store keeper: the records that each object was uploaded for.
#![forbid(unsafe_code)]

use super::binding::{Origin, object_digest};
use super::objects::all_objects;
use super::{Refusal, Upload};
use crate::algebra::codec::sequence;
use crate::ledger::{RecordAction, State, Time};
use crate::sign::VerifyingKey;
use crate::store::{self, Cid};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum charge of an author's unpublished records: 4 GiB. An object is charged with its
/// length, and with at least 64 KiB. The number of unpublished objects is therefore bounded too.
pub const UNPUBLISHED_QUOTA: u64 = 4 << 30;
/// The time after which the uploads of an unpublished record are deleted: two days after the first.
pub const UNPUBLISHED_LIFETIME: Time = 2 * 24 * 3600 * 1000;

const MIN_CHARGE: u64 = 64 << 10;

/// An accepted upload: an entry of the keeper's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredUpload {
    pub(super) origin: Origin,
    pub(super) name: Cid,
    pub(super) length: u64,
    pub(super) time: Time,
}

sequence!(Canonical for StoredUpload = KeeperJournalEntry { origin, name, length, time });

impl StoredUpload {
    pub(super) fn new(upload: &Upload) -> Self {
        let Upload { origin, name, length, time, .. } = *upload;
        Self { origin, name, length, time }
    }
}

/// The uploads for one record.
#[derive(Debug)]
struct Uploads {
    /// The time of the first upload.
    since: Time,
    /// The hashes in the names of the objects, with their lengths.
    objects: BTreeMap<[u8; 32], u64>,
}

fn charge(length: u64) -> u64 {
    length.max(MIN_CHARGE)
}

/// The unpublished uploads of one author.
#[derive(Debug, Default)]
struct Account {
    /// The uploads by the record identifiers that the author chose.
    records: BTreeMap<[u8; 32], Uploads>,
    /// The charge of all uploads and reservations.
    charged: u64,
    /// The height up to which publications were looked up.
    height: u64,
}

/// The uploads that a keeper has accepted, by record. An object may belong to several records: each
/// author has uploaded all of its bytes.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    /// Uploads for records of which no view showed the publication yet.
    accounts: BTreeMap<VerifyingKey, Account>,
    published: BTreeMap<Origin, Uploads>,
}

impl Holdings {
    /// Checks that an upload is an object of a published record, or reserves its charge within the
    /// quota of the author's unpublished ones. Returns the charge.
    ///
    /// Cost: logarithmic. Once per block and author who reaches the quota, linear in the author's
    /// unpublished records.
    pub(super) fn reserve(&mut self, state: &State, upload: &Upload) -> Result<u64, Refusal> {
        let Origin { author, record_id } = &upload.origin;
        if let Some(record) = state.published(author, record_id) {
            let is_listed = all_objects(record).contains(&object_digest(&upload.name));
            self.publish(&upload.origin, record, upload.time);
            return if is_listed { Ok(0) } else { Err(Refusal::ForeignObject) };
        }
        if self.contain(&upload.origin, &upload.name) {
            return Ok(0);
        }
        let charge = charge(upload.length);
        if !self.fits(author, charge) && self.is_behind(author, state) {
            self.look_up(author, state);
        }
        if !self.fits(author, charge) {
            return Err(Refusal::QuotaExceeded);
        }
        self.accounts.entry(*author).or_default().charged += charge;
        Ok(charge)
    }

    fn fits(&self, author: &VerifyingKey, charge: u64) -> bool {
        let charged = self.accounts.get(author).map_or(0, |account| account.charged);
        charged.checked_add(charge).is_some_and(|total| total <= UNPUBLISHED_QUOTA)
    }

    /// Returns `true` if publications were last looked up in an older view.
    fn is_behind(&self, author: &VerifyingKey, state: &State) -> bool {
        self.accounts.get(author).is_some_and(|account| account.height < state.height())
    }

    /// Returns a reserved charge.
    pub(super) fn release(&mut self, author: &VerifyingKey, charge: u64) {
        if let Some(account) = self.accounts.get_mut(author) {
            account.charged -= charge;
        }
        self.forget_empty(author);
    }

    /// Adds an upload whose charge was reserved.
    pub(super) fn add(&mut self, upload: &StoredUpload, reserved: u64) {
        let StoredUpload { origin, length, time, .. } = *upload;
        let hash = store::digest_of_cid(&upload.name).expect("the store computed the name");
        if let Some(uploads) = self.published.get_mut(&origin) {
            uploads.objects.insert(hash, length);
            return self.release(&origin.author, reserved);
        }
        let account = self.accounts.entry(origin.author).or_default();
        let uploads = account.records.entry(origin.record_id);
        let uploads = uploads.or_insert_with(|| Uploads::new(time));
        account.charged -= reserved;
        if uploads.objects.insert(hash, length).is_none() {
            account.charged += charge(length);
        }
    }

    /// Discharges the uploads for the published records of an author.
    fn look_up(&mut self, author: &VerifyingKey, state: &State) {
        let Some(account) = self.accounts.get_mut(author) else { return };
        account.height = state.height();
        let published: Vec<([u8; 32], &RecordAction)> = (account.records.keys())
            .filter_map(|id| Some((*id, state.published(author, id)?)))
            .collect();
        for (record_id, record) in published {
            self.publish(&Origin { author: *author, record_id }, record, state.time());
        }
    }

    /// Discharges the uploads for a published record, and forgets those that it does not list.
    fn publish(&mut self, origin: &Origin, record: &RecordAction, now: Time) {
        let account = self.accounts.get_mut(&origin.author);
        let unpublished = account.and_then(|account| {
            let uploads = account.records.remove(&origin.record_id)?;
            account.charged -= uploads.charge();
            Some(uploads)
        });
        let published = self.published.entry(*origin);
        let uploads = published.or_insert_with(|| unpublished.unwrap_or(Uploads::new(now)));
        uploads.retain_listed(record);
    }

    /// Returns `true` if an object was uploaded for a record.
    pub(super) fn contain(&self, origin: &Origin, name: &Cid) -> bool {
        let unpublished = || self.accounts.get(&origin.author)?.records.get(&origin.record_id);
        let uploads = self.published.get(origin).or_else(unpublished);
        let hash = store::digest_of_cid(name);
        uploads.zip(hash).is_some_and(|(uploads, hash)| uploads.objects.contains_key(&hash))
    }

    /// Forgets the uploads for records that were not published in time, and objects that a
    /// published record does not list. The time is that of the last block, so a record that was
    /// published in time is in the state.
    pub(super) fn expire(&mut self, state: &State) {
        let authors: Vec<VerifyingKey> = self.accounts.keys().copied().collect();
        for author in &authors {
            self.look_up(author, state);
            if let Some(account) = self.accounts.get_mut(author) {
                let is_old = |since| state.time().saturating_sub(since) > UNPUBLISHED_LIFETIME;
                account.records.retain(|_, uploads| {
                    let expires = is_old(uploads.since);
                    account.charged -= if expires { uploads.charge() } else { 0 };
                    !expires
                });
            }
            self.forget_empty(author);
        }
    }

    fn forget_empty(&mut self, author: &VerifyingKey) {
        if self.accounts.get(author).is_some_and(|a| a.records.is_empty() && a.charged == 0) {
            self.accounts.remove(author);
        }
    }

    /// Returns the hashes in the names of all objects.
    pub(super) fn names(&self) -> BTreeSet<[u8; 32]> {
        self.uploads().filter_map(|upload| store::digest_of_cid(&upload.name)).collect()
    }

    /// Returns all uploads, in ascending order of their records within published and unpublished
    /// ones.
    pub(super) fn uploads(&self) -> impl Iterator<Item = StoredUpload> {
        let published = self.published.iter().map(|(origin, uploads)| (*origin, uploads));
        let unpublished = self.accounts.iter().flat_map(|(author, account)| {
            let origin = |record_id: &[u8; 32]| Origin { author: *author, record_id: *record_id };
            account.records.iter().map(move |(record_id, uploads)| (origin(record_id), uploads))
        });
        published.chain(unpublished).flat_map(|(origin, uploads)| {
            let time = uploads.since;
            uploads.objects.iter().map(move |(hash, length)| StoredUpload {
                origin,
                name: store::cid_of_digest(hash),
                length: *length,
                time,
            })
        })
    }
}

impl Uploads {
    fn new(since: Time) -> Self {
        Self { since, objects: BTreeMap::new() }
    }

    fn charge(&self) -> u64 {
        self.objects.values().copied().map(charge).sum()
    }

    /// Removes the objects that a published record does not list.
    fn retain_listed(&mut self, record: &RecordAction) {
        let listed = all_objects(record);
        let name = |hash: &[u8; 32]| object_digest(&store::cid_of_digest(hash));
        self.objects.retain(|hash, _| listed.contains(&name(hash)));
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
            Upload::new(("chain", &key.verifying_key()), [record; 32], (&name, length), 0, &key)
        };
        let half = UNPUBLISHED_QUOTA / 2;
        let mut holdings = Holdings::default();
        let mut reserve = |upload: &Upload| holdings.reserve(ledger.state(), upload);
        let first = upload(b"a", 1, half);
        // The same object twice at the same time.
        assert_eq!([reserve(&first), reserve(&first)], [Ok(half), Ok(half)]);
        for _ in 0..2 {
            holdings.add(&StoredUpload::new(&first), half);
        }
        let mut reserve = |upload: &Upload| holdings.reserve(ledger.state(), upload);
        assert_eq!(reserve(&first), Ok(0));
        let second = upload(b"b", 2, half);
        assert_eq!(reserve(&second), Ok(half));
        holdings.add(&StoredUpload::new(&second), half);
        // Another object, and the same object for another record.
        for other in [upload(b"c", 1, 0), upload(b"a", 2, half)] {
            assert_eq!(holdings.reserve(ledger.state(), &other), Err(Refusal::QuotaExceeded));
        }
    }
}
