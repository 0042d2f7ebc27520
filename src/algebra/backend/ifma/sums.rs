//! Sums of products with one reduction, and squares: the kernels below points and powers.
//!
//! Each kernel is a function of its own and takes references: its vectors then stay in registers,
//! and a formula of points is a list of calls that fits the instruction cache.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::fp::{Factor, Fp, K, LIMBS, N, P, carry_of, splat, zero};
use super::fp2::{Fp2, Wide2};
use super::wide::{COLUMNS, Wide, montgomery_reduced};
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

    /// `s - t - v`, reduced: what Karatsuba's products end with. Two vectors too many for the
    /// registers: the columns go through memory first.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_without(&self, first: &Self, second: &Self) -> Fp {
        Self::combined_reduced::<false>(&[self], &[first, second])
    }

    /// `s - 3 t`, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_minus_triple(&self, other: &Self) -> Fp {
        reduced!(self.minus(other).minus(other).minus(other))
    }

    /// `s + t`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn plus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for k in 0..COLUMNS {
            columns[k] = _mm512_add_epi64(columns[k], other.columns[k]);
        }
        Self { columns, bound: self.bound.plus(other.bound) }
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

impl Wide2 {
    /// The sum, reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(&self) -> Fp2 {
        Fp2 { re: self.re.reduced(), im: self.im.reduced() }
    }

    /// `s + t`, reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_sum(&self, other: &Self) -> Fp2 {
        Fp2 { re: self.re.reduced_sum(&other.re), im: self.im.reduced_sum(&other.im) }
    }

    /// `s - t`, reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_difference(&self, other: &Self) -> Fp2 {
        Fp2 { re: self.re.reduced_difference(&other.re), im: self.im.reduced_difference(&other.im) }
    }

    /// `s - t - v`, reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_without(&self, first: &Self, second: &Self) -> Fp2 {
        Fp2 {
            re: self.re.reduced_without(&first.re, &second.re),
            im: self.im.reduced_without(&first.im, &second.im),
        }
    }
}
