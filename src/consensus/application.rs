//! The replicated application. Consensus treats requests and values as opaque bytes.
#![forbid(unsafe_code)]

use super::certificate::Certificate;
use super::config::Config;
use super::{Digest, ReplicaId, RequestId};
use crate::algebra::{hash, tag};
use thiserror::Error;

/// The human-readable reason why a request or value is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Rejection(pub String);

impl Rejection {
    /// Creates a rejection from its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Returns the identifier of a request: the digest of its bytes.
pub fn request_id(request: &[u8]) -> RequestId {
    hash::digest(tag::CONSENSUS_REQUEST, &[request])
}

/// The context in which a leader builds a value.
///
/// The value and its digest may depend on all of it: a value that is proposed again in a later view
/// keeps its bytes.
#[derive(Debug, Clone, Copy)]
pub struct ProposalContext<'a> {
    /// The height to be decided, from 1.
    pub height: u64,
    /// The view in which the value is first proposed.
    pub view: u64,
    /// The leader of that view.
    pub leader: ReplicaId,
    /// The digest decided at the previous height; at height 1 the configuration's digest.
    pub parent: Digest,
    /// The leader's commit certificate for the previous height; `None` at height 1.
    pub parent_certificate: Option<&'a Certificate>,
    /// The leader's clock in milliseconds.
    pub time: u64,
    /// The configuration: chain, epoch, digest, roster.
    pub config: &'a Config,
}

/// The context in which a member verifies a value.
#[derive(Debug, Clone, Copy)]
pub struct VerifyContext<'a> {
    /// The height to be decided.
    pub height: u64,
    /// The digest decided at the previous height.
    pub parent: Digest,
    /// The configuration.
    pub config: &'a Config,
    /// The expected header of a value that is proposed for the first time.
    ///
    /// `None` for a value that a quorum has prepared: its view, leader and time are those of its
    /// first proposal and are not compared with the current ones.
    pub first: Option<FirstProposal>,
}

/// The view, leader and time of a first proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstProposal {
    /// The view.
    pub view: u64,
    /// Its leader.
    pub leader: ReplicaId,
    /// The verifying member's clock in milliseconds.
    pub clock: u64,
}

/// A deterministic replicated application. Only [`Application::apply`] changes its state.
///
/// `check_request`, `propose`, `verify`, `digest` and `requests` must be pure functions of state
/// and arguments, without clock or randomness, with the same result on every replica.
pub trait Application {
    /// Checks that a request may enter the pool. Requests that stay undelivered are checked again.
    ///
    /// # Errors
    /// The reason for the rejection.
    fn check_request(&self, request: &[u8]) -> Result<(), Rejection>;

    /// Builds a value from the requests. The list is empty if a new leader has no pending request.
    ///
    /// A request that passes `check_request` and is never included causes view changes.
    fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8>;

    /// Verifies a value completely, by executing it against the current state.
    ///
    /// # Errors
    /// The rule that the value violates.
    fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Rejection>;

    /// Returns the digest that votes cover. It must be collision resistant and bind the parent.
    ///
    /// # Errors
    /// The value does not decode.
    fn digest(&self, value: &[u8]) -> Result<Digest, Rejection>;

    /// Returns the [`request_id`]s of the requests in a value.
    fn requests(&self, value: &[u8]) -> Vec<RequestId>;

    /// Executes a decided value. Called once per height, in order and without gaps.
    fn apply(&mut self, height: u64, value: &[u8], certificate: &Certificate);
}
