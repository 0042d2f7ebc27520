//! Bare elements.

use super::with;
use crate::vectors::format::{Fields, Refusals, settle};
use epione::algebra::codec::Reader;
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::error::DecodeError;

fn element<'a, T>(
    bytes: &'a [u8],
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(bytes);
    read(&mut reader)?;
    reader.end()
}

const MODULUS: &str = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

#[test]
fn refused_elements() {
    let mut file = Refusals::new("EPIONE-V1-ELEMENTS", "Bare elements, without version and kind.");
    let points: [(&str, usize, Vec<u8>); 2] = [
        ("G1", 48, G1::generator().to_bytes().to_vec()),
        ("G2", 96, G2::generator().to_bytes().to_vec()),
    ];
    for (name, length, honest) in points {
        file.group(name, Fields::default());
        let small = |flags: u8, x: u8| with(&with(&vec![0; length], length - 1, x), 0, flags);
        let judge = |bytes: &[u8]| {
            if length == 48 { element(bytes, Reader::g1) } else { element(bytes, Reader::g2) }
        };
        let found = |wanted: DecodeError| {
            (0..=255).find(|x| judge(&small(0x80, *x)) == Err(wanted)).unwrap()
        };
        let (off, outside) = (found(DecodeError::NotOnCurve), found(DecodeError::NotInSubgroup));
        let mut unreduced = hex::decode(MODULUS).unwrap();
        unreduced.resize(length, 0);
        unreduced[0] |= 0x80;
        let cases = [
            ("the generator", "Valid", honest.clone(), true),
            ("its negative", "Valid", with(&honest, 0, honest[0] ^ 0x20), true),
            ("the identity", "Identity", small(0xc0, 0), false),
            ("x is on no point", "OffCurve", small(0x80, off), false),
            ("a point outside the subgroup", "OffSubgroup", small(0x80, outside), false),
            ("no compression flag", "Flags", with(&honest, 0, honest[0] & 0x7f), false),
            ("infinity flag with coordinates", "Flags", with(&honest, 0, honest[0] | 0x40), false),
            ("infinity with a sign", "Flags", small(0xe0, 0), false),
            ("infinity without compression flag", "Flags", small(0x40, 0), false),
            ("infinity with a coordinate", "Flags", small(0xc0, 1), false),
            ("a coordinate equal to p", "NotReduced", unreduced, false),
            ("one byte short", "Length", honest[..length - 1].to_vec(), false),
            ("one byte more", "Length", [&honest[..], &[0]].concat(), false),
        ];
        for (comment, flag, bytes, valid) in cases {
            assert_eq!(judge(&bytes).is_ok(), valid, "{name}: {comment}");
            file.test(comment, flag, &bytes, valid);
        }
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
        ("e(g1, g2)", "Valid", honest.clone(), true),
        ("one", "Identity", one.clone(), false),
        ("zero, which is no unit", "OffTorsion", vec![0; 576], false),
        ("minus one, of order two", "OffTorsion", minus_one, false),
        ("two, in the base field", "OffTorsion", with(&one, 47, 2), false),
        ("a changed coefficient", "OffTorsion", with(&honest, 575, honest[575] ^ 1), false),
        ("a coefficient equal to p", "NotReduced", unreduced, false),
        ("one byte short", "Length", honest[..575].to_vec(), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        assert_eq!(element(&bytes, Reader::gt).is_ok(), valid, "GT: {comment}");
        file.test(comment, flag, &bytes, valid);
    }

    file.group("scalar", Fields::default());
    let largest = (-Scalar::ONE).to_be_bytes();
    let cases = [
        ("r - 1", "Valid", largest.to_vec(), true),
        ("zero", "Valid", vec![0; 32], true),
        ("r", "NotReduced", with(&largest, 31, 1), false),
        ("2^256 - 1", "NotReduced", vec![0xff; 32], false),
        ("one byte short", "Length", largest[..31].to_vec(), false),
    ];
    for (comment, flag, bytes, valid) in cases {
        assert_eq!(element(&bytes, Reader::scalar).is_ok(), valid, "scalar: {comment}");
        file.test(comment, flag, &bytes, valid);
    }
    settle("invalid/elements.json", &file);
}
