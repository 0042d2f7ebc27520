//! Conditional, verifiable proxy re-encryption: the default.
//!
//! **Paper.** The shape of Weng, Yang, Tang, Deng, Bao, *Efficient Conditional Proxy Re-Encryption
//! with Chosen-Ciphertext Security*, ISC 2009; the composition is ours.
//!
//! **Algorithms.** A user is `X = g1^x`, `Y = g2^x`. A condition `w` says what a re-encryption key
//! covers (a class of sections in an epoch, never a reader). `Q = H_G2(pk_i, w)` and
//! `ctx = (tag, pk_i, w, ad)`.
//!
//! ```text
//! Seal      mu;  r = H(mu, ctx);  C1 = g1^r;  K = e(X_i, Q)^r;  W = mu xor KDF(K, C1, ctx)
//!           body = DEM under KDF(mu, ctx);  C4 = H_G2(C1, W, ctx, H(body))^r
//! Verify    e(C1, H_G2(..)) = e(g1, C4)                       anyone, before touching C1
//! Open      K = e(C1, Q^{x_i});  mu;  require C1 = g1^{H(mu, ctx)}
//! ReKey     s;  rk1 = (Q Y_j^s)^{x_i}  (to the proxy);  rk2 = Y_i^s  (public)
//!           check e(g1, rk1) = e(X_i, Q) e(X_j, rk2)
//! ReEncrypt t;  D1 = C1^t;  T = g1^t;  D2 = rk1^{1/t};  proof that log T = log_{C1} D1
//!           check the proof and e(T, D2) = e(X_i, Q) e(X_j, rk2)
//! Open'     K = e(D1, D2) / e(C1, rk2^{x_j});  mu;  require C1 = g1^{H(mu, ctx)}
//! ```
//!
//! The body's context is `framed(C1, W, ctx)`; a public key enters hashes as its whole encoding. The proof is
//! about `framed(ctx, the ciphertext, pk_j, rk2, D2)`.
//!
//! What skips a check does not compile: [`reencrypt`] takes a [`VerifiedReKey`] and a
//! [`VerifiedCiphertext`], [`open_reencrypted`] a [`VerifiedReEncryption`].
//!
//! **Security.** *There is no proof for this composition.* Attacks that were tried are tests in
//! `tests/schemes/soundness.rs`: without the tag `C4` a proxy is an oracle for `C1^t`, and a doctor opens a
//! record refused to him by posting `C1^c` as his own; a key of one condition does nothing for
//! another. A proxy and its delegatee together learn `Q^{x_i}`, that is one condition of the
//! patient's, never `x_i` and no other condition. `rk1` must not reach the delegatee, who would
//! learn the same; `D2` hides it (co-CDH). A delegatee keeps what he has opened. The time at which
//! something is *read* is enforced by the proxy's checks, not by cryptography.
//!
//! **Deviations.** One proxy holds `rk1` here; sharing it among a threshold of them comes with the
//! threshold module.
//!
//! **Cost.**
//!
//! | | G1 exp. | G2 exp. | hashes to G2 | pairings | bytes |
//! |---|---|---|---|---|---|
//! | seal | 2 | 1 | 2 | 1 | 176 + body |
//! | verify | | | 1 | product of 2 | |
//! | open | 1 | 1 | 1 | 1 | |
//! | rekeygen | | 3 | 1 | | 192 |
//! | verify key | | | 1 | product of 3 | |
//! | reencrypt | 4 | 1 | | | 256 |
//! | verify re-encryption | 4 | | 1 | product of 3 | |
//! | open re-encrypted | 1 | 1 | | product of 2 | |
//!
//! What comes in numbers, as the sections of a record do, is checked in numbers:
//! [`Ciphertext::batch_verify`], [`ReKey::batch_verify`], [`ReEncryption::batch_verify`]. They give the
//! verdicts of the single checks except with a probability of `2^-128` a try, for one final
//! exponentiation in all, and take the keys that the checks share into one Miller loop each.
#![forbid(unsafe_code)]

mod rekey;
mod transform;

pub use rekey::{
    Delegation, InvalidReKey, PublicReKey, ReKey, VerifiedReKey, batch_rekeygen, rekeygen,
    rekeygen_with_randomness,
};
pub use transform::{
    InvalidReEncryption, ReEncryption, ReKeyMismatch, VerifiedReEncryption, open_reencrypted,
    reencrypt, reencrypt_with_randomness,
};

use super::batch_verification::verdicts;
use super::{PublicKey, SecretKey, derive};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::{batch_hash_to_g2, digest, framed, hash_to_g2, hash_to_scalar, kdf};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, pairing, random_bytes};
use crate::dem::{self, ContentKey};
use crate::error::{DecodeError, DecryptionFailed};
use zeroize::Zeroizing;

/// The most bytes of a body; a lock's body is one content key.
const MAX_BODY: usize = 1 << 30;

/// A ciphertext for the delegator, with its public tag `C4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    c1: G1,
    w: [u8; 32],
    c4: G2,
    body: Vec<u8>,
}

impl Canonical for Ciphertext {
    const KIND: Kind = Kind::PreCiphertext;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.c1);
        w.fixed(&self.w);
        w.g2(&self.c4);
        w.bytes(&self.body);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { c1: r.g1()?, w: r.fixed()?, c4: r.g2()?, body: r.bytes(MAX_BODY)?.to_vec() })
    }
}
public_encoding!(Ciphertext);

/// A ciphertext with the condition and the associated data that it must be bound to.
#[derive(Debug, Clone, Copy)]
pub struct UnverifiedCiphertext<'a> {
    /// The ciphertext.
    pub ciphertext: &'a Ciphertext,
    /// The condition of its re-encryption.
    pub condition: &'a [u8],
    /// The associated data that it authenticates.
    pub ad: &'a [u8],
}

/// A ciphertext whose tag holds for a delegator, a condition and associated data.
#[derive(Debug, Clone)]
pub struct VerifiedCiphertext {
    ciphertext: Ciphertext,
    delegator: PublicKey,
    condition: Vec<u8>,
    context: Vec<u8>,
}

/// A ciphertext's tag does not hold: it was changed, or belongs to another context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext's tag does not hold for this key, condition and record")]
pub struct InvalidCiphertext;

/// `Q = H_G2(pk, w)`.
fn hash_condition(delegator: &PublicKey, condition: &[u8]) -> G2 {
    hash_conditions(delegator, &[condition])[0]
}

fn hash_conditions(delegator: &PublicKey, conditions: &[&[u8]]) -> Vec<G2> {
    let delegator = delegator.to_bytes();
    let message = |condition: &&[u8]| framed(&[&delegator, condition]);
    let messages: Vec<Vec<u8>> = conditions.iter().map(message).collect();
    batch_hash_to_g2(tag::PRE_CONDITION, &messages)
}

/// `ctx = (tag, pk, w, ad)`: what every hash of a ciphertext covers.
fn context(delegator: &PublicKey, condition: &[u8], ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_CONTEXT.as_bytes(), &delegator.to_bytes(), condition, ad])
}

/// `r = H(mu, ctx)`.
fn exponent(mu: &[u8; 32], context: &[u8]) -> Scalar {
    hash_to_scalar(tag::PRE_EXPONENT, &Zeroizing::new(framed(&[mu, context])))
}

/// The mask of `mu`.
fn mask(k: &Gt, c1: &G1, context: &[u8]) -> Secret<[u8; 32]> {
    derive(tag::PRE_MASK, k, &[&c1.to_bytes(), context])
}

/// Key and context of the body: the lock's own header without the tag.
fn body_key(mu: &[u8; 32], c1: &G1, w: &[u8; 32], context: &[u8]) -> (ContentKey, Vec<u8>) {
    let key = ContentKey::from_secret(kdf(tag::PRE_KEY, mu, &[context]));
    (key, framed(&[&c1.to_bytes(), w, context]))
}

/// What is hashed to the point that the tag raises to `r`.
fn tag_message(c1: &G1, w: &[u8; 32], context: &[u8], body: &[u8]) -> Vec<u8> {
    let body = digest(tag::PRE_BODY, &[body]);
    framed(&[&c1.to_bytes(), w, context, &body])
}

fn xor(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// Encrypts for a delegator under a condition; the associated data `ad` is authenticated.
pub fn seal(
    delegator: &PublicKey,
    condition: &[u8],
    ad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Ciphertext {
    seal_with_randomness(delegator, condition, ad, plaintext, &Secret::new(random_bytes(rng)))
}

/// [`seal`] with a given `mu`, for test vectors. A `mu` used twice reveals plaintexts.
pub fn seal_with_randomness(
    delegator: &PublicKey,
    condition: &[u8],
    ad: &[u8],
    plaintext: &[u8],
    mu: &Secret<[u8; 32]>,
) -> Ciphertext {
    let context = context(delegator, condition, ad);
    let r = Zeroizing::new(exponent(mu.expose(), &context));
    // C1 = g1^r;  K = e(X_i, Q)^r = e(X_i^r, Q);  W = mu xor KDF(K, C1, ctx)
    let c1 = G1::generator_mul(&r);
    let k = pairing(&(delegator.x * *r), &hash_condition(delegator, condition));
    let w = xor(mu.expose(), mask(&k, &c1, &context).expose());
    let (key, header) = body_key(mu.expose(), &c1, &w, &context);
    let body = dem::seal(&key, &header, plaintext);
    // C4 = H_G2(C1, W, ctx, H(body))^r
    let c4 = hash_to_g2(tag::PRE_CAPSULE_TAG, &tag_message(&c1, &w, &context, &body)) * *r;
    Ciphertext { c1, w, c4, body }
}

/// Decrypts as the delegator: with her own secret key alone. The public tag is not looked at: what
/// protects her is the re-derivation of `C1`, what protects others is [`Ciphertext::verify`].
///
/// # Errors
/// [`DecryptionFailed`].
pub fn open(
    secret: &SecretKey,
    condition: &[u8],
    ad: &[u8],
    ciphertext: &Ciphertext,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let delegator = secret.public_key();
    // K = e(C1, d_w), d_w = Q^{x_i}
    let condition_key = Zeroizing::new(hash_condition(delegator, condition) * secret.exponent());
    let k = pairing(&ciphertext.c1, &condition_key);
    unmask(&k, ciphertext, &context(delegator, condition, ad))
}

/// From `K` to the plaintext, requiring `C1 = g1^{H(mu, ctx)}`.
fn unmask(
    k: &Gt,
    ciphertext: &Ciphertext,
    context: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let Ciphertext { c1, w, body, .. } = ciphertext;
    let mu = Zeroizing::new(xor(w, mask(k, c1, context).expose()));
    if G1::generator_mul(&exponent(&mu, context)) != *c1 {
        return Err(DecryptionFailed);
    }
    let (key, header) = body_key(&mu, c1, w, context);
    dem::open(&key, &header, body)
}

impl Ciphertext {
    /// Checks the tag: `e(C1, H_G2(C1, W, ctx, H(body))) = e(g1, C4)`. Public; what a proxy does
    /// before it touches `C1`.
    ///
    /// # Errors
    /// [`InvalidCiphertext`].
    pub fn verify(
        &self,
        delegator: &PublicKey,
        condition: &[u8],
        ad: &[u8],
    ) -> Result<VerifiedCiphertext, InvalidCiphertext> {
        let unverified = UnverifiedCiphertext { ciphertext: self, condition, ad };
        let mut verdicts = Self::batch_verify(delegator, &[unverified]);
        verdicts.pop().expect("a verdict for one ciphertext")
    }

    /// [`Self::verify`] of each ciphertext with its condition and associated data.
    pub fn batch_verify(
        delegator: &PublicKey,
        items: &[UnverifiedCiphertext<'_>],
    ) -> Vec<Result<VerifiedCiphertext, InvalidCiphertext>> {
        let contexts: Vec<Vec<u8>> =
            items.iter().map(|item| context(delegator, item.condition, item.ad)).collect();
        let messages: Vec<Vec<u8>> = (items.iter().zip(&contexts))
            .map(|(UnverifiedCiphertext { ciphertext: c, .. }, context)| {
                tag_message(&c.c1, &c.w, context, &c.body)
            })
            .collect();
        let points = batch_hash_to_g2(tag::PRE_CAPSULE_TAG, &messages);
        // e(C1, H_G2(..)) e(g1^-1, C4) = 1
        let inverse = -G1::generator();
        let equations: Vec<Vec<(G1, G2)>> = (items.iter().zip(points))
            .map(|(item, point)| vec![(item.ciphertext.c1, point), (inverse, item.ciphertext.c4)])
            .collect();
        let verdicts = items.iter().zip(contexts).zip(verdicts(&equations));
        verdicts
            .map(|((item, context), holds)| {
                let ciphertext = item.ciphertext.clone();
                let condition = item.condition.to_vec();
                let verified =
                    VerifiedCiphertext { ciphertext, delegator: *delegator, condition, context };
                if holds { Ok(verified) } else { Err(InvalidCiphertext) }
            })
            .collect()
    }
}
