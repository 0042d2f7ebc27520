//! One block, from the client's request to the commit at the last replica.
//!
//! All replicas run on one thread, so the time is the sum of their work; each signature is verified
//! once.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::consensus::{Parameters, Profile};
use epione::sim::{Journal, Network};
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

criterion_group!(benches, commit);
criterion_main!(benches);
