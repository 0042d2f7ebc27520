//! Products of elements of `Fp12` with lines, which have three coordinates of six.
#![forbid(unsafe_code)]

use super::fp::Fp;
use super::fp2::{Factor2, Fp2, Wide2};
use super::fp12::{Fp6, Fp12, Wide6};
use super::wide::Wide;

impl Fp12 {
    /// `1 + s v + t v w`
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn line(s: &Fp2, t: &Fp2) -> Self {
        let zero = Fp2::zero();
        Self { a: [Fp2::one(), s.carried(), zero], b: [zero, t.carried(), zero] }
    }

    /// Times a line `1 + s v + t v w` whose constant term was made one: nine products.
    ///
    /// ```text
    /// (a + b w)(s + t w) = (s a + v t b) + ((a + b)(s + t) - s a - t b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_line(&mut self, s: &Fp2, t: &Fp2) {
        let Self { a, b } = self;
        let (cross, s, t) = (s.sum_factor(t), s.factor(), t.factor());
        let [s0, s1, s2] = &wide_scaled(a, &s);
        let [t0, t1, t2] = &wide_scaled(b, &t);
        let [c0, c1, c2] = &wide_sum_scaled(a, b, &cross);
        // One more v, and the line's 1.
        a[0].re = Wide::combined_onto(&a[0].re, &[&s2.re, &t1.re], &[&s2.im, &t1.im]);
        a[0].im = Wide::combined_onto(&a[0].im, &[&s2.re, &t1.re, &s2.im, &t1.im], &[]);
        a[1].re = Wide::combined_onto(&a[1].re, &[&s0.re, &t2.re], &[&t2.im]);
        a[1].im = Wide::combined_onto(&a[1].im, &[&s0.im, &t2.re, &t2.im], &[]);
        a[2].re = Wide::combined_onto(&a[2].re, &[&s1.re, &t0.re], &[]);
        a[2].im = Wide::combined_onto(&a[2].im, &[&s1.im, &t0.im], &[]);
        let (plus, minus) = ([&c2.re, &s2.im, &t2.im], [&c2.im, &s2.re, &t2.re]);
        b[0].re = Wide::combined_onto(&b[0].re, &plus, &minus);
        let (plus, minus) = ([&c2.re, &c2.im], [&s2.re, &t2.re, &s2.im, &t2.im]);
        b[0].im = Wide::combined_onto(&b[0].im, &plus, &minus);
        b[1].re = Wide::combined_onto(&b[1].re, &[&c0.re], &[&s0.re, &t0.re]);
        b[1].im = Wide::combined_onto(&b[1].im, &[&c0.im], &[&s0.im, &t0.im]);
        b[2].re = Wide::combined_onto(&b[2].re, &[&c1.re], &[&s1.re, &t1.re]);
        b[2].im = Wide::combined_onto(&b[2].im, &[&c1.im], &[&s1.im, &t1.im]);
    }

    /// Times any line `l0 + l1 v + l2 v w`: thirteen products.
    ///
    /// ```text
    /// L = l0 + l1 v
    /// (a + b w)(L + l2 v w) = (L a + v^2 l2 b) + ((a + b)(L + l2 v) - L a - v l2 b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_any_line(&mut self, [l0, l1, l2]: &[Fp2; 3]) {
        let Self { a, b } = self;
        let c = [sum(&a[0], &b[0]), sum(&a[1], &b[1]), sum(&a[2], &b[2])];
        let [x0, x1, x2] = &Short::new(a, l0, l1).coordinates();
        let [t0, t1, t2] = &wide_scaled(b, &l2.factor());
        a[0] = Fp2 {
            re: carried(&[&x0.re, &t1.re], &[&t1.im]),
            im: carried(&[&x0.im, &t1.re, &t1.im], &[]),
        };
        a[1] = Fp2 {
            re: carried(&[&x1.re, &t2.re], &[&t2.im]),
            im: carried(&[&x1.im, &t2.re, &t2.im], &[]),
        };
        a[2] = Fp2 { re: carried(&[&x2.re, &t0.re], &[]), im: carried(&[&x2.im, &t0.im], &[]) };
        let m1 = &sum(l1, l2);
        let y = Short::new(&c, l0, m1);
        b[0] = y.minus_minus_xi(0, x0, t2);
        b[1] = y.minus_minus(1, x1, t0);
        b[2] = y.minus_minus(2, x2, t1);
    }
}

/// The product `x (l0 + l1 v)`, of which two of five products in `Fp2` are there: a coordinate at a
/// time, so that all of a line's product stays in the first cache.
///
/// ```text
/// x0 l0 + xi x2 l1,  (x0 + x1)(l0 + l1) - x0 l0 - x1 l1,  x2 l0 + x1 l1
/// ```
struct Short<'a> {
    x: &'a Fp6,
    l0: &'a Fp2,
    l1: &'a Fp2,
    p00: Wide2,
    p11: Wide2,
}

impl<'a> Short<'a> {
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn new(x: &'a Fp6, l0: &'a Fp2, l1: &'a Fp2) -> Self {
        let (p00, p11) = (product(&x[0], l0), product(&x[1], l1));
        Self { x, l0, l1, p00, p11 }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn coordinates(&self) -> Wide6 {
        [self.coordinate(0), self.coordinate(1), self.coordinate(2)]
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn coordinate(&self, i: usize) -> Wide2 {
        let Self { x, l0, l1, p00, p11 } = self;
        match i {
            0 => {
                let p21 = product(&x[2], l1);
                Wide2 {
                    re: Wide::combined(&[&p00.re, &p21.re], &[&p21.im]),
                    im: Wide::combined(&[&p00.im, &p21.re, &p21.im], &[]),
                }
            }
            1 => {
                let mixed = Wide2::product(&x[0].sum_factor(&x[1]), &l0.sum_factor(l1));
                Wide2 {
                    re: Wide::combined(&[&mixed.re], &[&p00.re, &p11.re]),
                    im: Wide::combined(&[&mixed.im], &[&p00.im, &p11.im]),
                }
            }
            _ => {
                let p20 = product(&x[2], l0);
                Wide2 {
                    re: Wide::combined(&[&p20.re, &p11.re], &[]),
                    im: Wide::combined(&[&p20.im, &p11.im], &[]),
                }
            }
        }
    }

    /// The coordinate minus others, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn minus_minus(&self, i: usize, s: &Wide2, t: &Wide2) -> Fp2 {
        let y = self.coordinate(i);
        Fp2 { re: carried(&[&y.re], &[&s.re, &t.re]), im: carried(&[&y.im], &[&s.im, &t.im]) }
    }

    /// The coordinate minus `s + xi t`, reduced.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn minus_minus_xi(&self, i: usize, s: &Wide2, t: &Wide2) -> Fp2 {
        let y = self.coordinate(i);
        Fp2 {
            re: carried(&[&y.re, &t.im], &[&s.re, &t.re]),
            im: carried(&[&y.im], &[&s.im, &t.re, &t.im]),
        }
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn product(x: &Fp2, y: &Fp2) -> Wide2 {
    Wide2::product(&x.factor(), &y.factor())
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(plus: &[&Wide], minus: &[&Wide]) -> Fp {
    Wide::combined_reduced::<true>(plus, minus)
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum(x: &Fp2, y: &Fp2) -> Fp2 {
    x.plus(y).carried()
}

/// An element of `Fp6` times one of `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn wide_scaled(x: &Fp6, scale: &Factor2) -> Wide6 {
    [
        Wide2::product(&x[0].factor(), scale),
        Wide2::product(&x[1].factor(), scale),
        Wide2::product(&x[2].factor(), scale),
    ]
}

/// A sum of two elements of `Fp6` times one of `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn wide_sum_scaled(x: &Fp6, y: &Fp6, scale: &Factor2) -> Wide6 {
    [
        Wide2::product(&x[0].sum_factor(&y[0]), scale),
        Wide2::product(&x[1].sum_factor(&y[1]), scale),
        Wide2::product(&x[2].sum_factor(&y[2]), scale),
    ]
}
