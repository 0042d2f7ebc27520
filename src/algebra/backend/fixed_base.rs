//! Fixed-base multiplication for any backend: tables of limbs, which the backend sums.
#![forbid(unsafe_code)]

use super::batch::{in_parallel, vectorised};
use super::kernel::{BatchSum, SourceGroup, TargetGroup, Term};
use super::power::PowerTable;
use super::windows::{
    DIGIT_WINDOWS, ROWS, SCALAR_WINDOWS, SignedDigit, select_row, signed_digits, window_multiples,
};
use crate::algebra::{Gt, Scalar};
use ark_ff::PrimeField;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// A fixed-base table: 32 affine multiples per window of a scalar.
pub(in crate::algebra) struct PointTable<const L: usize>(Vec<[u64; L]>);

impl<P: Copy + Send + Sync, const N: usize, const L: usize> SourceGroup<P, N, L> {
    pub(in crate::algebra) fn table(&self, base: &P) -> PointTable<L> {
        PointTable((self.batch_affine)(&window_multiples(*base, SCALAR_WINDOWS, self.add)))
    }

    pub(in crate::algebra) fn table_mul(&self, table: &PointTable<L>, scalar: &Scalar) -> P {
        let mut terms = terms(table, scalar);
        let product = (self.sum)(&terms);
        terms.zeroize();
        product
    }

    pub(in crate::algebra) fn batch_table_mul(
        &self,
        table: &PointTable<L>,
        scalars: &[Scalar],
    ) -> Vec<P> {
        let in_lanes = |batch_sum: BatchSum<P, L>| {
            move |range: Range<usize>| {
                let terms: Vec<_> = scalars[range].iter().map(|s| terms(table, s)).collect();
                batch_sum(&Zeroizing::new(terms))
            }
        };
        let single = |i: usize| self.table_mul(table, &scalars[i]);
        in_parallel(scalars.len(), |range| vectorised(range, self.batch.sum.map(in_lanes), single))
    }
}

/// Returns the table entries, one per window, whose sum is the product.
fn terms<const L: usize>(table: &PointTable<L>, scalar: &Scalar) -> Vec<Term<L>> {
    let limbs = Zeroizing::new(scalar.0.into_bigint().0);
    let digits: Zeroizing<[SignedDigit; SCALAR_WINDOWS]> = Zeroizing::new(signed_digits(&*limbs));
    let rows = table.0.chunks_exact(ROWS).zip(&*digits);
    rows.map(|(rows, digit)| Term {
        point: select_row(rows, digit.magnitude),
        negative: digit.negative,
    })
    .collect()
}

impl TargetGroup {
    pub(in crate::algebra) fn table(&self, base: &Gt) -> PowerTable {
        PowerTable::new(&window_multiples(base.0, DIGIT_WINDOWS, self.mul))
    }
}
