//! Certificates: parties and their keys, signed by the registration centre.
#![forbid(unsafe_code)]

use super::Time;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::{self, Kind};
use crate::error::DecodeError;
use crate::pre;
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};
use std::fmt;

/// The maximum length of a name in bytes.
const MAX_NAME: usize = 256;

/// The role of a registered party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Owns records. A patient acts under owner keys, and the certificate stays off the ledger.
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

/// The content of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The signing key, which identifies the party on the ledger.
    pub key: VerifyingKey,
    /// The human-readable name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The encoded [`pre::PublicKey`], checked by the centre; empty if the party has none.
    ///
    /// Kept as bytes, since decoding costs a pairing and replicas never use the key.
    pub pre_key: Vec<u8>,
    /// The end of validity.
    pub valid_until: Time,
}

impl Subject {
    /// Returns the bytes that proofs of possession and the centre's signature cover.
    pub fn to_signed_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write(&mut w);
        w.finish()
    }

    /// Decodes the re-encryption public key.
    ///
    /// # Errors
    /// The subject has no key, or its encoding is invalid.
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
            role: Role::from_code(r.u8()?).ok_or(DecodeError::Invalid("unknown role code"))?,
            pre_key: r.bytes(256)?.to_vec(),
            valid_until: r.u64()?,
        })
    }
}

/// A subject with the registration centre's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    subject: Subject,
    signature: Signature,
}

impl Certificate {
    /// Signs a subject. The centre must check the proofs of possession first.
    pub fn issue(centre: &SigningKey, subject: Subject) -> Self {
        let signature = centre.sign(tag::SIGN_CERTIFICATE, &[&subject.to_signed_bytes()]);
        Self { subject, signature }
    }

    /// Verifies the centre's signature and returns the subject.
    ///
    /// # Errors
    /// The signature does not verify.
    pub fn verify(&self, centre: &VerifyingKey) -> Result<&Subject, InvalidSignature> {
        let signed = self.subject.to_signed_bytes();
        centre.verify(tag::SIGN_CERTIFICATE, &[&signed], &self.signature)?;
        Ok(&self.subject)
    }

    /// The subject, without verification.
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
