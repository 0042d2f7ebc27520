//! Exponentiation in GT by four-dimensional decomposition, generic over a backend's arithmetic.
#![forbid(unsafe_code)]

use super::decomposition::{SignAlignedColumns, base_x_digits};
use super::windows::{DIGIT_WINDOWS, ROWS, SignedDigit, select_row, signed_digits};
use ark_bls12_381::Fr;
use zeroize::{Zeroize, Zeroizing};

/// 64-bit limbs of an element of Fp12.
pub(super) const LIMBS: usize = 72;

/// Arithmetic in GT, on a backend's representation of Fp12.
pub(super) trait Cyclotomic: Copy {
    fn one() -> Self;
    fn square(&mut self);
    fn multiply(&mut self, other: &Self);
    /// Returns the inverse, which is the conjugate, if the flag is 1, else the element.
    fn conjugate_if(&self, flag: u8) -> Self;
    /// Returns the `p^power`-th power.
    fn frobenius(&self, power: usize) -> Self;
    fn limbs(&self) -> [u64; LIMBS];
    fn from_limbs(limbs: &[u64; LIMBS]) -> Self;
}

/// A fixed-base table in GT: 32 powers per window of a digit in base `|x|`.
pub(in crate::algebra) struct PowerTable(Vec<[u64; LIMBS]>);

impl PowerTable {
    /// Stores the powers that [`window_multiples`](super::windows::window_multiples) returns.
    pub(super) fn new<F: Cyclotomic>(powers: &[F]) -> Self {
        Self(powers.iter().map(F::limbs).collect())
    }
}

/// Returns `base^scalar`. Cost: 64 squarings and 72 multiplications, for every scalar.
pub(super) fn pow<F: Cyclotomic>(base: &F, scalar: &Fr) -> F {
    let mut digits = base_x_digits(scalar);
    // The recoding needs an odd k0. For an even one, k0 + 1 is used and the base divided out.
    let even = 1 - (digits[0] & 1) as u8;
    digits[0] |= 1;
    let columns = SignAlignedColumns::new(&digits);
    let mut table = subset_products(base);
    let term = |i: usize| {
        F::from_limbs(&select_row(&table, columns.index[i] + 1)).conjugate_if(columns.negative[i])
    };

    let mut power = term(SignAlignedColumns::COUNT - 1);
    for i in (0..SignAlignedColumns::COUNT - 1).rev() {
        power.square();
        power.multiply(&term(i));
    }
    table.zeroize();
    let mut divided = power;
    divided.multiply(&base.conjugate_if(1));
    F::from_limbs(&select_row(&[power.limbs(), divided.limbs()], even + 1))
}

/// Returns `base * b1^u1 * b2^u2 * b3^u3` at row `u1 + 2 u2 + 4 u3`, where `b_j = base^(|x|^j)`.
fn subset_products<F: Cyclotomic>(base: &F) -> [[u64; LIMBS]; 8] {
    // base^p = base^x, and x is negative: odd powers of |x| are conjugates.
    let powers = [1, 2, 3].map(|j| base.frobenius(j).conjugate_if((j & 1) as u8));
    let mut rows = [*base; 8];
    for (j, power) in powers.iter().enumerate() {
        for row in 0..1 << j {
            rows[row | 1 << j] = rows[row];
            rows[row | 1 << j].multiply(power);
        }
    }
    rows.map(|row| row.limbs())
}

/// Returns `base^k = prod_j (base^{k_j})^(|x|^j)`. One table serves all four digits, and
/// exponentiation by `|x|^j` is a Frobenius map, conjugated for odd `j` since `x < 0`.
///
/// Cost: 43 multiplications, ten per digit and three for the product of the digits' powers.
pub(super) fn table_pow<F: Cyclotomic>(table: &PowerTable, scalar: &Fr) -> F {
    let k = base_x_digits(scalar);
    let powers = k.iter().map(|digit| digit_pow(table, *digit));
    let mapped = powers.enumerate().map(|(j, power): (_, F)| match j {
        0 => power,
        _ => power.frobenius(j).conjugate_if((j & 1) as u8),
    });
    mapped.reduce(product).expect("four digits")
}

/// Returns `base^digit`.
fn digit_pow<F: Cyclotomic>(table: &PowerTable, digit: u64) -> F {
    let digits: Zeroizing<[SignedDigit; DIGIT_WINDOWS]> = Zeroizing::new(signed_digits(&[digit]));
    let one = F::one().limbs();
    let factors = table.0.chunks_exact(ROWS).zip(&*digits).map(|(rows, digit)| {
        let mut limbs = select_row(rows, digit.magnitude);
        // Magnitude 0 selects zeros, which become one.
        let none = select_row(&[one], 1 + digit.magnitude);
        limbs.iter_mut().zip(none).for_each(|(limb, of_one)| *limb |= of_one);
        F::from_limbs(&limbs).conjugate_if(digit.negative)
    });
    factors.reduce(product).expect("eleven windows")
}

fn product<F: Cyclotomic>(mut a: F, b: F) -> F {
    a.multiply(&b);
    a
}
