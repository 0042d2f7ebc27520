//! Data encapsulation over the length of the plaintext.

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
        group.bench_with_input(BenchmarkId::new("seal", length), &plaintext, |b, plaintext| {
            b.iter(|| dem::seal(&key, b"context", plaintext));
        });
        group.bench_with_input(BenchmarkId::new("open", length), &sealed, |b, sealed| {
            b.iter(|| dem::open(&key, b"context", sealed));
        });
    }
    group.finish();
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
