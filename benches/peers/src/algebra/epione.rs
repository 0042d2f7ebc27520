//! epione, with whatever computes beneath its one set of types.

use super::{Curve, G1Bytes, G2Bytes};
use epione::algebra::hash::{hash_to_g1, hash_to_g2};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, pairing, tag};

pub(super) struct Epione;

impl Curve for Epione {
    const NAME: &str = "epione";
    type Scalar = Scalar;
    type A1 = G1;
    type A2 = G2;
    type P1 = G1;
    type P2 = G2;
    type Gt = Gt;

    fn scalar(big_endian: &[u8; 32]) -> Scalar {
        Scalar::from_be_bytes(big_endian).expect("it is reduced")
    }
    fn decode_g1(bytes: &G1Bytes) -> Option<G1> {
        G1::from_bytes(bytes).ok()
    }
    fn decode_g2(bytes: &G2Bytes) -> Option<G2> {
        G2::from_bytes(bytes).ok()
    }
    fn encode_g1(point: &G1) -> G1Bytes {
        point.to_bytes()
    }
    fn encode_g2(point: &G2) -> G2Bytes {
        point.to_bytes()
    }
    fn pairing(p: &G1, q: &G2) -> Gt {
        pairing(p, q)
    }
    fn product(pairs: &[(G1, G2)]) -> Gt {
        multi_pairing(pairs)
    }
    fn mul_g1(point: &G1, scalar: &Scalar) -> G1 {
        *point * *scalar
    }
    fn mul_g2(point: &G2, scalar: &Scalar) -> G2 {
        *point * *scalar
    }
    fn pow(base: &Gt, exponent: &Scalar) -> Option<Gt> {
        Some(base.pow(exponent))
    }
    /// Tags are constants of the crate: those behind the domains that the others are given.
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> G1 {
        debug_assert_eq!(domain, tag::FABEO_ATTRIBUTE.as_bytes());
        hash_to_g1(tag::FABEO_ATTRIBUTE, message)
    }
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> G2 {
        debug_assert_eq!(domain, tag::PEKS_KEYWORD.as_bytes());
        hash_to_g2(tag::PEKS_KEYWORD, message)
    }
}
