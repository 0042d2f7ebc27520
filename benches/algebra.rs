//! Group operations, hashes and encodings.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::algebra::hash::{hash_to_g1, hash_to_g2, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, pairing, tag};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::hint::black_box;
use std::time::Duration;

fn algebra(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (p, q, x) = (G1::random(rng), G2::random(rng), Scalar::random(rng));
    let z = pairing(&p, &q);
    let (p_bytes, q_bytes, z_bytes) = (p.to_bytes(), q.to_bytes(), z.to_bytes());
    let mut group = c.benchmark_group("algebra");

    group.bench_function("pairing/1", |b| b.iter(|| pairing(black_box(&p), black_box(&q))));
    for n in [2, 4, 16] {
        let pairs: Vec<_> = (0..n).map(|_| (G1::random(rng), G2::random(rng))).collect();
        let id = BenchmarkId::new("multi-pairing", n);
        group.bench_with_input(id, &pairs, |b, pairs| b.iter(|| multi_pairing(pairs)));
    }
    group.bench_function("g1-mul", |b| b.iter(|| black_box(p) * black_box(x)));
    group.bench_function("g2-mul", |b| b.iter(|| black_box(q) * black_box(x)));
    group.bench_function("gt-pow", |b| b.iter(|| black_box(z).pow(black_box(&x))));
    group.bench_function("scalar-inverse", |b| b.iter(|| black_box(x).inverse()));

    let message = b"department:neurology";
    group.bench_function("hash-to-g1", |b| {
        b.iter(|| hash_to_g1(tag::ABE_ATTRIBUTE, black_box(message)));
    });
    group.bench_function("hash-to-g2", |b| {
        b.iter(|| hash_to_g2(tag::PEKS_KEYWORD, black_box(message)));
    });
    group.bench_function("hash-to-scalar", |b| {
        b.iter(|| hash_to_scalar(tag::PRE_EXPONENT, black_box(message)));
    });

    group.bench_function("g1-compress", |b| b.iter(|| black_box(p).to_bytes()));
    group.bench_function("g2-compress", |b| b.iter(|| black_box(q).to_bytes()));
    group.bench_function("g1-decompress", |b| b.iter(|| G1::from_bytes(black_box(&p_bytes))));
    group.bench_function("g2-decompress", |b| b.iter(|| G2::from_bytes(black_box(&q_bytes))));
    group.bench_function("gt-decode", |b| b.iter(|| Gt::from_bytes(black_box(&z_bytes))));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = algebra
}
criterion_main!(benches);
