//! The audit trail of a record as FHIR R4 resources with Merkle proofs.
//!
//! [`export`] writes a `Bundle` of type `collection` with one `AuditEvent` per transaction of the
//! [`trail`], by the profiles of IHE BALP (Basic Audit Log Patterns,
//! `ihe.iti.balp` 1.1), and one `Provenance` per publication and access. The table is in
//! `docs/interoperability.md`. The output is a function of the chain and the record.
//!
//! The identifiers of parties, records and transactions have systems below [`NAMESPACE`]. A patient
//! is the owner key of the record. The ledger knows no network addresses, so `agent.network`, which
//! the profiles require, has the data-absent-reason `unknown`. A rejected transaction has the
//! outcome 4 and no profile, because the profiles are those of successful events.
//!
//! **Proof.** The extension [`PROOF`] of every resource holds the ledger's entry (the transaction
//! and its outcome), the Merkle path to the root in the block's header, and the chain, height and
//! hash of the block. [`verify`] recomputes the path and rebuilds the resource from the
//! transaction.
//!
//! **Limits.** The caller authenticates the header by its commit certificate. A proof shows that an
//! event occurred, not that an export is complete: whoever holds the chain repeats the export and
//! compares. [`verify`] compares with the ledger's state, if it is given one, the elements that the
//! transaction does not determine:
//!
//! | event | elements |
//! |---|---|
//! | all | names of parties |
//! | grant over all records of its owner keys | record |
//! | request | owner key |
//! | access | owner key, record, reader |
//! | revocation, evidence | owner key, record |
#![forbid(unsafe_code)]

mod context;
mod event;
mod proof;
mod provenance;
mod terms;

pub use proof::{PROOF, ProofError};
pub use terms::NAMESPACE;

use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::database::DatabaseError;
use crate::ledger::{Header, Ledger, Rule, State, Time, Transaction};
use crate::protocol::trail;
use context::Context;
use proof::Proof;
use serde_json::{Value, json};
use std::io::{self, Write};

/// A transaction in a block.
struct Event {
    proof: Proof,
    transaction: Transaction,
    /// The time of the block.
    time: Time,
}

/// A failed export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record is not on the ledger.
    #[error("no such record is on the ledger")]
    UnknownRecord,
    /// A failed write.
    #[error("the audit trail could not be written: {0}")]
    Io(#[from] io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] DatabaseError),
}

/// A verified event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The transaction.
    pub transaction: Transaction,
    /// The time of its block.
    pub time: Time,
    /// The rule that rejected it; `None` if it was executed.
    pub rejected_by: Option<Rule>,
}

/// The reason why a resource is no evidence of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A failed proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Neither an AuditEvent nor a Provenance of this module.
    #[error("the resource is neither an AuditEvent nor a Provenance of a transaction on a record")]
    Kind,
    /// An element of the resource differs from the proven transaction.
    #[error("the resource does not agree with its transaction")]
    Resource,
    /// An element that the transaction does not determine differs from the ledger.
    #[error("the resource does not agree with the state of the ledger")]
    State,
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] DatabaseError),
}

/// Writes the trail of a record as a Bundle. The caller verifies the chain first with
/// [`Ledger::audit`].
///
/// # Errors
/// [`ExportError`] if the record is unknown or the output cannot be written.
pub fn export(
    ledger: &Ledger,
    record: &Digest,
    output: &mut impl Write,
) -> Result<(), ExportError> {
    if ledger.state().record(record)?.is_none() {
        return Err(ExportError::UnknownRecord);
    }
    output.write_all(b"{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[")?;
    let mut is_first = true;
    for resource in resources(ledger, record)? {
        let resource = resource?;
        let entry = json!({"fullUrl": full_url(&resource), "resource": resource});
        let separator: &[u8] = if is_first { b"\n" } else { b",\n" };
        output.write_all(separator)?;
        serde_json::to_writer(&mut *output, &entry).map_err(io::Error::from)?;
        is_first = false;
    }
    output.write_all(b"\n]}\n")?;
    Ok(())
}

/// Iterates over the AuditEvents and Provenances of a record in the order of the ledger, each
/// Provenance after its AuditEvent.
///
/// # Errors
/// [`DatabaseError`] if the ledger cannot be read.
pub fn resources<'a>(
    ledger: &'a Ledger,
    record: &'a Digest,
) -> Result<impl Iterator<Item = Result<Value, DatabaseError>> + use<'a>, DatabaseError> {
    let trail = trail(ledger, record)?.into_iter();
    Ok(trail.flat_map(move |entry| match resources_of(ledger, record, &entry.transaction) {
        Ok(resources) => resources.into_iter().flatten().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }))
}

/// Returns the AuditEvent and the Provenance of a transaction on a record.
fn resources_of(
    ledger: &Ledger,
    record: &Digest,
    id: &Digest,
) -> Result<[Option<Value>; 2], DatabaseError> {
    let Some(event) = event_of(ledger, id)? else { return Ok([None, None]) };
    let context = Context::of_state(ledger.state(), record, &event.transaction)?;
    let Some(context) = context else { return Ok([None, None]) };
    Ok([event::build(&event, &context), provenance::build(&event, &context)])
}

/// Returns the event of a transaction, which a ledger contains at most once.
fn event_of(ledger: &Ledger, id: &Digest) -> Result<Option<Event>, DatabaseError> {
    let Some((block, index)) = ledger.find(id)? else { return Ok(None) };
    let transaction = Transaction::from_bytes(&block.entries[index].transaction).ok();
    let time = block.header.time;
    let proof = Proof::new(ledger.chain(), &block, index);
    Ok(transaction.map(|transaction| Event { proof, transaction, time }))
}

fn full_url(resource: &Value) -> String {
    let text = |key: &str| resource[key].as_str().expect("built with this member").to_owned();
    format!("{NAMESPACE}/{}/{}", text("resourceType"), text("id"))
}

/// Verifies an exported AuditEvent or Provenance against the header of its block.
///
/// With a state of the ledger at or after the block, every element is verified; without, the module
/// documentation lists the elements that are not.
///
/// # Errors
/// [`VerifyError`] with the first check that failed.
pub fn verify(
    resource: &Value,
    chain: &str,
    header: &Header,
    state: Option<&State>,
) -> Result<Verified, VerifyError> {
    let proof = Proof::read(resource)?;
    let transaction = proof.verify(chain, header)?;
    let event = Event { proof, transaction, time: header.time };
    let claimed = Context::claimed(resource, &event.transaction).ok_or(VerifyError::Kind)?;
    let build = match resource["resourceType"].as_str() {
        Some("AuditEvent") => event::build,
        Some("Provenance") => provenance::build,
        _ => return Err(VerifyError::Kind),
    };
    let rebuilt = build(&event, &claimed).ok_or(VerifyError::Kind)?;
    if rebuilt != *resource {
        return Err(VerifyError::Resource);
    }
    if let Some(state) = state {
        let context = Context::of_state(state, &claimed.record, &event.transaction)?;
        let expected = context.and_then(|context| build(&event, &context));
        if expected.as_ref() != Some(resource) {
            return Err(VerifyError::State);
        }
    }
    let Event { proof, transaction, time } = event;
    Ok(Verified { transaction, time, rejected_by: proof.rejected_by() })
}
