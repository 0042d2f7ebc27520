//! Search: the records that match, and their locations (Qin Eq. 13).
//!
//! ```text
//! keyword = framed(PROTOCOL_TERM, secret of the pseudonym, field, value)
//! request = Sign(reader, SIGN_SEARCH, chain, proxy, grant, after, time, nonce)
//! answer  = message of H(PROTOCOL_SEARCH, request), hits, last record searched
//! ```
#![forbid(unsafe_code)]

use super::grant::series;
use super::locate::batch_locate;
use super::message::SealedMessage;
use super::page::{MAX_HITS, MAX_TESTS, Page, hits};
use super::replay::ServedRequests;
use super::view::MESSAGE_SKEW;
use super::{Doctor, Item, LedgerView, Patient, Progress, ProtocolError, Proxy, Refusal};
use crate::algebra::codec::{Canonical, public_encoding, sequence};
use crate::algebra::hash::{digest, framed};
use crate::algebra::tag::{self, PROTOCOL_SEARCH, PROTOCOL_TERM};
use crate::algebra::{Rng, random_bytes};
use crate::consensus::Digest;
use crate::ledger::{RecordAction, Role, State, Time};
use crate::pseudonym::Pseudonym;
use crate::sign::{Signature, VerifyingKey};
use crate::store::Cid;
use std::sync::{MutexGuard, PoisonError};

/// The maximum number of tests for a reader's requests within the lifetime of a request.
pub(super) const SEARCH_BUDGET: u64 = 2 * MAX_TESTS;
/// The number of tests that a request is charged with, at least.
const MIN_COST: u64 = 1 << 8;

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

    /// Returns the PEKS keyword under a pseudonym. A guess of the term requires its secret, which
    /// patient and author know.
    pub(super) fn keyword(&self, pseudonym: &Pseudonym) -> Vec<u8> {
        let (field, value) = (self.field.as_bytes(), self.value.as_bytes());
        framed(&[PROTOCOL_TERM.as_bytes(), pseudonym.secret().expose(), field, value])
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

sequence!(Codec for Hit { record, location });

/// The result of a search: the matching records among those that one request covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchAnswer {
    /// The records that match, in order of their owner keys and identifiers.
    pub hits: Vec<Hit>,
    /// The last record searched, after which a further request continues; `None` if the search has
    /// covered all records of the grant.
    pub last: Option<Digest>,
}

/// The payload of the proxy's answer, which names the request.
struct SearchResult {
    request: Digest,
    answer: SearchAnswer,
}

sequence!(Codec for SearchAnswer { hits: list(MAX_HITS), last });
sequence!(Canonical for SearchResult = SearchResult { request, answer });

/// A reader's signed request for a search under a grant. A proxy serves it once. The ledger does
/// not show searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    grant: Digest,
    /// The record after which the search starts.
    after: Option<Digest>,
    time: Time,
    nonce: [u8; 16],
    signature: Signature,
}

sequence!(Canonical for SearchRequest = SearchRequest { grant, after, time, nonce, signature });
public_encoding!(SearchRequest);

impl SearchRequest {
    fn statement(&self, chain: &str, proxy: &VerifyingKey) -> Vec<u8> {
        let after = self.after.as_ref().map(<[u8; 32]>::as_slice).unwrap_or_default();
        let time = self.time.to_be_bytes();
        framed(&[chain.as_bytes(), proxy.as_bytes(), &self.grant, after, &time, &self.nonce])
    }

    /// Returns the digest by which an answer names the request.
    fn id(&self) -> Digest {
        digest(PROTOCOL_SEARCH, &[&self.to_bytes()])
    }

    /// Checks that the reader of the grant has signed the request for this proxy and ledger.
    fn check(
        &self,
        view: LedgerView<'_>,
        proxy: &VerifyingKey,
        reader: &VerifyingKey,
    ) -> Result<(), ProtocolError> {
        let statement = self.statement(view.state.chain(), proxy);
        reader
            .verify(tag::SIGN_SEARCH, &[&statement], &self.signature)
            .map_err(|error| ProtocolError::Signature(Item::SearchRequest, error))?;
        let is_fresh = view.is_near(self.time, MESSAGE_SKEW);
        if is_fresh { Ok(()) } else { Err(Refusal::StaleSearch.into()) }
    }
}

impl Doctor {
    /// Signs a request for a search by a proxy on a chain: under a grant, of the records after one
    /// of them ([`SearchAnswer::last`]), or of all.
    pub fn request_search(
        &self,
        (chain, proxy): (&str, &VerifyingKey),
        (grant, after): (&Digest, Option<Digest>),
        now: Time,
        rng: &mut (impl Rng + ?Sized),
    ) -> SearchRequest {
        let (nonce, signature) = (random_bytes(rng), Signature::from_bytes([0; 64]));
        let mut request = SearchRequest { grant: *grant, after, time: now, nonce, signature };
        let statement = request.statement(chain, proxy);
        request.signature = self.key.sign(tag::SIGN_SEARCH, &[&statement]);
        request
    }
}

impl Proxy {
    /// Searches records that a valid grant covers, for its reader, with the trapdoors delivered for
    /// it. Cost: at most [`MAX_TESTS`] pairings, between 20 seconds (`ifma`) and five minutes
    /// (`portable`); further records are searched upon a further request. A reader's requests
    /// within two minutes cost at most twice as much.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant or a certificate is not valid now,
    /// [`ProtocolError::Signature`], [`Refusal::StaleSearch`], [`Refusal::ReplayedRequest`],
    /// [`Refusal::TooManyRequests`], [`Refusal::UnknownRecord`] if the request starts after a
    /// record that is not on the ledger, or [`Refusal::NoDelivery`].
    pub fn search(
        &self,
        view: LedgerView<'_>,
        request: &SearchRequest,
    ) -> Result<SearchAnswer, ProtocolError> {
        self.search_with_progress(view, request, &mut ())
    }

    /// [`Self::search`] with a report of progress per entry.
    ///
    /// # Errors
    /// The errors of [`Self::search`].
    pub fn search_with_progress(
        &self,
        view: LedgerView<'_>,
        request: &SearchRequest,
        progress: &mut dyn Progress,
    ) -> Result<SearchAnswer, ProtocolError> {
        let accepted = self.accepted_for(&request.grant)?;
        let grant = view.state.valid_grant(&request.grant, view.now)?;
        view.check_parties(&grant)?;
        request.check(view, &self.verifying_key(), &grant.reader)?;
        let page = Page::new(view.state, &grant, request.after, MAX_TESTS)?;
        let (signed, cost) = ((&grant.reader, request.nonce), page.tests.max(MIN_COST));
        let served = self.searches().admit(signed, request.time, view.now, cost)?;
        let (answer, tests) = page.search(&grant, accepted, progress);
        // A batch tests at most twice as many entries as are reported.
        self.searches().settle(served, tests.saturating_mul(2).max(MIN_COST));
        Ok(answer)
    }

    pub(super) fn searches(&self) -> MutexGuard<'_, ServedRequests> {
        // A panic elsewhere leaves the requests consistent: no change of them panics.
        self.searches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs the answer to a search request, and encrypts it to the reader. The locations of
    /// envelopes are not for others.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant or the reader's certificate is not valid now, and
    /// [`Refusal::MessageTooLong`].
    pub fn answer_search(
        &self,
        view: LedgerView<'_>,
        request: &SearchRequest,
        answer: SearchAnswer,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedMessage, ProtocolError> {
        let reader = view.state.valid_grant(&request.grant, view.now)?.reader;
        let reader = view.require_party(&reader, Role::Doctor, Refusal::UnregisteredReader)?;
        let result = SearchResult { request: request.id(), answer };
        self.seal_message(view.state.chain(), &reader, &result, rng)
    }
}

impl Doctor {
    /// Opens the answer to a search request of this doctor.
    ///
    /// # Errors
    /// [`ProtocolError::Message`], [`Refusal::UnknownGrant`], [`Refusal::OtherSender`] if the proxy
    /// of the grant has not signed the answer, or [`Refusal::OtherAnswer`] if it is to another
    /// request, for example an earlier one.
    pub fn receive_hits(
        &self,
        state: &State,
        request: &SearchRequest,
        message: &SealedMessage,
    ) -> Result<SearchAnswer, ProtocolError> {
        let signed = self.open_message::<SearchResult>(state.chain(), message)?;
        let proxy = state.grant(&request.grant)?.ok_or(Refusal::UnknownGrant)?.proxy;
        let result = signed.require_sender(&proxy)?;
        let is_expected = result.request == request.id();
        if is_expected { Ok(result.answer) } else { Err(Refusal::OtherAnswer.into()) }
    }
}

impl Patient {
    /// Finds all records of the patient: selects the records of the patient's owner keys on the
    /// ledger, and decrypts their locations with trapdoors for the pseudonyms.
    ///
    /// # Errors
    /// [`ProtocolError::Ledger`].
    pub fn find(&self, state: &State) -> Result<Vec<Hit>, ProtocolError> {
        let mut own = Vec::new();
        for item in state.records() {
            own.extend(Some(item?).filter(|(_, record)| self.owns(record)));
        }
        let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) =
            own.iter().map(|(id, record)| (id, record)).unzip();
        let mut locations = vec![None; records.len()];
        // Records of the same owner key share a trapdoor.
        let trapdoors = self.trapdoors(&records, &[SearchTerm::everything()]);
        for (owner, trapdoor) in series(&records).into_keys().zip(trapdoors) {
            let (positions, of_series): (Vec<usize>, Vec<&RecordAction>) = (records.iter())
                .enumerate()
                .filter(|(_, record)| record.owner == owner)
                .map(|(position, record)| (position, *record))
                .unzip();
            let found = batch_locate(&of_series, &[trapdoor], &mut ());
            positions.into_iter().zip(found).for_each(|(at, name)| locations[at] = name);
        }
        Ok(hits(ids, locations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;
    use crate::pseudonym::SeriesSecret;
    use crate::sign::SigningKey;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;
    use std::collections::BTreeSet;

    #[test]
    fn a_keyword_depends_on_the_pseudonym_and_on_both_parts_of_the_term() {
        let series = SeriesSecret::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let keyword = |doctor: &[u8], epoch, field, value| {
            let pseudonym = series.for_doctor(doctor).pseudonym(epoch, 0);
            SearchTerm::new(field, value).keyword(&pseudonym)
        };
        let keywords = BTreeSet::from([
            keyword(b"doctor", 677, "code", "I63"),
            keyword(b"other", 677, "code", "I63"),
            keyword(b"doctor", 678, "code", "I63"),
            keyword(b"doctor", 677, "type", "I63"),
            keyword(b"doctor", 677, "code", "I64"),
            keyword(b"doctor", 677, "codeI", "63"),
        ]);
        assert_eq!(keywords.len(), 6);
    }

    #[test]
    fn a_search_request_is_signed_and_named_with_all_components() {
        let [a, b] = [1, 2].map(|seed| SigningKey::from_seed(&Secret::new([seed; 32])));
        let [a, b] = [a.verifying_key(), b.verifying_key()];
        let signature = Signature::from_bytes([0; 64]);
        let honest =
            SearchRequest { grant: [1; 32], after: None, time: 1, nonce: [1; 16], signature };
        let changed = [
            honest.clone(),
            SearchRequest { grant: [2; 32], ..honest.clone() },
            SearchRequest { after: Some([1; 32]), ..honest.clone() },
            SearchRequest { after: Some([2; 32]), ..honest.clone() },
            SearchRequest { time: 2, ..honest.clone() },
            SearchRequest { nonce: [2; 16], ..honest.clone() },
        ];
        let mut statements: BTreeSet<_> =
            changed.iter().map(|r| r.statement("chain", &a)).collect();
        statements.insert(honest.statement("other", &a));
        statements.insert(honest.statement("chain", &b));
        assert_eq!(statements.len(), changed.len() + 2);
        let names: BTreeSet<_> = changed.iter().map(SearchRequest::id).collect();
        assert_eq!(names.len(), changed.len());
    }

    #[test]
    fn keywords_are_derived_from_the_secret_of_a_pseudonym_not_from_its_name() {
        let series = SeriesSecret::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let pseudonym = series.for_doctor(b"doctor").pseudonym(677, 0);
        let keyword = SearchTerm::everything().keyword(&pseudonym);
        let contains = |bytes: &[u8; 32]| keyword.windows(32).any(|part| part == bytes);
        assert!(contains(pseudonym.secret().expose()));
        assert!(!contains(pseudonym.name()));
    }
}
