//! The scheme of Rouselakis and Waters in the exponent.

use crate::common::{attributes, fields, policy, rng};
use crate::soundness::exponents::View;
use crate::soundness::formal::{
    Element, Extent, Generator, Held, Model, NAMES, attributes_of, campaign,
    coalitions_reach_nothing, content_key, random_policy,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::rouselakis_waters::{self, RouselakisWaters};
use epione::abe::{Coins, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet};
use rand::Rng;
use rand_chacha::ChaCha20Rng;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// One identifier for all users: nothing ties the components of a key together.
    OneUser,
    /// No shares of zero: every row opens for itself.
    NoZeroShares,
}

/// Who works together with the users.
#[derive(Clone, Copy)]
struct Setting {
    fault: Fault,
    /// The authority of `a, b` is corrupt: its `alpha, y` are numbers, the same in every sample.
    corrupt: bool,
}

const HONEST: Setting = Setting { fault: Fault::None, corrupt: false };

/// `alpha, y` of the authority of `a, b` and of that of the rest.
type Authorities = [(Scalar, Scalar); 2];

fn authority(keys: &Authorities, u: &Attribute) -> (Scalar, Scalar) {
    keys[usize::from(!u.identity().starts_with(b"a") && !u.identity().starts_with(b"b"))]
}

fn hash(u: &Attribute, exponent: Scalar) -> Element {
    Element::of(Generator::Attribute(u.clone()), exponent)
}

/// `K_u = g1^alpha H(gid)^y F(u)^{t_u};  K'_u = g2^{t_u}`
fn key(keys: &Authorities, user: usize, set: &AttributeSet, t: &[Scalar]) -> Held {
    let component = |(u, t): (&Attribute, &Scalar)| {
        let (alpha, y) = authority(keys, u);
        let common = Element::of(Generator::One, alpha).plus(Element::of(Generator::User(user), y));
        common.plus(hash(u, *t))
    };
    Held { g1: set.expanded().iter().zip(t).map(component).collect(), g2: t.to_vec(), gt: vec![] }
}

/// `C1 = Z^{lambda + alpha t};  C2 = g2^{-t};  C3 = g2^{y t + omega};  C4 = F(u)^t`
fn header(fault: Fault, keys: &Authorities, policy: &AccessPolicy, coins: &Coins) -> Held {
    let program = policy.span_program();
    let (t, w) = coins.masks.split_at(program.rows().len());
    let lambdas = program.share(&coins.vector);
    let mut omegas = program.share(&[&[Scalar::ZERO], w].concat());
    if fault == Fault::NoZeroShares {
        omegas.fill(Scalar::ZERO);
    }
    let of: Vec<_> = program.rows().iter().map(|row| authority(keys, &row.attribute)).collect();
    let n = t.len();
    Held {
        g1: program.rows().iter().zip(t).map(|(row, t)| hash(&row.attribute, *t)).collect(),
        g2: (t.iter().map(|t| -*t)).chain((0..n).map(|i| of[i].1 * t[i] + omegas[i])).collect(),
        gt: (0..n).map(|i| lambdas[i] + of[i].0 * t[i]).collect(),
    }
}

impl Model for Setting {
    /// Wants `Z^s`.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let mut keys: Authorities = [(); 2].map(|()| (Scalar::random(rng), Scalar::random(rng)));
        if self.corrupt {
            let known = |name: &[u8]| hash_to_scalar(tag::ABE_COIN, name);
            keys[0] = (known(b"alpha"), known(b"y"));
        }
        let program = policy.span_program();
        let coins = Coins::random::<RouselakisWaters>(&program, rng);
        let mut held = Held {
            g1: vec![Element::of(Generator::One, Scalar::ONE)],
            g2: [Scalar::ONE].into_iter().chain(keys.map(|(_, y)| y)).collect(),
            gt: keys.map(|(alpha, _)| alpha).to_vec(),
        };
        held.g1.extend(attributes_of(policy, users).iter().map(|u| hash(u, Scalar::ONE)));
        for (user, set) in users.iter().enumerate() {
            let user = if self.fault == Fault::OneUser { 0 } else { user };
            let t: Vec<Scalar> = set.expanded().iter().map(|_| Scalar::random(rng)).collect();
            held.g1.push(Element::of(Generator::User(user), Scalar::ONE));
            held.add(key(&keys, user, set, &t));
        }
        held.add(header(self.fault, &keys, policy, &coins));
        held.view(coins.vector[0], |_| None, rng)
    }
}

/// Element by element, at random secrets.
#[test]
fn the_model_of_decentralised_authorities_is_the_library() {
    let rng = &mut rng(71);
    let point = |generator: &Generator| match generator {
        Generator::One => G1::generator(),
        Generator::User(_) => hash_to_g1(tag::DECENTRALISED_USER, b"Ada"),
        Generator::Attribute(u) => hash_to_g1(tag::DECENTRALISED_ATTRIBUTE, &u.identity()),
        Generator::Base => panic!("there is no such point"),
    };
    let keys: Authorities = [(); 2].map(|()| (Scalar::random(rng), Scalar::random(rng)));
    let [(one, master), (two, _)] = [("H", 0), ("L", 1)]
        .map(|(name, i)| rouselakis_waters::setup_with_randomness(name, &keys[i].0, &keys[i].1));
    for (parameters, (alpha, y)) in [&one, &two].into_iter().zip(&keys) {
        let bytes = parameters.to_bytes();
        let mut r = fields(&bytes);
        assert_eq!((r.u8(), r.u32()), (Ok(RouselakisWaters::SUITE), Ok(1)));
        r.text(9).unwrap();
        assert_eq!(r.gt(), Ok(Gt::generator().pow(alpha)));
        assert_eq!(r.g2(), Ok(G2::generator() * *y));
    }
    let set = attributes(&["a@H", "b@H"]);
    let t = [(); 2].map(|()| Scalar::random(rng));
    let user =
        rouselakis_waters::keygen_with_randomness(&master, "Ada", &set, &t).unwrap().to_bytes();
    let model = key(&keys, 0, &set, &t);
    let mut r = fields(&user);
    assert_eq!(r.u8(), Ok(RouselakisWaters::SUITE));
    AttributeSet::read(&mut r).unwrap();
    assert_eq!(r.text(9).as_deref(), Ok("Ada"));
    let g1: Vec<G1> = model.g1.iter().map(|element| element.point(&point)).collect();
    assert_eq!(r.batch_g1(2), Ok(g1));
    assert_eq!(r.batch_g2(2), Ok(model.g2.iter().map(|x| G2::generator() * *x).collect()));

    for text in ["a@H", "a@H and (a@H or c@L)", "2 of (a@H, c@L, d@L and b@H)"] {
        let policy = policy(text);
        let coins = Coins::random::<RouselakisWaters>(&policy.span_program(), rng);
        let parameters = one.merge(&two).unwrap();
        let (sealed, key) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins).unwrap();
        // The target.
        let shared = Gt::generator().pow(&coins.vector[0]);
        assert_eq!(content_key(&shared, &sealed), *key.expose());
        let model = header(Fault::None, &keys, &policy, &coins);
        let bytes = sealed.to_bytes();
        let mut r = fields(&bytes);
        r.u8().unwrap();
        r.text(99).unwrap();
        for exponent in &model.gt {
            assert_eq!(r.gt(), Ok(Gt::generator().pow(exponent)), "{text}");
        }
        let g2: Vec<G2> = model.g2.iter().map(|x| G2::generator() * *x).collect();
        assert_eq!(r.batch_g2(g2.len()), Ok(g2), "{text}");
        let g1: Vec<G1> = model.g1.iter().map(|element| element.point(&point)).collect();
        assert_eq!(r.batch_g1(g1.len()), Ok(g1), "{text}");
        assert_eq!(r.end(), Ok(()));
    }
}

#[test]
fn no_coalition_of_strangers_opens_what_authorities_share() {
    coalitions_reach_nothing(&HONEST, Extent { policies: 16, rows: 4, users: 2 }, 72);
}

/// Nobody opens everything: a corrupt authority opens what its own attributes satisfy, alone or with those of
/// one user, and nothing for two users together.
#[test]
fn a_corrupt_authority_opens_what_its_attributes_satisfy() {
    let rng = &mut rng(73);
    let own = attributes(&["a", "b"]);
    for round in 0..16 * campaign() {
        // Of every other coalition two users and the authority would satisfy the policy only together.
        let (policy, users, alone) = loop {
            let policy = random_policy(4, rng);
            let users = [(); 2].map(|()| {
                let held = NAMES.into_iter().filter(|_| rng.gen_bool(0.3));
                AttributeSet::from_names(held).unwrap()
            });
            let satisfied = |users: &[AttributeSet]| {
                let pooled = users.iter().chain([&own]).flat_map(AttributeSet::iter);
                policy.is_satisfied_by(&AttributeSet::new(pooled).unwrap())
            };
            let alone = users.iter().any(|user| satisfied(std::slice::from_ref(user)));
            if round % 2 == 0 || !alone && satisfied(&users) {
                break (policy, users, alone);
            }
        };
        let coalition = Setting { corrupt: true, ..HONEST };
        assert_eq!(coalition.opens(&policy, &users), alone, "{policy} for {users:?}");
    }
}

#[test]
fn the_planted_faults_of_decentralised_authorities_are_found() {
    let cases: [(Fault, &str, &[&[&str]]); 2] = [
        (Fault::OneUser, "a and c", &[&["a"], &["c"]]),
        (Fault::NoZeroShares, "a and c", &[&["a"], &["c"]]),
    ];
    for (fault, text, users) in cases {
        let policy = policy(text);
        let users: Vec<_> = users.iter().map(|names| attributes(names)).collect();
        assert!(!HONEST.opens(&policy, &users), "{text} for {users:?}");
        let planted = Setting { fault, ..HONEST };
        assert!(planted.opens(&policy, &users), "{text} for {users:?}");
    }
}
