//! What a network is told and what it tells.
#![forbid(unsafe_code)]

use crate::consensus::{ReplicaId, RequestId};
use std::ops::RangeInclusive;
use thiserror::Error;

/// What happens to a message between two replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its delay in milliseconds, drawn evenly.
    pub delay: RangeInclusive<u64>,
    /// How many of a thousand are lost.
    pub loss: u32,
    /// How many of a thousand arrive twice.
    pub duplicates: u32,
}

impl Default for Link {
    fn default() -> Self {
        Self { delay: 1..=20, loss: 0, duplicates: 0 }
    }
}

/// Messages and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many were sent.
    pub messages: u64,
    /// Their encodings' length.
    pub bytes: u64,
}

/// A request that every honest replica has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The request.
    pub request: RequestId,
    /// The height of its value.
    pub height: u64,
    /// The view in which that was committed.
    pub view: u64,
    /// From submission to the last honest replica.
    pub virtual_ms: u64,
    /// Messages sent meanwhile.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why a request was not committed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommitError {
    /// The replica it was submitted to refuses it.
    #[error("replica {at} refuses the request: {reason}")]
    Rejected {
        /// The replica.
        at: ReplicaId,
        /// Its reason.
        reason: String,
    },
    /// Too few replicas answer, or the one it was submitted to is faulty.
    #[error(
        "after {waited_ms} ms, {applied} of {honest} honest replicas have applied the request \
         ({faulty} faulty replicas, {tolerated} tolerated)"
    )]
    OutOfTime {
        /// Virtual milliseconds.
        waited_ms: u64,
        /// The honest replicas that have applied it.
        applied: usize,
        /// The honest replicas.
        honest: usize,
        /// The others.
        faulty: usize,
        /// `F`.
        tolerated: usize,
    },
}
