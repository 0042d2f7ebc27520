//! Points in lanes against arkworks'.
#![allow(clippy::unwrap_used)]

use super::curve::{Point1, Point2};
use super::{LANES, available, multiply};
use ark_bls12_381::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField, UniformRand};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// Zero, small and large scalars, and those at the borders of the digits' range.
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

#[test]
fn sums_agree() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check1(p: &[G1Affine; LANES], q: &[G1Affine; LANES]) {
        let (a, b) = (Point1::load(p), Point1::load(q));
        let each = |f: fn(G1Projective, G1Projective) -> G1Projective| {
            core::array::from_fn(|i| f(p[i].into(), q[i].into()))
        };
        assert_eq!(a.store(), each(|p, _| p));
        let sum = a.plus(&b);
        assert_eq!(sum.store(), each(|p, q| p + q));
        assert_eq!(a.plus(&b.negated()).store(), each(|p, q| p - q));
        assert_eq!(a.double().store(), each(|p, _| p.double()));
        assert_eq!(sum.double().plus(&sum).store(), each(|p, q| (p + q).double() + p + q));
        assert_eq!(sum.plus(&a.negated()).equals(&b), 0xff);
        assert_eq!(sum.equals(&b).count_zeros(), p.iter().filter(|p| !p.is_zero()).count() as u32);
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check2(p: &[G2Affine; LANES], q: &[G2Affine; LANES]) {
        let (a, b) = (Point2::load(p), Point2::load(q));
        let each = |f: fn(G2Projective, G2Projective) -> G2Projective| {
            core::array::from_fn(|i| f(p[i].into(), q[i].into()))
        };
        assert_eq!(a.store(), each(|p, _| p));
        let sum = a.plus(&b);
        assert_eq!(sum.store(), each(|p, q| p + q));
        assert_eq!(a.plus(&b.negated()).store(), each(|p, q| p - q));
        assert_eq!(a.double().store(), each(|p, _| p.double()));
        assert_eq!(sum.double().plus(&sum).store(), each(|p, q| (p + q).double() + p + q));
        assert_eq!(sum.plus(&a.negated()).equals(&b), 0xff);
        assert_eq!(sum.equals(&b).count_zeros(), p.iter().filter(|p| !p.is_zero()).count() as u32);
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    let p: [G1Affine; LANES] = core::array::from_fn(|_| G1Projective::rand(rng).into_affine());
    let o = G1Affine::identity();
    let left = [p[0], p[1], p[2], o, o, p[5], p[6], p[7]];
    let right = [p[1], p[1], (-p[2].into_group()).into_affine(), p[3], o, o, p[7], p[6]];
    // SAFETY: the instructions are there.
    unsafe { check1(&left, &right) };
    let p: [G2Affine; LANES] = core::array::from_fn(|_| G2Projective::rand(rng).into_affine());
    let o = G2Affine::identity();
    let left = [p[0], p[1], p[2], o, o, p[5], p[6], p[7]];
    let right = [p[1], p[1], (-p[2].into_group()).into_affine(), p[3], o, o, p[7], p[6]];
    // SAFETY: the instructions are there.
    unsafe { check2(&left, &right) };
}

#[test]
fn products_agree() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let mut scalars = edges();
    scalars.extend((0..40).map(|_| Fr::rand(rng)));
    let mut left: Vec<_> = scalars.iter().map(|_| G1Projective::rand(rng).into_affine()).collect();
    let mut right: Vec<_> = scalars.iter().map(|_| G2Projective::rand(rng).into_affine()).collect();
    left[9] = G1Affine::identity();
    right[9] = G2Affine::identity();
    left[20] = G1Affine::generator();
    right[20] = G2Affine::generator();

    let expected: Vec<_> = left.iter().zip(&scalars).map(|(p, k)| *p * k).collect();
    assert_eq!(multiply::mul_g1(&left, &scalars), expected);
    let expected: Vec<_> = right.iter().zip(&scalars).map(|(q, k)| *q * k).collect();
    assert_eq!(multiply::mul_g2(&right, &scalars), expected);
    for count in [0, 1, 7, 8, 9] {
        let products = multiply::mul_g1(&left[..count], &scalars[..count]);
        assert_eq!(
            products,
            left.iter().zip(&scalars).take(count).map(|(p, k)| *p * k).collect::<Vec<_>>()
        );
        assert_eq!(multiply::mul_g2(&right[..count], &scalars[..count]), expected[..count]);
    }
}
