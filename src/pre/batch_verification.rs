//! Many pairing equations, checked as one.
//!
//! **Paper.** Bellare, Garay, Rabin, *Fast Batch Verification for Modular Exponentiation and Digital
//! Signatures*, EUROCRYPT 1998: the test of small exponents, its coins out of a hash.
//!
//! ```text
//! equation k   E_k = prod_i e(p_i, q_i) = 1
//! weights      d_k = H(H(all p, all q, which belong together), k), 128 bits
//! check        prod_k E_k^{d_k} = 1, where e(p, q)^d e(p, q')^{d'} = e(p, q^d q'^{d'})
//! ```
//!
//! **Soundness.** Every point has order `r` or is the identity: decoding sees to that, and what is
//! computed from such points stays there. So `E_k = Z^{x_k}`, and the check is `sum d_k x_k = 0`
//! modulo the prime `r`. If an `x_k` is not zero, then for any other weights at most one `d_k` modulo
//! `r` satisfies it; a weight is below `2^128 < r`, so that a random one does with probability
//! `2^-128` at most. The weights are a hash of everything that is checked: whoever makes the points
//! cannot choose them after the weights, and each of his tries costs a hash and succeeds with that
//! probability (random oracle). What is right always passes. No generator is involved: all who check
//! the same come to the same verdict.
#![forbid(unsafe_code)]

use crate::algebra::hash::weights;
use crate::algebra::tag::PRE_WEIGHT;
use crate::algebra::{G1, G2, Scalar, multi_pairing};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Which equations hold. Cost, if all do: a Miller loop for each point of G1 that is different from
/// the others, an exponentiation a pair, and one final exponentiation; if one does not, also a
/// product of pairings each, to find the culprit.
pub(super) fn verdicts(equations: &[Vec<(G1, G2)>]) -> Vec<bool> {
    let holds = |equation: &Vec<(G1, G2)>| multi_pairing(equation).is_identity();
    if equations.len() > 1 && hold_together(equations) {
        vec![true; equations.len()]
    } else {
        equations.iter().map(holds).collect()
    }
}

/// `prod_k E_k^{d_k} = 1`.
fn hold_together(equations: &[Vec<(G1, G2)>]) -> bool {
    let (left, right): (Vec<G1>, Vec<G2>) = equations.iter().flatten().copied().unzip();
    let left_bytes = G1::batch_to_bytes(&left);
    // A re-encryption key is among them.
    let right_bytes = Zeroizing::new(G2::batch_to_bytes(&right));
    let lengths = equations.iter().map(|equation| (equation.len() as u32).to_be_bytes());
    let lengths: Vec<u8> = lengths.flatten().collect();
    let parts = [left_bytes.as_flattened(), right_bytes.as_flattened(), &lengths[..]];
    let weights = weights(PRE_WEIGHT, &parts, equations.len());

    // The pairs by their points of G1, each with its equation's weight.
    let mut sums: BTreeMap<[u8; 48], (G1, Vec<G2>, Vec<Scalar>)> = BTreeMap::new();
    let weights = equations.iter().zip(weights);
    let weights = weights.flat_map(|(equation, weight)| equation.iter().map(move |_| weight));
    for (((p, bytes), q), weight) in left.into_iter().zip(left_bytes).zip(right).zip(weights) {
        let (_, qs, weights) = sums.entry(bytes).or_insert_with(|| (p, Vec::new(), Vec::new()));
        qs.push(q);
        weights.push(weight);
    }
    let pair = |(p, qs, weights): (G1, Vec<G2>, Vec<Scalar>)| match (&qs[..], &weights[..]) {
        ([q], [weight]) => (p * *weight, *q),
        (qs, weights) => (p, G2::msm(qs, weights)),
    };
    multi_pairing(&sums.into_values().map(pair).collect::<Vec<_>>()).is_identity()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::pairing;

    /// `e(g1^a, g2^b) e(g1, g2)^{-ab} = 1`, with a point of G1 that the equations share.
    fn equation(k: u64) -> Vec<(G1, G2)> {
        let (a, b) = (Scalar::from(k + 2), Scalar::from(3 * k + 5));
        let (g1, g2) = (G1::generator(), G2::generator());
        vec![(g1 * a, g2 * b), (-g1, g2 * (a * b))]
    }

    #[test]
    fn every_wrong_equation_is_named() {
        for count in [0, 1, 2, 7, 8, 9, 17] {
            let right: Vec<_> = (0..count).map(equation).collect();
            assert!(right.is_empty() || hold_together(&right));
            assert_eq!(verdicts(&right), vec![true; right.len()]);
            for wrong in [0, count / 2, count.saturating_sub(1)].map(|k| k as usize) {
                let mut equations = right.clone();
                let Some(equation) = equations.get_mut(wrong) else { continue };
                equation[0].1 += G2::generator();
                assert!(!hold_together(&equations), "{wrong} of {count}");
                let expected: Vec<bool> = (0..count as usize).map(|k| k != wrong).collect();
                assert_eq!(verdicts(&equations), expected);
            }
        }
    }

    /// Planted: weights that are all one. Two faults that cancel pass that, and not ours.
    #[test]
    fn faults_that_cancel_are_found() {
        let mut equations: Vec<_> = (0..4).map(equation).collect();
        // e(g1, g2) too much in one, too little in another.
        equations[1].push((G1::generator(), G2::generator()));
        equations[3].push((-G1::generator(), G2::generator()));
        let all: Vec<_> = equations.iter().flatten().copied().collect();
        assert!(multi_pairing(&all).is_identity(), "planted");
        assert!(!hold_together(&equations));
        assert_eq!(verdicts(&equations), [true, false, true, false]);
    }

    #[test]
    fn equations_that_share_nothing_or_are_empty() {
        let (p, q) = (G1::generator(), G2::generator());
        assert!(hold_together(&[vec![], vec![(p, q), (-p, q)], vec![(G1::identity(), q)]]));
        assert!(!hold_together(&[vec![], vec![(p, q)]]));
        assert!(!pairing(&p, &q).is_identity());
    }

    #[test]
    fn weights_are_short_and_differ() {
        let of = |seed| weights(PRE_WEIGHT, &[seed], 4);
        let bytes: Vec<_> = of(&[7; 32]).iter().map(Scalar::to_be_bytes).collect();
        assert!(bytes.iter().all(|w| w[..16] == [0; 16] && w[16..] != [0; 16]));
        assert!((0..4).all(|i| (0..i).all(|j| bytes[i] != bytes[j])));
        assert_ne!(of(&[7; 32])[0], of(&[8; 32])[0]);
    }
}
