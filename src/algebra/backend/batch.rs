//! Batches: in lanes where the backend has them, on all cores with the feature `parallel`, results
//! in the order of the input either way.
#![forbid(unsafe_code)]

use super::Lines;
use super::kernel::{Kernel, Pairing, SourceGroup};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use std::ops::Range;

impl<P: Copy + Send + Sync, const N: usize, const L: usize> SourceGroup<P, N, L> {
    pub(in crate::algebra) fn mul_each(&self, points: &[P], scalars: &[Scalar]) -> Vec<P> {
        in_pieces(points.len(), |range| {
            let (points, scalars) = (&points[range.clone()], &scalars[range]);
            match self.lanes.mul_each {
                Some(mul_each) => mul_each(points, scalars),
                None => points.iter().zip(scalars).map(|(p, s)| (self.mul)(p, s)).collect(),
            }
        })
    }

    pub(in crate::algebra) fn hash_each(&self, tag: &[u8], messages: &[&[u8]]) -> Vec<P> {
        in_pieces(messages.len(), |range| match self.lanes.hash_each {
            Some(hash_each) => hash_each(tag, &messages[range]),
            None => messages[range].iter().map(|message| (self.hash)(tag, message)).collect(),
        })
    }

    pub(in crate::algebra) fn compress_each(&self, points: &[P]) -> Vec<[u8; N]> {
        in_pieces(points.len(), |range| (self.compress_each)(&points[range]))
    }

    pub(in crate::algebra) fn decompress_each(
        &self,
        encodings: &[[u8; N]],
    ) -> Vec<Result<P, DecodeError>> {
        in_pieces(encodings.len(), |range| match self.lanes.decompress_each {
            Some(decompress_each) => decompress_each(&encodings[range]),
            None => encodings[range].iter().map(self.decompress).collect(),
        })
    }

    /// The pieces' sums, added up.
    pub(in crate::algebra) fn sum_of_products(&self, points: &[P], scalars: &[Scalar]) -> P {
        let piece = |range: Range<usize>| vec![(self.msm)(&points[range.clone()], &scalars[range])];
        let sums = in_pieces(points.len(), piece);
        sums.into_iter().reduce(|a, b| (self.add)(&a, &b)).unwrap_or_else(|| (self.msm)(&[], &[]))
    }
}

impl Pairing {
    pub(in crate::algebra) fn each(&self, pairs: &[(G1, G2)]) -> Vec<Gt> {
        let single = |pair: &(G1, G2)| (self.finish)(&(self.miller)(std::slice::from_ref(pair)));
        in_pieces(pairs.len(), |range| match self.each {
            Some(each) => each(&pairs[range]),
            None => pairs[range].iter().map(single).collect(),
        })
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
    const LANES: usize = 8;
    let size = items.div_ceil(rayon::current_num_threads()).next_multiple_of(LANES);
    if items <= size {
        return if items == 0 { Vec::new() } else { work(0..items) };
    }
    let starts: Vec<usize> = (0..items).step_by(size).collect();
    starts.into_par_iter().flat_map_iter(|from| work(from..items.min(from + size))).collect()
}
