//! The chain of a replica: proposal, verification, execution and audit of blocks.
#![forbid(unsafe_code)]

use super::block::{Block, CommittedBlock, Entry, Header, MAX_TRANSACTION, summarise};
use super::contract::execute;
use super::state::State;
use super::transaction::{Transaction, TransactionError};
use super::{MAX_BLOCK, MAX_CLOCK_SKEW, Time};
use crate::algebra::codec::Canonical;
use crate::consensus::{
    self, Application, Config, Digest, FirstProposal, ProposalContext, Rejection, RequestId,
    VerifyContext, request_id,
};
use crate::sign::VerifyingKey;

/// A replica's ledger: the committed blocks and the state after the last one.
#[derive(Debug, Clone)]
pub struct Ledger {
    blocks: Vec<CommittedBlock>,
    state: State,
}

impl Ledger {
    /// Creates the empty ledger of a chain under a registration centre.
    pub fn new(chain: &str, centre: VerifyingKey) -> Self {
        Self { blocks: Vec::new(), state: State::genesis(chain, centre) }
    }

    /// The chain's name.
    pub fn chain(&self) -> &str {
        self.state.chain()
    }

    /// The state after the last block.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The committed blocks in order.
    pub fn blocks(&self) -> &[CommittedBlock] {
        &self.blocks
    }

    /// The number of blocks.
    pub fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The time of the last block; 0 before the first.
    pub fn time(&self) -> Time {
        self.blocks.last().map_or(0, |last| last.block.header.time)
    }

    /// Returns the block and entry of a transaction.
    pub fn find(&self, id: &Digest) -> Option<(&Block, &Entry)> {
        self.blocks.iter().find_map(|CommittedBlock { block, .. }| {
            let of_id = |entry: &&Entry| {
                Transaction::from_bytes(&entry.transaction).is_ok_and(|t| t.id() == *id)
            };
            block.entries.iter().find(of_id).map(|entry| (block, entry))
        })
    }

    /// Decodes a transaction and checks everything that does not depend on the state.
    fn decode(&self, bytes: &[u8]) -> Result<Transaction, TransactionError> {
        let transaction = Transaction::from_bytes(bytes)?;
        transaction.check(self.chain(), self.state.centre())?;
        Ok(transaction)
    }

    /// Executes transactions in order on a copy of the state.
    fn execute<'a>(
        &self,
        transactions: impl Iterator<Item = &'a [u8]>,
        time: Time,
    ) -> Result<(Vec<Entry>, State), TransactionError> {
        let mut state = self.state.clone();
        (state.height, state.time) = (self.height() + 1, time);
        let mut entries = Vec::new();
        for bytes in transactions {
            let transaction = self.decode(bytes)?;
            let outcome = execute(&mut state, &transaction, time).err();
            entries.push(Entry { transaction: bytes.to_vec(), rejected_by: outcome });
        }
        state.forget_expired(time);
        Ok((entries, state))
    }

    fn check_block(&self, block: &Block, context: &VerifyContext<'_>) -> Result<State, Rejection> {
        let header = &block.header;
        require(
            header.height == context.height,
            "the block's height does not follow its parent's",
        )?;
        require(header.previous == context.parent, "the block does not extend the last block")?;
        require(header.epoch == context.config.epoch(), "the block belongs to another epoch")?;
        require(header.time > self.time(), "the block is not later than its parent")?;
        require(
            block.header_matches_entries(),
            "the header's size and Merkle root do not match the entries",
        )?;
        self.check_parent_certificate(header, context.config)?;
        if let Some(first) = context.first {
            check_first_proposal(header, first)?;
        }
        let bytes = block.entries.iter().map(|entry| entry.transaction.as_slice());
        let (entries, state) =
            self.execute(bytes, header.time).map_err(|error| Rejection::new(error.to_string()))?;
        require(
            entries == block.entries,
            "the recorded outcome of a transaction differs from its execution",
        )?;
        require(
            header.state_root == state.root(),
            "the state root does not match the executed entries",
        )?;
        Ok(state)
    }

    /// Checks that the header contains a valid commit certificate of the parent.
    fn check_parent_certificate(&self, header: &Header, config: &Config) -> Result<(), Rejection> {
        let Some(certificate) = &header.parent_certificate else {
            return require(header.height == 1, "the parent's certificate is missing");
        };
        let of_parent = certificate.phase == consensus::Phase::Commit
            && certificate.height.checked_add(1) == Some(header.height)
            && certificate.digest == header.previous;
        require(of_parent, "the certificate does not commit the parent block")?;
        certificate.verify(config).map_err(|error| Rejection::new(error.to_string()))
    }

    /// Verifies the chain from its first block: hashes, certificates, outcomes and state roots.
    ///
    /// # Errors
    /// [`AuditError`] with the first height that does not verify.
    pub fn audit(&self, config: &Config) -> Result<Ledger, AuditError> {
        let fresh = Self::replay(self.chain(), *self.state.centre(), &self.blocks, config)?;
        if fresh.state.root() != self.state.root() {
            let (height, reason) =
                (self.height(), "the state does not match the blocks".to_owned());
            return Err(AuditError { height, reason });
        }
        Ok(fresh)
    }

    /// Rebuilds a ledger from blocks of any source and verifies each of them.
    ///
    /// # Errors
    /// [`AuditError`] with the first height that does not verify.
    pub fn replay(
        chain: &str,
        centre: VerifyingKey,
        blocks: &[CommittedBlock],
        config: &Config,
    ) -> Result<Ledger, AuditError> {
        let mut fresh = Self::new(chain, centre);
        let mut parent = config.digest();
        for committed in blocks {
            let CommittedBlock { block, certificate } = committed;
            let height = fresh.height() + 1;
            let fail = |reason: String| AuditError { height, reason };
            let context = VerifyContext { height, parent, config, first: None };
            let state =
                fresh.check_block(block, &context).map_err(|rejection| fail(rejection.0))?;
            parent = block.header.hash();
            let commits_block = certificate.phase == consensus::Phase::Commit
                && certificate.height == height
                && certificate.digest == parent;
            if !commits_block {
                return Err(fail("the certificate does not commit this block".to_owned()));
            }
            certificate.verify(config).map_err(|error| fail(error.to_string()))?;
            fresh.blocks.push(committed.clone());
            fresh.state = state;
        }
        Ok(fresh)
    }
}

/// The first block of a chain that does not verify, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("block {height} does not verify: {reason}")]
pub struct AuditError {
    /// The height of the block.
    pub height: u64,
    /// The reason.
    pub reason: String,
}

fn require(holds: bool, reason: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::new(reason)) }
}

/// Checks the fields that are compared with the current view and clock.
fn check_first_proposal(header: &Header, first: FirstProposal) -> Result<(), Rejection> {
    require(header.first_view == first.view, "first_view differs from the current view")?;
    require(header.leader == first.leader, "leader is not the current leader")?;
    require(
        header.time <= first.clock + MAX_CLOCK_SKEW,
        "the block's time is more than a minute ahead",
    )?;
    require(
        header.time + MAX_CLOCK_SKEW >= first.clock,
        "the block's time is more than a minute behind",
    )
}

impl Application for Ledger {
    fn check_request(&self, request: &[u8]) -> Result<(), Rejection> {
        let check = || {
            let transaction = self.decode(request)?;
            if transaction.draft.valid_until <= self.time() {
                return Err(TransactionError::Expired);
            }
            if self.state.contains_transaction(&transaction.id()) {
                return Err(TransactionError::Duplicate);
            }
            Ok(())
        };
        require(request.len() <= MAX_TRANSACTION, "the transaction is longer than 1 MiB")?;
        check().map_err(|error| Rejection::new(error.to_string()))
    }

    fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8> {
        let mut size = 0;
        let fitting = requests.iter().map(Vec::as_slice).filter(|bytes| self.decode(bytes).is_ok());
        let fitting = fitting.take_while(|bytes| {
            size += bytes.len();
            size <= MAX_BLOCK
        });
        let time = context.time.max(self.time() + 1);
        let (entries, state) =
            self.execute(fitting, time).expect("only transactions that decode are executed");
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
        // Otherwise two bodies with one header would have one digest.
        require(
            block.header_matches_entries(),
            "the header's size and Merkle root do not match the entries",
        )?;
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
        self.blocks.push(CommittedBlock { block, certificate: certificate.clone() });
    }
}
