//! blstrs: blst behind the traits of zkcrypto's `group` and `pairing`.

use super::{Curve, G1Bytes, G2Bytes};
use blstrs::{Bls12, G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Gt, Scalar};
use pairing::{MillerLoopResult, MultiMillerLoop};

pub(super) struct Blstrs;

impl Curve for Blstrs {
    const NAME: &str = "blstrs";
    type Scalar = Scalar;
    type A1 = G1Affine;
    type A2 = G2Affine;
    type P1 = G1Projective;
    type P2 = G2Projective;
    type Gt = Gt;
    type Prepared = G2Prepared;

    fn scalar(big_endian: &[u8; 32]) -> Scalar {
        Option::from(Scalar::from_bytes_be(big_endian)).expect("a reduced scalar")
    }
    fn decode_g1(bytes: &G1Bytes) -> Option<G1Affine> {
        G1Affine::from_compressed(bytes).into()
    }
    fn decode_g2(bytes: &G2Bytes) -> Option<G2Affine> {
        G2Affine::from_compressed(bytes).into()
    }
    fn encode_g1(point: &G1Projective) -> G1Bytes {
        G1Affine::from(*point).to_compressed()
    }
    fn encode_g2(point: &G2Projective) -> G2Bytes {
        G2Affine::from(*point).to_compressed()
    }
    fn pairing(p: &G1Affine, q: &G2Affine) -> Gt {
        blstrs::pairing(p, q)
    }
    fn prepare(q: &G2Affine) -> G2Prepared {
        (*q).into()
    }
    fn prepared_pairing(p: &G1Affine, q: &G2Prepared) -> Gt {
        Bls12::multi_miller_loop(&[(p, q)]).final_exponentiation()
    }
    fn product(pairs: &[(G1Affine, G2Affine)]) -> Gt {
        let prepared: Vec<G2Prepared> = pairs.iter().map(|pair| pair.1.into()).collect();
        let terms: Vec<_> = pairs.iter().map(|pair| &pair.0).zip(&prepared).collect();
        Bls12::multi_miller_loop(&terms).final_exponentiation()
    }
    fn mul_g1(point: &G1Affine, scalar: &Scalar) -> G1Projective {
        point * scalar
    }
    fn mul_g2(point: &G2Affine, scalar: &Scalar) -> G2Projective {
        point * scalar
    }
    fn msm_g1(points: &[G1Affine], scalars: &[Scalar]) -> Option<G1Projective> {
        let points: Vec<G1Projective> = points.iter().map(Into::into).collect();
        Some(G1Projective::multi_exp(&points, scalars))
    }
    fn msm_g2(points: &[G2Affine], scalars: &[Scalar]) -> Option<G2Projective> {
        let points: Vec<G2Projective> = points.iter().map(Into::into).collect();
        Some(G2Projective::multi_exp(&points, scalars))
    }
    fn pow(base: &Gt, exponent: &Scalar) -> Option<Gt> {
        Some(base * exponent)
    }
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> G1Projective {
        G1Projective::hash_to_curve(message, domain, &[])
    }
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> G2Projective {
        G2Projective::hash_to_curve(message, domain, &[])
    }
}
