//! The table of functions that a backend provides.
//!
//! Unless a field says otherwise, points are in the subgroup of order `r`, possibly the identity;
//! scalars are below `r`; elements of GT have order dividing `r`. The types guarantee this.
#![forbid(unsafe_code)]

use super::power::PowerTable;
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::Fq12;
use std::sync::Arc;
use zeroize::Zeroize;

/// The functions of one backend.
pub(in crate::algebra) struct Kernel {
    pub(in crate::algebra) g1: SourceGroup<G1, 48, 12>,
    pub(in crate::algebra) g2: SourceGroup<G2, 96, 24>,
    pub(in crate::algebra) gt: TargetGroup,
    pub(in crate::algebra) pairing: Pairing,
    /// Returns the inverse modulo `r`; `None` for zero.
    pub(in crate::algebra) invert: fn(&Scalar) -> Option<Scalar>,
}

/// A source group of the pairing, with encodings of `N` bytes and affine points of `L` limbs.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct SourceGroup<P: 'static, const N: usize, const L: usize> {
    pub(in crate::algebra) add: fn(&P, &P) -> P,
    /// Constant time in the scalar, if the backend is.
    pub(in crate::algebra) mul: fn(&P, &Scalar) -> P,
    /// Multi-scalar multiplication of slices of equal length. Variable time.
    pub(in crate::algebra) msm: fn(&[P], &[Scalar]) -> P,
    /// `hash_to_curve` of RFC 9380 (random oracle) of a domain separation tag and a message.
    pub(in crate::algebra) hash: fn(&[u8], &[u8]) -> P,
    pub(in crate::algebra) compress: fn(&P) -> [u8; N],
    /// Shares one inversion among all points.
    pub(in crate::algebra) batch_compress: fn(&[P]) -> Vec<[u8; N]>,
    /// Rejects points off the curve or outside the subgroup; accepts the identity.
    pub(in crate::algebra) decompress: fn(&[u8; N]) -> Result<P, DecodeError>,
    /// Affine coordinates as Montgomery limbs, all zero for the identity. Shares one inversion
    /// among all points.
    pub(in crate::algebra) batch_affine: fn(&[P]) -> Vec<[u64; L]>,
    /// The sum of table entries. Constant time in the entries, if the backend is.
    pub(in crate::algebra) sum: fn(&[Term<L>]) -> P,
    pub(in crate::algebra) batch: BatchOperations<P, N, L>,
}

/// A point from a fixed-base table, with a sign. The terms of a product reveal the scalar.
#[derive(Clone, Copy, Zeroize)]
pub(in crate::algebra) struct Term<const L: usize> {
    /// Affine coordinates as Montgomery limbs, all zero for the identity.
    pub(in crate::algebra) point: [u64; L],
    /// 1 to subtract the point, 0 to add it.
    pub(in crate::algebra) negative: u8,
}

/// Vectorised operations over lists of any length; `None` where the backend computes item by item.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct BatchOperations<P: 'static, const N: usize, const L: usize> {
    /// Products of points and scalars, from slices of equal length. Constant time in the scalars.
    pub(in crate::algebra) mul: Option<BatchMul<P>>,
    /// Hashes of messages, under one domain separation tag.
    pub(in crate::algebra) hash: Option<BatchHash<P>>,
    pub(in crate::algebra) decompress: Option<BatchDecompress<P, N>>,
    /// Sums of table entries; all sums have the same number of terms.
    pub(in crate::algebra) sum: Option<BatchSum<P, L>>,
    /// Multi-scalar multiplication, for 8 to 2047 terms. Variable time.
    pub(in crate::algebra) msm: Option<Msm<P>>,
}

impl<P, const N: usize, const L: usize> BatchOperations<P, N, L> {
    /// No vectorised operations.
    pub(in crate::algebra) const NONE: Self =
        Self { mul: None, hash: None, decompress: None, sum: None, msm: None };
}

pub(in crate::algebra) type BatchMul<P> = fn(&[P], &[Scalar]) -> Vec<P>;
pub(in crate::algebra) type Msm<P> = fn(&[P], &[Scalar]) -> P;
pub(in crate::algebra) type BatchHash<P> = fn(&[u8], &[&[u8]]) -> Vec<P>;
pub(in crate::algebra) type BatchDecompress<P, const N: usize> =
    fn(&[[u8; N]]) -> Vec<Result<P, DecodeError>>;
pub(in crate::algebra) type BatchSum<P, const L: usize> = fn(&[Vec<Term<L>>]) -> Vec<P>;
pub(in crate::algebra) type BatchPairing = fn(&[(G1, G2)]) -> Vec<Gt>;

/// The target group of the pairing.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct TargetGroup {
    /// Multiplies any two elements of Fp12.
    pub(in crate::algebra) mul: fn(&Fq12, &Fq12) -> Fq12,
    /// Constant time in the scalar, if the backend is.
    pub(in crate::algebra) pow: fn(&Gt, &Scalar) -> Gt,
    /// Constant time in the scalar, if the backend is.
    pub(in crate::algebra) table_pow: fn(&PowerTable, &Scalar) -> Gt,
    /// Returns `true` if an element of Fp12 has order dividing `r`.
    pub(in crate::algebra) contains: fn(&Fq12) -> bool,
}

/// The pairing and its two halves.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct Pairing {
    /// The product of the Miller loops. Its value, and products of such values, are meaningful to
    /// `final_exponentiation` of the same backend only.
    pub(in crate::algebra) miller_loop: fn(&[(G1, G2)]) -> Fq12,
    pub(in crate::algebra) final_exponentiation: fn(&Fq12) -> Gt,
    /// The pairing of each pair; `None` where the backend computes item by item.
    pub(in crate::algebra) batch_pairing: Option<BatchPairing>,
    /// Precomputes the lines of a point that is paired often.
    pub(in crate::algebra) prepare: fn(&G2) -> Arc<dyn Lines>,
}

/// The lines through multiples of a point of G2 in its Miller loop. Erased on drop: the point may
/// be a key.
pub(in crate::algebra) trait Lines: Send + Sync {
    /// Returns the pairing of `p` with the point.
    fn pairing(&self, p: &G1) -> Gt;

    /// Returns the pairing of each point of G1 with the point.
    fn pairings(&self, points: &[G1]) -> Vec<Gt> {
        points.iter().map(|p| self.pairing(p)).collect()
    }
}
