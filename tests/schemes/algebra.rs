//! Groups, hash functions and codec, against published vectors and malformed encodings.

mod batches;
mod elements;
pub(crate) mod encodings;
mod hashes;
pub(crate) mod numbers;
mod standards;
