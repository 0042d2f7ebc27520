//! The contract: a pure function of state and transaction.
//!
//! Time is block time: a replica's own clock would make state roots diverge. A transaction that
//! violates a rule stays in its block with that rule, since the outcome depends on the order that
//! the block decides. One that is not admissible is in no block.
#![forbid(unsafe_code)]

use super::action::{
    AccessAction, Action, Basis, GrantAction, RecordAction, RequestAction, RevokeAction, Scope,
    SectionDigests,
};
use super::anchor::anchor;
use super::attribute::revoke_attribute;
use super::certificate::{Certificate, Role};
use super::equivocation::add_equivocation;
use super::format::DecodedTransaction;
use super::receipt::EvidenceAction;
use super::rule::{CheckError, Rule};
use super::state::State;
use super::transaction::{Transaction, TransactionError};
use super::{Time, admission};
use crate::consensus::Digest;

/// Executes one transaction with verified signatures at the time of the state. Returns the rule
/// that rejects it.
///
/// # Errors
/// The transaction is not admissible in this state, which it does not change.
pub(super) fn execute(
    state: &mut State,
    decoded: &DecodedTransaction,
) -> Result<Option<Rule>, TransactionError> {
    admission::check(state, decoded)?;
    let DecodedTransaction { id, transaction } = decoded;
    // A rejected transaction is recorded too, so it is never executed again.
    state.insert_transaction(*id, transaction.draft.valid_until);
    match execute_action(state, *id, transaction) {
        Ok(()) => Ok(None),
        Err(CheckError::Rule(rule)) => Ok(Some(rule)),
        Err(CheckError::Database(error)) => Err(error.into()),
    }
}

/// Executes the action of an admissible transaction, whose payer is therefore known.
fn execute_action(
    state: &mut State,
    id: Digest,
    transaction: &Transaction,
) -> Result<(), CheckError> {
    let time = state.time;
    match transaction.action() {
        Action::Register(certificate) => register(state, certificate, time),
        Action::Record(record) => {
            record.check_epoch(transaction.draft.valid_until, time)?;
            add_record(state, id, record, time)
        }
        Action::Grant(grant) => add_grant(state, id, grant, time),
        Action::Request(request) => add_request(state, id, request, time),
        Action::Access(access) => add_access(state, access),
        Action::Revoke(revoke) => add_revocation(state, revoke),
        Action::Evidence(evidence) => add_evidence(state, evidence, time),
        Action::Renew(certificate) => renew(state, certificate, time),
        Action::Withdraw(withdraw) => {
            state.insert_withdrawal(withdraw.certificate);
            Ok(())
        }
        Action::AttributeRevocation(revocation) => revoke_attribute(state, revocation, time),
        Action::Anchor(action) => anchor(state, action, time),
        Action::Equivocation(equivocation) => add_equivocation(state, equivocation, time),
    }
}

fn register(state: &mut State, certificate: &Certificate, time: Time) -> Result<(), CheckError> {
    let subject = certificate.claimed();
    if subject.role == Role::Patient {
        return Err(Rule::PatientCertificate.into());
    }
    state.check_certificate(subject, time)?;
    if state.is_registered(&subject.key)? {
        return Err(Rule::AlreadyRegistered.into());
    }
    if state.is_owner(&subject.key)? {
        return Err(Rule::KeyIsOwner.into());
    }
    state.insert_party(certificate);
    Ok(())
}

fn renew(state: &mut State, certificate: &Certificate, time: Time) -> Result<(), CheckError> {
    let subject = certificate.claimed();
    let current = state.party(&subject.key)?.expect("the subject is registered: it pays");
    if !subject.renews(&current) {
        return Err(Rule::NotRenewal.into());
    }
    state.check_certificate(subject, time)?;
    state.insert_party(certificate);
    Ok(())
}

fn add_record(
    state: &mut State,
    id: Digest,
    record: &RecordAction,
    time: Time,
) -> Result<(), CheckError> {
    state.valid_party(&record.author, Role::Doctor, time, CheckError::from(Rule::UnknownAuthor))?;
    let institution = &record.institution;
    state.valid_party(
        institution,
        Role::Institution,
        time,
        CheckError::from(Rule::UnknownInstitution),
    )?;
    if state.is_registered(&record.owner)? {
        return Err(Rule::OwnerIsRegistered.into());
    }
    // Identifiers are per author, so no other author can occupy one in advance.
    if state.is_published(&record.author, &record.record_id)? {
        return Err(Rule::RecordExists.into());
    }
    state.insert_record(id, record);
    Ok(())
}

fn add_grant(
    state: &mut State,
    id: Digest,
    grant: &GrantAction,
    time: Time,
) -> Result<(), CheckError> {
    state.valid_party(&grant.reader, Role::Doctor, time, CheckError::from(Rule::UnknownReader))?;
    state.valid_party(&grant.proxy, Role::Proxy, time, CheckError::from(Rule::UnknownProxy))?;
    if let Scope::Records(records) = &grant.scope {
        for record in records {
            let owner = state.record_head(record)?.ok_or(Rule::UnknownRecord)?.owner;
            if !grant.covers_bytes(record, &owner) {
                return Err(Rule::NotCovered.into());
            }
        }
    }
    // The revocation may precede its grant.
    if state.is_revoked(&id, grant)? {
        return Err(Rule::Revoked.into());
    }
    state.insert_grant(id, grant);
    Ok(())
}

fn add_request(
    state: &mut State,
    id: Digest,
    request: &RequestAction,
    time: Time,
) -> Result<(), CheckError> {
    state.valid_party(
        &request.reader,
        Role::Doctor,
        time,
        CheckError::from(Rule::UnknownReader),
    )?;
    let record = state.record_head(&request.record)?.ok_or(Rule::UnknownRecord)?;
    let mut sections = Vec::new();
    for index in &request.sections {
        sections.push(record.sections.get(usize::from(*index)).ok_or(Rule::UnknownSection)?);
    }
    if let Basis::Grant(grant_id) = &request.basis {
        let grant = state.check_grant(grant_id, &request.reader, &request.record, time)?;
        let covered = |section: &SectionDigests| {
            let condition = (&record.owner, record.epoch, &section.tag);
            grant.delegations.iter().any(|delegation| delegation.is_for(condition))
        };
        if !sections.into_iter().all(covered) {
            return Err(Rule::NotCovered.into());
        }
    }
    state.insert_request(id, request);
    Ok(())
}

/// Records an access, which may have happened before a revocation of the grant or the expiry of the
/// proxy's certificate. The report is true in either case.
fn add_access(state: &mut State, access: &AccessAction) -> Result<(), CheckError> {
    let request = state.request(&access.request)?.ok_or(Rule::UnknownRequest)?;
    if state.proxy_of(&request.action)? != Some(access.proxy) {
        return Err(Rule::ProxyMismatch.into());
    }
    if !request.is_reportable(state.height) {
        return Err(Rule::ReportTooLate.into());
    }
    if access.reencryptions.len() != request.action.sections.len() {
        return Err(Rule::IncompleteAccess.into());
    }
    if state.access(&access.request)?.is_some() {
        return Err(Rule::AlreadyServed.into());
    }
    state.insert_access(access);
    Ok(())
}

/// Records a receipt, with its signature verified, that contradicts the access on the ledger, or
/// that no access reports in time.
fn add_evidence(
    state: &mut State,
    evidence: &EvidenceAction,
    time: Time,
) -> Result<(), CheckError> {
    let reporter = state.party(&evidence.reporter)?.expect("the reporter is registered: it pays");
    state.check_certificate(&reporter, time)?;
    let released = &evidence.receipt.released;
    let request = state.request(&released.request)?.ok_or(Rule::UnknownRequest)?;
    if state.proxy_of(&request.action)? != Some(released.proxy) {
        return Err(Rule::ProxyMismatch.into());
    }
    match state.access(&released.request)? {
        Some(access) if access == *released => return Err(Rule::NoEquivocation.into()),
        None if request.is_reportable(state.height) => return Err(Rule::ReportPending.into()),
        _ => {}
    }
    if state.evidence(&released.request)?.is_some() {
        return Err(Rule::AlreadyProven.into());
    }
    state.insert_evidence(&evidence.receipt);
    Ok(())
}

fn add_revocation(state: &mut State, revoke: &RevokeAction) -> Result<(), CheckError> {
    if state.grant(&revoke.grant)?.is_some_and(|grant| !grant.owners.contains(&revoke.owner)) {
        return Err(Rule::NotOwner.into());
    }
    // The tombstone of an unknown grant makes `add_grant` reject it later.
    state.insert_revocation(revoke.grant, revoke.owner);
    Ok(())
}
