//! FABEO in the exponent.

use crate::common::{AbeHeader, AbeKey, attributes, policy, rng};
use crate::soundness::exponents::View;
use crate::soundness::formal::{
    Element, Extent, Generator, Held, Model, attributes_of, coalitions_reach_nothing,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::fabeo::{self, Fabeo};
use epione::abe::{Coins, Scheme};
use epione::algebra::codec::{Canonical, Reader};
use epione::algebra::hash::{hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet};
use rand_chacha::ChaCha20Rng;

/// What others have shipped.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// One `s'` for all rows instead of one an occurrence.
    OneMask,
    /// `H(u) = g1^{h(u)}` instead of a hash to the curve.
    KnownLogarithm,
    /// One `r` for all keys: tokens of two generations of one user's key, for example.
    OneRandomness,
    /// The last child of an `and` gets the whole secret.
    AndGate,
    /// A key may hold two values under a label: this one too.
    SecondValue(&'static str),
}

fn hash(u: &Attribute) -> Generator {
    Generator::Attribute(u.clone())
}

/// `sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r`
fn key(alpha: Scalar, held: &[Attribute], r: Scalar) -> Held {
    let sk1 = Element::of(Generator::One, alpha).plus(Element::of(Generator::Base, r));
    let sk2 = held.iter().map(|u| Element::of(hash(u), r));
    Held { g1: std::iter::once(sk1).chain(sk2).collect(), g2: vec![r], gt: vec![] }
}

/// `ct1 = g2^s;  ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}`
fn header(fault: Fault, policy: &AccessPolicy, coins: &Coins) -> Held {
    let program = policy.span_program();
    let mask = |j: usize| coins.masks[if fault == Fault::OneMask { 0 } else { j }];
    let mut lambdas = program.share(&coins.vector);
    if fault == Fault::AndGate {
        // Without the `-1` entries of the additive `and`.
        for (lambda, row) in lambdas.iter_mut().zip(program.rows()) {
            let kept = row.entries.iter().filter(|(_, m)| *m != -Scalar::ONE);
            *lambda = kept.map(|(column, m)| coins.vector[*column] * *m).sum();
        }
    }
    let row = |(row, lambda): (&epione::policy::Row, Scalar)| {
        let masked = Element::of(hash(&row.attribute), mask(row.occurrence));
        Element::of(Generator::Base, lambda).plus(masked)
    };
    let g2 = [coins.vector[0]].into_iter().chain((0..coins.masks.len()).map(mask)).collect();
    Held { g1: program.rows().iter().zip(lambdas).map(row).collect(), g2, gt: vec![] }
}

impl Model for Fault {
    /// Wants `Z^{alpha s}`.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let [alpha, shared_r] = [(); 2].map(|()| Scalar::random(rng));
        let coins = Coins::random::<Fabeo>(&policy.span_program(), rng);
        let hashes = attributes_of(policy, users).into_iter().map(Generator::Attribute);
        let public = [Generator::One, Generator::Base].into_iter().chain(hashes);
        let mut held = Held {
            g1: public.map(|generator| Element::of(generator, Scalar::ONE)).collect(),
            g2: vec![Scalar::ONE],
            gt: vec![alpha],
        };
        for set in users {
            let r = if *self == Self::OneRandomness { shared_r } else { Scalar::random(rng) };
            let mut attributes = set.expanded();
            if let Self::SecondValue(value) = self {
                attributes.extend(value.parse::<AttributeSet>().unwrap().expanded());
            }
            held.add(key(alpha, &attributes, r));
        }
        // An honest user who holds everything. Tokens of epochs are components of her key, and public: here all
        // of it is but `sk1`.
        let r = if *self == Self::OneRandomness { shared_r } else { Scalar::random(rng) };
        let everything: Vec<Attribute> = attributes_of(policy, users).into_iter().collect();
        let mut honest = key(alpha, &everything, r);
        honest.g1.remove(0);
        held.add(honest);
        held.add(header(*self, policy, &coins));
        let known = |generator: &Generator| match generator {
            Generator::Attribute(u) if *self == Self::KnownLogarithm => {
                Some(hash_to_scalar(tag::FABEO_ATTRIBUTE, &u.identity()))
            }
            _ => None,
        };
        held.view(alpha * coins.vector[0], known, rng)
    }
}

/// Element by element, at random secrets.
#[test]
fn the_model_of_fabeo_is_the_library() {
    let rng = &mut rng(51);
    let point = |generator: &Generator| match generator {
        Generator::One => G1::generator(),
        Generator::Base => hash_to_g1(tag::FABEO_BASE, b""),
        Generator::Attribute(u) => hash_to_g1(tag::FABEO_ATTRIBUTE, &u.identity()),
        Generator::User(_) => panic!("there is no such point"),
    };
    let points = |held: &Held| -> Vec<G1> { held.g1.iter().map(|e| e.point(&point)).collect() };
    let in_g2 = |held: &Held| -> Vec<G2> { held.g2.iter().map(|x| G2::generator() * *x).collect() };
    for text in [
        "a",
        "a and (a or b)",
        "2 of (a, c, d and b)",
        "(a or b) and 2 of (a, b, c, a)",
        "role#3:nurse and (age in 18..65u8 or age in 3..66u8)",
    ] {
        let set: AttributeSet = "age = 42u8, role#3:nurse, a, c, z".parse().unwrap();
        let policy = policy(text);
        let [alpha, r] = [(); 2].map(|()| Scalar::random(rng));
        let (parameters, master) = fabeo::setup_with_randomness(&alpha);
        let mpk = Reader::new(&parameters.to_bytes()[3..]).gt();
        assert_eq!(mpk, Ok(Gt::generator().pow(&alpha)));
        let real = AbeKey::of(&fabeo::keygen_with_randomness(&master, &set, &r));
        let model = key(alpha, &set.expanded(), r);
        let sk2 = real.sk2.iter().map(|(_, point)| *point);
        assert_eq!(points(&model), [real.sk1].into_iter().chain(sk2).collect::<Vec<_>>());
        assert_eq!(in_g2(&model), [real.sk3]);

        let coins = Coins::random::<Fabeo>(&policy.span_program(), rng);
        assert_eq!(coins.masks.len(), Fabeo::mask_count(&policy.span_program()));
        let Ok((sealed, _)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
        let (real, model) = (AbeHeader::of(&sealed), header(Fault::None, &policy, &coins));
        assert_eq!(points(&model), real.ct3, "{text}");
        let ct = [real.ct1].into_iter().chain(real.ct2).collect::<Vec<_>>();
        assert_eq!(in_g2(&model), ct, "{text}");
        let key = Gt::generator().pow(&(alpha * coins.vector[0]));
        let Ok((_, shared)) =
            Fabeo::encapsulate(&Gt::generator().pow(&alpha), &policy.span_program(), &coins);
        assert_eq!(key, shared);
    }
}

#[test]
fn no_coalition_of_strangers_opens_fabeo() {
    let extent = Extent { policies: 20, rows: 6, users: 3 };
    coalitions_reach_nothing(&Fault::None, extent, 52);
}

#[test]
fn the_planted_faults_of_fabeo_are_found() {
    let sets = |users: &[&[&str]]| -> Vec<AttributeSet> {
        users.iter().map(|names| attributes(names)).collect()
    };
    let cases: [(Fault, &str, &[&[&str]]); 6] = [
        (Fault::OneMask, "a and (a or b)", &[&["b"]]),
        (Fault::KnownLogarithm, "a and b", &[&["a"]]),
        (Fault::OneRandomness, "a and b", &[&["a"], &["b"]]),
        // The old key has what was lost, today's the token of the epoch.
        (
            Fault::OneRandomness,
            "oncology and epoch12",
            &[&["oncology"], &["cardiology", "epoch12"]],
        ),
        // Somebody else's public token.
        (Fault::OneRandomness, "oncology and epoch12", &[&["oncology"]]),
        (Fault::AndGate, "a and b", &[&["b"]]),
    ];
    for (fault, text, users) in cases {
        let (policy, users) = (policy(text), sets(users));
        assert!(users.iter().all(|set| !policy.is_satisfied_by(set)));
        assert!(fault.opens(&policy, &users), "{text} for {users:?}");
        assert!(!Fault::None.opens(&policy, &users), "{text} for {users:?}");
    }
}

/// Why a set has one value under a label: with two, a user is both old enough and young enough.
#[test]
fn two_values_under_a_label_break_ranges() {
    let policy = policy("2 of (x >= 128u8, x < 32u8)");
    for held in ["x = 5u8", "x = 130u8", "x = 130, y = 5u8"] {
        let users: [AttributeSet; 1] = [held.parse().unwrap()];
        assert!(!Fault::None.opens(&policy, &users), "{held}");
    }
    let users = ["x = 5u8", "x = 130u8"].map(|held| held.parse().unwrap());
    assert!(!Fault::None.opens(&policy, &users), "two users with a value each");
    assert!(Fault::SecondValue("x = 130u8").opens(&policy, &users[..1]));
    assert!("x = 5u8, x = 130u8".parse::<AttributeSet>().is_err());
}
