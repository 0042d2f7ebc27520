//! Encryption and decryption of streams that are written piece by piece.
#![forbid(unsafe_code)]

use super::segments::SegmentDecryptor;
use super::{ContentKey, HEADER, Keys, SEGMENT, StreamError, TAG, derive};
use crate::algebra::codec::VERSION;
use crate::algebra::tag::Kind;
use crate::error::DecryptionFailed;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::stream::EncryptorBE32;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// A writer that encrypts to another writer, in bounded memory.
///
/// ```
/// use epione::dem::{ContentKey, Opener, Sealer};
/// use std::io::Write;
/// let key = ContentKey::generate(&mut rand::thread_rng());
/// let (mut ciphertext, mut plaintext) = (Vec::new(), Vec::new());
/// let mut sealer = Sealer::new(&key, b"context", &mut ciphertext)?;
/// sealer.write_all(b"NIHSS ")?;
/// sealer.write_all(b"4")?;
/// sealer.finish()?;
/// let mut opener = Opener::new(&key, b"context", &mut plaintext);
/// opener.write_all(&ciphertext)?;
/// opener.finish()?;
/// assert_eq!(plaintext, b"NIHSS 4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sealer<W> {
    encryptor: EncryptorBE32<XChaCha20Poly1305>,
    segment: Segment,
    output: W,
}

impl<W: Write> Sealer<W> {
    /// Writes the header of a stream under a fresh key.
    ///
    /// # Errors
    /// The error of the writer.
    pub fn new(key: &ContentKey, context: &[u8], mut output: W) -> io::Result<Self> {
        let Keys { cipher, nonce, commitment } = derive(key, context);
        output.write_all(&[VERSION, Kind::DemCiphertext as u8])?;
        output.write_all(&commitment)?;
        let encryptor = EncryptorBE32::from_aead(cipher, &nonce.into());
        Ok(Self { encryptor, segment: Segment::new(SEGMENT), output })
    }

    /// Writes the last segment. A stream that is not finished does not open.
    ///
    /// # Errors
    /// The error of the writer; an error if there are more than 2^32 segments.
    pub fn finish(mut self) -> io::Result<()> {
        let segment = &mut *self.segment.bytes;
        self.encryptor.encrypt_last_in_place(b"", segment).map_err(too_long)?;
        self.output.write_all(segment)
    }
}

fn too_long(_: chacha20poly1305::Error) -> io::Error {
    io::Error::other("a plaintext has at most 2^32 segments of 64 KiB")
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.segment.is_full() {
                let segment = &mut *self.segment.bytes;
                self.encryptor.encrypt_next_in_place(b"", segment).map_err(too_long)?;
                self.output.write_all(segment)?;
                segment.clear();
            }
            rest = self.segment.fill(rest);
        }
        Ok(bytes.len())
    }

    /// Writes nothing: an incomplete segment cannot be encrypted.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer that decrypts to another writer, in bounded memory. It writes each segment as soon as
/// the segment is authenticated. After an error it accepts no bytes.
///
/// As a writer it reports an invalid ciphertext by an [`io::Error`] that contains
/// [`DecryptionFailed`]; the conversion to [`StreamError`] recovers it.
pub struct Opener<W> {
    decryptor: SegmentDecryptor,
    header: Vec<u8>,
    segment: Segment,
    output: W,
}

impl<W: Write> Opener<W> {
    /// Starts the decryption of a stream.
    pub fn new(key: &ContentKey, context: &[u8], output: W) -> Self {
        Self {
            decryptor: SegmentDecryptor::new(key, context),
            header: Vec::with_capacity(HEADER),
            segment: Segment::new(SEGMENT + TAG),
            output,
        }
    }

    /// Decrypts the last segment. Only `Ok` confirms that the stream is complete.
    ///
    /// # Errors
    /// [`StreamError::Decryption`] if the ciphertext is invalid; [`StreamError::Io`] if writing
    /// fails.
    pub fn finish(mut self) -> Result<(), StreamError> {
        if self.header.len() < HEADER {
            return Err(DecryptionFailed.into());
        }
        self.decryptor.decrypt_last(&mut self.segment.bytes)?;
        Ok(self.output.write_all(&self.segment.bytes)?)
    }

    fn update(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        let missing = HEADER - self.header.len();
        let (header, mut rest) = bytes.split_at(bytes.len().min(missing));
        self.header.extend_from_slice(header);
        if let (false, Ok(header)) = (header.is_empty(), self.header[..].try_into()) {
            self.decryptor.check_header(header)?;
        }
        while !rest.is_empty() {
            if self.segment.is_full() {
                self.decryptor.decrypt_next(&mut self.segment.bytes)?;
                self.output.write_all(&self.segment.bytes)?;
                self.segment.bytes.clear();
            }
            rest = self.segment.fill(rest);
        }
        Ok(())
    }
}

impl<W: Write> Write for Opener<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.decryptor.check_running().map_err(StreamError::from)?;
        if let Err(error) = self.update(bytes) {
            self.decryptor.stop();
            return Err(error.into());
        }
        Ok(bytes.len())
    }

    /// Flushes the decrypted segments.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The buffer of one segment, with room for a tag. It grows by copies that are erased: a
/// reallocation would leave plaintext in freed memory.
struct Segment {
    bytes: Zeroizing<Vec<u8>>,
    size: usize,
}

impl Segment {
    fn new(size: usize) -> Self {
        Self { bytes: Zeroizing::default(), size }
    }

    fn is_full(&self) -> bool {
        self.bytes.len() == self.size
    }

    /// Takes bytes until the segment is full. Returns the rest.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(bytes.len().min(self.size - self.bytes.len()));
        let length = self.bytes.len() + taken.len();
        if length + TAG > self.bytes.capacity() {
            let capacity = (4 * length).clamp(1 << 10, self.size);
            let mut grown = Zeroizing::new(Vec::with_capacity(capacity + TAG));
            grown.extend_from_slice(&self.bytes);
            self.bytes = grown;
        }
        self.bytes.extend_from_slice(taken);
        rest
    }
}
