//! Eight elements at once: kernels for AVX-512 IFMA.
#![allow(dead_code)]

mod bound;
mod convert;
mod cyclotomic;
mod final_exponentiation;
mod miller;
mod fp;
mod fp2;
mod fp12;
mod inverse;
mod line;
mod mask;
#[cfg(test)]
mod tests;
mod wide;
pub mod bench;

/// Elements in a register.
const LANES: usize = 8;

/// Whether this machine has the instructions.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}
