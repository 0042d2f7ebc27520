//! Losses of power under replicas that agree: each has its database on a disk of its own.

use super::super::*;
use crate::consensus::campaigns::seeds;
use epione::consensus::{ReplicaId, RequestId};
use epione::database::Redb;
use epione::sim::{Disk, DiskFaults, Network};
use rand::Rng;
use std::collections::BTreeMap;

const REPLICAS: u16 = 4;

/// The virtual time in milliseconds for which a replica without power is down.
const DOWNTIME: u64 = 300;

pub(super) struct Hospital {
    pub(super) network: Network<Ledger>,
    pub(super) centre: VerifyingKey,
    disks: Vec<Disk>,
    transactions: Vec<Transaction>,
    /// The transactions that are submitted.
    submitted: Vec<RequestId>,
    /// The replicas without power, with the time of their restart.
    down: BTreeMap<ReplicaId, u64>,
}

impl Hospital {
    pub(super) fn new(seed: u64) -> Self {
        let mut chain = Chain::empty(91);
        let p = chain.parties.clone();
        let centre = p.centre.verifying_key();
        let transactions = [(); 6].map(|()| {
            let key = SigningKey::generate(&mut chain.rng);
            chain.sign(register(&p.centre, &key, Role::Doctor, FAR), &[&key])
        });
        let disks: Vec<Disk> = (0..REPLICAS).map(|id| Disk::new(seed + u64::from(id))).collect();
        let ledger = move |disk: &Disk| {
            let database = disk.open().map_err(|error| error.to_string())?;
            let opened = Ledger::open(Arc::new(database), CHAIN, centre);
            let ledger = opened.map_err(|error| error.to_string())?;
            let log = ledger.log().map_err(|error| error.to_string())?;
            Ok::<_, String>((ledger, log))
        };
        let mut unopened = disks.iter();
        let next = || ledger(unopened.next().unwrap()).unwrap().0;
        let mut network = Network::generate(Parameters::new(CHAIN), REPLICAS, seed, next);
        let recoverable = disks.clone();
        network.set_recovery(move |id| ledger(&recoverable[usize::from(id)]));
        let (transactions, submitted) = (transactions.to_vec(), Vec::new());
        Self { network, centre, disks, transactions, submitted, down: BTreeMap::new() }
    }

    /// Lets the replicas order all transactions.
    pub(super) fn run(&mut self) {
        self.run_until(self.transactions.len());
    }

    /// Lets the replicas order this number of transactions, and restarts those whose power fails.
    pub(super) fn run_until(&mut self, count: usize) {
        let start = self.network.now();
        for i in self.submitted.len()..count {
            let (at, bytes) = ((i % 4) as ReplicaId, self.transactions[i].to_bytes());
            let time = start.max(i as u64 * 200);
            self.submitted.push(self.network.schedule_request(time, at, bytes));
        }
        while !self.submitted.iter().all(|id| self.network.has_applied_everywhere(id)) {
            assert!(self.network.step(), "no event is left");
            assert!(self.network.now() < 600_000, "no progress");
            assert_eq!(self.network.violation(), None);
            self.restart();
        }
    }

    fn restart(&mut self) {
        let now = self.network.now();
        for id in 0..REPLICAS {
            if self.network.is_up(id) {
                continue;
            }
            let until = *self.down.entry(id).or_insert_with(|| {
                self.disks[usize::from(id)].lose_power();
                now + DOWNTIME
            });
            if now >= until {
                self.down.remove(&id);
                self.network.restart(id);
                assert_eq!(self.network.violation(), None);
            }
        }
    }

    pub(super) fn check(&self) {
        let roots: BTreeSet<Digest> = self
            .network
            .applications()
            .map(|(_, ledger)| {
                let audited = ledger.audit(self.network.config(), Arc::new(Redb::in_memory()));
                audited.unwrap().state().root()
            })
            .collect();
        assert_eq!(roots.len(), 1, "all replicas have one state");
        for (_, ledger) in self.network.applications() {
            let log = ledger.log().unwrap();
            let is_current = |entry: &consensus::Entry| height_of(entry) == ledger.height() + 1;
            assert!(log.iter().all(is_current), "entries of decided heights are removed");
        }
    }

    fn operations(&self) -> Vec<u64> {
        self.disks.iter().map(Disk::operations).collect()
    }
}

fn height_of(entry: &consensus::Entry) -> u64 {
    match entry {
        consensus::Entry::Proposal(message) => match &message.body {
            Body::PrePrepare { height, .. } | Body::NewView { height, .. } => *height,
            other => panic!("{} is no proposal", other.name()),
        },
        consensus::Entry::Value { height, .. } | consensus::Entry::Vote { height, .. } => *height,
        consensus::Entry::Lock(certificate) => certificate.height,
        consensus::Entry::ViewChange(signed) => signed.change.height,
        consensus::Entry::Decision(_) => unreachable!("a decision is a block"),
    }
}

/// The power of one replica fails in any operation of its disk, then that of another.
#[test]
fn replicas_that_lose_power_lose_no_block_and_contradict_no_vote() {
    let mut whole = Hospital::new(0);
    whole.run();
    let total = whole.operations();
    let mut failures = 0;
    for seed in seeds(25) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut hospital = Hospital::new(seed);
        let first = rng.gen_range(0..REPLICAS);
        for id in [first, (first + rng.gen_range(1..REPLICAS)) % REPLICAS] {
            let at = rng.gen_range(0..total[usize::from(id)]);
            let faults = DiskFaults { power_fails_at: Some(at), ..DiskFaults::default() };
            hospital.disks[usize::from(id)].set_faults(faults);
        }
        hospital.run();
        hospital.check();
        failures += hospital.network.storage_failures().len();
    }
    assert!(failures as u64 >= seeds(25).end, "{failures} failures");
}

/// All replicas lose power at once.
#[test]
fn a_hospital_without_power_continues_with_all_acknowledged_blocks() {
    for seed in seeds(4) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut hospital = Hospital::new(seed);
        for disk in &hospital.disks {
            let at = rng.gen_range(20..120);
            disk.set_faults(DiskFaults { power_fails_at: Some(at), ..DiskFaults::default() });
        }
        hospital.run();
        hospital.check();
        assert_eq!(hospital.network.storage_failures().len(), usize::from(REPLICAS));
    }
}

/// The disk continues after a failed `fsync`, the replica does not.
#[test]
fn a_replica_whose_fsync_fails_stops_and_restarts_without_contradiction() {
    for at in 0..8 {
        let mut hospital = Hospital::new(at);
        let faults = DiskFaults { sync_fails_at: Some(3 * at), ..DiskFaults::default() };
        hospital.disks[1].set_faults(faults);
        hospital.run();
        hospital.check();
        let stopped = hospital.network.storage_failures();
        assert_eq!(stopped.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1]);
        assert!(stopped[0].1.0.contains("fsync"), "{}", stopped[0].1);
    }
}
