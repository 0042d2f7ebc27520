//! Conditional re-encryption: public verification, and decryption by the delegator.

use super::forgery::{AD, CONDITION, Encapsulation, PLAINTEXT, Points, Proxy, context, exponent};
use super::{negated, plus_order, with, with_last_byte_changed};
use crate::vectors::format::{Fields, NegativeCase, NegativeFile, draw};
use epione::algebra::codec::Canonical;
use epione::algebra::{Scalar, Secret, tag};
use epione::pre::{
    self, PublicKey,
    conditional::{self, Ciphertext, ReEncryption, ReKey},
};
use rand_chacha::ChaCha20Rng;

/// Verification of ciphertexts, re-encryption keys and re-encryptions.
pub(super) fn verifications(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (alice, alice_public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&alice_public, CONDITION, AD, PLAINTEXT, rng);
    let other = conditional::seal(&alice_public, CONDITION, b"ad 2", PLAINTEXT, rng).to_bytes();
    let rekey = conditional::rekeygen(&alice, &doctor_public, CONDITION, rng);
    let checked = rekey.verify(&alice_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(CONDITION, AD).unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let (honest, rk) = (sealed.to_bytes(), rekey.to_bytes());
    let binding = |fields: Fields| fields.hex("condition", CONDITION).hex("ad", AD);
    let group_context = || {
        let keys = Fields::default()
            .hex("delegator_public_key", alice_public.to_bytes())
            .hex("delegatee_public_key", doctor_public.to_bytes());
        binding(keys)
    };

    file.group("conditional: verify ciphertext", binding(Fields::default()));
    let (mu, ctx) = ([8; 32], context(&alice_public, AD));
    let r = exponent(&mu, &ctx);
    let with_key = Encapsulation::of(&alice_public, &ctx, &mu, &r).tagged_in(&ctx, &r);
    let to_doctor = conditional::seal(&doctor_public, CONDITION, AD, PLAINTEXT, rng).to_bytes();
    let of_another = [&honest[..82], &other[82..178], &honest[178..]].concat();
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("encrypted for another delegator, which the tag does not show", "Valid", to_doctor),
        ("C1 negated", "C1", negated(&honest, 2)),
        ("W modified", "W", with(&honest, 50, honest[50] ^ 1)),
        ("C4 negated", "C4", negated(&honest, 82)),
        ("C4 over the context with the delegator's key", "C4", with_key),
        ("C4 of another ciphertext", "C4", of_another),
        ("body modified", "Body", with_last_byte_changed(&honest)),
        ("ciphertext with other associated data", "Context", other.clone()),
    ];
    file.cases(cases, |bytes| {
        let ciphertext = Ciphertext::from_bytes(bytes).unwrap();
        ciphertext.verify(CONDITION, AD).is_ok()
    });

    file.group("conditional: verify re-encryption key", group_context());
    let cases = [
        ("unmodified", "Valid", rk.clone()),
        ("rk1 negated", "Rk1", negated(&rk, 2)),
        ("rk2 negated", "Rk2", negated(&rk, 98)),
        ("rk1 and rk2 exchanged", "Rk1", [&rk[..2], &rk[98..], &rk[2..98]].concat()),
    ];
    file.cases(cases, |bytes| {
        let key = ReKey::from_bytes(bytes).unwrap();
        key.verify(&alice_public, &doctor_public, CONDITION).is_ok()
    });

    let group_context = group_context().hex("ciphertext", &honest).hex("rk2", &rk[98..]);
    file.group("conditional: verify re-encryption", group_context);
    let exchanged =
        [&reencryption[..2], &reencryption[50..98], &reencryption[2..50], &reencryption[98..]]
            .concat();
    let cases = [
        ("unmodified", "Valid", reencryption.clone()),
        ("D1 negated", "D1", negated(&reencryption, 2)),
        ("T negated", "T", negated(&reencryption, 50)),
        ("D2 negated", "D2", negated(&reencryption, 98)),
        ("D1 and T exchanged", "D1", exchanged),
        ("challenge modified", "Proof", with(&reencryption, 225, reencryption[225] ^ 1)),
        ("response modified", "Proof", with_last_byte_changed(&reencryption)),
        ("response not reduced: r added", "NotReduced", plus_order(&reencryption, 226)),
    ];
    let proxy = Proxy::new(&rekey, &doctor_public, &context(&alice_public, AD));
    let forged = forged_reencryptions(&proxy, &alice_public, &honest);
    file.cases(cases.into_iter().chain(forged), |bytes| {
        let reencryption = ReEncryption::from_bytes(bytes);
        reencryption
            .is_ok_and(|reencryption| reencryption.verify(checked.delegation(), &verified).is_ok())
    });
}

/// Each case but the first fails exactly one check: the pairing equation or the proof.
fn forged_reencryptions(
    proxy: &Proxy,
    delegator: &PublicKey,
    ciphertext: &[u8],
) -> Vec<NegativeCase> {
    let (t, other) = (Scalar::from(5), Scalar::from(7));
    let of = |t: &Scalar| proxy.transform(ciphertext, t);
    let mixed =
        |d1: &Scalar, t: &Scalar, d2: &Scalar| Points { d1: of(d1).d1, t: of(t).t, d2: of(d2).d2 };
    let by = |proxy: Proxy| proxy.reencrypt(ciphertext, &t);
    let proven = |points: Points| proxy.prove(ciphertext, &t, &points);
    let elsewhere = Proxy { context: context(delegator, b"ad 2"), ..proxy.clone() };
    let of_delegatee = Proxy { context: context(&proxy.delegatee, AD), ..proxy.clone() };
    let to_delegator = Proxy { delegatee: *delegator, ..proxy.clone() };
    let possession = Proxy { purpose: tag::PRE_POSSESSION, ..proxy.clone() };
    let negative = Points { d2: -of(&t).d2, ..of(&t) };
    vec![
        ("another exponent t", "Valid", by(proxy.clone())),
        ("D2 negated, proof of the negated D2", "D2", proven(negative)),
        ("D2 with another exponent than D1 and T", "D2", proven(mixed(&t, &t, &other))),
        ("D1 with another exponent than T and D2", "D1", proven(mixed(&other, &t, &t))),
        ("proof for other associated data", "Statement", by(elsewhere)),
        ("proof for another delegator", "Statement", by(of_delegatee)),
        ("proof for another delegatee", "Statement", by(to_delegator)),
        ("proof under the domain tag of proofs of possession", "Tag", by(possession)),
    ]
}

/// Decryption by the delegator, who checks `C1 = g1^{H(mu, ctx)}` and the body.
pub(super) fn openings(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (alice, public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let mu = draw::<32>(rng);
    let free = Scalar::random(rng);
    let (ctx, elsewhere) = (context(&public, AD), context(&public, b"ad 2"));
    let (r, other) = (exponent(&mu, &ctx), exponent(&mu, &elsewhere));
    let by = |r: &Scalar| Encapsulation::of(&public, &ctx, &mu, r).tagged(r);
    let sealed = |public: &PublicKey, condition: &[u8], ad: &[u8]| {
        let mu = Secret::new(mu);
        conditional::seal_with_randomness(public, condition, ad, PLAINTEXT, &mu).to_bytes()
    };
    let honest = sealed(&public, CONDITION, AD);
    assert_eq!(by(&r), honest);
    let encapsulation = || Encapsulation::of(&public, &ctx, &mu, &r);
    let tagged = |encapsulation: Encapsulation| encapsulation.tagged(&r);
    let cases = [
        ("unmodified", "Valid", honest.clone()),
        ("C4 negated, which the delegator does not check", "Valid", negated(&honest, 82)),
        ("C1 with a random exponent, all other fields consistent", "C1", by(&free)),
        (
            "C1 with the exponent for other associated data, all other fields consistent",
            "C1",
            by(&other),
        ),
        ("C1 with the exponent negated, all other fields consistent", "C1", by(&-r)),
        ("C1 negated", "C1", negated(&honest, 2)),
        ("W modified", "W", with(&honest, 50, honest[50] ^ 1)),
        (
            "W modified, body and C4 consistent with it",
            "W",
            tagged(encapsulation().with_other_w(&ctx, &mu)),
        ),
        ("body modified", "Body", with_last_byte_changed(&honest)),
        (
            "body encrypted in a context without C1 and W",
            "Body",
            tagged(encapsulation().with_unbound_body(&ctx, &mu)),
        ),
        ("empty body", "Body", tagged(Encapsulation { body: vec![], ..encapsulation() })),
        ("other associated data", "Context", sealed(&public, CONDITION, b"ad 2")),
        ("another condition", "Context", sealed(&public, b"condition 2", AD)),
        (
            "last bytes of the condition moved to the associated data",
            "Context",
            sealed(&public, b"conditio", b"nad"),
        ),
        ("encrypted for another delegator", "Key", sealed(&doctor_public, CONDITION, AD)),
    ];
    let context = Fields::default().hex("secret_key", alice.to_bytes());
    file.group("conditional: open", context.hex("condition", CONDITION).hex("ad", AD));
    file.cases(cases, |bytes| {
        let ciphertext = Ciphertext::from_bytes(bytes).unwrap();
        conditional::open(&alice, CONDITION, AD, &ciphertext).is_ok()
    });
}
