//! arkworks: pure Rust, variable time.

use super::{Curve, G1Bytes, G2Bytes};
use ark_bls12_381::{
    Bls12_381, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective, g1, g2,
};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::{Pairing, PairingOutput};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::PrimeField;
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use sha2::Sha256;

type Hasher<Group, Map> = MapToCurveBasedHasher<Group, DefaultFieldHasher<Sha256, 128>, Map>;

pub(super) struct Arkworks;

impl Curve for Arkworks {
    const NAME: &str = "arkworks";
    type Scalar = Fr;
    type A1 = G1Affine;
    type A2 = G2Affine;
    type P1 = G1Projective;
    type P2 = G2Projective;
    type Gt = PairingOutput<Bls12_381>;
    type Prepared = <Bls12_381 as Pairing>::G2Prepared;

    fn scalar(big_endian: &[u8; 32]) -> Fr {
        Fr::from_be_bytes_mod_order(big_endian)
    }
    fn decode_g1(bytes: &G1Bytes) -> Option<G1Affine> {
        G1Affine::deserialize_compressed(&bytes[..]).ok()
    }
    fn decode_g2(bytes: &G2Bytes) -> Option<G2Affine> {
        G2Affine::deserialize_compressed(&bytes[..]).ok()
    }
    fn encode_g1(point: &G1Projective) -> G1Bytes {
        encode(&point.into_affine())
    }
    fn encode_g2(point: &G2Projective) -> G2Bytes {
        encode(&point.into_affine())
    }
    fn pairing(p: &G1Affine, q: &G2Affine) -> Self::Gt {
        Bls12_381::pairing(p, q)
    }
    fn prepare(q: &G2Affine) -> Self::Prepared {
        q.into()
    }
    fn prepared_pairing(p: &G1Affine, q: &Self::Prepared) -> Self::Gt {
        Bls12_381::pairing(p, q.clone())
    }
    fn product(pairs: &[(G1Affine, G2Affine)]) -> Self::Gt {
        Bls12_381::multi_pairing(pairs.iter().map(|pair| pair.0), pairs.iter().map(|pair| pair.1))
    }
    fn mul_g1(point: &G1Affine, scalar: &Fr) -> G1Projective {
        G1Projective::from(*point) * scalar
    }
    fn mul_g2(point: &G2Affine, scalar: &Fr) -> G2Projective {
        G2Projective::from(*point) * scalar
    }
    fn msm_g1(points: &[G1Affine], scalars: &[Fr]) -> Option<G1Projective> {
        G1Projective::msm(points, scalars).ok()
    }
    fn msm_g2(points: &[G2Affine], scalars: &[Fr]) -> Option<G2Projective> {
        G2Projective::msm(points, scalars).ok()
    }
    fn pow(base: &Self::Gt, exponent: &Fr) -> Option<Self::Gt> {
        Some(*base * exponent)
    }
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> G1Projective {
        let hasher = Hasher::<G1Projective, WBMap<g1::Config>>::new(domain);
        hasher.and_then(|hasher| hasher.hash(message)).expect("the map of G1 is total").into()
    }
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> G2Projective {
        let hasher = Hasher::<G2Projective, WBMap<g2::Config>>::new(domain);
        hasher.and_then(|hasher| hasher.hash(message)).expect("the map of G2 is total").into()
    }
}

fn encode<const N: usize>(point: &impl CanonicalSerialize) -> [u8; N] {
    let mut bytes = [0; N];
    point.serialize_compressed(&mut bytes[..]).expect("the array has the encoding's length");
    bytes
}

/// A point of the curve outside G1.
pub(super) fn g1_outside() -> G1Bytes {
    let points = (1u64..).filter_map(|x| G1Affine::get_point_from_x_unchecked(Fq::from(x), true));
    encode(&outside(points, G1Affine::is_in_correct_subgroup_assuming_on_curve))
}

/// A point of the twist outside G2.
pub(super) fn g2_outside() -> G2Bytes {
    let x = |x: u64| Fq2::new(Fq::from(x), Fq::from(0));
    let points = (1u64..).filter_map(|i| G2Affine::get_point_from_x_unchecked(x(i), true));
    encode(&outside(points, G2Affine::is_in_correct_subgroup_assuming_on_curve))
}

fn outside<P>(mut points: impl Iterator<Item = P>, is_inside: impl Fn(&P) -> bool) -> P {
    points.find(|point| !is_inside(point)).expect("nearly all points are outside")
}
