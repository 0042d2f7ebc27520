//! Sums of points times public numbers in G1.
//!
//! Every lane adds up its own share of the list, and the lanes are added up in the end. In a lane the
//! sum is ordered by windows: what one window of five bits takes of all points is added up first, and
//! only these 26 sums are doubled (Straus's method, its tables one register at a time, so that they
//! stay in the first cache). A window that is empty in all lanes costs nothing: numbers of 128 bits,
//! which weights of checks are, take half as long. Hence variable time.

use super::convert::{filled, from_array};
use super::curve::Point1;
use super::glv::{WINDOWS, windows};
use super::{LANES, affine_g1, available};
use crate::algebra::{G1, Scalar};
use ark_bls12_381::{Fr, G1Affine};
use ark_ff::AdditiveGroup;
use core::arch::x86_64::*;
use zeroize::Zeroizing;

/// `sum [k_i] P_i`, for points of the subgroup. Variable time.
///
/// # Panics
/// If there are not as many points as scalars.
pub(super) fn sum_of_products_g1(points: &[G1], scalars: &[Scalar]) -> G1 {
    assert!(available() && points.len() == scalars.len());
    let scalars = Zeroizing::new(scalars.iter().map(|scalar| scalar.0).collect::<Vec<Fr>>());
    // SAFETY: the instructions are there, as just asserted.
    let lanes = unsafe { sums(&affine_g1(points), &scalars) };
    lanes.into_iter().sum()
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sums(points: &[G1Affine], scalars: &[Fr]) -> [G1; LANES] {
    let mut of_windows = [Point1::identity(); WINDOWS];
    for (points, scalars) in points.chunks(LANES).zip(scalars.chunks(LANES)) {
        let (p, k) = (filled(points, G1Affine::identity()), filled(scalars, Fr::ZERO));
        let multiples = Point1::load(&p).multiples();
        for (sum, [first, second]) in of_windows.iter_mut().zip(digits(&k)) {
            if first != [0; LANES] {
                *sum = sum.plus(&Point1::chosen(&multiples, from_array(&first)));
            }
            if second != [0; LANES] {
                let index = _mm512_sub_epi64(_mm512_setzero_si512(), from_array(&second));
                *sum = sum.plus(&Point1::chosen(&multiples, index).phi());
            }
        }
    }
    let mut total = Point1::identity();
    for sum in of_windows.iter().rev() {
        total = total.doubled(5).plus(sum);
    }
    total.store().map(G1)
}

/// The digits of eight scalars, by window and half.
fn digits(scalars: &[Fr; LANES]) -> [[[u64; LANES]; 2]; WINDOWS] {
    let halves = scalars.each_ref().map(windows);
    core::array::from_fn(|i| [0, 1].map(|half| halves.map(|halves| halves[half][i])))
}
