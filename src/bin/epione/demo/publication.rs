//! Publication of a record: introduce, seal, store, index, publish.

use super::input::Input;
use super::progress::{Bar, Counted};
use super::report::{Report, count};
use super::steps::Published;
use super::world::{A, ADA, CHAIN, Failure, World};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::protocol::{Introduction, Object, SealedRecord, SearchTerm};
use std::time::Instant;

/// Doctor A publishes one record of the patient.
pub(super) fn publish(
    world: &mut World,
    number: usize,
    input: &mut Input,
    report: &mut Report,
) -> Result<Published, Failure> {
    let introduction = introduce(world, report)?;
    let mut sealed = seal(world, input, &introduction, report)?;
    store(world, &sealed, report)?;
    let terms = world.doctors[A].terms(&input.record)?;
    let index = index(world, &terms, (&sealed, &introduction), report)?;
    let id = sign_and_commit(world, (&mut sealed, &introduction), (&terms, index), report)?;
    Ok(Published { id, input: number })
}

fn introduce(world: &mut World, report: &mut Report) -> Result<Introduction, Failure> {
    let start = Instant::now();
    let introduction = world.introduce(ADA, A)?;
    let bytes = introduction.to_bytes().len() as u64;
    let what = "keys, pseudonym window, owner key";
    report.step("introduce", "patient to doctor A", bytes, start, what);
    Ok(introduction)
}

fn seal(
    world: &mut World,
    input: &mut Input,
    introduction: &Introduction,
    report: &mut Report,
) -> Result<SealedRecord, Failure> {
    let start = Instant::now();
    let bar = Bar::new("sealing", input.record.length(), true);
    let mut source = Counted { inner: &mut input.source, bar };
    let current = world.authority.epoch_policies(&world.policies)?;
    let (doctor, rng) = (&world.doctors[A], &mut world.rng);
    let sealed = doctor.seal(&input.record, &mut source, introduction, &current, rng)?;
    let classes = input.record.classes();
    let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    report.step("seal", "doctor A", sealed.size()?, start, &names.join(", "));
    for class in classes {
        report.detail(class.name(), &world.policies.of(class).to_string());
    }
    Ok(sealed)
}

fn store(world: &World, sealed: &SealedRecord, report: &mut Report) -> Result<(), Failure> {
    let start = Instant::now();
    let size = sealed.size()?;
    let objects = sealed.objects()?;
    let counted = count(objects.len(), "object", "objects");
    let mut bar = Bar::new("storing", objects.len() as u64, false);
    let at = (CHAIN, &world.keeper.verifying_key());
    for Object { name, length, mut bytes } in objects {
        let offer = world.doctors[A].offer(at, sealed.record_id(), (&name, length), world.now());
        world.keeper.upload(world.view(), &offer, &mut bytes)?;
        bar.advance_by(1);
    }
    report.step("store", "doctor A, store", size, start, &counted);
    Ok(())
}

fn index(
    world: &mut World,
    terms: &[SearchTerm],
    (sealed, introduction): (&SealedRecord, &Introduction),
    report: &mut Report,
) -> Result<Vec<Vec<u8>>, Failure> {
    let start = Instant::now();
    let (doctor, rng) = (&world.doctors[A], &mut world.rng);
    let mut bar = Bar::new("indexing", terms.len() as u64, false);
    let entries = doctor.index_with_progress(terms, sealed, introduction, rng, &mut bar)?;
    let bytes = entries.iter().map(|entry| entry.len() as u64).sum();
    report.step("index", "doctor A", bytes, start, &count(entries.len(), "entry", "entries"));
    Ok(entries)
}

fn sign_and_commit(
    world: &mut World,
    (sealed, introduction): (&mut SealedRecord, &Introduction),
    (terms, index): (&[SearchTerm], Vec<Vec<u8>>),
    report: &mut Report,
) -> Result<Digest, Failure> {
    let start = Instant::now();
    let (validity, hospital) = (world.validity(), world.institutions[0].verifying_key());
    let (doctor, rng) = (&world.doctors[A], &mut world.rng);
    let draft = doctor.draft_record(validity, sealed, index, introduction, hospital, rng);
    let countersigned = world.institutions[0].countersign(&draft, world.view())?;
    let consent = world.consent((A, ADA), &draft, sealed, introduction, terms)?;
    let transaction = world.doctors[A].publish(draft, &countersigned, &consent)?;
    let committed = world.commit(&transaction)?;
    let bytes = transaction.to_bytes().len() as u64;
    let what = format!(
        "block {} in view {}, {} ms of virtual time, {} messages",
        committed.height, committed.view, committed.virtual_ms, committed.messages
    );
    report.step("publish", "doctor A, institution, patient, replicas", bytes, start, &what);
    Ok(transaction.id())
}
