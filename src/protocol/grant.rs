//! Grant: the patient authorises one reader for a time window (Qin 3.5.4, Eq. 12 and 14).
//!
//! The ledger holds the parties, the window and commitments. The re-encryption keys and trapdoors
//! go to the proxy off the ledger, and `rk2` of each key also to the reader.
#![forbid(unsafe_code)]

use super::binding::{Condition, rekey_digest, trapdoor_digest};
use super::message::SealedMessage;
use super::{Doctor, Item, LedgerView, Patient, ProtocolError, Refusal, SearchTerm};
use crate::algebra::codec::sequence;
use crate::algebra::{G2, Rng, Secret, random_bytes};
use crate::consensus::Digest;
use crate::ledger::{
    Action, DelegationDigest, Draft, GrantAction, MAX_COVERED, RecordAction, Role, Scope, State,
    Time, Transaction, Validity,
};
use crate::pre::conditional::{self, ReKey};
use crate::record::Class;
use crate::sign::{SigningKey, VerifyingKey};
use crate::{peks, pre};
use std::collections::BTreeMap;

/// The terms of a grant.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The records, by the identifiers of their transactions. The patient must own all of them.
    pub records: Vec<Digest>,
    /// `true` to cover every record of the owner keys of `records`, earlier or later, listed or
    /// not: the records of the same authors in the same epochs.
    pub later_records: bool,
    /// The classes of the sections that the reader may open.
    pub classes: Vec<Class>,
    /// The terms that the reader may search for. A section is re-encrypted only if one of them is a
    /// keyword of the record: [`SearchTerm::everything`] is one of every record.
    pub search: Vec<SearchTerm>,
    /// The proxy that re-encrypts.
    pub proxy: VerifyingKey,
    /// Start of the window, inclusive.
    pub from: Time,
    /// End of the window, exclusive.
    pub until: Time,
}

impl Terms {
    fn scope(&self) -> Scope {
        if self.later_records {
            return Scope::OwnerKeys;
        }
        let mut records = self.records.clone();
        records.sort();
        records.dedup();
        Scope::Records(records)
    }
}

/// A grant with the messages that carry its keys.
#[derive(Debug, Clone)]
pub struct IssuedGrant {
    /// The transaction, to be committed before the messages are received.
    pub transaction: Transaction,
    /// The re-encryption keys and trapdoors, for [`Proxy::accept`](super::Proxy::accept).
    pub delivery: SealedMessage,
    /// The [`Ticket`], for [`Doctor::receive_ticket`].
    pub ticket: SealedMessage,
}

/// The proxy's key material for one grant. Secret. The caller saves it as one file per grant
/// ([`Proxy::delivery`](super::Proxy::delivery)), and deletes the file when the grant ends.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The grant, by the identifier of its transaction.
    pub(super) grant: Digest,
    /// The patient's re-encryption public key.
    pub(super) patient: pre::PublicKey,
    /// The salt of the grant's commitments to the trapdoors.
    pub(super) salt: Secret<[u8; 32]>,
    /// One re-encryption key per delegation of the grant, in the same order.
    pub(super) rekeys: Vec<ReKey>,
    /// The trapdoors, in the order of the grant's commitments.
    pub(super) trapdoors: Vec<peks::Trapdoor>,
}

sequence!(Canonical for Delivery = Delivery {
    grant, patient, salt, rekeys: list(MAX_COVERED), trapdoors: list(MAX_COVERED),
});

impl Delivery {
    /// Returns the identifier of the grant's transaction.
    pub fn grant(&self) -> &Digest {
        &self.grant
    }
}

/// The values of one grant with which the reader verifies re-encryptions. For the reader only: with
/// a re-encryption, `rk2` reveals the patient.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub(super) grant: Digest,
    pub(super) patient: pre::PublicKey,
    /// One `rk2` per delegation of the grant, in the same order.
    pub(super) rk2: Vec<G2>,
    /// The class of the sections that each delegation covers.
    pub(super) classes: Vec<Class>,
}

sequence!(Canonical for Ticket = Ticket {
    grant, patient, rk2: list(MAX_COVERED), classes: list(MAX_COVERED),
});

impl Ticket {
    /// Returns the identifier of the grant's transaction.
    pub fn grant(&self) -> &Digest {
        &self.grant
    }

    /// Returns the granted sections of a record by their indices, with their classes.
    pub fn sections(&self, grant: &GrantAction, record: &RecordAction) -> Vec<(u8, Class)> {
        let class = |section| {
            let mut delegations = grant.delegations.iter().zip(&self.classes);
            delegations.find(|(d, _)| d.covers(record, section)).map(|(_, class)| *class)
        };
        let sections = (0..).zip(&record.sections);
        sections.filter_map(|(index, section)| Some((index, class(section)?))).collect()
    }

    /// Returns the number of conditions that the grant covers.
    pub fn conditions(&self) -> usize {
        self.rk2.len()
    }
}

impl Patient {
    /// Creates a grant, with one re-encryption key per condition (owner key, epoch, tag) of the
    /// records and one trapdoor per search term and pseudonym.
    ///
    /// # Errors
    /// [`Refusal::UnregisteredReader`], [`Refusal::UnregisteredProxy`] or [`ProtocolError::Rule`]
    /// if reader or proxy are not registered or their certificates are not valid now;
    /// [`Refusal::NotOwnRecord`] if a record is not the patient's; [`Refusal::UnknownClass`] if the
    /// patient does not know the class of a section; [`Refusal::EmptyGrant`] if the terms cover no
    /// section and no search; [`ProtocolError::Decode`] if the reader has no re-encryption key.
    pub fn grant(
        &self,
        validity: Validity<'_>,
        view: LedgerView<'_>,
        reader: &VerifyingKey,
        terms: &Terms,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<IssuedGrant, ProtocolError> {
        let reader = view.require_party(reader, Role::Doctor, Refusal::UnregisteredReader)?;
        let proxy = view.require_party(&terms.proxy, Role::Proxy, Refusal::UnregisteredProxy)?;
        let reader_key =
            reader.pre_key().map_err(|error| ProtocolError::Decode(Item::ReaderKey, error))?;
        let records = self.own_records(view.state, &terms.records)?;
        let records: Vec<&RecordAction> = records.iter().collect();
        let owners = self.owners(&records);
        let patient = *self.pre.public_key();

        let covered = self.conditions(&records, &terms.classes)?;
        let encoded: Vec<Vec<u8>> = covered.keys().map(|condition| condition.to_bytes()).collect();
        let encoded: Vec<&[u8]> = encoded.iter().map(Vec::as_slice).collect();
        let rekeys = conditional::batch_rekeygen(&self.pre, &reader_key, &encoded, rng);
        let delegation = |(condition, rekey): (&Condition, &ReKey)| {
            let Condition { owner, epoch, tag } = *condition;
            let rekey = rekey_digest(&patient, &reader_key, rekey.rk2());
            DelegationDigest { owner, epoch, tag, rekey }
        };
        let delegations = covered.keys().zip(&rekeys).map(delegation).collect();
        let trapdoors = self.trapdoors(&records, &terms.search);
        if covered.is_empty() && trapdoors.is_empty() {
            return Err(Refusal::EmptyGrant.into());
        }
        let salt = Secret::new(random_bytes(rng));
        let commitments = trapdoors.iter().map(|trapdoor| trapdoor_digest(&salt, trapdoor));
        let action = Action::Grant(GrantAction {
            owners: owners.keys().copied().collect(),
            scope: terms.scope(),
            reader: reader.key,
            proxy: terms.proxy,
            from: terms.from,
            until: terms.until,
            delegations,
            trapdoors: commitments.collect(),
        });
        let keys: Vec<&SigningKey> = owners.values().collect();
        let transaction = Draft::new(validity, action, rng).signed_by(&keys);
        let grant = transaction.id();
        let rk2 = rekeys.iter().map(|rekey| *rekey.rk2()).collect();
        let ticket = Ticket { grant, patient, rk2, classes: covered.into_values().collect() };
        let delivery = Delivery { grant, patient, salt, rekeys, trapdoors };
        // The messages are signed with an owner key: the proxy does not learn the patient's name.
        let signer = keys.first().ok_or(Refusal::NotOwnRecord)?;
        Ok(IssuedGrant {
            delivery: SealedMessage::seal(validity.chain, signer, &proxy, &delivery, rng)?,
            ticket: SealedMessage::seal(validity.chain, signer, &reader, &ticket, rng)?,
            transaction,
        })
    }

    /// Looks up records and checks that the patient owns them.
    fn own_records(
        &self,
        state: &State,
        ids: &[Digest],
    ) -> Result<Vec<RecordAction>, ProtocolError> {
        let own = |id: &Digest| match state.record(id)?.filter(|record| self.owns(record)) {
            Some(record) => Ok(record),
            None => Err(Refusal::NotOwnRecord.into()),
        };
        ids.iter().map(own).collect()
    }

    /// Returns the distinct conditions of the granted classes, with their classes.
    fn conditions(
        &self,
        records: &[&RecordAction],
        classes: &[Class],
    ) -> Result<BTreeMap<Condition, Class>, Refusal> {
        let mut conditions = BTreeMap::new();
        for record in records {
            for section in &record.sections {
                let class = self.class_of(section).ok_or(Refusal::UnknownClass)?;
                if classes.contains(&class) {
                    conditions.insert(Condition::of(record, section), class);
                }
            }
        }
        Ok(conditions)
    }

    /// Returns `true` if the owner of a record is one of the patient's owner keys.
    pub(super) fn owns(&self, record: &RecordAction) -> bool {
        self.owner_key(&record.author, record.epoch).verifying_key() == record.owner
    }

    /// Returns the distinct owner keys of records, sorted by public key as the contract requires.
    fn owners(&self, records: &[&RecordAction]) -> BTreeMap<VerifyingKey, SigningKey> {
        let key = |record: &&RecordAction| self.owner_key(&record.author, record.epoch);
        records.iter().map(|record| (record.owner, key(record))).collect()
    }

    /// Returns one trapdoor per owner key and term, grouped by owner key in ascending order.
    pub(super) fn trapdoors(
        &self,
        records: &[&RecordAction],
        search: &[SearchTerm],
    ) -> Vec<peks::Trapdoor> {
        let series = series(records).into_values();
        let pseudonyms = series.map(|(author, epoch)| self.pseudonym(&author, epoch));
        let keywords: Vec<Vec<u8>> = pseudonyms
            .flat_map(|pseudonym| search.iter().map(move |term| term.keyword(&pseudonym)))
            .collect();
        let keywords: Vec<&[u8]> = keywords.iter().map(Vec::as_slice).collect();
        peks::batch_trapdoor(&self.peks, &keywords)
    }
}

/// Returns author and epoch of each owner key of the patient. Each pair has a pseudonym.
pub(super) fn series(records: &[&RecordAction]) -> BTreeMap<VerifyingKey, (VerifyingKey, u32)> {
    records.iter().map(|record| (record.owner, (record.author, record.epoch))).collect()
}

/// Checks that the sender of a message about a grant is one of its owners.
pub(super) fn check_owner(
    state: &State,
    sender: &VerifyingKey,
    grant: &Digest,
) -> Result<(), ProtocolError> {
    let grant = state.grant(grant)?.ok_or(Refusal::UnknownGrant)?;
    if grant.owners.contains(sender) { Ok(()) } else { Err(Refusal::OtherSender.into()) }
}

impl Doctor {
    /// Opens the ticket of a grant on the ledger.
    ///
    /// # Errors
    /// [`ProtocolError::Message`], [`Refusal::UnknownGrant`], or [`Refusal::OtherSender`] if no
    /// owner of the grant has signed the ticket.
    pub fn receive_ticket(
        &self,
        state: &State,
        message: &SealedMessage,
    ) -> Result<Ticket, ProtocolError> {
        let signed = self.open_message::<Ticket>(state.chain(), message)?;
        signed.authorise(|sender, ticket| check_owner(state, sender, &ticket.grant))
    }
}
