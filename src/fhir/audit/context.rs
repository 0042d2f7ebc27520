//! The content of a resource that its transaction may not contain.
#![forbid(unsafe_code)]

use super::terms::{OWNER, PARTY, RECORD, reference};
use crate::algebra::codec::{Codec, Reader};
use crate::consensus::Digest;
use crate::database::DatabaseError;
use crate::ledger::{Action, State, Transaction};
use crate::sign::VerifyingKey;
use serde_json::Value;
use std::collections::BTreeMap;

/// The record, its owner key, the reader, and the names of parties.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) record: Digest,
    /// `None` in a claimed context of a resource that names no owner key.
    pub(super) owner: Option<VerifyingKey>,
    /// The reader of the request that an access is for.
    reader: Option<VerifyingKey>,
    names: BTreeMap<VerifyingKey, String>,
}

impl Context {
    /// Returns the context from the ledger; `None` if the transaction does not concern the record.
    pub(super) fn of_state(
        state: &State,
        record: &Digest,
        transaction: &Transaction,
    ) -> Result<Option<Self>, DatabaseError> {
        let Some(owner) = state.record(record)?.map(|record| record.owner) else {
            return Ok(None);
        };
        let request = match transaction.action() {
            Action::Access(access) => Some(access.request),
            Action::Evidence(evidence) => Some(evidence.receipt.released.request),
            Action::Revoke(revoke) => {
                // A revocation may precede its grant.
                let grant = state.grant(&revoke.grant)?;
                if !grant.map_or(revoke.owner == owner, |grant| grant.covers(record, &owner)) {
                    return Ok(None);
                }
                None
            }
            _ => None,
        };
        let request = match request {
            Some(id) => match state.request(&id)? {
                Some(request) => Some(request.action).filter(|of| of.record == *record),
                None => return Ok(None),
            },
            None => None,
        };
        let reader = request.map(|request| request.reader);
        let mut context =
            Self { record: *record, owner: Some(owner), reader, names: BTreeMap::new() };
        for key in context.parties(transaction) {
            if let Some(party) = state.party(&key)? {
                context.names.insert(key, party.name);
            }
        }
        Ok(context.agrees_with(transaction).then_some(context))
    }

    /// Returns the context that a resource claims; `None` if the transaction contradicts it.
    pub(super) fn claimed(resource: &Value, transaction: &Transaction) -> Option<Self> {
        let list = |key: &str| resource[key].as_array().into_iter().flatten();
        let targets = list("entity").map(|entity| &entity["what"]).chain(list("target"));
        let targets: Vec<&Value> = targets.collect();
        let identifier = |system: &str| {
            let of_system = |target: &&&Value| target["identifier"]["system"] == system;
            let found = targets.iter().find(of_system)?;
            bytes(&found["identifier"]["value"])
        };
        let record = identifier(RECORD)?;
        let owner = match identifier(OWNER) {
            Some(owner) => Some(key(&owner)?),
            None => None,
        };
        let signer = transaction.action().signers()[0].1;
        let (mut reader, mut names) = (None, BTreeMap::new());
        for who in list("agent").map(|agent| &agent["who"]) {
            if who["identifier"]["system"] == PARTY {
                let party = key(&bytes(&who["identifier"]["value"])?)?;
                reader = reader.or((party != signer).then_some(party));
                if let Some(name) = who["display"].as_str() {
                    names.insert(party, name.to_owned());
                }
            }
        }
        let context = Self { record, owner, reader, names };
        context.agrees_with(transaction).then_some(context)
    }

    /// Returns `true` if the transaction, as far as it tells, has this record and owner.
    fn agrees_with(&self, transaction: &Transaction) -> bool {
        let is_owner = |owner: &VerifyingKey| self.owner.is_none_or(|of| of == *owner);
        match transaction.action() {
            Action::Record(record) => transaction.id() == self.record && is_owner(&record.owner),
            Action::Grant(grant) => {
                self.owner.is_some_and(|owner| grant.covers(&self.record, &owner))
            }
            Action::Request(request) => request.record == self.record,
            Action::Access(_) => self.reader.is_some(),
            Action::Evidence(_) | Action::Revoke(_) => true,
            Action::Register(_)
            | Action::Renew(_)
            | Action::Withdraw(_)
            | Action::AttributeRevocation(_)
            | Action::Anchor(_)
            | Action::Equivocation(_) => false,
        }
    }

    /// Returns the registered parties of a transaction.
    fn parties(&self, transaction: &Transaction) -> Vec<VerifyingKey> {
        match transaction.action() {
            Action::Record(record) => vec![record.author, record.institution],
            Action::Grant(grant) => vec![grant.reader, grant.proxy],
            Action::Request(request) => vec![request.reader],
            Action::Access(access) => self.reader.into_iter().chain([access.proxy]).collect(),
            Action::Evidence(evidence) => {
                vec![evidence.reporter, evidence.receipt.released.proxy]
            }
            _ => vec![],
        }
    }

    /// Returns the reader of a request that was served.
    pub(super) fn reader(&self) -> Option<&VerifyingKey> {
        self.reader.as_ref()
    }

    /// Returns a registered party, with its name.
    pub(super) fn party(&self, kind: &str, key: &VerifyingKey) -> Value {
        let mut who = reference(kind, PARTY, &key.to_string());
        if let Some(name) = self.names.get(key) {
            who["display"] = name.as_str().into();
        }
        who
    }
}

fn bytes(value: &Value) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(value.as_str()?, &mut bytes).ok()?;
    Some(bytes)
}

fn key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    VerifyingKey::read(&mut Reader::new(bytes)).ok()
}
