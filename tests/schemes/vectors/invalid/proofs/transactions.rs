//! Proofs of transactions with a wrong place, path, outcome or content.

use super::{Cases, certified, forged};
use crate::vectors::format::NegativeFile;
use crate::vectors::ledger::story::Story;
use crate::vectors::ledger::trees::{bound, leaf};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::error::DecodeError;
use epione::ledger::proof::{ProofError, TransactionProof};
use epione::ledger::{Draft, Entry, Rule, Transaction};

pub(super) fn transactions(file: &mut NegativeFile, story: &Story) {
    let chain = &story.chain;
    let mut cases = Cases::new(file, &chain.config);
    let prove = |id: &Digest| chain.ledger.prove_transaction(id).unwrap().unwrap();
    // The last but one and the last of seven entries, whose paths have different lengths.
    let [proof, last] = [&story.refused, &story.late].map(|one| {
        let proof = prove(&one.id());
        TransactionProof { at: certified(chain, proof.at.header.clone()), ..proof }
    });
    let original = || proof.clone();
    cases.valid("the entry 5 of 7, rejected", original());
    cases.valid("the entry 6 of 7, rejected", last.clone());
    let mut path = |comment: &str, flag, changed| {
        cases.refused(comment, flag, changed, ProofError::Path);
    };
    for index in [0, 4, 6, 7, u32::MAX] {
        path(&format!("the index {index}"), "Index", TransactionProof { index, ..original() });
    }
    for index in [7, 8, u32::MAX] {
        path(&format!("the index {index} of the last entry"), "Index", {
            TransactionProof { index, ..last.clone() }
        });
    }
    for count in [0, 5, 6, 8, u32::MAX] {
        path(
            &format!("the number {count} of entries"),
            "Count",
            TransactionProof { count, ..original() },
        );
    }
    let outcome = |rejected_by| {
        let entry = Entry { rejected_by, ..proof.entry.clone() };
        TransactionProof { entry, ..original() }
    };
    path("a rejected transaction as executed", "Outcome", outcome(None));
    path("rejected by another rule", "Outcome", outcome(Some(Rule::NotCovered)));
    let executed = prove(&story.open.id());
    let entry = Entry { rejected_by: Some(Rule::Revoked), ..executed.entry.clone() };
    let rejected = TransactionProof { entry, ..executed.clone() };
    path("an executed transaction as rejected", "Outcome", rejected);
    let siblings = |path: Vec<Digest>| TransactionProof { path, ..original() };
    let mut changed = proof.path.clone();
    path("no path", "PathLength", siblings(vec![]));
    path("a path without its first sibling", "PathLength", siblings(changed[1..].to_vec()));
    path("a path without its last sibling", "PathLength", siblings(changed[..2].to_vec()));
    path("a path with one sibling more", "PathLength", {
        siblings([&changed[..], &[[0; 32]]].concat())
    });
    changed.reverse();
    path("a path from the top down", "Siblings", siblings(changed.clone()));
    changed.reverse();
    changed[1][0] ^= 1;
    path("a changed sibling", "Siblings", siblings(changed));
    path("the path of another entry", "Siblings", siblings(executed.path.clone()));
    path("another transaction of the block", "Entry", {
        TransactionProof { entry: executed.entry.clone(), ..original() }
    });
    path("a transaction of another block", "Entry", {
        TransactionProof { entry: prove(&story.record.id()).entry, ..original() }
    });
    let mut bytes = proof.entry.transaction.clone();
    *bytes.last_mut().unwrap() ^= 1;
    let entry = Entry { transaction: bytes, ..proof.entry.clone() };
    path(
        "a changed signature of the transaction",
        "Entry",
        TransactionProof { entry, ..original() },
    );
    // The sibling of the last entry is the tree of two others.
    let inner = TransactionProof { index: 3, count: 4, ..last.clone() };
    path("the last entry as one of four", "Count", inner);
    let alone = prove(&story.record.id());
    path("the index 1 in a block of one entry", "Index", {
        TransactionProof { index: 1, ..alone.clone() }
    });
    path("a path in a block of one entry", "PathLength", {
        TransactionProof { path: vec![[0; 32]], ..alone.clone() }
    });
    path("a second entry of a block of one", "Count", {
        TransactionProof { index: 1, count: 2, path: vec![leaf(&alone.entry)], ..alone.clone() }
    });
    contents(&mut cases, story, &alone);
}

/// Blocks with entries that no honest member executes.
fn contents(cases: &mut Cases<'_>, story: &Story, alone: &TransactionProof) {
    let chain = &story.chain;
    let with = |transaction: Vec<u8>| {
        let entry = Entry { transaction, rejected_by: None };
        let at = forged(chain, bound(1, &leaf(&entry)), [0; 32]);
        TransactionProof { at, index: 0, count: 1, entry, path: vec![] }
    };
    let transaction = alone.entry.transaction.clone();
    cases.valid("a certified block of one transaction", with(transaction.clone()));
    let draft = Draft { chain: "other".to_owned(), ..story.record.draft.clone() };
    let foreign = Transaction { draft, signatures: story.record.signatures.clone() };
    cases.refused("a certified transaction of another chain", "Chain", with(foreign.to_bytes()), {
        ProofError::Configuration
    });
    let unbound = Entry { transaction: transaction.clone(), rejected_by: None };
    let at = forged(chain, leaf(&unbound), [0; 32]);
    let (index, count) = (0, 1);
    let unbound = TransactionProof { at, index, count, entry: unbound, path: vec![] };
    cases.refused("a leaf as root", "Root", unbound, ProofError::Path);
    for (comment, bytes, error) in [
        ("no bytes as transaction", vec![], DecodeError::Truncated),
        ("a transaction with a trailing byte", [&transaction[..], &[0]].concat(), {
            DecodeError::TrailingBytes(1)
        }),
        ("a truncated transaction", transaction[..transaction.len() - 1].to_vec(), {
            DecodeError::Truncated
        }),
    ] {
        let comment = format!("{comment}, certified");
        cases.refused(&comment, "Transaction", with(bytes), ProofError::Transaction(error));
    }
}
