//! Dissemination of requests.
//!
//! In PBFT a client multicasts its request after a timeout (Castro and Liskov 1999, section 4.1).
//! Here the replica that received it sends it to each successive leader. When the relay delay has
//! passed, the replica also sends it to `2F` other members, so that `F + 1` honest members hold it:
//! enough to change the view of a leader who ignores it. Each of them forwards it to the leader
//! whenever it is due by their own clock, later each time, and after a view change its oldest
//! request to the leader of the next height.
#![forbid(unsafe_code)]

use super::chain::{Chain, RequestOf};
use super::outbox::Outbox;
use crate::consensus::gate::{Gate, PricedRequest, batch_digest};
use crate::consensus::mempool::{Batches, Origin, Overdue, Pool};
use crate::consensus::slot::Slot;
use crate::consensus::wire::{Body, Message};
use crate::consensus::{
    Application, Digest, Effect, Format, MessageError, Rejection, ReplicaId, RequestId, Timer,
    request_id,
};
use crate::sign::Signature;

/// Decodes a request and checks length, price, state and room, but no signatures.
///
/// # Errors
/// The first check that fails; [`MessageError::Stale`] for a pending request.
pub(super) fn screen<A: Application>(
    gate: &Gate<A::Format>,
    pool: &Pool,
    chain: &Chain<A>,
    bytes: &[u8],
    origin: Origin,
) -> Result<(PricedRequest, RequestOf<A>), MessageError> {
    let (request, decoded) = gate.decode_request(bytes)?;
    if pool.contains(&request.id) {
        return Err(MessageError::Stale);
    }
    chain.admit(&decoded).map_err(MessageError::Rejected)?;
    pool.check_room(bytes.len(), request.price, origin)?;
    Ok((request, decoded))
}

/// Decodes a pending request and checks that it is still admissible.
///
/// # Errors
/// The application's reason for the rejection.
pub(super) fn admit<A: Application>(
    gate: &Gate<A::Format>,
    chain: &Chain<A>,
    bytes: &[u8],
) -> Result<RequestOf<A>, Rejection> {
    let decoded = gate.format().decode_request(bytes)?;
    chain.admit(&decoded)?;
    Ok(decoded)
}

/// The requests of one step.
pub(super) struct Requests<'a, A: Application> {
    pub(super) pool: &'a mut Pool,
    pub(super) batches: &'a mut Batches,
    pub(super) chain: &'a Chain<A>,
    pub(super) slot: &'a Slot,
    pub(super) gate: &'a Gate<A::Format>,
    pub(super) out: &'a mut Outbox,
}

impl<A: Application> Requests<'_, A> {
    /// Adds a client's request to the pool and sends it on.
    pub(super) fn on_client_request(&mut self, bytes: &[u8]) {
        match self.insert_of_client(bytes) {
            Ok(Some(id)) => {
                let (_, recipient) = self.next_leader();
                self.send_to(recipient, id);
            }
            Ok(None) => {}
            Err(error) => {
                let reason = match error {
                    MessageError::Rejected(reason) => reason,
                    error => Rejection::new(error.to_string()),
                };
                self.out.push(Effect::Reject { request: request_id(bytes), reason });
            }
        }
    }

    /// Returns the identifier of a request that was not a client's before.
    fn insert_of_client(&mut self, bytes: &[u8]) -> Result<Option<RequestId>, MessageError> {
        let id = request_id(bytes);
        if self.pool.contains(&id) {
            return Ok(self.pool.adopt(&id, self.out.now)?.then_some(id));
        }
        let (request, decoded) = screen(self.gate, self.pool, self.chain, bytes, Origin::Client)?;
        self.gate.verify_request_once(&id, &decoded)?;
        self.pool.insert(request, Origin::Client, self.out.now)?;
        Ok(Some(id))
    }

    /// Adds requests from a peer.
    ///
    /// # Errors
    /// The first error. The requests after it are added.
    pub(super) fn insert(
        &mut self,
        peer: ReplicaId,
        requests: Vec<(PricedRequest, RequestOf<A>)>,
        batched: bool,
    ) -> Result<(), MessageError> {
        let mut result = Ok(());
        for (request, decoded) in requests {
            let id = request.id;
            if self.chain.admit(&decoded).is_err() {
                continue;
            }
            let inserted = self.pool.insert(request, Origin::Peer(peer), self.out.now);
            if batched && inserted.is_ok() {
                self.pool.mark_batched(&id);
            }
            result = result.and(inserted);
        }
        result
    }

    /// The leader that proposes next, and the recipient of requests for it. The leader of this
    /// height proposes no more once its proposal is under way.
    fn next_leader(&self) -> (ReplicaId, ReplicaId) {
        let (height, view) = match self.slot.accepted() {
            None => (self.chain.height(), self.slot.view()),
            Some(_) => (self.chain.height() + 1, 0),
        };
        let topology = self.out.topology(height, view);
        (topology.leader(), topology.request_recipient())
    }

    /// Sends the clients' requests and the certified batches to the next leader if it lacks them.
    pub(super) fn forward(&mut self) {
        let (leader, recipient) = self.next_leader();
        for message in self.batches.unsent(leader) {
            self.out.forward(vec![leader], message);
        }
        for id in self.pool.oldest_of_clients() {
            self.send_to(recipient, id);
        }
    }

    /// Forwards to the next leader after a view change, with the oldest request: perhaps the view
    /// changed because it was passed over.
    pub(super) fn forward_oldest(&mut self) {
        self.forward();
        let (leader, _) = self.next_leader();
        let oldest = self.pool.oldest().and_then(|id| self.pool.get(&id)).map(<[u8]>::to_vec);
        oldest.into_iter().for_each(|request| self.out.send(vec![leader], Body::Request(request)));
    }

    /// Sends a pending request to a recipient, once.
    fn send_to(&mut self, recipient: ReplicaId, id: RequestId) {
        if recipient != self.out.id && self.pool.mark_sent(&id, recipient) {
            let request = self.pool.get(&id).map(<[u8]>::to_vec);
            request.into_iter().for_each(|r| self.out.send(vec![recipient], Body::Request(r)));
        }
    }

    /// Sends due requests again.
    pub(super) fn relay_overdue(&mut self) {
        let admit = |bytes: &[u8]| admit(self.gate, self.chain, bytes).map(drop);
        let (overdue, refused) = self.pool.take_overdue(self.out.now, admit);
        self.out.reject(refused);
        let leader = self.out.topology(self.chain.height(), self.slot.view()).leader();
        for Overdue { id, bytes, origin, attempts } in overdue {
            self.pool.mark_sent(&id, leader);
            let to = match origin {
                Origin::Client => self.holders(leader, attempts),
                Origin::Peer(_) => vec![leader],
            };
            self.out.send(to, Body::Request(bytes));
        }
    }

    /// The leader and `2F` others, different ones in each attempt.
    fn holders(&self, leader: ReplicaId, attempts: u32) -> Vec<ReplicaId> {
        let (others, count) = (self.out.others(), 2 * self.out.config.faults());
        let start = attempts as usize * count + usize::from(self.out.id);
        let turn = others.iter().cycle().skip(start % others.len()).take(others.len());
        let mut holders: Vec<ReplicaId> = turn.filter(|id| **id != leader).copied().collect();
        holders.truncate(count);
        holders.push(leader);
        holders
    }

    /// Sends the primary's next batch. The leader sends none, since it proposes its requests
    /// itself.
    pub(super) fn open_batch(&mut self) {
        let topology = self.out.topology(self.chain.height(), self.slot.view());
        if !topology.is_collector() || self.batches.is_open() {
            return;
        }
        let members = topology.group_members().to_vec();
        let ids = self.pool.take_batch();
        if ids.is_empty() {
            return;
        }
        let requests: Vec<Vec<u8>> =
            ids.iter().filter_map(|id| self.pool.get(id).map(<[u8]>::to_vec)).collect();
        let digest = batch_digest(&requests);
        self.batches.open(digest, ids, requests.clone());
        self.out.send(members, Body::Batch(requests));
        let until = self.out.now.saturating_add(self.out.config.timing().fallback);
        self.out.set(Timer::Batch, Some(until));
        let vote = self.out.sign(Body::BatchVote { group: self.group(), digest });
        self.count_batch_vote(self.out.id, digest, vote.signature);
    }

    fn group(&self) -> u16 {
        self.out.config.group_of(self.out.id).map_or(0, |group| group.number)
    }

    /// Adds the requests of a batch of this group's primary, and votes for it. A batch of another
    /// view's primary is outdated.
    pub(super) fn on_batch(
        &mut self,
        from: ReplicaId,
        batch: &[Vec<u8>],
        (peer, requests): (ReplicaId, Vec<(PricedRequest, RequestOf<A>)>),
    ) -> Result<(), MessageError> {
        let view = self.slot.view();
        let of_primary = self.out.config.group_primary(self.out.id, view) == Some(from);
        if !self.out.topology(self.chain.height(), view).is_tree() || !of_primary {
            return Err(MessageError::Stale);
        }
        self.insert(peer, requests, true)?;
        let digest = batch_digest(batch);
        self.out.send(vec![from], Body::BatchVote { group: self.group(), digest });
        Ok(())
    }

    pub(super) fn on_batch_vote(
        &mut self,
        from: ReplicaId,
        (number, digest): (u16, Digest),
        signature: Signature,
    ) -> Result<(), MessageError> {
        let own = self.out.config.group_of(self.out.id);
        let group = own.filter(|group| group.number == number && group.ranking.contains(&from));
        if group.is_none() {
            return Err(MessageError::Unauthorised);
        }
        self.count_batch_vote(from, digest, signature);
        Ok(())
    }

    fn count_batch_vote(&mut self, from: ReplicaId, digest: Digest, signature: Signature) {
        let Some(group) = self.out.config.group_of(self.out.id) else { return };
        let (number, quorum) = (group.number, group.quorum());
        if let Some((ids, body)) = self.batches.vote(from, (number, digest), signature, quorum) {
            let message: Message = self.out.sign(body);
            self.batches.store(ids, message);
            self.forward();
        }
    }
}
