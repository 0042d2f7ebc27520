//! The groups, hashes and codec against vectors of others and against hostile bytes.

mod batches;
mod elements;
mod encodings;
mod hashes;
mod numbers;
mod standards;
