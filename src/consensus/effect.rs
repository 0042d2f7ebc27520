//! What goes into a replica and what comes out.
#![forbid(unsafe_code)]

use super::message::Message;
use super::quorum::{Certificate, CertificateError};
use super::{Refusal, ReplicaId, RequestId};
use thiserror::Error;

/// The three timers of a replica; setting one again moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The view is over.
    View,
    /// Nothing has moved: send again, and directly.
    Fallback,
    /// A request is overdue: pass it to everyone.
    Relay,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A message arrived.
    Message(Message),
    /// A client asks this replica.
    Request(Vec<u8>),
    /// A timer that was set has run out.
    Timer(Timer),
}

/// What the driver must do, in this order. A driver that persists does so between a step and its
/// first `Send`: what the replica's state holds after the step is what must survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send to each.
    Send {
        /// The receivers, never the sender itself.
        to: Vec<ReplicaId>,
        /// The message.
        message: Message,
    },
    /// Call back at this time.
    SetTimer {
        /// Which timer.
        timer: Timer,
        /// When, in the driver's milliseconds.
        at: u64,
    },
    /// Do not.
    CancelTimer(Timer),
    /// The value of a height is final and has been applied.
    Deliver {
        /// The height.
        height: u64,
        /// The value.
        value: Vec<u8>,
        /// The proof.
        certificate: Certificate,
    },
    /// A client's request is not admitted.
    Reject {
        /// The request.
        request: RequestId,
        /// The reason.
        reason: Refusal,
    },
    /// A message was dropped, and only it.
    Refuse {
        /// Who signed it, or claims to.
        from: ReplicaId,
        /// Why.
        fault: Fault,
    },
}

/// Why a message is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The sender's signature does not verify, or it is in no roster.
    #[error("the message is not signed by a member")]
    Signature,
    /// Something a quorum should have signed.
    #[error("the certificate proves nothing: {0}")]
    Certificate(#[from] CertificateError),
    /// A certificate of a phase, group or digest that does not belong there.
    #[error("the certificate is not about this")]
    Mismatch,
    /// A proposal by someone who does not lead, a batch by someone who is no primary.
    #[error("the sender has no such role in this view")]
    Role,
    /// The value is refused by the application.
    #[error("the value is refused: {0}")]
    Value(Refusal),
    /// The value repeats a request, within itself or of an earlier height.
    #[error("the value repeats a request")]
    Repeated,
    /// A second, different proposal for the same view.
    #[error("the leader proposes two values")]
    Equivocation,
    /// A new view without a quorum of valid view changes for it.
    #[error("the new view lacks a quorum of view changes")]
    NoQuorum,
    /// A new view whose value is not the one that its view changes require.
    #[error("the new view proposes another value than the prepared one")]
    WrongValue,
    /// A view too far ahead to be kept.
    #[error("the view or height is too far ahead")]
    TooFar,
    /// A buffer is full.
    #[error("there is no room for more of this sender's messages")]
    Full,
    /// Of a height or view that is over, or not asked for: nobody's fault, and not reported.
    #[error("the message is outdated")]
    Stale,
}
