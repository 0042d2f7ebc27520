//! The replicated application. Consensus treats requests and values as opaque bytes.
#![forbid(unsafe_code)]

use super::config::Config;
use super::wire::{Certificate, Decision, Entry};
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
    /// first proposal and are not compared with the current ones. Also `None` for a value that this
    /// replica proposes, whose time may be ahead of its clock.
    pub first: Option<FirstProposal>,
}

/// The values with which the header of a first proposal is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstProposal {
    /// The view.
    pub view: u64,
    /// Its leader.
    pub leader: ReplicaId,
    /// The verifying member's clock in milliseconds.
    pub clock: u64,
}

/// The price of a request: what it costs every voter, and the party that is charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// The cost in units of one signature verification. The capacity bounds the sum of a value.
    pub cost: u32,
    /// A digest that identifies the payer; `None` if the application does not distinguish payers.
    pub payer: Option<Digest>,
}

/// The checks that do not depend on the state, which worker threads perform.
///
/// All functions are pure, and equal on every replica.
pub trait Format: Clone + Send + Sync + 'static {
    /// A decoded request.
    type Request: Clone + Send + 'static;
    /// A decoded value. [`Application::verify`] may store results for [`Application::apply`] in it.
    /// They may be absent then: a value that is not the last one verified, or that is restored, is
    /// decoded again.
    type Value: Clone + Send + 'static;

    /// Decodes a request, without verifying signatures.
    ///
    /// # Errors
    /// The request does not decode.
    fn decode_request(&self, request: &[u8]) -> Result<Self::Request, Rejection>;

    /// Returns the price of a request.
    fn price(&self, request: &Self::Request) -> Price;

    /// Verifies the signatures of a request in a configuration. A replica remembers recent
    /// successes and does not repeat them.
    ///
    /// # Errors
    /// The reason for the rejection.
    fn verify_request(&self, config: &Config, request: &Self::Request) -> Result<(), Rejection>;

    /// Decodes a value with its requests. Returns the digest that votes cover: it must be collision
    /// resistant and bind the parent.
    ///
    /// # Errors
    /// The value does not decode.
    fn decode(&self, value: &[u8]) -> Result<(Digest, Self::Value), Rejection>;

    /// Returns the requests in a value, in order, each with its bytes.
    fn requests<'a>(&self, value: &'a Self::Value) -> Vec<(&'a [u8], &'a Self::Request)>;

    /// Returns the commit certificate of the parent, if a value contains it. A replica verifies it
    /// before [`Application::verify`], unless a certificate proves that a quorum accepted the
    /// value.
    fn parent_certificate<'a>(&self, _: &'a Self::Value) -> Option<&'a Certificate> {
        None
    }
}

/// A deterministic replicated application with its decided values. Only [`Application::apply`]
/// changes its state.
///
/// A request is identified by its bytes, and applied at most once: requests that may have equal
/// content contain a nonce.
///
/// `admit`, `propose` and `verify` must be pure functions of state and arguments, without clock or
/// randomness, with the same result on every replica.
pub trait Application {
    /// The checks that do not depend on the state.
    type Format: Format;

    /// Returns these checks.
    fn format(&self) -> Self::Format;

    /// Checks a request against the state, before its signatures: it may enter the pool and a
    /// value. Must reject a request that was applied before, and a payer that is unknown.
    ///
    /// # Errors
    /// The reason for the rejection.
    fn admit(&self, request: &<Self::Format as Format>::Request) -> Result<(), Rejection>;

    /// Builds a value from admitted requests within the capacity, each with its bytes. The list is
    /// empty if a new leader has no pending request.
    ///
    /// A request that `admit` accepts and that is never included causes view changes.
    fn propose(
        &self,
        context: &ProposalContext<'_>,
        requests: &[(&[u8], <Self::Format as Format>::Request)],
    ) -> Vec<u8>;

    /// Verifies a value by executing it against the current state. This replica has verified the
    /// signatures of its requests and its parent certificate, or a certificate proves that a quorum
    /// accepted the value, so that honest members have done so. Must reject a value that contains a
    /// request that was applied before.
    ///
    /// # Errors
    /// The rule that the value violates.
    fn verify(
        &self,
        context: &VerifyContext<'_>,
        value: &mut <Self::Format as Format>::Value,
    ) -> Result<(), Rejection>;

    /// Returns the height and digest of the last decided value that was executed; `None` before the
    /// first.
    fn tip(&self) -> Option<(u64, Digest)>;

    /// Returns a decision that was executed, as [`Application::apply`] received it. Other members
    /// fetch it.
    fn decision(&self, height: u64) -> Option<Decision>;

    /// Executes a decided value. Called once per height, in order and without gaps. The value has
    /// passed `verify` in this state, unless a commit certificate of other members proves that it
    /// would.
    fn apply(&mut self, height: u64, value: <Self::Format as Format>::Value, decision: &Decision);

    /// Returns `false` if this member may have signed statements in an epoch that its entries do
    /// not contain, for example because its storage was restored from a backup. The replica then
    /// signs no proposal, vote or view change, and follows the decisions of the others. It counts
    /// as faulty.
    fn may_sign(&self, _epoch: u64) -> bool {
        true
    }

    /// Makes durable, all or nothing, what [`Application::apply`] has changed since the last call,
    /// and the entries of a step: the value of an [`Entry::Decision`] is among the changes, and the
    /// entries before it are no longer needed.
    ///
    /// An application in memory stores nothing. It is rebuilt by the entries that the driver keeps.
    ///
    /// # Errors
    /// The storage has failed, now or in an earlier function of this trait, whose result is then
    /// arbitrary. The driver performs no effect of the step, and stops.
    fn persist(&mut self, _entries: &[&Entry]) -> Result<(), PersistError> {
        Ok(())
    }

    /// Returns what a restarted process finds: the application with all durable changes, and the
    /// durable entries since. `None` for an application in memory.
    ///
    /// # Errors
    /// The storage cannot be read.
    fn recover(&self) -> Result<Option<(Self, Vec<Entry>)>, PersistError>
    where
        Self: Sized,
    {
        Ok(None)
    }
}

/// The reason why a replica cannot store its entries. It must stop.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct PersistError(pub String);
