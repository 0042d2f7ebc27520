//! Hashing to both groups, eight messages at once: `BLS12381G1_XMD:SHA-256_SSWU_RO_` and
//! `BLS12381G2_XMD:SHA-256_SSWU_RO_` of RFC 9380.

use super::convert::load_wide;
use super::curve::{Point1, Point2};
use super::fp2::Fp2;
use super::vector::{LANES, by_eights};
use crate::algebra::{G1, G2};
use sha2::{Digest, Sha256};

/// `L = ceil((ceil(log2 p) + 128) / 8)`, the bytes per field element.
const ELEMENT_BYTES: usize = 64;

/// `N` uniform integers for each of eight messages.
type Uniform<const N: usize> = [[[u8; ELEMENT_BYTES]; LANES]; N];

/// Returns `hash_to_curve(message)` in G1 for each message.
///
/// # Panics
/// If the tag is longer than 255 bytes.
pub(in super::super) fn hash_to_g1(tag: &[u8], messages: &[&[u8]]) -> Vec<G1> {
    by_eights(messages.len(), |range| {
        let uniform = expand_messages(tag, &messages[range]);
        // SAFETY: `by_eights` asserts `available`.
        unsafe { map_eight_g1(&uniform) }
    })
}

/// Returns `hash_to_curve(message)` in G2 for each message.
///
/// # Panics
/// If the tag is longer than 255 bytes.
pub(in super::super) fn hash_to_g2(tag: &[u8], messages: &[&[u8]]) -> Vec<G2> {
    by_eights(messages.len(), |range| {
        let uniform = expand_messages(tag, &messages[range]);
        // SAFETY: `by_eights` asserts `available`.
        unsafe { map_eight_g2(&uniform) }
    })
}

/// RFC 9380, section 3: `P = clear_cofactor(map_to_curve(u0) + map_to_curve(u1))`.
#[target_feature(enable = "avx512f,avx512ifma")]
fn map_eight_g1(uniform: &Uniform<2>) -> [G1; LANES] {
    let [q0, q1] = Point1::map_to_curve(&[load_wide(&uniform[0]), load_wide(&uniform[1])]);
    q0.plus(&q1).clear_cofactor().store().map(G1)
}

/// [`map_eight_g1`] for G2; each `u` consists of two integers.
#[target_feature(enable = "avx512f,avx512ifma")]
fn map_eight_g2(uniform: &Uniform<4>) -> [G2; LANES] {
    let u0 = Fp2 { re: load_wide(&uniform[0]), im: load_wide(&uniform[1]) };
    let u1 = Fp2 { re: load_wide(&uniform[2]), im: load_wide(&uniform[3]) };
    let [q0, q1] = Point2::map_to_curve(&[u0, u1]);
    q0.plus(&q1).clear_cofactor().store().map(G2)
}

impl Point1 {
    /// `[1 - x] P`: RFC 9380, section 8.8.1.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn clear_cofactor(&self) -> Self {
        self.times_abs_x().plus(self)
    }
}

impl Point2 {
    /// `[x^2 - x - 1] P + [x - 1] psi P + psi^2 (2 P)`: Budroni, Pintore, "Efficient hash maps to
    /// G2 on BLS curves" (ePrint 2017/419), section 4.1; RFC 9380, G.3. With `s = psi P + [x] P` it
    /// is
    ///
    /// ```text
    /// [x] s - s - P + psi^2 (2 P)
    /// ```
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn clear_cofactor(&self) -> Self {
        let s = self.psi().plus(&self.times_abs_x().negated());
        let subtracted = s.times_abs_x().plus(&s).plus(self);
        self.double().psi_squared().plus(&subtracted.negated())
    }
}

/// `expand_message_xmd` of RFC 9380, section 5.3.1, with SHA-256. Lanes without a message are zero.
fn expand_messages<const N: usize>(tag: &[u8], messages: &[&[u8]]) -> Uniform<N> {
    const BLOCK: usize = 64;
    let tag_length = [u8::try_from(tag.len()).expect("a tag is at most 255 bytes long")];
    let length = u16::try_from(N * ELEMENT_BYTES).expect("there are two or four integers");
    let mut uniform = [[[0; ELEMENT_BYTES]; LANES]; N];
    for (lane, message) in messages.iter().enumerate() {
        // b_0 = H(Z_pad || msg || l_i_b_str || 0 || DST_prime)
        let b_0 = Sha256::new()
            .chain_update([0; BLOCK])
            .chain_update(message)
            .chain_update(length.to_be_bytes())
            .chain_update([0])
            .chain_update(tag)
            .chain_update(tag_length)
            .finalize();

        // b_i = H((b_0 xor b_{i-1}) || i || DST_prime), b_1 without the xor
        let (mut previous, mut i) = ([0; 32], 0);
        for integers in &mut uniform {
            for half in integers[lane].as_chunks_mut::<32>().0 {
                i += 1;
                let mixed: [u8; 32] = core::array::from_fn(|j| b_0[j] ^ previous[j]);
                previous = Sha256::new()
                    .chain_update(mixed)
                    .chain_update([i])
                    .chain_update(tag)
                    .chain_update(tag_length)
                    .finalize()
                    .into();
                *half = previous;
            }
        }
    }
    uniform
}
