//! FABEO over the number of attributes.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::abe;
use epione::policy::{AccessPolicy, AttributeSet};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

/// `attribute:0 and attribute:1 and ...`, or with `or`.
fn policy(names: &[String], gate: &str) -> AccessPolicy {
    names.join(&format!(" {gate} ")).parse().expect("a flat policy parses")
}

fn fabeo(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    let (parameters, master) = abe::setup(rng);
    let mut group = c.benchmark_group("abe");
    group.bench_function("setup", |b| b.iter(|| abe::setup(rng)));
    for n in [1, 5, 10, 20, 50] {
        let names: Vec<String> = (0..n).map(|i| format!("attribute:{i}")).collect();
        let attributes = AttributeSet::from_names(names.iter().map(String::as_str))
            .expect("the names are attributes");
        group.bench_function(BenchmarkId::new("keygen", n), |b| {
            b.iter(|| abe::keygen(&master, &attributes, rng));
        });
        let user = abe::keygen(&master, &attributes, rng);
        // The coefficients of a threshold are not 1.
        let text = format!("{n} of ({}, other)", names.join(", "));
        let threshold: AccessPolicy = text.parse().expect("a flat policy parses");
        let (header, _) = abe::encapsulate_cpa(&parameters, &threshold, rng);
        group.bench_function(BenchmarkId::new("decapsulate-threshold", n), |b| {
            b.iter(|| abe::decapsulate_cpa(&user, &header));
        });
        for gate in ["and", "or"] {
            let policy = policy(&names, gate);
            group.bench_function(BenchmarkId::new(format!("encapsulate-{gate}"), n), |b| {
                b.iter(|| abe::encapsulate_cpa(&parameters, &policy, rng));
            });
            let (header, _) = abe::encapsulate_cpa(&parameters, &policy, rng);
            group.bench_function(BenchmarkId::new(format!("decapsulate-{gate}"), n), |b| {
                b.iter(|| abe::decapsulate_cpa(&user, &header));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = fabeo
}
criterion_main!(benches);
