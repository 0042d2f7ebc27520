//! epione with its active backend.

use super::{Curve, G1Bytes, G2Bytes};
use epione::algebra::hash::{batch_hash_to_g1, batch_hash_to_g2, hash_to_g1, hash_to_g2};
use epione::algebra::{G1, G2, Gt, PreparedG2, Scalar, batch_pairing, multi_pairing, pairing, tag};

pub(super) struct Epione;

impl Curve for Epione {
    const NAME: &str = "epione";
    type Scalar = Scalar;
    type A1 = G1;
    type A2 = G2;
    type P1 = G1;
    type P2 = G2;
    type Gt = Gt;
    type Prepared = PreparedG2;

    fn scalar(big_endian: &[u8; 32]) -> Scalar {
        Scalar::from_be_bytes(big_endian).expect("a reduced scalar")
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
    fn prepare(q: &G2) -> PreparedG2 {
        PreparedG2::new(q)
    }
    fn prepared_pairing(p: &G1, q: &PreparedG2) -> Gt {
        q.pairing(p)
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
    fn msm_g1(points: &[G1], scalars: &[Scalar]) -> Option<G1> {
        Some(G1::msm(points, scalars))
    }
    fn msm_g2(points: &[G2], scalars: &[Scalar]) -> Option<G2> {
        Some(G2::msm(points, scalars))
    }
    fn pow(base: &Gt, exponent: &Scalar) -> Option<Gt> {
        Some(base.pow(exponent))
    }
    // The domains are those of the tags.
    fn hash_to_g1(_: &[u8], message: &[u8]) -> G1 {
        hash_to_g1(tag::FABEO_ATTRIBUTE, message)
    }
    fn hash_to_g2(_: &[u8], message: &[u8]) -> G2 {
        hash_to_g2(tag::PEKS_KEYWORD, message)
    }

    fn pairings(pairs: &[(G1, G2)]) -> Vec<Gt> {
        batch_pairing(pairs)
    }
    fn prepared_pairings(points: &[G1], q: &PreparedG2) -> Vec<Gt> {
        q.batch_pairing(points)
    }
    fn batch_mul_g1(points: &[G1], scalars: &[Scalar]) -> Vec<G1> {
        G1::batch_mul(points, scalars)
    }
    fn batch_mul_g2(points: &[G2], scalars: &[Scalar]) -> Vec<G2> {
        G2::batch_mul(points, scalars)
    }
    fn batch_hash_to_g1(_: &[u8], messages: &[&[u8]]) -> Vec<G1> {
        batch_hash_to_g1(tag::FABEO_ATTRIBUTE, messages)
    }
    fn batch_hash_to_g2(_: &[u8], messages: &[&[u8]]) -> Vec<G2> {
        batch_hash_to_g2(tag::PEKS_KEYWORD, messages)
    }
    fn batch_decode_g1(points: &[G1Bytes]) -> Vec<Option<G1>> {
        G1::batch_from_bytes(points).into_iter().map(Result::ok).collect()
    }
    fn batch_decode_g2(points: &[G2Bytes]) -> Vec<Option<G2>> {
        G2::batch_from_bytes(points).into_iter().map(Result::ok).collect()
    }
}
