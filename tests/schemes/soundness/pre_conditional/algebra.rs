//! The adversary's view: fields of the encodings, and the equations of the scheme without checks.

use crate::common::{fields, forge};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{digest, framed, hash_to_g2, kdf};
use epione::algebra::{G1, G2, Gt, Scalar, tag};
use epione::dem::{self, ContentKey};
use epione::pre::PublicKey;
use epione::pre::conditional::{Ciphertext, ReEncryption, ReKey};

/// The fields of a ciphertext.
#[derive(Clone)]
pub(super) struct CiphertextFields {
    pub(super) c1: G1,
    pub(super) w: [u8; 32],
    pub(super) c4: G2,
    pub(super) body: Vec<u8>,
}

impl CiphertextFields {
    pub(super) fn of(ciphertext: &Ciphertext) -> Self {
        let bytes = ciphertext.to_bytes();
        let mut r = fields(&bytes);
        let (c1, w, c4) = (r.g1().unwrap(), r.fixed().unwrap(), r.g2().unwrap());
        Self { c1, w, c4, body: r.bytes(1 << 20).unwrap().to_vec() }
    }

    pub(super) fn assemble(&self) -> Ciphertext {
        forge(|w| {
            w.g1(&self.c1);
            w.fixed(&self.w);
            w.g2(&self.c4);
            w.bytes(&self.body);
        })
    }
}

/// The fields of a re-encryption.
#[derive(Clone)]
pub(super) struct ReEncryptionFields {
    pub(super) d1: G1,
    pub(super) t: G1,
    pub(super) d2: G2,
    pub(super) challenge: Scalar,
    pub(super) response: Scalar,
}

impl ReEncryptionFields {
    pub(super) fn of(reencryption: &ReEncryption) -> Self {
        let bytes = reencryption.to_bytes();
        let mut r = fields(&bytes);
        let (d1, t, d2) = (r.g1().unwrap(), r.g1().unwrap(), r.g2().unwrap());
        Self { d1, t, d2, challenge: r.scalar().unwrap(), response: r.scalar().unwrap() }
    }

    pub(super) fn assemble(&self) -> ReEncryption {
        forge(|w| {
            w.g1(&self.d1);
            w.g1(&self.t);
            w.g2(&self.d2);
            w.scalar(&self.challenge);
            w.scalar(&self.response);
        })
    }
}

pub(super) fn points(key: &PublicKey) -> (G1, G2) {
    let bytes = key.to_bytes();
    let mut r = fields(&bytes);
    (r.g1().unwrap(), r.g2().unwrap())
}

/// `rk1, rk2`.
pub(super) fn rekey_points(rekey: &ReKey) -> (G2, G2) {
    let bytes = rekey.to_bytes();
    let mut r = fields(&bytes);
    (r.g2().unwrap(), r.g2().unwrap())
}

pub(super) fn rekey_of(rk1: G2, rk2: G2) -> ReKey {
    forge(|w| {
        w.g2(&rk1);
        w.g2(&rk2);
    })
}

/// `Q = H_G2(pk, w)`.
pub(super) fn q(delegator: &PublicKey, condition: &[u8]) -> G2 {
    hash_to_g2(tag::PRE_CONDITION, &framed(&[&delegator.to_bytes(), condition]))
}

pub(super) fn context(delegator: &PublicKey, condition: &[u8], ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_CONTEXT.as_bytes(), &delegator.to_bytes(), condition, ad])
}

/// `W xor KDF(K, C1, ctx)`.
pub(super) fn mask(k: &Gt, c1: &G1, context: &[u8], w: &[u8; 32]) -> [u8; 32] {
    let mask = *kdf::<32>(tag::PRE_MASK, &k.to_bytes(), &[&c1.to_bytes(), context]).expose();
    std::array::from_fn(|i| w[i] ^ mask[i])
}

pub(super) fn body_key(
    mu: &[u8; 32],
    parts: &CiphertextFields,
    context: &[u8],
) -> (ContentKey, Vec<u8>) {
    let key = ContentKey::from_secret(kdf(tag::PRE_KEY, mu, &[context]));
    (key, framed(&[&parts.c1.to_bytes(), &parts.w, context]))
}

/// Decrypts with any `K`, without the check of `C1`.
pub(super) fn unmask(k: &Gt, parts: &CiphertextFields, context: &[u8]) -> Option<Vec<u8>> {
    let mu = mask(k, &parts.c1, context, &parts.w);
    let (key, header) = body_key(&mu, parts, context);
    dem::open(&key, &header, &parts.body).ok().map(|plaintext| plaintext.to_vec())
}

/// The base of `C4`.
pub(super) fn tag_point(parts: &CiphertextFields, context: &[u8]) -> G2 {
    let body = digest(tag::PRE_BODY, &[&parts.body]);
    let message = framed(&[&parts.c1.to_bytes(), &parts.w, context, &body]);
    hash_to_g2(tag::PRE_CAPSULE_TAG, &message)
}
