//! The store keeper: access control in front of a [`RecordStore`].
//!
//! The keeper accepts an upload that a registered doctor has signed and that matches its hash. It
//! serves only objects of records on the ledger: to the author and the owner of the record, and,
//! for an open request, the ciphertexts of the requested sections to its reader. A reader by policy
//! also fetches the keys wrapped for the policy, the proxy of a valid grant those wrapped for the
//! patient.
#![forbid(unsafe_code)]

use super::binding::object_digest;
use super::{Doctor, Item, LedgerView, ProtocolError, Refusal};
use crate::algebra::tag;
use crate::consensus::Digest;
use crate::ledger::{Basis, RecordAction, Role, SectionDigests, StoredRequest, Time};
use crate::sign::{Signature, SigningKey, VerifyingKey};
use crate::store::{self, Cid, RecordStore};
use std::io::{Read, Write};

/// The maximum difference between a fetch's time and the keeper's clock: one minute, in
/// milliseconds.
const MAX_SKEW: Time = 60_000;

/// A signed offer to store an object.
#[derive(Debug, Clone)]
pub struct Upload {
    name: Cid,
    uploader: VerifyingKey,
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
    fn new(name: &Cid, key: &SigningKey) -> Self {
        let signature = key.sign(tag::SIGN_UPLOAD, &[&name.to_bytes()]);
        Self { name: *name, uploader: key.verifying_key(), signature }
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
    /// Signs an offer to store the object with this name.
    pub fn offer(&self, name: &Cid) -> Upload {
        Upload::new(name, &self.key)
    }

    /// Signs a request for the object with this name.
    pub fn fetch(&self, name: &Cid, basis: FetchBasis, now: Time) -> Fetch {
        Fetch::new(name, basis, now, &self.key)
    }
}

/// A [`RecordStore`] behind the access control of the ledger.
#[derive(Debug)]
pub struct StoreKeeper<S> {
    store: S,
}

impl<S: RecordStore> StoreKeeper<S> {
    /// Creates the keeper of a store.
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// Returns the store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Stores an object that a registered doctor has offered.
    ///
    /// # Errors
    /// [`Refusal::UnregisteredUploader`], [`ProtocolError::Rule`] if the uploader's certificate is
    /// not valid now, [`ProtocolError::Signature`] or [`ProtocolError::Store`].
    pub fn upload(
        &self,
        LedgerView { state, now }: LedgerView<'_>,
        upload: &Upload,
        object: &mut dyn Read,
    ) -> Result<(), ProtocolError> {
        let unregistered = ProtocolError::from(Refusal::UnregisteredUploader);
        state.valid_party(&upload.uploader, Role::Doctor, now, unregistered)?;
        upload
            .uploader
            .verify(tag::SIGN_UPLOAD, &[&upload.name.to_bytes()], &upload.signature)
            .map_err(|error| ProtocolError::Signature(Item::Upload, error))?;
        Ok(self.store.put(&upload.name, object)?)
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
        if !permitted(view, fetch)?.contains(&object_digest(&fetch.name)) {
            return Err(Refusal::ForeignObject.into());
        }
        Ok(self.store.read(&fetch.name, output)?)
    }
}

/// Returns the names of the objects that the signer of a fetch may read, as their digests on the
/// ledger: for author and owner all objects of the record, for a request those that it needs.
fn permitted(view: LedgerView<'_>, fetch: &Fetch) -> Result<Vec<Digest>, ProtocolError> {
    match fetch.basis {
        FetchBasis::Own(id) => {
            let record = view.state.record(&id).ok_or(Refusal::UnknownBasis)?;
            if fetch.signer != record.author && fetch.signer != record.owner {
                return Err(Refusal::RecordOfAnother.into());
            }
            Ok(objects(record, &record.sections.iter().collect::<Vec<_>>(), &WRAPPED_KEYS))
        }
        FetchBasis::Request(id) => {
            let request = view.state.request(&id).ok_or(Refusal::UnknownBasis)?;
            requested(view, request, &fetch.signer)
        }
    }
}

/// Returns the objects of an open request that its reader or the proxy of its grant may read.
fn requested(
    LedgerView { state, now }: LedgerView<'_>,
    request: &StoredRequest,
    signer: &VerifyingKey,
) -> Result<Vec<Digest>, ProtocolError> {
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
    Ok(objects(record, &sections.collect::<Vec<_>>(), keys))
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

        let honest = world.author.offer(&name);
        let changed = [
            Upload { signature: Upload::new(&name, &forger).signature, ..honest.clone() },
            Upload { name: other, ..honest.clone() },
            Upload { uploader: world.reader.verifying_key(), ..honest.clone() },
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
