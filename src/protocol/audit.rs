//! Audit: the trail of a record, read from a verified chain.
#![forbid(unsafe_code)]

use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::ledger::{Action, CommittedBlock, Ledger, Rule, Time, Transaction};

/// A transaction on the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEntry {
    /// The height of the block.
    pub height: u64,
    /// The time of the block.
    pub time: Time,
    /// The identifier of the transaction.
    pub transaction: Digest,
    /// The kind of action.
    pub action: &'static str,
    /// The first signer: the name of the author, reader or proxy, or the start of an owner key.
    pub party: String,
    /// The rule that the transaction violated, if the contract rejected it.
    pub rejected_by: Option<Rule>,
}

/// Returns the transactions that concern a record: its publication, the grants that cover it, their
/// revocations, the requests for it and their accesses. The caller verifies the chain first with
/// [`Ledger::audit`].
pub fn trail(ledger: &Ledger, record: &Digest) -> Vec<TrailEntry> {
    let entries = ledger.blocks().iter().flat_map(|CommittedBlock { block, .. }| {
        block.entries.iter().map(move |entry| (&block.header, entry))
    });
    entries
        .filter_map(|(header, entry)| {
            let transaction = Transaction::from_bytes(&entry.transaction).ok()?;
            concerns(ledger, &transaction, record).then(|| TrailEntry {
                height: header.height,
                time: header.time,
                transaction: transaction.id(),
                action: transaction.action().name(),
                party: party(ledger, &transaction),
                rejected_by: entry.rejected_by,
            })
        })
        .collect()
}

fn concerns(ledger: &Ledger, transaction: &Transaction, record: &Digest) -> bool {
    let state = ledger.state();
    let Some(owner) = state.record(record).map(|record| record.owner) else { return false };
    let covers = |grant: &Digest| state.grant(grant).is_some_and(|g| g.covers(record, &owner));
    let of_record = |request: &Digest| {
        state.request(request).is_some_and(|request| request.action.record == *record)
    };
    match transaction.action() {
        Action::Register(_) | Action::Renew(_) | Action::Withdraw(_) => false,
        Action::Record(_) => transaction.id() == *record,
        Action::Grant(grant) => grant.covers(record, &owner),
        Action::Request(request) => request.record == *record,
        Action::Access(access) => of_record(&access.request),
        Action::Evidence(evidence) => of_record(&evidence.receipt.released.request),
        // A revocation may precede its grant.
        Action::Revoke(revoke) if state.grant(&revoke.grant).is_none() => revoke.owner == owner,
        Action::Revoke(revoke) => covers(&revoke.grant),
    }
}

fn party(ledger: &Ledger, transaction: &Transaction) -> String {
    let (word, key) = transaction.action().signers()[0];
    match ledger.state().party(&key) {
        Some(party) => party.name.clone(),
        None => format!("{word} {}", &key.to_string()[..16]),
    }
}
