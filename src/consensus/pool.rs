//! Requests that wait to be delivered, in the order of their arrival.
#![forbid(unsafe_code)]

use super::message::{MAX_REQUEST, MAX_REQUESTS, MAX_VALUE};
use super::{Application, Fault, Refusal, ReplicaId, RequestId, request_id};
use std::collections::{BTreeMap, BTreeSet};

/// The most requests that one member may have waiting here.
const PER_ORIGIN: usize = 2048;

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) request: Vec<u8>,
    /// The member it came from; a faulty one fills its own share of the pool only.
    origin: ReplicaId,
    since: u64,
    relayed: bool,
    /// Already in a batch of layer 1.
    batched: bool,
}

#[derive(Debug, Default)]
pub(super) struct Pool {
    waiting: BTreeMap<u64, (RequestId, Waiting)>,
    order: BTreeMap<RequestId, u64>,
    of_origin: BTreeMap<ReplicaId, usize>,
    delivered: BTreeSet<RequestId>,
    arrivals: u64,
}

impl Pool {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn was_delivered(&self, id: &RequestId) -> bool {
        self.delivered.contains(id)
    }

    /// Admits a request; false if it is known already.
    pub(super) fn insert(
        &mut self,
        application: &impl Application,
        request: &[u8],
        (origin, now): (ReplicaId, u64),
        batched: bool,
    ) -> Result<bool, Fault> {
        let id = request_id(request);
        if self.delivered.contains(&id) || self.order.contains_key(&id) {
            return Ok(false);
        }
        if request.len() > MAX_REQUEST {
            return Err(Fault::Value(Refusal::new("the request is too long")));
        }
        if self.of_origin.get(&origin).is_some_and(|count| *count >= PER_ORIGIN) {
            return Err(Fault::Full);
        }
        application.check_request(request).map_err(Fault::Value)?;
        *self.of_origin.entry(origin).or_default() += 1;
        let request = request.to_vec();
        let entry = Waiting { request, origin, since: now, relayed: false, batched };
        self.order.insert(id, self.arrivals);
        self.waiting.insert(self.arrivals, (id, entry));
        self.arrivals += 1;
        Ok(true)
    }

    /// The oldest requests that fit into one value, half of it left to the application.
    pub(super) fn oldest(&self) -> Vec<Vec<u8>> {
        fitting(self.waiting.values().map(|(_, waiting)| &waiting.request))
    }

    /// The oldest requests in no batch yet, now taken to be in one.
    pub(super) fn take_unbatched(&mut self) -> Vec<Vec<u8>> {
        let open = self.waiting.values_mut().filter(|(_, waiting)| !waiting.batched);
        let mut open: Vec<&mut Waiting> = open.map(|(_, waiting)| waiting).collect();
        let batch = fitting(open.iter().map(|waiting| &waiting.request));
        open.iter_mut().take(batch.len()).for_each(|waiting| waiting.batched = true);
        batch
    }

    /// The requests that arrived before `limit` and were not passed to everyone yet.
    pub(super) fn take_overdue(&mut self, limit: u64) -> Vec<Vec<u8>> {
        let due = |waiting: &&mut Waiting| !waiting.relayed && waiting.since <= limit;
        let overdue = self.waiting.values_mut().map(|(_, waiting)| waiting).filter(due);
        let take = |waiting: &mut Waiting| {
            waiting.relayed = true;
            waiting.request.clone()
        };
        overdue.take(MAX_REQUESTS).map(take).collect()
    }

    /// When the oldest request that was not passed on arrived.
    pub(super) fn oldest_unrelayed(&self) -> Option<u64> {
        self.waiting.values().map(|(_, w)| w).filter(|w| !w.relayed).map(|w| w.since).min()
    }

    /// A view ended in vain: whatever was sent may be lost, so it is sent and judged again.
    pub(super) fn retry(&mut self, application: &impl Application) {
        let refused = |(id, waiting): &(RequestId, Waiting)| {
            application.check_request(&waiting.request).is_err().then_some(*id)
        };
        let refused: Vec<RequestId> = self.waiting.values().filter_map(refused).collect();
        refused.iter().for_each(|id| self.remove(id));
        self.waiting.values_mut().for_each(|(_, waiting)| waiting.relayed = false);
    }

    /// What this replica's own clients gave it and nobody else was told for sure.
    pub(super) fn of_origin(&self, origin: ReplicaId) -> Vec<Vec<u8>> {
        let own = self.waiting.values().map(|(_, waiting)| waiting);
        fitting(own.filter(|w| w.origin == origin && !w.relayed).map(|waiting| &waiting.request))
    }

    pub(super) fn deliver(&mut self, ids: &[RequestId]) {
        for id in ids {
            self.delivered.insert(*id);
            self.remove(id);
        }
    }

    fn remove(&mut self, id: &RequestId) {
        let Some((_, waiting)) = self.order.remove(id).and_then(|at| self.waiting.remove(&at))
        else {
            return;
        };
        if let Some(count) = self.of_origin.get_mut(&waiting.origin) {
            *count -= 1;
        }
    }
}

fn fitting<'a>(requests: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Vec<u8>> {
    let mut room = MAX_VALUE / 2;
    requests
        .take(MAX_REQUESTS)
        .map_while(|request| {
            room = room.checked_sub(request.len() + 4)?;
            Some(request.clone())
        })
        .collect()
}
