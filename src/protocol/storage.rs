//! The store keeper: access control in front of a [`RecordStore`].
//!
//! The keeper accepts an upload that a registered doctor has signed for one of their records, and
//! that matches its name and length. It serves only objects of records on the ledger: to the author
//! and the owner of the record, and, for an open request, the ciphertexts of the requested sections
//! to its reader, with the envelope. A reader by policy also fetches the keys wrapped for the
//! policy. The proxy of a valid grant fetches the same as its reader, and the keys wrapped for the
//! patient.
#![forbid(unsafe_code)]

use super::binding::{Origin, object_digest};
use super::holdings::{Holdings, StoredUpload};
use super::objects::{WrappedKey, all_objects, objects};
use super::replay::ServedRequests;
use super::view::MESSAGE_SKEW;
use super::{Fetch, FetchBasis, Item, Journal, LedgerView, ProtocolError, Refusal, Upload};
use crate::algebra::codec::Canonical;
use crate::algebra::{Rng, tag};
use crate::consensus::Digest;
use crate::ledger::{Basis, RecordAction, Role, State, StoredRequest};
use crate::sign::VerifyingKey;
use crate::store::{self, Cid, RecordStore};
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum number of fetches of a signer that a keeper serves within the lifetime of a fetch.
const MAX_FETCHES: u64 = 1 << 14;

/// A [`RecordStore`] behind the access control of the ledger.
///
/// An object belongs to the records for which their authors have uploaded it. Listing the digests
/// of another record in an own record therefore gives no access.
pub struct StoreKeeper<S> {
    store: S,
    key: VerifyingKey,
    holdings: Mutex<Holdings>,
    served: Mutex<ServedRequests>,
    journal: Option<Mutex<Box<dyn Journal + Send>>>,
}

/// Omits what the keeper holds.
impl<S> fmt::Debug for StoreKeeper<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreKeeper").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<S: RecordStore> StoreKeeper<S> {
    /// Creates the keeper of an empty store. Uploads name the keeper's key.
    pub fn new(store: S, key: VerifyingKey) -> Self {
        Self::holding(Holdings::default(), (store, key), None)
    }

    /// Creates the keeper of a store whose uploads are in a journal. Later uploads are appended to
    /// the journal before they are confirmed.
    ///
    /// # Errors
    /// [`ProtocolError::Decode`] if an entry does not decode.
    pub fn open(
        store: S,
        key: VerifyingKey,
        journal: Box<dyn Journal + Send>,
        entries: &[Vec<u8>],
    ) -> Result<Self, ProtocolError> {
        let mut holdings = Holdings::default();
        for entry in entries {
            let upload = StoredUpload::from_bytes(entry)
                .map_err(|error| ProtocolError::Decode(Item::JournalEntry, error))?;
            holdings.insert(&upload);
        }
        Ok(Self::holding(holdings, (store, key), Some(journal)))
    }

    fn holding(
        holdings: Holdings,
        (store, key): (S, VerifyingKey),
        journal: Option<Box<dyn Journal + Send>>,
    ) -> Self {
        let served = Mutex::new(ServedRequests::new(MAX_FETCHES));
        let (holdings, journal) = (Mutex::new(holdings), journal.map(Mutex::new));
        Self { store, key, holdings, served, journal }
    }

    /// Returns the key that identifies the keeper.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key
    }

    /// Returns the store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Stores an object that a registered doctor has offered for a record. The whole object must be
    /// sent, and the result does not reveal if it was stored already. After publication only
    /// objects that the record lists are accepted. A repeated upload changes nothing. The caller
    /// gives up an object that arrives too slowly: while it is in transfer, its charge is reserved.
    ///
    /// # Errors
    /// [`Refusal::UnregisteredUploader`], [`ProtocolError::Rule`] if the uploader's certificate is
    /// not valid now, [`ProtocolError::Signature`], [`Refusal::StaleUpload`],
    /// [`Refusal::QuotaExceeded`], [`Refusal::TooManyTransfers`], [`Refusal::ForeignObject`],
    /// [`Refusal::OldState`], [`Refusal::UploadLength`], [`ProtocolError::Io`] if the journal
    /// fails, or [`ProtocolError::Store`].
    pub fn upload(
        &self,
        view: LedgerView<'_>,
        upload: &Upload,
        object: &mut dyn Read,
    ) -> Result<(), ProtocolError> {
        let author = &upload.origin.author;
        view.require_party(author, Role::Doctor, Refusal::UnregisteredUploader)?;
        let statement = upload.statement(view.state.chain(), &self.key);
        author
            .verify(tag::SIGN_UPLOAD, &[&statement], &upload.signature)
            .map_err(|error| ProtocolError::Signature(Item::Upload, error))?;
        if !view.is_near(upload.time, MESSAGE_SKEW) {
            return Err(Refusal::StaleUpload.into());
        }
        // Objects in transfer count as well.
        self.lock().reserve(view.state, upload)?;
        let transferred = self.transfer(upload, object);
        let recorded = transferred.and_then(|()| {
            let recorded = self.record(view.state, upload);
            if recorded.is_err() {
                self.lock().charge_lost(upload);
            }
            recorded
        });
        self.lock().release(upload);
        recorded
    }

    /// Stores an offered object of the offered length.
    fn transfer(&self, upload: &Upload, object: &mut dyn Read) -> Result<(), ProtocolError> {
        // The store must not keep an object that the quota does not count.
        let mut object = ExactReader { object, remaining: upload.length, differs: false };
        let stored = self.store.put(&upload.name, &mut object);
        if object.differs { Err(Refusal::UploadLength.into()) } else { Ok(stored?) }
    }

    /// Appends a new upload to the journal, and adds it to the holdings.
    fn record(&self, state: &State, upload: &Upload) -> Result<(), ProtocolError> {
        let is_new = !self.lock().contain(&upload.origin, &upload.name);
        if let Some(journal) = self.journal.as_ref().filter(|_| is_new) {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.append(&StoredUpload::new(upload).to_bytes())?;
        }
        self.lock().add(state, upload)
    }

    /// Deletes the objects of records that were not published in time, and objects that a published
    /// record does not list. The journal then contains the remaining uploads only. An upload
    /// expires by the time of the state's last block: an old state contains every record that was
    /// published within the lifetime of its uploads. An author is charged until the objects are
    /// deleted. Cost: linear in the store; no upload or fetch runs meanwhile.
    ///
    /// # Errors
    /// [`ProtocolError::Io`] if the journal fails, before anything is deleted;
    /// [`ProtocolError::Store`] if the store fails.
    pub fn expire(&mut self, state: &State) -> Result<(), ProtocolError> {
        let holdings = self.holdings.get_mut().unwrap_or_else(PoisonError::into_inner);
        holdings.expire(state)?;
        if let Some(journal) = &mut self.journal {
            let journal = journal.get_mut().unwrap_or_else(PoisonError::into_inner);
            journal.replace(&mut holdings.uploads().map(|upload| upload.to_bytes()))?;
        }
        let kept = holdings.names();
        let keep = |name: &Cid| store::digest_of_cid(name).is_some_and(|hash| kept.contains(&hash));
        self.store.retain(&keep)?;
        holdings.recharge();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Holdings> {
        // A panic elsewhere leaves the holdings consistent: no change of them panics.
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves an object to an authorised signer: once per fetch, encrypted to the key of the fetch.
    /// Every block is verified. The keeper remembers in memory which fetches it has served; after a
    /// restart it may repeat a response, which the signer alone can decrypt.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn serve(
        &self,
        view: LedgerView<'_>,
        fetch: &Fetch,
        response: &mut dyn Write,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<(), ProtocolError> {
        let at = (view.state.chain(), &self.key);
        fetch.verify(at)?;
        if !view.is_near(fetch.time, MESSAGE_SKEW) {
            return Err(Refusal::StaleFetch.into());
        }
        let (record, objects) = permitted(view, fetch)?;
        let uploaded = self.lock().contain(&Origin::of(&record), &fetch.name);
        if !uploaded || !objects.contains(&object_digest(&fetch.name)) {
            return Err(Refusal::ForeignObject.into());
        }
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.admit((&fetch.signer, fetch.nonce), fetch.time, view.now, 1)?;
        drop(served);
        let mut object = fetch.respond(at, response, rng)?;
        self.store.read(&fetch.name, &mut object)?;
        Ok(object.finish()?)
    }
}

/// A reader that fails if the object is shorter or longer than offered.
struct ExactReader<'a> {
    object: &'a mut dyn Read,
    remaining: u64,
    differs: bool,
}

impl Read for ExactReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more than offered shows that the object is longer.
        let limit = usize::try_from(self.remaining.max(1)).unwrap_or(usize::MAX);
        let limit = limit.min(buffer.len());
        let read = self.object.read(&mut buffer[..limit])?;
        let is_end = read == 0 && limit > 0;
        self.differs |= if is_end { self.remaining > 0 } else { self.remaining < read as u64 };
        if self.differs {
            return Err(io::Error::other("the object has another length than offered"));
        }
        self.remaining -= read as u64;
        Ok(read)
    }
}

/// Returns the record of a fetch and the digests of the objects that the signer may read: for
/// author and owner all objects of the record, for a request those that it needs.
fn permitted(
    view: LedgerView<'_>,
    fetch: &Fetch,
) -> Result<(RecordAction, Vec<Digest>), ProtocolError> {
    match fetch.basis {
        FetchBasis::Own(id) => {
            let record = view.state.record(&id)?.ok_or(Refusal::UnknownBasis)?;
            if fetch.signer != record.author && fetch.signer != record.owner {
                return Err(Refusal::RecordOfAnother.into());
            }
            let objects = all_objects(&record);
            Ok((record, objects))
        }
        FetchBasis::Request(id) => {
            let request = view.state.request(&id)?.ok_or(Refusal::UnknownBasis)?;
            requested(view, &request, &fetch.signer)
        }
    }
}

/// Returns the record of an open request, and the objects that the signer may read as its reader or
/// as the proxy of its grant.
fn requested(
    LedgerView { state, now }: LedgerView<'_>,
    request: &StoredRequest,
    signer: &VerifyingKey,
) -> Result<(RecordAction, Vec<Digest>), ProtocolError> {
    if !request.is_open(state.height()) {
        return Err(Refusal::ExpiredRequest.into());
    }
    let request = &request.action;
    let record = state.record(&request.record)?.ok_or(Refusal::UnknownBasis)?;
    let is_proxy = Some(*signer) == state.proxy_of(request)?;
    if *signer != request.reader && !is_proxy {
        return Err(Refusal::RequestOfAnother.into());
    }
    let signer = state.party(signer)?.ok_or(Refusal::RequestOfAnother)?;
    state.check_certificate(&signer, now)?;
    let keys: &[WrappedKey] = match &request.basis {
        Basis::Policy => &[|section| section.wrapped_for_policy],
        Basis::Grant(grant) => {
            state.check_grant(grant, &request.reader, &request.record, now)?;
            if is_proxy { &[|section| section.wrapped_for_patient] } else { &[] }
        }
    };
    let sections = request.sections.iter().map(|index| &record.sections[usize::from(*index)]);
    let objects = objects(&record, sections, keys);
    Ok((record, objects))
}
