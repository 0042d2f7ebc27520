//! The application behind the agreement: it knows what values mean, consensus does not.
#![forbid(unsafe_code)]

use super::config::Config;
use super::quorum::Certificate;
use super::{Digest, ReplicaId, RequestId};
use crate::algebra::{hash, tag};
use thiserror::Error;

/// Why the application refuses a request or a value, for people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    /// A refusal with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The name of a request: the digest of its bytes.
pub fn request_id(request: &[u8]) -> RequestId {
    hash::digest(tag::CONSENSUS_REQUEST, &[request])
}

/// What a leader knows when it makes a value. All of it may go into the value and its digest: a
/// value that is proposed again in a later view keeps its bytes.
#[derive(Debug, Clone, Copy)]
pub struct ProposalContext<'a> {
    /// The height to be decided, from 1.
    pub height: u64,
    /// The view of this first proposal.
    pub view: u64,
    /// The leader of this first proposal.
    pub leader: ReplicaId,
    /// The digest decided at the height before; at height 1 the configuration's digest.
    pub parent: Digest,
    /// The commit certificate of the height before, as the leader holds it; none at height 1.
    pub parent_certificate: Option<&'a Certificate>,
    /// The leader's clock in milliseconds.
    pub time: u64,
    /// The configuration: chain, epoch, digest, roster.
    pub config: &'a Config,
}

/// What a member knows when it checks a value.
#[derive(Debug, Clone, Copy)]
pub struct VerifyContext<'a> {
    /// The height to be decided.
    pub height: u64,
    /// The digest decided at the height before.
    pub parent: Digest,
    /// The configuration.
    pub config: &'a Config,
    /// For a value proposed for the first time, what its header must say. None for one that a
    /// quorum has already prepared: then view, leader and time come from the value alone, so
    /// that an old value is not refused for its old time.
    pub first: Option<FirstProposal>,
}

/// What is true of a value proposed for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstProposal {
    /// The view.
    pub view: u64,
    /// Its leader.
    pub leader: ReplicaId,
    /// The checking member's clock in milliseconds.
    pub clock: u64,
}

/// The replicated application. Everything but [`Application::apply`] leaves the state as it is.
///
/// Between two heights, `check_request`, `propose`, `verify`, `digest` and `requests` must be
/// functions of state and arguments alone: no clock, no randomness, the same on every replica.
pub trait Application {
    /// Whether a request may enter the pool. Called again for requests that stay undelivered.
    ///
    /// # Errors
    /// Why not.
    fn check_request(&self, request: &[u8]) -> Result<(), Refusal>;

    /// Makes a value of these requests, or of none: a new leader without work proposes an empty
    /// value. A request that passed `check_request` and is left out for ever ends views.
    fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8>;

    /// Checks every byte of a value by executing it against the current state.
    ///
    /// # Errors
    /// The rule that it breaks.
    fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Refusal>;

    /// What the votes are on. Different values must have different digests, and the parent must
    /// be under it.
    ///
    /// # Errors
    /// If the bytes are not a value.
    fn digest(&self, value: &[u8]) -> Result<Digest, Refusal>;

    /// The [`request_id`]s of the requests in a value.
    fn requests(&self, value: &[u8]) -> Vec<RequestId>;

    /// Executes a decided value. Heights come without gaps, each once.
    fn apply(&mut self, height: u64, value: &[u8], certificate: &Certificate);
}
