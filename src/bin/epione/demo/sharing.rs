//! Access for doctor B: query, grant, search, request, re-encrypt, open.

use super::input::Input;
use super::report::{RecordLine, Report, count};
use super::steps::{self, Published, entries, grant, open_to};
use super::world::{ADA, B, CHAIN, DAY, Failure, HOUR, World};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::ledger::Basis;
use epione::protocol::{QueryContents, Release, SearchTerm, SectionReEncryption, Terms, Ticket};
use epione::record::Class;
use std::path::Path;
use std::time::Instant;

/// Doctor B queries, the patient grants access to all classes for a week, the proxy searches.
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
        later_records: false,
        classes: query.classes,
        search: query.terms,
        proxy: world.proxies[0].verifying_key(),
        from: now.saturating_sub(HOUR),
        until: now + 7 * DAY,
    };
    let ticket = grant(world, &terms, report)?;
    search(world, &ticket, &terms, report)?;
    Ok((ticket, terms))
}

/// Returns the contents of the query as the patient receives them.
fn ask(
    world: &mut World,
    terms: Vec<SearchTerm>,
    report: &mut Report,
) -> Result<QueryContents, Failure> {
    let (start, purpose) = (Instant::now(), "second opinion before thrombectomy");
    let introduction = world.introduce(ADA, B)?;
    let (now, classes) = (world.now(), Class::ALL.to_vec());
    let contents = QueryContents { terms, classes, purpose: purpose.to_owned() };
    let query = world.doctors[B].ask(CHAIN, &introduction, &contents, now, &mut world.rng)?;
    let forwarded = world.manager.forward(world.view(), &query)?;
    let received = world.patients[ADA].receive(world.view(), &forwarded)?;
    let bytes = query.to_bytes().len() as u64;
    report.step("query", "doctor B, query manager, patient", bytes, start, purpose);
    Ok(received)
}

/// Returns the search terms that find all records: one keyword per record, a code if there is one.
/// For records without keywords and beyond eight records, the term that every record has.
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
    let start = Instant::now();
    let hits = steps::search(world, ticket.grant())?;
    let mut found: Vec<Digest> = hits.iter().map(|hit| hit.record).collect();
    let mut expected = terms.records.clone();
    found.sort();
    expected.sort();
    if found != expected {
        report.fail(format!("the search found {} of {} records", found.len(), expected.len()));
    }
    let entries = count(entries(world)?, "entry", "entries");
    let SearchTerm { field, value } = &terms.search[0];
    let what = format!("records found: {} in {entries}, e.g. by {field}={value}", hits.len());
    report.step("search", "proxy for doctor B", 0, start, &what);
    Ok(())
}

/// Doctor B requests one record, the proxy re-encrypts, and doctor B opens it.
pub(super) fn share(
    world: &mut World,
    input: &Input,
    record: &Published,
    ticket: &Ticket,
    report: &mut Report,
) -> Result<(), Failure> {
    let request = request(world, record, ticket, report)?;
    let release = reencrypt(world, &request, report)?;

    let start = Instant::now();
    let name = Path::new(&input.name).file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{}-{name}", record.input + 1);
    let (view, doctor) = (world.view(), &world.doctors[B]);
    let (sha256_out, opened) = open_to(world, Some(&name), |file| {
        doctor.open_granted(view, &request, (ticket, &release), world, file, &mut world.fork())
    })?;
    let opened = opened.require_complete()?;
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
    let start = Instant::now();
    let (validity, basis) = (world.validity(), Basis::Grant(*ticket.grant()));
    let sections = world.covered(&record.id, &basis)?;
    let (doctor, rng) = (&world.doctors[B], &mut world.rng);
    let request = doctor.request(validity, (record.id, &sections), basis, rng);
    let committed = world.commit(&request)?;
    let bytes = request.to_bytes().len() as u64;
    let what = format!("block {}, committed before re-encryption", committed.height);
    report.step("request", "doctor B, replicas", bytes, start, &what);
    Ok(request.id())
}

fn reencrypt(world: &mut World, request: &Digest, report: &mut Report) -> Result<Release, Failure> {
    let start = Instant::now();
    let release = world.release(request)?;
    let bytes = release.sections.iter().map(SectionReEncryption::size).sum();
    let keys = count(release.sections.len(), "wrapped key", "wrapped keys");
    let what = format!("{keys}, each with a proof");
    report.step("re-encrypt", "proxy, replicas", bytes, start, &what);
    Ok(release)
}
