//! Schnorr proof of one exponent for several bases, non-interactive by the Fiat-Shamir transform.
//!
//! ```math
//! Prove   n;  B_k = G_k^n;  c = H(G, image, B, context);  z = n + c t
//! Verify  c = H(G, image, G_k^z image_k^-c, context)
//! ```
//!
//! The hash takes two framed parts: all points, then the context. With one base the proof shows
//! possession of a key; with two bases it shows that a re-encryption used one exponent (DLEQ, Chaum
//! and Pedersen 1992).
//!
//! The nonce is *hedged*: a hash of exponent, fresh randomness, images and context. A weak RNG
//! therefore does not reveal the exponent.
#![forbid(unsafe_code)]

use crate::algebra::codec::sequence;
use crate::algebra::hash::{framed, hash_to_scalar};
use crate::algebra::tag::{self, Tag};
use crate::algebra::{G1, Rng, Scalar, random_bytes};
use zeroize::{Zeroize, Zeroizing};

/// The challenge `c` and the response `z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schnorr {
    challenge: Scalar,
    response: Scalar,
}

impl Schnorr {
    /// Proves that `images[k] = bases[k]^secret` for all `k`.
    pub(super) fn prove(
        purpose: Tag,
        bases: &[G1],
        images: &[G1],
        secret: &Scalar,
        context: &[u8],
        rng: &mut (impl Rng + ?Sized),
    ) -> Self {
        let mut nonce = hedged_nonce(secret, images, context, random_bytes(rng));
        let commitments = G1::batch_mul_by_scalar(bases, &nonce);
        let challenge = hash(purpose, bases, images, &commitments, context);
        let response = nonce + challenge * *secret;
        nonce.zeroize();
        Self { challenge, response }
    }

    /// Returns `true` if the proof is valid. Variable time: all inputs are public.
    pub(super) fn verify(&self, purpose: Tag, bases: &[G1], images: &[G1], context: &[u8]) -> bool {
        let exponents = [self.response, -self.challenge];
        let commit = |(base, image): (&G1, &G1)| G1::msm(&[*base, *image], &exponents);
        let commitments: Vec<G1> = bases.iter().zip(images).map(commit).collect();
        hash(purpose, bases, images, &commitments, context) == self.challenge
    }
}
sequence!(Codec for Schnorr { challenge, response });

fn hash(purpose: Tag, bases: &[G1], images: &[G1], commitments: &[G1], context: &[u8]) -> Scalar {
    let points = [bases, images, commitments].concat();
    let encoded = G1::batch_to_bytes(&points);
    hash_to_scalar(purpose, &framed(&[encoded.as_flattened(), context]))
}

fn hedged_nonce(secret: &Scalar, images: &[G1], context: &[u8], fresh: [u8; 32]) -> Scalar {
    let secret = Zeroizing::new(secret.to_be_bytes());
    let images = G1::batch_to_bytes(images);
    let input = Zeroizing::new(framed(&[&secret[..], &fresh, images.as_flattened(), context]));
    hash_to_scalar(tag::PRE_NONCE, &input)
}
