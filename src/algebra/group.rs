//! The three groups and the pairing between them.
#![forbid(unsafe_code)]

use super::backend::kernel;
use super::count::{Operation, count};
use super::{Rng, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::{Fq, Fq2, Fq6, Fq12, G1Projective, G2Projective};
use ark_ec::PrimeGroup;
use ark_ff::{BigInt, BigInteger, Field, PrimeField, Zero};
use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Mul, Neg, Sub};
use zeroize::Zeroize;

/// An element of G1, the group with the short encoding (48 bytes).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct G1(pub(super) G1Projective);

/// An element of G2 (96 bytes).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct G2(pub(super) G2Projective);

/// What the two source groups share, written once.
macro_rules! source_group {
    ($group:ident, $inner:ident, $bytes:literal, $backend:ident, $add:expr) => {
        impl $group {
            /// The bytes of a compressed element.
            pub const BYTES: usize = $bytes;

            /// The standard generator.
            pub fn generator() -> Self {
                Self($inner::generator())
            }

            /// The neutral element.
            pub fn identity() -> Self {
                Self($inner::zero())
            }

            /// A uniform element whose discrete logarithm the caller's generator decides.
            pub fn random(rng: &mut (impl Rng + ?Sized)) -> Self {
                Self::generator_mul(&Scalar::random(rng))
            }

            /// Whether this is the neutral element.
            pub fn is_identity(&self) -> bool {
                self.0.is_zero()
            }

            /// The compressed ZCash encoding.
            pub fn to_bytes(&self) -> [u8; $bytes] {
                (kernel().$backend.compress)(self)
            }

            /// Reads a compressed element: on the curve, in the subgroup, not the identity.
            ///
            /// # Errors
            /// [`DecodeError::NotOnCurve`], [`DecodeError::NotInSubgroup`] or
            /// [`DecodeError::Identity`].
            pub fn from_bytes(bytes: &[u8; $bytes]) -> Result<Self, DecodeError> {
                (kernel().$backend.decompress)(bytes).and_then(Self::not_identity)
            }

            pub(super) fn not_identity(self) -> Result<Self, DecodeError> {
                if self.is_identity() { Err(DecodeError::Identity) } else { Ok(self) }
            }
        }

        impl Add for $group {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                let add: fn(&Self, &Self) -> Self = $add;
                add(&self, &other)
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
        impl Mul<Scalar> for $group {
            type Output = Self;
            fn mul(self, scalar: Scalar) -> Self {
                count(Operation::$group, 1);
                (kernel().$backend.mul)(&self, &scalar)
            }
        }
        impl Sum for $group {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self::identity(), Add::add)
            }
        }
        impl Zeroize for $group {
            fn zeroize(&mut self) {
                self.0.zeroize();
            }
        }
        /// Shows nothing: some elements are keys. Encode a public one to see it.
        impl fmt::Debug for $group {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($group), "(..)"))
            }
        }
    };
}

// Every backend adds in G1 as arkworks does: here the compiler can see it.
source_group!(G1, G1Projective, 48, g1, |a, b| G1(a.0 + b.0));
source_group!(G2, G2Projective, 96, g2, |a, b| (kernel().g2.add)(a, b));

/// An element of GT, the target of the pairing (576 bytes).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Gt(pub(super) Fq12);

impl Gt {
    /// The bytes of an element.
    pub const BYTES: usize = 576;

    /// `Z = e(g1, g2)`, the generator that the schemes use.
    pub fn generator() -> Self {
        static Z: std::sync::OnceLock<Gt> = std::sync::OnceLock::new();
        *Z.get_or_init(|| pairing(&G1::generator(), &G2::generator()))
    }

    /// The neutral element.
    pub fn identity() -> Self {
        Self(Fq12::ONE)
    }

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        self.0 == Fq12::ONE
    }

    /// `Z^scalar`, by a table that the first call builds. Cost: half of a power. Constant time under
    /// the backend blst.
    pub fn generator_pow(scalar: &Scalar) -> Self {
        super::GtTable::of_generator().pow(scalar)
    }

    /// `self^scalar`. Constant time under the backend blst.
    pub fn pow(&self, scalar: &Scalar) -> Self {
        count(Operation::Gt, 1);
        (kernel().gt.pow)(self, scalar)
    }

    /// The inverse, a conjugation.
    pub fn inverse(&self) -> Self {
        let mut inverse = self.0;
        ark_ff::CyclotomicMultSubgroup::cyclotomic_inverse_in_place(&mut inverse);
        Self(inverse)
    }

    /// Twelve big-endian coefficients in tower order.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let coefficients = self.0.to_base_prime_field_elements();
        let mut bytes = [0; Self::BYTES];
        for (chunk, coefficient) in bytes.chunks_exact_mut(48).zip(coefficients) {
            chunk.copy_from_slice(&coefficient.into_bigint().to_bytes_be());
        }
        bytes
    }

    /// Reads an element: reduced coefficients, r-torsion, not the identity.
    ///
    /// Without the torsion check an element of small order would leak a secret exponent modulo
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
/// Shows nothing: most values of GT are keys.
impl fmt::Debug for Gt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gt(..)")
    }
}

/// Twelve coefficients in tower order `c0.c0.c0 ... c1.c2.c1`, 48 bytes each, big-endian, reduced.
fn fp12_from_bytes(bytes: &[u8; 576]) -> Result<Fq12, DecodeError> {
    let mut c = [Fq::default(); 12];
    for (coefficient, chunk) in c.iter_mut().zip(bytes.chunks_exact(48)) {
        let mut limbs = [0; 6];
        for (limb, bytes) in limbs.iter_mut().rev().zip(chunk.chunks_exact(8)) {
            *limb = u64::from_be_bytes(bytes.try_into().expect("a chunk of eight"));
        }
        *coefficient = Fq::from_bigint(BigInt(limbs)).ok_or(DecodeError::NotReduced)?;
    }
    let sextic =
        |c: &[Fq]| Fq6::new(Fq2::new(c[0], c[1]), Fq2::new(c[2], c[3]), Fq2::new(c[4], c[5]));
    Ok(Fq12::new(sextic(&c[..6]), sextic(&c[6..])))
}

/// `e(p, q)`. One Miller loop, one final exponentiation.
pub fn pairing(p: &G1, q: &G2) -> Gt {
    multi_pairing(&[(*p, *q)])
}

/// `prod e(p_i, q_i)`. One Miller loop a pair, one final exponentiation; no pairs give the identity.
pub fn multi_pairing(pairs: &[(G1, G2)]) -> Gt {
    count(Operation::Miller, pairs.len());
    count(Operation::Final, usize::from(!pairs.is_empty()));
    kernel().multi_pairing(pairs)
}
