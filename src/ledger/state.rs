//! The replicated state and its root.
//!
//! `change` holds the functions by which the contract changes it.
#![forbid(unsafe_code)]

mod change;

use super::action::{AccessAction, Basis, GrantAction, RecordAction, RequestAction};
use super::certificate::{Certificate, Role, Subject};
use super::layered::Layered;
use super::map::{Branch, Branches, MissingBranch, Path, Subtree};
use super::receipt::Receipt;
use super::rule::Rule;
use super::{REPORT_BLOCKS, REQUEST_BLOCKS, Time};
use crate::consensus::Digest;
use crate::sign::VerifyingKey;
use std::collections::BTreeMap;
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
///
/// Copies share their entries, so a copy costs what the block under execution has changed.
#[derive(Debug, Clone)]
pub struct State {
    chain: String,
    centre: VerifyingKey,
    /// The height of the last block, or of the block under execution.
    pub(super) height: u64,
    /// The time of that block; 0 before the first.
    pub(super) time: Time,
    parties: Layered<VerifyingKey, Certificate>,
    /// Digests of the serial numbers of withdrawn certificates.
    withdrawn: Layered<Digest, ()>,
    records: Layered<Digest, Arc<RecordAction>>,
    /// Records by author and the identifier that the author chose.
    record_ids: Layered<(VerifyingKey, [u8; 32]), Digest>,
    /// Owner keys with their records.
    owned: Layered<(VerifyingKey, Digest), ()>,
    grants: Layered<Digest, GrantAction>,
    revocations: Layered<(Digest, VerifyingKey), ()>,
    requests: Layered<Digest, StoredRequest>,
    /// Accesses by the identifier of their request.
    accesses: Layered<Digest, AccessAction>,
    /// Receipts of unreported releases by the identifier of their request.
    evidence: Layered<Digest, Receipt>,
    /// Identifiers of transactions with their end of validity, after which they are discarded.
    seen: Layered<Digest, Time>,
    /// The same in order of that time.
    expiries: Layered<(Time, Digest), ()>,
    /// The authenticated map of all entries.
    tree: Subtree,
    branches: Layered<Path, Branch>,
    /// The entries that `tree` does not contain yet: digests of keys and values.
    unsealed: BTreeMap<Digest, Option<Digest>>,
}

impl Branches for Layered<Path, Branch> {
    fn branch(&self, path: &Path) -> Result<Branch, MissingBranch> {
        self.get(path).copied().ok_or(MissingBranch(*path))
    }
}

impl State {
    /// The state before the first block.
    pub(super) fn genesis(chain: &str, centre: VerifyingKey) -> Self {
        let mut state = Self {
            chain: chain.to_owned(),
            centre,
            height: 0,
            time: 0,
            parties: Layered::default(),
            withdrawn: Layered::default(),
            records: Layered::default(),
            record_ids: Layered::default(),
            owned: Layered::default(),
            grants: Layered::default(),
            revocations: Layered::default(),
            requests: Layered::default(),
            accesses: Layered::default(),
            evidence: Layered::default(),
            seen: Layered::default(),
            expiries: Layered::default(),
            tree: Subtree::Empty,
            branches: Layered::default(),
            unsealed: BTreeMap::new(),
        };
        state.commit_to("genesis", &[], Some(&[chain.as_bytes(), centre.as_bytes()]));
        state.seal();
        state
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
        if self.withdrawn.contains_key(&subject.withdrawal()) {
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
        let range = (*owner, [0; 32])..=(*owner, [255; 32]);
        let owned = self.owned.range(range).map(|((_, id), ())| id);
        owned.filter_map(|id| Some((id, self.record(id)?)))
    }

    /// Returns `true` if a record on the ledger has this owner key.
    pub(super) fn is_owner(&self, key: &VerifyingKey) -> bool {
        self.records_of(key).next().is_some()
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
        grant.owners.iter().any(|owner| self.revocations.contains_key(&(*id, *owner)))
    }

    /// Returns the root of the authenticated map of all entries.
    pub fn root(&self) -> Digest {
        self.tree.digest()
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
