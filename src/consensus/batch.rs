//! Layer 1: certified batches of requests within a group.
//!
//! Chang et al. 2022, Algorithm 2, run PBFT inside each group, whose primary then speaks for it in
//! layer 2. Here a primary sends `Batch`, its members answer with `BatchVote`, and `q_i` votes form
//! a certificate for the leader: at most `2(k - 1) + 1` messages in a group of `k`. The certificate
//! is a **hint** that the requests are available and were checked. It is no proof, since a whole
//! group may be faulty while at most `F` members are. It carries no order, so a change of primary
//! transfers no state.
#![forbid(unsafe_code)]

use super::certificate::{Certificate, Phase};
use super::message::{Body, Message};
use super::replica::Replica;
use super::{Application, Digest, MessageError, ReplicaId, RequestId, request_id};
use crate::algebra::{hash, tag};
use crate::sign::Signature;
use std::collections::BTreeMap;

/// The maximum number of batches that await votes, and of batches that await delivery.
const MAX_BATCHES: usize = 16;

/// A batch that awaits votes.
#[derive(Debug)]
struct OpenBatch {
    digest: Digest,
    requests: Vec<Vec<u8>>,
    votes: BTreeMap<ReplicaId, Signature>,
}

#[derive(Debug, Default)]
pub(super) struct Batches {
    next: u64,
    open: BTreeMap<u64, OpenBatch>,
    certified: Vec<(Vec<RequestId>, Message)>,
}

fn digest_of(requests: &[Vec<u8>]) -> Digest {
    let parts: Vec<&[u8]> = requests.iter().map(Vec::as_slice).collect();
    hash::digest(tag::CONSENSUS_BATCH, &parts)
}

impl<A: Application> Replica<A> {
    /// Sends the primary's next batch. The leader sends none, since it proposes its requests
    /// itself.
    pub(super) fn propose_batch(&mut self) {
        let topology = self.topology();
        let primary = self.config.group_primary(self.id, self.instance.view) == Some(self.id);
        if topology.is_flat() || !primary || topology.is_leader() {
            return;
        }
        let others = topology.group_members().to_vec();
        let requests = self.pool.take_unbatched();
        if requests.is_empty() {
            return;
        }
        let (sequence, digest) = (self.batches.next, digest_of(&requests));
        self.batches.next += 1;
        let own = self.batch_vote(sequence, digest);
        let open = OpenBatch { digest, requests: requests.clone(), votes: [(self.id, own)].into() };
        self.batches.open.insert(sequence, open);
        if self.batches.open.len() > MAX_BATCHES {
            self.batches.open.pop_first();
        }
        self.send(others, Body::Batch { sequence, requests });
    }

    fn batch_vote(&self, sequence: u64, digest: Digest) -> Signature {
        let group = self.config.group_of(self.id).map_or(0, |group| group.number);
        let body = Body::BatchVote { group, sequence, digest };
        Message::sign(&self.config, self.id, &self.key, body).signature
    }

    /// Adds the requests of the batch to the pool and votes for the batch.
    pub(super) fn on_batch(
        &mut self,
        from: ReplicaId,
        sequence: u64,
        requests: &[Vec<u8>],
    ) -> Result<(), MessageError> {
        if self.topology().is_flat()
            || self.config.group_primary(self.id, self.instance.view) != Some(from)
        {
            return Err(MessageError::Unauthorised);
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
    ) -> Result<(), MessageError> {
        let group = self.config.group_of(self.id).ok_or(MessageError::Unauthorised)?;
        if group.number != number || !group.ranking.contains(&from) {
            return Err(MessageError::Unauthorised);
        }
        let open = self.batches.open.get_mut(&sequence).ok_or(MessageError::Stale)?;
        if open.digest != digest {
            return Err(MessageError::CertificateMismatch);
        }
        open.votes.insert(from, signature);
        if open.votes.len() >= group.quorum() {
            self.certify_batch(number, sequence);
        }
        Ok(())
    }

    fn certify_batch(&mut self, group: u16, sequence: u64) {
        let Some(OpenBatch { digest, requests, votes }) = self.batches.open.remove(&sequence)
        else {
            return;
        };
        let ids = requests.iter().map(|request| request_id(request)).collect();
        let signatures = votes.into_iter().collect();
        let (phase, height) = (Phase::Batch, sequence);
        let certificate = Certificate { phase, group, height, view: 0, digest, signatures };
        let body = Body::CertifiedBatch { requests, certificate };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.batches.certified.push((ids, message.clone()));
        if self.batches.certified.len() > MAX_BATCHES {
            self.batches.certified.remove(0);
        }
        self.send_signed(vec![self.topology().leader()], message);
    }

    /// Adds the requests of a certified batch to the pool. Every member accepts one, since the
    /// leader may have changed in transit.
    pub(super) fn on_certified_batch(
        &mut self,
        from: ReplicaId,
        requests: &[Vec<u8>],
        certificate: &Certificate,
    ) -> Result<(), MessageError> {
        if certificate.phase != Phase::Batch || certificate.digest != digest_of(requests) {
            return Err(MessageError::CertificateMismatch);
        }
        certificate.verify_with(&self.config, &*self.verifier)?;
        for request in requests {
            self.pool.insert(&self.application, request, (from, self.now), true)?;
        }
        Ok(())
    }

    /// Sends the certified batches that are not delivered yet to the leader of the new height.
    pub(super) fn forward_certified_batches(&mut self) {
        let pool = &self.pool;
        self.batches.certified.retain(|(ids, _)| ids.iter().any(|id| !pool.was_delivered(id)));
        let leader = self.topology().leader();
        let undelivered: Vec<Message> =
            self.batches.certified.iter().map(|(_, message)| message.clone()).collect();
        for message in undelivered {
            self.send_signed(vec![leader], message);
        }
    }
}
