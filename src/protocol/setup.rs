//! Setup: the two authorities make their keys (Qin Eq. 5, Pang Eq. 1).
#![forbid(unsafe_code)]

use super::{Doctor, Policies, ProtocolError};
use crate::abe::fabeo::epochs::{self, EpochAuthority, EpochError, Token};
use crate::abe::{self, PublicParameters};
use crate::algebra::Rng;
use crate::ledger::{Certificate, Role, Time};
use crate::policy::AttributeSet;
use crate::sign::{SigningKey, VerifyingKey};

/// Certifies who is who (Chang's supervision centre, Pang's trusted centre). It never sees a
/// secret key of anyone.
#[derive(Debug)]
pub struct RegistrationCentre {
    pub(super) key: SigningKey,
}

impl RegistrationCentre {
    /// A centre with a fresh key.
    pub fn new(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self { key: SigningKey::generate(rng) }
    }

    /// The key that certificates verify under; part of the ledger's genesis state.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }
}

/// Gives doctors keys for their attributes, which have to be renewed in every attribute epoch. It can
/// open every policy lock; the patient's and the author's locks it cannot.
#[derive(Debug)]
pub struct AttributeAuthority {
    centre: VerifyingKey,
    parameters: PublicParameters,
    keys: EpochAuthority,
}

/// What authors lock with, as the authority publishes it: its parameters, and policies that ask for the
/// attribute epoch that is written in.
#[derive(Debug, Clone)]
pub struct EpochPolicies {
    pub(super) parameters: PublicParameters,
    pub(super) policies: Policies,
}

impl AttributeAuthority {
    /// An authority with a fresh master key that trusts a centre's certificates.
    pub fn new(centre: VerifyingKey, rng: &mut (impl Rng + ?Sized)) -> Self {
        let (parameters, master) = abe::setup(rng);
        Self { centre, parameters, keys: EpochAuthority::new(master, rng) }
    }

    /// What everyone needs to encrypt.
    pub fn parameters(&self) -> &PublicParameters {
        &self.parameters
    }

    /// The attribute epoch that is written in.
    pub fn epoch(&self) -> u32 {
        self.keys.epoch()
    }

    /// What authors lock with in this epoch.
    ///
    /// # Errors
    /// [`EpochError`] for a policy that is at one of its limits or asks for an epoch itself.
    pub fn locks(&self, policies: &Policies) -> Result<EpochPolicies, EpochError> {
        let policies = policies.within(self.epoch())?;
        Ok(EpochPolicies { parameters: self.parameters.clone(), policies })
    }

    /// A user secret key for a certified doctor, good for this epoch. That the attributes are his is
    /// the authority's to know. A key that he had before opens what is written in this epoch, and with the
    /// next one nothing new: call [`Self::next_epoch`] where he has lost an attribute.
    ///
    /// # Errors
    /// [`ProtocolError::Signature`], [`ProtocolError::NotAuthorised`] or
    /// [`ProtocolError::AttributeEpoch`].
    pub fn issue(
        &mut self,
        certificate: &Certificate,
        attributes: &AttributeSet,
        now: Time,
    ) -> Result<abe::UserSecretKey, ProtocolError> {
        let subject = certificate
            .verify(&self.centre)
            .map_err(|error| ProtocolError::Signature("the certificate", error))?;
        if subject.role != Role::Doctor {
            return Err(ProtocolError::NotAuthorised("only doctors are given attributes"));
        }
        if now >= subject.valid_until {
            return Err(ProtocolError::NotAuthorised("the doctor's certificate has ended"));
        }
        Ok(self.keys.issue(&identifier(&subject.key), attributes)?)
    }

    /// What renews a doctor's latest key for an epoch, this one or one that he has missed. It may be public.
    ///
    /// # Errors
    /// [`ProtocolError::AttributeEpoch`] if he has no key, or it was revoked.
    pub fn renew(&self, doctor: &VerifyingKey, epoch: u32) -> Result<Token, ProtocolError> {
        Ok(self.keys.token(&identifier(doctor), epoch)?)
    }

    /// Starts the next epoch: what is written with [`Self::locks`] from now on opens with renewed keys.
    pub fn next_epoch(&mut self) -> u32 {
        self.keys.rekey()
    }

    /// Takes all attributes from a doctor: he is renewed no more, unless a new key is issued to him, and the
    /// next epoch starts. `false` if he has no key, and then nothing changes.
    pub fn revoke(&mut self, doctor: &VerifyingKey) -> bool {
        let revoked = self.keys.revoke(&identifier(doctor));
        if revoked {
            self.next_epoch();
        }
        revoked
    }
}

/// Whom a key is issued to: a name can be had twice, a signing key cannot.
fn identifier(doctor: &VerifyingKey) -> String {
    hex::encode(doctor.as_bytes())
}

impl Doctor {
    /// Takes the authority's key into use, as it is: what is not the authority's opens nothing, and
    /// [`verify_key`](crate::abe::fabeo::verify_key) tells it beforehand.
    pub fn receive_attributes(&mut self, parameters: PublicParameters, key: abe::UserSecretKey) {
        self.abe = Some((parameters, key));
    }

    /// Renews his key.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthorised`] if he has none, [`ProtocolError::AttributeEpoch`] for a token of
    /// another key.
    pub fn renew_attributes(&mut self, token: &Token) -> Result<(), ProtocolError> {
        let held = self.abe.as_mut();
        let (_, key) = held.ok_or(ProtocolError::NotAuthorised("this doctor has no attributes"))?;
        *key = epochs::refresh(key, token)?;
        Ok(())
    }

    /// The key for his attributes, if he has been given one.
    pub fn attribute_key(&self) -> Option<&abe::UserSecretKey> {
        self.abe.as_ref().map(|(_, key)| key)
    }
}
