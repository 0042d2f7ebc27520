//! Compressed points in lanes against the portable kernel.
#![allow(clippy::unwrap_used)]

use super::super::portable;
use super::{are_in_g1, are_in_g2, available, decompress_g1, decompress_g2};
use ark_bls12_381::{Fq, Fq2, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField, UniformRand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// The prime as bytes: the first number that is too large.
fn prime() -> [u8; 48] {
    Fq::MODULUS.to_bytes_be().try_into().unwrap()
}

/// Points of the curve, hardly any of them in the subgroup.
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

/// One encoding of each kind of mistake, from a good one.
fn mistakes<const N: usize>(good: [u8; N]) -> Vec<[u8; N]> {
    let with = |f: fn(&mut [u8; N])| {
        let mut bytes = good;
        f(&mut bytes);
        bytes
    };
    let mut list: Vec<_> = (0..8u8)
        .flat_map(|flags| {
            let mut kept = good;
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
fn g1_decodes_alike() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    let mut list = Vec::new();
    for _ in 0..8 {
        let good = portable::compress_g1(&G1Projective::rand(rng));
        list.push(good);
        list.extend(mistakes(good));
        list.push(portable::compress_g1(&curve1(rng).into()));
        list.push(core::array::from_fn(|i| {
            if i == 0 { 0x80 | rng.r#gen::<u8>() & 0x1f } else { rng.r#gen() }
        }));
    }
    let expected: Vec<_> = list.iter().map(portable::decompress_g1).collect();
    assert_eq!(decompress_g1(&list), expected);
    for count in [0, 1, 7, 8, 9, 16, 17] {
        assert_eq!(decompress_g1(&list[..count]), expected[..count]);
    }
}

#[test]
fn g2_decodes_alike() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    let mut list = Vec::new();
    for i in 0..8u64 {
        let good = portable::compress_g2(&G2Projective::rand(rng));
        list.push(good);
        list.extend(mistakes(good));
        list.push(portable::compress_g2(&curve2(rng).into()));
        list.push(core::array::from_fn(|i| {
            if i % 48 == 0 {
                rng.r#gen::<u8>() & 0x0f | if i == 0 { 0x80 } else { 0 }
            } else {
                rng.r#gen()
            }
        }));
        // A coordinate of the base field.
        let mut real = [0; 96];
        (real[0], real[95]) = (0x80, i as u8);
        list.push(real);
        real[47] = 1;
        list.push(real);
    }
    let expected: Vec<_> = list.iter().map(portable::decompress_g2).collect();
    assert_eq!(decompress_g2(&list), expected);
    for count in [0, 1, 7, 8, 9, 16, 17] {
        assert_eq!(decompress_g2(&list[..count]), expected[..count]);
    }
}

#[test]
fn roots_of_every_shape_are_found() {
    use super::convert::{load2, store2};
    use super::fp2::Fp2;
    use ark_ff::Field;
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
        // SAFETY: the instructions are there.
        let roots = unsafe { store2(&Fp2::roots(&[load2(&x)])[0]) };
        for (x, root) in x.iter().zip(roots) {
            assert_eq!(
                root.square() == *x,
                x.legendre() != ark_ff::LegendreSymbol::QuadraticNonResidue
            );
        }
    }
}

#[test]
fn subgroups_are_told() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let mut left = vec![G1Affine::identity(), G1Affine::generator()];
    let mut right = vec![G2Affine::identity(), G2Affine::generator()];
    for _ in 0..8 {
        let (p, q) = (curve1(rng), curve2(rng));
        // In the subgroup, outside of it, and of an order that divides the cofactor.
        left.extend([
            p,
            p.clear_cofactor(),
            p.mul_bigint(ark_bls12_381::Fr::MODULUS).into_affine(),
        ]);
        right.extend([
            q,
            q.clear_cofactor(),
            q.mul_bigint(ark_bls12_381::Fr::MODULUS).into_affine(),
        ]);
    }
    // (0, 2) has order three.
    left.push(G1Affine::new_unchecked(Fq::ZERO, Fq::from(2u64)));
    let expected: Vec<_> =
        left.iter().map(|p| p.is_in_correct_subgroup_assuming_on_curve()).collect();
    assert_eq!(are_in_g1(&left), expected);
    let expected: Vec<_> =
        right.iter().map(|q| q.is_in_correct_subgroup_assuming_on_curve()).collect();
    assert_eq!(are_in_g2(&right), expected);
}
