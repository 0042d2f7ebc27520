//! The dual code of a span program's shares, for consistency checks.
//!
//! The vectors `(s, lambda_1, ..., lambda_n)` of a secret and its shares form a linear code. A
//! random codeword of the dual code is orthogonal to each of them, and to any other vector with
//! negligible probability only: a verifier detects inconsistent shares without knowing `s` or any
//! `lambda_i`.
#![forbid(unsafe_code)]

use super::{Node, SpanProgram};
use crate::algebra::Scalar;

impl SpanProgram {
    /// Returns `w` and `c_i` with `sum c_i M_i = w (1, 0, ..., 0)`, so that
    /// `sum c_i lambda_i = w s` for consistent shares.
    ///
    /// The vectors `(-w, c)` form the dual code, and the map from the weights to them is linear and
    /// *onto*. For random weights of 128 bits, inconsistent shares satisfy the equation with
    /// probability `2^-128`.
    ///
    /// Each node has a coefficient, from the root down. The root has `w`, the first weight. The
    /// shares of the children, times their coefficients, sum to the gate's share times its
    /// coefficient.
    ///
    /// # Panics
    /// Panics unless there are more weights than rows.
    pub fn dual_codeword(&self, weights: &[Scalar]) -> (Scalar, Vec<Scalar>) {
        assert!(weights.len() > self.rows().len(), "one weight per row and one for the secret");
        let mut weights = weights.iter().copied();
        let mut draw = || weights.next().expect("a gate draws fewer weights than it has children");
        let w = draw();
        let mut coefficients = Vec::with_capacity(self.rows().len());
        distribute(self.root(), w, &mut draw, &mut coefficients);
        (w, coefficients)
    }
}

/// Appends the coefficients of the rows below a node with coefficient `c`.
fn distribute(
    node: &Node,
    c: Scalar,
    draw: &mut impl FnMut() -> Scalar,
    coefficients: &mut Vec<Scalar>,
) {
    let (parts, children) = match node {
        Node::Leaf(_) => return coefficients.push(c),
        // The `or` over the rows of the cover.
        Node::Comparison(comparison) => {
            return coefficients.extend(split(c, comparison.rows(), draw));
        }
        // The gate's share is the sum of the children's shares.
        Node::And(children) => (vec![c; children.len()], children),
        // The gate's share is the share of each child.
        Node::Or(children) | Node::Threshold(1, children) => {
            (split(c, children.len(), draw), children)
        }
        Node::Threshold(k, children) if *k == children.len() => (vec![c; children.len()], children),
        // The gate's share is the value at zero of the polynomial through the children's shares.
        Node::Threshold(k, children) => (interpolate(c, *k, children.len(), draw), children),
    };
    for (child, c) in children.iter().zip(parts) {
        distribute(child, c, draw, coefficients);
    }
}

/// Returns `count` scalars with the sum `c`, all but the last drawn.
fn split(c: Scalar, count: usize, draw: &mut impl FnMut() -> Scalar) -> Vec<Scalar> {
    let mut parts: Vec<Scalar> = (1..count).map(|_| draw()).collect();
    parts.push(c - parts.iter().copied().sum());
    parts
}

/// Returns `d_1, ..., d_n` with `sum d_i f(i) = c f(0)` for all polynomials `f` of degree below
/// `k`.
///
/// `d_j` is drawn for `j > k`; then `d_i = c L_i(0) - sum_j d_j L_i(j)` for `i <= k`.
fn interpolate(c: Scalar, k: usize, n: usize, draw: &mut impl FnMut() -> Scalar) -> Vec<Scalar> {
    let basis = LagrangeBasis::new(k, n);
    let mut d: Vec<Scalar> = basis.at(0).into_iter().map(|l| l * c).collect();
    for j in k + 1..=n {
        let drawn = draw();
        for (d_i, l) in d.iter_mut().zip(basis.at(j)) {
            *d_i = *d_i - l * drawn;
        }
        d.push(drawn);
    }
    d
}

/// The Lagrange basis polynomials `L_i` of the points `1, ..., k`.
struct LagrangeBasis {
    /// `1 / d` at index `d`; zero at index zero.
    inverses: Vec<Scalar>,
    /// `prod_{m != i} 1 / (i - m)` for `i` from 1.
    weights: Vec<Scalar>,
}

impl LagrangeBasis {
    /// Precomputes the basis for evaluation at points up to `n`.
    fn new(k: usize, n: usize) -> Self {
        let inverse = |d: usize| Scalar::from(d as u64).inverse().unwrap_or_default();
        let inverses: Vec<Scalar> = (0..=n).map(inverse).collect();
        // 1 / d!
        let mut factorials = vec![Scalar::ONE];
        for d in 1..k {
            factorials.push(factorials[d - 1] * inverses[d]);
        }
        let sign = |odd: bool| if odd { -Scalar::ONE } else { Scalar::ONE };
        let weight = |i: usize| factorials[i - 1] * factorials[k - i] * sign((k - i) % 2 == 1);
        Self { weights: (1..=k).map(weight).collect(), inverses }
    }

    /// Returns `L_i(x) = weight_i / (x - i) * prod_m (x - m)` for all `i`, at `x = 0` or `x > k`.
    fn at(&self, x: usize) -> Vec<Scalar> {
        let k = self.weights.len();
        let minus = |m: usize| {
            if x > m { Scalar::from((x - m) as u64) } else { -Scalar::from((m - x) as u64) }
        };
        let product = (1..=k).fold(Scalar::ONE, |product, m| product * minus(m));
        let over = |i: usize| if x > i { self.inverses[x - i] } else { -self.inverses[i - x] };
        (1..=k).zip(&self.weights).map(|(i, weight)| product * over(i) * *weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::AccessPolicy;
    use rand::SeedableRng;

    #[test]
    fn dual_codewords_annihilate_the_matrix_and_depend_on_every_free_weight() {
        let rng = &mut rand_chacha::ChaCha20Rng::seed_from_u64(1);
        for text in [
            "a",
            "a and b and c",
            "a or b or c",
            "2 of (a, b, c, d, e)",
            "4 of (a, b, c, d, e)",
            "1 of (a, b) and 3 of (c, d, e)",
            "a and (b or 2 of (c, d and e, f or g, 2 of (a, b, c)))",
            "age in 18..65u8",
            "a and 2 of (age >= 18u8, age = 7, day < 2027-01-01, b)",
        ] {
            let policy: AccessPolicy = text.parse().expect("a policy");
            let program = policy.span_program();
            let n = program.rows().len();
            let weights: Vec<Scalar> = (0..=n).map(|_| Scalar::random(rng)).collect();
            let (w, coefficients) = program.dual_codeword(&weights);
            let mut sum = vec![Scalar::ZERO; program.columns()];
            for (row, c) in program.rows().iter().zip(&coefficients) {
                row.entries.iter().for_each(|(column, m)| sum[*column] += *c * *m);
            }
            let mut expected = vec![Scalar::ZERO; program.columns()];
            expected[0] = w;
            assert_eq!(sum, expected, "{text}");

            // The dual code has dimension `n + 1 - columns`, so a codeword depends on as many
            // weights.
            let matters = |i: usize| {
                let mut changed = weights.clone();
                changed[i] += Scalar::ONE;
                program.dual_codeword(&changed) != (w, coefficients.clone())
            };
            let free = (0..=n).filter(|i| matters(*i)).count();
            assert_eq!(free, n + 1 - program.columns(), "{text}");
        }
    }
}
