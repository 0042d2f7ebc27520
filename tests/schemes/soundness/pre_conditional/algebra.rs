//! The adversary's view: fields of the encodings, and the equations of the scheme without checks.

use crate::common::{fields, forge};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{digest, framed, hash_to_g2, hash_to_scalar, kdf};
use epione::algebra::{G1, G2, Gt, Scalar, tag};
use epione::dem::{self, ContentKey};
use epione::pre::PublicKey;
use epione::pre::conditional::{Ciphertext, ReEncryption, ReKey};

/// The fields of a ciphertext.
#[derive(Clone)]
pub(crate) struct CiphertextFields {
    pub(crate) c1: G1,
    pub(crate) w: [u8; 32],
    pub(crate) c4: G2,
    pub(crate) body: Vec<u8>,
}

impl CiphertextFields {
    pub(crate) fn of(ciphertext: &Ciphertext) -> Self {
        let bytes = ciphertext.to_bytes();
        let mut r = fields(&bytes);
        let (c1, w, c4) = (r.g1().unwrap(), r.fixed().unwrap(), r.g2().unwrap());
        Self { c1, w, c4, body: r.bytes(1 << 20).unwrap().to_vec() }
    }

    pub(crate) fn assemble(&self) -> Ciphertext {
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
pub(crate) struct ReEncryptionFields {
    pub(crate) d1: G1,
    pub(crate) t: G1,
    pub(crate) d2: G2,
    pub(crate) challenge: Scalar,
    pub(crate) response: Scalar,
}

impl ReEncryptionFields {
    pub(crate) fn of(reencryption: &ReEncryption) -> Self {
        let bytes = reencryption.to_bytes();
        let mut r = fields(&bytes);
        let (d1, t, d2) = (r.g1().unwrap(), r.g1().unwrap(), r.g2().unwrap());
        Self { d1, t, d2, challenge: r.scalar().unwrap(), response: r.scalar().unwrap() }
    }

    pub(crate) fn assemble(&self) -> ReEncryption {
        forge(|w| {
            w.g1(&self.d1);
            w.g1(&self.t);
            w.g2(&self.d2);
            w.scalar(&self.challenge);
            w.scalar(&self.response);
        })
    }
}

pub(crate) fn points(key: &PublicKey) -> (G1, G2) {
    let bytes = key.to_bytes();
    let mut r = fields(&bytes);
    (r.g1().unwrap(), r.g2().unwrap())
}

/// `rk1, rk2`.
pub(crate) fn rekey_points(rekey: &ReKey) -> (G2, G2) {
    let bytes = rekey.to_bytes();
    let mut r = fields(&bytes);
    (r.g2().unwrap(), r.g2().unwrap())
}

pub(crate) fn rekey_of(rk1: G2, rk2: G2) -> ReKey {
    forge(|w| {
        w.g2(&rk1);
        w.g2(&rk2);
    })
}

/// `Q = H_G2(pk, w)`.
pub(crate) fn q(delegator: &PublicKey, condition: &[u8]) -> G2 {
    hash_to_g2(tag::PRE_CONDITION, &framed(&[&delegator.to_bytes(), condition]))
}

pub(crate) fn context(delegator: &PublicKey, condition: &[u8], ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_CONTEXT.as_bytes(), &delegator.to_bytes(), condition, ad])
}

/// `W xor KDF(K, C1, ctx)`.
pub(crate) fn mask(k: &Gt, c1: &G1, context: &[u8], w: &[u8; 32]) -> [u8; 32] {
    let mask = *kdf::<32>(tag::PRE_MASK, &k.to_bytes(), &[&c1.to_bytes(), context]).expose();
    std::array::from_fn(|i| w[i] ^ mask[i])
}

pub(crate) fn body_key(
    mu: &[u8; 32],
    parts: &CiphertextFields,
    context: &[u8],
) -> (ContentKey, Vec<u8>) {
    let key = ContentKey::from_secret(kdf(tag::PRE_KEY, mu, &[context]));
    (key, framed(&[&parts.c1.to_bytes(), &parts.w, context]))
}

/// Decrypts with any `K`, without the check of `C1`.
pub(crate) fn unmask(k: &Gt, parts: &CiphertextFields, context: &[u8]) -> Option<Vec<u8>> {
    let mu = mask(k, &parts.c1, context, &parts.w);
    let (key, header) = body_key(&mu, parts, context);
    dem::open(&key, &header, &parts.body).ok().map(|plaintext| plaintext.to_vec())
}

/// The base of `C4`.
pub(crate) fn tag_point(parts: &CiphertextFields, condition: &[u8], ad: &[u8]) -> G2 {
    let context = framed(&[tag::PRE_TAG_CONTEXT.as_bytes(), condition, ad]);
    let body = digest(tag::PRE_BODY, &[&parts.body]);
    let message = framed(&[&parts.c1.to_bytes(), &parts.w, &body, &context]);
    hash_to_g2(tag::PRE_CAPSULE_TAG, &message)
}

/// A proxy that skips all checks, and computes proofs in any context.
pub(crate) struct UncheckedProxy<'a> {
    context: &'a [u8],
    ciphertext: &'a Ciphertext,
    delegatee: &'a PublicKey,
    rk1: G2,
    rk2: G2,
}

impl<'a> UncheckedProxy<'a> {
    pub(crate) fn new(
        context: &'a [u8],
        ciphertext: &'a Ciphertext,
        delegatee: &'a PublicKey,
        rekey: &ReKey,
    ) -> Self {
        let (rk1, rk2) = rekey_points(rekey);
        Self { context, ciphertext, delegatee, rk1, rk2 }
    }

    /// `D2 = rk1^{1/t}`, with a valid proof in the proxy's context.
    pub(crate) fn reencrypt(&self) -> ReEncryption {
        let t = Scalar::from(41);
        self.reencrypt_to(&t, self.rk1 * t.inverse().unwrap())
    }

    /// Any `D2`, with a valid proof: `B = G^n;  c = H(G, image, B, statement);  z = n + c t`.
    pub(crate) fn reencrypt_to(&self, t: &Scalar, d2: G2) -> ReEncryption {
        let bases = [G1::generator(), CiphertextFields::of(self.ciphertext).c1];
        let nonce = Scalar::from(42);
        let rows = [bases, bases.map(|base| base * *t), bases.map(|base| base * nonce)];
        let points: Vec<u8> = rows.as_flattened().iter().flat_map(G1::to_bytes).collect();
        let statement = framed(&[
            self.context,
            &self.ciphertext.to_bytes(),
            &self.delegatee.to_bytes(),
            &self.rk2.to_bytes(),
            &d2.to_bytes(),
        ]);
        let challenge = hash_to_scalar(tag::PRE_PROOF, &framed(&[&points, &statement]));
        let response = nonce + challenge * *t;
        let [t_point, d1] = rows[1];
        ReEncryptionFields { d1, t: t_point, d2, challenge, response }.assemble()
    }
}
