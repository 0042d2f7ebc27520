//! Access to the objects of a record. The store keeper is not trusted: every object is checked
//! against its name.
#![forbid(unsafe_code)]

use super::binding::{Envelope, object_digest};
use super::{Fetch, FetchBasis, Item, ProtocolError};
use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::ledger::{RecordAction, Time};
use crate::sign::SigningKey;
use crate::store::{self, Cid, CidWriter, StoreError};
use std::io::{self, Write};

/// The maximum length of a wrapped key or an envelope in bytes.
const MAX_SMALL: usize = 16 << 20;

/// Access to stored objects, local or remote. A closure with the signature of
/// [`fetch`](Self::fetch) is a source.
pub trait ObjectSource {
    /// Writes the requested object to `output`.
    ///
    /// # Errors
    /// [`ProtocolError`] if the keeper refuses, or the store or `output` fails.
    fn fetch(&self, fetch: &Fetch, output: &mut dyn Write) -> Result<(), ProtocolError>;
}

impl<F: Fn(&Fetch, &mut dyn Write) -> Result<(), ProtocolError>> ObjectSource for F {
    fn fetch(&self, fetch: &Fetch, output: &mut dyn Write) -> Result<(), ProtocolError> {
        self(fetch, output)
    }
}

/// An [`ObjectSource`] with the key that signs every fetch. It verifies the objects it returns.
pub(super) struct SignedSource<'a> {
    pub(super) objects: &'a dyn ObjectSource,
    pub(super) basis: FetchBasis,
    pub(super) time: Time,
    pub(super) key: &'a SigningKey,
}

impl SignedSource<'_> {
    /// Streams an object of any length. The output is authentic only if the result is `Ok`.
    pub(super) fn stream(&self, name: &Cid, output: &mut dyn Write) -> Result<(), ProtocolError> {
        let mut checked = Checked { output, naming: CidWriter::default() };
        let fetch = Fetch::new(name, self.basis, self.time, self.key);
        self.objects.fetch(&fetch, &mut checked)?;
        if checked.naming.finish() == *name {
            Ok(())
        } else {
            Err(StoreError::Corrupt(*name).into())
        }
    }

    fn bytes(&self, name: &Cid) -> Result<Vec<u8>, ProtocolError> {
        let mut bytes = Capped(Vec::new());
        self.stream(name, &mut bytes)?;
        Ok(bytes.0)
    }

    /// Returns a wrapped key, given the hash in its name.
    pub(super) fn wrapped_key<T: Canonical>(&self, hash: &Digest) -> Result<T, ProtocolError> {
        let bytes = self.bytes(&store::cid_of_digest(hash))?;
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
        let envelope = Envelope::from_bytes(&self.bytes(location)?)
            .map_err(|error| ProtocolError::Decode(Item::Envelope, error))?;
        if envelope.fits(record) {
            Ok(envelope)
        } else {
            Err(ProtocolError::DigestMismatch(Item::Envelope))
        }
    }
}

/// A writer that passes bytes on and computes their name.
struct Checked<'a> {
    output: &'a mut dyn Write,
    naming: CidWriter,
}

impl Write for Checked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.naming.write_all(&bytes[..written])?;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// A buffer of at most [`MAX_SMALL`] bytes.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_SMALL {
            return Err(io::Error::other("a wrapped key or envelope exceeds the cap of 16 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
