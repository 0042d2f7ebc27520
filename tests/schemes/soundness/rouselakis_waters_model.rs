//! The formal model of the decentralised scheme of Rouselakis and Waters.

use crate::common::{attributes, campaign_factor, fields, policy, rng};
use crate::soundness::exponents::View;
use crate::soundness::formal::{
    Campaign, Element, Elements, Generator, Model, NAMES, assert_fault_is_found,
    assert_only_authorised_users_decrypt, attributes_of, content_key, random_policy,
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
    /// One identifier for all users, so that components of different keys combine.
    SharedIdentifier,
    /// `omega_i = 0`, so that each row decrypts on its own.
    NoZeroShares,
}

#[derive(Clone, Copy)]
struct Setting {
    fault: Fault,
    /// The coalition includes the authority of `a` and `b`: its `alpha, y` are known numbers.
    corrupt: bool,
}

const HONEST: Setting = Setting { fault: Fault::None, corrupt: false };

/// `alpha, y` of the authority of `a` and `b`, and of the authority of all other attributes.
type Authorities = [(Scalar, Scalar); 2];

fn authority(keys: &Authorities, u: &Attribute) -> (Scalar, Scalar) {
    keys[usize::from(!u.identity().starts_with(b"a") && !u.identity().starts_with(b"b"))]
}

/// `K_u = g1^alpha H(gid)^y F(u)^{t_u};  K'_u = g2^{t_u}`
fn key(keys: &Authorities, user: usize, set: &AttributeSet, t: &[Scalar]) -> Elements {
    let component = |(u, t): (&Attribute, &Scalar)| {
        let (alpha, y) = authority(keys, u);
        let common = Element::of(Generator::G1, alpha).plus(Element::of(Generator::User(user), y));
        common.plus(Element::hash(u, *t))
    };
    let g1 = set.expanded().iter().zip(t).map(component).collect();
    Elements { g1, g2: t.to_vec(), gt: vec![] }
}

/// `C1 = Z^{lambda + alpha t};  C2 = g2^{-t};  C3 = g2^{y t + omega};  C4 = F(u)^t`
fn header(fault: Fault, keys: &Authorities, policy: &AccessPolicy, coins: &Coins) -> Elements {
    let program = policy.span_program();
    let (t, w) = coins.masks.split_at(program.rows().len());
    let lambdas = program.share(&coins.vector);
    let mut omegas = program.share(&[&[Scalar::ZERO], w].concat());
    if fault == Fault::NoZeroShares {
        omegas.fill(Scalar::ZERO);
    }
    let of: Vec<_> = program.rows().iter().map(|row| authority(keys, &row.attribute)).collect();
    let n = t.len();
    let c4 = program.rows().iter().zip(t).map(|(row, t)| Element::hash(&row.attribute, *t));
    Elements {
        g1: c4.collect(),
        g2: (t.iter().map(|t| -*t)).chain((0..n).map(|i| of[i].1 * t[i] + omegas[i])).collect(),
        gt: (0..n).map(|i| lambdas[i] + of[i].0 * t[i]).collect(),
    }
}

impl Model for Setting {
    /// The target is `Z^s`.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let mut keys: Authorities = [(); 2].map(|()| (Scalar::random(rng), Scalar::random(rng)));
        if self.corrupt {
            let known = |name: &[u8]| hash_to_scalar(tag::ABE_COIN, name);
            keys[0] = (known(b"alpha"), known(b"y"));
        }
        let program = policy.span_program();
        let coins = Coins::random::<RouselakisWaters>(&program, rng);
        let mut view = Elements {
            g1: vec![Element::of(Generator::G1, Scalar::ONE)],
            g2: [Scalar::ONE].into_iter().chain(keys.map(|(_, y)| y)).collect(),
            gt: keys.map(|(alpha, _)| alpha).to_vec(),
        };
        let all = attributes_of(policy, users);
        view.g1.extend(all.iter().map(|u| Element::hash(u, Scalar::ONE)));
        for (user, set) in users.iter().enumerate() {
            let user = if self.fault == Fault::SharedIdentifier { 0 } else { user };
            let t: Vec<Scalar> = set.expanded().iter().map(|_| Scalar::random(rng)).collect();
            view.g1.push(Element::of(Generator::User(user), Scalar::ONE));
            view.add(key(&keys, user, set, &t));
        }
        view.add(header(self.fault, &keys, policy, &coins));
        view.view(coins.vector[0], |_| None, rng)
    }
}

/// Compares element by element, for random secrets.
#[test]
fn the_model_equals_the_library() {
    let rng = &mut rng(71);
    let point = |generator: &Generator| match generator {
        Generator::G1 => G1::generator(),
        Generator::User(_) => hash_to_g1(tag::DECENTRALISED_USER, b"Ada"),
        Generator::Attribute(u) => hash_to_g1(tag::DECENTRALISED_ATTRIBUTE, &u.identity()),
        Generator::Base => panic!("the scheme has no point B"),
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
    let mut r = fields(&user);
    assert_eq!(r.u8(), Ok(RouselakisWaters::SUITE));
    AttributeSet::read(&mut r).unwrap();
    assert_eq!(r.text(9).as_deref(), Ok("Ada"));
    let (in_g1, in_g2) = key(&keys, 0, &set, &t).points(&point);
    assert_eq!((r.batch_g1(2), r.batch_g2(2)), (Ok(in_g1), Ok(in_g2)));

    for text in ["a@H", "a@H and (a@H or c@L)", "2 of (a@H, c@L, d@L and b@H)"] {
        let policy = policy(text);
        let coins = Coins::random::<RouselakisWaters>(&policy.span_program(), rng);
        let parameters = one.merge(&two).unwrap();
        let (sealed, key) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins).unwrap();
        let target = Gt::generator().pow(&coins.vector[0]);
        assert_eq!(content_key(&target, &sealed), *key.expose());
        let model = header(Fault::None, &keys, &policy, &coins);
        let bytes = sealed.to_bytes();
        let mut r = fields(&bytes);
        r.u8().unwrap();
        r.text(99).unwrap();
        for exponent in &model.gt {
            assert_eq!(r.gt(), Ok(Gt::generator().pow(exponent)), "{text}");
        }
        let (in_g1, in_g2) = model.points(&point);
        assert_eq!(r.batch_g2(in_g2.len()), Ok(in_g2), "{text}");
        assert_eq!(r.batch_g1(in_g1.len()), Ok(in_g1), "{text}");
        assert_eq!(r.end(), Ok(()));
    }
}

#[test]
fn unauthorised_coalitions_cannot_decrypt() {
    let campaign = Campaign { policies: 16, rows: 4, users: 2 };
    assert_only_authorised_users_decrypt(&HONEST, campaign, 72);
}

/// A corrupt authority adds its own attributes to those of one user, and cannot pool two users.
#[test]
fn a_corrupt_authority_decrypts_exactly_what_its_attributes_satisfy() {
    let rng = &mut rng(73);
    let own = attributes(&["a", "b"]);
    for round in 0..16 * campaign_factor() {
        // Every second coalition satisfies the policy only with both users.
        let (policy, users, alone) = loop {
            let policy = random_policy(4, rng);
            let users = [(); 2].map(|()| {
                let held = NAMES.into_iter().filter(|_| rng.gen_bool(0.3));
                AttributeSet::from_names(held).unwrap()
            });
            let satisfied = |users: &[AttributeSet]| {
                let union = users.iter().chain([&own]).flat_map(AttributeSet::iter);
                policy.is_satisfied_by(&AttributeSet::new(union).unwrap())
            };
            let alone = users.iter().any(|user| satisfied(std::slice::from_ref(user)));
            if round % 2 == 0 || !alone && satisfied(&users) {
                break (policy, users, alone);
            }
        };
        let coalition = Setting { corrupt: true, ..HONEST };
        assert_eq!(coalition.decrypts(&policy, &users), alone, "{policy} for {users:?}");
    }
}

#[test]
fn deliberate_faults_are_found() {
    for fault in [Fault::SharedIdentifier, Fault::NoZeroShares] {
        let faulty = Setting { fault, ..HONEST };
        assert_fault_is_found(&faulty, &HONEST, "a and c", &[&["a"], &["c"]]);
    }
}
