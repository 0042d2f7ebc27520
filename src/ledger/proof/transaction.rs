//! Proofs of transactions in blocks.
#![forbid(unsafe_code)]

use super::{CertifiedHeader, ProofError};
use crate::algebra::codec::{Canonical, sequence};
use crate::consensus::{Config, Digest};
use crate::ledger::block::{CommittedBlock, Entry};
use crate::ledger::rule::Rule;
use crate::ledger::transaction::Transaction;
use crate::ledger::{Time, merkle};

/// The maximum number of siblings on the path of one of 4096 entries.
const MAX_PATH: usize = 12;

/// The proof that a block contains a transaction, with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionProof {
    /// The header of the block.
    pub at: CertifiedHeader,
    /// The index of the entry in the block.
    pub index: u32,
    /// The number of entries of the block.
    pub count: u32,
    /// The entry: transaction and outcome.
    pub entry: Entry,
    /// The siblings of the entry from the bottom up.
    pub path: Vec<Digest>,
}
sequence!(Codec for TransactionProof { at, index, count, entry, path: list(MAX_PATH) });

/// A transaction that a block contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenTransaction {
    /// The transaction. A quorum has verified its signatures.
    pub transaction: Transaction,
    /// The height of the block.
    pub height: u64,
    /// The time of the block.
    pub time: Time,
    /// The rule that rejected it; `None` if it was executed.
    pub rejected_by: Option<Rule>,
}

impl TransactionProof {
    /// Returns the proof for an entry of a block; `None` if there is no such entry.
    pub(in crate::ledger) fn new(committed: CommittedBlock, index: u32) -> Option<Self> {
        let CommittedBlock { mut block, certificate } = committed;
        let path = block.path(index as usize)?;
        let count = block.entries.len() as u32;
        let entry = block.entries.swap_remove(index as usize);
        let at = CertifiedHeader { header: block.header, certificate };
        Some(Self { at, index, count, entry, path })
    }

    /// Verifies the proof under a configuration.
    ///
    /// # Errors
    /// [`ProofError`] with the first check that fails.
    pub fn verify(&self, config: &Config) -> Result<ProvenTransaction, ProofError> {
        let header = self.at.verify(config)?;
        let (count, index) = (self.count as usize, self.index as usize);
        if !merkle::verify(&header.entries_root, count, index, &self.entry.leaf(), &self.path) {
            return Err(ProofError::Path);
        }
        let decoded = Transaction::from_bytes(&self.entry.transaction);
        let transaction = decoded.map_err(ProofError::Transaction)?;
        if transaction.draft.chain != config.parameters().chain {
            return Err(ProofError::Configuration);
        }
        let (height, time) = (header.height, header.time);
        Ok(ProvenTransaction { transaction, height, time, rejected_by: self.entry.rejected_by })
    }
}
