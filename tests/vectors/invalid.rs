//! Negative cases with a reason each. The generator asserts that the library judges as written.

mod elements;
mod encodings;
mod openings;

/// `bytes` with another byte at `position`.
fn with(bytes: &[u8], position: usize, byte: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position] = byte;
    changed
}
