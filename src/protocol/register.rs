//! Registration: key generation, proofs of possession, certificate (Qin 3.5.1, Chang section 2).
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use super::application::Application;
use super::roles::{Doctor, Institution, Patient, Proxy, QueryManager};
use super::setup::RegistrationCentre;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding, sequence};
use crate::algebra::{Rng, Secret, random_bytes, tag};
use crate::error::DecodeError;
use crate::ledger::{
    Action, Certificate, Draft, MAX_NAME, Role, Subject, Time, Transaction, Validity,
};
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};
use crate::{hpke, peks, pre, pseudonym};
use std::collections::BTreeMap;
use std::{fmt, io};

/// An application for a certificate: public keys, and proofs of possession of the
/// signing and re-encryption keys. Possession of the HPKE key is not proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    subject: Subject,
    signing_possession: Signature,
    pre_possession: Option<pre::ProofOfPossession>,
}

sequence!(Canonical for Enrolment = Enrolment { subject, signing_possession, pre_possession });
public_encoding!(Enrolment);

impl Enrolment {
    /// Returns the subject as the applicant states it: name, role, end of validity and keys.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
}

/// The maximum length of a [`Reason`] in bytes.
const MAX_REASON: usize = 256;

/// The registration centre's reason for a refusal: at most 256 bytes, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Keeps the start of a text that is longer, and replaces its control characters.
    pub fn new(text: &str) -> Self {
        let kept = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= MAX_REASON);
        Self(kept.map(|(_, c)| if c.is_control() { ' ' } else { c }).collect())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The reason why a registration fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The applicant does not prove possession of the signing key.
    #[error("possession of the signing key is not proven; the enrolment may have been changed")]
    SigningKey,
    /// The applicant does not prove possession of the re-encryption key.
    #[error("possession of the re-encryption key is not proven")]
    PreKey,
    /// A name that a certificate does not contain.
    #[error("a name has 1 to {MAX_NAME} bytes and no control characters")]
    Name,
    /// The re-encryption public key is malformed.
    #[error("the re-encryption key does not decode: {0}")]
    Malformed(#[from] DecodeError),
    /// The centre has not approved the enrolment.
    #[error("the registration centre has not approved the enrolment: {0}")]
    NotApproved(Reason),
    /// The exchange with the centre failed. The same enrolment may be sent again.
    #[error("the registration centre cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
    /// The certificate is not signed by the centre.
    #[error("the certificate is not signed by the registration centre")]
    Certificate(#[source] InvalidSignature),
    /// The certificate is for another subject. The field is the first that differs.
    #[error("the certificate's {0} differs from that of the enrolment")]
    OtherSubject(&'static str),
    /// The certificate does not renew that of the party.
    #[error(
        "the certificate is no renewal: it must extend the validity of the present one, and equal it \
         in everything else"
    )]
    NotRenewal,
}

impl Enrolment {
    /// Proves possession of the secret keys of a subject.
    pub(super) fn new(
        subject: Subject,
        key: &SigningKey,
        pre: Option<&pre::SecretKey>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Self {
        let statement = subject.to_signed_bytes();
        Self {
            signing_possession: key.sign(tag::SIGN_POSSESSION, &[&statement]),
            pre_possession: pre.map(|pre| pre.prove_possession(&statement, rng)),
            subject,
        }
    }

    /// Verifies the proofs of possession.
    pub(super) fn verify(&self) -> Result<(), RegistrationError> {
        let Self { subject, signing_possession, pre_possession } = self;
        let statement = subject.to_signed_bytes();
        let signed = subject.key.verify(tag::SIGN_POSSESSION, &[&statement], signing_possession);
        signed.map_err(|_| RegistrationError::SigningKey)?;
        match (pre_possession, subject.pre_key.is_empty()) {
            (None, true) => Ok(()),
            (Some(proof), false) => subject
                .pre_key()?
                .verify_possession(&statement, proof)
                .map_err(|_| RegistrationError::PreKey),
            _ => Err(RegistrationError::PreKey),
        }
    }
}

/// Access to the registration centre, local or remote.
///
/// An implementation for a remote centre sends the enrolment and waits for the answer. If the
/// centre declines, the implementation returns [`RegistrationError::NotApproved`] with the centre's
/// reason. If the exchange fails or takes too long, it returns [`RegistrationError::Unreachable`];
/// an answer that does not decode is an [`io::ErrorKind::InvalidData`]. A centre that approves by
/// hand takes longer than a call: its applicants keep an [`Application`] and receive the
/// certificate later.
pub trait Registrar {
    /// Returns the key that verifies the centre's certificates. The applicant has it from a trusted
    /// source, such as the genesis state of the ledger, and not from the answer.
    fn verifying_key(&self) -> VerifyingKey;

    /// Exchanges an enrolment for a certificate. The applicant verifies the certificate.
    ///
    /// # Errors
    /// [`RegistrationError`] if a proof of possession is missing or invalid, a key is malformed,
    /// the centre does not approve, or it cannot be reached.
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError>;
}

impl Registrar for RegistrationCentre {
    fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Verifies the proofs of possession and issues a certificate. The caller must verify first
    /// that [`Enrolment::subject`] states the applicant's identity and role, and an acceptable end
    /// of validity: the applicant has chosen them.
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError> {
        let subject = enrolment.subject();
        if !Subject::is_valid_name(&subject.name) {
            return Err(RegistrationError::Name);
        }
        enrolment.verify()?;
        Ok(Certificate::issue(&self.key, subject.clone()))
    }
}

/// Returns the keys of a party without a re-encryption key.
fn message_keys<P>(
    application: &Application<P>,
    certificate: Certificate,
) -> (SigningKey, hpke::SecretKey, Certificate) {
    (application.key.clone(), application.hpke.clone(), certificate)
}

/// Returns the keys of a party with a re-encryption key.
fn message_and_pre_keys<P>(
    application: &Application<P>,
    certificate: Certificate,
) -> (SigningKey, hpke::SecretKey, pre::SecretKey, Certificate) {
    let (key, hpke, certificate) = message_keys(application, certificate);
    let pre = application.pre.clone().expect("generation and decoding require the key");
    (key, hpke, pre, certificate)
}

macro_rules! registration {
    ($($role:ident: $keys_of:ident, |$keys:pat_param, $rng:ident| $party:expr;)+) => {$(
        impl Application<$role> {
            /// Generates the keys that the registration centre certifies.
            ///
            /// # Errors
            /// [`RegistrationError::Name`].
            pub fn new(
                name: &str,
                valid_until: Time,
                rng: &mut (impl Rng + ?Sized),
            ) -> Result<Self, RegistrationError> {
                Self::generate((name, Role::$role, valid_until), rng)
            }

            /// Completes the registration with the certificate, and generates the other keys of
            /// the party. Another completion generates others: save the party, then remove the
            /// application.
            ///
            /// # Errors
            /// [`RegistrationError::Certificate`] if the centre with the key `centre` has not
            /// signed the certificate, [`RegistrationError::OtherSubject`] if the certificate is
            /// not for exactly the subject of the enrolment.
            pub fn complete(
                &self,
                certificate: Certificate,
                centre: &VerifyingKey,
                rng: &mut (impl Rng + ?Sized),
            ) -> Result<$role, RegistrationError> {
                self.check_certificate(&certificate, centre)?;
                Ok($role::certified(self, certificate, rng))
            }
        }

        impl Canonical for Application<$role> {
            const KIND: tag::Kind = tag::Kind::ApplicationSecrets;

            fn write(&self, w: &mut Writer) {
                self.write_fields(w);
            }
            fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Self::read_fields(Role::$role, r)
            }
        }

        impl $role {
            /// Registers in one call: generates all keys of the party and waits until the
            /// registration centre certifies them. If the call fails, the keys are erased; an
            /// [`Application`] keeps them.
            ///
            /// # Errors
            /// [`RegistrationError`] if the centre refuses or cannot be reached, or its certificate
            /// is not valid for these keys.
            pub fn register(
                name: &str,
                valid_until: Time,
                registrar: &dyn Registrar,
                rng: &mut (impl Rng + ?Sized),
            ) -> Result<Self, RegistrationError> {
                let application = Application::<Self>::new(name, valid_until, rng)?;
                let certificate = registrar.certify(application.enrolment())?;
                application.complete(certificate, &registrar.verifying_key(), rng)
            }

            fn certified(
                application: &Application<Self>,
                certificate: Certificate,
                $rng: &mut (impl Rng + ?Sized),
            ) -> Self {
                let $keys = $keys_of(application, certificate);
                $party
            }
        }
    )+};
}

registration! {
    Patient: message_and_pre_keys, |(key, hpke, pre, certificate), rng| Self {
        key,
        hpke,
        pre,
        peks: peks::keygen(rng).0,
        series: pseudonym::SeriesSecret::generate(rng),
        owner_secret: Secret::new(random_bytes(rng)),
        certificate,
        classes: BTreeMap::new(),
    };
    Doctor: message_and_pre_keys, |(key, hpke, pre, certificate), _rng| Self {
        key, hpke, pre, abe: None, certificate
    };
    Institution: message_keys, |(key, hpke, certificate), _rng| Self { key, hpke, certificate };
    QueryManager: message_keys, |(key, hpke, certificate), _rng| Self { key, hpke, certificate };
    Proxy: message_keys, |(key, hpke, certificate), _rng| Self::new(key, hpke, certificate);
}

/// Checks that a certificate of the centre extends the present one.
fn check_renewal(
    present: &Certificate,
    renewed: &Certificate,
    centre: &VerifyingKey,
) -> Result<(), RegistrationError> {
    let subject = renewed.verify(centre).map_err(RegistrationError::Certificate)?;
    let renews = subject.renews(present.claimed());
    if renews { Ok(()) } else { Err(RegistrationError::NotRenewal) }
}

impl Patient {
    /// Replaces the certificate by its renewal. Patients are not on the ledger. The patient is to
    /// be saved again.
    ///
    /// # Errors
    /// [`RegistrationError::Certificate`] if the centre with the key `centre` has not signed the
    /// certificate, [`RegistrationError::NotRenewal`].
    pub fn renew(
        &mut self,
        renewed: Certificate,
        centre: &VerifyingKey,
    ) -> Result<(), RegistrationError> {
        check_renewal(&self.certificate, &renewed, centre)?;
        self.certificate = renewed;
        Ok(())
    }
}

/// Announcement on the ledger. Patients are not announced.
macro_rules! announced {
    ($($role:ident),+) => {$(
        impl $role {
            /// Builds the transaction that registers this party on the ledger.
            pub fn announce(
                &self,
                validity: Validity<'_>,
                rng: &mut (impl Rng + ?Sized),
            ) -> Transaction {
                let action = Action::Register(self.certificate.clone());
                Draft::new(validity, action, rng).signed_by(&[&self.key])
            }

            /// Replaces the certificate by its renewal, and builds the transaction that renews it
            /// on the ledger. The party is to be saved again.
            ///
            /// # Errors
            /// [`RegistrationError::Certificate`] if the centre with the key `centre` has not
            /// signed the certificate, [`RegistrationError::NotRenewal`]. The party then has its
            /// former certificate.
            pub fn renew(
                &mut self,
                renewed: Certificate,
                centre: &VerifyingKey,
                validity: Validity<'_>,
                rng: &mut (impl Rng + ?Sized),
            ) -> Result<Transaction, RegistrationError> {
                check_renewal(&self.certificate, &renewed, centre)?;
                self.certificate = renewed.clone();
                Ok(Draft::new(validity, Action::Renew(renewed), rng).signed_by(&[&self.key]))
            }
        }
    )+};
}
announced!(Doctor, Institution, QueryManager, Proxy);
