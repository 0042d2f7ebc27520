//! The light client: a configuration and the highest certified header.
#![forbid(unsafe_code)]

use super::{CertifiedHeader, Proof, ProofError, Proven};
use crate::consensus::{Config, Digest};
use crate::ledger::Time;
use crate::ledger::block::Header;
use std::sync::Arc;

/// A party that verifies proofs without the chain. It remembers the highest header that it has
/// seen, so that no one shows it an older state.
///
/// Replicas that collude with one honest but partitioned replica cannot show a fork, but they can
/// withhold newer headers: the caller compares [`LightClient::time`] with a clock.
#[derive(Debug, Clone)]
pub struct LightClient {
    config: Arc<Config>,
    latest: Option<Latest>,
}

#[derive(Debug, Clone, Copy)]
struct Latest {
    height: u64,
    hash: Digest,
    time: Time,
}

impl LightClient {
    /// Creates a client that knows no header.
    pub fn new(config: Arc<Config>) -> Self {
        Self { config, latest: None }
    }

    /// The height of the highest known header; 0 before the first.
    pub fn height(&self) -> u64 {
        self.latest.map_or(0, |latest| latest.height)
    }

    /// The time of the highest known header; 0 before the first.
    pub fn time(&self) -> Time {
        self.latest.map_or(0, |latest| latest.time)
    }

    /// Verifies a header, and remembers it if it is the highest.
    ///
    /// # Errors
    /// [`ProofError::Fork`] if another header at the highest known height is certified, or another
    /// [`ProofError`] if the header does not verify.
    pub fn advance(&mut self, certified: &CertifiedHeader) -> Result<(), ProofError> {
        let header = certified.verify(&self.config)?;
        self.remember(header)
    }

    /// Compares a verified header with the highest known one, and remembers it if it is higher.
    fn remember(&mut self, header: &Header) -> Result<(), ProofError> {
        let seen = Latest { height: header.height, hash: header.hash(), time: header.time };
        match self.latest {
            Some(known) if known.height == seen.height && known.hash != seen.hash => {
                Err(ProofError::Fork(seen.height))
            }
            Some(known) if known.height >= seen.height => Ok(()),
            _ => {
                self.latest = Some(seen);
                Ok(())
            }
        }
    }

    /// Verifies a proof, and remembers its header if it is the highest. The state must be that
    /// after the highest known header. The header of a grant's block is compared first.
    ///
    /// # Errors
    /// [`ProofError::Stale`] if the proof shows an older state, [`ProofError::Fork`] as
    /// [`Self::advance`], or another [`ProofError`].
    pub fn verify(&mut self, proof: &Proof) -> Result<Proven, ProofError> {
        let proven = proof.verify(&self.config)?;
        if let Proof::Grant(proof) = proof {
            self.remember(&proof.grant.at.header)?;
        }
        self.remember(&proof.header().header)?;
        let (found, known) = (proof.header().header.height, self.height());
        match proof {
            Proof::State(_) | Proof::Grant(_) if found < known => {
                Err(ProofError::Stale { found, known })
            }
            _ => Ok(proven),
        }
    }
}
