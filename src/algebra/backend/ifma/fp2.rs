//! The quadratic extension `Fp2 = Fp[u] / (u^2 + 1)`, eight elements at once.
//!
//! Products are Karatsuba's, three multiplications: with `x = x0 + x1 u` and `y = y0 + y1 u`,
//!
//! ```text
//! x y = (x0 y0 - x1 y1) + ((x0 + x1)(y0 + y1) - x0 y0 - x1 y1) u
//! ```
//!
//! Above, products are summed as [`Wide2`] and reduced once.
#![forbid(unsafe_code)]

use super::fp::{Factor, Fp, LIMBS, Operand};
use super::wide2::Wide2;

/// Eight elements, as sums leave them.
#[derive(Clone, Copy)]
pub(super) struct Fp2 {
    pub(super) re: Fp,
    pub(super) im: Fp,
}

/// Eight elements, ready to be multiplied: `x0`, `x1` and `x0 + x1`.
#[derive(Clone, Copy)]
pub(super) struct Factor2 {
    pub(super) re: Factor,
    pub(super) im: Factor,
    sum: Factor,
}

/// What multiplies.
#[derive(Clone, Copy)]
pub(super) struct Operand2<'a> {
    pub(super) re: Operand<'a>,
    pub(super) im: Operand<'a>,
    pub(super) sum: Operand<'a>,
}

impl Fp2 {
    /// The same element in every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(digits: &[[u64; LIMBS]; 2]) -> Self {
        Self { re: Fp::splat(&digits[0]), im: Fp::splat(&digits[1]) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self { re: Fp::zero(), im: Fp::zero() }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        Self { re: Fp::one(), im: Fp::zero() }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self { re: self.re.plus(&other.re), im: self.im.plus(&other.im) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        Self { re: self.re.minus(&other.re), im: self.im.minus(&other.im) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn negated(&self) -> Self {
        Self::zero().minus(self)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(&self) -> Self {
        self.plus(self)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn triple(&self) -> Self {
        self.plus(self).plus(self)
    }

    /// The complex conjugate `x0 - x1 u`, which is also `x^p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn conjugate(&self) -> Self {
        Self { re: self.re, im: Fp::zero().minus(&self.im) }
    }

    /// Times `xi = 1 + u`, whose sixth root the field above adjoins.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_xi(&self) -> Self {
        Self { re: self.re.minus(&self.im), im: self.re.plus(&self.im) }
    }

    /// See [`Fp::lifted`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn lifted<const MULTIPLE: u64>(&self) -> Self {
        Self { re: self.re.lifted::<MULTIPLE>(), im: self.im.lifted::<MULTIPLE>() }
    }

    /// See [`Fp::carried`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn carried(&self) -> Self {
        Self { re: self.re.carried(), im: self.im.carried() }
    }

    /// See [`Fp::settled`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn settled(&self) -> Self {
        Self { re: self.re.settled(), im: self.im.settled() }
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn factor(&self) -> Factor2 {
        let (re, im) = (self.re.factor(), self.im.factor());
        Factor2 { re, im, sum: self.re.plus(&self.im).factor() }
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Self {
        self.factor().times(&other.factor())
    }

    /// Times an element of the base field.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn scaled(&self, scale: &Factor) -> Self {
        Self { re: self.re.factor().times(scale), im: self.im.factor().times(scale) }
    }

    /// Real and imaginary part, as a number of the base field ready to be multiplied.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn parts_sum(&self) -> Factor {
        self.re.plus(&self.im).factor()
    }

    /// A carried value and the sum of its parts.
    #[inline]
    pub(super) fn operand<'a>(&'a self, sum: &'a Factor) -> Operand2<'a> {
        Operand2 { re: (&self.re).into(), im: (&self.im).into(), sum: sum.into() }
    }

    /// The sum, ready to be multiplied.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sum_factor(&self, other: &Self) -> Factor2 {
        let (re, im) = (self.re.plus(&other.re), self.im.plus(&other.im));
        Factor2 { re: re.factor(), im: im.factor(), sum: re.plus(&im).factor() }
    }

    /// `(x0 + x1)(x0 - x1) + 2 x0 x1 u`; of coordinates at most `16 p`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        let sum = self.re.plus(&self.im).factor();
        let difference = self.re.minus(&self.im).lifted::<16>().factor();
        let twice = self.re.double().factor();
        Self { re: sum.times(&difference), im: twice.times(&self.im.factor()) }
    }
}

impl<'a> From<&'a Factor2> for Operand2<'a> {
    #[inline]
    fn from(factor: &'a Factor2) -> Self {
        let Factor2 { re, im, sum } = factor;
        Self { re: re.into(), im: im.into(), sum: sum.into() }
    }
}

impl Factor2 {
    /// The product.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Fp2 {
        Wide2::product(self, other).reduced()
    }
}
