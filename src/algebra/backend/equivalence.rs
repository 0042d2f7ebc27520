//! Compares every operation of every available backend with the portable one.
//!
//! The environment variable `EPIONE_CAMPAIGN` multiplies the number of cases; 100 gives at least
//! ten thousand per operation.
#![forbid(unsafe_code)]

mod decoding;
mod pairing;
mod source;
mod target;

use super::decomposition::X;
use super::kernel::Kernel;
use super::{choice, portable};
use crate::algebra::Scalar;
use ark_ff::Field;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::num::NonZeroUsize;

/// Batch sizes: zero, one, and around the number of lanes.
const SIZES: [usize; 7] = [0, 1, 2, 7, 8, 9, 17];

/// Returns the backends other than the portable one, with names.
fn others() -> impl Iterator<Item = (String, &'static Kernel)> {
    choice::available().skip(1).map(|(backend, kernel)| (backend.to_string(), kernel))
}

const ORACLE: &Kernel = &portable::KERNEL;

/// Returns the range of case numbers: `default` times the campaign factor of them.
fn cases(default: usize) -> std::ops::Range<usize> {
    let Some(factor) = std::env::var_os("EPIONE_CAMPAIGN") else { return 0..default };
    let factor = factor.to_str().and_then(|text| text.parse::<NonZeroUsize>().ok());
    0..default * factor.expect("EPIONE_CAMPAIGN must be a positive integer").get()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Returns a random scalar or an edge case: small, near the order, near a power of `x`, sparse.
fn scalar(rng: &mut ChaCha20Rng) -> Scalar {
    let x = Scalar::from(X);
    let edge = match rng.gen_range(0..24) {
        0 => Scalar::ZERO,
        1 => Scalar::ONE,
        2 => Scalar::from(rng.gen_range(2..20)),
        3 => Scalar::from(rng.r#gen::<u64>()),
        4 => Scalar(x.0.pow([rng.gen_range(1..5)])),
        5 => Scalar(x.0.pow([rng.gen_range(1..5)])) - Scalar::ONE,
        6 => Scalar(ark_bls12_381::Fr::from(2).pow([rng.gen_range(1..255)])),
        7 => Scalar(ark_bls12_381::Fr::from(256).pow([rng.gen_range(1..32)])) - Scalar::ONE,
        _ => return Scalar::random(rng),
    };
    if rng.r#gen() { edge } else { -edge }
}

#[test]
fn backends_agree_on_scalar_inverses() {
    for (name, kernel) in others() {
        let rng = &mut rng(1);
        for _ in cases(500) {
            let scalar = scalar(rng);
            assert_eq!((kernel.invert)(&scalar), (ORACLE.invert)(&scalar), "{name}");
        }
    }
}
