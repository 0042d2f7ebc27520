//! Where the objects of a record come from: the store's keeper, trusted with nothing.
#![forbid(unsafe_code)]

use super::binding::{Envelope, object_digest};
use super::{Fetch, ProtocolError};
use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::ledger::RecordAction;
use crate::store::{self, Cid, CidWriter, StoreError};
use std::io::{self, Write};

/// The most bytes of a lock or an envelope.
const MAX_SMALL: usize = 16 << 20;

/// How objects are had: a call to the store's keeper, near or far.
pub type Fetcher<'a> = &'a dyn Fn(&Fetch, &mut dyn Write) -> Result<(), ProtocolError>;

/// Where one party has a record's objects from: the keeper, and his own signature on each wish.
pub(super) struct Source<'a> {
    pub(super) fetcher: Fetcher<'a>,
    pub(super) sign: &'a dyn Fn(&Cid) -> Fetch,
}

impl Source<'_> {
    /// An object of any length, checked here to be the one that was asked for. Only `Ok` says that
    /// it is.
    pub(super) fn stream(&self, name: &Cid, to: &mut dyn Write) -> Result<(), ProtocolError> {
        let mut checked = Checked { to, naming: CidWriter::default() };
        (self.fetcher)(&(self.sign)(name), &mut checked)?;
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

    /// A lock, by the hash in its name.
    pub(super) fn lock<L: Canonical>(&self, hash: &Digest) -> Result<L, ProtocolError> {
        let bytes = self.bytes(&store::cid_of_digest(hash))?;
        L::from_bytes(&bytes).map_err(|error| ProtocolError::Decode("the lock", error))
    }

    /// The envelope of a record, checked against the ledger.
    pub(super) fn envelope(
        &self,
        record: &RecordAction,
        location: &Cid,
    ) -> Result<Envelope, ProtocolError> {
        if object_digest(location) != record.envelope {
            return Err(ProtocolError::DigestMismatch("the location of the record"));
        }
        let envelope = Envelope::from_bytes(&self.bytes(location)?)
            .map_err(|error| ProtocolError::Decode("the record's envelope", error))?;
        if envelope.fits(record) {
            Ok(envelope)
        } else {
            Err(ProtocolError::DigestMismatch("the record's envelope"))
        }
    }
}

/// Names what passes through.
struct Checked<'a> {
    to: &'a mut dyn Write,
    naming: CidWriter,
}

impl Write for Checked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.naming.write_all(&bytes[..written])?;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Refuses to grow beyond [`MAX_SMALL`].
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_SMALL {
            return Err(io::Error::other("a lock or envelope has at most 16 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
