//! Variable-base scalar multiplication, eight points at once.
//!
//! The endomorphisms ([`glv`](super::glv)) halve the number of doublings in G1 and quarter it in
//! G2. Then, from the most significant digit:
//!
//! - G1: 26 windows of five signed bits, with one addition for each half, from a table of
//!   `P, 2 P, ..., 16 P`; the entry of the second half is mapped by `phi`.
//! - G2: 65 columns with one addition each, from a table of the eight sums of `Q` with a subset of
//!   `-psi Q`, `psi^2 Q`, `-psi^3 Q`.
//!
//! **Constant time** in the scalars: every lane reads the whole table and selects its entry by
//! masks, signs are masks, and the formulas are complete. The tables take 24 KB, which fits the
//! first-level cache.

use super::convert::{affine_g1, affine_g2};
use super::curve::{Point1, Point2};
use super::fp::Fp;
use super::glv::{COLUMNS, WINDOWS, sign_aligned_columns, signed_windows};
use super::mask::Mask;
use super::vector::{LANES, V, by_eights, from_array, padded, splat, zero};
use crate::algebra::{G1, G2, Scalar};
use ark_bls12_381::{Fr, G1Affine, G2Affine};
use ark_ff::AdditiveGroup;
use core::arch::x86_64::*;

/// Returns `[k_i] P_i`. Constant time in the scalars.
///
/// # Panics
/// If the slices differ in length.
pub(in super::super) fn mul_g1(points: &[G1], scalars: &[Scalar]) -> Vec<G1> {
    assert_eq!(points.len(), scalars.len(), "one scalar per point");
    let points = affine_g1(points);
    by_eights(points.len(), |range| {
        let p = padded(&points[range.clone()], G1Affine::identity());
        // SAFETY: `by_eights` asserts `available`.
        unsafe { mul_eight_g1(&p, &padded_scalars(&scalars[range])) }
    })
}

/// Returns `[k_i] Q_i`. Constant time in the scalars.
///
/// # Panics
/// If the slices differ in length.
pub(in super::super) fn mul_g2(points: &[G2], scalars: &[Scalar]) -> Vec<G2> {
    assert_eq!(points.len(), scalars.len(), "one scalar per point");
    let points = affine_g2(points);
    by_eights(points.len(), |range| {
        let q = padded(&points[range.clone()], G2Affine::identity());
        // SAFETY: `by_eights` asserts `available`.
        unsafe { mul_eight_g2(&q, &padded_scalars(&scalars[range])) }
    })
}

pub(super) fn padded_scalars(scalars: &[Scalar]) -> [Fr; LANES] {
    core::array::from_fn(|lane| scalars.get(lane).map_or(Fr::ZERO, |scalar| scalar.0))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_eight_g1(points: &[G1Affine; LANES], scalars: &[Fr; LANES]) -> [G1; LANES] {
    let mut digits = [[[0; LANES]; 2]; WINDOWS];
    for (lane, scalar) in scalars.iter().enumerate() {
        let [first, second] = signed_windows(scalar);
        for (i, window) in digits.iter_mut().enumerate() {
            (window[0][lane], window[1][lane]) = (first[i], second[i]);
        }
    }
    Point1::load(points).times_windows(&digits).store().map(G1)
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_eight_g2(points: &[G2Affine; LANES], scalars: &[Fr; LANES]) -> [G2; LANES] {
    let (mut digits, mut negative) = ([[0; LANES]; COLUMNS], 0);
    for (lane, scalar) in scalars.iter().enumerate() {
        let (negate, columns) = sign_aligned_columns(scalar);
        negative |= Mask::from(negate) << lane;
        for (column, digit) in digits.iter_mut().zip(columns) {
            column[lane] = digit;
        }
    }
    let product = Point2::load(points).times_columns(&digits);
    Point2::select(negative, &product.negated(), &product).store().map(G2)
}

impl Point1 {
    /// `a P - b phi P`, for `a` and `b` in signed base 32.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_windows(&self, digits: &[[[u64; LANES]; 2]; WINDOWS]) -> Self {
        let multiples = self.multiples();
        let mut sum = Self::identity();
        for (i, window) in digits.iter().enumerate().rev() {
            let (first, second) = (from_array(&window[0]), from_array(&window[1]));
            sum = sum.plus(&Self::select_from_table(&multiples, first));
            sum = sum
                .plus(&Self::select_from_table(&multiples, _mm512_sub_epi64(zero(), second)).phi());
            if i > 0 {
                sum = sum.doubled(5);
            }
        }
        sum
    }

    /// `P, 2 P, ..., 16 P`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn multiples(&self) -> [Self; 16] {
        let mut multiples = [*self; 16];
        for i in 1..16 {
            multiples[i] =
                if i % 2 == 1 { multiples[i / 2].double() } else { multiples[i - 1].plus(self) };
        }
        multiples
    }
}

impl Point2 {
    /// The sum of `2^i c_i`, where a column `s (1 + n1 + 2 n2 + 4 n3)` stands for
    /// `s (Q - n1 psi Q + n2 psi^2 Q - n3 psi^3 Q)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_columns(&self, digits: &[[u64; LANES]; COLUMNS]) -> Self {
        let sums = self.subset_sums();
        let mut sum = Self::identity();
        for column in digits.iter().rev() {
            sum = sum.double();
            sum = sum.plus(&Self::select_from_table(&sums, from_array(column)));
        }
        sum
    }

    /// `Q - n1 psi Q + n2 psi^2 Q - n3 psi^3 Q` at index `n1 + 2 n2 + 4 n3`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn subset_sums(&self) -> [Self; 8] {
        let minus_psi = self.psi().negated();
        let mut sums = [*self; 8];
        sums[1] = self.plus(&minus_psi);
        let mut i = 2;
        for term in [self.psi_squared(), minus_psi.psi_squared()] {
            for j in 0..i {
                sums[i + j] = sums[j].plus(&term);
            }
            i *= 2;
        }
        sums
    }
}

impl Fp {
    /// Sets each lane to the entry whose mask is set. Constant time: reads every entry.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_selected<const N: usize>(&mut self, masks: &[Mask; N], entries: &[&Self; N]) {
        let mut kept = *self;
        for (mask, entry) in masks.iter().zip(entries) {
            kept = Self::select(*mask, entry, &kept);
        }
        *self = kept;
    }
}

macro_rules! select_from_table {
    ($Point:ident, $($coordinate:ident $(. $part:ident)?),*) => {
        impl $Point {
            /// Returns `table[|i| - 1]` with the sign of `i`, the identity for 0. Constant time.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn select_from_table<const N: usize>(table: &[Self; N], index: V) -> Self {
                let magnitude = _mm512_abs_epi64(index);
                let mut masks = [0; N];
                for (i, mask) in masks.iter_mut().enumerate() {
                    *mask = _mm512_cmpeq_epi64_mask(magnitude, splat(i as u64 + 1));
                }
                let mut selected = Self::identity();
                $(
                    let entries = core::array::from_fn(|i| &table[i].$coordinate $(. $part)?);
                    selected.$coordinate $(. $part)?.set_selected(&masks, &entries);
                )*
                let negative = _mm512_cmplt_epi64_mask(index, zero());
                Self::select(negative, &selected.negated(), &selected)
            }
        }
    };
}

select_from_table!(Point1, x, y, z);
select_from_table!(Point2, x.re, x.im, y.re, y.im, z.re, z.im);
