//! Inverses in lanes: one inversion for all eight.
//!
//! Montgomery's trick over the lanes: the products `x_0 ... x_i`, one inversion of the last, and back.
//! A zero is its own inverse here, and stands as one in the products, so that it does not turn its
//! neighbours' inverses to zero.
#![forbid(unsafe_code)]

use super::LANES;
use super::convert::{load, store};
use super::fp::Fp;
use super::fp2::Fp2;
use super::fp12::{Fp6, Fp12};
use crate::blst::invert;
use ark_bls12_381::Fq;
use ark_ff::{AdditiveGroup, Field, Zero};

impl Fp {
    /// `1/x`, and 0 for 0.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse(&self) -> Self {
        let elements = store(self);
        let mut products = [Fq::ONE; LANES];
        let mut product = Fq::ONE;
        for (before, element) in products.iter_mut().zip(&elements) {
            *before = product;
            if !element.is_zero() {
                product *= element;
            }
        }
        let mut inverse = invert(&product);
        let mut inverses = [Fq::ZERO; LANES];
        for lane in (0..LANES).rev() {
            if !elements[lane].is_zero() {
                inverses[lane] = inverse * products[lane];
                inverse *= elements[lane];
            }
        }
        load(&inverses)
    }
}

impl Fp2 {
    /// `1/(a + b u) = (a - b u) / (a^2 + b^2)`, and 0 for 0.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse(&self) -> Self {
        let (a, b) = (self.re.factor(), self.im.factor());
        let norm = a.times(&a).plus(&b.times(&b));
        let scale = norm.inverse().factor();
        Self { re: a.times(&scale), im: Fp::zero().minus(&b.times(&scale)).lifted::<4>() }
    }
}

impl Fp12 {
    /// `1/(a + b w) = (a - b w) / (a^2 - v b^2)`, and 0 for 0.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse(&self) -> Self {
        let norm = self.times(&self.conjugate());
        let inverse = inverse6(&norm.a);
        let zero = Fp2::zero();
        self.conjugate().times(&Self { a: inverse, b: [zero; 3] })
    }
}

/// With `t0 = c0^2 - xi c1 c2`, `t1 = xi c2^2 - c0 c1`, `t2 = c1^2 - c0 c2`: the inverse is
/// `(t0 + t1 v + t2 v^2) / (c0 t0 + xi (c2 t1 + c1 t2))`.
#[target_feature(enable = "avx512f,avx512ifma")]
fn inverse6([c0, c1, c2]: &Fp6) -> Fp6 {
    let t0 = c0.square().minus(&c1.times(c2).times_xi()).lifted::<16>();
    let t1 = c2.square().times_xi().minus(&c0.times(c1)).lifted::<16>();
    let t2 = c1.square().minus(&c0.times(c2)).lifted::<16>();
    let mixed = c2.times(&t1).plus(&c1.times(&t2)).times_xi();
    let inverse = c0.times(&t0).plus(&mixed).lifted::<16>().inverse();
    [t0.times(&inverse), t1.times(&inverse), t2.times(&inverse)]
}
