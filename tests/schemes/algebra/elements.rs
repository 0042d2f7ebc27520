//! Malformed encodings of single elements.

use crate::algebra::numbers::MODULUS;
use crate::common::rng;
use ark_bls12_381::Fq12;
use ark_ff::{BigInteger, Field, PrimeField, UniformRand};
use epione::algebra::codec::{Reader, Writer};
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::error::DecodeError;

/// Computes `number + p` in 48 big-endian bytes.
fn plus_modulus(number: &[u8]) -> Vec<u8> {
    let modulus = hex::decode(MODULUS).unwrap();
    let mut carry = 0;
    let mut sum: Vec<u8> = number
        .iter()
        .zip(&modulus)
        .rev()
        .map(|(a, b)| {
            let byte = u16::from(*a) + u16::from(*b) + carry;
            carry = byte >> 8;
            byte as u8
        })
        .collect();
    assert_eq!(carry, 0, "the sum has 48 bytes");
    sum.reverse();
    sum
}

/// Decodes the points with small `x`; returns how many are outside the subgroup and off the curve.
/// The cofactors exceed 2^125, so none is expected in the subgroup.
fn small_points<const N: usize>(
    decode: impl Fn(&[u8; N]) -> Result<(), DecodeError>,
) -> (usize, usize) {
    let mut counts = (0, 0);
    for x in 0..64 {
        for flags in [0x80, 0xa0] {
            let mut bytes = [0; N];
            bytes[0] = flags;
            bytes[N - 1] = x;
            match decode(&bytes) {
                Err(DecodeError::NotInSubgroup) => counts.0 += 1,
                Err(DecodeError::NotOnCurve) => counts.1 += 1,
                other => panic!("x = {x}: {other:?}"),
            }
        }
    }
    counts
}

#[test]
fn points_outside_the_curve_or_the_subgroup_are_rejected() {
    let (outside, off) = small_points::<48>(|bytes| G1::from_bytes(bytes).map(drop));
    assert!(outside > 20 && off > 20, "G1: {outside} outside the subgroup, {off} off the curve");
    let (outside, off) = small_points::<96>(|bytes| G2::from_bytes(bytes).map(drop));
    assert!(outside > 20 && off > 20, "G2: {outside} outside the subgroup, {off} off the curve");
}

#[test]
fn a_point_of_order_three_is_rejected() {
    // (0, 2) lies on y^2 = x^3 + 4 and has order 3: unchecked, it reveals an exponent modulo 3.
    let mut bytes = [0; 48];
    bytes[0] = 0x80;
    assert_eq!(G1::from_bytes(&bytes), Err(DecodeError::NotInSubgroup));
}

/// Non-canonical encodings of a point: flags, identity, unreduced coordinates.
fn noncanonical(honest: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut encodings = Vec::new();
    for flags in 0..8_u8 {
        let mut bytes = honest.to_vec();
        bytes[0] = bytes[0] & 0x1f | flags << 5;
        // Compressed, finite, either sign: both are valid.
        if flags & 0b110 != 0b100 {
            encodings.push((format!("flags {flags:03b}"), bytes));
        }
        let mut zeros = vec![0; honest.len()];
        zeros[0] = flags << 5;
        if flags != 0b110 && flags & 0b110 != 0b100 {
            encodings.push((format!("zeros with flags {flags:03b}"), zeros.clone()));
        }
        zeros[honest.len() - 1] = 1;
        if flags & 0b010 != 0 {
            encodings.push((format!("infinity with a coordinate, flags {flags:03b}"), zeros));
        }
    }
    for (i, chunk) in honest.chunks(48).enumerate() {
        let (mut number, flags) = (chunk.to_vec(), if i == 0 { chunk[0] & 0xe0 } else { 0 });
        number[0] &= 0x1f;
        if number[0] < 0x05 {
            let mut bytes = honest.to_vec();
            bytes[48 * i..48 * (i + 1)].copy_from_slice(&plus_modulus(&number));
            bytes[48 * i] |= flags;
            encodings.push((format!("coordinate {i} plus p"), bytes));
        }
    }
    encodings
}

#[test]
fn a_point_has_one_encoding() {
    let mut unreduced = 0;
    for k in 1..40 {
        let honest = (G1::generator() * Scalar::from(k)).to_bytes();
        for (comment, bytes) in noncanonical(&honest) {
            let decoded = G1::from_bytes(&bytes.try_into().unwrap());
            assert_eq!(decoded, Err(DecodeError::NotOnCurve), "G1, {comment}");
            unreduced += usize::from(comment.ends_with("plus p"));
        }
        let honest = (G2::generator() * Scalar::from(k)).to_bytes();
        for (comment, bytes) in noncanonical(&honest) {
            let decoded = G2::from_bytes(&bytes.try_into().unwrap());
            assert_eq!(decoded, Err(DecodeError::NotOnCurve), "G2, {comment}");
            unreduced += usize::from(comment.ends_with("plus p"));
        }
    }
    assert!(unreduced > 10, "{unreduced} coordinates were small enough to add p");
}

#[test]
fn the_sign_flag_selects_the_negative() {
    let (mut p, mut q) = (G1::generator().to_bytes(), G2::generator().to_bytes());
    p[0] ^= 0x20;
    q[0] ^= 0x20;
    assert_eq!(G1::from_bytes(&p), Ok(-G1::generator()));
    assert_eq!(G2::from_bytes(&q), Ok(-G2::generator()));
}

#[test]
fn the_identity_is_rejected_in_every_group() {
    let mut writer = Writer::default();
    writer.g1(&G1::identity());
    writer.g2(&G2::identity());
    writer.gt(&Gt::identity());
    let bytes = writer.finish();
    assert_eq!(Reader::new(&bytes).g1(), Err(DecodeError::Identity));
    assert_eq!(Reader::new(&bytes[48..]).g2(), Err(DecodeError::Identity));
    assert_eq!(Reader::new(&bytes[144..]).gt(), Err(DecodeError::Identity));
}

fn gt_bytes(element: &Fq12) -> [u8; 576] {
    let coefficients = element.to_base_prime_field_elements();
    let bytes: Vec<u8> = coefficients.flat_map(|c| c.into_bigint().to_bytes_be()).collect();
    bytes.try_into().unwrap()
}

#[test]
fn an_element_of_gt_has_one_encoding() {
    let honest = Gt::generator().to_bytes();
    assert_eq!(Gt::from_bytes(&honest), Ok(Gt::generator()));
    for i in 0..12 {
        let mut bytes = honest;
        bytes[48 * i..48 * (i + 1)].copy_from_slice(&plus_modulus(&honest[48 * i..48 * (i + 1)]));
        assert_eq!(Gt::from_bytes(&bytes), Err(DecodeError::NotReduced), "coefficient {i}");
        let mut bytes = honest;
        bytes[48 * i + 47] ^= 1;
        assert_eq!(Gt::from_bytes(&bytes), Err(DecodeError::NotInSubgroup), "coefficient {i}");
    }
    assert_eq!(Gt::from_bytes(&[0xff; 576]), Err(DecodeError::NotReduced));
}

#[test]
fn elements_outside_the_order_r_subgroup_are_rejected() {
    let is_rejected =
        |element: Fq12| Gt::from_bytes(&gt_bytes(&element)) == Err(DecodeError::NotInSubgroup);
    let one = Fq12::ONE;
    assert!(is_rejected(Fq12::default()), "zero is not invertible");
    assert!(is_rejected(-one), "order two");
    assert!(is_rejected(one + one), "in the base field");
    let z = Fq12::from_base_prime_field_elems(gt_coefficients(&Gt::generator())).unwrap();
    assert!(!is_rejected(z) && is_rejected(-z), "Z is valid, -Z is not");

    // f^{(p^6 - 1)(p^2 + 1)} passes a check that its order divides p^4 - p^2 + 1, which has small
    // factors besides r.
    let f = Fq12::rand(&mut rng(5));
    let mut conjugate = f;
    conjugate.conjugate_in_place();
    let easy = conjugate * f.inverse().unwrap();
    let mut cyclotomic = easy;
    cyclotomic.frobenius_map_in_place(2);
    cyclotomic *= easy;
    let (mut p4, mut p2) = (cyclotomic, cyclotomic);
    p4.frobenius_map_in_place(4);
    p2.frobenius_map_in_place(2);
    assert_eq!(p4 * cyclotomic, p2, "the element is in the cyclotomic subgroup");
    assert!(is_rejected(cyclotomic));
}

fn gt_coefficients(element: &Gt) -> Vec<ark_bls12_381::Fq> {
    element.to_bytes().chunks(48).map(ark_bls12_381::Fq::from_be_bytes_mod_order).collect()
}

#[test]
fn elements_of_gt_are_encoded_in_tower_order_big_endian() {
    let element = Fq12::from_base_prime_field_elems(gt_coefficients(&Gt::generator())).unwrap();
    assert_eq!(gt_bytes(&element), Gt::generator().to_bytes());
}

#[test]
fn scalars_at_and_above_the_modulus_are_rejected() {
    let largest = (-Scalar::ONE).to_be_bytes();
    assert_eq!(Reader::new(&largest).scalar(), Ok(-Scalar::ONE));
    for added in 1..=255 {
        let mut bytes = largest;
        bytes[31] = added; // r - 1 ends in 0
        assert_eq!(Reader::new(&bytes).scalar(), Err(DecodeError::NotReduced), "r - 1 + {added}");
    }
    for top in 0x74..=0xff {
        let mut bytes = [0; 32];
        bytes[0] = top;
        assert_eq!(Scalar::from_be_bytes(&bytes), Err(DecodeError::NotReduced));
    }
    assert_eq!(Reader::new(&[0; 32]).scalar(), Ok(Scalar::ZERO));
    assert!(matches!(Reader::new(&[0; 32]).nonzero_scalar(), Err(DecodeError::Invalid(_))));
    assert_eq!(Reader::new(&largest[..31]).scalar(), Err(DecodeError::Truncated));
}

#[test]
fn scalars_form_a_field() {
    let rng = &mut rng(6);
    for _ in 0..50 {
        let [a, b, c] = std::array::from_fn(|_| Scalar::random(rng));
        assert_eq!((a + b) * c, a * c + b * c);
        assert_eq!(a * a.inverse().unwrap(), Scalar::ONE);
        assert_eq!(a - a, Scalar::ZERO);
        assert_eq!(Scalar::from_be_bytes(&a.to_be_bytes()), Ok(a));
    }
    assert_eq!(Scalar::ZERO.inverse(), None);
    assert_eq!(Scalar::from(u64::MAX) + Scalar::ONE, Scalar::from(1 << 32) * Scalar::from(1 << 32));
}

#[test]
fn lengths_counts_and_flags_are_strict() {
    let over = 7_u32.to_be_bytes();
    assert_eq!(Reader::new(&over).bytes(6), Err(DecodeError::TooLong { found: 7, cap: 6 }));
    assert_eq!(Reader::new(&over).bytes(7), Err(DecodeError::Truncated));
    assert_eq!(
        Reader::new(&[0xff; 4])
            .count(1 << 30)
            .map_err(|e| matches!(e, DecodeError::TooLong { .. })),
        Err(true)
    );
    // A count of 2^32 - 1 with one byte of items does not allocate for the count.
    let huge = [0xff, 0xff, 0xff, 0xff, 0];
    let read = Reader::new(&huge).list(usize::MAX, |r| r.fixed::<32>());
    assert_eq!(read, Err(DecodeError::Truncated));
    assert_eq!(Reader::new(&[0, 0, 0, 1, 0xff]).text(9), Err(DecodeError::NotUtf8));
    assert_eq!(Reader::new(&[1]).option(|r| r.u8()), Err(DecodeError::Truncated));
    assert_eq!(Reader::new(&[1, 5]).option(|r| r.u8()), Ok(Some(5)));
    assert!(matches!(Reader::new(&[2, 5]).option(|r| r.u8()), Err(DecodeError::Invalid(_))));
    assert_eq!(Reader::new(&[1, 2, 3]).end(), Err(DecodeError::TrailingBytes(3)));
}
