//! The mended scheme of Pang et al. in the exponent: users, managers, the store, and epochs.

use crate::common::{fields, policy, rng};
use crate::soundness::exponents::{View, reaches};
use crate::soundness::formal::{
    Element, Extent, Generator, Held, Model, NAMES, attributes_of, campaign,
    coalitions_reach_nothing, content_key, random_policy,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::pang::{self, AttributeAuthority, Pang};
use epione::abe::{Coins, Scheme, decapsulate_cpa};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, Secret, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet, Name};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The factor between two epochs' exponents is handed out, for stored ciphertexts to be updated.
    UpdateFactor,
    /// One `t` for all users.
    OneUser,
    /// As printed: authorities know the `t` of the keys that they make.
    KnownExponents,
    /// As printed: `D_x = H(x)^{1 / v_x}`.
    Printed,
    /// No proof of possession: for an attribute's key, `D'^k` of the first user, with a `k` that she knows.
    RogueKey(&'static str),
}

/// What is drawn anew for every sample: `v_x` of an epoch, `t` of a user. What a corrupt manager or a
/// fault makes known is a number, the same in every sample.
struct Secrets<'a> {
    fault: Fault,
    /// Corrupt now.
    managers: &'a [&'a str],
    /// Corrupt before `written`.
    former: &'a [&'a str],
    written: u32,
    v: BTreeMap<(Attribute, u32), Scalar>,
    t: BTreeMap<usize, Scalar>,
    rng: &'a mut ChaCha20Rng,
}

fn number(about: &[&[u8]]) -> Scalar {
    hash_to_scalar(tag::ABE_COIN, &framed(about))
}

impl Secrets<'_> {
    fn v(&mut self, x: &Attribute, epoch: u32) -> Scalar {
        let place = (x.clone(), epoch);
        if let Some(v) = self.v.get(&place) {
            return *v;
        }
        let v = if self.knows(x, epoch) {
            number(&[&x.identity(), &epoch.to_be_bytes()])
        } else if matches!(self.fault, Fault::RogueKey(of) if of == x.to_string())
            && epoch == self.written
        {
            self.t(0) * number(&[b"k"])
        } else if self.fault == Fault::UpdateFactor && epoch > 0 {
            self.v(x, epoch - 1) * number(&[&x.identity(), b"factor", &epoch.to_be_bytes()])
        } else {
            Scalar::random(self.rng)
        };
        self.v.insert(place, v);
        v
    }

    /// Whether `v_x` of an epoch is known to the coalition as a number.
    fn knows(&self, x: &Attribute, epoch: u32) -> bool {
        let among = |names: &[&str]| names.contains(&x.to_string().as_str());
        among(self.managers) || epoch < self.written && among(self.former)
    }

    fn t(&mut self, user: usize) -> Scalar {
        let user = if self.fault == Fault::OneUser { 0 } else { user };
        let known = self.fault == Fault::KnownExponents && !self.managers.is_empty();
        let fresh = Scalar::random(self.rng);
        let t = if known { number(&[&user.to_be_bytes()]) } else { fresh };
        *self.t.entry(user).or_insert(t)
    }
}

fn hash(x: &Attribute, exponent: Scalar) -> Element {
    Element::of(Generator::Attribute(x.clone()), exponent)
}

/// `D = g1^{beta + a t};  D' = g2^t;  D_x = H(x)^{t / v_x}` for some exponents `v_x`.
fn key(a: Scalar, beta: Scalar, t: Scalar, components: &[(&Attribute, Scalar)]) -> Held {
    let d = Element::of(Generator::One, beta + a * t);
    let d_x = components.iter().map(|(x, v)| hash(x, t * v.inverse().unwrap()));
    Held { g1: [d].into_iter().chain(d_x).collect(), g2: vec![t], gt: vec![] }
}

/// `C'' = g2^s;  C_i = g2^{v r_i};  C'_i = g1^{a lambda_i} H(pi(i))^{r_i}`
fn header(
    a: Scalar,
    policy: &AccessPolicy,
    v: &mut impl FnMut(&Attribute) -> Scalar,
    coins: &Coins,
) -> Held {
    let program = policy.span_program();
    let rows = || program.rows().iter().zip(&coins.masks);
    let g1 = rows().zip(program.share(&coins.vector)).map(|((row, r), lambda)| {
        Element::of(Generator::One, a * lambda).plus(hash(&row.attribute, *r))
    });
    let c = rows().map(|(row, r)| v(&row.attribute) * *r);
    let g1 = g1.collect();
    Held { g1, g2: [coins.vector[0]].into_iter().chain(c).collect(), gt: vec![] }
}

/// The attributes of one user, each with an epoch in which she has it.
type Components<'a> = &'a [(&'a str, u32)];

/// Who works together against a header: users with the epochs in which they have attributes, managers
/// of attributes, and the store, which has what was written under the policy in every epoch before.
///
/// There is an honest user besides, who holds everything: her `D'` is public, and managers have her shares.
#[derive(Clone, Copy)]
struct Coalition<'a> {
    fault: Fault,
    policy: &'a AccessPolicy,
    users: &'a [Components<'a>],
    managers: &'a [&'a str],
    /// Managers that were corrupt before `written`, and are not any more.
    former: &'a [&'a str],
    store: bool,
    /// The epoch of every attribute in the header.
    written: u32,
}

const HONEST: usize = 99;

impl Coalition<'_> {
    fn new<'a>(policy: &'a AccessPolicy, users: &'a [Components<'a>]) -> Coalition<'a> {
        let (managers, former): (&[&str], &[&str]) = (&[], &[]);
        Coalition { fault: Fault::None, policy, users, managers, former, store: true, written: 1 }
    }

    /// Wants `Z^{beta s}`.
    fn view(&self, rng: &mut ChaCha20Rng) -> View {
        let [a, beta] = [(); 2].map(|()| Scalar::random(rng));
        let program = self.policy.span_program();
        let first = if self.store { 0 } else { self.written };
        let all_coins: Vec<Coins> =
            (first..=self.written).map(|_| Coins::random::<Pang>(&program, rng)).collect();
        let Self { fault, managers, former, written, .. } = *self;
        let (v, t) = (BTreeMap::new(), BTreeMap::new());
        let mut secrets = Secrets { fault, managers, former, written, v, t, rng };
        let attribute = |x: &str| Attribute::new(x).unwrap();
        let corrupt =
            |x: &Attribute| managers.iter().chain(former).any(|manager| *manager == x.to_string());
        let of_users = || self.users.iter().flat_map(|held| held.iter());
        let mut all = attributes_of(self.policy, &[]);
        all.extend(of_users().map(|(x, _)| attribute(x)));
        all.extend(managers.iter().chain(former).map(|x| attribute(x)));
        let last = of_users().map(|(_, epoch)| *epoch).fold(written, u32::max);

        let public = [Scalar::ONE, a].map(|exponent| Element::of(Generator::One, exponent));
        let hashes = all.iter().map(|x| hash(x, Scalar::ONE));
        let mut held = Held {
            g1: public.into_iter().chain(hashes).collect(),
            g2: vec![Scalar::ONE, secrets.t(HONEST)],
            gt: vec![beta],
        };
        for x in &all {
            for epoch in 0..=last {
                let v = secrets.v(x, epoch);
                // What is known as a number adds nothing to `g2`.
                held.g2.extend((!secrets.knows(x, epoch)).then_some(v));
            }
            let t = secrets.t(HONEST);
            held.g1.extend(corrupt(x).then(|| hash(x, t)));
        }
        for (user, components) in self.users.iter().enumerate() {
            let t = secrets.t(user);
            let components: Vec<_> = components.iter().map(|(x, e)| (attribute(x), *e)).collect();
            let components: Vec<_> =
                components.iter().map(|(x, e)| (x, secrets.v(x, *e))).collect();
            let mut key = key(a, beta, t, &components);
            if self.fault == Fault::Printed {
                let printed = components.iter().map(|(x, v)| hash(x, v.inverse().unwrap()));
                key.g1.truncate(1);
                key.g1.extend(printed);
            }
            held.add(key);
            // Managers have the shares of those who ever held their attributes.
            let shares: BTreeSet<&Attribute> =
                components.iter().map(|(x, _)| *x).filter(|x| corrupt(x)).collect();
            held.g1.extend(shares.into_iter().map(|x| hash(x, t)));
        }
        let mut target = Scalar::ZERO;
        for (epoch, coins) in (first..).zip(&all_coins) {
            held.add(header(a, self.policy, &mut |x| secrets.v(x, epoch), coins));
            target = beta * coins.vector[0];
        }
        held.view(target, |_| None, secrets.rng)
    }

    fn opens(&self) -> bool {
        reaches(|rng| self.view(rng))
    }
}

/// In one epoch, by sets of attributes.
impl Model for Fault {
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let names: Vec<Vec<String>> = users
            .iter()
            .map(|set| set.iter().map(|attribute| attribute.to_string()).collect())
            .collect();
        let held: Vec<Vec<(&str, u32)>> =
            names.iter().map(|names| names.iter().map(|x| (x.as_str(), 0)).collect()).collect();
        let users: Vec<Components<'_>> = held.iter().map(Vec::as_slice).collect();
        Coalition { fault: *self, written: 0, ..Coalition::new(policy, &users) }.view(rng)
    }
}

/// Element by element, at random secrets.
#[test]
fn the_model_of_revocable_attributes_is_the_library() {
    let rng = &mut rng(101);
    let point = |generator: &Generator| match generator {
        Generator::One => G1::generator(),
        Generator::Attribute(x) => hash_to_g1(tag::REVOCABLE_ATTRIBUTE, &x.identity()),
        Generator::Base | Generator::User(_) => panic!("there is no such point"),
    };
    let points = |held: &Held| -> Vec<G1> { held.g1.iter().map(|e| e.point(&point)).collect() };
    let in_g2 = |held: &Held| -> Vec<G2> { held.g2.iter().map(|x| G2::generator() * *x).collect() };
    let [a, beta] = [(); 2].map(|()| Scalar::random(rng));
    let users = [7; 32];
    let (parameters, master) = pang::setup_with_randomness(&a, &beta, &Secret::new(users));
    let t = hash_to_scalar(tag::REVOCABLE_USER, &framed(&[&users, b"Ada"]));
    let names = ["a", "b", "c", "d"].map(|x| Name::new(x).unwrap());
    let v: Vec<Scalar> = names.iter().map(|_| Scalar::random(rng)).collect();
    let mut managers: Vec<AttributeAuthority> = names
        .iter()
        .zip(&v)
        .map(|(x, v)| AttributeAuthority::new_with_randomness(x.clone(), 3, v))
        .collect();
    let parameters =
        managers.iter().fold(parameters, |p, m| p.with_attribute_key(&m.public_key()).unwrap());
    let bytes = parameters.to_bytes();
    let mut r = fields(&bytes);
    assert_eq!(r.u8(), Ok(Pang::SUITE));
    assert_eq!(r.g1(), Ok(Element::of(Generator::One, a).point(&point)));
    assert_eq!(r.gt(), Ok(Gt::generator().pow(&beta)));
    let keys = r.list(9, |r| Ok((r.text(9)?, r.u32()?, r.g2()?))).unwrap();
    let expected = names.iter().zip(&v).map(|(x, v)| (x.to_string(), 3, G2::generator() * *v));
    assert_eq!(keys, expected.collect::<Vec<_>>());

    let mut user = pang::enrol(&master, "Ada").unwrap();
    for manager in &mut managers[..2] {
        let share = pang::key_share(&master, "Ada", manager.attribute()).unwrap();
        let bytes = share.to_secret_bytes();
        let mut r = fields(&bytes);
        let x = Attribute::Name(manager.attribute().clone());
        assert_eq!((r.text(9), r.text(9)), (Ok("Ada".to_owned()), Ok(x.to_string())));
        assert_eq!(r.g2(), Ok(G2::generator() * t));
        assert_eq!(r.g1(), Ok(hash(&x, t).point(&point)));
        let component = manager.issue(share.verify().unwrap()).unwrap();
        user = user.with_component(&component, &manager.public_key()).unwrap();
    }
    let x = names.clone().map(Attribute::Name);
    let model = key(a, beta, t, &[(&x[0], v[0]), (&x[1], v[1])]);
    let bytes = user.to_secret_bytes();
    let mut r = fields(&bytes);
    assert_eq!(r.u8(), Ok(Pang::SUITE));
    AttributeSet::read(&mut r).unwrap();
    assert_eq!(r.text(9).as_deref(), Ok("Ada"));
    let (d, d_prime) = (r.g1().unwrap(), r.g2().unwrap());
    (0..2).for_each(|_| assert_eq!(r.list(9, |r| r.u32()), Ok(vec![3])));
    let d_x = r.batch_g1(2).unwrap();
    assert_eq!(points(&model), [&[d], &d_x[..]].concat());
    assert_eq!(in_g2(&model), [d_prime]);

    for text in ["a", "a and (a or b)", "2 of (a, c, b or d)"] {
        let policy = policy(text);
        let n = policy.counts().0;
        let coins = Coins::random::<Pang>(&policy.span_program(), rng);
        let (sealed, _) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins).unwrap();
        let mut of = |u: &Attribute| v[x.iter().position(|x| x == u).unwrap()];
        let model = header(a, &policy, &mut of, &coins);
        let bytes = sealed.to_bytes();
        let mut r = fields(&bytes);
        r.u8().unwrap();
        r.text(99).unwrap();
        (0..n).for_each(|_| assert_eq!(r.u32(), Ok(3)));
        assert_eq!(r.batch_g2(n + 1), Ok(in_g2(&model)), "{text}");
        assert_eq!(r.batch_g1(n), Ok(points(&model)), "{text}");
        assert_eq!(r.end(), Ok(()));
        // The key is of Z^{beta s}: opened by the library's Decaps.
        let shared = Gt::generator().pow(&(beta * coins.vector[0]));
        let opened = decapsulate_cpa(&user, &sealed).unwrap();
        assert_eq!(*opened.expose(), content_key(&shared, &sealed), "{text}");
    }
}

#[test]
fn no_coalition_of_strangers_opens_what_managers_guard() {
    coalitions_reach_nothing(&Fault::None, Extent { policies: 16, rows: 5, users: 2 }, 102);
}

#[test]
fn nobody_opens_what_is_written_after_a_revocation() {
    let ada: Components<'_> = &[("a", 0), ("b", 0), ("b", 1)];
    let bose: Components<'_> = &[("a", 0), ("a", 1)];
    let returned: Components<'_> = &[("a", 0), ("a", 2), ("b", 1)];
    let stranger: Components<'_> = &[("b", 1)];
    let (none, a, b): (&[&str], &[&str], &[&str]) = (&[], &["a"], &["b"]);
    type Case<'a> = (&'a str, &'a [Components<'a>], &'a [&'a str], &'a [&'a str]);
    let refused: [Case<'_>; 8] = [
        // Ada lost a: alone, with Bose who never had b, and with the manager of b.
        ("a", &[ada], none, none),
        ("a and b", &[ada, bose], none, none),
        ("a and b", &[ada], b, none),
        ("a and (b or c)", &[ada], &["b", "c"], none),
        // With who was the manager of a before she lost it, and knows all that it knew then.
        ("a and b", &[ada], none, a),
        // She has it again, for what is written later.
        ("a and b", &[returned], none, none),
        // The manager of a, and somebody for whom the centre has sent it no share.
        ("a and b", &[stranger], a, none),
        ("a and b", &[stranger, bose], b, a),
    ];
    for (text, users, managers, former) in refused {
        let policy = policy(text);
        let coalition = Coalition { managers, former, ..Coalition::new(&policy, users) };
        assert!(!coalition.opens(), "{text} for {users:?}, {managers:?} and {former:?}");
    }
    // Who opens: the holder, and the manager of a with someone whose share it has.
    let holder: Components<'_> = &[("a", 1), ("b", 1)];
    let granted: [Case<'_>; 3] = [
        ("a and b", &[holder], none, none),
        ("a and b", &[ada, holder], none, none),
        ("a and b", &[ada], a, none),
    ];
    for (text, users, managers, former) in granted {
        let policy = policy(text);
        let coalition = Coalition { managers, former, ..Coalition::new(&policy, users) };
        assert!(coalition.opens(), "{text} for {users:?} and {managers:?}");
    }
}

/// Over random policies, epochs and corrupt managers: a coalition opens exactly what one of its users can
/// by herself, with what corrupt managers who have her shares would issue to her.
#[test]
fn coalitions_over_epochs_open_what_one_of_them_can() {
    let campaign = campaign();
    let (rng, mut pooling) = (&mut rng(103), 0);
    for _ in 0..10 * campaign {
        let policy = random_policy(3, rng);
        let mut some = |probability: f64| -> Vec<&str> {
            NAMES.into_iter().filter(|_| rng.gen_bool(probability)).collect()
        };
        let managers = some(0.2);
        let users: Vec<Vec<(&str, u32)>> = (0..2)
            .map(|_| {
                let in_epoch = |epoch: u32, names: Vec<&'static str>| {
                    names.into_iter().map(move |x| (x, epoch))
                };
                in_epoch(0, some(0.4)).chain(in_epoch(1, some(0.3))).collect()
            })
            .collect();
        let effective = |held: &[(&str, u32)]| {
            let usable = held.iter().filter(|(x, epoch)| *epoch == 1 || managers.contains(x));
            AttributeSet::from_names(usable.map(|(x, _)| *x)).unwrap()
        };
        let alone = users.iter().any(|held| policy.is_satisfied_by(&effective(held)));
        let all: Vec<(&str, u32)> = users.concat();
        let ever = AttributeSet::from_names(all.iter().map(|(x, _)| *x)).unwrap();
        pooling += usize::from(!alone && policy.is_satisfied_by(&ever));
        let slices: Vec<Components<'_>> = users.iter().map(Vec::as_slice).collect();
        let coalition =
            Coalition { managers: &managers, store: false, ..Coalition::new(&policy, &slices) };
        assert_eq!(coalition.opens(), alone, "{policy} for {users:?} and {managers:?}");
    }
    println!("{pooling} of {} coalitions had it together once", 10 * campaign);
    assert!(pooling > campaign, "the sample holds coalitions that have something to pool");
}

#[test]
fn the_planted_faults_of_revocable_attributes_are_found() {
    let ada: Components<'_> = &[("a", 0), ("b", 0), ("b", 1)];
    let (none, c): (&[&str], &[&str]) = (&[], &["c"]);
    let cases: [(Fault, &[Components<'_>], &[&str]); 4] = [
        (Fault::UpdateFactor, &[ada], none),
        (Fault::OneUser, &[ada, &[("a", 1)]], none),
        (Fault::KnownExponents, &[ada], c),
        (Fault::RogueKey("a"), &[&[("b", 1)]], none),
    ];
    let policy = policy("a and b");
    for (fault, users, managers) in cases {
        let honest = Coalition { managers, ..Coalition::new(&policy, users) };
        assert!(!honest.opens(), "{users:?} and {managers:?}");
        assert!(Coalition { fault, ..honest }.opens(), "{users:?} and {managers:?}");
    }
    // Without t in the components, a holder of everything opens nothing.
    let holder: &[Components<'_>] = &[&[("a", 1), ("b", 1)]];
    let honest = Coalition::new(&policy, holder);
    assert!(honest.opens() && !Coalition { fault: Fault::Printed, ..honest }.opens());
}
