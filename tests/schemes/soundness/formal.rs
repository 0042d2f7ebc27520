//! Schemes as formal models: an element is a sum of exponents over formal generators.
//!
//! The formal generators are `g1`, `B` and the hash points, whose mutual logarithms are unknown. An
//! element of G1 maps each generator to an exponent. With points for the generators it is the
//! library's element, as one test per scheme verifies. With random logarithms it is a scalar, the
//! input of the decision procedure in [`exponents`](super::exponents).

use crate::common::{attribute, attributes, campaign_factor, policy, rng};
use crate::soundness::exponents::{View, reaches};
use epione::abe::{CpaHeader, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::kdf;
use epione::algebra::{G1, G2, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet, Node};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};

/// `g1`, or a point with an unknown logarithm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Generator {
    G1,
    /// FABEO's `B`.
    Base,
    /// The hash of an attribute.
    Attribute(Attribute),
    /// The hash of a user's identifier.
    User(usize),
}

/// An element of G1.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element(BTreeMap<Generator, Scalar>);

impl Element {
    /// `generator^exponent`
    pub(crate) fn of(generator: Generator, exponent: Scalar) -> Self {
        Self(BTreeMap::from([(generator, exponent)]))
    }

    /// `H(u)^exponent`
    pub(crate) fn hash(u: &Attribute, exponent: Scalar) -> Self {
        Self::of(Generator::Attribute(u.clone()), exponent)
    }

    pub(crate) fn plus(mut self, other: Self) -> Self {
        for (generator, exponent) in other.0 {
            *self.0.entry(generator).or_default() += exponent;
        }
        self
    }

    /// The point, given the points of the generators.
    pub(crate) fn point(&self, of: &impl Fn(&Generator) -> G1) -> G1 {
        self.0.iter().map(|(generator, exponent)| of(generator) * *exponent).sum()
    }

    /// The logarithm, given the logarithms of the generators.
    fn logarithm(&self, of: &mut impl FnMut(&Generator) -> Scalar) -> Scalar {
        self.0.iter().map(|(generator, exponent)| of(generator) * *exponent).sum()
    }
}

/// Elements of the three groups; those of G2 and GT by their exponents of `g2` and `Z`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elements {
    pub(crate) g1: Vec<Element>,
    pub(crate) g2: Vec<Scalar>,
    pub(crate) gt: Vec<Scalar>,
}

impl Elements {
    pub(crate) fn add(&mut self, other: Self) {
        self.g1.extend(other.g1);
        self.g2.extend(other.g2);
        self.gt.extend(other.gt);
    }

    /// The points of G1 and of G2, given the points of the generators.
    pub(crate) fn points(&self, of: &impl Fn(&Generator) -> G1) -> (Vec<G1>, Vec<G2>) {
        let g2 = self.g2.iter().map(|exponent| G2::generator() * *exponent).collect();
        (self.g1.iter().map(|element| element.point(of)).collect(), g2)
    }

    /// The view for random logarithms of the generators; `known` overrides them for a fault.
    pub(crate) fn view(
        &self,
        target: Scalar,
        known: impl Fn(&Generator) -> Option<Scalar>,
        rng: &mut ChaCha20Rng,
    ) -> View {
        let mut logarithms = BTreeMap::from([(Generator::G1, Scalar::ONE)]);
        let mut of = |generator: &Generator| {
            let fresh = known(generator).unwrap_or_else(|| Scalar::random(rng));
            *logarithms.entry(generator.clone()).or_insert(fresh)
        };
        View {
            g1: self.g1.iter().map(|element| element.logarithm(&mut of)).collect(),
            g2: self.g2.clone(),
            gt: self.gt.clone(),
            target,
        }
    }
}

/// The attributes of a policy and of users, whose hashes a coalition can compute.
pub(crate) fn attributes_of(policy: &AccessPolicy, users: &[AttributeSet]) -> BTreeSet<Attribute> {
    let rows = policy.span_program().rows().iter().map(|row| row.attribute.clone()).collect();
    let held = users.iter().flat_map(AttributeSet::expanded);
    held.fold(rows, |mut all: BTreeSet<_>, u| {
        all.insert(u);
        all
    })
}

/// A scheme under attack by a coalition of users.
pub(crate) trait Model {
    /// Draws all secrets and returns the coalition's view of one header: its elements, those of
    /// keys for these sets, and the element that the key is derived from as the target.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View;

    /// Returns `true` if a linear attack decrypts the header.
    fn decrypts(&self, policy: &AccessPolicy, users: &[AttributeSet]) -> bool {
        reaches(|rng| self.view(policy, users, rng))
    }
}

pub(crate) const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// The size of a search. The engine's time grows with the third power of the number of products.
#[derive(Clone, Copy)]
pub(crate) struct Campaign {
    pub(crate) policies: usize,
    pub(crate) rows: usize,
    pub(crate) users: usize,
}

/// Draws a policy with 2 to `rows` leaves and repeated attributes.
pub(crate) fn random_policy(rows: usize, rng: &mut ChaCha20Rng) -> AccessPolicy {
    fn node(depth: usize, rng: &mut ChaCha20Rng) -> Node {
        if depth == 0 || rng.gen_ratio(1, 3) {
            return Node::Leaf(attribute(NAMES[rng.gen_range(0..NAMES.len())]));
        }
        let n = rng.gen_range(2..=3);
        let children: Vec<Node> = (0..n).map(|_| node(depth - 1, rng)).collect();
        match rng.gen_range(0..3) {
            0 => Node::And(children),
            1 => Node::Or(children),
            _ => Node::Threshold(rng.gen_range(1..=n), children),
        }
    }
    loop {
        let policy = AccessPolicy::new(node(2, rng)).unwrap();
        if (2..=rows).contains(&policy.counts().0) {
            return policy;
        }
    }
}

fn random_set(rng: &mut ChaCha20Rng) -> AttributeSet {
    AttributeSet::from_names(NAMES.into_iter().filter(|_| rng.gen_bool(0.5))).unwrap()
}

/// Draws unauthorised users, preferably such that their union is authorised. Returns `true` beside
/// them if it is.
fn random_unauthorised_users(
    policy: &AccessPolicy,
    count: usize,
    rng: &mut ChaCha20Rng,
) -> (Vec<AttributeSet>, bool) {
    let mut draw = || {
        let users = std::iter::repeat_with(|| random_set(rng));
        let users: Vec<_> = users.filter(|set| !policy.is_satisfied_by(set)).take(count).collect();
        let union = AttributeSet::new(users.iter().flat_map(AttributeSet::iter)).unwrap();
        (users, policy.is_satisfied_by(&union))
    };
    (0..20).map(|_| draw()).find(|(_, authorised)| *authorised).unwrap_or_else(&mut draw)
}

/// The content key that `Z_s` gives under a header.
pub(crate) fn content_key<S: Scheme>(z_s: &Gt, header: &CpaHeader<S>) -> [u8; 32] {
    *kdf(tag::ABE_KEY, &z_s.to_bytes(), &[&header.to_bytes()]).expose()
}

/// Asserts over random policies that no coalition of unauthorised users decrypts a header, and that
/// an authorised user does, in any coalition.
pub(crate) fn assert_only_authorised_users_decrypt(
    model: &impl Model,
    campaign: Campaign,
    seed: u64,
) {
    let Campaign { policies, rows, users } = campaign;
    let policies = policies * campaign_factor();
    let (rng, mut jointly_authorised) = (&mut rng(seed), 0);
    for _ in 0..policies {
        let policy = random_policy(rows, rng);
        let (unauthorised, joint) = random_unauthorised_users(&policy, users, rng);
        assert!(!model.decrypts(&policy, &unauthorised), "{policy} for {unauthorised:?}");
        jointly_authorised += usize::from(joint);
        let user = std::iter::repeat_with(|| random_set(rng));
        if let Some(user) = user.take(20).find(|set| policy.is_satisfied_by(set)) {
            let coalition: Vec<_> = unauthorised.into_iter().skip(1).chain([user]).collect();
            assert!(model.decrypts(&policy, &coalition), "{policy} for {coalition:?}");
        }
    }
    println!("{jointly_authorised} of {policies} coalitions jointly satisfy the policy");
    assert!(4 * jointly_authorised > policies, "too few coalitions have keys worth pooling");
}

/// Asserts that unauthorised users decrypt with the fault, and do not without it.
pub(crate) fn assert_fault_is_found<M: Model>(
    faulty: &M,
    honest: &M,
    text: &str,
    users: &[&[&str]],
) {
    let policy = policy(text);
    let users: Vec<_> = users.iter().map(|names| attributes(names)).collect();
    assert!(users.iter().all(|set| !policy.is_satisfied_by(set)));
    assert!(faulty.decrypts(&policy, &users), "{text} for {users:?}");
    assert!(!honest.decrypts(&policy, &users), "{text} for {users:?}");
}
