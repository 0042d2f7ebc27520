//! Attribute-based encryption over the number of attributes and the shape of the policy.
//!
//! Identifiers: `<scheme>-keygen/n`, `<scheme>-<operation>-<policy>/n`; the operations of [`cpa`]
//! have it in their names. Hashes of attributes are remembered from the first iteration on.
//! Decapsulation is of a decoded header. The sizes go to standard error.
//!
//! [`cpa`]: epione::abe::cpa

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::abe::waters;
use epione::abe::{self, Checkable, MasterSecretKey, PublicParameters, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::policy::{AccessPolicy, AttributeSet};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::convert::Infallible;
use std::time::Duration;

const SIZES: [usize; 6] = [1, 5, 10, 20, 50, 100];

fn parsed(text: &str) -> AccessPolicy {
    text.parse().expect("the policies of this bench parse")
}

/// Policies of `n` rows by shape.
fn policies(names: &[String]) -> Vec<(&'static str, AccessPolicy)> {
    let n = names.len();
    let list = names.join(", ");
    let reused: Vec<&str> = (0..n).map(|i| names[i % n.min(5)].as_str()).collect();
    vec![
        ("and", parsed(&names.join(" and "))),
        ("or", parsed(&names.join(" or "))),
        ("balanced", parsed(&balanced(names, true))),
        ("half", parsed(&format!("{} of ({list})", n.div_ceil(2)))),
        ("reused", parsed(&reused.join(" and "))),
    ]
}

/// A binary tree whose levels alternate between `and` and `or`.
fn balanced(names: &[String], and: bool) -> String {
    if let [name] = names {
        return name.clone();
    }
    let (left, right) = names.split_at(names.len() / 2);
    let gate = if and { "and" } else { "or" };
    format!("({}) {gate} ({})", balanced(left, !and), balanced(right, !and))
}

type Keygen<S> = fn(&MasterSecretKey<S>, &AttributeSet, &mut ChaCha20Rng) -> UserSecretKey<S>;

fn scheme<S: Checkable<Refusal = Infallible>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    (parameters, master): &(PublicParameters<S>, MasterSecretKey<S>),
    keygen: Keygen<S>,
) {
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    for n in SIZES {
        let names: Vec<String> = (0..n).map(|i| format!("attribute:{i}")).collect();
        let attributes = AttributeSet::from_names(names.iter().map(String::as_str))
            .expect("the names are attributes");
        let mut bench = |id: &str, f: &mut dyn FnMut(&mut ChaCha20Rng)| {
            group
                .bench_function(BenchmarkId::new(format!("{name}-{id}"), n), |b| b.iter(|| f(rng)));
        };
        bench("keygen", &mut |rng| drop(keygen(master, &attributes, rng)));
        let user = keygen(master, &attributes, &mut ChaCha20Rng::seed_from_u64(3));
        eprintln!("{name}-keygen/{n}: {} bytes", user.to_secret_bytes().len());
        for (shape, policy) in policies(&names) {
            bench(&format!("encapsulate-{shape}"), &mut |rng| {
                drop(abe::encapsulate(parameters, &policy, b"", rng));
            });
            let rng = &mut ChaCha20Rng::seed_from_u64(4);
            let (header, _) = abe::encapsulate(parameters, &policy, b"", rng);
            bench(&format!("decapsulate-{shape}"), &mut |_| {
                drop(abe::decapsulate(parameters, &user, b"", &header));
            });
            let (bytes, text) = (header.to_bytes().len(), policy.to_string().len());
            eprintln!("{name}-encapsulate-{shape}/{n}: {bytes} bytes, {text} of them the policy");
            if shape == "and" {
                bench("encapsulate-cpa-and", &mut |rng| {
                    drop(abe::encapsulate_cpa(parameters, &policy, rng));
                });
                let (header, _) = abe::encapsulate_cpa(parameters, &policy, rng);
                bench("decapsulate-cpa-and", &mut |_| drop(abe::decapsulate_cpa(&user, &header)));
            }
        }
    }
}

fn schemes(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut group = c.benchmark_group("abe");
    group.bench_function("fabeo-setup", |b| b.iter(|| abe::setup(rng)));
    scheme(&mut group, "fabeo", &abe::setup(rng), abe::keygen);
    scheme(&mut group, "waters", &waters::setup(rng), waters::keygen);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = schemes
}
criterion_main!(benches);
