//! Fixed-base tables: signed windows of six bits, read in constant time.
//!
//! `k = sum d_i 64^i` with `-32 < d_i <= 32`, and the table holds `j 64^i P` for `1 <= j <= 32`: a
//! multiplication is then one addition a window and no doubling (Brickell, Gordon, McCurley, Wilson,
//! "Fast exponentiation with precomputation", Eurocrypt 1992). Windows of eight bits save a quarter
//! of the additions; scanning rows four times as long, so that no address tells a digit, costs as
//! much again.
#![forbid(unsafe_code)]

use zeroize::Zeroize;

/// Bits of a window.
const WIDTH: usize = 6;
/// Rows of a window: the multiples 1 to 32.
pub(super) const ROWS: usize = 1 << (WIDTH - 1);

/// Windows that a scalar below `r < 2^255` takes: 43 of 6 bits are 258, and no carry is left.
pub(super) const SCALAR_WINDOWS: usize = 43;
/// Windows of a digit of 64 bits: 66 bits.
pub(super) const DIGIT_WINDOWS: usize = 11;

/// A digit of a signed window.
#[derive(Clone, Copy, Default)]
pub(super) struct Digit {
    /// 0 to 32.
    pub(super) magnitude: u8,
    /// 1 for minus.
    pub(super) negative: u8,
}

impl Zeroize for Digit {
    fn zeroize(&mut self) {
        self.magnitude.zeroize();
        self.negative.zeroize();
    }
}

/// The digits of a number in little-endian limbs, least significant first; constant time.
pub(super) fn digits<const WINDOWS: usize>(limbs: &[u64]) -> [Digit; WINDOWS] {
    let limb = |i: usize| limbs.get(i).copied().unwrap_or(0);
    let mut carry = 0;
    std::array::from_fn(|window| {
        let bit = WIDTH * window;
        let both = u128::from(limb(bit / 64)) | u128::from(limb(bit / 64 + 1)) << 64;
        // At most 64, which is the digit 0 and a carry.
        let value = ((both >> (bit % 64)) as u8 & 0x3f) + carry;
        // value > 32
        carry = (value + 31) >> 6;
        // value - 64 carry, without its sign
        let mask = carry.wrapping_neg();
        let magnitude = ((value.wrapping_sub(carry << 6)) ^ mask).wrapping_add(carry);
        Digit { magnitude, negative: carry }
    })
}

/// The row of this number, counting from 1, zeros for 0; every row is read.
///
/// The barrier keeps the compiler from finding out that a mask is a comparison and branching on it.
pub(super) fn scan<const N: usize>(rows: &[[u64; N]], number: u8) -> [u64; N] {
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

/// `64^i base, 2 64^i base, ... 32 64^i base` for each window `i`.
pub(super) fn multiples<P: Copy>(base: P, windows: usize, add: impl Fn(&P, &P) -> P) -> Vec<P> {
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
    fn digits_add_up_and_stay_in_their_rows() {
        let rng = &mut rand::thread_rng();
        let edges = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::from(31)];
        for scalar in edges.into_iter().chain((0..1000).map(|_| Scalar::random(rng))) {
            let digits = digits::<SCALAR_WINDOWS>(&scalar.0.into_bigint().0);
            let sum = digits.iter().rev().fold(Scalar::ZERO, |sum, digit| {
                assert!(usize::from(digit.magnitude) <= ROWS);
                let value = Scalar::from(u64::from(digit.magnitude));
                sum * Scalar::from(64) + if digit.negative == 1 { -value } else { value }
            });
            assert_eq!(sum, scalar);
        }
        for number in [0, 1, 32, 33, 63, 64, u64::MAX, u64::MAX - 31, 0x8208_2082_0820_8208] {
            let digits = digits::<DIGIT_WINDOWS>(&[number]);
            let sum: i128 = digits.iter().rev().fold(0, |sum, digit| {
                sum * 64 + i128::from(digit.magnitude) * (1 - 2 * i128::from(digit.negative))
            });
            assert_eq!(sum, i128::from(number));
        }
    }

    #[test]
    fn a_scan_finds_its_row() {
        let rows = [[1, 2], [3, 4], [5, 6]];
        assert_eq!(
            [0, 1, 2, 3, 4].map(|number| scan(&rows, number)),
            [[0, 0], [1, 2], [3, 4], [5, 6], [0, 0]]
        );
    }

    #[test]
    fn multiples_are_multiples() {
        let multiples = multiples(1_u64, 3, |a, b| a + b);
        assert_eq!(multiples.len(), 3 * ROWS);
        for (i, multiple) in multiples.into_iter().enumerate() {
            assert_eq!(multiple, (1 + i as u64 % 32) * 64_u64.pow(i as u32 / 32));
        }
    }
}
