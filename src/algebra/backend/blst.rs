//! The blst backend: kernels in C and assembly under arkworks' types.
//!
//! The two libraries store field elements alike (Montgomery limbs for 2^384 and 2^256, the same
//! tower), so a value crosses by copying limbs ([`convert`]); nothing is transmuted, because
//! arkworks' structs promise no layout.
//!
//! Traps of the library, closed here:
//! - its Miller loop over several pairs is wrong if one holds an infinity: these are left out first,
//!   their pairing being 1 ([`pairing::miller`]);
//! - its multiplication uses the curve's endomorphism, right in the subgroup only: points outside
//!   it do not exist as [`G1`](crate::algebra::G1) or [`G2`](crate::algebra::G2);
//! - a null second pointer means "contiguous from the first": all lists of pointers are made in
//!   [`curve`].
//!
//! Multiplication of points by a scalar, exponentiation in GT and inversion modulo `r` are constant
//! time in the scalar; `msm`, decompression and hashing are not.
#![allow(unsafe_code)]

mod convert;
mod curve;
mod pairing;
mod target;

use super::kernel::{Kernel, Lanes, Pairing, SourceGroup, TargetGroup};
use super::portable;
use crate::algebra::Scalar;
use ark_ff::Zero;

/// blst's functions.
pub(super) static KERNEL: Kernel = Kernel {
    g1: SourceGroup {
        // arkworks adds faster in G1: a foreign call cannot be inlined.
        add: portable::KERNEL.g1.add,
        mul: curve::g1::mul,
        msm: curve::g1::msm,
        hash: curve::g1::hash,
        compress: curve::g1::compress,
        batch_compress: curve::g1::batch_compress,
        decompress: curve::g1::decompress,
        batch_affine: curve::g1::batch_affine_limbs,
        sum: curve::g1::sum,
        lanes: Lanes::NONE,
    },
    g2: SourceGroup {
        add: curve::g2::add,
        mul: curve::g2::mul,
        msm: curve::g2::msm,
        hash: curve::g2::hash,
        compress: curve::g2::compress,
        batch_compress: curve::g2::batch_compress,
        decompress: curve::g2::decompress,
        batch_affine: curve::g2::batch_affine_limbs,
        sum: curve::g2::sum,
        lanes: Lanes::NONE,
    },
    gt: TargetGroup {
        mul: target::mul,
        pow: target::pow,
        table_pow: target::table_pow,
        contains: target::contains,
    },
    pairing: Pairing {
        miller: pairing::miller,
        finish: pairing::finish,
        each: None,
        prepare: pairing::prepare,
    },
    invert,
};

/// What a foreign function writes through its first argument.
fn written<T: Default>(write: impl FnOnce(*mut T)) -> T {
    let mut value = T::default();
    write(&mut value);
    value
}

/// The inverse of an element of the base field, in constant time; 0 for 0.
#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
pub(super) fn invert_element(element: &ark_bls12_381::Fq) -> ark_bls12_381::Fq {
    let input = convert::fp(element);
    // SAFETY: both pointers are to valid `blst_fp`, the result to a place of its own.
    convert::ark_fp(&written(|out| unsafe { ::blst::blst_fp_inverse(out, &input) }))
}

/// By `s^(r-2)`-free constant-time inversion.
fn invert(scalar: &Scalar) -> Option<Scalar> {
    if scalar.0.is_zero() {
        return None;
    }
    let input = convert::fr(&scalar.0);
    // SAFETY: both pointers are to valid `blst_fr`, the result to a place of its own.
    let output = written(|out| unsafe { ::blst::blst_fr_inverse(out, &input) });
    Some(Scalar(convert::ark_fr(&output)))
}
