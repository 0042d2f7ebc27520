//! Certificates: parties and their keys, signed by the registration centre.
#![forbid(unsafe_code)]

use super::Time;
use crate::algebra::codec::{Canonical, Codec, choice, public_encoding, sequence};
use crate::algebra::hash::digest;
use crate::algebra::tag;
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};
use crate::{hpke, pre};
use std::fmt;

/// The maximum length of a name in bytes.
pub const MAX_NAME: usize = 256;
/// The maximum length of an encoded re-encryption key in bytes.
const MAX_PRE_KEY: usize = 256;

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
    /// Issues attribute keys, and records revocations of attributes.
    AttributeAuthority = 6,
}

choice!(Role, "unknown role code" [
    Patient, Doctor, Institution, QueryManager, Proxy, AttributeAuthority,
]);

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Institution => "institution",
            Self::QueryManager => "query manager",
            Self::Proxy => "proxy",
            Self::AttributeAuthority => "attribute authority",
        })
    }
}

/// The content of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The signing key, which identifies the party on the ledger.
    pub key: VerifyingKey,
    /// The human-readable name: not empty, at most [`MAX_NAME`] bytes, without control characters,
    /// since operators read it on terminals.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The key to which others encrypt messages for the party.
    ///
    /// A proof of possession is not required. Messages are signed for the receiver's signing key
    /// and this key, so that a message for a party that certified another's key is not mistaken
    /// for a message for the other.
    pub hpke_key: hpke::PublicKey,
    /// The encoded [`pre::PublicKey`], checked by the centre; empty if the party has none.
    ///
    /// Kept as bytes, since decoding costs a pairing and replicas never use the key.
    pub pre_key: Vec<u8>,
    /// A random number that identifies the certificate and its renewals. The certificate of a
    /// patient stays off the ledger, and so does the number: a withdrawal shows its digest.
    pub serial: [u8; 32],
    /// The end of validity.
    pub valid_until: Time,
}

impl Subject {
    /// Returns the bytes that proofs of possession and the centre's signature cover.
    pub fn to_signed_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    /// Returns the digest that withdraws the certificate and its renewals.
    pub fn withdrawal(&self) -> Digest {
        digest(tag::LEDGER_SERIAL, &[&self.serial])
    }

    /// Returns `true` if the subject differs from an earlier one by a later end of validity only.
    pub(crate) fn renews(&self, earlier: &Self) -> bool {
        let same = Self { valid_until: self.valid_until, ..earlier.clone() } == *self;
        same && self.valid_until > earlier.valid_until
    }

    /// Decodes the re-encryption public key.
    ///
    /// # Errors
    /// The subject has no key, or its encoding is invalid.
    pub fn pre_key(&self) -> Result<pre::PublicKey, DecodeError> {
        pre::PublicKey::from_bytes(&self.pre_key)
    }
}
sequence!(Codec for Subject {
    key, name: text(MAX_NAME), role, hpke_key, pre_key: bytes(MAX_PRE_KEY), serial, valid_until,
} => Subject::check_name);

impl Subject {
    /// Returns `true` if a certificate may contain this name.
    pub(crate) fn is_valid_name(name: &str) -> bool {
        (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
    }

    fn check_name(self) -> Result<Self, DecodeError> {
        if Self::is_valid_name(&self.name) {
            return Ok(self);
        }
        Err(DecodeError::Invalid("the name of a subject is empty or has control characters"))
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

    /// Returns the subject, without verification.
    pub(crate) fn into_claimed(self) -> Subject {
        self.subject
    }

    /// The subject, without verification.
    pub(crate) fn claimed(&self) -> &Subject {
        &self.subject
    }
}

sequence!(Canonical for Certificate = Certificate { subject, signature });
public_encoding!(Certificate);
