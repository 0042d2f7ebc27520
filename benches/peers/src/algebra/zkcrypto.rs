//! zkcrypto's bls12_381: pure Rust, constant time.

use super::{Curve, G1Bytes, G2Bytes};
use bls12_381::hash_to_curve::{ExpandMsgXmd, HashToCurve};
use bls12_381::{
    G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Gt, Scalar, multi_miller_loop,
};
use sha2::Sha256;

pub(super) struct Zkcrypto;

impl Curve for Zkcrypto {
    const NAME: &str = "zkcrypto";
    type Scalar = Scalar;
    type A1 = G1Affine;
    type A2 = G2Affine;
    type P1 = G1Projective;
    type P2 = G2Projective;
    type Gt = Gt;
    type Prepared = G2Prepared;

    fn scalar(big_endian: &[u8; 32]) -> Scalar {
        let mut bytes = *big_endian;
        bytes.reverse();
        Option::from(Scalar::from_bytes(&bytes)).expect("a reduced scalar")
    }
    fn decode_g1(bytes: &G1Bytes) -> Option<G1Affine> {
        G1Affine::from_compressed(bytes).into()
    }
    fn decode_g2(bytes: &G2Bytes) -> Option<G2Affine> {
        G2Affine::from_compressed(bytes).into()
    }
    fn encode_g1(point: &G1Projective) -> G1Bytes {
        G1Affine::from(point).to_compressed()
    }
    fn encode_g2(point: &G2Projective) -> G2Bytes {
        G2Affine::from(point).to_compressed()
    }
    fn pairing(p: &G1Affine, q: &G2Affine) -> Gt {
        bls12_381::pairing(p, q)
    }
    fn prepare(q: &G2Affine) -> G2Prepared {
        (*q).into()
    }
    fn prepared_pairing(p: &G1Affine, q: &G2Prepared) -> Gt {
        multi_miller_loop(&[(p, q)]).final_exponentiation()
    }
    fn product(pairs: &[(G1Affine, G2Affine)]) -> Gt {
        let prepared: Vec<G2Prepared> = pairs.iter().map(|pair| pair.1.into()).collect();
        let terms: Vec<_> = pairs.iter().map(|pair| &pair.0).zip(&prepared).collect();
        multi_miller_loop(&terms).final_exponentiation()
    }
    fn mul_g1(point: &G1Affine, scalar: &Scalar) -> G1Projective {
        point * scalar
    }
    fn mul_g2(point: &G2Affine, scalar: &Scalar) -> G2Projective {
        point * scalar
    }
    fn pow(base: &Gt, exponent: &Scalar) -> Option<Gt> {
        Some(base * exponent)
    }
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> G1Projective {
        <G1Projective as HashToCurve<ExpandMsgXmd<Sha256>>>::hash_to_curve([message], domain)
    }
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> G2Projective {
        <G2Projective as HashToCurve<ExpandMsgXmd<Sha256>>>::hash_to_curve([message], domain)
    }
}
