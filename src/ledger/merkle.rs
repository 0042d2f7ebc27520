//! Merkle trees over lists of digests.
//!
//! The shape is that of RFC 6962: of `n` leaves, the left subtree has the largest power of two
//! below `n`. No leaf is duplicated, since duplication would give two lists one root. Leaves and
//! inner nodes are hashed under different tags. The root commits to the number of leaves.
//!
//! ```text
//! leaf                digest(LEDGER_LEAF, parts of the content)
//! top of no leaf      32 zero bytes
//! top of one leaf     the leaf
//! top of more leaves  digest(LEDGER_NODE, top of the left subtree, top of the right subtree)
//! root of n leaves    digest(LEDGER_NODE, n with 64 bits, top)
//! ```
#![forbid(unsafe_code)]

use crate::algebra::hash::digest;
use crate::algebra::tag::{LEDGER_LEAF, LEDGER_NODE};
use crate::consensus::Digest;

/// Returns the digest of a leaf's content.
pub fn leaf(content: &[&[u8]]) -> Digest {
    digest(LEDGER_LEAF, content)
}

/// Returns the root of a list of leaves; a fixed digest if it is empty.
pub fn root(leaves: &[Digest]) -> Digest {
    bind_count(leaves.len(), &subtree(leaves))
}

fn subtree(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => [0; 32],
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&subtree(left), &subtree(right))
        }
    }
}

/// Returns the siblings of a leaf from the bottom up; `None` if there is no such leaf.
pub fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let mut siblings = Vec::new();
    let (mut leaves, mut index) = (leaves, index);
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if index < left.len() {
            siblings.push(subtree(right));
            leaves = left;
        } else {
            siblings.push(subtree(left));
            (leaves, index) = (right, index - left.len());
        }
    }
    siblings.reverse();
    Some(siblings)
}

/// Returns `true` if `leaf` is at `index` of `count` leaves under `root`.
pub fn verify(root: &Digest, count: usize, index: usize, leaf: &Digest, path: &[Digest]) -> bool {
    let Some(sides) = sides(count, index) else { return false };
    if sides.len() != path.len() {
        return false;
    }
    let combine = |below: Digest, (is_left, sibling): (&bool, &Digest)| {
        if *is_left { node(&below, sibling) } else { node(sibling, &below) }
    };
    bind_count(count, &sides.iter().rev().zip(path).fold(*leaf, combine)) == *root
}

/// Returns, from the root down, `true` at each level where the leaf is in the left subtree.
fn sides(count: usize, index: usize) -> Option<Vec<bool>> {
    if index >= count {
        return None;
    }
    let mut sides = Vec::new();
    let (mut count, mut index) = (count, index);
    while count > 1 {
        let left = split(count);
        sides.push(index < left);
        (count, index) = if index < left { (left, index) } else { (count - left, index - left) };
    }
    Some(sides)
}

/// Returns the largest power of two below `count >= 2`.
fn split(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

fn node(left: &Digest, right: &Digest) -> Digest {
    digest(LEDGER_NODE, &[left, right])
}

fn bind_count(count: usize, top: &Digest) -> Digest {
    digest(LEDGER_NODE, &[&(count as u64).to_be_bytes(), top])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_of_every_small_tree_has_exactly_one_path() {
        for count in 0..20 {
            let leaves: Vec<Digest> = (0..count).map(|i| leaf(&[&[i as u8]])).collect();
            let root = root(&leaves);
            assert_eq!(path(&leaves, count), None);
            for index in 0..count {
                let path = path(&leaves, index).unwrap();
                for other in 0..2 * count + 2 {
                    let holds = verify(&root, count, other, &leaves[index], &path);
                    assert_eq!(holds, other == index, "leaf {index} of {count} as {other}");
                }
                assert!(!verify(&root, count + 1, index, &leaves[index], &path));
                let longer = [&path[..], &[root]].concat();
                assert!(!verify(&root, count, index, &leaves[index], &longer));
            }
        }
    }

    /// On a target of 32 bits, every count of a proof may be close to the greatest number.
    #[test]
    fn the_greatest_counts_are_split() {
        for count in [usize::MAX, usize::MAX / 2 + 2] {
            for index in [0, count - 1] {
                assert!(!verify(&[0; 32], count, index, &[0; 32], &[]));
            }
        }
    }

    #[test]
    fn a_duplicated_last_leaf_changes_the_root() {
        let leaves = [[1; 32], [2; 32], [3; 32]];
        assert_ne!(root(&leaves), root(&[[1; 32], [2; 32], [3; 32], [3; 32]]));
        assert_ne!(root(&[]), root(&[[0; 32]]));
    }
}
