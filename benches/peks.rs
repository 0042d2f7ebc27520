//! Searchable encryption: one entry, one trapdoor, one test.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::peks;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

fn plain(c: &mut Criterion) {
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
        group.bench_with_input(BenchmarkId::new("test", n), &entries, |b, entries| {
            b.iter(|| entries.iter().filter(|e| peks::test(e, &trapdoor, context)).count());
        });
    }
    let entry = peks::encrypt(&public, keyword, context, &location, rng);
    group.bench_function("locate", |b| b.iter(|| peks::locate(&entry, &trapdoor, context)));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = plain
}
criterion_main!(benches);
