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
use crate::algebra::{G1, G2, Scalar};
use ark_ff::Zero;
use std::ops::{Deref, DerefMut};
use zeroize::Zeroizing;

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

/// A list of plain structs, erased on drop: the points of a batch may be keys.
pub(super) struct Erased<T: Copy>(Vec<T>);

impl<T: Copy> FromIterator<T> for Erased<T> {
    /// The iterator must know its length: a reallocation would leave a copy.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items = items.into_iter();
        let (least, most) = items.size_hint();
        debug_assert_eq!(Some(least), most, "the length is known");
        let mut list = Vec::with_capacity(least);
        list.extend(items);
        Self(list)
    }
}

impl<T: Copy> Drop for Erased<T> {
    fn drop(&mut self) {
        for item in &mut self.0 {
            // SAFETY: the structs are numbers, for which zero is a value, and are not used again.
            unsafe { zeroize::zeroize_flat_type(item) };
        }
    }
}

impl<T: Copy> Deref for Erased<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Copy> DerefMut for Erased<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

/// The items of finite pairs, in two lists.
pub(super) type Finite = (Zeroizing<Vec<G1>>, Zeroizing<Vec<G2>>);

/// Returns the pairs without a point at infinity, whose pairings are one.
pub(super) fn finite(pairs: &[(G1, G2)]) -> Finite {
    let mut left = Zeroizing::new(Vec::with_capacity(pairs.len()));
    let mut right = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for (p, q) in pairs.iter().filter(|(p, q)| !p.is_identity() && !q.is_identity()) {
        left.push(*p);
        right.push(*q);
    }
    (left, right)
}

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
