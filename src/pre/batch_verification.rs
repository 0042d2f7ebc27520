//! Batch verification of pairing equations with small exponents.
//!
//! **Paper.** Bellare, Garay, Rabin, *Fast Batch Verification for Modular Exponentiation and
//! Digital Signatures*, EUROCRYPT 1998: the small exponents test, with hashed exponents.
//!
//! ```math
//! equation k   E_k = prod_i e(p_i, q_i) = 1
//! weights      d_k = H(H(all p, all q, lengths of the equations), k), 128 bits
//! check        prod_k E_k^{d_k} = 1, where e(p, q)^d e(p, q')^{d'} = e(p, q^d q'^{d'})
//! ```
//!
//! **Soundness.** Decoding ensures that every point has order `r` or is the identity, and so has
//! every point computed from such points. Hence `E_k = Z^{x_k}`, and the check is `sum d_k x_k = 0`
//! modulo the prime `r`. If some `x_k` is not zero, then for fixed other weights at most one `d_k`
//! modulo `r` satisfies it. Weights are below `2^128 < r`, so a random weight satisfies it with
//! probability at most `2^-128`. The weights are a hash of all points: an adversary who chooses the
//! points cannot choose them after the weights, and each attempt succeeds with that probability
//! (random oracle). Valid equations always pass. No RNG is involved; the result is deterministic.
#![forbid(unsafe_code)]

use crate::algebra::hash::weights;
use crate::algebra::tag::PRE_WEIGHT;
use crate::algebra::{G1, G2, Scalar, multi_pairing};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Returns `true` for each equation that holds. Cost, if all hold: one Miller loop per distinct
/// point of G1, one exponentiation per pair, and one final exponentiation. Otherwise also one
/// product of pairings per equation, to identify the equations that fail.
pub(super) fn verify_equations(equations: &[Vec<(G1, G2)>]) -> Vec<bool> {
    let holds = |equation: &Vec<(G1, G2)>| multi_pairing(equation).is_identity();
    if equations.len() > 1 && holds_for_weights(equations) {
        vec![true; equations.len()]
    } else {
        equations.iter().map(holds).collect()
    }
}

/// `prod_k E_k^{d_k} = 1`.
fn holds_for_weights(equations: &[Vec<(G1, G2)>]) -> bool {
    let (left, right): (Vec<G1>, Vec<G2>) = equations.iter().flatten().copied().unzip();
    let left_bytes = G1::batch_to_bytes(&left);
    // The points include the secret rk1 of re-encryption keys.
    let right_bytes = Zeroizing::new(G2::batch_to_bytes(&right));
    let lengths = equations.iter().map(|equation| (equation.len() as u32).to_be_bytes());
    let lengths: Vec<u8> = lengths.flatten().collect();
    let parts = [left_bytes.as_flattened(), right_bytes.as_flattened(), &lengths[..]];
    let weights = weights(PRE_WEIGHT, &parts, equations.len());

    // Groups the pairs by their point of G1; each pair has the weight of its equation.
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

    /// `e(g1^a, g2^b) e(g1, g2)^{-ab} = 1`; all equations share the point `g1^-1`.
    fn equation(k: u64) -> Vec<(G1, G2)> {
        let (a, b) = (Scalar::from(k + 2), Scalar::from(3 * k + 5));
        let (g1, g2) = (G1::generator(), G2::generator());
        vec![(g1 * a, g2 * b), (-g1, g2 * (a * b))]
    }

    #[test]
    fn every_false_equation_is_identified() {
        for count in [0, 1, 2, 7, 8, 9, 17] {
            let valid: Vec<_> = (0..count).map(equation).collect();
            assert!(valid.is_empty() || holds_for_weights(&valid));
            assert_eq!(verify_equations(&valid), vec![true; valid.len()]);
            for invalid in [0, count / 2, count.saturating_sub(1)].map(|k| k as usize) {
                let mut equations = valid.clone();
                let Some(equation) = equations.get_mut(invalid) else { continue };
                equation[0].1 += G2::generator();
                assert!(!holds_for_weights(&equations), "{invalid} of {count}");
                let expected: Vec<bool> = (0..count as usize).map(|k| k != invalid).collect();
                assert_eq!(verify_equations(&equations), expected);
            }
        }
    }

    /// Deliberate fault: all weights are one, and two errors that cancel pass.
    #[test]
    fn errors_that_cancel_are_detected() {
        let mut equations: Vec<_> = (0..4).map(equation).collect();
        // The errors are e(g1, g2) and e(g1, g2)^-1.
        equations[1].push((G1::generator(), G2::generator()));
        equations[3].push((-G1::generator(), G2::generator()));
        let all: Vec<_> = equations.iter().flatten().copied().collect();
        assert!(multi_pairing(&all).is_identity(), "deliberate fault: all weights are one");
        assert!(!holds_for_weights(&equations));
        assert_eq!(verify_equations(&equations), [true, false, true, false]);
    }

    #[test]
    fn empty_and_unrelated_equations_are_verified() {
        let (p, q) = (G1::generator(), G2::generator());
        assert!(holds_for_weights(&[vec![], vec![(p, q), (-p, q)], vec![(G1::identity(), q)]]));
        assert!(!holds_for_weights(&[vec![], vec![(p, q)]]));
        assert!(!pairing(&p, &q).is_identity());
    }

    #[test]
    fn weights_have_128_bits_and_are_distinct() {
        let of = |seed| weights(PRE_WEIGHT, &[seed], 4);
        let bytes: Vec<_> = of(&[7; 32]).iter().map(Scalar::to_be_bytes).collect();
        assert!(bytes.iter().all(|w| w[..16] == [0; 16] && w[16..] != [0; 16]));
        assert!((0..4).all(|i| (0..i).all(|j| bytes[i] != bytes[j])));
        assert_ne!(of(&[7; 32])[0], of(&[8; 32])[0]);
    }
}
