//! Fixed-base multiplication over any backend: tables are limbs, sums are the backend's.
#![forbid(unsafe_code)]

use super::batch::in_pieces;
use super::digits::base_x;
use super::kernel::{SourceGroup, TargetGroup, Term};
use super::power::{Cyclotomic, LIMBS};
use super::windows::{DIGIT_WINDOWS, Digit, ROWS, SCALAR_WINDOWS, digits, multiples, scan};
use crate::algebra::{Gt, Scalar};
use ark_bls12_381::Fr;
use ark_ff::PrimeField;
use zeroize::{Zeroize, Zeroizing};

/// For each window of a scalar its 32 multiples, affine.
pub(in crate::algebra) struct WindowTable<const L: usize>(Vec<[u64; L]>);

/// For each window of a digit in base `|x|` its 32 powers.
pub(in crate::algebra) struct DigitTable(Vec<[u64; LIMBS]>);

impl<P: Copy + Send + Sync, const N: usize, const L: usize> SourceGroup<P, N, L> {
    pub(in crate::algebra) fn table(&self, base: &P) -> WindowTable<L> {
        WindowTable((self.affine_each)(&multiples(*base, SCALAR_WINDOWS, self.add)))
    }

    pub(in crate::algebra) fn table_mul(&self, table: &WindowTable<L>, scalar: &Scalar) -> P {
        let mut terms = terms(table, scalar);
        let product = (self.sum)(&terms);
        terms.zeroize();
        product
    }

    pub(in crate::algebra) fn table_mul_each(
        &self,
        table: &WindowTable<L>,
        scalars: &[Scalar],
    ) -> Vec<P> {
        in_pieces(scalars.len(), |range| match self.lanes.sum_each {
            Some(sum_each) => {
                let terms: Vec<_> = scalars[range].iter().map(|s| terms(table, s)).collect();
                sum_each(&Zeroizing::new(terms))
            }
            None => scalars[range].iter().map(|s| self.table_mul(table, s)).collect(),
        })
    }
}

/// The points, one a window, whose sum is the product.
fn terms<const L: usize>(table: &WindowTable<L>, scalar: &Scalar) -> Vec<Term<L>> {
    let limbs = Zeroizing::new(scalar.0.into_bigint().0);
    let digits: Zeroizing<[Digit; SCALAR_WINDOWS]> = Zeroizing::new(digits(&*limbs));
    let rows = table.0.chunks_exact(ROWS).zip(&*digits);
    rows.map(|(rows, digit)| Term { point: scan(rows, *digit), negative: digit.negative }).collect()
}

/// Which points they are tells the scalar.
impl<const L: usize> Zeroize for Term<L> {
    fn zeroize(&mut self) {
        self.point.zeroize();
        self.negative.zeroize();
    }
}

impl TargetGroup {
    pub(in crate::algebra) fn table(&self, base: &Gt) -> DigitTable {
        let powers = multiples(base.0, DIGIT_WINDOWS, self.mul);
        DigitTable(powers.iter().map(Cyclotomic::limbs).collect())
    }
}

/// `base^k = prod_j (base^{k_j})^(x^j)`: the four digits take their powers from one table, and the
/// map to the `x^j`-th power is Frobenius'.
pub(super) fn table_pow<F: Cyclotomic>(table: &DigitTable, scalar: &Fr, one: F) -> F {
    let parts = base_x(scalar);
    let mut product = one;
    for (j, part) in parts.iter().enumerate() {
        let digits: Zeroizing<[Digit; DIGIT_WINDOWS]> = Zeroizing::new(digits(&[*part]));
        let mut power = one;
        for (rows, digit) in table.0.chunks_exact(ROWS).zip(&*digits) {
            // Zeros stand for the row of magnitude 0, which is one.
            let mut limbs = scan(rows, *digit);
            let none = u64::from(digit.magnitude).wrapping_sub(1) >> 63;
            let mask = std::hint::black_box(none).wrapping_neg();
            for (limb, of_one) in limbs.iter_mut().zip(one.limbs()) {
                *limb |= of_one & mask;
            }
            power = power.multiply(&F::from_limbs(&limbs).conjugate_if(digit.negative));
        }
        // x is negative: its odd powers are inverses of those of |x|.
        let mapped = if j == 0 { power } else { power.frobenius(j).conjugate_if((j & 1) as u8) };
        product = product.multiply(&mapped);
    }
    product
}
