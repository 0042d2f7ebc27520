//! Steps that several modules of the demo share.

use super::input::sha256;
use super::progress::Bar;
use super::report::{Report, count};
use super::world::{B, DAY, Failure, HOUR, World};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::database::DatabaseError;
use epione::ledger::{Basis, Time};
use epione::protocol::{Hit, LedgerView, Opened, Output, ProtocolError, Terms, Ticket};
use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

/// A record on the ledger.
pub(super) struct Published {
    pub(super) id: Digest,
    /// The index of the input.
    pub(super) input: usize,
}

/// Grants doctor B access and delivers the keys to the proxy.
pub(super) fn grant(
    world: &mut World,
    terms: &Terms,
    report: &mut Report,
) -> Result<Ticket, Failure> {
    let start = Instant::now();
    let (issued, ticket) = world.grant_undelivered(terms)?;
    let (state, now) = (world.state().clone(), world.now());
    world.proxies[0].accept(LedgerView { state: &state, now }, &issued.delivery)?;
    let bytes = issued.transaction.to_bytes().len() as u64;
    let conditions = count(ticket.conditions(), "condition", "conditions");
    let what = format!("{conditions}, window of {}", window(terms));
    report.step("grant", "patient, replicas, proxy", bytes, start, &what);
    Ok(ticket)
}

fn window(terms: &Terms) -> String {
    let length: Time = terms.until - terms.from;
    match length / DAY {
        0 => format!("{} h", length / HOUR),
        days => count(days, "day", "days"),
    }
}

/// The proxy's search under a grant, with a progress bar. Doctor B continues it if the
/// proxy does not search all records at once.
pub(super) fn search(world: &World, grant: &Digest) -> Result<Vec<Hit>, ProtocolError> {
    let mut bar = Bar::new("searching", entries(world)?, false);
    let (mut hits, mut after) = (Vec::new(), None);
    loop {
        let request = world.search_request(B, grant, after);
        let answer = world.proxies[0].search_with_progress(world.view(), &request, &mut bar)?;
        hits.extend(answer.hits);
        after = answer.last;
        if after.is_none() {
            return Ok(hits);
        }
    }
}

/// The number of search entries on the ledger.
pub(super) fn entries(world: &World) -> Result<u64, DatabaseError> {
    let mut entries = 0;
    for item in world.state().records() {
        entries += item?.1.index.len() as u64;
    }
    Ok(entries)
}

/// A doctor requests a record and opens the sections whose policies their attributes satisfy.
pub(super) fn open_by_policy(
    world: &mut World,
    doctor: usize,
    record: &Published,
) -> Result<Opened, Failure> {
    let request = world.request(doctor, record.id, Basis::Policy)?;
    let reader = &world.doctors[doctor];
    let (_, opened) = open_to(world, None, |file| {
        reader.open_by_policy(world.view(), &request, world, file, &mut world.fork())
    })?;
    Ok(opened)
}

/// Returns the names of the classes that were opened.
pub(super) fn class_names(opened: &Opened) -> String {
    let names: Vec<&str> = opened.classes.iter().map(|class| class.name()).collect();
    names.join(", ")
}

/// The greatest length of a record that is opened: 1 TiB.
const MAX_RECORD: u64 = 1 << 40;

/// Opens into a new file and returns its SHA-256 digest. The file has a name only in a kept folder:
/// elsewhere, an interrupted run would leave plaintext behind.
pub(super) fn open_to(
    world: &World,
    name: Option<&str>,
    open: impl FnOnce(Output<'_, File>) -> Result<Opened, ProtocolError>,
) -> Result<(String, Opened), Failure> {
    let open = |file: &mut File| -> Result<_, Failure> {
        let opened = open(Output::new(file, MAX_RECORD))?;
        Ok((sha256(&mut BufReader::new(file))?, opened))
    };
    let Some((folder, name)) = world.folder.kept().zip(name) else {
        return open(&mut tempfile::tempfile()?);
    };
    let folder = folder.join("opened");
    std::fs::create_dir_all(&folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    let outcome = open(file.as_file_mut())?;
    file.persist(folder.join(name))?;
    Ok(outcome)
}
