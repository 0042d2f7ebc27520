//! The messages of replicas and their encoding.
//!
//! ```text
//! version u8 | kind u8 | from u16 | signature 64 | body tag u8 | body
//! ```
//! The signature covers the configuration's digest and a statement. The statement is the vote of a
//! vote message, the report of a `ViewChange` without the value beside it, and otherwise a hash of
//! the body. A vote's signature is thus the same inside a message and inside a certificate.
#![forbid(unsafe_code)]

use super::certificate::{Certificate, Decision, Ed25519Verifier, Phase, Statement, Verifier};
use super::config::{Config, MAX_MEMBERS};
use super::view_change_proof::{SignedViewChange, ViewChange};
use super::{Digest, ReplicaId};
use crate::algebra::codec::{Codec, choice, public_encoding, sequence};
use crate::algebra::{hash, tag};
use crate::error::DecodeError;
use crate::sign::{Signature, SigningKey};

/// The maximum length of a value in bytes.
pub const MAX_VALUE: usize = 4 << 20;
/// The maximum length of a request in bytes.
pub const MAX_REQUEST: usize = 1 << 20;
/// The maximum number of requests in a batch or value.
pub const MAX_REQUESTS: usize = 512;
/// The maximum number of decisions in one state transfer message.
pub const MAX_DECISIONS: usize = 16;

/// A signed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The signer. Another member may deliver the message: inner nodes of the tree forward it.
    pub from: ReplicaId,
    /// The signature over the configuration's digest and the body's statement.
    pub signature: Signature,
    /// The content.
    pub body: Body,
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A client's request, forwarded to a primary or relayed to all (PBFT: REQUEST).
    Request(Vec<u8>),
    /// Layer 1: the primary of a group distributes a batch of requests.
    Batch {
        /// The primary's sequence number.
        sequence: u64,
        /// The requests.
        requests: Vec<Vec<u8>>,
    },
    /// Layer 1: a member holds the requests of the batch.
    BatchVote {
        /// The group.
        group: u16,
        /// The batch's sequence number.
        sequence: u64,
        /// The batch's digest.
        digest: Digest,
    },
    /// Layer 1: the requests and their batch certificate, for the leader.
    CertifiedBatch {
        /// The requests.
        requests: Vec<Vec<u8>>,
        /// The certificate of `q_i` votes.
        certificate: Certificate,
    },
    /// The leader's proposal in view 0 (PBFT: PRE-PREPARE).
    PrePrepare {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
    },
    /// A vote (PBFT: PREPARE, COMMIT).
    Vote {
        /// The phase, prepare or commit.
        phase: Phase,
        /// The height.
        height: u64,
        /// The view of the vote. The value may have been proposed first in an earlier view.
        view: u64,
        /// The value's digest.
        digest: Digest,
    },
    /// The votes of one group, aggregated by its primary.
    PartialCertificate(Certificate),
    /// The certificate of a quorum.
    Certificate(Certificate),
    /// A request to change the view, with the value that its certificate names (PBFT: VIEW-CHANGE).
    ViewChange {
        /// The signed report.
        change: ViewChange,
        /// The value that the report's certificate names.
        value: Option<Vec<u8>>,
    },
    /// The new leader's proposal with the proof that it is admissible (PBFT: NEW-VIEW).
    NewView {
        /// The height.
        height: u64,
        /// The view.
        view: u64,
        /// The view changes of a quorum, ascending by sender.
        changes: Vec<SignedViewChange>,
        /// The value.
        value: Vec<u8>,
    },
    /// A request for the value with this digest.
    FetchValue {
        /// The height.
        height: u64,
        /// The value's digest.
        digest: Digest,
    },
    /// The requested value.
    Value {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
    },
    /// A request for state transfer: for the decisions from this height on.
    FetchDecisions {
        /// The first height that the sender has not decided.
        height: u64,
    },
    /// Consecutive decisions.
    Decisions(Vec<Decision>),
}

impl Body {
    /// The name of the message kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Batch { .. } => "batch",
            Self::BatchVote { .. } => "batch vote",
            Self::CertifiedBatch { .. } => "certified batch",
            Self::PrePrepare { .. } => "pre-prepare",
            Self::Vote { phase: Phase::Commit, .. } => "commit",
            Self::Vote { .. } => "prepare",
            Self::PartialCertificate(_) => "partial certificate",
            Self::Certificate(_) => "certificate",
            Self::ViewChange { .. } => "view change",
            Self::NewView { .. } => "new view",
            Self::FetchValue { .. } => "fetch value",
            Self::Value { .. } => "value",
            Self::FetchDecisions { .. } => "fetch decisions",
            Self::Decisions(_) => "decisions",
        }
    }

    fn statement(&self) -> Statement {
        let (height, view) = self.height_and_view();
        match self {
            Self::Vote { phase, digest, .. } => Statement::vote(*phase, 0, height, view, *digest),
            Self::BatchVote { group, sequence, digest } => {
                Statement::vote(Phase::Batch, *group, *sequence, 0, *digest)
            }
            Self::ViewChange { change, .. } => change.statement(),
            _ => {
                let body = self.encode();
                let digest = hash::digest(tag::CONSENSUS_MESSAGE, &[&body]);
                // The kind is the tag byte.
                Statement { layer: 0, group: 0, kind: body[0], height, view, digest }
            }
        }
    }

    /// The height and view of the message; zero if it has none.
    pub(super) fn height_and_view(&self) -> (u64, u64) {
        match self {
            Self::PrePrepare { height, .. } | Self::Value { height, .. } => (*height, 0),
            Self::FetchValue { height, .. } | Self::FetchDecisions { height } => (*height, 0),
            Self::Vote { height, view, .. } | Self::NewView { height, view, .. } => {
                (*height, *view)
            }
            Self::PartialCertificate(c) | Self::Certificate(c) => (c.height, c.view),
            Self::ViewChange { change, .. } => (change.height, change.view),
            Self::Decisions(list) => (list.last().map_or(0, |d| d.certificate.height), 0),
            _ => (0, 0),
        }
    }

    /// The length of the contained value in bytes, for buffer limits.
    pub(super) fn value_bytes(&self) -> usize {
        match self {
            Self::PrePrepare { value, .. } | Self::NewView { value, .. } => value.len(),
            Self::ViewChange { value, .. } => value.as_ref().map_or(0, Vec::len),
            _ => 0,
        }
    }

    fn check_phase(self) -> Result<Self, DecodeError> {
        if matches!(self, Self::Vote { phase: Phase::Batch, .. }) {
            return Err(DecodeError::Invalid(
                "a vote must be PREPARE or COMMIT; batch votes have their own message",
            ));
        }
        Ok(self)
    }
}
choice!(Body, "unknown message body: expected a tag from 16 to 29" {
    16 = Request(request: bytes(MAX_REQUEST)),
    17 = Batch { sequence, requests: byte_strings(MAX_REQUESTS, MAX_REQUEST) },
    18 = BatchVote { group, sequence, digest },
    19 = CertifiedBatch { requests: byte_strings(MAX_REQUESTS, MAX_REQUEST), certificate },
    20 = PrePrepare { height, value: bytes(MAX_VALUE) },
    21 = Vote { phase, height, view, digest },
    22 = PartialCertificate(certificate),
    23 = Certificate(certificate),
    24 = ViewChange { change, value: optional_bytes(MAX_VALUE) },
    25 = NewView { height, view, changes: list(MAX_MEMBERS), value: bytes(MAX_VALUE) },
    26 = FetchValue { height, digest },
    27 = Value { height, value: bytes(MAX_VALUE) },
    28 = FetchDecisions { height },
    29 = Decisions(decisions: list(MAX_DECISIONS)),
} => Body::check_phase);

impl Message {
    /// Signs a body.
    pub fn sign(config: &Config, from: ReplicaId, key: &SigningKey, body: Body) -> Self {
        Self { from, signature: body.statement().sign(config, key), body }
    }

    /// Returns `true` if the sender is in the roster and signed the body.
    pub fn verify(&self, config: &Config) -> bool {
        self.verify_with(config, &Ed25519Verifier)
    }

    pub(super) fn verify_with(&self, config: &Config, verifier: &dyn Verifier) -> bool {
        self.body.statement().verify(config, verifier, self.from, &self.signature)
    }
}

sequence!(Canonical for Message = ConsensusMessage { from, signature, body });
public_encoding!(Message);
