//! Decompression and subgroup checks against the portable backend.
#![allow(clippy::unwrap_used)]

use super::super::portable::KERNEL;
use super::convert::{load2, store2};
use super::curve::{Point1, Point2};
use super::decompress::{decompress_g1, decompress_g2};
use super::fp2::Fp2;
use super::vector::{LANES, available};
use crate::algebra::{G1, G2};
use ark_bls12_381::{Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, Field, LegendreSymbol, PrimeField, UniformRand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Returns `p` as bytes, the smallest out-of-range integer.
fn prime() -> [u8; 48] {
    Fq::MODULUS.to_bytes_be().try_into().unwrap()
}

/// Returns a random point of the curve, with high probability outside the subgroup.
fn curve1(rng: &mut ChaCha20Rng) -> G1Affine {
    loop {
        let point = G1Affine::get_point_from_x_unchecked(Fq::rand(rng), rng.r#gen());
        if let Some(point) = point {
            return point;
        }
    }
}

fn curve2(rng: &mut ChaCha20Rng) -> G2Affine {
    loop {
        let point = G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), rng.r#gen());
        if let Some(point) = point {
            return point;
        }
    }
}

/// Returns encodings with one defect each, derived from a valid one.
fn malformed<const N: usize>(valid: [u8; N]) -> Vec<[u8; N]> {
    let with = |f: fn(&mut [u8; N])| {
        let mut bytes = valid;
        f(&mut bytes);
        bytes
    };
    let mut list: Vec<_> = (0..8u8)
        .flat_map(|flags| {
            let mut kept = valid;
            kept[0] = kept[0] & 0x1f | flags << 5;
            let mut zero = [0; N];
            zero[0] = flags << 5;
            let mut one = zero;
            one[N - 1] = 1;
            [kept, zero, one]
        })
        .collect();
    list.push(with(|bytes| bytes[0] ^= 1));
    list.push(with(|bytes| bytes[N - 1] ^= 1));
    list.push(with(|bytes| {
        bytes[..48].copy_from_slice(&prime());
        bytes[0] |= 0x80;
    }));
    list.push(with(|bytes| bytes[N - 48..].copy_from_slice(&prime())));
    list.push([0xff; N]);
    list
}

#[test]
fn g1_decompression_agrees_with_portable() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    let mut list = Vec::new();
    for _ in 0..8 {
        let valid = (KERNEL.g1.compress)(&G1(G1Projective::rand(rng)));
        list.push(valid);
        list.extend(malformed(valid));
        list.push((KERNEL.g1.compress)(&G1(curve1(rng).into())));
        list.push(core::array::from_fn(|i| {
            if i == 0 { 0x80 | rng.r#gen::<u8>() & 0x1f } else { rng.r#gen() }
        }));
    }
    let expected: Vec<_> = list.iter().map(KERNEL.g1.decompress).collect();
    assert_eq!(decompress_g1(&list), expected);
    for count in [0, 1, 7, 8, 9, 16, 17] {
        assert_eq!(decompress_g1(&list[..count]), expected[..count]);
    }
}

#[test]
fn g2_decompression_agrees_with_portable() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    let mut list = Vec::new();
    for i in 0..8u64 {
        let valid = (KERNEL.g2.compress)(&G2(G2Projective::rand(rng)));
        list.push(valid);
        list.extend(malformed(valid));
        list.push((KERNEL.g2.compress)(&G2(curve2(rng).into())));
        list.push(core::array::from_fn(|i| {
            if i % 48 == 0 {
                rng.r#gen::<u8>() & 0x0f | if i == 0 { 0x80 } else { 0 }
            } else {
                rng.r#gen()
            }
        }));
        // An x in the base field.
        let mut real = [0; 96];
        (real[0], real[95]) = (0x80, i as u8);
        list.push(real);
        real[47] = 1;
        list.push(real);
    }
    let expected: Vec<_> = list.iter().map(KERNEL.g2.decompress).collect();
    assert_eq!(decompress_g2(&list), expected);
    for count in [0, 1, 7, 8, 9, 16, 17] {
        assert_eq!(decompress_g2(&list[..count]), expected[..count]);
    }
}

#[test]
fn square_roots_of_squares_are_found() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    for _ in 0..20 {
        let (a, b) = (Fq::rand(rng), Fq::rand(rng));
        let real = |a| Fq2::new(a, Fq::ZERO);
        let imaginary = |b| Fq2::new(Fq::ZERO, b);
        let x = [
            Fq2::ZERO,
            real(a.square()),
            real(-a.square()),
            imaginary(b),
            imaginary(-b),
            Fq2::new(a, b).square(),
            Fq2::new(a, a).square(),
            Fq2::new(a, b),
        ];
        // SAFETY: `available` returned `true`.
        let roots = unsafe { store2(&Fp2::roots(&[load2(&x)])[0]) };
        for (x, root) in x.iter().zip(roots) {
            assert_eq!(root.square() == *x, x.legendre() != LegendreSymbol::QuadraticNonResidue);
        }
    }
}

#[test]
fn subgroup_checks_reject_points_of_other_orders() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check1(points: &[G1Affine; LANES]) -> u8 {
        Point1::load(points).is_in_g1()
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check2(points: &[G2Affine; LANES]) -> u8 {
        Point2::load(points).is_in_g2()
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let (p, q) = (curve1(rng), curve2(rng));
    let left = [
        G1Affine::identity(),
        p,
        p.clear_cofactor(),
        // Of order dividing the cofactor; of order three; the generator plus the latter.
        p.mul_bigint(Fr::MODULUS).into_affine(),
        G1Affine::new_unchecked(Fq::ZERO, Fq::from(2u64)),
        (G1Affine::generator() + G1Affine::new_unchecked(Fq::ZERO, Fq::from(2u64))).into_affine(),
        curve1(rng),
        G1Affine::generator(),
    ];
    let right = [
        G2Affine::identity(),
        q,
        q.clear_cofactor(),
        q.mul_bigint(Fr::MODULUS).into_affine(),
        curve2(rng),
        (G2Affine::generator() + q.mul_bigint(Fr::MODULUS)).into_affine(),
        curve2(rng),
        G2Affine::generator(),
    ];
    let mask = |answers: [bool; LANES]| (0..LANES).fold(0, |m, i| m | u8::from(answers[i]) << i);
    let expected = mask(left.map(|p| p.is_in_correct_subgroup_assuming_on_curve()));
    // SAFETY: `available` returned `true`.
    assert_eq!((unsafe { check1(&left) }, expected), (0b1000_0101, 0b1000_0101));
    let expected = mask(right.map(|q| q.is_in_correct_subgroup_assuming_on_curve()));
    // SAFETY: `available` returned `true`.
    assert_eq!((unsafe { check2(&right) }, expected), (0b1000_0101, 0b1000_0101));
}
