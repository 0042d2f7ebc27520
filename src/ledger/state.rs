//! The replicated state and its Merkle root.
#![forbid(unsafe_code)]

use super::action::{AccessAction, Basis, GrantAction, RecordAction, RequestAction};
use super::certificate::{Certificate, Subject};
use super::rule::Rule;
use super::{Time, merkle};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_STATE;
use crate::consensus::Digest;
use crate::sign::VerifyingKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The state after a prefix of the transactions. Only the contract changes it.
#[derive(Debug, Clone)]
pub struct State {
    centre: VerifyingKey,
    pub(super) parties: BTreeMap<VerifyingKey, Certificate>,
    pub(super) records: BTreeMap<Digest, Arc<RecordAction>>,
    pub(super) record_ids: BTreeSet<(VerifyingKey, [u8; 32])>,
    pub(super) owners: BTreeSet<VerifyingKey>,
    pub(super) grants: BTreeMap<Digest, GrantAction>,
    pub(super) revocations: BTreeSet<(Digest, VerifyingKey)>,
    pub(super) requests: BTreeMap<Digest, (RequestAction, Time)>,
    /// Accesses by the identifier of their request.
    pub(super) accesses: BTreeMap<Digest, AccessAction>,
    /// Identifiers of transactions with their end of validity, after which they are discarded.
    pub(super) seen: BTreeMap<Digest, Time>,
}

impl State {
    /// The state before the first block.
    pub(super) fn genesis(centre: VerifyingKey) -> Self {
        Self {
            centre,
            parties: BTreeMap::new(),
            records: BTreeMap::new(),
            record_ids: BTreeSet::new(),
            owners: BTreeSet::new(),
            grants: BTreeMap::new(),
            revocations: BTreeSet::new(),
            requests: BTreeMap::new(),
            accesses: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    /// The registration centre's key.
    pub fn centre(&self) -> &VerifyingKey {
        &self.centre
    }

    /// A registered party by its signing key.
    pub fn party(&self, key: &VerifyingKey) -> Option<&Subject> {
        self.parties.get(key).map(Certificate::claimed)
    }

    /// The record of a transaction.
    pub fn record(&self, id: &Digest) -> Option<&RecordAction> {
        self.records.get(id).map(Arc::as_ref)
    }

    /// All records in order of their identifiers.
    pub fn records(&self) -> impl Iterator<Item = (&Digest, &RecordAction)> {
        self.records.iter().map(|(id, record)| (id, record.as_ref()))
    }

    /// The grant of a transaction, revoked or not.
    pub fn grant(&self, id: &Digest) -> Option<&GrantAction> {
        self.grants.get(id)
    }

    /// The request of a transaction, with the time of its block.
    pub fn request(&self, id: &Digest) -> Option<(&RequestAction, Time)> {
        self.requests.get(id).map(|(request, time)| (request, *time))
    }

    /// The reported access of a request.
    pub fn access(&self, request: &Digest) -> Option<&AccessAction> {
        self.accesses.get(request)
    }

    /// Returns `true` if a transaction that has not expired is on the ledger.
    pub fn contains_transaction(&self, id: &Digest) -> bool {
        self.seen.contains_key(id)
    }

    /// Checks that a grant lets a reader request a record at this time.
    ///
    /// # Errors
    /// The [`Rule`] that forbids it.
    pub fn check_grant(
        &self,
        id: &Digest,
        reader: &VerifyingKey,
        record: &Digest,
        time: Time,
    ) -> Result<&GrantAction, Rule> {
        let grant = self.grants.get(id).ok_or(Rule::UnknownGrant)?;
        if grant.reader != *reader {
            return Err(Rule::ReaderMismatch);
        }
        let owner = self.record(record).ok_or(Rule::UnknownRecord)?.owner;
        if !grant.covers(record, &owner) {
            return Err(Rule::NotCovered);
        }
        self.valid_grant(id, time)
    }

    /// Returns a grant that is not revoked and whose window contains this time.
    ///
    /// # Errors
    /// The [`Rule`] that forbids its use.
    pub fn valid_grant(&self, id: &Digest, time: Time) -> Result<&GrantAction, Rule> {
        let grant = self.grants.get(id).ok_or(Rule::UnknownGrant)?;
        if self.is_revoked(id, grant) {
            return Err(Rule::Revoked);
        }
        if time < grant.from {
            return Err(Rule::WindowNotOpen);
        }
        if time >= grant.until { Err(Rule::WindowEnded) } else { Ok(grant) }
    }

    /// Returns `true` if an owner of the grant has revoked it.
    pub fn is_revoked(&self, id: &Digest, grant: &GrantAction) -> bool {
        grant.owners.iter().any(|owner| self.revocations.contains(&(*id, *owner)))
    }

    /// Discards the identifiers of transactions that have expired.
    pub(super) fn forget_expired(&mut self, time: Time) {
        self.seen.retain(|_, valid_until| *valid_until > time);
    }

    /// The Merkle root of all entries in order of their keys.
    ///
    /// Recomputed from all entries. The leaf of an entry is a digest of its kind, key and value.
    pub fn root(&self) -> Digest {
        let mut leaves = vec![entry(b"centre", &[self.centre.as_bytes()])];
        let parties = self.parties.iter();
        leaves.extend(parties.map(|(k, v)| entry(b"party", &[k.as_bytes(), &v.to_bytes()])));
        // A record's identifier is a digest of its content.
        leaves.extend(self.records.keys().map(|id| entry(b"record", &[id])));
        leaves.extend(self.grants.keys().map(|id| entry(b"grant", &[id])));
        let revocations = self.revocations.iter();
        leaves.extend(revocations.map(|(id, owner)| entry(b"revoke", &[id, owner.as_bytes()])));
        let requests = self.requests.iter();
        leaves.extend(requests.map(|(id, (_, t))| entry(b"request", &[id, &t.to_be_bytes()])));
        for (request, access) in &self.accesses {
            let reencryptions = access.reencryptions.concat();
            leaves.push(entry(b"access", &[request, access.proxy.as_bytes(), &reencryptions]));
        }
        leaves.extend(self.seen.iter().map(|(id, t)| entry(b"seen", &[id, &t.to_be_bytes()])));
        merkle::root(&leaves)
    }

    /// All requests with the times of their blocks, in order of their identifiers.
    pub fn requests(&self) -> impl Iterator<Item = (&Digest, &RequestAction, Time)> {
        self.requests.iter().map(|(id, (request, time))| (id, request, *time))
    }

    /// The proxy named in the grant of a request; `None` for a request by policy.
    pub fn proxy_of(&self, request: &RequestAction) -> Option<VerifyingKey> {
        match &request.basis {
            Basis::Grant(grant) => self.grants.get(grant).map(|grant| grant.proxy),
            Basis::Policy => None,
        }
    }
}

fn entry(kind: &[u8], parts: &[&[u8]]) -> Digest {
    let content = digest(LEDGER_STATE, parts);
    merkle::leaf(&[kind, &content])
}
