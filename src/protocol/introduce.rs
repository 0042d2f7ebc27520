//! Introduce: at the consultation the patient hands the doctor what he needs to write for her.
#![forbid(unsafe_code)]

use super::binding::epoch_of;
use super::{Doctor, Patient, ProtocolError};
use crate::ledger::{Certificate, Role, Time};
use crate::peks;
use crate::pre;
use crate::pseudonym::WindowKey;
use crate::sign::VerifyingKey;

/// What a doctor knows of a patient; goes from hand to hand, never onto the ledger.
#[derive(Debug, Clone)]
pub struct Introduction {
    certificate: Certificate,
    pub(super) peks: peks::PublicKey,
    pub(super) window: WindowKey,
    pub(super) owner: VerifyingKey,
    pub(super) epoch: u32,
}

impl Patient {
    /// Introduces herself to a doctor for the epoch of `now`.
    pub fn introduce(&self, doctor: &VerifyingKey, now: Time) -> Introduction {
        let epoch = epoch_of(now);
        let series = self.series.for_doctor(doctor.as_bytes());
        Introduction {
            certificate: self.certificate.clone(),
            peks: self.peks.public_key(),
            window: series.window(epoch..=epoch).expect("one epoch is not empty"),
            owner: self.owner_key(doctor, epoch).verifying_key(),
            epoch,
        }
    }
}

impl Doctor {
    /// Checks an introduction against the registration centre; gives the patient's re-encryption
    /// key.
    ///
    /// # Errors
    /// [`ProtocolError`] if the certificate is not the centre's, not a patient's, or expired.
    pub fn check_introduction(
        &self,
        introduction: &Introduction,
        centre: &VerifyingKey,
        now: Time,
    ) -> Result<pre::PublicKey, ProtocolError> {
        let subject = introduction
            .certificate
            .verify(centre)
            .map_err(|error| ProtocolError::Signature("the patient's certificate", error))?;
        if subject.role != Role::Patient || subject.valid_until <= now {
            return Err(ProtocolError::NotAuthorised("this is no patient's valid certificate"));
        }
        subject.pre_key().map_err(|error| ProtocolError::Decode("the patient's key", error))
    }
}
