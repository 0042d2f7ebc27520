//! How doctor B gets to read: ask, grant, search, request, re-encrypt, open.

use super::Failure;
use super::input::Input;
use super::report::{RecordLine, Report};
use super::steps::{self, Published, entries, grant, open_to};
use super::world::{DAY, HOUR, World};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::ledger::Basis;
use epione::protocol::{Fetch, Query, SearchTerm, SectionReEncryption, Terms, Ticket};
use epione::record::Class;
use std::io::Write;
use std::path::Path;

/// Doctor B asks, the patient permits everything for a week, the proxy searches.
pub(super) fn permit(
    world: &mut World,
    inputs: &[Input],
    published: &[Published],
    report: &mut Report,
) -> Result<(Ticket, Terms), Failure> {
    let query = ask(world, search_terms(inputs), report)?;
    let now = world.now();
    let terms = Terms {
        records: published.iter().map(|record| record.id).collect(),
        classes: query.classes,
        search: query.terms,
        proxy: world.proxy.verifying_key(),
        from: now.saturating_sub(HOUR),
        until: now + 7 * DAY,
    };
    let ticket = grant(world, &terms, report)?;
    search(world, &ticket, &terms, report)?;
    Ok((ticket, terms))
}

/// The query, as it arrives at the patient.
fn ask(world: &World, terms: Vec<SearchTerm>, report: &mut Report) -> Result<Query, Failure> {
    let (start, now) = (report.start(), world.now());
    let introduction = world.patient.introduce(&world.doctor_b.verifying_key(), now);
    let centre = world.centre.verifying_key();
    world.doctor_b.check_introduction(&introduction, &centre, now)?;
    let (wanted, purpose) = (Class::ALL.to_vec(), "second opinion before thrombectomy");
    let query = world.doctor_b.ask(&introduction, terms, wanted, purpose, now)?;
    let forwarded = world.manager.forward(&query, world.state(), now)?;
    let query = world.patient.receive(&forwarded, world.state(), now)?.clone();
    let bytes = query.to_bytes().len() as u64;
    report.step("ask", "doctor B, query manager, patient", bytes, start, purpose);
    Ok(query)
}

/// What doctor B searches for: a keyword of each record, the rarest kind first; for a record
/// without keywords, and beyond eight records, everything under the pseudonym.
fn search_terms(inputs: &[Input]) -> Vec<SearchTerm> {
    let term = |input: &Input| {
        let mut keywords: Vec<_> = input.record.keywords().collect();
        keywords.sort_by_key(|keyword| keyword.field != "code");
        let first = keywords.first();
        first.map_or_else(SearchTerm::everything, |k| SearchTerm::new(k.field, &k.value))
    };
    let mut terms: Vec<SearchTerm> = inputs.iter().take(8).map(term).collect();
    if inputs.len() > 8 {
        terms.push(SearchTerm::everything());
    }
    terms.sort();
    terms.dedup();
    terms
}

fn search(
    world: &World,
    ticket: &Ticket,
    terms: &Terms,
    report: &mut Report,
) -> Result<(), Failure> {
    let start = report.start();
    let hits = steps::search(world, ticket.grant())?;
    let mut found: Vec<Digest> = hits.iter().map(|hit| hit.record).collect();
    let mut expected = terms.records.clone();
    found.sort();
    expected.sort();
    if found != expected {
        report.fail(format!("the search found {} of {} records", found.len(), expected.len()));
    }
    let (entries, SearchTerm { field, value }) = (entries(world), &terms.search[0]);
    let what = format!("{} found among {entries} entries, e.g. {field}={value}", hits.len());
    report.step("search", "proxy for doctor B", 0, start, &what);
    Ok(())
}

/// Request, re-encrypt, open: doctor B gets one record.
pub(super) fn share(
    world: &mut World,
    input: &Input,
    record: &Published,
    ticket: &Ticket,
    report: &mut Report,
) -> Result<(), Failure> {
    let request = request(world, record, ticket, report)?;
    let work = reencrypt(world, &request, report)?;

    let start = report.start();
    let view = (world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let name = Path::new(&input.name).file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{}-{name}", record.input + 1);
    let (sha256_out, opened) = open_to(world, Some(&name), |file| {
        world.doctor_b.open_granted(view, &request, ticket, &work, fetcher, file)
    })?;
    let opened = opened.whole()?;
    report.step("open", "doctor B", opened.coverage.written, start, &input.name);
    report.record(RecordLine {
        file: input.name.clone(),
        bytes: input.record.length(),
        sha256_in: input.sha256.clone(),
        sha256_out,
        sections: opened.classes.len(),
    });
    Ok(())
}

fn request(
    world: &mut World,
    record: &Published,
    ticket: &Ticket,
    report: &mut Report,
) -> Result<Digest, Failure> {
    let start = report.start();
    let (validity, basis) = (world.validity(), Basis::Grant(*ticket.grant()));
    let request = world.doctor_b.request(validity, record.id, basis, &mut world.rng);
    let committed = world.commit(&request)?;
    let bytes = request.to_bytes().len() as u64;
    let what = format!("block {}, before anything is re-encrypted", committed.height);
    report.step("request", "doctor B, replicas", bytes, start, &what);
    Ok(request.id())
}

fn reencrypt(
    world: &mut World,
    request: &Digest,
    report: &mut Report,
) -> Result<Vec<SectionReEncryption>, Failure> {
    let start = report.start();
    let mut rng = world.rng.clone();
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let work = world.proxy.reencrypt(world.state(), request, fetcher, world.now(), &mut rng)?;
    let validity = world.validity();
    let access = world.proxy.report(validity, *request, &work, &mut rng);
    world.rng = rng;
    world.commit(&access)?;
    let bytes = work.iter().map(SectionReEncryption::size).sum();
    let what = format!("{} locks, each with its proof", work.len());
    report.step("re-encrypt", "proxy", bytes, start, &what);
    Ok(work)
}
