//! Boneh et al.'s searchable encryption with the trapdoor in G2 and a location in every entry.
//!
//! **Algorithms.** Receiver `P = g1^s`; `H` hashes keywords to G2.
//!
//! ```text
//! Encrypt   r;  A = g1^r;  K = e(P^r, H(w))
//!           B = KDF("check", K, A, context);  L = Seal(KDF("location", K, A, context), location)
//! Trapdoor  T_w = H(w)^s
//! Test      KDF("check", e(A, T_w), A, context) = B
//! ```
//!
//! Only hashed pairing values are published. The paper of Qin et al. lists `H(W)^r`, `H(PID)^r` and
//! `Pk^r` in the index: with those anyone tests keywords by a pairing.
//!
//! **Security.** Keyword indistinguishability of the *entries* under BDH in the random oracle
//! model. What fails, by design of the primitive:
//!
//! - *Offline guessing:* whoever holds `T_w` tests a guess `w'` by `e(g1, T_w) = e(P, H(w'))`, and
//!   medical codes are few. `tests/soundness.rs` does it.
//! - The trapdoor is deterministic, so the search pattern shows; it also finds later entries.
//! - Anyone can make entries for a public key; the ledger's signatures say who did.
//!
//! **Cost.** Encrypt: 2 G1 exponentiations, 1 hash to G2, 1 pairing. Trapdoor: 1 hash and 1
//! exponentiation in G2. Test: 1 pairing. An entry has 80 bytes and the sealed location.
#![forbid(unsafe_code)]

use super::{PublicKey, SecretKey, Trapdoor};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::{hash_to_g2, kdf};
use crate::algebra::tag::{self, Kind, Tag};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, pairing};
use crate::dem::{self, ContentKey};
use crate::error::{DecodeError, DecryptionFailed};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The most bytes of a sealed location.
const MAX_LOCATION: usize = 1 << 12;

/// One entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchableCiphertext {
    a: G1,
    b: [u8; 32],
    location: Vec<u8>,
}

impl Canonical for SearchableCiphertext {
    const KIND: Kind = Kind::PeksCiphertext;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.a);
        w.fixed(&self.b);
        w.bytes(&self.location);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { a: r.g1()?, b: r.fixed()?, location: r.bytes(MAX_LOCATION)?.to_vec() })
    }
}
public_encoding!(SearchableCiphertext);

fn hash_keyword(keyword: &[u8]) -> G2 {
    hash_to_g2(tag::PEKS_KEYWORD, keyword)
}

/// KeyGen: `s`; `P = g1^s`.
pub fn keygen(rng: &mut (impl Rng + ?Sized)) -> (SecretKey, PublicKey) {
    let secret = SecretKey(Secret::new(Scalar::random(rng)));
    let public = secret.public_key();
    (secret, public)
}

/// Encrypt a keyword and a location for a receiver, bound to a context (a record's identifier).
///
/// # Panics
/// If the location is longer than 3 KiB.
pub fn encrypt(
    receiver: &PublicKey,
    keyword: &[u8],
    context: &[u8],
    location: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> SearchableCiphertext {
    encrypt_with(receiver, keyword, context, location, &Zeroizing::new(Scalar::random(rng)))
}

/// [`encrypt`] with a given `r`, for test vectors. An `r` used twice links two entries.
///
/// # Panics
/// If the location is longer than 3 KiB.
pub fn encrypt_with(
    receiver: &PublicKey,
    keyword: &[u8],
    context: &[u8],
    location: &[u8],
    r: &Scalar,
) -> SearchableCiphertext {
    assert!(location.len() <= MAX_LOCATION - 1024, "a location is a reference, not a record");
    // A = g1^r;  K = e(P^r, H(w))
    let a = G1::generator_mul(r);
    let k = pairing(&(receiver.0 * *r), &hash_keyword(keyword));
    SearchableCiphertext {
        a,
        b: *derive(tag::PEKS_CHECK, &k, &a, context).expose(),
        location: dem::seal(&location_key(&k, &a, context), context, location),
    }
}

/// Trapdoor: `T_w = H(w)^s`. Deterministic.
pub fn trapdoor(secret: &SecretKey, keyword: &[u8]) -> Trapdoor {
    Trapdoor(hash_keyword(keyword) * *secret.0.expose())
}

/// Test: whether the entry was made for the trapdoor's keyword, under this context.
pub fn test(entry: &SearchableCiphertext, trapdoor: &Trapdoor, context: &[u8]) -> bool {
    matches(entry, &pairing(&entry.a, &trapdoor.0), context)
}

/// [`test`](fn@test) and, on a match, the location.
///
/// # Errors
/// [`DecryptionFailed`] if the entry does not match.
pub fn locate(
    entry: &SearchableCiphertext,
    trapdoor: &Trapdoor,
    context: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    // K = e(A, T_w) = e(g1^r, H(w)^s)
    let k = pairing(&entry.a, &trapdoor.0);
    if !matches(entry, &k, context) {
        return Err(DecryptionFailed);
    }
    dem::open(&location_key(&k, &entry.a, context), context, &entry.location)
}

fn matches(entry: &SearchableCiphertext, k: &Gt, context: &[u8]) -> bool {
    let expected = derive(tag::PEKS_CHECK, k, &entry.a, context);
    expected.expose().ct_eq(&entry.b).into()
}

fn location_key(k: &Gt, a: &G1, context: &[u8]) -> ContentKey {
    ContentKey::from_secret(derive(tag::PEKS_LOCATION, k, a, context))
}

fn derive(purpose: Tag, k: &Gt, a: &G1, context: &[u8]) -> Secret<[u8; 32]> {
    kdf(purpose, &Zeroizing::new(k.to_bytes())[..], &[&a.to_bytes(), context])
}
