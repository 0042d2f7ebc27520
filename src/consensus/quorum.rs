//! Quorums, statements, certificates.
//!
//! `Q = ceil((N + F + 1) / 2)`: two quorums share more than `F` members, so at least one honest
//! one. `2F + 1` is the same only where `N = 3F + 1`; with six members and three votes the chain
//! forks.
#![forbid(unsafe_code)]

use super::config::Config;
use super::{Digest, ReplicaId};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::{self, Kind};
use crate::error::DecodeError;
use crate::sign::{Signature, SigningKey, VerifyingKey};
use thiserror::Error;

/// `floor((n - 1) / 3)`.
pub fn faults(n: usize) -> usize {
    n.saturating_sub(1) / 3
}

/// `ceil((n + f + 1) / 2)`.
pub fn quorum(n: usize) -> usize {
    (n + faults(n) + 1).div_ceil(2)
}

/// What a vote says about a digest. A vote of one phase never verifies as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Layer 2: "I hold this value and find it valid in this view".
    Prepare = 1,
    /// Layer 2: "I have seen a quorum prepare it".
    Commit = 2,
    /// Layer 1: "I hold this batch of requests".
    Batch = 3,
}

impl Phase {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match r.u8()? {
            1 => Ok(Self::Prepare),
            2 => Ok(Self::Commit),
            3 => Ok(Self::Batch),
            _ => Err(DecodeError::Invalid("the phase is unknown")),
        }
    }
}

/// What is signed, besides the configuration's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    /// 1 in a group, 2 among all.
    pub(super) layer: u8,
    /// The group's number, zero in layer 2.
    pub(super) group: u16,
    /// A [`Phase`], or from 16 the kind of message.
    pub(super) kind: u8,
    pub(super) height: u64,
    pub(super) view: u64,
    pub(super) digest: Digest,
}

impl Statement {
    pub(super) fn vote(phase: Phase, group: u16, height: u64, view: u64, digest: Digest) -> Self {
        let layer = if phase == Phase::Batch { 1 } else { 2 };
        Self { layer, group, kind: phase as u8, height, view, digest }
    }

    /// `layer u8 | group u16 | kind u8 | height u64 | view u64 | digest`, 52 bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u8(self.layer);
        w.u16(self.group);
        w.u8(self.kind);
        w.u64(self.height);
        w.u64(self.view);
        w.fixed(&self.digest);
        w.finish()
    }

    pub(super) fn sign(&self, config: &Config, key: &SigningKey) -> Signature {
        key.sign(tag::SIGN_CONSENSUS, &[&config.digest(), &self.bytes()])
    }

    pub(super) fn verify(
        &self,
        config: &Config,
        verifier: &dyn Verifier,
        signer: ReplicaId,
        signature: &Signature,
    ) -> bool {
        let Some(member) = config.member(signer) else { return false };
        verifier.verify(&member.key, &config.digest(), &self.bytes(), signature)
    }
}

/// Who judges signatures: [`Strict`], or something that remembers its verdicts.
pub trait Verifier: Send + Sync {
    /// Whether `signature` is `key`'s over the statement under the configuration.
    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool;
}

/// Verifies every signature, every time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strict;

impl Verifier for Strict {
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

/// Why a certificate proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Fewer distinct signers than the quorum.
    #[error("{found} signatures are fewer than the quorum of {quorum}")]
    BelowQuorum {
        /// The signatures there are.
        found: usize,
        /// The signatures needed.
        quorum: usize,
    },
    /// Signers that repeat, or are not in ascending order.
    #[error("the signers are not in strictly ascending order")]
    Order,
    /// A signer that is not of the group, or not of the roster.
    #[error("{0} may not sign this")]
    Signer(ReplicaId),
    /// A signature that does not verify.
    #[error("the signature of {0} is not valid")]
    Signature(ReplicaId),
    /// A group that does not exist, or a group where there must be none.
    #[error("the certificate names group {0}")]
    Group(u16),
}

/// A quorum's signatures on one statement: anyone with the configuration can check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What was voted.
    pub phase: Phase,
    /// The group, for a batch; 0 in layer 2.
    pub group: u16,
    /// The height, for a batch its sequence number.
    pub height: u64,
    /// The view in which the votes were cast; 0 for a batch.
    pub view: u64,
    /// What was voted on.
    pub digest: Digest,
    /// The signers, ascending, and their signatures.
    pub signatures: Vec<(ReplicaId, Signature)>,
}

impl Certificate {
    /// Checks that a quorum of distinct members signed exactly this.
    ///
    /// One signature at a time: Ed25519's batch equation accepts signatures with a component of small
    /// order that the strict rule refuses, now and then as its coins fall, and replicas that disagree
    /// on a certificate fork the chain.
    ///
    /// # Errors
    /// [`CertificateError`], with the culprit.
    pub fn verify(&self, config: &Config) -> Result<(), CertificateError> {
        self.verify_with(config, &Strict)
    }

    pub(super) fn verify_with(
        &self,
        config: &Config,
        verifier: &dyn Verifier,
    ) -> Result<(), CertificateError> {
        let (found, quorum) = (self.signatures.len(), self.needed(config)?);
        if found < quorum {
            return Err(CertificateError::BelowQuorum { found, quorum });
        }
        self.verify_signatures(config, verifier)
    }

    /// Everything but the number of signatures.
    pub(super) fn verify_signatures(
        &self,
        config: &Config,
        verifier: &dyn Verifier,
    ) -> Result<(), CertificateError> {
        if !self.signatures.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(CertificateError::Order);
        }
        let statement =
            Statement::vote(self.phase, self.group, self.height, self.view, self.digest);
        for (signer, signature) in &self.signatures {
            let home = config.group_of(*signer).ok_or(CertificateError::Signer(*signer))?;
            if self.group != 0 && self.group != home.number {
                return Err(CertificateError::Signer(*signer));
            }
            if !statement.verify(config, verifier, *signer, signature) {
                return Err(CertificateError::Signature(*signer));
            }
        }
        Ok(())
    }

    fn needed(&self, config: &Config) -> Result<usize, CertificateError> {
        match (self.phase, self.group) {
            (Phase::Batch, group) => {
                config.group(group).map(|g| g.quorum()).ok_or(CertificateError::Group(group))
            }
            (_, 0) => Ok(config.quorum()),
            (_, group) => Err(CertificateError::Group(group)),
        }
    }

    /// Who signed.
    pub fn signers(&self) -> impl Iterator<Item = ReplicaId> {
        self.signatures.iter().map(|(signer, _)| *signer)
    }
}

impl Canonical for Certificate {
    const KIND: Kind = Kind::ConsensusCertificate;

    fn write(&self, w: &mut Writer) {
        w.u8(self.phase as u8);
        w.u16(self.group);
        w.u64(self.height);
        w.u64(self.view);
        w.fixed(&self.digest);
        write_signatures(w, &self.signatures);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            phase: Phase::read(r)?,
            group: r.u16()?,
            height: r.u64()?,
            view: r.u64()?,
            digest: r.fixed()?,
            signatures: read_signatures(r)?,
        })
    }
}
public_encoding!(Certificate);

pub(super) fn write_signatures(w: &mut Writer, signatures: &[(ReplicaId, Signature)]) {
    w.list(signatures, |w, (signer, signature)| {
        w.u16(*signer);
        signature.write(w);
    });
}

/// Ascending and distinct, so that one set of signatures has one encoding.
pub(super) fn read_signatures(
    r: &mut Reader<'_>,
) -> Result<Vec<(ReplicaId, Signature)>, DecodeError> {
    let list = r.list(super::config::MAX_MEMBERS, |r| Ok((r.u16()?, Signature::read(r)?)))?;
    if list.is_sorted_by(|(a, _), (b, _)| a < b) {
        Ok(list)
    } else {
        Err(DecodeError::Invalid("the signers are not in strictly ascending order"))
    }
}
