//! Proofs of presence and absence.
#![forbid(unsafe_code)]

use super::{Branches, Digest, MapError, Path, Subtree, bit};
use crate::algebra::codec::sequence;
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_MAP_BRANCH;

/// The maximum number of branches on a path.
const MAX_DEPTH: usize = 256;

/// The proof that the map contains a key with a value, or does not contain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The digests of the siblings from the root down.
    pub siblings: Vec<Digest>,
    /// The entry at the end of the path: digests of key and value. `None` if it is empty.
    pub end: Option<(Digest, Digest)>,
}

sequence!(Codec for Proof { siblings: list(MAX_DEPTH), end });

impl Proof {
    /// Returns the proof for a key, given the digest of the key.
    ///
    /// # Errors
    /// [`MapError`] if the store is damaged.
    pub fn of(branches: &impl Branches, mut tree: Subtree, key: &Digest) -> Result<Self, MapError> {
        let (mut path, mut siblings) = (Path::default(), Vec::new());
        loop {
            let end = match tree {
                Subtree::Empty => None,
                Subtree::Entry { key, value } => Some((key, value)),
                Subtree::Branch(_) => {
                    let branch = branches.branch(&path)?;
                    let next = bit(key, path.length.into());
                    let (taken, sibling) = match next {
                        false => (branch.left, branch.right),
                        true => (branch.right, branch.left),
                    };
                    siblings.push(sibling.digest());
                    (tree, path) = (taken, path.child(next));
                    continue;
                }
            };
            return Ok(Self { siblings, end });
        }
    }

    /// Returns `true` if the proof shows that the map with this root contains the key with this
    /// value or, for `None`, does not contain it. Key and value are given by their digests.
    ///
    /// The siblings combine with the digest of the end, by the bits of the key, to the root. At the
    /// end of an absence is no entry, or one of another key with the same bits up to this depth.
    pub fn verify(&self, root: &Digest, key: &Digest, value: Option<&Digest>) -> bool {
        let depth = self.siblings.len();
        if depth > MAX_DEPTH {
            return false;
        }
        let tree = match self.end {
            None => Subtree::Empty,
            Some((found, value)) => Subtree::Entry { key: found, value },
        };
        let shown = match self.end {
            Some((found, shown)) if found == *key => Some(shown),
            Some((found, _)) if (0..depth).any(|index| bit(&found, index) != bit(key, index)) => {
                return false;
            }
            _ => None,
        };
        let combine = |below: Digest, (index, sibling): (usize, &Digest)| {
            let parts = if bit(key, index) { [sibling, &below] } else { [&below, sibling] };
            digest(LEDGER_MAP_BRANCH, &parts.map(Digest::as_slice))
        };
        let computed = self.siblings.iter().enumerate().rev().fold(tree.digest(), combine);
        shown.as_ref() == value && computed == *root
    }
}
