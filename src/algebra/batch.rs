//! Many operations at once: the same results as one by one, in the order of the input.
//!
//! A batch lets the backend share inversions, fill its lanes and, with the feature `parallel`, use
//! all cores. Whoever has a list should hand it over as a list.
//!
//! ```
//! use epione::algebra::{G1, G2, PreparedG2, Scalar, pairing, pairings};
//! let mut rng = rand::thread_rng();
//! let scalars: Vec<Scalar> = (0..3).map(|_| Scalar::random(&mut rng)).collect();
//! let points = G1::batch_generator_mul(&scalars);
//! assert_eq!(points[2], G1::generator() * scalars[2]);
//! assert_eq!(G1::msm(&points, &scalars), G1::batch_mul(&points, &scalars).into_iter().sum());
//!
//! // One G2, many G1: the lines are computed once.
//! let q = PreparedG2::new(&G2::generator());
//! assert_eq!(q.pairings(&points)[1], pairing(&points[1], &G2::generator()));
//! ```
#![forbid(unsafe_code)]

use super::backend::{self, Lines, kernel};
use super::count::{Operation, count};
use super::tables::{G1Table, G2Table};
use super::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

macro_rules! source_group {
    ($group:ident, $bytes:literal, $backend:ident, $table:ident, $term:ident) => {
        impl $group {
            /// `points[i] * scalars[i]`. Cost: a multiplication each, as
            /// [`Mul`](std::ops::Mul), in which also the timing is that of.
            ///
            /// # Panics
            /// If the slices differ in length. They are two so that secret scalars can stay where
            /// they are erased.
            pub fn batch_mul(points: &[Self], scalars: &[Scalar]) -> Vec<Self> {
                assert_eq!(points.len(), scalars.len(), "a scalar for every point");
                count(Operation::$group, points.len());
                kernel().$backend.batch_mul(points, scalars)
            }

            /// `points[i] * scalar`. Cost: a multiplication each.
            pub fn batch_mul_by_scalar(points: &[Self], scalar: &Scalar) -> Vec<Self> {
                let scalars = Zeroizing::new(vec![*scalar; points.len()]);
                Self::batch_mul(points, &scalars)
            }

            /// `sum points[i] * scalars[i]`, the identity for no points. Cost: less than half of
            /// the multiplications for a few points, a tenth for thousands. Variable time: for
            /// public scalars.
            ///
            /// # Panics
            /// If the slices differ in length.
            pub fn msm(points: &[Self], scalars: &[Scalar]) -> Self {
                assert_eq!(points.len(), scalars.len(), "a scalar for every point");
                count(Operation::$term, points.len());
                kernel().$backend.sum_of_products(points, scalars)
            }

            /// `generator * scalar`, by a table that the first call builds. Cost: a third of a
            /// multiplication. Constant time under the backend blst.
            pub fn generator_mul(scalar: &Scalar) -> Self {
                $table::of_generator().mul(scalar)
            }

            /// `generator * scalars[i]`, as [`Self::generator_mul`].
            pub fn batch_generator_mul(scalars: &[Scalar]) -> Vec<Self> {
                $table::of_generator().batch_mul(scalars)
            }

            /// [`Self::to_bytes`] of each. Cost: one inversion for all.
            pub fn batch_to_bytes(points: &[Self]) -> Vec<[u8; $bytes]> {
                kernel().$backend.batch_compress(points)
            }

            /// [`Self::from_bytes`] of each; one refusal does not touch the others.
            pub fn batch_from_bytes(encodings: &[[u8; $bytes]]) -> Vec<Result<Self, DecodeError>> {
                let points = kernel().$backend.batch_decompress(encodings);
                points.into_iter().map(|point| point.and_then(Self::not_identity)).collect()
            }
        }
    };
}

source_group!(G1, 48, g1, G1Table, G1Term);
source_group!(G2, 96, g2, G2Table, G2Term);

/// `e(p, q)` of each pair. Cost: a Miller loop and a final exponentiation each; for their product
/// see [`multi_pairing`](super::multi_pairing).
pub fn pairings(pairs: &[(G1, G2)]) -> Vec<Gt> {
    count(Operation::Miller, pairs.len());
    count(Operation::Final, pairs.len());
    kernel().pairing.each(pairs)
}

/// A point of G2 that will be paired with many points of G1.
///
/// Holds the lines of its Miller loop, 19 584 bytes, erased on drop: a trapdoor is a key. A clone
/// shares them.
#[derive(Clone)]
pub struct PreparedG2(Arc<dyn Lines>);

impl PreparedG2 {
    /// Computes the lines. Cost: a tenth of a pairing.
    pub fn new(q: &G2) -> Self {
        Self((kernel().pairing.prepare)(q))
    }

    /// `e(p, q)`. Cost: nine tenths of a pairing.
    pub fn pairing(&self, p: &G1) -> Gt {
        count(Operation::Miller, 1);
        count(Operation::Final, 1);
        self.0.pairing(p)
    }

    /// `e(points[i], q)`.
    pub fn pairings(&self, points: &[G1]) -> Vec<Gt> {
        count(Operation::Miller, points.len());
        count(Operation::Final, points.len());
        backend::pairings(&*self.0, points)
    }
}

/// Shows nothing: the point may be a key.
impl fmt::Debug for PreparedG2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedG2(..)")
    }
}
