//! Encodings of the parties with their secrets, to be saved and loaded
//! ([`SecretFile`](crate::secret_file::SecretFile)).
//!
//! A party is rejected if its keys are not those of its certificate. Signing and HPKE keys are
//! encoded as their seeds, and the pseudonyms of a patient as the root key of the series.
#![forbid(unsafe_code)]

use super::{Doctor, Institution, Patient, Proxy, QueryManager};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, sequence};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use crate::hpke;
use crate::ledger::{Certificate, Role};
use crate::pre;
use crate::sign::SigningKey;

/// The maximum number of condition tags that a patient remembers.
const MAX_TAGS: usize = 1 << 20;

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

/// The keys of a proxy. Its deliveries are saved one by one ([`Proxy::delivery`]), and its
/// re-encryptions in a [`Journal`](super::Journal).
impl Canonical for Proxy {
    const KIND: Kind = Kind::ProxySecrets;

    fn write(&self, w: &mut Writer) {
        Codec::write(&self.key, w);
        Codec::write(&self.hpke, w);
        Codec::write(&self.certificate, w);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::new(Codec::read(r)?, Codec::read(r)?, Codec::read(r)?).check_keys()
    }
}
