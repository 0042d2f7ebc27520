//! A deterministic network simulator: virtual time, links, crashes, Byzantine replicas.
//!
//! The simulator drives the production replicas through their wire format: every message is encoded
//! once and decoded by each recipient. Equal seeds give equal runs; [`Network::trace`] is the hash
//! of a run.
//!
//! **Faults.** [`Link`], [`Transport`], [`Partition`] and [`Stabilisation`] describe the network.
//! [`Network::crash_after`] ends a replica between any two effects of a step and rebuilds it from
//! its durable entries, or from the storage of its application, which [`Disk`] makes lose what was
//! not synchronised. [`Behaviour`] lists the Byzantine replicas, and [`Network::add_twin`] runs two
//! replicas with one identity.
//!
//! **Checks.** [`Network::violation`] names the first violation of a rule:
//! * every delivery at an honest replica is compared with all others: agreement, total order,
//!   exactly-once delivery, validity, certificate;
//! * no statement of an honest member contradicts another one, and each is durable before it is
//!   sent, in every incarnation of the member;
//! * evidence verifies and never names an honest member;
//! * no faulty member signs for an honest one;
//! * a restarted replica has all that it had delivered.
//!
//! [`Network::overdue`] names a request that is not delivered within the stated bound after the
//! global stabilisation time, unless the bandwidth is too small for the bound.
//!
//! **Signatures** are real Ed25519 by default, with the results of verifications cached by the
//! digest of key, statement and signature. [`Signatures::Ideal`] serves large runs.
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
mod cluster;
mod crash;
mod disk;
mod durable;
mod journal;
mod links;
mod node;
mod observation;
mod partition;
mod placement;
mod progress;
mod report;
mod run;
mod safety;
mod signatures;
mod statements;
mod twins;

pub use behaviour::Behaviour;
pub use cluster::{Clock, Cluster, ClusterDelivery};
pub use disk::{Disk, DiskFaults};
pub use durable::EntryKind;
pub use journal::{Journal, JournalFormat, JournalValue};
pub use links::{Latency, Link, Stabilisation, Transport};
pub use observation::{Observation, Observed};
pub use partition::{Endpoint, Partition};
pub use placement::Placement;
pub use report::{CommitError, Committed, Discarded, Traffic};
pub use signatures::{Signatures, Verifications};
pub use twins::{TwinScenario, twin_scenario, twin_scenarios};

use crate::algebra::{Secret, hash, tag};
use crate::consensus::{
    Application, Config, Digest, Entry, Evidence, Location, Member, Parameters, PersistError,
    Replica, ReplicaId, RequestId, Scheme,
};
use crate::sign::SigningKey;
use behaviour::Collusion;
use links::Links;
use node::Node;
use progress::Progress;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use run::Event;
use safety::SafetyChecker;
use signatures::CountingScheme;
use statements::Statements;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Simulated replicas and the messages in transit between them.
#[derive(Clone)]
pub struct Network<A: Application> {
    config: Arc<Config>,
    scheme: Arc<CountingScheme>,
    nodes: BTreeMap<Endpoint, Node<A>>,
    events: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    now: u64,
    rng: ChaCha8Rng,
    links: Links,
    collusion: Collusion,
    traffic: BTreeMap<&'static str, Traffic>,
    agreement: BTreeMap<u64, Traffic>,
    rejected: BTreeMap<RequestId, String>,
    discarded: Vec<Discarded>,
    evidence: Vec<Evidence>,
    observations: Option<Vec<Observation>>,
    messages_observed: bool,
    trace: Digest,
    /// The members that were faulty at any time.
    faulty: BTreeSet<ReplicaId>,
    safety: SafetyChecker,
    statements: Statements,
    progress: Progress,
    crashes: u64,
    storage_failures: Vec<(ReplicaId, PersistError)>,
    recovery: Option<Arc<Recover<A>>>,
}

/// Returns what a restarted process finds: the application, and the entries of consensus.
type Recover<A> = dyn Fn(ReplicaId) -> Result<(A, Vec<Entry>), String> + Send + Sync;

impl<A: Application + Clone> Network<A> {
    /// Creates one replica per member, with keys and applications in order of the members' ids.
    ///
    /// # Panics
    /// If the numbers of keys, applications and members differ, or a key does not match its member.
    pub fn new(config: Config, keys: Vec<SigningKey>, applications: Vec<A>, seed: u64) -> Self {
        assert_eq!((keys.len(), applications.len()), (config.size(), config.size()));
        let (config, scheme) = (Arc::new(config), CountingScheme::new(Signatures::default()));
        let node = |((member, key), application): ((&Member, SigningKey), A)| {
            let shared: Arc<dyn Scheme> = scheme.clone();
            let genesis = application.clone();
            let replica = Replica::new(config.clone(), member.id, key.clone(), application)
                .expect("each key matches its member")
                .with_scheme(shared);
            (member.id.into(), Node::new(replica, genesis, key))
        };
        let nodes = config.members().zip(keys).zip(applications).map(node).collect();
        Self {
            nodes,
            events: BTreeMap::new(),
            sequence: 0,
            now: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
            links: Links::default(),
            collusion: Collusion::default(),
            traffic: BTreeMap::new(),
            agreement: BTreeMap::new(),
            rejected: BTreeMap::new(),
            discarded: Vec::new(),
            evidence: Vec::new(),
            observations: None,
            messages_observed: false,
            trace: hash::digest(tag::SIM_TRACE, &[&config.digest()]),
            faulty: BTreeSet::new(),
            safety: SafetyChecker::default(),
            statements: Statements::default(),
            progress: Progress::default(),
            crashes: 0,
            storage_failures: Vec::new(),
            recovery: None,
            scheme,
            config,
        }
    }

    /// Selects the signature scheme of a network that has not run.
    #[must_use]
    pub fn with_signatures(mut self, signatures: Signatures) -> Self {
        self.scheme = CountingScheme::new(signatures);
        for node in self.nodes.values_mut() {
            let shared: Arc<dyn Scheme> = self.scheme.clone();
            node.replica = node.replica.clone().with_scheme(shared);
        }
        self
    }

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

impl<A: Application> Network<A> {
    /// Sets the behaviour of a replica.
    pub fn set_behaviour(&mut self, id: ReplicaId, behaviour: Behaviour) {
        let Some(node) = self.nodes.get_mut(&id.into()) else { return };
        if behaviour == Behaviour::Honest && node.behaviour != Behaviour::Honest {
            self.safety.begin(id, node.replica.height() - 1);
        } else if behaviour != Behaviour::Honest {
            self.faulty.insert(id);
            self.progress.lose(id);
        }
        node.behaviour = behaviour;
    }

    /// The behaviour of a replica.
    ///
    /// # Panics
    /// If no replica has this id.
    pub fn behaviour(&self, id: ReplicaId) -> Behaviour {
        self.node(id).behaviour
    }

    /// Sets delay, loss and duplication of messages.
    pub fn set_link(&mut self, link: Link) {
        self.links.link = link;
    }

    /// Sets latency, bandwidth and reordering.
    pub fn set_transport(&mut self, transport: Transport) {
        self.links.set_transport(transport, &self.config);
    }

    /// Sets the global stabilisation time.
    pub fn set_stabilisation(&mut self, stabilisation: Stabilisation) {
        self.links.stabilisation = Some(stabilisation);
        self.push(stabilisation.at, Event::Stabilise);
    }

    /// Partitions these replicas from the others. An empty list heals the network.
    pub fn partition(&mut self, partition: &[ReplicaId]) {
        let side = partition.iter().map(|id| Endpoint::from(*id));
        self.set_partition(Partition::into_sides([side]));
    }

    /// Replaces the partition.
    pub fn set_partition(&mut self, partition: Partition) {
        self.links.partition = partition;
        self.observe(Observed::Partitioned);
    }

    /// Replaces the partition at a virtual time.
    pub fn schedule_partition(&mut self, at: u64, partition: Partition) {
        self.push(at, Event::Partition(partition));
    }

    /// Records observations, for [`Network::take_observations`], and every message among them if
    /// `messages` is set.
    pub fn record_observations(&mut self, messages: bool) {
        self.observations.get_or_insert_default();
        self.messages_observed = messages;
    }

    /// Takes the observations since the last call.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.observations.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn observe(&mut self, event: Observed) {
        let time = self.now;
        if let Some(list) = &mut self.observations {
            list.push(Observation { time, event });
        }
    }

    fn node(&self, id: ReplicaId) -> &Node<A> {
        &self.nodes[&Endpoint::from(id)]
    }
    fn is_honest(&self, id: ReplicaId) -> bool {
        self.nodes.get(&id.into()).is_some_and(|node| node.behaviour == Behaviour::Honest)
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
        &self.node(id).replica
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
        self.nodes.iter().map(|(at, node)| (at.id, node.replica.application()))
    }
    /// The honest replicas.
    pub fn honest(&self) -> Vec<ReplicaId> {
        let honest = self.nodes.iter().filter(|(_, node)| node.behaviour == Behaviour::Honest);
        honest.map(|(at, _)| at.id).collect()
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
    /// The traffic of agreement by height: pre-prepare, prepare, commit, partial certificate and
    /// certificate, which the formulas of [`consensus`](crate::consensus) count.
    pub fn agreement(&self) -> &BTreeMap<u64, Traffic> {
        &self.agreement
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
    /// The proofs that members contradicted themselves.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
    /// The number of signature verifications.
    pub fn verifications(&self) -> Verifications {
        self.scheme.verifications()
    }
    /// The times from a client's submission to the delivery at the same replica, in milliseconds,
    /// in order of delivery.
    pub fn latencies(&self) -> &[u64] {
        self.progress.latencies()
    }
    /// The number of crashes.
    pub fn crashes(&self) -> u64 {
        self.crashes
    }
    /// The failures of storage, each of which has stopped its replica.
    pub fn storage_failures(&self) -> &[(ReplicaId, PersistError)] {
        &self.storage_failures
    }
    /// The running hash of all delivered messages.
    pub fn trace(&self) -> Digest {
        self.trace
    }
    /// The first violation of safety; the module lists the rules.
    pub fn violation(&self) -> Option<&str> {
        self.safety.violation()
    }

    /// The bound on the delivery of a request after the global stabilisation time, in milliseconds:
    /// ```text
    /// relay * 2^6 + fallback * 2^8 + sum of view_delay(V) for V from U to U + 2 |S|
    /// ```
    /// where `U` is the highest view at that time. The terms are the greatest time until a holder
    /// relays a request, the greatest time until members compare heights, and two passes through
    /// the schedule `S`. The bound presupposes that queueing and propagation of a message together
    /// last at most the fallback delay.
    pub fn bound(&self) -> u64 {
        self.progress.bound(&self.config)
    }

    /// A request that an honest replica holds, and that is not delivered by all honest replicas
    /// within [`Network::bound`] after submission and the global stabilisation time.
    ///
    /// No request is overdue once a message of an honest replica has been queued for so long that
    /// queueing and propagation exceed the fallback delay.
    pub fn overdue(&self) -> Option<RequestId> {
        let stable = self.links.stabilisation.filter(|stable| self.now >= stable.at)?;
        let queued = self.links.longest_queue(|at| self.is_honest(at.id));
        if queued > self.config.timing().fallback.saturating_sub(stable.bound) {
            return None;
        }
        let (request, age) = self.progress.oldest(self.now, stable.at)?;
        (age > self.bound()).then_some(request)
    }
}
