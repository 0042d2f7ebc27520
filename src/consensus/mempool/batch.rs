//! Layer 1: certified batches of requests within a group.
//!
//! Chang et al. 2022, Algorithm 2, run PBFT inside each group, whose primary then speaks for it in
//! layer 2. Here a primary sends `Batch`, its members answer with `BatchVote`, and `q_i` votes form
//! a certificate for the leader: at most `2(k - 1) + 1` messages in a group of `k`. The certificate
//! is a **hint** that the requests are available and were checked. It is no proof, since a whole
//! group may be faulty while at most `F` members are. It carries no order, so a change of primary
//! transfers no state.
//!
//! One batch is open at a time. The requests that arrive until it is certified form the next one.
#![forbid(unsafe_code)]

use crate::consensus::config::{ENTRY, MAX_CERTIFIED};
use crate::consensus::wire::{Body, Certificate, Message, Phase};
use crate::consensus::{Digest, ReplicaId, RequestId};
use crate::sign::Signature;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A batch that awaits votes.
#[derive(Debug, Clone)]
struct Open {
    digest: Digest,
    ids: Vec<RequestId>,
    requests: Vec<Vec<u8>>,
    votes: BTreeMap<ReplicaId, Signature>,
}

/// A certified batch that is not delivered.
#[derive(Debug, Clone)]
struct Certified {
    ids: BTreeSet<RequestId>,
    message: Message,
    sent: BTreeSet<ReplicaId>,
}

/// The batches of a group's primary.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batches {
    open: Option<Open>,
    certified: VecDeque<Certified>,
}

impl Batches {
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The bytes of the batches.
    pub(crate) fn bytes(&self) -> usize {
        let open = self.open.iter().map(|open| {
            let requests: usize = open.requests.iter().map(|request| request.len() + ENTRY).sum();
            requests + open.votes.len() * ENTRY
        });
        let certified = self
            .certified
            .iter()
            .map(|batch| batch.message.body.variable_bytes() + batch.ids.len() * ENTRY + ENTRY);
        open.chain(certified).sum()
    }

    /// Opens a batch.
    pub(crate) fn open(&mut self, digest: Digest, ids: Vec<RequestId>, requests: Vec<Vec<u8>>) {
        self.open = Some(Open { digest, ids, requests, votes: BTreeMap::new() });
    }

    /// Gives up the open batch. Its requests are relayed when they are due.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// Counts a vote. Returns the certified batch once `quorum` members have voted.
    pub(crate) fn vote(
        &mut self,
        signer: ReplicaId,
        (group, digest): (u16, Digest),
        signature: Signature,
        quorum: usize,
    ) -> Option<(Vec<RequestId>, Body)> {
        let open = self.open.as_mut().filter(|open| open.digest == digest)?;
        open.votes.insert(signer, signature);
        if open.votes.len() < quorum {
            return None;
        }
        let Open { digest, ids, requests, votes } = self.open.take()?;
        let signatures = votes.into_iter().collect();
        let certificate =
            Certificate { phase: Phase::Batch, group, height: 0, view: 0, digest, signatures };
        Some((ids, Body::CertifiedBatch { requests, certificate }))
    }

    /// Stores a certified batch until its requests are delivered.
    pub(crate) fn store(&mut self, ids: Vec<RequestId>, message: Message) {
        let ids = ids.into_iter().collect();
        self.certified.push_back(Certified { ids, message, sent: BTreeSet::new() });
        if self.certified.len() > MAX_CERTIFIED {
            self.certified.pop_front();
        }
    }

    /// Removes delivered requests, and batches of which none is left.
    pub(crate) fn deliver(&mut self, ids: &[RequestId]) {
        for batch in &mut self.certified {
            ids.iter().for_each(|id| _ = batch.ids.remove(id));
        }
        self.certified.retain(|batch| !batch.ids.is_empty());
    }

    /// The undelivered batches that were not sent to this leader.
    pub(crate) fn unsent(&mut self, leader: ReplicaId) -> Vec<Message> {
        let unsent = self
            .certified
            .iter_mut()
            .filter_map(|batch| batch.sent.insert(leader).then(|| batch.message.clone()));
        unsent.collect()
    }
}
