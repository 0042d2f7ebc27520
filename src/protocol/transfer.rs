//! The messages to a store keeper: uploads and fetches.
#![forbid(unsafe_code)]

use super::Doctor;
use super::binding::Origin;
use crate::algebra::{hash::framed, tag};
use crate::consensus::Digest;
use crate::ledger::Time;
use crate::sign::{Signature, SigningKey, VerifyingKey};
use crate::store::Cid;

/// A signed offer to store an object for one record.
#[derive(Debug, Clone)]
pub struct Upload {
    pub(super) name: Cid,
    pub(super) length: u64,
    pub(super) origin: Origin,
    pub(super) signature: Signature,
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
    pub(super) name: Cid,
    pub(super) basis: FetchBasis,
    pub(super) time: Time,
    pub(super) signer: VerifyingKey,
    pub(super) signature: Signature,
}

impl Upload {
    pub(super) fn new(
        (chain, keeper): (&str, &VerifyingKey),
        record_id: [u8; 32],
        (name, length): (&Cid, u64),
        key: &SigningKey,
    ) -> Self {
        let origin = Origin { author: key.verifying_key(), record_id };
        let mut upload =
            Self { name: *name, length, origin, signature: Signature::from_bytes([0; 64]) };
        let statement = upload.statement(chain, keeper);
        upload.signature = key.sign(tag::SIGN_UPLOAD, &[&statement]);
        upload
    }

    /// Returns the signed bytes.
    pub(super) fn statement(&self, chain: &str, keeper: &VerifyingKey) -> Vec<u8> {
        framed(&[
            chain.as_bytes(),
            keeper.as_bytes(),
            &self.origin.record_id,
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

    /// Returns the signed bytes.
    pub(super) fn statement(name: &Cid, basis: FetchBasis, time: Time) -> Vec<u8> {
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
