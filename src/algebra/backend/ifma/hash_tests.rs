//! Hashing to the curves against the portable backend.
#![allow(clippy::unwrap_used)]

use super::super::portable::KERNEL;
use super::convert::{load, load_wide, load2, store};
use super::curve::{Point1, Point2};
use super::hash_to_curve::{hash_to_g1, hash_to_g2};
use super::vector::{LANES, available};
use ark_bls12_381::{Fq, Fq2, G1Affine, G1Projective, G2Projective, g1, g2};
use ark_ec::hashing::curve_maps::swu::SWUConfig;
use ark_ec::hashing::curve_maps::wb::{WBConfig, WBMap};
use ark_ec::hashing::map_to_curve_hasher::MapToCurve;
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, Field, MontFp, PrimeField, UniformRand};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

#[test]
fn hashes_agree_with_portable() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(8);
    let messages: Vec<Vec<u8>> = (0..40)
        .map(|i| {
            let mut message = vec![0; if i < 20 { i } else { rng.gen_range(0..300) }];
            rng.fill_bytes(&mut message);
            message
        })
        .collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    for tag in [&b"EPIONE-V01-CS01-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"[..], &[7; 255]] {
        let expected: Vec<_> = messages.iter().map(|m| (KERNEL.g1.hash)(tag, m)).collect();
        assert_eq!(hash_to_g1(tag, &messages), expected);
        let expected: Vec<_> = messages.iter().map(|m| (KERNEL.g2.hash)(tag, m)).collect();
        assert_eq!(hash_to_g2(tag, &messages), expected);
        for count in [0, 1, 7, 8, 9] {
            assert_eq!(hash_to_g2(tag, &messages[..count]), expected[..count]);
            assert_eq!(hash_to_g1(tag, &messages[..count]).len(), count);
        }
    }
}

#[test]
fn wide_integers_are_reduced() {
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(9);
    let mut numbers = [[0xff; 64]; LANES];
    numbers[1] = [0; 64];
    for number in &mut numbers[2..] {
        rng.fill_bytes(number);
    }
    // SAFETY: `available` returned `true`.
    let elements = unsafe { store(&load_wide(&numbers)) };
    assert_eq!(elements, numbers.map(|number| Fq::from_be_bytes_mod_order(&number)));
}

/// A root of `x_den` of the isogeny of G1.
const POLE: Fq = MontFp!(
    "162902306530757011687648381458039960905879760854007434532151803806422383239905014872915974221245198317567396330740"
);

/// Returns the `u` for which the `x1` of simplified SWU is `x`: from `x1 = (-B/A)(1 + 1/t)` and
/// `t = w^2 + w`, `w = Z u^2`.
fn preimages<C: WBConfig>(x: C::BaseField) -> Vec<C::BaseField> {
    let (a, b) = (C::IsogenousCurve::COEFF_A, C::IsogenousCurve::COEFF_B);
    let one = C::BaseField::ONE;
    let t = (-x * a / b - one).inverse().unwrap();
    let Some(root) = (one + t.double().double()).sqrt() else { return vec![] };
    let halves = [root - one, -root - one].map(|w| w / one.double());
    halves.into_iter().filter_map(|w| (w / C::IsogenousCurve::ZETA).sqrt()).collect()
}

/// Returns exceptional elements: zeros of `u`, of `t = Z^2 u^4 + Z u^2` and of the denominator of
/// the isogeny, at `pole`.
fn exceptions<C: WBConfig>(pole: C::BaseField) -> Vec<C::BaseField> {
    let mut list = preimages::<C>(pole);
    list.extend((-C::IsogenousCurve::ZETA.inverse().unwrap()).sqrt());
    list.extend([C::BaseField::ONE, C::BaseField::ZERO]);
    let opposites: Vec<_> = list.iter().map(|u| -*u).collect();
    list.extend(opposites);
    list
}

#[test]
fn maps_agree_with_arkworks_on_exceptional_inputs() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check1(u: &[[Fq; LANES]; 2]) -> [[G1Projective; LANES]; 2] {
        let [p, q] = Point1::map_to_curve(&[load(&u[0]), load(&u[1])]);
        [p.store(), q.store()]
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check2(u: &[[Fq2; LANES]; 2]) -> [[G2Projective; LANES]; 2] {
        let [p, q] = Point2::map_to_curve(&[load2(&u[0]), load2(&u[1])]);
        [p.store(), q.store()]
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(10);
    let mut list = exceptions::<g1::Config>(POLE);
    // Two for the pole, one with t = 0, 0 and 1, and their negatives.
    assert_eq!(list.len(), 10);
    list.resize_with(2 * LANES, || Fq::rand(rng));
    let mapped = |u| WBMap::<g1::Config>::map_to_curve(u).unwrap();
    let u = [0, 1].map(|i| core::array::from_fn(|lane| list[LANES * i + lane]));
    // SAFETY: `available` returned `true`.
    assert_eq!(unsafe { check1(&u) }, u.map(|u| u.map(mapped)));
    let identity = WBMap::<g1::Config>::map_to_curve(list[0]).unwrap();
    assert_eq!(identity, G1Affine::identity());

    // x_den of G2 is (x - 6 (u - 1))^2.
    let six = Fq::from(6u64);
    let mut list = exceptions::<g2::Config>(Fq2::new(-six, six));
    list.extend([Fq2::new(Fq::ZERO, Fq::ONE), Fq2::new(Fq::ZERO, -Fq::ONE)]);
    list.extend([Fq2::new(Fq::rand(rng), Fq::ZERO), Fq2::new(Fq::ZERO, Fq::rand(rng))]);
    list.resize_with(2 * LANES, || Fq2::rand(rng));
    let mapped = |u| WBMap::<g2::Config>::map_to_curve(u).unwrap();
    let u = [0, 1].map(|i| core::array::from_fn(|lane| list[LANES * i + lane]));
    // SAFETY: `available` returned `true`.
    assert_eq!(unsafe { check2(&u) }, u.map(|u| u.map(mapped)));
}
