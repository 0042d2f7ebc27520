//! Encodings of the parties with their secrets, to be saved and loaded
//! ([`SecretFile`](crate::secret_file::SecretFile)).
//!
//! A party is rejected if its keys are not those of its certificate. Signing and HPKE keys are
//! encoded as their seeds, and the pseudonyms of a patient as the root key of the series.
#![forbid(unsafe_code)]

use super::grant::Delivery;
use super::{Doctor, Institution, LedgerView, Patient, ProtocolError, Proxy, QueryManager};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, sequence};
use crate::algebra::tag::Kind;
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::hpke;
use crate::ledger::{Certificate, Role};
use crate::pre;
use crate::sign::SigningKey;
use std::collections::BTreeMap;

/// The maximum number of condition tags that a patient remembers.
const MAX_TAGS: usize = 1 << 20;
/// The maximum number of deliveries of a proxy.
const MAX_DELIVERIES: usize = 1 << 16;

sequence!(Canonical for Patient = PatientSecrets {
    key, hpke, pre, peks, series, owner_secret, certificate, classes: map(MAX_TAGS),
} => Patient::check_keys);
sequence!(Canonical for Doctor = DoctorSecrets { key, hpke, pre, abe, certificate }
    => Doctor::check_keys);
sequence!(Canonical for Institution = InstitutionSecrets { key, hpke, certificate }
    => Institution::check_keys);
sequence!(Canonical for QueryManager = QueryManagerSecrets { key, hpke, certificate }
    => QueryManager::check_keys);

/// The public keys must be those of the certificate, whose role must be that of the party.
fn matches(
    certificate: &Certificate,
    role: Role,
    (key, hpke, pre): (&SigningKey, &hpke::SecretKey, Option<&pre::SecretKey>),
) -> bool {
    let subject = certificate.claimed();
    let pre_key = pre.map(|pre| pre.public_key().to_bytes()).unwrap_or_default();
    subject.role == role
        && subject.key == key.verifying_key()
        && subject.hpke_key == hpke.public_key()
        && subject.pre_key == pre_key
}

macro_rules! checked {
    ($($role:ident: |$party:ident| $pre:expr;)+) => {$(
        impl $role {
            fn check_keys(self) -> Result<Self, DecodeError> {
                let $party = &self;
                let keys = (&self.key, &self.hpke, $pre);
                if matches(&self.certificate, Role::$role, keys) {
                    Ok(self)
                } else {
                    Err(DecodeError::Invalid("the keys are not those of the certificate"))
                }
            }
        }
    )+};
}
checked! {
    Patient: |party| Some(&party.pre);
    Doctor: |party| Some(&party.pre);
    Institution: |_party| None;
    QueryManager: |_party| None;
    Proxy: |_party| None;
}

/// The keys of a proxy and its deliveries, in ascending order of their grants. The journal of
/// re-encryptions is a file of its own. Loaded deliveries are unverified until [`Proxy::restore`].
impl Canonical for Proxy {
    const KIND: Kind = Kind::ProxySecrets;

    fn write(&self, w: &mut Writer) {
        Codec::write(&self.key, w);
        Codec::write(&self.hpke, w);
        Codec::write(&self.certificate, w);
        let verified = self.accepted.iter().map(|(grant, accepted)| accepted.delivery(*grant));
        let mut deliveries: Vec<Delivery> =
            verified.chain(self.unverified.values().cloned()).collect();
        deliveries.sort_by_key(|delivery| delivery.grant);
        w.list(&deliveries, |w, delivery| Codec::write(delivery, w));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (key, hpke, certificate) = (Codec::read(r)?, Codec::read(r)?, Codec::read(r)?);
        let deliveries: Vec<Delivery> = r.list(MAX_DELIVERIES, Codec::read)?;
        if !deliveries.is_sorted_by(|a, b| a.grant < b.grant) {
            return Err(DecodeError::Invalid("the deliveries are not strictly ascending"));
        }
        let unverified = deliveries.into_iter().map(|delivery| (delivery.grant, delivery));
        let proxy = Self {
            key,
            hpke,
            certificate,
            accepted: BTreeMap::new(),
            unverified: unverified.collect(),
            journaled: BTreeMap::new(),
        };
        proxy.check_keys()
    }
}

impl Proxy {
    /// Verifies the deliveries of a loaded proxy against their grants, and erases those of ended
    /// and revoked grants. A delivery whose grant the view does not contain stays unverified.
    /// Returns the number of usable deliveries.
    ///
    /// # Errors
    /// [`ProtocolError`] if a delivery does not match its grant on the ledger. It stays unverified,
    /// and so do those after it.
    pub fn restore(&mut self, view: LedgerView<'_>) -> Result<usize, ProtocolError> {
        self.erase_ended(view);
        let is_known = |grant: &Digest| view.state.grant(grant).is_some();
        let known: Vec<Digest> = self.unverified.keys().copied().filter(is_known).collect();
        for grant in known {
            self.verify(view.state, self.unverified[&grant].clone())?;
            self.unverified.remove(&grant);
        }
        Ok(self.accepted.len())
    }
}
