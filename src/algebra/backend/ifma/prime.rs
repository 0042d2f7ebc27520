//! The prime `p` of BLS12-381 and constants derived from it, in radix `2^52`.
#![forbid(unsafe_code)]

/// Limbs of an element in radix `2^52`.
pub(super) const LIMBS: usize = 8;

/// Bits of a limb.
pub(super) const BITS: u32 = 52;

/// `2^52 - 1`.
pub(super) const MASK: u64 = (1 << BITS) - 1;

/// `p` in 64-bit limbs.
pub(super) const P64: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];

/// `p`.
pub(super) const P: [u64; LIMBS] = radix_52(P64);

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

/// `N = (k p + 1) / 2^52`, so that `m k p = m 2^52 N - m` (see `montgomery`).
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

/// `2^416 - p`: adding `q` times this modulo `2^416` subtracts `q p`.
pub(super) const MINUS_P: [u64; LIMBS] = {
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

/// `floor(2^52 / (top limb of p + 1))`, for quotient estimates.
pub(super) const RECIPROCAL: u64 = (1 << BITS) / (P[LIMBS - 1] + 1);

/// One in Montgomery form: `2^416 mod p`.
pub(super) const ONE: [u64; LIMBS] = radix_52(power_of_two(416));

/// `2^exponent mod p`.
pub(super) const fn power_of_two(exponent: usize) -> [u64; 6] {
    times_power_of_two([1, 0, 0, 0, 0, 0], exponent)
}

/// `x 2^exponent mod p`, for `x < p`.
pub(super) const fn times_power_of_two(mut x: [u64; 6], exponent: usize) -> [u64; 6] {
    let mut i = 0;
    while i < exponent {
        x = conditional_subtract_p(shift_left(x));
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

/// `x mod p`, for `x < 2 p`.
const fn conditional_subtract_p(x: [u64; 6]) -> [u64; 6] {
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

/// Converts 64-bit limbs to radix `2^52`.
pub(super) const fn radix_52(limbs: [u64; 6]) -> [u64; LIMBS] {
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

/// `factor * p`, with carries propagated.
pub(super) const fn multiple_of_p(factor: u64) -> [u64; LIMBS] {
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
