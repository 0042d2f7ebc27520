//! Signatures of users, institutions and replicas: Ed25519 with strict verification.
//!
//! **Paper.** RFC 8032. Qin et al. 2021 sign with textbook RSA.
//!
//! **Verification.** A signature `(R, s)` of `msg` under the key `A` is valid if `[s]B = R + [k]A`
//! with `k = SHA-512(R || A || msg)`: the cofactorless equation, which RFC 8032, section 5.1.7,
//! permits. `R` and `s` must be canonical; `R` and `A` must not have small order (`verify_strict`
//! of `ed25519-dalek`). ZIP-215, in contrast, uses the cofactored equation and accepts
//! non-canonical points and points of small order.
//!
//! **Algorithms.** The signed message is `msg = framed(tag) || framed(parts)` for a domain [`Tag`];
//! [`framed`] precedes each part by its 32-bit big-endian length.
//!
//! **Security.** EUF-CMA, and strong unforgeability under the strict rule. Signing is
//! deterministic; the library claims constant time.
//!
//! **Deviations.** No batch verification: it disagrees with single verification on points of small
//! order, and replicas that disagree on the validity of a signature cause a fork.
//!
//! **Cost.** 32 bytes per key, 64 bytes per signature.
//!
//! ```
//! use epione::{algebra::tag, sign::SigningKey};
//! let key = SigningKey::generate(&mut rand::thread_rng());
//! let signature = key.sign(tag::SIGN_QUERY, &[b"record 7"]);
//! assert!(key.verifying_key().verify(tag::SIGN_QUERY, &[b"record 7"], &signature).is_ok());
//! assert!(key.verifying_key().verify(tag::SIGN_FETCH, &[b"record 7"], &signature).is_err());
//! ```
#![forbid(unsafe_code)]

use crate::algebra::codec::{Codec, Reader, Writer, sequence};
use crate::algebra::count::{Operation, count};
use crate::algebra::hash::framed;
use crate::algebra::tag::Tag;
use crate::algebra::{Rng, Secret, random_bytes};
use crate::error::DecodeError;
use ed25519_dalek::Signer;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The error of [`VerifyingKey::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature is invalid")]
pub struct InvalidSignature;

/// A signing key. Erased on drop.
#[derive(Clone)]
pub struct SigningKey(
    // Invariant: the library stores the seed with its own public key. A caller-supplied public key
    // would allow the signing-oracle attack: two signatures with one `R` reveal the key.
    ed25519_dalek::SigningKey,
);

impl SigningKey {
    /// Generates a fresh key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::from_seed(&Secret::new(random_bytes(rng)))
    }

    /// Derives the key from a 32-byte seed (the private key of RFC 8032).
    pub fn from_seed(seed: &Secret<[u8; 32]>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// Returns the public key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `framed(tag) || framed(parts)`.
    pub fn sign(&self, tag: Tag, parts: &[&[u8]]) -> Signature {
        Signature(self.0.sign(&message(tag, parts)).to_bytes())
    }
}

/// The seed.
impl Codec for SigningKey {
    fn write(&self, w: &mut Writer) {
        w.fixed(self.0.as_bytes());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::from_seed(&Codec::read(r)?))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public key of 32 bytes. Decoding rejects points of small order and non-canonical encodings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyingKey([u8; 32]);

impl VerifyingKey {
    /// Returns the encoding of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Decodes a key from its 32 bytes.
    ///
    /// # Errors
    /// [`DecodeError::NotOnCurve`], [`DecodeError::NotInSubgroup`] for a key of small order, or
    /// [`DecodeError::NotReduced`] for a non-canonical encoding.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, DecodeError> {
        Self::read(&mut Reader::new(bytes))
    }

    /// Verifies a signature over `tag` and `parts` by the strict rule.
    ///
    /// # Errors
    /// [`InvalidSignature`] if any check fails.
    pub fn verify(
        &self,
        tag: Tag,
        parts: &[&[u8]],
        signature: &Signature,
    ) -> Result<(), InvalidSignature> {
        count(Operation::Signature, 1);
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| InvalidSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&message(tag, parts), &signature).map_err(|_| InvalidSignature)
    }
}

/// Reading returns [`DecodeError::NotOnCurve`], [`DecodeError::NotInSubgroup`] for a key of small
/// order, or [`DecodeError::NotReduced`] for a non-canonical encoding.
impl Codec for VerifyingKey {
    fn write(&self, w: &mut Writer) {
        w.fixed(&self.0);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.fixed()?;
        if r.is_trusted() {
            return Ok(Self(bytes));
        }
        count(Operation::VerifyingKey, 1);
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| DecodeError::NotOnCurve)?;
        if key.is_weak() {
            return Err(DecodeError::NotInSubgroup);
        }
        if is_reduced(&bytes) { Ok(Self(bytes)) } else { Err(DecodeError::NotReduced) }
    }
}

/// Returns `true` if `y`, all but the top bit, is below `p = 2^255 - 19`. The library accepts the
/// second encoding `y + p` of a key.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let high = bytes[31] & 0x7f == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff);
    !high || bytes[0] < 0xed
}

/// Prints the first eight bytes in hex, enough to distinguish keys in a log.
impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", hex::encode(&self.0[..8]))
    }
}
impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Parses the 64 hexadecimal digits of [`Display`](fmt::Display).
impl FromStr for VerifyingKey {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let mut bytes = [0; 32];
        let decoded = hex::decode_to_slice(text, &mut bytes);
        decoded.map_err(|_| DecodeError::Invalid("a key has 64 hexadecimal digits"))?;
        Self::from_bytes(&bytes)
    }
}

/// A signature of 64 bytes, not checked before verification.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Returns the bytes.
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
    /// Accepts any 64 bytes; [`VerifyingKey::verify`] checks them.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
}
sequence!(Codec for Signature { 0 });

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}..)", hex::encode(&self.0[..8]))
    }
}

/// Returns the signed message, `framed(tag) || framed(parts)`. The encoding is injective.
fn message(tag: Tag, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = framed(&[tag.as_bytes()]);
    bytes.extend(framed(parts));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::tag;

    #[test]
    fn a_key_is_parsed_from_its_text_only() {
        let key = SigningKey::from_seed(&Secret::new([1; 32])).verifying_key();
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key));
        let small_order = format!("01{}", "0".repeat(62));
        for text in ["", &text[1..], &format!("{text}0"), &text.replace('8', "é"), &small_order] {
            assert!(text.parse::<VerifyingKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn decoding_rejects_keys_of_small_order() {
        // The identity and the point of order two.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut order_two = [0xff; 32];
        order_two[0] = 0xec;
        order_two[31] = 0x7f;
        for bytes in [identity, order_two] {
            assert_eq!(
                VerifyingKey::read(&mut Reader::new(&bytes)),
                Err(DecodeError::NotInSubgroup)
            );
            // Under such a key (R, s) = (key, 0) satisfies the cofactored equation for every
            // message.
            let mut forged = [0; 64];
            forged[..32].copy_from_slice(&bytes);
            let signature = Signature::from_bytes(forged);
            assert!(VerifyingKey(bytes).verify(tag::SIGN_QUERY, &[b"x"], &signature).is_err());
        }
    }

    #[test]
    fn decoding_rejects_non_canonical_keys() {
        // The encodings y + p < 2^255 that the library decodes.
        let encoding = |y: u8, sign: u8| {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (0xed + y, 0x7f | sign);
            bytes
        };
        let non_canonical: Vec<[u8; 32]> = (2..19)
            .flat_map(|y| [encoding(y, 0), encoding(y, 0x80)])
            .filter(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).is_ok())
            .collect();
        assert!(non_canonical.len() > 8, "the library decodes them");
        for bytes in non_canonical {
            let read = VerifyingKey::read(&mut Reader::new(&bytes));
            assert_eq!(read, Err(DecodeError::NotReduced), "{bytes:02x?}");
        }
    }

    #[test]
    fn the_framing_of_parts_is_injective() {
        let key = SigningKey::from_seed(&Secret::new([7; 32]));
        let signature = key.sign(tag::SIGN_QUERY, &[b"ab", b"c"]);
        assert!(key.verifying_key().verify(tag::SIGN_QUERY, &[b"a", b"bc"], &signature).is_err());
    }
}
