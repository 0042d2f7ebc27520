//! Examination of a replica's database: a flipped bit is found and named.
//!
//! The examination reads every entry once. It does not execute transactions again, as
//! [`Ledger::audit`] does: it compares the entries with the state root that a quorum has certified.
#![forbid(unsafe_code)]

use super::Time;
use super::block::CommittedBlock;
use super::chain::Ledger;
use crate::consensus::{Config, Digest, Phase};
use crate::database::DatabaseError;
use thiserror::Error;

/// The number of blocks, transactions and entries of the state in a sound database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// The number of blocks.
    pub blocks: u64,
    /// The number of transactions.
    pub transactions: u64,
    /// The number of entries that the state root covers.
    pub entries: u64,
}

/// The first fault that an examination finds. The remedy is a backup, or the blocks of the others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckFailure {
    /// An entry cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A block is missing, or does not fit its header, its parent or its certificate.
    #[error("block {height}: {reason}")]
    Block {
        /// The height.
        height: u64,
        /// The reason.
        reason: &'static str,
    },
    /// An entry differs from the transaction that created it, or from the state root.
    #[error("table `{table}`, key {key}: {reason}")]
    Entry {
        /// The table.
        table: &'static str,
        /// The start of the key, in hexadecimal.
        key: String,
        /// The reason.
        reason: &'static str,
    },
    /// A table has too few or too many entries.
    #[error("table `{table}` has {found} entries instead of {expected}")]
    Count {
        /// The table.
        table: &'static str,
        /// The number of entries.
        found: u64,
        /// The number that other tables imply.
        expected: u64,
    },
    /// The state root is not that of the last header.
    #[error("the tree of the state has another root than the last header")]
    Root,
}

impl Ledger {
    /// Examines the committed database: every block with its certificate, the tree of the state
    /// from its root, and every entry of every table.
    ///
    /// Cost: linear in the length of the chain, and `n log n` in the number of entries; one block
    /// is in memory.
    ///
    /// # Errors
    /// [`CheckFailure`] with the first fault.
    pub fn check(&self, config: &Config) -> Result<Checked, CheckFailure> {
        let transactions = self.check_blocks(config)?;
        let entries = self.state().check(transactions)?;
        Ok(Checked { blocks: self.height(), transactions, entries })
    }

    /// Examines the blocks. Returns the number of transactions.
    fn check_blocks(&self, config: &Config) -> Result<u64, CheckFailure> {
        let (mut parent, mut transactions) = (config.digest(), 0);
        for height in 1..=self.height() {
            let failure = |reason| CheckFailure::Block { height, reason };
            let committed = self.block(height)?.ok_or(failure("it is missing"))?;
            parent = check_block(&committed, (height, parent), config).map_err(failure)?;
            for index in 0..committed.block.entries.len() {
                let id = self.state().id_at((height, index as u32))?;
                if self.state().position(&id)? != Some((height, index as u32)) {
                    return Err(failure("a transaction has another position in the index"));
                }
                transactions += 1;
            }
            let header = &committed.block.header;
            if height == self.height() && header.state_root != self.state().root() {
                return Err(CheckFailure::Root);
            }
            if height == self.height() && (header.time, parent) != self.tip_time_and_hash() {
                return Err(failure("the tip has another time or hash"));
            }
        }
        Ok(transactions)
    }

    fn tip_time_and_hash(&self) -> (Time, Digest) {
        (self.time(), self.state().hash)
    }
}

/// Checks a block, whose entries match its header. Returns its hash.
fn check_block(
    CommittedBlock { block, certificate }: &CommittedBlock,
    (height, parent): (u64, Digest),
    config: &Config,
) -> Result<Digest, &'static str> {
    let (header, hash) = (&block.header, block.header.hash());
    if header.height != height {
        return Err("its header has another height");
    }
    if header.previous != parent {
        return Err("it does not extend the block before it");
    }
    let commits = certificate.phase == Phase::Commit
        && certificate.height == height
        && certificate.digest == hash;
    if !commits {
        return Err("the certificate does not commit it");
    }
    certificate.verify(config).map_err(|_| "the certificate does not verify")?;
    Ok(hash)
}
