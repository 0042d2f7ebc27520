//! Fixed-base multiplication over any backend: tables are limbs, sums are the backend's.
#![forbid(unsafe_code)]

use super::batch::{in_pieces, in_registers};
use super::digits::base_x;
use super::kernel::{SourceGroup, SumEach, TargetGroup, Term};
use super::power::{Cyclotomic, LIMBS};
use super::windows::{DIGIT_WINDOWS, Digit, ROWS, SCALAR_WINDOWS, digits, multiples, scan};
use crate::algebra::{Gt, Scalar};
use ark_bls12_381::Fr;
use ark_ff::PrimeField;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// For each window of a scalar its 32 multiples, affine.
pub(in crate::algebra) struct WindowTable<const L: usize>(Vec<[u64; L]>);

/// For each window of a digit in base `|x|` its 32 powers.
pub(in crate::algebra) struct DigitTable(Vec<[u64; LIMBS]>);

impl<P: Copy + Send + Sync, const N: usize, const L: usize> SourceGroup<P, N, L> {
    pub(in crate::algebra) fn table(&self, base: &P) -> WindowTable<L> {
        WindowTable((self.batch_affine)(&multiples(*base, SCALAR_WINDOWS, self.add)))
    }

    pub(in crate::algebra) fn table_mul(&self, table: &WindowTable<L>, scalar: &Scalar) -> P {
        let mut terms = terms(table, scalar);
        let product = (self.sum)(&terms);
        terms.zeroize();
        product
    }

    pub(in crate::algebra) fn batch_table_mul(
        &self,
        table: &WindowTable<L>,
        scalars: &[Scalar],
    ) -> Vec<P> {
        let in_lanes = |batch_sum: SumEach<P, L>| {
            move |range: Range<usize>| {
                let terms: Vec<_> = scalars[range].iter().map(|s| terms(table, s)).collect();
                batch_sum(&Zeroizing::new(terms))
            }
        };
        let single = |i: usize| self.table_mul(table, &scalars[i]);
        in_pieces(scalars.len(), |range| {
            in_registers(range, self.lanes.batch_sum.map(in_lanes), single)
        })
    }
}

/// The points, one a window, whose sum is the product.
fn terms<const L: usize>(table: &WindowTable<L>, scalar: &Scalar) -> Vec<Term<L>> {
    let limbs = Zeroizing::new(scalar.0.into_bigint().0);
    let digits: Zeroizing<[Digit; SCALAR_WINDOWS]> = Zeroizing::new(digits(&*limbs));
    let rows = table.0.chunks_exact(ROWS).zip(&*digits);
    rows.map(|(rows, digit)| Term { point: scan(rows, digit.magnitude), negative: digit.negative })
        .collect()
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

/// `base^k = prod_j (base^{k_j})^(|x|^j)`: the four digits take their powers from one table, and the
/// map to the `x^j`-th power is Frobenius'; x is negative, so its odd powers are inverses.
pub(super) fn table_pow<F: Cyclotomic>(table: &DigitTable, scalar: &Fr) -> F {
    let parts = base_x(scalar);
    let powers = parts.iter().map(|part| digit_pow(table, *part));
    let mapped = powers.enumerate().map(|(j, power): (_, F)| match j {
        0 => power,
        _ => power.frobenius(j).conjugate_if((j & 1) as u8),
    });
    mapped.reduce(product).expect("four digits")
}

/// `base^part`
fn digit_pow<F: Cyclotomic>(table: &DigitTable, part: u64) -> F {
    let digits: Zeroizing<[Digit; DIGIT_WINDOWS]> = Zeroizing::new(digits(&[part]));
    let one = F::one().limbs();
    let factors = table.0.chunks_exact(ROWS).zip(&*digits).map(|(rows, digit)| {
        let mut limbs = scan(rows, digit.magnitude);
        // The magnitude 0 has no row: it found zeros, and stands for one.
        let none = scan(&[one], 1 + digit.magnitude);
        limbs.iter_mut().zip(none).for_each(|(limb, of_one)| *limb |= of_one);
        F::from_limbs(&limbs).conjugate_if(digit.negative)
    });
    factors.reduce(product).expect("eleven windows")
}

fn product<F: Cyclotomic>(mut a: F, b: F) -> F {
    a.multiply(&b);
    a
}
