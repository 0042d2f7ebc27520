//! The life of the records, from publication to audit.

use super::input::Input;
use super::report::{LedgerSummary, Report};
use super::steps::{self, Published, open_to};
use super::world::{A, ADA, C, Failure, World};
use super::{attempts, publication, revocation, sharing};
use epione::algebra::codec::Canonical;
use epione::database::Redb;
use epione::ledger::proof::{Proof, ProofFile};
use epione::protocol::{Hit, trail};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use std::{fs, io};

/// Runs all steps and all attempts that must be refused.
pub(super) fn run(
    world: &mut World,
    inputs: &mut [Input],
    report: &mut Report,
) -> Result<(), Failure> {
    report.print("\nThe life of a record");
    let mut published = Vec::new();
    for (i, input) in inputs.iter_mut().enumerate() {
        published.push(publication::publish(world, i, input, report)?);
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

    report.print("\nAttempts that must be refused");
    attempts::run(world, &published[0], &ticket, &terms, report)?;
    revocation::run(world, &published[0], report)?;
    audit(world, report)?;
    print_trail(world, &published[0], report)?;
    match world.folder.kept() {
        Some(folder) => write_proofs(world, &published[0], &folder.join("proofs"), report),
        None => Ok(()),
    }
}

/// Doctor C opens by policy, without a grant.
fn by_policy(world: &mut World, record: &Published, report: &mut Report) -> Result<(), Failure> {
    let start = Instant::now();
    let opened = steps::open_by_policy(world, C, record)?;
    let what = format!("without a grant: {}", steps::class_names(&opened));
    report.step("open by policy", "doctor C", opened.coverage.written, start, &what);
    Ok(())
}

/// Doctor A opens the record with the keys wrapped for its author.
fn as_author(
    world: &World,
    input: &Input,
    record: &Published,
    report: &mut Report,
) -> Result<(), Failure> {
    let start = Instant::now();
    let (sha256, opened) = open_to(world, None, |file| {
        let rng = &mut world.fork();
        world.doctors[A].open_as_author(world.view(), &record.id, world, file, rng)
    })?;
    compare(input, &sha256, "the author", report);
    let what = "with the keys wrapped for the author";
    report.step("open as author", "doctor A", opened.coverage.written, start, what);
    Ok(())
}

/// The patient finds and opens all of her records with her own keys only.
fn as_patient(
    world: &World,
    inputs: &[Input],
    published: &[Published],
    report: &mut Report,
) -> Result<(), Failure> {
    let start = Instant::now();
    let hits = world.patients[ADA].find(world.state())?;
    let (found, all) = (hits.len(), published.len());
    let what = format!("records found: {found} of {all}, with the patient's keys only");
    report.step("find as patient", "patient", 0, start, &what);
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
    let start = Instant::now();
    let (sha256, opened) = open_to(world, None, |file| {
        world.patients[ADA].open(world.view(), hit, world, file, &mut world.fork())
    })?;
    compare(input, &sha256, "the patient", report);
    let what = "with the keys wrapped for the patient";
    report.step("open as patient", "patient", opened.coverage.written, start, what);
    Ok(())
}

fn compare(input: &Input, sha256: &str, reader: &str, report: &mut Report) {
    if input.sha256 != sha256 {
        report.fail(format!("{reader} did not obtain the bytes of {}", input.name));
    }
}

/// Verifies the chain of every honest replica from the first block.
fn audit(world: &World, report: &mut Report) -> Result<(), Failure> {
    report.print("\nAudit");
    let start = Instant::now();
    let (mut bytes, honest) = (0, world.network.honest());
    for id in &honest {
        let ledger = world.network.application(*id);
        let scratch = tempfile::tempdir_in(world.folder.path())?;
        let into = Redb::open(&scratch.path().join("audit.redb"))?;
        ledger.audit(world.network.config(), Arc::new(into))?;
        for committed in ledger.blocks() {
            bytes += committed?.block.to_bytes().len() as u64;
        }
    }
    if let Some(violation) = world.network.violation() {
        report.fail(format!("the honest replicas disagree: {violation}"));
    }
    let what = format!("{} honest chains verified from the first block", honest.len());
    report.step("audit", "any verifier", bytes, start, &what);
    Ok(())
}

/// Prints the audit trail of a record.
fn print_trail(world: &World, record: &Published, report: &Report) -> Result<(), Failure> {
    report.print("\nAudit trail of the first record");
    for entry in trail(world.ledger(), &record.id)? {
        let rejected =
            entry.rejected_by.map_or_else(String::new, |rule| format!("rejected: {rule}"));
        let (height, action, party) = (entry.height, entry.action, entry.party);
        let line = format!("  block {height:>3}  {action:<8} {party:<26} {rejected}");
        report.print(line.trim_end());
    }
    Ok(())
}

/// Writes a proof of each transaction on the audit trail of a record; of grants also whether they
/// are revoked.
fn write_proofs(
    world: &World,
    record: &Published,
    folder: &Path,
    report: &Report,
) -> Result<(), Failure> {
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    fs::create_dir(folder).map_err(failed)?;
    let (ledger, config) = (world.ledger(), world.network.config());
    let trail = trail(ledger, &record.id)?;
    for entry in &trail {
        let id = &entry.transaction;
        let proof = match ledger.prove_grant(id)? {
            Some(grant) => Some(Proof::Grant(grant)),
            None => ledger.prove_transaction(id)?.map(Proof::Transaction),
        };
        let Some(proof) = proof else { continue };
        let file = serde_json::to_string(&ProofFile::new(config.clone(), proof))?;
        let name = format!("{:03}-{}.json", entry.height, entry.action);
        fs::write(folder.join(name), file + "\n").map_err(failed)?;
    }
    let (count, folder, digest) = (trail.len(), folder.display(), hex::encode(config.digest()));
    report.print(&format!(
        "\n{count} proofs in {folder}, for\n  epione verify PROOF --config {digest}"
    ));
    Ok(())
}

/// Summarises the ledger of an honest replica and the traffic of the network.
pub(super) fn ledger_summary(world: &World) -> Result<LedgerSummary, Failure> {
    let (ledger, total) = (world.ledger(), world.network.total());
    let (mut transactions, mut later_views) = (0, 0);
    for committed in ledger.blocks() {
        let committed = committed?;
        transactions += committed.block.entries.len();
        later_views += usize::from(committed.certificate.view > 0);
    }
    Ok(LedgerSummary {
        replicas: world.network.config().size(),
        height: ledger.height(),
        transactions,
        later_views,
        messages: total.messages,
        bytes: total.bytes,
        syncs: world.databases.iter().map(Redb::syncs).sum(),
    })
}
