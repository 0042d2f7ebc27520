//! The table of functions that a backend fills in.
//!
//! Points are in the subgroup of order `r` unless a field says otherwise, scalars are below `r`,
//! elements of GT have order dividing `r`: the types see to that. The identity is allowed everywhere.
#![forbid(unsafe_code)]

use super::fixed::DigitTable;
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::Fq12;
use std::sync::Arc;

/// One backend.
pub(in crate::algebra) struct Kernel {
    pub(in crate::algebra) g1: SourceGroup<G1, 48, 12>,
    pub(in crate::algebra) g2: SourceGroup<G2, 96, 24>,
    pub(in crate::algebra) gt: TargetGroup,
    pub(in crate::algebra) pairing: Pairing,
    /// The inverse modulo `r`; `None` for zero.
    pub(in crate::algebra) invert: fn(&Scalar) -> Option<Scalar>,
}

/// A group that the pairing takes, with encodings of `N` bytes and affine points of `L` limbs.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct SourceGroup<P: 'static, const N: usize, const L: usize> {
    pub(in crate::algebra) add: fn(&P, &P) -> P,
    /// Constant time in the scalar, where the backend has that.
    pub(in crate::algebra) mul: fn(&P, &Scalar) -> P,
    /// The sum of the products; the slices are of one length. Variable time.
    pub(in crate::algebra) msm: fn(&[P], &[Scalar]) -> P,
    /// RFC 9380, random oracle: tag, message.
    pub(in crate::algebra) hash: fn(&[u8], &[u8]) -> P,
    pub(in crate::algebra) compress: fn(&P) -> [u8; N],
    /// One inversion for all.
    pub(in crate::algebra) batch_compress: fn(&[P]) -> Vec<[u8; N]>,
    /// On the curve and in the subgroup; the identity passes.
    pub(in crate::algebra) decompress: fn(&[u8; N]) -> Result<P, DecodeError>,
    /// Affine coordinates as Montgomery limbs, all zero for the identity; one inversion for all.
    pub(in crate::algebra) batch_affine: fn(&[P]) -> Vec<[u64; L]>,
    /// The sum of points out of tables. Constant time in what they are, where the backend has that.
    pub(in crate::algebra) sum: fn(&[Term<L>]) -> P,
    pub(in crate::algebra) lanes: Lanes<P, N, L>,
}

/// A point out of a table.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct Term<const L: usize> {
    /// Affine coordinates as Montgomery limbs, all zero for the identity.
    pub(in crate::algebra) point: [u64; L],
    /// 1 if the point is to be subtracted, else 0.
    pub(in crate::algebra) negative: u8,
}

/// What a backend does faster for many than one by one: `None` where it does not. Any number of
/// items may come, none included.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct Lanes<P: 'static, const N: usize, const L: usize> {
    /// Point by scalar, slices of one length.
    pub(in crate::algebra) batch_mul: Option<MulEach<P>>,
    /// Tag, messages.
    pub(in crate::algebra) batch_hash: Option<HashEach<P>>,
    pub(in crate::algebra) batch_decompress: Option<DecompressEach<P, N>>,
    /// Sums of as many terms each.
    pub(in crate::algebra) batch_sum: Option<SumEach<P, L>>,
    /// Points times scalars, added up; for some dozens to thousands of them. Variable time.
    pub(in crate::algebra) sum_of_products: Option<SumOfProducts<P>>,
}

impl<P, const N: usize, const L: usize> Lanes<P, N, L> {
    /// One by one.
    pub(in crate::algebra) const NONE: Self = Self {
        batch_mul: None,
        batch_hash: None,
        batch_decompress: None,
        batch_sum: None,
        sum_of_products: None,
    };
}

pub(in crate::algebra) type MulEach<P> = fn(&[P], &[Scalar]) -> Vec<P>;
pub(in crate::algebra) type SumOfProducts<P> = fn(&[P], &[Scalar]) -> P;
pub(in crate::algebra) type HashEach<P> = fn(&[u8], &[&[u8]]) -> Vec<P>;
pub(in crate::algebra) type DecompressEach<P, const N: usize> =
    fn(&[[u8; N]]) -> Vec<Result<P, DecodeError>>;
pub(in crate::algebra) type SumEach<P, const L: usize> = fn(&[Vec<Term<L>>]) -> Vec<P>;
pub(in crate::algebra) type PairEach = fn(&[(G1, G2)]) -> Vec<Gt>;

/// The group that the pairing gives.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct TargetGroup {
    /// Of any two elements of Fp12.
    pub(in crate::algebra) mul: fn(&Fq12, &Fq12) -> Fq12,
    /// Constant time in the scalar, where the backend has that.
    pub(in crate::algebra) pow: fn(&Gt, &Scalar) -> Gt,
    /// Constant time in the scalar, where the backend has that.
    pub(in crate::algebra) table_pow: fn(&DigitTable, &Scalar) -> Gt,
    /// Whether a value, any element of Fp12, has order dividing `r`.
    pub(in crate::algebra) contains: fn(&Fq12) -> bool,
}

/// The pairing in its parts.
#[derive(Clone, Copy)]
pub(in crate::algebra) struct Pairing {
    /// The product of the Miller loops: an element of Fp12 that means something to this backend's
    /// `finish` only, and whose products do too.
    pub(in crate::algebra) miller: fn(&[(G1, G2)]) -> Fq12,
    /// The final exponentiation.
    pub(in crate::algebra) finish: fn(&Fq12) -> Gt,
    /// A pairing each.
    pub(in crate::algebra) each: Option<PairEach>,
    /// The lines of a point of G2 that will be paired often.
    pub(in crate::algebra) prepare: fn(&G2) -> Arc<dyn Lines>,
}

/// The lines of one point of G2 through its Miller loop. Erased on drop: the point may be a key.
pub(in crate::algebra) trait Lines: Send + Sync {
    /// The pairing with the point.
    fn pairing(&self, p: &G1) -> Gt;

    /// The pairings with the point.
    fn pairings(&self, points: &[G1]) -> Vec<Gt> {
        points.iter().map(|p| self.pairing(p)).collect()
    }
}
