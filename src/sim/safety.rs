//! The safety checker: compares the deliveries of all honest replicas.
#![forbid(unsafe_code)]

use crate::consensus::{Certificate, Config, Digest, Phase, ReplicaId, RequestId};
use std::collections::{BTreeMap, BTreeSet};

/// One delivery at an honest replica.
pub(super) struct Delivery<'a> {
    pub(super) at: ReplicaId,
    pub(super) height: u64,
    pub(super) requests: Vec<RequestId>,
    pub(super) digest: Option<Digest>,
    pub(super) certificate: &'a Certificate,
}

/// The deliveries so far and the first violation.
#[derive(Debug, Default)]
pub(super) struct SafetyChecker {
    submitted: BTreeSet<RequestId>,
    decided: BTreeMap<u64, Digest>,
    positions: BTreeMap<RequestId, (u64, u64)>,
    heights: BTreeMap<ReplicaId, u64>,
    violation: Option<String>,
}

impl SafetyChecker {
    pub(super) fn submitted(&mut self, request: RequestId) {
        self.submitted.insert(request);
    }

    /// The height and view of a delivered request.
    pub(super) fn position_of(&self, request: &RequestId) -> Option<(u64, u64)> {
        self.positions.get(request).copied()
    }

    pub(super) fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    pub(super) fn delivered(&mut self, config: &Config, delivery: &Delivery<'_>) {
        if let Err(violation) = self.check(config, delivery) {
            let Delivery { at, height, .. } = delivery;
            self.violation.get_or_insert(format!("replica {at}, height {height}: {violation}"));
        }
    }

    fn check(&mut self, config: &Config, delivery: &Delivery<'_>) -> Result<(), &'static str> {
        let Delivery { at, height, requests, digest, certificate } = delivery;
        let last = self.heights.insert(*at, *height).unwrap_or(0);
        require(*height == last + 1, "total order: the height does not follow the last one")?;
        let digest = digest.ok_or("validity: the value has no digest")?;
        let agreed = *self.decided.entry(*height).or_insert(digest) == digest;
        require(agreed, "agreement: another replica decided a different value")?;
        let statement = (certificate.phase, certificate.height, certificate.digest);
        require(
            statement == (Phase::Commit, *height, digest),
            "the certificate is not a commit certificate of this value",
        )?;
        require(certificate.verify(config).is_ok(), "the certificate does not verify")?;
        for request in requests {
            require(self.submitted.contains(request), "validity: no client submitted the request")?;
            let position = (*height, certificate.view);
            let first = *self.positions.entry(*request).or_insert(position);
            require(first.0 == *height, "exactly once: a request is delivered at two heights")?;
        }
        let distinct: BTreeSet<&RequestId> = requests.iter().collect();
        require(distinct.len() == requests.len(), "exactly once: a value contains a request twice")
    }
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
