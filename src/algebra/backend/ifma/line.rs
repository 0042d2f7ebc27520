//! Products of elements of `Fp12` with lines, which have three coordinates of six.
#![forbid(unsafe_code)]

use super::fp2::{Factor2, Fp2};
use super::fp12::{Fp6, Fp12, Wide6, Workspace, set_product, set_sum};
use super::wide2::Wide2;

/// A line `l0 + l1 v + l2 v w`.
pub(super) type Line = [Fp2; 3];

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
    pub(super) fn times_line(&mut self, s: &Fp2, t: &Fp2, workspace: &mut Workspace) {
        let Self { a, b } = self;
        let [sa, tb, cross] = &mut workspace.products;
        set_scaled(sa, a, &s.factor());
        set_scaled(tb, b, &t.factor());
        set_sum_scaled(cross, a, b, &s.sum_factor(t));
        let ([s0, s1, s2], [t0, t1, t2], [c0, c1, c2]) = (sa, tb, cross);
        // One more v, and the line's 1.
        a[0].re.add_combined(&[&s2.re, &t1.re], &[&s2.im, &t1.im]);
        a[0].im.add_combined(&[&s2.re, &t1.re, &s2.im, &t1.im], &[]);
        a[1].re.add_combined(&[&s0.re, &t2.re], &[&t2.im]);
        a[1].im.add_combined(&[&s0.im, &t2.re, &t2.im], &[]);
        a[2].re.add_combined(&[&s1.re, &t0.re], &[]);
        a[2].im.add_combined(&[&s1.im, &t0.im], &[]);
        b[0].re.add_combined(&[&c2.re, &s2.im, &t2.im], &[&c2.im, &s2.re, &t2.re]);
        b[0].im.add_combined(&[&c2.re, &c2.im], &[&s2.re, &t2.re, &s2.im, &t2.im]);
        b[1].re.add_combined(&[&c0.re], &[&s0.re, &t0.re]);
        b[1].im.add_combined(&[&c0.im], &[&s0.im, &t0.im]);
        b[2].re.add_combined(&[&c1.re], &[&s1.re, &t1.re]);
        b[2].im.add_combined(&[&c1.im], &[&s1.im, &t1.im]);
    }

    /// Times any line: thirteen products.
    ///
    /// ```text
    /// L = l0 + l1 v
    /// (a + b w)(L + l2 v w) = (L a + v^2 l2 b) + ((a + b)(L + l2 v) - L a - v l2 b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_any_line(&mut self, [l0, l1, l2]: &Line, workspace: &mut Workspace) {
        let Self { a, b } = self;
        let Workspace { terms, products: [x, t, y], sums: [c, m, _] } = workspace;
        set_short_product(x, terms, a, l0, l1);
        set_scaled(t, b, &l2.factor());
        set_sum::<true>(c, a, b);
        m[0].set_sum::<true>(l1, l2);
        set_short_product(y, terms, c, l0, &m[0]);
        self.set_reduced(x, t, y);
    }

    /// Times two lines: their product has six products, that with it seventeen.
    ///
    /// ```text
    /// (l0 + l1 v + l2 v w)(m0 + m1 v + m2 v w) = A + B v w
    /// A = (l0 m0 + xi l2 m2) + (l0 m1 + l1 m0) v + l1 m1 v^2
    /// B = (l0 m2 + l2 m0) + (l1 m2 + l2 m1) v
    /// (a + b w)(A + B v w) = (A a + v^2 B b) + ((a + b)(A + v B) - A a - v B b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_two_lines(&mut self, l: &Line, m: &Line, workspace: &mut Workspace) {
        let [p0, p1, p2] = &mut workspace.terms;
        p0.set_term::<false>(&l[0], &m[0]);
        p1.set_term::<false>(&l[1], &m[1]);
        p2.set_term::<false>(&l[2], &m[2]);
        let [x01, x02, x12] = &mut workspace.products[0];
        x01.set_product_of_sums([&l[0], &l[1]], [&m[0], &m[1]]);
        x02.set_product_of_sums([&l[0], &l[2]], [&m[0], &m[2]]);
        x12.set_product_of_sums([&l[1], &l[2]], [&m[1], &m[2]]);
        let [[a0, a1, a2], [b0, b1, _], _] = &mut workspace.sums;
        a0.set_reduced_sum_xi::<true>(p0, p2);
        a1.set_reduced_without::<true>(x01, [p0, p1]);
        a2.set_reduced::<true>(p1);
        b0.set_reduced_without::<true>(x02, [p0, p2]);
        b1.set_reduced_without::<true>(x12, [p1, p2]);

        let Self { a, b } = self;
        let Workspace { terms, products: [x, t, y], sums: [line_a, line_b, c] } = workspace;
        set_product::<false>(x, terms, a, line_a);
        set_short_product(t, terms, b, &line_b[0], &line_b[1]);
        set_sum::<true>(c, a, b);
        line_a[1].add(&line_b[0]);
        line_a[2].add(&line_b[1]);
        set_product::<false>(y, terms, c, line_a);
        self.set_reduced(x, t, y);
    }

    /// Becomes `(x + v^2 t) + (y - x - v t) w`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_reduced(&mut self, x: &Wide6, t: &Wide6, y: &Wide6) {
        let Self { a, b } = self;
        a[0].set_reduced_sum_xi::<true>(&x[0], &t[1]);
        a[1].set_reduced_sum_xi::<true>(&x[1], &t[2]);
        a[2].set_reduced_sum::<true>(&x[2], &t[0]);
        b[0].set_reduced_without_xi::<true>(&y[0], &x[0], &t[2]);
        b[1].set_reduced_without::<true>(&y[1], [&x[1], &t[0]]);
        b[2].set_reduced_without::<true>(&y[2], [&x[2], &t[1]]);
    }
}

impl Wide2 {
    /// Becomes `t + xi` times what it is.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn complete_with_xi(&mut self, t: &Self) {
        let im = t.im.plus(&self.re).plus(&self.im);
        self.re = t.re.plus(&self.re).minus(&self.im);
        self.im = im;
    }

    /// Minus two others.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn subtract(&mut self, s: &Self, t: &Self) {
        self.re = self.re.minus(&s.re).minus(&t.re);
        self.im = self.im.minus(&s.im).minus(&t.im);
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add(&mut self, t: &Self) {
        self.re = self.re.plus(&t.re);
        self.im = self.im.plus(&t.im);
    }
}

/// Becomes the product `x (l0 + l1 v)`: five products in `Fp2`.
///
/// ```text
/// x0 l0 + xi x2 l1,  (x0 + x1)(l0 + l1) - x0 l0 - x1 l1,  x2 l0 + x1 l1
/// ```
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_short_product(
    [z0, z1, z2]: &mut Wide6,
    [p00, p11, _]: &mut Wide6,
    [x0, x1, x2]: &Fp6,
    l0: &Fp2,
    l1: &Fp2,
) {
    p00.set_term::<false>(x0, l0);
    p11.set_term::<false>(x1, l1);
    z0.set_term::<false>(x2, l1);
    z0.complete_with_xi(p00);
    z1.set_product_of_sums([x0, x1], [l0, l1]);
    z1.subtract(p00, p11);
    z2.set_term::<false>(x2, l0);
    z2.add(p11);
}

/// Becomes an element of `Fp6` times one of `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_scaled([z0, z1, z2]: &mut Wide6, [x0, x1, x2]: &Fp6, scale: &Factor2) {
    z0.set_product(&x0.factor(), scale);
    z1.set_product(&x1.factor(), scale);
    z2.set_product(&x2.factor(), scale);
}

/// Becomes a sum of two elements of `Fp6` times one of `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_sum_scaled([z0, z1, z2]: &mut Wide6, x: &Fp6, y: &Fp6, scale: &Factor2) {
    z0.set_product(&x[0].sum_factor(&y[0]), scale);
    z1.set_product(&x[1].sum_factor(&y[1]), scale);
    z2.set_product(&x[2].sum_factor(&y[2]), scale);
}
