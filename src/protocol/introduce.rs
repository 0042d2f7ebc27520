//! Introduction: the keys that a doctor needs to write records for a patient, handed over at the
//! consultation.
#![forbid(unsafe_code)]

use super::{Doctor, Item, LedgerView, Patient, ProtocolError, Refusal};
use crate::ledger::{Certificate, Role, Time, epoch_of};
use crate::peks;
use crate::pre;
use crate::pseudonym::{Pseudonym, WindowKey};
use crate::sign::VerifyingKey;
use std::fmt;

/// A patient's keys for one doctor and epoch. Handed over in person, never put on the ledger.
#[derive(Clone)]
pub struct Introduction {
    certificate: Certificate,
    pub(super) peks: peks::PublicKey,
    pub(super) window: WindowKey,
    pub(super) owner: VerifyingKey,
    pub(super) epoch: u32,
}

/// Omits the patient's name and keys.
impl fmt::Debug for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introduction").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Introduction {
    /// Returns the writing epoch of the records that the introduction permits.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns the pseudonym for the doctor and epoch.
    ///
    /// # Errors
    /// [`Refusal::EpochNotCovered`] if the pseudonym window does not contain the epoch.
    pub(super) fn pseudonym(&self) -> Result<Pseudonym, Refusal> {
        self.window.pseudonym(self.epoch, 0).ok_or(Refusal::EpochNotCovered)
    }
}

impl Patient {
    /// Introduces the patient to a doctor for the epoch of `now`.
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
    /// Verifies an introduction against the registration centre and returns the patient's
    /// re-encryption public key.
    ///
    /// # Errors
    /// [`ProtocolError`] if the certificate has expired or was withdrawn, is not a patient's, or
    /// was not issued by the ledger's registration centre.
    pub fn check_introduction(
        &self,
        introduction: &Introduction,
        LedgerView { state, now }: LedgerView<'_>,
    ) -> Result<pre::PublicKey, ProtocolError> {
        let subject = introduction
            .certificate
            .verify(state.centre())
            .map_err(|error| ProtocolError::Signature(Item::PatientCertificate, error))?;
        if subject.role != Role::Patient {
            return Err(Refusal::NotPatientCertificate.into());
        }
        state.check_certificate(subject, now)?;
        subject.pre_key().map_err(|error| ProtocolError::Decode(Item::PatientKey, error))
    }
}
