//! Registration: key generation, proofs of possession, certificate (Qin 3.5.1, Chang section 2).
#![forbid(unsafe_code)]

use super::roles::{Doctor, Institution, Patient, Proxy, QueryManager};
use super::setup::RegistrationCentre;
use crate::algebra::codec::{Canonical, public_encoding, sequence};
use crate::algebra::{Rng, Secret, random_bytes, tag};
use crate::error::DecodeError;
use crate::ledger::{
    Action, Certificate, Draft, MAX_NAME, Role, Subject, Time, Transaction, Validity,
};
use crate::sign::{Signature, SigningKey};
use crate::{hpke, peks, pre, pseudonym};
use std::collections::BTreeMap;

/// An application for a certificate: public keys, and proofs of possession of the secret keys.
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

/// The reason why the registration centre issues no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The applicant does not prove possession of the signing key.
    #[error("possession of the signing key is not proven")]
    SigningKey,
    /// The applicant does not prove possession of the re-encryption key.
    #[error("possession of the re-encryption key is not proven")]
    PreKey,
    /// The name is too long for a certificate.
    #[error("the name has {0} bytes; a certificate has at most {MAX_NAME}")]
    NameTooLong(usize),
    /// The re-encryption public key is malformed.
    #[error("the re-encryption key does not decode: {0}")]
    Malformed(#[from] DecodeError),
}

/// The name, role and end of validity in an enrolment.
type Applicant<'a> = (&'a str, Role, Time);

/// Builds the enrolment of fresh keys.
fn enrol(
    (key, hpke): (&SigningKey, &hpke::SecretKey),
    pre: Option<&pre::SecretKey>,
    (name, role, valid_until): Applicant<'_>,
    rng: &mut (impl Rng + ?Sized),
) -> Enrolment {
    let subject = Subject {
        key: key.verifying_key(),
        name: name.to_owned(),
        role,
        hpke_key: hpke.public_key(),
        pre_key: pre.map(|pre| pre.public_key().to_bytes()).unwrap_or_default(),
        serial: random_bytes(rng),
        valid_until,
    };
    let statement = subject.to_signed_bytes();
    Enrolment {
        signing_possession: key.sign(tag::SIGN_POSSESSION, &[&statement]),
        pre_possession: pre.map(|pre| pre.prove_possession(&statement, rng)),
        subject,
    }
}

/// Access to the registration centre, local or remote.
pub trait Registrar {
    /// Exchanges an enrolment for a certificate.
    ///
    /// # Errors
    /// [`RegistrationError`] if a proof of possession is missing or invalid, or a key is malformed.
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError>;
}

impl Registrar for RegistrationCentre {
    /// Verifies the proofs of possession and issues a certificate. The caller must verify first
    /// that [`Enrolment::subject`] states the applicant's identity and role, and an acceptable end
    /// of validity: the applicant has chosen them.
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError> {
        let Enrolment { subject, signing_possession, pre_possession } = enrolment;
        if subject.name.len() > MAX_NAME {
            return Err(RegistrationError::NameTooLong(subject.name.len()));
        }
        let statement = subject.to_signed_bytes();
        let signed =
            subject.key.verify(tag::SIGN_POSSESSION, &[&statement], signing_possession).is_ok();
        if !signed {
            return Err(RegistrationError::SigningKey);
        }
        match (pre_possession, subject.pre_key.is_empty()) {
            (None, true) => {}
            (Some(proof), false) => subject
                .pre_key()?
                .verify_possession(&statement, proof)
                .map_err(|_| RegistrationError::PreKey)?,
            _ => return Err(RegistrationError::PreKey),
        }
        Ok(Certificate::issue(&self.key, subject.clone()))
    }
}

/// Generates and certifies a signing key and an HPKE key.
fn message_keys(
    applicant: Applicant<'_>,
    registrar: &dyn Registrar,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(SigningKey, hpke::SecretKey, Certificate), RegistrationError> {
    let (key, hpke) = (SigningKey::generate(rng), hpke::SecretKey::generate(rng));
    let certificate = registrar.certify(&enrol((&key, &hpke), None, applicant, rng))?;
    Ok((key, hpke, certificate))
}

/// Generates and certifies a signing key, an HPKE key and a re-encryption key.
fn message_and_pre_keys(
    applicant: Applicant<'_>,
    registrar: &dyn Registrar,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(SigningKey, hpke::SecretKey, pre::SecretKey, Certificate), RegistrationError> {
    let (key, hpke) = (SigningKey::generate(rng), hpke::SecretKey::generate(rng));
    let (pre, _) = pre::keygen(rng);
    let certificate = registrar.certify(&enrol((&key, &hpke), Some(&pre), applicant, rng))?;
    Ok((key, hpke, pre, certificate))
}

macro_rules! registration {
    ($($role:ident: $generate:ident, |$keys:pat_param, $rng:ident| $party:expr;)+) => {$(
        impl $role {
            /// Generates all keys of the party and has the registration centre certify them.
            ///
            /// # Errors
            /// [`RegistrationError`] if the centre refuses.
            pub fn register(
                name: &str,
                valid_until: Time,
                registrar: &dyn Registrar,
                $rng: &mut (impl Rng + ?Sized),
            ) -> Result<Self, RegistrationError> {
                let $keys = $generate((name, Role::$role, valid_until), registrar, $rng)?;
                Ok($party)
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
    Doctor: message_and_pre_keys, |(key, hpke, pre, certificate), rng| Self {
        key, hpke, pre, abe: None, certificate
    };
    Institution: message_keys, |(key, hpke, certificate), rng| Self { key, hpke, certificate };
    QueryManager: message_keys, |(key, hpke, certificate), rng| Self { key, hpke, certificate };
    Proxy: message_keys, |(key, hpke, certificate), rng| Self::new(key, hpke, certificate);
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

            /// Builds the transaction that renews the certificate on the ledger.
            pub fn renew(
                &mut self,
                renewed: Certificate,
                validity: Validity<'_>,
                rng: &mut (impl Rng + ?Sized),
            ) -> Transaction {
                self.certificate = renewed.clone();
                Draft::new(validity, Action::Renew(renewed), rng).signed_by(&[&self.key])
            }
        }
    )+};
}
announced!(Doctor, Institution, QueryManager, Proxy);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_certifies_only_keys_whose_possession_is_proven() {
        let rng = &mut rand::thread_rng();
        let centre = RegistrationCentre::new(rng);
        let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
        let (hpke, other_hpke) = (hpke::SecretKey::generate(rng), hpke::SecretKey::generate(rng));
        let (pre, other_pre) = (pre::keygen(rng).0, pre::keygen(rng).0);
        let applicant = ("Dr. Ruiz", Role::Doctor, 1000);
        let honest = enrol((&key, &hpke), Some(&pre), applicant, rng);
        let foreign = enrol((&other, &other_hpke), Some(&other_pre), applicant, rng);
        let certify = |change: &dyn Fn(&mut Enrolment)| {
            let mut changed = honest.clone();
            change(&mut changed);
            centre.certify(&changed).map(|_| ())
        };
        assert_eq!(certify(&|_| ()), Ok(()));

        // Another party's key or proof, and a statement changed after signing.
        let signing = Err(RegistrationError::SigningKey);
        assert_eq!(certify(&|e| e.subject.key = other.verifying_key()), signing);
        assert_eq!(certify(&|e| e.signing_possession = foreign.signing_possession), signing);
        assert_eq!(certify(&|e| e.subject.name.push('!')), signing);
        assert_eq!(certify(&|e| e.subject.role = Role::Institution), signing);
        assert_eq!(certify(&|e| e.subject.valid_until += 1), signing);
        assert_eq!(certify(&|e| e.subject.hpke_key = other_hpke.public_key()), signing);

        assert_eq!(honest.subject().name, "Dr. Ruiz");
        let long = certify(&|e| e.subject.name = "x".repeat(MAX_NAME + 1));
        assert_eq!(long, Err(RegistrationError::NameTooLong(MAX_NAME + 1)));

        // The applicant signs the changed statement.
        let certify_signed = |change: &dyn Fn(&mut Enrolment)| {
            certify(&|e| {
                change(e);
                let statement = e.subject.to_signed_bytes();
                e.signing_possession = key.sign(tag::SIGN_POSSESSION, &[&statement]);
            })
        };
        let pre_key = Err(RegistrationError::PreKey);
        let foreign_key = |e: &mut Enrolment| e.subject.pre_key = foreign.subject.pre_key.clone();
        assert_eq!(certify_signed(&foreign_key), pre_key);
        let replayed = |e: &mut Enrolment| {
            foreign_key(e);
            e.pre_possession = foreign.pre_possession.clone();
        };
        assert_eq!(certify_signed(&replayed), pre_key, "the proof is for another statement");
        assert_eq!(certify(&|e| e.pre_possession = None), pre_key);
        assert_eq!(certify(&|e| e.pre_possession = foreign.pre_possession.clone()), pre_key);
        let without_key = certify_signed(&|e| e.subject.pre_key.clear());
        assert_eq!(without_key, pre_key, "a proof without a key");
        let malformed = certify_signed(&|e| e.subject.pre_key.truncate(20));
        assert!(matches!(malformed, Err(RegistrationError::Malformed(_))));
    }
}
