//! The formal model of FABEO.

use crate::common::{AbeHeader, AbeKey, policy, rng};
use crate::soundness::exponents::View;
use crate::soundness::formal::{
    Campaign, Element, Elements, Generator, Model, assert_fault_is_found,
    assert_only_authorised_users_decrypt, attributes_of,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::fabeo::{self, Fabeo};
use epione::abe::{Coins, Scheme};
use epione::algebra::codec::{Canonical, Reader};
use epione::algebra::hash::{hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet, Row};
use rand_chacha::ChaCha20Rng;

/// Faults of published implementations.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// One `s'` for all rows instead of one per occurrence.
    SharedMask,
    /// `H(u) = g1^{h(u)}` instead of a hash to the curve.
    KnownLogarithm,
    /// One `r` for all keys, as with epoch tokens of two generations of a key.
    SharedKeyRandomness,
    /// The last child of an `and` receives the whole secret.
    LastChildOfAnd,
    /// This second value under a label that has one.
    SecondValue(&'static str),
}

/// `sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r`
fn key(alpha: Scalar, held: &[Attribute], r: Scalar) -> Elements {
    let sk1 = Element::of(Generator::G1, alpha).plus(Element::of(Generator::Base, r));
    let sk2 = held.iter().map(|u| Element::hash(u, r));
    Elements { g1: std::iter::once(sk1).chain(sk2).collect(), g2: vec![r], gt: vec![] }
}

/// `ct1 = g2^s;  ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}`
fn header(fault: Fault, policy: &AccessPolicy, coins: &Coins) -> Elements {
    let program = policy.span_program();
    let mask = |j: usize| coins.masks[if fault == Fault::SharedMask { 0 } else { j }];
    let mut lambdas = program.share(&coins.vector);
    if fault == Fault::LastChildOfAnd {
        // The additive `and` without its entries -1.
        for (lambda, row) in lambdas.iter_mut().zip(program.rows()) {
            let kept = row.entries.iter().filter(|(_, m)| *m != -Scalar::ONE);
            *lambda = kept.map(|(column, m)| coins.vector[*column] * *m).sum();
        }
    }
    let row = |(row, lambda): (&Row, Scalar)| {
        let masked = Element::hash(&row.attribute, mask(row.occurrence));
        Element::of(Generator::Base, lambda).plus(masked)
    };
    let g2 = [coins.vector[0]].into_iter().chain((0..coins.masks.len()).map(mask)).collect();
    Elements { g1: program.rows().iter().zip(lambdas).map(row).collect(), g2, gt: vec![] }
}

impl Model for Fault {
    /// The target is `Z^{alpha s}`.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let [alpha, shared_r] = [(); 2].map(|()| Scalar::random(rng));
        let coins = Coins::random::<Fabeo>(&policy.span_program(), rng);
        let hashes = attributes_of(policy, users).into_iter().map(Generator::Attribute);
        let public = [Generator::G1, Generator::Base].into_iter().chain(hashes);
        let mut view = Elements {
            g1: public.map(|generator| Element::of(generator, Scalar::ONE)).collect(),
            g2: vec![Scalar::ONE],
            gt: vec![alpha],
        };
        for set in users {
            let r = if *self == Self::SharedKeyRandomness { shared_r } else { Scalar::random(rng) };
            let mut attributes = set.expanded();
            if let Self::SecondValue(value) = self {
                attributes.extend(value.parse::<AttributeSet>().unwrap().expanded());
            }
            view.add(key(alpha, &attributes, r));
        }
        // An honest user holds all attributes. Epoch tokens are components of the user's key and
        // public; here every element of the key except `sk1` is public.
        let r = if *self == Self::SharedKeyRandomness { shared_r } else { Scalar::random(rng) };
        let all: Vec<Attribute> = attributes_of(policy, users).into_iter().collect();
        let mut honest = key(alpha, &all, r);
        honest.g1.remove(0);
        view.add(honest);
        view.add(header(*self, policy, &coins));
        let known = |generator: &Generator| match generator {
            Generator::Attribute(u) if *self == Self::KnownLogarithm => {
                Some(hash_to_scalar(tag::FABEO_ATTRIBUTE, &u.identity()))
            }
            _ => None,
        };
        view.view(alpha * coins.vector[0], known, rng)
    }
}

/// Compares element by element, for random secrets.
#[test]
fn the_model_equals_the_library() {
    let rng = &mut rng(51);
    let point = |generator: &Generator| match generator {
        Generator::G1 => G1::generator(),
        Generator::Base => hash_to_g1(tag::FABEO_BASE, b""),
        Generator::Attribute(u) => hash_to_g1(tag::FABEO_ATTRIBUTE, &u.identity()),
        Generator::User(_) => panic!("FABEO hashes no identifiers"),
    };
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
        let library = AbeKey::of(&fabeo::keygen_with_randomness(&master, &set, &r));
        let sk2 = library.sk2.iter().map(|(_, point)| *point);
        let in_g1 = [library.sk1].into_iter().chain(sk2).collect();
        assert_eq!(key(alpha, &set.expanded(), r).points(&point), (in_g1, vec![library.sk3]));

        let coins = Coins::random::<Fabeo>(&policy.span_program(), rng);
        assert_eq!(coins.masks.len(), Fabeo::mask_count(&policy.span_program()));
        let Ok((sealed, _)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
        let library = AbeHeader::of(&sealed);
        let in_g2 = [library.ct1].into_iter().chain(library.ct2).collect();
        let model = header(Fault::None, &policy, &coins);
        assert_eq!(model.points(&point), (library.ct3, in_g2), "{text}");
        let target = Gt::generator().pow(&(alpha * coins.vector[0]));
        let Ok((_, z_s)) =
            Fabeo::encapsulate(&Gt::generator().pow(&alpha), &policy.span_program(), &coins);
        assert_eq!(target, z_s);
    }
}

#[test]
fn unauthorised_coalitions_cannot_decrypt() {
    let campaign = Campaign { policies: 20, rows: 6, users: 3 };
    assert_only_authorised_users_decrypt(&Fault::None, campaign, 52);
}

#[test]
fn deliberate_faults_are_found() {
    let cases: [(Fault, &str, &[&[&str]]); 6] = [
        (Fault::SharedMask, "a and (a or b)", &[&["b"]]),
        (Fault::KnownLogarithm, "a and b", &[&["a"]]),
        (Fault::SharedKeyRandomness, "a and b", &[&["a"], &["b"]]),
        // The old key has the revoked attribute, the new one the epoch's token.
        (
            Fault::SharedKeyRandomness,
            "oncology and epoch12",
            &[&["oncology"], &["cardiology", "epoch12"]],
        ),
        // The public token of another user.
        (Fault::SharedKeyRandomness, "oncology and epoch12", &[&["oncology"]]),
        (Fault::LastChildOfAnd, "a and b", &[&["b"]]),
    ];
    for (fault, text, users) in cases {
        assert_fault_is_found(&fault, &Fault::None, text, users);
    }
}

/// The reason for one value per label.
#[test]
fn two_values_under_one_label_satisfy_both_ends_of_a_range_that_contains_neither() {
    let policy = policy("2 of (x >= 32u8, x < 128u8)");
    for held in ["x = 5u8", "x = 130u8", "x = 130, y = 5u8"] {
        let users: [AttributeSet; 1] = [held.parse().unwrap()];
        assert!(!Fault::None.decrypts(&policy, &users), "{held}");
    }
    let users = ["x = 5u8", "x = 130u8"].map(|held| held.parse().unwrap());
    assert!(!Fault::None.decrypts(&policy, &users), "two users with one value each");
    assert!(Fault::SecondValue("x = 130u8").decrypts(&policy, &users[..1]));
    assert!("x = 5u8, x = 130u8".parse::<AttributeSet>().is_err());
}
