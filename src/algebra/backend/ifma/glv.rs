//! Scalar recoding for the endomorphisms of the two groups (GLV).
//!
//! With `y = |x| = 0xd201000000010000` and `k = a0 + a1 y + a2 y^2 + a3 y^3`:
//!
//! - On G2, `psi` acts as `x = -y`, so `[k] Q = [a0] Q - [a1] psi Q + [a2] psi^2 Q - [a3] psi^3 Q`.
//! - On G1, `phi` acts as `-y^2`, so `[k] P = [a0 + a1 y] P - [a2 + a3 y] phi P`.
//!
//! Constant time: no branch, address or division instruction depends on a scalar.
#![forbid(unsafe_code)]

use super::super::decomposition::{SignAlignedColumns, X, base_x_digits, base_x_digits_of_integer};
use ark_bls12_381::Fr;
use ark_ff::PrimeField;

/// Signed five-bit digits of a half scalar of G1.
pub(super) const WINDOWS: usize = 26;

/// Sign-aligned columns of a scalar of G2.
pub(super) const COLUMNS: usize = SignAlignedColumns::COUNT;

/// Returns `(a0 + a1 y, a2 + a3 y)`, each in base 32 with digits in `[-16, 15]`, least significant
/// first.
///
/// Adding 16 at every digit but the last makes the digits non-negative. The sum does not overflow:
/// halves are below `y^2 < 0.68 2^128` and the offset is below `0.07 2^128`.
pub(super) fn signed_windows(scalar: &Fr) -> [[u64; WINDOWS]; 2] {
    const OFFSET: u128 = {
        let (mut sum, mut i) = (0, 0);
        while i < WINDOWS - 1 {
            sum |= 16 << (5 * i);
            i += 1;
        }
        sum
    };
    let [a0, a1, a2, a3] = base_x_digits(scalar).map(u128::from);
    let signed = |half: u128| {
        let sum = half + OFFSET;
        let mut digits = [0; WINDOWS];
        for (i, digit) in digits.iter_mut().enumerate() {
            let offset = if i < WINDOWS - 1 { 16 } else { 0 };
            *digit = ((sum >> (5 * i)) as u64 % 32).wrapping_sub(offset);
        }
        digits
    };
    [signed(a0 + a1 * u128::from(X)), signed(a2 + a3 * u128::from(X))]
}

/// Returns a flag and columns `c_i` with `k = sum c_i 2^i`, or `-k` if the flag is set; least
/// significant first. A column `s (1 + n1 + 2 n2 + 4 n3)` of sign `s` and bits `n_j` stands for
/// `s (1 + n1 y + n2 y^2 + n3 y^3)`.
///
/// The recoding needs an odd `a0`: since `y` is even and `r` odd, `k` or `r - k` has one.
pub(super) fn sign_aligned_columns(scalar: &Fr) -> (bool, [u64; COLUMNS]) {
    let k = scalar.into_bigint().0;
    let even = k[0] & 1 ^ 1;
    let digits = base_x_digits_of_integer(&conditional_negate(k, even));
    let SignAlignedColumns { negative, index } = &SignAlignedColumns::new(&digits);
    let columns = core::array::from_fn(|i| {
        let (minus, magnitude) = (u64::from(negative[i]), 1 + u64::from(index[i]));
        (magnitude ^ minus.wrapping_neg()).wrapping_add(minus)
    });
    (even == 1, columns)
}

/// Returns `r - k` if the condition is 1, `k` if it is 0.
fn conditional_negate(k: [u64; 4], condition: u64) -> [u64; 4] {
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
