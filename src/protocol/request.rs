//! Ask and request: a doctor's query through the query manager, and later his request on the
//! ledger (Qin 3.5.3, interactions 4 to 6).
#![forbid(unsafe_code)]

use super::{Doctor, Introduction, Patient, ProtocolError, QueryManager, SearchTerm};
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{Rng, hash::framed};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::ledger::{
    Action, Basis, Draft, RequestAction, Role, State, Time, Transaction, Validity,
};
use crate::record::Class;
use crate::sign::{Signature, VerifyingKey};

/// The most search terms of a query.
const MAX_TERMS: usize = 64;
/// The most bytes of a field, a value or a purpose.
const MAX_TEXT: usize = 1024;

/// How old a query may be when it arrives: one hour.
const FRESH: Time = 3_600_000;

/// What a doctor wishes to read, under the patient's pseudonym towards him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Who asks.
    pub reader: VerifyingKey,
    /// Whom it concerns.
    pub pseudonym: [u8; 32],
    /// What is sought.
    pub terms: Vec<SearchTerm>,
    /// The classes wished for.
    pub classes: Vec<Class>,
    /// Why, for the patient to read.
    pub purpose: String,
    /// When it was asked.
    pub time: Time,
    signature: Signature,
}

/// A query that the query manager has authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedQuery {
    query: Query,
    manager: VerifyingKey,
    signature: Signature,
}

impl Query {
    fn statement(&self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write_unsigned(&mut w);
        w.finish()
    }

    fn write_unsigned(&self, w: &mut Writer) {
        self.reader.write(w);
        w.fixed(&self.pseudonym);
        w.list(&self.terms, |w, term| {
            w.bytes(term.field.as_bytes());
            w.bytes(term.value.as_bytes());
        });
        w.list(&self.classes, |w, class| w.u8(*class as u8));
        w.bytes(self.purpose.as_bytes());
        w.u64(self.time);
    }
}

impl Canonical for Query {
    const KIND: Kind = Kind::Query;
    fn write(&self, w: &mut Writer) {
        self.write_unsigned(w);
        self.signature.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            reader: VerifyingKey::read(r)?,
            pseudonym: r.fixed()?,
            terms: r
                .list(MAX_TERMS, |r| Ok(SearchTerm::new(&r.text(MAX_TEXT)?, &r.text(MAX_TEXT)?)))?,
            classes: r.list(Class::ALL.len(), |r| {
                Class::from_code(r.u8()?).ok_or(DecodeError::Invalid("no such class of sections"))
            })?,
            purpose: r.text(MAX_TEXT)?,
            time: r.u64()?,
            signature: Signature::read(r)?,
        })
    }
}
public_encoding!(Query);

impl Doctor {
    /// Asks for a patient's records that others wrote.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if the introduction does not cover its own epoch.
    pub fn ask(
        &self,
        introduction: &Introduction,
        terms: Vec<SearchTerm>,
        classes: Vec<Class>,
        purpose: &str,
        now: Time,
    ) -> Result<Query, ProtocolError> {
        let pseudonym = introduction.window.pseudonym(introduction.epoch, 0).ok_or(
            ProtocolError::NotAuthorised("the pseudonym window does not cover this epoch"),
        )?;
        let mut query = Query {
            reader: self.verifying_key(),
            pseudonym: *pseudonym.as_bytes(),
            terms,
            classes,
            purpose: purpose.to_owned(),
            time: now,
            signature: Signature::from_bytes([0; 64]),
        };
        query.signature = self.key.sign(tag::SIGN_QUERY, &[&query.statement()]);
        Ok(query)
    }

    /// The request for one record, to be committed before anything is re-encrypted or served.
    pub fn request(
        &self,
        validity: Validity<'_>,
        record: Digest,
        basis: Basis,
        rng: &mut (impl Rng + ?Sized),
    ) -> Transaction {
        let action = Action::Request(RequestAction { reader: self.verifying_key(), record, basis });
        Draft::new(validity, action, rng).signed_by(&[&self.key])
    }
}

impl QueryManager {
    /// Authenticates a query of the last hour and forwards it.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] or [`ProtocolError::Signature`].
    pub fn forward(
        &self,
        query: &Query,
        state: &State,
        now: Time,
    ) -> Result<ForwardedQuery, ProtocolError> {
        let reader = state.party(&query.reader);
        if reader.is_none_or(|party| party.role != Role::Doctor) {
            return Err(ProtocolError::NotAuthorised("the reader is not a registered doctor"));
        }
        query
            .reader
            .verify(tag::SIGN_QUERY, &[&query.statement()], &query.signature)
            .map_err(|error| ProtocolError::Signature("the query", error))?;
        require_fresh(query, now)?;
        let signature = self.key.sign(tag::SIGN_FORWARD, &[&forwarded(query)]);
        Ok(ForwardedQuery { query: query.clone(), manager: self.verifying_key(), signature })
    }
}

fn forwarded(query: &Query) -> Vec<u8> {
    framed(&[&query.to_bytes()])
}

/// An old query may have been answered long ago.
fn require_fresh(query: &Query, now: Time) -> Result<(), ProtocolError> {
    if query.time.abs_diff(now) <= FRESH {
        Ok(())
    } else {
        Err(ProtocolError::NotAuthorised("the query is not fresh"))
    }
}

impl Patient {
    /// Receives a query: of the last hour, from a registered manager, and about her.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] or [`ProtocolError::Signature`].
    pub fn receive<'a>(
        &self,
        forward: &'a ForwardedQuery,
        state: &State,
        now: Time,
    ) -> Result<&'a Query, ProtocolError> {
        let ForwardedQuery { query, manager, signature } = forward;
        let party = state.party(manager);
        if party.is_none_or(|party| party.role != Role::QueryManager) {
            return Err(ProtocolError::NotAuthorised("this is no registered query manager"));
        }
        manager
            .verify(tag::SIGN_FORWARD, &[&forwarded(query)], signature)
            .map_err(|error| ProtocolError::Signature("the forwarded query", error))?;
        require_fresh(query, now)?;
        let epoch = super::epoch_of(query.time);
        if self.pseudonym(&query.reader, epoch).as_bytes() != &query.pseudonym {
            return Err(ProtocolError::NotAuthorised("the query is about somebody else"));
        }
        Ok(query)
    }
}
