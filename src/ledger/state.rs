//! The replicated state and its root.
//!
//! The state is entries of the database, with the changes of blocks that are not committed above
//! them. `change` holds the functions by which the contract changes it, and `tables` the tables.
#![forbid(unsafe_code)]

mod blocks;
mod change;
mod check;
mod prove;
mod tables;

use super::action::{AccessAction, Action, Basis, GrantAction, RecordAction, RequestAction};
use super::certificate::{Certificate, Role, Subject};
use super::map::Subtree;
use super::proof::StateKey;
use super::receipt::Receipt;
use super::rule::{CheckError, Rule};
use super::{REPORT_BLOCKS, REQUEST_BLOCKS, Time};
use crate::algebra::codec::sequence;
use crate::consensus::{Digest, Evidence, ReplicaId};
use crate::database::{Changes, Database, DatabaseError, Overlay};
use crate::sign::VerifyingKey;
use std::collections::BTreeMap;
use tables::{Genesis, RecordHead, Tip};

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
sequence!(Codec for StoredRequest { action, height, time });

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
/// Copies share their entries, so a copy costs what the block under execution has changed. A copy
/// is not affected by later blocks.
///
/// # Errors
/// Every function that reads entries may fail with a [`DatabaseError`].
#[derive(Debug, Clone)]
pub struct State {
    chain: String,
    centre: VerifyingKey,
    /// The height of the last block, or of the block under execution.
    pub(super) height: u64,
    /// The time of that block; 0 before the first.
    pub(super) time: Time,
    /// The consensus epoch of the block under execution.
    pub(super) epoch: u64,
    /// The hash of the last block; zero before the first.
    pub(super) hash: Digest,
    /// The number of transactions that were executed in the block under execution.
    pub(super) executed: u32,
    entries: Overlay,
    /// The authenticated map of all entries.
    tree: Subtree,
    /// The entries that `tree` does not contain yet: digests of keys and values.
    unsealed: BTreeMap<Digest, Option<Digest>>,
}

impl State {
    /// Opens the state of a chain, or creates it in an empty database.
    pub(super) fn open(
        database: &dyn Database,
        chain: &str,
        centre: VerifyingKey,
    ) -> Result<Self, DatabaseError> {
        let genesis = Genesis { format: tables::FORMAT, chain: chain.to_owned(), centre };
        let entries = Overlay::new(database.snapshot()?);
        let found = entries.get(&tables::GENESIS, &0)?;
        let mut state = Self {
            chain: chain.to_owned(),
            centre,
            height: 0,
            time: 0,
            epoch: 0,
            hash: [0; 32],
            executed: 0,
            entries,
            tree: Subtree::Empty,
            unsealed: BTreeMap::new(),
        };
        match found {
            None => state.create(database, &genesis)?,
            Some(found) => genesis.require(&found)?,
        }
        let tip = state.entries.get(&tables::TIP, &0)?;
        let tip =
            tip.ok_or(DatabaseError::Damaged { table: "tip", reason: "it is empty".into() })?;
        let Tip { height, time, hash, tree } = tip;
        Ok(Self { height, time, hash, tree, ..state })
    }

    /// Writes the state before the first block.
    fn create(&mut self, database: &dyn Database, genesis: &Genesis) -> Result<(), DatabaseError> {
        self.entries.insert(&tables::GENESIS, &0, genesis);
        let value = self.genesis_value();
        self.commit_to(StateKey::Genesis, Some(&value));
        self.seal()?;
        self.set_tip();
        self.merge();
        self.commit(database, Changes::new())
    }

    pub(super) fn genesis_value(&self) -> Vec<u8> {
        [self.chain.as_bytes(), self.centre.as_bytes()].concat()
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

    /// Returns the root of the authenticated map of all entries.
    pub fn root(&self) -> Digest {
        self.tree.digest()
    }

    /// Returns a registered party by its signing key.
    pub fn party(&self, key: &VerifyingKey) -> Result<Option<Subject>, DatabaseError> {
        Ok(self.certificate(key)?.map(Certificate::into_claimed))
    }

    fn certificate(&self, key: &VerifyingKey) -> Result<Option<Certificate>, DatabaseError> {
        self.entries.get(&tables::PARTIES, key.as_bytes())
    }

    /// Returns `true` if a party is registered under a signing key.
    pub(super) fn is_registered(&self, key: &VerifyingKey) -> Result<bool, DatabaseError> {
        self.entries.contains(&tables::PARTIES, key.as_bytes())
    }

    /// Returns a party that is registered in a role, with a certificate that is valid at this time.
    ///
    /// # Errors
    /// `otherwise` if there is no such party, [`Rule::CertificateExpired`] or
    /// [`Rule::CertificateWithdrawn`].
    pub fn valid_party<E: From<CheckError>>(
        &self,
        key: &VerifyingKey,
        role: Role,
        time: Time,
        otherwise: E,
    ) -> Result<Subject, E> {
        match self.party(key).map_err(CheckError::from)? {
            Some(subject) if subject.role == role => {
                self.check_certificate(&subject, time)?;
                Ok(subject)
            }
            _ => Err(otherwise),
        }
    }

    /// Checks that a certificate, on the ledger or not, is not expired and not withdrawn.
    ///
    /// # Errors
    /// [`Rule::CertificateExpired`] or [`Rule::CertificateWithdrawn`].
    pub fn check_certificate(&self, subject: &Subject, time: Time) -> Result<(), CheckError> {
        if self.entries.contains(&tables::WITHDRAWN, &subject.withdrawal())? {
            return Err(Rule::CertificateWithdrawn.into());
        }
        if subject.valid_until <= time { Err(Rule::CertificateExpired.into()) } else { Ok(()) }
    }

    /// Returns the record of a transaction in a block. Cost: the decoding of the transaction.
    pub fn record(&self, id: &Digest) -> Result<Option<RecordAction>, DatabaseError> {
        if !self.entries.contains(&tables::RECORDS, id)? {
            return Ok(None);
        }
        match self.transaction(id)?.map(|transaction| transaction.draft.action) {
            Some(Action::Record(record)) => Ok(Some(record)),
            _ => Ok(None),
        }
    }

    pub(super) fn record_head(&self, id: &Digest) -> Result<Option<RecordHead>, DatabaseError> {
        self.entries.get(&tables::RECORDS, id)
    }

    /// Returns the record that an author has published under this `record_id`.
    pub fn published(
        &self,
        author: &VerifyingKey,
        record_id: &[u8; 32],
    ) -> Result<Option<RecordAction>, DatabaseError> {
        match self.entries.get(&tables::RECORD_IDS, &(*author.as_bytes(), *record_id))? {
            Some(id) => self.record(&id),
            None => Ok(None),
        }
    }

    pub(super) fn is_published(
        &self,
        author: &VerifyingKey,
        record_id: &[u8; 32],
    ) -> Result<bool, DatabaseError> {
        self.entries.contains(&tables::RECORD_IDS, &(*author.as_bytes(), *record_id))
    }

    /// Iterates over all records in order of their identifiers.
    pub fn records(&self) -> impl Iterator<Item = Result<(Digest, RecordAction), DatabaseError>> {
        let heads = self.entries.range(&tables::RECORDS, &(), &());
        heads.filter_map(|head| self.with_record(head.map(|(id, _)| id)).transpose())
    }

    /// Iterates over the records of an owner key, in order of their identifiers.
    pub fn records_of(
        &self,
        owner: &VerifyingKey,
    ) -> impl Iterator<Item = Result<(Digest, RecordAction), DatabaseError>> {
        let owned = self.entries.range(&tables::OWNED, owner.as_bytes(), owner.as_bytes());
        owned.filter_map(|item| self.with_record(item.map(|((_, id), ())| id)).transpose())
    }

    fn with_record(
        &self,
        id: Result<Digest, DatabaseError>,
    ) -> Result<Option<(Digest, RecordAction)>, DatabaseError> {
        let id = id?;
        Ok(self.record(&id)?.map(|record| (id, record)))
    }

    /// Returns `true` if a record on the ledger has this owner key.
    pub(super) fn is_owner(&self, key: &VerifyingKey) -> Result<bool, DatabaseError> {
        let mut owned = self.entries.range(&tables::OWNED, key.as_bytes(), key.as_bytes());
        owned.next().transpose().map(|first| first.is_some())
    }

    /// Returns the grant of a transaction, revoked or not.
    pub fn grant(&self, id: &Digest) -> Result<Option<GrantAction>, DatabaseError> {
        self.entries.get(&tables::GRANTS, id)
    }

    /// Returns the request of a transaction.
    pub fn request(&self, id: &Digest) -> Result<Option<StoredRequest>, DatabaseError> {
        self.entries.get(&tables::REQUESTS, id)
    }

    /// Returns the reported access of a request.
    pub fn access(&self, request: &Digest) -> Result<Option<AccessAction>, DatabaseError> {
        self.entries.get(&tables::ACCESSES, request)
    }

    /// Returns the receipt of an unreported release for a request.
    pub fn evidence(&self, request: &Digest) -> Result<Option<Receipt>, DatabaseError> {
        self.entries.get(&tables::EVIDENCE, request)
    }

    /// Returns the first key epoch from which an authority has revoked an attribute;
    /// [`AttributeRevocationAction::entry_of`](super::AttributeRevocationAction::entry_of) returns
    /// the entry.
    pub fn attribute_revocation(
        &self,
        authority: &VerifyingKey,
        entry: &Digest,
    ) -> Result<Option<u32>, DatabaseError> {
        self.entries.get(&tables::ATTRIBUTES, &(*authority.as_bytes(), *entry))
    }

    /// Returns the height of the last anchored block; 0 before the first anchor.
    pub fn anchored(&self) -> Result<u64, DatabaseError> {
        Ok(self.entries.get(&tables::ANCHORED, &0)?.unwrap_or(0))
    }

    /// Returns the first height and the root of the anchor that ends at a height.
    pub fn anchor(&self, until: u64) -> Result<Option<(u64, Digest)>, DatabaseError> {
        self.entries.get(&tables::ANCHORS, &until)
    }

    /// Returns the evidence that a member of consensus equivocated in an epoch.
    pub fn equivocation(
        &self,
        epoch: u64,
        member: ReplicaId,
    ) -> Result<Option<Evidence>, DatabaseError> {
        self.entries.get(&tables::EQUIVOCATIONS, &(epoch, member))
    }

    /// Returns `true` if a block contains the transaction.
    pub fn contains_transaction(&self, id: &Digest) -> Result<bool, DatabaseError> {
        self.entries.contains(&tables::POSITIONS, id)
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
    ) -> Result<GrantAction, CheckError> {
        let grant = self.grant(id)?.ok_or(Rule::UnknownGrant)?;
        if grant.reader != *reader {
            return Err(Rule::ReaderMismatch.into());
        }
        let owner = self.record_head(record)?.ok_or(Rule::UnknownRecord)?.owner;
        if !grant.covers_bytes(record, &owner) {
            return Err(Rule::NotCovered.into());
        }
        self.check_window(id, &grant, time)?;
        Ok(grant)
    }

    /// Returns a grant that is not revoked and whose window contains this time.
    ///
    /// # Errors
    /// The [`Rule`] that forbids its use.
    pub fn valid_grant(&self, id: &Digest, time: Time) -> Result<GrantAction, CheckError> {
        let grant = self.grant(id)?.ok_or(Rule::UnknownGrant)?;
        self.check_window(id, &grant, time)?;
        Ok(grant)
    }

    fn check_window(&self, id: &Digest, grant: &GrantAction, time: Time) -> Result<(), CheckError> {
        if self.is_revoked(id, grant)? {
            return Err(Rule::Revoked.into());
        }
        if time < grant.from {
            return Err(Rule::WindowNotOpen.into());
        }
        if time >= grant.until { Err(Rule::WindowEnded.into()) } else { Ok(()) }
    }

    /// Returns `true` if an owner of the grant has revoked it.
    pub fn is_revoked(&self, id: &Digest, grant: &GrantAction) -> Result<bool, DatabaseError> {
        for owner in &grant.owners {
            if self.has_revoked(id, owner)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_revoked(&self, grant: &Digest, owner: &VerifyingKey) -> Result<bool, DatabaseError> {
        self.entries.contains(&tables::REVOCATIONS, &(*grant, *owner.as_bytes()))
    }

    /// Iterates over all requests in order of their identifiers.
    pub fn requests(&self) -> impl Iterator<Item = Result<(Digest, StoredRequest), DatabaseError>> {
        self.entries.range(&tables::REQUESTS, &(), &())
    }

    /// Returns the proxy named in the grant of a request; `None` for a request by policy.
    pub fn proxy_of(&self, request: &RequestAction) -> Result<Option<VerifyingKey>, DatabaseError> {
        match &request.basis {
            Basis::Grant(grant) => Ok(self.grant(grant)?.map(|grant| grant.proxy)),
            Basis::Policy => Ok(None),
        }
    }
}
