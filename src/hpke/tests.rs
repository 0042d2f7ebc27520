//! The test vector of RFC 9180 for this suite, and rejected inputs.
#![forbid(unsafe_code)]

use super::*;
use crate::algebra::rand_core::{self, CryptoRng, RngCore};

/// A generator that returns given bytes once.
struct Fixed(Vec<u8>);

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }
    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.split_off(self.0.len() - bytes.len()));
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
impl CryptoRng for Fixed {}

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(Secret::new([seed; 32]))
}

/// RFC 9180, appendix A.2.1.
#[test]
fn the_base_mode_vector_of_the_rfc_is_reproduced() {
    let ikm_r = bytes("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df");
    let ikm_e = bytes("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
    let public = bytes("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
    let enc = bytes("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    let ct = bytes(concat!(
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60",
        "b4db21993c62ce81883d2dd1b51a28"
    ));
    let exported_value = bytes("5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53");
    let info = b"Ode on a Grecian Urn";
    let plaintext = b"Beauty is truth, truth beauty";
    let sealed = [enc.clone(), ct].concat();

    let secret = SecretKey::from_seed(Secret::new(ikm_r.try_into().unwrap()));
    assert_eq!(secret.public_key().as_bytes()[..], public);
    let rng = &mut Fixed(ikm_e.clone());
    assert_eq!(seal(&secret.public_key(), info, b"Count-0", plaintext, rng), sealed);
    assert_eq!(&**open(&secret, info, b"Count-0", &sealed).unwrap(), plaintext);

    let enc: [u8; 32] = enc.try_into().unwrap();
    let context = receiver(&secret, info, &enc).unwrap();
    let export = exported(|key| context.export(b"TestContext", key));
    assert_eq!(export.expose()[..], exported_value);
    let (sent, _) = sender(&secret.public_key(), info, &mut Fixed(ikm_e));
    assert_eq!(sent, enc);
}

#[test]
fn a_message_opens_under_its_key_info_and_aad_only() {
    let rng = &mut rand::thread_rng();
    for plaintext in [&b""[..], b"a", &[7; 100_000]] {
        let sealed = seal(&key(1).public_key(), b"info", b"aad", plaintext, rng);
        assert_eq!(sealed.len(), OVERHEAD + plaintext.len());
        assert_eq!(**open(&key(1), b"info", b"aad", &sealed).unwrap(), *plaintext);
        for (key, info, aad) in
            [(key(2), b"info", &b"aad"[..]), (key(1), b"Info", b"aad"), (key(1), b"info", b"aa")]
        {
            assert_eq!(open(&key, info, aad, &sealed), Err(DecryptionFailed));
        }
    }
}

#[test]
fn changed_truncated_and_extended_messages_are_rejected() {
    let mut sealed = seal(&key(1).public_key(), b"i", b"a", b"text", &mut rand::thread_rng());
    for length in 0..sealed.len() {
        assert_eq!(open(&key(1), b"i", b"a", &sealed[..length]), Err(DecryptionFailed));
    }
    // The top bit of byte 31 does not change the point, but the key schedule covers the encoding.
    for position in 0..sealed.len() {
        for bit in [1, 0x80] {
            sealed[position] ^= bit;
            assert_eq!(open(&key(1), b"i", b"a", &sealed), Err(DecryptionFailed), "{position}");
            sealed[position] ^= bit;
        }
    }
    sealed.push(0);
    assert_eq!(open(&key(1), b"i", b"a", &sealed), Err(DecryptionFailed));
}

#[test]
fn only_the_receiver_derives_the_key_of_a_stream() {
    let (enc, sent) = encapsulate_key(&key(1).public_key(), b"info", &mut rand::thread_rng());
    assert!(decapsulate_key(&key(1), b"info", &enc) == Ok(sent.clone()));
    assert!(decapsulate_key(&key(2), b"info", &enc) != Ok(sent.clone()));
    assert!(decapsulate_key(&key(1), b"Info", &enc) != Ok(sent.clone()));
    let mut changed = enc;
    changed[0] ^= 1;
    assert!(decapsulate_key(&key(1), b"info", &changed) != Ok(sent));
    assert_eq!(decapsulate_key(&key(1), b"info", &[0; 32]), Err(DecryptionFailed));
    let zero = [[0; 32].as_slice(), &[0; TAG]].concat();
    assert_eq!(open(&key(1), b"info", b"", &zero), Err(DecryptionFailed));
}

/// The u-coordinates of small order on the curve and its twist (cr.yp.to/ecdh.html).
const SMALL_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn decoding_rejects_keys_of_small_order_and_non_canonical_keys() {
    let read = |bytes: &[u8]| PublicKey::read(&mut Reader::new(bytes));
    for point in SMALL_ORDER {
        assert_eq!(read(&bytes(point)), Err(DecodeError::NotInSubgroup), "{point}");
        // A clamped scalar is a multiple of 8, but of neither prime order of the curve and its
        // twist: exactly the points of small order give zero.
        let point: [u8; 32] = bytes(point).try_into().unwrap();
        assert_eq!(x25519_dalek::x25519([7; 32], point), [0; 32]);
    }
    for u in 2..64 {
        let mut point = [0; 32];
        point[0] = u;
        assert_ne!(x25519_dalek::x25519([7; 32], point), [0; 32]);
        assert!(read(&point).is_ok());
    }
    // p, 2^255 - 1, and the key of the vector with the unused bit set.
    for point in [
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c5966aa",
    ] {
        assert_eq!(read(&bytes(point)), Err(DecodeError::NotReduced), "{point}");
    }
    let public = key(1).public_key();
    assert_eq!(read(&public.encode()), Ok(public));
    assert_eq!(read(&public.encode()[..31]), Err(DecodeError::Truncated));
}

#[test]
fn debug_output_is_redacted() {
    assert_eq!(format!("{:?}", key(1)), "SecretKey(..)");
}
