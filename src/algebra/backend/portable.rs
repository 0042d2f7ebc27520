//! The portable backend: arkworks 0.6, called with its traps closed.
//!
//! Two traps matter here. Its decoders accept the identity and trailing bytes, so decompression
//! takes arrays of the exact length and the groups refuse the identity. Its `DefaultFieldHasher` is
//! wrong for the scalar field (it pads SHA-256 blocks by the field's 48 bytes and not by the hash's
//! 64), so it is used for the curve hashes only, where it is right, and hash-to-scalar is our own.
//!
//! Nothing here is constant time.
#![forbid(unsafe_code)]

use super::fixed::{self, DigitTable};
use super::kernel::{Kernel, Lanes, Lines, Pairing, SourceGroup, TargetGroup, Term};
use super::power::{self, Cyclotomic, LIMBS};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::{
    Bls12_381, Fq, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective, g1, g2,
};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::{MillerLoopOutput, Pairing as _};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_ff::{BigInt, CyclotomicMultSubgroup, Field, PrimeField, Zero};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Validate,
};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// arkworks' functions.
pub(super) static KERNEL: Kernel = Kernel {
    g1: SourceGroup {
        add: |a, b| G1(a.0 + b.0),
        mul: |p, s| G1(p.0 * s.0),
        msm: msm_g1,
        hash: hash_to_g1,
        compress: compress_g1,
        batch_compress: compress_each_g1,
        decompress: decompress_g1,
        batch_affine: affine_each_g1,
        sum: sum_g1,
        lanes: Lanes::NONE,
    },
    g2: SourceGroup {
        add: |a, b| G2(a.0 + b.0),
        mul: |p, s| G2(p.0 * s.0),
        msm: msm_g2,
        hash: hash_to_g2,
        compress: compress_g2,
        batch_compress: compress_each_g2,
        decompress: decompress_g2,
        batch_affine: affine_each_g2,
        sum: sum_g2,
        lanes: Lanes::NONE,
    },
    gt: TargetGroup { mul: |a, b| a * b, pow, table_pow, contains },
    pairing: Pairing { miller, finish, each: None, prepare },
    invert: |s| s.0.inverse().map(Scalar),
};

macro_rules! source_group {
    (
        $group:ident, $projective:ident, $affine:ident, $config:path, $bytes:literal,
        $msm:ident, $hash:ident, $compress:ident, $batch_compress:ident, $decompress:ident,
        $limbs:literal, $batch_affine:ident, $sum:ident
    ) => {
        pub(super) fn $batch_affine(points: &[$group]) -> Vec<[u64; $limbs]> {
            let points: Vec<_> = points.iter().map(|p| p.0).collect();
            let affine = $projective::normalize_batch(&points);
            affine.iter().map(|p| p.xy().map_or([0; $limbs], |(x, y)| limbs(&[x, y]))).collect()
        }

        pub(super) fn $sum(terms: &[Term<$limbs>]) -> $group {
            let mut sum = $projective::zero();
            for term in terms.iter().filter(|term| term.point != [0; $limbs]) {
                let (x, y) = term.point.split_at($limbs / 2);
                let point = $affine::new_unchecked(element(x), element(y));
                sum += if term.negative == 1 { -point } else { point };
            }
            $group(sum)
        }

        pub(super) fn $msm(points: &[$group], scalars: &[Scalar]) -> $group {
            let points: Vec<_> = points.iter().map(|p| p.0).collect();
            let scalars = Zeroizing::new(scalars.iter().map(|s| s.0).collect::<Vec<_>>());
            let points = $projective::normalize_batch(&points);
            $group($projective::msm(&points, &scalars).expect("the slices are of one length"))
        }

        pub(super) fn $hash(tag: &[u8], message: &[u8]) -> $group {
            type Hasher =
                MapToCurveBasedHasher<$projective, DefaultFieldHasher<Sha256, 128>, WBMap<$config>>;
            let hasher = Hasher::new(tag).expect("the map is a fixed, checked one");
            $group(hasher.hash(message).expect("the map is total").into())
        }

        pub(super) fn $compress(point: &$group) -> [u8; $bytes] {
            encode(&point.0.into_affine())
        }

        pub(super) fn $batch_compress(points: &[$group]) -> Vec<[u8; $bytes]> {
            let points: Vec<_> = points.iter().map(|p| p.0).collect();
            $projective::normalize_batch(&points).iter().map(encode).collect()
        }

        pub(super) fn $decompress(bytes: &[u8; $bytes]) -> Result<$group, DecodeError> {
            let point = $affine::deserialize_with_mode(&bytes[..], Compress::Yes, Validate::No)
                .map_err(|_: SerializationError| DecodeError::NotOnCurve)?;
            // Re-encoding refuses every second way to write a point.
            if encode::<_, $bytes>(&point) != *bytes {
                return Err(DecodeError::NotOnCurve);
            }
            if !point.is_in_correct_subgroup_assuming_on_curve() {
                return Err(DecodeError::NotInSubgroup);
            }
            Ok($group(point.into()))
        }
    };
}

source_group!(
    G1,
    G1Projective,
    G1Affine,
    g1::Config,
    48,
    msm_g1,
    hash_to_g1,
    compress_g1,
    compress_each_g1,
    decompress_g1,
    12,
    affine_each_g1,
    sum_g1
);
source_group!(
    G2,
    G2Projective,
    G2Affine,
    g2::Config,
    96,
    msm_g2,
    hash_to_g2,
    compress_g2,
    compress_each_g2,
    decompress_g2,
    24,
    affine_each_g2,
    sum_g2
);

fn encode<P: CanonicalSerialize, const N: usize>(point: &P) -> [u8; N] {
    let mut bytes = [0; N];
    point.serialize_compressed(&mut bytes[..]).expect("a compressed point has this length");
    bytes
}

pub(super) fn pow(base: &Gt, scalar: &Scalar) -> Gt {
    Gt(power::pow(&base.0, &scalar.0))
}

impl Cyclotomic for Fq12 {
    fn one() -> Self {
        Self::ONE
    }

    fn square(&mut self) {
        self.cyclotomic_square_in_place();
    }

    fn multiply(&mut self, other: &Self) {
        *self *= other;
    }

    fn conjugate_if(&self, flag: u8) -> Self {
        let mut result = *self;
        if flag == 1 {
            result.conjugate_in_place();
        }
        result
    }

    fn frobenius(&self, power: usize) -> Self {
        self.frobenius_map(power)
    }

    fn limbs(&self) -> [u64; LIMBS] {
        limbs(&[*self])
    }

    fn from_limbs(limbs: &[u64; LIMBS]) -> Self {
        element(limbs)
    }
}

/// The elements' coefficients, Montgomery limbs.
fn limbs<F: Field<BasePrimeField = Fq>, const L: usize>(elements: &[F]) -> [u64; L] {
    let mut limbs = [0; L];
    let coefficients = elements.iter().flat_map(Field::to_base_prime_field_elements);
    for (chunk, coefficient) in limbs.chunks_exact_mut(6).zip(coefficients) {
        chunk.copy_from_slice(&coefficient.0.0);
    }
    limbs
}

/// The element of these limbs.
fn element<F: Field<BasePrimeField = Fq>>(limbs: &[u64]) -> F {
    let coefficient = |chunk: &[u64]| {
        Fq::new_unchecked(BigInt(chunk.try_into().expect("a coefficient has six limbs")))
    };
    F::from_base_prime_field_elems(limbs.chunks_exact(6).map(coefficient))
        .expect("as many coefficients as the field has dimensions")
}

pub(super) fn table_pow(table: &DigitTable, scalar: &Scalar) -> Gt {
    Gt(fixed::table_pow(table, &scalar.0))
}

/// `f^r = 1`, which makes `f` a unit of the torsion group GT.
pub(super) fn contains(f: &Fq12) -> bool {
    f.pow(Fr::MODULUS) == Fq12::ONE
}

pub(super) fn miller(pairs: &[(G1, G2)]) -> Fq12 {
    let (left, right): (Vec<_>, Vec<_>) = pairs.iter().map(|(p, q)| (p.0, q.0)).unzip();
    let left = G1Projective::normalize_batch(&left);
    let right = G2Projective::normalize_batch(&right);
    // The product loop of arkworks leaves pairs with an infinity out, as it must.
    Bls12_381::multi_miller_loop(left, right).0
}

pub(super) fn finish(f: &Fq12) -> Gt {
    let output = Bls12_381::final_exponentiation(MillerLoopOutput(*f));
    Gt(output.expect("a Miller loop does not give zero").0)
}

pub(super) fn prepare(q: &G2) -> Arc<dyn Lines> {
    Arc::new(Prepared(q.0.into()))
}

/// arkworks' coefficients.
struct Prepared(<Bls12_381 as ark_ec::pairing::Pairing>::G2Prepared);

impl Lines for Prepared {
    fn pairing(&self, p: &G1) -> Gt {
        finish(&Bls12_381::miller_loop(p.0.into_affine(), self.0.clone()).0)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        for (c0, c1, c2) in &mut self.0.ell_coeffs {
            [c0, c1, c2].into_iter().for_each(Zeroize::zeroize);
        }
    }
}
