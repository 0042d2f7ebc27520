//! The quadratic extension `Fp2 = Fp[u] / (u^2 + 1)`, eight elements at once.
//!
//! Multiplication is in `wide2`.
#![forbid(unsafe_code)]

use super::fp::{Factor, Fp, Operand};
use super::prime::LIMBS;

/// Eight lazily reduced elements `re + im u`.
#[derive(Clone, Copy)]
pub(super) struct Fp2 {
    pub(super) re: Fp,
    pub(super) im: Fp,
}

/// Eight elements prepared for Karatsuba multiplication: `re`, `im` and `re + im`.
#[derive(Clone, Copy)]
pub(super) struct Factor2 {
    pub(super) re: Factor,
    pub(super) im: Factor,
    sum: Factor,
}

/// A reference to a factor.
#[derive(Clone, Copy)]
pub(super) struct Operand2<'a> {
    pub(super) re: Operand<'a>,
    pub(super) im: Operand<'a>,
    pub(super) sum: Operand<'a>,
}

impl Fp2 {
    /// Broadcasts an element.
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

    /// `xi x`, for `xi = 1 + u`, the quadratic and cubic non-residue that defines the tower.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_xi(&self) -> Self {
        Self { re: self.re.minus(&self.im), im: self.re.plus(&self.im) }
    }

    /// See [`Fp::plus_kp`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus_kp<const MULTIPLE: u64>(&self) -> Self {
        Self { re: self.re.plus_kp::<MULTIPLE>(), im: self.im.plus_kp::<MULTIPLE>() }
    }

    /// See [`Fp::carry_propagated`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn carry_propagated(&self) -> Self {
        Self { re: self.re.carry_propagated(), im: self.im.carry_propagated() }
    }

    /// See [`Fp::weakly_reduced`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn weakly_reduced(&self) -> Self {
        Self { re: self.re.weakly_reduced(), im: self.im.weakly_reduced() }
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn factor(&self) -> Factor2 {
        let (re, im) = (self.re.factor(), self.im.factor());
        Factor2 { re, im, sum: self.re.plus(&self.im).factor() }
    }

    /// Multiplies by an element of the base field.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_fp(&self, scale: &Factor) -> Self {
        Self { re: self.re.factor().times(scale), im: self.im.factor().times(scale) }
    }

    /// Prepares `x0 + x1` for multiplication in the base field.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn parts_sum(&self) -> Factor {
        self.re.plus(&self.im).factor()
    }

    /// The operand of an element with propagated carries, given its prepared `x0 + x1`.
    #[inline]
    pub(super) fn operand<'a>(&'a self, sum: &'a Factor) -> Operand2<'a> {
        Operand2 { re: (&self.re).into(), im: (&self.im).into(), sum: sum.into() }
    }

    /// Prepares `x + y` for multiplication.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sum_factor(&self, other: &Self) -> Factor2 {
        let (re, im) = (self.re.plus(&other.re), self.im.plus(&other.im));
        Factor2 { re: re.factor(), im: im.factor(), sum: re.plus(&im).factor() }
    }

    /// `x^2 = (x0 + x1)(x0 - x1) + 2 x0 x1 u`, for coordinates in `[0, 16 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        let sum = self.re.plus(&self.im).factor();
        let difference = self.re.minus(&self.im).plus_kp::<16>().factor();
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
