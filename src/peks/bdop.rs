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
//! The KDF's context is `framed(A, context)`; the location is sealed in the context `context`.
//!
//! Only hashed pairing values are published. The paper of Qin et al. lists `H(W)^r`, `H(PID)^r` and
//! `Pk^r` in the index: with those anyone tests keywords by a pairing.
//!
//! **Security.** Keyword indistinguishability of the *entries* under BDH in the random oracle
//! model. What fails, by design of the primitive:
//!
//! - *Offline guessing:* whoever holds `T_w` tests a guess `w'` by `e(g1, T_w) = e(P, H(w'))`, and
//!   medical codes are few. `tests/schemes/soundness.rs` does it.
//! - The trapdoor is deterministic, so the search pattern shows; it also finds later entries.
//! - Anyone can make entries for a public key; the ledger's signatures say who did.
//!
//! **Cost.** Encrypt: 2 G1 exponentiations, 1 hash to G2, 1 pairing. Trapdoor: 1 hash and 1
//! exponentiation in G2. Test: 1 pairing, nine tenths of one with a prepared trapdoor. An entry has
//! 80 bytes and the sealed location. The functions in `_each` do for a list, in the order of the
//! list and with the same results, what the others do for one.
#![forbid(unsafe_code)]

use super::ciphertext::MAX_LOCATION;
use super::{PreparedTrapdoor, PublicKey, SearchableCiphertext, SecretKey, Trapdoor};
use crate::algebra::hash::{batch_hash_to_g2, kdf};
use crate::algebra::tag::{self, Tag};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, batch_pairing};
use crate::dem::{self, ContentKey};
use crate::error::DecryptionFailed;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What one entry is made of.
#[derive(Clone, Copy)]
pub struct Posting<'a> {
    /// What it is found by.
    pub keyword: &'a [u8],
    /// What it is bound to: a record's identifier.
    pub context: &'a [u8],
    /// What the finder is told, at most 3 KiB.
    pub location: &'a [u8],
}

fn batch_hash(keywords: &[&[u8]]) -> Vec<G2> {
    batch_hash_to_g2(tag::PEKS_KEYWORD, keywords)
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
    encrypt_with_randomness(
        receiver,
        keyword,
        context,
        location,
        &Zeroizing::new(Scalar::random(rng)),
    )
}

/// [`encrypt`] with a given `r`, for test vectors. An `r` used twice links two entries.
///
/// # Panics
/// If the location is longer than 3 KiB.
pub fn encrypt_with_randomness(
    receiver: &PublicKey,
    keyword: &[u8],
    context: &[u8],
    location: &[u8],
    r: &Scalar,
) -> SearchableCiphertext {
    let posting = Posting { keyword, context, location };
    only(batch_encrypt_with_randomness(receiver, &[posting], std::slice::from_ref(r)))
}

/// [`encrypt`] of each: of one generator the same entries.
///
/// # Panics
/// If a location is longer than 3 KiB.
pub fn batch_encrypt(
    receiver: &PublicKey,
    postings: &[Posting<'_>],
    rng: &mut (impl Rng + ?Sized),
) -> Vec<SearchableCiphertext> {
    let coins = Zeroizing::new(postings.iter().map(|_| Scalar::random(rng)).collect::<Vec<_>>());
    batch_encrypt_with_randomness(receiver, postings, &coins)
}

/// [`batch_encrypt`] with given `r`, one a posting, for test vectors.
///
/// # Panics
/// If a location is longer than 3 KiB, or there is not an `r` for every posting.
pub fn batch_encrypt_with_randomness(
    receiver: &PublicKey,
    postings: &[Posting<'_>],
    r: &[Scalar],
) -> Vec<SearchableCiphertext> {
    // A = g1^r;  K = e(P^r, H(w))
    let a = G1::batch_generator_mul(r);
    let powers = G1::batch_mul(&vec![receiver.0; postings.len()], r);
    let keywords: Vec<&[u8]> = postings.iter().map(|posting| posting.keyword).collect();
    let pairs: Vec<(G1, G2)> = powers.into_iter().zip(batch_hash(&keywords)).collect();
    let k = Zeroizing::new(batch_pairing(&pairs));
    let encodings = G1::batch_to_bytes(&a);
    let entries = postings.iter().zip(a).zip(encodings.iter().zip(k.iter()));
    entries.map(|((posting, a), (encoding, k))| entry(posting, a, encoding, k)).collect()
}

/// `B = KDF("check", K, A, context);  L = Seal(KDF("location", K, A, context), location)`.
fn entry(posting: &Posting<'_>, a: G1, encoding: &[u8; 48], k: &Gt) -> SearchableCiphertext {
    let Posting { context, location, .. } = posting;
    assert!(location.len() <= MAX_LOCATION - 1024, "a location is a reference, not a record");
    SearchableCiphertext {
        a,
        b: *derive(tag::PEKS_CHECK, k, encoding, context).expose(),
        location: dem::seal(&location_key(k, encoding, context), context, location),
    }
}

/// Trapdoor: `T_w = H(w)^s`. Deterministic.
pub fn trapdoor(secret: &SecretKey, keyword: &[u8]) -> Trapdoor {
    only(batch_trapdoor(secret, &[keyword]))
}

/// [`trapdoor`] of each keyword.
pub fn batch_trapdoor(secret: &SecretKey, keywords: &[&[u8]]) -> Vec<Trapdoor> {
    G2::batch_mul_by_scalar(&batch_hash(keywords), secret.0.expose())
        .into_iter()
        .map(Trapdoor)
        .collect()
}

/// Test: whether the entry was made for the trapdoor's keyword, under this context.
pub fn test(entry: &SearchableCiphertext, trapdoor: &Trapdoor, context: &[u8]) -> bool {
    only(batch_test(&[(entry, context)], &trapdoor.prepare()))
}

/// [`test`](fn@test) of each entry, with its context. Cost: nine tenths of a pairing each.
pub fn batch_test(
    entries: &[(&SearchableCiphertext, &[u8])],
    trapdoor: &PreparedTrapdoor,
) -> Vec<bool> {
    try_each(entries, trapdoor, |tried| tried.matches())
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
    only(batch_locate(&[(entry, context)], &trapdoor.prepare()))
}

/// [`locate`] of each entry, with its context. Cost: nine tenths of a pairing each.
pub fn batch_locate(
    entries: &[(&SearchableCiphertext, &[u8])],
    trapdoor: &PreparedTrapdoor,
) -> Vec<Result<Zeroizing<Vec<u8>>, DecryptionFailed>> {
    try_each(
        entries,
        trapdoor,
        |tried| if tried.matches() { tried.open() } else { Err(DecryptionFailed) },
    )
}

/// An entry and what a trapdoor makes of it.
struct Tried<'a> {
    entry: &'a SearchableCiphertext,
    context: &'a [u8],
    encoding: &'a [u8; 48],
    k: &'a Gt,
}

fn try_each<R>(
    entries: &[(&SearchableCiphertext, &[u8])],
    trapdoor: &PreparedTrapdoor,
    judge: impl Fn(Tried<'_>) -> R,
) -> Vec<R> {
    // K = e(A, T_w) = e(g1^r, H(w)^s)
    let points: Vec<G1> = entries.iter().map(|(entry, _)| entry.a).collect();
    let k = Zeroizing::new(trapdoor.0.batch_pairing(&points));
    let encodings = G1::batch_to_bytes(&points);
    let tried = entries.iter().zip(encodings.iter().zip(k.iter()));
    tried
        .map(|((entry, context), (encoding, k))| judge(Tried { entry, context, encoding, k }))
        .collect()
}

impl Tried<'_> {
    /// `KDF("check", K, A, context) = B`.
    fn matches(&self) -> bool {
        let expected = derive(tag::PEKS_CHECK, self.k, self.encoding, self.context);
        expected.expose().ct_eq(&self.entry.b).into()
    }

    fn open(&self) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        let key = location_key(self.k, self.encoding, self.context);
        dem::open(&key, self.context, &self.entry.location)
    }
}

fn location_key(k: &Gt, a: &[u8; 48], context: &[u8]) -> ContentKey {
    ContentKey::from_secret(derive(tag::PEKS_LOCATION, k, a, context))
}

fn derive(purpose: Tag, k: &Gt, a: &[u8; 48], context: &[u8]) -> Secret<[u8; 32]> {
    kdf(purpose, &Zeroizing::new(k.to_bytes())[..], &[a, context])
}

/// The result for a list of one.
fn only<R>(results: Vec<R>) -> R {
    results.into_iter().next().expect("a result for every item")
}
