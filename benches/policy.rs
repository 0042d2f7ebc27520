//! Policies: parsing, span programs, reconstruction.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::policy::{AccessPolicy, AttributeSet};
use std::hint::black_box;

fn policy(c: &mut Criterion) {
    let mut group = c.benchmark_group("policy");
    for n in [10_usize, 100, 1000] {
        let names: Vec<String> = (0..n).map(|i| format!("attribute:{i}")).collect();
        let held = AttributeSet::from_names(names.iter().map(String::as_str)).unwrap();
        let shapes = [
            ("and", names.join(" and ")),
            ("threshold", format!("{} of ({})", n / 2, names.join(", "))),
        ];
        for (shape, text) in shapes {
            group.bench_function(BenchmarkId::new(format!("parse {shape}"), n), |b| {
                b.iter(|| black_box(&text).parse::<AccessPolicy>().unwrap());
            });
            let policy: AccessPolicy = text.parse().unwrap();
            group.bench_function(BenchmarkId::new(format!("span program {shape}"), n), |b| {
                b.iter(|| black_box(&policy).span_program());
            });
            let program = policy.span_program();
            group.bench_function(BenchmarkId::new(format!("reconstruct {shape}"), n), |b| {
                b.iter(|| program.reconstruct(black_box(&held)).unwrap());
            });
        }
    }
}

criterion_group!(benches, policy);
criterion_main!(benches);
