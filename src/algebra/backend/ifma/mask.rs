//! Per-lane comparison and selection by masks, without branches.
#![forbid(unsafe_code)]

use super::fp::{Fp, carry_of, digit_of};
use super::fp2::Fp2;
use super::prime::{LIMBS, P};
use super::vector::{splat, zero};
use core::arch::x86_64::*;

/// One bit per lane.
pub(super) type Mask = __mmask8;

impl Fp {
    /// The canonical representative, in `[0, p)`, with carries propagated.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(&self) -> Self {
        self.weakly_reduced().conditional_subtract_p().conditional_subtract_p()
    }

    /// `x - p` if it is non-negative, else `x`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn conditional_subtract_p(&self) -> Self {
        let mut difference = self.limbs;
        for i in 0..LIMBS {
            difference[i] = _mm512_sub_epi64(difference[i], splat(P[i]));
        }
        for i in 0..LIMBS - 1 {
            difference[i + 1] = _mm512_add_epi64(difference[i + 1], carry_of(difference[i]));
            difference[i] = digit_of(difference[i]);
        }
        let smaller = _mm512_cmplt_epi64_mask(difference[LIMBS - 1], zero());
        Self::select(smaller, self, &Self { limbs: difference, bound: self.bound })
    }

    /// The mask of the lanes that are zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_zero(&self) -> Mask {
        let canonical = self.canonical();
        let mut bits = zero();
        for limb in canonical.limbs {
            bits = _mm512_or_si512(bits, limb);
        }
        _mm512_testn_epi64_mask(bits, bits)
    }

    /// The mask of the lanes with `x = y`, for `x - y` in `[-64 p, 64 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn equals(&self, other: &Self) -> Mask {
        self.minus(other).plus_kp::<64>().is_zero()
    }

    /// `yes` in the lanes whose bit is set, `no` in the others.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        let mut limbs = no.limbs;
        for i in 0..LIMBS {
            limbs[i] = _mm512_mask_blend_epi64(mask, no.limbs[i], yes.limbs[i]);
        }
        Self { limbs, bound: yes.bound.or(no.bound) }
    }
}

impl Fp2 {
    /// The mask of the lanes that are zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_zero(&self) -> Mask {
        self.re.is_zero() & self.im.is_zero()
    }

    /// The mask of the lanes with `x = y`, for `x - y` in `[-64 p, 64 p]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn equals(&self, other: &Self) -> Mask {
        self.re.equals(&other.re) & self.im.equals(&other.im)
    }

    /// `yes` in the lanes whose bit is set, `no` in the others.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        Self { re: Fp::select(mask, &yes.re, &no.re), im: Fp::select(mask, &yes.im, &no.im) }
    }
}
