//! The blst backend: C and assembly behind arkworks' types.
//!
//! Both libraries represent field elements by Montgomery limbs with `R = 2^384` (scalars `2^256`)
//! and use the same tower, so conversion copies limbs ([`convert`]). Nothing is transmuted: the
//! layout of arkworks' structs is unspecified.
//!
//! Pitfalls of the library, avoided here:
//! - The Miller loop over several pairs is incorrect if one contains the point at infinity. Such
//!   pairs are removed first; their pairing is 1 ([`pairing::miller_loop`]).
//! - Scalar multiplication uses the endomorphism, which is correct in the subgroup only. The types
//!   [`G1`](crate::algebra::G1) and [`G2`](crate::algebra::G2) guarantee membership.
//! - In a list of pointers, a null second pointer means that the first points to a contiguous array
//!   of all items. Only [`curve`] and [`pairing`] build such lists.
//!
//! Scalar multiplication, exponentiation in GT and inversion modulo `r` are constant time in the
//! scalar; `msm`, decompression and hashing are not.
#![allow(unsafe_code)]

mod convert;
mod curve;
mod pairing;
mod target;

use super::kernel::{Kernel, Pairing, SourceGroup, TargetGroup};
use super::portable;
use crate::algebra::Scalar;
use ark_ff::Zero;

/// The kernel of blst's functions.
pub(super) static KERNEL: Kernel = Kernel {
    // arkworks adds faster in G1: a foreign call cannot be inlined.
    g1: SourceGroup { add: portable::KERNEL.g1.add, ..curve::g1::GROUP },
    g2: curve::g2::GROUP,
    gt: TargetGroup {
        mul: target::mul,
        pow: target::pow,
        table_pow: target::table_pow,
        contains: target::contains,
    },
    pairing: Pairing {
        miller_loop: pairing::miller_loop,
        final_exponentiation: pairing::final_exponentiation,
        batch_pairing: None,
        prepare: pairing::prepare,
    },
    invert,
};

/// Returns the value that a foreign function writes through its output pointer.
fn output<T: Default>(write: impl FnOnce(*mut T)) -> T {
    let mut value = T::default();
    write(&mut value);
    value
}

/// Returns the inverse of an element of the base field, or 0 for 0. Constant time.
#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
pub(super) fn invert_fp(element: &ark_bls12_381::Fq) -> ark_bls12_381::Fq {
    let input = convert::fp(element);
    // SAFETY: both pointers are to valid `blst_fp`; the output does not alias.
    convert::ark_fp(&output(|out| unsafe { ::blst::blst_fp_inverse(out, &input) }))
}

/// Returns the inverse modulo `r`, or `None` for zero. Constant time for non-zero scalars.
fn invert(scalar: &Scalar) -> Option<Scalar> {
    if scalar.0.is_zero() {
        return None;
    }
    let input = convert::fr(&scalar.0);
    // SAFETY: both pointers are to valid `blst_fr`; the output does not alias.
    let output = output(|out| unsafe { ::blst::blst_fr_inverse(out, &input) });
    Some(Scalar(convert::ark_fr(&output)))
}
