//! Records: throughput of scanning a bundle and streaming its sections.
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use epione::record::Record;
use std::hint::black_box;
use std::io::Cursor;

/// A bundle with the given number of observations.
fn bundle(observations: usize) -> Vec<u8> {
    let observation = |i: usize| {
        format!(
            concat!(
                r#"{{"resource":{{"resourceType":"Observation","code":{{"coding":[{{"#,
                r#""system":"http://loinc.org","code":"{}-1"}}]}},"valueString":"é{}"}}}}"#
            ),
            i % 97,
            "x".repeat(200)
        )
    };
    let entries: Vec<String> = (0..observations).map(observation).collect();
    format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(",\n")).into_bytes()
}

fn record(c: &mut Criterion) {
    let mut group = c.benchmark_group("record");
    group.sample_size(20);
    for observations in [100_usize, 10_000] {
        let bytes = bundle(observations);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::new("scan", observations), |b| {
            b.iter(|| Record::scan(&mut Cursor::new(black_box(&bytes)), "x.json").unwrap());
        });
        let record = Record::scan(&mut Cursor::new(&bytes), "x.json").unwrap();
        group.bench_function(BenchmarkId::new("sections", observations), |b| {
            b.iter(|| {
                for class in record.classes() {
                    let mut file = Cursor::new(&bytes);
                    let mut section = record.section(class, &mut file);
                    std::io::copy(&mut section, &mut std::io::sink()).unwrap();
                }
            });
        });
    }
}

criterion_group!(benches, record);
criterion_main!(benches);
