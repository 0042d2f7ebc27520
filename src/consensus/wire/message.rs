//! The messages of replicas and their encoding.
//!
//! ```text
//! version u8 | kind u8 | from u16 | signature 64 | body tag u8 | body
//! ```
//! The signature covers the configuration's digest and a statement. The statement is the vote of a
//! vote message, the report of a `ViewChange` without the certificate sent alongside, and otherwise
//! a hash of the body. A vote's signature is thus the same inside a message and inside a
//! certificate.
#![forbid(unsafe_code)]

use super::{
    Certificate, Decision, Ed25519, NewViewProof, Phase, Scheme, Statement, ViewChange, Vote,
};
use crate::algebra::codec::{Canonical, Codec, choice, public_encoding, sequence};
use crate::algebra::{hash, tag};
use crate::consensus::config::{
    CHANGE, Config, MAX_DECISIONS, MAX_REQUEST, MAX_REQUESTS, MAX_VALUE, SIGNATURE,
};
use crate::consensus::{Digest, ReplicaId};
use crate::error::DecodeError;
use crate::sign::{Signature, SigningKey};

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
    /// A client's request, sent to a primary, a leader or other members (PBFT: REQUEST).
    ///
    /// Not signed by the sender: the client's signature proves its origin, and it is charged to the
    /// transport peer. The signature is zero.
    Request(Vec<u8>),
    /// Layer 1: the primary of a group distributes a batch of requests.
    Batch(Vec<Vec<u8>>),
    /// Layer 1: a member holds the requests of the batch.
    BatchVote {
        /// The group.
        group: u16,
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
        /// The height.
        height: u64,
        /// The vote.
        vote: Vote,
    },
    /// The votes of one group, aggregated by its primary.
    PartialCertificate(Certificate),
    /// Votes of a group that arrived after its aggregated votes were sent.
    LateVotes(Certificate),
    /// The certificate of a quorum.
    Certificate(Certificate),
    /// A request to change the view (PBFT: VIEW-CHANGE).
    ViewChange {
        /// The signed report.
        change: ViewChange,
        /// The reported certificate.
        certificate: Option<Certificate>,
    },
    /// The new leader's proposal with the proof that it is admissible (PBFT: NEW-VIEW).
    NewView {
        /// The height.
        height: u64,
        /// The view.
        view: u64,
        /// The view changes of a quorum.
        proof: NewViewProof,
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
    /// A request for state transfer.
    FetchDecisions {
        /// The first height.
        height: u64,
        /// The maximum number of decisions.
        count: u8,
    },
    /// Consecutive decisions.
    Decisions(Vec<Decision>),
    /// The sender's height, which lets a member find that it lags behind or that another one does.
    Status {
        /// The first height that the sender has not decided.
        height: u64,
        /// The sender asks for the recipient's status.
        reply: bool,
    },
}

impl Body {
    /// The first byte of the body's encoding.
    fn tag(&self) -> u8 {
        match self {
            Self::Request(_) => 16,
            Self::Batch(_) => 17,
            Self::BatchVote { .. } => 18,
            Self::CertifiedBatch { .. } => 19,
            Self::PrePrepare { .. } => 20,
            Self::Vote { .. } => 21,
            Self::PartialCertificate(_) => 22,
            Self::Certificate(_) => 23,
            Self::ViewChange { .. } => 24,
            Self::NewView { .. } => 25,
            Self::FetchValue { .. } => 26,
            Self::Value { .. } => 27,
            Self::FetchDecisions { .. } => 28,
            Self::Decisions(_) => 29,
            Self::Status { .. } => 30,
            Self::LateVotes(_) => 31,
        }
    }

    /// The name of the message kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Batch(_) => "batch",
            Self::BatchVote { .. } => "batch vote",
            Self::CertifiedBatch { .. } => "certified batch",
            Self::PrePrepare { .. } => "pre-prepare",
            Self::Vote { vote: Vote { phase: Phase::Commit, .. }, .. } => "commit",
            Self::Vote { .. } => "prepare",
            Self::PartialCertificate(_) => "partial certificate",
            Self::LateVotes(_) => "late votes",
            Self::Certificate(_) => "certificate",
            Self::ViewChange { .. } => "view change",
            Self::NewView { .. } => "new view",
            Self::FetchValue { .. } => "fetch value",
            Self::Value { .. } => "value",
            Self::FetchDecisions { .. } => "fetch decisions",
            Self::Decisions(_) => "decisions",
            Self::Status { .. } => "status",
        }
    }

    /// The digest that the signature covers; zero where it covers fields instead.
    fn digest(&self) -> Digest {
        match self.is_hashed() {
            true => hash::digest(tag::CONSENSUS_MESSAGE, &[&self.encode()]),
            false => Digest::default(),
        }
    }

    /// The signed statement, given the digest of the encoded body.
    fn statement(&self, digest: Digest) -> Statement {
        let (height, view) = self.height_and_view();
        match self {
            Self::Vote { vote, .. } => Statement::vote(height, *vote),
            Self::BatchVote { group, digest } => Statement::batch(*group, *digest),
            Self::ViewChange { change, .. } => change.statement(),
            _ => Statement { layer: 0, group: 0, kind: self.tag(), height, view, digest },
        }
    }

    /// Returns `true` if the signature covers the digest of the whole body.
    fn is_hashed(&self) -> bool {
        let by_fields =
            matches!(self, Self::Vote { .. } | Self::BatchVote { .. } | Self::ViewChange { .. });
        self.is_signed() && !by_fields
    }

    /// Returns `true` if the sender signs the message.
    fn is_signed(&self) -> bool {
        !matches!(self, Self::Request(_))
    }

    /// The height and view of the message; zero if it has none.
    pub(crate) fn height_and_view(&self) -> (u64, u64) {
        match self {
            Self::PrePrepare { height, .. }
            | Self::Value { height, .. }
            | Self::FetchValue { height, .. }
            | Self::FetchDecisions { height, .. }
            | Self::Status { height, .. } => (*height, 0),
            Self::Vote { height, vote } => (*height, vote.view),
            Self::NewView { height, view, .. } => (*height, *view),
            Self::PartialCertificate(c) | Self::LateVotes(c) | Self::Certificate(c) => {
                (c.height, c.view)
            }
            Self::ViewChange { change, .. } => (change.height, change.view),
            Self::Decisions(list) => (list.last().map_or(0, |d| d.certificate.height), 0),
            Self::Request(_)
            | Self::Batch(_)
            | Self::BatchVote { .. }
            | Self::CertifiedBatch { .. } => (0, 0),
        }
    }

    /// The requests of a request, batch or certified batch.
    pub(crate) fn requests(&self) -> &[Vec<u8>] {
        match self {
            Self::Request(request) => std::slice::from_ref(request),
            Self::Batch(requests) | Self::CertifiedBatch { requests, .. } => requests,
            _ => &[],
        }
    }

    /// The length of the parts whose length varies, for the accounting of memory.
    pub(crate) fn variable_bytes(&self) -> usize {
        let of_certificate = |c: &Certificate| c.signatures.len() * SIGNATURE;
        match self {
            Self::PrePrepare { value, .. } => value.len(),
            Self::NewView { value, proof, .. } => {
                let certificate = proof.certificate.as_ref().map_or(0, of_certificate);
                value.len() + certificate + proof.changes.len() * CHANGE
            }
            Self::PartialCertificate(c) | Self::LateVotes(c) | Self::Certificate(c) => {
                of_certificate(c)
            }
            Self::ViewChange { certificate, .. } => certificate.as_ref().map_or(0, of_certificate),
            Self::CertifiedBatch { requests, certificate } => {
                requests.iter().map(Vec::len).sum::<usize>() + of_certificate(certificate)
            }
            _ => 0,
        }
    }

    fn check_phase(self) -> Result<Self, DecodeError> {
        if matches!(self, Self::Vote { vote: Vote { phase: Phase::Batch, .. }, .. }) {
            return Err(DecodeError::Invalid(
                "a vote must be PREPARE or COMMIT; batch votes have their own message",
            ));
        }
        Ok(self)
    }
}
choice!(Body, "unknown message body: expected a tag from 16 to 31" {
    16 = Request(request: bytes(MAX_REQUEST)),
    17 = Batch(requests: byte_strings(MAX_REQUESTS, MAX_REQUEST)),
    18 = BatchVote { group, digest },
    19 = CertifiedBatch { requests: byte_strings(MAX_REQUESTS, MAX_REQUEST), certificate },
    20 = PrePrepare { height, value: bytes(MAX_VALUE) },
    21 = Vote { height, vote },
    22 = PartialCertificate(certificate),
    23 = Certificate(certificate),
    24 = ViewChange { change, certificate },
    25 = NewView { height, view, proof, value: bytes(MAX_VALUE) },
    26 = FetchValue { height, digest },
    27 = Value { height, value: bytes(MAX_VALUE) },
    28 = FetchDecisions { height, count },
    29 = Decisions(decisions: list(MAX_DECISIONS)),
    30 = Status { height, reply },
    31 = LateVotes(certificate),
} => Body::check_phase);

impl Message {
    /// Signs a body.
    pub fn sign(config: &Config, from: ReplicaId, key: &SigningKey, body: Body) -> Self {
        Self::sign_with(&Ed25519, config, from, key, body)
    }

    pub(crate) fn sign_with(
        scheme: &dyn Scheme,
        config: &Config,
        from: ReplicaId,
        key: &SigningKey,
        body: Body,
    ) -> Self {
        let signature = match body.is_signed() {
            true => body.statement(body.digest()).sign(scheme, config, key),
            false => UNSIGNED,
        };
        Self { from, signature, body }
    }

    /// Returns `true` if the sender is in the roster and signed the body.
    pub fn verify(&self, config: &Config) -> bool {
        self.verify_with(&Ed25519, config, &self.statement())
    }

    /// Verifies the signature on a statement that was computed before.
    pub(crate) fn verify_with(
        &self,
        scheme: &dyn Scheme,
        config: &Config,
        statement: &Statement,
    ) -> bool {
        match self.body.is_signed() {
            true => statement.verify(scheme, config, self.from, &self.signature),
            false => config.member(self.from).is_some() && self.signature == UNSIGNED,
        }
    }

    /// The signed statement. For most messages the whole body is encoded and hashed.
    pub fn statement(&self) -> Statement {
        self.body.statement(self.body.digest())
    }

    /// Decodes a message and computes its statement from the bytes at hand.
    pub(crate) fn from_bytes_with_statement(
        bytes: &[u8],
    ) -> Result<(Self, Statement), DecodeError> {
        let message = Self::from_bytes(bytes)?;
        let digest = match message.body.is_hashed() {
            // An encoding is canonical: the bytes after the signature are those of the body.
            true => hash::digest(tag::CONSENSUS_MESSAGE, &[&bytes[BODY_OFFSET..]]),
            false => Digest::default(),
        };
        let statement = message.body.statement(digest);
        Ok((message, statement))
    }
}

/// The signature of a message that is not signed.
const UNSIGNED: Signature = Signature::from_bytes([0; 64]);

/// The length of version, kind, sender and signature.
const BODY_OFFSET: usize = 68;

sequence!(Canonical for Message = ConsensusMessage { from, signature, body });
public_encoding!(Message);
