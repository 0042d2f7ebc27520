//! Group operations with the active backend (`EPIONE_BACKEND`), ids `operation/backend`.
//!
//! Points are affine, as decoded; `-projective` includes the normalisation. `-batch-104` is a batch
//! of 104 elements. `benches/peers` compares with other libraries.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::algebra::hash::{
    batch_hash_to_g1, batch_hash_to_g2, hash_to_g1, hash_to_g1_cached, hash_to_g2, hash_to_scalar,
};
use epione::algebra::{
    G1, G1Table, G2, G2Table, Gt, GtTable, PreparedG2, Scalar, backend, batch_pairing,
    multi_pairing, pairing, tag,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::hint::black_box;
use std::time::Duration;

const MESSAGE: &[u8] = b"department:neurology";
/// Number of elements of a batch.
const BATCH: usize = 104;

/// A benchmark group whose ids end in the active backend.
struct Algebra<'a>(BenchmarkGroup<'a, WallTime>);

impl Algebra<'_> {
    fn time<R>(&mut self, operation: &str, mut work: impl FnMut() -> R) {
        let backend = backend().expect("EPIONE_BACKEND names an available backend");
        self.0.bench_function(BenchmarkId::new(operation, backend), |b| b.iter(&mut work));
    }
}

fn algebra(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let x: Vec<Scalar> = (0..BATCH).map(|_| Scalar::random(rng)).collect();
    let p = G1::batch_to_bytes(&G1::batch_generator_mul(&x));
    let q = G2::batch_to_bytes(&G2::batch_generator_mul(&x));
    let g = &mut Algebra(c.benchmark_group("algebra"));
    encodings(g, &p, &q);
    let p: Vec<G1> = G1::batch_from_bytes(&p).into_iter().flatten().collect();
    let q: Vec<G2> = G2::batch_from_bytes(&q).into_iter().flatten().collect();
    arithmetic(g, p[0], q[1], x[2]);
    hashes(g);
    fixed_bases(g, &x);
    pairings_and_products(g, &p, &q);
    batches(g, &p, &q, &x);
}

fn encodings(g: &mut Algebra<'_>, p: &[[u8; 48]], q: &[[u8; 96]]) {
    g.time("g1-decompress", || G1::from_bytes(black_box(&p[0])));
    g.time("g2-decompress", || G2::from_bytes(black_box(&q[1])));
    g.time("g1-decompress-batch-104", || G1::batch_from_bytes(p));
    g.time("g2-decompress-batch-104", || G2::batch_from_bytes(q));
}

fn arithmetic(g: &mut Algebra<'_>, p: G1, q: G2, x: Scalar) {
    let (p_projective, q_projective, z) = (p * x, q * x, pairing(&p, &q));
    g.time("g1-compress", || black_box(p).to_bytes());
    g.time("g2-compress", || black_box(q).to_bytes());
    g.time("g1-compress-projective", || black_box(p_projective).to_bytes());
    g.time("g2-compress-projective", || black_box(q_projective).to_bytes());
    g.time("g1-add", || black_box(p_projective) + black_box(p));
    g.time("g2-add", || black_box(q_projective) + black_box(q));
    g.time("g1-mul", || black_box(p) * black_box(x));
    g.time("g2-mul", || black_box(q) * black_box(x));
    g.time("gt-mul", || black_box(z) * black_box(z));
    g.time("gt-pow", || black_box(z).pow(black_box(&x)));
    let bytes = z.to_bytes();
    g.time("gt-decode", || Gt::from_bytes(black_box(&bytes)));
    g.time("scalar-inverse", || black_box(x).inverse());
    g.time("pairing-projective", || pairing(black_box(&p_projective), black_box(&q_projective)));
}

fn hashes(g: &mut Algebra<'_>) {
    let (tag_g1, tag_g2) = (tag::FABEO_ATTRIBUTE, tag::PEKS_KEYWORD);
    g.time("hash-to-g1", || hash_to_g1(tag_g1, black_box(MESSAGE)));
    g.time("hash-to-g1-cached", || hash_to_g1_cached(tag_g1, black_box(MESSAGE)));
    g.time("hash-to-g2", || hash_to_g2(tag_g2, black_box(MESSAGE)));
    g.time("hash-to-scalar", || hash_to_scalar(tag::PRE_EXPONENT, black_box(MESSAGE)));
    g.time("hash-to-g1-batch-104", || batch_hash_to_g1(tag_g1, black_box(&[MESSAGE; BATCH])));
    g.time("hash-to-g2-batch-104", || batch_hash_to_g2(tag_g2, black_box(&[MESSAGE; BATCH])));
}

fn fixed_bases(g: &mut Algebra<'_>, x: &[Scalar]) {
    g.time("g1-generator-mul", || G1::generator_mul(black_box(&x[0])));
    g.time("g2-generator-mul", || G2::generator_mul(black_box(&x[0])));
    g.time("gt-generator-pow", || Gt::generator_pow(black_box(&x[0])));
    g.time("g1-generator-mul-batch-104", || G1::batch_generator_mul(x));
    g.time("g1-table", || G1Table::new(&G1::generator()));
    g.time("g2-table", || G2Table::new(&G2::generator()));
    g.time("gt-table", || GtTable::new(&Gt::generator()));
}

fn pairings_and_products(g: &mut Algebra<'_>, p: &[G1], q: &[G2]) {
    let pairs: Vec<(G1, G2)> = p.iter().copied().zip(q.iter().copied()).collect();
    let prepared = PreparedG2::new(&q[1]);
    g.time("pairing", || pairing(black_box(&p[0]), black_box(&q[1])));
    g.time("pairing-prepare", || PreparedG2::new(black_box(&q[1])));
    g.time("pairing-prepared", || prepared.pairing(black_box(&p[0])));
    g.time("pairing-batch-104", || batch_pairing(&pairs));
    g.time("pairing-prepared-batch-104", || prepared.batch_pairing(p));
    for n in [2, 4, 16, BATCH] {
        g.time(&format!("pairing-product-{n}"), || multi_pairing(&pairs[..n]));
    }
}

fn batches(g: &mut Algebra<'_>, p: &[G1], q: &[G2], x: &[Scalar]) {
    for n in [2, 8, 64] {
        g.time(&format!("g1-msm-{n}"), || G1::msm(&p[..n], &x[..n]));
        g.time(&format!("g2-msm-{n}"), || G2::msm(&q[..n], &x[..n]));
    }
    g.time("g1-mul-batch-104", || G1::batch_mul(p, x));
    g.time("g2-mul-batch-104", || G2::batch_mul(q, x));
    let projective = G1::batch_mul(p, x);
    g.time("g1-compress-batch-104", || G1::batch_to_bytes(&projective));
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
