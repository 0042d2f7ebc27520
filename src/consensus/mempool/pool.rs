//! The pool of pending requests.
//!
//! Requests are charged to their transport peer and their payer, by their share of a value in
//! bytes, cost and number. A leader takes one request of each peer in turn, each peer's oldest
//! first, so a peer that fills its share delays only itself. Each request has one due time, at
//! which its holder sends it again, later each time, until it is delivered or no longer admissible.
//!
//! Requests stay encoded, since decoded ones may occupy several times as many bytes.
#![forbid(unsafe_code)]

use crate::consensus::application::Price;
use crate::consensus::config::{ENTRY, Limits};
use crate::consensus::gate::{Load, PricedRequest};
use crate::consensus::{Digest, MessageError, Rejection, ReplicaId, RequestId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// The source of a pending request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A client of this replica, which is responsible for delivery.
    Client,
    /// The transport peer that sent it first.
    Peer(ReplicaId),
}

/// The maximum number of doublings of the time until a request is sent again, two per attempt.
const DOUBLINGS: u32 = 6;

#[derive(Debug, Clone)]
struct Pending {
    request: PricedRequest,
    origin: Origin,
    arrival: u64,
    due: u64,
    attempts: u32,
    /// The leaders to which this replica has sent the request.
    sent: BTreeSet<ReplicaId>,
    /// The request is part of a batch.
    batched: bool,
}

/// The oldest pending request, and the number of blocks that passed it over.
#[derive(Debug, Clone, Copy)]
struct Watch {
    id: RequestId,
    passed: u64,
}

/// A request that is due to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overdue {
    pub(crate) id: RequestId,
    pub(crate) bytes: Vec<u8>,
    pub(crate) origin: Origin,
    /// The number of earlier attempts.
    pub(crate) attempts: u32,
}

/// A pending request that is no longer admissible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) id: RequestId,
    pub(crate) origin: Origin,
    pub(crate) reason: Rejection,
}

/// Pending requests, with their shares charged to peers and payers.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    limits: Limits,
    relay: u64,
    pending: BTreeMap<RequestId, Pending>,
    queues: BTreeMap<Origin, BTreeMap<u64, RequestId>>,
    unbatched: BTreeMap<u64, RequestId>,
    due: BTreeSet<(u64, RequestId)>,
    of_origin: BTreeMap<Origin, u64>,
    of_payer: BTreeMap<Digest, u64>,
    bytes: usize,
    arrivals: u64,
    /// The origin with which the next selection begins: the first one whose request did not fit,
    /// or the one after the last selected request.
    next_turn: Bound<Origin>,
    watch: Option<Watch>,
}

impl Pool {
    /// Creates an empty pool. `relay` is the time in milliseconds after which a request is due.
    pub(crate) fn new(limits: Limits, relay: u64) -> Self {
        Self {
            limits,
            relay,
            pending: BTreeMap::new(),
            queues: BTreeMap::new(),
            unbatched: BTreeMap::new(),
            due: BTreeSet::new(),
            of_origin: BTreeMap::new(),
            of_payer: BTreeMap::new(),
            bytes: 0,
            arrivals: 0,
            next_turn: Bound::Unbounded,
            watch: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The bytes of the pending requests.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.pending.len() * ENTRY
    }

    pub(crate) fn contains(&self, id: &RequestId) -> bool {
        self.pending.contains_key(id)
    }

    /// Adds a request, unless it is pending already.
    ///
    /// # Errors
    /// [`MessageError::PoolFull`] if a share is used up.
    pub(crate) fn insert(
        &mut self,
        request: PricedRequest,
        origin: Origin,
        now: u64,
    ) -> Result<(), MessageError> {
        if self.contains(&request.id) {
            return Ok(());
        }
        self.check_room(request.bytes.len(), request.price, origin)?;
        self.charge(&request, origin);
        let (id, arrival) = (request.id, self.arrivals);
        self.arrivals += 1;
        let due = now.saturating_add(self.relay);
        self.due.insert((due, id));
        self.queues.entry(origin).or_default().insert(arrival, id);
        self.unbatched.insert(arrival, id);
        self.watch.get_or_insert(Watch { id, passed: 0 });
        let (sent, attempts, batched) = (BTreeSet::new(), 0, false);
        let pending = Pending { request, origin, arrival, due, attempts, sent, batched };
        self.pending.insert(id, pending);
        Ok(())
    }

    /// Makes this replica responsible for a pending request of a peer: a client has submitted it,
    /// too. It is then sent as if it were new. Returns `false` if it is a client's already.
    ///
    /// # Errors
    /// [`MessageError::PoolFull`] if the share of clients is used up.
    pub(crate) fn adopt(&mut self, id: &RequestId, now: u64) -> Result<bool, MessageError> {
        let of_peer = |pending: &&Pending| pending.origin != Origin::Client;
        let Some(pending) = self.pending.get(id).filter(of_peer) else { return Ok(false) };
        let request = pending.request.clone();
        // The payer is charged already.
        let price = Price { payer: None, ..request.price };
        self.check_room(request.bytes.len(), price, Origin::Client)?;
        self.remove(id);
        self.insert(request, Origin::Client, now)?;
        Ok(true)
    }

    /// Checks that the shares of peer and payer have room for a request.
    ///
    /// # Errors
    /// [`MessageError::PoolFull`].
    pub(crate) fn check_room(
        &self,
        length: usize,
        price: Price,
        origin: Origin,
    ) -> Result<(), MessageError> {
        let weight = self.limits.weight(length, price.cost);
        let charged = |share: Option<&u64>| share.copied().unwrap_or(0) + weight;
        let of_payer = price.payer.map_or(0, |payer| charged(self.of_payer.get(&payer)));
        let fits = charged(self.of_origin.get(&origin)) <= self.limits.peer_share
            && of_payer <= self.limits.payer_share;
        if fits { Ok(()) } else { Err(MessageError::PoolFull) }
    }

    /// Charges a request to its peer and payer.
    fn charge(&mut self, request: &PricedRequest, origin: Origin) {
        let weight = self.limits.weight(request.bytes.len(), request.price.cost);
        *self.of_origin.entry(origin).or_default() += weight;
        if let Some(payer) = request.price.payer {
            *self.of_payer.entry(payer).or_default() += weight;
        }
        self.bytes += request.bytes.len();
    }

    /// Selects requests for a value: one of each peer in turn, each peer's oldest first.
    ///
    /// A selection begins with the first peer whose request did not fit the last value, or
    /// continues where that ended, so that each peer has its share of the values. Returns the
    /// selected requests, decoded by `admit`, and those that are no longer admissible, which are
    /// removed.
    ///
    /// Cost: one decoding per selected or removed request, and one step per peer.
    pub(crate) fn select<R>(
        &mut self,
        admit: impl Fn(&[u8]) -> Result<R, Rejection>,
    ) -> (Vec<(RequestId, R)>, Vec<Refused>) {
        let (mut selected, mut rejected) = (Vec::new(), Vec::new());
        let mut load = Load::default();
        let before = match self.next_turn {
            Bound::Included(first) => Bound::Excluded(first),
            Bound::Excluded(last) => Bound::Included(last),
            Bound::Unbounded => Bound::Excluded(Origin::Client),
        };
        let turns = self.queues.range((self.next_turn, Bound::Unbounded));
        let turns = turns.chain(self.queues.range((Bound::Unbounded, before)));
        let (mut last, mut skipped) = (None, None);
        let mut turns: Vec<_> = turns.map(|(origin, queue)| (*origin, queue.values())).collect();
        while !turns.is_empty() {
            turns.retain_mut(|(origin, queue)| {
                let Some(id) = queue.next() else { return false };
                let PricedRequest { bytes, price, .. } = &self.pending[id].request;
                let Some(sum) = load.with(bytes.len(), price.cost, &self.limits) else {
                    skipped.get_or_insert(*origin);
                    return false;
                };
                match admit(bytes) {
                    Ok(decoded) => {
                        load = sum;
                        selected.push((*id, decoded));
                        last = Some(*origin);
                    }
                    Err(reason) => rejected.push(Refused { id: *id, origin: *origin, reason }),
                }
                true
            });
        }
        let first = skipped.map(Bound::Included).or(last.map(Bound::Excluded));
        self.next_turn = first.unwrap_or(self.next_turn);
        rejected.iter().for_each(|refused| _ = self.remove(&refused.id));
        (selected, rejected)
    }

    /// The bytes of a pending request.
    pub(crate) fn get(&self, id: &RequestId) -> Option<&[u8]> {
        self.pending.get(id).map(|pending| pending.request.bytes.as_slice())
    }

    /// Takes the oldest requests that are in no batch and fit one value.
    pub(crate) fn take_batch(&mut self) -> Vec<RequestId> {
        let mut load = Load::default();
        let fits = |id: &&RequestId| {
            let PricedRequest { bytes, price, .. } = &self.pending[*id].request;
            let sum = load.with(bytes.len(), price.cost, &self.limits);
            load = sum.unwrap_or(load);
            sum.is_some()
        };
        let batch: Vec<RequestId> = self.unbatched.values().take_while(fits).copied().collect();
        batch.iter().for_each(|id| self.mark_batched(id));
        batch
    }

    /// Marks a request as part of a batch.
    pub(crate) fn mark_batched(&mut self, id: &RequestId) {
        if let Some(pending) = self.pending.get_mut(id) {
            pending.batched = true;
            self.unbatched.remove(&pending.arrival);
        }
    }

    /// Marks a request as sent to a leader. Returns `false` if it was sent there before.
    pub(crate) fn mark_sent(&mut self, id: &RequestId, leader: ReplicaId) -> bool {
        self.pending.get_mut(id).is_some_and(|pending| pending.sent.insert(leader))
    }

    /// The oldest requests of this replica's clients, at most those of one value.
    pub(crate) fn oldest_of_clients(&self) -> Vec<RequestId> {
        let own = self.queues.get(&Origin::Client).into_iter().flat_map(BTreeMap::values);
        own.take(usize::from(self.limits.capacity.requests)).copied().collect()
    }

    /// Takes the requests that are due, and sets their next due times. The
    /// delay quadruples with each attempt, up to 64 times the first one.
    /// Returns the inadmissible ones, which are removed, with the reason.
    pub(crate) fn take_overdue(
        &mut self,
        now: u64,
        admit: impl Fn(&[u8]) -> Result<(), Rejection>,
    ) -> (Vec<Overdue>, Vec<Refused>) {
        let (mut overdue, mut rejected) = (Vec::new(), Vec::new());
        let due = self.due.iter().take_while(|(due, _)| *due <= now);
        let most = usize::from(self.limits.capacity.requests);
        let due: Vec<RequestId> = due.take(most).map(|(_, id)| *id).collect();
        for id in due {
            let Some(pending) = self.pending.get_mut(&id) else { continue };
            if let Err(reason) = admit(&pending.request.bytes) {
                rejected.push(Refused { id, origin: pending.origin, reason });
                continue;
            }
            self.due.remove(&(pending.due, id));
            pending.due =
                now.saturating_add(self.relay << (2 * (pending.attempts + 1)).min(DOUBLINGS));
            self.due.insert((pending.due, id));
            let (bytes, origin) = (pending.request.bytes.clone(), pending.origin);
            overdue.push(Overdue { id, bytes, origin, attempts: pending.attempts });
            pending.attempts += 1;
        }
        rejected.iter().for_each(|refused| _ = self.remove(&refused.id));
        (overdue, rejected)
    }

    /// The pending request that arrived first.
    pub(crate) fn oldest(&self) -> Option<RequestId> {
        self.watch.map(|watch| watch.id)
    }

    /// The time at which the next request is due.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Removes delivered requests. Returns `true` if the block was fair: it delivered the oldest
    /// pending request, or fewer than the blocks of [`Limits::patience`] have passed that request
    /// over. A leader takes requests of all peers in turn, so a full pool is served in this time.
    pub(crate) fn deliver(&mut self, ids: &[RequestId]) -> bool {
        let oldest = self.watch.map(|watch| watch.id);
        ids.iter().for_each(|id| _ = self.remove(id));
        match &mut self.watch {
            Some(watch) if Some(watch.id) == oldest => {
                watch.passed += 1;
                watch.passed < self.limits.patience
            }
            _ => true,
        }
    }

    /// Removes a request and frees its shares.
    fn remove(&mut self, id: &RequestId) -> Option<Pending> {
        let pending = self.pending.remove(id)?;
        let Pending { request, origin, arrival, due, .. } = &pending;
        let weight = self.limits.weight(request.bytes.len(), request.price.cost);
        self.due.remove(&(*due, *id));
        self.unbatched.remove(arrival);
        self.bytes -= request.bytes.len();
        release(&mut self.of_origin, origin, weight);
        if let Some(payer) = request.price.payer {
            release(&mut self.of_payer, &payer, weight);
        }
        if let Some(queue) = self.queues.get_mut(origin) {
            queue.remove(arrival);
            if queue.is_empty() {
                self.queues.remove(origin);
            }
        }
        if self.watch.is_some_and(|watch| watch.id == *id) {
            let oldest = self.queues.values().filter_map(BTreeMap::first_key_value).min();
            self.watch = oldest.map(|(_, id)| Watch { id: *id, passed: 0 });
        }
        Some(pending)
    }
}

fn release<K: Ord>(charged: &mut BTreeMap<K, u64>, key: &K, weight: u64) {
    if let Some(share) = charged.get_mut(key) {
        *share -= weight;
        if *share == 0 {
            charged.remove(key);
        }
    }
}
