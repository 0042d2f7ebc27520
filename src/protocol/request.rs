//! Query and request: a doctor's query to the patient, sent through the query manager, and the
//! request on the ledger, under a grant or by policy (Qin 3.5.3, interactions 4 to 6).
//!
//! ```text
//! contents  = HPKE.Seal(patient's key, info = (PROTOCOL_QUERY, chain), aad = (reader, name, time))
//! query     = Sign(reader, SIGN_QUERY, chain, reader, name, time, contents)
//! forwarded = Sign(manager, SIGN_FORWARD, chain, query)
//! ```
//!
//! The name is that of the patient's pseudonym for the reader.
#![forbid(unsafe_code)]

use super::{
    Doctor, Introduction, Item, LedgerView, Patient, ProtocolError, QueryManager, Refusal,
    SearchTerm,
};
use crate::algebra::Rng;
use crate::algebra::codec::{Canonical, public_encoding, sequence};
use crate::algebra::hash::{digest, framed};
use crate::algebra::tag;
use crate::consensus::Digest;
use crate::hpke;
use crate::ledger::{
    Action, Basis, Draft, RequestAction, Role, Time, Transaction, Validity, epoch_deadline,
    epoch_of,
};
use crate::record::Class;
use crate::sign::{Signature, VerifyingKey};
use std::fmt;
use zeroize::Zeroizing;

/// The maximum number of search terms in a query.
const MAX_TERMS: usize = 64;
/// The maximum length of a field, a value or a purpose in bytes.
const MAX_TEXT: usize = 1024;
/// The maximum length of encrypted contents in bytes.
const MAX_CONTENTS: usize = 1 << 18;

/// The maximum difference between a query's time and the local clock: one hour, in milliseconds.
const MAX_SKEW: Time = 3_600_000;

/// A doctor's signed query for access, as the query manager sees it: the patient by the pseudonym
/// for this doctor, and the contents encrypted to the patient.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// The querying doctor.
    pub reader: VerifyingKey,
    /// The name of the patient's pseudonym for this doctor and epoch.
    pub pseudonym: [u8; 32],
    /// The time of the query.
    pub time: Time,
    /// The encrypted [`QueryContents`].
    pub contents: Vec<u8>,
    signature: Signature,
}

/// The contents of a query, for the patient only.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryContents {
    /// The search terms.
    pub terms: Vec<SearchTerm>,
    /// The requested classes of sections.
    pub classes: Vec<Class>,
    /// The purpose, for the patient to read.
    pub purpose: String,
}

/// A query with the signature of the query manager that authenticated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedQuery {
    query: Query,
    manager: VerifyingKey,
    signature: Signature,
}

sequence!(Codec for SearchTerm { field: text(MAX_TEXT), value: text(MAX_TEXT) });
sequence!(Canonical for QueryContents = QueryContents {
    terms: list(MAX_TERMS), classes: list(Class::ALL.len()), purpose: text(MAX_TEXT),
});
sequence!(Canonical for Query = Query {
    reader, pseudonym, time, contents: bytes(MAX_CONTENTS), signature,
});
sequence!(Canonical for ForwardedQuery = ForwardedQuery { query, manager, signature });
public_encoding!(Query, ForwardedQuery);

/// Omits the pseudonym.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Query");
        shown.field("reader", &self.reader).field("time", &self.time).finish_non_exhaustive()
    }
}

/// Omits the terms and the purpose.
impl fmt::Debug for QueryContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryContents").finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Query {
    /// Replaces the encrypted contents and signs the query again.
    pub(super) fn with_contents(
        mut self,
        contents: Vec<u8>,
        chain: &str,
        key: &crate::sign::SigningKey,
    ) -> Self {
        self.contents = contents;
        self.signature = key.sign(tag::SIGN_QUERY, &[&self.statement(chain)]);
        self
    }
}

#[cfg(test)]
impl ForwardedQuery {
    pub(super) fn with_query(&self, query: Query) -> Self {
        Self { query, ..self.clone() }
    }
}

impl Query {
    /// Returns the statement that the reader signs.
    fn statement(&self, chain: &str) -> Vec<u8> {
        framed(&[
            chain.as_bytes(),
            self.reader.as_bytes(),
            &self.pseudonym,
            &self.time.to_be_bytes(),
            &self.contents,
        ])
    }

    /// Returns the associated data of the contents. Another doctor can therefore not sign a copy of
    /// the encrypted contents as their own query.
    fn contents_aad(reader: &VerifyingKey, pseudonym: &[u8; 32], time: Time) -> Vec<u8> {
        framed(&[reader.as_bytes(), pseudonym, &time.to_be_bytes()])
    }
}

/// The HPKE info of a query's contents.
fn contents_info(chain: &str) -> Vec<u8> {
    framed(&[tag::PROTOCOL_QUERY.as_bytes(), chain.as_bytes()])
}

impl Doctor {
    /// Signs a query on a chain for a patient's records by other authors. The contents are
    /// encrypted to the patient.
    ///
    /// # Errors
    /// [`Refusal::EpochNotCovered`] if the introduction does not cover its own epoch.
    pub fn ask(
        &self,
        chain: &str,
        introduction: &Introduction,
        contents: &QueryContents,
        now: Time,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Query, ProtocolError> {
        let (reader, pseudonym) = (self.verifying_key(), *introduction.pseudonym()?.name());
        let aad = Query::contents_aad(&reader, &pseudonym, now);
        let contents = Zeroizing::new(contents.to_bytes());
        let patient = &introduction.patient().hpke_key;
        let contents = hpke::seal(patient, &contents_info(chain), &aad, &contents, rng);
        let signature = Signature::from_bytes([0; 64]);
        let mut query = Query { reader, pseudonym, time: now, contents, signature };
        query.signature = self.key.sign(tag::SIGN_QUERY, &[&query.statement(chain)]);
        Ok(query)
    }

    /// Builds the request for sections of one record, by their indices. The proxy re-encrypts, and
    /// the store serves, only after the request is committed.
    pub fn request(
        &self,
        validity: Validity<'_>,
        (record, sections): (Digest, &[u8]),
        basis: Basis,
        rng: &mut (impl Rng + ?Sized),
    ) -> Transaction {
        let mut sections = sections.to_vec();
        sections.sort_unstable();
        sections.dedup();
        let reader = self.verifying_key();
        let action = Action::Request(RequestAction { reader, record, basis, sections });
        Draft::new(validity, action, rng).signed_by(&[&self.key])
    }
}

impl QueryManager {
    /// Authenticates a fresh query and forwards it.
    ///
    /// # Errors
    /// [`Refusal::UnregisteredReader`], [`ProtocolError::Rule`] if the reader's certificate is not
    /// valid now, [`ProtocolError::Signature`] or [`Refusal::StaleQuery`].
    pub fn forward(
        &self,
        view: LedgerView<'_>,
        query: &Query,
    ) -> Result<ForwardedQuery, ProtocolError> {
        view.require_party(&query.reader, Role::Doctor, Refusal::UnregisteredReader)?;
        query
            .reader
            .verify(tag::SIGN_QUERY, &[&query.statement(view.state.chain())], &query.signature)
            .map_err(|error| ProtocolError::Signature(Item::Query, error))?;
        require_fresh(query, view)?;
        let forwarded = forwarded(view.state.chain(), query);
        let signature = self.key.sign(tag::SIGN_FORWARD, &[&forwarded]);
        Ok(ForwardedQuery { query: query.clone(), manager: self.verifying_key(), signature })
    }
}

impl ForwardedQuery {
    /// Returns a digest of the query. A reader's further query has another one.
    pub fn id(&self) -> Digest {
        digest(tag::PROTOCOL_QUERY, &[&self.query.to_bytes()])
    }
}

/// Returns the statement that the query manager signs.
fn forwarded(chain: &str, query: &Query) -> Vec<u8> {
    framed(&[chain.as_bytes(), &query.to_bytes()])
}

/// Refuses a query whose time is off by more than [`MAX_SKEW`], which limits replays.
fn require_fresh(query: &Query, view: LedgerView<'_>) -> Result<(), Refusal> {
    if view.is_near(query.time, MAX_SKEW) { Ok(()) } else { Err(Refusal::StaleQuery) }
}

impl Patient {
    /// Accepts a fresh query about this patient from a registered query manager, and decrypts its
    /// contents. A query can arrive several times while it is fresh, with the same
    /// [`ForwardedQuery::id`].
    ///
    /// # Errors
    /// [`Refusal::UnregisteredManager`] or [`Refusal::UnregisteredReader`],
    /// [`ProtocolError::Rule`] if a certificate is not valid now, [`ProtocolError::Signature`],
    /// [`Refusal::StaleQuery`], [`Refusal::OtherPatient`], or [`ProtocolError::Message`] if the
    /// contents are not encrypted by this reader for this patient.
    pub fn receive(
        &self,
        view: LedgerView<'_>,
        forwarded_query: &ForwardedQuery,
    ) -> Result<QueryContents, ProtocolError> {
        let ForwardedQuery { query, manager, signature } = forwarded_query;
        let chain = view.state.chain();
        view.require_party(manager, Role::QueryManager, Refusal::UnregisteredManager)?;
        view.require_party(&query.reader, Role::Doctor, Refusal::UnregisteredReader)?;
        manager
            .verify(tag::SIGN_FORWARD, &[&forwarded(chain, query)], signature)
            .map_err(|error| ProtocolError::Signature(Item::ForwardedQuery, error))?;
        // The manager is not trusted with the reader's signature.
        query
            .reader
            .verify(tag::SIGN_QUERY, &[&query.statement(chain)], &query.signature)
            .map_err(|error| ProtocolError::Signature(Item::Query, error))?;
        require_fresh(query, view)?;
        self.check_pseudonym(query)?;
        let aad = Query::contents_aad(&query.reader, &query.pseudonym, query.time);
        let contents = hpke::open(&self.hpke, &contents_info(chain), &aad, &query.contents)
            .map_err(|_| ProtocolError::Message)?;
        QueryContents::from_bytes(&contents)
            .map_err(|error| ProtocolError::Decode(Item::Query, error))
    }

    /// Checks that a query names the patient's pseudonym for the reader, in the epoch of the query
    /// or in one whose tolerance has not passed.
    fn check_pseudonym(&self, query: &Query) -> Result<(), Refusal> {
        let current = epoch_of(query.time);
        let previous = current.checked_sub(1).filter(|epoch| query.time < epoch_deadline(*epoch));
        let is_named = |epoch: u32| self.pseudonym(&query.reader, epoch).name() == &query.pseudonym;
        let is_own = is_named(current) || previous.is_some_and(is_named);
        if is_own { Ok(()) } else { Err(Refusal::OtherPatient) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::sign::SigningKey;
    use std::collections::BTreeSet;

    #[test]
    fn the_signatures_and_the_encryption_of_a_query_cover_each_component() {
        let [a, b] = [1, 2].map(|seed| SigningKey::from_seed(&Secret::new([seed; 32])));
        let query = Query {
            reader: a.verifying_key(),
            pseudonym: [1; 32],
            time: 1,
            contents: vec![1],
            signature: Signature::from_bytes([1; 64]),
        };
        let changed = [
            Query { reader: b.verifying_key(), ..query.clone() },
            Query { pseudonym: [2; 32], ..query.clone() },
            Query { time: 2, ..query.clone() },
            Query { contents: vec![2], ..query.clone() },
            Query { signature: Signature::from_bytes([2; 64]), ..query.clone() },
        ];
        let all = || changed.iter().chain([&query]);
        let distinct = |bytes: BTreeSet<Vec<u8>>| bytes.len();
        assert_eq!(distinct(all().map(|query| forwarded("chain", query)).collect()), 6);
        assert_ne!(forwarded("chain", &query), forwarded("other", &query));
        // The signature does not cover itself.
        assert_eq!(distinct(all().map(|query| query.statement("chain")).collect()), 5);
        assert_ne!(query.statement("chain"), query.statement("other"));
        // The associated data of the contents does not cover contents and signature.
        let aad = |query: &Query| Query::contents_aad(&query.reader, &query.pseudonym, query.time);
        assert_eq!(distinct(all().map(aad).collect()), 4);
        assert_ne!(contents_info("chain"), contents_info("other"));
    }
}
