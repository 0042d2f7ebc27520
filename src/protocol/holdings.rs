//! The uploads of a store keeper: the records that each object was uploaded for.
#![forbid(unsafe_code)]

use super::binding::{Origin, object_digest};
use super::objects::all_objects;
use super::{ProtocolError, Refusal, Upload};
use crate::algebra::codec::sequence;
use crate::database::DatabaseError;
use crate::ledger::{RecordAction, State, Time};
use crate::sign::VerifyingKey;
use crate::store::{self, Cid};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The maximum charge of an author's unpublished records: 4 GiB. An object is charged with its
/// length, and with at least 64 KiB. The number of unpublished objects is therefore bounded too.
/// The objects of an author that are in transfer, for whichever records, are limited to as much.
pub const UNPUBLISHED_QUOTA: u64 = 4 << 30;
/// The time after which the uploads of an unpublished record are deleted: two days after the first.
pub const UNPUBLISHED_LIFETIME: Time = 2 * 24 * 3600 * 1000;

const MIN_CHARGE: u64 = 64 << 10;
/// The maximum number of simultaneous transfers of one object for one record.
const MAX_TRANSFERS: u32 = 4;

/// An accepted upload: an entry of the keeper's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredUpload {
    pub(super) origin: Origin,
    pub(super) name: Cid,
    pub(super) length: u64,
    /// The time of the upload, or of the first for the record. `None` once the record is published.
    pub(super) since: Option<Time>,
}

sequence!(Canonical for StoredUpload = KeeperJournalEntry { origin, name, length, since });

impl StoredUpload {
    pub(super) fn new(upload: &Upload) -> Self {
        let Upload { origin, name, length, time, .. } = *upload;
        Self { origin, name, length, since: Some(time) }
    }
}

/// The hashes in the names of objects, with their lengths.
type Objects = BTreeMap<[u8; 32], u64>;

/// The uploads for an unpublished record.
#[derive(Debug)]
struct Uploads {
    /// The time of the first upload.
    since: Time,
    objects: Objects,
}

fn charge(length: u64) -> u64 {
    length.max(MIN_CHARGE)
}

/// An object that is in transfer for a record.
#[derive(Debug)]
struct Transfers {
    count: u32,
    length: u64,
    /// The charge, once for all transfers.
    charge: u64,
}

/// The unpublished uploads of one author, and the transfers for all of the author's records.
#[derive(Debug, Default)]
struct Account {
    /// The uploads by the record identifiers that the author chose.
    records: BTreeMap<[u8; 32], Uploads>,
    /// The charge of all uploads and transfers.
    charged: u64,
    /// The transfers by record identifier and object.
    transfers: BTreeMap<([u8; 32], [u8; 32]), Transfers>,
    /// The charge of all transfers, each counted.
    in_transfer: u64,
    /// The height up to which publications were looked up.
    height: u64,
}

/// The uploads that a keeper has accepted, by record. An object may belong to several records: each
/// author has uploaded all of its bytes.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    /// Uploads for records of which no view showed the publication yet.
    accounts: BTreeMap<VerifyingKey, Account>,
    published: BTreeMap<Origin, Objects>,
}

fn hash_of(name: &Cid) -> Result<[u8; 32], Refusal> {
    store::digest_of_cid(name).ok_or(Refusal::ForeignObject)
}

impl Holdings {
    /// Starts the transfer of an object: of a published record, or within the quota of the author's
    /// unpublished ones.
    ///
    /// Cost: logarithmic. Once per block and author who reaches the quota, linear in the author's
    /// unpublished records.
    pub(super) fn reserve(&mut self, state: &State, upload: &Upload) -> Result<(), ProtocolError> {
        let (origin, length) = (upload.origin, upload.length);
        let Origin { author, record_id } = origin;
        let key = (record_id, hash_of(&upload.name)?);
        let is_published = self.check_listed(state, &origin, &upload.name)?;
        let held = self.held(&origin, &key.1);
        if held.is_some_and(|held| held != length) {
            return Err(Refusal::UploadLength.into());
        }
        let new = if is_published || held.is_some() { 0 } else { charge(length) };
        if !self.fits(&author, new) && self.is_behind(&author, state) {
            self.look_up(&author, state)?;
        }
        let fits = self.fits(&author, new);
        let account = self.accounts.entry(author).or_default();
        let in_transfer = account.in_transfer.checked_add(charge(length));
        let in_transfer = in_transfer.filter(|total| *total <= UNPUBLISHED_QUOTA);
        match account.transfers.get_mut(&key) {
            Some(running) if running.length != length || running.count == MAX_TRANSFERS => {
                return Err(Refusal::TooManyTransfers.into());
            }
            Some(running) => {
                account.in_transfer = in_transfer.ok_or(Refusal::TooManyTransfers)?;
                running.count += 1;
            }
            None if !fits => return Err(Refusal::QuotaExceeded.into()),
            None => {
                account.in_transfer = in_transfer.ok_or(Refusal::TooManyTransfers)?;
                account.charged += new;
                account.transfers.insert(key, Transfers { count: 1, length, charge: new });
            }
        }
        Ok(())
    }

    /// Checks that a published record lists an object, and returns `true` if the record is
    /// published.
    fn check_listed(
        &mut self,
        state: &State,
        origin: &Origin,
        name: &Cid,
    ) -> Result<bool, ProtocolError> {
        let Some(record) = state.published(&origin.author, &origin.record_id)? else {
            let is_known = self.published.contains_key(origin);
            return if is_known { Err(Refusal::OldState.into()) } else { Ok(false) };
        };
        self.publish(origin, &record);
        let is_listed = all_objects(&record).contains(&object_digest(name));
        if is_listed { Ok(true) } else { Err(Refusal::ForeignObject.into()) }
    }

    /// Returns the length of an object that was uploaded for a record.
    fn held(&self, origin: &Origin, hash: &[u8; 32]) -> Option<u64> {
        let unpublished = || {
            let account = self.accounts.get(&origin.author)?;
            account.records.get(&origin.record_id).map(|uploads| &uploads.objects)
        };
        self.published.get(origin).or_else(unpublished)?.get(hash).copied()
    }

    fn fits(&self, author: &VerifyingKey, charge: u64) -> bool {
        let charged = self.accounts.get(author).map_or(0, |account| account.charged);
        charged.checked_add(charge).is_some_and(|total| total <= UNPUBLISHED_QUOTA)
    }

    /// Returns `true` if publications were last looked up in an older view.
    fn is_behind(&self, author: &VerifyingKey, state: &State) -> bool {
        self.accounts.get(author).is_some_and(|account| account.height < state.height())
    }

    /// Ends a transfer.
    pub(super) fn release(&mut self, upload: &Upload) {
        let Origin { author, record_id } = upload.origin;
        let Ok(hash) = hash_of(&upload.name) else { return };
        if let Some(account) = self.accounts.get_mut(&author)
            && let Entry::Occupied(mut transfers) = account.transfers.entry((record_id, hash))
        {
            account.in_transfer -= charge(upload.length);
            transfers.get_mut().count -= 1;
            if transfers.get().count == 0 {
                account.charged -= transfers.remove().charge;
            }
        }
        self.forget_empty(&author);
    }

    /// Charges the author for an object that is stored and belongs to no record, until the expiry.
    pub(super) fn charge_lost(&mut self, upload: &Upload) {
        let account = self.accounts.entry(upload.origin.author).or_default();
        account.charged = account.charged.saturating_add(charge(upload.length));
    }

    /// Adds an object that was transferred, if the record is not published without it in the
    /// meantime.
    pub(super) fn add(&mut self, state: &State, upload: &Upload) -> Result<(), ProtocolError> {
        self.check_listed(state, &upload.origin, &upload.name)?;
        self.insert(&StoredUpload::new(upload));
        Ok(())
    }

    /// Adds an upload that was accepted before.
    pub(super) fn insert(&mut self, upload: &StoredUpload) {
        let StoredUpload { origin, length, since, .. } = *upload;
        let hash = hash_of(&upload.name).expect("an accepted upload has a name of the store");
        let Some(since) = since.filter(|_| !self.published.contains_key(&origin)) else {
            self.published.entry(origin).or_default().insert(hash, length);
            return;
        };
        let account = self.accounts.entry(origin.author).or_default();
        let uploads = account.records.entry(origin.record_id);
        let uploads = uploads.or_insert_with(|| Uploads { since, objects: Objects::new() });
        if uploads.objects.insert(hash, length).is_none() {
            account.charged += charge(length);
        }
    }

    /// Discharges the uploads for the published records of an author.
    fn look_up(&mut self, author: &VerifyingKey, state: &State) -> Result<(), DatabaseError> {
        let Some(account) = self.accounts.get_mut(author) else { return Ok(()) };
        let record_ids: Vec<[u8; 32]> = account.records.keys().copied().collect();
        for record_id in record_ids {
            if let Some(record) = state.published(author, &record_id)? {
                self.publish(&Origin { author: *author, record_id }, &record);
            }
        }
        if let Some(account) = self.accounts.get_mut(author) {
            account.height = state.height();
        }
        Ok(())
    }

    /// Discharges the uploads for a published record, and forgets those that it does not list.
    fn publish(&mut self, origin: &Origin, record: &RecordAction) {
        let published = self.published.entry(*origin).or_default();
        if let Some(account) = self.accounts.get_mut(&origin.author)
            && let Some(mut uploads) = account.records.remove(&origin.record_id)
        {
            account.charged -= total_charge(&uploads.objects);
            published.append(&mut uploads.objects);
        }
        retain_listed(published, record);
    }

    /// Returns `true` if an object was uploaded for a record.
    pub(super) fn contain(&self, origin: &Origin, name: &Cid) -> bool {
        hash_of(name).is_ok_and(|hash| self.held(origin, &hash).is_some())
    }

    /// Forgets the uploads for records that were not published in time, and objects that a
    /// published record does not list. The time is that of the last block, so a record that was
    /// published in time is in the state. The charges remain until [`Self::recharge`].
    pub(super) fn expire(&mut self, state: &State) -> Result<(), DatabaseError> {
        let authors: Vec<VerifyingKey> = self.accounts.keys().copied().collect();
        for author in &authors {
            self.look_up(author, state)?;
        }
        let is_old = |since| state.time().saturating_sub(since) > UNPUBLISHED_LIFETIME;
        for account in self.accounts.values_mut() {
            account.records.retain(|_, uploads| !is_old(uploads.since));
        }
        for (origin, objects) in &mut self.published {
            if let Some(record) = state.published(&origin.author, &origin.record_id)? {
                retain_listed(objects, &record);
            }
        }
        Ok(())
    }

    /// Charges every author for their unpublished uploads only, after all other objects were
    /// deleted from the store. No transfer is running.
    pub(super) fn recharge(&mut self) {
        for account in self.accounts.values_mut() {
            let objects = account.records.values().map(|uploads| &uploads.objects);
            account.charged = objects.map(total_charge).sum();
        }
        self.accounts.retain(|_, account| !account.records.is_empty());
    }

    fn forget_empty(&mut self, author: &VerifyingKey) {
        let is_empty = |account: &Account| {
            account.records.is_empty() && account.transfers.is_empty() && account.charged == 0
        };
        if self.accounts.get(author).is_some_and(is_empty) {
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
        let published = self.published.iter().map(|(origin, objects)| (*origin, objects, None));
        let unpublished = self.accounts.iter().flat_map(|(author, account)| {
            let origin = |record_id: &[u8; 32]| Origin { author: *author, record_id: *record_id };
            let records = account.records.iter();
            records.map(move |(id, uploads)| (origin(id), &uploads.objects, Some(uploads.since)))
        });
        published.chain(unpublished).flat_map(|(origin, objects, since)| {
            objects.iter().map(move |(hash, length)| StoredUpload {
                origin,
                name: store::cid_of_digest(hash),
                length: *length,
                since,
            })
        })
    }
}

fn total_charge(objects: &Objects) -> u64 {
    objects.values().copied().map(charge).sum()
}

/// Removes the objects that a published record does not list.
fn retain_listed(objects: &mut Objects, record: &RecordAction) {
    let listed = all_objects(record);
    let name = |hash: &[u8; 32]| object_digest(&store::cid_of_digest(hash));
    objects.retain(|hash, _| listed.contains(&name(hash)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::ledger::Ledger;
    use crate::sign::SigningKey;

    fn refusal(outcome: Result<(), ProtocolError>) -> Option<Refusal> {
        match outcome {
            Ok(()) => None,
            Err(ProtocolError::Refused(refusal)) => Some(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn an_object_is_charged_once_however_often_it_is_sent() {
        let key = SigningKey::from_seed(&Secret::new([1; 32]));
        let ledger = Ledger::new("chain", key.verifying_key());
        let state = ledger.state();
        let upload = |object: &[u8], record: u8, length| {
            let name = store::cid_of(&mut &object[..]).unwrap();
            Upload::new(("chain", &key.verifying_key()), [record; 32], (&name, length), 0, &key)
        };
        let charged = |holdings: &Holdings| {
            let account = holdings.accounts.get(&key.verifying_key());
            account.map_or((0, 0), |account| (account.charged, account.in_transfer))
        };
        let quarter = UNPUBLISHED_QUOTA / 4;
        let first = upload(b"a", 1, quarter);
        let mut holdings = Holdings::default();
        // The same object four times at once, as a network repeats it.
        for n in 1..=4 {
            assert_eq!(refusal(holdings.reserve(state, &first)), None);
            assert_eq!(charged(&holdings), (quarter, n * quarter));
        }
        assert_eq!(refusal(holdings.reserve(state, &first)), Some(Refusal::TooManyTransfers));
        assert_eq!(refusal(holdings.add(state, &first)), None);
        for _ in 0..4 {
            holdings.release(&first);
        }
        assert_eq!(charged(&holdings), (quarter, 0));
        // Held already: another length is false, the same is charged during the transfer only.
        let longer = upload(b"a", 1, quarter + 1);
        assert_eq!(refusal(holdings.reserve(state, &longer)), Some(Refusal::UploadLength));
        assert_eq!(refusal(holdings.reserve(state, &first)), None);
        assert_eq!(charged(&holdings), (quarter, quarter));
        holdings.release(&first);
        // Another object, and the same object for another record.
        let rest = UNPUBLISHED_QUOTA - quarter;
        for other in [upload(b"c", 1, rest + 1), upload(b"a", 2, rest + 1)] {
            assert_eq!(refusal(holdings.reserve(state, &other)), Some(Refusal::QuotaExceeded));
        }
        let other = upload(b"a", 2, rest);
        assert_eq!(refusal(holdings.reserve(state, &other)), None);
        // The transfers of an author are limited as well.
        assert_eq!(refusal(holdings.reserve(state, &first)), None);
        assert_eq!(refusal(holdings.reserve(state, &first)), Some(Refusal::TooManyTransfers));
        holdings.release(&first);
        holdings.release(&other);
        assert_eq!(charged(&holdings), (quarter, 0));
        // A stored object that no record holds is charged until the expiry.
        holdings.charge_lost(&other);
        assert_eq!(charged(&holdings), (UNPUBLISHED_QUOTA, 0));
        holdings.expire(state).unwrap();
        assert_eq!(charged(&holdings), (UNPUBLISHED_QUOTA, 0));
        holdings.recharge();
        assert_eq!(charged(&holdings), (quarter, 0));
    }
}
