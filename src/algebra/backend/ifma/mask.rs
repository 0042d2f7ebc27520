//! Decisions that differ from lane to lane, without branches.
//!
//! A mask has a bit a lane. What would go wrong in one lane (a point at infinity, a zero to invert)
//! is replaced there before it can touch its neighbours, and the right result is put in afterwards.
#![forbid(unsafe_code)]

use super::fp::{Fp, LIMBS, P, splat, zero};
use super::fp2::Fp2;
use core::arch::x86_64::*;

/// A bit a lane.
pub(super) type Mask = __mmask8;

impl Fp {
    /// The representative below `p`, in limbs of 52 bits.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(&self) -> Self {
        let settled = self.settled();
        settled.reduced_once().reduced_once()
    }

    /// `x` or `x - p`, whichever is not negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reduced_once(&self) -> Self {
        let mut difference = self.limbs;
        for i in 0..LIMBS {
            difference[i] = _mm512_sub_epi64(difference[i], splat(P[i]));
        }
        for i in 0..LIMBS - 1 {
            let carry = _mm512_srai_epi64::<52>(difference[i]);
            difference[i + 1] = _mm512_add_epi64(difference[i + 1], carry);
            difference[i] = _mm512_and_si512(difference[i], splat((1 << 52) - 1));
        }
        let smaller = _mm512_cmplt_epi64_mask(difference[LIMBS - 1], zero());
        Self::select(smaller, self, &Self { limbs: difference, bound: self.bound })
    }

    /// Where the element is zero.
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

    /// Where two elements are equal; differences between `-64 p` and `64 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn equals(&self, other: &Self) -> Mask {
        self.minus(other).lifted::<64>().is_zero()
    }

    /// `yes` where the mask is set, `no` elsewhere.
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
    /// Where the element is zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_zero(&self) -> Mask {
        self.re.is_zero() & self.im.is_zero()
    }

    /// Where two elements are equal; differences between `-64 p` and `64 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn equals(&self, other: &Self) -> Mask {
        self.re.equals(&other.re) & self.im.equals(&other.im)
    }

    /// `yes` where the mask is set, `no` elsewhere.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        Self { re: Fp::select(mask, &yes.re, &no.re), im: Fp::select(mask, &yes.im, &no.im) }
    }
}
