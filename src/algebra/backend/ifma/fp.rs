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
//! are not erased). [`Wide`] is a product before reduction, fifteen columns.
//!
//! **Montgomery form** with `R = 2^416`: `x` is represented by `x R mod p`, by any of its
//! representatives within the bounds that [`Bound`] tracks.
#![forbid(unsafe_code)]

use super::bound::Bound;
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
const K: u64 = {
    let mut inverse: u64 = 1;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(P[0].wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg() & MASK
};

/// `N = (k p + 1) / 2^52`, so that `m k p = m 2^52 N - m`: see [`Wide::reduce`].
const N: [u64; LIMBS] = {
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
fn carry_of(limb: V) -> V {
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

/// Eight products, or sums of products.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Wide {
    pub columns: [V; COLUMNS],
    pub bound: Bound,
}

/// The top limbs of factors are so small that there is no sixteenth column.
const COLUMNS: usize = 2 * LIMBS - 1;

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
    /// The product.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Fp {
        Wide::product(self, other).reduce()
    }
}

impl Wide {
    /// `x y`, unreduced: schoolbook, one row of limbs after the other.
    ///
    /// The running sums and the limbs of `x` fill the registers; the compiler keeps them there as
    /// long as this is a function of its own. Half of all time is spent here.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn product(x: &Factor, y: &Factor) -> Self {
        let (a, b) = (&x.limbs, &y.limbs);
        let mut columns = [zero(); COLUMNS + 1];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[j], b[i]);
            }
            for j in 0..LIMBS {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[j], b[i]);
            }
        }
        // The last column, the high half of the product of the top limbs, is zero.
        let mut kept = [zero(); COLUMNS];
        kept.copy_from_slice(&columns[..COLUMNS]);
        Self { columns: kept, bound: x.bound.product(y.bound) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for i in 0..COLUMNS {
            columns[i] = _mm512_add_epi64(columns[i], other.columns[i]);
        }
        Self { columns, bound: self.bound.plus(other.bound) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut columns = self.columns;
        for i in 0..COLUMNS {
            columns[i] = _mm512_sub_epi64(columns[i], other.columns[i]);
        }
        Self { columns, bound: self.bound.minus(other.bound) }
    }

    /// Tells [`Bound`] what it cannot see.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn known_nonnegative(self) -> Self {
        Self { bound: self.bound.known_nonnegative(), ..self }
    }

    /// Montgomery reduction of what is not negative: `T / R mod p`, at most `2 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduce(&self) -> Fp {
        self.reduce_onto(&Fp::zero())
    }

    /// The same for what may be negative, one `p` higher.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduce_signed(&self) -> Fp {
        self.reduce_onto(&Fp { bound: Bound::exactly(1), ..Fp::splat(&P) })
    }

    /// `onto + T / R mod p`.
    ///
    /// Montgomery's step for a column clears its low 52 bits by adding `m p`, where `m` is the
    /// column times `k = -1/p`. With the multiple `k p = 2^52 N - 1` of the prime, `m` is the column
    /// itself: no multiplication to find it, and `m k p` is `m N` one column up and minus what
    /// stood there. Nothing waits for a product but the next column.
    ///
    /// After seven such steps `(T + M k p) / 2^364 < T / 2^364 + k p`, as large as `2^433`. The
    /// eighth step is Montgomery's with `p` itself and divides by `2^52`: `T / R + (k / 2^52) p + p`,
    /// where `k` is a little below `2^50`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduce_onto(&self, onto: &Fp) -> Fp {
        let mut t = [zero(); 2 * LIMBS];
        t[..COLUMNS].copy_from_slice(&self.columns);
        for i in 0..LIMBS {
            t[LIMBS + i] = _mm512_add_epi64(t[LIMBS + i], onto.limbs[i]);
        }
        for i in 0..LIMBS - 1 {
            let m = t[i];
            for j in 0..LIMBS {
                t[i + j + 1] = _mm512_madd52lo_epu64(t[i + j + 1], m, splat(N[j]));
            }
            t[i + 1] = _mm512_add_epi64(t[i + 1], carry_of(m));
            for j in 0..LIMBS {
                t[i + j + 2] = _mm512_madd52hi_epu64(t[i + j + 2], m, splat(N[j]));
            }
        }
        let last = LIMBS - 1;
        let m = _mm512_madd52lo_epu64(zero(), t[last], splat(K));
        for j in 0..LIMBS {
            t[last + j] = _mm512_madd52lo_epu64(t[last + j], m, splat(P[j]));
        }
        t[last + 1] = _mm512_add_epi64(t[last + 1], carry_of(t[last]));
        for j in 0..LIMBS {
            t[last + j + 1] = _mm512_madd52hi_epu64(t[last + j + 1], m, splat(P[j]));
        }
        let mut limbs = [zero(); LIMBS];
        limbs.copy_from_slice(&t[LIMBS..]);
        Fp { limbs, bound: self.bound.reduced().plus(onto.bound) }
    }
}
