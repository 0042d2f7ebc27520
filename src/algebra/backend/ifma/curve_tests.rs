//! Point arithmetic against arkworks.
#![allow(clippy::unwrap_used)]

use super::curve::{Point1, Point2};
use super::scalar_mul::{mul_g1, mul_g2};
use super::vector::{LANES, available};
use crate::algebra::{G1, G2, Scalar};
use ark_bls12_381::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField, UniformRand};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// Returns zero, small and large scalars, and those at the bounds of the digits.
fn edges() -> Vec<Fr> {
    let y = Fr::from(0xd201_0000_0001_0000u64);
    let mut edges = vec![Fr::ZERO, Fr::ONE, Fr::from(2u64), Fr::from(16u64), Fr::from(u64::MAX)];
    for power in [y, y.square(), y.square() * y, y.square().square()] {
        edges.extend([
            power,
            power - Fr::ONE,
            power + Fr::ONE,
            power.double(),
            power.inverse().unwrap(),
        ]);
    }
    edges.push(Fr::from_bigint(BigInt([u64::MAX, u64::MAX, u64::MAX, 0])).unwrap());
    let negatives: Vec<_> = edges.iter().map(|k| -*k).collect();
    edges.extend(negatives);
    edges
}

macro_rules! agreement {
    ($addition:ident, $multiplication:ident, $Point:ident, $Affine:ident, $Projective:ident,
     $Group:ident, $mul:ident) => {
        #[test]
        fn $addition() {
            #[target_feature(enable = "avx512f,avx512ifma")]
            fn check(p: &[$Affine; LANES], q: &[$Affine; LANES]) {
                let (a, b) = ($Point::load(p), $Point::load(q));
                let each = |f: fn($Projective, $Projective) -> $Projective| {
                    core::array::from_fn(|i| f(p[i].into(), q[i].into()))
                };
                assert_eq!(a.store(), each(|p, _| p));
                let sum = a.plus(&b);
                assert_eq!(sum.store(), each(|p, q| p + q));
                assert_eq!(a.plus(&b.negated()).store(), each(|p, q| p - q));
                assert_eq!(a.double().store(), each(|p, _| p.double()));
                assert_eq!(sum.double().plus(&sum).store(), each(|p, q| (p + q).double() + p + q));
                assert_eq!(sum.plus(&a.negated()).equals(&b), 0xff);
                let finite = p.iter().filter(|p| !p.is_zero()).count();
                assert_eq!(sum.equals(&b).count_zeros(), finite as u32);
            }
            if !available() {
                return;
            }
            let rng = &mut ChaCha20Rng::seed_from_u64(2);
            let p: [$Affine; LANES] =
                core::array::from_fn(|_| $Projective::rand(rng).into_affine());
            let o = $Affine::identity();
            let left = [p[0], p[1], p[2], o, o, p[5], p[6], p[7]];
            let right = [p[1], p[1], (-p[2].into_group()).into_affine(), p[3], o, o, p[7], p[6]];
            // SAFETY: `available` returned `true`.
            unsafe { check(&left, &right) };
        }

        #[test]
        fn $multiplication() {
            if !available() {
                return;
            }
            let rng = &mut ChaCha20Rng::seed_from_u64(3);
            let mut scalars: Vec<_> = edges().into_iter().map(Scalar).collect();
            scalars.extend((0..40).map(|_| Scalar(Fr::rand(rng))));
            let mut points: Vec<_> =
                scalars.iter().map(|_| $Group($Projective::rand(rng))).collect();
            points[9] = $Group::identity();
            points[20] = $Group::generator();

            let products = points.iter().zip(&scalars).map(|(p, k)| $Group(p.0 * k.0));
            let expected: Vec<_> = products.collect();
            assert_eq!($mul(&points, &scalars), expected);
            for count in [0, 1, 7, 8, 9] {
                assert_eq!($mul(&points[..count], &scalars[..count]), expected[..count]);
            }
        }
    };
}

agreement!(
    g1_addition_is_complete,
    g1_scalar_multiplication_agrees_with_arkworks,
    Point1,
    G1Affine,
    G1Projective,
    G1,
    mul_g1
);
agreement!(
    g2_addition_is_complete,
    g2_scalar_multiplication_agrees_with_arkworks,
    Point2,
    G2Affine,
    G2Projective,
    G2,
    mul_g2
);
