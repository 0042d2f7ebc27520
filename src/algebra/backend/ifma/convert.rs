//! Between arkworks' elements and lanes.
//!
//! arkworks keeps `x 2^384 mod p` in six 64-bit limbs, the lanes keep `x 2^416 mod p` in eight of
//! 52 bits. The limbs of eight elements are transposed through an array, cut to digits by shifts of
//! whole registers, and multiplied once by a constant: Montgomery's product of `x 2^384` and
//! `2^448` is `x 2^416`, that of `x 2^416` and `2^384` is `x 2^384`.
//!
//! Slices shorter than eight fill the remaining lanes with a given element.

use super::LANES;
use super::bound::Bound;
use super::fp::{Fp, LIMBS, V, digits, doubled, power_of_two, splat, zero};
use super::fp2::Fp2;
use super::fp12::{Fp6, Fp12};
use ark_bls12_381::{Fq, Fq2, Fq6, Fq12};
use ark_ff::BigInt;
use core::arch::x86_64::*;

/// `2^448 mod p` and `2^384 mod p`, as numbers.
const INTO_LANES: [u64; LIMBS] = digits(power_of_two(448));
const OUT_OF_LANES: [u64; LIMBS] = digits(power_of_two(384));

/// The same for a number, and for one that stands for `2^384` times itself.
const LOW_INTO_LANES: [u64; LIMBS] = digits(power_of_two(832));
const HIGH_INTO_LANES: [u64; LIMBS] = digits(power_of_two(832 + 384));

/// The digits of `x 2^416 mod p`, for constants.
pub(super) const fn constant(x: &Fq) -> [u64; LIMBS] {
    digits(doubled(x.0.0, 32))
}

/// The digits of a constant of the quadratic extension.
pub(super) const fn constant2(x: &Fq2) -> [[u64; LIMBS]; 2] {
    [constant(&x.c0), constant(&x.c1)]
}

/// Eight elements into lanes.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load(elements: &[Fq; LANES]) -> Fp {
    load_limbs(elements).times(&Fp::splat(&INTO_LANES)).carried()
}

/// One element into every lane.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load_one(element: &Fq) -> Fp {
    Fp::splat(&digits(element.0.0)).times(&Fp::splat(&INTO_LANES)).carried()
}

/// The limbs of eight elements as digits, which means: divided by `2^32`.
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

/// Eight numbers of 384 bits as digits; `columns[i]` are their limbs `i`.
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

/// Eight numbers of 512 bits, big-endian, modulo `p`: `low + high 2^384`, each part multiplied by
/// what takes it into lanes.
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
    low.times(&Fp::splat(&LOW_INTO_LANES)).plus(&high.times(&Fp::splat(&HIGH_INTO_LANES)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn from_array(numbers: &[u64; LANES]) -> V {
    // SAFETY: both types are 64 bytes without padding, and any bits are a register.
    unsafe { core::mem::transmute::<[u64; LANES], V>(*numbers) }
}

/// 52 bits from bit `SHIFT` of `low`, continued in `high`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn digit<const SHIFT: u32>(low: V, high: V) -> V {
    let bits = if SHIFT > 12 {
        let low = _mm512_srlv_epi64(low, splat(SHIFT as u64));
        _mm512_or_si512(low, _mm512_sllv_epi64(high, splat(64 - SHIFT as u64)))
    } else {
        _mm512_srlv_epi64(low, splat(SHIFT as u64))
    };
    _mm512_and_si512(bits, splat((1 << 52) - 1))
}

/// Lanes into eight elements.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store(lanes: &Fp) -> [Fq; LANES] {
    let digits = lanes.times(&Fp::splat(&OUT_OF_LANES)).canonical();
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

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn to_array(numbers: V) -> [u64; LANES] {
    // SAFETY: both types are 64 bytes without padding, and any bits are eight numbers.
    unsafe { core::mem::transmute::<V, [u64; LANES]>(numbers) }
}

/// Eight elements of the quadratic extension into lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load2(elements: &[Fq2; LANES]) -> Fp2 {
    Fp2 { re: load(&elements.map(|x| x.c0)), im: load(&elements.map(|x| x.c1)) }
}

/// Lanes into eight elements of the quadratic extension.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store2(lanes: &Fp2) -> [Fq2; LANES] {
    let (re, im) = (store(&lanes.re), store(&lanes.im));
    core::array::from_fn(|lane| Fq2::new(re[lane], im[lane]))
}

/// Eight elements from a slice of at most eight, the rest filled up.
pub(super) fn filled<T: Copy>(elements: &[T], filler: T) -> [T; LANES] {
    core::array::from_fn(|lane| elements.get(lane).copied().unwrap_or(filler))
}

/// Lanes into eight elements of the pairing's field.
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

/// Eight elements of the pairing's field into lanes.
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
