//! Signatures of people, institutions and replicas: Ed25519 under one validity rule.
//!
//! **Paper.** RFC 8032; the rule is `ed25519-dalek`'s *strict* one (canonical `R` and `s`, no key
//! or `R` of small order, cofactorless equation), applied one signature at a time. Batch
//! verification disagrees with single verification on torsion points, and a disagreement splits
//! replicas, so there is none. The seeds' textbook RSA is replaced by this.
//!
//! What is signed is never a bare message: a domain [`Tag`] and framed parts.
//!
//! **Security.** EUF-CMA, and strong unforgeability under the strict rule. Signing is
//! deterministic and constant time in the library's claim.
//!
//! ```
//! use epione::{algebra::tag, sign::SigningKey};
//! let key = SigningKey::generate(&mut rand::thread_rng());
//! let signature = key.sign(tag::SIGN_QUERY, &[b"record 7"]);
//! assert!(key.verifying_key().verify(tag::SIGN_QUERY, &[b"record 7"], &signature).is_ok());
//! assert!(key.verifying_key().verify(tag::SIGN_FETCH, &[b"record 7"], &signature).is_err());
//! ```
#![forbid(unsafe_code)]

use crate::algebra::codec::{Reader, Writer};
use crate::algebra::hash::framed;
use crate::algebra::tag::Tag;
use crate::algebra::{Rng, Secret, random_bytes};
use crate::error::DecodeError;
use ed25519_dalek::Signer;
use std::fmt;
use thiserror::Error;

/// A signature does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature is not valid")]
pub struct InvalidSignature;

/// A secret signing key; erased on drop.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A fresh key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::from_seed(&Secret::new(random_bytes(rng)))
    }

    /// The key of a 32-byte seed (RFC 8032's private key).
    pub fn from_seed(seed: &Secret<[u8; 32]>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// The public key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `tag || parts`, framed.
    pub fn sign(&self, tag: Tag, parts: &[&[u8]]) -> Signature {
        Signature(self.0.sign(&message(tag, parts)).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public key: 32 bytes, checked for being a point of large order when decoded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyingKey([u8; 32]);

impl VerifyingKey {
    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Verifies a signature over `tag || parts` by the strict rule.
    ///
    /// # Errors
    /// [`InvalidSignature`], whatever the reason.
    pub fn verify(
        &self,
        tag: Tag,
        parts: &[&[u8]],
        signature: &Signature,
    ) -> Result<(), InvalidSignature> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| InvalidSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&message(tag, parts), &signature).map_err(|_| InvalidSignature)
    }

    /// Writes the 32 bytes.
    pub fn write(&self, w: &mut Writer) {
        w.fixed(&self.0);
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`DecodeError::NotOnCurve`], [`DecodeError::NotInSubgroup`] for a key of small order, or
    /// [`DecodeError::NotReduced`] for a second spelling of a key.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.fixed()?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| DecodeError::NotOnCurve)?;
        if key.is_weak() {
            return Err(DecodeError::NotInSubgroup);
        }
        if is_reduced(&bytes) { Ok(Self(bytes)) } else { Err(DecodeError::NotReduced) }
    }
}

/// Whether `y`, all but the top bit, is below `p = 2^255 - 19`. The library reads `y + p` as `y`,
/// which would give one key two spellings.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let high = bytes[31] & 0x7f == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff);
    !high || bytes[0] < 0xed
}

/// The first eight bytes in hex: enough to tell keys apart in a log.
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

/// 64 bytes; validity is decided when it is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// The bytes.
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
    /// Any 64 bytes; [`VerifyingKey::verify`] judges them.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
    /// Writes the 64 bytes.
    pub fn write(&self, w: &mut Writer) {
        w.fixed(&self.0);
    }
    /// Reads 64 bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(r.fixed()?))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}..)", hex::encode(&self.0[..8]))
    }
}

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
    fn small_order_keys_are_refused() {
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
            // With such a key, (R, s) = (key, 0) satisfies the cofactored equation for any message.
            let mut forged = [0; 64];
            forged[..32].copy_from_slice(&bytes);
            let signature = Signature::from_bytes(forged);
            assert!(VerifyingKey(bytes).verify(tag::SIGN_QUERY, &[b"x"], &signature).is_err());
        }
    }

    #[test]
    fn a_key_has_one_spelling() {
        // y + p for the y that leave room, as the library reads them; all keys below p are their own.
        let spelt = |y: u8, sign: u8| {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (0xed + y, 0x7f | sign);
            bytes
        };
        let second: Vec<[u8; 32]> = (2..19)
            .flat_map(|y| [spelt(y, 0), spelt(y, 0x80)])
            .filter(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).is_ok())
            .collect();
        assert!(second.len() > 8, "the library reads them");
        for bytes in second {
            let read = VerifyingKey::read(&mut Reader::new(&bytes));
            assert_eq!(read, Err(DecodeError::NotReduced), "{bytes:02x?}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let key = SigningKey::from_seed(&Secret::new([7; 32]));
        let signature = key.sign(tag::SIGN_QUERY, &[b"ab", b"c"]);
        assert!(key.verifying_key().verify(tag::SIGN_QUERY, &[b"a", b"bc"], &signature).is_err());
    }
}
