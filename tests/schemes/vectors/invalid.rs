//! Negative tests with one reason each. The generator asserts that the library agrees.

mod elements;
mod encodings;
mod messages;
mod openings;
mod proofs;

use epione::algebra::Scalar;

/// `bytes` with the byte at `position` replaced.
fn with(bytes: &[u8], position: usize, byte: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position] = byte;
    changed
}

/// `bytes` with the compressed point at `position` negated.
pub(super) fn negated(bytes: &[u8], position: usize) -> Vec<u8> {
    with(bytes, position, bytes[position] ^ 0x20)
}

/// `bytes` with `r` added to the scalar at `position`: the same scalar after reduction. The sum is
/// below `2r`, which has 32 bytes.
fn plus_order(bytes: &[u8], position: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    // Adds r - 1 with a carry of one.
    let (order, mut carry) = ((-Scalar::ONE).to_be_bytes(), 1);
    for (byte, other) in changed[position..position + 32].iter_mut().zip(order).rev() {
        let sum = u16::from(*byte) + u16::from(other) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(carry, 0, "the sum has 32 bytes");
    changed
}
