//! Sums of table entries, eight at once: the online part of fixed-base multiplication.
//!
//! **Constant time** in the entries: the formulas are complete; signs and identities are masks.

use super::super::kernel::Term;
use super::convert::{element, load, load2};
use super::curve::{Point1, Point2};
use super::fp::Fp;
use super::fp2::Fp2;
use super::mask::Mask;
use super::vector::{LANES, by_eights};
use crate::algebra::{G1, G2};
use ark_bls12_381::{Fq, Fq2};

/// Returns the `i`-th terms of at most eight sums as coordinates, a mask of identities and a mask
/// of signs. Unused lanes repeat the last sum.
fn terms<const L: usize>(sums: &[Vec<Term<L>>], i: usize) -> ([[u64; L]; LANES], Mask, Mask) {
    let (mut points, mut identity, mut negative) = ([[0; L]; LANES], 0, 0);
    for (lane, point) in points.iter_mut().enumerate() {
        let Term { point: limbs, negative: sign } = sums[lane.min(sums.len() - 1)][i];
        let bits = limbs.iter().fold(0, |bits, limb| bits | limb);
        identity |= Mask::from(bits == 0) << lane;
        negative |= (sign & 1) << lane;
        *point = limbs;
    }
    (points, identity, negative)
}

macro_rules! table_sums {
    ($name:ident, $eight:ident, $group:ident, $point:ident, $limbs:literal, $coordinates:ident) => {
        /// Returns the sum of each list of terms; all lists have the same length.
        pub(in super::super) fn $name(sums: &[Vec<Term<$limbs>>]) -> Vec<$group> {
            // SAFETY: `by_eights` asserts `available`.
            by_eights(sums.len(), |range| unsafe { $eight(&sums[range]) })
        }

        #[target_feature(enable = "avx512f,avx512ifma")]
        fn $eight(sums: &[Vec<Term<$limbs>>]) -> [$group; LANES] {
            let mut sum = $point::identity();
            for i in 0..sums[0].len() {
                let (points, identity, negative) = terms(sums, i);
                let (x, y) = $coordinates(&points);
                let point = $point::affine(&x, &y, identity);
                sum = sum.plus(&$point::select(negative, &point.negated(), &point));
            }
            sum.store().map($group)
        }
    };
}

table_sums!(sum_g1, sum_eight_g1, G1, Point1, 12, coordinates_g1);
table_sums!(sum_g2, sum_eight_g2, G2, Point2, 24, coordinates_g2);

#[target_feature(enable = "avx512f,avx512ifma")]
fn coordinates_g1(points: &[[u64; 12]; LANES]) -> (Fp, Fp) {
    let coordinate = |from: usize| -> [Fq; LANES] {
        core::array::from_fn(|lane| element(&points[lane][from..from + 6]))
    };
    (load(&coordinate(0)), load(&coordinate(6)))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn coordinates_g2(points: &[[u64; 24]; LANES]) -> (Fp2, Fp2) {
    let coordinate = |from: usize| -> [Fq2; LANES] {
        core::array::from_fn(|lane| {
            let limbs = &points[lane][from..from + 12];
            Fq2::new(element(&limbs[..6]), element(&limbs[6..]))
        })
    };
    (load2(&coordinate(0)), load2(&coordinate(12)))
}
