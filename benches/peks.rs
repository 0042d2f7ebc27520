//! Searchable encryption: entries, trapdoors, tests, scans and indexes.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use epione::peks::{self, Posting};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

fn bdop(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let (secret, public) = peks::keygen(rng);
    let (keyword, context, location) = (b"code=I63.9", b"record 7", [7; 36]);
    let trapdoor = peks::trapdoor(&secret, keyword);
    let mut group = c.benchmark_group("peks");
    group.bench_function("encrypt", |b| {
        b.iter(|| peks::encrypt(&public, keyword, context, &location, rng));
    });
    group.bench_function("trapdoor", |b| b.iter(|| peks::trapdoor(&secret, keyword)));
    for n in [1, 16] {
        let entries: Vec<_> = (0..n)
            .map(|_| peks::encrypt(&public, b"code=E11.9", context, &location, rng))
            .collect();
        group.bench_function(BenchmarkId::new("test", n), |b| {
            b.iter(|| entries.iter().filter(|e| peks::test(e, &trapdoor, context)).count());
        });
    }
    let entry = peks::encrypt(&public, keyword, context, &location, rng);
    group.bench_function("locate", |b| b.iter(|| peks::locate(&entry, &trapdoor, context)));

    let postings = |keywords| postings(keywords, context, &location);
    let keywords: Vec<String> = (0..1024).map(|i| format!("code={i}")).collect();
    let entries = peks::batch_encrypt(&public, &postings(&keywords), rng);
    let list: Vec<_> = entries.iter().map(|entry| (entry, &context[..])).collect();
    let prepared = trapdoor.prepare();
    group.throughput(Throughput::Elements(1024));
    group.bench_function(BenchmarkId::new("scan", 1024), |b| {
        b.iter(|| peks::batch_test(&list, &prepared));
    });
    let postings = postings(&keywords[..100]);
    group.throughput(Throughput::Elements(100));
    group.bench_function(BenchmarkId::new("index", 100), |b| {
        b.iter(|| peks::batch_encrypt(&public, &postings, rng));
    });
}

fn postings<'a>(keywords: &'a [String], context: &'a [u8], location: &'a [u8]) -> Vec<Posting<'a>> {
    let posting = |keyword: &'a String| Posting { keyword: keyword.as_bytes(), context, location };
    keywords.iter().map(posting).collect()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = bdop
}
criterion_main!(benches);
