//! The contract: a pure function of state and transaction.
//!
//! Time is block time only; a replica's own clock inside the contract would split state roots. A
//! transaction that breaks a rule stays in its block with the rule that refused it, because what
//! breaks a rule depends on the order, and the order is what the block decides.
#![forbid(unsafe_code)]

use super::Time;
use super::action::{
    AccessAction, Action, Basis, GrantAction, RecordAction, RequestAction, RevokeAction,
};
use super::certificate::{Certificate, Role};
use super::state::State;
use super::transaction::Transaction;
use crate::consensus::Digest;
use crate::sign::VerifyingKey;
use std::sync::Arc;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// The rule that refused a transaction.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[repr(u8)]
        pub enum Rule {
            $($(#[$doc])* #[error($text)] $name = $code,)*
        }
        impl Rule {
            pub(super) fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

rules! {
    /// The identifier was seen before.
    Duplicate = 1, "the transaction is already on the ledger";
    /// `valid_until` is not after the block's time.
    Expired = 2, "the transaction has expired";
    /// The subject's key is registered.
    AlreadyRegistered = 3, "the key is already registered";
    /// The certificate's validity is over.
    CertificateExpired = 4, "the certificate has expired";
    /// Patients act under owner keys.
    PatientCertificate = 5, "a patient's certificate does not belong on the ledger";
    /// The author is no registered doctor.
    UnknownAuthor = 6, "the author is not a registered doctor";
    /// The institution is not registered.
    UnknownInstitution = 7, "the institution is not registered";
    /// The owner key is a registered party's.
    OwnerIsRegistered = 8, "the owner key is the key of a registered party";
    /// The author has published a record with this `record_id`.
    RecordExists = 9, "the author has a record with this identifier on the ledger";
    /// The reader is no registered doctor.
    UnknownReader = 10, "the reader is not a registered doctor";
    /// The proxy is not registered.
    UnknownProxy = 11, "the proxy is not registered";
    /// No record has this owner key.
    UnknownOwner = 12, "no record on the ledger has this owner key";
    /// The record does not exist.
    UnknownRecord = 13, "no such record is on the ledger";
    /// The grant does not exist.
    UnknownGrant = 14, "no such grant is on the ledger";
    /// The grant is for somebody else.
    ReaderMismatch = 15, "the grant is for another reader";
    /// The record's owner is not among the grant's.
    NotCovered = 16, "the grant does not cover this record";
    /// The window has not opened.
    WindowNotOpen = 17, "the grant's window has not opened yet";
    /// The window has closed.
    WindowEnded = 18, "the grant's window is over";
    /// The grant was withdrawn.
    Revoked = 19, "the patient has revoked the grant";
    /// The request does not exist.
    UnknownRequest = 20, "no such request is on the ledger";
    /// The request rests on another proxy's grant, or on none.
    ProxyMismatch = 21, "the request is not for this proxy";
    /// The signer did not give the grant.
    NotOwner = 22, "the grant was given by another owner";
    /// The request was served before.
    AlreadyServed = 23, "the request has been served already";
    /// The subject's key stands for an owner.
    KeyIsOwner = 24, "the key is the owner key of a record";
}

/// Executes one transaction, whose signatures were checked, at a block's time.
pub(super) fn execute(
    state: &mut State,
    transaction: &Transaction,
    time: Time,
) -> Result<(), Rule> {
    let id = transaction.id();
    if state.seen.contains_key(&id) {
        return Err(Rule::Duplicate);
    }
    if transaction.draft.valid_until <= time {
        return Err(Rule::Expired);
    }
    // A refused transaction is seen as well: it is never executed again.
    state.seen.insert(id, transaction.draft.valid_until);
    match transaction.action() {
        Action::Register(certificate) => register(state, certificate, time),
        Action::Record(record) => publish(state, id, record, time),
        Action::Grant(grant) => permit(state, id, grant, time),
        Action::Request(request) => admit(state, id, request, time),
        Action::Access(access) => report(state, access, time),
        Action::Revoke(revoke) => withdraw(state, revoke),
    }
}

fn require_role(
    state: &State,
    key: &VerifyingKey,
    role: Role,
    time: Time,
    otherwise: Rule,
) -> Result<(), Rule> {
    let subject = state.parties.get(key).map(|certificate| certificate.claimed());
    match subject {
        Some(subject) if subject.role == role && subject.valid_until <= time => {
            Err(Rule::CertificateExpired)
        }
        Some(subject) if subject.role == role => Ok(()),
        _ => Err(otherwise),
    }
}

fn register(state: &mut State, certificate: &Certificate, time: Time) -> Result<(), Rule> {
    let subject = certificate.claimed();
    if subject.role == Role::Patient {
        return Err(Rule::PatientCertificate);
    }
    if subject.valid_until <= time {
        return Err(Rule::CertificateExpired);
    }
    if state.parties.contains_key(&subject.key) {
        return Err(Rule::AlreadyRegistered);
    }
    if state.owners.contains(&subject.key) {
        return Err(Rule::KeyIsOwner);
    }
    state.parties.insert(subject.key, certificate.clone());
    Ok(())
}

fn publish(state: &mut State, id: Digest, record: &RecordAction, time: Time) -> Result<(), Rule> {
    require_role(state, &record.author, Role::Doctor, time, Rule::UnknownAuthor)?;
    let institution = &record.institution;
    require_role(state, institution, Role::Institution, time, Rule::UnknownInstitution)?;
    if state.parties.contains_key(&record.owner) {
        return Err(Rule::OwnerIsRegistered);
    }
    // Per author, so that nobody can take an identifier that he sees coming.
    if !state.record_ids.insert((record.author, record.record_id)) {
        return Err(Rule::RecordExists);
    }
    state.owners.insert(record.owner);
    state.records.insert(id, Arc::new(record.clone()));
    Ok(())
}

fn permit(state: &mut State, id: Digest, grant: &GrantAction, time: Time) -> Result<(), Rule> {
    require_role(state, &grant.reader, Role::Doctor, time, Rule::UnknownReader)?;
    require_role(state, &grant.proxy, Role::Proxy, time, Rule::UnknownProxy)?;
    if !grant.owners.iter().all(|owner| state.owners.contains(owner)) {
        return Err(Rule::UnknownOwner);
    }
    // A revocation may have overtaken its grant.
    if state.is_revoked(&id, grant) {
        return Err(Rule::Revoked);
    }
    state.grants.insert(id, grant.clone());
    Ok(())
}

fn admit(state: &mut State, id: Digest, request: &RequestAction, time: Time) -> Result<(), Rule> {
    require_role(state, &request.reader, Role::Doctor, time, Rule::UnknownReader)?;
    let record = state.records.get(&request.record).ok_or(Rule::UnknownRecord)?;
    if let Basis::Grant(grant_id) = &request.basis {
        state.check_grant(grant_id, &request.reader, &record.owner, time)?;
    }
    state.requests.insert(id, (request.clone(), time));
    Ok(())
}

fn report(state: &mut State, access: &AccessAction, time: Time) -> Result<(), Rule> {
    require_role(state, &access.proxy, Role::Proxy, time, Rule::UnknownProxy)?;
    let (request, _) = state.requests.get(&access.request).ok_or(Rule::UnknownRequest)?;
    let named = match &request.basis {
        Basis::Grant(grant) => state.grants.get(grant).map(|grant| grant.proxy),
        Basis::Policy => None,
    };
    if named != Some(access.proxy) {
        return Err(Rule::ProxyMismatch);
    }
    if state.accesses.contains_key(&access.request) {
        return Err(Rule::AlreadyServed);
    }
    state.accesses.insert(access.request, access.clone());
    Ok(())
}

fn withdraw(state: &mut State, revoke: &RevokeAction) -> Result<(), Rule> {
    if !state.owners.contains(&revoke.owner) {
        return Err(Rule::UnknownOwner);
    }
    if state.grants.get(&revoke.grant).is_some_and(|grant| !grant.owners.contains(&revoke.owner)) {
        return Err(Rule::NotOwner);
    }
    // Stays as a tombstone where the grant is unknown, so that it cannot be overtaken.
    state.revocations.insert((revoke.grant, revoke.owner));
    Ok(())
}
