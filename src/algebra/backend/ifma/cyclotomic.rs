//! The cyclotomic subgroup of `Fp12`, where squares are cheap: elements with `f^(p^4 - p^2 + 1) = 1`,
//! which is what the easy part of the final exponentiation leaves.
//!
//! **Squares** (Granger and Scott, PKC 2010). In coordinates over `Fp4`, with `S(x, y)` the two
//! coordinates `(x^2 + xi y^2, 2 x y)` of a square there,
//!
//! ```text
//! (t0, t1) = S(a0, b1)    a0' = 3 t0 - 2 a0    b0' = 3 xi t5 + 2 b0
//! (t2, t3) = S(b0, a2)    a1' = 3 t2 - 2 a1    b1' = 3 t1 + 2 b1
//! (t4, t5) = S(a1, b2)    a2' = 3 t4 - 2 a2    b2' = 3 t3 + 2 b2
//! ```
//!
//! **Compressed squares** (Karabina, Math. Comp. 82, 2013). `a1, a2, b0, b2` depend on each other
//! alone, so a run of squares needs two of the three `S`; `a0` and `b1` are found at its end:
//!
//! ```text
//! b1 = (xi b2^2 + 3 a1^2 - 2 a2) / (4 b0),   or 2 a1 b2 / a2 where b0 = 0
//! a0 = xi (2 b1^2 + b0 b2 - 3 a1 a2) + 1
//! ```
//!
//! The division is by a number of each lane's own; `b0 = 0` in one lane must not disturb the others.
#![forbid(unsafe_code)]

use super::fp::{Fp, K, LIMBS, N, P, carry_of, splat, zero};
use super::fp2::Fp2;
use super::fp12::{Fp12, Wide6, Workspace};
use super::wide::{COLUMNS, Wide, montgomery_reduced};
use core::arch::x86_64::*;

/// The four coordinates that squares need.
#[derive(Clone, Copy)]
pub(super) struct Compressed {
    a1: Fp2,
    a2: Fp2,
    b0: Fp2,
    b2: Fp2,
}

/// Become the squares of `x`, `y` and `x + y` in `Fp2`, with halves of imaginary parts.
///
/// Of carried coordinates of at most `2 p`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_squares([x2, y2, sum2]: &mut Wide6, x: &Fp2, y: &Fp2) {
    x2.set_half_square(x);
    y2.set_half_square(y);
    sum2.set_half_square(&x.plus(y).carried());
}

/// A sum of products, reduced in registers: from `-p` to `2 p`.
macro_rules! reduced {
    ($wide:expr) => {{
        let Wide { columns, bound } = $wide;
        let limbs = montgomery_reduced!(columns, [zero(); LIMBS]);
        Fp { limbs, bound: bound.reduced() }
    }};
}

/// `x^2 + xi y^2` of [`set_squares`].
macro_rules! square_in_fp4_0 {
    ($squares:expr) => {{
        let [x2, y2, _] = $squares;
        let twice = y2.im.plus(&y2.im);
        let re = reduced!(x2.re.plus(&y2.re).minus(&twice));
        let sum = x2.im.plus(&y2.im);
        Fp2 { re, im: reduced!(sum.plus(&sum).plus(&y2.re)) }
    }};
}

/// `2 x y` of [`set_squares`].
macro_rules! square_in_fp4_1 {
    ($squares:expr) => {{
        let [x2, y2, sum2] = $squares;
        let re = reduced!(sum2.re.minus(&x2.re).minus(&y2.re));
        Fp2 { re, im: reduced!(sum2.im.minus(&x2.im).minus(&y2.im)).double() }
    }};
}

// The coordinates of a square: each is computed in registers and written once.
impl Fp2 {
    /// `g := 3 t - 2 g` with the first coordinate `t` of `S(x, y)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_from_0(&mut self, squares: &Wide6) {
        let t = square_in_fp4_0!(squares);
        *self = t.minus(self).double().plus(&t).lifted::<16>().settled();
    }

    /// `g := 3 t + 2 g` with the second coordinate.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_from_1(&mut self, squares: &Wide6) {
        let t = square_in_fp4_1!(squares);
        *self = t.plus(self).double().plus(&t).lifted::<16>().settled();
    }

    /// `g := 3 xi t + 2 g` with the second coordinate.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_from_xi_1(&mut self, squares: &Wide6) {
        let t = square_in_fp4_1!(squares).times_xi();
        *self = t.plus(self).double().plus(&t).lifted::<32>().settled();
    }
}

/// The four coordinates of a square that depend on each other alone.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn square_four([a1, a2, b0, b2]: [&mut Fp2; 4], [s23, s45, _]: &mut [Wide6; 3]) {
    set_squares(s23, b0, a2);
    set_squares(s45, a1, b2);
    a1.set_from_0(s23);
    b2.set_from_1(s23);
    a2.set_from_0(s45);
    b0.set_from_xi_1(s45);
}

impl Compressed {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(f: &Fp12) -> Self {
        Self {
            a1: f.a[1].settled(),
            a2: f.a[2].settled(),
            b0: f.b[0].settled(),
            b2: f.b[2].settled(),
        }
    }

    /// `f := f^2`
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&mut self, workspace: &mut Workspace) {
        let Self { a1, a2, b0, b2 } = self;
        square_four([a1, a2, b0, b2], &mut workspace.products);
    }

    /// `f^(2^n)`
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn squares(&self, n: usize, workspace: &mut Workspace) -> Self {
        let mut power = *self;
        for _ in 0..n {
            power.square(workspace);
        }
        power
    }

    /// What `b1` is a quotient of, but where `b0 = 0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn fraction(&self) -> (Fp2, Fp2) {
        let Self { a1, a2, b0, b2 } = self;
        let numerator = b2.square().times_xi().plus(&a1.square().triple()).minus(&a2.double());
        (numerator.lifted::<8>(), b0.double().double())
    }

    /// The same everywhere, with a denominator that is never zero.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn special_fraction(&self) -> (Fp2, Fp2) {
        let Self { a1, a2, b0, b2 } = self;
        let ((numerator, denominator), special) = (self.fraction(), b0.is_zero());
        let numerator = Fp2::select(special, &a1.times(b2).double(), &numerator);
        let denominator = Fp2::select(special, a2, &denominator);
        // Both are zero where the element is one; its b1 is zero too.
        (numerator, Fp2::select(denominator.is_zero(), &Fp2::one(), &denominator))
    }

    /// The element, with `b1` the product of two.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn with_b1(&self, numerator: &Fp2, inverse: &Fp2) -> Fp12 {
        let Self { a1, a2, b0, b2 } = self;
        let b1 = numerator.times(inverse);
        let t = b1.square().double().plus(&b0.times(b2)).minus(&a1.times(a2).triple());
        let mut a0 = t.times_xi().lifted::<64>();
        a0.re = a0.re.plus(&Fp::one());
        Fp12 { a: [a0.settled(), *a1, *a2], b: [*b0, b1.settled(), *b2] }
    }

    /// The elements themselves, by one inversion for all.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn decompress(all: [&Self; 3]) -> [Fp12; 3] {
        let mut fractions = [all[0].fraction(), all[1].fraction(), all[2].fraction()];
        let [(_, d0), (_, d1), (_, d2)] = &fractions;
        let mut d01 = d0.times(d1);
        let mut d012 = d01.times(d2);
        if d012.is_zero() != 0 {
            fractions =
                [all[0].special_fraction(), all[1].special_fraction(), all[2].special_fraction()];
            let [(_, d0), (_, d1), (_, d2)] = &fractions;
            d01 = d0.times(d1);
            d012 = d01.times(d2);
        }
        let [(n0, _), (n1, d1), (n2, d2)] = &fractions;
        let d0 = &fractions[0].1;
        // The inverses of all by that of their product.
        let i012 = d012.inverse();
        let i01 = i012.times(d2);
        [
            all[0].with_b1(n0, &i01.times(d1)),
            all[1].with_b1(n1, &i01.times(d0)),
            all[2].with_b1(n2, &i012.times(&d01)),
        ]
    }
}

impl Fp12 {
    /// `f := f^2`, for an element of the subgroup with settled coordinates.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn cyclotomic_square(&mut self, workspace: &mut Workspace) {
        let Self { a: [a0, a1, a2], b: [b0, b1, b2] } = self;
        let [s01, ..] = &mut workspace.products;
        set_squares(s01, a0, b1);
        a0.set_from_0(s01);
        b1.set_from_1(s01);
        square_four([a1, a2, b0, b2], &mut workspace.products);
    }

    /// `f^x` for the curve's parameter `x = -(2^63 + 2^62 + 2^60 + 2^57 + 2^48 + 2^16)`.
    ///
    /// Compressed up to `2^57`, for the squares; from there on plainly, for each of the last powers
    /// is needed and to decompress one costs more than to square it.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn power_x(&self, workspace: &mut Workspace) -> Self {
        let p16 = Compressed::new(self).squares(16, workspace);
        let p48 = p16.squares(48 - 16, workspace);
        let p57 = p48.squares(57 - 48, workspace);
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
