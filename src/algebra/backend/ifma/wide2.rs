//! Unreduced products in `Fp2`, their sums, and multiplication in `Fp2`.
//!
//! Karatsuba, three multiplications: with `x = x0 + x1 u` and `y = y0 + y1 u`,
//!
//! ```text
//! x y = (x0 y0 - x1 y1) + ((x0 + x1)(y0 + y1) - x0 y0 - x1 y1) u
//! ```
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::fp::Operand;
use super::fp2::{Factor2, Fp2, Operand2};
use super::vector::zero;
use super::wide::{COLUMNS, Wide};
use core::arch::x86_64::*;

/// Eight unreduced products, or signed sums of products.
#[derive(Clone, Copy)]
pub(super) struct Wide2 {
    pub(super) re: Wide,
    pub(super) im: Wide,
}

impl Wide2 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        let zero = Wide { columns: [zero(); COLUMNS], bound: Bound::exactly(0) };
        Self { re: zero, im: zero }
    }

    /// `x y`, unreduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn product<'a>(x: impl Into<Operand2<'a>>, y: impl Into<Operand2<'a>>) -> Self {
        Self::karatsuba(x.into(), y.into())
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn karatsuba(x: Operand2<'_>, y: Operand2<'_>) -> Self {
        let re = Wide::product(x.re, y.re);
        let im = Wide::product(x.im, y.im);
        let cross = Wide::product(x.sum, y.sum);
        // The imaginary part is x0 y1 + x1 y0 >= 0.
        let mixed = cross.minus(&re).minus(&im).assume_nonnegative();
        Self { re: re.minus(&im), im: mixed }
    }

    /// Sets the value to `x y` in place.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_product<'a>(
        &mut self,
        x: impl Into<Operand2<'a>>,
        y: impl Into<Operand2<'a>>,
    ) {
        self.set_karatsuba(&x.into(), &y.into());
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_karatsuba(&mut self, x: &Operand2<'_>, y: &Operand2<'_>) {
        self.re.set_product(x.re, y.re);
        self.im.set_product(x.im, y.im);
        self.finish_karatsuba(x.sum, y.sum);
    }

    /// Completes the product in place, from `x0 y0`, `x1 y1` and the sums `x0 + x1`, `y0 + y1`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn finish_karatsuba(&mut self, x: Operand<'_>, y: Operand<'_>) {
        let cross = Wide::product(x, y);
        let Self { re, im } = self;
        for k in 0..COLUMNS {
            let sum = _mm512_add_epi64(re.columns[k], im.columns[k]);
            re.columns[k] = _mm512_sub_epi64(re.columns[k], im.columns[k]);
            im.columns[k] = _mm512_sub_epi64(cross.columns[k], sum);
        }
        let mixed = cross.bound.minus(re.bound).minus(im.bound);
        re.bound = re.bound.minus(im.bound);
        im.bound = mixed.assume_nonnegative();
    }

    /// Sets the value to `(x0 + x1)(x0 - x1) + x0 x1 u`: `x^2` with half of the imaginary part; for
    /// coordinates in `[0, 16 p]` with carries propagated.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_half_square(&mut self, x: &Fp2) {
        let difference = &x.re.minus(&x.im).plus_kp::<16>().factor();
        self.re.set_product(&x.parts_sum(), difference);
        self.im.set_product(&x.re, &x.im);
    }

    /// Montgomery reduction, coordinates in `[0, 3 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(&self) -> Fp2 {
        Fp2 { re: self.re.reduced(), im: self.im.reduced() }
    }

    /// `s + t`, reduced to `[0, 3 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_sum(&self, other: &Self) -> Fp2 {
        Fp2 { re: self.re.reduced_sum(&other.re), im: self.im.reduced_sum(&other.im) }
    }

    /// `s - t`, reduced to `[0, 3 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_difference(&self, other: &Self) -> Fp2 {
        Fp2 { re: self.re.reduced_difference(&other.re), im: self.im.reduced_difference(&other.im) }
    }

    /// `s - t - v`, reduced to `[0, 3 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_minus_both(&self, first: &Self, second: &Self) -> Fp2 {
        Fp2 {
            re: self.re.reduced_minus_both(&first.re, &second.re),
            im: self.im.reduced_minus_both(&first.im, &second.im),
        }
    }
}

impl Factor2 {
    /// `x y`, coordinates in `[0, 3 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Fp2 {
        Wide2::product(self, other).reduced()
    }
}

impl Fp2 {
    /// `x y`, coordinates in `[0, 3 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Self {
        self.factor().times(&other.factor())
    }

    /// [`times`](Self::times), under the name common to both fields.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_outlined(&self, other: &Self) -> Self {
        self.times(other)
    }
}
