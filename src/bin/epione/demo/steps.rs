//! Steps that both the story and the refusals take.

use super::Failure;
use super::input::sha256;
use super::progress::Progress;
use super::report::Report;
use super::world::{DAY, HOUR, World};
use epione::algebra::codec::Canonical;
use epione::consensus::Digest;
use epione::ledger::Time;
use epione::protocol::{Hit, Opened, ProtocolError, Terms, Ticket};
use epione::record::Class;
use std::fs::File;
use std::io::BufReader;

/// A record on the ledger.
pub(super) struct Published {
    pub(super) id: Digest,
    pub(super) classes: Vec<Class>,
    /// Which of the inputs it is.
    pub(super) input: usize,
}

impl Published {
    /// The section that the policy reader is after.
    pub(super) fn main_class(&self) -> Class {
        let wish = [Class::Clinical, Class::Document];
        let found = wish.into_iter().find(|class| self.classes.contains(class));
        found.unwrap_or(self.classes[0])
    }
}

/// A grant to doctor B on the ledger, its keys with the proxy.
pub(super) fn grant(
    world: &mut World,
    terms: &Terms,
    report: &mut Report,
) -> Result<Ticket, Failure> {
    let start = report.start();
    let validity = world.validity();
    let state = world.state().clone();
    let reader = state.party(&world.doctor_b.verifying_key()).expect("B is registered");
    let (transaction, delivery, ticket) =
        world.patient.grant(validity, &state, reader, terms, &mut world.rng)?;
    world.commit(&transaction)?;
    let state = world.state().clone();
    world.proxy.accept(&state, delivery)?;
    let bytes = transaction.to_bytes().len() as u64;
    let what = format!("{} conditions, window {}", ticket.conditions(), window(terms));
    report.step("grant", "patient, replicas, proxy", bytes, start, &what);
    Ok(ticket)
}

fn window(terms: &Terms) -> String {
    let length: Time = terms.until - terms.from;
    if length >= DAY { format!("{} days", length / DAY) } else { format!("{} h", length / HOUR) }
}

/// The proxy's search under a grant, with a bar.
pub(super) fn search(world: &World, grant: &Digest) -> Result<Vec<Hit>, ProtocolError> {
    let mut progress = Progress::new("searching", entries(world), false);
    let each = &mut || progress.advance(1);
    world.proxy.search_watched(world.state(), grant, world.now(), each)
}

/// The search entries on the ledger.
pub(super) fn entries(world: &World) -> u64 {
    world.state().records().map(|(_, record)| record.index.len() as u64).sum()
}

/// Opens into a new file that is kept only if all went well and a name is given.
pub(super) fn open_to(
    world: &World,
    name: Option<&str>,
    open: impl FnOnce(&mut File) -> Result<Opened, ProtocolError>,
) -> Result<(String, Opened), Failure> {
    let folder = world.out().join("opened");
    std::fs::create_dir_all(&folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    let opened = open(file.as_file_mut())?;
    let sha256 = sha256(&mut BufReader::new(file.as_file_mut()))?;
    if let Some(name) = name {
        file.persist(folder.join(name))?;
    }
    Ok((sha256, opened))
}
