//! Eight elements of the base field at once, one a lane.
//!
//! **Layout.** A vector register holds eight 64-bit numbers, one of each element. An element is
//! eight of them, radix `2^52`, least significant first: limb `i` of all eight elements stands in
//! `limbs[i]`. The multiply-add instructions of AVX-512 IFMA take the low 52 bits of two numbers,
//! multiply, and add the low or the high 52 bits of the product to a 64-bit accumulator; the twelve
//! bits above are room for sums without carries.
//!
//! **Three kinds of numbers.** [`Fp`] is what sums give: limbs may be negative or above 52 bits.
//! [`Factor`] is what may be multiplied: the low 52 bits of its limbs are the digits of the value
//! (the bits above are carries that were already handed on; the instruction ignores them, so they
//! are not erased). [`Wide`](super::wide::Wide) is a product before reduction, fifteen columns.
//!
//! **Montgomery form** with `R = 2^416`: `x` is represented by `x R mod p`, by any of its
//! representatives within the bounds that [`Bound`] tracks.
#![forbid(unsafe_code)]

use super::bound::Bound;
use super::wide::Wide;
use core::arch::x86_64::*;

/// One 64-bit number of each lane.
pub(super) type V = __m512i;

/// Limbs of an element.
pub(super) const LIMBS: usize = 8;

/// Bits of a limb.
const BITS: u32 = 52;

const MASK: u64 = (1 << BITS) - 1;

/// The prime, in 64-bit limbs.
pub(super) const P64: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];

/// The prime.
pub(super) const P: [u64; LIMBS] = digits(P64);

/// `k = -1/p mod 2^52`, by Newton's iteration.
pub(super) const K: u64 = {
    let mut inverse: u64 = 1;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(P[0].wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg() & MASK
};

/// `N = (k p + 1) / 2^52`, so that `m k p = m 2^52 N - m`: see `wide`.
pub(super) const N: [u64; LIMBS] = {
    let mut digits = [0; LIMBS];
    let mut carry: u128 = 1;
    let mut i = 0;
    while i < LIMBS {
        let sum = P[i] as u128 * K as u128 + carry;
        if i > 0 {
            digits[i - 1] = sum as u64 & MASK;
        }
        carry = sum >> BITS;
        i += 1;
    }
    digits[LIMBS - 1] = carry as u64;
    digits
};

/// `2^416 - p`: adding it `q` times and dropping what overflows subtracts `q p`.
const MINUS_P: [u64; LIMBS] = {
    let mut digits = [0; LIMBS];
    let mut borrow = 0;
    let mut i = 0;
    while i < LIMBS {
        let difference = (1 << BITS) - P[i] - borrow;
        digits[i] = difference & MASK;
        borrow = 1 - (difference >> BITS);
        i += 1;
    }
    digits
};

/// A little less than `2^52` over the top limb of `p`, for quotient estimates.
const RECIPROCAL: u64 = (1 << BITS) / (P[LIMBS - 1] + 1);

/// `2^416 mod p`: one.
const ONE: [u64; LIMBS] = digits(power_of_two(416));

/// `2^exponent mod p`.
pub(super) const fn power_of_two(exponent: usize) -> [u64; 6] {
    doubled([1, 0, 0, 0, 0, 0], exponent)
}

/// `x 2^times mod p`, for `x` below `p`.
pub(super) const fn doubled(mut x: [u64; 6], times: usize) -> [u64; 6] {
    let mut i = 0;
    while i < times {
        x = reduce_once(shift_left(x));
        i += 1;
    }
    x
}

const fn shift_left(x: [u64; 6]) -> [u64; 6] {
    let mut shifted = [0; 6];
    let mut i = 0;
    while i < 6 {
        shifted[i] = x[i] << 1 | if i > 0 { x[i - 1] >> 63 } else { 0 };
        i += 1;
    }
    shifted
}

/// `x` or `x - p`, whichever is in `[0, p)`, for `x < 2 p`.
const fn reduce_once(x: [u64; 6]) -> [u64; 6] {
    let mut difference = [0; 6];
    let mut borrow = false;
    let mut i = 0;
    while i < 6 {
        let (d, b0) = x[i].overflowing_sub(P64[i]);
        let (d, b1) = d.overflowing_sub(borrow as u64);
        difference[i] = d;
        borrow = b0 || b1;
        i += 1;
    }
    if borrow { x } else { difference }
}

/// 64-bit limbs as digits of radix `2^52`.
pub(super) const fn digits(limbs: [u64; 6]) -> [u64; LIMBS] {
    let mut digits = [0; LIMBS];
    let mut i = 0;
    while i < LIMBS {
        let (limb, shift) = (52 * i / 64, 52 * i % 64);
        let mut digit = limbs[limb] >> shift;
        if shift > 12 && limb + 1 < 6 {
            digit |= limbs[limb + 1] << (64 - shift);
        }
        digits[i] = digit & MASK;
        i += 1;
    }
    digits
}

/// `factor * p`, in carried limbs.
const fn multiple_of_p(factor: u64) -> [u64; LIMBS] {
    let mut digits = [0; LIMBS];
    let mut carry: u128 = 0;
    let mut i = 0;
    while i < LIMBS {
        let sum = P[i] as u128 * factor as u128 + carry;
        digits[i] = sum as u64 & MASK;
        carry = sum >> BITS;
        i += 1;
    }
    assert!(carry == 0);
    digits
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn zero() -> V {
    _mm512_setzero_si512()
}

/// The same number in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn splat(number: u64) -> V {
    _mm512_set1_epi64(number.cast_signed())
}

/// What a limb hands to the next: its value over `2^52`, rounded down, sign kept.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn carry_of(limb: V) -> V {
    _mm512_srai_epi64::<BITS>(limb)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn digit_of(limb: V) -> V {
    _mm512_and_si512(limb, splat(MASK))
}

/// Eight elements, as sums leave them.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Fp {
    pub(super) limbs: [V; LIMBS],
    pub(super) bound: Bound,
}

/// Eight elements, ready to be multiplied.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Factor {
    limbs: [V; LIMBS],
    bound: Bound,
}

/// What multiplies: a [`Factor`], or an [`Fp`] that is carried and thus one already.
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

/// Of a carried value only; debug builds check it.
impl<'a> From<&'a Fp> for Operand<'a> {
    #[inline]
    fn from(carried: &'a Fp) -> Self {
        Self { limbs: &carried.limbs, bound: carried.bound.operand() }
    }
}

impl Fp {
    /// The same element in every lane, from carried digits of a value below `p`.
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

    /// The same element, by a representative `MULTIPLE * p` higher: what may have become negative
    /// is not any more.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn lifted<const MULTIPLE: u64>(&self) -> Self {
        let lift = const { multiple_of_p(MULTIPLE) };
        let mut limbs = self.limbs;
        for i in 0..LIMBS {
            limbs[i] = _mm512_add_epi64(limbs[i], splat(lift[i]));
        }
        Self { limbs, bound: self.bound.plus(Bound::exactly(MULTIPLE.cast_signed())) }
    }

    /// The value as digits, for one who multiplies; not negative, below `2^9 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn factor(&self) -> Factor {
        let mut limbs = self.limbs;
        for i in 0..LIMBS - 1 {
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], carry_of(limbs[i]));
        }
        Factor { limbs, bound: self.bound.factor() }
    }

    /// The same value in limbs of 52 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn carried(&self) -> Self {
        let mut limbs = self.limbs;
        for i in 0..LIMBS - 1 {
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], carry_of(limbs[i]));
            limbs[i] = digit_of(limbs[i]);
        }
        Self { limbs, bound: self.bound.carried() }
    }

    /// The same element by a representative of at most `2 p`, in limbs of 52 bits.
    ///
    /// The quotient by `p` is estimated from the top limb. The estimate is never too large; it is
    /// too small by less than two, as long as the quotient is far below the 17 bits of `p`'s top.
    /// Where a small value is written with a negative limb below the top, the top seems to be -1.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn settled(&self) -> Self {
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
        let bound = self.bound.settled();
        let mut settled = Self { limbs, bound }.carried();
        settled.limbs[7] = digit_of(settled.limbs[7]);
        settled
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Self {
        self.factor().times(&other.factor())
    }
}

impl Factor {
    /// The same element in every lane, from carried digits of a value below `p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(digits: &[u64; LIMBS]) -> Self {
        let Fp { limbs, bound } = Fp::splat(digits);
        Self { limbs, bound }
    }

    /// The product.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Fp {
        Wide::product(self, other).reduce()
    }
}
