//! Proxy re-encryption of a content key, with both schemes.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::pre::conditional::{self, Ciphertext, ReEncryption, ReKey, UnverifiedCiphertext};
use epione::pre::{self, afgh};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

const CONDITION: &[u8] = b"clinical, epoch 202612";
const AD: &[u8] = b"record 7";
const KEY: [u8; 32] = [7; 32];

fn conditional_operations(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    let (patient, patient_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let sealed = conditional::seal(&patient_public, CONDITION, AD, &KEY, rng);
    let verified = sealed.verify(CONDITION, AD).expect("an honest ciphertext");
    let rekey = conditional::rekeygen(&patient, &doctor_public, CONDITION, rng);
    let verified_rekey =
        rekey.verify(&patient_public, &doctor_public, CONDITION).expect("an honest key");
    let reencryption =
        conditional::reencrypt(&verified_rekey, &verified, rng).expect("equal conditions");
    let delegation = verified_rekey.delegation();
    let verified_reencryption =
        reencryption.verify(delegation, &verified).expect("an honest re-encryption");
    let proof = doctor.prove_possession(b"d", rng);

    let mut group = c.benchmark_group("pre-conditional");
    group.bench_function("seal", |b| {
        b.iter(|| conditional::seal(&patient_public, CONDITION, AD, &KEY, rng));
    });
    group.bench_function("verify", |b| b.iter(|| sealed.verify(CONDITION, AD)));
    group.bench_function("open", |b| {
        b.iter(|| conditional::open(&patient, CONDITION, AD, &sealed));
    });
    group.bench_function("rekeygen", |b| {
        b.iter(|| conditional::rekeygen(&patient, &doctor_public, CONDITION, rng));
    });
    group.bench_function("verify-rekey", |b| {
        b.iter(|| rekey.verify(&patient_public, &doctor_public, CONDITION));
    });
    group.bench_function("reencrypt", |b| {
        b.iter(|| conditional::reencrypt(&verified_rekey, &verified, rng));
    });
    group.bench_function("verify-reencryption", |b| {
        b.iter(|| reencryption.verify(delegation, &verified))
    });
    group.bench_function("open-reencrypted", |b| {
        b.iter(|| conditional::open_reencrypted(&doctor, &verified_reencryption));
    });
    group.bench_function("prove-possession", |b| b.iter(|| doctor.prove_possession(b"d", rng)));
    group.bench_function("verify-possession", |b| {
        b.iter(|| doctor_public.verify_possession(b"d", &proof));
    });
}

/// Batches of the sizes that occur in records and grants.
fn conditional_batches(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    let (patient, patient_public) = pre::keygen(rng);
    let (_, doctor_public) = pre::keygen(rng);
    let mut group = c.benchmark_group("pre-conditional-batch");
    for n in [1, 4, 16] {
        let names: Vec<[u8; 1]> = (0..n).map(|i| [i]).collect();
        let conditions: Vec<&[u8]> = names.iter().map(|name| &name[..]).collect();
        let seal = |w: &&[u8]| conditional::seal(&patient_public, w, AD, &KEY, rng);
        let sealed: Vec<_> = conditions.iter().map(seal).collect();
        let sealed: Vec<_> = sealed
            .iter()
            .zip(&conditions)
            .map(|(ciphertext, condition)| UnverifiedCiphertext { ciphertext, condition, ad: AD })
            .collect();
        group.bench_function(BenchmarkId::new("verify", n), |b| {
            b.iter(|| Ciphertext::batch_verify(&sealed));
        });
        group.bench_function(BenchmarkId::new("rekeygen", n), |b| {
            b.iter(|| conditional::batch_rekeygen(&patient, &doctor_public, &conditions, rng));
        });
        let rekeys = conditional::batch_rekeygen(&patient, &doctor_public, &conditions, rng);
        let rekeys: Vec<_> = rekeys.iter().zip(conditions).collect();
        group.bench_function(BenchmarkId::new("verify-rekey", n), |b| {
            b.iter(|| ReKey::batch_verify(&patient_public, &doctor_public, &rekeys));
        });

        let rekeys = ReKey::batch_verify(&patient_public, &doctor_public, &rekeys).into_iter();
        let rekeys: Vec<_> = rekeys.map(|rekey| rekey.expect("an honest key")).collect();
        let sealed = Ciphertext::batch_verify(&sealed).into_iter();
        let sealed: Vec<_> = sealed.map(|c| c.expect("an honest ciphertext")).collect();
        let reencrypt = |(rekey, c)| conditional::reencrypt(rekey, c, rng).expect("one condition");
        let reencryptions: Vec<_> = rekeys.iter().zip(&sealed).map(reencrypt).collect();
        let reencryptions: Vec<_> = (reencryptions.iter().zip(&rekeys).zip(&sealed))
            .map(|((reencryption, rekey), c)| (reencryption, rekey.delegation(), c))
            .collect();
        group.bench_function(BenchmarkId::new("verify-reencryption", n), |b| {
            b.iter(|| ReEncryption::batch_verify(&reencryptions));
        });
    }
}

fn afgh_operations(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    let (patient, patient_public) = pre::keygen(rng);
    let (doctor, doctor_public) = pre::keygen(rng);
    let sealed = afgh::seal(&patient_public, AD, &KEY, rng);
    let rekey = afgh::rekeygen(&patient, &doctor_public);
    let reencryption = afgh::reencrypt(&rekey, &sealed);

    let mut group = c.benchmark_group("pre-afgh");
    group.bench_function("seal", |b| b.iter(|| afgh::seal(&patient_public, AD, &KEY, rng)));
    group.bench_function("open", |b| b.iter(|| afgh::open(&patient, AD, &sealed)));
    group.bench_function("rekeygen", |b| b.iter(|| afgh::rekeygen(&patient, &doctor_public)));
    group.bench_function("reencrypt", |b| b.iter(|| afgh::reencrypt(&rekey, &sealed)));
    group.bench_function("open-reencrypted", |b| {
        b.iter(|| afgh::open_reencrypted(&doctor, AD, &reencryption));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = conditional_operations, conditional_batches, afgh_operations
}
criterion_main!(benches);
