//! Eight elements of the base field `Fp`, one per lane.
//!
//! **Layout.** An element has eight limbs in radix `2^52`, least significant first; limb `i` of all
//! eight elements is the vector `limbs[i]`. The multiply-add instructions of AVX-512 IFMA multiply
//! the low 52 bits of two integers and add the low or the high 52 bits of the product to a 64-bit
//! accumulator. The upper twelve bits of a limb hold the carries of lazy additions.
//!
//! **Representations.** [`Fp`] is lazily reduced: limbs are signed and may exceed 52 bits. In a
//! [`Factor`] the low 52 bits of each limb are the digits of the value; the bits above are carries
//! that the next limb already includes, and the multiplication ignores them.
//! [`Wide`](super::wide::Wide) is an unreduced product of fifteen columns.
//!
//! **Montgomery form** with `R = 2^416`: `x` is represented by any integer congruent to `x R mod p`
//! within the bounds that [`Bound`] tracks.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::prime::{BITS, LIMBS, MASK, MINUS_P, ONE, P, RECIPROCAL, multiple_of_p};
use super::vector::{V, splat, zero};
use core::arch::x86_64::*;

/// The carry of a limb: `floor(limb / 2^52)`, signed.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn carry_of(limb: V) -> V {
    _mm512_srai_epi64::<BITS>(limb)
}

/// The low 52 bits of a limb.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn digit_of(limb: V) -> V {
    _mm512_and_si512(limb, splat(MASK))
}

/// Eight lazily reduced elements.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Fp {
    pub(super) limbs: [V; LIMBS],
    pub(super) bound: Bound,
}

/// Eight elements with propagated carries, as multiplication requires.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Factor {
    limbs: [V; LIMBS],
    bound: Bound,
}

/// A reference to a factor: a [`Factor`], or an [`Fp`] whose carries are propagated.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    pub(super) limbs: &'a [V; LIMBS],
    pub(super) bound: Bound,
}

impl<'a> From<&'a Factor> for Operand<'a> {
    #[inline]
    fn from(factor: &'a Factor) -> Self {
        Self { limbs: &factor.limbs, bound: factor.bound }
    }
}

/// Requires propagated carries; debug builds assert them.
impl<'a> From<&'a Fp> for Operand<'a> {
    #[inline]
    fn from(element: &'a Fp) -> Self {
        Self { limbs: &element.limbs, bound: element.bound.operand() }
    }
}

impl Fp {
    /// Broadcasts an integer in `[0, p)`, in radix `2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(digits: &[u64; LIMBS]) -> Self {
        let mut limbs = [zero(); LIMBS];
        for i in 0..LIMBS {
            limbs[i] = splat(digits[i]);
        }
        Self { limbs, bound: Bound::normal(1) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self { limbs: [zero(); LIMBS], bound: Bound::normal(0) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        Self::splat(&ONE)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut limbs = self.limbs;
        for i in 0..LIMBS {
            limbs[i] = _mm512_add_epi64(limbs[i], other.limbs[i]);
        }
        Self { limbs, bound: self.bound.plus(other.bound) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut limbs = self.limbs;
        for i in 0..LIMBS {
            limbs[i] = _mm512_sub_epi64(limbs[i], other.limbs[i]);
        }
        Self { limbs, bound: self.bound.minus(other.bound) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(&self) -> Self {
        self.plus(self)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn triple(&self) -> Self {
        self.plus(self).plus(self)
    }

    /// Broadcasts `p`, a representative of zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn p() -> Self {
        Self { bound: Bound::exactly(1), ..Self::splat(&P) }
    }

    /// `x + MULTIPLE p`, the same element: makes a value above `-MULTIPLE p` non-negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus_kp<const MULTIPLE: u64>(&self) -> Self {
        let offset = const { multiple_of_p(MULTIPLE) };
        let mut limbs = self.limbs;
        for i in 0..LIMBS {
            limbs[i] = _mm512_add_epi64(limbs[i], splat(offset[i]));
        }
        Self { limbs, bound: self.bound.plus(Bound::exactly(MULTIPLE.cast_signed())) }
    }

    /// Prepares a value in `[0, 2^9 p]` for multiplication.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn factor(&self) -> Factor {
        let mut limbs = self.limbs;
        for i in 0..LIMBS - 1 {
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], carry_of(limbs[i]));
        }
        Factor { limbs, bound: self.bound.factor() }
    }

    /// Prepares `x + y` for multiplication.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn sum_factor(&self, other: &Self) -> Factor {
        self.plus(other).factor()
    }

    /// Propagates all carries: the same non-negative value, each limb in `[0, 2^52)`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn carry_propagated(&self) -> Self {
        let mut limbs = self.limbs;
        for i in 0..LIMBS - 1 {
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], carry_of(limbs[i]));
            limbs[i] = digit_of(limbs[i]);
        }
        Self { limbs, bound: self.bound.carry_propagated() }
    }

    /// Weak reduction: the representative in `[0, 2 p]`, with carries propagated; for values in
    /// `[0, 2^12 p]`.
    ///
    /// Subtracts `q p` for a quotient `q` estimated from the top limb. The estimate never exceeds
    /// `value / p` and falls short of it by less than two, as long as the quotient has far fewer
    /// bits than the 17 of the top limb of `p`. The top limb of a small value whose lower limbs are
    /// negative can be -1 after the carry; it counts as zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn weakly_reduced(&self) -> Self {
        let mut limbs = self.limbs;
        let top = _mm512_add_epi64(limbs[7], carry_of(limbs[6]));
        let top = _mm512_max_epi64(top, zero());
        let quotient = _mm512_madd52hi_epu64(zero(), top, splat(RECIPROCAL));
        for i in 0..LIMBS {
            limbs[i] = _mm512_madd52lo_epu64(limbs[i], quotient, splat(MINUS_P[i]));
        }
        for i in 0..LIMBS - 1 {
            limbs[i + 1] = _mm512_madd52hi_epu64(limbs[i + 1], quotient, splat(MINUS_P[i]));
        }
        let bound = self.bound.weakly_reduced();
        let mut reduced = Self { limbs, bound }.carry_propagated();
        reduced.limbs[7] = digit_of(reduced.limbs[7]);
        reduced
    }
}

impl Factor {
    /// Broadcasts an integer in `[0, p)`, in radix `2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(digits: &[u64; LIMBS]) -> Self {
        let Fp { limbs, bound } = Fp::splat(digits);
        Self { limbs, bound }
    }
}
