//! The chain of blocks that a replica holds: proposing, checking, applying, auditing.
#![forbid(unsafe_code)]

use super::block::{Block, Entry, Header, MAX_TRANSACTION, summarise};
use super::contract::execute;
use super::state::State;
use super::transaction::{Transaction, TransactionError};
use super::{MAX_AHEAD, MAX_BLOCK, Time};
use crate::algebra::codec::Canonical;
use crate::consensus::{
    self, Application, Config, Digest, FirstProposal, ProposalContext, Rejection, RequestId,
    VerifyContext, request_id,
};
use crate::sign::VerifyingKey;

/// A replica's ledger: the blocks, their commit certificates, and the state after the last.
#[derive(Debug, Clone)]
pub struct Ledger {
    chain: String,
    blocks: Vec<(Block, consensus::Certificate)>,
    state: State,
}

impl Ledger {
    /// The empty ledger of a chain under a registration centre.
    pub fn new(chain: &str, centre: VerifyingKey) -> Self {
        Self { chain: chain.to_owned(), blocks: Vec::new(), state: State::genesis(centre) }
    }

    /// The chain's name.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The state after the last block.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The blocks in order, each with its commit certificate.
    pub fn blocks(&self) -> &[(Block, consensus::Certificate)] {
        &self.blocks
    }

    /// The number of blocks.
    pub fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The time of the last block; 0 before the first.
    pub fn time(&self) -> Time {
        self.blocks.last().map_or(0, |(block, _)| block.header.time)
    }

    /// Where a transaction is: its block and entry.
    pub fn find(&self, id: &Digest) -> Option<(&Block, &Entry)> {
        self.blocks.iter().find_map(|(block, _)| {
            let of_id = |entry: &&Entry| {
                Transaction::from_bytes(&entry.transaction).is_ok_and(|t| t.id() == *id)
            };
            block.entries.iter().find(of_id).map(|entry| (block, entry))
        })
    }

    /// Decodes a transaction and checks all that does not depend on the state.
    fn admit(&self, bytes: &[u8]) -> Result<Transaction, TransactionError> {
        let transaction = Transaction::from_bytes(bytes)?;
        transaction.check(&self.chain, self.state.centre())?;
        Ok(transaction)
    }

    /// Executes transactions in order on a copy of the state.
    fn execute<'a>(
        &self,
        transactions: impl Iterator<Item = &'a [u8]>,
        time: Time,
    ) -> Result<(Vec<Entry>, State), TransactionError> {
        let mut state = self.state.clone();
        let mut entries = Vec::new();
        for bytes in transactions {
            let transaction = self.admit(bytes)?;
            let outcome = execute(&mut state, &transaction, time).err();
            entries.push(Entry { transaction: bytes.to_vec(), rejected_by: outcome });
        }
        state.forget_expired(time);
        Ok((entries, state))
    }

    fn check_block(&self, block: &Block, context: &VerifyContext<'_>) -> Result<State, Rejection> {
        let header = &block.header;
        require(header.height == context.height, "the block has another height")?;
        require(header.previous == context.parent, "the block has another parent")?;
        require(header.epoch == context.config.epoch(), "the block is of another epoch")?;
        require(header.time > self.time(), "the block is not later than its parent")?;
        require(block.body_fits(), "the header's size and root are not those of the body")?;
        self.check_parent_certificate(header, context.config)?;
        if let Some(first) = context.first {
            check_first(header, first)?;
        }
        let bytes = block.entries.iter().map(|entry| entry.transaction.as_slice());
        let (entries, state) =
            self.execute(bytes, header.time).map_err(|error| Rejection::new(error.to_string()))?;
        require(entries == block.entries, "an outcome is not what the contract says")?;
        require(header.state_root == state.root(), "the state root is another")?;
        Ok(state)
    }

    /// The certificate in a header is a commit certificate of exactly the parent.
    fn check_parent_certificate(&self, header: &Header, config: &Config) -> Result<(), Rejection> {
        let Some(certificate) = &header.parent_certificate else {
            return require(header.height == 1, "the parent's certificate is missing");
        };
        let of_parent = certificate.phase == consensus::Phase::Commit
            && certificate.height.checked_add(1) == Some(header.height)
            && certificate.digest == header.previous;
        require(of_parent, "the certificate is not the parent's")?;
        certificate.verify(config).map_err(|error| Rejection::new(error.to_string()))
    }

    /// Verifies this whole chain from its first block: hashes, certificates, outcomes, state roots.
    ///
    /// # Errors
    /// [`AuditError`] with the first height at which something is wrong.
    pub fn audit(&self, config: &Config) -> Result<Ledger, AuditError> {
        let fresh = Self::replay(&self.chain, *self.state.centre(), &self.blocks, config)?;
        if fresh.state.root() != self.state.root() {
            let (height, reason) =
                (self.height(), "the state is not that of the blocks".to_owned());
            return Err(AuditError { height, reason });
        }
        Ok(fresh)
    }

    /// The ledger of blocks that come from anywhere, each verified like an own one.
    ///
    /// # Errors
    /// [`AuditError`] with the first height at which something is wrong.
    pub fn replay(
        chain: &str,
        centre: VerifyingKey,
        blocks: &[(Block, consensus::Certificate)],
        config: &Config,
    ) -> Result<Ledger, AuditError> {
        let mut fresh = Self::new(chain, centre);
        let mut parent = config.digest();
        for (block, certificate) in blocks {
            let height = fresh.height() + 1;
            let fail = |reason: String| AuditError { height, reason };
            let context = VerifyContext { height, parent, config, first: None };
            let state = fresh.check_block(block, &context).map_err(|refusal| fail(refusal.0))?;
            parent = block.header.hash();
            let commits = certificate.phase == consensus::Phase::Commit
                && certificate.height == height
                && certificate.digest == parent;
            if !commits {
                return Err(fail("the certificate is for another block".to_owned()));
            }
            certificate.verify(config).map_err(|error| fail(error.to_string()))?;
            fresh.blocks.push((block.clone(), certificate.clone()));
            fresh.state = state;
        }
        Ok(fresh)
    }
}

/// Where and why a chain does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("block {height} does not verify: {reason}")]
pub struct AuditError {
    /// The first block that is wrong.
    pub height: u64,
    /// What is wrong with it.
    pub reason: String,
}

fn require(holds: bool, otherwise: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::new(otherwise)) }
}

/// What only the members who see a proposal first can check.
fn check_first(header: &Header, first: FirstProposal) -> Result<(), Rejection> {
    require(header.first_view == first.view, "the block names another view")?;
    require(header.leader == first.leader, "the block names another leader")?;
    require(header.time <= first.clock + MAX_AHEAD, "the block's time is too far ahead")?;
    require(header.time + MAX_AHEAD >= first.clock, "the block's time is too far behind")
}

impl Application for Ledger {
    fn check_request(&self, request: &[u8]) -> Result<(), Rejection> {
        let check = || {
            let transaction = self.admit(request)?;
            if transaction.draft.valid_until <= self.time() {
                return Err(TransactionError::Expired);
            }
            if self.state.has_seen(&transaction.id()) {
                return Err(TransactionError::Duplicate);
            }
            Ok(())
        };
        require(request.len() <= MAX_TRANSACTION, "the transaction is longer than 1 MiB")?;
        check().map_err(|error| Rejection::new(error.to_string()))
    }

    fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8> {
        let mut size = 0;
        let fitting = requests.iter().map(Vec::as_slice).filter(|bytes| self.admit(bytes).is_ok());
        let fitting = fitting.take_while(|bytes| {
            size += bytes.len();
            size <= MAX_BLOCK
        });
        let time = context.time.max(self.time() + 1);
        let (entries, state) =
            self.execute(fitting, time).expect("only admissible transactions were taken");
        let (size, entries_root) = summarise(&entries);
        let header = Header {
            height: context.height,
            time,
            epoch: context.config.epoch(),
            first_view: context.view,
            leader: context.leader,
            previous: context.parent,
            size,
            entries_root,
            state_root: state.root(),
            parent_certificate: context.parent_certificate.cloned(),
        };
        Block { header, entries }.to_bytes()
    }

    fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Rejection> {
        let block = Block::from_bytes(value).map_err(|error| Rejection::new(error.to_string()))?;
        self.check_block(&block, context).map(|_| ())
    }

    fn digest(&self, value: &[u8]) -> Result<Digest, Rejection> {
        let block = Block::from_bytes(value).map_err(|error| Rejection::new(error.to_string()))?;
        // Two bodies under one header would be two values with one digest.
        require(block.body_fits(), "the header's size and root are not those of the body")?;
        Ok(block.header.hash())
    }

    fn requests(&self, value: &[u8]) -> Vec<RequestId> {
        let entries = Block::from_bytes(value).map(|block| block.entries).unwrap_or_default();
        entries.iter().map(|entry| request_id(&entry.transaction)).collect()
    }

    fn apply(&mut self, _height: u64, value: &[u8], certificate: &consensus::Certificate) {
        let block = Block::from_bytes(value).expect("a decided value was verified by a quorum");
        let transactions = block.entries.iter().map(|entry| entry.transaction.as_slice());
        let (_, state) = self
            .execute(transactions, block.header.time)
            .expect("a decided value was verified by a quorum");
        self.state = state;
        self.blocks.push((block, certificate.clone()));
    }
}
