//! Layer 1: a group's primary has its members hold the requests of their hospitals.
//!
//! `Batch` down, `BatchVote` up, and with `q_i` votes a certificate for the leader: at most
//! `2(k - 1) + 1` messages. A certificate is a **hint** that the requests are available and were
//! looked at. It proves nothing, since a whole group may be faulty while the whole is within `F`,
//! and it carries no order, so a change of primary carries no state.
#![forbid(unsafe_code)]

use super::message::{Body, Message};
use super::quorum::{Certificate, Phase};
use super::replica::Replica;
use super::{Application, Digest, Fault, ReplicaId, RequestId, request_id};
use crate::algebra::{hash, tag};
use crate::sign::Signature;
use std::collections::BTreeMap;

/// The most batches of a primary that wait for votes, and that wait for delivery.
const OPEN: usize = 16;

#[derive(Debug)]
struct Open {
    digest: Digest,
    requests: Vec<Vec<u8>>,
    votes: BTreeMap<ReplicaId, Signature>,
}

#[derive(Debug, Default)]
pub(super) struct Batches {
    next: u64,
    open: BTreeMap<u64, Open>,
    certified: Vec<(Vec<RequestId>, Message)>,
}

fn digest_of(requests: &[Vec<u8>]) -> Digest {
    let parts: Vec<&[u8]> = requests.iter().map(Vec::as_slice).collect();
    hash::digest(tag::CONSENSUS_BATCH, &parts)
}

impl<A: Application> Replica<A> {
    /// A primary's next batch. The leader needs none: it can propose what it holds.
    pub(super) fn make_batch(&mut self) {
        let place = self.place();
        let primary = self.config.group_primary(self.id, self.round.view) == Some(self.id);
        if place.flat() || !primary || place.leads() {
            return;
        }
        let others = place.group_members().to_vec();
        let requests = self.pool.take_unbatched();
        if requests.is_empty() {
            return;
        }
        let (sequence, digest) = (self.batches.next, digest_of(&requests));
        self.batches.next += 1;
        let own = self.batch_vote(sequence, digest);
        let open = Open { digest, requests: requests.clone(), votes: [(self.id, own)].into() };
        self.batches.open.insert(sequence, open);
        if self.batches.open.len() > OPEN {
            self.batches.open.pop_first();
        }
        self.send(others, Body::Batch { sequence, requests });
    }

    fn batch_vote(&self, sequence: u64, digest: Digest) -> Signature {
        let group = self.config.group_of(self.id).map_or(0, |group| group.number);
        let body = Body::BatchVote { group, sequence, digest };
        Message::sign(&self.config, self.id, &self.key, body).signature
    }

    /// A member votes for what its application admits and its pool holds.
    pub(super) fn on_batch(
        &mut self,
        from: ReplicaId,
        sequence: u64,
        requests: &[Vec<u8>],
    ) -> Result<(), Fault> {
        if self.place().flat() || self.config.group_primary(self.id, self.round.view) != Some(from)
        {
            return Err(Fault::Role);
        }
        for request in requests {
            self.pool.insert(&self.application, request, (from, self.now), true)?;
        }
        let group = self.config.group_of(self.id).map_or(0, |group| group.number);
        let digest = digest_of(requests);
        self.send(vec![from], Body::BatchVote { group, sequence, digest });
        Ok(())
    }

    pub(super) fn on_batch_vote(
        &mut self,
        from: ReplicaId,
        (number, sequence, digest): (u16, u64, Digest),
        signature: Signature,
    ) -> Result<(), Fault> {
        let group = self.config.group_of(self.id).ok_or(Fault::Role)?;
        if group.number != number || !group.ranking.contains(&from) {
            return Err(Fault::Role);
        }
        let open = self.batches.open.get_mut(&sequence).ok_or(Fault::Stale)?;
        if open.digest != digest {
            return Err(Fault::Mismatch);
        }
        open.votes.insert(from, signature);
        if open.votes.len() >= group.quorum() {
            self.certify_batch(number, sequence);
        }
        Ok(())
    }

    fn certify_batch(&mut self, group: u16, sequence: u64) {
        let Some(Open { digest, requests, votes }) = self.batches.open.remove(&sequence) else {
            return;
        };
        let ids = requests.iter().map(|request| request_id(request)).collect();
        let signatures = votes.into_iter().collect();
        let (phase, height) = (Phase::Batch, sequence);
        let certificate = Certificate { phase, group, height, view: 0, digest, signatures };
        let body = Body::CertifiedBatch { requests, certificate };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.batches.certified.push((ids, message.clone()));
        if self.batches.certified.len() > OPEN {
            self.batches.certified.remove(0);
        }
        self.pass(vec![self.place().leader()], message);
    }

    /// Any member takes a batch: who leads may have changed on the way.
    pub(super) fn on_certified_batch(
        &mut self,
        from: ReplicaId,
        requests: &[Vec<u8>],
        certificate: &Certificate,
    ) -> Result<(), Fault> {
        if certificate.phase != Phase::Batch || certificate.digest != digest_of(requests) {
            return Err(Fault::Mismatch);
        }
        certificate.verify_with(&self.config, &*self.verifier)?;
        for request in requests {
            self.pool.insert(&self.application, request, (from, self.now), true)?;
        }
        Ok(())
    }

    /// Batches that are not delivered yet go to the leader of the new height.
    pub(super) fn offer_batches(&mut self) {
        let pool = &self.pool;
        self.batches.certified.retain(|(ids, _)| ids.iter().any(|id| !pool.was_delivered(id)));
        let leader = self.place().leader();
        let waiting: Vec<Message> =
            self.batches.certified.iter().map(|(_, message)| message.clone()).collect();
        for message in waiting {
            self.pass(vec![leader], message);
        }
    }
}
