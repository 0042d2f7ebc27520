//! The parties: one type per role, which holds only the secrets of that role.
//!
//! Every party generates its own keys, one per scheme and purpose.
#![forbid(unsafe_code)]

use super::deliveries::Deliveries;
use super::reencrypt::PreparedAccess;
use super::replay::ServedRequests;
use super::search::SEARCH_BUDGET;
use crate::algebra::hash::kdf;
use crate::algebra::{Secret, tag};
use crate::consensus::Digest;
use crate::ledger::{Certificate, SectionDigests};
use crate::record::Class;
use crate::sign::{SigningKey, VerifyingKey};
use crate::{abe, hpke, peks, pre, pseudonym};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

/// The data owner, who grants and revokes access to their records.
pub struct Patient {
    pub(super) key: SigningKey,
    pub(super) hpke: hpke::SecretKey,
    pub(super) pre: pre::SecretKey,
    pub(super) peks: peks::SecretKey,
    pub(super) series: pseudonym::SeriesSecret,
    pub(super) owner_secret: Secret<[u8; 32]>,
    pub(super) certificate: Certificate,
    /// The classes behind the condition tags of the records that the patient has consented to.
    pub(super) classes: BTreeMap<Digest, Class>,
}

/// Omits the patient's name and keys.
impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patient").finish_non_exhaustive()
    }
}

/// An author of records, and a reader of records by others.
#[derive(Debug)]
pub struct Doctor {
    pub(super) key: SigningKey,
    pub(super) hpke: hpke::SecretKey,
    pub(super) pre: pre::SecretKey,
    /// The attribute key, with the public parameters that it belongs to.
    pub(super) abe: Option<(abe::PublicParameters, abe::UserSecretKey)>,
    pub(super) certificate: Certificate,
}

/// An institution, which countersigns the records of its doctors.
#[derive(Debug)]
pub struct Institution {
    pub(super) key: SigningKey,
    pub(super) hpke: hpke::SecretKey,
    pub(super) certificate: Certificate,
}

/// The party that authenticates queries and forwards them to patients.
#[derive(Debug)]
pub struct QueryManager {
    pub(super) key: SigningKey,
    pub(super) hpke: hpke::SecretKey,
    pub(super) certificate: Certificate,
}

/// The party that searches and re-encrypts for readers with a grant. It may run beside a ledger
/// replica, but has its own keys.
///
/// | when | the caller |
/// |---|---|
/// | start | loads the proxy; opens its [`JournalFile`](super::JournalFile) and passes every entry to [`recover`](Self::recover); passes every saved delivery to [`restore`](Self::restore), in any order |
/// | `restore` returns [`ProtocolError::Rule`](super::ProtocolError::Rule) | deletes the delivery: its grant has ended |
/// | `restore` returns [`Refusal::UnknownGrant`](super::Refusal::UnknownGrant) or [`ProxyFull`](super::Refusal::ProxyFull) | keeps the delivery, and tries again with a later view or after [`erase_ended`](Self::erase_ended) |
/// | after [`accept`](Self::accept) | saves the delivery ([`delivery`](Self::delivery)), before the patient is told that it has arrived; after a crash in between, the patient sends it again |
/// | a request is on the ledger | [`reencrypt`](Self::reencrypt); [`report`](Self::report), which appends to the journal, and submits the transaction; once it is committed, [`release`](Self::release). Each step can be repeated |
/// | regularly, for example once per hour | [`erase_ended`](Self::erase_ended), deletes the deliveries of the returned grants, then [`compact`](Self::compact) |
/// | the journal is lost or an old copy | nothing: requests whose access is on the ledger and not in the journal are refused, and the reader requests again |
///
/// Deliveries and journal are secret: with their reader, the keys of a grant open what it covers. A
/// passphrase costs a second per delivery; files in an encrypted folder do not. Served searches are
/// forgotten at a restart.
#[derive(Debug)]
pub struct Proxy {
    pub(super) key: SigningKey,
    pub(super) hpke: hpke::SecretKey,
    pub(super) certificate: Certificate,
    /// The verified deliveries of patients. [`Proxy::erase_ended`] erases them.
    pub(super) deliveries: Deliveries,
    /// The search requests that were served and are fresh.
    pub(super) searches: Mutex<ServedRequests>,
    /// The journaled re-encryptions, by request.
    pub(super) journaled: BTreeMap<Digest, PreparedAccess>,
}

impl Proxy {
    /// Returns a proxy without deliveries.
    pub(super) fn new(key: SigningKey, hpke: hpke::SecretKey, certificate: Certificate) -> Self {
        Self {
            key,
            hpke,
            certificate,
            deliveries: Deliveries::default(),
            searches: Mutex::new(ServedRequests::new(SEARCH_BUDGET)),
            journaled: BTreeMap::new(),
        }
    }
}

impl Patient {
    /// Derives the owner key, which represents the patient on the ledger: the seed is
    /// `KDF(PROTOCOL_OWNER, owner secret; doctor, epoch)`. The keys of different doctors and epochs
    /// are unlinkable without the patient's secret.
    pub(super) fn owner_key(&self, doctor: &VerifyingKey, epoch: u32) -> SigningKey {
        let context = [&doctor.as_bytes()[..], &epoch.to_be_bytes()];
        SigningKey::from_seed(&kdf(tag::PROTOCOL_OWNER, self.owner_secret.expose(), &context))
    }

    /// Returns the class of a section of the patient's own records. The patient learns it from the
    /// section's wrapped key, at consent or at opening.
    pub fn class_of(&self, section: &SectionDigests) -> Option<Class> {
        self.classes.get(&section.tag).copied()
    }

    /// Derives the pseudonym for a doctor and epoch.
    pub(super) fn pseudonym(&self, doctor: &VerifyingKey, epoch: u32) -> pseudonym::Pseudonym {
        self.series.for_doctor(doctor.as_bytes()).pseudonym(epoch, 0)
    }
}

macro_rules! registered {
    ($($role:ident),+) => {$(
        impl $role {
            /// Returns the certificate.
            pub fn certificate(&self) -> &Certificate {
                &self.certificate
            }
            /// Returns the key that identifies this party.
            pub fn verifying_key(&self) -> VerifyingKey {
                self.key.verifying_key()
            }
        }
    )+};
}
registered!(Patient, Doctor, Institution, QueryManager, Proxy);
