//! Search: which records match, and where they are (Qin Eq. 13).
#![forbid(unsafe_code)]

use super::grant::series;
use super::locate::batch_locate;
use super::{Patient, ProtocolError, Proxy};
use crate::algebra::{hash::framed, tag::PROTOCOL_TERM};
use crate::consensus::Digest;
use crate::ledger::{GrantAction, RecordAction, State, Time};
use crate::pseudonym::Pseudonym;
use crate::store::Cid;

/// A field and a value to search for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchTerm {
    /// What the value is: `code`, `type`.
    pub field: String,
    /// The value.
    pub value: String,
}

impl SearchTerm {
    /// A term.
    pub fn new(field: &str, value: &str) -> Self {
        Self { field: field.to_owned(), value: value.to_owned() }
    }

    /// The term that every record has: it finds all of a pseudonym's.
    pub fn everything() -> Self {
        Self::new("record", "")
    }

    /// The keyword under a pseudonym. Without the pseudonym nobody can guess it.
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
    /// The name of its envelope, which was sealed in the matching entry.
    pub location: Cid,
}

impl Proxy {
    /// Searches the records that a valid grant covers with its trapdoors.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant is not valid now, [`ProtocolError::NoMatch`], or
    /// [`ProtocolError::NotAuthorised`] without a delivery.
    pub fn search(
        &self,
        state: &State,
        grant_id: &Digest,
        now: Time,
    ) -> Result<Vec<Hit>, ProtocolError> {
        self.search_watched(state, grant_id, now, &mut || ())
    }

    /// [`Self::search`] that calls `each` after every entry, so that a caller can show progress.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn search_watched(
        &self,
        state: &State,
        grant_id: &Digest,
        now: Time,
        each: &mut dyn FnMut(),
    ) -> Result<Vec<Hit>, ProtocolError> {
        let accepted = self.accepted_for(grant_id)?;
        let grant = valid_grant(state, grant_id, now)?;
        let covered = state.records().filter(|(_, record)| grant.owners.contains(&record.owner));
        let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) = covered.unzip();
        let locations = batch_locate(&records, &accepted.trapdoors, each);
        let hit = |(id, location): (&Digest, _)| Some(Hit { record: *id, location: location? });
        let hits: Vec<Hit> = ids.into_iter().zip(locations).filter_map(hit).collect();
        if hits.is_empty() { Err(ProtocolError::NoMatch) } else { Ok(hits) }
    }
}

fn valid_grant<'a>(
    state: &'a State,
    id: &Digest,
    now: Time,
) -> Result<&'a GrantAction, ProtocolError> {
    let unknown = ProtocolError::NotAuthorised("the grant is not on the ledger");
    let grant = state.grant(id).ok_or(unknown)?;
    for owner in &grant.owners {
        state.check_grant(id, &grant.reader, owner, now)?;
    }
    Ok(grant)
}

impl Patient {
    /// Finds all of her own records with her keys alone: recognises her owner keys, and opens the
    /// locations with trapdoors for her own pseudonyms.
    pub fn find(&self, state: &State) -> Vec<Hit> {
        let own = state.records().filter(|(_, record)| self.owns(record));
        let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) = own.unzip();
        let mut locations = vec![None; records.len()];
        // The records of one author and epoch have one trapdoor.
        let trapdoors = self.trapdoors(&records, &[SearchTerm::everything()]);
        for ((author, epoch), trapdoor) in series(&records).into_iter().zip(trapdoors) {
            let (places, of_series): (Vec<usize>, Vec<&RecordAction>) =
                (records.iter().enumerate())
                    .filter(|(_, record)| (record.author, record.epoch) == (author, epoch))
                    .map(|(place, record)| (place, *record))
                    .unzip();
            let found = batch_locate(&of_series, &[trapdoor], &mut || ());
            places.into_iter().zip(found).for_each(|(place, name)| locations[place] = name);
        }
        let hit = |(id, location): (&Digest, _)| Some(Hit { record: *id, location: location? });
        ids.into_iter().zip(locations).filter_map(hit).collect()
    }
}
