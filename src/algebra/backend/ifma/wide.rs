//! Unreduced products in the base field, and their sums.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::fp::{Fp, Operand, carry_of};
use super::prime::LIMBS;
use super::vector::{V, zero};
use core::arch::x86_64::*;

/// Columns of a product. Factors are below `2^9 p`, so the sixteenth column is zero.
pub(super) const COLUMNS: usize = 2 * LIMBS - 1;

/// Eight unreduced products, or signed sums of products.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Wide {
    pub(super) columns: [V; COLUMNS],
    pub(super) bound: Bound,
}

impl Wide {
    /// `x y`, unreduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn product<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Self {
        Self::schoolbook(x.into(), y.into())
    }

    /// Sets the value to `x y`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_product<'a>(&mut self, x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) {
        *self = Self::schoolbook(x.into(), y.into());
    }

    /// Schoolbook multiplication, row by row.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn schoolbook(x: Operand<'_>, y: Operand<'_>) -> Self {
        let (a, b) = (x.limbs, y.limbs);
        let mut columns = [zero(); COLUMNS + 1];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[j], b[i]);
            }
            for j in 0..LIMBS {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[j], b[i]);
            }
        }
        // The last column, the high half of the product of the top limbs, is zero.
        let mut kept = [zero(); COLUMNS];
        kept.copy_from_slice(&columns[..COLUMNS]);
        Self { columns: kept, bound: x.bound.product(y.bound) }
    }

    /// `s + t`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for k in 0..COLUMNS {
            columns[k] = _mm512_add_epi64(columns[k], other.columns[k]);
        }
        Self { columns, bound: self.bound.plus(other.bound) }
    }

    /// `s - t`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for k in 0..COLUMNS {
            columns[k] = _mm512_sub_epi64(columns[k], other.columns[k]);
        }
        Self { columns, bound: self.bound.minus(other.bound) }
    }

    /// `sum(plus) - sum(minus)`; `plus` is not empty.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn combination(plus: &[&Self], minus: &[&Self]) -> Self {
        let mut sum = *plus[0];
        for term in &plus[1..] {
            sum = sum.plus(term);
        }
        for term in minus {
            sum = sum.minus(term);
        }
        sum
    }

    /// Records in the [`Bound`] that the value is non-negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn assume_nonnegative(self) -> Self {
        Self { bound: self.bound.assume_nonnegative(), ..self }
    }

    /// `x^2`, unreduced: computes each product off the diagonal once and doubles it.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(x: &Fp) -> Self {
        Self::square_inline(x)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square_inline(x: &Fp) -> Self {
        let mut a = x.limbs;
        for i in 0..LIMBS - 1 {
            a[i + 1] = _mm512_add_epi64(a[i + 1], carry_of(a[i]));
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
