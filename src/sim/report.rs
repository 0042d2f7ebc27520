//! Results of the simulator.
#![forbid(unsafe_code)]

use crate::consensus::{MessageError, ReplicaId, RequestId};
use thiserror::Error;

/// A number of messages and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The number of messages.
    pub messages: u64,
    /// The total length of their encodings.
    pub bytes: u64,
}

impl Traffic {
    /// Adds messages of equal length.
    pub(super) fn add(&mut self, messages: usize, length: usize) {
        self.messages += messages as u64;
        self.bytes += (messages * length) as u64;
    }
}

/// A message that a replica discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// The recipient.
    pub at: ReplicaId,
    /// The peer that delivered it.
    pub peer: ReplicaId,
    /// The reason.
    pub error: MessageError,
}

/// A request that every honest replica has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The request.
    pub request: RequestId,
    /// The height at which it was decided.
    pub height: u64,
    /// The view in which it was committed.
    pub view: u64,
    /// The virtual time from submission until the last honest replica applied it.
    pub virtual_ms: u64,
    /// The number of messages sent in that time.
    pub messages: u64,
    /// The number of bytes sent in that time.
    pub bytes: u64,
}

/// The reason why a request was not committed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommitError {
    /// The replica rejects the request.
    #[error("replica {at} rejects the request: {reason}")]
    Rejected {
        /// The replica.
        at: ReplicaId,
        /// The reason.
        reason: String,
    },
    /// Too few replicas are honest and reachable, or the replica that received it is faulty.
    #[error(
        "after {waited_ms} ms, {applied} of {honest} honest replicas have applied the request \
         ({faulty} faulty replicas, {tolerated} tolerated)"
    )]
    Timeout {
        /// The virtual time waited, in milliseconds.
        waited_ms: u64,
        /// The number of honest replicas that have applied it.
        applied: usize,
        /// The number of honest replicas.
        honest: usize,
        /// The number of faulty replicas.
        faulty: usize,
        /// The number `F` of faulty replicas tolerated.
        tolerated: usize,
    },
}
