//! The portable backend: arkworks 0.6, without a C compiler and without `unsafe`.
//!
//! Two pitfalls of the library are avoided here:
//! - Its decoders accept the identity and trailing bytes. Decompression takes arrays of the exact
//!   length, and the groups reject the identity.
//! - The `Z_pad` of its `DefaultFieldHasher` has the bytes per field element (`L` of RFC 9380)
//!   instead of the 64 bytes of a SHA-256 block. For the base field `L` is 64, for the scalar field
//!   48; the hasher is therefore used for hashing to the curves only.
//!
//! Nothing here is constant time.
#![forbid(unsafe_code)]

use super::kernel::{BatchOperations, Kernel, Lines, Pairing, SourceGroup, TargetGroup, Term};
use super::power::{self, Cyclotomic, LIMBS, PowerTable};
use crate::algebra::{G1, G2, Gt, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::{Bls12_381, Fq, Fq12, Fr, G1Projective, G2Projective, g1, g2};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::{WBConfig, WBMap};
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::{MillerLoopOutput, Pairing as _};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_ff::{BigInt, CyclotomicMultSubgroup, Field, PrimeField, Zero};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Validate,
};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// The kernel of arkworks' functions.
pub(super) static KERNEL: Kernel = Kernel {
    g1: source_group(),
    g2: source_group(),
    gt: TargetGroup { mul: |a, b| a * b, pow, table_pow, contains },
    pairing: Pairing { miller_loop, final_exponentiation, batch_pairing: None, prepare },
    invert: |s| s.0.inverse().map(Scalar),
};

/// A point of G1 or G2, as a wrapper of its arkworks representation.
pub(super) trait SourcePoint: Copy + Zeroize + 'static {
    type Config: SWCurveConfig<ScalarField = Fr, BaseField: Field<BasePrimeField = Fq>> + WBConfig;

    fn new(point: Projective<Self::Config>) -> Self;
    fn inner(&self) -> Projective<Self::Config>;
}

impl SourcePoint for G1 {
    type Config = g1::Config;

    fn new(point: G1Projective) -> Self {
        Self(point)
    }

    fn inner(&self) -> G1Projective {
        self.0
    }
}

impl SourcePoint for G2 {
    type Config = g2::Config;

    fn new(point: G2Projective) -> Self {
        Self(point)
    }

    fn inner(&self) -> G2Projective {
        self.0
    }
}

const fn source_group<P: SourcePoint, const N: usize, const L: usize>() -> SourceGroup<P, N, L> {
    SourceGroup {
        add,
        mul,
        msm,
        hash,
        compress,
        batch_compress,
        decompress,
        batch_affine,
        sum,
        batch: BatchOperations::NONE,
    }
}

fn add<P: SourcePoint>(a: &P, b: &P) -> P {
    P::new(a.inner() + b.inner())
}

fn mul<P: SourcePoint>(point: &P, scalar: &Scalar) -> P {
    P::new(point.inner() * scalar.0)
}

fn normalize_batch<P: SourcePoint>(points: &[P]) -> Vec<Affine<P::Config>> {
    let points: Vec<_> = points.iter().map(P::inner).collect();
    Projective::normalize_batch(&points)
}

fn msm<P: SourcePoint>(points: &[P], scalars: &[Scalar]) -> P {
    let scalars = Zeroizing::new(scalars.iter().map(|s| s.0).collect::<Vec<_>>());
    let product = Projective::msm(&normalize_batch(points), &scalars);
    P::new(product.expect("the slices have equal lengths"))
}

fn hash<P: SourcePoint>(tag: &[u8], message: &[u8]) -> P {
    type Hasher<C> =
        MapToCurveBasedHasher<Projective<C>, DefaultFieldHasher<Sha256, 128>, WBMap<C>>;
    let hasher = Hasher::<P::Config>::new(tag).expect("the parameters of the map are valid");
    P::new(hasher.hash(message).expect("the map is total").into())
}

pub(super) fn compress<P: SourcePoint, const N: usize>(point: &P) -> [u8; N] {
    encode(&point.inner().into_affine())
}

fn batch_compress<P: SourcePoint, const N: usize>(points: &[P]) -> Vec<[u8; N]> {
    normalize_batch(points).iter().map(encode).collect()
}

fn encode<P: CanonicalSerialize, const N: usize>(point: &P) -> [u8; N] {
    let mut bytes = [0; N];
    point.serialize_compressed(&mut bytes[..]).expect("a compressed point has this length");
    bytes
}

fn decompress<P: SourcePoint, const N: usize>(bytes: &[u8; N]) -> Result<P, DecodeError> {
    let point = Affine::<P::Config>::deserialize_with_mode(&bytes[..], Compress::Yes, Validate::No)
        .map_err(|_: SerializationError| DecodeError::NotOnCurve)?;
    // Re-encoding rejects non-canonical encodings.
    if encode::<_, N>(&point) != *bytes {
        return Err(DecodeError::NotOnCurve);
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(DecodeError::NotInSubgroup);
    }
    Ok(P::new(point.into()))
}

fn batch_affine<P: SourcePoint, const L: usize>(points: &[P]) -> Vec<[u64; L]> {
    let affine = normalize_batch(points);
    affine.iter().map(|p| p.xy().map_or([0; L], |(x, y)| limbs(&[x, y]))).collect()
}

fn sum<P: SourcePoint, const L: usize>(terms: &[Term<L>]) -> P {
    let mut sum = Projective::<P::Config>::zero();
    for term in terms.iter().filter(|term| term.point != [0; L]) {
        let (x, y) = term.point.split_at(L / 2);
        let point = Affine::new_unchecked(element(x), element(y));
        sum += if term.negative == 1 { -point } else { point };
    }
    P::new(sum)
}

fn pow(base: &Gt, scalar: &Scalar) -> Gt {
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

/// Returns the Montgomery limbs of the coefficients.
fn limbs<F: Field<BasePrimeField = Fq>, const L: usize>(elements: &[F]) -> [u64; L] {
    let mut limbs = [0; L];
    let coefficients = elements.iter().flat_map(Field::to_base_prime_field_elements);
    for (chunk, coefficient) in limbs.chunks_exact_mut(6).zip(coefficients) {
        chunk.copy_from_slice(&coefficient.0.0);
    }
    limbs
}

/// Returns the element with these Montgomery limbs.
fn element<F: Field<BasePrimeField = Fq>>(limbs: &[u64]) -> F {
    let coefficient = |chunk: &[u64]| {
        Fq::new_unchecked(BigInt(chunk.try_into().expect("a coefficient has six limbs")))
    };
    F::from_base_prime_field_elems(limbs.chunks_exact(6).map(coefficient))
        .expect("the number of coefficients is the degree of the field")
}

fn table_pow(table: &PowerTable, scalar: &Scalar) -> Gt {
    Gt(power::table_pow(table, &scalar.0))
}

/// Returns `true` if `f^r = 1`.
fn contains(f: &Fq12) -> bool {
    f.pow(Fr::MODULUS) == Fq12::ONE
}

fn miller_loop(pairs: &[(G1, G2)]) -> Fq12 {
    let (left, right): (Vec<G1>, Vec<G2>) = pairs.iter().copied().unzip();
    // arkworks skips pairs with a point at infinity.
    Bls12_381::multi_miller_loop(normalize_batch(&left), normalize_batch(&right)).0
}

fn final_exponentiation(f: &Fq12) -> Gt {
    let output = Bls12_381::final_exponentiation(MillerLoopOutput(*f));
    Gt(output.expect("the result of a Miller loop is not zero").0)
}

fn prepare(q: &G2) -> Arc<dyn Lines> {
    Arc::new(Prepared(q.0.into()))
}

/// The line coefficients of arkworks.
struct Prepared(<Bls12_381 as ark_ec::pairing::Pairing>::G2Prepared);

impl Lines for Prepared {
    fn pairing(&self, p: &G1) -> Gt {
        final_exponentiation(&Bls12_381::miller_loop(p.0.into_affine(), self.0.clone()).0)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        for (c0, c1, c2) in &mut self.0.ell_coeffs {
            [c0, c1, c2].into_iter().for_each(Zeroize::zeroize);
        }
    }
}
