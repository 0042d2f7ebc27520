//! One block, from the client's request to the commit at the last replica.
//!
//! All replicas run on one thread, so the time is the sum of their work. They share a cache of
//! verified signatures, so the cost of verification is understated by a factor of up to `N`.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::consensus::{Input, Parameters, Profile, Replica};
use epione::sim::{Behaviour, Journal, Network, Signatures};
use std::hint::black_box;

fn commit(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit one block");
    group.sample_size(20);
    let cases = [
        (Profile::Flat, 4),
        (Profile::Flat, 7),
        (Profile::Flat, 16),
        (Profile::MemberQuorum, 16),
        (Profile::MemberQuorum, 32),
    ];
    for (profile, n) in cases {
        let parameters = Parameters { profile, ..Parameters::new("bench") };
        let mut network = Network::<Journal>::with_journals(parameters, n, 1);
        let mut requests = 0_u64;
        group.bench_function(BenchmarkId::new(format!("{profile:?}"), n), |b| {
            b.iter(|| {
                requests += 1;
                let at = network.leader();
                black_box(network.commit(at, requests.to_be_bytes().to_vec())).expect("all honest")
            });
        });
    }
}

/// One block after many requests: measures whether the cost of consensus depends on the length of
/// the chain and the state of the application.
fn commit_after(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit one block after requests");
    for size in [100_u64, 10_000, 100_000] {
        let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("bench") };
        let network = Network::<Journal>::with_journals(parameters, 4, 1);
        let mut network = network.with_signatures(Signatures::Ideal);
        let mut requests = 0_u64;
        let mut next = || {
            requests += 1;
            requests.to_be_bytes().to_vec()
        };
        for submitted in 1..size {
            let at = network.leader();
            match submitted % 500 {
                0 => _ = network.commit(at, next()).expect("all honest"),
                _ => _ = network.submit(at, next()),
            }
        }
        let at = network.leader();
        network.commit(at, next()).expect("all honest");
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| {
                let at = network.leader();
                black_box(network.commit(at, next())).expect("all honest")
            });
        });
    }
}

/// The next request of a client at a follower, whose leader is silent.
fn submit(c: &mut Criterion) {
    let mut group = c.benchmark_group("submit to a pool of");
    for size in [16_u64, 256, 2_000] {
        let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("bench") };
        let mut network = Network::<Journal>::with_journals(parameters, 4, 1);
        let leader = network.leader();
        network.set_behaviour(leader, Behaviour::Silent);
        let follower = network.honest()[0];
        for request in 1..=size {
            network.submit(follower, request.to_be_bytes().to_vec());
        }
        let replica = network.replica(follower);
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            let submit = |mut replica: Replica<Journal>| {
                let effects = replica.step(0, Input::Request(vec![0]));
                // The replica is dropped outside of the measurement.
                (replica, black_box(effects))
            };
            b.iter_batched(|| replica.clone(), submit, BatchSize::LargeInput);
        });
    }
}

criterion_group!(benches, commit, commit_after, submit);
criterion_main!(benches);
