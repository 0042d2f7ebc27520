//! Requests per second of four replicas in one process, beside the bound that signatures set.
//!
//! Every replica verifies the Ed25519 signature of every request once, on worker threads, and
//! shares no result of a verification. `cores / (4 t_verify)` is the rate at which verification
//! alone occupies all cores; `t_verify` is the time of one verification in seconds.

use epione::algebra::{Secret, tag};
use epione::consensus::{
    Application, Config, Decision, Digest, Format, Location, Member, Parameters, Price, Profile,
    ProposalContext, Rejection, Replica, VerifyContext,
};
use epione::sign::{Signature, SigningKey, VerifyingKey};
use epione::sim::{Clock, Cluster, Journal, JournalFormat, JournalValue};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REPLICAS: u16 = 4;

/// A journal of signed requests: key, signature, text.
#[derive(Clone, Default)]
struct Signed(Journal);

#[derive(Clone, Copy)]
struct SignedFormat;

fn verify(request: &[u8]) -> Option<()> {
    let key = VerifyingKey::from_bytes(request.get(..32)?.try_into().ok()?).ok()?;
    let signature = Signature::from_bytes(request.get(32..96)?.try_into().ok()?);
    key.verify(tag::SIGN_TRANSACTION, &[&request[96..]], &signature).ok()
}

fn sign(key: &SigningKey, text: &[u8]) -> Vec<u8> {
    let signature = key.sign(tag::SIGN_TRANSACTION, &[text]).to_bytes();
    [key.verifying_key().as_bytes(), &signature[..], text].concat()
}

impl Format for SignedFormat {
    type Request = Vec<u8>;
    type Value = JournalValue;
    fn decode_request(&self, request: &[u8]) -> Result<Vec<u8>, Rejection> {
        JournalFormat.decode_request(request)
    }
    fn price(&self, _: &Vec<u8>) -> Price {
        Price { cost: 1, payer: None }
    }
    fn verify_request(&self, _: &Config, request: &Vec<u8>) -> Result<(), Rejection> {
        verify(request).ok_or_else(|| Rejection::new("the signature is not valid"))
    }
    fn decode(&self, value: &[u8]) -> Result<(Digest, JournalValue), Rejection> {
        JournalFormat.decode(value)
    }
    fn requests<'a>(&self, value: &'a JournalValue) -> Vec<(&'a [u8], &'a Vec<u8>)> {
        JournalFormat.requests(value)
    }
}

impl Application for Signed {
    type Format = SignedFormat;
    fn format(&self) -> SignedFormat {
        SignedFormat
    }
    fn admit(&self, request: &Vec<u8>) -> Result<(), Rejection> {
        self.0.admit(request)
    }
    fn propose(&self, context: &ProposalContext<'_>, requests: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
        self.0.propose(context, requests)
    }
    fn verify(&self, c: &VerifyContext<'_>, value: &mut JournalValue) -> Result<(), Rejection> {
        self.0.verify(c, value)
    }
    fn tip(&self) -> Option<(u64, Digest)> {
        self.0.tip()
    }
    fn decision(&self, height: u64) -> Option<Decision> {
        self.0.decision(height)
    }
    fn apply(&mut self, height: u64, value: JournalValue, decision: &Decision) {
        self.0.apply(height, value, decision);
    }
}

fn replicas() -> Vec<Replica<Signed>> {
    let key = |id: u16| SigningKey::from_seed(&Secret::new([id as u8 + 1; 32]));
    let member = |id: u16| Member {
        id,
        key: key(id).verifying_key(),
        location: Location::default(),
        rating: 1,
    };
    let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("throughput") };
    let config = Config::new(parameters, (0..REPLICAS).map(member).collect());
    let config = Arc::new(config.expect("four members are valid"));
    let replica = |id| Replica::new(config.clone(), id, key(id), Signed::default());
    (0..REPLICAS).map(|id| replica(id).expect("the key is that of the member")).collect()
}

/// The mean time of one verification while all cores verify.
fn t_verify(requests: &[Vec<u8>], cores: usize) -> f64 {
    let time = || {
        let start = Instant::now();
        requests.iter().for_each(|request| verify(request).expect("the signature is valid"));
        start.elapsed().as_secs_f64() / requests.len() as f64
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(time)).collect();
        let times =
            threads.into_iter().map(|thread| thread.join().expect("no verification panics"));
        times.sum::<f64>() / cores as f64
    })
}

/// Delivers all requests at all replicas. Returns requests per second.
fn run(requests: &[Vec<u8>], workers: usize) -> f64 {
    let origin = Instant::now();
    let clock: Clock = Arc::new(move || origin.elapsed().as_millis() as u64);
    let cluster = Cluster::start(replicas(), workers, &clock);
    let start = Instant::now();
    let (mut submitted, mut delivered) = (0, BTreeMap::<u16, usize>::new());
    let slowest = |delivered: &BTreeMap<u16, usize>| {
        (0..REPLICAS).map(|id| delivered.get(&id).copied().unwrap_or(0)).min().unwrap_or(0)
    };
    while slowest(&delivered) < requests.len() {
        // Two blocks of requests in flight.
        while submitted < requests.len().min(slowest(&delivered) + 1024) {
            cluster.submit(submitted as u16 % REPLICAS, requests[submitted].clone());
            submitted += 1;
        }
        let delivery = cluster.next_delivery(Duration::from_secs(30));
        let delivery = delivery.expect("a value is decided within thirty seconds");
        *delivered.entry(delivery.at).or_default() += delivery.requests.len();
    }
    let rate = requests.len() as f64 / start.elapsed().as_secs_f64();
    cluster.stop();
    rate
}

fn main() {
    let test = std::env::args().any(|argument| argument == "--test");
    let count = if test { 64 } else { 40_000 };
    let key = SigningKey::from_seed(&Secret::new([9; 32]));
    let requests: Vec<Vec<u8>> =
        (0..count).map(|i| sign(&key, format!("request {i}").as_bytes())).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let before = t_verify(&requests[..requests.len().min(5000)], cores);
    let rate = run(&requests, cores);
    let after = t_verify(&requests[..requests.len().min(5000)], cores);
    let t = (before + after) / 2.0;
    let bound = cores as f64 / (f64::from(REPLICAS) * t);
    println!("t_verify                 {:>8.1} us", t * 1e6);
    println!("bound, {cores} cores           {bound:>8.0} requests/s");
    println!(
        "four replicas            {rate:>8.0} requests/s, {:.0} % of the bound",
        100.0 * rate / bound
    );
}
