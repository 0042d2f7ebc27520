//! Single elements.

use super::with;
use crate::algebra::numbers::MODULUS;
use crate::vectors::format::{Fields, NegativeFile, compare_or_write};
use ark_bls12_381::{Fq, Fq12, Fr};
use ark_ff::{BigInteger, Field, PrimeField};
use epione::algebra::codec::Reader;
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::error::DecodeError;

fn decode_element<'a, T>(
    bytes: &'a [u8],
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(bytes);
    read(&mut reader)?;
    reader.end()
}

/// `f^{p^6 - 1}`: its inverse is its conjugate, as in GT.
fn unitary() -> Fq12 {
    let f = Fq12::from_base_prime_field_elems((1..=12u64).map(Fq::from)).unwrap();
    let mut conjugate = f;
    conjugate.conjugate_in_place();
    conjugate * f.inverse().unwrap()
}

/// `f^{(p^6 - 1)(p^2 + 1)}`: its order divides `p^4 - p^2 + 1`, which has small factors besides
/// `r`.
fn cyclotomic() -> Fq12 {
    let mut element = unitary();
    element.frobenius_map_in_place(2);
    element * unitary()
}

/// `2^{(p - 1) / 3}`. Three divides `u - 1` for the curve's parameter `u`, and therefore `p - u`.
fn cube_root() -> Fq {
    let third = -Fq::from(3u64).inverse().unwrap();
    let root = Fq::from(2u64).pow(third.into_bigint());
    assert!(root != Fq::ONE && root.pow([3]) == Fq::ONE);
    root
}

fn written(element: &Fq12) -> Vec<u8> {
    element.to_base_prime_field_elements().flat_map(|c| c.into_bigint().to_bytes_be()).collect()
}

fn read(bytes: &[u8]) -> Fq12 {
    Fq12::from_base_prime_field_elems(bytes.chunks(48).map(Fq::from_be_bytes_mod_order)).unwrap()
}

#[test]
fn negative_tests_of_elements() {
    let mut file =
        NegativeFile::new("EPIONE-V1-ELEMENTS", "Single elements, without version and kind.");
    let points: [(&str, usize, Vec<u8>); 2] = [
        ("G1", 48, G1::generator().to_bytes().to_vec()),
        ("G2", 96, G2::generator().to_bytes().to_vec()),
    ];
    for (name, length, honest) in points {
        file.group(name, Fields::default());
        let small = |flags: u8, x: u8| with(&with(&vec![0; length], length - 1, x), 0, flags);
        let decode = |bytes: &[u8]| {
            if length == 48 {
                decode_element(bytes, Reader::g1)
            } else {
                decode_element(bytes, Reader::g2)
            }
        };
        let find = |error: DecodeError| {
            (0..=255).find(|x| decode(&small(0x80, *x)) == Err(error)).unwrap()
        };
        let (off, outside) = (find(DecodeError::NotOnCurve), find(DecodeError::NotInSubgroup));
        let mut unreduced = hex::decode(MODULUS).unwrap();
        unreduced.resize(length, 0);
        unreduced[0] |= 0x80;
        let cases = [
            ("the generator", "Valid", honest.clone()),
            ("its negative", "Valid", with(&honest, 0, honest[0] ^ 0x20)),
            ("the identity", "Identity", small(0xc0, 0)),
            ("x of no point on the curve", "OffCurve", small(0x80, off)),
            ("a point outside the subgroup", "OffSubgroup", small(0x80, outside)),
            ("no compression flag", "Flags", with(&honest, 0, honest[0] & 0x7f)),
            ("infinity flag on a finite point", "Flags", with(&honest, 0, honest[0] | 0x40)),
            ("infinity with a sign flag", "Flags", small(0xe0, 0)),
            ("infinity without compression flag", "Flags", small(0x40, 0)),
            ("infinity with a coordinate", "Flags", small(0xc0, 1)),
            ("a coordinate equal to p", "NotReduced", unreduced),
            ("one byte too short", "Length", honest[..length - 1].to_vec()),
            ("one byte too long", "Length", [&honest[..], &[0]].concat()),
        ];
        file.cases(cases, |bytes| decode(bytes).is_ok());
    }

    file.group("GT", Fields::default());
    let honest = Gt::generator().to_bytes().to_vec();
    let mut one = vec![0; 576];
    one[47] = 1;
    let mut minus_one = vec![0; 576];
    minus_one[..48].copy_from_slice(&hex::decode(MODULUS).unwrap());
    minus_one[47] -= 1;
    let mut unreduced = minus_one.clone();
    unreduced[47] += 1;
    let cases = [
        ("e(g1, g2)", "Valid", honest.clone()),
        ("one", "Identity", one.clone()),
        ("zero, which is not invertible", "OffTorsion", vec![0; 576]),
        ("minus one, of order two", "OffTorsion", minus_one),
        ("two, an element of the base field", "OffTorsion", with(&one, 47, 2)),
        ("a changed coefficient", "OffTorsion", with(&honest, 575, honest[575] ^ 1)),
        ("norm one over Fp6", "OffTorsion", written(&unitary())),
        ("in the cyclotomic subgroup", "OffTorsion", written(&cyclotomic())),
        (
            "in the cyclotomic subgroup, of order prime to r",
            "OffTorsion",
            written(&cyclotomic().pow(Fr::MODULUS)),
        ),
        (
            "e(g1, g2) times an element of the cyclotomic subgroup",
            "OffTorsion",
            written(&(read(&honest) * cyclotomic().pow(Fr::MODULUS))),
        ),
        (
            "a cube root of one in the base field, which satisfies x^p = x^u",
            "OffTorsion",
            written(&Fq12::from_base_prime_field(cube_root())),
        ),
        ("a coefficient equal to p", "NotReduced", unreduced),
        ("one byte too short", "Length", honest[..575].to_vec()),
    ];
    file.cases(cases, |bytes| decode_element(bytes, Reader::gt).is_ok());

    file.group("scalar", Fields::default());
    let largest = (-Scalar::ONE).to_be_bytes();
    let cases = [
        ("r - 1", "Valid", largest.to_vec()),
        ("zero", "Valid", vec![0; 32]),
        ("r", "NotReduced", with(&largest, 31, 1)),
        ("2^256 - 1", "NotReduced", vec![0xff; 32]),
        ("one byte too short", "Length", largest[..31].to_vec()),
    ];
    file.cases(cases, |bytes| decode_element(bytes, Reader::scalar).is_ok());
    compare_or_write("invalid/elements.json", &file);
}
