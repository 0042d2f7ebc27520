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
