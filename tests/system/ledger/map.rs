//! The authenticated map: its tree is that of its entries, and its proofs show nothing else.

use epione::algebra::hash::digest;
use epione::algebra::tag;
use epione::consensus::Digest;
use epione::ledger::map::{Branch, Branches, MapError, Path, Proof, Subtree, update};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Branches in memory.
#[derive(Debug, Default, PartialEq)]
struct Store(BTreeMap<Path, Branch>);

impl Branches for Store {
    fn branch(&self, path: &Path) -> Result<Branch, MapError> {
        self.0.get(path).copied().ok_or(MapError::MissingBranch(*path))
    }
}

/// A tree with its branches and, for comparison, its entries.
#[derive(Default)]
struct Map {
    tree: Subtree,
    branches: Store,
    entries: BTreeMap<Digest, Digest>,
}

impl Map {
    fn update(&mut self, changes: &BTreeMap<Digest, Option<Digest>>) {
        let (tree, changed) = update(&self.branches, self.tree, changes).unwrap();
        self.tree = tree;
        for (path, branch) in changed {
            match branch {
                Some(branch) => _ = self.branches.0.insert(path, branch),
                None => _ = self.branches.0.remove(&path),
            }
        }
        for (key, value) in changes {
            match value {
                Some(value) => _ = self.entries.insert(*key, *value),
                None => _ = self.entries.remove(key),
            }
        }
    }

    fn prove(&self, key: &Digest) -> Proof {
        Proof::of(&self.branches, self.tree, key).unwrap()
    }
}

/// The root by its definition, without branches.
fn naive(entries: &[(Digest, Digest)], depth: usize) -> Digest {
    match entries {
        [] => [0; 32],
        [(key, value)] => digest(tag::LEDGER_MAP_ENTRY, &[key, value]),
        _ => {
            let middle = entries.partition_point(|(key, _)| !bit(key, depth));
            let (left, right) = entries.split_at(middle);
            let (left, right) = (naive(left, depth + 1), naive(right, depth + 1));
            digest(tag::LEDGER_MAP_BRANCH, &[&left, &right])
        }
    }
}

fn bit(key: &Digest, index: usize) -> bool {
    key[index / 8] & (0x80 >> (index % 8)) != 0
}

/// Keys that share many leading bits, and others.
fn key() -> impl Strategy<Value = Digest> {
    let near = (0..256_usize, any::<u8>()).prop_map(|(bit, byte)| {
        let mut key = [0; 32];
        key[bit / 8] = 0x80 >> (bit % 8);
        key[31] ^= byte & 3;
        key
    });
    prop_oneof![near, any::<Digest>(), (0..4_u8).prop_map(|byte| [byte; 32])]
}

fn changes() -> impl Strategy<Value = Vec<BTreeMap<Digest, Option<Digest>>>> {
    let change = proptest::option::weighted(0.6, any::<u8>().prop_map(|byte| [byte; 32]));
    let block = proptest::collection::btree_map(key(), change, 0..12);
    proptest::collection::vec(block, 1..8)
}

proptest! {
    /// Root and branches depend on the entries only, after any blocks of changes.
    #[test]
    fn the_tree_is_that_of_its_entries(blocks in changes()) {
        let mut map = Map::default();
        for block in &blocks {
            map.update(block);
            let entries: Vec<_> = map.entries.iter().map(|(k, v)| (*k, *v)).collect();
            prop_assert_eq!(map.tree.digest(), naive(&entries, 0));
        }
        let mut fresh = Map::default();
        fresh.update(&map.entries.iter().map(|(key, value)| (*key, Some(*value))).collect());
        prop_assert_eq!((fresh.tree, fresh.branches), (map.tree, map.branches));
    }

    /// A proof shows the value of its key, or its absence, and nothing else.
    #[test]
    fn a_proof_shows_one_value_or_absence(blocks in changes(), others in proptest::collection::vec(key(), 4)) {
        let mut map = Map::default();
        blocks.iter().for_each(|block| map.update(block));
        let root = map.tree.digest();
        let keys: BTreeSet<Digest> = map.entries.keys().copied().chain(others).collect();
        for key in &keys {
            let (proof, value) = (map.prove(key), map.entries.get(key));
            prop_assert!(proof.verify(&root, key, value));
            for wrong in [None, Some(&[255; 32]), Some(&[0; 32])] {
                prop_assert_eq!(proof.verify(&root, key, wrong), wrong == value);
            }
            // A path that ends above another key shows something about that key, too.
            for other in &keys {
                for claim in [None, Some(&[255; 32]), Some(&[0; 32])] {
                    let holds = proof.verify(&root, other, claim);
                    prop_assert!(!holds || claim == map.entries.get(other));
                }
            }
            prop_assert!(!proof.verify(&[1; 32], key, value));
        }
    }

    /// Nothing about a damaged proof is accepted.
    #[test]
    fn a_damaged_proof_is_refused(blocks in changes(), at in any::<prop::sample::Index>(), byte in 0..32_usize) {
        let mut map = Map::default();
        blocks.iter().for_each(|block| map.update(block));
        let root = map.tree.digest();
        prop_assume!(!map.entries.is_empty());
        let (key, value) = map.entries.iter().nth(at.index(map.entries.len())).unwrap();
        let proof = map.prove(key);
        let mut longer = proof.clone();
        longer.siblings.push([0; 32]);
        prop_assert!(!longer.verify(&root, key, Some(value)));
        for index in 0..proof.siblings.len() {
            let mut damaged = proof.clone();
            damaged.siblings[index][byte] ^= 1;
            prop_assert!(!damaged.verify(&root, key, Some(value)));
            let mut shorter = proof.clone();
            shorter.siblings.remove(index);
            prop_assert!(!shorter.verify(&root, key, Some(value)));
        }
        let absent = Proof { end: None, ..proof };
        prop_assert!(!absent.verify(&root, key, None));
    }
}

#[test]
fn a_missing_branch_is_an_error() {
    let changes = |bytes: &[u8]| bytes.iter().map(|b| ([*b; 32], Some([*b; 32]))).collect();
    let mut map = Map::default();
    map.update(&changes(&[1, 2, 3]));
    map.branches.0.clear();
    assert!(update(&map.branches, map.tree, &changes(&[4])).is_err());
    assert!(Proof::of(&map.branches, map.tree, &[1; 32]).is_err());
}
