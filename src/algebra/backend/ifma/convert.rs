//! Conversion from and to arkworks' types.
//!
//! arkworks represents `x` by `x 2^384 mod p` in six 64-bit limbs, this backend by `x 2^416 mod p`
//! in eight limbs of 52 bits. Loading transposes the limbs of eight elements through an array,
//! shifts them to radix `2^52` and multiplies by `2^448`: the Montgomery product of `x 2^384` and
//! `2^448` is `x 2^416`. Storing multiplies by `2^384`.
#![forbid(unsafe_code)]

use super::super::blst::{self, Erased};
use super::bound::Bound;
use super::fp::{Fp, digit_of};
use super::fp2::Fp2;
use super::fp12::{Fp6, Fp12};
use super::prime::{LIMBS, power_of_two, radix_52, times_power_of_two};
use super::vector::{LANES, V, from_array, splat, to_array, zero};
use crate::algebra::{G1, G2};
use ark_bls12_381::{Fq, Fq2, Fq6, Fq12, G1Affine, G2Affine};
use ark_ff::BigInt;
use core::arch::x86_64::*;
use zeroize::Zeroizing;

/// `2^448 mod p` and `2^384 mod p`.
const LOAD: [u64; LIMBS] = radix_52(power_of_two(448));
const STORE: [u64; LIMBS] = radix_52(power_of_two(384));

/// Factors that load a plain integer and the part above `2^384` of a wide one.
const LOAD_LOW: [u64; LIMBS] = radix_52(power_of_two(832));
const LOAD_HIGH: [u64; LIMBS] = radix_52(power_of_two(832 + 384));

/// Converts a constant to Montgomery form, `x 2^416 mod p`.
pub(super) const fn constant(x: &Fq) -> [u64; LIMBS] {
    radix_52(times_power_of_two(x.0.0, 32))
}

/// Converts a constant of `Fp2`.
pub(super) const fn constant2(x: &Fq2) -> [[u64; LIMBS]; 2] {
    [constant(&x.c0), constant(&x.c1)]
}

/// Loads eight elements.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load(elements: &[Fq; LANES]) -> Fp {
    load_limbs(elements).times(&Fp::splat(&LOAD)).carry_propagated()
}

/// Loads one element into every lane.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load_one(element: &Fq) -> Fp {
    Fp::splat(&radix_52(element.0.0)).times(&Fp::splat(&LOAD)).carry_propagated()
}

/// Loads limbs without a change of representation: the Montgomery form of `x 2^-32`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn load_limbs(elements: &[Fq; LANES]) -> Fp {
    let mut columns = [[0u64; LANES]; 6];
    for (lane, element) in elements.iter().enumerate() {
        for (column, limb) in columns.iter_mut().zip(element.0.0) {
            column[lane] = limb;
        }
    }
    Fp { limbs: digits_of(&columns), bound: Bound::normal(1) }
}

/// Converts eight 384-bit integers to radix `2^52`; `columns[i]` holds their limbs `i`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn digits_of(columns: &[[u64; LANES]; 6]) -> [V; LIMBS] {
    let [c0, c1, c2, c3, c4, c5] = columns;
    let (c0, c1, c2) = (from_array(c0), from_array(c1), from_array(c2));
    let (c3, c4, c5) = (from_array(c3), from_array(c4), from_array(c5));
    [
        // Digit i starts at bit 52 i.
        digit::<0>(c0, c0),
        digit::<52>(c0, c1),
        digit::<40>(c1, c2),
        digit::<28>(c2, c3),
        digit::<16>(c3, c4),
        digit::<4>(c4, c4),
        digit::<56>(c4, c5),
        digit::<44>(c5, zero()),
    ]
}

/// Loads eight 512-bit big-endian integers modulo `p`, as `low + high 2^384`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load_wide(numbers: &[[u8; 64]; LANES]) -> Fp {
    let (mut low, mut high) = ([[0; LANES]; 6], [[0; LANES]; 6]);
    for (lane, number) in numbers.iter().enumerate() {
        let (limbs, _) = number.as_chunks::<8>();
        for (i, limb) in limbs.iter().rev().enumerate() {
            let column = if i < 6 { &mut low[i] } else { &mut high[i - 6] };
            column[lane] = u64::from_be_bytes(*limb);
        }
    }
    let low = Fp { limbs: digits_of(&low), bound: Bound::normal(10) };
    let high = Fp { limbs: digits_of(&high), bound: Bound::normal(1) };
    low.times(&Fp::splat(&LOAD_LOW)).plus(&high.times(&Fp::splat(&LOAD_HIGH)))
}

/// Returns 52 bits from bit `SHIFT` of `low`, continued in `high`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn digit<const SHIFT: u32>(low: V, high: V) -> V {
    let bits = if SHIFT > 12 {
        let low = _mm512_srlv_epi64(low, splat(SHIFT as u64));
        _mm512_or_si512(low, _mm512_sllv_epi64(high, splat(64 - SHIFT as u64)))
    } else {
        _mm512_srlv_epi64(low, splat(SHIFT as u64))
    };
    digit_of(bits)
}

/// Stores eight elements.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store(lanes: &Fp) -> [Fq; LANES] {
    let digits = lanes.times(&Fp::splat(&STORE)).canonical();
    let mut rows = [[0; LANES]; LIMBS];
    for i in 0..LIMBS {
        rows[i] = to_array(digits.limbs[i]);
    }
    core::array::from_fn(|lane| {
        let d = rows.map(|row| row[lane]);
        Fq::new_unchecked(BigInt([
            d[0] | d[1] << 52,
            d[1] >> 12 | d[2] << 40,
            d[2] >> 24 | d[3] << 28,
            d[3] >> 36 | d[4] << 16,
            d[4] >> 48 | d[5] << 4 | d[6] << 56,
            d[6] >> 8 | d[7] << 44,
        ]))
    })
}

/// Loads eight elements of `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load2(elements: &[Fq2; LANES]) -> Fp2 {
    Fp2 { re: load(&elements.map(|x| x.c0)), im: load(&elements.map(|x| x.c1)) }
}

/// Stores eight elements of `Fp2`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store2(lanes: &Fp2) -> [Fq2; LANES] {
    let (re, im) = (store(&lanes.re), store(&lanes.im));
    core::array::from_fn(|lane| Fq2::new(re[lane], im[lane]))
}

/// Returns affine points, with one inversion for all.
pub(super) fn affine_g1(points: &[G1]) -> Erased<G1Affine> {
    let affine = |limbs: &[u64; 12]| match limbs {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => G1Affine::identity(),
        limbs => G1Affine::new_unchecked(element(&limbs[..6]), element(&limbs[6..])),
    };
    Zeroizing::new((blst::KERNEL.g1.batch_affine)(points)).iter().map(affine).collect()
}

/// Returns affine points, with one inversion for all.
pub(super) fn affine_g2(points: &[G2]) -> Erased<G2Affine> {
    let element2 = |limbs: &[u64]| Fq2::new(element(&limbs[..6]), element(&limbs[6..]));
    let affine = |limbs: &[u64; 24]| {
        if limbs.iter().all(|limb| *limb == 0) {
            return G2Affine::identity();
        }
        G2Affine::new_unchecked(element2(&limbs[..12]), element2(&limbs[12..]))
    };
    Zeroizing::new((blst::KERNEL.g2.batch_affine)(points)).iter().map(affine).collect()
}

/// Returns the element with these Montgomery limbs.
pub(super) fn element(limbs: &[u64]) -> Fq {
    Fq::new_unchecked(BigInt(limbs.try_into().expect("a coordinate has six limbs")))
}

/// Stores eight elements of `Fp12`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store12(lanes: &Fp12) -> [Fq12; LANES] {
    let (a, b) = (store6(&lanes.a), store6(&lanes.b));
    core::array::from_fn(|lane| Fq12::new(a[lane], b[lane]))
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn store6(lanes: &Fp6) -> [Fq6; LANES] {
    let (c0, c1, c2) = (store2(&lanes[0]), store2(&lanes[1]), store2(&lanes[2]));
    core::array::from_fn(|lane| Fq6::new(c0[lane], c1[lane], c2[lane]))
}

/// Loads eight elements of `Fp12`.
#[cfg(test)]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load12(elements: &[Fq12; LANES]) -> Fp12 {
    Fp12 { a: load6(&elements.map(|f| f.c0)), b: load6(&elements.map(|f| f.c1)) }
}

#[cfg(test)]
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn load6(elements: &[Fq6; LANES]) -> Fp6 {
    [load2(&elements.map(|x| x.c0)), load2(&elements.map(|x| x.c1)), load2(&elements.map(|x| x.c2))]
}
