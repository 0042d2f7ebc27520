//! Proofs that do not decode.

use super::super::with;
use super::{Cases, Encoded, forged};
use crate::vectors::format::NegativeFile;
use crate::vectors::ledger::formulas;
use crate::vectors::ledger::proofs::state_at;
use crate::vectors::ledger::story::Story;
use epione::algebra::codec::VERSION;
use epione::algebra::tag::Kind;
use epione::error::DecodeError;
use epione::ledger::map;
use epione::ledger::proof::{EntryProof, StateKey, StateProof};

pub(super) fn encodings(file: &mut NegativeFile, story: &Story) {
    let chain = &story.chain;
    let proof = chain.ledger.prove_transaction(&story.record.id()).unwrap().unwrap();
    let bytes = proof.clone().encoded();
    let cut = |length: usize| bytes[..length].to_vec();
    let mut cases = Cases::new(file, &chain.config);
    cases.valid("the proof of a transaction", proof.clone());
    cases.refused("no bytes", "Truncated", vec![], DecodeError::Truncated);
    cases.refused("version and kind only", "Truncated", cut(2), DecodeError::Truncated);
    cases.refused("one byte too short", "Truncated", cut(bytes.len() - 1), DecodeError::Truncated);
    let trailing = [&bytes[..], &[0]].concat();
    cases.refused("a trailing byte", "TrailingBytes", trailing, DecodeError::TrailingBytes(1));
    let (next, transaction) = (VERSION + 1, Kind::Transaction as u8);
    let version = with(&bytes, 0, next);
    cases.refused("the next version", "Version", version, DecodeError::Version(next));
    let kind = DecodeError::Kind { expected: Kind::LedgerProof as u8, found: transaction };
    cases.refused("another kind", "Kind", with(&bytes, 1, transaction), kind);
    let unknown = DecodeError::Invalid("unknown kind of proof: expected 1, 2 or 3");
    for (comment, code) in [("kind 0 of a proof", 0), ("kind 4 of a proof", 4)] {
        cases.refused(comment, "ProofKind", with(&bytes, 2, code), unknown);
    }
    // The index 0 is then the number of entries.
    let header = formulas::certified(&proof.at).len();
    let rest = DecodeError::TrailingBytes(bytes.len() - 3 - header - 4);
    cases.refused("a transaction as entries of the state", "ProofKind", with(&bytes, 2, 2), rest);
    lengths(&mut cases, story);
}

/// Lists at and above their caps.
fn lengths(cases: &mut Cases<'_>, story: &Story) {
    let chain = &story.chain;
    let proof = chain.ledger.prove_transaction(&story.refused.id()).unwrap().unwrap();
    let mut path = proof.path.clone();
    path.resize(13, [0; 32]);
    let long = epione::ledger::proof::TransactionProof { path, ..proof.clone() };
    let too_long = |found, cap| DecodeError::TooLong { found, cap };
    cases.refused("13 siblings on a Merkle path", "TooLong", long, too_long(13, 12));
    let bytes = proof.clone().encoded();
    let length = 3 + formulas::certified(&proof.at).len() + 8;
    let with_length =
        |cap: u32| [&bytes[..length], &(cap + 1).to_be_bytes(), &bytes[length + 4..]].concat();
    let megabyte = with_length(1 << 20);
    cases.refused("the length 2^20 + 1 of a transaction", "TooLong", megabyte, {
        too_long((1 << 20) + 1, 1 << 20)
    });
    for code in [1, 2, 12, 32, 34, 37, 42, 255] {
        let outcome = length + 4 + proof.entry.transaction.len();
        let unknown = DecodeError::Invalid("unknown code of a contract rule");
        let comment = format!("the unused rule {code} as outcome");
        cases.refused(&comment, "Outcome", with(&bytes, outcome, code), unknown);
    }

    // Every key is absent from the empty map.
    let empty = map::Proof { siblings: vec![], end: None };
    let absent = EntryProof { key: StateKey::Genesis, value: None, path: empty };
    let at = forged(chain, [0; 32], [0; 32]);
    let entries = |count| StateProof { at: at.clone(), entries: vec![absent.clone(); count] };
    cases.valid("128 entries", entries(128));
    cases.refused("129 entries", "TooLong", entries(129), too_long(129, 128));
    let mut proof = state_at(chain, 1, &[StateKey::Genesis]);
    proof.entries[0].path.siblings.resize(257, [0; 32]);
    cases.refused("257 siblings in the map", "TooLong", proof.clone(), too_long(257, 256));

    let honest = state_at(chain, 1, &[StateKey::Genesis]);
    let key = 3 + formulas::certified(&honest.at).len() + 4;
    let bytes = honest.encoded();
    let unknown = DecodeError::Invalid("unknown kind of a key of the state");
    cases.refused("kind 13 of a key", "KeyKind", with(&bytes, key, 13), unknown);
    let flag = DecodeError::Invalid("a flag is neither 0 nor 1");
    cases.refused("flag 2 before a value", "Flag", with(&bytes, key + 1, 2), flag);
    let value = [&bytes[..key + 2], &(65_537_u32).to_be_bytes(), &bytes[key + 6..]].concat();
    let cap = too_long(65_537, 65_536);
    cases.refused("the length 2^16 + 1 of a value", "TooLong", value, cap);
    let party = StateKey::Party(story.chain.parties.doctor.verifying_key());
    let bytes = state_at(chain, 1, &[party]).encoded();
    let identity = [&bytes[..key + 1], &[1], &[0; 31], &bytes[key + 33..]].concat();
    cases.refused("the identity as key of a party", "SmallOrder", identity, {
        DecodeError::NotInSubgroup
    });
}
