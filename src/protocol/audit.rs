//! Audit: the trail of a record, read from a verified chain.
#![forbid(unsafe_code)]

use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::database::DatabaseError;
use crate::ledger::{Action, Block, Entry, Ledger, Rule, State, Time, Transaction};
use crate::sign::VerifyingKey;

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
///
/// # Errors
/// [`DatabaseError`] if the ledger cannot be read.
pub fn trail(ledger: &Ledger, record: &Digest) -> Result<Vec<TrailEntry>, DatabaseError> {
    let state = ledger.state();
    let Some(owner) = state.record(record)?.map(|record| record.owner) else { return Ok(vec![]) };
    let mut trail = Vec::new();
    for committed in ledger.blocks() {
        let Block { header, entries } = committed?.block;
        for Entry { transaction, rejected_by } in entries {
            let Ok(transaction) = Transaction::from_bytes(&transaction) else { continue };
            if concerns(state, &transaction, (record, &owner))? {
                trail.push(TrailEntry {
                    height: header.height,
                    time: header.time,
                    transaction: transaction.id(),
                    action: transaction.action().name(),
                    party: party(state, &transaction)?,
                    rejected_by,
                });
            }
        }
    }
    Ok(trail)
}

fn concerns(
    state: &State,
    transaction: &Transaction,
    (record, owner): (&Digest, &VerifyingKey),
) -> Result<bool, DatabaseError> {
    let of_record = |request: &Digest| -> Result<bool, DatabaseError> {
        let request = state.request(request)?;
        Ok(request.is_some_and(|request| request.action.record == *record))
    };
    Ok(match transaction.action() {
        Action::Register(_)
        | Action::Renew(_)
        | Action::Withdraw(_)
        | Action::AttributeRevocation(_)
        | Action::Anchor(_)
        | Action::Equivocation(_) => false,
        Action::Record(_) => transaction.id() == *record,
        Action::Grant(grant) => grant.covers(record, owner),
        Action::Request(request) => request.record == *record,
        Action::Access(access) => of_record(&access.request)?,
        Action::Evidence(evidence) => of_record(&evidence.receipt.released.request)?,
        Action::Revoke(revoke) => match state.grant(&revoke.grant)? {
            Some(grant) => grant.covers(record, owner),
            // A revocation may precede its grant.
            None => revoke.owner == *owner,
        },
    })
}

fn party(state: &State, transaction: &Transaction) -> Result<String, DatabaseError> {
    let (word, key) = transaction.action().signers()[0];
    let party = state.party(&key)?.map(|party| party.name);
    Ok(party.unwrap_or_else(|| format!("{word} {}", &key.to_string()[..16])))
}
