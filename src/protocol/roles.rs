//! The parties: each a type that owns its own secrets and nobody else's.
//!
//! Keys are made by their owner, per scheme and per purpose; none is used in two.
#![forbid(unsafe_code)]

use super::grant::Accepted;
use crate::algebra::hash::kdf;
use crate::algebra::{Secret, tag};
use crate::consensus::Digest;
use crate::ledger::Certificate;
use crate::sign::{SigningKey, VerifyingKey};
use crate::{abe, peks, pre, pseudonym};
use std::collections::BTreeMap;

/// The data owner.
#[derive(Debug)]
pub struct Patient {
    pub(super) key: SigningKey,
    pub(super) pre: pre::SecretKey,
    pub(super) peks: peks::SecretKey,
    pub(super) series: pseudonym::SeriesSecret,
    pub(super) owner_secret: Secret<[u8; 32]>,
    pub(super) certificate: Certificate,
}

/// Writes records, and reads those of others.
#[derive(Debug)]
pub struct Doctor {
    pub(super) key: SigningKey,
    pub(super) pre: pre::SecretKey,
    /// His key, and the parameters that it belongs to.
    pub(super) abe: Option<(abe::PublicParameters, abe::UserSecretKey)>,
    pub(super) certificate: Certificate,
}

/// Countersigns what its doctors write.
#[derive(Debug)]
pub struct Institution {
    pub(super) key: SigningKey,
    pub(super) certificate: Certificate,
}

/// Authenticates and forwards access queries.
#[derive(Debug)]
pub struct QueryManager {
    pub(super) key: SigningKey,
    pub(super) certificate: Certificate,
}

/// Searches and re-encrypts for granted readers; runs beside a ledger replica, with keys of its own.
#[derive(Debug)]
pub struct Proxy {
    pub(super) key: SigningKey,
    pub(super) certificate: Certificate,
    /// What patients have delivered, by grant; erased when a grant ends.
    pub(super) accepted: BTreeMap<Digest, Accepted>,
}

impl Patient {
    /// The owner key towards a doctor in an epoch: what stands on the ledger in the patient's
    /// place. Different for every doctor and epoch, and linked to nothing.
    pub(super) fn owner_key(&self, doctor: &VerifyingKey, epoch: u32) -> SigningKey {
        let context = [&doctor.as_bytes()[..], &epoch.to_be_bytes()];
        SigningKey::from_seed(&kdf(tag::PROTOCOL_OWNER, self.owner_secret.expose(), &context))
    }

    /// The pseudonym towards a doctor in an epoch.
    pub(super) fn pseudonym(&self, doctor: &VerifyingKey, epoch: u32) -> pseudonym::Pseudonym {
        self.series.for_doctor(doctor.as_bytes()).pseudonym(epoch, 0)
    }
}

impl Institution {
    pub(super) fn new(key: SigningKey, certificate: Certificate) -> Self {
        Self { key, certificate }
    }
}

impl QueryManager {
    pub(super) fn new(key: SigningKey, certificate: Certificate) -> Self {
        Self { key, certificate }
    }
}

impl Proxy {
    pub(super) fn new(key: SigningKey, certificate: Certificate) -> Self {
        Self { key, certificate, accepted: BTreeMap::new() }
    }
}

/// What every registered party shows of itself.
macro_rules! registered {
    ($($role:ident),+) => {$(
        impl $role {
            /// The certificate.
            pub fn certificate(&self) -> &Certificate {
                &self.certificate
            }
            /// The key that names this party.
            pub fn verifying_key(&self) -> VerifyingKey {
                self.key.verifying_key()
            }
        }
    )+};
}
registered!(Patient, Doctor, Institution, QueryManager, Proxy);
