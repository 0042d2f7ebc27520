//! The way of the records, step by step.

use super::Failure;
use super::input::Input;
use super::progress::{Progress, Watched};
use super::refusals;
use super::report::{RecordLine, Report};
use super::steps::{self, Published, entries, grant, open_to};
use super::world::{CHAIN, DAY, HOUR, World};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::ledger::Basis;
use epione::protocol::{Introduction, SealedRecord, SearchTerm, Terms, Ticket, trail};
use epione::record::{Class, Record};
use std::path::PathBuf;

/// The whole story, refusals included.
pub(super) fn tell(
    world: &mut World,
    inputs: &mut [Input],
    report: &mut Report,
) -> Result<(), Failure> {
    report.say("\nThe way of the record");
    let mut published = Vec::new();
    for (i, input) in inputs.iter_mut().enumerate() {
        published.push(publish(world, i, input, report)?);
    }
    let (ticket, terms) = permit(world, inputs, &published, report)?;
    for record in &published {
        share(world, &inputs[record.input], record, &ticket, report)?;
    }
    open_otherwise(world, inputs, &published, report)?;

    report.say("\nRefused, as it must be");
    refusals::show(world, &published[0], &ticket, &terms, report)?;
    audit(world, &published, report)
}

/// Seal, store, index, publish.
fn publish(
    world: &mut World,
    number: usize,
    input: &mut Input,
    report: &mut Report,
) -> Result<Published, Failure> {
    let start = report.start();
    let (doctor, now) = (&world.doctor_a, world.now());
    let introduction = world.patient.introduce(&doctor.verifying_key(), now);
    let centre = world.centre.verifying_key();
    let patient = doctor.check_introduction(&introduction, &centre, now)?;
    let bytes = patient.to_bytes().len() as u64;
    report.step("introduce", "patient to doctor A", bytes, start, "keys, pseudonyms, owner key");

    let start = report.start();
    let progress = Progress::new("sealing", input.record.length(), true);
    let mut source = Watched { inner: &mut input.source, progress };
    let mut sealed = doctor.seal(
        &input.record,
        &mut source,
        (&introduction, &patient),
        (world.authority.parameters(), &world.policies),
        &mut world.rng,
    )?;
    let classes = input.record.classes();
    let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    report.step("seal", "doctor A", sealed.size()?, start, &names.join(", "));

    let start = report.start();
    let size = sealed.size()?;
    let objects = sealed.objects()?;
    let count = objects.len();
    for (name, mut object) in objects {
        let offer = world.doctor_a.offer(&name);
        world.keeper.upload(world.state(), &offer, &mut object)?;
    }
    report.step("store", "doctor A, store", size, start, &format!("{count} objects"));

    let start = report.start();
    let index = index(world, &input.record, &sealed, &introduction)?;
    let bytes = index.iter().map(|entry| entry.len() as u64).sum();
    report.step("index", "doctor A", bytes, start, &format!("{} entries", index.len()));

    let start = report.start();
    let institution = world.institutions[0].verifying_key();
    let chain = (CHAIN, world.valid_until());
    let draft = world.doctor_a.draft_record(
        chain,
        &sealed,
        index,
        &introduction,
        institution,
        &mut world.rng,
    );
    let countersigned = world.institutions[0].countersign(&draft, world.state())?;
    let consent = world.patient.consent(&draft, &sealed)?;
    let transaction = world.doctor_a.publish(draft, countersigned, consent);
    let committed = world.commit(&transaction)?;
    let bytes = transaction.to_bytes().len() as u64;
    let what = format!(
        "block {} in view {}, {} virtual ms, {} messages",
        committed.height, committed.view, committed.virtual_ms, committed.messages
    );
    report.step("publish", "doctor A, institution, patient, replicas", bytes, start, &what);
    Ok(Published { id: transaction.id(), classes, input: number })
}

fn index(
    world: &mut World,
    record: &Record,
    sealed: &SealedRecord,
    introduction: &Introduction,
) -> Result<Vec<Vec<u8>>, Failure> {
    let terms = world.doctor_a.terms(record)?;
    let mut progress = Progress::new("indexing", terms.len() as u64, false);
    let mut entries = Vec::new();
    for term in &terms {
        entries.push(world.doctor_a.index(term, sealed, introduction, &mut world.rng)?);
        progress.advance(1);
    }
    Ok(entries)
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

/// Ask, grant, deliver.
fn permit(
    world: &mut World,
    inputs: &[Input],
    published: &[Published],
    report: &mut Report,
) -> Result<(Ticket, Terms), Failure> {
    let start = report.start();
    let now = world.now();
    let introduction = world.patient.introduce(&world.doctor_b.verifying_key(), now);
    let centre = world.centre.verifying_key();
    world.doctor_b.check_introduction(&introduction, &centre, now)?;
    let search = search_terms(inputs);
    let wanted = Class::ALL.to_vec();
    let purpose = "second opinion before thrombectomy";
    let query = world.doctor_b.ask(&introduction, search.clone(), wanted, purpose, now)?;
    let forwarded = world.manager.forward(&query, world.state())?;
    let query = world.patient.receive(&forwarded, world.state())?.clone();
    let bytes = query.to_bytes().len() as u64;
    report.step("ask", "doctor B, query manager, patient", bytes, start, purpose);

    // The patient is asked for everything, and permits everything, for a week.
    let terms = Terms {
        records: published.iter().map(|record| record.id).collect(),
        classes: query.classes,
        search: query.terms,
        proxy: world.proxy.verifying_key(),
        from: now.saturating_sub(HOUR),
        until: now + 7 * DAY,
    };
    let ticket = grant(world, &terms, report)?;

    let start = report.start();
    let hits = steps::search(world, ticket.grant())?;
    let mut found: Vec<Digest> = hits.iter().map(|hit| hit.record).collect();
    let mut expected = terms.records.clone();
    found.sort();
    expected.sort();
    if found != expected {
        report.fail(format!("the search found {} of {} records", found.len(), expected.len()));
    }
    let entries = entries(world);
    let first = &search[0];
    let (field, value) = (&first.field, &first.value);
    let what = format!("{} found among {entries} entries, e.g. {field}={value}", hits.len());
    report.step("search", "proxy for doctor B", 0, start, &what);
    Ok((ticket, terms))
}

/// Request, re-encrypt, open: doctor B gets the record.
fn share(
    world: &mut World,
    input: &Input,
    record: &Published,
    ticket: &Ticket,
    report: &mut Report,
) -> Result<(), Failure> {
    let start = report.start();
    let chain = (CHAIN, world.valid_until());
    let basis = Basis::Grant(*ticket.grant());
    let request = world.doctor_b.request(chain, record.id, basis, &mut world.rng);
    let committed = world.commit(&request)?;
    let bytes = request.to_bytes().len() as u64;
    let what = format!("block {}, before anything is re-encrypted", committed.height);
    report.step("request", "doctor B, replicas", bytes, start, &what);

    let start = report.start();
    let state = world.state().clone();
    let now = world.now();
    let mut rng = world.rng.clone();
    let fetcher = &|fetch: &_, object: &mut dyn std::io::Write| world.serve(fetch, object);
    let sections = world.proxy.reencrypt(&state, &request.id(), fetcher, now, &mut rng)?;
    world.rng = rng;
    let bytes = sections.iter().map(|section| section.size()).sum();
    let access = world.proxy.report(chain, request.id(), &sections, &mut world.rng);
    world.commit(&access)?;
    let what = format!("{} locks, each with its proof", sections.len());
    report.step("re-encrypt", "proxy", bytes, start, &what);

    let start = report.start();
    let state = world.state().clone();
    let now = world.now();
    let fetcher = &|fetch: &_, object: &mut dyn std::io::Write| world.serve(fetch, object);
    let name = format!("{}-{}", record.input + 1, file_name(&input.name));
    let (sha256_out, opened) = open_to(world, Some(&name), |file| {
        let request = request.id();
        world.doctor_b.open_granted((&state, now), &request, ticket, &sections, fetcher, file)
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

fn file_name(path: &str) -> String {
    let name = PathBuf::from(path).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// The other three ways: by policy, as the author, as the patient.
fn open_otherwise(
    world: &mut World,
    inputs: &[Input],
    published: &[Published],
    report: &mut Report,
) -> Result<(), Failure> {
    for record in published {
        by_policy(world, record, report)?;
    }
    let state = world.state().clone();
    let now = world.now();
    let fetcher = &|fetch: &_, object: &mut dyn std::io::Write| world.serve(fetch, object);
    for record in published {
        let start = report.start();
        let (sha256, opened) = open_to(world, None, |file| {
            world.doctor_a.open_as_author((&state, now), &record.id, fetcher, file)
        })?;
        compare(&inputs[record.input], &sha256, "the author", report);
        let what = "through the lock of his own";
        report.step("open as author", "doctor A", opened.coverage.written, start, what);
    }

    let start = report.start();
    let hits = world.patient.find(&state);
    if hits.len() != published.len() {
        report.fail(format!("the patient found {} of {} records", hits.len(), published.len()));
    }
    let what = format!("{} records, with her keys alone", hits.len());
    report.step("find own", "patient", 0, start, &what);
    for hit in &hits {
        let start = report.start();
        let record = published.iter().find(|record| record.id == hit.record);
        let (sha256, opened) =
            open_to(world, None, |file| world.patient.open((&state, now), hit, fetcher, file))?;
        if let Some(record) = record {
            compare(&inputs[record.input], &sha256, "the patient", report);
        }
        report.step("open own", "patient", opened.coverage.written, start, "her own record");
    }
    Ok(())
}

fn compare(input: &Input, sha256: &str, who: &str, report: &mut Report) {
    if input.sha256 != sha256 {
        report.fail(format!("{who} did not get the bytes of {}", input.name));
    }
}

/// Doctor C reads one section by policy, without any grant.
fn by_policy(world: &mut World, record: &Published, report: &mut Report) -> Result<(), Failure> {
    let start = report.start();
    let chain = (CHAIN, world.valid_until());
    let request = world.doctor_c.request(chain, record.id, Basis::Policy, &mut world.rng);
    world.commit(&request)?;
    let class = record.main_class();
    let (state, now) = (world.state().clone(), world.now());
    let fetcher = &|fetch: &_, object: &mut dyn std::io::Write| world.serve(fetch, object);
    let (_, opened) = open_to(world, None, |file| {
        world.doctor_c.open_by_policy((&state, now), &request.id(), class, fetcher, file)
    })?;
    let what = format!("section {class}, no grant: {}", world.policies.of(class));
    report.step("open by policy", "doctor C", opened.coverage.written, start, &what);
    Ok(())
}

/// Everyone's chain is verified from the first block; what happened to the records is read off it.
fn audit(world: &mut World, published: &[Published], report: &mut Report) -> Result<(), Failure> {
    let start = report.start();
    let mut bytes = 0;
    for id in world.network.honest() {
        let ledger = world.network.application(id);
        ledger.audit(world.network.config())?;
        bytes +=
            ledger.blocks().iter().map(|(block, _)| block.to_bytes().len() as u64).sum::<u64>();
    }
    if let Some(violation) = world.network.violation() {
        report.fail(format!("the honest replicas disagree: {violation}"));
    }
    let what = format!("{} honest chains verified from genesis", world.network.honest().len());
    report.step("audit", "anyone", bytes, start, &what);
    report.say("\nThe trail of the first record");
    for entry in trail(world.ledger(), &published[0].id) {
        let refused = entry.refused.map_or_else(String::new, |rule| format!("refused: {rule}"));
        let (height, action, party) = (entry.height, entry.action, entry.party);
        report.say(&format!("  block {height:>3}  {action:<8} {party:<26} {refused}"));
    }
    Ok(())
}
