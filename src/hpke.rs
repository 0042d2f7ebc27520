//! Public-key encryption of messages and streams: HPKE in base mode.
//!
//! **Paper.** RFC 9180; base mode is analysed by Lipp, *An Analysis of Hybrid Public Key
//! Encryption*, ePrint 2020/243. The crate `hpke` implements it.
//!
//! **Algorithms.** The suite DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305:
//!
//! | function | RFC 9180 |
//! |---|---|
//! | [`SecretKey::from_seed`] | `DeriveKeyPair(seed)`, section 7.1.3 |
//! | [`seal`], [`open`] | `SealBase`, `OpenBase`, section 6.1; output `enc \|\| ct` |
//! | [`encapsulate_key`], [`decapsulate_key`] | `SendExportBase`, `ReceiveExportBase`, 6.2 |
//!
//! The exported key encrypts a stream with [`dem::seal_stream`](crate::dem::seal_stream), in
//! bounded memory.
//!
//! **Security.** IND-CCA2 under the gap Diffie-Hellman assumption in the random-oracle model.
//! `info` and `aad` are authenticated; a ciphertext opens under the same values only.
//!
//! - Base mode authenticates no sender: everybody who knows the public key can encrypt. Senders
//!   sign.
//! - No forward secrecy: the receiver's secret key opens all earlier ciphertexts.
//! - Not key-committing: a sender can build one ciphertext that two receivers open to two
//!   plaintexts. An exported key is used with the DEM, which commits to its key.
//! - Not post-quantum. A hybrid KEM such as X-Wing, in later versions of `hpke`, would protect
//!   these messages, but not the records, whose wrapped keys are on BLS12-381. Those versions also
//!   require a later generation of `rand_core` than arkworks does.
//!
//! **Deviations.** Decoding a [`PublicKey`] rejects points of small order and non-canonical
//! encodings. RFC 9180, section 7.1.4, rejects the former at encapsulation, and RFC 7748 reduces
//! the latter.
//!
//! **Cost.** 48 bytes per message. On Curve25519, two scalar multiplications per encapsulation,
//! three per decapsulation, one per decoded public key.
//!
//! ```
//! use epione::hpke::{self, SecretKey};
//! let rng = &mut rand::thread_rng();
//! let secret = SecretKey::generate(rng);
//! let sealed = hpke::seal(&secret.public_key(), b"introduction", b"", b"window key", rng);
//! assert_eq!(&**hpke::open(&secret, b"introduction", b"", &sealed)?, b"window key");
//! assert!(hpke::open(&secret, b"delivery", b"", &sealed).is_err());
//! # Ok::<(), epione::error::DecryptionFailed>(())
//! ```
#![forbid(unsafe_code)]

use crate::algebra::codec::{Codec, Reader, Writer};
use crate::algebra::tag::HPKE_STREAM;
use crate::algebra::{Rng, Secret, random_bytes};
use crate::dem::ContentKey;
use crate::error::{DecodeError, DecryptionFailed};
use ::hpke::aead::{AeadCtxR, AeadCtxS, AeadTag, ChaCha20Poly1305};
use ::hpke::kdf::HkdfSha256;
use ::hpke::kem::X25519HkdfSha256;
use ::hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender};
use std::fmt;
use zeroize::Zeroizing;

/// Length of an encapsulated key in bytes (`Nenc`).
pub const ENCAPSULATION_BYTES: usize = 32;
const TAG: usize = 16;
/// The overhead of a sealed message in bytes.
pub const OVERHEAD: usize = ENCAPSULATION_BYTES + TAG;

/// A secret key: the seed of a key pair. Erased on drop.
#[derive(Clone)]
pub struct SecretKey {
    seed: Secret<[u8; 32]>,
    public: PublicKey,
}

impl SecretKey {
    /// Generates a fresh key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::from_seed(Secret::new(random_bytes(rng)))
    }

    /// Derives the key pair from a uniform seed (`ikm` of `DeriveKeyPair`).
    pub fn from_seed(seed: Secret<[u8; 32]>) -> Self {
        let (_, public) = X25519HkdfSha256::derive_keypair(seed.expose());
        Self { seed, public: PublicKey(public.to_bytes().into()) }
    }

    /// Returns the public key.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    fn private_key(&self) -> <X25519HkdfSha256 as Kem>::PrivateKey {
        X25519HkdfSha256::derive_keypair(self.seed.expose()).0
    }
}

/// The seed.
impl Codec for SecretKey {
    fn write(&self, w: &mut Writer) {
        Codec::write(&self.seed, w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Codec::read(r).map(Self::from_seed)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// A public key of 32 bytes. Decoding rejects points of small order and non-canonical encodings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Returns the encoding of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn point(&self) -> <X25519HkdfSha256 as Kem>::PublicKey {
        Deserializable::from_bytes(&self.0).expect("any 32 bytes are a public key of the library")
    }
}

/// Reading returns [`DecodeError::NotReduced`] for a non-canonical encoding, or
/// [`DecodeError::NotInSubgroup`] for a point of small order.
impl Codec for PublicKey {
    fn write(&self, w: &mut Writer) {
        w.fixed(&self.0);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.fixed()?;
        if r.is_trusted() {
            return Ok(Self(bytes));
        }
        if !is_reduced(&bytes) {
            return Err(DecodeError::NotReduced);
        }
        if SMALL_ORDER.contains(&bytes) { Err(DecodeError::NotInSubgroup) } else { Ok(Self(bytes)) }
    }
}

/// The reduced `u`-coordinates of points of small order on the curve and its twist: 0, 1, `p - 1`,
/// and the two of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

/// Returns `true` if the number is below `p = 2^255 - 19`.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let is_high = bytes[31] == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff);
    bytes[31] < 0x80 && !(is_high && bytes[0] >= 0xed)
}

/// Prints the first eight bytes in hex, enough to distinguish keys in a log.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(&self.0[..8]))
    }
}

/// Encrypts a message to a receiver. Returns `enc || ct`.
pub fn seal(
    receiver: &PublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Vec<u8> {
    let (enc, mut context) = sender(receiver, info, rng);
    // The plaintext is encrypted in place, in a buffer that does not grow.
    let mut sealed = Vec::with_capacity(OVERHEAD + plaintext.len());
    sealed.extend_from_slice(&enc);
    sealed.extend_from_slice(plaintext);
    let tag = context
        .seal_in_place_detached(&mut sealed[ENCAPSULATION_BYTES..], aad)
        .expect("the first message of a context, in memory, is within the cipher's limits");
    sealed.extend_from_slice(&tag.to_bytes());
    sealed
}

/// Decrypts the output of [`seal`].
///
/// # Errors
/// [`DecryptionFailed`] if key, `info` or `aad` differ, or the bytes were changed.
pub fn open(
    secret: &SecretKey,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let (enc, rest) = sealed.split_first_chunk().ok_or(DecryptionFailed)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(DecryptionFailed)?;
    let tag = AeadTag::from_bytes(tag).map_err(|_| DecryptionFailed)?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    self::receiver(secret, info, enc)?
        .open_in_place_detached(&mut plaintext, aad, &tag)
        .map_err(|_| DecryptionFailed)?;
    Ok(plaintext)
}

/// Encapsulates the content key of one stream to a receiver.
pub fn encapsulate_key(
    receiver: &PublicKey,
    info: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> ([u8; ENCAPSULATION_BYTES], ContentKey) {
    let (enc, context) = sender(receiver, info, rng);
    let key = exported(|key| context.export(HPKE_STREAM.as_bytes(), key));
    (enc, key)
}

/// Decapsulates the content key of a stream. Another encapsulation or `info` yields another key,
/// under which the stream does not decrypt.
///
/// # Errors
/// [`DecryptionFailed`] if the encapsulation is a point of small order.
pub fn decapsulate_key(
    secret: &SecretKey,
    info: &[u8],
    enc: &[u8; ENCAPSULATION_BYTES],
) -> Result<ContentKey, DecryptionFailed> {
    let context = receiver(secret, info, enc)?;
    Ok(exported(|key| context.export(HPKE_STREAM.as_bytes(), key)))
}

type SenderContext = AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type ReceiverContext = AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;

/// `SetupBaseS`.
fn sender(
    receiver: &PublicKey,
    info: &[u8],
    mut rng: &mut (impl Rng + ?Sized),
) -> ([u8; ENCAPSULATION_BYTES], SenderContext) {
    let mode = OpModeS::<X25519HkdfSha256>::Base;
    let (enc, context) = setup_sender(&mode, &receiver.point(), info, &mut rng)
        .expect("a public key does not have small order");
    (enc.to_bytes().into(), context)
}

/// `SetupBaseR`.
fn receiver(
    secret: &SecretKey,
    info: &[u8],
    enc: &[u8; ENCAPSULATION_BYTES],
) -> Result<ReceiverContext, DecryptionFailed> {
    let enc = Deserializable::from_bytes(enc).map_err(|_| DecryptionFailed)?;
    setup_receiver(&OpModeR::Base, &secret.private_key(), &enc, info).map_err(|_| DecryptionFailed)
}

fn exported(export: impl FnOnce(&mut [u8]) -> Result<(), ::hpke::HpkeError>) -> ContentKey {
    let mut key = Secret::new([0; ContentKey::BYTES]);
    export(key.expose_mut()).expect("32 bytes are within HKDF's limit");
    ContentKey::from_secret(key)
}

#[cfg(test)]
mod tests;
