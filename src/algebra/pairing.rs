//! The pairing `e: G1 x G2 -> GT`: single, as a product, in batches, and with prepared points.
//!
//! ```
//! use epione::algebra::{G1, G2, PreparedG2, Scalar, batch_pairing, pairing};
//! let (p, q) = (G1::generator(), G2::generator() * Scalar::from(2));
//! assert_eq!(batch_pairing(&[(p, q), (-p, q)])[0], pairing(&p, &q));
//! assert_eq!(PreparedG2::new(&q).batch_pairing(&[p, -p])[1], pairing(&-p, &q));
//! ```
#![forbid(unsafe_code)]

use super::backend::{self, Lines, kernel};
use super::count::{Operation, count};
use super::{G1, G2, Gt};
use std::fmt;
use std::sync::Arc;

/// Computes `e(p, q)`. Cost: one Miller loop and one final exponentiation.
pub fn pairing(p: &G1, q: &G2) -> Gt {
    multi_pairing(&[(*p, *q)])
}

/// Computes `prod e(p_i, q_i)`, the identity for an empty slice.
///
/// Cost: one Miller loop per pair and one final exponentiation in total.
pub fn multi_pairing(pairs: &[(G1, G2)]) -> Gt {
    count(Operation::Miller, pairs.len());
    count(Operation::Final, usize::from(!pairs.is_empty()));
    kernel().multi_pairing(pairs)
}

/// Computes `e(p_i, q_i)` for each pair; for their product see [`multi_pairing`].
///
/// Cost: one Miller loop and one final exponentiation per pair.
pub fn batch_pairing(pairs: &[(G1, G2)]) -> Vec<Gt> {
    count(Operation::Miller, pairs.len());
    count(Operation::Final, pairs.len());
    kernel().pairing.batch_pairing(pairs)
}

/// A point of G2 prepared for pairings with many points of G1.
///
/// Holds the line coefficients of the Miller loop, 19 584 bytes, shared between clones. They are
/// erased on drop, because the point may be a key.
#[derive(Clone)]
pub struct PreparedG2(Arc<dyn Lines>);

impl PreparedG2 {
    /// Computes the line coefficients. Cost: a tenth of a pairing.
    pub fn new(q: &G2) -> Self {
        Self((kernel().pairing.prepare)(q))
    }

    /// Computes `e(p, q)`. Cost: nine tenths of a pairing.
    pub fn pairing(&self, p: &G1) -> Gt {
        count(Operation::Miller, 1);
        count(Operation::Final, 1);
        self.0.pairing(p)
    }

    /// Computes `e(points[i], q)`.
    pub fn batch_pairing(&self, points: &[G1]) -> Vec<Gt> {
        count(Operation::Miller, points.len());
        count(Operation::Final, points.len());
        backend::pairings(&*self.0, points)
    }
}

/// Redacted, because the point may be a key.
impl fmt::Debug for PreparedG2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedG2(..)")
    }
}
