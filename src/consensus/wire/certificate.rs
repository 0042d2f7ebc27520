//! Votes and their certificates.
//!
//! A prepare certificate is PBFT's predicate *prepared*, a commit certificate is *committed*
//! (Castro and Liskov 1999, section 4.2). PBFT proves either by the messages that a replica has
//! logged; here the signatures form a transferable proof, as in a quorum certificate of HotStuff
//! (Yin et al. 2019). The signatures are listed, not aggregated.
#![forbid(unsafe_code)]

use super::{Ed25519, Phase, Prepared, Scheme, Statement, Vote};
use crate::algebra::codec::{public_encoding, sequence};
use crate::consensus::config::{Config, MAX_MEMBERS, MAX_VALUE};
use crate::consensus::{Digest, ReplicaId};
use crate::error::DecodeError;
use crate::sign::Signature;
use thiserror::Error;

/// The reason why a certificate does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Fewer distinct signers than the quorum.
    #[error("{found} signatures are fewer than the quorum of {quorum}")]
    BelowQuorum {
        /// The number of signatures in the certificate.
        found: usize,
        /// The number of signatures required.
        quorum: usize,
    },
    /// Signers are repeated or not in ascending order.
    #[error("the signers are not in strictly ascending order")]
    Order,
    /// A signer is not in the roster, or not in the group that the certificate names.
    #[error("replica {0} is not an authorised signer of this certificate")]
    Signer(ReplicaId),
    /// A signature does not verify.
    #[error("the signature of replica {0} is not valid")]
    Signature(ReplicaId),
    /// The group does not exist, or a certificate of layer 2 names one.
    #[error("group {0} does not exist or does not certify this phase")]
    Group(u16),
}

/// Signatures of members on one vote: a quorum's in a certificate, fewer in the votes of a group.
/// Anyone with the configuration can verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The phase of the votes.
    pub phase: Phase,
    /// The number of the group that certifies a batch; 0 in layer 2.
    pub group: u16,
    /// The height; 0 for a batch.
    pub height: u64,
    /// The view in which the votes were cast; 0 for a batch.
    pub view: u64,
    /// The digest of the value or batch.
    pub digest: Digest,
    /// The signers in ascending order, with their signatures.
    pub signatures: Vec<(ReplicaId, Signature)>,
}

/// A decided value and the proof that it is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The value.
    pub value: Vec<u8>,
    /// The commit certificate for the value's digest.
    pub certificate: Certificate,
}

impl Certificate {
    /// Verifies that a quorum of distinct members signed exactly this vote. All signatures are
    /// verified, also those beyond the quorum.
    ///
    /// The signatures are verified one at a time. Ed25519's batch equation accepts, depending on
    /// its random coefficients, signatures with a component of small order that strict
    /// verification rejects. Replicas that disagree on a certificate fork the chain.
    ///
    /// # Errors
    /// [`CertificateError`], naming the offending signer where there is one.
    pub fn verify(&self, config: &Config) -> Result<(), CertificateError> {
        self.verify_with(&Ed25519, config)
    }

    pub(crate) fn verify_with(
        &self,
        scheme: &dyn Scheme,
        config: &Config,
    ) -> Result<(), CertificateError> {
        let (found, quorum) = (self.signatures.len(), self.required_signatures(config)?);
        if found < quorum {
            return Err(CertificateError::BelowQuorum { found, quorum });
        }
        self.verify_signatures(scheme, config)
    }

    /// Verifies everything but the number of signatures.
    pub(crate) fn verify_signatures(
        &self,
        scheme: &dyn Scheme,
        config: &Config,
    ) -> Result<(), CertificateError> {
        if !self.has_ascending_signers() {
            return Err(CertificateError::Order);
        }
        let statement = self.statement();
        for (signer, signature) in &self.signatures {
            let group = config.group_of(*signer).ok_or(CertificateError::Signer(*signer))?;
            if self.group != 0 && self.group != group.number {
                return Err(CertificateError::Signer(*signer));
            }
            if !statement.verify(scheme, config, *signer, signature) {
                return Err(CertificateError::Signature(*signer));
            }
        }
        Ok(())
    }

    /// The statement that every signer has signed.
    fn statement(&self) -> Statement {
        match self.phase {
            Phase::Batch => Statement::batch(self.group, self.digest),
            _ => Statement::vote(self.height, self.vote()),
        }
    }

    /// The certified vote.
    pub(crate) fn vote(&self) -> Vote {
        Vote { phase: self.phase, view: self.view, digest: self.digest }
    }

    /// The content of a prepare certificate.
    pub(crate) fn prepared(&self) -> Prepared {
        Prepared { view: self.view, digest: self.digest }
    }

    fn check_order(self) -> Result<Self, DecodeError> {
        let order = DecodeError::Invalid("the signers are not in strictly ascending order");
        if self.has_ascending_signers() { Ok(self) } else { Err(order) }
    }

    fn has_ascending_signers(&self) -> bool {
        self.signatures.is_sorted_by(|(a, _), (b, _)| a < b)
    }

    fn required_signatures(&self, config: &Config) -> Result<usize, CertificateError> {
        match (self.phase, self.group) {
            (Phase::Batch, group) => {
                config.group(group).map(|g| g.quorum()).ok_or(CertificateError::Group(group))
            }
            (_, 0) => Ok(config.quorum()),
            (_, group) => Err(CertificateError::Group(group)),
        }
    }

    /// The signers in ascending order.
    pub fn signers(&self) -> impl Iterator<Item = ReplicaId> {
        self.signatures.iter().map(|(signer, _)| *signer)
    }
}

// Strictly ascending signers give a set of signatures one encoding.
sequence!(Canonical for Certificate = ConsensusCertificate {
    phase, group, height, view, digest, signatures: list(MAX_MEMBERS),
} => Certificate::check_order);
public_encoding!(Certificate);
sequence!(Codec for Decision { value: bytes(MAX_VALUE), certificate });
