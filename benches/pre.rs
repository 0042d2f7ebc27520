//! Proxy re-encryption: every operation of both schemes on a content key.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::pre::conditional::{self, Ciphertext, ReEncryption, ReKey, UnverifiedCiphertext};
use epione::pre::{self, afgh};
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

/// As many sections, keys and re-encryptions as records and grants have.
fn conditional_lists(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    let (patient, patient_public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let mut group = c.benchmark_group("pre-conditional-each");
    for n in [1, 4, 16] {
        let names: Vec<[u8; 1]> = (0..n).map(|i| [i]).collect();
        let conditions: Vec<&[u8]> = names.iter().map(|name| &name[..]).collect();
        let seal = |w: &&[u8]| conditional::seal(&patient_public, w, b"record 7", &[7; 32], rng);
        let sealed: Vec<_> = conditions.iter().map(seal).collect();
        let locks: Vec<_> = sealed
            .iter()
            .zip(&conditions)
            .map(|(ciphertext, condition)| UnverifiedCiphertext {
                ciphertext,
                condition,
                ad: b"record 7",
            })
            .collect();
        group.bench_function(BenchmarkId::new("verify", n), |b| {
            b.iter(|| Ciphertext::batch_verify(&patient_public, &locks));
        });
        group.bench_function(BenchmarkId::new("rekeygen", n), |b| {
            b.iter(|| conditional::batch_rekeygen(&patient, &doctor_public, &conditions, rng));
        });
        let rekeys = conditional::batch_rekeygen(&patient, &doctor_public, &conditions, rng);
        let rekeys: Vec<_> = rekeys.iter().zip(conditions).collect();
        group.bench_function(BenchmarkId::new("verify-rekey", n), |b| {
            b.iter(|| ReKey::batch_verify(&patient_public, &doctor_public, &rekeys));
        });
        let made = ReKey::batch_verify(&patient_public, &doctor_public, &rekeys).into_iter();
        let made: Vec<_> = made.map(|key| key.expect("it was just made")).collect();
        let seen = Ciphertext::batch_verify(&patient_public, &locks).into_iter();
        let seen: Vec<_> = seen.map(|lock| lock.expect("it was just sealed")).collect();
        let reencrypt = |(rekey, lock)| conditional::reencrypt(rekey, lock, rng);
        let work: Vec<_> = made.iter().zip(&seen).map(reencrypt).collect();
        let work: Vec<_> = (work.iter().flatten().zip(&made).zip(&seen))
            .map(|((work, rekey), lock)| (work, rekey.delegation(), lock))
            .collect();
        group.bench_function(BenchmarkId::new("verify-reencryption", n), |b| {
            b.iter(|| ReEncryption::batch_verify(&work));
        });
    }
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
    targets = conditional_operations, conditional_lists, afgh_operations
}
criterion_main!(benches);
