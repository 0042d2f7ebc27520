//! The checks of transactions and blocks that do not depend on the state.
#![forbid(unsafe_code)]

use super::block::{Block, MAX_TRANSACTION};
use super::state::State;
use super::transaction::{Transaction, TransactionError};
use crate::algebra::codec::Canonical;
use crate::consensus::{Capacity, Certificate, Config, Digest, Format, Price, Rejection};
use crate::sign::VerifyingKey;
use std::sync::Arc;

/// The [`Format`] of a [`Ledger`](super::Ledger).
#[derive(Debug, Clone)]
pub struct LedgerFormat {
    pub(super) centre: VerifyingKey,
}

/// A transaction with its identifier.
#[derive(Debug, Clone)]
pub struct DecodedTransaction {
    pub(super) id: Digest,
    pub(super) transaction: Transaction,
}

impl DecodedTransaction {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, Rejection> {
        let decoded = Transaction::from_bytes(bytes);
        let transaction = decoded.map_err(|error| reject(TransactionError::Decode(error)))?;
        Ok(Self { id: transaction.id(), transaction })
    }
}

/// A block whose header matches its entries, with the decoded transactions, and with the state
/// after its execution once it is verified.
#[derive(Debug, Clone)]
pub struct DecodedBlock {
    pub(super) block: Block,
    /// The transaction of each entry.
    pub(super) transactions: Vec<DecodedTransaction>,
    pub(super) executed: Option<Arc<State>>,
}

impl DecodedBlock {
    pub(super) fn new(block: Block) -> Result<Self, Rejection> {
        // The digest covers the header only, so the header must commit to the entries.
        require(
            block.header_matches_entries(),
            "the header's size and Merkle root do not match the entries",
        )?;
        let entries = block.entries.iter();
        let transactions = entries.map(|entry| DecodedTransaction::new(&entry.transaction));
        let transactions = transactions.collect::<Result<_, _>>()?;
        Ok(Self { block, transactions, executed: None })
    }

    /// Verifies the signatures of the transactions.
    pub(super) fn check_signatures(
        &self,
        format: &LedgerFormat,
        config: &Config,
    ) -> Result<(), Rejection> {
        let mut transactions = self.transactions.iter();
        transactions.try_for_each(|transaction| format.verify_request(config, transaction))
    }

    /// Checks the capacity of the configuration, as replicas do before they verify signatures.
    pub(super) fn check_capacity(&self, capacity: Capacity) -> Result<(), Rejection> {
        let lengths = || self.block.entries.iter().map(|entry| entry.transaction.len());
        let costs = self.transactions.iter().map(|decoded| decoded.transaction.price().cost);
        let fits = self.transactions.len() <= usize::from(capacity.requests)
            && lengths().all(|length| length <= capacity.request_bytes as usize)
            && lengths().sum::<usize>() <= capacity.bytes as usize
            && costs.map(u64::from).sum::<u64>() <= u64::from(capacity.cost);
        require(fits, "the block exceeds the capacity of the configuration")
    }
}

impl Format for LedgerFormat {
    type Request = DecodedTransaction;
    type Value = DecodedBlock;

    fn decode_request(&self, request: &[u8]) -> Result<DecodedTransaction, Rejection> {
        require(request.len() <= MAX_TRANSACTION, "the transaction is longer than 1 MiB")?;
        DecodedTransaction::new(request)
    }

    fn price(&self, request: &DecodedTransaction) -> Price {
        request.transaction.price()
    }

    fn verify_request(
        &self,
        config: &Config,
        request: &DecodedTransaction,
    ) -> Result<(), Rejection> {
        request.transaction.check(config, &self.centre).map_err(reject)
    }

    fn decode(&self, value: &[u8]) -> Result<(Digest, DecodedBlock), Rejection> {
        let decoded = DecodedBlock::new(Block::from_bytes(value).map_err(reject)?)?;
        Ok((decoded.block.header.hash(), decoded))
    }

    fn requests<'a>(&self, value: &'a DecodedBlock) -> Vec<(&'a [u8], &'a DecodedTransaction)> {
        let bytes = value.block.entries.iter().map(|entry| entry.transaction.as_slice());
        bytes.zip(&value.transactions).collect()
    }

    fn parent_certificate<'a>(&self, value: &'a DecodedBlock) -> Option<&'a Certificate> {
        value.block.header.parent_certificate.as_ref()
    }
}

pub(super) fn require(holds: bool, reason: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::new(reason)) }
}

pub(super) fn reject(error: impl std::fmt::Display) -> Rejection {
    Rejection::new(error.to_string())
}
