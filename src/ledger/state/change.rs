//! Changes of the state: each enters the authenticated map as well.
//!
//! | entry | key | value |
//! |---|---|---|
//! | genesis | | chain, registration centre |
//! | party | key | certificate |
//! | withdrawn | digest of the serial number | |
//! | record, grant | identifier, a digest of the content | |
//! | revoke | grant, owner key | |
//! | request | identifier | height, time |
//! | access | request | proxy, re-encryptions |
//! | evidence | request | receipt |
//! | seen | transaction | end of validity |
#![forbid(unsafe_code)]

use super::{State, StoredRequest};
use crate::algebra::codec::{Canonical, Codec};
use crate::algebra::hash::digest;
use crate::algebra::tag::LEDGER_STATE;
use crate::consensus::Digest;
use crate::ledger::Time;
use crate::ledger::action::{AccessAction, GrantAction, RecordAction, RequestAction};
use crate::ledger::certificate::Certificate;
use crate::ledger::map;
use crate::ledger::receipt::Receipt;
use crate::sign::VerifyingKey;
use std::sync::Arc;

impl State {
    /// Sets or removes an entry of the authenticated map.
    pub(super) fn commit_to(&mut self, kind: &str, key: &[&[u8]], value: Option<&[&[u8]]>) {
        let key = digest(LEDGER_STATE, &[&[kind.as_bytes()], key].concat());
        self.unsealed.insert(key, value.map(|parts| digest(LEDGER_STATE, parts)));
    }

    /// Lets the root cover all entries. Cost: the entries that have changed, each logarithmic in
    /// the number of entries.
    pub(in crate::ledger) fn seal(&mut self) {
        let changes = std::mem::take(&mut self.unsealed);
        let updated = map::update(&self.branches, self.tree, &changes);
        let (tree, changed) = updated.expect("a state holds all branches of its tree");
        self.tree = tree;
        for (path, branch) in changed {
            match branch {
                Some(branch) => self.branches.insert(path, branch),
                None => self.branches.remove(&path),
            }
        }
    }

    /// Merges the changes of a decided block into the entries that copies share.
    pub(in crate::ledger) fn merge(&mut self) {
        self.parties.merge();
        self.withdrawn.merge();
        self.records.merge();
        self.record_ids.merge();
        self.owned.merge();
        self.grants.merge();
        self.revocations.merge();
        self.requests.merge();
        self.accesses.merge();
        self.evidence.merge();
        self.seen.merge();
        self.expiries.merge();
        self.branches.merge();
    }

    /// The root of a tree that is built from all entries at once.
    #[cfg(test)]
    pub(crate) fn root_of_entries(&self) -> Digest {
        let mut fresh = Self::genesis(&self.chain, self.centre);
        self.parties.iter().for_each(|(_, certificate)| fresh.insert_party(certificate));
        self.withdrawn.iter().for_each(|(digest, ())| fresh.insert_withdrawal(*digest));
        self.records.iter().for_each(|(id, record)| fresh.insert_record(*id, record));
        self.grants.iter().for_each(|(id, grant)| fresh.insert_grant(*id, grant));
        let revocations = self.revocations.iter();
        revocations.for_each(|((grant, owner), ())| fresh.insert_revocation(*grant, *owner));
        for (id, request) in self.requests.iter() {
            (fresh.height, fresh.time) = (request.height, request.time);
            fresh.insert_request(*id, &request.action);
        }
        self.accesses.iter().for_each(|(_, access)| fresh.insert_access(access));
        self.evidence.iter().for_each(|(_, receipt)| fresh.insert_evidence(receipt));
        self.seen.iter().for_each(|(id, until)| fresh.insert_seen(*id, *until));
        fresh.seal();
        fresh.root()
    }

    pub(in crate::ledger) fn insert_party(&mut self, certificate: &Certificate) {
        let key = certificate.claimed().key;
        self.commit_to("party", &[key.as_bytes()], Some(&[&certificate.to_bytes()]));
        self.parties.insert(key, certificate.clone());
    }

    pub(in crate::ledger) fn insert_withdrawal(&mut self, certificate: Digest) {
        self.commit_to("withdrawn", &[&certificate], Some(&[]));
        self.withdrawn.insert(certificate, ());
    }

    pub(in crate::ledger) fn insert_record(&mut self, id: Digest, record: &RecordAction) {
        self.commit_to("record", &[&id], Some(&[]));
        self.record_ids.insert((record.author, record.record_id), id);
        self.owned.insert((record.owner, id), ());
        self.records.insert(id, Arc::new(record.clone()));
    }

    pub(in crate::ledger) fn insert_grant(&mut self, id: Digest, grant: &GrantAction) {
        self.commit_to("grant", &[&id], Some(&[]));
        self.grants.insert(id, grant.clone());
    }

    pub(in crate::ledger) fn insert_revocation(&mut self, grant: Digest, owner: VerifyingKey) {
        self.commit_to("revoke", &[&grant, owner.as_bytes()], Some(&[]));
        self.revocations.insert((grant, owner), ());
    }

    /// Inserts a request at the height and time of the block under execution.
    pub(in crate::ledger) fn insert_request(&mut self, id: Digest, request: &RequestAction) {
        let (height, time) = (self.height, self.time);
        let value: [&[u8]; 2] = [&height.to_be_bytes(), &time.to_be_bytes()];
        self.commit_to("request", &[&id], Some(&value));
        self.requests.insert(id, StoredRequest { action: request.clone(), height, time });
    }

    pub(in crate::ledger) fn insert_access(&mut self, access: &AccessAction) {
        let value: [&[u8]; 2] = [access.proxy.as_bytes(), &access.reencryptions.concat()];
        self.commit_to("access", &[&access.request], Some(&value));
        self.accesses.insert(access.request, access.clone());
    }

    pub(in crate::ledger) fn insert_evidence(&mut self, receipt: &Receipt) {
        let request = receipt.released.request;
        self.commit_to("evidence", &[&request], Some(&[&receipt.encode()]));
        self.evidence.insert(request, receipt.clone());
    }

    /// Remembers a transaction until its end of validity.
    pub(in crate::ledger) fn insert_seen(&mut self, id: Digest, valid_until: Time) {
        self.commit_to("seen", &[&id], Some(&[&valid_until.to_be_bytes()]));
        self.seen.insert(id, valid_until);
        self.expiries.insert((valid_until, id), ());
    }

    /// Discards the identifiers of transactions that have expired. Cost: those.
    pub(in crate::ledger) fn forget_expired(&mut self) {
        let expired = self.expiries.range(..=(self.time, [255; 32]));
        let expired: Vec<(Time, Digest)> = expired.map(|(key, ())| *key).collect();
        for (time, id) in expired {
            self.commit_to("seen", &[&id], None);
            self.seen.remove(&id);
            self.expiries.remove(&(time, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::sign::SigningKey;

    /// Identifiers are forgotten when they expire, in a copy and after the merge.
    #[test]
    fn the_root_is_that_of_the_entries_that_have_not_expired() {
        let centre = SigningKey::from_seed(&Secret::new([1; 32])).verifying_key();
        let mut state = State::genesis("expiry", centre);
        for i in 0..20 {
            state.insert_seen([i; 32], 100 + u64::from(i / 2));
            state.insert_revocation([i; 32], centre);
        }
        state.seal();
        state.merge();
        for time in 99..=109 {
            let mut next = state.clone();
            next.time = time;
            next.forget_expired();
            next.seal();
            assert_eq!(next.root(), next.root_of_entries(), "at {time}");
            assert_eq!(next.seen.iter().count() as u64, 2 * (109 - time));
            assert_eq!(state.root() == next.root(), time == 99, "the copy alone has changed");
            state = next;
            state.merge();
        }
    }
}
