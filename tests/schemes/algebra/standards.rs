//! RFC 9380, the ZCash encoding and the pairing, against published values.

use crate::algebra::numbers::{
    EXPAND, HALF, HASH_TO_G1, HASH_TO_G2, MULTIPLES_G1, MULTIPLES_G2, PAIRING_OF_GENERATORS,
};
use crate::common::shared_data;
use epione::algebra::hash::{expand_message_xmd, hash_to_g1, hash_to_g2};
use epione::algebra::tag::Tag;
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, pairing};
use epione::error::DecodeError;
use serde_json::Value;

const G1_TAG: Tag = Tag::new("QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_");
const G2_TAG: Tag = Tag::new("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_");
const EXPANDER_TAG: Tag = Tag::new("QUUX-V01-CS02-with-expander-SHA256-128");

#[test]
fn hashes_match_rfc_9380() {
    for (message, point) in HASH_TO_G1 {
        assert_eq!(hex::encode(hash_to_g1(G1_TAG, message.as_bytes()).to_bytes()), point);
    }
    for (message, point) in HASH_TO_G2 {
        assert_eq!(hex::encode(hash_to_g2(G2_TAG, message.as_bytes()).to_bytes()), point);
    }
    for (message, length, output) in EXPAND {
        assert_eq!(
            hex::encode(expand_message_xmd(EXPANDER_TAG, message.as_bytes(), length)),
            output
        );
    }
}

fn vectors(file: &str) -> Option<Value> {
    let path = shared_data("vectors/rfc9380")?.join(file);
    Some(serde_json::from_reader(std::fs::File::open(path).unwrap()).unwrap())
}

/// A coordinate as coefficients of 48 bytes, in file order.
fn coordinate(value: &Value) -> Vec<Vec<u8>> {
    let number = |text: &str| hex::decode(format!("{:0>96}", &text[2..])).unwrap();
    value.as_str().unwrap().split(',').map(number).collect()
}

/// Compresses affine coordinates: flags and `x`, highest coefficient first.
fn compress(point: &Value) -> Vec<u8> {
    let (x, y) = (coordinate(&point["x"]), coordinate(&point["y"]));
    let mut bytes: Vec<u8> = x.into_iter().rev().flatten().collect();
    let half = hex::decode(HALF).unwrap();
    let deciding = y.iter().rev().find(|part| part.iter().any(|byte| *byte != 0)).unwrap();
    bytes[0] |= if *deciding > half { 0xa0 } else { 0x80 };
    bytes
}

#[test]
fn hashes_match_the_published_vectors() {
    let Some(g1) = vectors("BLS12381G1_XMD_SHA-256_SSWU_RO_.json") else { return };
    let g2 = vectors("BLS12381G2_XMD_SHA-256_SSWU_RO_.json").unwrap();
    let expand = vectors("expand_message_xmd_SHA256_38.json").unwrap();
    let mut checked = 0;
    for vector in g1["vectors"].as_array().unwrap() {
        let point = hash_to_g1(G1_TAG, vector["msg"].as_str().unwrap().as_bytes());
        assert_eq!(point.to_bytes()[..], compress(&vector["P"])[..]);
        checked += 1;
    }
    for vector in g2["vectors"].as_array().unwrap() {
        let point = hash_to_g2(G2_TAG, vector["msg"].as_str().unwrap().as_bytes());
        assert_eq!(point.to_bytes()[..], compress(&vector["P"])[..]);
        checked += 1;
    }
    // The file with a tag of 256 bytes is omitted: a `Tag` has at most 255.
    for vector in expand["tests"].as_array().unwrap() {
        let length = &vector["len_in_bytes"].as_str().unwrap()[2..];
        let length = usize::from_str_radix(length, 16).unwrap();
        let output =
            expand_message_xmd(EXPANDER_TAG, vector["msg"].as_str().unwrap().as_bytes(), length);
        assert_eq!(hex::encode(output), vector["uniform_bytes"].as_str().unwrap());
        checked += 1;
    }
    assert_eq!(checked, 20);
}

#[test]
fn multiples_of_the_generators_have_zcash_encodings() {
    for (k, bytes) in MULTIPLES_G1 {
        assert_eq!(hex::encode((G1::generator() * Scalar::from(k)).to_bytes()), bytes);
    }
    for (k, bytes) in MULTIPLES_G2 {
        assert_eq!(hex::encode((G2::generator() * Scalar::from(k)).to_bytes()), bytes);
    }
}

#[test]
fn a_thousand_multiples_have_zcash_encodings() {
    let Some(folder) = shared_data("vectors/zkcrypto") else { return };
    let g1 = std::fs::read(folder.join("g1_compressed_valid_test_vectors.dat")).unwrap();
    let g2 = std::fs::read(folder.join("g2_compressed_valid_test_vectors.dat")).unwrap();
    assert_eq!((g1.len() / 48, g2.len() / 96), (1000, 1000));
    let (mut p, mut q) = (G1::identity(), G2::identity());
    for (k, (x, y)) in g1.chunks(48).zip(g2.chunks(96)).enumerate() {
        let (x, y) = (x.try_into().unwrap(), y.try_into().unwrap());
        assert_eq!((p.to_bytes(), q.to_bytes()), (x, y), "multiple {k}");
        if k == 0 {
            assert_eq!(G1::from_bytes(&x), Err(DecodeError::Identity));
            assert_eq!(G2::from_bytes(&y), Err(DecodeError::Identity));
        } else {
            assert_eq!((G1::from_bytes(&x), G2::from_bytes(&y)), (Ok(p), Ok(q)), "multiple {k}");
        }
        p += G1::generator();
        q += G2::generator();
    }
}

#[test]
fn the_pairing_is_the_cube_of_the_drafts_pairing() {
    // The final exponentiation of arkworks and blst has three times the draft's exponent.
    let bytes = hex::decode(PAIRING_OF_GENERATORS.concat()).unwrap();
    let drafts = Gt::from_bytes(&bytes.try_into().unwrap()).unwrap();
    let ours = pairing(&G1::generator(), &G2::generator());
    assert_eq!(drafts.pow(&Scalar::from(3)), ours);
    assert_eq!(ours, Gt::generator());
    assert_ne!(drafts, ours);
}

#[test]
fn the_pairing_is_bilinear_and_nondegenerate() {
    let rng = &mut crate::common::rng(1);
    let [a, b, c] = std::array::from_fn(|_| Scalar::random(rng));
    let (p, q) = (G1::random(rng), G2::random(rng));
    let e = pairing(&p, &q);
    assert!(!e.is_identity());
    assert_eq!(pairing(&(p * a), &(q * b)), e.pow(&(a * b)));
    assert_eq!(pairing(&(p * a + p * c), &q), e.pow(&a) * e.pow(&c));
    assert_eq!(pairing(&p, &(q * b - q * c)), e.pow(&b) * e.pow(&c).inverse());
    assert_eq!(pairing(&-p, &q) * e, Gt::identity());
    assert_eq!(e.pow(&(-Scalar::ONE)) * e, Gt::identity());
    assert_eq!(e.pow(&Scalar::ZERO), Gt::identity());
    assert_eq!(e.pow(&Scalar::ONE), e);
}

#[test]
fn pairs_with_an_identity_contribute_one() {
    let rng = &mut crate::common::rng(2);
    let (p, q) = (G1::random(rng), G2::random(rng));
    assert!(multi_pairing(&[]).is_identity());
    assert!(pairing(&G1::identity(), &q).is_identity());
    assert!(pairing(&p, &G2::identity()).is_identity());
    let pairs = [(p, G2::identity()), (p, q), (G1::identity(), q), (-p, q), (p + p, q)];
    let product = pairs.iter().map(|(p, q)| pairing(p, q)).product::<Gt>();
    assert_eq!(multi_pairing(&pairs), product);
    assert_eq!(product, pairing(&(p + p), &q));
}
