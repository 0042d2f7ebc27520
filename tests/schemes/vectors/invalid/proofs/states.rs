//! Proofs of entries of the state with a wrong key, value or path.

use super::{Cases, certified, forged};
use crate::vectors::format::NegativeFile;
use crate::vectors::ledger::chain::Chain;
use crate::vectors::ledger::formulas::{key_digest, value_digest};
use crate::vectors::ledger::proofs::state_at;
use crate::vectors::ledger::story::Story;
use epione::algebra::hash::digest;
use epione::algebra::tag;
use epione::consensus::Digest;
use epione::ledger::map;
use epione::ledger::proof::{EntryProof, ProofError, StateKey, StateProof};

/// The proof of keys after the last block, certified by a quorum.
fn prove(story: &Story, keys: &[StateKey]) -> StateProof {
    let proof = state_at(&story.chain, story.chain.ledger.height(), keys);
    StateProof { at: certified(&story.chain, proof.at.header.clone()), ..proof }
}

pub(super) fn states(file: &mut NegativeFile, story: &Story) {
    let mut cases = Cases::new(file, &story.chain.config);
    let [open, served, disputed] =
        [&story.open, &story.served, &story.disputed].map(|request| request.id());
    let keys =
        [StateKey::Request(open), StateKey::Access(open), StateKey::Record(story.record.id())];
    let proof = prove(story, &keys);
    let [request, access, record] = [0, 1, 2].map(|i| proof.entries[i].clone());
    cases.valid("a request, an absent access and a record", proof.clone());
    let alone = |entry: EntryProof| StateProof { entries: vec![entry], ..proof.clone() };
    let mut entry = |comment: &str, flag, changed| {
        cases.refused(comment, flag, alone(changed), ProofError::Entry(0));
    };
    let value = |of: &EntryProof, value: Option<&[u8]>| EntryProof {
        value: value.map(<[u8]>::to_vec),
        ..of.clone()
    };
    let placed = request.value.clone().unwrap();
    entry("an absent key as present", "Presence", value(&access, Some(b"access")));
    entry("an absent key as present without a value", "Presence", value(&access, Some(b"")));
    entry("a present key as absent", "Absence", value(&request, None));
    entry("a present key without a value as absent", "Absence", value(&record, None));
    entry("another value", "Value", value(&request, Some(&[&[1], &placed[1..]].concat())));
    entry(
        "a value with one byte more",
        "Value",
        value(&request, Some(&[&placed[..], &[0]].concat())),
    );
    entry("an empty value", "Value", value(&request, Some(b"")));
    entry("a value of a key without a value", "Value", value(&record, Some(&[0])));
    let key = |of: &EntryProof, key| EntryProof { key, ..of.clone() };
    entry("another present key", "Key", key(&request, StateKey::Request(served)));
    entry("another absent key", "Key", key(&request, StateKey::Request([7; 32])));
    entry("a key of another kind", "Key", key(&request, StateKey::Transaction(open)));
    entry("a present key with the path of an absent one", "Key", {
        key(&access, StateKey::Access(disputed))
    });

    cases.refused(
        "the state of an earlier block",
        "StateRoot",
        StateProof { at: state_at(&story.chain, 5, &[]).at, ..proof.clone() },
        ProofError::Entry(0),
    );
    let second = vec![request.clone(), value(&access, Some(b""))];
    cases.refused(
        "a valid entry before another",
        "Presence",
        StateProof { entries: second, ..proof.clone() },
        ProofError::Entry(1),
    );
    paths(&mut cases, &proof);
}

/// Changed paths to the first entry, which is present, and to the second, which is absent.
fn paths(cases: &mut Cases<'_>, proof: &StateProof) {
    let [present, absent] = [0, 1].map(|i| proof.entries[i].clone());
    let mut entry = |comment: &str, flag, changed| {
        let alone = StateProof { entries: vec![changed], ..proof.clone() };
        cases.refused(comment, flag, alone, ProofError::Entry(0));
    };
    let siblings = |change: &dyn Fn(&mut Vec<Digest>)| {
        let mut changed = present.clone();
        change(&mut changed.path.siblings);
        changed
    };
    entry("a path without its last sibling", "Path", siblings(&|path| _ = path.pop()));
    entry("a path without its first sibling", "Path", siblings(&|path| _ = path.remove(0)));
    entry("a path with one sibling more", "Path", siblings(&|path| path.push([0; 32])));
    entry("a path from the entry up", "Path", siblings(&|path| path.reverse()));
    entry("a changed sibling", "Path", siblings(&|path| path[0][31] ^= 1));
    entry("no path", "Path", siblings(&|path| path.clear()));

    let ends = |of: &EntryProof, value: Option<&Vec<u8>>, end| EntryProof {
        value: value.cloned(),
        path: map::Proof { end, ..of.path.clone() },
        ..of.clone()
    };
    let shown = present.value.as_ref();
    let (own, other) = (key_digest(&present.key), value_digest(b"other"));
    entry("a path without its entry", "End", ends(&present, shown, None));
    entry("an absence without the entry at its end", "End", ends(&present, None, None));
    let changed = Some((own, other));
    entry("an entry with another value at the end", "End", ends(&present, shown, changed));
    entry("an absence with the own key at the end", "End", ends(&present, None, changed));
    let foreign = Some(([7; 32], value_digest(shown.unwrap())));
    entry("an entry with another key at the end", "End", ends(&present, shown, foreign));
    let mut early = ends(&absent, None, None);
    early.path.siblings.pop();
    entry("an absence above its end", "End", early);
}

/// Roots that a quorum has certified without executing transactions.
pub(super) fn forged_roots(file: &mut NegativeFile, story: &Story) {
    let chain = &story.chain;
    let mut cases = Cases::new(file, &chain.config);
    let key = StateKey::Record([1; 32]);
    let (own, value) = (key_digest(&key), value_digest(b""));
    let sides = |wanted: bool| {
        let mut candidates = (0..=255).map(|byte| key_digest(&StateKey::Record([byte; 32])));
        candidates.find(|other| *other != own && (other[0] >> 7 == own[0] >> 7) == wanted).unwrap()
    };
    // One branch, with an entry in the subtree of the key.
    for (comment, found, is_valid) in [
        ("an absence that ends at an entry of the same subtree", sides(true), true),
        ("an absence that ends at an entry of the other subtree", sides(false), false),
    ] {
        let path = map::Proof { siblings: vec![[7; 32]], end: Some((found, value)) };
        let proof = rooted(chain, key, None, path);
        match is_valid {
            true => cases.valid(comment, proof),
            false => cases.refused(comment, "Prefix", proof, ProofError::Entry(0)),
        }
    }
    // The deepest path.
    let siblings: Vec<Digest> = (0..=255).map(|byte| [byte; 32]).collect();
    for (comment, present, end) in [
        ("256 siblings above an entry", Some(vec![]), Some((own, value))),
        ("256 siblings above an empty subtree", None, None),
    ] {
        let path = map::Proof { siblings: siblings.clone(), end };
        cases.valid(comment, rooted(chain, key, present, path));
    }
    let path = map::Proof { siblings, end: Some((sides(true), value)) };
    cases.refused("256 siblings above another entry", "Prefix", rooted(chain, key, None, path), {
        ProofError::Entry(0)
    });
    // The digest of an entry, and that of no entries, under another rule.
    let path = map::Proof { siblings: vec![], end: Some((own, value)) };
    let present = rooted(chain, key, Some(vec![]), path.clone());
    cases.valid("a map of one entry", present.clone());
    let entry = EntryProof { key, value: Some(vec![]), path };
    let at = forged(chain, [0; 32], digest(tag::LEDGER_MAP_BRANCH, &[&own, &value]));
    cases.refused(
        "an entry hashed as a branch",
        "StateRoot",
        StateProof { at, entries: vec![entry] },
        ProofError::Entry(0),
    );
    let end = map::Proof { siblings: vec![], end: None };
    let absent = EntryProof { key, value: None, path: end };
    cases.valid("a key in the empty map", rooted(chain, key, None, absent.path.clone()));
    cases.refused(
        "the empty map under the root of an entry",
        "StateRoot",
        StateProof { entries: vec![absent], ..present },
        ProofError::Entry(0),
    );
}

/// A proof of one key under the root to which its path leads.
fn rooted(chain: &Chain, key: StateKey, value: Option<Vec<u8>>, path: map::Proof) -> StateProof {
    let of = key_digest(&key);
    let end =
        path.end.map_or([0; 32], |(key, value)| digest(tag::LEDGER_MAP_ENTRY, &[&key, &value]));
    let combine = |below: Digest, (depth, sibling): (usize, &Digest)| {
        let is_right = of[depth / 8] >> (7 - depth % 8) & 1 == 1;
        let parts = if is_right { [sibling, &below] } else { [&below, sibling] };
        digest(tag::LEDGER_MAP_BRANCH, &parts.map(|part| &part[..]))
    };
    let root = path.siblings.iter().enumerate().rev().fold(end, combine);
    let at = forged(chain, [0; 32], root);
    StateProof { at, entries: vec![EntryProof { key, value, path }] }
}
