//! The authenticated map: a Merkle tree over entries in order of the digests of their keys.
//!
//! A sparse Merkle tree of depth 256 (Laurie and Kasper, *Revocation Transparency*, 2012), in which
//! a subtree with one entry is replaced by the entry (as in Gao et al., *Jellyfish Merkle Tree*,
//! 2021). The root depends on the entries only, not on the order of changes, and both the presence
//! and the absence of a key have proofs.
//!
//! ```text
//! D(no entry)  32 zero bytes
//! D(entry)     digest(LEDGER_MAP_ENTRY, digest of the key, digest of the value), at every depth
//! D(branch)    digest(LEDGER_MAP_BRANCH, D(left), D(right))
//! ```
//!
//! A branch at depth `d` has the keys whose bit `d` is 0 on its left. Bit 0 is the most significant
//! bit of the first byte.
//!
//! [`update`] reads branches and returns the changed ones, which the caller stores once a block is
//! decided. Nothing is stored for a block that is only verified.
//!
//! **Cost.** With `n` entries, whose digests an adversary cannot choose freely, a change reads and
//! hashes `log2 n` branches, and changes of one block share the upper ones. A proof has `log2 n`
//! digests. An adversary who computes `2^k` digests can lengthen the paths of two entries to `2 k`
//! branches.
//!
//! **Security.** Collision resistance of SHA-256. Entries and branches are hashed under different
//! tags, and no preimage of the digest of an empty subtree, 32 zero bytes, is known.
#![forbid(unsafe_code)]

mod page;
mod proof;

pub(super) use page::{Page, Pages};
pub use proof::Proof;

use crate::algebra::codec::{choice, sequence};
use crate::algebra::hash::digest;
use crate::algebra::tag::{LEDGER_MAP_BRANCH, LEDGER_MAP_ENTRY};
use crate::consensus::Digest;
use crate::database::DatabaseError;
use std::collections::BTreeMap;
use thiserror::Error;

/// A part of the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Subtree {
    /// No entry.
    #[default]
    Empty,
    /// One entry.
    Entry {
        /// The digest of the key.
        key: Digest,
        /// The digest of the value.
        value: Digest,
    },
    /// The digest of a branch with two entries or more.
    Branch(Digest),
}

choice!(Subtree, "unknown tag of a subtree" { 0 = Empty, 1 = Entry { key, value }, 2 = Branch(digest) });

impl Subtree {
    /// Returns the digest to which the parent commits.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Empty => [0; 32],
            Self::Entry { key, value } => digest(LEDGER_MAP_ENTRY, &[key, value]),
            Self::Branch(digest) => *digest,
        }
    }
}

/// An inner node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// The entries whose next bit is 0.
    pub left: Subtree,
    /// The entries whose next bit is 1.
    pub right: Subtree,
}

sequence!(Codec for Branch { left, right });

impl Branch {
    /// Returns the digest to which the parent commits.
    pub(super) fn digest(&self) -> Digest {
        digest(LEDGER_MAP_BRANCH, &[&self.left.digest(), &self.right.digest()])
    }
}

/// The position of a branch: the leading bits that its keys share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The bits, followed by zeros.
    pub bits: Digest,
    /// Their number.
    pub length: u16,
}

sequence!(Codec for Path { bits, length });

impl Path {
    pub(super) fn child(self, bit: bool) -> Self {
        let Self { mut bits, length } = self;
        if bit {
            bits[usize::from(length / 8)] |= 0x80 >> (length % 8);
        }
        Self { bits, length: length + 1 }
    }
}

/// Returns a bit of a key, from the most significant one.
fn bit(key: &Digest, index: usize) -> bool {
    key[index / 8] & (0x80 >> (index % 8)) != 0
}

/// The tree cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MapError {
    /// A branch is missing: the database is damaged.
    #[error("the state's tree has no branch at depth {}: the database is damaged", .0.length)]
    MissingBranch(Path),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<MapError> for DatabaseError {
    fn from(error: MapError) -> Self {
        match error {
            MapError::Database(error) => error,
            missing => Self::Damaged { table: "branches", reason: missing.to_string() },
        }
    }
}

/// The branches of a tree.
pub trait Branches {
    /// Returns a branch that the tree contains.
    ///
    /// # Errors
    /// [`MapError`].
    fn branch(&self, path: &Path) -> Result<Branch, MapError>;
}

/// The branches that an update changes: `None` for those that it removes.
pub type Changed = BTreeMap<Path, Option<Branch>>;

/// Sets and removes entries. `changes` maps the digests of keys to those of their new values.
/// Returns the new tree with the changed branches.
///
/// # Errors
/// [`MapError`] if the store is damaged.
pub fn update(
    branches: &impl Branches,
    tree: Subtree,
    changes: &BTreeMap<Digest, Option<Digest>>,
) -> Result<(Subtree, Changed), MapError> {
    let changes: Vec<(Digest, Option<Digest>)> = changes.iter().map(|(k, v)| (*k, *v)).collect();
    let mut update = Update { branches, changed: Changed::new() };
    let tree = update.apply(Path::default(), tree, &changes)?;
    Ok((tree, update.changed))
}

struct Update<'a, B> {
    branches: &'a B,
    changed: Changed,
}

impl<B: Branches> Update<'_, B> {
    /// Applies changes, in order of their keys, to the subtree at a path.
    fn apply(
        &mut self,
        path: Path,
        tree: Subtree,
        changes: &[(Digest, Option<Digest>)],
    ) -> Result<Subtree, MapError> {
        if changes.is_empty() {
            return Ok(tree);
        }
        let Subtree::Branch(_) = tree else { return Ok(self.replace(path, tree, changes)) };
        let Branch { left, right } = self.branches.branch(&path)?;
        let (of_left, of_right) = split(path, changes, |(key, _)| key);
        let left = self.apply(path.child(false), left, of_left)?;
        let right = self.apply(path.child(true), right, of_right)?;
        Ok(self.join(path, left, right))
    }

    /// Applies changes to a subtree without branches.
    fn replace(
        &mut self,
        path: Path,
        tree: Subtree,
        changes: &[(Digest, Option<Digest>)],
    ) -> Subtree {
        let set = changes.iter().filter_map(|(key, value)| Some((*key, (*value)?)));
        let mut entries: BTreeMap<Digest, Digest> = set.collect();
        if let Subtree::Entry { key, value } = tree
            && changes.binary_search_by_key(&key, |(changed, _)| *changed).is_err()
        {
            entries.insert(key, value);
        }
        let entries: Vec<(Digest, Digest)> = entries.into_iter().collect();
        self.build(path, &entries)
    }

    /// Builds a subtree of entries in order of their keys.
    fn build(&mut self, path: Path, entries: &[(Digest, Digest)]) -> Subtree {
        match entries {
            [] => Subtree::Empty,
            [(key, value)] => Subtree::Entry { key: *key, value: *value },
            _ => {
                let (left, right) = split(path, entries, |(key, _)| key);
                let left = self.build(path.child(false), left);
                let right = self.build(path.child(true), right);
                self.join(path, left, right)
            }
        }
    }

    /// Combines two subtrees. One entry moves up.
    fn join(&mut self, path: Path, left: Subtree, right: Subtree) -> Subtree {
        let (tree, branch) = match (left, right) {
            (Subtree::Empty, one @ (Subtree::Empty | Subtree::Entry { .. }))
            | (one @ Subtree::Entry { .. }, Subtree::Empty) => (one, None),
            _ => {
                let branch = Branch { left, right };
                (Subtree::Branch(branch.digest()), Some(branch))
            }
        };
        self.changed.insert(path, branch);
        tree
    }
}

/// Splits items in order of their keys at the next bit of a path.
fn split<T>(path: Path, items: &[T], key: impl Fn(&T) -> &Digest) -> (&[T], &[T]) {
    items.split_at(items.partition_point(|item| !bit(key(item), path.length.into())))
}
