//! The safety checker: compares the deliveries of all honest replicas.
#![forbid(unsafe_code)]

use crate::consensus::{Certificate, Config, Digest, Phase, ReplicaId, RequestId, Scheme};
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
#[derive(Debug, Clone, Default)]
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

    /// The last height that was delivered at an honest replica.
    pub(super) fn height_of(&self, id: ReplicaId) -> u64 {
        self.heights.get(&id).copied().unwrap_or(0)
    }

    /// Regards a replica as honest from this height on.
    pub(super) fn begin(&mut self, id: ReplicaId, height: u64) {
        self.heights.insert(id, height);
    }

    pub(super) fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// Records the violation of a rule by an honest replica. The first one stays.
    pub(super) fn record(&mut self, at: ReplicaId, height: u64, checked: Result<(), &str>) {
        if let Err(rule) = checked {
            self.violation.get_or_insert_with(|| format!("replica {at}, height {height}: {rule}"));
        }
    }

    /// Checks one delivery. Returns `true` if it is the first of its height.
    pub(super) fn delivered(
        &mut self,
        (config, scheme): (&Config, &dyn Scheme),
        delivery: &Delivery<'_>,
    ) -> bool {
        let first = !self.decided.contains_key(&delivery.height);
        let checked = self.check(config, scheme, delivery);
        self.record(delivery.at, delivery.height, checked);
        first
    }

    fn check(
        &mut self,
        config: &Config,
        scheme: &dyn Scheme,
        delivery: &Delivery<'_>,
    ) -> Result<(), &'static str> {
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
        // Independent of the core: distinct signers, at least ceil((N + F + 1) / 2).
        let signers: BTreeSet<ReplicaId> = certificate.signers().collect();
        let (n, faults) = (config.size(), (config.size() - 1) / 3);
        require(2 * signers.len() > n + faults, "the certificate has too few signers")?;
        let verified = certificate.verify_with(scheme, config).is_ok();
        require(verified, "the certificate does not verify")?;
        for request in requests {
            require(self.submitted.contains(request), "validity: no client submitted the request")?;
            let position = (*height, certificate.view);
            let first = *self.positions.entry(*request).or_insert(position);
            require(first.0 == *height, "exactly once: a request is delivered at two heights")?;
        }
        let distinct: BTreeSet<&RequestId> = requests.iter().collect();
        require(distinct.len() == requests.len(), "exactly once: a value contains a request twice")
    }

    /// Checks that a restarted replica has a decided value at a height that it had delivered.
    pub(super) fn check_restored(&mut self, at: ReplicaId, height: u64, digest: Option<Digest>) {
        let kept = digest.is_some() && self.decided.get(&height) == digest.as_ref();
        let checked = require(kept, "durability: a delivered value is lost after a restart");
        self.record(at, height, checked);
    }
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
