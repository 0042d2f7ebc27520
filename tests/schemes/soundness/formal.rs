//! A scheme written a second time: every element as a sum of exponents over formal generators.
//!
//! `g1`, `B` and the points that names are hashed to are generators: nobody knows how they depend on
//! each other. An element of G1 is, for each of them, the exponent it is raised to. With the real
//! points in their places it is the real element, which one test compares with what the library
//! computes, so that the model cannot drift away from it. With a random logarithm each it is a
//! number, which the engine in [`exponents`](super::exponents) combines.

use crate::common::{attribute, rng};
use crate::soundness::exponents::{View, reaches};
use epione::abe::{CpaHeader, Scheme};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::kdf;
use epione::algebra::{G1, Gt, Scalar, tag};
use epione::policy::{AccessPolicy, Attribute, AttributeSet, Node};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};

/// What nobody knows the logarithm of, and `g1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Generator {
    One,
    Base,
    Attribute(Attribute),
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

    pub(crate) fn plus(mut self, other: Self) -> Self {
        for (generator, exponent) in other.0 {
            *self.0.entry(generator).or_default() += exponent;
        }
        self
    }

    /// With points for the generators.
    pub(crate) fn point(&self, of: &impl Fn(&Generator) -> G1) -> G1 {
        self.0.iter().map(|(generator, exponent)| of(generator) * *exponent).sum()
    }

    /// With logarithms for them.
    fn logarithm(&self, of: &mut impl FnMut(&Generator) -> Scalar) -> Scalar {
        self.0.iter().map(|(generator, exponent)| of(generator) * *exponent).sum()
    }
}

/// What somebody holds: exponents of `g2` and of `Z` are numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) g1: Vec<Element>,
    pub(crate) g2: Vec<Scalar>,
    pub(crate) gt: Vec<Scalar>,
}

impl Held {
    pub(crate) fn add(&mut self, other: Self) {
        self.g1.extend(other.g1);
        self.g2.extend(other.g2);
        self.gt.extend(other.gt);
    }

    /// With random logarithms, or those that a fault makes known.
    pub(crate) fn view(
        &self,
        target: Scalar,
        known: impl Fn(&Generator) -> Option<Scalar>,
        rng: &mut ChaCha20Rng,
    ) -> View {
        let mut logarithms = BTreeMap::from([(Generator::One, Scalar::ONE)]);
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

/// The attributes whose points a coalition can compute and use.
pub(crate) fn attributes_of(policy: &AccessPolicy, users: &[AttributeSet]) -> BTreeSet<Attribute> {
    let rows = policy.span_program().rows().iter().map(|row| row.attribute.clone()).collect();
    let held = users.iter().flat_map(AttributeSet::expanded);
    held.fold(rows, |mut all: BTreeSet<_>, u| {
        all.insert(u);
        all
    })
}

/// A scheme whose users may pool what they hold.
pub(crate) trait Model {
    /// What a coalition sees of one header under a policy, with keys of these attributes, and the
    /// exponent of the element that it wants; everything drawn anew.
    fn view(&self, policy: &AccessPolicy, users: &[AttributeSet], rng: &mut ChaCha20Rng) -> View;

    /// Whether some linear attack opens the header.
    fn opens(&self, policy: &AccessPolicy, users: &[AttributeSet]) -> bool {
        reaches(|rng| self.view(policy, users, rng))
    }
}

pub(crate) const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// How much is tried: the engine's time grows with the third power of what a coalition holds.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) policies: usize,
    pub(crate) rows: usize,
    pub(crate) users: usize,
}

/// A random policy with few leaves, in which attributes occur several times.
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

/// Users who do not satisfy the policy, but would together if such are found.
fn random_users(
    policy: &AccessPolicy,
    count: usize,
    rng: &mut ChaCha20Rng,
) -> (Vec<AttributeSet>, bool) {
    let mut draw = || {
        let users = std::iter::repeat_with(|| random_set(rng));
        let outside: Vec<_> =
            users.filter(|set| !policy.is_satisfied_by(set)).take(count).collect();
        let all = AttributeSet::new(outside.iter().flat_map(AttributeSet::iter)).unwrap();
        (outside, policy.is_satisfied_by(&all))
    };
    (0..20).map(|_| draw()).find(|(_, pooled)| *pooled).unwrap_or_else(&mut draw)
}

/// How many times as much is tried.
pub(crate) fn campaign() -> usize {
    std::env::var("EPIONE_CAMPAIGN").map_or(1, |times| times.parse().unwrap())
}

/// The key that a header gives for a value of its element.
pub(crate) fn content_key<S: Scheme>(element: &Gt, header: &CpaHeader<S>) -> [u8; 32] {
    *kdf(tag::ABE_KEY, &element.to_bytes(), &[&header.to_bytes()]).expose()
}

/// Over random policies: no coalition of users who do not satisfy the policy opens a header, and a
/// user who does opens it, whoever else is there.
pub(crate) fn coalitions_reach_nothing(model: &impl Model, extent: Extent, seed: u64) {
    let Extent { policies, rows, users } = extent;
    let policies = policies * campaign();
    let (rng, mut pooling) = (&mut rng(seed), 0);
    for _ in 0..policies {
        let policy = random_policy(rows, rng);
        let (outside, pooled) = random_users(&policy, users, rng);
        assert!(!model.opens(&policy, &outside), "{policy} for {outside:?}");
        pooling += usize::from(pooled);
        let user = std::iter::repeat_with(|| random_set(rng));
        if let Some(user) = user.take(20).find(|set| policy.is_satisfied_by(set)) {
            let coalition: Vec<_> = outside.into_iter().skip(1).chain([user]).collect();
            assert!(model.opens(&policy, &coalition), "{policy} for {coalition:?}");
        }
    }
    println!("{pooling} of {policies} coalitions would satisfy the policy together");
    assert!(4 * pooling > policies, "the sample holds coalitions that have something to pool");
}
