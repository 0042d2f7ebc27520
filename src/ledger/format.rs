//! The checks of transactions and blocks that do not depend on the state.
#![forbid(unsafe_code)]

use super::block::{Block, MAX_TRANSACTION};
use super::state::State;
use super::transaction::{Transaction, TransactionError};
use crate::algebra::codec::Canonical;
use crate::consensus::{Capacity, Digest, Format, Price, Rejection};
use crate::sign::VerifyingKey;
use std::sync::Arc;

/// The [`Format`] of a [`Ledger`](super::Ledger).
#[derive(Debug, Clone)]
pub struct LedgerFormat {
    pub(super) chain: String,
    pub(super) centre: VerifyingKey,
}

/// A block whose header matches its entries, with the decoded transactions, and with the state
/// after its execution once it is verified.
#[derive(Debug, Clone)]
pub struct DecodedBlock {
    pub(super) block: Block,
    /// The transaction of each entry with its identifier.
    pub(super) transactions: Vec<(Digest, Transaction)>,
    pub(super) executed: Option<Arc<State>>,
}

impl DecodedBlock {
    pub(super) fn new(block: Block) -> Result<Self, Rejection> {
        // Otherwise two bodies with one header would have one digest.
        require(
            block.header_matches_entries(),
            "the header's size and Merkle root do not match the entries",
        )?;
        let mut transactions = Vec::with_capacity(block.entries.len());
        for entry in &block.entries {
            let transaction = decode_transaction(&entry.transaction)?;
            transactions.push((transaction.id(), transaction));
        }
        Ok(Self { block, transactions, executed: None })
    }

    /// Verifies the signatures of the transactions.
    pub(super) fn check_signatures(&self, format: &LedgerFormat) -> Result<(), Rejection> {
        let mut transactions = self.transactions.iter();
        transactions.try_for_each(|(_, transaction)| format.check_transaction(transaction))
    }

    /// Checks the capacity of the configuration, as replicas do before they verify signatures.
    pub(super) fn check_capacity(&self, capacity: Capacity) -> Result<(), Rejection> {
        let lengths = || self.block.entries.iter().map(|entry| entry.transaction.len());
        let costs = self.transactions.iter().map(|(_, transaction)| transaction.price().cost);
        let fits = self.transactions.len() <= usize::from(capacity.requests)
            && lengths().all(|length| length <= capacity.request_bytes as usize)
            && lengths().sum::<usize>() <= capacity.bytes as usize
            && costs.map(u64::from).sum::<u64>() <= u64::from(capacity.cost);
        require(fits, "the block exceeds the capacity of the configuration")
    }
}

impl LedgerFormat {
    fn check_transaction(&self, transaction: &Transaction) -> Result<(), Rejection> {
        transaction.check(&self.chain, &self.centre).map_err(reject)
    }
}

impl Format for LedgerFormat {
    type Value = DecodedBlock;

    fn price(&self, request: &[u8]) -> Result<Price, Rejection> {
        require(request.len() <= MAX_TRANSACTION, "the transaction is longer than 1 MiB")?;
        Ok(decode_transaction(request)?.price())
    }

    fn check(&self, request: &[u8]) -> Result<(), Rejection> {
        self.check_transaction(&decode_transaction(request)?)
    }

    fn decode(&self, value: &[u8]) -> Result<(Digest, DecodedBlock), Rejection> {
        let decoded = DecodedBlock::new(Block::from_bytes(value).map_err(reject)?)?;
        Ok((decoded.block.header.hash(), decoded))
    }

    fn requests<'a>(&self, value: &'a DecodedBlock) -> Vec<&'a [u8]> {
        value.block.entries.iter().map(|entry| entry.transaction.as_slice()).collect()
    }
}

pub(super) fn decode_transaction(bytes: &[u8]) -> Result<Transaction, Rejection> {
    Transaction::from_bytes(bytes).map_err(|error| reject(TransactionError::Decode(error)))
}

pub(super) fn require(holds: bool, reason: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::new(reason)) }
}

pub(super) fn reject(error: impl std::fmt::Display) -> Rejection {
    Rejection::new(error.to_string())
}
