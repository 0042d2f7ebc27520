//! The store's keeper: who may bring an object, and who may have it.
//!
//! The keeper refuses an upload whose signature or hash is wrong. It serves an object only for a
//! record that the ledger holds: to the record's author and owner, and to a reader (or his proxy)
//! whose request is on the ledger and whose grant is valid *now*.
#![forbid(unsafe_code)]

use super::binding::object_digest;
use super::{Doctor, Patient, ProtocolError, Proxy};
use crate::algebra::tag;
use crate::consensus::Digest;
use crate::ledger::{Basis, RecordAction, RequestAction, Role, SectionDigests, State, Time};
use crate::sign::{Signature, SigningKey, VerifyingKey};
use crate::store::{self, Cid, RecordStore};
use std::io::{Read, Write};

/// How far a fetch's time may differ from the keeper's: one minute.
const FRESH: Time = 60_000;

/// A signed offer of an object.
#[derive(Debug, Clone)]
pub struct Upload {
    name: Cid,
    uploader: VerifyingKey,
    signature: Signature,
}

/// On what a fetch rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchBasis {
    /// A request on the ledger, for its reader and his proxy.
    Request(Digest),
    /// A record on the ledger, for its author and its owner.
    Own(Digest),
}

/// A signed wish to have an object.
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
    /// Offers an object to the store.
    pub fn offer(&self, name: &Cid) -> Upload {
        Upload::new(name, &self.key)
    }

    /// Asks the store for an object.
    pub fn fetch(&self, name: &Cid, basis: FetchBasis, now: Time) -> Fetch {
        Fetch::new(name, basis, now, &self.key)
    }
}

impl Proxy {
    pub(super) fn fetch(&self, name: &Cid, request: Digest, now: Time) -> Fetch {
        Fetch::new(name, FetchBasis::Request(request), now, &self.key)
    }
}

impl Patient {
    /// Asks for an object of her own record, under the owner key of that record alone.
    pub(super) fn fetch(
        &self,
        name: &Cid,
        (id, record): (&Digest, &RecordAction),
        now: Time,
    ) -> Fetch {
        let key = self.owner_key(&record.author, record.epoch);
        Fetch::new(name, FetchBasis::Own(*id), now, &key)
    }
}

/// Guards a [`RecordStore`].
#[derive(Debug)]
pub struct StoreKeeper<S> {
    store: S,
}

impl<S: RecordStore> StoreKeeper<S> {
    /// Keeps a store.
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// The store behind.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Takes an object that a registered doctor offers under its right name.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`], [`ProtocolError::Signature`] or
    /// [`ProtocolError::Store`].
    pub fn upload(
        &self,
        state: &State,
        upload: &Upload,
        object: &mut dyn Read,
    ) -> Result<(), ProtocolError> {
        let party = state.party(&upload.uploader);
        if party.is_none_or(|party| party.role != Role::Doctor) {
            return Err(ProtocolError::NotAuthorised("only registered doctors may upload"));
        }
        upload
            .uploader
            .verify(tag::SIGN_UPLOAD, &[&upload.name.to_bytes()], &upload.signature)
            .map_err(|error| ProtocolError::Signature("the upload", error))?;
        Ok(self.store.put(&upload.name, object)?)
    }

    /// Serves an object, verified block by block.
    ///
    /// # Errors
    /// [`ProtocolError`] with the reason why not.
    pub fn serve(
        &self,
        state: &State,
        fetch: &Fetch,
        now: Time,
        object: &mut dyn Write,
    ) -> Result<(), ProtocolError> {
        let statement = Fetch::statement(&fetch.name, fetch.basis, fetch.time);
        fetch
            .signer
            .verify(tag::SIGN_FETCH, &[&statement], &fetch.signature)
            .map_err(|error| ProtocolError::Signature("the fetch", error))?;
        if fetch.time.abs_diff(now) > FRESH {
            return Err(ProtocolError::NotAuthorised("the fetch is not fresh"));
        }
        let record = authorise(state, fetch, now)?;
        if !belongs(record, &fetch.name) {
            return Err(ProtocolError::NotAuthorised("the object is not of this record"));
        }
        Ok(self.store.read(&fetch.name, object)?)
    }
}

/// The record that a fetch may have objects of.
fn authorise<'a>(
    state: &'a State,
    fetch: &Fetch,
    now: Time,
) -> Result<&'a RecordAction, ProtocolError> {
    let unknown = ProtocolError::NotAuthorised("no such record or request is on the ledger");
    match fetch.basis {
        FetchBasis::Own(id) => {
            let record = state.record(&id).ok_or(unknown)?;
            if fetch.signer == record.author || fetch.signer == record.owner {
                return Ok(record);
            }
            Err(ProtocolError::NotAuthorised("the record is another's"))
        }
        FetchBasis::Request(id) => {
            let (request, _) = state.request(&id).ok_or(unknown)?;
            admitted(state, request, &fetch.signer, now)
        }
    }
}

/// The record of a request that is valid now, if the signer is its reader or his proxy.
fn admitted<'a>(
    state: &'a State,
    request: &RequestAction,
    signer: &VerifyingKey,
    now: Time,
) -> Result<&'a RecordAction, ProtocolError> {
    let record = state.record(&request.record).expect("a request is admitted for a record");
    if *signer != request.reader && Some(*signer) != state.proxy_of(request) {
        return Err(ProtocolError::NotAuthorised("the request is another's"));
    }
    if let Basis::Grant(grant) = &request.basis {
        state.check_grant(grant, &request.reader, &record.owner, now)?;
    }
    Ok(record)
}

/// Whether an object is one of a record's.
fn belongs(record: &RecordAction, name: &Cid) -> bool {
    let digest = object_digest(name);
    let is_lock = |section: &SectionDigests| {
        [section.wrapped_for_patient, section.wrapped_for_policy, section.wrapped_for_author]
            .iter()
            .any(|hash| store::cid_of_digest(hash) == *name)
    };
    let of_section = |section: &SectionDigests| section.ciphertext == digest || is_lock(section);
    record.envelope == digest || record.sections.iter().any(of_section)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Desk;
    use super::*;
    use crate::sign::InvalidSignature;

    #[test]
    fn a_fetch_or_upload_in_anothers_name_is_refused() {
        let mut desk = Desk::new();
        let record = desk.publish();
        let (state, now) = (desk.state(), 1_000_000_000);
        let name = store::cid_of(&mut &b"an object"[..]).unwrap();
        let thief = SigningKey::generate(&mut desk.rng);
        let honest = desk.author.fetch(&name, FetchBasis::Own(record), now);
        let stolen = Fetch {
            signer: honest.signer,
            ..Fetch::new(&name, FetchBasis::Own(record), now, &thief)
        };
        let other = store::cid_of(&mut &b"another"[..]).unwrap();
        let changed = [
            stolen,
            Fetch { name: other, ..honest.clone() },
            Fetch { time: now + 1, ..honest.clone() },
            Fetch { basis: FetchBasis::Request(record), ..honest.clone() },
            Fetch { signer: desk.reader.verifying_key(), ..honest },
        ];
        for fetch in changed {
            let outcome = desk.keeper.serve(&state, &fetch, now, &mut Vec::new());
            let by_signature =
                matches!(outcome, Err(ProtocolError::Signature("the fetch", InvalidSignature)));
            assert!(by_signature, "{outcome:?}");
        }

        let honest = desk.author.offer(&name);
        let changed = [
            Upload { signature: Upload::new(&name, &thief).signature, ..honest.clone() },
            Upload { name: other, ..honest.clone() },
            Upload { uploader: desk.reader.verifying_key(), ..honest.clone() },
        ];
        let upload = |offer| desk.keeper.upload(&state, offer, &mut &b"an object"[..]);
        for offer in &changed {
            let outcome = upload(offer);
            let by_signature =
                matches!(outcome, Err(ProtocolError::Signature("the upload", InvalidSignature)));
            assert!(by_signature, "{outcome:?}");
        }
        assert!(upload(&honest).is_ok());
    }
}
