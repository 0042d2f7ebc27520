//! The signed statements: votes, and the digests of other messages.
#![forbid(unsafe_code)]

use super::Scheme;
use crate::algebra::codec::{Codec, choice, sequence};
use crate::consensus::config::Config;
use crate::consensus::{Digest, ReplicaId};
use crate::sign::{Signature, SigningKey};

/// The phase of a vote. A vote of one phase does not verify as a vote of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A vote of layer 2 at one height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vote {
    /// PREPARE or COMMIT.
    pub phase: Phase,
    /// The view of the vote. The value may have been proposed first in an earlier view.
    pub view: u64,
    /// The digest of the value.
    pub digest: Digest,
}
sequence!(Codec for Vote { phase, view, digest });

/// A signed statement. The signature also covers the configuration's digest: its parts are this
/// digest and the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// 1 for votes within a group, 2 for votes and view changes among all members, 0 for other
    /// messages.
    pub layer: u8,
    /// The group's number in layer 1, otherwise 0.
    pub group: u16,
    /// The [`Phase`] of a vote, or the tag of another message (16 or above).
    pub kind: u8,
    /// The height; 0 in layer 1.
    pub height: u64,
    /// The view; 0 in layer 1.
    pub view: u64,
    /// The digest of the value or batch, or of the body of another message.
    pub digest: Digest,
}
sequence!(Codec for Statement { layer, group, kind, height, view, digest });

impl Statement {
    pub(crate) fn vote(height: u64, vote: Vote) -> Self {
        let Vote { phase, view, digest } = vote;
        Self { layer: 2, group: 0, kind: phase as u8, height, view, digest }
    }

    /// A batch is identified by its digest alone, so a member never contradicts itself.
    pub(crate) fn batch(group: u16, digest: Digest) -> Self {
        Self { layer: 1, group, kind: Phase::Batch as u8, height: 0, view: 0, digest }
    }

    pub(crate) fn sign(&self, scheme: &dyn Scheme, config: &Config, key: &SigningKey) -> Signature {
        scheme.sign(key, &config.digest(), &self.encode())
    }

    pub(crate) fn verify(
        &self,
        scheme: &dyn Scheme,
        config: &Config,
        signer: ReplicaId,
        signature: &Signature,
    ) -> bool {
        let Some(member) = config.member(signer) else { return false };
        scheme.verify(&member.key, &config.digest(), &self.encode(), signature)
    }
}
