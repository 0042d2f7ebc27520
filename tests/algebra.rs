//! The groups, hashes and codec against vectors of others and against hostile bytes.
#![allow(clippy::unwrap_used)]

mod common;

/// So that `cargo test algebra` selects all of them.
mod algebra {
    mod batches;
    mod elements;
    mod encodings;
    mod hashes;
    mod numbers;
    mod standards;
}
