//! The proofs of transactions, of entries of the state, and of grants.

use super::cases::{digests, number_list, of_state};
use super::chain::Chain;
use super::formulas::{self, key_digest};
use super::story::Story;
use super::trees::{bound, leaf, merkle};
use crate::vectors::format::{Fields, File};
use crate::vectors::protocol::{Step, hex_list};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::ledger::proof::{
    CertifiedHeader, GrantProof, Proof, Proven, StateKey, StateProof, TransactionProof,
};
use epione::ledger::{CommittedBlock, Entry, Rule, Transaction};

pub(super) fn transactions(file: &mut File, story: &Story) {
    for (comment, transaction, rejected_by) in [
        ("an executed transaction, alone in its block", &story.record, None),
        ("the last of three transactions", &story.shared, None),
        ("the third of five transactions", &story.served, None),
        ("the last but one of seven transactions, rejected", &story.refused, Some(Rule::Revoked)),
        ("the last of seven transactions, rejected", &story.late, Some(Rule::Revoked)),
        ("an expired transaction", &story.fleeting, None),
    ] {
        let proof = story.chain.ledger.prove_transaction(&transaction.id()).unwrap().unwrap();
        assert_eq!(proof.entry.rejected_by, rejected_by, "{comment}");
        transaction_proof(file, &story.chain, comment, proof);
    }
}

fn transaction_proof(file: &mut File, chain: &Chain, comment: &str, proof: TransactionProof) {
    let block = chain.at(proof.at.header.height);
    let leaves: Vec<Digest> = block.block.entries.iter().map(leaf).collect();
    let (top, path) = merkle(&leaves, proof.index as usize);
    assert_eq!((bound(leaves.len(), &top), &path), (proof.at.header.entries_root, &proof.path));
    let encoded = formulas::proof(1, &formulas::transaction_proof(&proof));
    assert_eq!(Proof::Transaction(proof.clone()).to_bytes(), encoded);
    let proven = Proof::Transaction(proof.clone()).verify(&chain.config);
    let Ok(Proven::Transaction(proven)) = proven else { panic!("{comment}") };
    Step::new("transaction proof")
        .inputs(|fields| of_block(fields, chain, &block))
        .inputs(|fields| fields.number("index", proof.index.into()))
        .trace(|fields| {
            fields
                .list("leaves", hex_list(&leaves))
                .list("path", hex_list(&path))
                .hex("top", top)
                .hex("entries_root", proof.at.header.entries_root)
        })
        .outputs(|fields| {
            fields
                .hex("proof", &encoded)
                .hex("id", proven.transaction.id())
                .number("height", proven.height)
                .number("time", proven.time)
                .number("outcome", formulas::outcome(&proof.entry).into())
        })
        .add_to(file, comment);
}

fn of_block(fields: Fields, chain: &Chain, block: &CommittedBlock) -> Fields {
    let CommittedBlock { block, certificate } = block.clone();
    let at = CertifiedHeader { header: block.header, certificate };
    let transactions = block.entries.iter().map(|entry| &entry.transaction);
    let outcomes = block.entries.iter().map(|entry: &Entry| [formulas::outcome(entry)]);
    fields
        .hex("config", chain.config.to_bytes())
        .hex("certified_header", formulas::certified(&at))
        .list("transactions", hex_list(transactions))
        .list("outcomes", hex_list(outcomes))
}

pub(super) fn states(file: &mut File, story: &Story) {
    let chain = &story.chain;
    let keys: Vec<StateKey> = story.keys().into_iter().map(|(key, _)| key).collect();
    let all = chain.ledger.prove_state(&keys).unwrap().unwrap();
    let present: Vec<bool> = all.entries.iter().map(|entry| entry.value.is_some()).collect();
    assert_eq!(present, story.keys().iter().map(|(_, present)| *present).collect::<Vec<_>>());
    assert_eq!(all, state_at(chain, chain.ledger.height(), &keys));
    state_proof(file, chain, "entries of every kind and keys that the state lacks", all);
    let fleeting = [StateKey::Transaction(story.fleeting.id())];
    for (comment, height, keys) in [
        ("a transaction that expires with the next block", 5, &fleeting[..]),
        ("the state after the first block", 1, &keys[..3]),
        ("a header without entries", 2, &[]),
        ("the same key twice", 2, &[keys[0], keys[0]]),
    ] {
        state_proof(file, chain, comment, state_at(chain, height, keys));
    }
}

/// The proof of keys in the state after a block.
pub(crate) fn state_at(chain: &Chain, height: u64, keys: &[StateKey]) -> StateProof {
    let CommittedBlock { block, certificate } = chain.at(height);
    let state = &chain.states[height as usize - 1];
    let entries = keys.iter().map(|key| state.prove(*key)).collect();
    StateProof { at: CertifiedHeader { header: block.header, certificate }, entries }
}

fn state_proof(file: &mut File, chain: &Chain, comment: &str, proof: StateProof) {
    let state = &chain.states[proof.at.header.height as usize - 1];
    let encoded = formulas::proof(2, &formulas::state_proof(&proof));
    assert_eq!(Proof::State(proof.clone()).to_bytes(), encoded);
    let proven = Proof::State(proof.clone()).verify(&chain.config);
    let Ok(Proven::State { height, time, entries }) = proven else { panic!("{comment}") };
    let proven = entries.iter().map(|(key, _)| key);
    let values = entries.iter().map(|(_, value)| formulas::sized_option(value.as_deref()));
    let depths = proof.entries.iter().map(|entry| entry.path.siblings.len());
    Step::new("state proof")
        .inputs(|fields| {
            let fields = fields
                .hex("config", chain.config.to_bytes())
                .hex("certified_header", formulas::certified(&proof.at));
            of_state(fields, state).list("proven_keys", hex_list(proven.map(formulas::key)))
        })
        .trace(|fields| {
            digests(fields, state)
                .hex("state_root", state.root())
                .list("depths", number_list(depths))
        })
        .outputs(|fields| {
            fields
                .hex("proof", &encoded)
                .number("height", height)
                .number("time", time)
                .list("proven_values", hex_list(values))
        })
        .add_to(file, comment);
}

pub(super) fn grants(file: &mut File, story: &Story) {
    let ledger = &story.chain.ledger;
    let proof = |grant: &Transaction| ledger.prove_grant(&grant.id()).unwrap().unwrap();
    let other = story.chain.parties.other_owner.verifying_key();
    for (comment, proof, revoked_by) in [
        ("a grant of one owner that is not revoked", proof(&story.grant), vec![]),
        ("a grant of two owners, one of whom has revoked it", proof(&story.shared), vec![other]),
        ("a grant at its own block", grant_at(story, &story.shared, 3), vec![]),
    ] {
        let proven = proof.verify(&story.chain.config).unwrap();
        assert_eq!(proven.revoked_by, revoked_by, "{comment}");
        grant_proof(file, &story.chain, comment, proof);
    }
}

/// The proof of a grant with the state after a block.
pub(crate) fn grant_at(story: &Story, grant: &Transaction, height: u64) -> GrantProof {
    let proven = story.chain.ledger.prove_transaction(&grant.id()).unwrap().unwrap();
    let keys = revocations(grant);
    GrantProof { grant: proven, state: state_at(&story.chain, height, &keys) }
}

/// The keys of the revocations of a grant, in order of its owners.
pub(crate) fn revocations(grant: &Transaction) -> Vec<StateKey> {
    let signers = grant.action().signers().into_iter();
    signers.map(|(_, owner)| StateKey::Revocation { grant: grant.id(), owner }).collect()
}

fn grant_proof(file: &mut File, chain: &Chain, comment: &str, proof: GrantProof) {
    let GrantProof { grant, state } = &proof;
    let fields = [formulas::transaction_proof(grant), formulas::state_proof(state)].concat();
    let encoded = formulas::proof(3, &fields);
    assert_eq!(Proof::Grant(proof.clone()).to_bytes(), encoded);
    let Ok(Proven::Grant(proven)) = Proof::Grant(proof.clone()).verify(&chain.config) else {
        panic!("{comment}")
    };
    let entries = &chain.states[state.at.header.height as usize - 1];
    let keys = || state.entries.iter().map(|entry| entry.key);
    Step::new("grant proof")
        .inputs(|fields| of_block(fields, chain, &chain.at(grant.at.header.height)))
        .inputs(|fields| {
            let fields = fields
                .number("index", grant.index.into())
                .hex("certified_state_header", formulas::certified(&state.at));
            of_state(fields, entries)
        })
        .trace(|fields| {
            fields
                .hex("id", proven.id)
                .list("revocation_keys", hex_list(keys().map(|key| formulas::key(&key))))
                .list("revocation_digests", hex_list(keys().map(|key| key_digest(&key))))
                .hex("state_root", entries.root())
        })
        .outputs(|fields| {
            fields
                .hex("proof", &encoded)
                .number("granted_at", proven.granted_at)
                .number("height", proven.height)
                .number("time", proven.time)
                .list("revoked_by", hex_list(proven.revoked_by.iter().map(|key| *key.as_bytes())))
        })
        .add_to(file, comment);
}
