//! Eight elements at once: kernels for AVX-512 IFMA.
#![allow(dead_code)]

mod bound;
mod convert;
mod curve;
#[cfg(test)]
mod curve_tests;
#[cfg(test)]
mod codec_tests;
mod fp;
mod fp2;
mod decompress;
mod endomorphism;
mod glv;
mod hash;
#[cfg(test)]
mod hash_tests;
mod inverse;
mod map;
mod mask;
mod multiply;
#[cfg(test)]
mod tests;
mod root;
mod sums;
pub mod bench;

/// Elements in a register.
const LANES: usize = 8;

/// Whether this machine has the instructions.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

pub(super) use decompress::{are_in_g1, are_in_g2, decompress_g1, decompress_g2};
pub(super) use hash::{hash_to_g1, hash_to_g2};
pub(super) use multiply::{mul_g1, mul_g2};
