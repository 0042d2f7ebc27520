//! The target group GT of the pairing: operations, powers and fixed-base tables.
//!
//! ```
//! use epione::algebra::{Gt, GtTable, Scalar};
//! let x = Scalar::random(&mut rand::thread_rng());
//! assert_eq!(GtTable::new(&Gt::generator()).pow(&x), Gt::generator().pow(&x));
//! ```
#![forbid(unsafe_code)]

use super::backend::{PowerTable, kernel};
use super::count::{Operation, count};
use super::{G1, G2, Scalar, pairing};
use crate::error::DecodeError;
use ark_bls12_381::{Fq, Fq2, Fq6, Fq12};
use ark_ff::{BigInt, Field, PrimeField};
use std::fmt;
use std::iter::Product;
use std::ops::Mul;
use std::sync::OnceLock;
use zeroize::Zeroize;

/// An element of GT (576 bytes). Comparison is not constant time; no timing claim for products.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Gt(pub(super) Fq12);

impl Gt {
    /// The length of an encoding in bytes.
    pub const BYTES: usize = 576;

    /// The generator `Z = e(g1, g2)`, computed once per process.
    pub fn generator() -> Self {
        static Z: OnceLock<Gt> = OnceLock::new();
        *Z.get_or_init(|| pairing(&G1::generator(), &G2::generator()))
    }

    /// The identity.
    pub fn identity() -> Self {
        Self(Fq12::ONE)
    }

    /// Returns `true` if this is the identity.
    pub fn is_identity(&self) -> bool {
        self.0 == Fq12::ONE
    }

    /// Computes `Z^scalar` from a table built on first use. Cost: half of [`Self::pow`]. Constant
    /// time with the backend blst.
    pub fn generator_pow(scalar: &Scalar) -> Self {
        static TABLE: OnceLock<GtTable> = OnceLock::new();
        TABLE.get_or_init(|| GtTable::new(&Self::generator())).pow(scalar)
    }

    /// Computes `self^scalar`. Constant time with the backend blst.
    pub fn pow(&self, scalar: &Scalar) -> Self {
        count(Operation::Gt, 1);
        (kernel().gt.pow)(self, scalar)
    }

    /// Computes the inverse by conjugation.
    pub fn inverse(&self) -> Self {
        let mut inverse = self.0;
        ark_ff::CyclotomicMultSubgroup::cyclotomic_inverse_in_place(&mut inverse);
        Self(inverse)
    }

    /// Encodes the twelve coefficients in tower order, 48 bytes each, big-endian.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let coefficients = self.0.to_base_prime_field_elements();
        let mut bytes = [0; Self::BYTES];
        for (chunk, coefficient) in bytes.chunks_exact_mut(48).zip(coefficients) {
            // The library's conversion would leave the bytes in freed memory.
            for (bytes, limb) in chunk.rchunks_exact_mut(8).zip(coefficient.into_bigint().0) {
                bytes.copy_from_slice(&limb.to_be_bytes());
            }
        }
        bytes
    }

    /// Decodes an element of order `r`, with reduced coefficients.
    ///
    /// Without the check of the order, an element of small order reveals a secret exponent modulo
    /// that order.
    ///
    /// # Errors
    /// [`DecodeError::NotReduced`], [`DecodeError::NotInSubgroup`] or [`DecodeError::Identity`].
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Result<Self, DecodeError> {
        let f = fp12_from_bytes(bytes)?;
        if f == Fq12::ONE {
            return Err(DecodeError::Identity);
        }
        if (kernel().gt.contains)(&f) { Ok(Self(f)) } else { Err(DecodeError::NotInSubgroup) }
    }
}

/// Decodes the coefficients `c0.c0.c0, c0.c0.c1, ..., c1.c2.c1`: 48 bytes each, big-endian, below
/// the modulus.
fn fp12_from_bytes(bytes: &[u8; Gt::BYTES]) -> Result<Fq12, DecodeError> {
    let mut c = [Fq::default(); 12];
    for (coefficient, chunk) in c.iter_mut().zip(bytes.chunks_exact(48)) {
        let mut limbs = [0; 6];
        for (limb, bytes) in limbs.iter_mut().rev().zip(chunk.chunks_exact(8)) {
            *limb = u64::from_be_bytes(bytes.try_into().expect("a chunk has eight bytes"));
        }
        *coefficient = Fq::from_bigint(BigInt(limbs)).ok_or(DecodeError::NotReduced)?;
    }
    let sextic =
        |c: &[Fq]| Fq6::new(Fq2::new(c[0], c[1]), Fq2::new(c[2], c[3]), Fq2::new(c[4], c[5]));
    Ok(Fq12::new(sextic(&c[..6]), sextic(&c[6..])))
}

impl Mul for Gt {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self((kernel().gt.mul)(&self.0, &other.0))
    }
}
impl Product for Gt {
    fn product<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::identity(), Mul::mul)
    }
}
impl Zeroize for Gt {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}
/// Redacted, because most elements of GT are keys.
impl fmt::Debug for Gt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gt(..)")
    }
}

/// Powers of one base in GT, 202 752 bytes. Not erased on drop: for public bases only.
pub struct GtTable(PowerTable);

impl GtTable {
    /// Computes the powers. Cost: 352 multiplications.
    pub fn new(base: &Gt) -> Self {
        Self(kernel().gt.table(base))
    }

    /// Computes `base^scalar`. Cost: 43 multiplications. Constant time with the backend blst.
    pub fn pow(&self, scalar: &Scalar) -> Gt {
        count(Operation::Gt, 1);
        (kernel().gt.table_pow)(&self.0, scalar)
    }
}

impl fmt::Debug for GtTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GtTable(..)")
    }
}
