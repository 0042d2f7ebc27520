//! DEM ciphertexts with modified bytes, and ciphertexts composed of whole segments.

use super::{with, with_last_byte_changed};
use crate::vectors::dem::{plaintext, segment};
use crate::vectors::format::{Fields, NegativeFile, draw};
use epione::algebra::Secret;
use epione::algebra::codec::VERSION;
use epione::algebra::hash::kdf;
use epione::algebra::tag::{self, Kind};
use epione::dem::{self, ContentKey};
use rand_chacha::ChaCha20Rng;

pub(super) fn modified(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let key = ContentKey::generate(rng);
    let sealed = dem::seal(&key, b"context", &[7; 40]);
    let last = sealed.len() - 1;
    file.group("dem: open", Fields::default().hex("key", key.expose()).hex("context", "context"));
    let cases = [
        ("unmodified", "Valid", sealed.clone()),
        ("empty", "Truncated", Vec::new()),
        ("header without segments", "Truncated", sealed[..34].to_vec()),
        ("last byte missing", "Truncated", sealed[..last].to_vec()),
        ("trailing byte", "TrailingBytes", [&sealed[..], &[0]].concat()),
        ("unsupported version", "Version", with(&sealed, 0, VERSION + 1)),
        ("another kind", "Kind", with(&sealed, 1, 0)),
        ("commitment modified", "Commitment", with(&sealed, 2, sealed[2] ^ 1)),
        ("ciphertext modified", "Body", with(&sealed, 34, sealed[34] ^ 1)),
        ("authentication tag modified", "Body", with_last_byte_changed(&sealed)),
        ("another context", "Context", dem::seal(&key, b"other", &[7; 40])),
    ];
    file.cases(cases, |bytes| dem::open(&key, b"context", bytes).is_ok());
}

/// Number and last byte of the nonce, start and length of the plaintext.
type Segment = (u32, u8, u32, u32);

/// Length of a full segment of plaintext.
const FULL: u32 = 1 << 16;

fn encode(segments: &[Segment]) -> Vec<u8> {
    let one = |(number, last, start, length): &Segment| {
        let (start, length) = (start.to_be_bytes(), length.to_be_bytes());
        [&number.to_be_bytes()[..], &[*last], &start, &length].concat()
    };
    segments.iter().flat_map(one).collect()
}

/// Segments encrypted by a holder of the key in any composition, and honest segments rearranged.
pub(super) fn segments(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let key = draw::<32>(rng);
    let okm = *kdf::<83>(tag::DEM_KEYS, &key, &[b"context"]).expose();
    let header = [&[VERSION, Kind::DemCiphertext as u8], &okm[51..]].concat();
    let context = Fields::default().hex("key", key).hex("context", "context");
    file.group("dem: open segments", context.hex("header", &header));
    let key = ContentKey::from_secret(Secret::new(key));
    for (comment, flag, segments) in cases() {
        let plaintexts: Vec<Vec<u8>> = segments
            .iter()
            .map(|(_, _, start, length)| plaintext(*start as usize, *length as usize))
            .collect();
        let mut sealed = header.clone();
        for ((number, last, ..), plaintext) in segments.iter().zip(&plaintexts) {
            sealed.extend(segment(&okm, *number, *last, plaintext));
        }
        file.cases([(comment, flag, encode(&segments))], |_| {
            let opened = dem::open(&key, b"context", &sealed);
            opened.is_ok_and(|opened| *opened == plaintexts.concat())
        });
    }
}

fn cases() -> Vec<(&'static str, &'static str, Vec<Segment>)> {
    let (first, second, third) = ((0, 0, 0, FULL), (1, 0, FULL, FULL), (2, 1, 2 * FULL, 17));
    let second_last = (1, 1, FULL, FULL);
    vec![
        ("three segments", "Valid", vec![first, second, third]),
        ("two full segments", "Valid", vec![first, second_last]),
        ("one full segment", "Valid", vec![(0, 1, 0, FULL)]),
        ("a single empty segment", "Valid", vec![(0, 1, 0, 0)]),
        ("no segments", "Truncated", vec![]),
        ("the last segment dropped", "Truncated", vec![first, second]),
        ("the first segment alone", "Truncated", vec![first]),
        ("the first segment dropped", "Order", vec![second, third]),
        ("the second of three segments dropped", "Order", vec![first, third]),
        ("two segments exchanged", "Order", vec![second, first, third]),
        ("last segment moved to the front", "Order", vec![second_last, first]),
        ("a segment repeated", "Order", vec![first, first, second, third]),
        ("the last segment repeated", "Order", vec![first, second_last, second_last]),
        ("segment numbers start at 1", "Number", vec![(1, 0, 0, FULL), (2, 1, FULL, 17)]),
        ("a segment number repeated", "Number", vec![first, (0, 1, FULL, 17)]),
        ("no segment marked as the last", "Last", vec![first, (1, 0, FULL, 17)]),
        ("the first of two marked as the last", "Last", vec![(0, 1, 0, FULL), (1, 0, FULL, 17)]),
        ("both of two marked as the last", "Last", vec![(0, 1, 0, FULL), (1, 1, FULL, 17)]),
        ("an empty segment not marked as the last", "Last", vec![(0, 0, 0, 0)]),
        ("an empty segment after a full one", "Empty", vec![first, (1, 1, FULL, 0)]),
        ("an empty segment after two full ones", "Empty", vec![first, second, (2, 1, 2 * FULL, 0)]),
        ("a segment of 65537 bytes", "Length", vec![(0, 1, 0, FULL + 1)]),
        ("a short segment before the last", "Length", vec![(0, 0, 0, 100), (1, 1, 100, 17)]),
    ]
}
