//! The portable kernel: arkworks 0.6, called with its traps closed.
//!
//! Two traps matter here. Its decoders accept the identity and trailing bytes, so
//! [`decompress_g1`] and [`decompress_g2`] take arrays of the exact length and the codec refuses
//! the identity. Its `DefaultFieldHasher` is wrong for the scalar field (it pads SHA-256 blocks by
//! the field's 48 bytes and not by the hash's 64), so it is used for the curve hashes only, where
//! it is right, and hash-to-scalar is our own.
#![forbid(unsafe_code)]

use crate::error::DecodeError;
use ark_bls12_381::{
    Bls12_381, Fq, Fq2, Fq6, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective, g1, g2,
};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::{Pairing, PairingOutput};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_ff::{BigInteger, Field, PrimeField};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Validate,
};
use sha2::Sha256;

type G1Hasher =
    MapToCurveBasedHasher<G1Projective, DefaultFieldHasher<Sha256, 128>, WBMap<g1::Config>>;
type G2Hasher =
    MapToCurveBasedHasher<G2Projective, DefaultFieldHasher<Sha256, 128>, WBMap<g2::Config>>;

pub(in crate::algebra) fn multi_pairing(pairs: &[(G1Projective, G2Projective)]) -> Fq12 {
    let (left, right): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let left = G1Projective::normalize_batch(&left);
    let right = G2Projective::normalize_batch(&right);
    // The product loop of arkworks leaves pairs with an infinity out, as it must.
    Bls12_381::multi_pairing(left, right).0
}

pub(in crate::algebra) fn mul_g1(point: &G1Projective, scalar: &Fr) -> G1Projective {
    *point * scalar
}

pub(in crate::algebra) fn mul_g2(point: &G2Projective, scalar: &Fr) -> G2Projective {
    *point * scalar
}

pub(in crate::algebra) fn pow_gt(base: &Fq12, scalar: &Fr) -> Fq12 {
    PairingOutput::<Bls12_381>(*base).mul_bigint(scalar.into_bigint()).0
}

pub(in crate::algebra) fn hash_to_g1(tag: &[u8], message: &[u8]) -> G1Projective {
    let hasher = G1Hasher::new(tag).expect("the map of G1 is a fixed, checked one");
    hasher.hash(message).expect("the map of G1 is total").into()
}

pub(in crate::algebra) fn hash_to_g2(tag: &[u8], message: &[u8]) -> G2Projective {
    let hasher = G2Hasher::new(tag).expect("the map of G2 is a fixed, checked one");
    hasher.hash(message).expect("the map of G2 is total").into()
}

pub(in crate::algebra) fn compress_g1(point: &G1Projective) -> [u8; 48] {
    let mut bytes = [0; 48];
    point.into_affine().serialize_compressed(&mut bytes[..]).expect("48 bytes hold a G1 point");
    bytes
}

pub(in crate::algebra) fn compress_g2(point: &G2Projective) -> [u8; 96] {
    let mut bytes = [0; 96];
    point.into_affine().serialize_compressed(&mut bytes[..]).expect("96 bytes hold a G2 point");
    bytes
}

pub(in crate::algebra) fn decompress_g1(bytes: &[u8; 48]) -> Result<G1Projective, DecodeError> {
    let point: G1Affine = decompress(bytes)?;
    // Re-encoding refuses every second way to write a point.
    let canonical = compress_g1(&point.into()) == *bytes;
    let subgroup = point.is_in_correct_subgroup_assuming_on_curve();
    checked(point.into(), canonical, subgroup)
}

pub(in crate::algebra) fn decompress_g2(bytes: &[u8; 96]) -> Result<G2Projective, DecodeError> {
    let point: G2Affine = decompress(bytes)?;
    let canonical = compress_g2(&point.into()) == *bytes;
    let subgroup = point.is_in_correct_subgroup_assuming_on_curve();
    checked(point.into(), canonical, subgroup)
}

fn decompress<T: CanonicalDeserialize>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::deserialize_with_mode(bytes, Compress::Yes, Validate::No)
        .map_err(|_: SerializationError| DecodeError::NotOnCurve)
}

fn checked<T>(point: T, canonical: bool, subgroup: bool) -> Result<T, DecodeError> {
    match (canonical, subgroup) {
        (false, _) => Err(DecodeError::NotOnCurve),
        (true, false) => Err(DecodeError::NotInSubgroup),
        (true, true) => Ok(point),
    }
}

/// `f^r = 1`, which makes `f` a unit of the torsion group GT.
pub(in crate::algebra) fn is_in_gt(f: &Fq12) -> bool {
    f.pow(Fr::MODULUS) == Fq12::ONE
}

/// Twelve coefficients in tower order `c0.c0.c0 ... c1.c2.c1`, 48 bytes each, big-endian.
pub(in crate::algebra) fn gt_to_bytes(f: &Fq12) -> Vec<u8> {
    let coefficients = f.to_base_prime_field_elements();
    coefficients.flat_map(|c| c.into_bigint().to_bytes_be()).collect()
}

pub(in crate::algebra) fn gt_from_bytes(bytes: &[u8; 576]) -> Result<Fq12, DecodeError> {
    let mut c = [Fq::default(); 12];
    for (coefficient, chunk) in c.iter_mut().zip(bytes.chunks_exact(48)) {
        *coefficient = Fq::from_be_bytes_mod_order(chunk);
        if coefficient.into_bigint().to_bytes_be() != chunk {
            return Err(DecodeError::NotReduced);
        }
    }
    let sextic =
        |c: &[Fq]| Fq6::new(Fq2::new(c[0], c[1]), Fq2::new(c[2], c[3]), Fq2::new(c[4], c[5]));
    Ok(Fq12::new(sextic(&c[..6]), sextic(&c[6..])))
}
