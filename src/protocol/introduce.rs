//! Introduction: the keys that a doctor needs to write records for a patient, signed for this
//! doctor at the consultation.
#![forbid(unsafe_code)]

use super::message::SealedMessage;
use super::view::MESSAGE_SKEW;
use super::{Doctor, Item, LedgerView, Patient, ProtocolError, Refusal};
use crate::algebra::Rng;
use crate::algebra::codec::{Canonical, Codec, Reader, Writer};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use crate::ledger::{Certificate, Role, Subject, Time, epoch_deadline, epoch_of};
use crate::peks;
use crate::pre;
use crate::pseudonym::{Pseudonym, WindowKey};
use crate::sign::VerifyingKey;
use std::fmt;

/// A patient's keys for one doctor and epoch, as the doctor has verified them. Secret: it contains
/// the pseudonyms of the epoch.
#[derive(Clone)]
pub struct Introduction {
    pub(super) certificate: Certificate,
    pub(super) pre: pre::PublicKey,
    pub(super) peks: peks::PublicKey,
    pub(super) window: WindowKey,
    pub(super) owner: VerifyingKey,
    /// The time of the patient's signature.
    pub(super) date: Time,
}

/// Omits the patient's name and keys.
impl fmt::Debug for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introduction").field("epoch", &self.epoch()).finish_non_exhaustive()
    }
}

/// The payload of an introduction message. The re-encryption key is in the certificate.
impl Canonical for Introduction {
    const KIND: Kind = Kind::Introduction;
    fn write(&self, w: &mut Writer) {
        Codec::write(&self.certificate, w);
        Codec::write(&self.peks, w);
        Codec::write(&self.window, w);
        Codec::write(&self.owner, w);
        Codec::write(&self.date, w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let certificate: Certificate = Codec::read(r)?;
        let pre = certificate.claimed().pre_key()?;
        let (peks, window) = (Codec::read(r)?, Codec::read(r)?);
        Ok(Self { certificate, pre, peks, window, owner: Codec::read(r)?, date: r.u64()? })
    }
}

impl Introduction {
    /// Returns the writing epoch of the records that the introduction permits.
    pub fn epoch(&self) -> u32 {
        epoch_of(self.date)
    }

    /// Returns the patient, as the registration centre certified them.
    pub fn patient(&self) -> &Subject {
        self.certificate.claimed()
    }

    /// Returns the pseudonym for the doctor and epoch.
    ///
    /// # Errors
    /// [`Refusal::EpochNotCovered`] if the pseudonym window does not contain the epoch.
    pub(super) fn pseudonym(&self) -> Result<Pseudonym, Refusal> {
        self.window.pseudonym(self.epoch(), 0).ok_or(Refusal::EpochNotCovered)
    }

    /// Checks the certificate, and that the patient signed the introduction in the epoch of the
    /// current time or in its tolerance.
    fn check(
        &self,
        sender: &VerifyingKey,
        LedgerView { state, now }: LedgerView<'_>,
    ) -> Result<(), ProtocolError> {
        let subject = (self.certificate)
            .verify(state.centre())
            .map_err(|error| ProtocolError::Signature(Item::PatientCertificate, error))?;
        if subject.role != Role::Patient {
            return Err(Refusal::NotPatientCertificate.into());
        }
        state.check_certificate(subject, now)?;
        if subject.key != *sender {
            return Err(Refusal::OtherSender.into());
        }
        let is_current = self.date <= now + MESSAGE_SKEW && now < epoch_deadline(self.epoch());
        if !is_current {
            return Err(Refusal::StaleIntroduction.into());
        }
        self.pseudonym().map(|_| ()).map_err(Into::into)
    }
}

impl Patient {
    /// Introduces the patient to a doctor for the current epoch: signs the keys for this doctor and
    /// encrypts them to the doctor.
    ///
    /// # Errors
    /// [`ProtocolError::Signature`], [`Refusal::DoctorsOnly`] or [`ProtocolError::Rule`] if the
    /// certificate is not that of a doctor, or is not valid now.
    pub fn introduce(
        &self,
        view: LedgerView<'_>,
        doctor: &Certificate,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedMessage, ProtocolError> {
        let LedgerView { state, now } = view;
        let doctor = doctor
            .verify(state.centre())
            .map_err(|error| ProtocolError::Signature(Item::Certificate, error))?;
        if doctor.role != Role::Doctor {
            return Err(Refusal::DoctorsOnly.into());
        }
        state.check_certificate(doctor, now)?;
        let introduction = self.introduction(&doctor.key, now);
        self.seal_message(state.chain(), doctor, &introduction, rng)
    }

    pub(super) fn introduction(&self, doctor: &VerifyingKey, now: Time) -> Introduction {
        let epoch = epoch_of(now);
        let series = self.series.for_doctor(doctor.as_bytes());
        Introduction {
            certificate: self.certificate.clone(),
            pre: *self.pre.public_key(),
            peks: self.peks.public_key(),
            window: series.window(epoch..=epoch).expect("one epoch is not empty"),
            owner: self.owner_key(doctor, epoch).verifying_key(),
            date: now,
        }
    }
}

impl Doctor {
    /// Opens and verifies an introduction to this doctor.
    ///
    /// # Errors
    /// [`ProtocolError::Message`] if the message is not for this doctor; another [`ProtocolError`]
    /// if the certificate is not valid now, is not a patient's, was not issued by the ledger's
    /// registration centre, or is not the sender's; [`Refusal::StaleIntroduction`] if the patient
    /// did not sign in this epoch.
    pub fn receive_introduction(
        &self,
        view: LedgerView<'_>,
        message: &SealedMessage,
    ) -> Result<Introduction, ProtocolError> {
        let signed = self.open_message::<Introduction>(view.state.chain(), message)?;
        signed.authorise(|sender, introduction| introduction.check(sender, view))
    }
}
