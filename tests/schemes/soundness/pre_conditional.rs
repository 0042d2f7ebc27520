//! Conditional re-encryption against proxies, delegatees, both together, and changed bytes.

use crate::common::{fields, forge, rng};
use crate::soundness::exponents::{View, reaches};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{digest, framed, hash_to_g2, hash_to_scalar, kdf};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, pairing, tag};
use epione::dem::{self, ContentKey};
use epione::pre::conditional::{self, Ciphertext, ReEncryption, ReKey};
use epione::pre::{self, PublicKey, SecretKey};

const CONDITION: &[u8] = b"clinical, epoch 202612";
const OTHER: &[u8] = b"restricted, epoch 202612";

/// The fields of a ciphertext.
#[derive(Clone)]
struct Capsule {
    c1: G1,
    w: [u8; 32],
    c4: G2,
    body: Vec<u8>,
}

impl Capsule {
    fn of(ciphertext: &Ciphertext) -> Self {
        let bytes = ciphertext.to_bytes();
        let mut r = fields(&bytes);
        let (c1, w, c4) = (r.g1().unwrap(), r.fixed().unwrap(), r.g2().unwrap());
        Self { c1, w, c4, body: r.bytes(1 << 20).unwrap().to_vec() }
    }

    fn assemble(&self) -> Ciphertext {
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
struct Work {
    d1: G1,
    t: G1,
    d2: G2,
    challenge: Scalar,
    response: Scalar,
}

impl Work {
    fn of(work: &ReEncryption) -> Self {
        let bytes = work.to_bytes();
        let mut r = fields(&bytes);
        let (d1, t, d2) = (r.g1().unwrap(), r.g1().unwrap(), r.g2().unwrap());
        Self { d1, t, d2, challenge: r.scalar().unwrap(), response: r.scalar().unwrap() }
    }

    fn assemble(&self) -> ReEncryption {
        forge(|w| {
            w.g1(&self.d1);
            w.g1(&self.t);
            w.g2(&self.d2);
            w.scalar(&self.challenge);
            w.scalar(&self.response);
        })
    }
}

fn exponent(secret: &SecretKey) -> Scalar {
    fields(&secret.to_bytes()).scalar().unwrap()
}

fn points(key: &PublicKey) -> (G1, G2) {
    let bytes = key.to_bytes();
    let mut r = fields(&bytes);
    (r.g1().unwrap(), r.g2().unwrap())
}

/// `rk1, rk2`.
fn rekey_points(rekey: &ReKey) -> (G2, G2) {
    let bytes = rekey.to_bytes();
    let mut r = fields(&bytes);
    (r.g2().unwrap(), r.g2().unwrap())
}

fn rekey_of(rk1: G2, rk2: G2) -> ReKey {
    forge(|w| {
        w.g2(&rk1);
        w.g2(&rk2);
    })
}

/// `Q = H_G2(pk, w)`.
fn q(delegator: &PublicKey, condition: &[u8]) -> G2 {
    hash_to_g2(tag::PRE_CONDITION, &framed(&[&delegator.to_bytes(), condition]))
}

fn context(delegator: &PublicKey, condition: &[u8], ad: &[u8]) -> Vec<u8> {
    framed(&[tag::PRE_CONTEXT.as_bytes(), &delegator.to_bytes(), condition, ad])
}

/// `W xor KDF(K, C1, ctx)`.
fn mask(k: &Gt, c1: &G1, context: &[u8], w: &[u8; 32]) -> [u8; 32] {
    let mask = *kdf::<32>(tag::PRE_MASK, &k.to_bytes(), &[&c1.to_bytes(), context]).expose();
    std::array::from_fn(|i| w[i] ^ mask[i])
}

fn body_key(mu: &[u8; 32], capsule: &Capsule, context: &[u8]) -> (ContentKey, Vec<u8>) {
    let key = ContentKey::from_secret(kdf(tag::PRE_KEY, mu, &[context]));
    (key, framed(&[&capsule.c1.to_bytes(), &capsule.w, context]))
}

/// From any `K` to the plaintext, without the check of `C1`.
fn unmask(k: &Gt, capsule: &Capsule, context: &[u8]) -> Option<Vec<u8>> {
    let mu = mask(k, &capsule.c1, context, &capsule.w);
    let (key, header) = body_key(&mu, capsule, context);
    dem::open(&key, &header, &capsule.body).ok().map(|plaintext| plaintext.to_vec())
}

/// The point that `C4` raises to `r`.
fn tag_point(capsule: &Capsule, context: &[u8]) -> G2 {
    let body = digest(tag::PRE_BODY, &[&capsule.body]);
    let message = framed(&[&capsule.c1.to_bytes(), &capsule.w, context, &body]);
    hash_to_g2(tag::PRE_CAPSULE_TAG, &message)
}

/// Patient, doctor, a record of the patient's and the delegation between them.
struct Cast {
    patient: SecretKey,
    patient_public: PublicKey,
    doctor: SecretKey,
    doctor_public: PublicKey,
    sealed: Ciphertext,
    rekey: ReKey,
}

fn cast(seed: u64) -> Cast {
    let rng = &mut rng(seed);
    let (patient, patient_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&patient_public, CONDITION, b"record 7", b"NIHSS 4", rng);
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    Cast { patient, patient_public, doctor, doctor_public, sealed, rekey }
}

/// `K` as the delegatee computes it: `e(D1, D2) / e(C1, rk2^{x_j})`.
fn delegatee_key(c1: &G1, d1: &G1, d2: &G2, rk2: &G2, x_j: Scalar) -> Gt {
    multi_pairing(&[(*d1, *d2), (-*c1, *rk2 * x_j)])
}

#[test]
fn proxy_and_delegatee_learn_the_condition_key_and_nothing_else() {
    // rk1 / rk2^{x_j} = (Q Y_j^s)^{x_i} / Y_i^{s x_j} = Q^{x_i}.
    let Cast { patient, patient_public, doctor, sealed, rekey, .. } = cast(1);
    let (rk1, rk2) = rekey_points(&rekey);
    let condition_key = rk1 - rk2 * exponent(&doctor);
    assert_eq!(condition_key, q(&patient_public, CONDITION) * exponent(&patient));

    // It opens any record of that condition, refused ones included ...
    let steal = |sealed: &Ciphertext, condition: &[u8], key: &G2| {
        let capsule = Capsule::of(sealed);
        let context = context(&patient_public, condition, b"record 7");
        unmask(&pairing(&capsule.c1, key), &capsule, &context)
    };
    assert_eq!(steal(&sealed, CONDITION, &condition_key).as_deref(), Some(&b"NIHSS 4"[..]));
    // ... and none of another condition, by itself or moved by anything public.
    let other = conditional::seal(&patient_public, OTHER, b"record 7", b"HIV", &mut rng(2));
    let (q_here, q_there) = (q(&patient_public, CONDITION), q(&patient_public, OTHER));
    let moved = condition_key + q_there - q_here;
    for key in [condition_key, moved, rk1, rk2, q_there] {
        assert_eq!(steal(&other, OTHER, &key), None);
    }
}

#[test]
fn a_key_for_one_condition_does_not_turn_a_record_of_another() {
    let Cast { patient, patient_public, doctor, doctor_public, rekey, .. } = cast(3);
    let rng = &mut rng(4);
    let other = conditional::seal(&patient_public, OTHER, b"record 7", b"HIV", rng);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = other.verify(&patient_public, OTHER, b"record 7").unwrap();
    assert_eq!(conditional::reencrypt(&checked, &verified, rng), Err(conditional::ReKeyMismatch));
    assert!(rekey.verify(&patient_public, &doctor_public, OTHER).is_err());
    assert!(other.verify(&patient_public, CONDITION, b"record 7").is_err());

    // A proxy who does the algebra regardless gives the doctor e(C1, Q_here)^{x_i}.
    let turn = |rekey: &ReKey| {
        let (capsule, (rk1, rk2), t) = (Capsule::of(&other), rekey_points(rekey), Scalar::from(31));
        let (d1, d2) = (capsule.c1 * t, rk1 * t.inverse().unwrap());
        let k = delegatee_key(&capsule.c1, &d1, &d2, &rk2, exponent(&doctor));
        unmask(&k, &capsule, &context(&patient_public, OTHER, b"record 7"))
    };
    assert_eq!(turn(&rekey), None);
    let right = conditional::rekeygen(&patient, &doctor_public, OTHER, rng);
    assert_eq!(turn(&right).as_deref(), Some(&b"HIV"[..]), "the same algebra with the right key");
}

#[test]
fn only_the_delegatee_opens_a_reencryption() {
    let Cast { patient_public, doctor, doctor_public, sealed, rekey, .. } = cast(5);
    let rng = &mut rng(6);
    let (stranger, stranger_public) = pre::keygen(rng);
    assert!(rekey.verify(&patient_public, &stranger_public, CONDITION).is_err());
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(&patient_public, CONDITION, b"record 7").unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let receipt = work.verify(checked.delegation(), &verified).unwrap();
    assert!(conditional::open_reencrypted(&doctor, &receipt).is_ok());
    assert!(conditional::open_reencrypted(&stranger, &receipt).is_err());

    // By raw algebra, past the comparison of keys.
    let (work, (_, rk2), capsule) = (Work::of(&work), rekey_points(&rekey), Capsule::of(&sealed));
    let context = context(&patient_public, CONDITION, b"record 7");
    let open = |x_j| {
        unmask(&delegatee_key(&capsule.c1, &work.d1, &work.d2, &rk2, x_j), &capsule, &context)
    };
    assert!(open(exponent(&doctor)).is_some());
    assert_eq!(open(exponent(&stranger)), None);
    // Everyone on the ledger sees D1, D2, T, rk2 and the proof, without any secret.
    assert_eq!(open(Scalar::ONE), None);
    assert_eq!(unmask(&pairing(&work.d1, &work.d2), &capsule, &context), None);
}

#[test]
fn without_the_tag_a_proxy_is_an_oracle_for_refused_records() {
    // A doctor who was refused (C1, W) posts C1^c as a record of his own under the condition he
    // was granted. The proxy returns (C1^c)^t; then e(D1, D2) / e(C1^c, rk2^{x_j}) = K^c.
    let Cast { patient_public, doctor, doctor_public, sealed, rekey, .. } = cast(7);
    let refused = Capsule::of(&sealed);
    let context_refused = context(&patient_public, CONDITION, b"record 7");
    let c = Scalar::from(1_000_003);
    let (rk1, rk2) = rekey_points(&rekey);

    // Planted: a proxy that does not check the tag.
    let careless = |c1: G1| {
        let t = Scalar::from(77);
        (c1 * t, rk1 * t.inverse().unwrap())
    };
    let posted = refused.c1 * c;
    let (d1, d2) = careless(posted);
    let k_c = delegatee_key(&posted, &d1, &d2, &rk2, exponent(&doctor));
    let stolen = unmask(&k_c.pow(&c.inverse().unwrap()), &refused, &context_refused);
    assert_eq!(stolen.as_deref(), Some(&b"NIHSS 4"[..]), "planted: no tag check");

    // Ours: every C4 that he can make for the posted C1 is refused. He needs H'^{r c}.
    let context_posted = context(&patient_public, CONDITION, b"the doctor's record");
    let mut capsule = Capsule { c1: posted, ..refused.clone() };
    let point = tag_point(&capsule, &context_posted);
    let old_point = tag_point(&refused, &context_refused);
    let candidates =
        [refused.c4, refused.c4 * c, point, point * c, refused.c4 * c + point - old_point, rk2];
    for c4 in candidates {
        capsule.c4 = c4;
        let posted = capsule.assemble();
        for ad in [&b"the doctor's record"[..], b"record 7"] {
            assert!(posted.verify(&patient_public, CONDITION, ad).is_err());
        }
    }
    // And the very record, posted again under his own name, fails as well.
    assert!(sealed.verify(&patient_public, CONDITION, b"the doctor's record").is_err());
    assert!(sealed.verify(&doctor_public, CONDITION, b"record 7").is_err());
}

#[test]
fn the_owner_refuses_a_ciphertext_whose_c1_is_not_of_its_mu() {
    // A writer takes another r than H(mu, ctx), otherwise all is consistent: tag, mask and body.
    let Cast { patient, patient_public, .. } = cast(8);
    let (mu, context) = ([9; 32], context(&patient_public, CONDITION, b"record 7"));
    let write = |r: Scalar| {
        let c1 = G1::generator() * r;
        let k = pairing(&(points(&patient_public).0 * r), &q(&patient_public, CONDITION));
        let mut capsule =
            Capsule { c1, w: mask(&k, &c1, &context, &mu), c4: G2::generator(), body: Vec::new() };
        let (key, header) = body_key(&mu, &capsule, &context);
        capsule.body = dem::seal(&key, &header, b"text");
        capsule.c4 = tag_point(&capsule, &context) * r;
        (capsule, k)
    };
    let honest = hash_to_scalar(tag::PRE_EXPONENT, &framed(&[&mu, &context]));
    let (capsule, _) = write(honest);
    assert!(conditional::open(&patient, CONDITION, b"record 7", &capsule.assemble()).is_ok());

    let (capsule, k) = write(Scalar::from(5));
    let ciphertext = capsule.assemble();
    assert!(ciphertext.verify(&patient_public, CONDITION, b"record 7").is_ok());
    assert_eq!(unmask(&k, &capsule, &context).as_deref(), Some(&b"text"[..]), "planted: no check");
    assert!(conditional::open(&patient, CONDITION, b"record 7", &ciphertext).is_err());
}

#[test]
fn a_writers_own_r_gives_a_delegatee_no_more_than_an_owner() {
    // The same dishonest record, reencrypted and opened by a doctor: the same refusal.
    let Cast { patient_public, doctor, doctor_public, sealed, rekey, .. } = cast(9);
    let rng = &mut rng(10);
    let capsule = Capsule::of(&sealed);
    let context = context(&patient_public, CONDITION, b"record 7");
    let r = Scalar::from(6);
    let mut forged = Capsule { c1: G1::generator() * r, ..capsule };
    forged.c4 = tag_point(&forged, &context) * r;
    let verified = forged.assemble().verify(&patient_public, CONDITION, b"record 7").unwrap();
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let receipt = work.verify(checked.delegation(), &verified).unwrap();
    assert!(conditional::open_reencrypted(&doctor, &receipt).is_err());
}

#[test]
fn changed_work_of_a_proxy_is_refused() {
    let Cast { patient_public, doctor_public, sealed, rekey, .. } = cast(11);
    let rng = &mut rng(12);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(&patient_public, CONDITION, b"record 7").unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap();
    let refuses = |work: &Work| work.assemble().verify(checked.delegation(), &verified).is_err();
    let honest = Work::of(&work);
    assert!(!refuses(&honest));

    let (c, one) = (Scalar::from(3), Scalar::ONE);
    let inverse = c.inverse().unwrap();
    let changes = [
        ("D1", Work { d1: honest.d1 * c, ..honest.clone() }),
        ("T", Work { t: honest.t * c, ..honest.clone() }),
        ("D2", Work { d2: honest.d2 * c, ..honest.clone() }),
        ("D2 negated", Work { d2: -honest.d2, ..honest.clone() }),
        ("challenge", Work { challenge: honest.challenge + one, ..honest.clone() }),
        ("response", Work { response: honest.response + one, ..honest.clone() }),
        // t -> t c keeps e(T, D2) = V and the result; only the proof stands against it.
        (
            "another t",
            Work { d1: honest.d1 * c, t: honest.t * c, d2: honest.d2 * inverse, ..honest.clone() },
        ),
        // z -> z c, t -> t c would satisfy both equations of an unhashed challenge.
        (
            "another t with its response",
            Work {
                d1: honest.d1 * c,
                t: honest.t * c,
                d2: honest.d2 * inverse,
                response: honest.response * c,
                ..honest.clone()
            },
        ),
        ("D1 = C1", Work { d1: Capsule::of(&sealed).c1, ..honest.clone() }),
        ("zero proof", Work { challenge: Scalar::ZERO, response: Scalar::ZERO, ..honest.clone() }),
    ];
    for (name, change) in &changes {
        assert!(refuses(change), "{name}");
    }
}

#[test]
fn a_right_proof_of_a_wrong_d2_is_refused() {
    // A proxy knows t, so it proves log T = log_{C1} D1 for whatever D2 it likes; only
    // e(T, D2) = V says that D2 came from the patient's key.
    let Cast { patient_public, doctor_public, sealed, rekey, .. } = cast(19);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(&patient_public, CONDITION, b"record 7").unwrap();
    let (rk1, rk2) = rekey_points(&rekey);
    let context = context(&patient_public, CONDITION, b"record 7");
    let (bases, t) = ([G1::generator(), Capsule::of(&sealed).c1], Scalar::from(41));
    let work = |d2: G2| {
        // B = G^n;  c = H(G, image, B, context);  z = n + c t
        let nonce = Scalar::from(42);
        let rows = [bases, bases.map(|base| base * t), bases.map(|base| base * nonce)];
        let points: Vec<u8> = rows.as_flattened().iter().flat_map(G1::to_bytes).collect();
        let statement = framed(&[
            &context,
            &sealed.to_bytes(),
            &doctor_public.to_bytes(),
            &rk2.to_bytes(),
            &d2.to_bytes(),
        ]);
        let challenge = hash_to_scalar(tag::PRE_PROOF, &framed(&[&points, &statement]));
        Work { d1: rows[1][1], t: rows[1][0], d2, challenge, response: nonce + challenge * t }
    };
    let accepts = |d2: G2| work(d2).assemble().verify(checked.delegation(), &verified).is_ok();
    let honest = rk1 * t.inverse().unwrap();
    assert!(accepts(honest), "this proxy's proofs are right");
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
    let Cast { patient, patient_public, doctor_public, sealed, rekey, .. } = cast(13);
    let rng = &mut rng(14);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let verified = sealed.verify(&patient_public, CONDITION, b"record 7").unwrap();
    let work = conditional::reencrypt(&checked, &verified, rng).unwrap();
    assert!(work.verify(checked.delegation(), &verified).is_ok());

    let second = conditional::seal(&patient_public, CONDITION, b"record 8", b"text", rng);
    let second = second.verify(&patient_public, CONDITION, b"record 8").unwrap();
    assert!(work.verify(checked.delegation(), &second).is_err());
    let (_, carol_public) = pre::keygen(rng);
    for (delegatee, condition) in
        [(&carol_public, CONDITION), (&doctor_public, CONDITION), (&doctor_public, OTHER)]
    {
        let other = conditional::rekeygen(&patient, delegatee, condition, rng);
        let other = other.verify(&patient_public, delegatee, condition).unwrap();
        assert!(work.verify(other.delegation(), &verified).is_err());
    }
}

#[test]
fn changed_or_exchanged_halves_of_a_rekey_are_refused() {
    let Cast { patient, patient_public, doctor_public, rekey, .. } = cast(15);
    let (rk1, rk2) = rekey_points(&rekey);
    let second = conditional::rekeygen(&patient, &doctor_public, CONDITION, &mut rng(16));
    let (other_rk1, other_rk2) = rekey_points(&second);
    let g2 = G2::generator();
    let refused =
        |rk1, rk2| rekey_of(rk1, rk2).verify(&patient_public, &doctor_public, CONDITION).is_err();
    assert!(!refused(rk1, rk2));
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
        assert!(refused(rk1, rk2));
    }
    // Two halves of one delegation shift together: s -> s + s' is another honest key.
    let s = Scalar::from(8);
    let (_, y_j) = points(&doctor_public);
    let shifted = (rk1 + y_j * s * exponent(&patient), rk2 + points(&patient_public).1 * s);
    assert!(!refused(shifted.0, shifted.1));
}

#[test]
fn another_context_changes_everything() {
    let Cast { patient, patient_public, sealed, .. } = cast(17);
    let open = |condition, ad| conditional::open(&patient, condition, ad, &sealed).is_ok();
    let verify = |condition, ad| sealed.verify(&patient_public, condition, ad).is_ok();
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

/// What a coalition holds in the exponent, target `r x_i q` of a record nobody may open for it.
fn linear(proxy: bool, doctor: bool, same_condition: bool, tagless: bool) -> bool {
    reaches(move |rng| {
        let mut draw = || Scalar::random(rng);
        let (x_i, q_granted, q_target, h, h_2) = (draw(), draw(), draw(), draw(), draw());
        let q_target = if same_condition { q_granted } else { q_target };
        // r: the refused record; r_2: one that was reencrypted for the doctor with t; s of the key.
        let (r, r_2, s, t) = (draw(), draw(), draw(), draw());
        // The doctor's own exponent is a number that he knows.
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
        if tagless {
            // The careless proxy's answer to C1^5.
            g1.push(r * Scalar::from(5) * t);
        }
        View { g1, g2, gt: vec![], target: r * x_i * q_target }
    })
}

#[test]
fn no_linear_attack_reaches_a_refused_record() {
    assert!(!linear(true, false, true, false), "the proxy without the doctor");
    assert!(
        !linear(false, true, true, false),
        "the doctor with another record reencrypted for him"
    );
    assert!(!linear(true, true, false, false), "both together, another condition");
    assert!(linear(true, true, true, false), "both together have the condition key");
    assert!(linear(false, true, true, true), "planted: no tag check");
}

#[test]
fn a_proof_of_possession_fits_one_key_and_one_context() {
    let rng = &mut rng(18);
    let (secret, public) = pre::keygen(rng);
    let (_, other) = pre::keygen(rng);
    let proof = secret.prove_possession(b"Dr. Ruiz", rng);
    assert!(public.verify_possession(b"Dr. Ruiz", &proof).is_ok());
    assert!(public.verify_possession(b"Dr. Wolf", &proof).is_err());
    assert!(other.verify_possession(b"Dr. Ruiz", &proof).is_err());
    // X^c from a public X: the response z c fits z' = n c + h c x only if the hash stood still.
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
fn a_proof_is_for_one_ciphertext_even_where_c1_is_the_same() {
    // A writer who knows r makes two records on one C1, both with right tags. Work on the first is
    // no work on the second: the proof covers the whole ciphertext and not C1 alone.
    let Cast { patient_public, doctor_public, sealed, rekey, .. } = cast(22);
    let rng = &mut rng(23);
    let checked = rekey.verify(&patient_public, &doctor_public, CONDITION).unwrap();
    let r = Scalar::from(7);
    let write = |w: [u8; 32], ad: &[u8]| {
        let mut capsule = Capsule { c1: G1::generator() * r, w, ..Capsule::of(&sealed) };
        capsule.c4 = tag_point(&capsule, &context(&patient_public, CONDITION, ad)) * r;
        capsule.assemble().verify(&patient_public, CONDITION, ad).unwrap()
    };
    let first = write([1; 32], b"record 7");
    let work = conditional::reencrypt(&checked, &first, rng).unwrap();
    assert!(work.verify(checked.delegation(), &first).is_ok());
    for second in [write([2; 32], b"record 7"), write([1; 32], b"record 8")] {
        assert!(work.verify(checked.delegation(), &second).is_err());
    }
}
