//! What the delegatee opens, after the checks that he makes himself.

use super::forgery::{AD, CONDITION, Encapsulation, PLAINTEXT, Points, Proxy, context, exponent};
use super::{at_the_end, judged, negated};
use crate::vectors::format::{Fields, Refusals, draw};
use epione::algebra::codec::{Canonical, Reader};
use epione::algebra::hash::framed;
use epione::algebra::{G2, Scalar};
use epione::pre::{
    self, PublicKey, SecretKey,
    conditional::{self, Ciphertext, Delegation, ReEncryption},
};
use rand_chacha::ChaCha20Rng;

/// The tag of the ciphertext, the re-encryption, and Open'.
fn opens(delegator: &PublicKey, doctor: &SecretKey, rk2: &G2, bytes: &[u8]) -> bool {
    let mut parts = Reader::new(bytes);
    let ciphertext = Ciphertext::from_bytes(parts.bytes(1 << 10).unwrap()).unwrap();
    let work = ReEncryption::from_bytes(parts.bytes(1 << 10).unwrap()).unwrap();
    parts.end().unwrap();
    let delegation = Delegation::new(delegator, doctor.public_key(), CONDITION, rk2);
    let Ok(verified) = ciphertext.verify(delegator, CONDITION, AD) else { return false };
    let Ok(receipt) = work.verify(&delegation, &verified) else { return false };
    let opened = conditional::open_reencrypted(doctor, &receipt);
    opened.is_ok_and(|opened| &opened[..] == PLAINTEXT)
}

pub(super) fn openings(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let (alice, public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let (_, other_public) = pre::keygen(rng);
    let mu = draw::<32>(rng);
    let [free, s, t, other_t] = std::array::from_fn(|_| Scalar::random(rng));
    let ctx = context(&public, AD);
    let r = exponent(&mu, &ctx);
    let encapsulation = || Encapsulation::of(&public, &ctx, &mu, &r);
    let honest = encapsulation().tagged(&ctx, &r);
    let sealed =
        |mu: &[u8; 32], r: &Scalar| Encapsulation::of(&public, &ctx, mu, r).tagged(&ctx, r);
    let other = sealed(&[1; 32], &exponent(&[1; 32], &ctx));
    let proxy_to = |delegatee: &PublicKey| {
        let rekey = conditional::rekeygen_with_randomness(&alice, delegatee, CONDITION, &s);
        Proxy::new(&rekey, delegatee, &ctx)
    };
    let proxy = proxy_to(&doctor_public);
    // What is sealed by one who leaves checks out, and reencrypted by a proxy that does, too.
    let reencrypted = |ciphertext: &[u8]| framed(&[ciphertext, &proxy.reencrypt(ciphertext, &t)]);
    let made_to_fit = |encapsulation: Encapsulation| reencrypted(&encapsulation.tagged(&ctx, &r));
    let with_work = |work: &[u8]| framed(&[&honest, work]);
    let work = proxy.reencrypt(&honest, &t);
    // D1 and D2 whose exponents cancel give the same K; T is of another one.
    let (one, two) = (proxy.turn(&honest, &t), proxy.turn(&honest, &other_t));
    let cancelling = proxy.prove(&honest, &t, &Points { t: two.t, ..one });
    let to_other = proxy_to(&other_public).reencrypt(&honest, &t);

    let cases = [
        ("as it was made", "Valid", reencrypted(&honest)),
        ("by another exponent", "Valid", with_work(&proxy.reencrypt(&honest, &other_t))),
        ("a free exponent, and all else made to fit", "C1", reencrypted(&sealed(&mu, &free))),
        (
            "W changed, and all behind it made to fit",
            "W",
            made_to_fit(encapsulation().with_other_w(&ctx, &mu)),
        ),
        (
            "body sealed without C1 and W",
            "Body",
            made_to_fit(encapsulation().with_loose_body(&ctx, &mu)),
        ),
        ("C4 negated, and reencrypted like this", "C4", reencrypted(&negated(&honest, 82))),
        ("T of another exponent than D1 and D2, which open", "T", with_work(&cancelling)),
        ("the proof changed, which opening does not need", "Proof", with_work(&at_the_end(&work))),
        ("reencrypted for somebody else", "Key", with_work(&to_other)),
        ("the re-encryption of another ciphertext", "Statement", framed(&[&other, &work])),
    ];
    let context = Fields::default()
        .hex("delegator_public_key", public.to_bytes())
        .hex("delegatee_secret_key", doctor.to_bytes())
        .hex("condition", CONDITION)
        .hex("ad", AD)
        .hex("rk2", proxy.rk2.to_bytes());
    file.group("conditional: open a re-encryption", context);
    judged(file, cases, |bytes| opens(&public, &doctor, &proxy.rk2, bytes));
}
