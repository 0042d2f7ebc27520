//! Examination of the tree and the tables of the state.
#![forbid(unsafe_code)]

use super::State;
use super::tables::{
    ACCESSES, ANCHORED, ANCHORS, ATTRIBUTES, EQUIVOCATIONS, EVIDENCE, EXPIRIES, GRANTS, OWNED,
    PAGES, PARTIES, POSITIONS, RECORD_IDS, RECORDS, REQUESTS, REVOCATIONS, WITHDRAWN,
};
use crate::algebra::codec::{Canonical, Codec};
use crate::consensus::Digest;
use crate::database::{DatabaseError, Table};
use crate::ledger::action::Action;
use crate::ledger::check::CheckFailure;
use crate::ledger::map::{self, Branches, Pages, Path, Subtree};
use crate::ledger::proof::{StateKey, value_digest};
use crate::sign::VerifyingKey;

impl State {
    /// Examines the state. Returns the number of entries that its root covers.
    pub(in crate::ledger) fn check(&self, transactions: u64) -> Result<u64, CheckFailure> {
        let covered = self.check_tree()?;
        let mut found = 1;
        self.check_entry("genesis", &[], StateKey::Genesis, &self.genesis_value())?;
        found += self.each(&PARTIES, |key, certificate| {
            let named = certificate.claimed().key;
            let value = (*named.as_bytes() == *key).then(|| certificate.to_bytes());
            Ok(value.map(|value| (StateKey::Party(named), value)))
        })?;
        found += self
            .each(&WITHDRAWN, |serial, ()| Ok(Some((StateKey::Withdrawn(*serial), Vec::new()))))?;
        let records = self.each(&RECORDS, |id, head| {
            let Some(Action::Record(record)) = self.action(id)? else { return Ok(None) };
            let author = (*record.author.as_bytes(), record.record_id);
            let same = *record.owner.as_bytes() == head.owner
                && (record.epoch, &record.sections) == (head.epoch, &head.sections)
                && self.entries.get(&RECORD_IDS, &author)? == Some(*id)
                && self.entries.contains(&OWNED, &(head.owner, *id))?;
            Ok(same.then_some((StateKey::Record(*id), Vec::new())))
        })?;
        self.check_count(&RECORD_IDS, records)?;
        self.check_count(&OWNED, records)?;
        found += records
            + self.each(&GRANTS, |id, grant| {
                let same = matches!(self.action(id)?, Some(Action::Grant(of)) if of == *grant);
                Ok(same.then_some((StateKey::Grant(*id), Vec::new())))
            })?;
        found += self.each(&REVOCATIONS, |(grant, owner), ()| {
            let owner = VerifyingKey::from_bytes(owner).ok();
            let key = owner.map(|owner| StateKey::Revocation { grant: *grant, owner });
            Ok(key.map(|key| (key, Vec::new())))
        })?;
        found += self.each(&REQUESTS, |id, request| {
            let same =
                matches!(self.action(id)?, Some(Action::Request(of)) if of == request.action);
            Ok(same.then(|| (StateKey::Request(*id), (request.height, request.time).encode())))
        })?;
        found += self.each(&ACCESSES, |request, access| {
            Ok((access.request == *request).then(|| (StateKey::Access(*request), access.encode())))
        })?;
        found += self.each(&EVIDENCE, |request, receipt| {
            Ok((receipt.released.request == *request)
                .then(|| (StateKey::Evidence(*request), receipt.encode())))
        })?;
        found += self.each(&ATTRIBUTES, |(authority, entry), epoch| {
            let authority = VerifyingKey::from_bytes(authority).ok();
            let key = |authority| StateKey::AttributeRevocation { authority, entry: *entry };
            Ok(authority.map(|authority| (key(authority), epoch.encode())))
        })?;
        found += self.each(&ANCHORS, |until, anchor| {
            Ok((*until <= self.anchored()?).then(|| (StateKey::Anchor(*until), anchor.encode())))
        })?;
        found += self.each(&EQUIVOCATIONS, |(epoch, member), evidence| {
            let key = StateKey::Equivocation { epoch: *epoch, member: *member };
            Ok((evidence.signer == *member).then(|| (key, Codec::encode(evidence))))
        })?;
        if self.anchored()? > 0 && self.anchor(self.anchored()?)?.is_none() {
            return Err(fault(ANCHORED.name(), &[0], "there is no such anchor"));
        }
        found += self.each(&EXPIRIES, |(until, id), ()| {
            let transaction = self.transaction(id)?;
            let same = transaction.is_some_and(|of| of.draft.valid_until == *until);
            Ok(same.then(|| (StateKey::Transaction(*id), until.encode())))
        })?;
        self.check_count(&POSITIONS, transactions)?;
        match found == covered {
            true => Ok(covered),
            false => Err(CheckFailure::Count { table: "pages", found: covered, expected: found }),
        }
    }

    fn action(&self, id: &Digest) -> Result<Option<Action>, DatabaseError> {
        Ok(self.transaction(id)?.map(|transaction| transaction.draft.action))
    }

    /// Compares each entry of a table with the state root. `entry` returns key and value in the
    /// map, or `None` if the entry differs from its transaction. Returns the number of entries.
    fn each<K: Codec + 'static, V: Codec + 'static>(
        &self,
        table: &'static Table<K, V>,
        entry: impl Fn(&K, &V) -> Result<Option<(StateKey, Vec<u8>)>, DatabaseError>,
    ) -> Result<u64, CheckFailure> {
        let mut count = 0;
        for item in self.entries.range(table, &(), &()) {
            let (key, value) = item?;
            let bytes = key.encode();
            let Some((key, value)) = entry(&key, &value)? else {
                return Err(fault(table.name(), &bytes, "it differs from its transaction"));
            };
            self.check_entry(table.name(), &bytes, key, &value)?;
            count += 1;
        }
        Ok(count)
    }

    fn check_entry(
        &self,
        table: &'static str,
        bytes: &[u8],
        key: StateKey,
        value: &[u8],
    ) -> Result<(), CheckFailure> {
        let pages = Pages::new(|path: &Path| Ok(self.entries.get(&PAGES, path)?));
        let path = map::Proof::of(&pages, self.tree, &key.digest()).map_err(DatabaseError::from)?;
        match path.verify(&self.root(), &key.digest(), Some(&value_digest(value))) {
            true => Ok(()),
            false => Err(fault(table, bytes, "the state root does not cover it")),
        }
    }

    fn check_count<K: Codec + 'static, V: Codec + 'static>(
        &self,
        table: &'static Table<K, V>,
        expected: u64,
    ) -> Result<(), CheckFailure> {
        let mut found = 0;
        for item in self.entries.range(table, &(), &()) {
            item?;
            found += 1;
        }
        match found == expected {
            true => Ok(()),
            false => Err(CheckFailure::Count { table: table.name(), found, expected }),
        }
    }

    /// Computes the digests of all branches. Returns the number of entries below the root.
    fn check_tree(&self) -> Result<u64, CheckFailure> {
        // A page is read once for each of its branches, and none stays in memory.
        let (mut open, mut entries) = (vec![(Path::default(), self.tree)], 0);
        while let Some((path, tree)) = open.pop() {
            match tree {
                Subtree::Empty => {}
                Subtree::Entry { .. } => entries += 1,
                Subtree::Branch(expected) => {
                    let pages = Pages::new(|path: &Path| Ok(self.entries.get(&PAGES, path)?));
                    let branch = pages.branch(&path).map_err(DatabaseError::from)?;
                    if branch.digest() != expected {
                        let reason = "a branch has another digest than its parent states";
                        return Err(fault(PAGES.name(), &path.encode(), reason));
                    }
                    open.push((path.child(false), branch.left));
                    open.push((path.child(true), branch.right));
                }
            }
        }
        Ok(entries)
    }
}

fn fault(table: &'static str, key: &[u8], reason: &'static str) -> CheckFailure {
    CheckFailure::Entry { table, key: hex::encode(&key[..key.len().min(40)]), reason }
}
