//! The store keeper: access control in front of a [`RecordStore`].
//!
//! The keeper accepts an upload that a registered doctor has signed for one of their records, and
//! that matches its name and length. It serves only objects of records on the ledger: to the author
//! and the owner of the record, and, for an open request, the ciphertexts of the requested sections
//! to its reader. A reader by policy also fetches the keys wrapped for the policy, the proxy of a
//! valid grant those wrapped for the patient.
#![forbid(unsafe_code)]

use super::binding::object_digest;
use super::holdings::{self, Holdings};
use super::{Doctor, Item, LedgerView, ProtocolError, Refusal};
use crate::algebra::{hash::framed, tag};
use crate::consensus::Digest;
use crate::ledger::{Basis, RecordAction, Role, SectionDigests, StoredRequest, Time};
use crate::sign::{Signature, SigningKey, VerifyingKey};
use crate::store::{self, Cid, RecordStore};
use std::io::{Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum difference between a fetch's time and the keeper's clock: one minute, in
/// milliseconds.
const MAX_SKEW: Time = 60_000;

/// A signed offer to store an object for one record.
#[derive(Debug, Clone)]
pub struct Upload {
    name: Cid,
    length: u64,
    draft: holdings::Draft,
    signature: Signature,
}

/// The ledger entry that authorises a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchBasis {
    /// A request, for its reader and the proxy of its grant.
    Request(Digest),
    /// A record, for its author and its owner key.
    Own(Digest),
}

/// A signed request for an object.
#[derive(Debug, Clone)]
pub struct Fetch {
    name: Cid,
    basis: FetchBasis,
    time: Time,
    signer: VerifyingKey,
    signature: Signature,
}

impl Upload {
    fn new(
        (chain, keeper): (&str, &VerifyingKey),
        record_id: [u8; 32],
        (name, length): (&Cid, u64),
        key: &SigningKey,
    ) -> Self {
        let draft = holdings::Draft { author: key.verifying_key(), record_id };
        let mut upload =
            Self { name: *name, length, draft, signature: Signature::from_bytes([0; 64]) };
        let statement = upload.statement(chain, keeper);
        upload.signature = key.sign(tag::SIGN_UPLOAD, &[&statement]);
        upload
    }

    fn statement(&self, chain: &str, keeper: &VerifyingKey) -> Vec<u8> {
        framed(&[
            chain.as_bytes(),
            keeper.as_bytes(),
            &self.draft.record_id,
            &self.name.to_bytes(),
            &self.length.to_be_bytes(),
        ])
    }
}

impl Fetch {
    pub(super) fn new(name: &Cid, basis: FetchBasis, time: Time, key: &SigningKey) -> Self {
        let signature = key.sign(tag::SIGN_FETCH, &[&Self::statement(name, basis, time)]);
        Self { name: *name, basis, time, signer: key.verifying_key(), signature }
    }

    fn statement(name: &Cid, basis: FetchBasis, time: Time) -> Vec<u8> {
        let (kind, id) = match basis {
            FetchBasis::Request(id) => (1, id),
            FetchBasis::Own(id) => (2, id),
        };
        [&[kind][..], &id, &time.to_be_bytes(), &name.to_bytes()].concat()
    }
}

impl Doctor {
    /// Signs an offer to store an object of a record on a chain at a keeper.
    pub fn offer(
        &self,
        at: (&str, &VerifyingKey),
        record_id: [u8; 32],
        (name, length): (&Cid, u64),
    ) -> Upload {
        Upload::new(at, record_id, (name, length), &self.key)
    }

    /// Signs a request for the object with this name.
    pub fn fetch(&self, name: &Cid, basis: FetchBasis, now: Time) -> Fetch {
        Fetch::new(name, basis, now, &self.key)
    }
}

/// A [`RecordStore`] behind the access control of the ledger.
///
/// An object belongs to the records for which their authors have uploaded it. Listing the digests
/// of another record in an own record therefore gives no access.
#[derive(Debug)]
pub struct StoreKeeper<S> {
    store: S,
    key: VerifyingKey,
    holdings: Mutex<Holdings>,
}

impl<S: RecordStore> StoreKeeper<S> {
    /// Creates the keeper of an empty store. Uploads name the keeper's key.
    pub fn new(store: S, key: VerifyingKey) -> Self {
        Self { store, key, holdings: Mutex::default() }
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
    /// sent, whether it is stored already or not, and the result does not tell.
    ///
    /// # Errors
    /// [`Refusal::UnregisteredUploader`], [`ProtocolError::Rule`] if the uploader's certificate is
    /// not valid now, [`ProtocolError::Signature`], [`Refusal::QuotaExceeded`],
    /// [`Refusal::UploadLength`] or [`ProtocolError::Store`].
    pub fn upload(
        &self,
        LedgerView { state, now }: LedgerView<'_>,
        upload: &Upload,
        object: &mut dyn Read,
    ) -> Result<(), ProtocolError> {
        let author = &upload.draft.author;
        let unregistered = ProtocolError::from(Refusal::UnregisteredUploader);
        state.valid_party(author, Role::Doctor, now, unregistered)?;
        let statement = upload.statement(state.chain(), &self.key);
        author
            .verify(tag::SIGN_UPLOAD, &[&statement], &upload.signature)
            .map_err(|error| ProtocolError::Signature(Item::Upload, error))?;
        self.lock().check_quota(state, author, upload.length)?;
        // One byte more than offered shows that the object is longer.
        let mut object = object.take(upload.length.saturating_add(1));
        let limit = object.limit();
        let stored = self.store.put(&upload.name, &mut object);
        if limit - object.limit() != upload.length {
            return Err(Refusal::UploadLength.into());
        }
        stored?;
        // Other uploads of the author may have finished in the meantime.
        let mut holdings = self.lock();
        holdings.check_quota(state, author, upload.length)?;
        holdings.add(upload.draft, &upload.name, upload.length, now);
        Ok(())
    }

    /// Deletes the objects of records that were not published in time. Cost: linear in the store.
    ///
    /// # Errors
    /// [`ProtocolError::Store`] if the store fails.
    pub fn expire(
        &mut self,
        LedgerView { state, now }: LedgerView<'_>,
    ) -> Result<(), ProtocolError> {
        let holdings = self.holdings.get_mut().unwrap_or_else(PoisonError::into_inner);
        holdings.expire(state, now);
        let kept = holdings.names();
        let keep = |name: &Cid| store::digest_of_cid(name).is_some_and(|hash| kept.contains(&hash));
        Ok(self.store.retain(&keep)?)
    }

    fn lock(&self) -> MutexGuard<'_, Holdings> {
        // A panic elsewhere leaves the holdings consistent: every change is one insertion.
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves an object to an authorised signer, verified block by block.
    ///
    /// # Errors
    /// [`ProtocolError`] with the check that failed.
    pub fn serve(
        &self,
        view: LedgerView<'_>,
        fetch: &Fetch,
        output: &mut dyn Write,
    ) -> Result<(), ProtocolError> {
        let statement = Fetch::statement(&fetch.name, fetch.basis, fetch.time);
        fetch
            .signer
            .verify(tag::SIGN_FETCH, &[&statement], &fetch.signature)
            .map_err(|error| ProtocolError::Signature(Item::Fetch, error))?;
        if fetch.time.abs_diff(view.now) > MAX_SKEW {
            return Err(Refusal::StaleFetch.into());
        }
        let (record, objects) = permitted(view, fetch)?;
        let draft = holdings::Draft { author: record.author, record_id: record.record_id };
        let uploaded = self.lock().length(&draft, &fetch.name).is_some();
        if !uploaded || !objects.contains(&object_digest(&fetch.name)) {
            return Err(Refusal::ForeignObject.into());
        }
        Ok(self.store.read(&fetch.name, output)?)
    }
}

/// Returns the record of a fetch and the digests of the objects that the signer may read: for
/// author and owner all objects of the record, for a request those that it needs.
fn permitted<'a>(
    view: LedgerView<'a>,
    fetch: &Fetch,
) -> Result<(&'a RecordAction, Vec<Digest>), ProtocolError> {
    match fetch.basis {
        FetchBasis::Own(id) => {
            let record = view.state.record(&id).ok_or(Refusal::UnknownBasis)?;
            if fetch.signer != record.author && fetch.signer != record.owner {
                return Err(Refusal::RecordOfAnother.into());
            }
            let sections: Vec<&SectionDigests> = record.sections.iter().collect();
            Ok((record, objects(record, &sections, &WRAPPED_KEYS)))
        }
        FetchBasis::Request(id) => {
            let request = view.state.request(&id).ok_or(Refusal::UnknownBasis)?;
            requested(view, request, &fetch.signer)
        }
    }
}

/// Returns the record of an open request, and the objects that the signer may read as its reader or
/// as the proxy of its grant.
fn requested<'a>(
    LedgerView { state, now }: LedgerView<'a>,
    request: &StoredRequest,
    signer: &VerifyingKey,
) -> Result<(&'a RecordAction, Vec<Digest>), ProtocolError> {
    if !request.is_open(state.height()) {
        return Err(Refusal::ExpiredRequest.into());
    }
    let request = &request.action;
    let record = state.record(&request.record).expect("a request is admitted for a record");
    let is_proxy = Some(*signer) == state.proxy_of(request);
    if *signer != request.reader && !is_proxy {
        return Err(Refusal::RequestOfAnother.into());
    }
    let signer = state.party(signer).expect("readers and proxies of requests are registered");
    state.check_certificate(signer, now)?;
    let keys: &[WrappedKey] = match &request.basis {
        Basis::Policy => &[|section| section.wrapped_for_policy],
        Basis::Grant(grant) => {
            state.check_grant(grant, &request.reader, &request.record, now)?;
            if is_proxy { &[|section| section.wrapped_for_patient] } else { &[] }
        }
    };
    let sections = request.sections.iter().map(|index| &record.sections[usize::from(*index)]);
    Ok((record, objects(record, &sections.collect::<Vec<_>>(), keys)))
}

/// A wrapped key of a section.
type WrappedKey = fn(&SectionDigests) -> Digest;

const WRAPPED_KEYS: [WrappedKey; 3] =
    [|s| s.wrapped_for_patient, |s| s.wrapped_for_policy, |s| s.wrapped_for_author];

/// Returns the digests of the envelope, of the ciphertexts of sections and of some wrapped keys.
fn objects(
    record: &RecordAction,
    sections: &[&SectionDigests],
    keys: &[WrappedKey],
) -> Vec<Digest> {
    let of_section = |section: &&SectionDigests| {
        let wrapped = keys.iter().map(|key| object_digest(&store::cid_of_digest(&key(section))));
        std::iter::once(section.ciphertext).chain(wrapped).collect::<Vec<_>>()
    };
    std::iter::once(record.envelope).chain(sections.iter().flat_map(of_section)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{seal::name_of, tests::World};
    use super::*;
    use crate::protocol::tests::CHAIN;
    use crate::sign::InvalidSignature;

    #[test]
    fn a_fetch_or_upload_with_a_foreign_signature_is_refused() {
        let mut world = World::new();
        let record = world.publish();
        let (state, now) = (world.state(), 1_000_000_000);
        let view = LedgerView { state: &state, now };
        let name = name_of(b"an object");
        let forger = SigningKey::generate(&mut world.rng);
        let honest = world.author.fetch(&name, FetchBasis::Own(record), now);
        let forged = Fetch {
            signer: honest.signer,
            ..Fetch::new(&name, FetchBasis::Own(record), now, &forger)
        };
        let other = name_of(b"another");
        let changed = [
            forged,
            Fetch { name: other, ..honest.clone() },
            Fetch { time: now + 1, ..honest.clone() },
            Fetch { basis: FetchBasis::Request(record), ..honest.clone() },
            Fetch { signer: world.reader.verifying_key(), ..honest },
        ];
        for fetch in changed {
            let outcome = world.keeper.serve(view, &fetch, &mut Vec::new());
            let by_signature =
                matches!(outcome, Err(ProtocolError::Signature(Item::Fetch, InvalidSignature)));
            assert!(by_signature, "{outcome:?}");
        }

        let object = (&name, 9);
        let at = (CHAIN, &world.keeper.verifying_key());
        let offer = |at, id, object, key| Upload::new(at, id, object, key);
        let key = &world.author.key;
        let honest = offer(at, [1; 32], object, key);
        let changed = [
            Upload { signature: offer(at, [1; 32], object, &forger).signature, ..honest.clone() },
            Upload { name: other, ..honest.clone() },
            Upload { length: 10, ..honest.clone() },
            Upload { draft: offer(at, [2; 32], object, key).draft, ..honest.clone() },
            Upload { draft: offer(at, [1; 32], object, &world.reader.key).draft, ..honest.clone() },
            offer(("another chain", at.1), [1; 32], object, key),
            offer((CHAIN, &forger.verifying_key()), [1; 32], object, key),
        ];
        let upload = |offer| world.keeper.upload(view, offer, &mut &b"an object"[..]);
        for offer in &changed {
            let outcome = upload(offer);
            let by_signature =
                matches!(outcome, Err(ProtocolError::Signature(Item::Upload, InvalidSignature)));
            assert!(by_signature, "{outcome:?}");
        }
        assert!(upload(&honest).is_ok());
    }
}
