//! Proofs of grants that are revoked or not.
#![forbid(unsafe_code)]

use super::{ProofError, StateKey, StateProof, TransactionProof};
use crate::algebra::codec::sequence;
use crate::consensus::{Config, Digest};
use crate::ledger::Time;
use crate::ledger::action::{Action, GrantAction};
use crate::sign::VerifyingKey;

/// The proof that a grant was executed, and which of its owners had revoked it at a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantProof {
    /// The grant in its block.
    pub grant: TransactionProof,
    /// Presence or absence of the revocations by its owners, in order of the owners, after the same
    /// block or a later one.
    pub state: StateProof,
}
sequence!(Codec for GrantProof { grant, state });

/// A grant, and its revocations at a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenGrant {
    /// The identifier of the grant.
    pub id: Digest,
    /// The grant.
    pub grant: GrantAction,
    /// The height of the grant's block.
    pub granted_at: u64,
    /// The height of the block after which the revocations are shown.
    pub height: u64,
    /// The time of that block.
    pub time: Time,
    /// The owners who had revoked the grant.
    pub revoked_by: Vec<VerifyingKey>,
}

impl GrantProof {
    /// Verifies the proof under a configuration.
    ///
    /// # Errors
    /// [`ProofError`] with the first check that fails.
    pub fn verify(&self, config: &Config) -> Result<ProvenGrant, ProofError> {
        let proven = self.grant.verify(config)?;
        let (header, entries) = self.state.verify(config)?;
        let id = proven.transaction.id();
        let Action::Grant(grant) = proven.transaction.draft.action else {
            return Err(ProofError::Grant);
        };
        let expected =
            grant.owners.iter().map(|owner| StateKey::Revocation { grant: id, owner: *owner });
        let is_complete = expected.eq(entries.iter().map(|(key, _)| *key));
        if proven.rejected_by.is_some() || header.height < proven.height || !is_complete {
            return Err(ProofError::Grant);
        }
        let revoked = grant.owners.iter().zip(&entries);
        let revoked = revoked.filter(|(_, (_, value))| value.is_some()).map(|(owner, _)| *owner);
        let revoked_by = revoked.collect();
        let (height, time) = (header.height, header.time);
        Ok(ProvenGrant { id, grant, granted_at: proven.height, height, time, revoked_by })
    }
}
