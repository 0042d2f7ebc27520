//! The observable events of a simulation.
#![forbid(unsafe_code)]

use super::partition::Endpoint;
use crate::consensus::{Digest, Evidence, ReplicaId};

/// An event with its virtual time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Virtual time in milliseconds.
    pub time: u64,
    /// The event.
    pub event: Observed,
}

/// An observable event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// A replica sent a message.
    Sent {
        /// The sender.
        from: ReplicaId,
        /// The recipient.
        to: ReplicaId,
        /// The name of the message kind.
        kind: &'static str,
        /// The length of the encoding.
        bytes: usize,
        /// The times of arrival: none if the message is lost.
        arrivals: Vec<u64>,
    },
    /// The first honest replica delivered the value of a height.
    Decided {
        /// The height.
        height: u64,
        /// The view in which it was committed.
        view: u64,
        /// The digest of the value.
        digest: Digest,
        /// The time at which a client submitted each request of the value, in milliseconds; `None`
        /// if the replica that received the request crashed or is faulty.
        submitted: Vec<Option<u64>>,
    },
    /// The replica to which a client submitted a request delivered it: the client has its reply.
    Replied {
        /// The replica.
        at: ReplicaId,
        /// The height of the request.
        height: u64,
        /// The time of submission in milliseconds.
        submitted: u64,
    },
    /// A replica crashed.
    Crashed(Endpoint),
    /// A replica was rebuilt from its durable entries.
    Restarted(Endpoint),
    /// The partition of the network changed.
    Partitioned,
    /// The links are reliable from now on.
    Stabilised,
    /// A replica proved that a member equivocated.
    Evidence {
        /// The replica that found the proof.
        reporter: ReplicaId,
        /// The proof, which names the culprit as its signer.
        evidence: Box<Evidence>,
    },
}
