//! Products in `Fp2` before reduction, and their sums.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::fp::{Operand, zero};
use super::fp2::{Fp2, Operand2};
use super::wide::{COLUMNS, Wide};
use core::arch::x86_64::*;

/// Eight products, or sums of products, before reduction.
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

    /// `x y`, unreduced, by Karatsuba's three products.
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
        // The imaginary part is x0 y1 + x1 y0, whatever the subtractions look like.
        let mixed = cross.minus(&re).minus(&im).known_nonnegative();
        Self { re: re.minus(&im), im: mixed }
    }

    /// Becomes `x y`: the same in place, for sums in a workspace.
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
        self.complete_karatsuba(x.sum, y.sum);
    }

    /// From `x0 y0` and `x1 y1`, and the sums of both coordinates.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn complete_karatsuba(&mut self, x: Operand<'_>, y: Operand<'_>) {
        let cross = Wide::product(x, y);
        let Self { re, im } = self;
        for k in 0..COLUMNS {
            let sum = _mm512_add_epi64(re.columns[k], im.columns[k]);
            re.columns[k] = _mm512_sub_epi64(re.columns[k], im.columns[k]);
            im.columns[k] = _mm512_sub_epi64(cross.columns[k], sum);
        }
        let mixed = cross.bound.minus(re.bound).minus(im.bound);
        re.bound = re.bound.minus(im.bound);
        im.bound = mixed.known_nonnegative();
    }

    /// Becomes `x^2`, with half of its imaginary part: `(x0 + x1)(x0 - x1)` and `x0 x1`. Of carried
    /// coordinates from zero to `16 p`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_half_square(&mut self, x: &Fp2) {
        let difference = &x.re.minus(&x.im).lifted::<16>().factor();
        self.re.set_product(&x.parts_sum(), difference);
        self.im.set_product(&x.re, &x.im);
    }

    /// Montgomery reduction: coordinates from zero to `3 p`.
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
