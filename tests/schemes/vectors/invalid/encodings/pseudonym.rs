//! Window keys of pseudonyms.

use super::{encodings, overlong, with};
use crate::vectors::format::{NegativeCase, NegativeFile};
use epione::algebra::codec::{Canonical, Writer};
use epione::pseudonym::{SeriesSecret, WindowKey};
use rand_chacha::ChaCha20Rng;

pub(super) fn windows(file: &mut NegativeFile, rng: &mut ChaCha20Rng) {
    let window = SeriesSecret::generate(rng).for_doctor(b"d").window(3..=4).unwrap().to_bytes();
    let (first, second) = (window[6..43].to_vec(), window[43..80].to_vec());
    let pair = |a: &[u8], b: &[u8]| [&window[..6], a, b].concat();
    let mut own = vec![
        overlong(&window, 2),
        ("no nodes", "Empty", [&window[..2], &[0; 4]].concat()),
        ("nodes in descending order", "Order", pair(&second, &first)),
        ("a node twice", "Order", pair(&first, &first)),
        ("level 33", "Tree", with(&window, 6, 33)),
        ("a prefix longer than its level", "Tree", with(&window, 6, 1)),
    ];
    own.extend(nodes(&window[..2]));
    encodings::<WindowKey>(file, "PseudonymWindow", &window, &own);
}

/// Windows with other lists of nodes. Two nodes are disjoint, or one contains the other.
fn nodes(head: &[u8]) -> Vec<NegativeCase> {
    let of = |nodes: &[(u8, u32)]| {
        let mut w = Writer::default();
        w.fixed(head);
        w.list(nodes, |w, (level, prefix)| {
            w.u8(*level);
            w.u32(*prefix);
            w.fixed(&[*level; 32]);
        });
        w.finish()
    };
    let leaves = |count: u32| of(&(0..count).map(|prefix| (32, 2 * prefix)).collect::<Vec<_>>());
    vec![
        ("the root", "Valid", of(&[(0, 0)])),
        ("the last leaf", "Valid", of(&[(32, u32::MAX)])),
        ("nodes with a gap", "Valid", of(&[(2, 0), (2, 3)])),
        ("neighbours that are no siblings", "Valid", of(&[(3, 5), (3, 6)])),
        ("two sibling nodes instead of their parent", "Siblings", of(&[(2, 2), (3, 6), (3, 7)])),
        ("two sibling leaves before another node", "Siblings", of(&[(32, 0), (32, 1), (31, 1)])),
        ("all leaves of a node", "Siblings", of(&[(3, 0), (3, 1), (3, 2), (3, 3)])),
        ("64 nodes", "Valid", leaves(64)),
        ("65 nodes", "TooLong", leaves(65)),
        ("level 0 with a prefix", "Tree", of(&[(0, 1)])),
        ("the first child of the node before it", "Nested", of(&[(1, 0), (2, 0)])),
        ("the last child of the node before it", "Nested", of(&[(1, 0), (2, 1)])),
        ("a descendant of the node before it", "Nested", of(&[(1, 1), (3, 5)])),
        ("an ancestor of the node before it", "Nested", of(&[(2, 0), (1, 0)])),
        (
            "a child of the first node, before a disjoint node",
            "Nested",
            of(&[(1, 0), (2, 1), (2, 2)]),
        ),
        ("the root before a leaf", "Nested", of(&[(0, 0), (32, 7)])),
        ("the root after a leaf", "Nested", of(&[(32, 0), (0, 0)])),
        ("ascending by prefix only", "Order", of(&[(2, 2), (3, 3)])),
    ]
}
