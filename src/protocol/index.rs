//! Index: searchable entries over pseudonym and keyword, each with the sealed location
//! (Qin Eq. 11, `I = IndexGen(Pk, W, PID, IP)`).
#![forbid(unsafe_code)]

use super::binding::Origin;
use super::search::SearchTerm;
use super::{Doctor, Introduction, ProtocolError, SealedRecord};
use crate::algebra::Rng;
use crate::algebra::codec::Canonical;
use crate::ledger::MAX_ENTRIES;
use crate::peks;
use crate::record::Record;

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
        let pseudonym = introduction.window.pseudonym(introduction.epoch, 0).ok_or(
            ProtocolError::NotAuthorised("the pseudonym window does not cover this epoch"),
        )?;
        let origin = Origin { record_id: sealed.record_id, author: self.verifying_key() };
        let (keyword, context) = (term.keyword(&pseudonym), origin.entry_context());
        let location = sealed.envelope.0.to_bytes();
        Ok(peks::encrypt(&introduction.peks, &keyword, &context, &location, rng).to_bytes())
    }
}
