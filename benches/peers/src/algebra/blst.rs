//! blst through its C interface, on one thread.
#![allow(unsafe_code)]
// SAFETY of every block: pointers refer to initialised values of the declared types, lengths are
// those of the slices, and outputs do not overlap inputs.

use super::{Curve, G1Bytes, G2Bytes};
use blst::*;
use std::ptr;

/// The number of line functions that `blst_precompute_lines` writes.
const LINES: usize = 68;

pub(super) struct Blst;

impl Curve for Blst {
    const NAME: &str = "blst";
    type Scalar = [u8; 32];
    type A1 = blst_p1_affine;
    type A2 = blst_p2_affine;
    type P1 = blst_p1;
    type P2 = blst_p2;
    type Gt = blst_fp12;
    type Prepared = [blst_fp6; LINES];

    /// Little-endian, as blst's multiplication requires.
    fn scalar(big_endian: &[u8; 32]) -> [u8; 32] {
        let mut bytes = *big_endian;
        bytes.reverse();
        bytes
    }
    fn decode_g1(bytes: &G1Bytes) -> Option<blst_p1_affine> {
        let mut point = blst_p1_affine::default();
        let valid = unsafe {
            blst_p1_uncompress(&mut point, bytes.as_ptr()) == BLST_ERROR::BLST_SUCCESS
                && blst_p1_affine_in_g1(&point)
        };
        valid.then_some(point)
    }
    fn decode_g2(bytes: &G2Bytes) -> Option<blst_p2_affine> {
        let mut point = blst_p2_affine::default();
        let valid = unsafe {
            blst_p2_uncompress(&mut point, bytes.as_ptr()) == BLST_ERROR::BLST_SUCCESS
                && blst_p2_affine_in_g2(&point)
        };
        valid.then_some(point)
    }
    fn encode_g1(point: &blst_p1) -> G1Bytes {
        let mut bytes = [0; 48];
        unsafe { blst_p1_compress(bytes.as_mut_ptr(), point) };
        bytes
    }
    fn encode_g2(point: &blst_p2) -> G2Bytes {
        let mut bytes = [0; 96];
        unsafe { blst_p2_compress(bytes.as_mut_ptr(), point) };
        bytes
    }
    fn pairing(p: &blst_p1_affine, q: &blst_p2_affine) -> blst_fp12 {
        let mut f = blst_fp12::default();
        unsafe { blst_miller_loop(&mut f, q, p) };
        f.final_exp()
    }
    fn prepare(q: &blst_p2_affine) -> Self::Prepared {
        let mut lines = [blst_fp6::default(); LINES];
        unsafe { blst_precompute_lines(lines.as_mut_ptr(), q) };
        lines
    }
    fn prepared_pairing(p: &blst_p1_affine, lines: &Self::Prepared) -> blst_fp12 {
        let mut f = blst_fp12::default();
        unsafe { blst_miller_loop_lines(&mut f, lines.as_ptr(), p) };
        f.final_exp()
    }
    fn product(pairs: &[(blst_p1_affine, blst_p2_affine)]) -> blst_fp12 {
        let (ps, qs): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        let mut f = blst_fp12::default();
        // A null pointer after the first marks the points as contiguous.
        let (ps, qs) = ([ps.as_ptr(), ptr::null()], [qs.as_ptr(), ptr::null()]);
        unsafe { blst_miller_loop_n(&mut f, qs.as_ptr(), ps.as_ptr(), pairs.len()) };
        f.final_exp()
    }
    fn mul_g1(point: &blst_p1_affine, scalar: &[u8; 32]) -> blst_p1 {
        let (mut projective, mut product) = (blst_p1::default(), blst_p1::default());
        unsafe {
            blst_p1_from_affine(&mut projective, point);
            blst_p1_mult(&mut product, &projective, scalar.as_ptr(), 255);
        }
        product
    }
    fn mul_g2(point: &blst_p2_affine, scalar: &[u8; 32]) -> blst_p2 {
        let (mut projective, mut product) = (blst_p2::default(), blst_p2::default());
        unsafe {
            blst_p2_from_affine(&mut projective, point);
            blst_p2_mult(&mut product, &projective, scalar.as_ptr(), 255);
        }
        product
    }
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> blst_p1 {
        let mut point = blst_p1::default();
        let (m, d) = (message.as_ptr(), domain.as_ptr());
        unsafe {
            blst_hash_to_g1(&mut point, m, message.len(), d, domain.len(), ptr::null(), 0);
        }
        point
    }
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> blst_p2 {
        let mut point = blst_p2::default();
        let (m, d) = (message.as_ptr(), domain.as_ptr());
        unsafe {
            blst_hash_to_g2(&mut point, m, message.len(), d, domain.len(), ptr::null(), 0);
        }
        point
    }
}
