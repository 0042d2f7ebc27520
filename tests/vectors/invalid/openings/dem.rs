//! Sealed texts.

use super::{at_the_end, judged, with};
use crate::vectors::format::{Fields, Refusals};
use epione::algebra::codec::VERSION;
use epione::dem::{self, ContentKey};
use rand_chacha::ChaCha20Rng;

pub(super) fn changed(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let key = ContentKey::generate(rng);
    let sealed = dem::seal(&key, b"context", &[7; 40]);
    let last = sealed.len() - 1;
    file.group("dem: open", Fields::default().hex("key", key.expose()).hex("context", "context"));
    let cases = [
        ("as it was made", "Valid", sealed.clone()),
        ("nothing", "Truncated", Vec::new()),
        ("header alone", "Truncated", sealed[..34].to_vec()),
        ("one byte short", "Truncated", sealed[..last].to_vec()),
        ("one byte more", "TrailingBytes", [&sealed[..], &[0]].concat()),
        ("the next version", "Version", with(&sealed, 0, VERSION + 1)),
        ("another kind", "Kind", with(&sealed, 1, 0)),
        ("commitment changed", "Commitment", with(&sealed, 2, sealed[2] ^ 1)),
        ("ciphertext changed", "Body", with(&sealed, 34, sealed[34] ^ 1)),
        ("authentication tag changed", "Body", at_the_end(&sealed)),
        ("another context", "Context", dem::seal(&key, b"other", &[7; 40])),
    ];
    judged(file, cases, |bytes| dem::open(&key, b"context", bytes).is_ok());
}
