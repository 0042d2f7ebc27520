//! The smallest application: a list of requests.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Reader, Writer};
use crate::algebra::{hash, tag};
use crate::consensus::message::{MAX_REQUEST, MAX_REQUESTS};
use crate::consensus::{
    Application, Certificate, Digest, ProposalContext, Refusal, ReplicaId, RequestId,
    VerifyContext, request_id,
};
use crate::error::DecodeError;

/// How far ahead of a member's clock a value's time may be, in milliseconds.
const AHEAD: u64 = 10_000;

/// Keeps every request in the order of delivery; refuses empty ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    requests: Vec<Vec<u8>>,
    time: u64,
}

impl Journal {
    /// What was delivered.
    pub fn requests(&self) -> &[Vec<u8>] {
        &self.requests
    }
}

/// What the votes are on: the parent is under the digest, and so are view and leader of the
/// first proposal, which keep their bytes when the value is proposed again.
struct Page {
    height: u64,
    view: u64,
    leader: ReplicaId,
    parent: Digest,
    time: u64,
    requests: Vec<Vec<u8>>,
}

impl Page {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(self.height);
        w.u64(self.view);
        w.u16(self.leader);
        w.fixed(&self.parent);
        w.u64(self.time);
        w.list(&self.requests, |w, request| w.bytes(request));
        w.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut r = Reader::new(bytes);
        let mut read = || -> Result<Self, DecodeError> {
            let page = Self {
                height: r.u64()?,
                view: r.u64()?,
                leader: r.u16()?,
                parent: r.fixed()?,
                time: r.u64()?,
                requests: r.list(MAX_REQUESTS, |r| r.bytes(MAX_REQUEST).map(<[u8]>::to_vec))?,
            };
            r.end().map(|()| page)
        };
        read().map_err(|error| Refusal::new(error.to_string()))
    }
}

fn require(holds: bool, otherwise: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(otherwise)) }
}

impl Application for Journal {
    fn check_request(&self, request: &[u8]) -> Result<(), Refusal> {
        require(!request.is_empty(), "the request is empty")
    }

    fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8> {
        let page = Page {
            height: context.height,
            view: context.view,
            leader: context.leader,
            parent: context.parent,
            time: context.time.max(self.time + 1),
            requests: requests.to_vec(),
        };
        page.to_bytes()
    }

    fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Refusal> {
        let page = Page::from_bytes(value)?;
        let follows = (page.height, page.parent) == (context.height, context.parent);
        require(follows, "the page does not follow the last one")?;
        let leader = context.config.leader(page.height, page.view);
        require(page.leader == leader, "the page is not its leader's")?;
        require(page.time > self.time, "the page is older than the last one")?;
        if let Some(first) = context.first {
            require(page.view == first.view, "the page is of another view")?;
            require(page.time <= first.clock + AHEAD, "the page is from the future")?;
        }
        page.requests.iter().try_for_each(|request| self.check_request(request))
    }

    fn digest(&self, value: &[u8]) -> Result<Digest, Refusal> {
        Page::from_bytes(value).map(|_| hash::digest(tag::SIM_VALUE, &[value]))
    }

    fn requests(&self, value: &[u8]) -> Vec<RequestId> {
        let requests = Page::from_bytes(value).map(|page| page.requests).unwrap_or_default();
        requests.iter().map(|request| request_id(request)).collect()
    }

    fn apply(&mut self, _: u64, value: &[u8], _: &Certificate) {
        if let Ok(page) = Page::from_bytes(value) {
            self.time = page.time;
            self.requests.extend(page.requests);
        }
    }
}
