//! The tower above `Fp2`, eight elements at once:
//! `Fp6 = Fp2[v] / (v^3 - xi)`, `Fp12 = Fp6[w] / (w^2 - v)`, the same as arkworks'.
//!
//! Products are Karatsuba's on every floor: six in `Fp2` for one in `Fp6`, three of those for one in
//! `Fp12`, two for a square. They are added up before reduction, so that each of the twelve
//! coordinates of a result is reduced once.
//!
//! What moves through memory decides here. The sums of unreduced products are functions of their
//! own, column by column: they hold four numbers at a time and spill nothing.
#![forbid(unsafe_code)]

use super::fp2::{Fp2, Wide2};
use super::wide::Wide;

/// `c0 + c1 v + c2 v^2`.
pub(super) type Fp6 = [Fp2; 3];

/// Products, or sums of products.
pub(super) type Wide6 = [Wide2; 3];

/// Eight elements `a + b w`. What is multiplied or squared has carried coordinates, as products and
/// what lines were multiplied to have.
#[derive(Clone, Copy)]
pub(super) struct Fp12 {
    pub(super) a: Fp6,
    pub(super) b: Fp6,
}

/// `x y`
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn product<const CARRIED: bool>(x: &Fp2, y: &Fp2) -> Wide2 {
    if CARRIED {
        Wide2::product(x.operand(&x.parts_sum()), y.operand(&y.parts_sum()))
    } else {
        Wide2::product(&x.factor(), &y.factor())
    }
}

/// `(x0 + x1)(y0 + y1)`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn product_of_sums(x0: &Fp2, x1: &Fp2, y0: &Fp2, y1: &Fp2) -> Wide2 {
    Wide2::product(&x0.sum_factor(x1), &y0.sum_factor(y1))
}

/// ```text
/// c0 = x0 y0 + xi ((x1 + x2)(y1 + y2) - x1 y1 - x2 y2)
/// c1 = (x0 + x1)(y0 + y1) - x0 y0 - x1 y1 + xi x2 y2
/// c2 = (x0 + x2)(y0 + y2) - x0 y0 - x2 y2 + x1 y1
/// ```
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn wide_times<const CARRIED: bool>(x: &Fp6, y: &Fp6) -> Wide6 {
    let t = [
        product::<CARRIED>(&x[0], &y[0]),
        product::<CARRIED>(&x[1], &y[1]),
        product::<CARRIED>(&x[2], &y[2]),
    ];
    [wide_times_0(x, y, &t), wide_times_1(x, y, &t), wide_times_2(x, y, &t)]
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn wide_times_0(x: &Fp6, y: &Fp6, [t0, t1, t2]: &Wide6) -> Wide2 {
    let t12 = product_of_sums(&x[1], &x[2], &y[1], &y[2]);
    Wide2 {
        re: Wide::combined(&[&t0.re, &t12.re, &t1.im, &t2.im], &[&t12.im, &t1.re, &t2.re]),
        im: Wide::combined(&[&t0.im, &t12.re, &t12.im], &[&t1.re, &t2.re, &t1.im, &t2.im]),
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn wide_times_1(x: &Fp6, y: &Fp6, [t0, t1, t2]: &Wide6) -> Wide2 {
    let t01 = product_of_sums(&x[0], &x[1], &y[0], &y[1]);
    Wide2 {
        re: Wide::combined(&[&t01.re, &t2.re], &[&t0.re, &t1.re, &t2.im]),
        im: Wide::combined(&[&t01.im, &t2.re, &t2.im], &[&t0.im, &t1.im]),
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn wide_times_2(x: &Fp6, y: &Fp6, [t0, t1, t2]: &Wide6) -> Wide2 {
    let t02 = product_of_sums(&x[0], &x[2], &y[0], &y[2]);
    Wide2 {
        re: Wide::combined(&[&t02.re, &t1.re], &[&t0.re, &t2.re]),
        im: Wide::combined(&[&t02.im, &t1.im], &[&t0.im, &t2.im]),
    }
}

/// `x + y`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum<const CARRIED: bool>(x: &Wide2, y: &Wide2) -> Fp2 {
    Fp2 {
        re: Wide::combined_reduced::<CARRIED>(&[&x.re, &y.re], &[]),
        im: Wide::combined_reduced::<CARRIED>(&[&x.im, &y.im], &[]),
    }
}

/// `2 x`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn twice(x: &Wide2) -> Fp2 {
    sum::<false>(x, x)
}

/// `x + xi y`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum_with_xi<const CARRIED: bool>(x: &Wide2, y: &Wide2) -> Fp2 {
    Fp2 {
        re: Wide::combined_reduced::<CARRIED>(&[&x.re, &y.re], &[&y.im]),
        im: Wide::combined_reduced::<CARRIED>(&[&x.im, &y.re, &y.im], &[]),
    }
}

/// `x - y - z`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn difference<const CARRIED: bool>(x: &Wide2, y: &Wide2, z: &Wide2) -> Fp2 {
    Fp2 {
        re: Wide::combined_reduced::<CARRIED>(&[&x.re], &[&y.re, &z.re]),
        im: Wide::combined_reduced::<CARRIED>(&[&x.im], &[&y.im, &z.im]),
    }
}

/// `x - y - xi z`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn difference_with_xi<const CARRIED: bool>(x: &Wide2, y: &Wide2, z: &Wide2) -> Fp2 {
    Fp2 {
        re: Wide::combined_reduced::<CARRIED>(&[&x.re, &z.im], &[&y.re, &z.re]),
        im: Wide::combined_reduced::<CARRIED>(&[&x.im], &[&y.im, &z.re, &z.im]),
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn plus2(x: &Fp2, y: &Fp2) -> Fp2 {
    x.plus(y)
}

/// `x + xi y`
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus_xi(x: &Fp2, y: &Fp2) -> Fp2 {
    x.plus(&y.times_xi().lifted::<16>())
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus(x: &Fp6, y: &Fp6) -> Fp6 {
    [plus2(&x[0], &y[0]), plus2(&x[1], &y[1]), plus2(&x[2], &y[2])]
}

/// `x + v y`
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus_v(x: &Fp6, y: &Fp6) -> Fp6 {
    [plus_xi(&x[0], &y[2]), plus2(&x[1], &y[0]), plus2(&x[2], &y[1])]
}

impl Fp12 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        let zero = Fp2::zero();
        Self { a: [Fp2::one(), zero, zero], b: [zero; 3] }
    }

    /// See [`Fp::settled`](super::fp::Fp::settled).
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn settled(&self) -> Self {
        let Self { a, b } = self;
        Self {
            a: [a[0].settled(), a[1].settled(), a[2].settled()],
            b: [b[0].settled(), b[1].settled(), b[2].settled()],
        }
    }

    /// Three multiplications in `Fp6`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Self {
        let a = wide_times::<true>(&self.a, &other.a);
        let b = wide_times::<true>(&self.b, &other.b);
        let cross = wide_times::<false>(&plus(&self.a, &self.b), &plus(&other.a, &other.b));
        Self::karatsuba(&a, &b, &cross)
    }

    /// `(a0 b0 + v a1 b1) + ((a0 + a1)(b0 + b1) - a0 b0 - a1 b1) w`
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn karatsuba(a: &Wide6, b: &Wide6, cross: &Wide6) -> Self {
        Self {
            a: [
                sum_with_xi::<true>(&a[0], &b[2]),
                sum::<true>(&a[1], &b[0]),
                sum::<true>(&a[2], &b[1]),
            ],
            b: [
                difference::<true>(&cross[0], &a[0], &b[0]),
                difference::<true>(&cross[1], &a[1], &b[1]),
                difference::<true>(&cross[2], &a[2], &b[2]),
            ],
        }
    }

    /// `(a + b w)^2 = ((a + b)(a + v b) - ab - v ab) + 2 ab w`
    ///
    /// Leaves the coordinates uncarried, for [`times_line`](Self::times_line).
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&mut self) {
        let Self { a, b } = self;
        let ab = wide_times::<true>(a, b);
        let cross = wide_times::<false>(&plus(a, b), &plus_v(a, b));
        a[0] = difference_with_xi::<false>(&cross[0], &ab[0], &ab[2]);
        a[1] = difference::<false>(&cross[1], &ab[1], &ab[0]);
        a[2] = difference::<false>(&cross[2], &ab[2], &ab[1]);
        b[0] = twice(&ab[0]);
        b[1] = twice(&ab[1]);
        b[2] = twice(&ab[2]);
    }
}
