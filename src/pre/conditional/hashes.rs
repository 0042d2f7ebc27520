//! The hash functions and key derivations of the scheme.
#![forbid(unsafe_code)]

use crate::algebra::codec::Canonical;
use crate::algebra::hash::{batch_hash_to_g2, digest, framed, hash_to_scalar, kdf};
use crate::algebra::tag;
use crate::algebra::{G1, G2, Gt, Scalar, Secret};
use crate::dem::ContentKey;
use crate::pre::{PublicKey, derive};
use zeroize::Zeroizing;

/// `Q = H_G2(pk, w)`.
pub(super) fn hash_condition(delegator: &PublicKey, condition: &[u8]) -> G2 {
    hash_conditions(delegator, &[condition])[0]
}

/// Batch version of [`hash_condition`].
pub(super) fn hash_conditions(delegator: &PublicKey, conditions: &[&[u8]]) -> Vec<G2> {
    let delegator = delegator.to_bytes();
    let message = |condition: &&[u8]| framed(&[&delegator, condition]);
    let messages: Vec<Vec<u8>> = conditions.iter().map(message).collect();
    batch_hash_to_g2(tag::PRE_CONDITION, &messages)
}

/// `ctx = (tag, pk, w, ad)`, an input of every hash of a ciphertext except that of its tag.
pub(super) fn context(delegator: &PublicKey, condition: &[u8], ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_CONTEXT.as_bytes(), &delegator.to_bytes(), condition, ad])
}

/// `tag_ctx = (tag, w, ad)`. It contains no key: a tag over the delegator's key would let anyone
/// test whose ciphertext it is.
pub(super) fn tag_context(condition: &[u8], ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_TAG_CONTEXT.as_bytes(), condition, ad])
}

/// `r = H(mu, ctx)`.
pub(super) fn exponent(mu: &[u8; 32], context: &[u8]) -> Scalar {
    hash_to_scalar(tag::PRE_EXPONENT, &Zeroizing::new(framed(&[mu, context])))
}

/// The mask `KDF(K, C1, ctx)` of `mu`.
pub(super) fn mask(k: &Gt, c1: &G1, context: &[u8]) -> Secret<[u8; 32]> {
    derive(tag::PRE_MASK, k, &[&c1.to_bytes(), context])
}

/// The body's key `KDF(mu, ctx)` and its DEM context `framed(C1, W, ctx)`.
pub(super) fn body_key(
    mu: &[u8; 32],
    c1: &G1,
    w: &[u8; 32],
    context: &[u8],
) -> (ContentKey, Vec<u8>) {
    let key = ContentKey::from_secret(kdf(tag::PRE_KEY, mu, &[context]));
    (key, framed(&[&c1.to_bytes(), w, context]))
}

/// The preimage `(C1, W, H(body), tag_ctx)` of the base of `C4`.
pub(super) fn tag_message(c1: &G1, w: &[u8; 32], body: &[u8], tag_context: &[u8]) -> Vec<u8> {
    let body = digest(tag::PRE_BODY, &[body]);
    framed(&[&c1.to_bytes(), w, &body, tag_context])
}
