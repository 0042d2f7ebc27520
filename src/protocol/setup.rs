//! Setup: the two authorities make their keys (Qin Eq. 5, Pang Eq. 1).
#![forbid(unsafe_code)]

use super::{Doctor, ProtocolError};
use crate::abe::{self, MasterSecretKey, PublicParameters};
use crate::algebra::Rng;
use crate::ledger::{Certificate, Role};
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

/// Gives doctors keys for their attributes. It can open every policy lock; the patient's and the
/// author's locks it cannot.
#[derive(Debug)]
pub struct AttributeAuthority {
    centre: VerifyingKey,
    parameters: PublicParameters,
    master: MasterSecretKey,
}

impl AttributeAuthority {
    /// An authority with a fresh master key that trusts a centre's certificates.
    pub fn new(centre: VerifyingKey, rng: &mut (impl Rng + ?Sized)) -> Self {
        let (parameters, master) = abe::setup(rng);
        Self { centre, parameters, master }
    }

    /// What everyone needs to encrypt.
    pub fn parameters(&self) -> &PublicParameters {
        &self.parameters
    }

    /// A user secret key for a certified doctor. That the attributes are his is the authority's
    /// to know.
    ///
    /// # Errors
    /// [`ProtocolError::Signature`] or [`ProtocolError::NotAuthorised`].
    pub fn issue(
        &self,
        certificate: &Certificate,
        attributes: &AttributeSet,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<abe::UserSecretKey, ProtocolError> {
        let subject = certificate
            .verify(&self.centre)
            .map_err(|error| ProtocolError::Signature("the certificate", error))?;
        if subject.role != Role::Doctor {
            return Err(ProtocolError::NotAuthorised("only doctors are given attributes"));
        }
        Ok(abe::keygen(&self.master, attributes, rng))
    }
}

impl Doctor {
    /// Takes the authority's key into use.
    pub fn receive_attributes(&mut self, parameters: PublicParameters, key: abe::UserSecretKey) {
        self.abe = Some((parameters, key));
    }

    /// The key for his attributes, if he has been given one.
    pub fn attribute_key(&self) -> Option<&abe::UserSecretKey> {
        self.abe.as_ref().map(|(_, key)| key)
    }
}
