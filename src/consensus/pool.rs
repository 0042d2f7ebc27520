//! The pool of pending requests, in order of arrival.
#![forbid(unsafe_code)]

use super::message::{MAX_REQUEST, MAX_REQUESTS, MAX_VALUE};
use super::{Application, MessageError, Rejection, ReplicaId, RequestId, request_id};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of pending requests from one member.
const PER_ORIGIN: usize = 2048;

#[derive(Debug)]
pub(super) struct PendingRequest {
    pub(super) request: Vec<u8>,
    /// The member that submitted or forwarded the request. Each member has its own share.
    origin: ReplicaId,
    since: u64,
    relayed: bool,
    /// The request is part of a layer 1 batch.
    batched: bool,
}

#[derive(Debug, Default)]
pub(super) struct Pool {
    pending: BTreeMap<u64, (RequestId, PendingRequest)>,
    order: BTreeMap<RequestId, u64>,
    of_origin: BTreeMap<ReplicaId, usize>,
    delivered: BTreeSet<RequestId>,
    arrivals: u64,
}

impl Pool {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn was_delivered(&self, id: &RequestId) -> bool {
        self.delivered.contains(id)
    }

    /// Adds a request. Returns `false` if it is pending or was delivered.
    pub(super) fn insert(
        &mut self,
        application: &impl Application,
        request: &[u8],
        (origin, now): (ReplicaId, u64),
        batched: bool,
    ) -> Result<bool, MessageError> {
        let id = request_id(request);
        if self.delivered.contains(&id) || self.order.contains_key(&id) {
            return Ok(false);
        }
        if request.len() > MAX_REQUEST {
            return Err(MessageError::Rejected(Rejection::new("the request is longer than 1 MiB")));
        }
        if self.of_origin.get(&origin).is_some_and(|count| *count >= PER_ORIGIN) {
            return Err(MessageError::BufferFull);
        }
        application.check_request(request).map_err(MessageError::Rejected)?;
        *self.of_origin.entry(origin).or_default() += 1;
        let request = request.to_vec();
        let entry = PendingRequest { request, origin, since: now, relayed: false, batched };
        self.order.insert(id, self.arrivals);
        self.pending.insert(self.arrivals, (id, entry));
        self.arrivals += 1;
        Ok(true)
    }

    /// Returns the oldest requests that fill at most half of [`MAX_VALUE`].
    pub(super) fn oldest(&self) -> Vec<Vec<u8>> {
        within_limits(self.pending.values().map(|(_, pending)| &pending.request))
    }

    /// Returns the oldest requests that are in no batch, and marks them as batched.
    pub(super) fn take_unbatched(&mut self) -> Vec<Vec<u8>> {
        let open = self.pending.values_mut().filter(|(_, pending)| !pending.batched);
        let mut open: Vec<&mut PendingRequest> = open.map(|(_, pending)| pending).collect();
        let batch = within_limits(open.iter().map(|pending| &pending.request));
        open.iter_mut().take(batch.len()).for_each(|pending| pending.batched = true);
        batch
    }

    /// Returns the requests that arrived by `limit` and were not relayed, and marks them as
    /// relayed.
    pub(super) fn take_overdue(&mut self, limit: u64) -> Vec<Vec<u8>> {
        let due = |pending: &&mut PendingRequest| !pending.relayed && pending.since <= limit;
        let overdue = self.pending.values_mut().map(|(_, pending)| pending).filter(due);
        let take = |pending: &mut PendingRequest| {
            pending.relayed = true;
            pending.request.clone()
        };
        overdue.take(MAX_REQUESTS).map(take).collect()
    }

    /// The arrival time of the oldest request that was not relayed.
    pub(super) fn oldest_unrelayed(&self) -> Option<u64> {
        let pending = self.pending.values().map(|(_, pending)| pending);
        pending.filter(|pending| !pending.relayed).map(|pending| pending.since).min()
    }

    /// Removes requests that the application now rejects, and lets the others be relayed again:
    /// the earlier copies may be lost if the view ended without a decision.
    pub(super) fn recheck(&mut self, application: &impl Application) {
        let rejected = |(id, pending): &(RequestId, PendingRequest)| {
            application.check_request(&pending.request).is_err().then_some(*id)
        };
        let rejected: Vec<RequestId> = self.pending.values().filter_map(rejected).collect();
        rejected.iter().for_each(|id| self.remove(id));
        self.pending.values_mut().for_each(|(_, pending)| pending.relayed = false);
    }

    /// Returns the requests that `origin` submitted and that were not relayed.
    pub(super) fn unrelayed_of(&self, origin: ReplicaId) -> Vec<Vec<u8>> {
        let own = self.pending.values().map(|(_, pending)| pending);
        within_limits(
            own.filter(|pending| pending.origin == origin && !pending.relayed)
                .map(|pending| &pending.request),
        )
    }

    pub(super) fn deliver(&mut self, ids: &[RequestId]) {
        for id in ids {
            self.delivered.insert(*id);
            self.remove(id);
        }
    }

    fn remove(&mut self, id: &RequestId) {
        let Some((_, pending)) = self.order.remove(id).and_then(|at| self.pending.remove(&at))
        else {
            return;
        };
        if let Some(count) = self.of_origin.get_mut(&pending.origin) {
            *count -= 1;
        }
    }
}

fn within_limits<'a>(requests: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Vec<u8>> {
    let mut room = MAX_VALUE / 2;
    requests
        .take(MAX_REQUESTS)
        .map_while(|request| {
            room = room.checked_sub(request.len() + 4)?;
            Some(request.clone())
        })
        .collect()
}
