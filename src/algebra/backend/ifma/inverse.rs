//! Inversion: one field inversion for all eight lanes.
//!
//! Montgomery's trick across the lanes, by rotations. With `p1 = x rot4(x)` and `p2 = p1 rot2(p1)`,
//! every lane of `p2 rot1(p2)` holds the product of all lanes, and a lane of
//! `rot4(x) rot2(p1) rot1(p2)` the product of the seven others. Zeros are replaced by one in the
//! products; their result is zero.
#![forbid(unsafe_code)]

use super::super::blst::invert_fp;
use super::convert::{load_one, store};
use super::fp::Fp;
use super::fp2::Fp2;
use super::fp12::{Fp6, Fp12, Workspace, set_product};
use super::prime::LIMBS;
use core::arch::x86_64::*;

impl Fp {
    /// `1/x`, or 0 for 0.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse(&self) -> Self {
        let zeros = self.is_zero();
        let x = Self::select(zeros, &Self::one(), self);
        let p1 = x.times(&x.rotated::<4>());
        let p2 = p1.times(&p1.rotated::<2>());
        let r2 = p2.rotated::<1>();
        let others = x.rotated::<4>().times(&p1.rotated::<2>()).times(&r2);
        let inverse = load_one(&invert_fp(&store(&p2.times(&r2))[0]));
        Self::select(zeros, &Self::zero(), &others.times(&inverse))
    }

    /// Rotates the lanes: lane `i` moves to lane `i - N mod 8`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn rotated<const N: i32>(&self) -> Self {
        let mut limbs = self.limbs;
        for i in 0..LIMBS {
            limbs[i] = _mm512_alignr_epi64::<N>(limbs[i], limbs[i]);
        }
        Self { limbs, bound: self.bound }
    }
}

impl Fp2 {
    /// `1/(a + b u) = (a - b u) / (a^2 + b^2)`, or 0 for 0.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse(&self) -> Self {
        let (a, b) = (self.re.factor(), self.im.factor());
        let norm = a.times(&a).plus(&b.times(&b));
        let scale = norm.inverse().factor();
        Self { re: a.times(&scale), im: Fp::zero().minus(&b.times(&scale)).plus_kp::<4>() }
    }
}

impl Fp12 {
    /// Rotates the lanes: lane `i` moves to lane `i - N mod 8`.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn rotated<const N: i32>(&self) -> Self {
        let mut rotated = *self;
        for c in rotated.a.iter_mut().chain(&mut rotated.b) {
            *c = Fp2 { re: c.re.rotated::<N>(), im: c.im.rotated::<N>() };
        }
        rotated
    }

    /// `1/(a + b w) = (a - b w) / (a^2 - v b^2)`, or 0 for 0. Requires propagated carries.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse(&self, workspace: &mut Workspace) -> Self {
        let Self { mut a, mut b } = self.conjugate();
        let Workspace { terms, products: [aa, bb, _], sums: [norm, ..] } = workspace;
        set_product::<true>(aa, terms, &a, &a);
        set_product::<true>(bb, terms, &b, &b);
        norm[0].set_reduced_difference_xi(&aa[0], &bb[2]);
        norm[1].set_reduced_difference(&aa[1], &bb[0]);
        norm[2].set_reduced_difference(&aa[2], &bb[1]);
        let inverse = inverse6(norm);
        set_product::<true>(aa, terms, &a, &inverse);
        set_product::<true>(bb, terms, &b, &inverse);
        for i in 0..3 {
            a[i].set_reduced::<true>(&aa[i]);
            b[i].set_reduced::<true>(&bb[i]);
        }
        Self { a, b }
    }
}

/// Returns `1/(c0 + c1 v + c2 v^2) = (t0 + t1 v + t2 v^2) / (c0 t0 + xi (c2 t1 + c1 t2))`, with
/// `t0 = c0^2 - xi c1 c2`, `t1 = xi c2^2 - c0 c1`, `t2 = c1^2 - c0 c2`.
#[target_feature(enable = "avx512f,avx512ifma")]
fn inverse6([c0, c1, c2]: &Fp6) -> Fp6 {
    let t0 = c0.square().minus(&c1.times(c2).times_xi()).plus_kp::<16>();
    let t1 = c2.square().times_xi().minus(&c0.times(c1)).plus_kp::<16>();
    let t2 = c1.square().minus(&c0.times(c2)).plus_kp::<16>();
    let mixed = c2.times(&t1).plus(&c1.times(&t2)).times_xi();
    let inverse = c0.times(&t0).plus(&mixed).plus_kp::<16>().inverse();
    [
        t0.times(&inverse).carry_propagated(),
        t1.times(&inverse).carry_propagated(),
        t2.times(&inverse).carry_propagated(),
    ]
}
