//! The Merkle trees of blocks and of the state, restated from their documentation.

use super::formulas::{key_digest, outcome, value_digest};
use epione::algebra::codec::{Canonical, Codec};
use epione::algebra::hash::digest;
use epione::algebra::tag;
use epione::consensus::Digest;
use epione::ledger::proof::{EntryProof, StateKey};
use epione::ledger::{Action, Block, Entry, Transaction, map};
use epione::sign::VerifyingKey;
use std::collections::BTreeMap;

pub(crate) fn leaf(entry: &Entry) -> Digest {
    digest(tag::LEDGER_LEAF, &[&entry.transaction, &[outcome(entry)]])
}

/// The top of a tree over leaves, and the siblings of a leaf from the bottom up.
pub(crate) fn merkle(leaves: &[Digest], index: usize) -> (Digest, Vec<Digest>) {
    match leaves {
        [] => ([0; 32], vec![]),
        [leaf] => (*leaf, vec![]),
        _ => {
            // The largest power of two below the number of leaves.
            let mut split = 1;
            while 2 * split < leaves.len() {
                split *= 2;
            }
            let (left, right) = leaves.split_at(split);
            let (in_left, in_right) =
                (merkle(left, index), merkle(right, index.max(split) - split));
            let top = digest(tag::LEDGER_NODE, &[&in_left.0, &in_right.0]);
            let (mut path, sibling) =
                if index < split { (in_left.1, in_right.0) } else { (in_right.1, in_left.0) };
            path.push(sibling);
            (top, path)
        }
    }
}

/// The root of a tree over `count` leaves with this top.
pub(crate) fn bound(count: usize, top: &Digest) -> Digest {
    digest(tag::LEDGER_NODE, &[&(count as u64).to_be_bytes(), top])
}

/// An entry of the map: the digests of key and value.
pub(crate) type MapEntry = (Digest, Digest);

/// The digest of the subtree at a depth over entries in order of their keys.
pub(crate) fn subtree(entries: &[MapEntry], depth: usize) -> Digest {
    match entries {
        [] => [0; 32],
        [(key, value)] => digest(tag::LEDGER_MAP_ENTRY, &[key, value]),
        _ => {
            let (left, right) = split(entries, depth);
            let digests = [subtree(left, depth + 1), subtree(right, depth + 1)];
            digest(tag::LEDGER_MAP_BRANCH, &[&digests[0], &digests[1]])
        }
    }
}

/// The path to a key.
pub(crate) fn map_path(mut entries: &[MapEntry], key: &Digest) -> map::Proof {
    let mut siblings = Vec::new();
    while entries.len() > 1 {
        let depth = siblings.len();
        let (left, right) = split(entries, depth);
        let (taken, other) = if bit(key, depth) { (right, left) } else { (left, right) };
        siblings.push(subtree(other, depth + 1));
        entries = taken;
    }
    map::Proof { siblings, end: entries.first().copied() }
}

fn split(entries: &[MapEntry], depth: usize) -> (&[MapEntry], &[MapEntry]) {
    entries.split_at(entries.partition_point(|(key, _)| !bit(key, depth)))
}

/// A bit of a key, from the most significant one.
fn bit(key: &Digest, index: usize) -> bool {
    key[index / 8] >> (7 - index % 8) & 1 == 1
}

/// The entries of the state.
#[derive(Clone, Default)]
pub(crate) struct State(pub(crate) BTreeMap<StateKey, Vec<u8>>);

impl State {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn insert_genesis(&mut self, chain: &str, centre: &VerifyingKey) {
        self.0.insert(StateKey::Genesis, [chain.as_bytes(), centre.as_bytes()].concat());
    }

    /// Executes a block, whose outcomes are known.
    pub(crate) fn execute(&mut self, block: &Block) {
        let (height, time) = (block.header.height, block.header.time);
        for entry in &block.entries {
            let transaction = Transaction::from_bytes(&entry.transaction).unwrap();
            let (id, until) = (transaction.id(), transaction.draft.valid_until);
            self.0.insert(StateKey::Transaction(id), until.to_be_bytes().to_vec());
            if entry.rejected_by.is_some() {
                continue;
            }
            let (key, value) = match transaction.draft.action {
                Action::Register(certificate) | Action::Renew(certificate) => {
                    let key =
                        VerifyingKey::from_bytes(certificate.to_bytes()[2..34].try_into().unwrap());
                    (StateKey::Party(key.unwrap()), certificate.to_bytes())
                }
                Action::Record(_) => (StateKey::Record(id), vec![]),
                Action::Grant(_) => (StateKey::Grant(id), vec![]),
                Action::Request(_) => {
                    (StateKey::Request(id), [height.to_be_bytes(), time.to_be_bytes()].concat())
                }
                Action::Access(access) => (StateKey::Access(access.request), access.encode()),
                Action::Revoke(revoke) => {
                    let (grant, owner) = (revoke.grant, revoke.owner);
                    (StateKey::Revocation { grant, owner }, vec![])
                }
                Action::Evidence(evidence) => {
                    let receipt = evidence.receipt;
                    (StateKey::Evidence(receipt.released.request), receipt.encode())
                }
                Action::Withdraw(withdraw) => (StateKey::Withdrawn(withdraw.certificate), vec![]),
                Action::AttributeRevocation(action) => {
                    let (authority, entry) = (action.authority, action.entry);
                    let key = StateKey::AttributeRevocation { authority, entry };
                    (key, action.from_epoch.to_be_bytes().to_vec())
                }
                Action::Anchor(anchor) => {
                    let from = self.anchored() + 1;
                    let value = [&from.to_be_bytes()[..], &anchor.root].concat();
                    (StateKey::Anchor(anchor.until), value)
                }
                Action::Equivocation(equivocation) => {
                    let (evidence, epoch) = (equivocation.evidence, block.header.epoch);
                    let member = evidence.signer;
                    let value = evidence.to_bytes()[2..].to_vec();
                    (StateKey::Equivocation { epoch, member }, value)
                }
            };
            self.0.insert(key, value);
        }
        let is_current = |key: &StateKey, value: &[u8]| match key {
            StateKey::Transaction(_) => value > &time.to_be_bytes()[..],
            _ => true,
        };
        self.0.retain(|key, value| is_current(key, value));
    }

    /// The last anchored height.
    fn anchored(&self) -> u64 {
        let height = |key: &StateKey| match key {
            StateKey::Anchor(until) => Some(*until),
            _ => None,
        };
        self.0.keys().filter_map(height).max().unwrap_or(0)
    }

    /// The entries in order of the digests of their keys.
    pub(crate) fn entries(&self) -> Vec<MapEntry> {
        let digests = |(key, value): (&StateKey, &Vec<u8>)| (key_digest(key), value_digest(value));
        let mut entries: Vec<MapEntry> = self.0.iter().map(digests).collect();
        entries.sort_unstable();
        entries
    }

    pub(crate) fn root(&self) -> Digest {
        subtree(&self.entries(), 0)
    }

    pub(crate) fn prove(&self, key: StateKey) -> EntryProof {
        let path = map_path(&self.entries(), &key_digest(&key));
        EntryProof { key, value: self.0.get(&key).cloned(), path }
    }
}
