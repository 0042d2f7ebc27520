//! Conversion between the structs of arkworks and blst, limb by limb.
//!
//! Both represent `a` by `a 2^384 mod p` (scalars by `a 2^256 mod r`) in 64-bit limbs, least
//! significant first, and define Fp2 = Fp(u), Fp6 = Fp2(v), Fp12 = Fp6(w) by the same polynomials.
#![forbid(unsafe_code)]

use ark_bls12_381::{Fq, Fq2, Fq6, Fq12, Fr, G1Projective, G2Projective};
use ark_ff::{BigInt, PrimeField};
use blst::{
    blst_fp, blst_fp2, blst_fp6, blst_fp12, blst_fr, blst_p1, blst_p1_affine, blst_p2,
    blst_p2_affine,
};
use zeroize::Zeroizing;

pub(super) fn fr(a: &Fr) -> blst_fr {
    blst_fr { l: a.0.0 }
}

pub(super) fn ark_fr(a: &blst_fr) -> Fr {
    Fr::new_unchecked(BigInt(a.l))
}

/// Returns the canonical integer of a scalar, little-endian, as blst's multiplications expect it.
pub(super) fn scalar_bytes(a: &Fr) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    let limbs = Zeroizing::new(a.into_bigint().0);
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(*limbs) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

pub(super) fn fp(a: &Fq) -> blst_fp {
    blst_fp { l: a.0.0 }
}

pub(super) fn ark_fp(a: &blst_fp) -> Fq {
    Fq::new_unchecked(BigInt(a.l))
}

fn fp2(a: &Fq2) -> blst_fp2 {
    blst_fp2 { fp: [fp(&a.c0), fp(&a.c1)] }
}

fn ark_fp2(a: &blst_fp2) -> Fq2 {
    Fq2::new(ark_fp(&a.fp[0]), ark_fp(&a.fp[1]))
}

fn fp6(a: &Fq6) -> blst_fp6 {
    blst_fp6 { fp2: [fp2(&a.c0), fp2(&a.c1), fp2(&a.c2)] }
}

fn ark_fp6(a: &blst_fp6) -> Fq6 {
    Fq6::new(ark_fp2(&a.fp2[0]), ark_fp2(&a.fp2[1]), ark_fp2(&a.fp2[2]))
}

pub(super) fn fp12(a: &Fq12) -> blst_fp12 {
    blst_fp12 { fp6: [fp6(&a.c0), fp6(&a.c1)] }
}

pub(super) fn ark_fp12(a: &blst_fp12) -> Fq12 {
    Fq12::new(ark_fp6(&a.fp6[0]), ark_fp6(&a.fp6[1]))
}

pub(super) fn p1(a: &G1Projective) -> blst_p1 {
    blst_p1 { x: fp(&a.x), y: fp(&a.y), z: fp(&a.z) }
}

pub(super) fn ark_p1(a: &blst_p1) -> G1Projective {
    G1Projective::new_unchecked(ark_fp(&a.x), ark_fp(&a.y), ark_fp(&a.z))
}

pub(super) fn p2(a: &G2Projective) -> blst_p2 {
    blst_p2 { x: fp2(&a.x), y: fp2(&a.y), z: fp2(&a.z) }
}

pub(super) fn ark_p2(a: &blst_p2) -> G2Projective {
    G2Projective::new_unchecked(ark_fp2(&a.x), ark_fp2(&a.y), ark_fp2(&a.z))
}

pub(super) fn p1_limbs(a: &blst_p1_affine) -> [u64; 12] {
    limbs([&a.x, &a.y])
}

pub(super) fn p1_from_limbs(limbs: &[u64; 12]) -> blst_p1_affine {
    let [x, y] = coefficients(limbs);
    blst_p1_affine { x, y }
}

pub(super) fn p2_limbs(a: &blst_p2_affine) -> [u64; 24] {
    limbs([&a.x.fp[0], &a.x.fp[1], &a.y.fp[0], &a.y.fp[1]])
}

pub(super) fn p2_from_limbs(limbs: &[u64; 24]) -> blst_p2_affine {
    let [x0, x1, y0, y1] = coefficients(limbs);
    blst_p2_affine { x: blst_fp2 { fp: [x0, x1] }, y: blst_fp2 { fp: [y0, y1] } }
}

fn limbs<const C: usize, const L: usize>(coefficients: [&blst_fp; C]) -> [u64; L] {
    let mut limbs = [0; L];
    for (chunk, coefficient) in limbs.chunks_exact_mut(6).zip(coefficients) {
        chunk.copy_from_slice(&coefficient.l);
    }
    limbs
}

fn coefficients<const C: usize, const L: usize>(limbs: &[u64; L]) -> [blst_fp; C] {
    let mut coefficients = [blst_fp::default(); C];
    for (chunk, coefficient) in limbs.chunks_exact(6).zip(&mut coefficients) {
        coefficient.l.copy_from_slice(chunk);
    }
    coefficients
}
