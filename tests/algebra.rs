//! The groups, hashes and codec against vectors of others and against hostile bytes.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "algebra/elements.rs"]
mod elements;
#[path = "algebra/encodings.rs"]
mod encodings;
#[path = "algebra/hashes.rs"]
mod hashes;
#[path = "algebra/numbers.rs"]
mod numbers;
#[path = "algebra/standards.rs"]
mod standards;
