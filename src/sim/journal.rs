//! A minimal application: an append-only list of requests.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Codec, Reader, sequence};
use crate::algebra::{hash, tag};
use crate::consensus::config::{MAX_REQUEST, MAX_REQUESTS};
use crate::consensus::{
    Application, Config, Decision, Digest, Format, Price, ProposalContext, Rejection, ReplicaId,
    VerifyContext,
};
use std::collections::BTreeSet;

/// The maximum lead of a value's time over a member's clock, in milliseconds.
const MAX_AHEAD: u64 = 10_000;

/// The delivered requests in order. Empty requests are rejected. Journals are equal if their
/// requests are: the certificates of a decision differ between replicas.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    requests: Vec<Vec<u8>>,
    delivered: BTreeSet<Vec<u8>>,
    time: u64,
    decisions: Vec<Decision>,
}

impl PartialEq for Journal {
    fn eq(&self, other: &Self) -> bool {
        (&self.requests, self.time) == (&other.requests, other.time)
    }
}

impl Journal {
    /// The delivered requests in order.
    pub fn requests(&self) -> &[Vec<u8>] {
        &self.requests
    }
}

/// The value of one height, a list of requests. Its digest binds the parent, and view and leader of
/// the first proposal. A value that is proposed again keeps its bytes.
#[derive(Debug, Clone)]
pub struct JournalValue {
    height: u64,
    view: u64,
    leader: ReplicaId,
    parent: Digest,
    time: u64,
    requests: Vec<Vec<u8>>,
}

sequence!(Codec for JournalValue {
    height, view, leader, parent, time, requests: byte_strings(MAX_REQUESTS, MAX_REQUEST),
});

/// The state-independent checks of the journal: a request is not empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct JournalFormat;

fn require(holds: bool, otherwise: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::new(otherwise)) }
}

impl Format for JournalFormat {
    type Request = Vec<u8>;
    type Value = JournalValue;

    fn decode_request(&self, request: &[u8]) -> Result<Vec<u8>, Rejection> {
        require(!request.is_empty(), "the request is empty")?;
        Ok(request.to_vec())
    }

    fn price(&self, _: &Vec<u8>) -> Price {
        Price::default()
    }

    fn verify_request(&self, _: &Config, _: &Vec<u8>) -> Result<(), Rejection> {
        Ok(())
    }

    fn decode(&self, value: &[u8]) -> Result<(Digest, JournalValue), Rejection> {
        let mut r = Reader::new(value);
        let decoded = JournalValue::read(&mut r).and_then(|value| r.end().map(|()| value));
        let decoded = decoded.map_err(|error| Rejection::new(error.to_string()))?;
        let empty = decoded.requests.iter().any(Vec::is_empty);
        require(!empty, "a request is empty")?;
        Ok((hash::digest(tag::SIM_VALUE, &[value]), decoded))
    }

    fn requests<'a>(&self, value: &'a JournalValue) -> Vec<(&'a [u8], &'a Vec<u8>)> {
        value.requests.iter().map(|request| (request.as_slice(), request)).collect()
    }
}

impl Application for Journal {
    type Format = JournalFormat;

    fn format(&self) -> JournalFormat {
        JournalFormat
    }

    fn admit(&self, request: &Vec<u8>) -> Result<(), Rejection> {
        require(!self.delivered.contains(request), "the request was delivered before")
    }

    fn propose(&self, context: &ProposalContext<'_>, requests: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
        let value = JournalValue {
            height: context.height,
            view: context.view,
            leader: context.leader,
            parent: context.parent,
            time: context.time.max(self.time.saturating_add(1)),
            requests: requests.iter().map(|(_, request)| request.clone()).collect(),
        };
        value.encode()
    }

    fn verify(
        &self,
        context: &VerifyContext<'_>,
        value: &mut JournalValue,
    ) -> Result<(), Rejection> {
        let follows = (value.height, value.parent) == (context.height, context.parent);
        require(follows, "height or parent do not follow the last value")?;
        let leader = context.config.leader(value.height, value.view);
        require(value.leader == leader, "the value names another leader")?;
        require(value.time > self.time, "the time is not later than that of the last value")?;
        if let Some(first) = context.first {
            require(value.view == first.view, "the view is not the view of the proposal")?;
            require(
                value.time <= first.clock.saturating_add(MAX_AHEAD),
                "the time is too far ahead",
            )?;
        }
        value.requests.iter().try_for_each(|request| self.admit(request))
    }

    fn tip(&self) -> Option<(u64, Digest)> {
        let last = self.decisions.last()?;
        Some((last.certificate.height, last.certificate.digest))
    }

    fn decision(&self, height: u64) -> Option<Decision> {
        self.decisions.get(usize::try_from(height.checked_sub(1)?).ok()?).cloned()
    }

    fn apply(&mut self, _: u64, value: JournalValue, decision: &Decision) {
        self.decisions.push(decision.clone());
        self.time = value.time;
        self.delivered.extend(value.requests.iter().cloned());
        self.requests.extend(value.requests);
    }
}
