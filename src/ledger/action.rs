//! The actions of transactions.
//!
//! | action | signed by | effect |
//! |---|---|---|
//! | [`Action::Register`] | the subject; the centre through the certificate | registers a party |
//! | [`Action::Record`] | author, institution, owner | publishes a record |
//! | [`Action::Grant`] | every covered owner key | permits a reader to request |
//! | [`Action::Request`] | the reader | requests a record; committed *before* any re-encryption |
//! | [`Action::Access`] | the proxy | records the digests of re-encryptions and proofs; committed *before* their release |
//! | [`Action::Revoke`] | one of the grant's owners | rejects later requests under the grant |
//! | [`Action::Evidence`] | a registered party | records a release that no access reports |
//! | [`Action::Renew`] | the subject; the centre through the certificate | extends a certificate |
//! | [`Action::Withdraw`] | the registration centre | ends a certificate and its renewals |
//! | [`Action::AttributeRevocation`] | the attribute authority | records that a holder has lost an attribute |
//! | [`Action::Anchor`] | an institution | records one digest of the blocks since the last anchor |
//! | [`Action::Equivocation`] | a registered party | records that a member of consensus equivocated |
#![forbid(unsafe_code)]

use super::anchor::AnchorAction;
use super::attribute::AttributeRevocationAction;
use super::certificate::Certificate;
use super::equivocation::EquivocationAction;
use super::receipt::EvidenceAction;
use super::rule::Rule;
use super::{Time, epoch_deadline, epoch_of};
use crate::algebra::codec::{Codec, Reader, Writer, choice, sequence};
use crate::consensus::Digest;
use crate::error::DecodeError;
use crate::record::Class;
use crate::sign::VerifyingKey;
use std::ops::Range;

/// The maximum number of entries in the index of a record.
pub const MAX_ENTRIES: usize = 4096;
/// The maximum length of an index entry in bytes.
const MAX_ENTRY: usize = 4096;
/// The maximum number of records in the scope of a grant.
const MAX_RECORDS: usize = 4096;
/// The maximum number of owner keys, delegations or trapdoors in a grant.
pub const MAX_COVERED: usize = 64;

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
    /// Proves an unreported release of re-encryptions.
    Evidence(EvidenceAction),
    /// Renews the certificate of a party.
    Renew(Certificate),
    /// Withdraws a certificate.
    Withdraw(WithdrawAction),
    /// Revokes an attribute of a holder.
    AttributeRevocation(AttributeRevocationAction),
    /// Anchors the blocks since the last anchor.
    Anchor(AnchorAction),
    /// Proves that a member of consensus equivocated.
    Equivocation(EquivocationAction),
}

/// The digests of one section of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionDigests {
    /// The condition tag: a pseudorandom function of class and policy, keyed by a secret of patient
    /// and author.
    pub tag: Digest,
    /// A digest of the ciphertext's CID, which hides the CID.
    pub ciphertext: Digest,
    /// The hash in the CID of the content key wrapped for the patient.
    pub wrapped_for_patient: Digest,
    /// The hash in the CID of the content key wrapped for the policy.
    pub wrapped_for_policy: Digest,
    /// The hash in the CID of the content key wrapped for the author.
    pub wrapped_for_author: Digest,
}

/// A sealed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAction {
    /// The patient's key towards this author in this epoch: the *owner key*.
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
    /// The sections in ascending order of their tags.
    pub sections: Vec<SectionDigests>,
    /// The encoded [searchable ciphertexts](crate::peks::SearchableCiphertext) with locations.
    ///
    /// Kept as bytes, since decoding costs a subgroup check. A search skips invalid entries.
    pub index: Vec<Vec<u8>>,
}

/// The condition of one re-encryption key, and a commitment to the key. Its owner key is one of the
/// grant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationDigest {
    /// The owner key of the covered records.
    pub owner: VerifyingKey,
    /// The epoch of the covered records.
    pub epoch: u32,
    /// The condition tag of the covered sections.
    pub tag: Digest,
    /// A commitment to the re-encryption public keys of patient and reader, and to `rk2`.
    pub rekey: Digest,
}

impl DelegationDigest {
    /// Returns `true` if the key covers a section of a record.
    pub fn covers(&self, record: &RecordAction, section: &SectionDigests) -> bool {
        self.is_for((record.owner.as_bytes(), record.epoch, &section.tag))
    }

    /// Returns `true` if the key is for a condition: owner key, epoch, tag.
    pub(super) fn is_for(&self, (owner, epoch, tag): (&[u8; 32], u32, &Digest)) -> bool {
        self.owner.as_bytes() == owner && self.epoch == epoch && self.tag == *tag
    }
}

/// The records that a grant covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The listed records, by the identifiers of their transactions in ascending order.
    Records(Vec<Digest>),
    /// All records of the grant's owner keys, including later ones. A patient uses an owner key in
    /// one writing epoch.
    OwnerKeys,
}

impl Scope {
    /// Returns `true` if the scope contains a record of one of the grant's owner keys.
    fn contains(&self, record: &Digest) -> bool {
        match self {
            Self::Records(records) => records.binary_search(record).is_ok(),
            Self::OwnerKeys => true,
        }
    }
}

/// A grant to one reader for a window of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantAction {
    /// The covered owner keys in ascending order. Each signs the whole transaction.
    pub owners: Vec<VerifyingKey>,
    /// The covered records of these owner keys.
    pub scope: Scope,
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
    /// Commitments to the trapdoors: for each owner key, in order, the same number.
    pub trapdoors: Vec<Digest>,
}

/// The authorisation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A grant, by the identifier of its transaction.
    Grant(Digest),
    /// A policy. Any registered doctor may request; decryption requires attributes that satisfy the
    /// policy of a section.
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
    /// The requested sections, by their indices in the record, in ascending order.
    pub sections: Vec<u8>,
}

/// A report of re-encryptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAction {
    /// The proxy.
    pub proxy: VerifyingKey,
    /// The request that was served, by the identifier of its transaction.
    pub request: Digest,
    /// One digest per section of the request, of the re-encryption with its proof.
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

/// A withdrawal of a certificate by the registration centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawAction {
    /// The registration centre.
    pub centre: VerifyingKey,
    /// [`Subject::withdrawal`](super::Subject::withdrawal) of the certificate. It does not reveal
    /// the subject.
    pub certificate: Digest,
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
            Self::Evidence(evidence) => vec![("reporter", evidence.reporter)],
            Self::Renew(certificate) => vec![("subject", certificate.claimed().key)],
            Self::Withdraw(withdraw) => vec![("centre", withdraw.centre)],
            Self::AttributeRevocation(revocation) => vec![("authority", revocation.authority)],
            Self::Anchor(anchor) => vec![("institution", anchor.institution)],
            Self::Equivocation(equivocation) => vec![("reporter", equivocation.reporter)],
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
            Self::Evidence(_) => "evidence",
            Self::Renew(_) => "renew",
            Self::Withdraw(_) => "withdraw",
            Self::AttributeRevocation(_) => "revoke attribute",
            Self::Anchor(_) => "anchor",
            Self::Equivocation(_) => "equivocation",
        }
    }
}
choice!(Action, "unknown action code" {
    1 = Register(certificate), 2 = Record(record), 3 = Grant(grant), 4 = Request(request),
    5 = Access(access), 6 = Revoke(revoke), 7 = Evidence(evidence), 8 = Renew(certificate),
    9 = Withdraw(withdraw), 10 = AttributeRevocation(revocation), 11 = Anchor(anchor),
    12 = Equivocation(equivocation),
});

sequence!(Codec for SectionDigests {
    tag, ciphertext, wrapped_for_patient, wrapped_for_policy, wrapped_for_author,
});

sequence!(Codec for RecordAction {
    owner, author, institution, record_id, epoch, envelope,
    sections: list(Class::ALL.len()), index: byte_strings(MAX_ENTRIES, MAX_ENTRY),
} => RecordAction::check_sections);

impl RecordAction {
    /// Checks that a transaction publishes the record in its epoch, or within the tolerance after
    /// it. A grant over an epoch therefore covers no record that is written later.
    ///
    /// # Errors
    /// [`Rule::FutureEpoch`] or [`Rule::PastEpoch`].
    pub fn check_epoch(&self, valid_until: Time, time: Time) -> Result<(), Rule> {
        if self.epoch > epoch_of(time) {
            return Err(Rule::FutureEpoch);
        }
        let deadline = epoch_deadline(self.epoch);
        if valid_until > deadline || time >= deadline { Err(Rule::PastEpoch) } else { Ok(()) }
    }

    fn check_sections(self) -> Result<Self, DecodeError> {
        let ascending = self.sections.is_sorted_by(|a, b| a.tag < b.tag);
        if self.sections.is_empty() || !ascending {
            return Err(DecodeError::Invalid(
                "the tags of a record's sections are empty or not strictly ascending",
            ));
        }
        Ok(self)
    }
}

impl DelegationDigest {
    fn write(&self, w: &mut Writer) {
        self.owner.write(w);
        w.u32(self.epoch);
        w.fixed(&self.tag);
        w.fixed(&self.rekey);
    }

    /// Reads a delegation for one of these owner keys. Otherwise each delegation would decompress a
    /// key, for which nobody signs and pays.
    fn read(r: &mut Reader<'_>, owners: &[VerifyingKey]) -> Result<Self, DecodeError> {
        let owner: [u8; 32] = r.fixed()?;
        let foreign = DecodeError::Invalid("a delegation is for another key than the owners");
        let owner = owners.iter().find(|key| *key.as_bytes() == owner).ok_or(foreign)?;
        Ok(Self { owner: *owner, epoch: r.u32()?, tag: r.fixed()?, rekey: r.fixed()? })
    }
}

choice!(Scope, "unknown scope of a grant" {
    0 = OwnerKeys, 1 = Records(records: list(MAX_RECORDS)),
} => Scope::check_records);

impl Scope {
    fn check_records(self) -> Result<Self, DecodeError> {
        let ascending =
            |records: &[Digest]| !records.is_empty() && records.is_sorted_by(|a, b| a < b);
        match &self {
            Self::Records(records) if !ascending(records) => Err(DecodeError::Invalid(
                "the records of a grant are empty or not strictly ascending",
            )),
            _ => Ok(self),
        }
    }
}

impl Codec for GrantAction {
    fn write(&self, w: &mut Writer) {
        w.list(&self.owners, |w, owner| owner.write(w));
        self.scope.write(w);
        self.reader.write(w);
        self.proxy.write(w);
        w.u64(self.from);
        w.u64(self.until);
        w.list(&self.delegations, |w, delegation| delegation.write(w));
        w.list(&self.trapdoors, |w, trapdoor| w.fixed(trapdoor));
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let owners = r.list(MAX_COVERED, Codec::read)?;
        let (scope, reader, proxy) = (Codec::read(r)?, Codec::read(r)?, Codec::read(r)?);
        let (from, until) = (r.u64()?, r.u64()?);
        let delegations = r.list(MAX_COVERED, |r| DelegationDigest::read(r, &owners))?;
        let trapdoors = r.list(MAX_COVERED, Codec::read)?;
        Self { owners, scope, reader, proxy, from, until, delegations, trapdoors }.check()
    }
}

impl GrantAction {
    /// Returns `true` if the grant covers a record, by the identifier and owner of the record.
    pub fn covers(&self, record: &Digest, owner: &VerifyingKey) -> bool {
        self.covers_bytes(record, owner.as_bytes())
    }

    /// As [`Self::covers`], with the bytes of the owner key.
    pub(super) fn covers_bytes(&self, record: &Digest, owner: &[u8; 32]) -> bool {
        self.owners.iter().any(|key| key.as_bytes() == owner) && self.scope.contains(record)
    }

    /// Returns the positions of the trapdoors for the records of an owner key.
    pub fn trapdoors_for(&self, owner: &VerifyingKey) -> Range<usize> {
        let each = self.trapdoors.len() / self.owners.len();
        match self.owners.binary_search(owner) {
            Ok(position) => position * each..(position + 1) * each,
            Err(_) => 0..0,
        }
    }

    fn check(self) -> Result<Self, DecodeError> {
        if self.owners.is_empty() || !self.owners.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid(
                "the owners of a grant are empty or not strictly ascending",
            ));
        }
        if self.from >= self.until {
            return Err(DecodeError::Invalid("the window of a grant is empty"));
        }
        if self.delegations.is_empty() && self.trapdoors.is_empty() {
            return Err(DecodeError::Invalid("a grant has neither delegations nor trapdoors"));
        }
        if !self.trapdoors.len().is_multiple_of(self.owners.len()) {
            return Err(DecodeError::Invalid(
                "the owners of a grant have different numbers of trapdoors",
            ));
        }
        Ok(self)
    }
}

choice!(Basis, "unknown basis of a request" { 0 = Policy, 1 = Grant(grant) });
sequence!(Codec for RequestAction {
    reader, record, basis, sections: list(Class::ALL.len()),
} => RequestAction::check_sections);

impl RequestAction {
    fn check_sections(self) -> Result<Self, DecodeError> {
        if self.sections.is_empty() || !self.sections.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid(
                "the sections of a request are empty or not strictly ascending",
            ));
        }
        Ok(self)
    }
}

sequence!(Codec for AccessAction { proxy, request, reencryptions: list(Class::ALL.len()) });
sequence!(Codec for WithdrawAction { centre, certificate });
sequence!(Codec for RevokeAction { owner, grant });
