//! The ledger: verification and execution of blocks, audit, Merkle trees.
#![allow(clippy::unwrap_used)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use epione::algebra::codec::Canonical;
use epione::consensus::{
    Application, Body, Certificate, Config, Decision, Digest, Format, Location, Member, Message,
    Parameters, Phase, ProposalContext, VerifyContext, Vote,
};
use epione::database::Redb;
use epione::hpke;
use epione::ledger::{
    Action, CommittedBlock, DecodedBlock, Draft, Ledger, Role, Subject, Validity, merkle,
};
use epione::sign::SigningKey;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CHAIN: &str = "bench";

/// A ledger with the signing keys of its four replicas.
struct Chain {
    rng: ChaCha20Rng,
    centre: SigningKey,
    keys: Vec<SigningKey>,
    config: Config,
    ledger: Ledger,
}

impl Chain {
    /// A chain in memory.
    fn new() -> Self {
        Self::on(Redb::in_memory())
    }

    fn in_file(path: &Path) -> Self {
        Self::on(Redb::open(path).unwrap())
    }

    fn on(database: Redb) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let centre = SigningKey::generate(&mut rng);
        let keys: Vec<SigningKey> = (0..4).map(|_| SigningKey::generate(&mut rng)).collect();
        let member = |(id, key): (u16, &SigningKey)| Member {
            id,
            key: key.verifying_key(),
            location: Location::default(),
            rating: 1,
        };
        let members = (0..4).zip(&keys).map(member).collect();
        let config = Config::new(Parameters::new(CHAIN), members).unwrap();
        let ledger = Ledger::open(Arc::new(database), CHAIN, centre.verifying_key()).unwrap();
        Self { rng, centre, keys, config, ledger }
    }

    /// Registrations, each with one signature and one certificate.
    fn transactions(&mut self, count: usize) -> Vec<Vec<u8>> {
        let validity = Validity { chain: CHAIN, until: u64::MAX };
        let rng = &mut self.rng;
        let transaction = |_| {
            let key = SigningKey::generate(rng);
            let subject = Subject {
                key: key.verifying_key(),
                name: "Dr. Ruiz".to_owned(),
                role: Role::Doctor,
                hpke_key: hpke::SecretKey::generate(rng).public_key(),
                pre_key: vec![],
                serial: [7; 32],
                valid_until: u64::MAX,
            };
            let certificate = epione::ledger::Certificate::issue(&self.centre, subject);
            let draft = Draft::new(validity, Action::Register(certificate), rng);
            draft.signed_by(&[&key]).to_bytes()
        };
        (0..count).map(transaction).collect()
    }

    fn height(&self) -> u64 {
        self.ledger.height() + 1
    }

    fn last(&self) -> Option<CommittedBlock> {
        self.ledger.block(self.ledger.height()).unwrap()
    }

    fn parent(&self) -> Digest {
        let last = self.last();
        last.map_or(self.config.digest(), |last| last.block.header.hash())
    }

    fn propose(&self, requests: &[Vec<u8>]) -> Vec<u8> {
        let certificate = self.last().map(|last| last.certificate);
        let context = ProposalContext {
            height: self.height(),
            view: 0,
            leader: 0,
            parent: self.parent(),
            parent_certificate: certificate.as_ref(),
            time: self.height() * 1000,
            config: &self.config,
        };
        let format = self.ledger.format();
        let decode = |bytes: &Vec<u8>| format.decode_request(bytes).unwrap();
        let requests: Vec<_> = requests.iter().map(|r| (r.as_slice(), decode(r))).collect();
        self.ledger.propose(&context, &requests)
    }

    /// Decodes a block as every replica does, and verifies its signatures.
    fn checked(&self, value: &[u8]) -> (Digest, DecodedBlock) {
        let format = self.ledger.format();
        let (digest, block) = format.decode(value).unwrap();
        let mut requests = format.requests(&block).into_iter();
        requests.try_for_each(|(_, request)| format.verify_request(&self.config, request)).unwrap();
        (digest, block)
    }

    fn certify(&self, digest: Digest) -> Certificate {
        let (phase, height) = (Phase::Commit, self.height());
        let vote = |(id, key): (u16, &SigningKey)| {
            let body = Body::Vote { height, vote: Vote { phase, view: 0, digest } };
            (id, Message::sign(&self.config, id, key, body).signature)
        };
        let signatures = (0..3).zip(&self.keys).map(vote).collect();
        Certificate { phase, group: 0, height, view: 0, digest, signatures }
    }

    fn apply(&mut self, requests: &[Vec<u8>]) {
        let value = self.propose(requests);
        let (digest, block) = self.checked(&value);
        let certificate = self.certify(digest);
        self.ledger.apply(self.height(), block, &Decision { value, certificate });
        self.ledger.persist(&[]).unwrap();
    }

    /// Appends a block of registrations whose signatures are not verified.
    fn append_unchecked(&mut self, count: usize) {
        let transactions = self.transactions(count);
        let value = self.propose(&transactions);
        let (digest, mut block) = self.ledger.format().decode(&value).unwrap();
        self.verify(&mut block);
        let certificate = self.certify(digest);
        self.ledger.apply(self.height(), block, &Decision { value, certificate });
        self.ledger.persist(&[]).unwrap();
    }

    fn verify(&self, block: &mut DecodedBlock) {
        let (height, parent, config) = (self.height(), self.parent(), &self.config);
        let context = VerifyContext { height, parent, config, first: None };
        self.ledger.verify(&context, block).unwrap();
    }

    /// Appends a block of registrations. Returns the time without that of the signers.
    fn timed_block(&mut self, count: usize) -> Duration {
        let transactions = self.transactions(count);
        let start = Instant::now();
        let value = self.propose(&transactions);
        let (digest, mut block) = self.checked(&value);
        self.verify(&mut block);
        let verified = start.elapsed();
        let certificate = self.certify(digest);
        let (height, decision) = (self.height(), Decision { value, certificate });
        let start = Instant::now();
        self.ledger.apply(height, block, &decision);
        self.ledger.persist(&[]).unwrap();
        verified + start.elapsed()
    }
}

/// Verification of a block, its signatures included, then its application, as in a replica.
fn verify_and_apply(c: &mut Criterion) {
    let mut group = c.benchmark_group("ledger/verify and apply");
    group.sample_size(10);
    for count in [1, 16, 128] {
        let mut chain = Chain::new();
        let before = chain.transactions(64);
        chain.apply(&before);
        let transactions = chain.transactions(count);
        let value = chain.propose(&transactions);
        let certificate = chain.certify(chain.checked(&value).0);
        let decision = Decision { value: value.clone(), certificate };
        let (height, parent, config) = (chain.height(), chain.parent(), &chain.config);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("transactions", count), |b| {
            b.iter_batched_ref(
                || chain.ledger.clone(),
                |ledger| {
                    let context = VerifyContext { height, parent, config, first: None };
                    let (_, mut block) = chain.checked(&value);
                    ledger.verify(&context, &mut block).unwrap();
                    ledger.apply(height, block, &decision);
                },
                BatchSize::SmallInput,
            );
        });
    }
}

/// Blocks after this many registrations, in a file: proposal, verification with signatures,
/// application and commit. `EPIONE_LARGE` adds a million.
fn growth(c: &mut Criterion) {
    let test = std::env::args().any(|argument| argument == "--test");
    let large = std::env::var_os("EPIONE_LARGE").is_some();
    let sizes: &[usize] = match (test, large) {
        (true, _) => &[10],
        (false, false) => &[1_000, 10_000, 100_000],
        (false, true) => &[1_000, 10_000, 100_000, 1_000_000],
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.redb");
    let mut chain = Chain::in_file(&path);
    let mut registered = 0;
    for &size in sizes {
        while registered < size {
            let count = 500.min(size - registered);
            chain.append_unchecked(count);
            registered += count;
        }
        for count in [1, 128] {
            let mut group = c.benchmark_group(format!("ledger/block of {count}"));
            group.sample_size(10);
            group.bench_function(BenchmarkId::new("registrations", size), |b| {
                b.iter_custom(|blocks| (0..blocks).map(|_| chain.timed_block(count)).sum());
            });
        }
        let mut group = c.benchmark_group("ledger/open");
        group.sample_size(10);
        let centre = chain.centre.verifying_key();
        // One process opens the file at a time.
        chain.ledger = Ledger::new(CHAIN, centre);
        let open = || Ledger::open(Arc::new(Redb::open(&path).unwrap()), CHAIN, centre).unwrap();
        group.bench_function(BenchmarkId::new("registrations", size), |b| b.iter(open));
        chain.ledger = open();
    }
}

fn audit(c: &mut Criterion) {
    let test = std::env::args().any(|argument| argument == "--test");
    let sizes: &[u64] = if test { &[4] } else { &[10, 100, 1_000] };
    let mut group = c.benchmark_group("ledger/audit");
    group.sample_size(10);
    let mut chain = Chain::new();
    for &blocks in sizes {
        while chain.ledger.height() < blocks {
            let transactions = chain.transactions(8);
            chain.apply(&transactions);
        }
        group.throughput(Throughput::Elements(blocks));
        group.bench_function(BenchmarkId::new("blocks of 8", blocks), |b| {
            b.iter(|| chain.ledger.audit(&chain.config, Arc::new(Redb::in_memory())).unwrap());
        });
    }
}

fn trees(c: &mut Criterion) {
    let mut group = c.benchmark_group("ledger/merkle");
    group.sample_size(20);
    for count in [16usize, 256, 4096] {
        let leaves: Vec<Digest> = (0..count).map(|i| merkle::leaf(&[&i.to_be_bytes()])).collect();
        let (root, index) = (merkle::root(&leaves), count / 3);
        let path = merkle::path(&leaves, index).unwrap();
        group.bench_function(BenchmarkId::new("root", count), |b| {
            b.iter(|| merkle::root(black_box(&leaves)));
        });
        group.bench_function(BenchmarkId::new("path", count), |b| {
            b.iter(|| merkle::path(black_box(&leaves), index));
        });
        group.bench_function(BenchmarkId::new("verify", count), |b| {
            b.iter(|| assert!(merkle::verify(&root, count, index, &leaves[index], &path)));
        });
    }
}

criterion_group!(benches, verify_and_apply, growth, audit, trees);
criterion_main!(benches);
