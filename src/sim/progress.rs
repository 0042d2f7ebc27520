//! The requests of clients: latencies, and the bound on their delivery.
#![forbid(unsafe_code)]

use crate::consensus::{Config, ReplicaId, RequestId};
use std::collections::{BTreeMap, BTreeSet};

/// A request that a client has submitted.
#[derive(Debug, Clone, Copy)]
struct Submission {
    at: ReplicaId,
    time: u64,
}

/// The submitted requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    waiting: BTreeMap<RequestId, Submission>,
    /// The requests of honest replicas that not all honest replicas have delivered, by time.
    pending: BTreeSet<(u64, RequestId)>,
    /// The requests of each height that not all honest replicas have delivered.
    delivered: BTreeMap<u64, Vec<RequestId>>,
    submissions: BTreeMap<RequestId, u64>,
    /// The times from submission to delivery at the same replica.
    latencies: Vec<u64>,
    /// The highest view of an honest replica at the global stabilisation time.
    pub(super) view: u64,
}

impl Progress {
    pub(super) fn submitted(&mut self, at: ReplicaId, request: RequestId, time: u64) {
        self.waiting.entry(request).or_insert(Submission { at, time });
        if self.submissions.insert(request, time).is_none() {
            self.pending.insert((time, request));
        }
    }

    /// A replica refused the request, crashed or became faulty: no replica is obliged to deliver
    /// it.
    pub(super) fn excuse(&mut self, request: &RequestId) {
        if let Some(time) = self.submissions.get(request) {
            self.pending.remove(&(*time, *request));
        }
    }

    /// Excuses the requests that only this replica may hold.
    pub(super) fn lose(&mut self, at: ReplicaId) {
        let of_replica = self.waiting.iter().filter(|(_, submission)| submission.at == at);
        let lost: Vec<RequestId> = of_replica.map(|(id, _)| *id).collect();
        for id in lost {
            self.waiting.remove(&id);
            self.excuse(&id);
            self.submissions.remove(&id);
        }
    }

    /// The time at which a client submitted a request, unless the request is lost.
    pub(super) fn submission(&self, request: &RequestId) -> Option<u64> {
        self.submissions.get(request).copied()
    }

    /// Records a delivery at an honest replica. Returns the times of submission of the requests
    /// that clients submitted to this replica.
    pub(super) fn deliver(
        &mut self,
        at: ReplicaId,
        height: u64,
        requests: &[RequestId],
        now: u64,
    ) -> Vec<u64> {
        let mut answered = Vec::new();
        for request in requests {
            if self.waiting.get(request).is_some_and(|submission| submission.at == at)
                && let Some(Submission { time, .. }) = self.waiting.remove(request)
            {
                self.latencies.push(now - time);
                answered.push(time);
            }
        }
        self.delivered.entry(height).or_insert_with(|| requests.to_vec());
        answered
    }

    /// All honest replicas have delivered the heights up to this one.
    pub(super) fn settle(&mut self, height: u64) {
        let above = self.delivered.split_off(&(height + 1));
        for request in std::mem::replace(&mut self.delivered, above).into_values().flatten() {
            self.excuse(&request);
            self.submissions.remove(&request);
        }
    }

    pub(super) fn latencies(&self) -> &[u64] {
        &self.latencies
    }

    /// The oldest request that is not delivered everywhere, and its age since `since`.
    pub(super) fn oldest(&self, now: u64, since: u64) -> Option<(RequestId, u64)> {
        let (time, request) = self.pending.first()?;
        Some((*request, now.saturating_sub((*time).max(since))))
    }

    /// The bound on the delivery of a request after the global stabilisation time, in milliseconds:
    /// ```text
    /// relay * 2^6 + fallback * 2^8 + sum of view_delay(V) for V from view to view + 2 (F + 1)
    /// ```
    /// The terms are the greatest time until its holder relays a request, the greatest time until
    /// members compare heights, and two passes through the schedule. In the second one all members
    /// are in the same view, and one of its leaders is honest.
    pub(super) fn bound(&self, config: &Config) -> u64 {
        let timing = config.timing();
        let last = self.view + 2 * config.schedule().len() as u64;
        let views: u64 = (self.view..=last).map(|view| config.view_delay(view)).sum();
        (timing.relay << 6) + (timing.fallback << 8) + views
    }
}
