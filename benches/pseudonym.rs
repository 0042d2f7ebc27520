//! Pseudonyms and windows of epochs.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::pseudonym::SeriesSecret;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::hint::black_box;
use std::time::Duration;

fn series(c: &mut Criterion) {
    let patient = SeriesSecret::generate(&mut ChaCha20Rng::seed_from_u64(6));
    let doctor = patient.for_doctor(b"public key of Dr. Ruiz");
    let mut group = c.benchmark_group("pseudonym");
    group.bench_function("for-doctor", |b| {
        b.iter(|| patient.for_doctor(black_box(b"public key of Dr. Ruiz")));
    });
    group.bench_function("pseudonym", |b| b.iter(|| doctor.pseudonym(black_box(677), 0)));
    for epochs in [1, 12, 1000] {
        group.bench_function(BenchmarkId::new("window", epochs), |b| {
            b.iter(|| doctor.window(677..=676 + black_box(epochs)));
        });
        let window = doctor.window(677..=676 + epochs).expect("the window is not empty");
        group.bench_function(BenchmarkId::new("pseudonym-in-window", epochs), |b| {
            b.iter(|| window.pseudonym(black_box(677), 0));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = series
}
criterion_main!(benches);
