//! Powers in GT by the four-dimensional method, over whichever arithmetic a backend has.
#![forbid(unsafe_code)]

use super::digits::{Columns, base_x};
use super::windows::scan;
use ark_bls12_381::Fr;
use zeroize::Zeroize;

/// Limbs of an element of Fp12.
pub(super) const LIMBS: usize = 72;

/// What a power in GT needs of Fp12. Elements are in GT.
pub(super) trait Cyclotomic: Copy {
    fn one() -> Self;
    fn square(&mut self);
    fn multiply(&mut self, other: &Self);
    /// The inverse if the flag is 1, else the element.
    fn conjugate_if(&self, flag: u8) -> Self;
    /// The `p^power`-th power.
    fn frobenius(&self, power: usize) -> Self;
    fn limbs(&self) -> [u64; LIMBS];
    fn from_limbs(limbs: &[u64; LIMBS]) -> Self;
}

/// `base^scalar`: 64 squarings and 72 multiplications whatever the scalar is.
pub(super) fn pow<F: Cyclotomic>(base: &F, scalar: &Fr) -> F {
    let mut digits = base_x(scalar);
    // The columns want an odd first digit; where it is even, the base is divided out again.
    let even = 1 - (digits[0] & 1) as u8;
    digits[0] |= 1;
    let columns = Columns::new(&digits);
    let mut table = table(base);
    let term = |i: usize| {
        F::from_limbs(&scan(&table, columns.pattern[i] + 1)).conjugate_if(columns.negative[i])
    };

    let mut power = term(Columns::COUNT - 1);
    for i in (0..Columns::COUNT - 1).rev() {
        power.square();
        power.multiply(&term(i));
    }
    table.zeroize();
    let mut divided = power;
    divided.multiply(&base.conjugate_if(1));
    F::from_limbs(&scan(&[power.limbs(), divided.limbs()], even + 1))
}

/// `base * b1^u1 * b2^u2 * b3^u3` at the row with the bits `u3 u2 u1`, where `b_j = base^(|x|^j)`.
fn table<F: Cyclotomic>(base: &F) -> [[u64; LIMBS]; 8] {
    // base^p = base^x, and x is negative: the odd powers of |x| are inverses.
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
