//! Decryption by delegator and delegatee in AFGH.

use super::{negated, with_last_byte_changed};
use crate::common::{encoding, fields};
use crate::vectors::format::{Fields, NegativeFile};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::kdf;
use epione::algebra::tag;
use epione::algebra::{G1, G2, Gt, Scalar, pairing};
use epione::dem::{self, ContentKey};
use epione::pre::{
    self,
    afgh::{self, Ciphertext, ReEncryption},
};
use rand_chacha::ChaCha20Rng;

const AD: &[u8] = b"record 7";
const PLAINTEXT: &[u8] = b"content key";

fn ciphertext(c1: &G1, body: &[u8]) -> Vec<u8> {
    encoding::<Ciphertext>(|w| {
        w.g1(c1);
        w.bytes(body);
    })
}

fn reencryption(c1: &G1, c1_prime: &Gt, body: &[u8]) -> Vec<u8> {
    encoding::<ReEncryption>(|w| {
        w.g1(c1);
        w.gt(c1_prime);
        w.bytes(body);
    })
}

/// The body under `KDF(K; C1)`.
fn sealed(k: &Gt, c1: &G1) -> Vec<u8> {
    let key = kdf::<32>(tag::AFGH_KEY, &k.to_bytes(), &[&c1.to_bytes()]);
    dem::seal(&ContentKey::from_secret(key), AD, PLAINTEXT)
}

pub(super) fn openings(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (alice, alice_public) = pre::keygen(rng);
    let (bob, bob_public) = pre::keygen(rng);
    let [r, other_r] = std::array::from_fn(|_| Scalar::random(rng));
    let rekey = afgh::rekeygen(&alice, &bob_public);
    let honest = afgh::seal_with_randomness(&alice_public, AD, PLAINTEXT, &r);
    let elsewhere = afgh::seal_with_randomness(&alice_public, b"record 8", PLAINTEXT, &r);
    let for_bob = afgh::seal_with_randomness(&bob_public, AD, PLAINTEXT, &r);
    let x = fields(&alice_public.to_bytes()).g1().unwrap();
    let (c1, other_c1, k) = (x * r, x * other_r, Gt::generator().pow(&r));
    let (body, unbound) = (sealed(&k, &c1), sealed(&k, &other_c1));

    let context =
        |key: &pre::SecretKey| Fields::default().hex("secret_key", key.to_bytes()).hex("ad", AD);
    file.group("afgh: open", context(&alice));
    let bytes = honest.to_bytes();
    let cases = [
        ("unmodified", "Valid", bytes.clone()),
        ("ciphertext with other associated data", "Context", elsewhere.to_bytes()),
        ("encrypted for another delegator", "Key", for_bob.to_bytes()),
        ("C1 negated", "C1", negated(&bytes, 2)),
        ("C1 of another ciphertext", "C1", ciphertext(&other_c1, &body)),
        ("body under a key derived with another C1", "C1", ciphertext(&c1, &unbound)),
        ("body modified", "Body", with_last_byte_changed(&bytes)),
        ("empty body", "Body", ciphertext(&c1, &[])),
    ];
    file.cases(cases, |bytes| {
        afgh::open(&alice, AD, &Ciphertext::from_bytes(bytes).unwrap()).is_ok()
    });

    let reencrypted = |ciphertext| afgh::reencrypt(&rekey, ciphertext).to_bytes();
    let c1_prime = fields(&reencrypted(&honest)[48..]).gt().unwrap();
    let inverse = c1_prime.pow(&-Scalar::ONE);
    let other_prime = c1_prime.pow(&(other_r * r.inverse().unwrap()));
    let to_delegator = afgh::reencrypt(&afgh::rekeygen(&alice, &alice_public), &honest).to_bytes();
    file.group("afgh: open re-encryption", context(&bob));
    let bytes = reencrypted(&honest);
    let cases = [
        ("unmodified", "Valid", bytes.clone()),
        ("ciphertext with other associated data", "Context", reencrypted(&elsewhere)),
        ("re-encrypted for another delegatee", "Key", to_delegator),
        ("C1 negated, C1' unmodified", "C1", negated(&bytes, 2)),
        ("C1 of another ciphertext", "C1", reencryption(&other_c1, &c1_prime, &body)),
        ("C1' inverted", "C1Prime", reencryption(&c1, &inverse, &body)),
        ("C1' of another ciphertext", "C1Prime", reencryption(&c1, &other_prime, &body)),
        (
            "C1' = e(C1, g2), computed without a re-encryption key",
            "C1Prime",
            reencryption(&c1, &pairing(&c1, &G2::generator()), &body),
        ),
        ("body modified", "Body", with_last_byte_changed(&bytes)),
        ("empty body", "Body", reencryption(&c1, &c1_prime, &[])),
    ];
    file.cases(cases, |bytes| {
        afgh::open_reencrypted(&bob, AD, &ReEncryption::from_bytes(bytes).unwrap()).is_ok()
    });
}
