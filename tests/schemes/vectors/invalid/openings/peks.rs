//! Locations of searchable ciphertexts.

use super::{negated, with, with_last_byte_changed};
use crate::vectors::format::{Fields, NegativeFile};
use epione::algebra::codec::Canonical;
use epione::peks::{self, SearchableCiphertext};
use rand_chacha::ChaCha20Rng;

pub(super) fn locations(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let (secret, public) = peks::keygen(rng);
    let ciphertext = peks::encrypt(&public, b"w", b"record 7", b"location", rng).to_bytes();
    let trapdoor = peks::trapdoor(&secret, b"w");
    file.group(
        "peks: locate",
        Fields::default().hex("trapdoor", trapdoor.to_bytes()).hex("context", "record 7"),
    );
    let cases = [
        ("unmodified", "Valid", ciphertext.clone()),
        ("A negated", "A", negated(&ciphertext, 2)),
        ("B modified", "B", with(&ciphertext, 50, ciphertext[50] ^ 1)),
        ("location modified", "Location", with_last_byte_changed(&ciphertext)),
    ];
    file.cases(cases, |bytes| {
        let ciphertext = SearchableCiphertext::from_bytes(bytes).unwrap();
        peks::locate(&ciphertext, &trapdoor, b"record 7").is_ok()
    });
}
