//! The audit: verification of a chain from its first block.
#![forbid(unsafe_code)]

use super::block::CommittedBlock;
use super::chain::Ledger;
use super::format::{DecodedBlock, reject, require};
use crate::algebra::codec::Canonical;
use crate::consensus::{Application, Config, Decision, Digest, Phase, Rejection, VerifyContext};
use crate::database::{Database, DatabaseError};
use crate::sign::VerifyingKey;
use std::sync::Arc;

/// The number of bytes of transactions after which replayed blocks are committed: 1 MiB.
const BATCH: usize = 1 << 20;

/// The first block of a chain that does not verify, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("block {height} does not verify: {reason}")]
pub struct AuditError {
    /// The height of the block.
    pub height: u64,
    /// The reason.
    pub reason: String,
}

impl Ledger {
    /// Verifies the chain from its first block: hashes, certificates, capacity, admission, outcomes
    /// and state roots. Returns the ledger that the blocks give, in a database for this purpose.
    /// Cost: linear in the length of the chain; one block at a time is in memory, and the changes
    /// of as many blocks as have 1 MiB.
    ///
    /// # Errors
    /// [`AuditError`] with the first height that does not verify.
    pub fn audit(&self, config: &Config, into: Arc<dyn Database>) -> Result<Ledger, AuditError> {
        let identity = (self.chain(), *self.state().centre());
        let fresh = Self::replay(identity, self.blocks(), config, into)?;
        if fresh.state().root() != self.state().root() {
            let (height, reason) =
                (self.height(), "the state does not match the blocks".to_owned());
            return Err(AuditError { height, reason });
        }
        Ok(fresh)
    }

    /// Rebuilds the ledger of a chain and its registration centre from blocks of any source, in an
    /// empty database, and verifies each of them.
    ///
    /// # Errors
    /// [`AuditError`] with the first height that does not verify.
    pub fn replay(
        (chain, centre): (&str, VerifyingKey),
        blocks: impl IntoIterator<Item = Result<CommittedBlock, DatabaseError>>,
        config: &Config,
        into: Arc<dyn Database>,
    ) -> Result<Ledger, AuditError> {
        let failed = |height| move |reason: String| AuditError { height, reason };
        let opened = Self::open(into, chain, centre);
        let mut fresh = opened.map_err(|error| failed(0)(error.to_string()))?;
        let (mut parent, mut bytes) = (config.digest(), 0);
        for committed in blocks {
            let height = fresh.height() + 1;
            let committed = committed.map_err(|error| failed(height)(error.to_string()))?;
            let size = committed.block.header.size as usize;
            let replayed = fresh.replay_block(committed, parent, config);
            parent = replayed.map_err(|rejection| failed(height)(rejection.0))?;
            bytes += size;
            if bytes >= BATCH {
                fresh.persist(&[]).map_err(|error| failed(height)(error.0))?;
                bytes = 0;
            }
        }
        let height = fresh.height();
        fresh.persist(&[]).map_err(|error| failed(height)(error.0))?;
        Ok(fresh)
    }

    /// Verifies and applies the next block. Returns its hash.
    fn replay_block(
        &mut self,
        CommittedBlock { block, certificate }: CommittedBlock,
        parent: Digest,
        config: &Config,
    ) -> Result<Digest, Rejection> {
        let (height, hash) = (self.height() + 1, block.header.hash());
        let mut decoded = DecodedBlock::new(block.clone())?;
        decoded.check_capacity(config.parameters().capacity)?;
        decoded.check_signatures(&self.format(), config)?;
        let context = VerifyContext { height, parent, config, first: None };
        if let Some(parent) = &block.header.parent_certificate {
            parent.verify(config).map_err(reject)?;
        }
        self.verify(&context, &mut decoded)?;
        let commits_block = certificate.phase == Phase::Commit
            && certificate.height == height
            && certificate.digest == hash;
        require(commits_block, "the certificate does not commit this block")?;
        certificate.verify(config).map_err(reject)?;
        let decision = Decision { value: block.to_bytes(), certificate };
        self.apply(height, decoded, &decision);
        Ok(hash)
    }
}
