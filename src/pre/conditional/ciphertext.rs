//! Encryption for the delegator, the public tag, and decryption by the delegator.
#![forbid(unsafe_code)]

use super::hashes::{body_key, context, exponent, hash_condition, mask, tag_context, tag_message};
use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::hash::{batch_hash_to_g2, hash_to_g2};
use crate::algebra::{G1, G2, Gt, Rng, Secret, pairing, random_bytes, tag};
use crate::dem;
use crate::error::DecryptionFailed;
use crate::pre::batch_verification::verify_equations;
use crate::pre::{PublicKey, SecretKey};
use zeroize::Zeroizing;

/// Maximum length of a body in bytes.
const MAX_BODY: usize = 1 << 30;

/// A ciphertext `(C1, W, C4, body)` for the delegator, with the public tag `C4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    pub(super) c1: G1,
    w: [u8; 32],
    c4: G2,
    body: Vec<u8>,
}

sequence!(Canonical for Ciphertext = PreCiphertext { c1, w, c4, body: bytes(MAX_BODY) });
public_encoding!(Ciphertext);

/// A ciphertext with the condition and the associated data to which its tag must bind it.
#[derive(Debug, Clone, Copy)]
pub struct UnverifiedCiphertext<'a> {
    /// The ciphertext.
    pub ciphertext: &'a Ciphertext,
    /// The condition `w`.
    pub condition: &'a [u8],
    /// The associated data.
    pub ad: &'a [u8],
}

/// A ciphertext whose public tag is valid for a condition and associated data. The tag does not
/// show for whom it was encrypted.
#[derive(Debug, Clone)]
pub struct VerifiedCiphertext {
    pub(super) ciphertext: Ciphertext,
    pub(super) condition: Vec<u8>,
    pub(super) ad: Vec<u8>,
}

/// The error of [`Ciphertext::verify`]: a ciphertext that was changed or is bound to other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext's public tag is invalid for this condition and associated data")]
pub struct InvalidCiphertext;

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

/// [`seal`] with the seed `mu` given. Reusing `mu` for one delegator, condition and `ad` repeats
/// the key of the body. Requires the feature `hazmat`.
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
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
    let (key, body_context) = body_key(mu.expose(), &c1, &w, &context);
    let body = dem::seal(&key, &body_context, plaintext);
    // C4 = H_G2(C1, W, H(body), tag_ctx)^r
    let message = tag_message(&c1, &w, &body, &tag_context(condition, ad));
    let c4 = hash_to_g2(tag::PRE_CAPSULE_TAG, &message) * *r;
    Ciphertext { c1, w, c4, body }
}

/// Decrypts as the delegator. The re-derivation of `C1` protects the delegator, so the public tag
/// is not verified; [`Ciphertext::verify`] protects proxies and delegatees.
///
/// # Errors
/// [`DecryptionFailed`] if the ciphertext is not for this key, condition and `ad`, or was changed.
pub fn open(
    secret: &SecretKey,
    condition: &[u8],
    ad: &[u8],
    ciphertext: &Ciphertext,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let delegator = secret.public_key();
    // K = e(C1, Q^{x_i})
    let condition_key = Zeroizing::new(hash_condition(delegator, condition) * secret.exponent());
    let k = pairing(&ciphertext.c1, &condition_key);
    unmask(&k, ciphertext, &context(delegator, condition, ad))
}

/// Recovers `mu` from `K`, requires `C1 = g1^{H(mu, ctx)}`, and decrypts the body.
pub(super) fn unmask(
    k: &Gt,
    ciphertext: &Ciphertext,
    context: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let Ciphertext { c1, w, body, .. } = ciphertext;
    let mu = Zeroizing::new(xor(w, mask(k, c1, context).expose()));
    if G1::generator_mul(&exponent(&mu, context)) != *c1 {
        return Err(DecryptionFailed);
    }
    let (key, body_context) = body_key(&mu, c1, w, context);
    dem::open(&key, &body_context, body)
}

impl Ciphertext {
    /// Checks the public tag: `e(C1, H_G2(C1, W, H(body), tag_ctx)) = e(g1, C4)`. A proxy must do
    /// so before it raises `C1` to an exponent. The tag does not prove for whom the ciphertext is.
    ///
    /// # Errors
    /// [`InvalidCiphertext`] if the equation does not hold.
    pub fn verify(
        &self,
        condition: &[u8],
        ad: &[u8],
    ) -> Result<VerifiedCiphertext, InvalidCiphertext> {
        let item = UnverifiedCiphertext { ciphertext: self, condition, ad };
        Self::batch_verify(&[item]).pop().expect("a batch of one has one result")
    }

    /// Batch version of [`Self::verify`].
    pub fn batch_verify(
        items: &[UnverifiedCiphertext<'_>],
    ) -> Vec<Result<VerifiedCiphertext, InvalidCiphertext>> {
        let messages: Vec<Vec<u8>> = (items.iter())
            .map(|UnverifiedCiphertext { ciphertext: c, condition, ad }| {
                tag_message(&c.c1, &c.w, &c.body, &tag_context(condition, ad))
            })
            .collect();
        let points = batch_hash_to_g2(tag::PRE_CAPSULE_TAG, &messages);
        // e(C1, H_G2(..)) e(g1^-1, C4) = 1
        let inverse = -G1::generator();
        let equations: Vec<Vec<(G1, G2)>> = (items.iter().zip(points))
            .map(|(item, point)| vec![(item.ciphertext.c1, point), (inverse, item.ciphertext.c4)])
            .collect();
        (items.iter().zip(verify_equations(&equations)))
            .map(|(UnverifiedCiphertext { ciphertext, condition, ad }, holds)| {
                let (ciphertext, condition) = ((*ciphertext).clone(), condition.to_vec());
                let verified = VerifiedCiphertext { ciphertext, condition, ad: ad.to_vec() };
                if holds { Ok(verified) } else { Err(InvalidCiphertext) }
            })
            .collect()
    }
}
