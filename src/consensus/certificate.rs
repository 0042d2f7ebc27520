//! Votes and their certificates.
//!
//! A prepare certificate is PBFT's predicate *prepared*, a commit certificate is *committed*
//! (Castro and Liskov 1999, section 4.2). PBFT proves either by the messages that a replica has
//! logged; here the signatures form a transferable proof, as in a quorum certificate of HotStuff
//! (Yin et al. 2019). The signatures are listed, not aggregated.
#![forbid(unsafe_code)]

use super::config::{Config, MAX_MEMBERS};
use super::message::MAX_VALUE;
use super::{Digest, ReplicaId};
use crate::algebra::codec::{Codec, choice, public_encoding, sequence};
use crate::algebra::tag;
use crate::error::DecodeError;
use crate::sign::{Signature, SigningKey, VerifyingKey};
use thiserror::Error;

/// The phase of a vote. A vote of one phase does not verify as a vote of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Layer 2: the signer holds the value and accepts it in this view.
    Prepare = 1,
    /// Layer 2: the signer holds the value and a prepare certificate for it.
    Commit = 2,
    /// Layer 1: the signer holds the batch of requests.
    Batch = 3,
}

choice!(Phase, "unknown phase: expected PREPARE (1), COMMIT (2) or batch (3)" [
    Prepare, Commit, Batch,
]);

/// The signed statement. The signature also covers the configuration's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    /// 1 for votes within a group, 2 for votes and view changes among all members, 0 for other
    /// messages.
    pub(super) layer: u8,
    /// The group's number in layer 1, otherwise 0.
    pub(super) group: u16,
    /// The [`Phase`] of a vote, or the tag of another message (16 or above).
    pub(super) kind: u8,
    pub(super) height: u64,
    pub(super) view: u64,
    pub(super) digest: Digest,
}

sequence!(Codec for Statement { layer, group, kind, height, view, digest });

impl Statement {
    pub(super) fn vote(phase: Phase, group: u16, height: u64, view: u64, digest: Digest) -> Self {
        let layer = if phase == Phase::Batch { 1 } else { 2 };
        Self { layer, group, kind: phase as u8, height, view, digest }
    }

    pub(super) fn sign(&self, config: &Config, key: &SigningKey) -> Signature {
        key.sign(tag::SIGN_CONSENSUS, &[&config.digest(), &self.encode()])
    }

    pub(super) fn verify(
        &self,
        config: &Config,
        verifier: &dyn Verifier,
        signer: ReplicaId,
        signature: &Signature,
    ) -> bool {
        let Some(member) = config.member(signer) else { return false };
        verifier.verify(&member.key, &config.digest(), &self.encode(), signature)
    }
}

/// Verification of signatures on statements. The simulator substitutes a caching implementation.
pub(crate) trait Verifier: Send + Sync {
    /// Returns `true` if `signature` is valid for `key`, configuration and statement.
    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool;
}

/// Strict Ed25519 verification.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ed25519Verifier;

impl Verifier for Ed25519Verifier {
    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        key.verify(tag::SIGN_CONSENSUS, &[config, statement], signature).is_ok()
    }
}

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

/// A quorum's signatures on one vote. Anyone with the configuration can verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The phase of the votes.
    pub phase: Phase,
    /// The number of the group that certifies a batch; 0 in layer 2.
    pub group: u16,
    /// The height; for a batch, its sequence number.
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
    /// Verifies that a quorum of distinct members signed exactly this vote.
    ///
    /// The signatures are verified one at a time. Ed25519's batch equation accepts, depending on
    /// its random coefficients, signatures with a component of small order that strict
    /// verification rejects. Replicas that disagree on a certificate fork the chain.
    ///
    /// # Errors
    /// [`CertificateError`], naming the offending signer where there is one.
    pub fn verify(&self, config: &Config) -> Result<(), CertificateError> {
        self.verify_with(config, &Ed25519Verifier)
    }

    pub(super) fn verify_with(
        &self,
        config: &Config,
        verifier: &dyn Verifier,
    ) -> Result<(), CertificateError> {
        let (found, quorum) = (self.signatures.len(), self.required_signatures(config)?);
        if found < quorum {
            return Err(CertificateError::BelowQuorum { found, quorum });
        }
        self.verify_signatures(config, verifier)
    }

    /// Verifies everything but the number of signatures.
    pub(super) fn verify_signatures(
        &self,
        config: &Config,
        verifier: &dyn Verifier,
    ) -> Result<(), CertificateError> {
        if !self.has_ascending_signers() {
            return Err(CertificateError::Order);
        }
        let statement =
            Statement::vote(self.phase, self.group, self.height, self.view, self.digest);
        for (signer, signature) in &self.signatures {
            let group = config.group_of(*signer).ok_or(CertificateError::Signer(*signer))?;
            if self.group != 0 && self.group != group.number {
                return Err(CertificateError::Signer(*signer));
            }
            if !statement.verify(config, verifier, *signer, signature) {
                return Err(CertificateError::Signature(*signer));
            }
        }
        Ok(())
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
