//! Inputs and effects of the replica state machine.
#![forbid(unsafe_code)]

use super::certificate::{Certificate, CertificateError};
use super::message::Message;
use super::{Rejection, ReplicaId, RequestId};
use thiserror::Error;

/// The timers of a replica. Setting a running timer replaces its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Ends a view that has not decided.
    View,
    /// Retransmits directly, bypassing the dissemination tree.
    Fallback,
    /// Relays overdue requests to all members.
    Relay,
}

/// An input of [`Replica::step`](super::Replica::step).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A message arrived.
    Message(Message),
    /// A client submitted a request to this replica.
    Request(Vec<u8>),
    /// A timer expired.
    Timer(Timer),
}

/// An action that the driver must perform. Effects are performed in order.
///
/// A replica's state has no encoding, so a driver cannot persist it before it sends: a replica that
/// restarts counts as faulty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
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
    /// A value was decided and has been applied.
    Deliver {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
        /// The commit certificate.
        certificate: Certificate,
    },
    /// A client's request was rejected.
    Reject {
        /// The request.
        request: RequestId,
        /// The reason.
        reason: Rejection,
    },
    /// A message was discarded. Other messages of its sender are unaffected.
    Discard {
        /// The purported signer.
        from: ReplicaId,
        /// The reason.
        error: MessageError,
    },
}

/// The reason why a replica discards a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The signer is not in the roster, or its signature does not verify.
    #[error("the message is not signed by a member of the roster")]
    Signature,
    /// A certificate does not verify.
    #[error("the certificate does not verify: {0}")]
    Certificate(#[from] CertificateError),
    /// A certificate's phase, group, height, view or digest does not match its message.
    #[error("the certificate does not belong to this message")]
    CertificateMismatch,
    /// The signer is not the leader, primary or group member that this message requires.
    #[error("the sender is not authorised to send this message in this view")]
    Unauthorised,
    /// The application or a size limit rejects the value or request.
    #[error("the value or request is rejected: {0}")]
    Rejected(Rejection),
    /// A request occurs twice in the value, or was delivered before.
    #[error("the value contains a duplicate request")]
    DuplicateRequest,
    /// The leader signed a second, different proposal for the same view.
    #[error("the leader equivocates: it proposed two values in one view")]
    Equivocation,
    /// A new view lacks a quorum of valid view changes for its view.
    #[error("the new view is not supported by a quorum of valid view changes")]
    NewViewBelowQuorum,
    /// A new view proposes a value other than the one that its view changes require.
    #[error("the new view does not propose the value of the highest prepare certificate")]
    ValueNotPrepared,
    /// The view of a vote is above the window of the current view, or the view of a view change is
    /// 0 or above the maximum.
    #[error("the view is 0 or too far ahead")]
    TooFarAhead,
    /// The sender has exhausted its share of a buffer.
    #[error("the buffer for messages of this sender is full")]
    BufferFull,
    /// The message is outdated, more than one height ahead, not requested, or the replica's own.
    /// Replicas do not report it.
    #[error("the message is outdated, premature or not requested")]
    Stale,
}
