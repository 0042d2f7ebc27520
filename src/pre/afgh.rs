//! The proxy re-encryption of Ateniese, Fu, Green and Hohenberger: the baseline.
//!
//! # Paper
//!
//! *Improved Proxy Re-Encryption Schemes with Applications to Secure Distributed
//! Storage*, NDSS 2005 (extended version: TISSEC 2006), third attempt: the unidirectional scheme
//! with `rk = g^{b/a}`.
//!
//! # Algorithms
//!
//! A second-level ciphertext `(C1, body)` can be re-encrypted once, into a
//! first-level ciphertext `(C1, C1', body)`. `Z = e(g1, g2)`.
//!
//! ```math
//! Encrypt for A         r;  C1 = X_A^r;  K = Z^r
//! ReKey A -> B          rk = Y_B^{1/a}                    (G2)
//! ReEncrypt             C1' = e(C1, rk) = Z^{rb}          (GT, 576 bytes encoded)
//! Decrypt (delegator)   K = e(C1, g2)^{1/a}
//! Decrypt (delegatee)   K = C1'^{1/b}
//! ```
//!
//! The body is a DEM ciphertext under `KDF(K; C1)` with the context `ad`.
//!
//! # Security
//!
//! IND-CPA under eDBDH. The scheme does not withstand:
//!
//! - *Collusion.* Proxy and delegatee compute the weak secret `rk^{1/b} = g2^{1/a}`, which decrypts
//!   every ciphertext of the delegator (`tests/schemes/soundness/pre_afgh.rs`).
//! - *Over-delegation.* One re-encryption key covers every ciphertext of the delegator.
//! - *A malicious proxy.* Re-encryptions are not verifiable.
//!
//! [`conditional`](super::conditional) addresses all three and is the default.
//!
//! # Deviations
//!
//! Type-3 pairing: ciphertexts in G1, re-encryption keys in G2. A DEM encrypts the
//! message instead of a multiplication in GT.
//!
//! # Cost
//!
//! Encrypt: 1 exponentiation in G1 and 1 in GT. Re-encrypt: 1 pairing. Decrypt as the
//! delegator: 1 exponentiation in G1 and 1 pairing; as the delegatee: 1 exponentiation in GT, and
//! the subgroup check of decoding.
//!
//! # Example
//!
//! ```
//! use epione::pre::{self, afgh};
//! let rng = &mut rand::thread_rng();
//! let (alice, alice_public) = pre::keygen(rng);
//! let (bob, bob_public) = pre::keygen(rng);
//!
//! let ciphertext = afgh::seal(&alice_public, b"record 7", b"content key", rng);
//! assert_eq!(&*afgh::open(&alice, b"record 7", &ciphertext).unwrap(), b"content key");
//!
//! // Alice gives the proxy a re-encryption key for Bob; the proxy learns no plaintext.
//! let rekey = afgh::rekeygen(&alice, &bob_public);
//! let reencryption = afgh::reencrypt(&rekey, &ciphertext);
//! let opened = afgh::open_reencrypted(&bob, b"record 7", &reencryption).unwrap();
//! assert_eq!(&*opened, b"content key");
//! assert!(afgh::open(&bob, b"record 7", &ciphertext).is_err());
//! ```
#![forbid(unsafe_code)]

use super::{PublicKey, SecretKey, derive};
use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, pairing, tag};
use crate::dem::{self, ContentKey};
use crate::error::DecryptionFailed;
use zeroize::Zeroizing;

/// Maximum length of a body in bytes.
const MAX_BODY: usize = 1 << 30;

/// A second-level ciphertext: encrypted for the delegator, can be re-encrypted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    c1: G1,
    body: Vec<u8>,
}

/// A first-level ciphertext: re-encrypted for the delegatee. `C1` enters the key derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReEncryption {
    c1: G1,
    c1_prime: Gt,
    body: Vec<u8>,
}

/// The proxy's re-encryption key `rk = Y_B^{1/a}`.
#[derive(Debug, Clone)]
pub struct ReKey(Secret<G2>);

/// Encrypts for a delegator; the associated data `ad` is authenticated.
pub fn seal(
    delegator: &PublicKey,
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext {
    encrypt(delegator, ad, plaintext, &Zeroizing::new(Scalar::random(rng)))
}

/// [`seal`] with the exponent `r` given. Reusing `r` for one delegator repeats the key of the body.
/// Requires the feature `hazmat`.
#[cfg(feature = "hazmat")]
pub fn seal_with_randomness(
    delegator: &PublicKey,
    ad: &[u8],
    plaintext: &[u8],
    r: &Scalar,
) -> Ciphertext {
    encrypt(delegator, ad, plaintext, r)
}

/// `C1 = X_A^r;  K = Z^r`.
fn encrypt(delegator: &PublicKey, ad: &[u8], plaintext: &[u8], r: &Scalar) -> Ciphertext {
    let c1 = delegator.x * *r;
    let k = Gt::generator_pow(r);
    Ciphertext { c1, body: dem::seal(&content_key(&k, &c1), ad, plaintext) }
}

/// Decrypts a second-level ciphertext as the delegator.
///
/// # Errors
/// [`DecryptionFailed`] if the ciphertext is not for this key and `ad`, or was changed.
pub fn open(
    secret: &SecretKey,
    ad: &[u8],
    ciphertext: &Ciphertext,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    // K = e(C1, g2)^{1/a} = e(C1^{1/a}, g2)
    let k = pairing(&(ciphertext.c1 * inverse(secret)), &G2::generator());
    dem::open(&content_key(&k, &ciphertext.c1), ad, &ciphertext.body)
}

/// ReKey: derives the re-encryption key for a delegatee. It covers all the delegator's ciphertexts.
pub fn rekeygen(delegator: &SecretKey, delegatee: &PublicKey) -> ReKey {
    ReKey(Secret::new(delegatee.y * inverse(delegator)))
}

/// ReEncrypt: `C1' = e(C1, rk)`.
pub fn reencrypt(rekey: &ReKey, ciphertext: &Ciphertext) -> ReEncryption {
    let c1_prime = pairing(&ciphertext.c1, rekey.0.expose());
    ReEncryption { c1: ciphertext.c1, c1_prime, body: ciphertext.body.clone() }
}

/// Decrypts a first-level ciphertext as the delegatee.
///
/// # Errors
/// [`DecryptionFailed`] if the ciphertext is not for this key and `ad`, or was changed.
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

sequence!(Canonical for Ciphertext = AfghCiphertext { c1, body: bytes(MAX_BODY) });

sequence!(Canonical for ReEncryption = AfghReEncryption { c1, c1_prime, body: bytes(MAX_BODY) });

sequence!(Canonical for ReKey = AfghReKey { 0 });
public_encoding!(Ciphertext, ReEncryption);
