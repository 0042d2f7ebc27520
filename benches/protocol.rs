//! The lifecycle of the example record: each step alone, and all steps in sequence.
#![allow(clippy::unwrap_used)]

#[path = "../tests/system/world.rs"]
mod world;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::consensus::{Digest, Profile};
use epione::ledger::Basis;
use epione::protocol::{LedgerView, Terms};
use epione::record::Record;
use std::io::Cursor;
use std::time::{Duration, Instant};
use world::{A, ADA, B, World};

const FILE: &[u8] = include_bytes!("../vectors/records/stroke.json");
const NAME: &str = "stroke.json";

fn terms(world: &World, record: Digest) -> Terms {
    Terms { search: vec![epione::protocol::SearchTerm::everything()], ..world.terms(&[record]) }
}

/// The steps of the parties, without consensus.
fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("protocol");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let mut world = World::new(1);
    let outline = Record::scan(&mut Cursor::new(FILE), NAME).unwrap();
    let introduction = world.introduce(ADA, A).unwrap();
    let doctor = &world.doctors[A];
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let mut rng = world.rng.clone();

    group.bench_function("scan", |b| {
        b.iter(|| Record::scan(&mut Cursor::new(FILE), NAME).unwrap());
    });
    group.bench_function("seal", |b| {
        b.iter(|| {
            let file = &mut Cursor::new(FILE);
            doctor.seal(&outline, file, &introduction, &current, &mut rng).unwrap()
        });
    });
    let file = &mut Cursor::new(FILE);
    let mut sealed = doctor.seal(&outline, file, &introduction, &current, &mut rng).unwrap();
    let all = doctor.terms(&outline).unwrap();
    group.bench_function(BenchmarkId::new("index, entries", all.len()), |b| {
        b.iter(|| doctor.batch_index(&all, &sealed, &introduction, &mut rng).unwrap());
    });
    let (state, now, validity) = (world.state().clone(), world.now(), world.validity());
    let view = LedgerView { state: &state, now };
    let index = doctor.batch_index(&all, &sealed, &introduction, &mut rng).unwrap();
    let hospital = world.institutions[0].verifying_key();
    let draft = doctor.draft_record(validity, &sealed, index, &introduction, hospital, &mut rng);
    let request =
        doctor.request_consent(view, &draft, &mut sealed, &introduction, &all, &mut rng).unwrap();
    let patient = &mut world.patients[ADA];
    group.bench_function(BenchmarkId::new("consent, entries", all.len()), |b| {
        b.iter(|| patient.consent(view, &request, &sealed, &current).unwrap());
    });

    let record = world.publish(A, ADA, FILE, NAME);
    let (validity, terms) = (world.validity(), terms(&world, record));
    let reader = world.doctors[B].verifying_key();
    group.bench_function("grant", |b| {
        let patient = &world.patients[ADA];
        b.iter(|| patient.grant(validity, world.view(), &reader, &terms, &mut rng).unwrap());
    });
    let (issued, ticket) = world.grant_undelivered(&terms).unwrap();
    let (state, now) = (world.state().clone(), world.now());
    group.bench_function("accept", |b| {
        let proxy = &mut world.proxies[0];
        let view = LedgerView { state: &state, now };
        b.iter(|| {
            proxy.erase_ended(LedgerView { now: terms.until, ..view }).unwrap();
            proxy.accept(view, &issued.delivery).unwrap()
        });
    });
    group.bench_function("search", |b| {
        b.iter(|| {
            world.proxies[0]
                .search(world.view(), &world.search_request(B, ticket.grant(), None))
                .unwrap()
        });
    });
    let request = world.request_granted(record, &ticket);
    group.bench_function("reencrypt", |b| {
        b.iter(|| world.proxies[0].reencrypt(world.view(), &request, &world, &mut rng).unwrap());
    });
    let release = world.release(&request).unwrap();
    group.bench_function("open", |b| {
        b.iter(|| {
            let opened = world.open_granted(B, &request, &ticket, &release).unwrap();
            assert!(opened.1 == FILE);
        });
    });
    group.bench_function("find own", |b| {
        b.iter(|| world.patients[ADA].find(world.state()).unwrap());
    });
}

/// The lifecycle from the author's file to the reader's copy, with consensus on every transaction.
fn lifecycle(c: &mut Criterion) {
    let mut group = c.benchmark_group("protocol/lifecycle");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for replicas in [4u16, 16] {
        let mut world = World::of(replicas, Profile::MemberQuorum, 2);
        group.bench_function(BenchmarkId::new("replicas", replicas), |b| {
            b.iter_custom(|runs| {
                let start = Instant::now();
                for _ in 0..runs {
                    let record = world.publish(A, ADA, FILE, NAME);
                    let terms = terms(&world, record);
                    let ticket = world.grant(&terms);
                    let hits = world.proxies[0]
                        .search(world.view(), &world.search_request(B, ticket.grant(), None));
                    assert!(hits.unwrap().hits.iter().any(|hit| hit.record == record));
                    let basis = Basis::Grant(*ticket.grant());
                    let request = world.request(B, record, basis).unwrap();
                    let release = world.release(&request).unwrap();
                    let (_, bytes) = world.open_granted(B, &request, &ticket, &release).unwrap();
                    assert!(bytes == FILE);
                }
                start.elapsed()
            });
        });
    }
}

criterion_group!(benches, steps, lifecycle);
criterion_main!(benches);
