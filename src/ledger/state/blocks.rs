//! The blocks in the database, and the log of consensus.
#![forbid(unsafe_code)]

use super::State;
use super::tables::{BLOCKS, ENTRIES, FENCE, LOG, POSITIONS, StoredBlock, TIP, Tip};
use crate::algebra::codec::{Canonical, Codec};
use crate::consensus::{self, Digest};
use crate::database::{Changes, Database, DatabaseError, Item};
use crate::ledger::block::{Block, CommittedBlock, Entry, Header};
use crate::ledger::transaction::Transaction;

impl State {
    /// Takes over the changes of a block that was executed on a copy of this state.
    pub(in crate::ledger) fn advance(&mut self, executed: Self) {
        let Self { height, time, entries, tree, .. } = executed;
        (self.height, self.time, self.tree) = (height, time, tree);
        self.entries.take_changes(entries);
    }

    /// Adds a decided block, after whose execution this is the state.
    pub(in crate::ledger) fn insert_block(
        &mut self,
        Block { header, entries }: Block,
        certificate: consensus::Certificate,
    ) {
        let height = header.height;
        for (index, entry) in (0..).zip(&entries) {
            self.entries.insert(&ENTRIES, &(height, index), entry);
        }
        self.hash = header.hash();
        self.entries.insert(&BLOCKS, &height, &StoredBlock { header, certificate });
        self.set_tip();
    }

    pub(super) fn set_tip(&mut self) {
        let Self { height, time, hash, tree, .. } = *self;
        self.entries.insert(&TIP, &0, &Tip { height, time, hash, tree });
    }

    /// Merges the changes of a decided block into those that the next commit makes durable.
    pub(in crate::ledger) fn merge(&mut self) {
        self.entries.merge();
    }

    /// Makes the merged changes durable, with others.
    pub(in crate::ledger) fn commit(
        &mut self,
        database: &dyn Database,
        others: Changes,
    ) -> Result<(), DatabaseError> {
        self.entries.commit(database, others)
    }

    /// Returns header and commit certificate of a block.
    pub(in crate::ledger) fn header(
        &self,
        height: u64,
    ) -> Result<Option<(Header, consensus::Certificate)>, DatabaseError> {
        let stored = self.entries.get(&BLOCKS, &height)?;
        Ok(stored.map(|StoredBlock { header, certificate }| (header, certificate)))
    }

    /// Returns a block. Its entries are compared with its header.
    pub(in crate::ledger) fn block(
        &self,
        height: u64,
    ) -> Result<Option<CommittedBlock>, DatabaseError> {
        let Some((header, certificate)) = self.header(height)? else { return Ok(None) };
        let entries = self.entries.range(&ENTRIES, &height, &height);
        let entries = entries.map(|item| item.map(|(_, entry)| entry)).collect::<Result<_, _>>()?;
        let block = Block { header, entries };
        if !block.header_matches_entries() {
            return Err(damaged(format!("those of block {height} do not match its header")));
        }
        Ok(Some(CommittedBlock { block, certificate }))
    }

    /// Returns the block and the index of a transaction.
    pub(in crate::ledger) fn position(
        &self,
        id: &Digest,
    ) -> Result<Option<(u64, u32)>, DatabaseError> {
        self.entries.get(&POSITIONS, id)
    }

    /// Returns the identifier of the transaction at a position.
    pub(in crate::ledger) fn id_at(&self, position: (u64, u32)) -> Result<Digest, DatabaseError> {
        let entry = self.entries.get(&ENTRIES, &position)?;
        let transaction = entry.map(|entry| Transaction::from_bytes(&entry.transaction));
        match transaction {
            Some(Ok(transaction)) => Ok(transaction.id()),
            _ => Err(damaged("a transaction does not decode".to_owned())),
        }
    }

    /// Returns the entry of a transaction.
    pub(in crate::ledger) fn entry(&self, id: &Digest) -> Result<Option<Entry>, DatabaseError> {
        match self.position(id)? {
            Some(position) => self.entries.get(&ENTRIES, &position),
            None => Ok(None),
        }
    }

    /// Returns a transaction in a block.
    pub(super) fn transaction(&self, id: &Digest) -> Result<Option<Transaction>, DatabaseError> {
        let Some(entry) = self.entry(id)? else { return Ok(None) };
        let decoded = Transaction::from_bytes(&entry.transaction);
        decoded.map(Some).map_err(|reason| damaged(reason.to_string()))
    }

    /// Returns the log of consensus for the height after the last block.
    pub(in crate::ledger) fn log(&self) -> Result<Vec<consensus::Entry>, DatabaseError> {
        self.entries.range(&LOG, &(), &()).map(|item| item.map(|(_, entry)| entry)).collect()
    }

    /// Returns the epoch up to which a restored replica signs nothing.
    pub(in crate::ledger) fn fenced_epoch(&self) -> Result<Option<u64>, DatabaseError> {
        self.entries.get(&FENCE, &0)
    }

    /// Returns the change that fences a copy.
    pub(in crate::ledger) fn fence(epoch: u64) -> Changes {
        [(FENCE.key(&0_u8), Some(epoch.encode()))].into()
    }

    /// Iterates over the committed entries that a backup copies: all but the tip, the log and the
    /// fence.
    pub(in crate::ledger) fn copied_entries(
        &self,
    ) -> impl Iterator<Item = Result<Item, DatabaseError>> {
        let left_out = [TIP.key(&()), LOG.key(&()), FENCE.key(&())];
        let is_copied = move |item: &Result<Item, DatabaseError>| match item {
            Ok((key, _)) => !left_out.iter().any(|table| key.starts_with(table)),
            Err(_) => true,
        };
        self.entries.committed().filter(is_copied)
    }

    /// Returns the committed tip.
    pub(in crate::ledger) fn copied_tip(&self) -> Result<Changes, DatabaseError> {
        let key = TIP.key(&0_u8);
        let value = self.entries.committed_value(&key)?;
        Ok([(key, value)].into())
    }

    /// Returns the changes of the log for entries, of which `length` are stored, and the new
    /// length. A decision ends the log of its height; its value is in the block.
    pub(in crate::ledger) fn log_changes(
        length: u32,
        entries: &[&consensus::Entry],
    ) -> (Changes, u32) {
        let mut changes = Changes::new();
        let mut next = length;
        for entry in entries {
            match entry {
                consensus::Entry::Decision(_) => {
                    changes.extend((0..next).map(|at| (LOG.key(&at), None)));
                    next = 0;
                }
                entry => {
                    changes.insert(LOG.key(&next), Some(entry.encode()));
                    next += 1;
                }
            }
        }
        (changes, next)
    }
}

fn damaged(reason: String) -> DatabaseError {
    DatabaseError::Damaged { table: ENTRIES.name(), reason }
}
