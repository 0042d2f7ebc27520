//! The steps of the conditional scheme for a forger who violates one rule and keeps every other
//! field consistent, so that exactly one check must reject.

use crate::common::{encoding, fields};
use crate::vectors::pre_conditional::prove;
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{digest, framed, hash_to_g2, hash_to_scalar, kdf};
use epione::algebra::tag::{self, Tag};
use epione::algebra::{G1, G2, Scalar, pairing};
use epione::dem::{self, ContentKey};
use epione::pre::{
    PublicKey,
    conditional::{Ciphertext, ReEncryption, ReKey},
};

pub(super) const CONDITION: &[u8] = b"condition";
pub(super) const AD: &[u8] = b"ad";
pub(super) const PLAINTEXT: &[u8] = b"text";

/// `ctx` of [`CONDITION`] and the associated data.
pub(super) fn context(delegator: &PublicKey, ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_CONTEXT.as_bytes(), &delegator.to_bytes(), CONDITION, ad])
}

/// `r = H(mu, ctx)`; a forger may choose another exponent.
pub(super) fn exponent(mu: &[u8; 32], context: &[u8]) -> Scalar {
    hash_to_scalar(tag::PRE_EXPONENT, &framed(&[mu, context]))
}

/// The elements `C1`, `W` and body of a ciphertext without its public tag.
pub(super) struct Encapsulation {
    pub(super) c1: G1,
    pub(super) w: [u8; 32],
    pub(super) body: Vec<u8>,
}

impl Encapsulation {
    /// Encrypts with any exponent `r`.
    pub(super) fn of(delegator: &PublicKey, context: &[u8], mu: &[u8; 32], r: &Scalar) -> Self {
        let bytes = delegator.to_bytes();
        let q = hash_to_g2(tag::PRE_CONDITION, &framed(&[&bytes, CONDITION]));
        let (c1, k) = (G1::generator() * *r, pairing(&fields(&bytes).g1().unwrap(), &q).pow(r));
        let mask = kdf::<32>(tag::PRE_MASK, &k.to_bytes(), &[&c1.to_bytes(), context]);
        let w = std::array::from_fn(|i| mu[i] ^ mask.expose()[i]);
        let body = body(mu, context, &framed(&[&c1.to_bytes(), &w, context]));
        Self { c1, w, body }
    }

    /// Replaces `mu`, and `W` and the body accordingly, and keeps `C1`.
    pub(super) fn with_other_w(self, context: &[u8], mu: &[u8; 32]) -> Self {
        let flip = |bytes: &[u8; 32]| std::array::from_fn(|i| bytes[i] ^ u8::from(i == 0));
        let (mu, w): ([u8; 32], [u8; 32]) = (flip(mu), flip(&self.w));
        let body = body(&mu, context, &framed(&[&self.c1.to_bytes(), &w, context]));
        Self { w, body, ..self }
    }

    /// Encrypts the body in a context without `C1` and `W`.
    pub(super) fn with_unbound_body(self, context: &[u8], mu: &[u8; 32]) -> Self {
        Self { body: body(mu, context, context), ..self }
    }

    /// Encodes the ciphertext with the public tag `C4 = H_G2(C1, W, H(body), tag_ctx)^r` of
    /// [`CONDITION`] and [`AD`].
    pub(super) fn tagged(&self, r: &Scalar) -> Vec<u8> {
        self.tagged_in(&framed(&[tag::PRE_TAG_CONTEXT.as_bytes(), CONDITION, AD]), r)
    }

    /// [`Self::tagged`] with any context of the tag.
    pub(super) fn tagged_in(&self, context: &[u8], r: &Scalar) -> Vec<u8> {
        let (c1, body) = (self.c1.to_bytes(), digest(tag::PRE_BODY, &[&self.body]));
        let message = framed(&[&c1, &self.w, &body, context]);
        let c4 = hash_to_g2(tag::PRE_CAPSULE_TAG, &message) * *r;
        encoding::<Ciphertext>(|w| {
            w.g1(&self.c1);
            w.fixed(&self.w);
            w.g2(&c4);
            w.bytes(&self.body);
        })
    }
}

/// Encrypts the body under `KDF(mu, ctx)` in any DEM context.
fn body(mu: &[u8; 32], context: &[u8], body_context: &[u8]) -> Vec<u8> {
    let key = ContentKey::from_secret(kdf(tag::PRE_KEY, mu, &[context]));
    dem::seal(&key, body_context, PLAINTEXT)
}

/// The points of a re-encryption.
pub(super) struct Points {
    pub(super) d1: G1,
    pub(super) t: G1,
    pub(super) d2: G2,
}

/// A proxy that skips all checks and proves any statement.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) rk1: G2,
    pub(super) rk2: G2,
    pub(super) delegatee: PublicKey,
    pub(super) context: Vec<u8>,
    pub(super) purpose: Tag,
}

impl Proxy {
    pub(super) fn new(rekey: &ReKey, delegatee: &PublicKey, context: &[u8]) -> Self {
        let bytes = rekey.to_bytes();
        let mut points = fields(&bytes);
        let [rk1, rk2] = std::array::from_fn(|_| points.g2().unwrap());
        let context = context.to_vec();
        Self { rk1, rk2, delegatee: *delegatee, context, purpose: tag::PRE_PROOF }
    }

    /// ReEncrypt without verification of the ciphertext.
    pub(super) fn reencrypt(&self, ciphertext: &[u8], t: &Scalar) -> Vec<u8> {
        self.prove(ciphertext, t, &self.transform(ciphertext, t))
    }

    /// `D1 = C1^t;  T = g1^t;  D2 = rk1^{1/t}`.
    pub(super) fn transform(&self, ciphertext: &[u8], t: &Scalar) -> Points {
        let (c1, inverse) = (fields(ciphertext).g1().unwrap(), t.inverse().unwrap());
        Points { d1: c1 * *t, t: G1::generator() * *t, d2: self.rk1 * inverse }
    }

    /// Encodes points with a proof of the exponent `t`.
    pub(super) fn prove(&self, ciphertext: &[u8], t: &Scalar, points: &Points) -> Vec<u8> {
        let Points { d1, t: t_point, d2 } = points;
        let bases = [G1::generator(), fields(ciphertext).g1().unwrap()];
        let (delegatee, rk2) = (self.delegatee.to_bytes(), self.rk2.to_bytes());
        let statement = framed(&[&self.context, ciphertext, &delegatee, &rk2, &d2.to_bytes()]);
        let proof = prove(self.purpose, &bases, t, &[7; 32], &statement);
        encoding::<ReEncryption>(|w| {
            w.g1(d1);
            w.g1(t_point);
            w.g2(d2);
            w.fixed(&proof.bytes());
        })
    }
}
