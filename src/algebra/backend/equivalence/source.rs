//! Agreement in G1 and G2.
#![forbid(unsafe_code)]

use super::{ORACLE, SIZES, cases, others, rng, scalar};
use crate::algebra::Scalar;
use crate::algebra::backend::kernel::SourceGroup;
use crate::algebra::backend::portable::SourcePoint;
use ark_ec::short_weierstrass::Projective;
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::Zero;
use rand::seq::SliceRandom;
use rand::{Rng, RngCore};
use rand_chacha::ChaCha20Rng;
use std::fmt::Debug;

/// A point that tests can compare and print.
pub(super) trait Point: SourcePoint + PartialEq + Debug + Send + Sync {}
impl<P: SourcePoint + PartialEq + Debug + Send + Sync> Point for P {}

/// Returns a point in Jacobian or affine coordinates, sometimes the identity (in either form) or a
/// generator.
pub(super) fn point<P: Point>(rng: &mut ChaCha20Rng) -> P {
    let generator = Projective::<P::Config>::generator();
    let random = generator * Scalar::random(rng).0;
    P::new(match rng.gen_range(0..12) {
        0 => Projective::zero(),
        1 => random + -random,
        2 => generator,
        3 => -generator,
        4..=6 => random.into_affine().into(),
        _ => random,
    })
}

/// Returns points of which some are equal, opposite or the identity.
pub(super) fn points<P: Point>(rng: &mut ChaCha20Rng, count: usize) -> Vec<P> {
    let mut points: Vec<P> = Vec::new();
    for _ in 0..count {
        let next = match (points.choose(rng), rng.gen_range(0..8)) {
            (Some(earlier), 0) => *earlier,
            (Some(earlier), 1) => P::new(-earlier.inner()),
            _ => point(rng),
        };
        points.push(next);
    }
    points
}

fn sums<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(10);
    for _ in cases(300) {
        for pair in points::<P>(rng, 3).windows(2) {
            let expected = (oracle.add)(&pair[0], &pair[1]);
            assert_eq!((tested.add)(&pair[0], &pair[1]), expected, "{name}");
        }
    }
}

fn products<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(11);
    for _ in cases(200) {
        let (p, s) = (point::<P>(rng), scalar(rng));
        assert_eq!((tested.mul)(&p, &s), (oracle.mul)(&p, &s), "{name}");
    }
}

/// Returns the scalar of the last `bytes` bytes of the encoding.
fn shortened(scalar: &Scalar, bytes: usize) -> Scalar {
    let mut short = [0; 32];
    short[32 - bytes..].copy_from_slice(&scalar.to_be_bytes()[32 - bytes..]);
    Scalar::from_be_bytes(&short).unwrap()
}

/// Compares batch and multi-scalar multiplication.
fn lists<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(12);
    for _ in cases(3) {
        for size in SIZES.into_iter().chain([3, 32, 40]) {
            let points = points::<P>(rng, size);
            let scalars: Vec<Scalar> = (0..size).map(|_| scalar(rng)).collect();
            let expected = oracle.batch_mul(&points, &scalars);
            assert_eq!(tested.batch_mul(&points, &scalars), expected, "{name}, {size}");
            let sum = expected.iter().map(P::inner).sum();
            assert_eq!((tested.msm)(&points, &scalars), P::new(sum), "{name}, {size}");
            assert_eq!((oracle.msm)(&points, &scalars), P::new(sum), "portable, {size}");
            assert_eq!(tested.msm(&points, &scalars), P::new(sum), "{name}, {size}");
            // Short scalars take another code path.
            for bytes in [0, 1, 8, 16, 17, 31] {
                let short: Vec<Scalar> = scalars.iter().map(|s| shortened(s, bytes)).collect();
                let expected = (oracle.msm)(&points, &short);
                assert_eq!((tested.msm)(&points, &short), expected, "{name}, {size}, {bytes}");
                let sum = tested.msm(&points, &short);
                assert_eq!(sum, expected, "{name}, {size}, {bytes}");
            }
        }
    }
}

/// Compares fixed-base multiplication. Tables are interchangeable between backends.
fn tables<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(15);
    for _ in cases(8) {
        let base = point::<P>(rng);
        let table = tested.table(&base);
        for size in SIZES {
            let scalars: Vec<Scalar> = (0..size).map(|_| scalar(rng)).collect();
            let expected: Vec<P> = scalars.iter().map(|s| (oracle.mul)(&base, s)).collect();
            assert_eq!(tested.batch_table_mul(&table, &scalars), expected, "{name}");
            for (scalar, expected) in scalars.iter().zip(expected) {
                assert_eq!(tested.table_mul(&table, scalar), expected, "{name}");
                assert_eq!(oracle.table_mul(&table, scalar), expected, "portable");
            }
        }
    }
}

fn hashes<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(13);
    for i in cases(100) {
        let mut message = vec![0; rng.gen_range(0..200)];
        rng.fill_bytes(&mut message);
        let mut tag = vec![0; 1 + (i % 255)];
        rng.fill_bytes(&mut tag);
        assert_eq!((tested.hash)(&tag, &message), (oracle.hash)(&tag, &message), "{name}");
    }
    for size in SIZES {
        let messages: Vec<Vec<u8>> = (0..size).map(|i| vec![7; i * 13]).collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let expected = oracle.batch_hash(b"TAG", &messages);
        assert_eq!(tested.batch_hash(b"TAG", &messages), expected, "{name}, {size}");
    }
}

fn encodings<P: Point, const N: usize, const L: usize>(
    name: &str,
    tested: &SourceGroup<P, N, L>,
    oracle: &SourceGroup<P, N, L>,
) {
    let rng = &mut rng(14);
    for i in cases(40) {
        let points = points::<P>(rng, SIZES[i % SIZES.len()]);
        let expected: Vec<[u8; N]> = points.iter().map(oracle.compress).collect();
        assert_eq!(points.iter().map(tested.compress).collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(tested.batch_compress(&points), expected, "{name}");
        assert_eq!(oracle.batch_compress(&points), expected, "portable");
    }
}

macro_rules! both_groups {
    ($($test:ident: $check:ident;)*) => {$(
        #[test]
        fn $test() {
            for (name, kernel) in others() {
                $check(&format!("{name}, G1"), &kernel.g1, &ORACLE.g1);
                $check(&format!("{name}, G2"), &kernel.g2, &ORACLE.g2);
            }
        }
    )*};
}

both_groups! {
    backends_agree_on_addition: sums;
    backends_agree_on_scalar_multiplication: products;
    backends_agree_on_batch_and_multi_scalar_multiplication: lists;
    backends_agree_on_fixed_base_multiplication: tables;
    backends_agree_on_hashing_to_points: hashes;
    backends_agree_on_encodings: encodings;
}
