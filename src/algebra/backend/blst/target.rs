//! GT by blst.
#![allow(unsafe_code)]

use super::super::power::{self, Cyclotomic, LIMBS, PowerTable};
use super::{convert, output};
use crate::algebra::{Gt, Scalar};
use ::blst::{
    blst_fp2_cneg, blst_fp6, blst_fp12, blst_fp12_cyclotomic_sqr, blst_fp12_frobenius_map,
    blst_fp12_in_group, blst_fp12_mul,
};
use ark_bls12_381::Fq12;

pub(super) fn mul(a: &Fq12, b: &Fq12) -> Fq12 {
    let (a, b) = (convert::fp12(a), convert::fp12(b));
    // SAFETY: the pointers are to valid structs; the output does not alias.
    convert::ark_fp12(&output(|out| unsafe { blst_fp12_mul(out, &a, &b) }))
}

pub(super) fn contains(f: &Fq12) -> bool {
    let f = convert::fp12(f);
    // SAFETY: the pointer is to a valid struct.
    unsafe { blst_fp12_in_group(&f) }
}

/// Constant time in the scalar, given the library's claim for its field arithmetic.
pub(super) fn pow(base: &Gt, scalar: &Scalar) -> Gt {
    Gt(convert::ark_fp12(&power::pow(&convert::fp12(&base.0), &scalar.0)))
}

/// Constant time in the scalar, as [`pow`].
pub(super) fn table_pow(table: &PowerTable, scalar: &Scalar) -> Gt {
    Gt(convert::ark_fp12(&power::table_pow(table, &scalar.0)))
}

impl Cyclotomic for blst_fp12 {
    fn one() -> Self {
        Self::default()
    }

    fn square(&mut self) {
        let this: *mut Self = self;
        // SAFETY: the pointer is to a valid struct; the library supports squaring in place.
        unsafe { blst_fp12_cyclotomic_sqr(this, this) };
    }

    fn multiply(&mut self, other: &Self) {
        let this: *mut Self = self;
        // SAFETY: the pointers are to valid structs; the library supports multiplication in place.
        unsafe { blst_fp12_mul(this, this, other) };
    }

    fn conjugate_if(&self, flag: u8) -> Self {
        let mut result = *self;
        for (c, negated) in self.fp6[1].fp2.iter().zip(&mut result.fp6[1].fp2) {
            // SAFETY: the pointers are to valid structs; the output does not alias.
            unsafe { blst_fp2_cneg(negated, c, flag != 0) };
        }
        result
    }

    fn frobenius(&self, power: usize) -> Self {
        // SAFETY: the pointers are to valid structs; the output does not alias; the library
        // has the maps 1 to 3.
        output(|out| unsafe { blst_fp12_frobenius_map(out, self, power) })
    }

    fn limbs(&self) -> [u64; LIMBS] {
        let mut limbs = [0; LIMBS];
        let coefficients = self.fp6.iter().flat_map(|c| &c.fp2).flat_map(|c| &c.fp);
        for (chunk, coefficient) in limbs.chunks_exact_mut(6).zip(coefficients) {
            chunk.copy_from_slice(&coefficient.l);
        }
        limbs
    }

    fn from_limbs(limbs: &[u64; LIMBS]) -> Self {
        let mut element = Self { fp6: [blst_fp6::default(); 2] };
        let coefficients = element.fp6.iter_mut().flat_map(|c| &mut c.fp2).flat_map(|c| &mut c.fp);
        for (chunk, coefficient) in limbs.chunks_exact(6).zip(coefficients) {
            coefficient.l.copy_from_slice(chunk);
        }
        element
    }
}
