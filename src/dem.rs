//! Data encapsulation: one key-committing AEAD for every plaintext.
//!
//! **Paper.** Hoang, Reyhanitabar, Rogaway, Vizar, *Online Authenticated-Encryption and its
//! Nonce-Reuse Misuse-Resistance*, CRYPTO 2015: the STREAM construction (`BE32` of the `aead`
//! crate).
//!
//! **Algorithms.** HKDF-SHA-256 derives a cipher key, a nonce prefix of 19 bytes and a commitment
//! of 32 bytes from a content key of 32 bytes, in one call and in this order. The `info` input is
//! the framed context. XChaCha20-Poly1305 encrypts the plaintext in segments of 64 KiB.
//!
//! ```text
//! [version][kind][commitment 32] { segment <= 65536 bytes || Poly1305 tag 16 } ... last
//! ```
//!
//! Segments have no associated data. Only the last segment may be shorter than 64 KiB, and it is
//! empty only if the plaintext is empty.
//!
//! **Security.** IND-CCA for a content key that encrypts *one* plaintext under one context: the
//! nonce is derived, so a content key must be fresh. Key-committing: a content key is wrapped for
//! several recipients, and without the commitment a writer could show two recipients two
//! plaintexts. The commitment holds if HKDF-SHA-256 is a random oracle. Reordered,
//! dropped or repeated segments fail.
//!
//! **Deviations.** STREAM with a derived nonce prefix instead of a random one, and with a header
//! that commits to the key.
//!
//! **Cost.** 34 bytes, and 16 bytes per segment. Memory is bounded by a few segments.
//!
//! ```
//! use epione::dem;
//! let key = dem::ContentKey::generate(&mut rand::thread_rng());
//! let sealed = dem::seal(&key, b"record 7, section clinical", b"NIHSS 4");
//! assert_eq!(&*dem::open(&key, b"record 7, section clinical", &sealed).unwrap(), b"NIHSS 4");
//! assert!(dem::open(&key, b"record 8", &sealed).is_err());
//! ```
#![forbid(unsafe_code)]

mod reader;
mod segments;
mod stream;

pub use reader::{PlaintextReader, open_reader};
pub use stream::{Opener, Sealer};

use crate::algebra::hash::kdf;
use crate::algebra::tag::DEM_KEYS;
use crate::algebra::{Rng, Secret, random_bytes};
use crate::error::DecryptionFailed;
use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::{Key, XChaCha20Poly1305};
use std::io::{self, BufRead, Read, Write};
use thiserror::Error;
use zeroize::Zeroizing;

/// Length of a full segment of plaintext in bytes.
const SEGMENT: usize = 1 << 16;
const TAG: usize = 16;
const HEADER: usize = 2 + 32;

/// The secret key of one plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentKey(Secret<[u8; 32]>);

impl ContentKey {
    /// Length of a content key in bytes.
    pub const BYTES: usize = 32;

    /// Generates a fresh key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self(Secret::new(random_bytes(rng)))
    }

    /// Creates a content key from the output of a KEM or KDF.
    pub fn from_secret(secret: Secret<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// Exposes the bytes, for key wrapping.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Failure to decrypt a stream.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The ciphertext is invalid. Discard the plaintext written so far.
    #[error(transparent)]
    Decryption(#[from] DecryptionFailed),
    /// Reading the ciphertext or writing the plaintext failed.
    #[error("{0}")]
    Io(io::Error),
}

/// A [`DecryptionFailed`] becomes the source of an error of kind `InvalidData`.
impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Decryption(error) => Self::new(io::ErrorKind::InvalidData, error),
            StreamError::Io(error) => error,
        }
    }
}

/// The inverse of the other conversion.
impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        let is_decryption = error.get_ref().is_some_and(|error| error.is::<DecryptionFailed>());
        if is_decryption { Self::Decryption(DecryptionFailed) } else { Self::Io(error) }
    }
}

struct Keys {
    cipher: XChaCha20Poly1305,
    nonce: [u8; 19],
    commitment: [u8; 32],
}

fn derive(key: &ContentKey, context: &[u8]) -> Keys {
    let okm = kdf::<83>(DEM_KEYS, key.expose(), &[context]);
    let (cipher, rest) = okm.expose().split_at(32);
    let (nonce, commitment) = rest.split_at(19);
    Keys {
        cipher: XChaCha20Poly1305::new(Key::from_slice(cipher)),
        nonce: nonce.try_into().expect("19 bytes were split off"),
        commitment: commitment.try_into().expect("32 bytes remain"),
    }
}

/// Returns the length of the ciphertext of `plaintext` bytes, at most 2^64 - 1.
pub fn sealed_length(plaintext: u64) -> u64 {
    let segments = plaintext.div_ceil(SEGMENT as u64).max(1);
    plaintext.saturating_add(HEADER as u64 + segments * TAG as u64)
}

/// Encrypts a plaintext under a fresh key. The context is authenticated and not part of the output.
pub fn seal(key: &ContentKey, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut ciphertext = Vec::new();
    let memory = "writing to memory does not fail";
    let mut sealer = Sealer::new(key, context, &mut ciphertext).expect(memory);
    sealer.write_all(plaintext).expect(memory);
    sealer.finish().expect(memory);
    ciphertext
}

/// Decrypts the output of [`seal`].
///
/// # Errors
/// [`DecryptionFailed`] if key or context differ, or the ciphertext was changed.
pub fn open(
    key: &ContentKey,
    context: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let mut plaintext = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    open_stream(key, context, &mut &ciphertext[..], &mut *plaintext)
        .map_err(|_| DecryptionFailed)?;
    Ok(plaintext)
}

/// Encrypts a stream in bounded memory.
///
/// # Errors
/// The I/O error of the reader or the writer; an error if there are more than 2^32 segments.
pub fn seal_stream(
    key: &ContentKey,
    context: &[u8],
    plaintext: &mut (impl Read + ?Sized),
    ciphertext: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let mut sealer = Sealer::new(key, context, ciphertext)?;
    copy(plaintext, |bytes| sealer.write_all(bytes))?;
    sealer.finish()
}

/// Decrypts a stream in bounded memory. Writes each segment as soon as it is authenticated. Only
/// `Ok` confirms that the stream is complete. [`open_reader`] decrypts on demand instead.
///
/// # Errors
/// [`StreamError::Decryption`] if the ciphertext is invalid; [`StreamError::Io`] if reading or
/// writing fails.
pub fn open_stream(
    key: &ContentKey,
    context: &[u8],
    ciphertext: &mut (impl Read + ?Sized),
    plaintext: &mut (impl Write + ?Sized),
) -> Result<(), StreamError> {
    let mut reader = open_reader(key, context, ciphertext)?;
    loop {
        let segment = reader.segment()?;
        if segment.is_empty() {
            return Ok(());
        }
        plaintext.write_all(segment)?;
        let length = segment.len();
        reader.consume(length);
    }
}

/// Passes the bytes of a reader to `write` through an erased buffer.
fn copy(
    reader: &mut (impl Read + ?Sized),
    mut write: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Zeroizing::new([0; 1 << 13]);
    loop {
        match reader.read(&mut *buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => write(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ContentKey {
        ContentKey::from_secret(Secret::new([3; 32]))
    }

    #[test]
    fn plaintexts_around_the_segment_boundary_round_trip() {
        for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7] {
            let plaintext: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let sealed = seal(&key(), b"c", &plaintext);
            assert_eq!(sealed.len() as u64, sealed_length(length as u64));
            assert_eq!(*open(&key(), b"c", &sealed).unwrap(), plaintext);
        }
    }

    #[test]
    fn truncated_reordered_or_modified_streams_are_rejected() {
        let sealed = seal(&key(), b"c", &vec![9; 3 * SEGMENT]);
        for length in [0, 1, HEADER, HEADER + SEGMENT + TAG, sealed.len() - 1] {
            assert!(open(&key(), b"c", &sealed[..length]).is_err(), "truncated to {length}");
        }
        let (first, second) = (HEADER..HEADER + SEGMENT + TAG, HEADER + SEGMENT + TAG);
        let mut swapped = sealed[..HEADER].to_vec();
        swapped.extend_from_slice(&sealed[second..second + SEGMENT + TAG]);
        swapped.extend_from_slice(&sealed[first]);
        swapped.extend_from_slice(&sealed[second + SEGMENT + TAG..]);
        assert!(open(&key(), b"c", &swapped).is_err());
        for position in [0, 1, 2, 33, 34, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(open(&key(), b"c", &changed).is_err(), "byte {position}");
        }
    }

    #[test]
    fn a_stream_written_in_pieces_is_that_of_one_write() {
        for length in [0, 1, SEGMENT, 2 * SEGMENT + 7] {
            let plaintext: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let sealed = seal(&key(), b"c", &plaintext);
            for piece in [1, 1000, SEGMENT - 1, SEGMENT, SEGMENT + TAG, 3 * SEGMENT] {
                let (mut ciphertext, mut opened) = (Vec::new(), Vec::new());
                let mut sealer = Sealer::new(&key(), b"c", &mut ciphertext).unwrap();
                plaintext.chunks(piece).for_each(|piece| sealer.write_all(piece).unwrap());
                sealer.finish().unwrap();
                assert!(ciphertext == sealed, "{length} bytes in pieces of {piece}");
                let mut opener = Opener::new(&key(), b"c", &mut opened);
                sealed.chunks(piece).for_each(|piece| opener.write_all(piece).unwrap());
                opener.finish().unwrap();
                assert!(opened == plaintext, "{length} bytes in pieces of {piece}");
            }
        }
    }

    #[test]
    fn an_opener_accepts_no_bytes_after_an_error() {
        let sealed = seal(&key(), b"c", &vec![9; 2 * SEGMENT]);
        for position in [0, 33, HEADER + 1] {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            let mut opened = Vec::new();
            let mut opener = Opener::new(&key(), b"c", &mut opened);
            let error = opener.write_all(&changed).unwrap_err();
            assert!(matches!(StreamError::from(error), StreamError::Decryption(_)));
            assert!(opener.write_all(&sealed[..1]).is_err());
            assert!(matches!(opener.finish(), Err(StreamError::Decryption(_))));
            assert!(opened.is_empty());
        }
        assert!(Opener::new(&key(), b"c", Vec::new()).finish().is_err(), "no header");
    }

    #[test]
    fn another_key_does_not_decrypt() {
        let sealed = seal(&key(), b"c", b"x");
        let other = ContentKey::from_secret(Secret::new([4; 32]));
        assert!(open(&other, b"c", &sealed).is_err());
    }
}
