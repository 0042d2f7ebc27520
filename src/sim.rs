//! A seeded network in one process: virtual time, delays, losses, faulty replicas.
//!
//! It drives the same replicas as real processes do, through the same bytes: every message is
//! encoded once and decoded by each receiver. One seed gives one run, whose hash is [`Network::trace`].
//! Each delivery of an honest replica is checked against all others, see [`Network::violation`].
//!
//! Signatures are real Ed25519. Verdicts are remembered by the digest of key, statement and
//! signature, so a vote that fifteen members check is computed once; what verifies and what does
//! not stays the same. Certificates of deliveries are verified again without that cache.
//!
//! ```
//! use epione::consensus::Parameters;
//! use epione::sim::{Behaviour, Journal, Network};
//! let mut network = Network::<Journal>::with_journals(Parameters::new("demo"), 4, 7);
//! network.set_behaviour(network.leader(), Behaviour::Silent);
//! let at = network.honest()[0];
//! let committed = network.commit(at, b"record 1".to_vec()).unwrap();
//! assert_eq!(network.application(at).requests(), [b"record 1"]);
//! assert!(committed.view > 0, "the first leader was silent");
//! ```
#![forbid(unsafe_code)]

mod behaviour;
mod cache;
mod journal;
mod report;
mod safety;

pub use behaviour::Behaviour;
pub use journal::Journal;
pub use report::{CommitError, Committed, Count, Link};

use crate::algebra::codec::Canonical;
use crate::algebra::{Secret, hash, tag};
use crate::consensus::{
    Application, Config, Digest, Effect, Input, Location, Member, Message, MessageError,
    Parameters, Replica, ReplicaId, RequestId, Timer, Verifier, request_id,
};
use crate::sign::SigningKey;
use behaviour::Collusion;
use cache::CachingVerifier;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use safety::SafetyChecker;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long [`Network::commit`] waits, in virtual milliseconds.
const COMMIT_TIMEOUT: u64 = 600_000;

enum Event {
    Message { to: ReplicaId, bytes: Arc<[u8]> },
    Timer { at: ReplicaId, timer: Timer },
}

struct Node<A> {
    replica: Replica<A>,
    key: SigningKey,
    behaviour: Behaviour,
}

/// Replicas and what is under way between them.
pub struct Network<A> {
    config: Arc<Config>,
    nodes: BTreeMap<ReplicaId, Node<A>>,
    events: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    now: u64,
    rng: ChaCha8Rng,
    link: Link,
    partition: BTreeSet<ReplicaId>,
    collusion: Collusion,
    counters: BTreeMap<&'static str, Count>,
    rejected: BTreeMap<RequestId, String>,
    faults: Vec<(ReplicaId, ReplicaId, MessageError)>,
    trace: Digest,
    safety: SafetyChecker,
}

impl<A: Application> Network<A> {
    /// One replica per member; keys and applications are in the order of the members' ids.
    ///
    /// # Panics
    /// If there are not as many keys and applications as members, or a key is not its member's.
    pub fn new(config: Config, keys: Vec<SigningKey>, applications: Vec<A>, seed: u64) -> Self {
        assert_eq!((keys.len(), applications.len()), (config.size(), config.size()));
        let (config, cache) = (Arc::new(config), Arc::new(CachingVerifier::default()));
        let node = |((member, key), application): ((&Member, SigningKey), A)| {
            let verifier: Arc<dyn Verifier> = cache.clone();
            let replica = Replica::new(config.clone(), member.id, key.clone(), application)
                .expect("each key is its member's")
                .with_verifier(verifier);
            (member.id, Node { replica, key, behaviour: Behaviour::Honest })
        };
        let nodes = config.members().zip(keys).zip(applications).map(node).collect();
        Self {
            nodes,
            events: BTreeMap::new(),
            sequence: 0,
            now: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
            link: Link::default(),
            partition: BTreeSet::new(),
            collusion: Collusion::default(),
            counters: BTreeMap::new(),
            rejected: BTreeMap::new(),
            faults: Vec::new(),
            trace: hash::digest(tag::SIM_TRACE, &[&config.digest()]),
            safety: SafetyChecker::default(),
            config,
        }
    }

    /// From now on this replica behaves like this.
    pub fn set_behaviour(&mut self, id: ReplicaId, behaviour: Behaviour) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.behaviour = behaviour;
        }
    }

    /// How a replica behaves.
    ///
    /// # Panics
    /// If there is none of this id.
    pub fn behaviour(&self, id: ReplicaId) -> Behaviour {
        self.nodes[&id].behaviour
    }

    /// From now on messages fare like this.
    pub fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Cuts these replicas off from the others; an empty list heals the network.
    pub fn partition(&mut self, partition: &[ReplicaId]) {
        self.partition = partition.iter().copied().collect();
    }

    /// Hands a request to a replica.
    pub fn submit(&mut self, at: ReplicaId, request: Vec<u8>) -> RequestId {
        let id = request_id(&request);
        self.safety.submitted(id);
        self.deliver(at, Input::Request(request));
        id
    }

    /// Submits a request and runs until every honest replica has applied it.
    ///
    /// # Errors
    /// [`CommitError`], after ten virtual minutes at the latest.
    pub fn commit(&mut self, at: ReplicaId, request: Vec<u8>) -> Result<Committed, CommitError> {
        let (start, before) = (self.now, self.total());
        self.rejected.remove(&request_id(&request));
        let request = self.submit(at, request);
        while !self.has_applied_everywhere(&request) {
            if let Some(reason) = self.rejected.get(&request) {
                return Err(CommitError::Rejected { at, reason: reason.clone() });
            }
            if self.now > start + COMMIT_TIMEOUT || !self.step() {
                return Err(self.out_of_time(&request, start));
            }
        }
        let (height, view) = self.safety.position_of(&request).expect("it was applied");
        let after = self.total();
        Ok(Committed {
            request,
            height,
            view,
            virtual_ms: self.now - start,
            messages: after.messages - before.messages,
            bytes: after.bytes - before.bytes,
        })
    }

    fn has_applied(&self, id: ReplicaId, request: &RequestId) -> bool {
        let place = self.safety.position_of(request);
        place.is_some_and(|(height, _)| self.nodes[&id].replica.height() > height)
    }

    /// Whether every honest replica has applied a request.
    pub fn has_applied_everywhere(&self, request: &RequestId) -> bool {
        self.honest().into_iter().all(|id| self.has_applied(id, request))
    }

    fn out_of_time(&self, request: &RequestId, start: u64) -> CommitError {
        let honest = self.honest();
        CommitError::OutOfTime {
            waited_ms: self.now - start,
            applied: honest.iter().filter(|id| self.has_applied(**id, request)).count(),
            honest: honest.len(),
            faulty: self.nodes.len() - honest.len(),
            tolerated: self.config.faults(),
        }
    }

    /// Lets virtual time pass.
    pub fn advance(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.events.first_key_value().is_some_and(|((at, _), _)| *at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// The next event; false if there is none.
    pub fn step(&mut self) -> bool {
        let Some(((at, _), event)) = self.events.pop_first() else { return false };
        self.now = self.now.max(at);
        match event {
            Event::Timer { at, timer } => self.deliver(at, Input::Timer(timer)),
            Event::Message { to, bytes } => {
                let parts: [&[u8]; 4] =
                    [&self.trace, &self.now.to_be_bytes(), &to.to_be_bytes(), &bytes];
                self.trace = hash::digest(tag::SIM_TRACE, &parts);
                if let Ok(message) = Message::from_bytes(&bytes) {
                    self.deliver(to, Input::Message(message));
                }
            }
        }
        true
    }

    fn deliver(&mut self, at: ReplicaId, input: Input) {
        let Some(node) = self.nodes.get_mut(&at) else { return };
        if node.behaviour == Behaviour::Silent {
            return;
        }
        let effects = node.replica.step(self.now, input);
        let effects =
            self.collusion.corrupt(&node.replica, &node.key, node.behaviour, self.now, effects);
        for effect in effects {
            self.perform(at, effect);
        }
    }

    fn perform(&mut self, at: ReplicaId, effect: Effect) {
        match effect {
            Effect::Send { to, message } => self.send(at, &to, &message),
            Effect::SetTimer { timer, at: when } => self.push(when, Event::Timer { at, timer }),
            Effect::CancelTimer(_) => {}
            Effect::Deliver { height, value, certificate } => {
                let node = &self.nodes[&at];
                if node.behaviour == Behaviour::Honest {
                    let application = node.replica.application();
                    let delivery = safety::Delivery {
                        at,
                        height,
                        requests: application.requests(&value),
                        digest: application.digest(&value).ok(),
                        certificate: &certificate,
                    };
                    self.safety.delivered(&self.config, &delivery);
                }
            }
            Effect::Reject { request, reason } => {
                self.rejected.insert(request, reason.to_string());
            }
            Effect::Discard { from, error } => self.faults.push((at, from, error)),
        }
    }

    fn send(&mut self, from: ReplicaId, to: &[ReplicaId], message: &Message) {
        let bytes: Arc<[u8]> = message.to_bytes().into();
        for to in to {
            let count = self.counters.entry(message.body.name()).or_default();
            count.messages += 1;
            count.bytes += bytes.len() as u64;
            let cut = self.partition.contains(&from) != self.partition.contains(to);
            if cut || self.rng.gen_range(0..1000) < self.link.loss {
                continue;
            }
            let copies = 1 + u64::from(self.rng.gen_range(0..1000) < self.link.duplicates);
            for _ in 0..copies {
                let delay = self.rng.gen_range(self.link.delay.clone());
                self.push(self.now + delay, Event::Message { to: *to, bytes: bytes.clone() });
            }
        }
    }

    fn push(&mut self, at: u64, event: Event) {
        self.events.insert((at, self.sequence), event);
        self.sequence += 1;
    }

    /// Puts a message into a replica's hands as it is, whoever signed it.
    pub fn inject(&mut self, to: ReplicaId, message: Message) {
        self.deliver(to, Input::Message(message));
    }

    /// Virtual time in milliseconds.
    pub fn now(&self) -> u64 {
        self.now
    }
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// One replica.
    ///
    /// # Panics
    /// If there is none of this id.
    pub fn replica(&self, id: ReplicaId) -> &Replica<A> {
        &self.nodes[&id].replica
    }
    /// One replica's application.
    ///
    /// # Panics
    /// If there is none of this id.
    pub fn application(&self, id: ReplicaId) -> &A {
        self.replica(id).application()
    }
    /// All applications.
    pub fn applications(&self) -> impl Iterator<Item = (ReplicaId, &A)> {
        self.nodes.iter().map(|(id, node)| (*id, node.replica.application()))
    }
    /// The replicas that follow the protocol.
    pub fn honest(&self) -> Vec<ReplicaId> {
        let honest = self.nodes.iter().filter(|(_, node)| node.behaviour == Behaviour::Honest);
        honest.map(|(id, _)| *id).collect()
    }
    /// Who leads view 0 of the highest height that an honest replica is at.
    pub fn leader(&self) -> ReplicaId {
        let height = self.honest().iter().map(|id| self.replica(*id).height()).max();
        self.config.leader(height.unwrap_or(1), 0)
    }
    /// What was sent, by kind.
    pub fn counters(&self) -> &BTreeMap<&'static str, Count> {
        &self.counters
    }
    /// What was sent of one kind.
    pub fn sent(&self, kind: &str) -> u64 {
        self.counters.get(kind).map_or(0, |count| count.messages)
    }
    /// All that was sent.
    pub fn total(&self) -> Count {
        let add = |a: Count, b: &Count| Count {
            messages: a.messages + b.messages,
            bytes: a.bytes + b.bytes,
        };
        self.counters.values().fold(Count::default(), add)
    }
    /// Who refused whose message, and why.
    pub fn faults(&self) -> &[(ReplicaId, ReplicaId, MessageError)] {
        &self.faults
    }
    /// The running hash of everything that arrived.
    pub fn trace(&self) -> Digest {
        self.trace
    }
    /// The first broken promise among the honest deliveries: agreement, order without gaps,
    /// exactly once, only what was submitted, a certificate that outsiders can check.
    pub fn violation(&self) -> Option<&str> {
        self.safety.violation()
    }
}

impl Network<Journal> {
    /// `n` journals on a grid of places, with keys drawn from the seed.
    ///
    /// # Panics
    /// If the parameters make no configuration for `n` members.
    pub fn with_journals(parameters: Parameters, n: u16, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let keys: Vec<SigningKey> =
            (0..n).map(|_| SigningKey::from_seed(&Secret::new(rng.r#gen()))).collect();
        let member = |(id, key): (u16, &SigningKey)| Member {
            id,
            key: key.verifying_key(),
            location: Location {
                latitude: 30_000_000 + rng.gen_range(0..4_000_000),
                longitude: 110_000_000 + rng.gen_range(0..8_000_000),
            },
            rating: rng.gen_range(0..100),
        };
        let members = (0..n).zip(&keys).map(member).collect();
        let config = Config::new(parameters, members).expect("the parameters fit the roster");
        Self::new(config, keys, (0..n).map(|_| Journal::default()).collect(), seed)
    }
}
