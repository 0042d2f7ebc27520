//! The source groups G1 and G2: operations, batch operations and fixed-base tables.
//!
//! One macro defines both groups. A batch operation returns the results of the single operations in
//! input order; the backend shares inversions, uses all SIMD lanes and, with the feature
//! `parallel`, all cores.
//!
//! A fixed-base table costs ten to twenty multiplications and reduces each later multiplication of
//! its base to a third. Lookups read every row of a window, because the scalar is usually secret.
//! The tables of the generators are built on first use.
//!
//! ```
//! use epione::algebra::{G1, G1Table, Scalar};
//! let mut rng = rand::thread_rng();
//! let scalars: Vec<Scalar> = (0..3).map(|_| Scalar::random(&mut rng)).collect();
//! let points = G1::batch_generator_mul(&scalars);
//! assert_eq!(points[2], G1::generator() * scalars[2]);
//! assert_eq!(G1::msm(&points, &scalars), G1::batch_mul(&points, &scalars).into_iter().sum());
//! assert_eq!(G1Table::new(&points[0]).mul(&scalars[1]), points[0] * scalars[1]);
//! ```
#![forbid(unsafe_code)]

use super::backend::{PointTable, kernel};
use super::count::{Operation, count};
use super::{Rng, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::{Fq, G1Projective, G2Projective};
use ark_ec::PrimeGroup;
use ark_ff::Field;
use ark_std::Zero;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};
use std::sync::OnceLock;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// An element of G1, the group with the short encoding (48 bytes). `==` is variable time; compare
/// secret elements with [`ConstantTimeEq`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct G1(pub(super) G1Projective);

/// An element of G2 (96 bytes). `==` is variable time, as in [`G1`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct G2(pub(super) G2Projective);

/// Multiples of one base in G1, 132 096 bytes. Not erased on drop: for public bases only.
pub struct G1Table(PointTable<12>);

/// Multiples of one base in G2, 264 192 bytes. Not erased on drop: for public bases only.
pub struct G2Table(PointTable<24>);

/// Implements the operations of a source group and of its tables.
macro_rules! source_group {
    ($group:ident, $inner:ident, $bytes:literal, $kernel:ident, $table:ident, $term:ident) => {
        impl $group {
            /// The length of an encoding in bytes.
            pub const BYTES: usize = $bytes;

            /// The standard generator.
            pub fn generator() -> Self {
                Self($inner::generator())
            }

            /// The identity.
            pub fn identity() -> Self {
                Self($inner::zero())
            }

            /// Samples a uniform element other than the identity. Its discrete logarithm is known
            /// to the holder of the generator's output; for a point with unknown logarithm, use
            /// `hash_to_g1` or `hash_to_g2` of [`hash`](crate::algebra::hash).
            pub fn random(rng: &mut (impl Rng + ?Sized)) -> Self {
                Self::generator_mul(&Scalar::random(rng))
            }

            /// Returns `true` if this is the identity.
            pub fn is_identity(&self) -> bool {
                self.0.is_zero()
            }

            /// Encodes the element in the compressed ZCash format.
            pub fn to_bytes(&self) -> [u8; $bytes] {
                (kernel().$kernel.compress)(self)
            }

            /// Decodes a compressed point of the subgroup of order `r`, except the identity.
            ///
            /// # Errors
            /// [`DecodeError::NotOnCurve`], [`DecodeError::NotInSubgroup`] or
            /// [`DecodeError::Identity`].
            pub fn from_bytes(bytes: &[u8; $bytes]) -> Result<Self, DecodeError> {
                (kernel().$kernel.decompress)(bytes).and_then(Self::not_identity)
            }

            fn not_identity(self) -> Result<Self, DecodeError> {
                if self.is_identity() { Err(DecodeError::Identity) } else { Ok(self) }
            }

            /// Computes `generator * scalar` from the generator's table. Cost: a third of a
            /// multiplication. Constant time with the backend blst.
            pub fn generator_mul(scalar: &Scalar) -> Self {
                $table::of_generator().mul(scalar)
            }

            /// Batch version of [`Self::generator_mul`].
            pub fn batch_generator_mul(scalars: &[Scalar]) -> Vec<Self> {
                $table::of_generator().batch_mul(scalars)
            }

            /// Computes `points[i] * scalars[i]`, with the timing guarantees of
            /// [`Mul`](std::ops::Mul). Cost: one multiplication per point.
            ///
            /// The scalars are a separate slice, so that secret scalars can stay in memory that is
            /// erased.
            ///
            /// # Panics
            /// If the slices differ in length.
            pub fn batch_mul(points: &[Self], scalars: &[Scalar]) -> Vec<Self> {
                assert_eq!(points.len(), scalars.len(), "one scalar per point");
                count(Operation::$group, points.len());
                kernel().$kernel.batch_mul(points, scalars)
            }

            /// Computes `points[i] * scalar`. Cost: one multiplication per point.
            pub fn batch_mul_by_scalar(points: &[Self], scalar: &Scalar) -> Vec<Self> {
                let scalars = Zeroizing::new(vec![*scalar; points.len()]);
                Self::batch_mul(points, &scalars)
            }

            /// Computes the multi-scalar multiplication `sum points[i] * scalars[i]`, the identity
            /// for empty slices.
            ///
            /// Variable time: for public scalars only. Cost: less than half of the separate
            /// multiplications for a few points, a tenth for thousands.
            ///
            /// # Panics
            /// If the slices differ in length.
            pub fn msm(points: &[Self], scalars: &[Scalar]) -> Self {
                assert_eq!(points.len(), scalars.len(), "one scalar per point");
                count(Operation::$term, points.len());
                kernel().$kernel.msm(points, scalars)
            }

            /// Batch version of [`Self::to_bytes`]. Cost: one inversion in total.
            pub fn batch_to_bytes(points: &[Self]) -> Vec<[u8; $bytes]> {
                kernel().$kernel.batch_compress(points)
            }

            /// Batch version of [`Self::from_bytes`], with one result per encoding.
            pub fn batch_from_bytes(encodings: &[[u8; $bytes]]) -> Vec<Result<Self, DecodeError>> {
                let mut points = kernel().$kernel.batch_decompress(encodings);
                // In place: the points may be keys.
                points.iter_mut().for_each(|point| *point = point.and_then(Self::not_identity));
                points
            }
        }

        impl AddAssign for $group {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl Sub for $group {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                self + -other
            }
        }
        impl Neg for $group {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        /// Scalar multiplication. Constant time in the scalar with the backend blst, variable time
        /// with arkworks alone (`docs/security.md`, Timing).
        impl Mul<Scalar> for $group {
            type Output = Self;
            fn mul(self, scalar: Scalar) -> Self {
                count(Operation::$group, 1);
                (kernel().$kernel.mul)(&self, &scalar)
            }
        }
        impl Sum for $group {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self::identity(), Add::add)
            }
        }
        /// Performs the same operations for all points. The library's field products may take other
        /// steps for some operands.
        impl ConstantTimeEq for $group {
            fn ct_eq(&self, other: &Self) -> Choice {
                count(Operation::Equality, 1);
                // X1 Z2^2 = X2 Z1^2;  Y1 Z2^3 = Y2 Z1^3;  both or neither are the identity
                let (p, q) = (&self.0, &other.0);
                let (z1, z2) = (p.z * p.z, q.z * q.z);
                let x = equal(&(p.x * z2), &(q.x * z1));
                let y = equal(&(p.y * z2 * q.z), &(q.y * z1 * p.z));
                let zero = Zero::zero();
                x & y & !(equal(&p.z, &zero) ^ equal(&q.z, &zero))
            }
        }
        impl Zeroize for $group {
            fn zeroize(&mut self) {
                self.0.zeroize();
            }
        }
        /// Redacted, because an element may be a key. Encode a public element to inspect it.
        impl fmt::Debug for $group {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($group), "(..)"))
            }
        }

        impl $table {
            /// Computes the multiples. Cost: 1376 additions and one inversion.
            pub fn new(base: &$group) -> Self {
                Self(kernel().$kernel.table(base))
            }

            /// Computes `base * scalar`. Cost: 43 additions. Constant time with the backend blst.
            pub fn mul(&self, scalar: &Scalar) -> $group {
                count(Operation::$group, 1);
                kernel().$kernel.table_mul(&self.0, scalar)
            }

            /// Batch version of [`Self::mul`].
            pub fn batch_mul(&self, scalars: &[Scalar]) -> Vec<$group> {
                count(Operation::$group, scalars.len());
                kernel().$kernel.batch_table_mul(&self.0, scalars)
            }

            fn of_generator() -> &'static Self {
                static TABLE: OnceLock<$table> = OnceLock::new();
                TABLE.get_or_init(|| Self::new(&$group::generator()))
            }
        }
        impl fmt::Debug for $table {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($table), "(..)"))
            }
        }
    };
}

source_group!(G1, G1Projective, 48, g1, G1Table, G1Term);
source_group!(G2, G2Projective, 96, g2, G2Table, G2Term);

/// Variable time: arkworks branches on the identity and on equal points.
impl Add for G1 {
    type Output = Self;
    // All backends add in G1 with arkworks; the direct call can be inlined.
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// No timing claim.
impl Add for G2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        (kernel().g2.add)(&self, &other)
    }
}

/// Compares all coefficients.
fn equal<F: Field<BasePrimeField = Fq>>(a: &F, b: &F) -> Choice {
    let (a, b) = (a.to_base_prime_field_elements(), b.to_base_prime_field_elements());
    a.zip(b).fold(Choice::from(1), |all, (a, b)| all & a.0.0.ct_eq(&b.0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparison_in_constant_time_agrees_with_equality() {
        let g = G1::generator();
        let double = g + g;
        let points =
            [G1::identity(), g, -g, double, double + -g, double + -double, g * Scalar::ONE];
        for (p, q) in points.iter().flat_map(|p| points.iter().map(move |q| (p, q))) {
            assert_eq!(bool::from(p.ct_eq(q)), p == q);
        }
        let g = G2::generator();
        let points = [G2::identity(), g, -g, g + g, g + g + -g, g + -g];
        for (p, q) in points.iter().flat_map(|p| points.iter().map(move |q| (p, q))) {
            assert_eq!(bool::from(p.ct_eq(q)), p == q);
        }
    }
}
