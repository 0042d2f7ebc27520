//! The chain of a replica: proposal, verification and execution of blocks.
#![forbid(unsafe_code)]

use super::block::{Block, CommittedBlock, Entry, Header, summarise};
use super::contract::execute;
use super::format::{DecodedBlock, DecodedTransaction, LedgerFormat, reject, require};
use super::proof::{CertifiedHeader, GrantProof, StateKey, StateProof, TransactionProof};
use super::state::State;
use super::{MAX_CLOCK_SKEW, Time, admission};
use crate::algebra::codec::Canonical;
use crate::consensus::{
    self, Application, Decision, Digest, FirstProposal, PersistError, Phase, ProposalContext,
    Rejection, VerifyContext,
};
use crate::database::{Database, DatabaseError, Redb};
use crate::sign::VerifyingKey;
use std::sync::Arc;

/// A replica's ledger: the committed blocks and the state after the last one, in a database.
///
/// Copies share the database, which one of them may write.
#[derive(Debug, Clone)]
pub struct Ledger {
    database: Arc<dyn Database>,
    state: State,
    /// The number of entries of consensus in the database.
    logged: u32,
    /// The consensus epoch up to which a restored ledger signs nothing.
    pub(super) fence: Option<u64>,
}

impl Ledger {
    /// Creates the empty ledger of a chain under a registration centre, in memory.
    pub fn new(chain: &str, centre: VerifyingKey) -> Self {
        let database = Arc::new(Redb::in_memory());
        Self::open(database, chain, centre).expect("memory does not fail")
    }

    /// Opens the ledger in a database, or creates an empty one. Cost: independent of its size.
    ///
    /// # Errors
    /// [`DatabaseError`] if the database cannot be read, or is that of another chain.
    pub fn open(
        database: Arc<dyn Database>,
        chain: &str,
        centre: VerifyingKey,
    ) -> Result<Self, DatabaseError> {
        let state = State::open(&*database, chain, centre)?;
        let (logged, fence) = (state.log()?.len() as u32, state.fenced_epoch()?);
        Ok(Self { database, state, logged, fence })
    }

    /// The chain's name.
    pub fn chain(&self) -> &str {
        self.state.chain()
    }

    /// The state after the last block.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The number of blocks.
    pub fn height(&self) -> u64 {
        self.state.height()
    }

    /// The time of the last block; 0 before the first.
    pub fn time(&self) -> Time {
        self.state.time()
    }

    /// Returns a committed block. Its entries are compared with its header.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn block(&self, height: u64) -> Result<Option<CommittedBlock>, DatabaseError> {
        self.state.block(height)
    }

    /// Iterates over the committed blocks in order. One block at a time is in memory.
    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = Result<CommittedBlock, DatabaseError>> {
        (1..=self.height()).filter_map(|height| self.block(height).transpose())
    }

    /// Returns the entry of a transaction.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn entry(&self, id: &Digest) -> Result<Option<Entry>, DatabaseError> {
        self.state.entry(id)
    }

    /// Returns the block of a transaction, and the index of its entry.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn find(&self, id: &Digest) -> Result<Option<(Block, usize)>, DatabaseError> {
        let Some((height, index)) = self.state.position(id)? else { return Ok(None) };
        let committed = self.block(height)?;
        Ok(committed.map(|committed| (committed.block, index as usize)))
    }

    /// Returns the durable entries of consensus for the next height, by which
    /// [`Replica::restore`](crate::consensus::Replica::restore) continues.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn log(&self) -> Result<Vec<consensus::Entry>, DatabaseError> {
        self.state.log()
    }

    /// Returns the proof that a block contains a transaction; `None` if none does.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn prove_transaction(
        &self,
        id: &Digest,
    ) -> Result<Option<TransactionProof>, DatabaseError> {
        let Some((height, index)) = self.state.position(id)? else { return Ok(None) };
        let committed = self.block(height)?;
        Ok(committed.and_then(|committed| TransactionProof::new(committed, index)))
    }

    /// Returns the proof that the state after the last block contains keys or lacks them; `None`
    /// before the first block.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn prove_state(&self, keys: &[StateKey]) -> Result<Option<StateProof>, DatabaseError> {
        let Some((header, certificate)) = self.state.header(self.height())? else {
            return Ok(None);
        };
        let entries = keys.iter().map(|key| self.state.prove(*key)).collect::<Result<_, _>>()?;
        Ok(Some(StateProof { at: CertifiedHeader { header, certificate }, entries }))
    }

    /// Returns the proof of a grant and of its revocations after the last block; `None` if there is
    /// no such grant.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn prove_grant(&self, id: &Digest) -> Result<Option<GrantProof>, DatabaseError> {
        let Some(action) = self.state.grant(id)? else { return Ok(None) };
        let revocation = |owner: &VerifyingKey| StateKey::Revocation { grant: *id, owner: *owner };
        let keys: Vec<StateKey> = action.owners.iter().map(revocation).collect();
        let (grant, state) = (self.prove_transaction(id)?, self.prove_state(&keys)?);
        Ok(grant.zip(state).map(|(grant, state)| GrantProof { grant, state }))
    }

    /// Returns a copy of the state for the execution of the next block. It shares all entries.
    fn next_state(&self, time: Time, epoch: u64) -> State {
        let mut state = self.state.clone();
        state.epoch = epoch;
        (state.height, state.time) = (self.height() + 1, time);
        state
    }

    /// Checks and executes a block whose transactions have valid signatures.
    fn check_block(
        &self,
        DecodedBlock { block, transactions, .. }: &DecodedBlock,
        context: &VerifyContext<'_>,
    ) -> Result<State, Rejection> {
        let header = &block.header;
        require(
            header.height == context.height,
            "the block's height does not follow its parent's",
        )?;
        require(header.previous == context.parent, "the block does not extend the last block")?;
        require(header.epoch == context.config.epoch(), "the block belongs to another epoch")?;
        require(header.time > self.time(), "the block is not later than its parent")?;
        check_parent_certificate(header)?;
        if let Some(first) = context.first {
            check_first_proposal(header, first)?;
        }
        let mut state = self.next_state(header.time, header.epoch);
        for (entry, decoded) in block.entries.iter().zip(transactions) {
            let outcome = execute(&mut state, decoded).map_err(reject)?;
            require(
                outcome == entry.rejected_by,
                "the recorded outcome of a transaction differs from its execution",
            )?;
        }
        state.forget_expired().and_then(|()| state.seal()).map_err(reject)?;
        require(
            header.state_root == state.root(),
            "the state root does not match the executed entries",
        )?;
        Ok(state)
    }
}

/// Checks that the header contains a commit certificate of the parent, whose signatures the caller
/// has verified.
fn check_parent_certificate(header: &Header) -> Result<(), Rejection> {
    let Some(certificate) = &header.parent_certificate else {
        return require(header.height == 1, "the parent's certificate is missing");
    };
    let of_parent = certificate.phase == Phase::Commit
        && certificate.height.checked_add(1) == Some(header.height)
        && certificate.digest == header.previous;
    require(of_parent, "the certificate does not commit the parent block")
}

/// Checks the fields that are compared with the current view and clock.
fn check_first_proposal(header: &Header, first: FirstProposal) -> Result<(), Rejection> {
    require(header.first_view == first.view, "first_view differs from the current view")?;
    require(header.leader == first.leader, "leader is not the current leader")?;
    require(
        header.time <= first.clock.saturating_add(MAX_CLOCK_SKEW),
        "the block's time is more than a minute ahead",
    )?;
    require(
        header.time.saturating_add(MAX_CLOCK_SKEW) >= first.clock,
        "the block's time is more than a minute behind",
    )
}

impl Application for Ledger {
    type Format = LedgerFormat;

    fn format(&self) -> LedgerFormat {
        LedgerFormat { centre: *self.state.centre() }
    }

    fn admit(&self, request: &DecodedTransaction) -> Result<(), Rejection> {
        admission::check(&self.state, request).map_err(reject)
    }

    /// Builds a block of the transactions that are admissible when their turn comes.
    fn propose(
        &self,
        context: &ProposalContext<'_>,
        requests: &[(&[u8], DecodedTransaction)],
    ) -> Vec<u8> {
        let time = context.time.max(self.time().saturating_add(1));
        let mut state = self.next_state(time, context.config.epoch());
        let entry = |(bytes, decoded): &(&[u8], DecodedTransaction)| {
            let rejected_by = execute(&mut state, decoded).ok()?;
            Some(Entry { transaction: bytes.to_vec(), rejected_by })
        };
        let entries: Vec<Entry> = requests.iter().filter_map(entry).collect();
        // A failure of the database invalidates the block, and no effect of the step is performed.
        let _ = state.forget_expired().and_then(|()| state.seal());
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

    fn verify(
        &self,
        context: &VerifyContext<'_>,
        value: &mut DecodedBlock,
    ) -> Result<(), Rejection> {
        value.executed = Some(Arc::new(self.check_block(value, context)?));
        Ok(())
    }

    fn apply(&mut self, _height: u64, value: DecodedBlock, decision: &Decision) {
        let DecodedBlock { block, transactions, executed } = value;
        let executed = match executed {
            Some(state) => Arc::unwrap_or_clone(state),
            None => {
                let mut state = self.next_state(block.header.time, block.header.epoch);
                for transaction in &transactions {
                    // A quorum has verified the block, so every transaction is admissible. One that
                    // is not would change nothing.
                    let _ = execute(&mut state, transaction);
                }
                // After a failure of the database, nothing of this is committed.
                let _ = state.forget_expired().and_then(|()| state.seal());
                state
            }
        };
        self.state.advance(executed);
        self.state.insert_block(block, decision.certificate.clone());
        self.state.merge();
    }

    fn tip(&self) -> Option<(u64, Digest)> {
        (self.height() > 0).then(|| (self.height(), self.state.hash))
    }

    fn decision(&self, height: u64) -> Option<Decision> {
        let CommittedBlock { block, certificate } = self.block(height).ok()??;
        Some(Decision { value: block.to_bytes(), certificate })
    }

    fn may_sign(&self, epoch: u64) -> bool {
        self.fence.is_none_or(|fenced| epoch > fenced)
    }

    fn persist(&mut self, entries: &[&consensus::Entry]) -> Result<(), PersistError> {
        let (changes, logged) = State::log_changes(self.logged, entries);
        self.state.commit(&*self.database, changes).map_err(|e| PersistError(e.to_string()))?;
        self.logged = logged;
        Ok(())
    }

    fn recover(&self) -> Result<Option<(Self, Vec<consensus::Entry>)>, PersistError> {
        let reopened = Self::open(self.database.clone(), self.chain(), *self.state.centre());
        let recovered = reopened.and_then(|ledger| ledger.log().map(|log| (ledger, log)));
        recovered.map(Some).map_err(|error| PersistError(error.to_string()))
    }
}
