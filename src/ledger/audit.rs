//! The audit: verification of a chain from its first block.
#![forbid(unsafe_code)]

use super::block::CommittedBlock;
use super::chain::Ledger;
use super::format::{DecodedBlock, reject, require};
use crate::consensus::{Application, Config, Digest, Phase, Rejection, VerifyContext};
use crate::sign::VerifyingKey;

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
    /// and state roots.
    ///
    /// # Errors
    /// [`AuditError`] with the first height that does not verify.
    pub fn audit(&self, config: &Config) -> Result<Ledger, AuditError> {
        let fresh = Self::replay(self.chain(), *self.state().centre(), self.blocks(), config)?;
        if fresh.state().root() != self.state().root() {
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
            let height = fresh.height() + 1;
            parent = fresh
                .replay_block(committed, parent, config)
                .map_err(|rejection| AuditError { height, reason: rejection.0 })?;
        }
        Ok(fresh)
    }

    /// Verifies and applies the next block. Returns its hash.
    fn replay_block(
        &mut self,
        CommittedBlock { block, certificate }: &CommittedBlock,
        parent: Digest,
        config: &Config,
    ) -> Result<Digest, Rejection> {
        let (height, hash) = (self.height() + 1, block.header.hash());
        let mut decoded = DecodedBlock::new(block.clone())?;
        decoded.check_capacity(config.parameters().capacity)?;
        decoded.check_signatures(&self.format())?;
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
        self.apply(height, decoded, certificate);
        Ok(hash)
    }
}
