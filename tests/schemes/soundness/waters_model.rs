//! Waters' scheme in the exponent.

use crate::common::{attributes, fields, policy, rng};
use crate::soundness::exponents::View;
use crate::soundness::formal::{
    Element, Extent, Generator, Held, Model, attributes_of, coalitions_reach_nothing, content_key,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::waters::{self, Waters};
use epione::abe::{Coins, CpaHeader, Scheme, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, G2, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet};
use rand_chacha::ChaCha20Rng;

/// What others have shipped.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// One `r` for all rows.
    OneMask,
    /// One `t` for all users.
    OneRandomness,
}

fn hash(u: &Attribute, exponent: Scalar) -> Element {
    Element::of(Generator::Attribute(u.clone()), exponent)
}

/// `K = g2^{alpha + a t};  L = g2^t;  K_x = H(x)^t`
fn key(a: Scalar, alpha: Scalar, set: &AttributeSet, t: Scalar) -> Held {
    let k_x = set.expanded().iter().map(|x| hash(x, t)).collect();
    Held { g1: k_x, g2: vec![alpha + a * t, t], gt: vec![] }
}

/// `C' = g1^s;  C_i = g1^{a lambda_i} H(pi(i))^{-r_i};  D_i = g2^{r_i}`
fn header(fault: Fault, a: Scalar, policy: &AccessPolicy, coins: &Coins) -> Held {
    let program = policy.span_program();
    let mask = |i: usize| coins.masks[if fault == Fault::OneMask { 0 } else { i }];
    let lambdas = program.share(&coins.vector);
    let row = |i: usize| {
        let masked = hash(&program.rows()[i].attribute, -mask(i));
        Element::of(Generator::One, a * lambdas[i]).plus(masked)
    };
    let c_prime = Element::of(Generator::One, coins.vector[0]);
    let n = program.rows().len();
    Held {
        g1: [c_prime].into_iter().chain((0..n).map(row)).collect(),
        g2: (0..n).map(mask).collect(),
        gt: vec![],
    }
}

impl Model for Fault {
    /// Wants `Z^{alpha s}`.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let [a, alpha, shared_t] = [(); 3].map(|()| Scalar::random(rng));
        let program = policy.span_program();
        let coins = Coins::random::<Waters>(&program, rng);
        let public = [Scalar::ONE, a].map(|exponent| Element::of(Generator::One, exponent));
        let all = attributes_of(policy, users);
        let hashes = all.iter().map(|u| hash(u, Scalar::ONE));
        let mut held = Held {
            g1: public.into_iter().chain(hashes).collect(),
            g2: vec![Scalar::ONE],
            gt: vec![alpha],
        };
        for set in users {
            let t = if *self == Self::OneRandomness { shared_t } else { Scalar::random(rng) };
            held.add(key(a, alpha, set, t));
        }
        held.add(header(*self, a, policy, &coins));
        held.view(alpha * coins.vector[0], |_| None, rng)
    }
}

/// The elements of a key or header, behind suite and names or text.
fn elements(
    bytes: &[u8],
    skip: impl FnOnce(&mut epione::algebra::codec::Reader<'_>),
    g1_first: bool,
    counts: [usize; 2],
) -> (Vec<G1>, Vec<G2>) {
    let mut r = fields(bytes);
    assert_eq!(r.u8(), Ok(Waters::SUITE));
    skip(&mut r);
    let [in_g1, in_g2] = counts;
    let both = if g1_first {
        let g1 = r.batch_g1(in_g1).unwrap();
        (g1, r.batch_g2(in_g2).unwrap())
    } else {
        let g2 = r.batch_g2(in_g2).unwrap();
        (r.batch_g1(in_g1).unwrap(), g2)
    };
    r.end().unwrap();
    both
}

/// Element by element, at random secrets.
#[test]
fn the_model_of_waters_is_the_library() {
    let rng = &mut rng(61);
    let point = |generator: &Generator| match generator {
        Generator::One => G1::generator(),
        Generator::Base | Generator::User(_) => panic!("there is no such point"),
        Generator::Attribute(u) => hash_to_g1(tag::WATERS_ATTRIBUTE, &u.identity()),
    };
    let real = |held: &Held| -> (Vec<G1>, Vec<G2>) {
        let g2 = held.g2.iter().map(|x| G2::generator() * *x).collect();
        (held.g1.iter().map(|element| element.point(&point)).collect(), g2)
    };
    for text in ["a", "a and (a or b)", "2 of (a, c, d and b)"] {
        let (policy, set) = (policy(text), attributes(&["a", "c", "z"]));
        let [a, alpha, t] = [(); 3].map(|()| Scalar::random(rng));
        let (parameters, master) = waters::setup_with_randomness(&a, &alpha);
        let bytes = parameters.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!(r.u8(), Ok(Waters::SUITE));
        assert_eq!(r.g1(), Ok(Element::of(Generator::One, a).point(&point)));
        assert_eq!(r.gt(), Ok(Gt::generator().pow(&alpha)));
        let user: UserSecretKey<Waters> = waters::keygen_with_randomness(&master, &set, &t);
        let names = |r: &mut epione::algebra::codec::Reader<'_>| {
            AttributeSet::read(r).unwrap();
        };
        let found = elements(&user.to_bytes(), names, false, [3, 2]);
        assert_eq!(real(&key(a, alpha, &set, t)), found);

        let coins = Coins::random::<Waters>(&policy.span_program(), rng);
        let Ok((sealed, key)): Result<(CpaHeader<Waters>, _), _> =
            encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
        // The target.
        let shared = Gt::generator().pow(&(alpha * coins.vector[0]));
        assert_eq!(content_key(&shared, &sealed), *key.expose());
        let n = policy.counts().0;
        let title = |r: &mut epione::algebra::codec::Reader<'_>| {
            r.text(99).unwrap();
        };
        let found = elements(&sealed.to_bytes(), title, true, [n + 1, n]);
        assert_eq!(real(&header(Fault::None, a, &policy, &coins)), found, "{text}");
    }
}

#[test]
fn no_coalition_of_strangers_opens_waters() {
    let extent = Extent { policies: 20, rows: 6, users: 3 };
    coalitions_reach_nothing(&Fault::None, extent, 62);
}

#[test]
fn the_planted_faults_of_waters_are_found() {
    let cases: [(Fault, &str, &[&[&str]]); 2] = [
        (Fault::OneMask, "a and (a or b)", &[&["b"]]),
        (Fault::OneRandomness, "a and b", &[&["a"], &["b"]]),
    ];
    for (fault, text, users) in cases {
        let policy = policy(text);
        let users: Vec<_> = users.iter().map(|names| attributes(names)).collect();
        assert!(fault.opens(&policy, &users), "{text} for {users:?}");
        assert!(!Fault::None.opens(&policy, &users), "{text} for {users:?}");
    }
}
