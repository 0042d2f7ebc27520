//! How a record gets onto the ledger: introduce, seal, store, index, publish.

use super::Failure;
use super::input::Input;
use super::progress::{Progress, Watched};
use super::report::Report;
use super::steps::Published;
use super::world::World;
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::pre;
use epione::protocol::{Introduction, SealedRecord};
use epione::record::Record;

/// Doctor A writes one record of the patient's.
pub(super) fn publish(
    world: &mut World,
    number: usize,
    input: &mut Input,
    report: &mut Report,
) -> Result<Published, Failure> {
    let (introduction, patient) = introduce(world, report)?;
    let sealed = seal(world, input, (&introduction, &patient), report)?;
    store(world, &sealed, report)?;
    let index = index(world, &input.record, (&sealed, &introduction), report)?;
    let id = sign_and_commit(world, (&sealed, &introduction), index, report)?;
    Ok(Published { id, classes: input.record.classes(), input: number })
}

fn introduce(
    world: &World,
    report: &mut Report,
) -> Result<(Introduction, pre::PublicKey), Failure> {
    let start = report.start();
    let (doctor, now) = (&world.doctor_a, world.now());
    let introduction = world.patient.introduce(&doctor.verifying_key(), now);
    let centre = world.centre.verifying_key();
    let patient = doctor.check_introduction(&introduction, &centre, now)?;
    let bytes = patient.to_bytes().len() as u64;
    report.step("introduce", "patient to doctor A", bytes, start, "keys, pseudonyms, owner key");
    Ok((introduction, patient))
}

fn seal(
    world: &mut World,
    input: &mut Input,
    introduced: (&Introduction, &pre::PublicKey),
    report: &mut Report,
) -> Result<SealedRecord, Failure> {
    let start = report.start();
    let progress = Progress::new("sealing", input.record.length(), true);
    let mut source = Watched { inner: &mut input.source, progress };
    let locks = world.authority.locks(&world.policies)?;
    let sealed =
        world.doctor_a.seal(&input.record, &mut source, introduced, &locks, &mut world.rng)?;
    let names: Vec<&str> = input.record.classes().iter().map(|class| class.name()).collect();
    report.step("seal", "doctor A", sealed.size()?, start, &names.join(", "));
    Ok(sealed)
}

fn store(world: &World, sealed: &SealedRecord, report: &mut Report) -> Result<(), Failure> {
    let start = report.start();
    let size = sealed.size()?;
    let objects = sealed.objects()?;
    let count = objects.len();
    let mut progress = Progress::new("storing", count as u64, false);
    for (name, mut object) in objects {
        let offer = world.doctor_a.offer(&name);
        world.keeper.upload(world.state(), &offer, &mut object)?;
        progress.advance(1);
    }
    report.step("store", "doctor A, store", size, start, &format!("{count} objects"));
    Ok(())
}

fn index(
    world: &mut World,
    record: &Record,
    (sealed, introduction): (&SealedRecord, &Introduction),
    report: &mut Report,
) -> Result<Vec<Vec<u8>>, Failure> {
    let start = report.start();
    let terms = world.doctor_a.terms(record)?;
    let mut progress = Progress::new("indexing", terms.len() as u64, false);
    let each = &mut || progress.advance(1);
    let (doctor, rng) = (&world.doctor_a, &mut world.rng);
    let entries = doctor.index_watched(&terms, sealed, introduction, rng, each)?;
    let bytes = entries.iter().map(|entry| entry.len() as u64).sum();
    report.step("index", "doctor A", bytes, start, &format!("{} entries", entries.len()));
    Ok(entries)
}

fn sign_and_commit(
    world: &mut World,
    (sealed, introduction): (&SealedRecord, &Introduction),
    index: Vec<Vec<u8>>,
    report: &mut Report,
) -> Result<Digest, Failure> {
    let start = report.start();
    let (validity, hospital) = (world.validity(), world.institutions[0].verifying_key());
    let (doctor, rng) = (&world.doctor_a, &mut world.rng);
    let draft = doctor.draft_record(validity, sealed, index, introduction, hospital, rng);
    let countersigned = world.institutions[0].countersign(&draft, world.state())?;
    let current = world.authority.locks(&world.policies)?;
    let consent = world.patient.consent(&draft, sealed, &current)?;
    let transaction = world.doctor_a.publish(draft, countersigned, consent);
    let committed = world.commit(&transaction)?;
    let bytes = transaction.to_bytes().len() as u64;
    let what = format!(
        "block {} in view {}, {} virtual ms, {} messages",
        committed.height, committed.view, committed.virtual_ms, committed.messages
    );
    report.step("publish", "doctor A, institution, patient, replicas", bytes, start, &what);
    Ok(transaction.id())
}
