//! Batch operations: vectorised if the backend is, on all cores with the feature `parallel`.
//! Results are in input order.
#![forbid(unsafe_code)]

use super::kernel::{
    BatchDecompress, BatchHash, BatchMul, BatchPairing, Kernel, Lines, Pairing, SourceGroup,
};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// Items per vector register.
const LANES: usize = 8;

/// The smallest list that is faster vectorised than item by item: a full register takes 1.1 to 2.5
/// times as long as one item.
pub(super) const MIN_VECTORISED: usize = 2;

/// The capacity that a vectorised operation leaves in its list of results, for the items that are
/// computed one by one: a reallocation would leave key material in freed memory.
#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
pub(super) const SPARE: usize = MIN_VECTORISED - 1;

/// The numbers of terms for which a vectorised multi-scalar multiplication is faster than
/// Pippenger's bucket method.
const VECTORISED_MSM: Range<usize> = 8..2048;

impl<P: Copy + Send + Sync + Zeroize, const N: usize, const L: usize> SourceGroup<P, N, L> {
    pub(in crate::algebra) fn batch_mul(&self, points: &[P], scalars: &[Scalar]) -> Vec<P> {
        let in_lanes = |batch_mul: BatchMul<P>| {
            move |range: Range<usize>| batch_mul(&points[range.clone()], &scalars[range])
        };
        let single = |i: usize| (self.mul)(&points[i], &scalars[i]);
        in_parallel(points.len(), |range| vectorised(range, self.batch.mul.map(in_lanes), single))
    }

    pub(in crate::algebra) fn batch_hash(&self, tag: &[u8], messages: &[&[u8]]) -> Vec<P> {
        let in_lanes =
            |batch_hash: BatchHash<P>| move |range: Range<usize>| batch_hash(tag, &messages[range]);
        let single = |i: usize| (self.hash)(tag, messages[i]);
        in_parallel(messages.len(), |range| {
            vectorised(range, self.batch.hash.map(in_lanes), single)
        })
    }

    pub(in crate::algebra) fn batch_compress(&self, points: &[P]) -> Vec<[u8; N]> {
        in_parallel(points.len(), |range| (self.batch_compress)(&points[range]))
    }

    pub(in crate::algebra) fn batch_decompress(
        &self,
        encodings: &[[u8; N]],
    ) -> Vec<Result<P, DecodeError>> {
        let in_lanes = |batch_decompress: BatchDecompress<P, N>| {
            move |range: Range<usize>| batch_decompress(&encodings[range])
        };
        let single = |i: usize| (self.decompress)(&encodings[i]);
        in_parallel(encodings.len(), |range| {
            vectorised(range, self.batch.decompress.map(in_lanes), single)
        })
    }

    /// Multi-scalar multiplication: the sum of one result per thread.
    pub(in crate::algebra) fn msm(&self, points: &[P], scalars: &[Scalar]) -> P {
        let partial = |range: Range<usize>| {
            let msm = match self.batch.msm {
                Some(vectorised) if VECTORISED_MSM.contains(&range.len()) => vectorised,
                _ => self.msm,
            };
            vec![msm(&points[range.clone()], &scalars[range])]
        };
        let sums = Zeroizing::new(in_parallel(points.len(), partial));
        sums.iter()
            .copied()
            .reduce(|a, b| (self.add)(&a, &b))
            .unwrap_or_else(|| (self.msm)(&[], &[]))
    }
}

impl Pairing {
    pub(in crate::algebra) fn batch_pairing(&self, pairs: &[(G1, G2)]) -> Vec<Gt> {
        let in_lanes =
            |batch_pairing: BatchPairing| move |range: Range<usize>| batch_pairing(&pairs[range]);
        let single = |i: usize| (self.final_exponentiation)(&(self.miller_loop)(&pairs[i..=i]));
        in_parallel(pairs.len(), |range| {
            vectorised(range, self.batch_pairing.map(in_lanes), single)
        })
    }
}

impl Kernel {
    /// Returns the product of the pairings, with one final exponentiation.
    pub(in crate::algebra) fn multi_pairing(&self, pairs: &[(G1, G2)]) -> Gt {
        let miller = |range: Range<usize>| vec![(self.pairing.miller_loop)(&pairs[range])];
        let loops = Zeroizing::new(in_parallel(pairs.len(), miller));
        let product = loops.iter().copied().reduce(|a, b| (self.gt.mul)(&a, &b));
        product.map_or_else(Gt::identity, |f| (self.pairing.final_exponentiation)(&f))
    }
}

/// Returns the pairing of each point of G1 with the prepared point.
pub(in crate::algebra) fn pairings(lines: &dyn Lines, points: &[G1]) -> Vec<Gt> {
    in_parallel(points.len(), |range| lines.pairings(&points[range]))
}

/// Computes a range by `in_lanes` if the backend has it. Fewer than [`MIN_VECTORISED`] items in the
/// last register are computed by `single`.
pub(super) fn vectorised<R>(
    range: Range<usize>,
    in_lanes: Option<impl Fn(Range<usize>) -> Vec<R>>,
    single: impl Fn(usize) -> R,
) -> Vec<R> {
    let Some(in_lanes) = in_lanes else { return range.map(single).collect() };
    let rest = match range.len() % LANES {
        few @ 0..MIN_VECTORISED => few,
        _ => 0,
    };
    let split = range.end - rest;
    let mut results = in_lanes(range.start..split);
    results.extend((split..range.end).map(single));
    results
}

/// Computes all items in one piece.
#[cfg(not(feature = "parallel"))]
pub(super) fn in_parallel<R>(items: usize, work: impl Fn(Range<usize>) -> Vec<R>) -> Vec<R> {
    if items == 0 { Vec::new() } else { work(0..items) }
}

/// Divides the items among the threads, in multiples of the number of lanes: a smaller piece would
/// leave lanes empty, and one multiplication does not justify waking a thread.
#[cfg(feature = "parallel")]
pub(super) fn in_parallel<R: Send>(
    items: usize,
    work: impl Fn(Range<usize>) -> Vec<R> + Sync,
) -> Vec<R> {
    use rayon::prelude::*;
    let size = items.div_ceil(rayon::current_num_threads()).next_multiple_of(LANES);
    if items <= size {
        return if items == 0 { Vec::new() } else { work(0..items) };
    }
    let starts: Vec<usize> = (0..items).step_by(size).collect();
    starts.into_par_iter().flat_map_iter(|from| work(from..items.min(from + size))).collect()
}
