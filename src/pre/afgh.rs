//! The scheme of Ateniese, Fu, Green and Hohenberger: the baseline.
//!
//! **Paper.** *Improved Proxy Re-Encryption Schemes with Applications to Secure Distributed
//! Storage*, NDSS 2005 (TISSEC 2006): the unidirectional scheme with `rk = g^{b/a}`, on a Type-3
//! pairing.
//!
//! ```text
//! Encrypt for A         r;  C1 = X_A^r;  K = Z^r
//! ReKey A -> B          rk = Y_B^{1/a}                    (G2)
//! ReEncrypt             C1' = e(C1, rk) = Z^{rb}          (GT, 576 bytes on the wire)
//! Decrypt (owner)       K = e(C1, g2)^{1/a}
//! Decrypt (delegatee)   K = C1'^{1/b}
//! ```
//!
//! The body is a DEM under `KDF(K; C1)` in the context `ad`.
//!
//! **Security.** CPA under eDBDH. **What fails:** a proxy and a delegatee together compute
//! `rk^{1/b} = g2^{1/a}`, which opens *everything* of the patient's (`tests/schemes/soundness.rs`), and one
//! re-encryption key covers every record. Both are why [`conditional`](super::conditional) is the
//! default. A proxy's work cannot be checked.
//!
//! **Cost.** Encrypt 1 G1 and 1 GT exponentiation; re-encrypt 1 pairing; decrypt 1 G1 exponentiation
//! and 1 pairing, as the delegatee 1 GT exponentiation and the torsion check of decoding.
#![forbid(unsafe_code)]

use super::{PublicKey, SecretKey, derive};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, pairing};
use crate::dem::{self, ContentKey};
use crate::error::{DecodeError, DecryptionFailed};
use zeroize::Zeroizing;

/// The most bytes of a body.
const MAX_BODY: usize = 1 << 30;

/// A ciphertext for the delegator; the only kind that can be re-encrypted (single hop).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    c1: G1,
    body: Vec<u8>,
}

/// A ciphertext reencrypted towards the delegatee; it travels with the original header `c1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReEncryption {
    c1: G1,
    c1_prime: Gt,
    body: Vec<u8>,
}

/// `rk = Y_B^{1/a}`, held by the proxy.
#[derive(Debug, Clone)]
pub struct ReKey(Secret<G2>);

/// Encrypts for a delegator.
pub fn seal(
    delegator: &PublicKey,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext {
    seal_with_randomness(delegator, ad, plaintext, &Zeroizing::new(Scalar::random(rng)))
}

/// [`seal`] with a given `r`, for test vectors. An `r` used twice reveals plaintexts.
pub fn seal_with_randomness(
    delegator: &PublicKey,
    ad: &[u8],
    plaintext: &[u8],
    r: &Scalar,
) -> Ciphertext {
    let c1 = delegator.x * *r;
    let k = Gt::generator_pow(r);
    Ciphertext { c1, body: dem::seal(&content_key(&k, &c1), ad, plaintext) }
}

/// Decrypts the delegator's own ciphertext.
///
/// # Errors
/// [`DecryptionFailed`].
pub fn open(
    secret: &SecretKey,
    ad: &[u8],
    ciphertext: &Ciphertext,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    // K = e(C1, g2)^{1/a} = e(C1^{1/a}, g2)
    let k = pairing(&(ciphertext.c1 * inverse(secret)), &G2::generator());
    dem::open(&content_key(&k, &ciphertext.c1), ad, &ciphertext.body)
}

/// ReKey from the delegator to the delegatee: covers everything of the delegator's.
pub fn rekeygen(delegator: &SecretKey, delegatee: &PublicKey) -> ReKey {
    ReKey(Secret::new(delegatee.y * inverse(delegator)))
}

/// ReEncrypt: `C1' = e(C1, rk)`.
pub fn reencrypt(rekey: &ReKey, ciphertext: &Ciphertext) -> ReEncryption {
    let c1_prime = pairing(&ciphertext.c1, rekey.0.expose());
    ReEncryption { c1: ciphertext.c1, c1_prime, body: ciphertext.body.clone() }
}

/// Decrypts as the delegatee.
///
/// # Errors
/// [`DecryptionFailed`].
pub fn open_reencrypted(
    secret: &SecretKey,
    ad: &[u8],
    ciphertext: &ReEncryption,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let k = ciphertext.c1_prime.pow(&inverse(secret));
    dem::open(&content_key(&k, &ciphertext.c1), ad, &ciphertext.body)
}

fn inverse(secret: &SecretKey) -> Scalar {
    secret.exponent().inverse().expect("a secret key is never zero")
}

fn content_key(k: &Gt, c1: &G1) -> ContentKey {
    ContentKey::from_secret(derive(tag::AFGH_KEY, k, &[&c1.to_bytes()]))
}

impl Canonical for Ciphertext {
    const KIND: Kind = Kind::AfghCiphertext;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.c1);
        w.bytes(&self.body);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { c1: r.g1()?, body: r.bytes(MAX_BODY)?.to_vec() })
    }
}

impl Canonical for ReEncryption {
    const KIND: Kind = Kind::AfghReEncryption;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.c1);
        w.gt(&self.c1_prime);
        w.bytes(&self.body);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { c1: r.g1()?, c1_prime: r.gt()?, body: r.bytes(MAX_BODY)?.to_vec() })
    }
}

impl Canonical for ReKey {
    const KIND: Kind = Kind::AfghReKey;
    fn write(&self, w: &mut Writer) {
        w.g2(self.0.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(Secret::new(r.g2()?)))
    }
}
public_encoding!(Ciphertext, ReEncryption);
