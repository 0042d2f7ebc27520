//! Windows of epochs.

use super::{encodings, overlong, with};
use crate::vectors::format::Refusals;
use epione::algebra::codec::Canonical;
use epione::pseudonym::{SeriesSecret, WindowKey};
use rand_chacha::ChaCha20Rng;

pub(super) fn windows(file: &mut Refusals, rng: &mut ChaCha20Rng) {
    let window = SeriesSecret::generate(rng).for_doctor(b"d").window(3..=4).unwrap().to_bytes();
    let (first, second) = (window[6..43].to_vec(), window[43..80].to_vec());
    let pair = |a: &[u8], b: &[u8]| [&window[..6], a, b].concat();
    let own = [
        overlong(&window, 2),
        ("no node", "Empty", [&window[..2], &[0; 4]].concat()),
        ("nodes in descending order", "Order", pair(&second, &first)),
        ("a node twice", "Order", pair(&first, &first)),
        ("level 33", "Tree", with(&window, 6, 33)),
        ("a prefix longer than its level", "Tree", with(&window, 6, 1)),
    ];
    encodings::<WindowKey>(file, "PseudonymWindow", &window, &own);
}
