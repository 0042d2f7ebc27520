//! The way of the records, from the first step to the audit.

use super::Failure;
use super::input::Input;
use super::report::Report;
use super::steps::{Published, open_to};
use super::world::World;
use super::{refusals, sharing, succession, writing};
use epione::algebra::codec::Canonical;
use epione::ledger::Basis;
use epione::protocol::{Fetch, Hit, trail};
use std::io::Write;

/// The whole story, refusals included.
pub(super) fn tell(
    world: &mut World,
    inputs: &mut [Input],
    report: &mut Report,
) -> Result<(), Failure> {
    report.say("\nThe way of the record");
    let mut published = Vec::new();
    for (i, input) in inputs.iter_mut().enumerate() {
        published.push(writing::publish(world, i, input, report)?);
    }
    let (ticket, terms) = sharing::permit(world, inputs, &published, report)?;
    for record in &published {
        sharing::share(world, &inputs[record.input], record, &ticket, report)?;
    }
    for record in &published {
        by_policy(world, record, report)?;
        as_author(world, &inputs[record.input], record, report)?;
    }
    as_patient(world, inputs, &published, report)?;

    report.say("\nRefused, as it must be");
    refusals::show(world, &published[0], &ticket, &terms, report)?;
    succession::show(world, &published[0], report)?;
    audit(world, report)?;
    tell_trail(world, &published[0], report);
    Ok(())
}

/// Doctor C reads one section by policy, without any grant.
fn by_policy(world: &mut World, record: &Published, report: &mut Report) -> Result<(), Failure> {
    let start = report.start();
    let validity = world.validity();
    let request = world.doctor_c.request(validity, record.id, Basis::Policy, &mut world.rng);
    world.commit(&request)?;
    let class = record.main_class();
    let view = (world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let (_, opened) = open_to(world, None, |file| {
        world.doctor_c.open_by_policy(view, &request.id(), class, fetcher, file)
    })?;
    let what = format!("section {class}, no grant: {}", world.policies.of(class));
    report.step("open by policy", "doctor C", opened.coverage.written, start, &what);
    Ok(())
}

/// Doctor A reads what he wrote through the lock of his own.
fn as_author(
    world: &World,
    input: &Input,
    record: &Published,
    report: &mut Report,
) -> Result<(), Failure> {
    let start = report.start();
    let view = (world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let (sha256, opened) = open_to(world, None, |file| {
        world.doctor_a.open_as_author(view, &record.id, fetcher, file)
    })?;
    compare(input, &sha256, "the author", report);
    let what = "through the lock of his own";
    report.step("open as author", "doctor A", opened.coverage.written, start, what);
    Ok(())
}

/// The patient finds and opens all of hers with her keys alone.
fn as_patient(
    world: &World,
    inputs: &[Input],
    published: &[Published],
    report: &mut Report,
) -> Result<(), Failure> {
    let start = report.start();
    let hits = world.patient.find(world.state());
    let what = format!("{} records, with her keys alone", hits.len());
    report.step("find own", "patient", 0, start, &what);
    for record in published {
        let Some(hit) = hits.iter().find(|hit| hit.record == record.id) else {
            report.fail(format!("the patient did not find {}", inputs[record.input].name));
            continue;
        };
        open_own(world, &inputs[record.input], hit, report)?;
    }
    Ok(())
}

fn open_own(world: &World, input: &Input, hit: &Hit, report: &mut Report) -> Result<(), Failure> {
    let start = report.start();
    let view = (world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let (sha256, opened) =
        open_to(world, None, |file| world.patient.open(view, hit, fetcher, file))?;
    compare(input, &sha256, "the patient", report);
    report.step("open own", "patient", opened.coverage.written, start, "her own record");
    Ok(())
}

fn compare(input: &Input, sha256: &str, who: &str, report: &mut Report) {
    if input.sha256 != sha256 {
        report.fail(format!("{who} did not get the bytes of {}", input.name));
    }
}

/// Every honest replica's chain is verified from its first block.
fn audit(world: &World, report: &mut Report) -> Result<(), Failure> {
    let start = report.start();
    let (mut bytes, honest) = (0, world.network.honest());
    for id in &honest {
        let ledger = world.network.application(*id);
        ledger.audit(world.network.config())?;
        let sizes = ledger.blocks().iter().map(|committed| committed.block.to_bytes().len() as u64);
        bytes += sizes.sum::<u64>();
    }
    if let Some(violation) = world.network.violation() {
        report.fail(format!("the honest replicas disagree: {violation}"));
    }
    let what = format!("{} honest chains verified from genesis", honest.len());
    report.step("audit", "anyone", bytes, start, &what);
    Ok(())
}

/// What happened to a record, read off the chain.
fn tell_trail(world: &World, record: &Published, report: &Report) {
    report.say("\nThe trail of the first record");
    for entry in trail(world.ledger(), &record.id) {
        let refused = entry.rejected_by.map_or_else(String::new, |rule| format!("refused: {rule}"));
        let (height, action, party) = (entry.height, entry.action, entry.party);
        report.say(&format!("  block {height:>3}  {action:<8} {party:<26} {refused}"));
    }
}
