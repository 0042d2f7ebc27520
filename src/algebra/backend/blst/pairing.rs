//! The pairing by blst: Miller loops, prepared lines, the final exponentiation.
#![allow(unsafe_code)]

use super::super::kernel::Lines;
use super::{convert, curve, finite, output};
use crate::algebra::{G1, G2, Gt};
use ::blst::{
    blst_final_exp, blst_fp6, blst_fp12, blst_miller_loop, blst_miller_loop_lines,
    blst_miller_loop_n, blst_precompute_lines,
};
use ark_bls12_381::Fq12;
use ark_ff::Field;
use std::ptr;
use std::sync::Arc;
use zeroize::Zeroize;

/// Lines of a Miller loop: 63 doublings and 5 additions for the bits of the curve parameter.
const LINES: usize = 68;

pub(super) fn miller_loop(pairs: &[(G1, G2)]) -> Fq12 {
    // e(O, Q) = e(P, O) = 1, and the library's loop must not receive a point at infinity.
    let (left, right) = finite(pairs);
    match (left.as_slice(), right.as_slice()) {
        ([], _) | (_, []) => Fq12::ONE,
        ([p], [q]) => single(p, q),
        (left, right) => several(left, right),
    }
}

fn single(p: &G1, q: &G2) -> Fq12 {
    let (p, q) = (curve::g1::affine(p), curve::g2::affine(q));
    // SAFETY: the pointers are to affine points and to a distinct output.
    convert::ark_fp12(&output(|out| unsafe { blst_miller_loop(out, &q, &p) }))
}

/// Requires finite points, in slices of equal length.
fn several(left: &[G1], right: &[G2]) -> Fq12 {
    let (ps, qs) = (curve::g1::batch_affine(left), curve::g2::batch_affine(right));
    let (p_list, q_list) = ([ps.as_ptr(), ptr::null()], [qs.as_ptr(), ptr::null()]);
    // SAFETY: a null second pointer says that the first points to an array, here of as many affine
    // points as the last argument says.
    convert::ark_fp12(&output(|out| unsafe {
        blst_miller_loop_n(out, q_list.as_ptr(), p_list.as_ptr(), ps.len());
    }))
}

pub(super) fn final_exponentiation(f: &Fq12) -> Gt {
    final_exp(&convert::fp12(f))
}

fn final_exp(f: &blst_fp12) -> Gt {
    // SAFETY: both pointers are to valid structs; the output does not alias.
    Gt(convert::ark_fp12(&output(|out| unsafe { blst_final_exp(out, f) })))
}

pub(super) fn prepare(q: &G2) -> Arc<dyn Lines> {
    if q.is_identity() {
        return Arc::new(NoLines);
    }
    let q = curve::g2::affine(q);
    let mut lines = Prepared(Box::new([blst_fp6::default(); LINES]));
    // SAFETY: the function writes exactly 68 lines, and the point is finite.
    unsafe { blst_precompute_lines(lines.0.as_mut_ptr(), &q) };
    Arc::new(lines)
}

/// Line coefficients of blst.
struct Prepared(Box<[blst_fp6; LINES]>);

impl Lines for Prepared {
    fn pairing(&self, p: &G1) -> Gt {
        if p.is_identity() {
            return Gt::identity();
        }
        let p = curve::g1::affine(p);
        // SAFETY: the pointers are to all 68 lines, to an affine point and to a distinct output.
        let f = output(|out| unsafe { blst_miller_loop_lines(out, self.0.as_ptr(), &p) });
        final_exp(&f)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        for line in self.0.iter_mut() {
            for coefficient in line.fp2.iter_mut().flat_map(|c| &mut c.fp) {
                coefficient.l.zeroize();
            }
        }
    }
}

/// The lines of the point at infinity, whose pairings are one.
struct NoLines;

impl Lines for NoLines {
    fn pairing(&self, _: &G1) -> Gt {
        Gt::identity()
    }
}
