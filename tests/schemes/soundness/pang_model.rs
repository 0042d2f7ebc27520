//! The formal model of the corrected scheme of Pang et al.: users, corrupt attribute authorities,
//! stored headers and key epochs.

mod revocation;

use crate::common::{fields, policy, rng};
use crate::soundness::exponents::{View, reaches};
use crate::soundness::formal::{
    Campaign, Element, Elements, Generator, Model, assert_only_authorised_users_decrypt,
    attributes_of, content_key,
};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::pang::{self, AttributeAuthority, Pang};
use epione::abe::{Coins, Scheme, decapsulate_cpa};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, Secret, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet, Name};
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The factor between the exponents of two epochs is public, for updates of stored ciphertexts.
    UpdateFactor,
    /// One `t` for all users.
    SharedUserExponent,
    /// As printed: attribute authorities know `t` of the keys they issue.
    KnownUserExponents,
    /// As printed: `D_x = H(x)^{1 / v_x}`.
    AsPrinted,
    /// No proof of possession: the key of this attribute is `D'^k` for the first user's `D'` and a
    /// known `k`.
    RogueKey(&'static str),
}

/// The exponents of one draw: `v_x` per epoch, `t` per user. A value that a corrupt authority or a
/// fault reveals is a known number, the same in every draw.
struct Secrets<'a> {
    coalition: &'a Coalition<'a>,
    v: BTreeMap<(Attribute, u32), Scalar>,
    t: BTreeMap<usize, Scalar>,
    rng: &'a mut ChaCha20Rng,
}

fn known_number(label: &[&[u8]]) -> Scalar {
    hash_to_scalar(tag::ABE_COIN, &framed(label))
}

impl Secrets<'_> {
    fn v(&mut self, x: &Attribute, epoch: u32) -> Scalar {
        let index = (x.clone(), epoch);
        if let Some(v) = self.v.get(&index) {
            return *v;
        }
        let Coalition { fault, epoch: current, .. } = *self.coalition;
        let v = if self.coalition.knows(x, epoch) {
            known_number(&[&x.identity(), &epoch.to_be_bytes()])
        } else if matches!(fault, Fault::RogueKey(of) if of == x.to_string()) && epoch == current {
            self.t(0) * known_number(&[b"k"])
        } else if fault == Fault::UpdateFactor && epoch > 0 {
            let factor = known_number(&[&x.identity(), b"factor", &epoch.to_be_bytes()]);
            self.v(x, epoch - 1) * factor
        } else {
            Scalar::random(self.rng)
        };
        self.v.insert(index, v);
        v
    }

    fn t(&mut self, user: usize) -> Scalar {
        let Coalition { fault, corrupt, .. } = *self.coalition;
        let user = if fault == Fault::SharedUserExponent { 0 } else { user };
        let known = fault == Fault::KnownUserExponents && !corrupt.is_empty();
        let fresh = Scalar::random(self.rng);
        let t = if known { known_number(&[&user.to_be_bytes()]) } else { fresh };
        *self.t.entry(user).or_insert(t)
    }
}

/// `D = g1^{beta + a t};  D' = g2^t;  D_x = H(x)^{t / v_x}`
fn key(a: Scalar, beta: Scalar, t: Scalar, components: &[(&Attribute, Scalar)]) -> Elements {
    let d = Element::of(Generator::G1, beta + a * t);
    let d_x = components.iter().map(|(x, v)| Element::hash(x, t * v.inverse().unwrap()));
    Elements { g1: [d].into_iter().chain(d_x).collect(), g2: vec![t], gt: vec![] }
}

/// `C'' = g2^s;  C_i = g2^{v r_i};  C'_i = g1^{a lambda_i} H(pi(i))^{r_i}`
fn header(
    a: Scalar,
    policy: &AccessPolicy,
    v: &mut impl FnMut(&Attribute) -> Scalar,
    coins: &Coins,
) -> Elements {
    let program = policy.span_program();
    let rows = || program.rows().iter().zip(&coins.masks);
    let c_prime = rows().zip(program.share(&coins.vector)).map(|((row, r), lambda)| {
        Element::of(Generator::G1, a * lambda).plus(Element::hash(&row.attribute, *r))
    });
    let c = rows().map(|(row, r)| v(&row.attribute) * *r);
    let g1 = c_prime.collect();
    Elements { g1, g2: [coins.vector[0]].into_iter().chain(c).collect(), gt: vec![] }
}

/// The attributes of one user, each with an epoch of its component.
type Components<'a> = &'a [(&'a str, u32)];

/// A coalition against one header: users, corrupt attribute authorities, and the store with the
/// headers of all earlier epochs under the same policy.
///
/// An honest user outside the coalition holds all attributes. This user's `D'` is public, and the
/// corrupt authorities hold the user's key shares.
#[derive(Clone, Copy)]
struct Coalition<'a> {
    fault: Fault,
    policy: &'a AccessPolicy,
    users: &'a [Components<'a>],
    /// The attributes of corrupt authorities.
    corrupt: &'a [&'a str],
    /// The attributes of authorities that were corrupt in earlier epochs only.
    formerly_corrupt: &'a [&'a str],
    store: bool,
    /// The epoch of all attributes in the header.
    epoch: u32,
}

/// The index of the honest user.
const HONEST: usize = 99;

impl Coalition<'_> {
    fn new<'a>(policy: &'a AccessPolicy, users: &'a [Components<'a>]) -> Coalition<'a> {
        let (corrupt, formerly_corrupt): (&[&str], &[&str]) = (&[], &[]);
        let (fault, store, epoch) = (Fault::None, true, 1);
        Coalition { fault, policy, users, corrupt, formerly_corrupt, store, epoch }
    }

    /// Returns `true` if the coalition knows `v_x` of an epoch as a number.
    fn knows(&self, x: &Attribute, epoch: u32) -> bool {
        let among = |names: &[&str]| names.contains(&x.to_string().as_str());
        among(self.corrupt) || epoch < self.epoch && among(self.formerly_corrupt)
    }

    /// The target is `Z^{beta s}` of the header of the current epoch.
    fn view(&self, rng: &mut ChaCha20Rng) -> View {
        let [a, beta] = [(); 2].map(|()| Scalar::random(rng));
        let program = self.policy.span_program();
        let first = if self.store { 0 } else { self.epoch };
        let coins_by_epoch: Vec<Coins> =
            (first..=self.epoch).map(|_| Coins::random::<Pang>(&program, rng)).collect();
        let mut secrets = Secrets { coalition: self, v: BTreeMap::new(), t: BTreeMap::new(), rng };
        let attribute = |x: &str| Attribute::new(x).unwrap();
        let ever_corrupt = || self.corrupt.iter().chain(self.formerly_corrupt);
        let is_corrupt = |x: &Attribute| ever_corrupt().any(|name| *name == x.to_string());
        let held = || self.users.iter().flat_map(|components| components.iter());
        let mut all = attributes_of(self.policy, &[]);
        all.extend(held().map(|(x, _)| attribute(x)));
        all.extend(ever_corrupt().map(|x| attribute(x)));
        let last = held().map(|(_, epoch)| *epoch).fold(self.epoch, u32::max);

        let public = [Scalar::ONE, a].map(|exponent| Element::of(Generator::G1, exponent));
        let hashes = all.iter().map(|x| Element::hash(x, Scalar::ONE));
        let mut view = Elements {
            g1: public.into_iter().chain(hashes).collect(),
            g2: vec![Scalar::ONE, secrets.t(HONEST)],
            gt: vec![beta],
        };
        for x in &all {
            for epoch in 0..=last {
                let v = secrets.v(x, epoch);
                // g2^v for a known v is a multiple of g2.
                view.g2.extend((!self.knows(x, epoch)).then_some(v));
            }
            let t = secrets.t(HONEST);
            view.g1.extend(is_corrupt(x).then(|| Element::hash(x, t)));
        }
        for (user, components) in self.users.iter().enumerate() {
            let t = secrets.t(user);
            let components: Vec<_> = components.iter().map(|(x, e)| (attribute(x), *e)).collect();
            let components: Vec<_> =
                components.iter().map(|(x, e)| (x, secrets.v(x, *e))).collect();
            let mut key = key(a, beta, t, &components);
            if self.fault == Fault::AsPrinted {
                let printed =
                    components.iter().map(|(x, v)| Element::hash(x, v.inverse().unwrap()));
                key.g1.truncate(1);
                key.g1.extend(printed);
            }
            view.add(key);
            // The key shares of all users who ever held the attribute of a corrupt authority.
            let shares: BTreeSet<&Attribute> =
                components.iter().map(|(x, _)| *x).filter(|x| is_corrupt(x)).collect();
            view.g1.extend(shares.into_iter().map(|x| Element::hash(x, t)));
        }
        let mut target = Scalar::ZERO;
        for (epoch, coins) in (first..).zip(&coins_by_epoch) {
            view.add(header(a, self.policy, &mut |x| secrets.v(x, epoch), coins));
            target = beta * coins.vector[0];
        }
        view.view(target, |_| None, secrets.rng)
    }

    fn decrypts(&self) -> bool {
        reaches(|rng| self.view(rng))
    }
}

/// The scheme with a single epoch.
impl Model for Fault {
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View {
        let names: Vec<Vec<String>> = users
            .iter()
            .map(|set| set.iter().map(|attribute| attribute.to_string()).collect())
            .collect();
        let held: Vec<Vec<(&str, u32)>> =
            names.iter().map(|names| names.iter().map(|x| (x.as_str(), 0)).collect()).collect();
        let users: Vec<Components<'_>> = held.iter().map(Vec::as_slice).collect();
        Coalition { fault: *self, epoch: 0, ..Coalition::new(policy, &users) }.view(rng)
    }
}

/// Compares element by element, for random secrets.
#[test]
fn the_model_equals_the_library() {
    let rng = &mut rng(101);
    let point = |generator: &Generator| match generator {
        Generator::G1 => G1::generator(),
        Generator::Attribute(x) => hash_to_g1(tag::REVOCABLE_ATTRIBUTE, &x.identity()),
        Generator::Base | Generator::User(_) => panic!("the scheme hashes attributes only"),
    };
    let [a, beta] = [(); 2].map(|()| Scalar::random(rng));
    let users = [7; 32];
    let (parameters, master) = pang::setup_with_randomness(&a, &beta, &Secret::new(users));
    let t = hash_to_scalar(tag::REVOCABLE_USER, &framed(&[&users, b"Ada"]));
    let names = ["a", "b", "c", "d"].map(|x| Name::new(x).unwrap());
    let v: Vec<Scalar> = names.iter().map(|_| Scalar::random(rng)).collect();
    let mut authorities: Vec<AttributeAuthority> = names
        .iter()
        .zip(&v)
        .map(|(x, v)| AttributeAuthority::new_with_randomness(x.clone(), 3, v))
        .collect();
    let keys = authorities.iter().map(AttributeAuthority::public_key);
    let parameters = keys.fold(parameters, |p, key| p.with_attribute_key(&key).unwrap());
    let bytes = parameters.to_bytes();
    let mut r = fields(&bytes);
    assert_eq!(r.u8(), Ok(Pang::SUITE));
    assert_eq!(r.g1(), Ok(Element::of(Generator::G1, a).point(&point)));
    assert_eq!(r.gt(), Ok(Gt::generator().pow(&beta)));
    let keys = r.list(9, |r| Ok((r.text(9)?, r.u32()?, r.g2()?))).unwrap();
    let expected = names.iter().zip(&v).map(|(x, v)| (x.to_string(), 3, G2::generator() * *v));
    assert_eq!(keys, expected.collect::<Vec<_>>());

    let mut user = pang::enrol(&master, "Ada").unwrap();
    for authority in &mut authorities[..2] {
        let share = pang::key_share(&master, "Ada", authority.attribute()).unwrap();
        let bytes = share.to_secret_bytes();
        let mut r = fields(&bytes);
        let x = Attribute::Name(authority.attribute().clone());
        assert_eq!((r.text(9), r.text(9)), (Ok("Ada".to_owned()), Ok(x.to_string())));
        assert_eq!(r.g2(), Ok(G2::generator() * t));
        assert_eq!(r.g1(), Ok(Element::hash(&x, t).point(&point)));
        let component = authority.issue(share.verify().unwrap()).unwrap();
        user = user.with_component(&component, &authority.public_key()).unwrap();
    }
    let x = names.clone().map(Attribute::Name);
    let bytes = user.to_secret_bytes();
    let mut r = fields(&bytes);
    assert_eq!(r.u8(), Ok(Pang::SUITE));
    AttributeSet::read(&mut r).unwrap();
    assert_eq!(r.text(9).as_deref(), Ok("Ada"));
    let (d, d_prime) = (r.g1().unwrap(), r.g2().unwrap());
    (0..2).for_each(|_| assert_eq!(r.list(9, |r| r.u32()), Ok(vec![3])));
    let d_x = r.batch_g1(2).unwrap();
    let model = key(a, beta, t, &[(&x[0], v[0]), (&x[1], v[1])]);
    assert_eq!(model.points(&point), ([&[d], &d_x[..]].concat(), vec![d_prime]));

    for text in ["a", "a and (a or b)", "2 of (a, c, b or d)"] {
        let policy = policy(text);
        let n = policy.counts().0;
        let coins = Coins::random::<Pang>(&policy.span_program(), rng);
        let (sealed, _) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins).unwrap();
        let mut of = |u: &Attribute| v[x.iter().position(|x| x == u).unwrap()];
        let (in_g1, in_g2) = header(a, &policy, &mut of, &coins).points(&point);
        let bytes = sealed.to_bytes();
        let mut r = fields(&bytes);
        r.u8().unwrap();
        r.text(99).unwrap();
        (0..n).for_each(|_| assert_eq!(r.u32(), Ok(3)));
        assert_eq!(r.batch_g2(n + 1), Ok(in_g2), "{text}");
        assert_eq!(r.batch_g1(n), Ok(in_g1), "{text}");
        assert_eq!(r.end(), Ok(()));
        // The library's Decaps reaches the target.
        let target = Gt::generator().pow(&(beta * coins.vector[0]));
        let decapsulated = decapsulate_cpa(&user, &sealed).unwrap();
        assert_eq!(*decapsulated.expose(), content_key(&target, &sealed), "{text}");
    }
}

#[test]
fn unauthorised_coalitions_cannot_decrypt() {
    let campaign = Campaign { policies: 16, rows: 5, users: 2 };
    assert_only_authorised_users_decrypt(&Fault::None, campaign, 102);
}
