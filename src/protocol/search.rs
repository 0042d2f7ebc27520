//! Search: the records that match, and their locations (Qin Eq. 13).
#![forbid(unsafe_code)]

use super::grant::series;
use super::locate::batch_locate;
use super::{LedgerView, Patient, Progress, ProtocolError, Proxy};
use crate::algebra::{hash::framed, tag::PROTOCOL_TERM};
use crate::consensus::Digest;
use crate::ledger::{RecordAction, Role, Rule, State};
use crate::pseudonym::Pseudonym;
use crate::store::Cid;

/// A field and a value to search for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchTerm {
    /// The name of the field, such as `code` or `type`.
    pub field: String,
    /// The value.
    pub value: String,
}

impl SearchTerm {
    /// Returns the term of a field and value.
    pub fn new(field: &str, value: &str) -> Self {
        Self { field: field.to_owned(), value: value.to_owned() }
    }

    /// Returns the term that every record has. It finds all records under a pseudonym.
    pub fn everything() -> Self {
        Self::new("record", "")
    }

    /// Returns the PEKS keyword under a pseudonym. The pseudonym prevents keyword guessing.
    pub(super) fn keyword(&self, pseudonym: &Pseudonym) -> Vec<u8> {
        let (field, value) = (self.field.as_bytes(), self.value.as_bytes());
        framed(&[PROTOCOL_TERM.as_bytes(), pseudonym.as_bytes(), field, value])
    }
}

/// A record that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The record, by the identifier of its transaction.
    pub record: Digest,
    /// The name of the envelope, sealed in the matching entry.
    pub location: Cid,
}

impl Proxy {
    /// Searches the records that a valid grant covers, with the trapdoors delivered for it.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant is not valid now, [`ProtocolError::NoMatch`], or
    /// [`Refusal::NoDelivery`].
    pub fn search(
        &self,
        view: LedgerView<'_>,
        grant_id: &Digest,
    ) -> Result<Vec<Hit>, ProtocolError> {
        self.search_with_progress(view, grant_id, &mut ())
    }

    /// [`Self::search`] with a report of progress per entry.
    ///
    /// # Errors
    /// The errors of [`Self::search`].
    pub fn search_with_progress(
        &self,
        view: LedgerView<'_>,
        grant_id: &Digest,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Hit>, ProtocolError> {
        let accepted = self.accepted_for(grant_id)?;
        let grant = view.state.valid_grant(grant_id, view.now)?;
        for (party, role) in [(&grant.reader, Role::Doctor), (&grant.proxy, Role::Proxy)] {
            view.state.valid_party(party, role, view.now, Rule::UnknownParty)?;
        }
        let covered = view.state.records();
        let covered = covered.filter(|(id, record)| grant.covers(id, &record.owner));
        let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) = covered.unzip();
        let hits = hits(ids, batch_locate(&records, &accepted.trapdoors, progress));
        if hits.is_empty() { Err(ProtocolError::NoMatch) } else { Ok(hits) }
    }
}

/// Returns the records with a location.
fn hits(ids: Vec<&Digest>, locations: Vec<Option<Cid>>) -> Vec<Hit> {
    let hit = |(id, location): (&Digest, _)| Some(Hit { record: *id, location: location? });
    ids.into_iter().zip(locations).filter_map(hit).collect()
}

impl Patient {
    /// Finds all records of the patient: selects the records of the patient's owner keys on the
    /// ledger, and decrypts their locations with trapdoors for the pseudonyms.
    pub fn find(&self, state: &State) -> Vec<Hit> {
        let own = state.records().filter(|(_, record)| self.owns(record));
        let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) = own.unzip();
        let mut locations = vec![None; records.len()];
        // Records of the same author and epoch share a trapdoor.
        let trapdoors = self.trapdoors(&records, &[SearchTerm::everything()]);
        for ((author, epoch), trapdoor) in series(&records).into_iter().zip(trapdoors) {
            let (positions, of_series): (Vec<usize>, Vec<&RecordAction>) = (records.iter())
                .enumerate()
                .filter(|(_, record)| (record.author, record.epoch) == (author, epoch))
                .map(|(position, record)| (position, *record))
                .unzip();
            let found = batch_locate(&of_series, &[trapdoor], &mut ());
            positions.into_iter().zip(found).for_each(|(at, name)| locations[at] = name);
        }
        hits(ids, locations)
    }
}
