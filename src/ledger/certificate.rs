//! Certificates: who the registration centre has registered, with which keys.
#![forbid(unsafe_code)]

use super::Time;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::{self, Kind};
use crate::error::DecodeError;
use crate::pre;
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};
use std::fmt;

/// The most bytes of a name.
const MAX_NAME: usize = 256;

/// What a registered party may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Owns records. On the ledger a patient acts under owner keys; her certificate stays off it.
    Patient = 1,
    /// Writes and reads records.
    Doctor = 2,
    /// Countersigns records.
    Institution = 3,
    /// Authenticates access queries.
    QueryManager = 4,
    /// Re-encrypts for granted readers.
    Proxy = 5,
}

impl Role {
    fn from_code(code: u8) -> Option<Self> {
        use Role::{Doctor, Institution, Patient, Proxy, QueryManager};
        [Patient, Doctor, Institution, QueryManager, Proxy].into_iter().find(|r| *r as u8 == code)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Institution => "institution",
            Self::QueryManager => "query manager",
            Self::Proxy => "proxy",
        })
    }
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The signing key; names the party on the ledger.
    pub key: VerifyingKey,
    /// For people to read.
    pub name: String,
    /// What the party may do.
    pub role: Role,
    /// Encoded [`pre::PublicKey`], checked by the centre; empty for who has none.
    ///
    /// Kept as bytes because decoding costs a pairing and replicas never use it.
    pub pre_key: Vec<u8>,
    /// End of validity.
    pub valid_until: Time,
}

impl Subject {
    /// The bytes that proofs of possession and the centre's signature cover.
    pub fn to_signed_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write(&mut w);
        w.finish()
    }

    /// The re-encryption key, if the subject has one.
    ///
    /// # Errors
    /// [`DecodeError`] if there is none or it is not a key.
    pub fn pre_key(&self) -> Result<pre::PublicKey, DecodeError> {
        pre::PublicKey::from_bytes(&self.pre_key)
    }

    fn write(&self, w: &mut Writer) {
        self.key.write(w);
        w.bytes(self.name.as_bytes());
        w.u8(self.role as u8);
        w.bytes(&self.pre_key);
        w.u64(self.valid_until);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: VerifyingKey::read(r)?,
            name: r.text(MAX_NAME)?,
            role: Role::from_code(r.u8()?).ok_or(DecodeError::Invalid("no such role"))?,
            pre_key: r.bytes(256)?.to_vec(),
            valid_until: r.u64()?,
        })
    }
}

/// A subject under the registration centre's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    subject: Subject,
    signature: Signature,
}

impl Certificate {
    /// Signs a subject. The centre checks proofs of possession before it does.
    pub fn issue(centre: &SigningKey, subject: Subject) -> Self {
        let signature = centre.sign(tag::SIGN_CERTIFICATE, &[&subject.to_signed_bytes()]);
        Self { subject, signature }
    }

    /// Checks the centre's signature; gives the subject.
    ///
    /// # Errors
    /// [`InvalidSignature`].
    pub fn verify(&self, centre: &VerifyingKey) -> Result<&Subject, InvalidSignature> {
        let signed = self.subject.to_signed_bytes();
        centre.verify(tag::SIGN_CERTIFICATE, &[&signed], &self.signature)?;
        Ok(&self.subject)
    }

    /// What is claimed, unchecked.
    pub(crate) fn claimed(&self) -> &Subject {
        &self.subject
    }
}

impl Canonical for Certificate {
    const KIND: Kind = Kind::Certificate;
    fn write(&self, w: &mut Writer) {
        self.subject.write(w);
        self.signature.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { subject: Subject::read(r)?, signature: Signature::read(r)? })
    }
}
public_encoding!(Certificate);
