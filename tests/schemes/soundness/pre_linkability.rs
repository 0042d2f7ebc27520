//! Linkability: the equations by which an observer recognises the delegator of a ciphertext or of a
//! re-encryption.
//!
//! The observer knows the public keys of all patients and doctors, and tests each patient as a
//! candidate. An equation links if it holds for the true delegator and fails for another candidate.
//! The tests on bytes enumerate all equations between one pairing and one or two others. The tests
//! in the exponent cover all products of pairings.

use crate::common::{exponent, rng};
use crate::soundness::exponents::{View, distinguishes};
use crate::soundness::pre_conditional::algebra::{
    CiphertextFields, ReEncryptionFields, context, points, q, rekey_points, tag_point, unmask,
};
use epione::algebra::hash::{digest, framed, hash_to_g2, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Rng, Scalar, Secret, pairing, tag};
use epione::pre::conditional::{self, Ciphertext, Delegation, ReKey};
use epione::pre::{self, PublicKey, SecretKey};
use std::collections::{BTreeMap, BTreeSet};

const CONDITION: &[u8] = b"clinical, epoch 202612";
const AD: &[u8] = b"record 7";

/// The elements that an observer pairs when testing one candidate.
#[derive(Clone)]
struct Visible {
    g1: Vec<(&'static str, G1)>,
    g2: Vec<(&'static str, G2)>,
}

impl Visible {
    /// The ciphertext, the keys of a candidate and of the doctor, and the hashes of public values,
    /// with and without the candidate's key.
    fn of(ciphertext: &CiphertextFields, candidate: &PublicKey, doctor: &PublicKey) -> Self {
        let ((x, y), (x_j, y_j)) = (points(candidate), points(doctor));
        Self {
            g1: vec![("g1", G1::generator()), ("X", x), ("X_j", x_j), ("C1", ciphertext.c1)],
            g2: vec![
                ("g2", G2::generator()),
                ("Y", y),
                ("Y_j", y_j),
                ("Q", q(candidate, CONDITION)),
                ("H", tag_point(ciphertext, CONDITION, AD)),
                ("H_key", tag_point_with_key(ciphertext, candidate)),
                ("C4", ciphertext.c4),
            ],
        }
    }

    fn pairings(&self) -> Vec<(String, Gt)> {
        let pair = |(p, point): &(&str, G1), (q, other): &(&str, G2)| {
            (format!("e({p}, {q})"), pairing(point, other))
        };
        self.g1.iter().flat_map(|p| self.g2.iter().map(move |q| pair(p, q))).collect()
    }

    /// All equations between a pairing and one or two others.
    fn equations(&self) -> BTreeSet<String> {
        let pairings = self.pairings();
        let mut by_value: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for (name, value) in &pairings {
            by_value.entry(value.to_bytes()).or_default().push(name);
        }
        let mut equations = BTreeSet::new();
        let mut add = |left: &str, value: &Gt| {
            let equal = by_value.get(&value.to_bytes());
            let equal = equal.into_iter().flatten().filter(|right| **right != left);
            equations.extend(equal.map(|right| format!("{left} = {right}")));
        };
        for (i, (name, value)) in pairings.iter().enumerate() {
            add(name, value);
            for (other, factor) in &pairings[i..] {
                add(&format!("{name} {other}"), &(*value * *factor));
            }
        }
        equations
    }
}

/// `H_G2(C1, W, ctx, H(body))`: the base of a tag over the delegator's key, the deliberate fault.
fn tag_point_with_key(ciphertext: &CiphertextFields, delegator: &PublicKey) -> G2 {
    let CiphertextFields { c1, w, body, .. } = ciphertext;
    let (context, body) =
        (context(delegator, CONDITION, AD), digest(tag::PRE_BODY, &[body.as_slice()]));
    hash_to_g2(tag::PRE_CAPSULE_TAG, &framed(&[&c1.to_bytes(), w, &context, &body]))
}

/// The equations that hold for the first candidate and fail for another.
fn linking(views: &[Visible]) -> BTreeSet<String> {
    let mut equations = views.iter().map(Visible::equations);
    let first = equations.next().unwrap();
    let others: Vec<_> = equations.collect();
    first.into_iter().filter(|e| others.iter().any(|other| !other.contains(e))).collect()
}

/// Three patients, the first of whom is the delegator, a doctor, and a ciphertext.
struct World {
    patients: Vec<(SecretKey, PublicKey)>,
    doctor: PublicKey,
    sealed: Ciphertext,
    /// The exponent of `C1`.
    r: Scalar,
}

impl World {
    fn new(rng: &mut (impl Rng + ?Sized)) -> Self {
        let patients: Vec<_> = (0..3).map(|_| pre::keygen(rng)).collect();
        let (_, doctor) = pre::keygen(rng);
        let (mu, patient) = ([9; 32], &patients[0].1);
        let sealed =
            conditional::seal_with_randomness(patient, CONDITION, AD, b"text", &Secret::new(mu));
        let context = context(patient, CONDITION, AD);
        let r = hash_to_scalar(tag::PRE_EXPONENT, &framed(&[&mu, &context]));
        Self { patients, doctor, sealed, r }
    }

    /// The observer's view of a ciphertext for each candidate.
    fn views(&self, ciphertext: &CiphertextFields) -> Vec<Visible> {
        let view = |(_, patient): &(_, PublicKey)| Visible::of(ciphertext, patient, &self.doctor);
        self.patients.iter().map(view).collect()
    }

    fn rekey(&self, rng: &mut (impl Rng + ?Sized)) -> ReKey {
        conditional::rekeygen(&self.patients[0].0, &self.doctor, CONDITION, rng)
    }

    fn reencrypt(&self, rekey: &ReKey, rng: &mut (impl Rng + ?Sized)) -> conditional::ReEncryption {
        let checked = rekey.verify(&self.patients[0].1, &self.doctor, CONDITION).unwrap();
        let verified = self.sealed.verify(CONDITION, AD).unwrap();
        conditional::reencrypt(&checked, &verified, rng).unwrap()
    }
}

#[test]
fn ledger_and_store_do_not_reveal_the_delegator_of_a_ciphertext() {
    let world = World::new(&mut rng(1));
    let ciphertext = CiphertextFields::of(&world.sealed);
    assert_eq!(ciphertext.c1, G1::generator() * world.r);
    let views = world.views(&ciphertext);
    assert!(views[0].equations().contains("e(g1, C4) = e(C1, H)"), "the tag is public");
    assert_eq!(linking(&views), BTreeSet::new());
    // No pairing of visible elements unmasks the ciphertext in the context of a candidate.
    for (view, (secret, patient)) in views.iter().zip(&world.patients) {
        let context = context(patient, CONDITION, AD);
        let unmasked = |k: &Gt| unmask(k, &ciphertext, &context);
        assert!(view.pairings().iter().all(|(_, k)| unmasked(k).is_none()));
        let k = pairing(&ciphertext.c1, &(q(patient, CONDITION) * exponent(secret)));
        assert_eq!(unmasked(&k).is_some(), *patient == world.patients[0].1);
    }

    // Deliberate fault: the tag covers the delegator's key.
    let mut faulty = ciphertext;
    faulty.c4 = tag_point_with_key(&faulty, &world.patients[0].1) * world.r;
    let found = linking(&world.views(&faulty));
    assert!(found.contains("e(g1, C4) = e(C1, H_key)"), "deliberate fault: {found:?}");
}

#[test]
fn rk2_and_a_reencryption_together_reveal_delegator_and_delegatee() {
    let rng = &mut rng(2);
    let world = World::new(rng);
    let rekey = world.rekey(rng);
    let reencryption = world.reencrypt(&rekey, rng);
    let fields = ReEncryptionFields::of(&reencryption);
    let ciphertext = CiphertextFields::of(&world.sealed);
    let with = |rk2: bool, reencryption: bool| {
        let mut views = world.views(&ciphertext);
        for view in &mut views {
            if rk2 {
                view.g2.push(("rk2", rekey_points(&rekey).1));
            }
            if reencryption {
                view.g1.extend([("D1", fields.d1), ("T", fields.t)]);
                view.g2.push(("D2", fields.d2));
            }
        }
        views
    };
    assert_eq!(linking(&with(true, false)), BTreeSet::new(), "rk2 alone");
    let views = with(false, true);
    assert_eq!(linking(&views), BTreeSet::new(), "a re-encryption alone");
    assert!(views[0].equations().contains("e(D1, H) = e(T, C4)"), "of this ciphertext");

    let found = linking(&with(true, true));
    assert!(found.contains("e(X, Q) e(X_j, rk2) = e(T, D2)"), "{found:?}");
    // The proof, whose statement contains both keys and rk2, reveals both parties as well.
    let verified = world.sealed.verify(CONDITION, AD).unwrap();
    let accepts = |patient: &PublicKey, doctor: &PublicKey| {
        let delegation = Delegation::new(patient, doctor, CONDITION, rekey.rk2());
        reencryption.verify(&delegation, &verified).is_ok()
    };
    for (i, (_, candidate)) in world.patients.iter().enumerate() {
        assert_eq!(accepts(candidate, &world.doctor), i == 0);
        assert!(!accepts(&world.patients[0].1, candidate));
    }
}

#[test]
fn reencryptions_under_one_delegation_are_linkable() {
    let rng = &mut rng(3);
    let world = World::new(rng);
    let (one, two) = (world.rekey(rng), world.rekey(rng));
    let linked = |first: &ReKey, second: &ReKey, rng: &mut _| {
        let [a, b] =
            [first, second].map(|rekey| ReEncryptionFields::of(&world.reencrypt(rekey, rng)));
        let g1 =
            vec![("g1", G1::generator()), ("D1", a.d1), ("T", a.t), ("D1'", b.d1), ("T'", b.t)];
        let g2 = vec![("g2", G2::generator()), ("D2", a.d2), ("D2'", b.d2)];
        Visible { g1, g2 }.equations()
    };
    // V = e(T, D2) is constant per delegation.
    assert!(linked(&one, &one, rng).contains("e(T, D2) = e(T', D2')"));
    assert_eq!(linked(&one, &two, rng), BTreeSet::new(), "two delegations of one patient");
}

/// The exponents that an observer sees, with two ciphertexts, two patients and a doctor.
#[derive(Clone, Copy, Default)]
struct Observed {
    /// The delegators of the two ciphertexts: patients 0 or 1.
    delegators: [usize; 2],
    /// Deliberate fault: the tags cover the delegators' keys.
    tag_with_key: bool,
    /// The second elements of one re-encryption key per ciphertext.
    rk2: bool,
    /// One re-encryption per ciphertext.
    reencryptions: bool,
}

impl Observed {
    fn view(self, rng: &mut rand_chacha::ChaCha20Rng) -> View {
        let mut draw = || Scalar::random(rng);
        let (x, q, x_j) = ([draw(), draw()], [draw(), draw()], draw());
        let mut g1 = vec![Scalar::ONE, x[0], x[1], x_j];
        let mut g2 = vec![Scalar::ONE, x[0], x[1], x_j, q[0], q[1]];
        for i in self.delegators {
            let (r, s, t) = (draw(), draw(), draw());
            // Hashes without a key, and with the key of each candidate.
            let (h, h_key) = (draw(), [draw(), draw()]);
            g1.push(r);
            g2.extend([h, h_key[0], h_key[1]]);
            g2.push(if self.tag_with_key { h_key[i] } else { h } * r);
            if self.rk2 {
                g2.push(x[i] * s);
            }
            if self.reencryptions {
                g1.extend([r * t, t]);
                g2.push((q[i] + x_j * s) * x[i] * t.inverse().unwrap());
            }
        }
        View { g1, g2, ..View::default() }
    }
}

#[test]
fn products_of_pairings_reveal_delegators_only_with_rk2_and_a_reencryption() {
    let links = |observed: Observed| {
        let with = |delegators| Observed { delegators, ..observed };
        let worlds = [[0, 0], [0, 1], [1, 0]].map(with);
        let [one, ..] = worlds;
        worlds[1..].iter().any(|two| distinguishes(|rng| one.view(rng), |rng| two.view(rng)))
    };
    let public = Observed::default();
    assert!(!links(public), "ciphertexts and keys");
    assert!(links(Observed { tag_with_key: true, ..public }), "deliberate fault: key in the tag");
    assert!(!links(Observed { rk2: true, ..public }), "rk2 without a re-encryption");
    assert!(!links(Observed { reencryptions: true, ..public }), "re-encryptions without rk2");
    assert!(links(Observed { rk2: true, reencryptions: true, ..public }), "both");
}
