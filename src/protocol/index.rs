//! Index: searchable entries over pseudonym and keyword, each with the sealed location
//! (Qin Eq. 11, `I = IndexGen(Pk, W, PID, IP)`).
#![forbid(unsafe_code)]

use super::binding::Origin;
use super::locate::PIECE;
use super::search::SearchTerm;
use super::{Doctor, Introduction, ProtocolError, SealedRecord};
use crate::algebra::Rng;
use crate::algebra::codec::Canonical;
use crate::ledger::MAX_ENTRIES;
use crate::peks::{self, Posting};
use crate::record::Record;
use std::slice;

impl Doctor {
    /// The terms that a record can be found by: itself under the pseudonym, and every keyword.
    ///
    /// # Errors
    /// [`ProtocolError::TooManyKeywords`].
    pub fn terms(&self, record: &Record) -> Result<Vec<SearchTerm>, ProtocolError> {
        let keywords = record.keywords();
        let (found, cap) = (keywords.len(), MAX_ENTRIES - 1);
        if found > cap {
            return Err(ProtocolError::TooManyKeywords { found, cap });
        }
        let terms = keywords.map(|keyword| SearchTerm::new(keyword.field, &keyword.value));
        Ok(std::iter::once(SearchTerm::everything()).chain(terms).collect())
    }

    /// The entry for one term. Cost: one PEKS encryption.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if the introduction does not cover its own epoch.
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

    /// [`Self::index`] of each term: of one generator the same entries.
    ///
    /// # Errors
    /// As [`Self::index`].
    pub fn batch_index(
        &self,
        terms: &[SearchTerm],
        sealed: &SealedRecord,
        introduction: &Introduction,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Vec<Vec<u8>>, ProtocolError> {
        self.index_watched(terms, sealed, introduction, rng, &mut || ())
    }

    /// [`Self::batch_index`] that calls `each` after every entry, so that a caller can show progress.
    ///
    /// # Errors
    /// As [`Self::index`].
    pub fn index_watched(
        &self,
        terms: &[SearchTerm],
        sealed: &SealedRecord,
        introduction: &Introduction,
        rng: &mut (impl Rng + ?Sized),
        each: &mut dyn FnMut(),
    ) -> Result<Vec<Vec<u8>>, ProtocolError> {
        let pseudonym = introduction.window.pseudonym(introduction.epoch, 0).ok_or(
            ProtocolError::NotAuthorised("the pseudonym window does not cover this epoch"),
        )?;
        let origin = Origin { record_id: sealed.record_id, author: self.verifying_key() };
        let (context, location) = (origin.entry_context(), sealed.envelope.0.to_bytes());
        let mut entries = Vec::new();
        for piece in terms.chunks(PIECE) {
            let keywords: Vec<_> = piece.iter().map(|term| term.keyword(&pseudonym)).collect();
            let posting = |keyword| Posting { keyword, context: &context, location: &location };
            let postings: Vec<_> = keywords.iter().map(|w| posting(w.as_slice())).collect();
            let made = peks::batch_encrypt(&introduction.peks, &postings, rng);
            entries.extend(made.iter().map(Canonical::to_bytes));
            piece.iter().for_each(|_| each());
        }
        Ok(entries)
    }
}
