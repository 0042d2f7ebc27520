//! Evidence of equivocation: two different signed statements of one member, of which an honest
//! member signs at most one.
#![forbid(unsafe_code)]

use super::{Ed25519, Phase, Scheme, Statement};
use crate::algebra::codec::{public_encoding, sequence};
use crate::consensus::ReplicaId;
use crate::consensus::config::Config;
use crate::sign::Signature;
use thiserror::Error;

/// A statement with its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedStatement {
    /// The statement.
    pub statement: Statement,
    /// The signature.
    pub signature: Signature,
}
sequence!(Codec for SignedStatement { statement, signature });

/// The proof that a member signed two different votes of one phase, or two different proposals of
/// one kind, for one height and view.
///
/// View changes are no evidence: a member may report a higher lock when it requests a view again.
///
/// A member that follows the protocol makes its statements durable before it sends them, so it
/// never signs a second one, not even after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The member.
    pub signer: ReplicaId,
    /// The statement that was received first.
    pub first: SignedStatement,
    /// The statement that was received later.
    pub second: SignedStatement,
}
sequence!(Canonical for Evidence = ConsensusEvidence { signer, first, second });
public_encoding!(Evidence);

/// The reason why evidence proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// A member may sign several messages of this kind.
    #[error("statements of kind {0} may differ: expected votes or proposals")]
    Kind(u8),
    /// The statements are equal, or differ in kind, height or view.
    #[error("the statements are equal, or of different kind, height or view")]
    NoEquivocation,
    /// A signature does not verify under the member's key.
    #[error("replica {0} did not sign both statements")]
    Signature(ReplicaId),
}

/// The kinds of which a member signs at most one per height and view: PREPARE, COMMIT, `PrePrepare`
/// and `NewView`.
pub(crate) const UNIQUE_KINDS: [u8; 4] = [Phase::Prepare as u8, Phase::Commit as u8, 20, 25];

impl Evidence {
    /// Verifies that the member signed both statements, and that an honest member signs only one.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn verify(&self, config: &Config) -> Result<(), EvidenceError> {
        self.verify_with(&Ed25519, config)
    }

    pub(crate) fn verify_with(
        &self,
        scheme: &dyn Scheme,
        config: &Config,
    ) -> Result<(), EvidenceError> {
        let (first, second) = (self.first.statement, self.second.statement);
        if !UNIQUE_KINDS.contains(&first.kind) {
            return Err(EvidenceError::Kind(first.kind));
        }
        let context = |s: Statement| Statement { digest: [0; 32], ..s };
        if context(first) != context(second) || first.digest == second.digest {
            return Err(EvidenceError::NoEquivocation);
        }
        let signed =
            |s: &SignedStatement| s.statement.verify(scheme, config, self.signer, &s.signature);
        if signed(&self.first) && signed(&self.second) {
            Ok(())
        } else {
            Err(EvidenceError::Signature(self.signer))
        }
    }
}
