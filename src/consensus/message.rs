//! What replicas say to each other, and its one encoding.
//!
//! ```text
//! version u8 | kind u8 | from u16 | signature 64 | body tag u8 | body
//! ```
//! The signature covers the configuration's digest and a statement: for a vote the vote itself,
//! for a `ViewChange` its certificate without the value it carries along, for everything else the
//! hash of the body.
#![forbid(unsafe_code)]

use super::claim::{Decision, SignedViewChange, ViewChange};
use super::config::{Config, MAX_MEMBERS};
use super::quorum::{Certificate, Phase, Statement, Verifier};
use super::{Digest, ReplicaId};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{hash, tag};
use crate::error::DecodeError;
use crate::sign::{Signature, SigningKey};

/// The most bytes of a value.
pub const MAX_VALUE: usize = 4 << 20;
/// The most bytes of a request.
pub const MAX_REQUEST: usize = 1 << 20;
/// The most requests of a batch or a block.
pub const MAX_REQUESTS: usize = 512;
/// The most decisions of one answer to a laggard.
pub const MAX_DECISIONS: usize = 16;

/// A signed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who signed it; who delivers it may be another (trees forward).
    pub from: ReplicaId,
    /// Over the configuration's digest and the body's statement.
    pub signature: Signature,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A client's request on its way to a primary, or relayed to all.
    Request(Vec<u8>),
    /// Layer 1: a group's primary asks its members to hold these requests.
    Batch {
        /// The primary's own counter.
        sequence: u64,
        /// The requests.
        requests: Vec<Vec<u8>>,
    },
    /// Layer 1: a member holds them.
    BatchVote {
        /// The group.
        group: u16,
        /// The batch's number.
        sequence: u64,
        /// The batch's digest.
        digest: Digest,
    },
    /// Layer 1: the requests and `q_i` votes, for the leader.
    CertifiedBatch {
        /// The requests.
        requests: Vec<Vec<u8>>,
        /// The votes.
        certificate: Certificate,
    },
    /// The leader's value for a height, in view 0.
    Propose {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
    },
    /// PREPARE or COMMIT.
    Vote {
        /// Which of the two.
        phase: Phase,
        /// The height.
        height: u64,
        /// The view in which the vote is cast, whatever view the value was first proposed in.
        view: u64,
        /// The value's digest.
        digest: Digest,
    },
    /// A group's votes, collected by its primary.
    Partial(Certificate),
    /// A quorum's votes.
    Certificate(Certificate),
    /// A member leaves the view; with it travels the value that its certificate names.
    ViewChange {
        /// The signed part.
        change: ViewChange,
        /// The certificate's value.
        value: Option<Vec<u8>>,
    },
    /// The new leader's proof, and the value it must or may propose.
    NewView {
        /// The height.
        height: u64,
        /// The view.
        view: u64,
        /// A quorum's view changes, ascending by sender.
        changes: Vec<SignedViewChange>,
        /// The value.
        value: Vec<u8>,
    },
    /// Asks for a value that a certificate names.
    Pull {
        /// The height.
        height: u64,
        /// The value's digest.
        digest: Digest,
    },
    /// The value asked for.
    Value {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
    },
    /// Asks for what was decided from this height on.
    CatchUp {
        /// The first height the sender lacks.
        height: u64,
    },
    /// Consecutive decisions.
    Decided(Vec<Decision>),
}

impl Body {
    /// The tag byte, and from 16 the statement's kind.
    fn tag(&self) -> u8 {
        match self {
            Self::Request(_) => 16,
            Self::Batch { .. } => 17,
            Self::BatchVote { .. } => 18,
            Self::CertifiedBatch { .. } => 19,
            Self::Propose { .. } => 20,
            Self::Vote { .. } => 21,
            Self::Partial(_) => 22,
            Self::Certificate(_) => 23,
            Self::ViewChange { .. } => 24,
            Self::NewView { .. } => 25,
            Self::Pull { .. } => 26,
            Self::Value { .. } => 27,
            Self::CatchUp { .. } => 28,
            Self::Decided(_) => 29,
        }
    }

    /// The kind's name, for counters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Batch { .. } => "batch",
            Self::BatchVote { .. } => "batch vote",
            Self::CertifiedBatch { .. } => "certified batch",
            Self::Propose { .. } => "propose",
            Self::Vote { phase: Phase::Commit, .. } => "commit",
            Self::Vote { .. } => "prepare",
            Self::Partial(_) => "partial",
            Self::Certificate(_) => "certificate",
            Self::ViewChange { .. } => "view change",
            Self::NewView { .. } => "new view",
            Self::Pull { .. } => "pull",
            Self::Value { .. } => "value",
            Self::CatchUp { .. } => "catch up",
            Self::Decided(_) => "decided",
        }
    }

    fn statement(&self) -> Statement {
        let (height, view) = self.slot();
        match self {
            Self::Vote { phase, digest, .. } => Statement::vote(*phase, 0, height, view, *digest),
            Self::BatchVote { group, sequence, digest } => {
                Statement::vote(Phase::Batch, *group, *sequence, 0, *digest)
            }
            Self::ViewChange { change, .. } => change.statement(),
            _ => {
                let mut w = Writer::default();
                self.write(&mut w);
                let digest = hash::digest(tag::CONSENSUS_MESSAGE, &[&w.finish()]);
                Statement { layer: 0, group: 0, kind: self.tag(), height, view, digest }
            }
        }
    }

    /// The height and view it belongs to; zero where it belongs to none.
    pub(super) fn slot(&self) -> (u64, u64) {
        match self {
            Self::Propose { height, .. } | Self::Value { height, .. } => (*height, 0),
            Self::Pull { height, .. } | Self::CatchUp { height } => (*height, 0),
            Self::Vote { height, view, .. } | Self::NewView { height, view, .. } => {
                (*height, *view)
            }
            Self::Partial(c) | Self::Certificate(c) => (c.height, c.view),
            Self::ViewChange { change, .. } => (change.height, change.view),
            Self::Decided(list) => (list.last().map_or(0, |d| d.certificate.height), 0),
            _ => (0, 0),
        }
    }

    /// The bytes of values it carries, for bounding buffers.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Propose { value, .. } | Self::NewView { value, .. } => value.len(),
            Self::ViewChange { value, .. } => value.as_ref().map_or(0, Vec::len),
            _ => 0,
        }
    }

    fn write(&self, w: &mut Writer) {
        w.u8(self.tag());
        match self {
            Self::Request(request) => w.bytes(request),
            Self::Batch { sequence, requests } => {
                w.u64(*sequence);
                w.list(requests, |w, request| w.bytes(request));
            }
            Self::BatchVote { group, sequence, digest } => {
                w.u16(*group);
                w.u64(*sequence);
                w.fixed(digest);
            }
            Self::CertifiedBatch { requests, certificate } => {
                w.list(requests, |w, request| w.bytes(request));
                certificate.write(w);
            }
            Self::Propose { height, value } | Self::Value { height, value } => {
                w.u64(*height);
                w.bytes(value);
            }
            Self::Vote { phase, height, view, digest } => {
                w.u8(*phase as u8);
                w.u64(*height);
                w.u64(*view);
                w.fixed(digest);
            }
            Self::Partial(certificate) | Self::Certificate(certificate) => certificate.write(w),
            Self::ViewChange { change, value } => {
                change.write(w);
                w.option(value.as_ref(), |w, value| w.bytes(value));
            }
            Self::NewView { height, view, changes, value } => {
                w.u64(*height);
                w.u64(*view);
                w.list(changes, |w, change| change.write(w));
                w.bytes(value);
            }
            Self::Pull { height, digest } => {
                w.u64(*height);
                w.fixed(digest);
            }
            Self::CatchUp { height } => w.u64(*height),
            Self::Decided(decisions) => w.list(decisions, |w, decision| {
                w.bytes(&decision.value);
                decision.certificate.write(w);
            }),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let requests =
            |r: &mut Reader<'_>| r.list(MAX_REQUESTS, |r| r.bytes(MAX_REQUEST).map(<[u8]>::to_vec));
        let value = |r: &mut Reader<'_>| r.bytes(MAX_VALUE).map(<[u8]>::to_vec);
        Ok(match r.u8()? {
            16 => Self::Request(r.bytes(MAX_REQUEST)?.to_vec()),
            17 => Self::Batch { sequence: r.u64()?, requests: requests(r)? },
            18 => Self::BatchVote { group: r.u16()?, sequence: r.u64()?, digest: r.fixed()? },
            19 => {
                Self::CertifiedBatch { requests: requests(r)?, certificate: Certificate::read(r)? }
            }
            20 => Self::Propose { height: r.u64()?, value: value(r)? },
            21 => Self::Vote {
                phase: layer_two(Phase::read(r)?)?,
                height: r.u64()?,
                view: r.u64()?,
                digest: r.fixed()?,
            },
            22 => Self::Partial(Certificate::read(r)?),
            23 => Self::Certificate(Certificate::read(r)?),
            24 => Self::ViewChange { change: ViewChange::read(r)?, value: r.option(value)? },
            25 => Self::NewView {
                height: r.u64()?,
                view: r.u64()?,
                changes: r.list(MAX_MEMBERS, SignedViewChange::read)?,
                value: value(r)?,
            },
            26 => Self::Pull { height: r.u64()?, digest: r.fixed()? },
            27 => Self::Value { height: r.u64()?, value: value(r)? },
            28 => Self::CatchUp { height: r.u64()? },
            29 => Self::Decided(r.list(MAX_DECISIONS, |r| {
                Ok(Decision { value: value(r)?, certificate: Certificate::read(r)? })
            })?),
            _ => return Err(DecodeError::Invalid("the message's body is unknown")),
        })
    }
}

fn layer_two(phase: Phase) -> Result<Phase, DecodeError> {
    if phase == Phase::Batch {
        Err(DecodeError::Invalid("the vote is of layer 1"))
    } else {
        Ok(phase)
    }
}

impl Message {
    /// Signs a body.
    pub fn sign(config: &Config, from: ReplicaId, key: &SigningKey, body: Body) -> Self {
        Self { from, signature: body.statement().sign(config, key), body }
    }

    /// Whether a member of the roster signed this body.
    pub fn verify(&self, config: &Config, verifier: &dyn Verifier) -> bool {
        self.body.statement().verify(config, verifier, self.from, &self.signature)
    }
}

impl Canonical for Message {
    const KIND: Kind = Kind::ConsensusMessage;

    fn write(&self, w: &mut Writer) {
        w.u16(self.from);
        self.signature.write(w);
        self.body.write(w);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { from: r.u16()?, signature: Signature::read(r)?, body: Body::read(r)? })
    }
}
public_encoding!(Message);
