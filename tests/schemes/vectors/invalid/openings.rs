//! Well-formed values that must not verify or decrypt.

mod afgh;
mod conditional;
mod dem;
mod forgery;
mod peks;
mod possession;
mod reencrypted;

use super::{negated, plus_order, with};
use crate::common::rng;
use crate::vectors::format::{NegativeFile, compare_or_write};

/// `bytes` with the last byte changed.
fn with_last_byte_changed(bytes: &[u8]) -> Vec<u8> {
    let last = bytes.len() - 1;
    with(bytes, last, bytes[last] ^ 1)
}

#[test]
fn negative_opening_vectors() {
    let mut file = NegativeFile::new(
        "EPIONE-V1-OPENINGS",
        "Well-formed values that must not verify or decrypt in the context of their group.",
    );
    let shared = &mut rng(2027);
    conditional::verifications(&mut file, shared);
    peks::locations(&mut file, shared);
    dem::modified(&mut file, shared);
    conditional::openings(&mut file, &mut rng(2035));
    reencrypted::openings(&mut file, &mut rng(2036));
    afgh::openings(&mut file, &mut rng(2037));
    possession::proofs(&mut file, &mut rng(2038));
    dem::segments(&mut file, &mut rng(2039));
    compare_or_write("invalid/openings.json", &file);
}
