//! A minimal application: an append-only list of requests.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Codec, Reader, sequence};
use crate::algebra::{hash, tag};
use crate::consensus::message::{MAX_REQUEST, MAX_REQUESTS};
use crate::consensus::{
    Application, Certificate, Digest, ProposalContext, Rejection, ReplicaId, RequestId,
    VerifyContext, request_id,
};

/// The maximum lead of a value's time over a member's clock, in milliseconds.
const MAX_AHEAD: u64 = 10_000;

/// The delivered requests in order. Empty requests are rejected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    requests: Vec<Vec<u8>>,
    time: u64,
}

impl Journal {
    /// The delivered requests in order.
    pub fn requests(&self) -> &[Vec<u8>] {
        &self.requests
    }
}

/// The value of one height. Its digest binds the parent, and view and leader of the first proposal.
/// A value that is proposed again keeps its bytes.
struct Value {
    height: u64,
    view: u64,
    leader: ReplicaId,
    parent: Digest,
    time: u64,
    requests: Vec<Vec<u8>>,
}

sequence!(Codec for Value {
    height, view, leader, parent, time, requests: byte_strings(MAX_REQUESTS, MAX_REQUEST),
});

impl Value {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Rejection> {
        let mut r = Reader::new(bytes);
        let value = Self::read(&mut r).and_then(|value| r.end().map(|()| value));
        value.map_err(|error| Rejection::new(error.to_string()))
    }
}

fn require(holds: bool, otherwise: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::new(otherwise)) }
}

impl Application for Journal {
    fn check_request(&self, request: &[u8]) -> Result<(), Rejection> {
        require(!request.is_empty(), "the request is empty")
    }

    fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8> {
        let value = Value {
            height: context.height,
            view: context.view,
            leader: context.leader,
            parent: context.parent,
            time: context.time.max(self.time + 1),
            requests: requests.to_vec(),
        };
        value.encode()
    }

    fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Rejection> {
        let value = Value::from_bytes(value)?;
        let follows = (value.height, value.parent) == (context.height, context.parent);
        require(follows, "height or parent do not follow the last value")?;
        let leader = context.config.leader(value.height, value.view);
        require(value.leader == leader, "the value names another leader")?;
        require(value.time > self.time, "the time is not later than that of the last value")?;
        if let Some(first) = context.first {
            require(value.view == first.view, "the view is not the view of the proposal")?;
            require(value.time <= first.clock + MAX_AHEAD, "the time is too far ahead")?;
        }
        value.requests.iter().try_for_each(|request| self.check_request(request))
    }

    fn digest(&self, value: &[u8]) -> Result<Digest, Rejection> {
        Value::from_bytes(value).map(|_| hash::digest(tag::SIM_VALUE, &[value]))
    }

    fn requests(&self, value: &[u8]) -> Vec<RequestId> {
        let requests = Value::from_bytes(value).map(|value| value.requests).unwrap_or_default();
        requests.iter().map(|request| request_id(request)).collect()
    }

    fn apply(&mut self, _: u64, value: &[u8], _: &Certificate) {
        if let Ok(value) = Value::from_bytes(value) {
            self.time = value.time;
            self.requests.extend(value.requests);
        }
    }
}
