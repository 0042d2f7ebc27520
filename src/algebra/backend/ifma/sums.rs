//! Sums of products with one reduction, and squares: the kernels below points and powers.
//!
//! Each kernel is a function of its own and takes references: its vectors then stay in registers,
//! and a formula of points is a list of calls that fits the instruction cache.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::fp::{Factor, Fp, K, LIMBS, N, P, carry_of, splat, zero};
use super::fp2::Fp2;
use super::wide::{COLUMNS, Wide, montgomery_reduced};
use super::wide2::Wide2;
use core::arch::x86_64::*;

/// A product or a difference of products, reduced, from zero to `3 p`. The columns come in registers.
macro_rules! reduced {
    ($wide:expr) => {{
        let Wide { columns, bound } = $wide;
        let limbs = montgomery_reduced!(columns, Fp::splat(&P).limbs);
        Fp { limbs, bound: bound.reduced().plus(Bound::exactly(1)) }
    }};
}

impl Wide {
    /// The sum, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(&self) -> Fp {
        reduced!(*self)
    }

    /// `s + t`, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_sum(&self, other: &Self) -> Fp {
        reduced!(self.plus(other))
    }

    /// `s - t`, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_difference(&self, other: &Self) -> Fp {
        reduced!(self.minus(other))
    }

    /// `s - t - v`, reduced: what Karatsuba's products end with.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_without(&self, first: &Self, second: &Self) -> Fp {
        reduced!(self.minus(first).minus(second))
    }

    /// `s - 3 t`, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_minus_triple(&self, other: &Self) -> Fp {
        reduced!(self.minus(other).minus(other).minus(other))
    }

    /// `x^2`, unreduced: what stands off the diagonal is computed once and doubled.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(x: &Fp) -> Self {
        Self::square_of(x)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn square_of(x: &Fp) -> Self {
        let mut a = x.limbs;
        for i in 0..LIMBS - 1 {
            a[i + 1] = _mm512_add_epi64(a[i + 1], _mm512_srai_epi64::<52>(a[i]));
        }
        let mut columns = [zero(); COLUMNS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], a[j]);
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut columns {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 0..LIMBS {
            columns[2 * i] = _mm512_madd52lo_epu64(columns[2 * i], a[i], a[i]);
            if i < LIMBS - 1 {
                columns[2 * i + 1] = _mm512_madd52hi_epu64(columns[2 * i + 1], a[i], a[i]);
            }
        }
        let bound = x.bound.factor();
        Self { columns, bound: bound.product(bound) }
    }
}

impl Fp {
    /// `x^2`: the columns stay in registers.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        let Wide { columns, bound } = Wide::square_of(self);
        let limbs = montgomery_reduced!(columns, [zero(); LIMBS]);
        Self { limbs, bound: bound.reduced() }
    }

    /// `x y`, as a function of its own.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn multiplied(&self, other: &Self) -> Self {
        self.times(other)
    }

    /// The sum, ready to be multiplied.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sum_factor(&self, other: &Self) -> Factor {
        self.plus(other).factor()
    }
}

impl Fp2 {
    /// `x y`, as a function of its own.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn multiplied(&self, other: &Self) -> Self {
        Wide2::product(&self.factor(), &other.factor()).reduced()
    }
}
