//! Decryption by the delegatee, who first verifies ciphertext and re-encryption.

use super::forgery::{AD, CONDITION, Encapsulation, PLAINTEXT, Points, Proxy, context, exponent};
use super::{negated, with_last_byte_changed};
use crate::vectors::format::{Fields, NegativeFile, draw};
use epione::algebra::codec::{Canonical, Reader};
use epione::algebra::hash::framed;
use epione::algebra::{G2, Scalar};
use epione::pre::{
    self, PublicKey, SecretKey,
    conditional::{self, Ciphertext, Delegation, ReEncryption},
};
use rand_chacha::ChaCha20Rng;

/// Verifies ciphertext and re-encryption, and decrypts.
fn accepts(delegator: &PublicKey, doctor: &SecretKey, rk2: &G2, bytes: &[u8]) -> bool {
    let mut parts = Reader::new(bytes);
    let ciphertext = Ciphertext::from_bytes(parts.bytes(1 << 10).unwrap()).unwrap();
    let reencryption = ReEncryption::from_bytes(parts.bytes(1 << 10).unwrap()).unwrap();
    parts.end().unwrap();
    let delegation = Delegation::new(delegator, doctor.public_key(), CONDITION, rk2);
    let Ok(verified) = ciphertext.verify(CONDITION, AD) else { return false };
    let Ok(verified) = reencryption.verify(&delegation, &verified) else { return false };
    let opened = conditional::open_reencrypted(doctor, &verified);
    opened.is_ok_and(|opened| &opened[..] == PLAINTEXT)
}

pub(super) fn openings(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (alice, public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let (_, other_public) = pre::keygen(rng);
    let of_other = conditional::seal(&other_public, CONDITION, AD, PLAINTEXT, rng).to_bytes();
    let mu = draw::<32>(rng);
    let [free, s, t, other_t] = std::array::from_fn(|_| Scalar::random(rng));
    let ctx = context(&public, AD);
    let r = exponent(&mu, &ctx);
    let encapsulation = || Encapsulation::of(&public, &ctx, &mu, &r);
    let honest = encapsulation().tagged(&r);
    let sealed = |mu: &[u8; 32], r: &Scalar| Encapsulation::of(&public, &ctx, mu, r).tagged(r);
    let other = sealed(&[1; 32], &exponent(&[1; 32], &ctx));
    let proxy_to = |delegatee: &PublicKey| {
        let rekey = conditional::rekeygen_with_randomness(&alice, delegatee, CONDITION, &s);
        Proxy::new(&rekey, delegatee, &ctx)
    };
    let proxy = proxy_to(&doctor_public);
    // Ciphertexts of a forger, re-encrypted by a proxy that skips the checks.
    let reencrypted = |ciphertext: &[u8]| framed(&[ciphertext, &proxy.reencrypt(ciphertext, &t)]);
    let consistent = |encapsulation: Encapsulation| reencrypted(&encapsulation.tagged(&r));
    let with_reencryption = |bytes: &[u8]| framed(&[&honest, bytes]);
    let reencryption = proxy.reencrypt(&honest, &t);
    // The exponents of D1 and D2 cancel, so K is correct; T has another exponent.
    let (one, two) = (proxy.transform(&honest, &t), proxy.transform(&honest, &other_t));
    let cancelling = proxy.prove(&honest, &t, &Points { t: two.t, ..one });
    let to_other = proxy_to(&other_public).reencrypt(&honest, &t);

    let cases = [
        ("unmodified", "Valid", reencrypted(&honest)),
        ("another exponent t", "Valid", with_reencryption(&proxy.reencrypt(&honest, &other_t))),
        (
            "C1 with a random exponent, all other fields consistent",
            "C1",
            reencrypted(&sealed(&mu, &free)),
        ),
        (
            "W modified, body and C4 consistent with it",
            "W",
            consistent(encapsulation().with_other_w(&ctx, &mu)),
        ),
        (
            "body encrypted in a context without C1 and W",
            "Body",
            consistent(encapsulation().with_unbound_body(&ctx, &mu)),
        ),
        (
            "C4 negated, re-encryption of the modified ciphertext",
            "C4",
            reencrypted(&negated(&honest, 82)),
        ),
        (
            "T with another exponent than D1 and D2, which decrypt",
            "T",
            with_reencryption(&cancelling),
        ),
        (
            "proof modified, which decryption does not use",
            "Proof",
            with_reencryption(&with_last_byte_changed(&reencryption)),
        ),
        ("re-encrypted for another delegatee", "Key", with_reencryption(&to_other)),
        ("encrypted for another delegator, re-encrypted", "Key", reencrypted(&of_other)),
        ("re-encryption of another ciphertext", "Statement", framed(&[&other, &reencryption])),
    ];
    let context = Fields::default()
        .hex("delegator_public_key", public.to_bytes())
        .hex("delegatee_secret_key", doctor.to_bytes())
        .hex("condition", CONDITION)
        .hex("ad", AD)
        .hex("rk2", proxy.rk2.to_bytes());
    file.group("conditional: open re-encryption", context);
    file.cases(cases, |bytes| accepts(&public, &doctor, &proxy.rk2, bytes));
}
