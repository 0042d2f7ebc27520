//! Proxy re-encryption: every operation of both schemes on a content key.

use criterion::{Criterion, criterion_group, criterion_main};
use epione::pre::{self, afgh, conditional};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

fn conditional_operations(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    let (patient, patient_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let (condition, ad, key) = (b"clinical, epoch 202612", b"record 7", [7; 32]);
    let sealed = conditional::seal(&patient_public, condition, ad, &key, rng);
    let verified = sealed.verify(&patient_public, condition, ad).expect("it was just sealed");
    let rekey = conditional::rekeygen(&patient, &doctor_public, condition, rng);
    let checked =
        rekey.verify(&patient_public, &doctor_public, condition).expect("it was just made");
    let work = conditional::reencrypt(&checked, &verified, rng).expect("it covers the record");
    let receipt = work.verify(checked.delegation(), &verified).expect("it was just made");

    let mut group = c.benchmark_group("pre-conditional");
    group.bench_function("seal", |b| {
        b.iter(|| conditional::seal(&patient_public, condition, ad, &key, rng));
    });
    group.bench_function("verify", |b| b.iter(|| sealed.verify(&patient_public, condition, ad)));
    group.bench_function("open", |b| {
        b.iter(|| conditional::open(&patient, condition, ad, &sealed));
    });
    group.bench_function("rekeygen", |b| {
        b.iter(|| conditional::rekeygen(&patient, &doctor_public, condition, rng));
    });
    group.bench_function("verify-rekey", |b| {
        b.iter(|| rekey.verify(&patient_public, &doctor_public, condition));
    });
    group.bench_function("reencrypt", |b| {
        b.iter(|| conditional::reencrypt(&checked, &verified, rng));
    });
    group.bench_function("verify-reencryption", |b| {
        b.iter(|| work.verify(checked.delegation(), &verified));
    });
    group.bench_function("open-reencrypted", |b| {
        b.iter(|| conditional::open_reencrypted(&doctor, &receipt));
    });
    group.bench_function("prove-possession", |b| b.iter(|| doctor.prove_possession(b"d", rng)));
    let proof = doctor.prove_possession(b"d", rng);
    group.bench_function("verify-possession", |b| {
        b.iter(|| doctor_public.verify_possession(b"d", &proof));
    });
    group.finish();
}

fn afgh_operations(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    let (patient, patient_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let (ad, key) = (b"record 7", [7; 32]);
    let sealed = afgh::seal(&patient_public, ad, &key, rng);
    let rekey = afgh::rekeygen(&patient, &doctor_public);
    let work = afgh::reencrypt(&rekey, &sealed);

    let mut group = c.benchmark_group("pre-afgh");
    group.bench_function("seal", |b| b.iter(|| afgh::seal(&patient_public, ad, &key, rng)));
    group.bench_function("open", |b| b.iter(|| afgh::open(&patient, ad, &sealed)));
    group.bench_function("rekeygen", |b| b.iter(|| afgh::rekeygen(&patient, &doctor_public)));
    group.bench_function("reencrypt", |b| b.iter(|| afgh::reencrypt(&rekey, &sealed)));
    group.bench_function("open-reencrypted", |b| {
        b.iter(|| afgh::open_reencrypted(&doctor, ad, &work));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = conditional_operations, afgh_operations
}
criterion_main!(benches);
