//! Hashing to the groups, to scalars and to keys.
//!
//! | function | standard | output |
//! |---|---|---|
//! | [`hash_to_g1`] | RFC 9380 `BLS12381G1_XMD:SHA-256_SSWU_RO_` | point of G1 |
//! | [`hash_to_g2`] | RFC 9380 `BLS12381G2_XMD:SHA-256_SSWU_RO_` | point of G2 |
//! | [`hash_to_scalar`] | RFC 9380 `hash_to_field`, one element of 48 bytes modulo `r` | scalar |
//! | [`digest`] | SHA-256 over framed parts | 32 bytes |
//! | [`weights`] | [`digest`] of a seed and an index | 128-bit scalars |
//! | [`kdf`] | HKDF-SHA-256 (RFC 5869), salt = tag | secret bytes |
//!
//! No point is computed as `g^h(x)`: a known discrete logarithm breaks every scheme here. Inputs of
//! several parts are [`framed`], so that different lists of parts never have the same bytes.
#![forbid(unsafe_code)]

use super::backend::kernel;
use super::cache::PointCache;
use super::count::{Operation, count};
use super::tag::Tag;
use super::{G1, G2, Scalar, Secret};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The length of a [`digest`] in bytes.
pub const DIGEST_BYTES: usize = 32;

/// Concatenates the parts, each preceded by its 32-bit big-endian length.
///
/// # Panics
/// If a part has 4 GiB or more; callers cap their inputs far below.
pub fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        bytes.extend_from_slice(&length_prefix(part));
        bytes.extend_from_slice(part);
    }
    bytes
}

fn length_prefix(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len()).expect("parts are capped far below 4 GiB").to_be_bytes()
}

/// Computes SHA-256 over the framed tag and parts.
pub fn digest(tag: Tag, parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    let mut hasher = Sha256::new();
    // Framed without a copy: a part may be a key.
    for part in [tag.as_bytes()].iter().chain(parts) {
        hasher.update(length_prefix(part));
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Computes HKDF-SHA-256 with the tag as salt, `secret` as input keying material and the framed
/// context as info. `N` is at most 8160 bytes (255 blocks).
pub fn kdf<const N: usize>(tag: Tag, secret: &[u8], context: &[&[u8]]) -> Secret<[u8; N]> {
    const { assert!(N <= 255 * DIGEST_BYTES) };
    let mut output = Secret::new([0; N]);
    Hkdf::<Sha256>::new(Some(tag.as_bytes()), secret)
        .expand(&Zeroizing::new(framed(context)), output.expose_mut())
        .expect("the length is within HKDF's limit");
    output
}

/// Derives 128-bit weights for the small exponents test (Bellare, Garay, Rabin 1998).
///
/// The weights are derived from a digest of the parts, so they cannot be known before the parts are
/// chosen.
pub fn weights(tag: Tag, parts: &[&[u8]], count: usize) -> Vec<Scalar> {
    let seed = digest(tag, parts);
    let weight = |k: u32| {
        let mut bytes = digest(tag, &[&seed, &k.to_be_bytes()]);
        bytes[..16].fill(0);
        Scalar::from_be_bytes(&bytes).expect("128 bits are below r")
    };
    (0..).take(count).map(weight).collect()
}

/// Hashes to a point of G1 of unknown discrete logarithm. Variable time.
pub fn hash_to_g1(tag: Tag, message: &[u8]) -> G1 {
    count(Operation::HashG1, 1);
    (kernel().g1.hash)(tag.as_bytes(), message)
}

/// Hashes to a point of G2 of unknown discrete logarithm. Variable time.
pub fn hash_to_g2(tag: Tag, message: &[u8]) -> G2 {
    count(Operation::HashG2, 1);
    (kernel().g2.hash)(tag.as_bytes(), message)
}

/// Batch version of [`hash_to_g1`].
pub fn batch_hash_to_g1(tag: Tag, messages: &[impl AsRef<[u8]>]) -> Vec<G1> {
    let messages: Vec<&[u8]> = messages.iter().map(AsRef::as_ref).collect();
    count(Operation::HashG1, messages.len());
    kernel().g1.batch_hash(tag.as_bytes(), &messages)
}

/// Batch version of [`hash_to_g2`].
pub fn batch_hash_to_g2(tag: Tag, messages: &[impl AsRef<[u8]>]) -> Vec<G2> {
    let messages: Vec<&[u8]> = messages.iter().map(AsRef::as_ref).collect();
    count(Operation::HashG2, messages.len());
    kernel().g2.batch_hash(tag.as_bytes(), &messages)
}

static G1_POINTS: PointCache<G1> = PointCache::new();

/// Returns `true` if the cache holds the point of a label.
#[cfg(test)]
pub(crate) fn is_cached_in_g1(tag: Tag, label: &[u8]) -> bool {
    G1_POINTS.contains(tag, label)
}

/// [`hash_to_g1`] of a public label, such as an attribute, through a cache of the last 4096 points.
/// See the warning at [`batch_hash_to_g1_cached`].
pub fn hash_to_g1_cached(tag: Tag, label: &[u8]) -> G1 {
    batch_hash_to_g1_cached(tag, &[label])[0]
}

/// [`batch_hash_to_g1`] of public labels, cached. The first call is slower than later ones.
///
/// Not for secret or personal messages, such as the keyword of a search: the process keeps the
/// labels in memory, and the time of a call reveals which of its labels were hashed before.
pub fn batch_hash_to_g1_cached(tag: Tag, labels: &[impl AsRef<[u8]>]) -> Vec<G1> {
    let labels: Vec<&[u8]> = labels.iter().map(AsRef::as_ref).collect();
    count(Operation::HashG1, labels.len());
    G1_POINTS.points(tag, &labels, |missing| kernel().g1.batch_hash(tag.as_bytes(), missing))
}

/// Hashes to a scalar, within statistical distance 2^-128 of uniform.
pub fn hash_to_scalar(tag: Tag, message: &[u8]) -> Scalar {
    // L = ceil((ceil(log2 r) + k) / 8) = ceil((255 + 128) / 8) = 48
    // The scalar may be secret, so its expanded bytes are erased.
    let uniform = Zeroizing::new(expand_message_xmd(tag, message, 48));
    Scalar::reduce(uniform[..].try_into().expect("48 bytes were requested"))
}

/// Computes `expand_message_xmd` with SHA-256 (RFC 9380, section 5.3.1).
///
/// # Panics
/// If `length` exceeds 8160 bytes.
pub fn expand_message_xmd(tag: Tag, message: &[u8], length: usize) -> Vec<u8> {
    const INPUT_BLOCK: usize = 64;
    let blocks = length.div_ceil(DIGEST_BYTES);
    assert!(blocks <= 255, "expand_message_xmd returns at most 8160 bytes");
    let tag = tag.as_bytes();
    let tag_length = [u8::try_from(tag.len()).expect("a tag has at most 255 bytes")];
    let length_bytes = u16::try_from(length).expect("checked above").to_be_bytes();

    // b_0 = H(Z_pad || msg || l_i_b_str || 0 || DST_prime)
    let b_0: Zeroizing<[u8; DIGEST_BYTES]> = Zeroizing::new(
        Sha256::new()
            .chain_update([0; INPUT_BLOCK])
            .chain_update(message)
            .chain_update(length_bytes)
            .chain_update([0])
            .chain_update(tag)
            .chain_update(tag_length)
            .finalize()
            .into(),
    );

    // b_i = H((b_0 xor b_{i-1}) || i || DST_prime), b_1 without the xor
    let mut output = Vec::with_capacity(blocks * DIGEST_BYTES);
    let mut mixed = b_0.clone();
    for i in 1..=blocks {
        let b_i = Sha256::new()
            .chain_update(&mixed[..])
            .chain_update([i as u8])
            .chain_update(tag)
            .chain_update(tag_length)
            .finalize();
        output.extend_from_slice(&b_i);
        mixed.iter_mut().zip(&*b_0).zip(b_i).for_each(|((mixed, b_0), b_i)| *mixed = b_0 ^ b_i);
    }
    output.truncate(length);
    output
}
