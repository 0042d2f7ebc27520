//! The formal model of Waters' scheme.

use crate::common::{attributes, fields, policy, rng};
use crate::soundness::exponents::View;
use crate::soundness::formal::{
    Campaign, Element, Elements, Generator, Model, assert_fault_is_found,
    assert_only_authorised_users_decrypt, attributes_of, content_key,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::waters::{self, Waters};
use epione::abe::{Coins, CpaHeader, Scheme, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, AttributeSet};
use rand_chacha::ChaCha20Rng;

/// Faults of published implementations.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// One `r` for all rows.
    SharedMask,
    /// One `t` for all users.
    SharedKeyRandomness,
}

/// `K = g2^{alpha + a t};  L = g2^t;  K_x = H(x)^t`
fn key(a: Scalar, alpha: Scalar, set: &AttributeSet, t: Scalar) -> Elements {
    let k_x = set.expanded().iter().map(|x| Element::hash(x, t)).collect();
    Elements { g1: k_x, g2: vec![alpha + a * t, t], gt: vec![] }
}

/// `C' = g1^s;  C_i = g1^{a lambda_i} H(pi(i))^{-r_i};  D_i = g2^{r_i}`
fn header(fault: Fault, a: Scalar, policy: &AccessPolicy, coins: &Coins) -> Elements {
    let program = policy.span_program();
    let mask = |i: usize| coins.masks[if fault == Fault::SharedMask { 0 } else { i }];
    let lambdas = program.share(&coins.vector);
    let row = |i: usize| {
        let masked = Element::hash(&program.rows()[i].attribute, -mask(i));
        Element::of(Generator::G1, a * lambdas[i]).plus(masked)
    };
    let c_prime = Element::of(Generator::G1, coins.vector[0]);
    let n = program.rows().len();
    Elements {
        g1: [c_prime].into_iter().chain((0..n).map(row)).collect(),
        g2: (0..n).map(mask).collect(),
        gt: vec![],
    }
}

impl Model for Fault {
    /// The target is `Z^{alpha s}`.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let [a, alpha, shared_t] = [(); 3].map(|()| Scalar::random(rng));
        let program = policy.span_program();
        let coins = Coins::random::<Waters>(&program, rng);
        let public = [Scalar::ONE, a].map(|exponent| Element::of(Generator::G1, exponent));
        let all = attributes_of(policy, users);
        let hashes = all.iter().map(|u| Element::hash(u, Scalar::ONE));
        let mut view = Elements {
            g1: public.into_iter().chain(hashes).collect(),
            g2: vec![Scalar::ONE],
            gt: vec![alpha],
        };
        for set in users {
            let t = if *self == Self::SharedKeyRandomness { shared_t } else { Scalar::random(rng) };
            view.add(key(a, alpha, set, t));
        }
        view.add(header(*self, a, policy, &coins));
        view.view(alpha * coins.vector[0], |_| None, rng)
    }
}

/// Compares element by element, for random secrets.
#[test]
fn the_model_equals_the_library() {
    let rng = &mut rng(61);
    let point = |generator: &Generator| match generator {
        Generator::G1 => G1::generator(),
        Generator::Attribute(u) => hash_to_g1(tag::WATERS_ATTRIBUTE, &u.identity()),
        Generator::Base | Generator::User(_) => panic!("Waters' scheme hashes attributes only"),
    };
    for text in ["a", "a and (a or b)", "2 of (a, c, d and b)"] {
        let (policy, set) = (policy(text), attributes(&["a", "c", "z"]));
        let [a, alpha, t] = [(); 3].map(|()| Scalar::random(rng));
        let (parameters, master) = waters::setup_with_randomness(&a, &alpha);
        let bytes = parameters.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!(r.u8(), Ok(Waters::SUITE));
        assert_eq!(r.g1(), Ok(Element::of(Generator::G1, a).point(&point)));
        assert_eq!(r.gt(), Ok(Gt::generator().pow(&alpha)));

        let user: UserSecretKey<Waters> = waters::keygen_with_randomness(&master, &set, &t);
        let bytes = user.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!(r.u8(), Ok(Waters::SUITE));
        AttributeSet::read(&mut r).unwrap();
        let (in_g1, in_g2) = key(a, alpha, &set, t).points(&point);
        assert_eq!((r.batch_g2(2), r.batch_g1(3), r.end()), (Ok(in_g2), Ok(in_g1), Ok(())));

        let coins = Coins::random::<Waters>(&policy.span_program(), rng);
        let Ok((sealed, key)): Result<(CpaHeader<Waters>, _), _> =
            encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
        let target = Gt::generator().pow(&(alpha * coins.vector[0]));
        assert_eq!(content_key(&target, &sealed), *key.expose());
        let n = policy.counts().0;
        let bytes = sealed.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!(r.u8(), Ok(Waters::SUITE));
        r.text(99).unwrap();
        let (in_g1, in_g2) = header(Fault::None, a, &policy, &coins).points(&point);
        assert_eq!((r.batch_g1(n + 1), r.batch_g2(n)), (Ok(in_g1), Ok(in_g2)), "{text}");
        assert_eq!(r.end(), Ok(()));
    }
}

#[test]
fn unauthorised_coalitions_cannot_decrypt() {
    let campaign = Campaign { policies: 20, rows: 6, users: 3 };
    assert_only_authorised_users_decrypt(&Fault::None, campaign, 62);
}

#[test]
fn deliberate_faults_are_found() {
    let cases: [(Fault, &str, &[&[&str]]); 2] = [
        (Fault::SharedMask, "a and (a or b)", &[&["b"]]),
        (Fault::SharedKeyRandomness, "a and b", &[&["a"], &["b"]]),
    ];
    for (fault, text, users) in cases {
        assert_fault_is_found(&fault, &Fault::None, text, users);
    }
}
