//! Scalars cut into short pieces, for the endomorphisms of the two groups.
//!
//! Let `y = |x| = 0xd201000000010000`, so that `r = y^4 - y^2 + 1`. A scalar has four digits in base
//! `y`, each of 64 bits: `k = a0 + a1 y + a2 y^2 + a3 y^3`.
//!
//! - On G2, `psi` acts as `x = -y`, so `[k] Q = [a0] Q - [a1] psi Q + [a2] psi^2 Q - [a3] psi^3 Q`.
//! - On G1, `phi` acts as `-y^2`, so `[k] P = [a0 + a1 y] P - [a2 + a3 y] phi P`.
//!
//! Nothing here branches on a scalar, addresses memory by it, or divides by an instruction.
#![forbid(unsafe_code)]

use ark_bls12_381::Fr;
use ark_ff::PrimeField;

/// `|x|`; its top bit is set.
const Y: u64 = 0xd201_0000_0001_0000;

/// `floor((2^128 - 1) / y) - 2^64`.
const RECIPROCAL: u64 = (u128::MAX / Y as u128 - (1 << 64)) as u64;

/// Signed digits of five bits that a half scalar of G1 has.
pub(super) const WINDOWS: usize = 26;

/// Signed columns that a scalar of G2 has.
pub(super) const COLUMNS: usize = 65;

/// `(a0 + a1 y, a2 + a3 y)`, each in base 32 with digits from -16 to 15, least significant first.
///
/// With 16 added at each digit but the last, the digits of the sum are the signed ones plus 16.
/// Halves are below `y^2 < 0.68 2^128` and what is added is below `0.07 2^128`: there is no carry.
pub(super) fn windows(scalar: &Fr) -> [[u64; WINDOWS]; 2] {
    const SIXTEENS: u128 = {
        let (mut sum, mut i) = (0, 0);
        while i < WINDOWS - 1 {
            sum |= 16 << (5 * i);
            i += 1;
        }
        sum
    };
    let [a0, a1, a2, a3] = digits(scalar.into_bigint().0).map(u128::from);
    let signed = |half: u128| {
        let sum = half + SIXTEENS;
        let mut digits = [0; WINDOWS];
        for (i, digit) in digits.iter_mut().enumerate() {
            let offset = if i < WINDOWS - 1 { 16 } else { 0 };
            *digit = ((sum >> (5 * i)) as u64 % 32).wrapping_sub(offset);
        }
        digits
    };
    [signed(a0 + a1 * u128::from(Y)), signed(a2 + a3 * u128::from(Y))]
}

/// `sign` and columns `c` with `k = sign * sum of the columns 2^i`, least significant first: a column
/// `s (1 + n)`, `s` a sign and `n = n1 + 2 n2 + 4 n3` a number of three bits, stands for
/// `s (1 + n1 y + n2 y^2 + n3 y^3)`.
///
/// Faz-Hernandez, Longa, Sanchez, "Efficient and secure algorithms for GLV-based scalar
/// multiplication" (J. Cryptographic Engineering 5, 2015), Algorithm 1. It needs an odd `a0`: as `y`
/// is even and `r` odd, `k` or `r - k` has one.
pub(super) fn columns(scalar: &Fr) -> (bool, [u64; COLUMNS]) {
    let k = scalar.into_bigint().0;
    let even = k[0] & 1 ^ 1;
    let [a0, mut others @ ..] = digits(subtracted_from_order(k, even));
    let mut columns = [0; COLUMNS];
    for (i, column) in columns.iter_mut().enumerate() {
        // a0 = 2^64 + the sum of the signs 2^i: sign i is bit i + 1 of a0, and the last is plus.
        let minus = if i < 63 { !(a0 >> (i + 1)) & 1 } else { (i == 63) as u64 };
        let mut magnitude = 1;
        for (j, a) in others.iter_mut().enumerate() {
            let bit = *a & 1;
            magnitude += bit << j;
            *a = (*a >> 1) + (bit & minus);
        }
        *column = (magnitude ^ minus.wrapping_neg()).wrapping_add(minus);
    }
    (even == 1, columns)
}

/// `r - k` if the condition is 1, `k` if it is 0.
fn subtracted_from_order(k: [u64; 4], condition: u64) -> [u64; 4] {
    let mut result = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (difference, b0) = Fr::MODULUS.0[i].overflowing_sub(k[i]);
        let (difference, b1) = difference.overflowing_sub(u64::from(borrow));
        borrow = b0 | b1;
        result[i] = k[i] ^ ((k[i] ^ difference) & condition.wrapping_neg());
    }
    result
}

/// The digits of `k < y^4` in base `y`. Each quotient is a limb shorter than the one before.
fn digits(mut k: [u64; 4]) -> [u64; 4] {
    let mut digits = [0; 4];
    for (i, digit) in digits.iter_mut().enumerate() {
        for limb in k[..4 - i].iter_mut().rev() {
            (*limb, *digit) = divided(*digit, *limb);
        }
    }
    digits
}

/// Quotient and remainder of `high 2^64 + low` by `y`, for `high < y`.
///
/// Moller, Granlund, "Improved division by invariant integers" (IEEE Transactions on Computers 60,
/// 2011), Algorithm 4, with masks for its two conditions.
fn divided(high: u64, low: u64) -> (u64, u64) {
    let estimate =
        u128::from(RECIPROCAL) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
    let (quotient, fraction) = ((estimate >> 64) as u64, estimate as u64);
    let quotient = quotient.wrapping_add(1);
    let remainder = low.wrapping_sub(quotient.wrapping_mul(Y));
    let too_large = u64::from(remainder > fraction);
    let quotient = quotient.wrapping_sub(too_large);
    let remainder = remainder.wrapping_add(Y & too_large.wrapping_neg());
    let too_small = u64::from(remainder >= Y);
    (quotient.wrapping_add(too_small), remainder.wrapping_sub(Y & too_small.wrapping_neg()))
}
