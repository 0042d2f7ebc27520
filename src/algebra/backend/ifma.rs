//! The lanes: eight elements at once, with AVX-512 IFMA.
//!
//! The processor multiplies eight pairs of 52-bit digits by one instruction. A batch of eight
//! independent multiplications, hashes or pairings thus runs eight elements in step, one a lane, and
//! takes little longer than one of them by other means. Single operations are blst's.
//!
//! From below:
//!
//! | file | what |
//! |---|---|
//! | `bound` | how large a lazily reduced value may be, asserted in debug builds |
//! | `fp`, `wide`, `sums` | the base field: sums, products before reduction, Montgomery's reduction |
//! | `mask`, `inverse`, `root` | decisions, inverses and square roots that differ from lane to lane |
//! | `fp2`, `wide2`, `fp12`, `line`, `cyclotomic` | the tower, products with lines, squares in the subgroup |
//! | `convert` | between arkworks' elements and lanes |
//! | `miller`, `final_exponentiation`, `pairing` | pairings |
//! | `curve`, `endomorphism`, `glv`, `multiply`, `fixed`, `sum_of_products` | points, by complete formulas |
//! | `decompress` | points from bytes, and whether they are in the subgroup |
//! | `map`, `hash` | messages to points |
//!
//! **Lanes do not disturb each other.** What has no place in a lane (an infinity in a Miller loop, a
//! zero to invert, bytes that are no point) is replaced there before and its result put in after.
//!
//! **Timing.** Multiplication by scalars takes the same steps for all scalars. Pairings take other
//! steps where a value in the cyclotomic subgroup has a zero coordinate, which values that anyone
//! can find do not. Decompression and hashing look at public data.
//!
//! **Unsafe code** is where a function whose instructions were found to be there is entered, and
//! where registers are read as numbers; the arithmetic itself is safe code.
#![allow(unsafe_code)]
// Limbs and columns are numbered in the formulas, and unrolled.
#![allow(clippy::needless_range_loop)]

mod bound;
#[cfg(test)]
mod codec_tests;
mod convert;
mod curve;
#[cfg(test)]
mod curve_tests;
mod cyclotomic;
mod decompress;
mod endomorphism;
mod final_exponentiation;
mod fixed;
mod fp;
mod fp12;
mod fp2;
mod glv;
mod hash;
#[cfg(test)]
mod hash_tests;
mod inverse;
mod line;
mod map;
mod mask;
mod miller;
mod multiply;
mod pairing;
mod root;
mod sum_of_products;
mod sums;
#[cfg(test)]
mod tests;
mod wide;
mod wide2;

use super::blst;
use super::kernel::{Kernel, Lanes, Pairing, SourceGroup};
use crate::algebra::{G1, G2, Scalar};
use crate::error::DecodeError;
use ark_bls12_381::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ff::BigInt;
use zeroize::Zeroizing;

/// Elements in a register.
const LANES: usize = 8;

/// Whether this machine has the instructions.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

/// The lanes' functions, and blst's where there are none.
pub(super) static KERNEL: Kernel = Kernel {
    g1: SourceGroup {
        lanes: Lanes {
            batch_mul: Some(mul_each_g1),
            batch_hash: Some(hash_each_g1),
            batch_decompress: Some(decompress_each_g1),
            batch_sum: Some(fixed::sums_g1),
            sum_of_products: Some(sum_of_products::sum_of_products_g1),
        },
        ..blst::KERNEL.g1
    },
    g2: SourceGroup {
        lanes: Lanes {
            batch_mul: Some(mul_each_g2),
            batch_hash: Some(hash_each_g2),
            batch_decompress: Some(decompress_each_g2),
            batch_sum: Some(fixed::sums_g2),
            sum_of_products: None,
        },
        ..blst::KERNEL.g2
    },
    gt: blst::KERNEL.gt,
    pairing: Pairing {
        miller: pairing::miller,
        each: Some(pairing::each),
        prepare: pairing::prepare,
        ..blst::KERNEL.pairing
    },
    invert: blst::KERNEL.invert,
};

fn mul_each_g1(points: &[G1], scalars: &[Scalar]) -> Vec<G1> {
    let scalars = Zeroizing::new(scalars.iter().map(|s| s.0).collect::<Vec<Fr>>());
    multiply::mul_g1(&affine_g1(points), &scalars).into_iter().map(G1).collect()
}

fn mul_each_g2(points: &[G2], scalars: &[Scalar]) -> Vec<G2> {
    let scalars = Zeroizing::new(scalars.iter().map(|s| s.0).collect::<Vec<Fr>>());
    multiply::mul_g2(&affine_g2(points), &scalars).into_iter().map(G2).collect()
}

fn hash_each_g1(tag: &[u8], messages: &[&[u8]]) -> Vec<G1> {
    hash::hash_to_g1(tag, messages).into_iter().map(G1).collect()
}

fn hash_each_g2(tag: &[u8], messages: &[&[u8]]) -> Vec<G2> {
    hash::hash_to_g2(tag, messages).into_iter().map(G2).collect()
}

fn decompress_each_g1(encodings: &[[u8; 48]]) -> Vec<Result<G1, DecodeError>> {
    decompress::decompress_g1(encodings).into_iter().map(|point| point.map(G1)).collect()
}

fn decompress_each_g2(encodings: &[[u8; 96]]) -> Vec<Result<G2, DecodeError>> {
    decompress::decompress_g2(encodings).into_iter().map(|point| point.map(G2)).collect()
}

/// Affine points, by one inversion for all.
fn affine_g1(points: &[G1]) -> Vec<G1Affine> {
    let affine = |limbs: &[u64; 12]| match limbs {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => G1Affine::identity(),
        limbs => G1Affine::new_unchecked(element(&limbs[..6]), element(&limbs[6..])),
    };
    (blst::KERNEL.g1.batch_affine)(points).iter().map(affine).collect()
}

/// Affine points, by one inversion for all.
fn affine_g2(points: &[G2]) -> Vec<G2Affine> {
    let element2 = |limbs: &[u64]| Fq2::new(element(&limbs[..6]), element(&limbs[6..]));
    let affine = |limbs: &[u64; 24]| {
        if limbs.iter().all(|limb| *limb == 0) {
            return G2Affine::identity();
        }
        G2Affine::new_unchecked(element2(&limbs[..12]), element2(&limbs[12..]))
    };
    (blst::KERNEL.g2.batch_affine)(points).iter().map(affine).collect()
}

/// From Montgomery limbs.
fn element(limbs: &[u64]) -> Fq {
    Fq::new_unchecked(BigInt(limbs.try_into().expect("six limbs a coordinate")))
}
