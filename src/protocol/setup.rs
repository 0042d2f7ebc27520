//! Setup: the registration centre and the attribute authority (Qin Eq. 5, Pang Eq. 1).
#![forbid(unsafe_code)]

use super::{Doctor, Item, Policies, ProtocolError, Refusal};
use crate::abe::fabeo::epochs::{self, EpochAuthority, EpochError, Token};
use crate::abe::{self, PublicParameters};
use crate::algebra::Rng;
use crate::algebra::codec::{public_encoding, sequence};
use crate::ledger::{
    Action, Certificate, Draft, Role, Subject, Time, Transaction, Validity, WithdrawAction,
};
use crate::policy::AttributeSet;
use crate::sign::{InvalidSignature, SigningKey, VerifyingKey};

/// The authority that certifies the keys of all parties (Chang's supervision centre, Pang's trusted
/// centre). It never receives a secret key.
#[derive(Debug)]
pub struct RegistrationCentre {
    pub(super) key: SigningKey,
}

impl RegistrationCentre {
    /// Creates a centre with a fresh key.
    pub fn new(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self { key: SigningKey::generate(rng) }
    }

    /// Extends the validity of a certificate that this centre has issued. Nothing else changes.
    ///
    /// # Errors
    /// [`InvalidSignature`] if the certificate is of another centre.
    pub fn renew(
        &self,
        certificate: &Certificate,
        valid_until: Time,
    ) -> Result<Certificate, InvalidSignature> {
        let subject = certificate.verify(&self.verifying_key())?;
        Ok(Certificate::issue(&self.key, Subject { valid_until, ..subject.clone() }))
    }

    /// Builds the transaction that withdraws a certificate and its renewals. It does not reveal the
    /// subject.
    pub fn withdraw(
        &self,
        validity: Validity<'_>,
        subject: &Subject,
        rng: &mut (impl Rng + ?Sized),
    ) -> Transaction {
        let centre = self.verifying_key();
        let action = Action::Withdraw(WithdrawAction { centre, certificate: subject.withdrawal() });
        Draft::new(validity, action, rng).signed_by(&[&self.key])
    }

    /// Returns the key that verifies certificates, which is part of the ledger's genesis state.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }
}

/// The issuer of attribute keys, which doctors renew in every attribute epoch. It can unwrap every
/// key wrapped for a policy, but none wrapped for a patient or an author.
#[derive(Debug)]
pub struct AttributeAuthority {
    centre: VerifyingKey,
    parameters: PublicParameters,
    keys: EpochAuthority,
}

/// The public parameters of the attribute authority, and policies restricted to the current
/// attribute epoch. Authors encrypt with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochPolicies {
    pub(super) parameters: PublicParameters,
    pub(super) policies: Policies,
}

sequence!(Canonical for RegistrationCentre = RegistrationCentreSecrets { key });
sequence!(Canonical for AttributeAuthority = AttributeAuthoritySecrets {
    centre, parameters, keys,
});
sequence!(Canonical for EpochPolicies = EpochPolicies { parameters, policies });
public_encoding!(EpochPolicies);

impl AttributeAuthority {
    /// Creates an authority with a fresh master key that accepts the certificates of `centre`.
    pub fn new(centre: VerifyingKey, rng: &mut (impl Rng + ?Sized)) -> Self {
        let (parameters, master) = abe::setup(rng);
        Self { centre, parameters, keys: EpochAuthority::new(master, rng) }
    }

    /// Returns the public parameters.
    pub fn parameters(&self) -> &PublicParameters {
        &self.parameters
    }

    /// Returns the current attribute epoch.
    pub fn epoch(&self) -> u32 {
        self.keys.epoch()
    }

    /// Returns the policies restricted to the current attribute epoch.
    ///
    /// # Errors
    /// [`EpochError`] if a policy names an epoch itself, or exceeds a limit with the restriction.
    pub fn epoch_policies(&self, policies: &Policies) -> Result<EpochPolicies, EpochError> {
        let policies = policies.restrict(self.epoch())?;
        Ok(EpochPolicies { parameters: self.parameters.clone(), policies })
    }

    /// Issues a user secret key for the current epoch to a certified doctor. The caller must verify
    /// first that the doctor holds the attributes and that the certificate is not withdrawn. An
    /// earlier key of the same doctor stays valid in this epoch: call [`Self::next_epoch`] if the
    /// doctor has lost an attribute.
    ///
    /// # Errors
    /// [`ProtocolError::Signature`], [`Refusal::DoctorsOnly`], [`Refusal::CertificateExpired`] or
    /// [`ProtocolError::AttributeEpoch`].
    pub fn issue(
        &mut self,
        certificate: &Certificate,
        attributes: &AttributeSet,
        now: Time,
    ) -> Result<abe::UserSecretKey, ProtocolError> {
        let subject = certificate
            .verify(&self.centre)
            .map_err(|error| ProtocolError::Signature(Item::Certificate, error))?;
        if subject.role != Role::Doctor {
            return Err(Refusal::DoctorsOnly.into());
        }
        if now >= subject.valid_until {
            return Err(Refusal::CertificateExpired.into());
        }
        Ok(self.keys.issue(&identifier(&subject.key), attributes)?)
    }

    /// Returns the token that renews a doctor's latest key for the current or a missed epoch. The
    /// token may be public.
    ///
    /// # Errors
    /// [`ProtocolError::AttributeEpoch`] if the doctor has no key, or it was revoked.
    pub fn renew(&self, doctor: &VerifyingKey, epoch: u32) -> Result<Token, ProtocolError> {
        Ok(self.keys.token(&identifier(doctor), epoch)?)
    }

    /// Starts the next attribute epoch and returns it. The policies of
    /// [`Self::epoch_policies`] then require renewed keys.
    pub fn next_epoch(&mut self) -> u32 {
        self.keys.rekey()
    }

    /// Revokes a doctor's attributes and starts the next epoch. The key is no longer renewed; a new
    /// one may be issued. Returns `false`, without effect, if the doctor has no key.
    pub fn revoke(&mut self, doctor: &VerifyingKey) -> bool {
        let revoked = self.keys.revoke(&identifier(doctor));
        if revoked {
            self.next_epoch();
        }
        revoked
    }
}

/// Returns the identifier under which a key is issued. Signing keys are unique, names are not.
fn identifier(doctor: &VerifyingKey) -> String {
    hex::encode(doctor.as_bytes())
}

impl Doctor {
    /// Stores an attribute key without verification. An invalid key decrypts nothing;
    /// [`verify_key`](crate::abe::fabeo::verify_key) detects it.
    pub fn receive_attributes(&mut self, parameters: PublicParameters, key: abe::UserSecretKey) {
        self.abe = Some((parameters, key));
    }

    /// Renews the attribute key.
    ///
    /// # Errors
    /// [`Refusal::NoAttributes`] if the doctor has no key, and [`ProtocolError::AttributeEpoch`] if
    /// the token is for another key.
    pub fn renew_attributes(&mut self, token: &Token) -> Result<(), ProtocolError> {
        let (_, key) = self.abe.as_mut().ok_or(Refusal::NoAttributes)?;
        *key = epochs::refresh(key, token)?;
        Ok(())
    }

    /// Returns the attribute key, if the doctor holds one.
    pub fn attribute_key(&self) -> Option<&abe::UserSecretKey> {
        self.abe.as_ref().map(|(_, key)| key)
    }
}
