//! Data encapsulation: one authenticated, key-committing cipher for every plaintext.
//!
//! **Construction.** From a content key of 32 bytes HKDF-SHA-256 derives, bound to the context, a
//! cipher key, a nonce prefix of 19 bytes and a commitment of 32 bytes. The plaintext is encrypted
//! by XChaCha20-Poly1305 in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar, CRYPTO
//! 2015; the `aead` crate's `BE32`) in segments of 64 KiB, so that memory is bounded and a
//! reordered or shortened stream fails.
//!
//! ```text
//! [version][kind][commitment 32] { segment <= 65536 bytes || Poly1305 tag 16 } ... last
//! ```
//!
//! One call of HKDF gives cipher key, nonce prefix and commitment in this order, its info the framed context.
//! The segments authenticate nothing besides, and an empty one after others is refused.
//!
//! **Security.** IND-CCA for a key that encrypts *one* plaintext under one context (the nonce is
//! derived, so a content key must be fresh), and key commitment: several locks may give several
//! readers the content key, and without the commitment a writer could show two readers two
//! plaintexts. Committing rests on the collision resistance of SHA-256 in HKDF.
//!
//! **Cost.** 34 bytes and 16 a segment; no pairing.
//!
//! ```
//! use epione::dem;
//! let key = dem::ContentKey::generate(&mut rand::thread_rng());
//! let sealed = dem::seal(&key, b"record 7, section clinical", b"NIHSS 4");
//! assert_eq!(&*dem::open(&key, b"record 7, section clinical", &sealed).unwrap(), b"NIHSS 4");
//! assert!(dem::open(&key, b"record 8", &sealed).is_err());
//! ```
#![forbid(unsafe_code)]

use crate::algebra::codec::VERSION;
use crate::algebra::hash::kdf;
use crate::algebra::tag::{DEM_KEYS, Kind};
use crate::algebra::{Rng, Secret, random_bytes};
use crate::error::DecryptionFailed;
use chacha20poly1305::aead::{KeyInit, stream};
use chacha20poly1305::{Key, XChaCha20Poly1305};
use std::io::{self, Read, Write};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

/// Plaintext bytes of a segment.
const SEGMENT: usize = 1 << 16;
const TAG: usize = 16;
const HEADER: usize = 2 + 32;

/// The secret of one plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentKey(Secret<[u8; 32]>);

impl ContentKey {
    /// The bytes of a content key.
    pub const BYTES: usize = 32;

    /// A fresh key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self(Secret::new(random_bytes(rng)))
    }

    /// A key that a KEM gave.
    pub fn from_secret(secret: Secret<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// The key's bytes, to be wrapped.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Why a stream did not go through.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The ciphertext does not open; what was written so far must be thrown away.
    #[error(transparent)]
    Decryption(#[from] DecryptionFailed),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
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

/// The bytes of a ciphertext of `plaintext` bytes.
pub fn sealed_length(plaintext: u64) -> u64 {
    let segments = plaintext.div_ceil(SEGMENT as u64).max(1);
    HEADER as u64 + plaintext + segments * TAG as u64
}

/// Encrypts a plaintext under a fresh key; `context` is authenticated, not sent.
pub fn seal(key: &ContentKey, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut ciphertext = Vec::new();
    seal_stream(key, context, &mut &plaintext[..], &mut ciphertext)
        .expect("memory neither fails to read nor to write");
    ciphertext
}

/// Decrypts what [`seal`] gave.
///
/// # Errors
/// [`DecryptionFailed`] for a wrong key, context or byte.
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
/// What reading or writing gives.
pub fn seal_stream(
    key: &ContentKey,
    context: &[u8],
    plaintext: &mut (impl Read + ?Sized),
    ciphertext: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let keys = derive(key, context);
    ciphertext.write_all(&[VERSION, Kind::DemCiphertext as u8])?;
    ciphertext.write_all(&keys.commitment)?;
    let mut encryptor = stream::EncryptorBE32::from_aead(keys.cipher, &keys.nonce.into());
    let mut segments = Segments::new(plaintext, SEGMENT);
    let too_long = |_| io::Error::other("a plaintext has at most 2^32 segments");
    while let Some(segment) = segments.next_but_last()? {
        ciphertext.write_all(&encryptor.encrypt_next(segment).map_err(too_long)?)?;
    }
    ciphertext.write_all(&encryptor.encrypt_last(segments.last()).map_err(too_long)?)
}

/// Decrypts a stream in bounded memory. Segments are written as soon as they verify; only `Ok`
/// says that the stream was whole.
///
/// # Errors
/// [`StreamError::Decryption`] or what reading or writing gives.
pub fn open_stream(
    key: &ContentKey,
    context: &[u8],
    ciphertext: &mut (impl Read + ?Sized),
    plaintext: &mut (impl Write + ?Sized),
) -> Result<(), StreamError> {
    let keys = derive(key, context);
    let mut header = [0; HEADER];
    ciphertext.read_exact(&mut header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => StreamError::Decryption(DecryptionFailed),
        _ => StreamError::Io(error),
    })?;
    let known = header[..2] == [VERSION, Kind::DemCiphertext as u8];
    if !known | !bool::from(header[2..].ct_eq(&keys.commitment)) {
        return Err(DecryptionFailed.into());
    }
    let mut decryptor = stream::DecryptorBE32::from_aead(keys.cipher, &keys.nonce.into());
    let mut segments = Segments::new(ciphertext, SEGMENT + TAG);
    let mut is_first = true;
    while let Some(segment) = segments.next_but_last()? {
        let segment = decryptor.decrypt_next(segment).map_err(|_| DecryptionFailed)?;
        plaintext.write_all(&Zeroizing::new(segment))?;
        is_first = false;
    }
    let last = decryptor.decrypt_last(segments.last()).map_err(|_| DecryptionFailed)?;
    // Full segments have one encoding: an empty one may not follow them.
    if last.is_empty() && !is_first {
        return Err(DecryptionFailed.into());
    }
    plaintext.write_all(&Zeroizing::new(last))?;
    Ok(())
}

/// Cuts a reader into segments, holding one back so that the last is known to be the last.
struct Segments<'a, R: ?Sized> {
    reader: &'a mut R,
    size: usize,
    current: Zeroizing<Vec<u8>>,
    ahead: Zeroizing<Vec<u8>>,
}

impl<'a, R: Read + ?Sized> Segments<'a, R> {
    fn new(reader: &'a mut R, size: usize) -> Self {
        Self { reader, size, current: Zeroizing::default(), ahead: Zeroizing::default() }
    }

    /// The next segment, unless it is the last one: then `None`, and [`Self::last`] has it.
    fn next_but_last(&mut self) -> io::Result<Option<&[u8]>> {
        if self.current.is_empty() && self.ahead.is_empty() {
            self.fill()?;
        }
        std::mem::swap(&mut self.current, &mut self.ahead);
        self.fill()?;
        Ok((!self.ahead.is_empty()).then_some(&self.current))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ahead.clear();
        let limit = self.size as u64;
        Read::take(&mut *self.reader, limit).read_to_end(&mut self.ahead)?;
        Ok(())
    }

    fn last(&self) -> &[u8] {
        &self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ContentKey {
        ContentKey::from_secret(Secret::new([3; 32]))
    }

    #[test]
    fn lengths_around_the_segment_border() {
        for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7] {
            let plaintext: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let sealed = seal(&key(), b"c", &plaintext);
            assert_eq!(sealed.len() as u64, sealed_length(length as u64));
            assert_eq!(*open(&key(), b"c", &sealed).unwrap(), plaintext);
        }
    }

    #[test]
    fn shortened_swapped_or_changed_streams_fail() {
        let sealed = seal(&key(), b"c", &vec![9; 3 * SEGMENT]);
        for length in [0, 1, HEADER, HEADER + SEGMENT + TAG, sealed.len() - 1] {
            assert!(open(&key(), b"c", &sealed[..length]).is_err(), "cut to {length}");
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
    fn another_key_never_opens_the_same_ciphertext() {
        let sealed = seal(&key(), b"c", b"x");
        let other = ContentKey::from_secret(Secret::new([4; 32]));
        assert!(open(&other, b"c", &sealed).is_err());
    }
}
