//! Attacks on conditional re-encryption: by proxies, delegatees, coalitions of both, and by
//! modification of keys, ciphertexts and proofs.

pub(super) mod algebra;
mod delegators;

use crate::common::{exponent, fields, forge, rng};
use crate::soundness::exponents::{View, reaches};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, pairing, tag};
use epione::dem;
use epione::pre::conditional::{self, Ciphertext, ReKey};
use epione::pre::{self, PublicKey, SecretKey};

use algebra::{
    CiphertextFields, ReEncryptionFields, UncheckedProxy, body_key, context, mask, points, q,
    rekey_of, rekey_points, tag_point, unmask,
};

const CONDITION: &[u8] = b"clinical, epoch 202612";
const OTHER: &[u8] = b"restricted, epoch 202612";

/// A patient, a doctor, a ciphertext for the patient, and a re-encryption key for the doctor.
struct Scenario {
    patient: SecretKey,
    patient_public: PublicKey,
    doctor: SecretKey,
    doctor_public: PublicKey,
    sealed: Ciphertext,
    rekey: ReKey,
}

fn scenario(seed: u64) -> Scenario {
    let rng = &mut rng(seed);
    let (patient, patient_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&patient_public, CONDITION, b"record 7", b"NIHSS 4", rng);
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    Scenario { patient, patient_public, doctor, doctor_public, sealed, rekey }
}

/// `K` as the delegatee computes it: `e(D1, D2) / e(C1, rk2^{x_j})`.
fn delegatee_key(c1: &G1, d1: &G1, d2: &G2, rk2: &G2, x_j: Scalar) -> Gt {
    multi_pairing(&[(*d1, *d2), (-*c1, *rk2 * x_j)])
}

#[test]
fn proxy_and_delegatee_together_learn_only_the_condition_key() {
    // rk1 / rk2^{x_j} = (Q Y_j^s)^{x_i} / Y_i^{s x_j} = Q^{x_i}.
    let Scenario { patient, patient_public, doctor, sealed, rekey, .. } = scenario(1);
    let (rk1, rk2) = rekey_points(&rekey);
    let condition_key = rk1 - rk2 * exponent(&doctor);
    assert_eq!(condition_key, q(&patient_public, CONDITION) * exponent(&patient));

    // The condition key decrypts every record of the condition, refused ones included ...
    let attack = |sealed: &Ciphertext, condition: &[u8], key: &G2| {
        let parts = CiphertextFields::of(sealed);
        let context = context(&patient_public, condition, b"record 7");
        unmask(&pairing(&parts.c1, key), &parts, &context)
    };
    assert_eq!(attack(&sealed, CONDITION, &condition_key).as_deref(), Some(&b"NIHSS 4"[..]));
    // ... and none of another condition, neither by itself nor shifted by public points.
    let other = conditional::seal(&patient_public, OTHER, b"record 7", b"HIV", &mut rng(2));
    let (q_here, q_there) = (q(&patient_public, CONDITION), q(&patient_public, OTHER));
    let shifted = condition_key + q_there - q_here;
    for key in [condition_key, shifted, rk1, rk2, q_there] {
        assert_eq!(attack(&other, OTHER, &key), None);
    }
}

#[test]
fn a_rekey_for_one_condition_does_not_reencrypt_another() {
    let Scenario { patient, patient_public, doctor, doctor_public, rekey, .. } = scenario(3);
    let rng = &mut rng(4);
    let other = conditional::seal(&patient_public, OTHER, b"record 7", b"HIV", rng);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = other.verify(OTHER, b"record 7").unwrap();
    assert_eq!(conditional::reencrypt(&checked, &verified, rng), Err(conditional::ReKeyMismatch));
    assert!(rekey.verify(&patient_public, &doctor_public, OTHER).is_err());
    assert!(other.verify(CONDITION, b"record 7").is_err());

    // A proxy that skips the checks gives the doctor e(C1, Q)^{x_i} for the Q of its own key.
    let reencrypt = |rekey: &ReKey| {
        let (parts, (rk1, rk2), t) =
            (CiphertextFields::of(&other), rekey_points(rekey), Scalar::from(31));
        let (d1, d2) = (parts.c1 * t, rk1 * t.inverse().unwrap());
        let k = delegatee_key(&parts.c1, &d1, &d2, &rk2, exponent(&doctor));
        unmask(&k, &parts, &context(&patient_public, OTHER, b"record 7"))
    };
    assert_eq!(reencrypt(&rekey), None);
    let matching = conditional::rekeygen(&patient, &doctor_public, OTHER, rng);
    assert_eq!(
        reencrypt(&matching).as_deref(),
        Some(&b"HIV"[..]),
        "the same algebra with the matching key"
    );
}

#[test]
fn only_the_delegatee_decrypts_a_reencryption() {
    let Scenario { patient_public, doctor, doctor_public, sealed, rekey, .. } = scenario(5);
    let rng = &mut rng(6);
    let (stranger, stranger_public) = pre::keygen(rng);
    assert!(rekey.verify(&patient_public, &stranger_public, CONDITION).is_err());
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(CONDITION, b"record 7").unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let verified_reencryption = reencryption.verify(checked.delegation(), &verified).unwrap();
    assert!(conditional::open_reencrypted(&doctor, &verified_reencryption).is_ok());
    assert!(conditional::open_reencrypted(&stranger, &verified_reencryption).is_err());

    // The same by raw algebra, without the comparison of public keys.
    let (reencryption, (_, rk2), parts) = (
        ReEncryptionFields::of(&reencryption),
        rekey_points(&rekey),
        CiphertextFields::of(&sealed),
    );
    let context = context(&patient_public, CONDITION, b"record 7");
    let open = |x_j| {
        unmask(
            &delegatee_key(&parts.c1, &reencryption.d1, &reencryption.d2, &rk2, x_j),
            &parts,
            &context,
        )
    };
    assert!(open(exponent(&doctor)).is_some());
    assert_eq!(open(exponent(&stranger)), None);
    // D1, D2, T, rk2 and the proof are public on the ledger; they decrypt nothing.
    assert_eq!(open(Scalar::ONE), None);
    assert_eq!(unmask(&pairing(&reencryption.d1, &reencryption.d2), &parts, &context), None);
}

#[test]
fn a_proxy_that_skips_the_public_tag_is_a_decryption_oracle() {
    // A doctor who was refused (C1, W) submits C1^c as a record under a condition that was granted.
    // The proxy returns (C1^c)^t, and e(D1, D2) / e(C1^c, rk2^{x_j}) = K^c.
    let Scenario { patient_public, doctor, sealed, rekey, .. } = scenario(7);
    let refused = CiphertextFields::of(&sealed);
    let context_refused = context(&patient_public, CONDITION, b"record 7");
    let c = Scalar::from(1_000_003);
    let (rk1, rk2) = rekey_points(&rekey);

    // Deliberate fault: a proxy that does not check the public tag.
    let unchecked = |c1: G1| {
        let t = Scalar::from(77);
        (c1 * t, rk1 * t.inverse().unwrap())
    };
    let posted = refused.c1 * c;
    let (d1, d2) = unchecked(posted);
    let k_c = delegatee_key(&posted, &d1, &d2, &rk2, exponent(&doctor));
    let decrypted = unmask(&k_c.pow(&c.inverse().unwrap()), &refused, &context_refused);
    assert_eq!(decrypted.as_deref(), Some(&b"NIHSS 4"[..]), "deliberate fault: no check of C4");

    // This scheme: the doctor needs H'^{r c}, and every C4 that they can compute is rejected.
    let mut parts = CiphertextFields { c1: posted, ..refused.clone() };
    let point = tag_point(&parts, CONDITION, b"the doctor's record");
    let old_point = tag_point(&refused, CONDITION, b"record 7");
    let candidates =
        [refused.c4, refused.c4 * c, point, point * c, refused.c4 * c + point - old_point, rk2];
    for c4 in candidates {
        parts.c4 = c4;
        let posted = parts.assemble();
        for ad in [&b"the doctor's record"[..], b"record 7"] {
            assert!(posted.verify(CONDITION, ad).is_err());
        }
    }
    // The unmodified ciphertext is rejected under another record as well.
    assert!(sealed.verify(CONDITION, b"the doctor's record").is_err());
}

#[test]
fn the_delegator_rejects_a_c1_that_does_not_match_mu() {
    // A writer chooses r other than H(mu, ctx); tag, mask and body are consistent with that r.
    let Scenario { patient, patient_public, .. } = scenario(8);
    let (mu, context) = ([9; 32], context(&patient_public, CONDITION, b"record 7"));
    let write = |r: Scalar| {
        let c1 = G1::generator() * r;
        let k = pairing(&(points(&patient_public).0 * r), &q(&patient_public, CONDITION));
        let mut parts = CiphertextFields {
            c1,
            w: mask(&k, &c1, &context, &mu),
            c4: G2::generator(),
            body: Vec::new(),
        };
        let (key, header) = body_key(&mu, &parts, &context);
        parts.body = dem::seal(&key, &header, b"text");
        parts.c4 = tag_point(&parts, CONDITION, b"record 7") * r;
        (parts, k)
    };
    let honest = hash_to_scalar(tag::PRE_EXPONENT, &framed(&[&mu, &context]));
    let (parts, _) = write(honest);
    assert!(conditional::open(&patient, CONDITION, b"record 7", &parts.assemble()).is_ok());

    let (parts, k) = write(Scalar::from(5));
    let ciphertext = parts.assemble();
    assert!(ciphertext.verify(CONDITION, b"record 7").is_ok());
    assert_eq!(
        unmask(&k, &parts, &context).as_deref(),
        Some(&b"text"[..]),
        "deliberate fault: no check of C1"
    );
    assert!(conditional::open(&patient, CONDITION, b"record 7", &ciphertext).is_err());
}

#[test]
fn the_delegatee_rejects_a_c1_that_does_not_match_mu() {
    // The same malformed ciphertext after re-encryption.
    let Scenario { patient_public, doctor, doctor_public, sealed, rekey, .. } = scenario(9);
    let rng = &mut rng(10);
    let parts = CiphertextFields::of(&sealed);
    let r = Scalar::from(6);
    let mut forged = CiphertextFields { c1: G1::generator() * r, ..parts };
    forged.c4 = tag_point(&forged, CONDITION, b"record 7") * r;
    let verified = forged.assemble().verify(CONDITION, b"record 7").unwrap();
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let verified_reencryption = reencryption.verify(checked.delegation(), &verified).unwrap();
    assert!(conditional::open_reencrypted(&doctor, &verified_reencryption).is_err());
}

#[test]
fn modified_reencryptions_are_rejected() {
    let Scenario { patient_public, doctor_public, sealed, rekey, .. } = scenario(11);
    let rng = &mut rng(12);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(CONDITION, b"record 7").unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let rejects = |reencryption: &ReEncryptionFields| {
        reencryption.assemble().verify(checked.delegation(), &verified).is_err()
    };
    let honest = ReEncryptionFields::of(&reencryption);
    assert!(!rejects(&honest));

    let (c, one) = (Scalar::from(3), Scalar::ONE);
    let inverse = c.inverse().unwrap();
    let changes = [
        ("D1", ReEncryptionFields { d1: honest.d1 * c, ..honest.clone() }),
        ("T", ReEncryptionFields { t: honest.t * c, ..honest.clone() }),
        ("D2", ReEncryptionFields { d2: honest.d2 * c, ..honest.clone() }),
        ("D2 negated", ReEncryptionFields { d2: -honest.d2, ..honest.clone() }),
        ("challenge", ReEncryptionFields { challenge: honest.challenge + one, ..honest.clone() }),
        ("response", ReEncryptionFields { response: honest.response + one, ..honest.clone() }),
        // t -> t c preserves e(T, D2) = V and K; only the proof detects it.
        (
            "another t",
            ReEncryptionFields {
                d1: honest.d1 * c,
                t: honest.t * c,
                d2: honest.d2 * inverse,
                ..honest.clone()
            },
        ),
        // z -> z c, t -> t c satisfies both equations if the challenge is not a hash of the points.
        (
            "another t with its response",
            ReEncryptionFields {
                d1: honest.d1 * c,
                t: honest.t * c,
                d2: honest.d2 * inverse,
                response: honest.response * c,
                ..honest.clone()
            },
        ),
        ("D1 = C1", ReEncryptionFields { d1: CiphertextFields::of(&sealed).c1, ..honest.clone() }),
        (
            "zero proof",
            ReEncryptionFields {
                challenge: Scalar::ZERO,
                response: Scalar::ZERO,
                ..honest.clone()
            },
        ),
    ];
    for (name, change) in &changes {
        assert!(rejects(change), "{name}");
    }
}

#[test]
fn a_valid_proof_for_another_d2_is_rejected() {
    // The proxy knows t, so it proves log T = log_{C1} D1 for any D2. Only e(T, D2) = V shows that
    // D2 comes from the patient's re-encryption key.
    let Scenario { patient_public, doctor_public, sealed, rekey, .. } = scenario(19);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(CONDITION, b"record 7").unwrap();
    let (context, t) = (context(&patient_public, CONDITION, b"record 7"), Scalar::from(41));
    let proxy = UncheckedProxy::new(&context, &sealed, &doctor_public, &rekey);
    let accepts =
        |d2: G2| proxy.reencrypt_to(&t, d2).verify(checked.delegation(), &verified).is_ok();
    let (rk1, _) = rekey_points(&rekey);
    let honest = rk1 * t.inverse().unwrap();
    assert!(accepts(honest), "this proxy computes valid proofs");
    let other = conditional::rekeygen(
        &pre::keygen(&mut rng(20)).0,
        &doctor_public,
        CONDITION,
        &mut rng(21),
    );
    let other = rekey_points(&other).0 * t.inverse().unwrap();
    for d2 in [rk1, -honest, honest + G2::generator(), G2::generator(), other] {
        assert!(!accepts(d2));
    }
}

#[test]
fn a_proof_cannot_be_replayed_for_another_ciphertext_or_delegation() {
    let Scenario { patient, patient_public, doctor_public, sealed, rekey, .. } = scenario(13);
    let rng = &mut rng(14);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(CONDITION, b"record 7").unwrap();
    let reencryption = conditional::reencrypt(&checked, &verified, rng).unwrap();
    assert!(reencryption.verify(checked.delegation(), &verified).is_ok());

    let second = conditional::seal(&patient_public, CONDITION, b"record 8", b"text", rng);
    let second = second.verify(CONDITION, b"record 8").unwrap();
    assert!(reencryption.verify(checked.delegation(), &second).is_err());
    let (_, carol_public) = pre::keygen(rng);
    for (delegatee, condition) in
        [(&carol_public, CONDITION), (&doctor_public, CONDITION), (&doctor_public, OTHER)]
    {
        let other = conditional::rekeygen(&patient, delegatee, condition, rng);
        let other = other.verify(&patient_public, delegatee, condition).unwrap();
        assert!(reencryption.verify(other.delegation(), &verified).is_err());
    }
}

#[test]
fn modified_or_exchanged_elements_of_a_rekey_are_rejected() {
    let Scenario { patient, patient_public, doctor_public, rekey, .. } = scenario(15);
    let (rk1, rk2) = rekey_points(&rekey);
    let second = conditional::rekeygen(&patient, &doctor_public, CONDITION, &mut rng(16));
    let (other_rk1, other_rk2) = rekey_points(&second);
    let g2 = G2::generator();
    let rejects =
        |rk1, rk2| rekey_of(rk1, rk2).verify(&patient_public, &doctor_public, CONDITION).is_err();
    assert!(!rejects(rk1, rk2));
    for (rk1, rk2) in [
        (rk1 + g2, rk2),
        (rk1, rk2 + g2),
        (rk2, rk1),
        (rk1, other_rk2),
        (other_rk1, rk2),
        (-rk1, rk2),
        (rk1, -rk2),
        (rk1 * Scalar::from(2), rk2 * Scalar::from(2)),
    ] {
        assert!(rejects(rk1, rk2));
    }
    // Shifting both elements by s -> s + s' gives another valid key.
    let s = Scalar::from(8);
    let (_, y_j) = points(&doctor_public);
    let shifted = (rk1 + y_j * s * exponent(&patient), rk2 + points(&patient_public).1 * s);
    assert!(!rejects(shifted.0, shifted.1));
}

#[test]
fn a_ciphertext_is_bound_to_its_condition_and_ad() {
    let Scenario { patient, sealed, .. } = scenario(17);
    let open = |condition, ad| conditional::open(&patient, condition, ad, &sealed).is_ok();
    let verify = |condition, ad| sealed.verify(condition, ad).is_ok();
    assert!(open(CONDITION, b"record 7") && verify(CONDITION, b"record 7"));
    for (condition, ad) in [
        (CONDITION, &b"record 8"[..]),
        (OTHER, b"record 7"),
        (b"", b"record 7"),
        (CONDITION, b""),
        (b"clinical, epoch 202612record 7", b""),
    ] {
        assert!(!open(condition, ad) && !verify(condition, ad));
    }
}

/// Returns `true` if a coalition reaches the target `r x_i q` of a refused record by linear algebra
/// in the exponent.
fn coalition_reaches(proxy: bool, doctor: bool, same_condition: bool, unchecked_tag: bool) -> bool {
    reaches(move |rng| {
        let mut draw = || Scalar::random(rng);
        let (x_i, q_granted, q_target, h, h_2) = (draw(), draw(), draw(), draw(), draw());
        let q_target = if same_condition { q_granted } else { q_target };
        // r: the refused record; r_2: a record re-encrypted for the doctor with t; s: of the key.
        let (r, r_2, s, t) = (draw(), draw(), draw(), draw());
        // The doctor knows their own exponent.
        let x_j = if doctor { Scalar::from(1234) } else { draw() };
        let (rk1, rk2) = ((q_granted + x_j * s) * x_i, x_i * s);
        let mut g1 = vec![Scalar::ONE, x_i, x_j, r, r_2, r_2 * t, t];
        let mut g2 = vec![Scalar::ONE, x_i, x_j, q_granted, h, h_2, h * r, h_2 * r_2, rk2];
        g2.push(rk1 * t.inverse().unwrap());
        if !same_condition {
            g2.push(q_target);
        }
        if proxy {
            g2.push(rk1);
        }
        if unchecked_tag {
            // The answer to C1^5 of a proxy that does not check the tag.
            g1.push(r * Scalar::from(5) * t);
        }
        View { g1, g2, gt: vec![], target: r * x_i * q_target }
    })
}

#[test]
fn no_linear_attack_decrypts_a_refused_record() {
    assert!(!coalition_reaches(true, false, true, false), "the proxy without the doctor");
    assert!(
        !coalition_reaches(false, true, true, false),
        "the doctor with a re-encryption of another record"
    );
    assert!(!coalition_reaches(true, true, false, false), "both together, for another condition");
    assert!(coalition_reaches(true, true, true, false), "both together hold the condition key");
    assert!(coalition_reaches(false, true, true, true), "deliberate fault: no check of C4");
}

#[test]
fn a_proof_of_possession_is_bound_to_key_and_context() {
    let rng = &mut rng(18);
    let (secret, public) = pre::keygen(rng);
    let (_, other) = pre::keygen(rng);
    let proof = secret.prove_possession(b"Dr. Ruiz", rng);
    assert!(public.verify_possession(b"Dr. Ruiz", &proof).is_ok());
    assert!(public.verify_possession(b"Dr. Wolf", &proof).is_err());
    assert!(other.verify_possession(b"Dr. Ruiz", &proof).is_err());
    // Rogue key X^c: the response z c = n c + h c x verifies only if the challenge stays h.
    let c = Scalar::from(2);
    let bytes = proof.to_bytes();
    let (challenge, response) = {
        let mut r = fields(&bytes);
        (r.scalar().unwrap(), r.scalar().unwrap())
    };
    let (x, y) = points(&public);
    let rogue: PublicKey = forge(|w| {
        w.g1(&(x * c));
        w.g2(&(y * c));
    });
    for response in [response, response * c] {
        let moved = forge(|w| {
            w.scalar(&challenge);
            w.scalar(&response);
        });
        assert!(rogue.verify_possession(b"Dr. Ruiz", &moved).is_err());
    }
}

#[test]
fn a_proof_is_bound_to_the_whole_ciphertext() {
    // A writer who knows r forms two ciphertexts with one C1 and valid tags. A re-encryption of the
    // first does not verify for the second: the proof covers the whole ciphertext, not C1 alone.
    let Scenario { patient_public, doctor_public, sealed, rekey, .. } = scenario(22);
    let rng = &mut rng(23);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let r = Scalar::from(7);
    let write = |w: [u8; 32], ad: &[u8]| {
        let mut parts =
            CiphertextFields { c1: G1::generator() * r, w, ..CiphertextFields::of(&sealed) };
        parts.c4 = tag_point(&parts, CONDITION, ad) * r;
        parts.assemble().verify(CONDITION, ad).unwrap()
    };
    let first = write([1; 32], b"record 7");
    let reencryption = conditional::reencrypt(&checked, &first, rng).unwrap();
    assert!(reencryption.verify(checked.delegation(), &first).is_ok());
    for second in [write([2; 32], b"record 7"), write([1; 32], b"record 8")] {
        assert!(reencryption.verify(checked.delegation(), &second).is_err());
    }
}
