//! Field, tower and pairing arithmetic against arkworks, on random values and edge cases.
#![allow(clippy::unwrap_used)]

use super::bound::Bound;
use super::convert::{load, load2, load12, store2, store12};
use super::cyclotomic::Compressed;
use super::fp::Fp;
use super::fp12::{Fp12, Workspace};
use super::miller::{NormalisedLines, Pairs, fixed_miller_loop, product_of_miller_loops};
use super::vector::{LANES, available, splat, to_array};
use ark_bls12_381::{Bls12_381, Fq, Fq2, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, CyclotomicMultSubgroup, Field, UniformRand, Zero};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

type Lanes = [Fq2; LANES];

/// Returns random elements with zero, one, minus one and `u` in varying lanes.
fn sample(rng: &mut ChaCha20Rng, round: usize) -> Lanes {
    let edges = [Fq2::ZERO, Fq2::ONE, -Fq2::ONE, Fq2::new(Fq::ZERO, Fq::ONE)];
    let mut lanes = [Fq2::ZERO; LANES];
    for (lane, element) in lanes.iter_mut().enumerate() {
        *element = Fq2::rand(rng);
        if (lane + round).is_multiple_of(3) {
            *element = edges[(lane + round / 3) % edges.len()];
        }
    }
    lanes
}

#[test]
fn quadratic_extension_agrees_with_arkworks() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(x: &Lanes, y: &Lanes) {
        let (a, b) = (load2(x), load2(y));
        let each = |f: fn(Fq2, Fq2) -> Fq2| core::array::from_fn(|i| f(x[i], y[i]));
        assert_eq!(store2(&a), *x);
        assert_eq!(store2(&a.plus(&b)), each(|x, y| x + y));
        assert_eq!(store2(&a.minus(&b).plus_kp::<2>()), each(|x, y| x - y));
        assert_eq!(store2(&a.times(&b)), each(|x, y| x * y));
        assert_eq!(store2(&a.square()), each(|x, _| x * x));
        assert_eq!(
            store2(&a.times_xi().plus_kp::<2>()),
            each(|x, _| x * Fq2::new(Fq::ONE, Fq::ONE))
        );
        assert_eq!(store2(&a.inverse()), each(|x, _| x.inverse().unwrap_or(Fq2::ZERO)));
        let times_fp = a.times_fp(&b.re.factor());
        assert_eq!(store2(&times_fp), each(|x, y| x * Fq2::new(y.c0, Fq::ZERO)));
        let zeros = x.iter().enumerate().filter(|(_, x)| x.is_zero());
        assert_eq!(a.is_zero(), zeros.fold(0, |mask, (lane, _)| mask | 1 << lane));
        assert_eq!(a.equals(&a.plus(&b).minus(&b).plus_kp::<4>()), 0xff);
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    for round in 0..100 {
        let (x, y) = (sample(rng, round), sample(rng, round / 2));
        // SAFETY: `available` returned `true`.
        unsafe { check(&x, &y) };
    }
}

/// A small value may have a negative limb below the top one, which makes the top limb negative
/// after the carry: the quotient estimate must be zero.
#[test]
fn small_values_with_negative_limbs_are_weakly_reduced() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check() {
        let limbs = [7, 0, 0, 0, 0, 3 << 52, u64::MAX, 0].map(|limb| splat(limb));
        let reduced = Fp { limbs, bound: Bound::normal(1) }.weakly_reduced();
        let digits = reduced.limbs.map(|limb| to_array(limb));
        assert_eq!(digits, [7, 0, 0, 0, 0, 0, 2, 0].map(|digit| [digit; LANES]));
    }
    if available() {
        // SAFETY: `available` returned `true`.
        unsafe { check() };
    }
}

/// Returns an element of the cyclotomic subgroup, in general not of order `r`.
fn cyclotomic(f: Fq12) -> Fq12 {
    let mut g = f;
    g.conjugate_in_place();
    g *= f.inverse().unwrap();
    let mut h = g;
    h.frobenius_map_in_place(2);
    g * h
}

#[test]
fn degree_twelve_extension_agrees_with_arkworks() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(x: &[Fq12; LANES], y: &[Fq12; LANES], s: &Lanes, t: &Lanes) {
        let (a, b) = (load12(x), load12(y));
        let each = |f: &dyn Fn(usize) -> Fq12| core::array::from_fn(f);
        assert_eq!(store12(&a), *x);
        let workspace = &mut Workspace::new();
        let mut c = a;
        c.multiply(&b, workspace);
        assert_eq!(store12(&c), each(&|i| x[i] * y[i]));
        let mut c = a;
        c.square(workspace);
        assert_eq!(store12(&c), each(&|i| x[i].square()));
        let with = |mut f: Fq12, [l0, l1, l2]: [&Fq2; 3]| {
            f.mul_by_014(l0, l1, l2);
            f
        };
        let mut c = a;
        c.times_normalised_line(&load2(s), &load2(t), workspace);
        assert_eq!(store12(&c), each(&|i| with(x[i], [&Fq2::ONE, &s[i], &t[i]])));
        let line = [load2(s), load2(t), load2(&y.map(|y| y.c0.c0))];
        let mut c = a;
        c.times_line(&line, workspace);
        let once = each(&|i| with(x[i], [&s[i], &t[i], &y[i].c0.c0]));
        assert_eq!(store12(&c), once);
        let other = [load2(&y.map(|y| y.c1.c2)), load2(s), load2(t)];
        let mut c = a;
        c.times_line_pair(&line, &other, workspace);
        assert_eq!(store12(&c), each(&|i| with(once[i], [&y[i].c1.c2, &s[i], &t[i]])));
        assert_eq!(store12(&a.inverse(workspace)), each(&|i| x[i].inverse().unwrap_or(Fq12::ZERO)));
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    for round in 0..30 {
        let mut element =
            |_| if (round + rng.next_u32()) % 5 == 0 { Fq12::ONE } else { Fq12::rand(rng) };
        let x = core::array::from_fn(&mut element);
        let y = core::array::from_fn(&mut element);
        let (s, t) = (sample(rng, 1), sample(rng, 2));
        // SAFETY: `available` returned `true`.
        unsafe { check(&x, &y, &s, &t) };
    }
}

#[test]
fn cyclotomic_arithmetic_agrees_with_arkworks() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(x: &[Fq12; LANES]) {
        let (a, workspace) = (load12(x), &mut Workspace::new());
        let square = x.map(|f| f.square());
        let mut b = a.weakly_reduced();
        b.cyclotomic_square(workspace);
        assert_eq!(store12(&b), square);
        let c = Compressed::new(&a);
        let (c1, c5) = (c.pow_two_to_the(1, workspace), c.pow_two_to_the(5, workspace));
        let [c0, c1, c5] = Compressed::decompress([&c, &c1, &c5]);
        assert_eq!(store12(&c0), *x);
        assert_eq!(store12(&c1), square);
        assert_eq!(store12(&c5), x.map(|f| f.pow([32])));
        let power = x.map(|f| f.pow([0xd201_0000_0001_0000u64]).cyclotomic_inverse().unwrap());
        assert_eq!(store12(&a.exp_by_x(workspace)), power);
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    for round in 0..10 {
        let x = core::array::from_fn(|lane| {
            let f = cyclotomic(Fq12::rand(rng));
            // For the identity, b0 = a2 = 0.
            if (lane + round) % 4 == 0 { Fq12::ONE } else { f }
        });
        // SAFETY: `available` returned `true`.
        unsafe { check(&x) };
    }
}

#[test]
fn pairings_agree_with_arkworks() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(x: &[Fq12; LANES]) {
        let expected = x.map(|f| {
            Bls12_381::final_exponentiation(ark_ec::pairing::MillerLoopOutput(f)).unwrap().0
        });
        assert_eq!(store12(&load12(x).final_exponentiation(&mut Workspace::new())), expected);
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check_pairings(p: &[G1Affine; LANES], q: &G2Affine) {
        let expected = p.map(|p| Bls12_381::pairing(p, q).0);
        let workspace = &mut Workspace::new();
        let (x, y) = (load(&p.map(|p| p.x)), load(&p.map(|p| p.y)));
        let f = fixed_miller_loop(&x, &y, &NormalisedLines::new(q).unwrap(), workspace);
        assert_eq!(store12(&f.final_exponentiation(workspace)), expected);
        let q: [G2Affine; LANES] = core::array::from_fn(|i| (*q * Fr::from(i as u64 + 1)).into());
        let (qx, qy) = (load2(&q.map(|q| q.x)), load2(&q.map(|q| q.y)));
        let f = product_of_miller_loops(&mut [Pairs::new(&x, &y, qx, qy, 0xff)], workspace);
        let expected: [Fq12; LANES] = core::array::from_fn(|i| Bls12_381::pairing(p[i], q[i]).0);
        assert_eq!(store12(&f.final_exponentiation(workspace)), expected);
        let mut groups = [Pairs::new(&x, &y, qx, qy, 0xff), Pairs::new(&x, &y, qx, qy, 0xff)];
        let f = product_of_miller_loops(&mut groups, workspace);
        assert_eq!(store12(&f.final_exponentiation(workspace)), expected.map(|f| f.square()));
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    for _ in 0..5 {
        let x = core::array::from_fn(|_| Fq12::rand(rng));
        // SAFETY: `available` returned `true`.
        unsafe { check(&x) };
        let p = core::array::from_fn(|_| (G1Projective::generator() * Fr::rand(rng)).into_affine());
        let q = (G2Projective::generator() * Fr::rand(rng)).into_affine();
        // SAFETY: `available` returned `true`.
        unsafe { check_pairings(&p, &q) };
    }
}

/// The identity is the only known element of the subgroup with `b0 = 0`. Arbitrary coordinates test
/// that each lane uses the formula of its own case.
#[test]
fn decompression_handles_zero_denominators_per_lane() {
    /// `b1` and `a0` by the formulas of `cyclotomic`.
    fn expected([a1, a2, b0, b2]: [Fq2; 4]) -> [Fq2; 2] {
        let (xi, two, three) = (Fq2::new(Fq::ONE, Fq::ONE), Fq2::from(2), Fq2::from(3));
        let b1 = if !b0.is_zero() {
            (xi * b2.square() + three * a1.square() - two * a2) / (two * two * b0)
        } else if !a2.is_zero() {
            two * a1 * b2 / a2
        } else {
            two * a1 * b2
        };
        [b1, xi * (two * b1.square() + b0 * b2 - three * a1 * a2) + Fq2::ONE]
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(lanes: &[[Fq2; 4]; LANES]) {
        let of = |f: fn(&[Fq2; 4]) -> Fq2| lanes.each_ref().map(f);
        let mut f = Fp12::one();
        f.a[1] = load2(&of(|c| c[0]));
        f.a[2] = load2(&of(|c| c[1]));
        f.b[0] = load2(&of(|c| c[2]));
        f.b[2] = load2(&of(|c| c[3]));
        let c = Compressed::new(&f);
        for f in Compressed::decompress([&c, &c, &c]) {
            let (b1, a0) = (store2(&f.b[1]), store2(&f.a[0]));
            for lane in 0..LANES {
                assert_eq!([b1[lane], a0[lane]], expected(lanes[lane]), "{lane}");
            }
        }
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    for round in 0..64 {
        let lanes = core::array::from_fn(|lane| {
            let mut c: [Fq2; 4] = core::array::from_fn(|_| Fq2::rand(rng));
            match (lane + round) % 7 {
                0 => c[2] = Fq2::ZERO,
                1 if round % 2 == 0 => (c[1], c[2]) = (Fq2::ZERO, Fq2::ZERO),
                2 if round % 3 == 0 => c = [Fq2::ZERO; 4],
                3 => c[1] = Fq2::ZERO,
                _ => {}
            }
            c
        });
        // SAFETY: `available` returned `true`.
        unsafe { check(&lanes) };
    }
}

/// Tests every subset of lanes that are zero.
#[test]
fn inversion_is_independent_of_zeros_in_other_lanes() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn check(x: &Lanes) {
        let inverses = x.map(|x| x.inverse().unwrap_or(Fq2::ZERO));
        assert_eq!(store2(&load2(x).inverse()), inverses);
    }
    if !available() {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    for zeros in 0..=u8::MAX {
        let of = |lane: usize| zeros >> lane & 1 == 1;
        let x = core::array::from_fn(|lane| if of(lane) { Fq2::ZERO } else { Fq2::rand(rng) });
        // SAFETY: `available` returned `true`.
        unsafe { check(&x) };
    }
}
