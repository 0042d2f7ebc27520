//! Multi-scalar multiplication in G1 for public scalars.
//!
//! Straus's method: each lane sums its share of the terms window by window, over signed windows of
//! five bits; only the 26 window sums are doubled at the end, and the lanes are added up. The
//! tables of a register's points are built one after the other, so that they stay in the
//! first-level cache. A window whose digits are zero in all lanes is skipped: 128-bit scalars take
//! half as long.

use super::convert::affine_g1;
use super::curve::Point1;
use super::glv::{WINDOWS, signed_windows};
use super::scalar_mul::padded_scalars;
use super::vector::{LANES, available, from_array, padded, zero};
use crate::algebra::{G1, Scalar};
use ark_bls12_381::{Fr, G1Affine};
use core::arch::x86_64::*;

/// Returns `sum [k_i] P_i`. Variable time.
///
/// # Panics
/// If the slices differ in length.
pub(in super::super) fn msm_g1(points: &[G1], scalars: &[Scalar]) -> G1 {
    assert!(available() && points.len() == scalars.len());
    // SAFETY: `available` is asserted above.
    let lanes = unsafe { lane_sums(&affine_g1(points), scalars) };
    lanes.into_iter().sum()
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn lane_sums(points: &[G1Affine], scalars: &[Scalar]) -> [G1; LANES] {
    let mut window_sums = [Point1::identity(); WINDOWS];
    for (points, scalars) in points.chunks(LANES).zip(scalars.chunks(LANES)) {
        let (p, k) = (padded(points, G1Affine::identity()), padded_scalars(scalars));
        let multiples = Point1::load(&p).multiples();
        for (sum, [first, second]) in window_sums.iter_mut().zip(transposed_windows(&k)) {
            if first != [0; LANES] {
                *sum = sum.plus(&Point1::select_from_table(&multiples, from_array(&first)));
            }
            if second != [0; LANES] {
                let index = _mm512_sub_epi64(zero(), from_array(&second));
                *sum = sum.plus(&Point1::select_from_table(&multiples, index).phi());
            }
        }
    }
    let mut total = Point1::identity();
    for sum in window_sums.iter().rev() {
        total = total.doubled(5).plus(sum);
    }
    total.store().map(G1)
}

/// Returns the digits of eight scalars, by window and half.
fn transposed_windows(scalars: &[Fr; LANES]) -> [[[u64; LANES]; 2]; WINDOWS] {
    let halves = scalars.each_ref().map(signed_windows);
    core::array::from_fn(|i| [0, 1].map(|half| halves.map(|halves| halves[half][i])))
}
