//! The keys of a party that waits for its certificate.
#![forbid(unsafe_code)]

use super::register::{Enrolment, RegistrationError};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer};
use crate::algebra::{Rng, random_bytes};
use crate::error::DecodeError;
use crate::ledger::{Certificate, Role, Subject, Time};
use crate::sign::{SigningKey, VerifyingKey};
use crate::{hpke, pre};
use std::fmt;
use std::marker::PhantomData;

/// The secret keys of an applicant in the role `P`, with the enrolment for the registration centre.
///
/// An application is complete with a certificate for exactly the subject of its enrolment. A
/// refused certificate leaves the application as it was. Decoding rejects keys that are not those
/// of the enrolment.
///
/// A registration centre may approve an enrolment days later. The application keeps the secret keys
/// until then, also in a file:
///
/// ```
/// use epione::protocol::{Application, Patient, Registrar, RegistrationCentre};
/// use epione::secret_file::SecretFile;
/// let rng = &mut rand::thread_rng();
/// let centre = RegistrationCentre::new(rng);
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("application.secret");
///
/// // The applicant saves the keys before the centre receives the enrolment.
/// let application = Application::<Patient>::new("Ada Byron", 1000, rng)?;
/// SecretFile::new(&path).save(&application)?;
///
/// // The centre approves the enrolment, which contains no secrets.
/// let certificate = centre.certify(application.enrolment())?;
///
/// // After a restart.
/// let application: Application<Patient> = SecretFile::new(&path).load()?;
/// let ada = application.complete(certificate, &centre.verifying_key(), rng)?;
/// assert_eq!(ada.verifying_key(), application.enrolment().subject().key);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Application<P> {
    pub(super) key: SigningKey,
    pub(super) hpke: hpke::SecretKey,
    /// The re-encryption key of patients and doctors.
    pub(super) pre: Option<pre::SecretKey>,
    enrolment: Enrolment,
    role: PhantomData<fn() -> P>,
}

/// Omits the applicant's name and keys.
impl<P> fmt::Debug for Application<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").finish_non_exhaustive()
    }
}

impl<P> Application<P> {
    /// Returns the message for the registration centre. It contains no secrets.
    pub fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    #[cfg(test)]
    pub(super) fn enrolment_mut(&mut self) -> &mut Enrolment {
        &mut self.enrolment
    }

    /// Generates the keys of a role, and proves their possession.
    pub(super) fn generate(
        (name, role, valid_until): (&str, Role, Time),
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, RegistrationError> {
        if !Subject::is_valid_name(name) {
            return Err(RegistrationError::Name);
        }
        let (key, hpke) = (SigningKey::generate(rng), hpke::SecretKey::generate(rng));
        let pre = has_pre_key(role).then(|| pre::keygen(rng).0);
        let subject = Subject {
            key: key.verifying_key(),
            name: name.to_owned(),
            role,
            hpke_key: hpke.public_key(),
            pre_key: encode_pre_key(pre.as_ref()),
            serial: random_bytes(rng),
            valid_until,
        };
        let enrolment = Enrolment::new(subject, &key, pre.as_ref(), rng);
        Ok(Self { key, hpke, pre, enrolment, role: PhantomData })
    }

    /// Verifies the centre's signature, and compares every field of the certificate.
    pub(super) fn check_certificate(
        &self,
        certificate: &Certificate,
        centre: &VerifyingKey,
    ) -> Result<(), RegistrationError> {
        let certified = certificate.verify(centre).map_err(RegistrationError::Certificate)?;
        let Subject { key, name, role, hpke_key, pre_key, serial, valid_until } =
            self.enrolment.subject();
        let fields = [
            ("signing key", certified.key == *key),
            ("name", certified.name == *name),
            ("role", certified.role == *role),
            ("HPKE key", certified.hpke_key == *hpke_key),
            ("re-encryption key", certified.pre_key == *pre_key),
            ("serial number", certified.serial == *serial),
            ("end of validity", certified.valid_until == *valid_until),
        ];
        match fields.into_iter().find(|(_, is_equal)| !is_equal) {
            Some((field, _)) => Err(RegistrationError::OtherSubject(field)),
            None => Ok(()),
        }
    }

    pub(super) fn write_fields(&self, w: &mut Writer) {
        Codec::write(&self.key, w);
        Codec::write(&self.hpke, w);
        Codec::write(&self.pre, w);
        Codec::write(&self.enrolment, w);
    }

    /// Reads the fields. The keys must be those of the enrolment, and its proofs must be valid.
    pub(super) fn read_fields(role: Role, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (key, hpke): (SigningKey, hpke::SecretKey) = (Codec::read(r)?, Codec::read(r)?);
        let (pre, enrolment): (Option<pre::SecretKey>, Enrolment) =
            (Codec::read(r)?, Codec::read(r)?);
        let subject = enrolment.subject();
        let of_keys = Subject {
            key: key.verifying_key(),
            role,
            hpke_key: hpke.public_key(),
            pre_key: encode_pre_key(pre.as_ref()),
            ..subject.clone()
        };
        if subject.role != role {
            return Err(DecodeError::Invalid("the application is for another role"));
        }
        if of_keys != *subject || pre.is_some() != has_pre_key(role) {
            return Err(DecodeError::Invalid("the keys are not those of the application"));
        }
        if enrolment.verify().is_err() {
            return Err(DecodeError::Invalid("the proofs of possession are not valid"));
        }
        Ok(Self { key, hpke, pre, enrolment, role: PhantomData })
    }
}

/// Returns `true` for the roles whose certificate contains a re-encryption key.
fn has_pre_key(role: Role) -> bool {
    matches!(role, Role::Patient | Role::Doctor)
}

fn encode_pre_key(pre: Option<&pre::SecretKey>) -> Vec<u8> {
    pre.map(|pre| pre.public_key().to_bytes()).unwrap_or_default()
}
