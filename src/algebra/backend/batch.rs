//! Batches: in lanes where the backend has them, on all cores with the feature `parallel`, results
//! in the order of the input either way.
#![forbid(unsafe_code)]

use super::Lines;
use super::kernel::{DecompressEach, HashEach, Kernel, MulEach, PairEach, Pairing, SourceGroup};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use std::ops::Range;

/// Items in a register.
const LANES: usize = 8;

/// As many items as are faster in a register than one by one: a full one takes 1.1 to 2.5 times as
/// long as one item alone.
pub(super) const FEWEST: usize = 2;

/// As many products as are added up faster in lanes than by buckets.
const IN_LANES: Range<usize> = 8..2048;

impl<P: Copy + Send + Sync, const N: usize, const L: usize> SourceGroup<P, N, L> {
    pub(in crate::algebra) fn batch_mul(&self, points: &[P], scalars: &[Scalar]) -> Vec<P> {
        let in_lanes = |batch_mul: MulEach<P>| {
            move |range: Range<usize>| batch_mul(&points[range.clone()], &scalars[range])
        };
        let single = |i: usize| (self.mul)(&points[i], &scalars[i]);
        in_pieces(points.len(), |range| {
            in_registers(range, self.lanes.batch_mul.map(in_lanes), single)
        })
    }

    pub(in crate::algebra) fn batch_hash(&self, tag: &[u8], messages: &[&[u8]]) -> Vec<P> {
        let in_lanes =
            |batch_hash: HashEach<P>| move |range: Range<usize>| batch_hash(tag, &messages[range]);
        let single = |i: usize| (self.hash)(tag, messages[i]);
        in_pieces(messages.len(), |range| {
            in_registers(range, self.lanes.batch_hash.map(in_lanes), single)
        })
    }

    pub(in crate::algebra) fn batch_compress(&self, points: &[P]) -> Vec<[u8; N]> {
        in_pieces(points.len(), |range| (self.batch_compress)(&points[range]))
    }

    pub(in crate::algebra) fn batch_decompress(
        &self,
        encodings: &[[u8; N]],
    ) -> Vec<Result<P, DecodeError>> {
        let in_lanes = |batch_decompress: DecompressEach<P, N>| {
            move |range: Range<usize>| batch_decompress(&encodings[range])
        };
        let single = |i: usize| (self.decompress)(&encodings[i]);
        in_pieces(encodings.len(), |range| {
            in_registers(range, self.lanes.batch_decompress.map(in_lanes), single)
        })
    }

    /// The pieces' sums, added up.
    pub(in crate::algebra) fn sum_of_products(&self, points: &[P], scalars: &[Scalar]) -> P {
        let piece = |range: Range<usize>| {
            let msm = match self.lanes.sum_of_products {
                Some(in_lanes) if IN_LANES.contains(&range.len()) => in_lanes,
                _ => self.msm,
            };
            vec![msm(&points[range.clone()], &scalars[range])]
        };
        let sums = in_pieces(points.len(), piece);
        sums.into_iter().reduce(|a, b| (self.add)(&a, &b)).unwrap_or_else(|| (self.msm)(&[], &[]))
    }
}

impl Pairing {
    pub(in crate::algebra) fn each(&self, pairs: &[(G1, G2)]) -> Vec<Gt> {
        let in_lanes = |each: PairEach| move |range: Range<usize>| each(&pairs[range]);
        let single = |i: usize| (self.finish)(&(self.miller)(&pairs[i..=i]));
        in_pieces(pairs.len(), |range| in_registers(range, self.each.map(in_lanes), single))
    }
}

impl Kernel {
    /// The product of the pairings, one final exponentiation for all.
    pub(in crate::algebra) fn multi_pairing(&self, pairs: &[(G1, G2)]) -> Gt {
        let pieces = in_pieces(pairs.len(), |range| vec![(self.pairing.miller)(&pairs[range])]);
        let product = pieces.into_iter().reduce(|a, b| (self.gt.mul)(&a, &b));
        product.map_or_else(Gt::identity, |product| (self.pairing.finish)(&product))
    }
}

/// The pairings of many points with one.
pub(in crate::algebra) fn pairings(lines: &dyn Lines, points: &[G1]) -> Vec<Gt> {
    in_pieces(points.len(), |range| lines.pairings(&points[range]))
}

/// A range in lanes if there are any, but for the last of it where too few would share a register.
pub(super) fn in_registers<R>(
    range: Range<usize>,
    in_lanes: Option<impl Fn(Range<usize>) -> Vec<R>>,
    single: impl Fn(usize) -> R,
) -> Vec<R> {
    let Some(in_lanes) = in_lanes else { return range.map(single).collect() };
    let rest = match range.len() % LANES {
        few @ 0..FEWEST => few,
        _ => 0,
    };
    let split = range.end - rest;
    let mut results = in_lanes(range.start..split);
    results.extend((split..range.end).map(single));
    results
}

/// The whole range in one piece.
#[cfg(not(feature = "parallel"))]
pub(super) fn in_pieces<R>(items: usize, work: impl Fn(Range<usize>) -> Vec<R>) -> Vec<R> {
    if items == 0 { Vec::new() } else { work(0..items) }
}

/// The range in as many pieces as there are threads, none smaller than the lanes are many: a piece
/// of less would leave lanes empty, and a thread is not worth waking for one multiplication.
#[cfg(feature = "parallel")]
pub(super) fn in_pieces<R: Send>(
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
