//! Search: the records that match, and their locations (Qin Eq. 13).
//!
//! ```text
//! keyword = framed(PROTOCOL_TERM, secret of the pseudonym, field, value)
//! request = Sign(reader, SIGN_SEARCH, chain, proxy, grant, time)
//! ```
#![forbid(unsafe_code)]

use super::grant::series;
use super::locate::batch_locate;
use super::message::SealedMessage;
use super::view::MESSAGE_SKEW;
use super::{Doctor, Item, LedgerView, Patient, Progress, ProtocolError, Proxy, Refusal};
use crate::algebra::Rng;
use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::hash::framed;
use crate::algebra::tag::{self, PROTOCOL_TERM};
use crate::consensus::Digest;
use crate::ledger::{RecordAction, Role, State, Time};
use crate::pseudonym::Pseudonym;
use crate::sign::{Signature, VerifyingKey};
use crate::store::Cid;

/// The maximum number of hits in an answer.
const MAX_HITS: usize = 1 << 16;

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

    /// Returns the PEKS keyword under a pseudonym, whose secret prevents keyword guessing.
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

/// The records that match a search under a grant: the payload of the proxy's answer.
struct SearchResult {
    grant: Digest,
    hits: Vec<Hit>,
}

sequence!(Canonical for SearchResult = SearchResult { grant, hits: list(MAX_HITS) });

/// A reader's signed request for a search under a grant. The ledger does not show searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    grant: Digest,
    time: Time,
    signature: Signature,
}

sequence!(Canonical for SearchRequest = SearchRequest { grant, time, signature });
public_encoding!(SearchRequest);

impl SearchRequest {
    fn statement(chain: &str, proxy: &VerifyingKey, grant: &Digest, time: Time) -> Vec<u8> {
        framed(&[chain.as_bytes(), proxy.as_bytes(), grant, &time.to_be_bytes()])
    }

    /// Checks that the reader of the grant has signed the request for this proxy and ledger.
    fn check(
        &self,
        view: LedgerView<'_>,
        proxy: &VerifyingKey,
        reader: &VerifyingKey,
    ) -> Result<(), ProtocolError> {
        let statement = Self::statement(view.state.chain(), proxy, &self.grant, self.time);
        reader
            .verify(tag::SIGN_SEARCH, &[&statement], &self.signature)
            .map_err(|error| ProtocolError::Signature(Item::SearchRequest, error))?;
        let is_fresh = view.is_near(self.time, MESSAGE_SKEW);
        if is_fresh { Ok(()) } else { Err(Refusal::StaleSearch.into()) }
    }
}

impl Doctor {
    /// Signs a request for a search by a proxy on a chain.
    pub fn request_search(
        &self,
        (chain, proxy): (&str, &VerifyingKey),
        grant: &Digest,
        now: Time,
    ) -> SearchRequest {
        let statement = SearchRequest::statement(chain, proxy, grant, now);
        let signature = self.key.sign(tag::SIGN_SEARCH, &[&statement]);
        SearchRequest { grant: *grant, time: now, signature }
    }
}

impl Proxy {
    /// Searches the records that a valid grant covers, for its reader, with the trapdoors delivered
    /// for it.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant or a certificate is not valid now,
    /// [`ProtocolError::Signature`], [`Refusal::StaleSearch`], [`Refusal::NoDelivery`], or
    /// [`ProtocolError::NoMatch`].
    pub fn search(
        &self,
        view: LedgerView<'_>,
        request: &SearchRequest,
    ) -> Result<Vec<Hit>, ProtocolError> {
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
    ) -> Result<Vec<Hit>, ProtocolError> {
        let accepted = self.accepted_for(&request.grant)?;
        let grant = view.state.valid_grant(&request.grant, view.now)?;
        view.check_parties(grant)?;
        request.check(view, &self.verifying_key(), &grant.reader)?;
        let covered = view.state.records();
        let covered = covered.filter(|(id, record)| grant.covers(id, &record.owner));
        let (ids, records): (Vec<&Digest>, Vec<&RecordAction>) = covered.unzip();
        let hits = hits(ids, batch_locate(&records, &accepted.trapdoors, progress));
        if hits.is_empty() { Err(ProtocolError::NoMatch) } else { Ok(hits) }
    }
}

impl Proxy {
    /// Signs the records that a search has found, and encrypts them to the reader. The locations
    /// of envelopes are not for others.
    ///
    /// # Errors
    /// [`ProtocolError::Rule`] if the grant or the reader's certificate is not valid now, and
    /// [`Refusal::MessageTooLong`].
    pub fn answer_search(
        &self,
        view: LedgerView<'_>,
        (grant, hits): (&Digest, Vec<Hit>),
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedMessage, ProtocolError> {
        let reader = view.state.valid_grant(grant, view.now)?.reader;
        let reader = view.require_party(&reader, Role::Doctor, Refusal::UnregisteredReader)?;
        self.seal_message(view.state.chain(), reader, &SearchResult { grant: *grant, hits }, rng)
    }
}

impl Doctor {
    /// Opens the answer to a search under a grant.
    ///
    /// # Errors
    /// [`ProtocolError::Message`], [`Refusal::UnknownGrant`], or [`Refusal::OtherSender`] if the
    /// proxy of the grant has not signed an answer about it.
    pub fn receive_hits(
        &self,
        state: &State,
        grant: &Digest,
        message: &SealedMessage,
    ) -> Result<Vec<Hit>, ProtocolError> {
        let signed = self.open_message::<SearchResult>(state.chain(), message)?;
        let proxy = state.grant(grant).ok_or(Refusal::UnknownGrant)?.proxy;
        let answer = signed.authorise(|sender, answer| {
            let is_expected = *sender == proxy && answer.grant == *grant;
            if is_expected { Ok(()) } else { Err(Refusal::OtherSender) }
        })?;
        Ok(answer.hits)
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
    fn a_search_request_is_signed_for_chain_proxy_grant_and_time() {
        let [a, b] = [1, 2].map(|seed| SigningKey::from_seed(&Secret::new([seed; 32])));
        let [a, b] = [a.verifying_key(), b.verifying_key()];
        let statements = BTreeSet::from([
            SearchRequest::statement("chain", &a, &[1; 32], 1),
            SearchRequest::statement("other", &a, &[1; 32], 1),
            SearchRequest::statement("chain", &b, &[1; 32], 1),
            SearchRequest::statement("chain", &a, &[2; 32], 1),
            SearchRequest::statement("chain", &a, &[1; 32], 2),
        ]);
        assert_eq!(statements.len(), 5);
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
