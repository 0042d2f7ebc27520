//! Changes of the state: each enters the authenticated map as well.
//!
//! [`StateKey`] lists the entries.
#![forbid(unsafe_code)]

use super::tables::{
    ACCESSES, ANCHORED, ANCHORS, ATTRIBUTES, EQUIVOCATIONS, EVIDENCE, EXPIRIES, GRANTS, OWNED,
    PAGES, PARTIES, POSITIONS, RECORD_IDS, RECORDS, REQUESTS, REVOCATIONS, RecordHead, WITHDRAWN,
};
use super::{State, StoredRequest};
use crate::algebra::codec::{Canonical, Codec};
use crate::consensus::{Digest, Evidence};
use crate::database::DatabaseError;
#[cfg(test)]
use crate::database::Redb;
use crate::ledger::Time;
use crate::ledger::action::{AccessAction, GrantAction, RecordAction, RequestAction};
use crate::ledger::anchor::AnchorAction;
use crate::ledger::attribute::AttributeRevocationAction;
use crate::ledger::certificate::Certificate;
use crate::ledger::map::{self, Pages, Path};
use crate::ledger::proof::{StateKey, value_digest};
use crate::ledger::receipt::Receipt;
use crate::sign::VerifyingKey;

impl State {
    /// Sets or removes an entry of the authenticated map.
    pub(super) fn commit_to(&mut self, key: StateKey, value: Option<&[u8]>) {
        self.unsealed.insert(key.digest(), value.map(value_digest));
    }

    /// Lets the root cover all entries. Cost: the entries that have changed, each logarithmic in
    /// the number of entries.
    pub(in crate::ledger) fn seal(&mut self) -> Result<(), DatabaseError> {
        let changes = std::mem::take(&mut self.unsealed);
        let pages = Pages::new(|path: &Path| Ok(self.entries.get(&PAGES, path)?));
        let (tree, changed) = map::update(&pages, self.tree, &changes)?;
        let pages = pages.apply(changed)?;
        self.tree = tree;
        for (path, page) in pages {
            match page {
                Some(page) => self.entries.insert(&PAGES, &path, &page),
                None => self.entries.remove(&PAGES, &path),
            }
        }
        Ok(())
    }

    /// The root of a tree that is built from all entries at once.
    #[cfg(test)]
    pub(crate) fn root_of_entries(&self) -> Result<Digest, DatabaseError> {
        let mut fresh = Self::open(&Redb::in_memory(), &self.chain, self.centre)?;
        let entries = &self.entries;
        for item in entries.range(&PARTIES, &(), &()) {
            fresh.insert_party(&item?.1);
        }
        for item in entries.range(&WITHDRAWN, &(), &()) {
            fresh.insert_withdrawal(item?.0);
        }
        for item in self.records() {
            let (id, record) = item?;
            fresh.insert_record(id, &record);
        }
        for item in entries.range(&GRANTS, &(), &()) {
            let (id, grant) = item?;
            fresh.insert_grant(id, &grant);
        }
        for item in entries.range(&REVOCATIONS, &(), &()) {
            let ((grant, owner), ()) = item?;
            fresh.insert_revocation(grant, VerifyingKey::from_bytes(&owner).unwrap());
        }
        for item in self.requests() {
            let (id, request) = item?;
            (fresh.height, fresh.time) = (request.height, request.time);
            fresh.insert_request(id, &request.action);
        }
        for item in entries.range(&ACCESSES, &(), &()) {
            fresh.insert_access(&item?.1);
        }
        for item in entries.range(&EVIDENCE, &(), &()) {
            fresh.insert_evidence(&item?.1);
        }
        for item in entries.range(&ATTRIBUTES, &(), &()) {
            let ((authority, entry), from_epoch) = item?;
            let authority = VerifyingKey::from_bytes(&authority).unwrap();
            let action = AttributeRevocationAction { authority, entry, from_epoch };
            fresh.insert_attribute_revocation(&action);
        }
        for item in entries.range(&ANCHORS, &(), &()) {
            let (until, (from, root)) = item?;
            fresh.insert_anchor(from, &AnchorAction { institution: self.centre, until, root });
        }
        for item in entries.range(&EQUIVOCATIONS, &(), &()) {
            let ((epoch, _), evidence) = item?;
            fresh.epoch = epoch;
            fresh.insert_equivocation(&evidence);
        }
        for item in entries.range(&EXPIRIES, &(), &()) {
            let ((until, id), ()) = item?;
            fresh.insert_transaction(id, until);
        }
        fresh.seal()?;
        Ok(fresh.root())
    }

    pub(in crate::ledger) fn insert_party(&mut self, certificate: &Certificate) {
        let key = certificate.claimed().key;
        self.commit_to(StateKey::Party(key), Some(&certificate.to_bytes()));
        self.entries.insert(&PARTIES, key.as_bytes(), certificate);
    }

    pub(in crate::ledger) fn insert_withdrawal(&mut self, certificate: Digest) {
        self.commit_to(StateKey::Withdrawn(certificate), Some(&[]));
        self.entries.insert(&WITHDRAWN, &certificate, &());
    }

    pub(in crate::ledger) fn insert_record(&mut self, id: Digest, record: &RecordAction) {
        self.commit_to(StateKey::Record(id), Some(&[]));
        let (owner, author) = (*record.owner.as_bytes(), *record.author.as_bytes());
        self.entries.insert(&RECORD_IDS, &(author, record.record_id), &id);
        self.entries.insert(&OWNED, &(owner, id), &());
        let sections = record.sections.clone();
        self.entries.insert(&RECORDS, &id, &RecordHead { owner, epoch: record.epoch, sections });
    }

    pub(in crate::ledger) fn insert_grant(&mut self, id: Digest, grant: &GrantAction) {
        self.commit_to(StateKey::Grant(id), Some(&[]));
        self.entries.insert(&GRANTS, &id, grant);
    }

    pub(in crate::ledger) fn insert_revocation(&mut self, grant: Digest, owner: VerifyingKey) {
        self.commit_to(StateKey::Revocation { grant, owner }, Some(&[]));
        self.entries.insert(&REVOCATIONS, &(grant, *owner.as_bytes()), &());
    }

    /// Inserts a request at the height and time of the block under execution.
    pub(in crate::ledger) fn insert_request(&mut self, id: Digest, request: &RequestAction) {
        let (height, time) = (self.height, self.time);
        self.commit_to(StateKey::Request(id), Some(&(height, time).encode()));
        let stored = StoredRequest { action: request.clone(), height, time };
        self.entries.insert(&REQUESTS, &id, &stored);
    }

    pub(in crate::ledger) fn insert_access(&mut self, access: &AccessAction) {
        self.commit_to(StateKey::Access(access.request), Some(&access.encode()));
        self.entries.insert(&ACCESSES, &access.request, access);
    }

    pub(in crate::ledger) fn insert_evidence(&mut self, receipt: &Receipt) {
        let request = receipt.released.request;
        self.commit_to(StateKey::Evidence(request), Some(&receipt.encode()));
        self.entries.insert(&EVIDENCE, &request, receipt);
    }

    pub(in crate::ledger) fn insert_attribute_revocation(
        &mut self,
        action: &AttributeRevocationAction,
    ) {
        let AttributeRevocationAction { authority, entry, from_epoch } = *action;
        let key = StateKey::AttributeRevocation { authority, entry };
        self.commit_to(key, Some(&from_epoch.encode()));
        self.entries.insert(&ATTRIBUTES, &(*authority.as_bytes(), entry), &from_epoch);
    }

    pub(in crate::ledger) fn insert_anchor(&mut self, from: u64, action: &AnchorAction) {
        let value = (from, action.root);
        self.commit_to(StateKey::Anchor(action.until), Some(&value.encode()));
        self.entries.insert(&ANCHORS, &action.until, &value);
        self.entries.insert(&ANCHORED, &0, &action.until);
    }

    /// Inserts evidence of the epoch of the block under execution.
    pub(in crate::ledger) fn insert_equivocation(&mut self, evidence: &Evidence) {
        let (epoch, member) = (self.epoch, evidence.signer);
        self.commit_to(StateKey::Equivocation { epoch, member }, Some(&Codec::encode(evidence)));
        self.entries.insert(&EQUIVOCATIONS, &(epoch, member), evidence);
    }

    /// Inserts the next transaction of the block under execution. The map contains it until its end
    /// of validity: later it is not admissible.
    pub(in crate::ledger) fn insert_transaction(&mut self, id: Digest, valid_until: Time) {
        self.commit_to(StateKey::Transaction(id), Some(&valid_until.encode()));
        self.entries.insert(&POSITIONS, &id, &(self.height, self.executed));
        self.entries.insert(&EXPIRIES, &(valid_until, id), &());
        self.executed += 1;
    }

    /// Removes the transactions that have expired from the map. Cost: those.
    pub(in crate::ledger) fn forget_expired(&mut self) -> Result<(), DatabaseError> {
        let expired = self.entries.range(&EXPIRIES, &0_u64, &self.time);
        let expired = expired.map(|item| item.map(|(key, ())| key));
        for (time, id) in expired.collect::<Result<Vec<(Time, Digest)>, _>>()? {
            self.commit_to(StateKey::Transaction(id), None);
            self.entries.remove(&EXPIRIES, &(time, id));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::database::Changes;
    use crate::sign::SigningKey;

    /// Identifiers are forgotten when they expire, in a copy and after the merge.
    #[test]
    fn the_root_is_that_of_the_entries_that_have_not_expired() {
        let centre = SigningKey::from_seed(&Secret::new([1; 32])).verifying_key();
        let database = Redb::in_memory();
        let mut state = State::open(&database, "expiry", centre).unwrap();
        for i in 0..20 {
            state.insert_transaction([i; 32], 100 + u64::from(i / 2));
            state.insert_revocation([i; 32], centre);
        }
        state.seal().unwrap();
        state.merge();
        for time in 99..=109 {
            let mut next = state.clone();
            next.time = time;
            next.forget_expired().unwrap();
            next.seal().unwrap();
            assert_eq!(Ok(next.root()), next.root_of_entries(), "at {time}");
            assert_eq!(next.entries.range(&EXPIRIES, &(), &()).count() as u64, 2 * (109 - time));
            assert_eq!(state.root() == next.root(), time == 99, "the copy alone has changed");
            state = next;
            state.merge();
            if time % 2 == 0 {
                state.commit(&database, Changes::new()).unwrap();
            }
        }
    }
}
