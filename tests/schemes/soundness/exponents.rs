//! The decision procedures for linear attacks (`docs/soundness.md`) and for linkability.
//!
//! From `g1^{a_k}`, `g2^{b_l}`, `Z^{c_m}` a linear attack reaches `Z^t` if coefficients exist with
//! `sum x_kl a_k b_l + sum y_m c_m = t` for *all* values of the secrets. Each random draw of the
//! secrets gives one linear equation in the coefficients. With more draws than unknowns the system
//! is solvable if and only if the attack exists, except with negligible probability. A value that
//! the coalition knows as a number is the same in every draw.

use crate::common::{rng, solvable};
use epione::algebra::Scalar;
use rand_chacha::ChaCha20Rng;

/// The exponents of a coalition's elements, and of its target, for one draw of the secrets.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) g1: Vec<Scalar>,
    pub(crate) g2: Vec<Scalar>,
    pub(crate) gt: Vec<Scalar>,
    pub(crate) target: Scalar,
}

/// Returns `true` if a linear attack reaches the target.
pub(crate) fn reaches(evaluate: impl Fn(&mut ChaCha20Rng) -> View) -> bool {
    let rng = &mut rng(17);
    let first = evaluate(rng);
    let unknowns = first.g1.len() * first.g2.len() + first.gt.len();
    let equation = |view: View| -> Vec<Scalar> {
        let products = view.g1.iter().flat_map(|a| view.g2.iter().map(move |b| *a * *b));
        products.chain(view.gt.iter().copied()).chain([view.target]).collect()
    };
    let samples = std::iter::once(first).chain((0..unknowns + 8).map(|_| evaluate(rng)));
    solvable(samples.map(equation).collect(), unknowns)
}

/// Returns `true` if a product of pairings is one for all secrets in exactly one of two worlds.
pub(crate) fn distinguishes(
    one: impl Fn(&mut ChaCha20Rng) -> View,
    other: impl Fn(&mut ChaCha20Rng) -> View,
) -> bool {
    fails_in(&one, &other) || fails_in(&other, &one)
}

/// Returns `true` if a relation of the first world fails in the second. Then, and only then, a draw
/// of the second world is no linear combination of the draws of the first, except with negligible
/// probability.
fn fails_in(
    first: impl Fn(&mut ChaCha20Rng) -> View,
    second: impl Fn(&mut ChaCha20Rng) -> View,
) -> bool {
    let products = |View { g1, g2, .. }: View| -> Vec<Scalar> {
        g1.iter().flat_map(|a| g2.iter().map(move |b| *a * *b)).collect()
    };
    let (rng, other) = (&mut rng(17), products(second(&mut rng(18))));
    let samples: Vec<_> = (0..other.len() + 8).map(|_| products(first(rng))).collect();
    let equation = |k: usize| samples.iter().map(|draw| draw[k]).chain([other[k]]).collect();
    !solvable((0..other.len()).map(equation).collect(), samples.len())
}

#[test]
fn exactly_the_relations_of_one_world_distinguish_it() {
    // g1: a, c; g2: 1, b. The relation c = ab holds in the first world only.
    let world = |related: bool| {
        move |rng: &mut ChaCha20Rng| {
            let [a, b, free] = std::array::from_fn(|_| Scalar::random(rng));
            let c = if related { a * b } else { free };
            View { g1: vec![a, c], g2: vec![Scalar::ONE, b], ..View::default() }
        }
    };
    assert!(distinguishes(world(true), world(false)));
    assert!(distinguishes(world(false), world(true)));
    assert!(!distinguishes(world(true), world(true)));
    assert!(!distinguishes(world(false), world(false)));
}

#[test]
fn exactly_the_combinations_of_pairing_products_are_reachable() {
    // g1: a, b, ab; g2: 1, c; GT: b^2. Reachable: abc + bc + 5a and 3 b^2. Not reachable: a b^2.
    let view = |target: fn(Scalar, Scalar, Scalar) -> Scalar| {
        move |rng: &mut ChaCha20Rng| {
            let [a, b, c] = std::array::from_fn(|_| Scalar::random(rng));
            let (g1, g2, gt) = (vec![a, b, a * b], vec![Scalar::ONE, c], vec![b * b]);
            View { g1, g2, gt, target: target(a, b, c) }
        }
    };
    assert!(reaches(view(|a, b, c| a * b * c + b * c + a * Scalar::from(5))));
    assert!(reaches(view(|_, b, _| b * b * Scalar::from(3))));
    assert!(!reaches(view(|a, b, _| a * b * b)));
}
