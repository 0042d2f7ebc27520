//! Access to the objects of a record. The store keeper is not trusted: every object is checked
//! against its name. The network is not trusted either: responses are encrypted.
#![forbid(unsafe_code)]

use super::binding::{Envelope, StoredCiphertext, object_digest};
use super::{Fetch, FetchBasis, Item, LedgerView, PendingFetch, ProtocolError};
use crate::algebra::{Rng, codec::Canonical};
use crate::consensus::Digest;
use crate::dem::StreamError;
use crate::ledger::{RecordAction, Time};
use crate::sign::{SigningKey, VerifyingKey};
use crate::store::{self, Cid, CidWriter, StoreError};
use std::cell::RefCell;
use std::io::{self, Write};

/// The maximum length of a wrapped key in bytes.
const MAX_WRAPPED_KEY: u64 = 16 << 20;
/// The maximum length of an envelope in bytes.
const MAX_ENVELOPE: u64 = 1 << 10;

/// Access to the objects of a store keeper, local or remote.
pub trait ObjectSource {
    /// Returns the key of the keeper, for which fetches are signed.
    fn keeper(&self) -> VerifyingKey;

    /// Writes the keeper's response, encrypted to the key of the fetch, to `response`.
    ///
    /// # Errors
    /// [`ProtocolError`] if the keeper refuses, or the store or `response` fails.
    fn fetch(&self, fetch: &Fetch, response: &mut dyn Write) -> Result<(), ProtocolError>;
}

/// An [`ObjectSource`] of a closure that sends a fetch to a keeper and writes the response.
#[derive(Debug, Clone, Copy)]
pub struct KeeperLink<F> {
    /// The key of the keeper.
    pub keeper: VerifyingKey,
    /// The closure, with the signature of [`ObjectSource::fetch`].
    pub fetch: F,
}

impl<F> ObjectSource for KeeperLink<F>
where
    F: Fn(&Fetch, &mut dyn Write) -> Result<(), ProtocolError>,
{
    fn keeper(&self) -> VerifyingKey {
        self.keeper
    }
    fn fetch(&self, fetch: &Fetch, response: &mut dyn Write) -> Result<(), ProtocolError> {
        (self.fetch)(fetch, response)
    }
}

/// An [`ObjectSource`] with the key that signs every fetch. It decrypts and verifies the objects
/// that it returns.
pub(super) struct SignedSource<'a> {
    objects: &'a dyn ObjectSource,
    chain: &'a str,
    basis: FetchBasis,
    time: Time,
    key: &'a SigningKey,
    rng: RefCell<&'a mut dyn Rng>,
}

impl<'a> SignedSource<'a> {
    pub(super) fn new(
        objects: &'a dyn ObjectSource,
        basis: FetchBasis,
        view: LedgerView<'a>,
        key: &'a SigningKey,
        rng: &'a mut dyn Rng,
    ) -> Self {
        let chain = view.state.chain();
        Self { objects, chain, basis, time: view.now, key, rng: RefCell::new(rng) }
    }

    /// Streams a ciphertext. The output is authentic only if the result is `Ok`. A longer response
    /// than the envelope states is not read to its end.
    pub(super) fn ciphertext(
        &self,
        ciphertext: &StoredCiphertext,
        output: &mut dyn Write,
    ) -> Result<(), ProtocolError> {
        self.stream(&ciphertext.name(), ciphertext.length, output)
    }

    /// Streams an object of at most `limit` bytes.
    fn stream(&self, name: &Cid, limit: u64, output: &mut dyn Write) -> Result<(), ProtocolError> {
        let (keeper, object) = (self.objects.keeper(), (name, self.basis));
        let (at, rng) = ((self.chain, &keeper), &mut **self.rng.borrow_mut());
        let pending = PendingFetch::new(at, object, self.time, self.key, rng);
        let mut checked = Checked { output, naming: CidWriter::default(), remaining: limit };
        let mut response = pending.open_response(&mut checked);
        self.objects.fetch(pending.fetch(), &mut response).map_err(|error| match error {
            ProtocolError::Io(error) => of_response(error.into()),
            other => other,
        })?;
        response.finish().map_err(of_response)?;
        if checked.naming.finish() == *name {
            Ok(())
        } else {
            Err(StoreError::Corrupt(*name).into())
        }
    }

    fn bytes(&self, name: &Cid, limit: u64) -> Result<Vec<u8>, ProtocolError> {
        let mut bytes = Vec::new();
        self.stream(name, limit, &mut bytes)?;
        Ok(bytes)
    }

    /// Returns a wrapped key, given the hash in its name.
    pub(super) fn wrapped_key<T: Canonical>(&self, hash: &Digest) -> Result<T, ProtocolError> {
        let bytes = self.bytes(&store::cid_of_digest(hash), MAX_WRAPPED_KEY)?;
        T::from_bytes(&bytes).map_err(|error| ProtocolError::Decode(Item::WrappedKey, error))
    }

    /// Returns the envelope of a record, checked against the ledger.
    pub(super) fn envelope(
        &self,
        record: &RecordAction,
        location: &Cid,
    ) -> Result<Envelope, ProtocolError> {
        if object_digest(location) != record.envelope {
            return Err(ProtocolError::DigestMismatch(Item::EnvelopeName));
        }
        let envelope = Envelope::from_bytes(&self.bytes(location, MAX_ENVELOPE)?)
            .map_err(|error| ProtocolError::Decode(Item::Envelope, error))?;
        if envelope.fits(record) {
            Ok(envelope)
        } else {
            Err(ProtocolError::DigestMismatch(Item::Envelope))
        }
    }
}

fn of_response(error: StreamError) -> ProtocolError {
    match error {
        StreamError::Decryption(error) => ProtocolError::Response(error),
        StreamError::Io(error) => ProtocolError::Io(error),
    }
}

/// A writer that passes a limited number of bytes on and computes their name.
struct Checked<'a> {
    output: &'a mut dyn Write,
    naming: CidWriter,
    remaining: u64,
}

impl Write for Checked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.remaining {
            return Err(io::Error::other("the store keeper sent more bytes than the object has"));
        }
        let written = self.output.write(bytes)?;
        self.naming.write_all(&bytes[..written])?;
        self.remaining -= written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
