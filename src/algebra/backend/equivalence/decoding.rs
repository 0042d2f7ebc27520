//! Agreement of decompression: equal points and equal errors.
#![forbid(unsafe_code)]

use super::source::{Point, point};
use super::{ORACLE, SIZES, cases, others, rng};
use crate::algebra::backend::kernel::SourceGroup;
use crate::algebra::{G1, G2};
use crate::error::DecodeError;
use ark_bls12_381::{Fq, Fr, G1Affine, G2Affine, g1, g2};
use ark_ec::{AffineRepr, CurveConfig, CurveGroup};
use ark_ff::{BigInteger, PrimeField};
use rand::{Rng, RngCore};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;

/// Counts per outcome, to assert that every outcome occurs.
type Outcomes = BTreeMap<String, usize>;

fn compare<P: Point, const N: usize, const L: usize>(
    name: &str,
    groups: [&SourceGroup<P, N, L>; 2],
    encodings: &[[u8; N]],
) -> Outcomes {
    let [tested, oracle] = groups;
    let mut outcomes = Outcomes::new();
    for bytes in encodings {
        let expected = (oracle.decompress)(bytes);
        assert_eq!((tested.decompress)(bytes), expected, "{name}: {}", hex::encode(bytes));
        let kind = expected.map_or_else(|error| format!("{error:?}"), |_| "Ok".to_owned());
        *outcomes.entry(kind).or_default() += 1;
    }
    let expected = oracle.batch_decompress(encodings);
    assert_eq!(tested.batch_decompress(encodings), expected, "{name}");
    outcomes
}

/// Returns a valid encoding with a defect of a random kind, or without one.
fn corrupted<const N: usize>(rng: &mut ChaCha20Rng, valid: [u8; N]) -> [u8; N] {
    let mut bytes = valid;
    match rng.gen_range(0..9) {
        // Unchanged, and with the opposite sign.
        0 => {}
        1 => bytes[0] ^= 0x20,
        // Invalid flags, and the flag of the infinity with a coordinate.
        2 => bytes[0] = bytes[0] & 0x1f | rng.gen_range(0..8) << 5,
        // The infinity, alone and with non-zero bytes.
        3 => {
            bytes = [0; N];
            bytes[0] = 0xc0;
        }
        4 => {
            bytes = [0; N];
            bytes[0] = rng.gen_range(0..8) << 5;
            bytes[rng.gen_range(0..N)] |= 1 << rng.gen_range(0..8);
        }
        // Another coordinate: half are off the curve, the others outside the subgroup.
        5 => bytes[N - 1 - rng.gen_range(0..40)] ^= rng.gen_range(1..=255),
        6 => {
            rng.fill_bytes(&mut bytes);
            bytes[0] = bytes[0] & 0x2f | 0x80;
        }
        // A coordinate at, just below and above the modulus.
        7 => {
            let chunk = 48 * rng.gen_range(0..N / 48);
            let mut modulus = Fq::MODULUS;
            let step = rng.gen_range(0..40_u64).into();
            let _ = if rng.r#gen() {
                modulus.add_with_carry(&step)
            } else {
                modulus.sub_with_borrow(&step)
            };
            bytes[chunk..chunk + 48].copy_from_slice(&modulus.to_bytes_be());
            bytes[0] = bytes[0] & 0x1f | 0x80;
        }
        _ => rng.fill_bytes(&mut bytes),
    }
    bytes
}

fn malformed<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(20);
    let encodings: Vec<[u8; N]> = cases(400)
        .map(|_| {
            let valid = (oracle.compress)(&point::<P>(rng));
            corrupted(rng, valid)
        })
        .collect();
    let outcomes = compare(name, [tested, oracle], &encodings);
    for kind in ["Ok", "NotOnCurve", "NotInSubgroup"] {
        assert!(outcomes[kind] > 20, "{name}: {outcomes:?}");
    }
    for size in SIZES {
        compare(name, [tested, oracle], &encodings[..size]);
    }
}

/// Divides little-endian limbs exactly by a small integer.
fn divided(limbs: &[u64], divisor: u64) -> Vec<u64> {
    let mut rest = 0_u128;
    let mut quotient = limbs.to_vec();
    for limb in quotient.iter_mut().rev() {
        let value = rest << 64 | u128::from(*limb);
        (*limb, rest) = ((value / u128::from(divisor)) as u64, value % u128::from(divisor));
    }
    assert_eq!(rest, 0, "{divisor} divides the cofactor");
    quotient
}

/// Returns each given point, a multiple of an order that divides the cofactor and a multiple of
/// order `order`, a small prime divisor of the cofactor; and the sum of each and the generator.
fn outside_subgroup<A: AffineRepr>(points: impl IntoIterator<Item = A>, order: u64) -> Vec<A> {
    let quotient = divided(<A::Config as CurveConfig>::COFACTOR, order);
    let mut outside = Vec::new();
    for point in points {
        let torsion = point.mul_bigint(Fr::MODULUS);
        let small_order = torsion.into_affine().mul_bigint(&quotient);
        for element in [point.into_group(), torsion, small_order] {
            outside.push(element.into_affine());
            outside.push((element + A::generator()).into_affine());
        }
    }
    outside
}

fn assert_rejected<P: Point, const N: usize, const L: usize>(
    name: &str,
    groups: [&SourceGroup<P, N, L>; 2],
    points: impl IntoIterator<Item = P>,
) {
    for point in points {
        let bytes = (groups[1].compress)(&point);
        assert_eq!((groups[0].compress)(&point), bytes, "{name}");
        let rejection = Err(DecodeError::NotInSubgroup);
        assert_eq!((groups[0].decompress)(&bytes), rejection, "{name}");
        assert_eq!((groups[1].decompress)(&bytes), rejection, "portable");
    }
}

#[test]
fn backends_agree_on_malformed_encodings() {
    for (name, kernel) in others() {
        malformed(&format!("{name}, G1"), &kernel.g1, &ORACLE.g1);
        malformed(&format!("{name}, G2"), &kernel.g2, &ORACLE.g2);
    }
}

#[test]
fn points_outside_the_subgroup_are_rejected() {
    assert!(!g1::Config::COFACTOR.is_empty() && !g2::Config::COFACTOR.is_empty());
    for (name, kernel) in others() {
        let on_curve =
            (0..).filter_map(|x: u64| G1Affine::get_point_from_x_unchecked(x.into(), true));
        // The cofactor of G1 is 3 * 11^2 * ..., that of G2 is 13^2 * 23^2 * ...
        for order in [3, 11] {
            let points = outside_subgroup(on_curve.clone().take(cases(20).end), order);
            let points = points.into_iter().map(|p| G1(p.into())).filter(|p| !in_g1(p));
            assert_rejected(&name, [&kernel.g1, &ORACLE.g1], points);
        }
        let x = |x: u64| ark_bls12_381::Fq2::new(x.into(), 1.into());
        let on_curve = (0..).filter_map(|i| G2Affine::get_point_from_x_unchecked(x(i), true));
        for order in [13, 23] {
            let points = outside_subgroup(on_curve.clone().take(cases(20).end), order);
            let points = points.into_iter().map(|p| G2(p.into())).filter(|p| !in_g2(p));
            assert_rejected(&name, [&kernel.g2, &ORACLE.g2], points);
        }
    }
}

/// Tests membership by the definition, `[r] P = O`, without an endomorphism.
fn in_g1(p: &G1) -> bool {
    p.0.into_affine().mul_bigint(Fr::MODULUS) == G1::identity().0
}

fn in_g2(p: &G2) -> bool {
    p.0.into_affine().mul_bigint(Fr::MODULUS) == G2::identity().0
}
