//! The messages to a store keeper: uploads and fetches.
//!
//! ```text
//! upload = Sign(author, SIGN_UPLOAD, chain, keeper, record id, name, length, time)
//! fetch  = Sign(signer, SIGN_FETCH, chain, keeper, basis, name, time, nonce, response key)
//! ```
#![forbid(unsafe_code)]

use super::binding::Origin;
use super::{Doctor, Item, ProtocolError};
use crate::algebra::codec::{Codec, choice, public_encoding, sequence};
use crate::algebra::{Rng, hash::framed, random_bytes, tag};
use crate::consensus::Digest;
use crate::hpke;
use crate::ledger::Time;
use crate::sign::{Signature, SigningKey, VerifyingKey};
use crate::store::Cid;

/// A signed offer to store an object for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub(super) name: Cid,
    pub(super) length: u64,
    pub(super) origin: Origin,
    pub(super) time: Time,
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

/// A signed request for an object. A keeper serves it once, and encrypts the response to the key
/// that it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    pub(super) name: Cid,
    pub(super) basis: FetchBasis,
    pub(super) time: Time,
    pub(super) nonce: [u8; 16],
    /// The key of the response, fresh for every fetch.
    pub(super) response_key: hpke::PublicKey,
    pub(super) signer: VerifyingKey,
    pub(super) signature: Signature,
}

sequence!(Codec for Origin { author, record_id });
choice!(FetchBasis, "unknown basis of a fetch" { 1 = Request(request), 2 = Own(record) });
sequence!(Canonical for Upload = Upload { name, length, origin, time, signature });
sequence!(Canonical for Fetch = Fetch {
    name, basis, time, nonce, response_key, signer, signature,
});
public_encoding!(Upload, Fetch);

/// A fetch with the secret key of its response.
#[derive(Debug)]
pub struct PendingFetch {
    pub(super) fetch: Fetch,
    pub(super) secret: hpke::SecretKey,
    /// [`Fetch::response_context`].
    pub(super) context: Digest,
}

impl PendingFetch {
    pub(super) fn new(
        at: (&str, &VerifyingKey),
        (name, basis): (&Cid, FetchBasis),
        time: Time,
        key: &SigningKey,
        rng: &mut (impl Rng + ?Sized),
    ) -> Self {
        let secret = hpke::SecretKey::generate(rng);
        let mut fetch = Fetch {
            name: *name,
            basis,
            time,
            nonce: random_bytes(rng),
            response_key: secret.public_key(),
            signer: key.verifying_key(),
            signature: Signature::from_bytes([0; 64]),
        };
        fetch.signature = key.sign(tag::SIGN_FETCH, &[&fetch.statement(at)]);
        let context = fetch.response_context(at);
        Self { fetch, secret, context }
    }

    /// Returns the message to the keeper.
    pub fn fetch(&self) -> &Fetch {
        &self.fetch
    }
}

impl Upload {
    pub(super) fn new(
        (chain, keeper): (&str, &VerifyingKey),
        record_id: [u8; 32],
        (name, length): (&Cid, u64),
        time: Time,
        key: &SigningKey,
    ) -> Self {
        let origin = Origin { author: key.verifying_key(), record_id };
        let signature = Signature::from_bytes([0; 64]);
        let mut upload = Self { name: *name, length, origin, time, signature };
        let statement = upload.statement(chain, keeper);
        upload.signature = key.sign(tag::SIGN_UPLOAD, &[&statement]);
        upload
    }

    /// Returns the name of the offered object.
    pub fn name(&self) -> &Cid {
        &self.name
    }

    /// Returns the signed bytes.
    pub(super) fn statement(&self, chain: &str, keeper: &VerifyingKey) -> Vec<u8> {
        framed(&[
            chain.as_bytes(),
            keeper.as_bytes(),
            &self.origin.record_id,
            &self.name.to_bytes(),
            &self.length.to_be_bytes(),
            &self.time.to_be_bytes(),
        ])
    }
}

impl Fetch {
    /// Returns the name of the requested object.
    pub fn name(&self) -> &Cid {
        &self.name
    }

    /// Returns the signed bytes.
    pub(super) fn statement(&self, (chain, keeper): (&str, &VerifyingKey)) -> Vec<u8> {
        framed(&[
            chain.as_bytes(),
            keeper.as_bytes(),
            &self.basis.encode(),
            &self.name.to_bytes(),
            &self.time.to_be_bytes(),
            &self.nonce,
            self.response_key.as_bytes(),
        ])
    }

    /// Verifies the signature for a chain and keeper.
    pub(super) fn verify(&self, at: (&str, &VerifyingKey)) -> Result<(), ProtocolError> {
        self.signer
            .verify(tag::SIGN_FETCH, &[&self.statement(at)], &self.signature)
            .map_err(|error| ProtocolError::Signature(Item::Fetch, error))
    }
}

impl Doctor {
    /// Signs an offer to store an object of a record on a chain at a keeper. The keeper accepts it
    /// for one minute.
    pub fn offer(
        &self,
        at: (&str, &VerifyingKey),
        record_id: [u8; 32],
        (name, length): (&Cid, u64),
        now: Time,
    ) -> Upload {
        Upload::new(at, record_id, (name, length), now, &self.key)
    }

    /// Signs a request for an object of a record on a chain at a keeper.
    pub fn fetch(
        &self,
        at: (&str, &VerifyingKey),
        object: (&Cid, FetchBasis),
        now: Time,
        rng: &mut (impl Rng + ?Sized),
    ) -> PendingFetch {
        PendingFetch::new(at, object, now, &self.key, rng)
    }
}
