//! Fixed-base windowing: signed windows of six bits, looked up in constant time.
//!
//! `k = sum d_i 64^i` with `-32 < d_i <= 32`. The table holds `j 64^i P` for `1 <= j <= 32`, so a
//! multiplication is one addition per window without doublings (Brickell, Gordon, McCurley, Wilson,
//! "Fast exponentiation with precomputation", Eurocrypt 1992). Windows of eight bits would save a
//! quarter of the additions but cost as much in look-ups, which read every row.
#![forbid(unsafe_code)]

use zeroize::Zeroize;

/// Bits per window.
const WIDTH: usize = 6;
/// Rows per window: the multiples 1 to 32.
pub(super) const ROWS: usize = 1 << (WIDTH - 1);

/// Windows of a scalar below `r < 2^255`: 43 * 6 = 258 bits leave no carry.
pub(super) const SCALAR_WINDOWS: usize = 43;
/// Windows of a 64-bit digit in base `|x|`: 66 bits.
pub(super) const DIGIT_WINDOWS: usize = 11;

/// A signed digit.
#[derive(Clone, Copy, Default, Zeroize)]
pub(super) struct SignedDigit {
    /// In `[0, 32]`.
    pub(super) magnitude: u8,
    /// 1 if negative, else 0.
    pub(super) negative: u8,
}

/// Recodes an integer in little-endian limbs, least significant digit first. Constant time.
pub(super) fn signed_digits<const WINDOWS: usize>(limbs: &[u64]) -> [SignedDigit; WINDOWS] {
    let limb = |i: usize| limbs.get(i).copied().unwrap_or(0);
    let mut carry = 0;
    std::array::from_fn(|window| {
        let bit = WIDTH * window;
        let both = u128::from(limb(bit / 64)) | u128::from(limb(bit / 64 + 1)) << 64;
        // At most 64: digit 0 with a carry.
        let value = ((both >> (bit % 64)) as u8 & 0x3f) + carry;
        // value > 32
        carry = (value + 31) >> 6;
        // |value - 64 carry|
        let mask = carry.wrapping_neg();
        let magnitude = ((value.wrapping_sub(carry << 6)) ^ mask).wrapping_add(carry);
        SignedDigit { magnitude, negative: carry }
    })
}

/// Returns the row with this number, counting from 1, and zeros for 0. Constant time: reads every
/// row. The barrier keeps the compiler from replacing the mask by a branch.
pub(super) fn select_row<const N: usize>(rows: &[[u64; N]], number: u8) -> [u64; N] {
    let mut found = [0; N];
    for (row, i) in rows.iter().zip(1..) {
        let equal = u64::from(number ^ i).wrapping_sub(1) >> 63;
        let mask = std::hint::black_box(equal).wrapping_neg();
        for (limb, candidate) in found.iter_mut().zip(row) {
            *limb |= candidate & mask;
        }
    }
    found
}

/// Returns `64^i base, 2 64^i base, ..., 32 64^i base` for each window `i`.
pub(super) fn window_multiples<P: Copy>(
    base: P,
    windows: usize,
    add: impl Fn(&P, &P) -> P,
) -> Vec<P> {
    let mut multiples = Vec::with_capacity(windows * ROWS);
    let mut first = base;
    for _ in 0..windows {
        let mut multiple = first;
        for _ in 1..ROWS {
            multiples.push(multiple);
            multiple = add(&multiple, &first);
        }
        multiples.push(multiple);
        // 64 = 2 * 32
        first = add(&multiple, &multiple);
    }
    multiples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Scalar;
    use ark_ff::PrimeField;

    #[test]
    fn digits_recompose_and_have_a_row() {
        let rng = &mut rand::thread_rng();
        let edges = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::from(31)];
        for scalar in edges.into_iter().chain((0..1000).map(|_| Scalar::random(rng))) {
            let digits = signed_digits::<SCALAR_WINDOWS>(&scalar.0.into_bigint().0);
            let sum = digits.iter().rev().fold(Scalar::ZERO, |sum, digit| {
                assert!(usize::from(digit.magnitude) <= ROWS);
                let value = Scalar::from(u64::from(digit.magnitude));
                sum * Scalar::from(64) + if digit.negative == 1 { -value } else { value }
            });
            assert_eq!(sum, scalar);
        }
        for number in [0, 1, 32, 33, 63, 64, u64::MAX, u64::MAX - 31, 0x8208_2082_0820_8208] {
            let digits = signed_digits::<DIGIT_WINDOWS>(&[number]);
            let sum: i128 = digits.iter().rev().fold(0, |sum, digit| {
                sum * 64 + i128::from(digit.magnitude) * (1 - 2 * i128::from(digit.negative))
            });
            assert_eq!(sum, i128::from(number));
        }
    }

    #[test]
    fn selection_returns_the_numbered_row() {
        let rows = [[1, 2], [3, 4], [5, 6]];
        assert_eq!(
            [0, 1, 2, 3, 4].map(|number| select_row(&rows, number)),
            [[0, 0], [1, 2], [3, 4], [5, 6], [0, 0]]
        );
    }

    #[test]
    fn table_holds_every_multiple_of_every_window() {
        let multiples = window_multiples(1_u64, 3, |a, b| a + b);
        assert_eq!(multiples.len(), 3 * ROWS);
        for (i, multiple) in multiples.into_iter().enumerate() {
            assert_eq!(multiple, (1 + i as u64 % 32) * 64_u64.pow(i as u32 / 32));
        }
    }
}
