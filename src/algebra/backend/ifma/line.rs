//! Sparse multiplication in `Fp12` by lines, which have three non-zero coordinates of six.
#![forbid(unsafe_code)]

use super::fp2::{Factor2, Fp2};
use super::fp12::{Fp6, Fp12, Wide6, Workspace, set_product, set_sum};
use super::wide2::Wide2;

/// A line `l0 + l1 v + l2 v w`.
pub(super) type Line = [Fp2; 3];

impl Fp12 {
    /// The normalised line `1 + s v + t v w`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn from_normalised_line(s: &Fp2, t: &Fp2) -> Self {
        let zero = Fp2::zero();
        Self { a: [Fp2::one(), s.carry_propagated(), zero], b: [zero, t.carry_propagated(), zero] }
    }

    /// Multiplies by a normalised line `1 + s v + t v w`: nine products in `Fp2`.
    ///
    /// ```text
    /// (a + b w)(s + t w) = (s a + v t b) + ((a + b)(s + t) - s a - t b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_normalised_line(&mut self, s: &Fp2, t: &Fp2, workspace: &mut Workspace) {
        let Self { a, b } = self;
        let [sa, tb, cross] = &mut workspace.products;
        set_times_fp2(sa, a, &s.factor());
        set_times_fp2(tb, b, &t.factor());
        set_sum_times_fp2(cross, a, b, &s.sum_factor(t));
        let ([s0, s1, s2], [t0, t1, t2], [c0, c1, c2]) = (sa, tb, cross);
        // Times v; the 1 of the line adds the element itself.
        a[0].re.add_combination(&[&s2.re, &t1.re], &[&s2.im, &t1.im]);
        a[0].im.add_combination(&[&s2.re, &t1.re, &s2.im, &t1.im], &[]);
        a[1].re.add_combination(&[&s0.re, &t2.re], &[&t2.im]);
        a[1].im.add_combination(&[&s0.im, &t2.re, &t2.im], &[]);
        a[2].re.add_combination(&[&s1.re, &t0.re], &[]);
        a[2].im.add_combination(&[&s1.im, &t0.im], &[]);
        b[0].re.add_combination(&[&c2.re, &s2.im, &t2.im], &[&c2.im, &s2.re, &t2.re]);
        b[0].im.add_combination(&[&c2.re, &c2.im], &[&s2.re, &t2.re, &s2.im, &t2.im]);
        b[1].re.add_combination(&[&c0.re], &[&s0.re, &t0.re]);
        b[1].im.add_combination(&[&c0.im], &[&s0.im, &t0.im]);
        b[2].re.add_combination(&[&c1.re], &[&s1.re, &t1.re]);
        b[2].im.add_combination(&[&c1.im], &[&s1.im, &t1.im]);
    }

    /// Multiplies by a line `l0 + l1 v + l2 v w`: thirteen products in `Fp2`.
    ///
    /// ```text
    /// L = l0 + l1 v
    /// (a + b w)(L + l2 v w) = (L a + v^2 l2 b) + ((a + b)(L + l2 v) - L a - v l2 b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_line(&mut self, [l0, l1, l2]: &Line, workspace: &mut Workspace) {
        let Self { a, b } = self;
        let Workspace { terms, products: [x, t, y], sums: [c, m, _] } = workspace;
        set_sparse_product(x, terms, a, l0, l1);
        set_times_fp2(t, b, &l2.factor());
        set_sum::<true>(c, a, b);
        m[0].set_sum::<true>(l1, l2);
        set_sparse_product(y, terms, c, l0, &m[0]);
        self.set_reduced(x, t, y);
    }

    /// Multiplies by two lines: six products in `Fp2` for the product of the lines, seventeen for
    /// its product with the element.
    ///
    /// ```text
    /// (l0 + l1 v + l2 v w)(m0 + m1 v + m2 v w) = A + B v w
    /// A = (l0 m0 + xi l2 m2) + (l0 m1 + l1 m0) v + l1 m1 v^2
    /// B = (l0 m2 + l2 m0) + (l1 m2 + l2 m1) v
    /// (a + b w)(A + B v w) = (A a + v^2 B b) + ((a + b)(A + v B) - A a - v B b) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_line_pair(&mut self, l: &Line, m: &Line, workspace: &mut Workspace) {
        let [p0, p1, p2] = &mut workspace.terms;
        p0.set_product_of::<false>(&l[0], &m[0]);
        p1.set_product_of::<false>(&l[1], &m[1]);
        p2.set_product_of::<false>(&l[2], &m[2]);
        let [x01, x02, x12] = &mut workspace.products[0];
        x01.set_product_of_sums([&l[0], &l[1]], [&m[0], &m[1]]);
        x02.set_product_of_sums([&l[0], &l[2]], [&m[0], &m[2]]);
        x12.set_product_of_sums([&l[1], &l[2]], [&m[1], &m[2]]);
        let [[a0, a1, a2], [b0, b1, _], _] = &mut workspace.sums;
        a0.set_reduced_sum_xi::<true>(p0, p2);
        a1.set_reduced_minus_both::<true>(x01, [p0, p1]);
        a2.set_reduced::<true>(p1);
        b0.set_reduced_minus_both::<true>(x02, [p0, p2]);
        b1.set_reduced_minus_both::<true>(x12, [p1, p2]);

        let Self { a, b } = self;
        let Workspace { terms, products: [x, t, y], sums: [line_a, line_b, c] } = workspace;
        set_product::<false>(x, terms, a, line_a);
        set_sparse_product(t, terms, b, &line_b[0], &line_b[1]);
        set_sum::<true>(c, a, b);
        line_a[1].add(&line_b[0]);
        line_a[2].add(&line_b[1]);
        set_product::<false>(y, terms, c, line_a);
        self.set_reduced(x, t, y);
    }

    /// Sets the element to the reduced `(x + v^2 t) + (y - x - v t) w`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_reduced(&mut self, x: &Wide6, t: &Wide6, y: &Wide6) {
        let Self { a, b } = self;
        a[0].set_reduced_sum_xi::<true>(&x[0], &t[1]);
        a[1].set_reduced_sum_xi::<true>(&x[1], &t[2]);
        a[2].set_reduced_sum::<true>(&x[2], &t[0]);
        b[0].set_reduced_minus_both_xi::<true>(&y[0], &x[0], &t[2]);
        b[1].set_reduced_minus_both::<true>(&y[1], [&x[1], &t[0]]);
        b[2].set_reduced_minus_both::<true>(&y[2], [&x[2], &t[1]]);
    }
}

impl Wide2 {
    /// Replaces `z` by `t + xi z`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_xi_plus(&mut self, t: &Self) {
        let im = t.im.plus(&self.re).plus(&self.im);
        self.re = t.re.plus(&self.re).minus(&self.im);
        self.im = im;
    }

    /// Subtracts `s` and `t`.
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

/// Sets `z` to `x (l0 + l1 v)`, by five products in `Fp2`; the second argument is scratch space.
///
/// ```text
/// x0 l0 + xi x2 l1,  (x0 + x1)(l0 + l1) - x0 l0 - x1 l1,  x2 l0 + x1 l1
/// ```
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_sparse_product(
    [z0, z1, z2]: &mut Wide6,
    [p00, p11, _]: &mut Wide6,
    [x0, x1, x2]: &Fp6,
    l0: &Fp2,
    l1: &Fp2,
) {
    p00.set_product_of::<false>(x0, l0);
    p11.set_product_of::<false>(x1, l1);
    z0.set_product_of::<false>(x2, l1);
    z0.times_xi_plus(p00);
    z1.set_product_of_sums([x0, x1], [l0, l1]);
    z1.subtract(p00, p11);
    z2.set_product_of::<false>(x2, l0);
    z2.add(p11);
}

/// Sets `z` to `x scale`, for `x` in `Fp6` and `scale` in `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_times_fp2([z0, z1, z2]: &mut Wide6, [x0, x1, x2]: &Fp6, scale: &Factor2) {
    z0.set_product(&x0.factor(), scale);
    z1.set_product(&x1.factor(), scale);
    z2.set_product(&x2.factor(), scale);
}

/// Sets `z` to `(x + y) scale`, for `x`, `y` in `Fp6` and `scale` in `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_sum_times_fp2([z0, z1, z2]: &mut Wide6, x: &Fp6, y: &Fp6, scale: &Factor2) {
    z0.set_product(&x[0].sum_factor(&y[0]), scale);
    z1.set_product(&x[1].sum_factor(&y[1]), scale);
    z2.set_product(&x[2].sum_factor(&y[2]), scale);
}
