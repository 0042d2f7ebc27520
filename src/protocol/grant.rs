//! Grant: the patient permits one reader, for a time (Qin 3.5.4, Eq. 12 and 14).
//!
//! On the ledger goes who, when, and commitments; the re-encryption keys and trapdoors travel to
//! the proxy beside it, their public halves to the reader.
#![forbid(unsafe_code)]

use super::binding::{condition, rekey_digest, trapdoor_digest};
use super::{Patient, ProtocolError, Proxy, SearchTerm};
use crate::algebra::{G2, Rng};
use crate::consensus::Digest;
use crate::ledger::{
    Action, DelegationDigest, Draft, GrantAction, RecordAction, State, Subject, Time, Transaction,
    Validity,
};
use crate::peks;
use crate::pre::conditional::{self, InvalidReKey, ReKey, VerifiedReKey};
use crate::pre::{self};
use crate::record::Class;
use crate::sign::{SigningKey, VerifyingKey};
use std::collections::BTreeMap;

/// What the patient permits.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The records, by the identifiers of their transactions; all must be hers.
    pub records: Vec<Digest>,
    /// The classes of sections.
    pub classes: Vec<Class>,
    /// What may be searched for.
    pub search: Vec<SearchTerm>,
    /// Who re-encrypts.
    pub proxy: VerifyingKey,
    /// Start of the window, inclusive.
    pub from: Time,
    /// End of the window, exclusive.
    pub until: Time,
}

/// What the proxy receives: secret, erased when the grant ends.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub(super) grant: Digest,
    pub(super) patient: pre::PublicKey,
    /// In the order of the grant's delegations.
    pub(super) rekeys: Vec<ReKey>,
    pub(super) trapdoors: Vec<peks::Trapdoor>,
}

/// What the reader receives: the public halves, to check the proxy's work and to open it.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub(super) grant: Digest,
    pub(super) patient: pre::PublicKey,
    /// In the order of the grant's delegations.
    pub(super) rk2: Vec<G2>,
}

impl Ticket {
    /// The grant, by the identifier of its transaction.
    pub fn grant(&self) -> &Digest {
        &self.grant
    }

    /// How many conditions the grant covers.
    pub fn conditions(&self) -> usize {
        self.rk2.len()
    }
}

/// What a proxy keeps of a delivery that it has checked.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    pub(super) patient: pre::PublicKey,
    pub(super) rekeys: Vec<(DelegationDigest, VerifiedReKey)>,
    pub(super) trapdoors: Vec<peks::Trapdoor>,
}

impl Patient {
    /// Makes a grant. One re-encryption key for each condition (class, epoch, policy) of the
    /// records, one trapdoor for each search term and pseudonym.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if a record is not hers, or the reader has no key.
    pub fn grant(
        &self,
        validity: Validity<'_>,
        state: &State,
        reader: &Subject,
        terms: &Terms,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<(Transaction, Delivery, Ticket), ProtocolError> {
        let reader_key =
            reader.pre_key().map_err(|error| ProtocolError::Decode("the reader's key", error))?;
        let records = self.own_records(state, &terms.records)?;
        let owners = self.owners(&records);
        let patient = *self.pre.public_key();

        let (mut delegations, mut rekeys) = (Vec::new(), Vec::new());
        let covered = conditions(&records, &terms.classes);
        let texts: Vec<Vec<u8>> = (covered.iter())
            .map(|(class, epoch, policy)| condition(*class, *epoch, policy))
            .collect();
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let made = conditional::batch_rekeygen(&self.pre, &reader_key, &texts, rng);
        for ((class, epoch, policy), rekey) in covered.into_iter().zip(made) {
            let digest = rekey_digest(&patient, rekey.public());
            delegations.push(DelegationDigest { class, epoch, policy, rekey: digest });
            rekeys.push(rekey);
        }
        let trapdoors = self.trapdoors(&records, &terms.search);
        let action = Action::Grant(GrantAction {
            owners: owners.keys().copied().collect(),
            reader: reader.key,
            proxy: terms.proxy,
            from: terms.from,
            until: terms.until,
            delegations,
            trapdoors: trapdoors.iter().map(trapdoor_digest).collect(),
        });
        let keys: Vec<&SigningKey> = owners.values().collect();
        let transaction = Draft::new(validity, action, rng).signed_by(&keys);
        let grant = transaction.id();
        let rk2 = rekeys.iter().map(|rekey| *rekey.public()).collect();
        let ticket = Ticket { grant, patient, rk2 };
        Ok((transaction, Delivery { grant, patient, rekeys, trapdoors }, ticket))
    }

    /// The records, each shown to be hers by its owner key.
    fn own_records<'a>(
        &self,
        state: &'a State,
        ids: &[Digest],
    ) -> Result<Vec<&'a RecordAction>, ProtocolError> {
        let own = |id| {
            let record = state.record(id).filter(|record| self.owns(record));
            record.ok_or(ProtocolError::NotAuthorised("a record is not this patient's"))
        };
        ids.iter().map(own).collect()
    }

    /// Whether a record stands under one of her owner keys.
    pub(super) fn owns(&self, record: &RecordAction) -> bool {
        self.owner_key(&record.author, record.epoch).verifying_key() == record.owner
    }

    /// The owner keys of records, in the order of the ledger.
    fn owners(&self, records: &[&RecordAction]) -> BTreeMap<VerifyingKey, SigningKey> {
        let key = |record: &&RecordAction| self.owner_key(&record.author, record.epoch);
        records.iter().map(|record| (record.owner, key(record))).collect()
    }

    /// One for each series and term, the terms of one series together.
    pub(super) fn trapdoors(
        &self,
        records: &[&RecordAction],
        search: &[SearchTerm],
    ) -> Vec<peks::Trapdoor> {
        let pseudonyms = series(records).into_iter().map(|(a, epoch)| self.pseudonym(&a, epoch));
        let keywords: Vec<Vec<u8>> = pseudonyms
            .flat_map(|pseudonym| search.iter().map(move |term| term.keyword(&pseudonym)))
            .collect();
        let keywords: Vec<&[u8]> = keywords.iter().map(Vec::as_slice).collect();
        peks::batch_trapdoor(&self.peks, &keywords)
    }
}

/// The distinct authors and epochs of records, in order: each has its pseudonym.
pub(super) fn series(records: &[&RecordAction]) -> Vec<(VerifyingKey, u32)> {
    let mut series: Vec<(VerifyingKey, u32)> =
        records.iter().map(|record| (record.author, record.epoch)).collect();
    series.sort();
    series.dedup();
    series
}

/// The distinct conditions of the granted classes, in order.
fn conditions(records: &[&RecordAction], classes: &[Class]) -> Vec<(Class, u32, Digest)> {
    let of_record = |record: &&RecordAction| {
        let epoch = record.epoch;
        let sections = record.sections.iter().filter(|section| classes.contains(&section.class));
        sections.map(|section| (section.class, epoch, section.policy)).collect::<Vec<_>>()
    };
    let mut conditions: Vec<_> = records.iter().flat_map(of_record).collect();
    conditions.sort();
    conditions.dedup();
    conditions
}

impl Proxy {
    /// Checks a delivery against the grant on the ledger and keeps it.
    ///
    /// # Errors
    /// [`ProtocolError`] if it is not what the grant commits to.
    pub fn accept(&mut self, state: &State, delivery: Delivery) -> Result<(), ProtocolError> {
        let unknown = ProtocolError::NotAuthorised("the grant is not on the ledger");
        let grant = state.grant(&delivery.grant).ok_or(unknown)?;
        if grant.proxy != self.verifying_key() {
            return Err(ProtocolError::NotAuthorised("the grant names another proxy"));
        }
        let reader = state.party(&grant.reader).expect("a grant's reader is registered");
        let reader =
            reader.pre_key().map_err(|error| ProtocolError::Decode("the reader's key", error))?;
        let digests: Vec<Digest> = delivery.trapdoors.iter().map(trapdoor_digest).collect();
        if digests != grant.trapdoors {
            return Err(ProtocolError::DigestMismatch("the trapdoor"));
        }
        if delivery.rekeys.len() != grant.delegations.len() {
            return Err(ProtocolError::DigestMismatch("the set of re-encryption keys"));
        }
        let mut conditions = Vec::new();
        for (delegation, rekey) in grant.delegations.iter().zip(&delivery.rekeys) {
            if rekey_digest(&delivery.patient, rekey.public()) != delegation.rekey {
                return Err(ProtocolError::DigestMismatch("the re-encryption key"));
            }
            conditions.push(condition(delegation.class, delegation.epoch, &delegation.policy));
        }
        let rekeys: Vec<(&ReKey, &[u8])> =
            delivery.rekeys.iter().zip(conditions.iter().map(Vec::as_slice)).collect();
        let verified = ReKey::batch_verify(&delivery.patient, &reader, &rekeys);
        let rekeys = (grant.delegations.iter().zip(verified))
            .map(|(delegation, rekey)| Ok((delegation.clone(), rekey?)))
            .collect::<Result<_, InvalidReKey>>()?;
        let Delivery { patient, trapdoors, .. } = delivery;
        self.accepted.insert(delivery.grant, Accepted { patient, rekeys, trapdoors });
        Ok(())
    }

    /// What was delivered for a grant.
    pub(super) fn accepted_for(&self, grant: &Digest) -> Result<&Accepted, ProtocolError> {
        let missing = ProtocolError::NotAuthorised("nothing was delivered for this grant");
        self.accepted.get(grant).ok_or(missing)
    }
}

impl Delivery {
    /// The same delivery with other trapdoors: what a cheating courier would make of it.
    pub fn with_trapdoors(self, trapdoors: Vec<peks::Trapdoor>) -> Self {
        Self { trapdoors, ..self }
    }
}
