//! The tower above `Fp2`, eight elements at once:
//! `Fp6 = Fp2[v] / (v^3 - xi)`, `Fp12 = Fp6[w] / (w^2 - v)`, the same as arkworks'.
//!
//! Karatsuba at every level: a product in `Fp6` takes six products in `Fp2`; in `Fp12` a product
//! takes three products in `Fp6` and a square two. Lazy reduction: unreduced products are summed,
//! and each of the twelve coordinates of a result is reduced once (Aranha et al., EUROCRYPT 2011).
//!
//! Memory traffic dominates the cost, and returning a value of several kilobytes copies it. These
//! functions therefore write their results in place, into a [`Workspace`] or the element itself.
#![forbid(unsafe_code)]

use super::fp2::Fp2;
use super::wide::COLUMNS;
use super::wide2::Wide2;
use core::arch::x86_64::*;

/// `c0 + c1 v + c2 v^2`.
pub(super) type Fp6 = [Fp2; 3];

/// Unreduced elements of `Fp6`.
pub(super) type Wide6 = [Wide2; 3];

/// Eight elements `a + b w`. Multiplication and squaring require propagated carries in all
/// coordinates; products, also those with lines, have them.
#[derive(Clone, Copy)]
pub(super) struct Fp12 {
    pub(super) a: Fp6,
    pub(super) b: Fp6,
}

/// Scratch space for unreduced products, shared by a whole pairing. It takes most of the
/// first-level cache.
pub(super) struct Workspace {
    /// Products in `Fp2` of one product in `Fp6`.
    pub(super) terms: Wide6,
    /// Products in `Fp6` of one product in `Fp12`.
    pub(super) products: [Wide6; 3],
    /// Sums of coordinates for Karatsuba, or a product of lines.
    pub(super) sums: [Fp6; 3],
}

impl Workspace {
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new() -> Self {
        let zero = [Wide2::zero(); 3];
        Self { terms: zero, products: [zero; 3], sums: [[Fp2::zero(); 3]; 3] }
    }
}

// Karatsuba in Fp6, with t_i = x_i y_i:
//
// ```text
// c0 = t0 + xi ((x1 + x2)(y1 + y2) - t1 - t2)
// c1 = (x0 + x1)(y0 + y1) - t0 - t1 + xi t2
// c2 = (x0 + x2)(y0 + y2) - t0 - t2 + t1
// ```
impl Wide2 {
    /// Sets the value to `x y`; `PROPAGATED` declares that both have propagated carries.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_product_of<const PROPAGATED: bool>(&mut self, x: &Fp2, y: &Fp2) {
        if PROPAGATED {
            self.set_product(x.operand(&x.parts_sum()), y.operand(&y.parts_sum()));
        } else {
            self.set_product(&x.factor(), &y.factor());
        }
    }

    /// Sets the value to `(x0 + x1)(y0 + y1)`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_product_of_sums(&mut self, [x0, x1]: [&Fp2; 2], [y0, y1]: [&Fp2; 2]) {
        self.set_product(&x0.sum_factor(x1), &y0.sum_factor(y1));
    }

    /// Replaces `(x1 + x2)(y1 + y2)` by `c0`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn finish_c0(&mut self, [t0, t1, t2]: &Wide6) {
        let Self { re, im } = self;
        for k in 0..COLUMNS {
            let others = _mm512_add_epi64(t1.re.columns[k], t2.re.columns[k]);
            let mixed_re = _mm512_sub_epi64(re.columns[k], others);
            let others = _mm512_add_epi64(t1.im.columns[k], t2.im.columns[k]);
            let mixed_im = _mm512_sub_epi64(im.columns[k], others);
            let difference = _mm512_sub_epi64(mixed_re, mixed_im);
            re.columns[k] = _mm512_add_epi64(t0.re.columns[k], difference);
            let sum = _mm512_add_epi64(mixed_re, mixed_im);
            im.columns[k] = _mm512_add_epi64(t0.im.columns[k], sum);
        }
        let mixed_re = re.bound.minus(t1.re.bound).minus(t2.re.bound);
        let mixed_im = im.bound.minus(t1.im.bound).minus(t2.im.bound);
        re.bound = t0.re.bound.plus(mixed_re).minus(mixed_im);
        im.bound = t0.im.bound.plus(mixed_re).plus(mixed_im);
    }

    /// Replaces `(x0 + x1)(y0 + y1)` by `c1`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn finish_c1(&mut self, [t0, t1, t2]: &Wide6) {
        let Self { re, im } = self;
        for k in 0..COLUMNS {
            let others = _mm512_add_epi64(t0.re.columns[k], t1.re.columns[k]);
            let mixed_re = _mm512_sub_epi64(re.columns[k], others);
            let others = _mm512_add_epi64(t0.im.columns[k], t1.im.columns[k]);
            let mixed_im = _mm512_sub_epi64(im.columns[k], others);
            let difference = _mm512_sub_epi64(t2.re.columns[k], t2.im.columns[k]);
            re.columns[k] = _mm512_add_epi64(mixed_re, difference);
            let sum = _mm512_add_epi64(t2.re.columns[k], t2.im.columns[k]);
            im.columns[k] = _mm512_add_epi64(mixed_im, sum);
        }
        re.bound = re.bound.minus(t0.re.bound.plus(t1.re.bound)).plus(t2.re.bound);
        re.bound = re.bound.minus(t2.im.bound);
        im.bound = im.bound.minus(t0.im.bound.plus(t1.im.bound)).plus(t2.re.bound);
        im.bound = im.bound.plus(t2.im.bound);
    }

    /// Replaces `(x0 + x2)(y0 + y2)` by `c2`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn finish_c2(&mut self, [t0, t1, t2]: &Wide6) {
        self.re = self.re.minus(&t0.re).minus(&t2.re).plus(&t1.re);
        self.im = self.im.minus(&t0.im).minus(&t2.im).plus(&t1.im);
    }
}

/// Sets `c` to `x y`; `terms` is scratch space.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn set_product<const PROPAGATED: bool>(
    [c0, c1, c2]: &mut Wide6,
    terms: &mut Wide6,
    [x0, x1, x2]: &Fp6,
    [y0, y1, y2]: &Fp6,
) {
    terms[0].set_product_of::<PROPAGATED>(x0, y0);
    terms[1].set_product_of::<PROPAGATED>(x1, y1);
    terms[2].set_product_of::<PROPAGATED>(x2, y2);
    c0.set_product_of_sums([x1, x2], [y1, y2]);
    c0.finish_c0(terms);
    c1.set_product_of_sums([x0, x1], [y0, y1]);
    c1.finish_c1(terms);
    c2.set_product_of_sums([x0, x2], [y0, y2]);
    c2.finish_c2(terms);
}

// Reduced sums of products.
impl Fp2 {
    /// Sets the element to the reduced `x`; `PROPAGATE` propagates carries.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced<const PROPAGATE: bool>(&mut self, x: &Wide2) {
        self.re.set_combination::<PROPAGATE>(&[&x.re], &[]);
        self.im.set_combination::<PROPAGATE>(&[&x.im], &[]);
    }

    /// Sets the element to the reduced `x + y`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced_sum<const PROPAGATE: bool>(&mut self, x: &Wide2, y: &Wide2) {
        self.re.set_combination::<PROPAGATE>(&[&x.re, &y.re], &[]);
        self.im.set_combination::<PROPAGATE>(&[&x.im, &y.im], &[]);
    }

    /// Sets the element to the reduced `x + xi y`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced_sum_xi<const PROPAGATE: bool>(&mut self, x: &Wide2, y: &Wide2) {
        self.re.set_combination::<PROPAGATE>(&[&x.re, &y.re], &[&y.im]);
        self.im.set_combination::<PROPAGATE>(&[&x.im, &y.re, &y.im], &[]);
    }

    /// Sets the element to the reduced `x - y`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced_difference(&mut self, x: &Wide2, y: &Wide2) {
        self.re.set_combination::<false>(&[&x.re], &[&y.re]);
        self.im.set_combination::<false>(&[&x.im], &[&y.im]);
    }

    /// Sets the element to the reduced `x - xi y`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced_difference_xi(&mut self, x: &Wide2, y: &Wide2) {
        self.re.set_combination::<false>(&[&x.re, &y.im], &[&y.re]);
        self.im.set_combination::<false>(&[&x.im], &[&y.re, &y.im]);
    }

    /// Sets the element to the reduced `x - y - z`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced_minus_both<const PROPAGATE: bool>(
        &mut self,
        x: &Wide2,
        [y, z]: [&Wide2; 2],
    ) {
        self.re.set_combination::<PROPAGATE>(&[&x.re], &[&y.re, &z.re]);
        self.im.set_combination::<PROPAGATE>(&[&x.im], &[&y.im, &z.im]);
    }

    /// Sets the element to the reduced `x - y - xi z`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_reduced_minus_both_xi<const PROPAGATE: bool>(
        &mut self,
        x: &Wide2,
        y: &Wide2,
        z: &Wide2,
    ) {
        self.re.set_combination::<PROPAGATE>(&[&x.re, &z.im], &[&y.re, &z.re]);
        self.im.set_combination::<PROPAGATE>(&[&x.im], &[&y.im, &z.re, &z.im]);
    }

    /// Sets the element to `x + y`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn set_sum<const PROPAGATE: bool>(&mut self, x: &Self, y: &Self) {
        let sum = x.plus(y);
        *self = if PROPAGATE { sum.carry_propagated() } else { sum };
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(&mut self, y: &Self) {
        *self = self.plus(y);
    }

    /// Sets the element to `x + xi y`, for coordinates of `y` in `[0, 16 p]`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_sum_xi(&mut self, x: &Self, y: &Self) {
        *self = x.plus(&y.times_xi().plus_kp::<16>());
    }
}

/// Sets `sum` to `x + y`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn set_sum<const PROPAGATE: bool>(sum: &mut Fp6, x: &Fp6, y: &Fp6) {
    sum[0].set_sum::<PROPAGATE>(&x[0], &y[0]);
    sum[1].set_sum::<PROPAGATE>(&x[1], &y[1]);
    sum[2].set_sum::<PROPAGATE>(&x[2], &y[2]);
}

/// Sets `sum` to `x + v y`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn set_sum_v(sum: &mut Fp6, x: &Fp6, y: &Fp6) {
    sum[0].set_sum_xi(&x[0], &y[2]);
    sum[1].set_sum::<false>(&x[1], &y[0]);
    sum[2].set_sum::<false>(&x[2], &y[1]);
}

impl Fp12 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        let zero = Fp2::zero();
        Self { a: [Fp2::one(), zero, zero], b: [zero; 3] }
    }

    /// See [`Fp::weakly_reduced`](super::fp::Fp::weakly_reduced).
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn weakly_reduced(&self) -> Self {
        let Self { a, b } = self;
        Self {
            a: [a[0].weakly_reduced(), a[1].weakly_reduced(), a[2].weakly_reduced()],
            b: [b[0].weakly_reduced(), b[1].weakly_reduced(), b[2].weakly_reduced()],
        }
    }

    /// Multiplies in place, by three multiplications in `Fp6`:
    ///
    /// ```text
    /// (a + b w)(c + d w) = (a c + v b d) + ((a + b)(c + d) - a c - b d) w
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn multiply(&mut self, other: &Self, workspace: &mut Workspace) {
        let Self { a, b } = self;
        let Workspace { terms, products: [ac, bd, cross], sums: [x, y, _] } = workspace;
        set_product::<true>(ac, terms, a, &other.a);
        set_product::<true>(bd, terms, b, &other.b);
        set_sum::<false>(x, a, b);
        set_sum::<false>(y, &other.a, &other.b);
        set_product::<false>(cross, terms, x, y);
        a[0].set_reduced_sum_xi::<true>(&ac[0], &bd[2]);
        a[1].set_reduced_sum::<true>(&ac[1], &bd[0]);
        a[2].set_reduced_sum::<true>(&ac[2], &bd[1]);
        b[0].set_reduced_minus_both::<true>(&cross[0], [&ac[0], &bd[0]]);
        b[1].set_reduced_minus_both::<true>(&cross[1], [&ac[1], &bd[1]]);
        b[2].set_reduced_minus_both::<true>(&cross[2], [&ac[2], &bd[2]]);
    }

    /// Squares in place, by two multiplications in `Fp6`:
    ///
    /// ```text
    /// (a + b w)^2 = ((a + b)(a + v b) - ab - v ab) + 2 ab w
    /// ```
    ///
    /// Does not propagate carries; multiplication by a line follows and does.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&mut self, workspace: &mut Workspace) {
        let Self { a, b } = self;
        let Workspace { terms, products: [ab, cross, _], sums: [x, y, _] } = workspace;
        set_product::<true>(ab, terms, a, b);
        set_sum::<false>(x, a, b);
        set_sum_v(y, a, b);
        set_product::<false>(cross, terms, x, y);
        a[0].set_reduced_minus_both_xi::<false>(&cross[0], &ab[0], &ab[2]);
        a[1].set_reduced_minus_both::<false>(&cross[1], [&ab[1], &ab[0]]);
        a[2].set_reduced_minus_both::<false>(&cross[2], [&ab[2], &ab[1]]);
        b[0].set_reduced_sum::<false>(&ab[0], &ab[0]);
        b[1].set_reduced_sum::<false>(&ab[1], &ab[1]);
        b[2].set_reduced_sum::<false>(&ab[2], &ab[2]);
    }
}
