//! Attacks on signatures (malleability, small order) and on the DEM (key commitment).

use crate::common::rng;
use epione::algebra::codec::{Codec, Reader};
use epione::algebra::hash::framed;
use epione::algebra::{Secret, tag};
use epione::dem::{self, ContentKey};
use epione::error::DecodeError;
use epione::sign::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest, Sha512};

/// The order `L` of Ed25519's subgroup, little-endian.
pub(crate) const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// `a + b` on 32 little-endian bytes; `None` on overflow.
pub(crate) fn add(a: [u8; 32], b: [u8; 32]) -> Option<[u8; 32]> {
    let mut carry = 0;
    let sum = std::array::from_fn(|i| {
        let byte = u16::from(a[i]) + u16::from(b[i]) + carry;
        carry = byte >> 8;
        byte as u8
    });
    (carry == 0).then_some(sum)
}

fn verifies(key: &VerifyingKey, signature: [u8; 64]) -> bool {
    key.verify(tag::SIGN_QUERY, &[b"record 7"], &Signature::from_bytes(signature)).is_ok()
}

#[test]
fn signatures_are_not_malleable() {
    // s + kL satisfies the same equation; accepting it makes signed transactions malleable.
    let key = SigningKey::generate(&mut rng(1));
    let honest = key.sign(tag::SIGN_QUERY, &[b"record 7"]).to_bytes();
    assert!(verifies(&key.verifying_key(), honest));
    let mut s: [u8; 32] = honest[32..].try_into().unwrap();
    let mut attempts = 0;
    while let Some(larger) = add(s, L) {
        s = larger;
        let mut signature = honest;
        signature[32..].copy_from_slice(&s);
        assert!(!verifies(&key.verifying_key(), signature));
        attempts += 1;
    }
    assert!(attempts >= 14, "all s + kL below 2^256 were tried");
    for position in 0..64 {
        let mut changed = honest;
        changed[position] ^= 1;
        assert!(!verifies(&key.verifying_key(), changed), "byte {position}");
    }
}

/// Encodings of the eight points of small order, canonical and non-canonical.
fn small_order_keys() -> Vec<[u8; 32]> {
    let texts = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ];
    texts.iter().map(|text| hex::decode(text).unwrap().try_into().unwrap()).collect()
}

#[test]
fn keys_and_points_of_small_order_are_rejected() {
    // If A and R are the identity and s = 0, then s B = R + k A for every message.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut forged = [0; 64];
    forged[..32].copy_from_slice(&identity);
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap();
    let forged = ed25519_dalek::Signature::from_bytes(&forged);
    let accepts = ed25519_dalek::Verifier::verify(&lenient, b"any message", &forged).is_ok();
    assert!(accepts, "deliberate fault: lenient verification");

    for bytes in small_order_keys() {
        assert!(VerifyingKey::read(&mut Reader::new(&bytes)).is_err(), "{}", hex::encode(bytes));
    }
    // R of small order under an honest key.
    let key = SigningKey::generate(&mut rng(2));
    let honest = key.sign(tag::SIGN_QUERY, &[b"record 7"]).to_bytes();
    for bytes in small_order_keys() {
        let mut signature = honest;
        signature[..32].copy_from_slice(&bytes);
        assert!(!verifies(&key.verifying_key(), signature));
        signature[32..].fill(0);
        assert!(!verifies(&key.verifying_key(), signature));
    }
}

#[test]
fn non_canonical_keys_are_rejected() {
    // For y < 19, y and y + p encode one point. Two encodings of a key would be two identities.
    for y in 0..19 {
        let mut canonical = [0; 32];
        canonical[0] = y;
        let mut non_canonical = [0xff; 32];
        non_canonical[0] = 0xed + y;
        for sign in [0x00, 0x80] {
            canonical[31] = sign;
            non_canonical[31] = 0x7f | sign;
            let read = VerifyingKey::read(&mut Reader::new(&non_canonical));
            assert!(read.is_err(), "y = p + {y}, sign {sign:#x}: {read:?}");
        }
    }
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    assert_eq!(VerifyingKey::read(&mut Reader::new(&off_curve)), Err(DecodeError::NotOnCurve));
}

#[test]
fn signatures_are_bound_to_the_tag_and_the_list_of_parts() {
    let key = SigningKey::generate(&mut rng(3));
    let public = key.verifying_key();
    let signature = key.sign(tag::SIGN_QUERY, &[b"a", b"b"]);
    assert!(public.verify(tag::SIGN_QUERY, &[b"a", b"b"], &signature).is_ok());
    for tag in tag::ALL.iter().filter(|tag| **tag != tag::SIGN_QUERY) {
        assert!(public.verify(*tag, &[b"a", b"b"], &signature).is_err(), "{tag:?}");
    }
    let others: [&[&[u8]]; 5] = [&[b"ab"], &[b"a"], &[b"b", b"a"], &[b"a", b"b", b""], &[]];
    for parts in others {
        assert!(public.verify(tag::SIGN_QUERY, parts, &signature).is_err());
    }
    // A single part that contains the framing of two parts remains a single part.
    let nested = framed(&[b"a", b"b"]);
    assert!(public.verify(tag::SIGN_QUERY, &[&nested], &signature).is_err());
}

#[test]
fn a_ciphertext_commits_to_its_key_and_context() {
    // A content key is wrapped for several recipients. A ciphertext that decrypts under two keys
    // would show two recipients two plaintexts.
    let rng = &mut rng(4);
    let (one, two) = (ContentKey::generate(rng), ContentKey::generate(rng));
    let by_one = dem::seal(&one, b"context", b"plaintext");
    let by_two = dem::seal(&two, b"context", b"plaintext");
    assert!(dem::open(&one, b"context", &by_one).is_ok());
    assert_ne!(by_one[2..34], by_two[2..34]);
    for (key, commitment, rest) in [
        (&one, &by_two, &by_one),
        (&two, &by_one, &by_two),
        (&two, &by_two, &by_one),
        (&one, &by_one, &by_two),
    ] {
        let swapped = [&rest[..2], &commitment[2..34], &rest[34..]].concat();
        assert!(dem::open(key, b"context", &swapped).is_err());
    }
    let elsewhere = dem::seal(&one, b"another context", b"plaintext");
    assert_ne!(by_one[2..34], elsewhere[2..34], "the commitment covers the context");
    assert!(dem::open(&one, b"another context", &by_one).is_err());
}

/// `a + b mod L`, both below `L`.
pub(crate) fn add_mod(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let sum = add(a, b).expect("twice L is below 2^256");
    // sum - L = sum + (2^256 - L) if that overflows, that is if sum >= L
    let mut borrow = 0;
    let difference = std::array::from_fn(|i| {
        let byte = i16::from(sum[i]) - i16::from(L[i]) - borrow;
        borrow = i16::from(byte < 0);
        byte as u8
    });
    if borrow == 0 { difference } else { sum }
}

/// `a b mod L`; `b` little-endian of any length.
pub(crate) fn mul_mod(a: [u8; 32], b: &[u8]) -> [u8; 32] {
    let bits = b.iter().rev().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
    bits.fold([0; 32], |product, bit| {
        let doubled = add_mod(product, product);
        if bit == 1 { add_mod(doubled, a) } else { doubled }
    })
}

#[test]
fn an_r_of_small_order_is_rejected_even_from_the_signer() {
    // R = 1 and s = k a satisfy s B = R + k A: a signature without a nonce that lenient verifiers
    // accept. It reveals a = s / k, and lenient and strict verifiers disagree on it.
    let seed = [9; 32];
    let key = SigningKey::from_seed(&Secret::new(seed));
    let public = key.verifying_key();
    let mut message = framed(&[tag::SIGN_QUERY.as_bytes()]);
    message.extend(framed(&[b"record 7"]));
    let mut a: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    a[0] &= 0xf8;
    a[31] = a[31] & 0x7f | 0x40;
    let (mut one, mut signature) = ([0; 32], [0; 64]);
    (one[0], signature[0]) = (1, 1);
    let k = Sha512::digest([&one[..], public.as_bytes(), &message].concat());
    signature[32..].copy_from_slice(&mul_mod(mul_mod(one, &a), &k));

    let lenient = ed25519_dalek::VerifyingKey::from_bytes(public.as_bytes()).unwrap();
    let dalek = ed25519_dalek::Signature::from_bytes(&signature);
    let accepts = ed25519_dalek::Verifier::verify(&lenient, &message, &dalek).is_ok();
    assert!(accepts, "deliberate fault: lenient verification");
    assert!(!verifies(&public, signature));
}
