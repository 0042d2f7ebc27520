//! A deterministic network simulator: virtual time, delays, losses, Byzantine replicas.
//!
//! The simulator drives the production replicas through their wire format: every message is encoded
//! once and decoded by each recipient. Equal seeds give equal runs; [`Network::trace`] is the hash
//! of a run. Every delivery at an honest replica is checked against all others, see
//! [`Network::violation`].
//!
//! Signatures are real Ed25519. Verification results are cached by the digest of key, statement and
//! signature, so a vote that fifteen members verify is verified once. Certificates of deliveries
//! are verified again without the cache.
//!
//! ```
//! use epione::consensus::Parameters;
//! use epione::sim::{Behaviour, Journal, Network};
//! let mut network = Network::<Journal>::with_journals(Parameters::new("demo"), 4, 7);
//! network.set_behaviour(network.leader(), Behaviour::Silent);
//! let client = network.honest()[0];
//! let committed = network.commit(client, b"record 1".to_vec()).unwrap();
//! assert_eq!(network.application(client).requests(), [b"record 1"]);
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
pub use report::{CommitError, Committed, Discarded, Link, Traffic};

use crate::algebra::codec::Canonical;
use crate::algebra::{Secret, hash, tag};
use crate::consensus::{
    Application, Config, Digest, Effect, Input, Location, Member, Message, Parameters, Replica,
    ReplicaId, RequestId, Timer, Verifier, request_id,
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

/// The timeout of [`Network::commit`] in virtual milliseconds.
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

/// Simulated replicas and the messages in transit between them.
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
    traffic: BTreeMap<&'static str, Traffic>,
    rejected: BTreeMap<RequestId, String>,
    discarded: Vec<Discarded>,
    trace: Digest,
    safety: SafetyChecker,
}

impl<A: Application> Network<A> {
    /// Creates one replica per member, with keys and applications in order of the members' ids.
    ///
    /// # Panics
    /// If the numbers of keys, applications and members differ, or a key does not match its member.
    pub fn new(config: Config, keys: Vec<SigningKey>, applications: Vec<A>, seed: u64) -> Self {
        assert_eq!((keys.len(), applications.len()), (config.size(), config.size()));
        let (config, cache) = (Arc::new(config), Arc::new(CachingVerifier::default()));
        let node = |((member, key), application): ((&Member, SigningKey), A)| {
            let verifier: Arc<dyn Verifier> = cache.clone();
            let replica = Replica::new(config.clone(), member.id, key.clone(), application)
                .expect("each key matches its member")
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
            traffic: BTreeMap::new(),
            rejected: BTreeMap::new(),
            discarded: Vec::new(),
            trace: hash::digest(tag::SIM_TRACE, &[&config.digest()]),
            safety: SafetyChecker::default(),
            config,
        }
    }

    /// Sets the behaviour of a replica.
    pub fn set_behaviour(&mut self, id: ReplicaId, behaviour: Behaviour) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.behaviour = behaviour;
        }
    }

    /// The behaviour of a replica.
    ///
    /// # Panics
    /// If no replica has this id.
    pub fn behaviour(&self, id: ReplicaId) -> Behaviour {
        self.nodes[&id].behaviour
    }

    /// Sets delay, loss and duplication of messages.
    pub fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Partitions these replicas from the others. An empty list heals the network.
    pub fn partition(&mut self, partition: &[ReplicaId]) {
        self.partition = partition.iter().copied().collect();
    }

    /// Submits a request to a replica.
    pub fn submit(&mut self, at: ReplicaId, request: Vec<u8>) -> RequestId {
        let id = request_id(&request);
        self.safety.submitted(id);
        self.deliver(at, Input::Request(request));
        id
    }

    /// Submits a request and runs until every honest replica has applied it.
    ///
    /// # Errors
    /// The replica rejects the request, or ten virtual minutes pass.
    pub fn commit(&mut self, at: ReplicaId, request: Vec<u8>) -> Result<Committed, CommitError> {
        let (start, before) = (self.now, self.total());
        self.rejected.remove(&request_id(&request));
        let request = self.submit(at, request);
        while !self.has_applied_everywhere(&request) {
            if let Some(reason) = self.rejected.get(&request) {
                return Err(CommitError::Rejected { at, reason: reason.clone() });
            }
            if self.now > start + COMMIT_TIMEOUT || !self.step() {
                return Err(self.timeout(&request, start));
            }
        }
        let (height, view) = self
            .safety
            .position_of(&request)
            .expect("every honest replica has applied the request");
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
        let position = self.safety.position_of(request);
        position.is_some_and(|(height, _)| self.nodes[&id].replica.height() > height)
    }

    /// Returns `true` if every honest replica has applied the request.
    pub fn has_applied_everywhere(&self, request: &RequestId) -> bool {
        self.honest().into_iter().all(|id| self.has_applied(id, request))
    }

    fn timeout(&self, request: &RequestId, start: u64) -> CommitError {
        let honest = self.honest();
        CommitError::Timeout {
            waited_ms: self.now - start,
            applied: honest.iter().filter(|id| self.has_applied(**id, request)).count(),
            honest: honest.len(),
            faulty: self.nodes.len() - honest.len(),
            tolerated: self.config.faults(),
        }
    }

    /// Advances virtual time and processes the events that fall due.
    pub fn advance(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.events.first_key_value().is_some_and(|((at, _), _)| *at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// Processes the next event. Returns `false` if there is none.
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
            Effect::Discard { from, error } => self.discarded.push(Discarded { at, from, error }),
        }
    }

    fn send(&mut self, from: ReplicaId, to: &[ReplicaId], message: &Message) {
        let bytes: Arc<[u8]> = message.to_bytes().into();
        for to in to {
            let count = self.traffic.entry(message.body.name()).or_default();
            count.messages += 1;
            count.bytes += bytes.len() as u64;
            let partitioned = self.partition.contains(&from) != self.partition.contains(to);
            if partitioned || self.rng.gen_range(0..1000) < self.link.loss {
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

    /// Virtual time in milliseconds.
    pub fn now(&self) -> u64 {
        self.now
    }
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// A replica.
    ///
    /// # Panics
    /// If no replica has this id.
    pub fn replica(&self, id: ReplicaId) -> &Replica<A> {
        &self.nodes[&id].replica
    }
    /// The application of a replica.
    ///
    /// # Panics
    /// If no replica has this id.
    pub fn application(&self, id: ReplicaId) -> &A {
        self.replica(id).application()
    }
    /// All applications with the ids of their replicas.
    pub fn applications(&self) -> impl Iterator<Item = (ReplicaId, &A)> {
        self.nodes.iter().map(|(id, node)| (*id, node.replica.application()))
    }
    /// The honest replicas.
    pub fn honest(&self) -> Vec<ReplicaId> {
        let honest = self.nodes.iter().filter(|(_, node)| node.behaviour == Behaviour::Honest);
        honest.map(|(id, _)| *id).collect()
    }
    /// The leader of view 0 at the highest height among the honest replicas.
    pub fn leader(&self) -> ReplicaId {
        let height = self.honest().iter().map(|id| self.replica(*id).height()).max();
        self.config.leader(height.unwrap_or(1), 0)
    }
    /// The traffic by message kind.
    pub fn traffic(&self) -> &BTreeMap<&'static str, Traffic> {
        &self.traffic
    }
    /// The number of messages of one kind.
    pub fn sent(&self, kind: &str) -> u64 {
        self.traffic.get(kind).map_or(0, |count| count.messages)
    }
    /// The total traffic.
    pub fn total(&self) -> Traffic {
        let add = |a: Traffic, b: &Traffic| Traffic {
            messages: a.messages + b.messages,
            bytes: a.bytes + b.bytes,
        };
        self.traffic.values().fold(Traffic::default(), add)
    }
    /// The discarded messages.
    pub fn discarded(&self) -> &[Discarded] {
        &self.discarded
    }
    /// The running hash of all delivered messages.
    pub fn trace(&self) -> Digest {
        self.trace
    }
    /// The first violation among the deliveries at honest replicas: of agreement, total order,
    /// exactly-once delivery, validity or the certificate.
    pub fn violation(&self) -> Option<&str> {
        self.safety.violation()
    }
}

impl<A: Application> Network<A> {
    /// Creates `n` replicas of an application, at random locations and with keys from the seed.
    ///
    /// # Panics
    /// If the parameters are invalid for `n` members.
    pub fn generate(
        parameters: Parameters,
        n: u16,
        seed: u64,
        application: impl FnMut() -> A,
    ) -> Self {
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
        let applications = std::iter::repeat_with(application).take(keys.len()).collect();
        Self::new(config, keys, applications, seed)
    }
}

impl Network<Journal> {
    /// Creates `n` replicas with [`Journal`]s by [`Network::generate`].
    ///
    /// # Panics
    /// If the parameters are invalid for `n` members.
    pub fn with_journals(parameters: Parameters, n: u16, seed: u64) -> Self {
        Self::generate(parameters, n, seed, Journal::default)
    }
}
