//! The directory store: throughput of computing CIDs, writing and reading.
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use epione::store::{self, DirectoryStore, RecordStore};
use std::hint::black_box;

fn store(c: &mut Criterion) {
    let mut group = c.benchmark_group("store");
    group.sample_size(10);
    for mebibytes in [1_usize, 16] {
        let object: Vec<u8> = (0..mebibytes << 20).map(|i| ((i * 31) >> 7) as u8).collect();
        let name = store::cid_of(&mut &object[..]).unwrap();
        group.throughput(Throughput::Bytes(object.len() as u64));
        group.bench_function(BenchmarkId::new("cid", mebibytes), |b| {
            b.iter(|| store::cid_of(&mut black_box(&object[..])).unwrap());
        });
        group.bench_function(BenchmarkId::new("put", mebibytes), |b| {
            b.iter_with_setup(
                || tempfile::tempdir().unwrap(),
                |folder| {
                    let store = DirectoryStore::open(folder.path()).unwrap();
                    store.put(&name, &mut &object[..]).unwrap();
                    folder
                },
            );
        });
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path()).unwrap();
        store.put(&name, &mut &object[..]).unwrap();
        group.bench_function(BenchmarkId::new("read", mebibytes), |b| {
            b.iter(|| store.read(&name, &mut std::io::sink()).unwrap());
        });
    }
}

criterion_group!(benches, store);
criterion_main!(benches);
