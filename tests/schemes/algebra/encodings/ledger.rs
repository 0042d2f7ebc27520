//! Configurations and ledger proofs.

use super::{Specimen, check_serde, specimen};
use crate::common::rng;
use crate::vectors::ledger::chain::CHAIN;
use crate::vectors::ledger::formulas;
use crate::vectors::ledger::proofs::grant_at;
use crate::vectors::ledger::story::Story;
use epione::ledger::proof::{GrantProof, Proof};

pub(super) fn specimens() -> Vec<Specimen> {
    let story = Story::new(rng(7));
    let members = 2 + 4 + CHAIN.len() + 8 + 1 + 2 + 2 + 3 * 8 + 4 + 2 * 4 + 2 + 4;
    let proof = grant_at(&story, &story.shared, story.chain.ledger.height());
    let lengths = lengths(&proof);
    vec![
        specimen("configuration", &story.chain.config, &[2, members]),
        specimen("ledger proof", &Proof::Grant(proof), &lengths),
    ]
}

/// The offsets of the counts of signatures, siblings and entries, and of the length of the
/// transaction.
fn lengths(GrantProof { grant, state }: &GrantProof) -> Vec<usize> {
    let signatures = |at: usize, header: &[u8]| at + header.len() + 1 + 2 + 8 + 8 + 32;
    let grant_header = formulas::header(&grant.at.header);
    let transaction = 3 + formulas::certified(&grant.at).len() + 4 + 4;
    let path = transaction + 4 + grant.entry.transaction.len() + 1;
    let state_at = path + 4 + 32 * grant.path.len();
    let state_header = formulas::header(&state.at.header);
    let entries = state_at + formulas::certified(&state.at).len();
    // The key of a revocation and the flag of its absence.
    let siblings = entries + 4 + 65 + 1;
    let of_grant = [signatures(3, &grant_header), transaction, path];
    [&of_grant[..], &[signatures(state_at, &state_header), entries, siblings]].concat()
}

#[test]
fn configurations_and_proofs_have_serde_encodings() {
    let story = Story::new(rng(8));
    let ledger = &story.chain.ledger;
    check_serde(&story.chain.config);
    check_serde(&Proof::Transaction(
        ledger.prove_transaction(&story.record.id()).unwrap().unwrap(),
    ));
    let keys: Vec<_> = story.keys().into_iter().map(|(key, _)| key).collect();
    check_serde(&Proof::State(ledger.prove_state(&keys).unwrap().unwrap()));
    check_serde(&Proof::Grant(ledger.prove_grant(&story.shared.id()).unwrap().unwrap()));
}
