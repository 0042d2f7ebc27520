//! Every linear attack at once, in the exponent.
//!
//! Whoever holds `g1^{a_k}`, `g2^{b_l}` and `Z^{c_m}` and pairs everything with everything reaches a
//! target `Z^t` if constants exist with `sum x_kl a_k b_l + sum y_m c_m = t` for *all* values of the
//! secrets. Evaluating both sides at more random points than there are constants turns this into a
//! linear system: solvable means broken. What a party knows as a number is a constant, not a
//! variable. This finds all attacks of this shape and no others; it is evidence and not a proof.

use crate::common::{rng, solvable};
use epione::algebra::Scalar;
use rand_chacha::ChaCha20Rng;

/// The exponents of what a coalition holds, and of what it wants, at one random point.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) g1: Vec<Scalar>,
    pub(crate) g2: Vec<Scalar>,
    pub(crate) gt: Vec<Scalar>,
    pub(crate) target: Scalar,
}

/// Whether constants exist that combine the products of a view to its target.
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

#[test]
fn the_engine_finds_a_product_and_no_more() {
    // From a, b and ab, c and Z^{bb} one reaches abc + bc + 5a and 3bb, never a b^2.
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
