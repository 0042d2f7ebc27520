//! Hash to scalar, digest and KDF against independent implementations of their definitions.

use crate::common::rng;
use epione::algebra::hash::{digest, expand_message_xmd, framed, hash_to_scalar, kdf};
use epione::algebra::tag::{self, Tag};
use epione::algebra::{Scalar, hash::hash_to_g1, hash::hash_to_g2};
use hkdf::hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

#[test]
fn hash_to_scalar_is_48_expanded_bytes_modulo_r() {
    // RFC 9380, 5.2: OS2IP(48 bytes) mod r, here by Horner's rule.
    let base = Scalar::from(256);
    let mut message = [0; 200];
    for length in [0, 1, 31, 32, 63, 64, 65, 200] {
        rng(length as u64).fill_bytes(&mut message);
        let uniform = expand_message_xmd(tag::PRE_EXPONENT, &message[..length], 48);
        let horner = |sum: Scalar, byte: &u8| sum * base + Scalar::from(u64::from(*byte));
        let expected = uniform.iter().fold(Scalar::ZERO, horner);
        assert_eq!(hash_to_scalar(tag::PRE_EXPONENT, &message[..length]), expected);
    }
}

#[test]
fn expand_message_xmd_follows_its_definition() {
    // b_0 = H(Z_pad || msg || l || 0 || DST')
    // b_1 = H(b_0 || 1 || DST'),  b_2 = H(b_0 xor b_1 || 2 || DST')
    let dst = [tag::PRE_EXPONENT.as_bytes(), &[tag::PRE_EXPONENT.as_bytes().len() as u8]].concat();
    let h = |parts: &[&[u8]]| Sha256::digest(parts.concat());
    let b_0 = h(&[&[0; 64], b"message", &[0, 48], &[0], &dst]);
    let b_1 = h(&[&b_0, &[1], &dst]);
    let mixed: Vec<u8> = b_0.iter().zip(b_1).map(|(a, b)| a ^ b).collect();
    let b_2 = h(&[&mixed, &[2], &dst]);
    let expected = [&b_1[..], &b_2[..16]].concat();
    assert_eq!(expand_message_xmd(tag::PRE_EXPONENT, b"message", 48), expected);
    assert_eq!(expand_message_xmd(tag::PRE_EXPONENT, b"message", 0), b"");
    assert_eq!(expand_message_xmd(tag::PRE_EXPONENT, b"message", 8160).len(), 8160);
}

#[test]
fn the_kdf_is_hkdf_with_the_tag_as_salt() {
    // PRK = HMAC(tag, secret);  T_1 = HMAC(PRK, info || 1);  T_2 = HMAC(PRK, T_1 || info || 2)
    let mac = |key: &[u8], parts: &[&[u8]]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let prk = mac(tag::DEM_KEYS.as_bytes(), &[b"secret"]);
    let info = [&[0, 0, 0, 1][..], b"a", &[0, 0, 0, 2], b"bc"].concat();
    let t_1 = mac(&prk, &[&info, &[1]]);
    let t_2 = mac(&prk, &[&t_1, &info, &[2]]);
    let expected = [&t_1[..], &t_2[..8]].concat();
    assert_eq!(kdf::<40>(tag::DEM_KEYS, b"secret", &[b"a", b"bc"]).expose()[..], expected[..]);
}

#[test]
fn a_digest_frames_its_tag_and_parts() {
    let text = tag::PRE_BODY.as_bytes();
    let mut input = (text.len() as u32).to_be_bytes().to_vec();
    input.extend_from_slice(text);
    input.extend_from_slice(&[0, 0, 0, 1, b'a', 0, 0, 0, 0]);
    assert_eq!(digest(tag::PRE_BODY, &[b"a", b""])[..], Sha256::digest(&input)[..]);
}

#[test]
fn framing_is_injective() {
    let lists: [&[&[u8]]; 8] = [
        &[],
        &[b""],
        &[b"", b""],
        &[b"ab"],
        &[b"a", b"b"],
        &[b"", b"ab"],
        &[b"ab", b""],
        &[b"\0\0\0\x01a"],
    ];
    let framings: BTreeSet<_> = lists.iter().map(|list| framed(list)).collect();
    assert_eq!(framings.len(), lists.len());
    let keys: BTreeSet<_> =
        lists.iter().map(|list| *kdf::<32>(tag::ABE_KEY, b"k", list).expose()).collect();
    assert_eq!(keys.len(), lists.len());
}

#[test]
fn hashes_under_different_tags_differ() {
    let digests: BTreeSet<_> = tag::ALL.iter().map(|tag| digest(*tag, &[b"m"])).collect();
    let keys: BTreeSet<_> =
        tag::ALL.iter().map(|tag| *kdf::<32>(*tag, b"m", &[]).expose()).collect();
    let scalars: BTreeSet<_> =
        tag::ALL.iter().map(|tag| hash_to_scalar(*tag, b"m").to_be_bytes()).collect();
    for count in [digests.len(), keys.len(), scalars.len()] {
        assert_eq!(count, tag::ALL.len());
    }
    assert_ne!(hash_to_g1(tag::FABEO_BASE, b"m"), hash_to_g1(tag::FABEO_ATTRIBUTE, b"m"));
    assert_ne!(hash_to_g2(tag::PRE_CONDITION, b"m"), hash_to_g2(tag::PEKS_KEYWORD, b"m"));
}

#[test]
fn every_hash_accepts_tags_of_1_to_255_ascii_bytes() {
    let longest: Tag = Tag::new(Box::leak("x".repeat(255).into_boxed_str()));
    assert!(!hash_to_g1(longest, b"").is_identity());
    assert!(!hash_to_g2(longest, b"").is_identity());
    assert!(!hash_to_scalar(longest, b"").is_zero());
    for text in [String::new(), "x".repeat(256), "tää".into()] {
        assert!(std::panic::catch_unwind(|| Tag::new(Box::leak(text.into_boxed_str()))).is_err());
    }
}
