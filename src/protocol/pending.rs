//! The ciphertexts of a record that is not published yet, and their decryption as one stream.
#![forbid(unsafe_code)]

use super::binding::{Envelope, Origin, SectionKey, StoredCiphertext};
use super::{Item, ProtocolError, SealedRecord};
use crate::algebra::Secret;
use crate::consensus::Digest;
use crate::dem::{self, PlaintextReader};
use crate::error::DecryptionFailed;
use crate::ledger::RecordAction;
use crate::record::{AssemblyError, Record, RecordReader, ScanError};
use crate::store::{Cid, CidWriter};
use sha2::Sha256;
use std::io::{self, Read, Write};

/// Access to the ciphertexts of a record that is not published yet. The source is not trusted. A
/// closure with the signature of [`open`](Self::open) that returns readers without borrows, such as
/// files, is a source.
pub trait PendingObjects {
    /// Returns a reader of an object from its start. The readers of all ciphertexts of a record are
    /// read alternately, at most one buffer beyond the stated length. The author has stated it: a
    /// source should refuse an object that is longer than the patient accepts.
    ///
    /// # Errors
    /// The I/O error of the source, also if it has no such object.
    fn open(&self, ciphertext: &StoredCiphertext) -> io::Result<Box<dyn Read + '_>>;
}

impl<F: Fn(&StoredCiphertext) -> io::Result<Box<dyn Read>>> PendingObjects for F {
    fn open(&self, ciphertext: &StoredCiphertext) -> io::Result<Box<dyn Read + '_>> {
        self(ciphertext)
    }
}

impl PendingObjects for SealedRecord {
    fn open(&self, ciphertext: &StoredCiphertext) -> io::Result<Box<dyn Read + '_>> {
        let name = ciphertext.name();
        let section = self.sections.iter().find(|section| section.name == name);
        let section = section.ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(section.ciphertext()?))
    }
}

/// Decrypts all sections as one stream, in bounded memory, and returns the outline and the hash of
/// the record. The sections cover every byte of the record, each once.
pub(super) fn scan_sections(
    record: &RecordAction,
    envelope: &Envelope,
    keys: &[SectionKey],
    objects: &dyn PendingObjects,
) -> Result<(Record, Secret<Digest>), ProtocolError> {
    let length = keys.first().map_or(0, |key| key.length);
    if keys.iter().any(|key| key.length != length) {
        return Err(AssemblyError::Length.into());
    }
    let mut sections = Vec::with_capacity(keys.len());
    for (index, key) in (0..).zip(keys) {
        let ciphertext =
            envelope.ciphertext(index).ok_or(ProtocolError::DigestMismatch(Item::Envelope))?;
        sections.push(open_section(&Origin::of(record), (index, key), ciphertext, objects)?);
    }
    let merged = RecordReader::new(sections, length).map_err(cause)?;
    let mut hashed = HashingReader::new(merged);
    // The name of a file does not affect its keywords.
    let outline = Record::scan(&mut hashed, "").map_err(|error| match error {
        ScanError::Io(error) => cause(error),
        error => error.into(),
    })?;
    Ok((outline, hashed.hash_all().map_err(cause)?))
}

fn open_section<'a>(
    origin: &Origin,
    (index, key): (u8, &SectionKey),
    ciphertext: &StoredCiphertext,
    objects: &'a dyn PendingObjects,
) -> Result<PlaintextReader<NamedReader<Box<dyn Read + 'a>>>, ProtocolError> {
    let ciphertext = NamedReader::new(objects.open(ciphertext)?, ciphertext);
    dem::open_reader(&key.content_key, &origin.section_ad(index), ciphertext)
        .map_err(|error| cause(error.into()))
}

/// Returns the error that a reader of this module reported as an I/O error.
fn cause(error: io::Error) -> ProtocolError {
    let error = match error.downcast::<ProtocolError>() {
        Ok(error) => return error,
        Err(error) => error,
    };
    let error = match error.downcast::<AssemblyError>() {
        Ok(error) => return error.into(),
        Err(error) => error,
    };
    error.downcast::<DecryptionFailed>().map_or_else(Into::into, Into::into)
}

/// A reader of an object that fails, instead of reporting the end, if the bytes have another name
/// or length.
struct NamedReader<R> {
    input: R,
    name: Cid,
    remaining: u64,
    /// `None` after the end.
    naming: Option<CidWriter>,
}

impl<R: Read> NamedReader<R> {
    fn new(input: R, ciphertext: &StoredCiphertext) -> Self {
        let (name, remaining) = (ciphertext.name(), ciphertext.length);
        Self { input, name, remaining, naming: Some(CidWriter::default()) }
    }
}

impl<R: Read> Read for NamedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(naming) = &mut self.naming else { return Ok(0) };
        let read = self.input.read(buffer)?;
        naming.write_all(&buffer[..read])?;
        let is_longer = read as u64 > self.remaining;
        let is_end = read == 0 && !buffer.is_empty();
        let differs = is_end && {
            let found = self.naming.take().map(CidWriter::finish);
            found != Some(self.name) || self.remaining > 0
        };
        if is_longer || differs {
            let error = ProtocolError::DigestMismatch(Item::Ciphertext);
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        self.remaining -= read as u64;
        Ok(read)
    }
}

/// A reader that computes the SHA-256 hash of the bytes read.
pub(super) struct HashingReader<R> {
    input: R,
    hasher: Sha256,
}

impl<R: Read> HashingReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, hasher: sha2::Digest::new() }
    }

    /// Reads to the end, and returns the hash of all bytes. Secret: it confirms a guess of the
    /// record.
    pub(super) fn hash_all(mut self) -> io::Result<Secret<Digest>> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(Secret::new(sha2::Digest::finalize(self.hasher).into()))
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        sha2::Digest::update(&mut self.hasher, &buffer[..read]);
        Ok(read)
    }
}
