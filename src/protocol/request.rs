//! Query and request: a doctor's query to the patient, sent through the query manager, and the
//! request on the ledger that follows a grant (Qin 3.5.3, interactions 4 to 6).
#![forbid(unsafe_code)]

use super::{
    Doctor, Introduction, Item, LedgerView, Patient, ProtocolError, QueryManager, Refusal,
    SearchTerm,
};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, public_encoding};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{Rng, hash::framed};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::ledger::{
    Action, Basis, Draft, RequestAction, Role, Time, Transaction, Validity, epoch_of,
};
use crate::record::Class;
use crate::sign::{Signature, VerifyingKey};
use std::fmt;

/// The maximum number of search terms in a query.
const MAX_TERMS: usize = 64;
/// The maximum length of a field, a value or a purpose in bytes.
const MAX_TEXT: usize = 1024;

/// The maximum difference between a query's time and the local clock: one hour, in milliseconds.
const MAX_SKEW: Time = 3_600_000;

/// A doctor's signed query for access. It names the patient by the pseudonym for this doctor.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// The querying doctor.
    pub reader: VerifyingKey,
    /// The name of the patient's pseudonym for this doctor and epoch.
    pub pseudonym: [u8; 32],
    /// The search terms.
    pub terms: Vec<SearchTerm>,
    /// The requested classes of sections.
    pub classes: Vec<Class>,
    /// The purpose, for the patient to read.
    pub purpose: String,
    /// The time of the query.
    pub time: Time,
    signature: Signature,
}

/// Omits the pseudonym, the terms and the purpose.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Query");
        shown.field("reader", &self.reader).field("time", &self.time).finish_non_exhaustive()
    }
}

/// A query with the signature of the query manager that authenticated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedQuery {
    query: Query,
    manager: VerifyingKey,
    signature: Signature,
}

#[cfg(test)]
impl ForwardedQuery {
    pub(super) fn with_query(&self, query: Query) -> Self {
        Self { query, ..self.clone() }
    }
}

impl Query {
    fn statement(&self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write_unsigned(&mut w);
        w.finish()
    }

    fn write_unsigned(&self, w: &mut Writer) {
        Codec::write(&self.reader, w);
        w.fixed(&self.pseudonym);
        w.list(&self.terms, |w, term| {
            w.bytes(term.field.as_bytes());
            w.bytes(term.value.as_bytes());
        });
        w.list(&self.classes, |w, class| Codec::write(class, w));
        w.bytes(self.purpose.as_bytes());
        w.u64(self.time);
    }
}

impl Canonical for Query {
    const KIND: Kind = Kind::Query;
    fn write(&self, w: &mut Writer) {
        self.write_unsigned(w);
        Codec::write(&self.signature, w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            reader: Codec::read(r)?,
            pseudonym: r.fixed()?,
            terms: r
                .list(MAX_TERMS, |r| Ok(SearchTerm::new(&r.text(MAX_TEXT)?, &r.text(MAX_TEXT)?)))?,
            classes: r.list(Class::ALL.len(), Codec::read)?,
            purpose: r.text(MAX_TEXT)?,
            time: r.u64()?,
            signature: Codec::read(r)?,
        })
    }
}
public_encoding!(Query);

impl Doctor {
    /// Signs a query for a patient's records by other authors.
    ///
    /// # Errors
    /// [`Refusal::EpochNotCovered`] if the introduction does not cover its own epoch.
    pub fn ask(
        &self,
        introduction: &Introduction,
        terms: Vec<SearchTerm>,
        classes: Vec<Class>,
        purpose: &str,
        now: Time,
    ) -> Result<Query, ProtocolError> {
        let pseudonym = introduction.pseudonym()?;
        let mut query = Query {
            reader: self.verifying_key(),
            pseudonym: *pseudonym.name(),
            terms,
            classes,
            purpose: purpose.to_owned(),
            time: now,
            signature: Signature::from_bytes([0; 64]),
        };
        query.signature = self.key.sign(tag::SIGN_QUERY, &[&query.statement()]);
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
            .verify(tag::SIGN_QUERY, &[&query.statement()], &query.signature)
            .map_err(|error| ProtocolError::Signature(Item::Query, error))?;
        require_fresh(query, view)?;
        let signature = self.key.sign(tag::SIGN_FORWARD, &[&forwarded(query)]);
        Ok(ForwardedQuery { query: query.clone(), manager: self.verifying_key(), signature })
    }
}

fn forwarded(query: &Query) -> Vec<u8> {
    framed(&[&query.to_bytes()])
}

/// Refuses a query whose time is off by more than [`MAX_SKEW`], which limits replays.
fn require_fresh(query: &Query, view: LedgerView<'_>) -> Result<(), Refusal> {
    if view.is_near(query.time, MAX_SKEW) { Ok(()) } else { Err(Refusal::StaleQuery) }
}

impl Patient {
    /// Accepts a fresh query about this patient from a registered query manager.
    ///
    /// # Errors
    /// [`Refusal::UnregisteredManager`] or [`Refusal::UnregisteredReader`],
    /// [`ProtocolError::Rule`] if a certificate is not valid now, [`ProtocolError::Signature`],
    /// [`Refusal::StaleQuery`] or [`Refusal::OtherPatient`].
    pub fn receive<'a>(
        &self,
        view: LedgerView<'_>,
        forwarded_query: &'a ForwardedQuery,
    ) -> Result<&'a Query, ProtocolError> {
        let ForwardedQuery { query, manager, signature } = forwarded_query;
        view.require_party(manager, Role::QueryManager, Refusal::UnregisteredManager)?;
        view.require_party(&query.reader, Role::Doctor, Refusal::UnregisteredReader)?;
        manager
            .verify(tag::SIGN_FORWARD, &[&forwarded(query)], signature)
            .map_err(|error| ProtocolError::Signature(Item::ForwardedQuery, error))?;
        require_fresh(query, view)?;
        let epoch = epoch_of(query.time);
        if self.pseudonym(&query.reader, epoch).name() != &query.pseudonym {
            return Err(Refusal::OtherPatient.into());
        }
        Ok(query)
    }
}
