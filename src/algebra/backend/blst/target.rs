//! GT by blst.
#![allow(unsafe_code)]

use super::{convert, written};
use crate::algebra::{Gt, Scalar};
use ::blst::{blst_fp12_in_group, blst_fp12_mul};
use ark_bls12_381::Fq12;

pub(super) fn mul(a: &Fq12, b: &Fq12) -> Fq12 {
    let (a, b) = (convert::fp12(a), convert::fp12(b));
    // SAFETY: the pointers are to valid structs, the result to a place of its own.
    convert::ark_fp12(&written(|out| unsafe { blst_fp12_mul(out, &a, &b) }))
}

pub(super) fn contains(f: &Fq12) -> bool {
    let f = convert::fp12(f);
    // SAFETY: the pointer is to a valid struct.
    unsafe { blst_fp12_in_group(&f) }
}

pub(super) fn pow(base: &Gt, scalar: &Scalar) -> Gt {
    super::super::portable::pow(base, scalar)
}
