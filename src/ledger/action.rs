//! The actions of transactions.
//!
//! | action | signed by | effect |
//! |---|---|---|
//! | [`Action::Register`] | the subject; the centre through the certificate | registers a party |
//! | [`Action::Record`] | author, institution, owner | publishes a record |
//! | [`Action::Grant`] | every covered owner key | permits a reader to request |
//! | [`Action::Request`] | the reader | is on the ledger *before* anything is re-encrypted |
//! | [`Action::Access`] | the proxy | records the digests of re-encryptions and proofs |
//! | [`Action::Revoke`] | one of the grant's owners | ends all requests under the grant |
#![forbid(unsafe_code)]

use super::Time;
use super::certificate::Certificate;
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::record::Class;
use crate::sign::VerifyingKey;

/// The maximum number of entries in the index of a record.
pub const MAX_ENTRIES: usize = 4096;
/// The maximum length of an index entry in bytes.
const MAX_ENTRY: usize = 4096;
/// The maximum number of owner keys, delegations or trapdoors in a grant.
const MAX_COVERED: usize = 64;

/// The action of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Registers a party.
    Register(Certificate),
    /// Publishes a sealed record.
    Record(RecordAction),
    /// Permits a reader to request records.
    Grant(GrantAction),
    /// Requests a record.
    Request(RequestAction),
    /// Reports the re-encryptions for a request.
    Access(AccessAction),
    /// Revokes a grant.
    Revoke(RevokeAction),
}

/// The digests of one section of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionDigests {
    /// The section's class.
    pub class: Class,
    /// A digest of the ciphertext's CID, which hides the CID.
    pub ciphertext: Digest,
    /// The hash in the CID of the content key wrapped for the patient.
    pub wrapped_for_patient: Digest,
    /// The hash in the CID of the content key wrapped for the policy.
    pub wrapped_for_policy: Digest,
    /// The hash in the CID of the content key wrapped for the author.
    pub wrapped_for_author: Digest,
    /// A digest of the policy's text, part of the re-encryption condition.
    pub policy: Digest,
}

/// A sealed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAction {
    /// The patient's key towards this author in this epoch: the *owner tag*.
    pub owner: VerifyingKey,
    /// The doctor who wrote the record.
    pub author: VerifyingKey,
    /// The author's institution.
    pub institution: VerifyingKey,
    /// A random identifier chosen by the author, bound into every section and wrapped key.
    pub record_id: [u8; 32],
    /// The epoch of writing, part of the re-encryption condition.
    pub epoch: u32,
    /// A digest of the CID of the envelope, which lists the sections.
    pub envelope: Digest,
    /// The sections in ascending order of class.
    pub sections: Vec<SectionDigests>,
    /// The encoded [`crate::peks::SearchableCiphertext`]s with their sealed locations.
    ///
    /// Kept as bytes, since decoding costs a subgroup check. A search skips invalid entries.
    pub index: Vec<Vec<u8>>,
}

/// The condition of one re-encryption key, and a commitment to the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationDigest {
    /// The class of the covered sections.
    pub class: Class,
    /// The epoch of the covered records.
    pub epoch: u32,
    /// The digest of the covered sections' policy.
    pub policy: Digest,
    /// A commitment to the patient's re-encryption public key and `rk2`.
    pub rekey: Digest,
}

impl DelegationDigest {
    /// Returns `true` if the key covers a section of a record.
    pub fn covers(&self, record: &RecordAction, section: &SectionDigests) -> bool {
        self.class == section.class && self.epoch == record.epoch && self.policy == section.policy
    }
}

/// A grant to one reader for a window of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantAction {
    /// The covered owner keys in ascending order. Each signs the whole transaction.
    pub owners: Vec<VerifyingKey>,
    /// The reader.
    pub reader: VerifyingKey,
    /// The proxy that re-encrypts.
    pub proxy: VerifyingKey,
    /// The start of the window, inclusive.
    pub from: Time,
    /// The end of the window, exclusive.
    pub until: Time,
    /// The digests of the re-encryption keys.
    pub delegations: Vec<DelegationDigest>,
    /// The digests of the trapdoors.
    pub trapdoors: Vec<Digest>,
}

/// The authorisation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A grant, by the identifier of its transaction.
    Grant(Digest),
    /// The policy of a section, which the reader's attributes must satisfy.
    Policy,
}

/// A request for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAction {
    /// The reader.
    pub reader: VerifyingKey,
    /// The record, by the identifier of its transaction.
    pub record: Digest,
    /// The authorisation.
    pub basis: Basis,
}

/// A report of re-encryptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAction {
    /// The proxy.
    pub proxy: VerifyingKey,
    /// The request that was served, by the identifier of its transaction.
    pub request: Digest,
    /// One digest per section, of the re-encryption with its proof.
    pub reencryptions: Vec<Digest>,
}

/// A revocation of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeAction {
    /// One of the grant's owners.
    pub owner: VerifyingKey,
    /// The grant, by the identifier of its transaction.
    pub grant: Digest,
}

impl Action {
    /// Returns the keys that must sign, in order, each with the name of its party.
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

    /// Returns the human-readable name of the action.
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
            _ => return Err(DecodeError::Invalid("unknown action code")),
        })
    }
}

fn read_class(r: &mut Reader<'_>) -> Result<Class, DecodeError> {
    Class::from_code(r.u8()?).ok_or(DecodeError::Invalid("unknown class code of a section"))
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
            return Err(DecodeError::Invalid(
                "the classes of a record's sections are not strictly ascending",
            ));
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
            return Err(DecodeError::Invalid("the owners of a grant are not strictly ascending"));
        }
        if grant.from >= grant.until {
            return Err(DecodeError::Invalid("the window of a grant ends before it starts"));
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
