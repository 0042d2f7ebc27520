//! The searchable encryption of Boneh et al. on a Type-3 pairing, with an encrypted location.
//!
//! # Paper
//!
//! Boneh, Di Crescenzo, Ostrovsky, Persiano, *Public Key Encryption with Keyword
//! Search*, EUROCRYPT 2004, section 3.1.
//!
//! # Algorithms
//!
//! The receiver's public key is `P = g1^s`; `H` hashes keywords to G2.
//!
//! ```math
//! Encrypt   r;  A = g1^r;  K = e(P^r, H(w))
//!           B = KDF("check", K, A, context);  L = Seal(KDF("location", K, A, context), location)
//! Trapdoor  T_w = H(w)^s
//! Test      KDF("check", e(A, T_w), A, context) = B
//! ```
//!
//! The KDF's context is `framed(A, context)`; the DEM context of the location is `context`.
//!
//! # Security
//!
//! Ciphertexts are indistinguishable under chosen keyword attack if BDH is hard, in
//! the random oracle model. Not provided:
//!
//! - *Secrecy of a trapdoor's keyword.* The holder of `T_w` tests a guess `w'` by
//!   `e(g1, T_w) = e(P, H(w'))` (offline keyword guessing attack). Medical codes are few;
//!   `tests/schemes/soundness/peks.rs` mounts the attack.
//! - *Secrecy of the search pattern.* Trapdoors are deterministic, and a trapdoor also matches
//!   later ciphertexts (no forward privacy).
//! - *Sender authentication.* Anyone encrypts for a public key; signatures on the ledger
//!   authenticate senders.
//!
//! # Deviations
//!
//! The trapdoor lies in G2, so that the line coefficients of the fixed G2 argument
//! are precomputed for a scan. Only a hash of the pairing value is published: Qin et al. list
//! `H(W)^r`, `H(PID)^r` and `Pk^r` in the index, which let anyone test keywords with a pairing. `B`
//! is bound to a context, and an encrypted location is added.
//!
//! # Cost
//!
//! Encrypt: 2 exponentiations in G1, 1 hash to G2, 1 pairing. Trapdoor: 1 hash and 1
//! exponentiation in G2. Test: 1 pairing, or nine tenths of one with a [`PreparedTrapdoor`]. A
//! ciphertext takes 80 bytes and the encrypted location.
//!
//! # Example
//!
//! ```
//! use epione::peks::bdop::{self, Posting};
//! let rng = &mut rand::thread_rng();
//! let (secret, public) = bdop::keygen(rng);
//! let (context, location) = (b"record 7", b"cid of record 7");
//! let postings =
//!     [b"code=I63.9", b"code=E11.9"].map(|keyword| Posting { keyword, context, location });
//! let ciphertexts = bdop::batch_encrypt(&public, &postings, rng);
//!
//! let trapdoor = bdop::trapdoor(&secret, b"code=E11.9").prepare();
//! let ciphertexts: Vec<_> = ciphertexts.iter().map(|c| (c, &context[..])).collect();
//! assert_eq!(bdop::batch_test(&ciphertexts, &trapdoor), [false, true]);
//! ```
#![forbid(unsafe_code)]

use super::ciphertext::{MAX_LOCATION, Tail};
use super::{PreparedTrapdoor, PublicKey, SearchableCiphertext, SecretKey, Trapdoor};
use crate::algebra::hash::{batch_hash_to_g2, kdf};
use crate::algebra::tag::{self, Tag};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, batch_pairing};
use crate::dem::{self, ContentKey};
use crate::error::DecryptionFailed;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The plaintext of a searchable ciphertext: a keyword and the location that it points to.
#[derive(Clone, Copy)]
pub struct Posting<'a> {
    /// The keyword `w`.
    pub keyword: &'a [u8],
    /// The context that the ciphertext is bound to, such as a record's identifier.
    pub context: &'a [u8],
    /// The location that a match reveals, at most 3 KiB.
    pub location: &'a [u8],
}

/// Hashes keywords. The points are erased, because keywords are guessed from them.
fn batch_hash(keywords: &[&[u8]]) -> Zeroizing<Vec<G2>> {
    Zeroizing::new(batch_hash_to_g2(tag::PEKS_KEYWORD, keywords))
}

/// KeyGen: `s`; `P = g1^s`.
pub fn keygen(rng: &mut (impl Rng + ?Sized)) -> (SecretKey, PublicKey) {
    let secret = SecretKey(Secret::new(Scalar::random(rng)));
    let public = secret.public_key();
    (secret, public)
}

/// Encrypts a keyword and a location for a receiver, bound to a context.
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
    single(batch_encrypt(receiver, &[Posting { keyword, context, location }], rng))
}

/// [`encrypt`] with the exponent `r` given. Reusing `r` links ciphertexts and, for one keyword and
/// context, repeats the location key. Requires the feature `hazmat`.
///
/// # Panics
/// If the location is longer than 3 KiB.
#[cfg(feature = "hazmat")]
pub fn encrypt_with_randomness(
    receiver: &PublicKey,
    keyword: &[u8],
    context: &[u8],
    location: &[u8],
    r: &Scalar,
) -> SearchableCiphertext {
    let posting = Posting { keyword, context, location };
    single(batch_encrypt_with_randomness(receiver, &[posting], std::slice::from_ref(r)))
}

/// Batch version of [`encrypt`]; with the same RNG stream the ciphertexts are identical.
///
/// # Panics
/// If a location is longer than 3 KiB.
pub fn batch_encrypt(
    receiver: &PublicKey,
    postings: &[Posting<'_>],
    rng: &mut (impl Rng + ?Sized),
) -> Vec<SearchableCiphertext> {
    let r = Zeroizing::new(postings.iter().map(|_| Scalar::random(rng)).collect::<Vec<_>>());
    batch_encrypt_with_randomness(receiver, postings, &r)
}

fn batch_encrypt_with_randomness(
    receiver: &PublicKey,
    postings: &[Posting<'_>],
    r: &[Scalar],
) -> Vec<SearchableCiphertext> {
    // A = g1^r;  K = e(P^r, H(w))
    let a = G1::batch_generator_mul(r);
    // The powers and the hashed keywords give K.
    let powers = Zeroizing::new(G1::batch_mul(&vec![receiver.0; postings.len()], r));
    let keywords: Vec<&[u8]> = postings.iter().map(|posting| posting.keyword).collect();
    let points = batch_hash(&keywords);
    let pairs: Vec<(G1, G2)> = powers.iter().copied().zip(points.iter().copied()).collect();
    let pairs = Zeroizing::new(pairs);
    let k = Zeroizing::new(batch_pairing(&pairs));
    let encodings = G1::batch_to_bytes(&a);
    let parts = postings.iter().zip(a).zip(encodings.iter().zip(k.iter()));
    parts.map(|((posting, a), (encoding, k))| assemble(posting, a, encoding, k)).collect()
}

/// `B = KDF("check", K, A, context);  L = Seal(KDF("location", K, A, context), location)`.
fn assemble(posting: &Posting<'_>, a: G1, encoding: &[u8; 48], k: &Gt) -> SearchableCiphertext {
    let Posting { context, location, .. } = posting;
    assert!(location.len() <= MAX_LOCATION - 1024, "a location has at most 3 KiB");
    let b = *derive(tag::PEKS_CHECK, k, encoding, context).expose();
    let location = dem::seal(&location_key(k, encoding, context), context, location);
    SearchableCiphertext { a, tail: Tail { b, location } }
}

/// Trapdoor: `T_w = H(w)^s`. Deterministic.
pub fn trapdoor(secret: &SecretKey, keyword: &[u8]) -> Trapdoor {
    single(batch_trapdoor(secret, &[keyword]))
}

/// Batch version of [`trapdoor`].
pub fn batch_trapdoor(secret: &SecretKey, keywords: &[&[u8]]) -> Vec<Trapdoor> {
    let points = G2::batch_mul_by_scalar(&batch_hash(keywords), secret.0.expose());
    Zeroizing::new(points).iter().map(|point| Trapdoor(Secret::new(*point))).collect()
}

/// Test: returns `true` if the ciphertext contains the trapdoor's keyword in this context.
pub fn test(ciphertext: &SearchableCiphertext, trapdoor: &Trapdoor, context: &[u8]) -> bool {
    single(batch_test(&[(ciphertext, context)], &trapdoor.prepare()))
}

/// Batch version of [`test`](fn@test) over pairs of ciphertext and context. Cost: nine tenths of a
/// pairing per ciphertext.
pub fn batch_test(
    ciphertexts: &[(&SearchableCiphertext, &[u8])],
    trapdoor: &PreparedTrapdoor,
) -> Vec<bool> {
    batch_map(ciphertexts, trapdoor, |candidate| candidate.matches())
}

/// Decrypts the location of a matching ciphertext.
///
/// # Errors
/// [`DecryptionFailed`] if the ciphertext does not match or its location was changed.
pub fn locate(
    ciphertext: &SearchableCiphertext,
    trapdoor: &Trapdoor,
    context: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    single(batch_locate(&[(ciphertext, context)], &trapdoor.prepare()))
}

/// Batch version of [`locate`] over pairs of ciphertext and context. Cost: nine tenths of a
/// pairing per ciphertext.
pub fn batch_locate(
    ciphertexts: &[(&SearchableCiphertext, &[u8])],
    trapdoor: &PreparedTrapdoor,
) -> Vec<Result<Zeroizing<Vec<u8>>, DecryptionFailed>> {
    batch_map(ciphertexts, trapdoor, |candidate| {
        if candidate.matches() { candidate.open_location() } else { Err(DecryptionFailed) }
    })
}

/// A ciphertext with the pairing value `K` under the tested trapdoor.
struct Candidate<'a> {
    ciphertext: &'a SearchableCiphertext,
    context: &'a [u8],
    encoding: &'a [u8; 48],
    k: &'a Gt,
}

fn batch_map<R>(
    ciphertexts: &[(&SearchableCiphertext, &[u8])],
    trapdoor: &PreparedTrapdoor,
    evaluate: impl Fn(Candidate<'_>) -> R,
) -> Vec<R> {
    // K = e(A, T_w) = e(g1^r, H(w)^s)
    let points: Vec<G1> = ciphertexts.iter().map(|(ciphertext, _)| ciphertext.a).collect();
    let k = Zeroizing::new(trapdoor.0.batch_pairing(&points));
    let encodings = G1::batch_to_bytes(&points);
    (ciphertexts.iter().zip(encodings.iter().zip(k.iter())))
        .map(|((ciphertext, context), (encoding, k))| {
            evaluate(Candidate { ciphertext, context, encoding, k })
        })
        .collect()
}

impl Candidate<'_> {
    /// `KDF("check", K, A, context) = B`.
    fn matches(&self) -> bool {
        let expected = derive(tag::PEKS_CHECK, self.k, self.encoding, self.context);
        expected.expose().ct_eq(&self.ciphertext.tail.b).into()
    }

    fn open_location(&self) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        let key = location_key(self.k, self.encoding, self.context);
        dem::open(&key, self.context, &self.ciphertext.tail.location)
    }
}

fn location_key(k: &Gt, a: &[u8; 48], context: &[u8]) -> ContentKey {
    ContentKey::from_secret(derive(tag::PEKS_LOCATION, k, a, context))
}

fn derive(purpose: Tag, k: &Gt, a: &[u8; 48], context: &[u8]) -> Secret<[u8; 32]> {
    kdf(purpose, &Zeroizing::new(k.to_bytes())[..], &[a, context])
}

fn single<R>(results: Vec<R>) -> R {
    results.into_iter().next().expect("a batch of one has one result")
}
