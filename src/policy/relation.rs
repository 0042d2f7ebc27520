//! Linear relations between the shares of a policy.
//!
//! Shares `lambda_i = M_i . (s, v)` are more numbers than there are columns: they satisfy relations
//! that other numbers do not. A random one tells honest shares from others without knowing any.
#![forbid(unsafe_code)]

use super::{Node, SpanProgram};
use crate::algebra::Scalar;

impl SpanProgram {
    /// Coefficients `w` and `c_i` with `sum c_i M_i = w (1, 0, ...)`, so that `sum c_i lambda_i = w s`
    /// for honest shares. They are a linear image of the weights, which are as many as rows and one,
    /// *onto* all such coefficients: numbers that are no honest shares satisfy them, for random weights
    /// of 128 bits, with probability `2^-128`.
    ///
    /// From the root down: `w` is the first weight; what is due to a gate is what its children's shares
    /// have to add up to.
    ///
    /// # Panics
    /// If there are fewer weights.
    pub fn relation(&self, weights: &[Scalar]) -> (Scalar, Vec<Scalar>) {
        assert!(weights.len() > self.rows().len(), "a weight for every row, and one");
        let mut weights = weights.iter().copied();
        let mut draw = || weights.next().expect("a gate draws fewer than it has children");
        let due = draw();
        let mut coefficients = Vec::with_capacity(self.rows().len());
        distribute(self.root(), due, &mut draw, &mut coefficients);
        (due, coefficients)
    }
}

fn distribute(
    node: &Node,
    due: Scalar,
    draw: &mut impl FnMut() -> Scalar,
    coefficients: &mut Vec<Scalar>,
) {
    let (dues, children) = match node {
        Node::Leaf(_) => return coefficients.push(due),
        // An `or` of the rows of its cover.
        Node::Comparison(comparison) => {
            return coefficients.extend(split(due, comparison.rows(), draw));
        }
        // The parent's share is the sum of the children's.
        Node::And(children) => (vec![due; children.len()], children),
        // It is each of the children's.
        Node::Or(children) | Node::Threshold(1, children) => {
            (split(due, children.len(), draw), children)
        }
        Node::Threshold(k, children) if *k == children.len() => {
            (vec![due; children.len()], children)
        }
        // It is the value at zero of the polynomial through them.
        Node::Threshold(k, children) => (interpolate(due, *k, children.len(), draw), children),
    };
    for (child, due) in children.iter().zip(dues) {
        distribute(child, due, draw, coefficients);
    }
}

/// Numbers that add up to `due`, all but one drawn.
fn split(due: Scalar, count: usize, draw: &mut impl FnMut() -> Scalar) -> Vec<Scalar> {
    let mut parts: Vec<Scalar> = (1..count).map(|_| draw()).collect();
    parts.push(due - parts.iter().copied().sum());
    parts
}

/// Numbers `d_i` with `sum d_i f(i) = due f(0)` for all polynomials `f` of degree below `k`: those
/// beyond the first `k` are drawn, and `f` at zero and at their points follows from its values at
/// the first `k`.
fn interpolate(due: Scalar, k: usize, n: usize, draw: &mut impl FnMut() -> Scalar) -> Vec<Scalar> {
    let lagrange = Lagrange::new(k, n);
    let mut dues: Vec<Scalar> = lagrange.at(0).into_iter().map(|l| l * due).collect();
    for j in k + 1..=n {
        let drawn = draw();
        for (due, l) in dues.iter_mut().zip(lagrange.at(j)) {
            *due = *due - l * drawn;
        }
        dues.push(drawn);
    }
    dues
}

/// Lagrange's polynomials for the points `1, ..., k`.
struct Lagrange {
    /// `1 / d` at `d`; zero at zero.
    inverses: Vec<Scalar>,
    /// `prod_{m != i} 1 / (i - m)` for `i` from 1.
    weights: Vec<Scalar>,
}

impl Lagrange {
    /// To be evaluated up to `n`.
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

    /// `L_1(x), ..., L_k(x)` for `x` zero or beyond `k`:
    /// `prod_m (x - m) / (x - i) * weight_i`.
    fn at(&self, x: usize) -> Vec<Scalar> {
        let k = self.weights.len();
        let minus = |m: usize| {
            if x > m { Scalar::from((x - m) as u64) } else { -Scalar::from((m - x) as u64) }
        };
        let all = (1..=k).fold(Scalar::ONE, |product, m| product * minus(m));
        let over = |i: usize| if x > i { self.inverses[x - i] } else { -self.inverses[i - x] };
        (1..=k).zip(&self.weights).map(|(i, weight)| all * over(i) * *weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::AccessPolicy;
    use rand::SeedableRng;

    #[test]
    fn a_relation_holds_for_the_matrix_and_uses_every_weight() {
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
            let (due, coefficients) = program.relation(&weights);
            let mut sum = vec![Scalar::ZERO; program.columns()];
            for (row, c) in program.rows().iter().zip(&coefficients) {
                row.entries.iter().for_each(|(column, m)| sum[*column] += *c * *m);
            }
            let mut expected = vec![Scalar::ZERO; program.columns()];
            expected[0] = due;
            assert_eq!(sum, expected, "{text}");

            // As many weights count as there are relations: rows and one, but for the columns.
            let moved = |i: usize| {
                let mut moved = weights.clone();
                moved[i] += Scalar::ONE;
                program.relation(&moved) != (due, coefficients.clone())
            };
            let counting = (0..=n).filter(|i| moved(*i)).count();
            assert_eq!(counting, n + 1 - program.columns(), "{text}");
        }
    }
}
