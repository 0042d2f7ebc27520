//! Registration: key generation, proofs of possession, certificate (Qin 3.5.1, Chang section 2).
#![forbid(unsafe_code)]

use super::roles::{Doctor, Institution, Patient, Proxy, QueryManager};
use super::setup::RegistrationCentre;
use crate::algebra::codec::Canonical;
use crate::algebra::{Rng, Secret, random_bytes, tag};
use crate::error::DecodeError;
use crate::ledger::{Action, Certificate, Draft, Role, Subject, Time, Transaction, Validity};
use crate::sign::{Signature, SigningKey};
use crate::{peks, pre, pseudonym};

/// An application for a certificate: public keys, and proofs of possession of the secret keys.
#[derive(Debug, Clone)]
pub struct Enrolment {
    subject: Subject,
    signing_possession: Signature,
    pre_possession: Option<pre::ProofOfPossession>,
}

/// The reason for which the registration centre issues no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The applicant does not prove possession of the signing key.
    #[error("possession of the signing key is not proven")]
    SigningKey,
    /// The applicant does not prove possession of the re-encryption key.
    #[error("possession of the re-encryption key is not proven")]
    PreKey,
    /// The re-encryption public key is malformed.
    #[error("the re-encryption key does not decode: {0}")]
    Malformed(#[from] DecodeError),
}

/// Builds the enrolment of fresh keys.
fn enrol(
    key: &SigningKey,
    pre: Option<&pre::SecretKey>,
    (name, role, valid_until): (&str, Role, Time),
    rng: &mut (impl Rng + ?Sized),
) -> Enrolment {
    let subject = Subject {
        key: key.verifying_key(),
        name: name.to_owned(),
        role,
        pre_key: pre.map(|pre| pre.public_key().to_bytes()).unwrap_or_default(),
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
    /// [`RegistrationError`] names the proof of possession that is missing or invalid.
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError>;
}

impl Registrar for RegistrationCentre {
    /// Verifies both proofs of possession and issues a certificate. The caller has verified the
    /// applicant's identity.
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError> {
        let Enrolment { subject, signing_possession, pre_possession } = enrolment;
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

/// Generates and certifies the keys of a party that delegates or receives re-encryptions.
fn certified_keys(
    named: (&str, Role, Time),
    registrar: &dyn Registrar,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(SigningKey, pre::SecretKey, Certificate), RegistrationError> {
    let key = SigningKey::generate(rng);
    let (pre, _) = pre::keygen(rng);
    let certificate = registrar.certify(&enrol(&key, Some(&pre), named, rng))?;
    Ok((key, pre, certificate))
}

impl Patient {
    /// Generates all keys and has them certified.
    ///
    /// # Errors
    /// [`RegistrationError`] if the centre refuses.
    pub fn register(
        name: &str,
        valid_until: Time,
        registrar: &dyn Registrar,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, RegistrationError> {
        let (key, pre, certificate) =
            certified_keys((name, Role::Patient, valid_until), registrar, rng)?;
        Ok(Self {
            key,
            pre,
            peks: peks::keygen(rng).0,
            series: pseudonym::SeriesSecret::generate(rng),
            owner_secret: Secret::new(random_bytes(rng)),
            certificate,
        })
    }
}

impl Doctor {
    /// Generates all keys and has them certified.
    ///
    /// # Errors
    /// [`RegistrationError`] if the centre refuses.
    pub fn register(
        name: &str,
        valid_until: Time,
        registrar: &dyn Registrar,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, RegistrationError> {
        let (key, pre, certificate) =
            certified_keys((name, Role::Doctor, valid_until), registrar, rng)?;
        Ok(Self { key, pre, abe: None, certificate })
    }
}

/// Registration of the roles that hold a signing key only.
macro_rules! signing_only {
    ($($role:ident),+) => {$(
        impl $role {
            /// Generates a signing key and has it certified.
            ///
            /// # Errors
            /// [`RegistrationError`] if the centre refuses.
            pub fn register(
                name: &str,
                valid_until: Time,
                registrar: &dyn Registrar,
                rng: &mut (impl Rng + ?Sized),
            ) -> Result<Self, RegistrationError> {
                let key = SigningKey::generate(rng);
                let enrolment = enrol(&key, None, (name, Role::$role, valid_until), rng);
                let certificate = registrar.certify(&enrolment)?;
                Ok(Self::new(key, certificate))
            }
        }
    )+};
}
signing_only!(Institution, QueryManager, Proxy);

/// Announcement on the ledger, for all roles but the patient.
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
        let (pre, other_pre) = (pre::keygen(rng).0, pre::keygen(rng).0);
        let who = ("Dr. Ruiz", Role::Doctor, 1000);
        let honest = enrol(&key, Some(&pre), who, rng);
        let foreign = enrol(&other, Some(&other_pre), who, rng);
        let certify = |change: &dyn Fn(&mut Enrolment)| {
            let mut changed = honest.clone();
            change(&mut changed);
            centre.certify(&changed).map(|_| ())
        };
        assert_eq!(certify(&|_| ()), Ok(()));

        // Another party's keys or proofs, and a proof for another statement.
        let signing = Err(RegistrationError::SigningKey);
        assert_eq!(certify(&|e| e.subject.key = other.verifying_key()), signing);
        assert_eq!(certify(&|e| e.signing_possession = foreign.signing_possession), signing);
        assert_eq!(certify(&|e| e.subject.name.push('!')), signing);
        assert_eq!(certify(&|e| e.subject.role = Role::Institution), signing);
        assert_eq!(certify(&|e| e.subject.valid_until += 1), signing);

        // The applicant signs a statement with another party's re-encryption key.
        let stolen = |e: &mut Enrolment| {
            e.subject.pre_key = foreign.subject.pre_key.clone();
            let statement = e.subject.to_signed_bytes();
            e.signing_possession = key.sign(tag::SIGN_POSSESSION, &[&statement]);
        };
        let pre_key = Err(RegistrationError::PreKey);
        assert_eq!(certify(&stolen), pre_key);
        let replayed = |e: &mut Enrolment| {
            stolen(e);
            e.pre_possession = foreign.pre_possession.clone();
        };
        assert_eq!(certify(&replayed), pre_key, "the proof is for another statement");
        assert_eq!(certify(&|e| e.pre_possession = None), pre_key);
        assert_eq!(certify(&|e| e.pre_possession = foreign.pre_possession.clone()), pre_key);
        let superfluous = |e: &mut Enrolment| {
            e.subject.pre_key.clear();
            let statement = e.subject.to_signed_bytes();
            e.signing_possession = key.sign(tag::SIGN_POSSESSION, &[&statement]);
        };
        assert_eq!(certify(&superfluous), pre_key, "a proof without a key");
        let malformed = |e: &mut Enrolment| {
            e.subject.pre_key.truncate(20);
            let statement = e.subject.to_signed_bytes();
            e.signing_possession = key.sign(tag::SIGN_POSSESSION, &[&statement]);
        };
        assert!(matches!(certify(&malformed), Err(RegistrationError::Malformed(_))));
    }
}
