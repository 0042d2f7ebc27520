//! Points times scalars, eight at once.
//!
//! The scalars are cut by the endomorphisms ([`glv`](super::glv)), so that half as many doublings
//! are needed in G1 and a quarter in G2. Then, from the top:
//!
//! - G1: 26 windows of five signed bits, each with an addition for both halves, from a table of
//!   `P, 2 P, ..., 16 P`; the second half takes its entry through `phi`.
//! - G2: 65 columns, each with one addition from a table of the eight sums of `Q` with some of
//!   `-psi Q`, `psi^2 Q`, `-psi^3 Q`.
//!
//! **Constant time** in the scalars: every lane reads the whole table and keeps its entry by masks,
//! signs are masks, and the formulas are complete. The tables have 24 KB and stay in the first
//! cache.

use super::convert::{filled, from_array};
use super::curve::{Point1, Point2};
use super::fp::{Fp, V, splat, zero};
use super::glv::{COLUMNS, WINDOWS, columns, windows};
use super::mask::Mask;
use super::{LANES, available};
use ark_bls12_381::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ff::AdditiveGroup;
use core::arch::x86_64::*;

/// `[k_i] P_i`, for points of the subgroup. Constant time in the scalars.
///
/// # Panics
/// If there are not as many points as scalars.
pub(in super::super) fn mul_g1(points: &[G1Affine], scalars: &[Fr]) -> Vec<G1Projective> {
    assert!(available() && points.len() == scalars.len());
    let mut products = Vec::with_capacity(points.len());
    for (points, scalars) in points.chunks(LANES).zip(scalars.chunks(LANES)) {
        let (p, k) = (filled(points, G1Affine::identity()), filled(scalars, Fr::ZERO));
        // SAFETY: the instructions are there, as asserted above.
        let eight = unsafe { mul_eight_g1(&p, &k) };
        products.extend_from_slice(&eight[..points.len()]);
    }
    products
}

/// `[k_i] Q_i`, for points of the subgroup. Constant time in the scalars.
///
/// # Panics
/// If there are not as many points as scalars.
pub(in super::super) fn mul_g2(points: &[G2Affine], scalars: &[Fr]) -> Vec<G2Projective> {
    assert!(available() && points.len() == scalars.len());
    let mut products = Vec::with_capacity(points.len());
    for (points, scalars) in points.chunks(LANES).zip(scalars.chunks(LANES)) {
        let (p, k) = (filled(points, G2Affine::identity()), filled(scalars, Fr::ZERO));
        // SAFETY: the instructions are there, as asserted above.
        let eight = unsafe { mul_eight_g2(&p, &k) };
        products.extend_from_slice(&eight[..points.len()]);
    }
    products
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_eight_g1(points: &[G1Affine; LANES], scalars: &[Fr; LANES]) -> [G1Projective; LANES] {
    let mut digits = [[[0; LANES]; 2]; WINDOWS];
    for (lane, scalar) in scalars.iter().enumerate() {
        let [first, second] = windows(scalar);
        for (i, window) in digits.iter_mut().enumerate() {
            (window[0][lane], window[1][lane]) = (first[i], second[i]);
        }
    }
    Point1::load(points).times_windows(&digits).store()
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_eight_g2(points: &[G2Affine; LANES], scalars: &[Fr; LANES]) -> [G2Projective; LANES] {
    let (mut digits, mut negative) = ([[0; LANES]; COLUMNS], 0);
    for (lane, scalar) in scalars.iter().enumerate() {
        let (negate, columns) = columns(scalar);
        negative |= Mask::from(negate) << lane;
        for (column, digit) in digits.iter_mut().zip(columns) {
            column[lane] = digit;
        }
    }
    let product = Point2::load(points).times_columns(&digits);
    Point2::select(negative, &product.negated(), &product).store()
}

impl Point1 {
    /// `a P - b phi P` for the numbers whose digits in base 32 are given.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_windows(&self, digits: &[[[u64; LANES]; 2]; WINDOWS]) -> Self {
        let multiples = self.multiples();
        let mut sum = Self::identity();
        for (i, window) in digits.iter().enumerate().rev() {
            let (first, second) = (from_array(&window[0]), from_array(&window[1]));
            sum = sum.plus(&Self::chosen(&multiples, first));
            sum = sum.plus(&Self::chosen(&multiples, _mm512_sub_epi64(zero(), second)).phi());
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
    /// The sum of the columns, of which `s (1 + n1 + 2 n2 + 4 n3)` stands for
    /// `s (Q - n1 psi Q + n2 psi^2 Q - n3 psi^3 Q)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_columns(&self, digits: &[[u64; LANES]; COLUMNS]) -> Self {
        let sums = self.subset_sums();
        let mut sum = Self::identity();
        for column in digits.iter().rev() {
            sum = sum.double();
            sum = sum.plus(&Self::chosen(&sums, from_array(column)));
        }
        sum
    }

    /// `Q - n1 psi Q + n2 psi^2 Q - n3 psi^3 Q` at `n1 + 2 n2 + 4 n3`.
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
    /// Becomes the entry whose mask is set; each is read.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn replace<const N: usize>(&mut self, masks: &[Mask; N], entries: &[&Self; N]) {
        let mut kept = *self;
        for (mask, entry) in masks.iter().zip(entries) {
            kept = Self::select(*mask, entry, &kept);
        }
        *self = kept;
    }
}

macro_rules! chosen {
    ($Point:ident, $($coordinate:ident $(. $part:ident)?),*) => {
        impl $Point {
            /// `table[|i| - 1]` with the sign of `i`; the identity for 0.
            #[inline(never)]
            #[target_feature(enable = "avx512f,avx512ifma")]
            pub(super) fn chosen<const N: usize>(table: &[Self; N], index: V) -> Self {
                let magnitude = _mm512_abs_epi64(index);
                let mut masks = [0; N];
                for (i, mask) in masks.iter_mut().enumerate() {
                    *mask = _mm512_cmpeq_epi64_mask(magnitude, splat(i as u64 + 1));
                }
                let mut chosen = Self::identity();
                $(
                    let entries = core::array::from_fn(|i| &table[i].$coordinate $(. $part)?);
                    chosen.$coordinate $(. $part)?.replace(&masks, &entries);
                )*
                let negative = _mm512_cmplt_epi64_mask(index, zero());
                Self::select(negative, &chosen.negated(), &chosen)
            }
        }
    };
}

chosen!(Point1, x, y, z);
chosen!(Point2, x.re, x.im, y.re, y.im, z.re, z.im);
