//! The actions that a transaction can carry.
//!
//! | action | signed by | effect |
//! |---|---|---|
//! | [`Action::Register`] | the subject; the centre through the certificate | a party is known |
//! | [`Action::Record`] | author, institution, owner | a record exists |
//! | [`Action::Grant`] | every owner key it covers | a reader may request |
//! | [`Action::Request`] | the reader | on the audit trail *before* anything is re-encrypted |
//! | [`Action::Access`] | the proxy | what was re-encrypted, and the proof's digest |
//! | [`Action::Revoke`] | one of the grant's owners | no request passes any more |
#![forbid(unsafe_code)]

use super::Time;
use super::certificate::Certificate;
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::record::Class;
use crate::sign::VerifyingKey;

/// The most entries of a record's index.
pub const MAX_ENTRIES: usize = 4096;
/// The most bytes of an entry.
const MAX_ENTRY: usize = 4096;
/// The most owner keys, delegations or trapdoors of a grant.
const MAX_COVERED: usize = 64;

/// What a transaction asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Make a party known.
    Register(Certificate),
    /// Publish a sealed record.
    Record(RecordAction),
    /// Let a reader request.
    Grant(GrantAction),
    /// Ask to read.
    Request(RequestAction),
    /// Report a re-encryption.
    Access(AccessAction),
    /// Withdraw a grant.
    Revoke(RevokeAction),
}

/// The digests of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionDigests {
    /// The section's class.
    pub class: Class,
    /// Digest of the ciphertext's name in the store; hides the name.
    pub ciphertext: Digest,
    /// Where the patient's lock is in the store (the hash of its CID).
    pub wrapped_for_patient: Digest,
    /// Where the policy's lock is.
    pub wrapped_for_policy: Digest,
    /// Where the author's lock is.
    pub wrapped_for_author: Digest,
    /// Digest of the policy's text; part of the condition of re-encryption.
    pub policy: Digest,
}

/// A sealed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAction {
    /// The patient's key towards this author in this epoch: the *owner tag*.
    pub owner: VerifyingKey,
    /// The writing doctor.
    pub author: VerifyingKey,
    /// His institution.
    pub institution: VerifyingKey,
    /// Chosen at random by the author; bound into every section and lock.
    pub record_id: [u8; 32],
    /// The epoch of writing, part of the condition of re-encryption.
    pub epoch: u32,
    /// Digest of the envelope that lists the sections' names; hides its name.
    pub envelope: Digest,
    /// The sections, classes ascending.
    pub sections: Vec<SectionDigests>,
    /// Encoded [`crate::peks::SearchableCiphertext`]s with sealed location. Kept as bytes because
    /// decoding costs a subgroup check; a search passes over what does not decode.
    pub index: Vec<Vec<u8>>,
}

/// What a grant says of one re-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationDigest {
    /// The class that the key covers.
    pub class: Class,
    /// The epoch of writing that it covers.
    pub epoch: u32,
    /// The policy of the section, by digest.
    pub policy: Digest,
    /// Commitment to the patient's re-encryption public key and `rk2`.
    pub rekey: Digest,
}

impl DelegationDigest {
    /// Whether the key covers a section of a record.
    pub fn covers(&self, record: &RecordAction, section: &SectionDigests) -> bool {
        self.class == section.class && self.epoch == record.epoch && self.policy == section.policy
    }
}

/// Permission for one reader, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantAction {
    /// The owner keys it covers, each signing the whole of it.
    pub owners: Vec<VerifyingKey>,
    /// Who may read.
    pub reader: VerifyingKey,
    /// Who re-encrypts.
    pub proxy: VerifyingKey,
    /// Start of the window, inclusive.
    pub from: Time,
    /// End of the window, exclusive.
    pub until: Time,
    /// The re-encryption keys.
    pub delegations: Vec<DelegationDigest>,
    /// Hashes of the trapdoors that may be searched with.
    pub trapdoors: Vec<Digest>,
}

/// On what a request rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A grant, by the identifier of its transaction.
    Grant(Digest),
    /// The policy of a section: the reader's attributes must open it.
    Policy,
}

/// The wish to read a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAction {
    /// Who asks.
    pub reader: VerifyingKey,
    /// The record, by the identifier of its transaction.
    pub record: Digest,
    /// On what it rests.
    pub basis: Basis,
}

/// A re-encryption that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAction {
    /// Who made it.
    pub proxy: VerifyingKey,
    /// The request that it serves.
    pub request: Digest,
    /// The digest of each section's re-encryption with its proof.
    pub reencryptions: Vec<Digest>,
}

/// The end of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeAction {
    /// One of the owners that gave it.
    pub owner: VerifyingKey,
    /// The grant, by the identifier of its transaction.
    pub grant: Digest,
}

impl Action {
    /// Who must sign, in order, with the word for each party.
    pub fn signers(&self) -> Vec<(&'static str, VerifyingKey)> {
        match self {
            Self::Register(certificate) => vec![("subject", certificate.claimed().key)],
            Self::Record(record) => vec![
                ("author", record.author),
                ("institution", record.institution),
                ("owner", record.owner),
            ],
            Self::Grant(grant) => grant.owners.iter().map(|owner| ("owner", *owner)).collect(),
            Self::Request(request) => vec![("reader", request.reader)],
            Self::Access(access) => vec![("proxy", access.proxy)],
            Self::Revoke(revoke) => vec![("owner", revoke.owner)],
        }
    }

    /// The kind, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Register(_) => "register",
            Self::Record(_) => "record",
            Self::Grant(_) => "grant",
            Self::Request(_) => "request",
            Self::Access(_) => "access",
            Self::Revoke(_) => "revoke",
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        match self {
            Self::Register(certificate) => {
                w.u8(1);
                certificate.write(w);
            }
            Self::Record(record) => {
                w.u8(2);
                record.write(w);
            }
            Self::Grant(grant) => {
                w.u8(3);
                grant.write(w);
            }
            Self::Request(request) => {
                w.u8(4);
                request.write(w);
            }
            Self::Access(access) => {
                w.u8(5);
                access.proxy.write(w);
                w.fixed(&access.request);
                w.list(&access.reencryptions, |w, digest| w.fixed(digest));
            }
            Self::Revoke(revoke) => {
                w.u8(6);
                revoke.owner.write(w);
                w.fixed(&revoke.grant);
            }
        }
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match r.u8()? {
            1 => Self::Register(Certificate::read(r)?),
            2 => Self::Record(RecordAction::read(r)?),
            3 => Self::Grant(GrantAction::read(r)?),
            4 => Self::Request(RequestAction::read(r)?),
            5 => Self::Access(AccessAction {
                proxy: VerifyingKey::read(r)?,
                request: r.fixed()?,
                reencryptions: r.list(MAX_COVERED, Reader::fixed)?,
            }),
            6 => Self::Revoke(RevokeAction { owner: VerifyingKey::read(r)?, grant: r.fixed()? }),
            _ => return Err(DecodeError::Invalid("no such action")),
        })
    }
}

fn read_class(r: &mut Reader<'_>) -> Result<Class, DecodeError> {
    Class::from_code(r.u8()?).ok_or(DecodeError::Invalid("no such class of sections"))
}

impl RecordAction {
    fn write(&self, w: &mut Writer) {
        self.owner.write(w);
        self.author.write(w);
        self.institution.write(w);
        w.fixed(&self.record_id);
        w.u32(self.epoch);
        w.fixed(&self.envelope);
        w.list(&self.sections, |w, section| {
            w.u8(section.class as u8);
            w.fixed(&section.ciphertext);
            w.fixed(&section.wrapped_for_patient);
            w.fixed(&section.wrapped_for_policy);
            w.fixed(&section.wrapped_for_author);
            w.fixed(&section.policy);
        });
        w.list(&self.index, |w, entry| w.bytes(entry));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let record = Self {
            owner: VerifyingKey::read(r)?,
            author: VerifyingKey::read(r)?,
            institution: VerifyingKey::read(r)?,
            record_id: r.fixed()?,
            epoch: r.u32()?,
            envelope: r.fixed()?,
            sections: r.list(Class::ALL.len(), |r| {
                Ok(SectionDigests {
                    class: read_class(r)?,
                    ciphertext: r.fixed()?,
                    wrapped_for_patient: r.fixed()?,
                    wrapped_for_policy: r.fixed()?,
                    wrapped_for_author: r.fixed()?,
                    policy: r.fixed()?,
                })
            })?,
            index: r.list(MAX_ENTRIES, |r| Ok(r.bytes(MAX_ENTRY)?.to_vec()))?,
        };
        let ascending = record.sections.is_sorted_by(|a, b| a.class < b.class);
        if record.sections.is_empty() || !ascending {
            return Err(DecodeError::Invalid("a record has one section a class, ascending"));
        }
        Ok(record)
    }
}

impl GrantAction {
    fn write(&self, w: &mut Writer) {
        w.list(&self.owners, |w, owner| owner.write(w));
        self.reader.write(w);
        self.proxy.write(w);
        w.u64(self.from);
        w.u64(self.until);
        w.list(&self.delegations, |w, delegation| {
            w.u8(delegation.class as u8);
            w.u32(delegation.epoch);
            w.fixed(&delegation.policy);
            w.fixed(&delegation.rekey);
        });
        w.list(&self.trapdoors, |w, digest| w.fixed(digest));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let grant = Self {
            owners: r.list(MAX_COVERED, VerifyingKey::read)?,
            reader: VerifyingKey::read(r)?,
            proxy: VerifyingKey::read(r)?,
            from: r.u64()?,
            until: r.u64()?,
            delegations: r.list(MAX_COVERED, |r| {
                Ok(DelegationDigest {
                    class: read_class(r)?,
                    epoch: r.u32()?,
                    policy: r.fixed()?,
                    rekey: r.fixed()?,
                })
            })?,
            trapdoors: r.list(MAX_COVERED, Reader::fixed)?,
        };
        if grant.owners.is_empty() || !grant.owners.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid("a grant names its owners once each, ascending"));
        }
        if grant.from >= grant.until {
            return Err(DecodeError::Invalid("the window ends before it starts"));
        }
        Ok(grant)
    }
}

impl RequestAction {
    fn write(&self, w: &mut Writer) {
        self.reader.write(w);
        w.fixed(&self.record);
        match self.basis {
            Basis::Grant(grant) => w.option(Some(&grant), |w, grant| w.fixed(grant)),
            Basis::Policy => w.option(None::<&Digest>, |_, _| ()),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            reader: VerifyingKey::read(r)?,
            record: r.fixed()?,
            basis: r.option(Reader::fixed)?.map_or(Basis::Policy, Basis::Grant),
        })
    }
}
