//! Squaring and exponentiation in the cyclotomic subgroup of `Fp12`: elements with
//! `f^(p^4 - p^2 + 1) = 1`, the image of the easy part of the final exponentiation.
//!
//! **Squaring** (Granger, Scott, PKC 2010). With `S(x, y) = (x^2 + xi y^2, 2 x y)`, the square of
//! an element `(x, y)` of `Fp4`,
//!
//! ```text
//! (t0, t1) = S(a0, b1)    a0' = 3 t0 - 2 a0    b0' = 3 xi t5 + 2 b0
//! (t2, t3) = S(b0, a2)    a1' = 3 t2 - 2 a1    b1' = 3 t1 + 2 b1
//! (t4, t5) = S(a1, b2)    a2' = 3 t4 - 2 a2    b2' = 3 t3 + 2 b2
//! ```
//!
//! **Compressed squaring** (Karabina, Math. Comp. 82, 2013). `a1, a2, b0, b2` of a square depend
//! only on `a1, a2, b0, b2`, so repeated squaring computes two of the three `S`. Decompression
//! recovers `a0` and `b1`:
//!
//! ```text
//! b1 = (xi b2^2 + 3 a1^2 - 2 a2) / (4 b0),   or 2 a1 b2 / a2 if b0 = 0
//! a0 = xi (2 b1^2 + b0 b2 - 3 a1 a2) + 1
//! ```
//!
//! Each lane divides by its own denominator; `b0 = 0` in one lane does not affect the others.
#![forbid(unsafe_code)]

use super::fp::{Fp, carry_of};
use super::fp2::Fp2;
use super::fp12::{Fp12, Wide6, Workspace};
use super::montgomery::redc;
use super::prime::{K, LIMBS, N, P};
use super::vector::{splat, zero};
use super::wide::{COLUMNS, Wide};
use core::arch::x86_64::*;

/// A compressed element: four of six coordinates.
#[derive(Clone, Copy)]
pub(super) struct Compressed {
    a1: Fp2,
    a2: Fp2,
    b0: Fp2,
    b2: Fp2,
}

/// Sets `x2`, `y2`, `sum2` to the squares of `x`, `y`, `x + y` in `Fp2`, with half of the imaginary
/// parts; for coordinates in `[0, 2 p]` with propagated carries.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_fp4_squares([x2, y2, sum2]: &mut Wide6, x: &Fp2, y: &Fp2) {
    x2.set_half_square(x);
    y2.set_half_square(y);
    sum2.set_half_square(&x.plus(y).carry_propagated());
}

/// `x^2 + xi y^2`, from the result of [`set_fp4_squares`].
macro_rules! fp4_square_0 {
    ($squares:expr) => {{
        let [x2, y2, _] = $squares;
        let twice = y2.im.plus(&y2.im);
        let re = redc!(x2.re.plus(&y2.re).minus(&twice));
        let sum = x2.im.plus(&y2.im);
        Fp2 { re, im: redc!(sum.plus(&sum).plus(&y2.re)) }
    }};
}

/// `2 x y`, from the result of [`set_fp4_squares`].
macro_rules! fp4_square_1 {
    ($squares:expr) => {{
        let [x2, y2, sum2] = $squares;
        let re = redc!(sum2.re.minus(&x2.re).minus(&y2.re));
        Fp2 { re, im: redc!(sum2.im.minus(&x2.im).minus(&y2.im)).double() }
    }};
}

// The coordinates g of a square. Each is computed in registers and written once.
impl Fp2 {
    /// Sets `g` to `3 t - 2 g`, for the first coordinate `t` of `S(x, y)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_3t_minus_2g(&mut self, squares: &Wide6) {
        let t = fp4_square_0!(squares);
        *self = t.minus(self).double().plus(&t).plus_kp::<16>().weakly_reduced();
    }

    /// Sets `g` to `3 t + 2 g`, for the second coordinate `t` of `S(x, y)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_3t_plus_2g(&mut self, squares: &Wide6) {
        let t = fp4_square_1!(squares);
        *self = t.plus(self).double().plus(&t).plus_kp::<16>().weakly_reduced();
    }

    /// Sets `g` to `3 xi t + 2 g`, for the second coordinate `t` of `S(x, y)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_3xi_t_plus_2g(&mut self, squares: &Wide6) {
        let t = fp4_square_1!(squares).times_xi();
        *self = t.plus(self).double().plus(&t).plus_kp::<32>().weakly_reduced();
    }
}

/// Squares the four coordinates of a compressed element in place.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn square_compressed([a1, a2, b0, b2]: [&mut Fp2; 4], [s23, s45, _]: &mut [Wide6; 3]) {
    set_fp4_squares(s23, b0, a2);
    set_fp4_squares(s45, a1, b2);
    a1.set_3t_minus_2g(s23);
    b2.set_3t_plus_2g(s23);
    a2.set_3t_minus_2g(s45);
    b0.set_3xi_t_plus_2g(s45);
}

impl Compressed {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(f: &Fp12) -> Self {
        Self {
            a1: f.a[1].weakly_reduced(),
            a2: f.a[2].weakly_reduced(),
            b0: f.b[0].weakly_reduced(),
            b2: f.b[2].weakly_reduced(),
        }
    }

    /// Squares in place.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&mut self, workspace: &mut Workspace) {
        let Self { a1, a2, b0, b2 } = self;
        square_compressed([a1, a2, b0, b2], &mut workspace.products);
    }

    /// `f^(2^n)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn pow_two_to_the(&self, n: usize, workspace: &mut Workspace) -> Self {
        let mut power = *self;
        for _ in 0..n {
            power.square(workspace);
        }
        power
    }

    /// Numerator and denominator of `b1`, for `b0 != 0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn b1_fraction(&self) -> (Fp2, Fp2) {
        let Self { a1, a2, b0, b2 } = self;
        let numerator = b2.square().times_xi().plus(&a1.square().triple()).minus(&a2.double());
        (numerator.plus_kp::<8>(), b0.double().double())
    }

    /// Numerator and denominator of `b1` for every element; the denominator is never zero.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn b1_fraction_complete(&self) -> (Fp2, Fp2) {
        let Self { a1, a2, b0, b2 } = self;
        let ((numerator, denominator), b0_is_zero) = (self.b1_fraction(), b0.is_zero());
        let numerator = Fp2::select(b0_is_zero, &a1.times(b2).double(), &numerator);
        let denominator = Fp2::select(b0_is_zero, a2, &denominator);
        // For the identity all four coordinates are zero; b1 = 0/1.
        (numerator, Fp2::select(denominator.is_zero(), &Fp2::one(), &denominator))
    }

    /// Recovers the element, with `b1 = numerator * inverse`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reconstruct(&self, numerator: &Fp2, inverse: &Fp2) -> Fp12 {
        let Self { a1, a2, b0, b2 } = self;
        let b1 = numerator.times(inverse);
        let t = b1.square().double().plus(&b0.times(b2)).minus(&a1.times(a2).triple());
        let mut a0 = t.times_xi().plus_kp::<64>();
        a0.re = a0.re.plus(&Fp::one());
        Fp12 { a: [a0.weakly_reduced(), *a1, *a2], b: [*b0, b1.weakly_reduced(), *b2] }
    }

    /// Decompresses three elements, with one inversion.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn decompress(all: [&Self; 3]) -> [Fp12; 3] {
        let mut fractions = [all[0].b1_fraction(), all[1].b1_fraction(), all[2].b1_fraction()];
        let [(_, d0), (_, d1), (_, d2)] = &fractions;
        let mut d01 = d0.times(d1);
        let mut d012 = d01.times(d2);
        if d012.is_zero() != 0 {
            fractions = [
                all[0].b1_fraction_complete(),
                all[1].b1_fraction_complete(),
                all[2].b1_fraction_complete(),
            ];
            let [(_, d0), (_, d1), (_, d2)] = &fractions;
            d01 = d0.times(d1);
            d012 = d01.times(d2);
        }
        let [(n0, _), (n1, d1), (n2, d2)] = &fractions;
        let d0 = &fractions[0].1;
        // Montgomery's trick.
        let i012 = d012.inverse();
        let i01 = i012.times(d2);
        [
            all[0].reconstruct(n0, &i01.times(d1)),
            all[1].reconstruct(n1, &i01.times(d0)),
            all[2].reconstruct(n2, &i012.times(&d01)),
        ]
    }
}

impl Fp12 {
    /// Squares an element of the cyclotomic subgroup in place; coordinates are weakly reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn cyclotomic_square(&mut self, workspace: &mut Workspace) {
        let Self { a: [a0, a1, a2], b: [b0, b1, b2] } = self;
        let [s01, ..] = &mut workspace.products;
        set_fp4_squares(s01, a0, b1);
        a0.set_3t_minus_2g(s01);
        b1.set_3t_plus_2g(s01);
        square_compressed([a1, a2, b0, b2], &mut workspace.products);
    }

    /// `f^x`, for the curve parameter `x = -(2^63 + 2^62 + 2^60 + 2^57 + 2^48 + 2^16)`.
    ///
    /// Squarings are compressed up to `2^57`. The remaining powers are all needed, and
    /// decompressing one costs more than the few squarings in between.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn exp_by_x(&self, workspace: &mut Workspace) -> Self {
        let p16 = Compressed::new(self).pow_two_to_the(16, workspace);
        let p48 = p16.pow_two_to_the(48 - 16, workspace);
        let p57 = p48.pow_two_to_the(57 - 48, workspace);
        let [p16, p48, mut power] = Compressed::decompress([&p16, &p48, &p57]);
        let mut product = p16;
        product.multiply(&p48, workspace);
        product.multiply(&power, workspace);
        for gap in [3, 2, 1] {
            for _ in 0..gap {
                power.cyclotomic_square(workspace);
            }
            product.multiply(&power, workspace);
        }
        product.conjugate()
    }
}
