//! Locations of searchable entries.

use super::{at_the_end, judged, negated, with};
use crate::vectors::format::{Fields, Refusals};
use epione::algebra::codec::Canonical;
use epione::peks::{self, SearchableCiphertext};
use rand_chacha::ChaCha20Rng;

pub(super) fn locations(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let (secret, public) = peks::keygen(rng);
    let entry = peks::encrypt(&public, b"w", b"record 7", b"location", rng).to_bytes();
    let trapdoor = peks::trapdoor(&secret, b"w");
    file.group(
        "peks: locate",
        Fields::default().hex("trapdoor", trapdoor.to_bytes()).hex("context", "record 7"),
    );
    let cases = [
        ("as it was made", "Valid", entry.clone()),
        ("A negated", "A", negated(&entry, 2)),
        ("check value changed", "B", with(&entry, 50, entry[50] ^ 1)),
        ("location changed", "Location", at_the_end(&entry)),
    ];
    judged(file, cases, |bytes| {
        let entry = SearchableCiphertext::from_bytes(bytes).unwrap();
        peks::locate(&entry, &trapdoor, b"record 7").is_ok()
    });
}
