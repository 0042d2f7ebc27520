//! Integers modulo the group order `r`.
#![forbid(unsafe_code)]

use super::Rng;
use super::backend::kernel;
use crate::error::DecodeError;
use ark_bls12_381::Fr;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use ark_std::{One, UniformRand, Zero};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub};
use zeroize::Zeroize;

/// An integer modulo `r`, the order of the three groups.
///
/// Hold secret scalars in [`Secret`](super::Secret) (long-lived) or [`Zeroizing`] (temporary).
/// Comparison is not constant time; no timing claim for sums and products.
///
/// [`Zeroizing`]: zeroize::Zeroizing
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scalar(
    // Invariant: reduced modulo `r`, hence one representation per value.
    pub(super) Fr,
);

impl Scalar {
    /// The length of an encoding in bytes.
    pub const BYTES: usize = 32;
    /// Zero.
    pub const ZERO: Self = Self(Fr::ZERO);
    /// One.
    pub const ONE: Self = Self(Fr::ONE);

    /// Samples a uniform non-zero scalar. No scheme here uses the exponent zero.
    pub fn random(rng: &mut (impl Rng + ?Sized)) -> Self {
        loop {
            let candidate = Fr::rand(rng);
            if !candidate.is_zero() {
                return Self(candidate);
            }
        }
    }

    /// Returns the inverse modulo `r`, or `None` for zero. Constant time for non-zero scalars with
    /// the backend blst.
    pub fn inverse(&self) -> Option<Self> {
        (kernel().invert)(self)
    }

    /// Returns `true` if this is zero.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Returns `true` if this is one.
    pub fn is_one(&self) -> bool {
        self.0.is_one()
    }

    /// Encodes the scalar in 32 big-endian bytes.
    pub fn to_be_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.rchunks_exact_mut(8).zip(self.0.into_bigint().0) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        bytes
    }

    /// Decodes 32 big-endian bytes of a number below `r`.
    ///
    /// # Errors
    /// [`DecodeError::NotReduced`].
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Result<Self, DecodeError> {
        let mut value = BigInt::zero();
        for (limb, read) in value.0.iter_mut().rev().zip(limbs(bytes)) {
            *limb = read;
        }
        Fr::from_bigint(value).map(Self).ok_or(DecodeError::NotReduced)
    }

    /// Reduces 48 big-endian bytes modulo `r`. Uniform bytes give a scalar within 2^-128 of uniform
    /// (RFC 9380, section 5.2).
    pub(super) fn reduce(bytes: &[u8; 48]) -> Self {
        let radix = Fr::from(1_u128 << 64);
        Self(limbs(bytes).fold(Fr::ZERO, |high, limb| high * radix + Fr::from(limb)))
    }
}

/// Returns the 64-bit limbs of a big-endian number, most significant first. arkworks' conversions
/// copy the bytes to memory that is freed without erasure.
fn limbs(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let limb = |chunk: &[u8]| u64::from_be_bytes(chunk.try_into().expect("a chunk has 8 bytes"));
    bytes.chunks_exact(8).map(limb)
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Self {
        Self(Fr::from(value))
    }
}

impl Add for Scalar {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl AddAssign for Scalar {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Sub for Scalar {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl Mul for Scalar {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}
impl MulAssign for Scalar {
    fn mul_assign(&mut self, other: Self) {
        self.0 *= other.0;
    }
}
impl Neg for Scalar {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl Sum for Scalar {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl Zeroize for Scalar {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// Redacted, because most scalars are secret. Encode a public scalar to inspect it.
impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modulus_is_rejected() {
        // r - 1 is the largest canonical encoding.
        let largest = (-Scalar::ONE).to_be_bytes();
        assert_eq!(
            hex::encode(largest),
            "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"
        );
        assert!(Scalar::from_be_bytes(&largest).is_ok());
        let mut modulus = largest;
        modulus[31] = 1;
        assert_eq!(Scalar::from_be_bytes(&modulus), Err(DecodeError::NotReduced));
        assert_eq!(Scalar::from_be_bytes(&[0xff; 32]), Err(DecodeError::NotReduced));
    }
}
