//! Four-dimensional decomposition of scalars in base `|x|`, and its GLV-SAC recoding.
//!
//! With the curve parameter `x = -0xd201000000010000`, the group order is `r = x^4 - x^2 + 1` and
//! `p = x (mod r)`. In GT the Frobenius map is therefore exponentiation by `x`; in G2 the
//! endomorphism `psi` is multiplication by `x`. With `k = k0 + k1 |x| + k2 |x|^2 + k3 |x|^3`, one
//! 255-bit exponentiation becomes a product of four 64-bit ones whose bases cost one map each
//! (Galbraith, Scott, "Exponentiation in pairing-friendly groups using homomorphisms", Pairing
//! 2008).
//!
//! Everything here is constant time.
#![forbid(unsafe_code)]

use ark_bls12_381::Fr;
use ark_ff::PrimeField;
use subtle::{ConditionallySelectable, ConstantTimeGreater, ConstantTimeLess};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// `|x|`, the absolute value of the curve parameter.
pub(super) const X: u64 = 0xd201_0000_0001_0000;

/// `floor((2^128 - 1) / |x|) - 2^64`.
const X_RECIPROCAL: u64 = 0x3812_04ca_56cd_56b5;

/// Returns the digits `k0, k1, k2, k3` of a scalar, each below `|x|`.
pub(super) fn base_x_digits(scalar: &Fr) -> Zeroizing<[u64; 4]> {
    base_x_digits_of_integer(&Zeroizing::new(scalar.into_bigint().0))
}

/// Returns the digits of an integer below `|x|^4`.
pub(super) fn base_x_digits_of_integer(integer: &[u64; 4]) -> Zeroizing<[u64; 4]> {
    let mut value = Zeroizing::new(*integer);
    let mut digits = Zeroizing::new([0; 4]);
    for (i, digit) in digits.iter_mut().enumerate() {
        // Each quotient is a limb shorter than the one before; the running remainder is below |x|.
        for limb in value[..4 - i].iter_mut().rev() {
            (*limb, *digit) = divide(*digit, *limb);
        }
    }
    digits
}

/// Returns quotient and remainder of `high * 2^64 + low` by `|x|`, for `high < |x|`: Algorithm 4 of
/// Möller, Granlund, "Improved division by invariant integers", IEEE Trans. Comput. 2011. It avoids
/// the division instruction, which is not constant time.
fn divide(high: u64, low: u64) -> (u64, u64) {
    // (q1, q0) <- v u1 + (u1, u0)
    let product = u128::from(X_RECIPROCAL) * u128::from(high);
    let sum = product.wrapping_add(u128::from(high) << 64 | u128::from(low));
    let (q1, q0) = ((sum >> 64) as u64, sum as u64);
    let mut quotient = q1.wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(X));
    let over = remainder.ct_gt(&q0);
    quotient.conditional_assign(&quotient.wrapping_sub(1), over);
    remainder.conditional_assign(&remainder.wrapping_add(X), over);
    let under = !remainder.ct_lt(&X);
    quotient.conditional_assign(&quotient.wrapping_add(1), under);
    remainder.conditional_assign(&remainder.wrapping_sub(X), under);
    (quotient, remainder)
}

/// The GLV-SAC recoding of four digits: 65 columns of a sign `s_i = ±1` and three bits `b_ji` with
/// `k0 = sum s_i 2^i` and `k_j = sum s_i b_ji 2^i`. Bit `j - 1` of `index[i]` is `b_ji`.
///
/// Faz-Hernández, Longa, Sánchez, "Efficient and secure algorithms for GLV-based scalar
/// multiplication", J. Cryptogr. Eng. 2015, Algorithm 1. `k0` must be odd.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct SignAlignedColumns {
    /// 1 if `s_i = -1`, else 0.
    pub(super) negative: [u8; Self::COUNT],
    /// The row of the table of subset products.
    pub(super) index: [u8; Self::COUNT],
}

impl SignAlignedColumns {
    /// The number of columns: one more than the bits of a digit.
    pub(super) const COUNT: usize = 65;

    pub(super) fn new(digits: &[u64; 4]) -> Self {
        let [k0, mut k1, mut k2, mut k3] = *digits;
        debug_assert!(k0 & 1 == 1, "the first digit is odd");
        let mut columns = Self { negative: [0; Self::COUNT], index: [0; Self::COUNT] };
        for i in 0..Self::COUNT {
            // s_i = 2 k0[i + 1] - 1, and the last is 1.
            let next = if i < 63 { k0 >> (i + 1) & 1 } else { (i == 64).into() };
            let negative = 1 - next;
            // b_ji = s_i k_j[0]; k_j <- (k_j - b_ji) / 2
            let bit = |k: &mut u64| {
                let bit = *k & 1;
                *k = (*k >> 1) + (bit & negative);
                bit
            };
            let index = bit(&mut k1) | bit(&mut k2) << 1 | bit(&mut k3) << 2;
            (columns.negative[i], columns.index[i]) = (negative as u8, index as u8);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;

    fn scalars() -> Vec<Fr> {
        let rng = &mut rand::thread_rng();
        let x = Fr::from(X);
        let edges = [Fr::from(0), Fr::from(1), -Fr::from(1), x, x - Fr::from(1), x * x, x * x * x];
        let near = edges.iter().map(|edge| *edge - Fr::from(1));
        let random = (0..2000).map(|_| Fr::rand(rng));
        edges.into_iter().chain(near.collect::<Vec<_>>()).chain(random).collect()
    }

    #[test]
    fn the_reciprocal_is_the_rounded_quotient() {
        assert_eq!(u128::MAX / u128::from(X) - (1 << 64), u128::from(X_RECIPROCAL));
    }

    #[test]
    fn digits_are_below_the_base_and_recompose() {
        for scalar in scalars() {
            let digits = base_x_digits(&scalar);
            assert!(digits.iter().all(|digit| *digit < X));
            let sum = digits
                .iter()
                .rev()
                .fold(Fr::from(0), |sum, digit| sum * Fr::from(X) + Fr::from(*digit));
            assert_eq!(sum, scalar);
        }
    }

    #[test]
    fn division_matches_integer_division() {
        for (high, low) in [(0, 0), (0, u64::MAX), (X - 1, u64::MAX), (X - 1, 0), (1, X), (0, X)] {
            let value = u128::from(high) << 64 | u128::from(low);
            let (quotient, remainder) = divide(high, low);
            assert_eq!(u128::from(quotient), value / u128::from(X));
            assert_eq!(u128::from(remainder), value % u128::from(X));
        }
    }

    #[test]
    fn columns_recompose_to_their_digits() {
        for scalar in scalars() {
            let mut digits = *base_x_digits(&scalar);
            digits[0] |= 1;
            let columns = SignAlignedColumns::new(&digits);
            for (j, digit) in digits.into_iter().enumerate() {
                let sum: i128 = (0..SignAlignedColumns::COUNT)
                    .map(|i| {
                        let bit = if j == 0 { 1 } else { columns.index[i] >> (j - 1) & 1 };
                        let sign = if columns.negative[i] == 1 { -1 } else { 1 };
                        (sign * i128::from(bit)) << i
                    })
                    .sum();
                assert_eq!(sum, i128::from(digit));
            }
        }
    }
}
