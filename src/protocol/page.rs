//! The part of a grant's records that one search request covers, and its cost.
#![forbid(unsafe_code)]

use super::deliveries::Accepted;
use super::locate::batch_locate;
use super::{Hit, Progress, ProtocolError, Refusal, SearchAnswer};
use crate::consensus::Digest;
use crate::ledger::{GrantAction, MAX_COVERED, MAX_ENTRIES, RecordAction, State};
use crate::store::Cid;

/// The maximum number of hits in an answer.
pub(super) const MAX_HITS: usize = 1 << 16;
/// The maximum number of tests of an entry with a trapdoor for one request. No record needs more.
pub const MAX_TESTS: u64 = (MAX_ENTRIES * MAX_COVERED) as u64;

/// The records that one request searches.
pub(super) struct Page {
    pub(super) records: Vec<(Digest, RecordAction)>,
    /// The number of tests of an entry with a trapdoor, at most.
    pub(super) tests: u64,
    pub(super) last: Option<Digest>,
}

impl Page {
    /// Returns the first records of a grant after a given one whose entries are tested at most
    /// `max_tests` times.
    pub(super) fn new(
        state: &State,
        grant: &GrantAction,
        after: Option<Digest>,
        max_tests: u64,
    ) -> Result<Self, ProtocolError> {
        let start = match after {
            Some(id) => Some((state.record(&id)?.ok_or(Refusal::UnknownRecord)?.owner, id)),
            None => None,
        };
        // Without trapdoors nothing is found.
        let owners = grant.owners.iter().filter(|_| !grant.trapdoors.is_empty());
        let owners = owners.filter(|owner| start.is_none_or(|(of, _)| of <= **owner));
        let (mut records, mut tests) = (Vec::new(), 0);
        let fits = |count: usize, tests: u64| count < MAX_HITS && tests <= max_tests;
        for item in owners.flat_map(|owner| state.records_of(owner)) {
            let (id, record) = item?;
            if !grant.covers(&id, &record.owner) || Some((record.owner, id)) <= start {
                continue;
            }
            if !fits(records.len(), tests + cost(grant, &record)) {
                let last = records.last().map(|(id, _): &(Digest, _)| *id);
                return Ok(Self { records, tests, last });
            }
            tests += cost(grant, &record);
            records.push((id, record));
        }
        Ok(Self { records, tests, last: None })
    }

    /// Searches the records with the trapdoors of their owner keys. Also returns the number of
    /// tests.
    pub(super) fn search(
        self,
        grant: &GrantAction,
        accepted: &Accepted,
        progress: &mut dyn Progress,
    ) -> (SearchAnswer, u64) {
        let (mut found, mut tests) = (Vec::new(), 0);
        for of_owner in self.records.chunk_by(|(_, a), (_, b)| a.owner == b.owner) {
            let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) =
                of_owner.iter().map(|(id, record)| (id, record)).unzip();
            let trapdoors = accepted.trapdoors_for(grant, &records[0].owner);
            let mut entries = Counted { progress: &mut *progress, steps: 0 };
            found.extend(hits(ids, batch_locate(&records, trapdoors, &mut entries)));
            tests += entries.steps * trapdoors.len() as u64;
        }
        (SearchAnswer { hits: found, last: self.last }, tests)
    }
}

/// A progress whose steps are counted.
struct Counted<'a> {
    progress: &'a mut dyn Progress,
    steps: u64,
}

impl Progress for Counted<'_> {
    fn advance(&mut self) {
        self.steps += 1;
        self.progress.advance();
    }
}

/// Returns the number of tests of a record, at most.
fn cost(grant: &GrantAction, record: &RecordAction) -> u64 {
    let trapdoors = grant.trapdoors_for(&record.owner).len();
    (record.index.len() * trapdoors).max(1) as u64
}

/// Returns the records with a location.
pub(super) fn hits(ids: Vec<&Digest>, locations: Vec<Option<Cid>>) -> Vec<Hit> {
    let hit = |(id, location): (&Digest, _)| Some(Hit { record: *id, location: location? });
    ids.into_iter().zip(locations).filter_map(hit).collect()
}
