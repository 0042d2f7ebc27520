//! The vectorised backend: eight independent computations at once, with AVX-512 IFMA.
//!
//! One instruction multiplies eight pairs of 52-bit digits. A batch of eight scalar
//! multiplications, hashes or pairings runs in step, one per lane, and takes little longer than one
//! of them in blst. Single operations are blst's.
//!
//! From the bottom up:
//!
//! | file | contents |
//! |---|---|
//! | `vector`, `prime` | registers of eight integers; the prime in radix `2^52` |
//! | `bound` | interval checks of lazy reduction, in debug builds |
//! | `fp`, `wide`, `montgomery` | the base field: lazy sums, unreduced products, reduction |
//! | `mask`, `inverse`, `sqrt` | per-lane selection, inversion and square roots |
//! | `fp2`, `wide2`, `fp12`, `line` | the tower, sparse multiplication by lines |
//! | `cyclotomic` | squaring and exponentiation in the cyclotomic subgroup |
//! | `convert` | conversion from and to arkworks' types |
//! | `miller`, `final_exponentiation`, `pairing` | pairings |
//! | `curve`, `endomorphism` | points, by complete formulas |
//! | `glv`, `scalar_mul`, `fixed_base`, `msm` | scalar multiplication |
//! | `decompress` | decompression and subgroup checks |
//! | `map_to_curve`, `hash_to_curve` | hashing to the curves |
//!
//! **Lanes are independent.** An input for which a computation is undefined (a point at infinity in
//! a Miller loop, zero in an inversion, a malformed encoding) is replaced beforehand and its result
//! overwritten.
//!
//! **Timing.** Scalar multiplication takes the same steps for all scalars. A pairing takes other
//! steps if an element of the cyclotomic subgroup has a zero coordinate, which happens with
//! negligible probability. `msm`, decompression and hashing are for public data.
//!
//! **Unsafe code** calls functions whose target features were detected, and converts between
//! registers and arrays; the arithmetic is safe code.
#![allow(unsafe_code)]
// The formulas number limbs and columns; the loops are unrolled.
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
mod fixed_base;
mod fp;
mod fp12;
mod fp2;
mod glv;
#[cfg(test)]
mod hash_tests;
mod hash_to_curve;
mod inverse;
mod line;
mod map_to_curve;
mod mask;
mod miller;
mod montgomery;
mod msm;
mod pairing;
mod prime;
mod scalar_mul;
mod sqrt;
#[cfg(test)]
mod tests;
mod vector;
mod wide;
mod wide2;

use super::blst;
use super::kernel::{BatchOperations, Kernel, Pairing, SourceGroup};
pub(super) use vector::available;

/// The kernel of the vectorised functions, and blst's for the rest.
pub(super) static KERNEL: Kernel = Kernel {
    g1: SourceGroup {
        batch: BatchOperations {
            mul: Some(scalar_mul::mul_g1),
            hash: Some(hash_to_curve::hash_to_g1),
            decompress: Some(decompress::decompress_g1),
            sum: Some(fixed_base::sum_g1),
            msm: Some(msm::msm_g1),
        },
        ..blst::KERNEL.g1
    },
    g2: SourceGroup {
        batch: BatchOperations {
            mul: Some(scalar_mul::mul_g2),
            hash: Some(hash_to_curve::hash_to_g2),
            decompress: Some(decompress::decompress_g2),
            sum: Some(fixed_base::sum_g2),
            msm: None,
        },
        ..blst::KERNEL.g2
    },
    gt: blst::KERNEL.gt,
    pairing: Pairing {
        miller_loop: pairing::miller_loop,
        batch_pairing: Some(pairing::batch_pairing),
        prepare: pairing::prepare,
        ..blst::KERNEL.pairing
    },
    invert: blst::KERNEL.invert,
};
