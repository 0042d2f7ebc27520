//! The conditional scheme: what anyone checks, and what the delegator opens.

use super::forgery::{AD, CONDITION, Encapsulation, PLAINTEXT, Points, Proxy, context, exponent};
use super::{at_the_end, judged, negated, plus_order, with};
use crate::vectors::format::{Fields, Refusals, draw};
use epione::algebra::codec::Canonical;
use epione::algebra::{Scalar, Secret, tag};
use epione::pre::{
    self, PublicKey,
    conditional::{self, Ciphertext, ReEncryption, ReKey},
};
use rand_chacha::ChaCha20Rng;

/// Tags, re-encryption keys and re-encryptions.
pub(super) fn checks(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let (alice, alice_public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&alice_public, CONDITION, AD, PLAINTEXT, rng);
    let other = conditional::seal(&alice_public, CONDITION, b"ad 2", PLAINTEXT, rng).to_bytes();
    let rekey = conditional::rekeygen(&alice, &doctor_public, CONDITION, rng);
    let checked = rekey.verify(&alice_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(&alice_public, CONDITION, AD).unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap().to_bytes();
    let (honest, rk) = (sealed.to_bytes(), rekey.to_bytes());
    let group_context = || {
        Fields::default()
            .hex("delegator_public_key", alice_public.to_bytes())
            .hex("delegatee_public_key", doctor_public.to_bytes())
            .hex("condition", CONDITION)
            .hex("ad", AD)
    };

    file.group("conditional: tag of a ciphertext", group_context());
    let of_another = [&honest[..82], &other[82..178], &honest[178..]].concat();
    let cases = [
        ("as it was made", "Valid", honest.clone()),
        ("C1 negated", "C1", negated(&honest, 2)),
        ("W changed", "W", with(&honest, 50, honest[50] ^ 1)),
        ("C4 negated", "C4", negated(&honest, 82)),
        ("C4 of another record", "C4", of_another),
        ("body changed", "Body", at_the_end(&honest)),
        ("another record", "Context", other.clone()),
    ];
    judged(file, cases, |bytes| {
        let ciphertext = Ciphertext::from_bytes(bytes).unwrap();
        ciphertext.verify(&alice_public, CONDITION, AD).is_ok()
    });

    file.group("conditional: re-encryption key", group_context());
    let cases = [
        ("as it was made", "Valid", rk.clone()),
        ("rk1 negated", "Rk1", negated(&rk, 2)),
        ("rk2 negated", "Rk2", negated(&rk, 98)),
        ("halves exchanged", "Rk1", [&rk[..2], &rk[98..], &rk[2..98]].concat()),
    ];
    judged(file, cases, |bytes| {
        let key = ReKey::from_bytes(bytes).unwrap();
        key.verify(&alice_public, &doctor_public, CONDITION).is_ok()
    });

    let group_context = group_context().hex("ciphertext", &honest).hex("rk2", &rk[98..]);
    file.group("conditional: re-encryption", group_context);
    let exchanged = [&work[..2], &work[50..98], &work[2..50], &work[98..]].concat();
    let cases = [
        ("as it was made", "Valid", work.clone()),
        ("D1 negated", "D1", negated(&work, 2)),
        ("T negated", "T", negated(&work, 50)),
        ("D2 negated", "D2", negated(&work, 98)),
        ("D1 and T exchanged", "D1", exchanged),
        ("challenge changed", "Proof", with(&work, 225, work[225] ^ 1)),
        ("response changed", "Proof", at_the_end(&work)),
        ("r added to the response", "NotReduced", plus_order(&work, 226)),
    ];
    let proxy = Proxy::new(&rekey, &doctor_public, &context(&alice_public, AD));
    let forged = forged_works(&proxy, &alice_public, &honest);
    judged(file, cases.into_iter().chain(forged), |bytes| {
        let work = ReEncryption::from_bytes(bytes);
        work.is_ok_and(|work| work.verify(checked.delegation(), &verified).is_ok())
    });
}

/// All but the first fail one check alone: the equation of the points, or the proof.
fn forged_works(proxy: &Proxy, delegator: &PublicKey, ciphertext: &[u8]) -> Vec<super::Case> {
    let (t, other) = (Scalar::from(5), Scalar::from(7));
    let of = |t: &Scalar| proxy.turn(ciphertext, t);
    let of_two =
        |d1: &Scalar, t: &Scalar, d2: &Scalar| Points { d1: of(d1).d1, t: of(t).t, d2: of(d2).d2 };
    let by = |proxy: Proxy| proxy.reencrypt(ciphertext, &t);
    let proven = |points: Points| proxy.prove(ciphertext, &t, &points);
    let elsewhere = Proxy { context: context(delegator, b"ad 2"), ..proxy.clone() };
    let to_herself = Proxy { delegatee: *delegator, ..proxy.clone() };
    let possession = Proxy { purpose: tag::PRE_POSSESSION, ..proxy.clone() };
    let negative = Points { d2: -of(&t).d2, ..of(&t) };
    vec![
        ("by another exponent", "Valid", by(proxy.clone())),
        ("D2 negated under a proof about it", "D2", proven(negative)),
        ("D1 and T of another exponent than D2", "D2", proven(of_two(&t, &t, &other))),
        ("D1 of another exponent than T and D2", "D1", proven(of_two(&other, &t, &t))),
        ("a proof about another record", "Statement", by(elsewhere)),
        ("a proof about another delegatee", "Statement", by(to_herself)),
        ("a proof under the tag of possessions", "Tag", by(possession)),
    ]
}

/// What the delegator opens with her own key: `C1 = g1^{H(mu, ctx)}` and the body protect her.
pub(super) fn openings(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let (alice, public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let mu = draw::<32>(rng);
    let free = Scalar::random(rng);
    let (ctx, elsewhere) = (context(&public, AD), context(&public, b"ad 2"));
    let (r, other) = (exponent(&mu, &ctx), exponent(&mu, &elsewhere));
    let by = |r: &Scalar| Encapsulation::of(&public, &ctx, &mu, r).tagged(&ctx, r);
    let sealed = |public: &PublicKey, condition: &[u8], ad: &[u8]| {
        let mu = Secret::new(mu);
        conditional::seal_with_randomness(public, condition, ad, PLAINTEXT, &mu).to_bytes()
    };
    let honest = sealed(&public, CONDITION, AD);
    assert_eq!(by(&r), honest);
    let encapsulation = || Encapsulation::of(&public, &ctx, &mu, &r);
    let tagged = |encapsulation: Encapsulation| encapsulation.tagged(&ctx, &r);
    let cases = [
        ("as it was made", "Valid", honest.clone()),
        ("C4 negated: she does not look at it", "Valid", negated(&honest, 82)),
        ("a free exponent, and all else made to fit", "C1", by(&free)),
        ("the exponent of another record, and all else made to fit", "C1", by(&other)),
        ("the exponent negated, and all else made to fit", "C1", by(&-r)),
        ("C1 negated", "C1", negated(&honest, 2)),
        ("W changed", "W", with(&honest, 50, honest[50] ^ 1)),
        (
            "W changed, and all behind it made to fit",
            "W",
            tagged(encapsulation().with_other_w(&ctx, &mu)),
        ),
        ("body changed", "Body", at_the_end(&honest)),
        (
            "body sealed without C1 and W",
            "Body",
            tagged(encapsulation().with_loose_body(&ctx, &mu)),
        ),
        ("an empty body", "Body", tagged(Encapsulation { body: vec![], ..encapsulation() })),
        ("another record", "Context", sealed(&public, CONDITION, b"ad 2")),
        ("another condition", "Context", sealed(&public, b"condition 2", AD)),
        ("a condition's end in the record", "Context", sealed(&public, b"conditio", b"nad")),
        ("for somebody else", "Key", sealed(&doctor_public, CONDITION, AD)),
    ];
    let context = Fields::default().hex("secret_key", alice.to_bytes());
    file.group("conditional: open", context.hex("condition", CONDITION).hex("ad", AD));
    judged(file, cases, |bytes| {
        let ciphertext = Ciphertext::from_bytes(bytes).unwrap();
        conditional::open(&alice, CONDITION, AD, &ciphertext).is_ok()
    });
}
