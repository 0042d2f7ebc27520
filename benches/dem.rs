//! Data encapsulation by plaintext length.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use epione::dem::{self, ContentKey};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

fn sealing(c: &mut Criterion) {
    let key = ContentKey::generate(&mut ChaCha20Rng::seed_from_u64(7));
    let mut group = c.benchmark_group("dem");
    for length in [32, 1 << 10, 1 << 16, 1 << 20] {
        let plaintext = vec![7; length];
        let sealed = dem::seal(&key, b"context", &plaintext);
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(BenchmarkId::new("seal", length), |b| {
            b.iter(|| dem::seal(&key, b"context", &plaintext));
        });
        group.bench_function(BenchmarkId::new("open", length), |b| {
            b.iter(|| dem::open(&key, b"context", &sealed));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = sealing
}
criterion_main!(benches);
