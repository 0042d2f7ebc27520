//! Messages of the protocol.

use super::{encodings, overlong, with};
use crate::algebra::encodings::protocol::{Messages, messages};
use crate::vectors::format::{NegativeCase, NegativeFile};
use epione::algebra::codec::Canonical;
use epione::protocol::{Enrolment, Fetch, SealedMessage, Upload};
use rand_chacha::ChaCha20Rng;

pub(super) fn messages_of_parties(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let Messages { upload, fetch, sealed, of_institution, of_doctor } = messages(rng);
    let upload = upload.to_bytes();
    let own = [names(&upload), signing_key(&upload, 50).to_vec()].concat();
    encodings::<Upload>(file, "Upload", &upload, &own);

    let fetch = fetch.to_bytes();
    let bases = vec![
        ("basis 0", "Tag", with(&fetch, 42, 0)),
        ("a record as basis", "Valid", with(&fetch, 42, 2)),
        ("basis 3", "Tag", with(&fetch, 42, 3)),
    ];
    let keys = [hpke_key(&fetch, 99).to_vec(), signing_key(&fetch, 131).to_vec()].concat();
    encodings::<Fetch>(file, "Fetch", &fetch, &[names(&fetch), bases, keys].concat());

    let sealed = sealed.to_bytes();
    encodings::<SealedMessage>(file, "SealedMessage", &sealed, &[overlong(&sealed, 2)]);

    let enrolment = of_institution.to_bytes();
    let fields = vec![
        ("with a re-encryption key and its proof", "Valid", of_doctor.to_bytes()),
        overlong(&enrolment, 34),
        ("a name that is not UTF-8", "NotUtf8", with(&enrolment, 38, 0xff)),
        ("role 0", "Tag", with(&enrolment, 46, 0)),
        ("role 7", "Tag", with(&enrolment, 46, 7)),
        overlong(&enrolment, 79),
        ("a flag of 2", "Tag", with(&enrolment, 187, 2)),
        ("a missing proof", "Truncated", with(&enrolment, 187, 1)),
    ];
    let keys = [signing_key(&enrolment, 2).to_vec(), hpke_key(&enrolment, 47).to_vec()].concat();
    encodings::<Enrolment>(file, "Enrolment", &enrolment, &[fields, keys].concat());
}

/// Replaces the identifier of an object, which follows the kind.
fn names(bytes: &[u8]) -> Vec<NegativeCase> {
    let named = |name: &[u8]| {
        [&bytes[..2], &(name.len() as u32).to_be_bytes(), name, &bytes[42..]].concat()
    };
    let name = &bytes[6..42];
    vec![
        overlong(bytes, 2),
        ("an empty identifier", "Identifier", named(&[])),
        ("an identifier of version 0", "Identifier", with(bytes, 6, 0)),
        ("an identifier with the codec dag-pb", "Identifier", with(bytes, 7, 0x70)),
        ("an identifier by SHA-512", "Identifier", with(bytes, 8, 0x13)),
        (
            "an identifier of 31 bytes",
            "Identifier",
            named(&[&[1, 0x55, 0x12, 31], &name[5..]].concat()),
        ),
        ("a version of two bytes", "Identifier", named(&[&[0x81, 0], &name[1..]].concat())),
        ("an identifier with a trailing byte", "Identifier", named(&[name, &[0]].concat())),
        ("an identifier of 65 bytes", "TooLong", named(&[1; 65])),
    ]
}

fn replaced(bytes: &[u8], position: usize, key: [u8; 32]) -> Vec<u8> {
    [&bytes[..position], &key[..], &bytes[position + 32..]].concat()
}

/// `2^255 - 19 + offset`, little-endian.
fn prime_plus(offset: i16) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = ((0xed + offset) as u8, 0x7f);
    bytes
}

fn small(number: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = number;
    bytes
}

/// Replaces the Ed25519 key at a position.
pub(super) fn signing_key(bytes: &[u8], position: usize) -> [NegativeCase; 4] {
    let with = |key| replaced(bytes, position, key);
    [
        ("the identity as signing key", "SmallOrder", with(small(1))),
        ("a signing key of order 2", "SmallOrder", with(prime_plus(-1))),
        ("a signing key y + p", "NotReduced", with(prime_plus(3))),
        ("a signing key that is no point", "NotOnCurve", with(small(2))),
    ]
}

/// Replaces the X25519 key at a position.
pub(super) fn hpke_key(bytes: &[u8], position: usize) -> [NegativeCase; 5] {
    let with = |key| replaced(bytes, position, key);
    let mut unused_bit = small(9);
    unused_bit[31] = 0x80;
    [
        ("the base point as HPKE key", "Valid", with(small(9))),
        ("zero as HPKE key", "SmallOrder", with(small(0))),
        ("an HPKE key of order 4 on the curve", "SmallOrder", with(small(1))),
        ("p as HPKE key", "NotReduced", with(prime_plus(0))),
        ("an HPKE key with the unused bit", "NotReduced", with(unused_bit)),
    ]
}
