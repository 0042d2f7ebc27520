//! The replicated state and its Merkle root.
#![forbid(unsafe_code)]

use super::action::{AccessAction, Basis, GrantAction, RecordAction, RequestAction};
use super::certificate::{Certificate, Role, Subject};
use super::receipt::Receipt;
use super::rule::Rule;
use super::{REPORT_BLOCKS, REQUEST_BLOCKS, Time, merkle};
use crate::algebra::codec::{Canonical, Codec};
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_STATE;
use crate::consensus::Digest;
use crate::sign::VerifyingKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A request on the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// The request.
    pub action: RequestAction,
    /// The height of its block.
    pub height: u64,
    /// The time of its block.
    pub time: Time,
}

impl StoredRequest {
    /// Returns `true` if the request may be served after the block at `height`.
    pub fn is_open(&self, height: u64) -> bool {
        height.saturating_sub(self.height) <= REQUEST_BLOCKS
    }

    /// Returns `true` if the block at `height` may still report an access.
    pub(super) fn is_reportable(&self, height: u64) -> bool {
        height.saturating_sub(self.height) <= REQUEST_BLOCKS + REPORT_BLOCKS
    }
}

/// The state after a prefix of the transactions. Only the contract changes it.
#[derive(Debug, Clone)]
pub struct State {
    chain: String,
    centre: VerifyingKey,
    /// The height of the last block, or of the block under execution.
    pub(super) height: u64,
    /// The time of that block; 0 before the first.
    pub(super) time: Time,
    pub(super) parties: BTreeMap<VerifyingKey, Certificate>,
    /// Digests of the serial numbers of withdrawn certificates.
    pub(super) withdrawn: BTreeSet<Digest>,
    pub(super) records: BTreeMap<Digest, Arc<RecordAction>>,
    /// Records by author and the identifier that the author chose.
    pub(super) record_ids: BTreeMap<(VerifyingKey, [u8; 32]), Digest>,
    /// The records of each owner key.
    pub(super) owners: BTreeMap<VerifyingKey, BTreeSet<Digest>>,
    pub(super) grants: BTreeMap<Digest, GrantAction>,
    pub(super) revocations: BTreeSet<(Digest, VerifyingKey)>,
    pub(super) requests: BTreeMap<Digest, StoredRequest>,
    /// Accesses by the identifier of their request.
    pub(super) accesses: BTreeMap<Digest, AccessAction>,
    /// Receipts of unreported releases by the identifier of their request.
    pub(super) evidence: BTreeMap<Digest, Receipt>,
    /// Identifiers of transactions with their end of validity, after which they are discarded.
    pub(super) seen: BTreeMap<Digest, Time>,
}

impl State {
    /// The state before the first block.
    pub(super) fn genesis(chain: &str, centre: VerifyingKey) -> Self {
        Self {
            chain: chain.to_owned(),
            centre,
            height: 0,
            time: 0,
            parties: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            records: BTreeMap::new(),
            record_ids: BTreeMap::new(),
            owners: BTreeMap::new(),
            grants: BTreeMap::new(),
            revocations: BTreeSet::new(),
            requests: BTreeMap::new(),
            accesses: BTreeMap::new(),
            evidence: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Returns the chain's name.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Returns the registration centre's key.
    pub fn centre(&self) -> &VerifyingKey {
        &self.centre
    }

    /// Returns the height of the last block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Returns the time of the last block; 0 before the first. The state contains everything that
    /// was committed until then.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Returns a registered party by its signing key.
    pub fn party(&self, key: &VerifyingKey) -> Option<&Subject> {
        self.parties.get(key).map(Certificate::claimed)
    }

    /// Returns a party that is registered in a role, with a certificate that is valid at this time.
    ///
    /// # Errors
    /// `otherwise` if there is no such party, [`Rule::CertificateExpired`] or
    /// [`Rule::CertificateWithdrawn`].
    pub fn valid_party<E: From<Rule>>(
        &self,
        key: &VerifyingKey,
        role: Role,
        time: Time,
        otherwise: E,
    ) -> Result<&Subject, E> {
        match self.party(key) {
            Some(subject) if subject.role == role => {
                self.check_certificate(subject, time)?;
                Ok(subject)
            }
            _ => Err(otherwise),
        }
    }

    /// Checks that a certificate, on the ledger or not, is not expired and not withdrawn.
    ///
    /// # Errors
    /// [`Rule::CertificateExpired`] or [`Rule::CertificateWithdrawn`].
    pub fn check_certificate(&self, subject: &Subject, time: Time) -> Result<(), Rule> {
        if self.withdrawn.contains(&subject.withdrawal()) {
            return Err(Rule::CertificateWithdrawn);
        }
        if subject.valid_until <= time { Err(Rule::CertificateExpired) } else { Ok(()) }
    }

    /// Returns the record of a transaction.
    pub fn record(&self, id: &Digest) -> Option<&RecordAction> {
        self.records.get(id).map(Arc::as_ref)
    }

    /// Returns the record that an author has published under this `record_id`.
    pub fn published(&self, author: &VerifyingKey, record_id: &[u8; 32]) -> Option<&RecordAction> {
        self.record(self.record_ids.get(&(*author, *record_id))?)
    }

    /// Returns all records in order of their identifiers.
    pub fn records(&self) -> impl Iterator<Item = (&Digest, &RecordAction)> {
        self.records.iter().map(|(id, record)| (id, record.as_ref()))
    }

    /// Returns the records of an owner key, in order of their identifiers.
    pub fn records_of(
        &self,
        owner: &VerifyingKey,
    ) -> impl Iterator<Item = (&Digest, &RecordAction)> {
        let ids = self.owners.get(owner).into_iter().flatten();
        ids.filter_map(|id| Some((id, self.record(id)?)))
    }

    /// Returns `true` if a record on the ledger has this owner key.
    pub(super) fn is_owner(&self, key: &VerifyingKey) -> bool {
        self.owners.contains_key(key)
    }

    /// Returns the grant of a transaction, revoked or not.
    pub fn grant(&self, id: &Digest) -> Option<&GrantAction> {
        self.grants.get(id)
    }

    /// Returns the request of a transaction.
    pub fn request(&self, id: &Digest) -> Option<&StoredRequest> {
        self.requests.get(id)
    }

    /// Returns the reported access of a request.
    pub fn access(&self, request: &Digest) -> Option<&AccessAction> {
        self.accesses.get(request)
    }

    /// Returns the receipt of an unreported release for a request.
    pub fn evidence(&self, request: &Digest) -> Option<&Receipt> {
        self.evidence.get(request)
    }

    /// Returns `true` if the ledger contains a transaction that has not expired. Expired
    /// identifiers are forgotten.
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
    pub(super) fn forget_expired(&mut self) {
        let time = self.time;
        self.seen.retain(|_, valid_until| *valid_until > time);
    }

    /// Returns the Merkle root of all entries in order of their keys.
    ///
    /// Recomputed from all entries. The leaf of an entry is a digest of its kind, key and value.
    pub fn root(&self) -> Digest {
        let genesis = [self.chain.as_bytes(), self.centre.as_bytes()];
        let mut leaves = vec![entry(b"genesis", &genesis)];
        let parties = self.parties.iter();
        leaves.extend(parties.map(|(k, v)| entry(b"party", &[k.as_bytes(), &v.to_bytes()])));
        leaves.extend(self.withdrawn.iter().map(|digest| entry(b"withdrawn", &[digest])));
        // A record's identifier is a digest of its content.
        leaves.extend(self.records.keys().map(|id| entry(b"record", &[id])));
        leaves.extend(self.grants.keys().map(|id| entry(b"grant", &[id])));
        let revocations = self.revocations.iter();
        leaves.extend(revocations.map(|(id, owner)| entry(b"revoke", &[id, owner.as_bytes()])));
        let requests = self.requests.iter();
        leaves.extend(requests.map(|(id, request)| {
            let (height, time) = (request.height.to_be_bytes(), request.time.to_be_bytes());
            entry(b"request", &[id, &height, &time])
        }));
        for (request, access) in &self.accesses {
            let reencryptions = access.reencryptions.concat();
            leaves.push(entry(b"access", &[request, access.proxy.as_bytes(), &reencryptions]));
        }
        let evidence = self.evidence.iter();
        leaves.extend(evidence.map(|(id, receipt)| entry(b"evidence", &[id, &receipt.encode()])));
        leaves.extend(self.seen.iter().map(|(id, t)| entry(b"seen", &[id, &t.to_be_bytes()])));
        merkle::root(&leaves)
    }

    /// Returns all requests in order of their identifiers.
    pub fn requests(&self) -> impl Iterator<Item = (&Digest, &StoredRequest)> {
        self.requests.iter()
    }

    /// Returns the proxy named in the grant of a request; `None` for a request by policy.
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
