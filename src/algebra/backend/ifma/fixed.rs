//! Sums of points out of tables, eight at once: what multiplication of a fixed base is.
//!
//! **Constant time** in which points they are: the formulas are complete, signs and infinities are
//! masks.

use super::super::kernel::Term;
use super::convert::{load, load2};
use super::curve::{Point1, Point2};
use super::mask::Mask;
use super::{LANES, available, element};
use crate::algebra::{G1, G2};
use ark_bls12_381::{Fq, Fq2};

/// The `i`-th terms of eight sums; the last of fewer sums fill up.
fn terms<const L: usize>(sums: &[Vec<Term<L>>], i: usize) -> ([[u64; L]; LANES], Mask, Mask) {
    let (mut points, mut infinite, mut negative) = ([[0; L]; LANES], 0, 0);
    for (lane, point) in points.iter_mut().enumerate() {
        let Term { point: limbs, negative: sign } = sums[lane.min(sums.len() - 1)][i];
        let bits = limbs.iter().fold(0, |bits, limb| bits | limb);
        infinite |= Mask::from(bits == 0) << lane;
        negative |= (sign & 1) << lane;
        *point = limbs;
    }
    (points, infinite, negative)
}

macro_rules! sums {
    ($name:ident, $eight:ident, $group:ident, $point:ident, $limbs:literal, $coordinates:ident) => {
        /// Sums of as many terms each.
        pub(super) fn $name(sums: &[Vec<Term<$limbs>>]) -> Vec<$group> {
            assert!(available());
            let mut results = Vec::with_capacity(sums.len());
            for sums in sums.chunks(LANES) {
                // SAFETY: the instructions are there, as asserted above.
                let eight = unsafe { $eight(sums) };
                results.extend_from_slice(&eight[..sums.len()]);
            }
            results
        }

        #[target_feature(enable = "avx512f,avx512ifma")]
        fn $eight(sums: &[Vec<Term<$limbs>>]) -> [$group; LANES] {
            let mut sum = $point::identity();
            for i in 0..sums[0].len() {
                let (points, infinite, negative) = terms(sums, i);
                let (x, y) = $coordinates(&points);
                let point = $point::affine(&x, &y, infinite);
                sum = sum.plus(&$point::select(negative, &point.negated(), &point));
            }
            sum.store().map($group)
        }
    };
}

sums!(sums_g1, eight_sums_g1, G1, Point1, 12, coordinates_g1);
sums!(sums_g2, eight_sums_g2, G2, Point2, 24, coordinates_g2);

#[target_feature(enable = "avx512f,avx512ifma")]
fn coordinates_g1(points: &[[u64; 12]; LANES]) -> (super::fp::Fp, super::fp::Fp) {
    let coordinate = |from: usize| -> [Fq; LANES] {
        core::array::from_fn(|lane| element(&points[lane][from..from + 6]))
    };
    (load(&coordinate(0)), load(&coordinate(6)))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn coordinates_g2(points: &[[u64; 24]; LANES]) -> (super::fp2::Fp2, super::fp2::Fp2) {
    let coordinate = |from: usize| -> [Fq2; LANES] {
        core::array::from_fn(|lane| {
            let limbs = &points[lane][from..from + 12];
            Fq2::new(element(&limbs[..6]), element(&limbs[6..]))
        })
    };
    (load2(&coordinate(0)), load2(&coordinate(12)))
}
