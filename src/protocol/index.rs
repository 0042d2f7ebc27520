//! Index: searchable entries over pseudonym and keyword, each with the sealed location
//! (Qin Eq. 11, `I = IndexGen(Pk, W, PID, IP)`).
#![forbid(unsafe_code)]

use super::binding::Origin;
use super::locate::BATCH;
use super::search::SearchTerm;
use super::{Doctor, Introduction, Progress, ProtocolError, SealedRecord};
use crate::algebra::Rng;
use crate::algebra::codec::Canonical;
use crate::ledger::MAX_ENTRIES;
use crate::peks::{self, Posting};
use crate::record::Record;
use std::slice;

/// Returns the search terms of a record. Author and patient compute the same.
pub(super) fn terms(record: &Record) -> Result<Vec<SearchTerm>, ProtocolError> {
    let keywords = record.keywords();
    let (found, cap) = (keywords.len(), MAX_ENTRIES - 1);
    if found > cap {
        return Err(ProtocolError::TooManyKeywords { found, cap });
    }
    let terms = keywords.map(|keyword| SearchTerm::new(keyword.field, &keyword.value));
    Ok(std::iter::once(SearchTerm::everything()).chain(terms).collect())
}

impl Doctor {
    /// Returns the search terms of a record: the term that every record has, and all keywords.
    ///
    /// # Errors
    /// [`ProtocolError::TooManyKeywords`] if they do not fit into one transaction.
    pub fn terms(&self, record: &Record) -> Result<Vec<SearchTerm>, ProtocolError> {
        terms(record)
    }

    /// Returns the index entry for one term. Cost: one PEKS encryption.
    ///
    /// # Errors
    /// [`ProtocolError::Refused`] if the introduction does not cover its own epoch.
    pub fn index(
        &self,
        term: &SearchTerm,
        sealed: &SealedRecord,
        introduction: &Introduction,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Vec<u8>, ProtocolError> {
        let mut entries = self.batch_index(slice::from_ref(term), sealed, introduction, rng)?;
        Ok(entries.pop().expect("one entry for one term"))
    }

    /// Batch version of [`Self::index`]; with the same RNG stream the output is identical.
    ///
    /// # Errors
    /// The errors of [`Self::index`].
    pub fn batch_index(
        &self,
        terms: &[SearchTerm],
        sealed: &SealedRecord,
        introduction: &Introduction,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Vec<Vec<u8>>, ProtocolError> {
        self.index_with_progress(terms, sealed, introduction, rng, &mut ())
    }

    /// [`Self::batch_index`] with a report of progress per entry.
    ///
    /// # Errors
    /// The errors of [`Self::index`].
    pub fn index_with_progress(
        &self,
        terms: &[SearchTerm],
        sealed: &SealedRecord,
        introduction: &Introduction,
        rng: &mut (impl Rng + ?Sized),
        progress: &mut dyn Progress,
    ) -> Result<Vec<Vec<u8>>, ProtocolError> {
        let pseudonym = introduction.pseudonym()?;
        let origin = Origin { record_id: sealed.record_id, author: self.verifying_key() };
        let (context, location) = (origin.entry_context(), sealed.envelope.name.to_bytes());
        let mut entries = Vec::new();
        for batch in terms.chunks(BATCH) {
            let keywords: Vec<_> = batch.iter().map(|term| term.keyword(&pseudonym)).collect();
            let posting = |keyword| Posting { keyword, context: &context, location: &location };
            let postings: Vec<_> = keywords.iter().map(|w| posting(w.as_slice())).collect();
            let made = peks::batch_encrypt(&introduction.peks, &postings, rng);
            entries.extend(made.iter().map(Canonical::to_bytes));
            batch.iter().for_each(|_| progress.advance());
        }
        Ok(entries)
    }
}
