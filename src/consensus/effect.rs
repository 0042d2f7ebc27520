//! Inputs and effects of the replica state machine.
#![forbid(unsafe_code)]

use super::wire::{Certificate, CertificateError, Entry, Evidence, Message};
use super::{Rejection, ReplicaId, RequestId};
use thiserror::Error;

/// The timers of a replica. Setting a running timer replaces its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Ends a view that has not decided.
    View,
    /// Retransmits directly, bypassing the dissemination tree.
    Fallback,
    /// Relays overdue requests.
    Relay,
    /// Sends the late votes of a group.
    Collect,
    /// Gives up a batch for which votes are missing.
    Batch,
    /// Fetches missing decisions from the next peers.
    Sync,
    /// Compares heights with other members while nothing happens.
    Status,
}

/// An input of [`Replica::step`](super::Replica::step).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "an input is moved once, into a step")]
pub enum Input {
    /// A message arrived.
    Message {
        /// The member at the other end of the connection, which the driver has authenticated. It
        /// may differ from the signer: inner nodes of the tree forward messages.
        peer: ReplicaId,
        /// The message.
        message: Message,
    },
    /// A client submitted a request to this replica.
    Request(Vec<u8>),
    /// A timer expired.
    Timer(Timer),
}

/// An action that the driver must perform. Effects are performed in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Append an entry to the replica's log and make it durable before any later effect.
    Persist(Entry),
    /// Send a message.
    Send {
        /// The recipients; never the sender itself.
        to: Vec<ReplicaId>,
        /// The message.
        message: Message,
    },
    /// Set a timer.
    SetTimer {
        /// The timer.
        timer: Timer,
        /// The deadline in milliseconds of the driver's clock.
        at: u64,
    },
    /// Cancel a timer.
    CancelTimer(Timer),
    /// A value was decided and has been applied. Its clients may be answered.
    Deliver {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
        /// The commit certificate.
        certificate: Certificate,
    },
    /// A client's request was rejected, or was pending and is no longer admissible.
    Reject {
        /// The request.
        request: RequestId,
        /// The reason.
        reason: Rejection,
    },
    /// A message was discarded. This accuses nobody: anyone may have replayed or damaged it.
    Discard {
        /// The peer that delivered it.
        peer: ReplicaId,
        /// The reason.
        error: MessageError,
    },
    /// The proof that a member equivocated.
    Evidence(Evidence),
}

/// The reason why a replica discards a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The message is longer than any message of the configuration.
    #[error("the message has {found} bytes: the maximum is {limit}")]
    TooLong {
        /// The length of the message.
        found: usize,
        /// The maximum.
        limit: usize,
    },
    /// The bytes are not the encoding of a message.
    #[error("the message does not decode: {0}")]
    Decode(#[from] crate::error::DecodeError),
    /// The signer is not in the roster, or its signature does not verify.
    #[error("the message is not signed by a member of the roster")]
    Signature,
    /// A certificate does not verify.
    #[error("the certificate does not verify: {0}")]
    Certificate(#[from] CertificateError),
    /// A certificate's phase, group, height, view or digest does not match its message.
    #[error("phase, group, height, view or digest of the certificate do not match the message")]
    CertificateMismatch,
    /// The signer is not the leader, primary or group member that this message requires.
    #[error("the sender is not the leader, primary or group member from whom this message is due")]
    Unauthorised,
    /// The application or a size limit rejects the value or request.
    #[error("the value or request is rejected: {0}")]
    Rejected(Rejection),
    /// A request occurs twice in the value.
    #[error("the value contains a duplicate request")]
    DuplicateRequest,
    /// The requests of a value exceed the capacity.
    #[error("the requests of the value exceed the capacity of the configuration")]
    Capacity,
    /// The leader signed a second, different proposal for the same view.
    #[error("the leader equivocates: it proposed two values in one view")]
    Equivocation,
    /// The view changes of a new view are not those of a quorum of distinct members for its view,
    /// in ascending order of their ids.
    #[error("the new view does not contain the view changes of a quorum for its view")]
    NewViewProof,
    /// A new view proposes a value other than the one that its view changes require.
    #[error("the new view does not propose the value of the highest prepare certificate")]
    ValueNotPrepared,
    /// The view of a vote is above the window of the current view, or the view of a view change is
    /// 0 or above the maximum.
    #[error("the view is 0, above 2^40 or more than 16 above the current view")]
    TooFarAhead,
    /// The pool's share of the peer or payer is used up.
    #[error("the share of this peer or payer in the pool is used up until requests are decided")]
    PoolFull,
    /// The peer has used up its answers for now.
    #[error("the peer has used up its answers of this fallback delay")]
    Busy,
    /// The message is outdated, more than one height ahead, not requested, or the replica's own.
    /// Replicas do not report it.
    #[error("the message is outdated, premature or not requested")]
    Stale,
}
