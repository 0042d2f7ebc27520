//! Policies: parsing, span programs, reconstruction.
#![allow(clippy::unwrap_used)]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::policy::{AccessPolicy, AttributeSet};
use std::hint::black_box;

fn shape(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (shape, n): (&str, usize),
    text: &str,
    held: &AttributeSet,
) {
    group.bench_function(BenchmarkId::new(format!("parse {shape}"), n), |b| {
        b.iter(|| black_box(text).parse::<AccessPolicy>().unwrap());
    });
    let policy: AccessPolicy = text.parse().unwrap();
    group.bench_function(BenchmarkId::new(format!("span program {shape}"), n), |b| {
        b.iter(|| black_box(&policy).span_program());
    });
    let program = policy.span_program();
    group.bench_function(BenchmarkId::new(format!("reconstruct {shape}"), n), |b| {
        b.iter(|| program.reconstruct(black_box(held)).unwrap());
    });
}

fn policy(c: &mut Criterion) {
    let mut group = c.benchmark_group("policy");
    for n in [10_usize, 100, 1000] {
        let names: Vec<String> = (0..n).map(|i| format!("attribute:{i}")).collect();
        let held = AttributeSet::from_names(names.iter().map(String::as_str)).unwrap();
        shape(&mut group, ("and", n), &names.join(" and "), &held);
        let threshold = format!("{} of ({})", n / 2, names.join(", "));
        shape(&mut group, ("threshold", n), &threshold, &held);
    }
    // Ranges of 32-bit numbers with the largest number of rows, 62.
    for n in [1_usize, 10, 66] {
        let ranges: Vec<String> = (0..n).map(|i| format!("x{i} in 1..4294967294")).collect();
        let numbers: Vec<String> = (0..n).map(|i| format!("x{i} = 2026")).collect();
        let held: AttributeSet = numbers.join(", ").parse().unwrap();
        shape(&mut group, ("ranges", n), &ranges.join(" and "), &held);
    }
}

criterion_group!(benches, policy);
criterion_main!(benches);
