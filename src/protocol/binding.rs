//! What binds the parts of a record together: contexts, conditions, digests, the envelope.
#![forbid(unsafe_code)]

use crate::algebra::G2;
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::algebra::hash::{digest, framed};
use crate::algebra::tag::{
    Kind, LEDGER_REKEY, LEDGER_TRAPDOOR, PROTOCOL_ENTRY, PROTOCOL_LOCK, PROTOCOL_OBJECT,
    PROTOCOL_POLICY, PROTOCOL_SECTION,
};
use crate::consensus::Digest;
use crate::dem::ContentKey;
use crate::error::DecodeError;
use crate::ledger::{RecordAction, SectionDigests, Time};
use crate::policy::AccessPolicy;
use crate::record::Class;
use crate::sign::VerifyingKey;
use crate::store::Cid;
use crate::{algebra::Secret, peks, pre, store};
use zeroize::Zeroizing;

/// The length of an epoch of writing: thirty days.
pub const EPOCH: Time = 30 * 24 * 3600 * 1000;

/// The epoch of a time.
pub fn epoch_of(time: Time) -> u32 {
    u32::try_from(time / EPOCH).unwrap_or(u32::MAX)
}

/// Which record a section belongs to: associated data of ciphertexts and locks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) record_id: [u8; 32],
    pub(super) author: VerifyingKey,
}

impl Origin {
    pub(super) fn of(record: &RecordAction) -> Self {
        Self { record_id: record.record_id, author: record.author }
    }

    pub(super) fn section_ad(&self, class: Class) -> Vec<u8> {
        let author = self.author.as_bytes();
        framed(&[PROTOCOL_SECTION.as_bytes(), &self.record_id, &[class as u8], author])
    }

    pub(super) fn wrapped_key_ad(&self, class: Class) -> Vec<u8> {
        let author = self.author.as_bytes();
        framed(&[PROTOCOL_LOCK.as_bytes(), &self.record_id, &[class as u8], author])
    }

    pub(super) fn entry_context(&self) -> Vec<u8> {
        framed(&[PROTOCOL_ENTRY.as_bytes(), &self.record_id, self.author.as_bytes()])
    }
}

/// The condition of a section's patient lock: class, epoch of writing, policy; never a reader.
pub(super) fn condition(class: Class, epoch: u32, policy: &Digest) -> Vec<u8> {
    framed(&[class.name().as_bytes(), &epoch.to_be_bytes(), policy])
}

/// What a section's patient lock is bound to. It is rebuilt from the transaction, never taken from
/// the lock.
pub(super) struct WrappedKeyBinding {
    pub(super) condition: Vec<u8>,
    pub(super) ad: Vec<u8>,
}

impl WrappedKeyBinding {
    pub(super) fn of(record: &RecordAction, section: &SectionDigests) -> Self {
        Self {
            condition: condition(section.class, record.epoch, &section.policy),
            ad: Origin::of(record).wrapped_key_ad(section.class),
        }
    }

    /// What there is to verify of a lock.
    pub(super) fn with<'a>(
        &'a self,
        lock: &'a pre::conditional::Ciphertext,
    ) -> pre::conditional::UnverifiedCiphertext<'a> {
        let (condition, ad) = (&self.condition[..], &self.ad[..]);
        pre::conditional::UnverifiedCiphertext { ciphertext: lock, condition, ad }
    }
}

/// The condition of an author's own locks.
pub(super) const AUTHOR_CONDITION: &[u8] = b"author";

pub(super) fn policy_digest(policy: &AccessPolicy) -> Digest {
    digest(PROTOCOL_POLICY, &[policy.to_string().as_bytes()])
}

/// The digest of an object's name: commits to the object without telling where it is.
pub fn object_digest(name: &Cid) -> Digest {
    digest(PROTOCOL_OBJECT, &[&name.to_bytes()])
}

/// What a grant says of a re-encryption key: the patient's key and the public half.
pub(super) fn rekey_digest(patient: &pre::PublicKey, rk2: &G2) -> Digest {
    digest(LEDGER_REKEY, &[&patient.to_bytes(), &rk2.to_bytes()])
}

/// What a grant says of a trapdoor.
pub(super) fn trapdoor_digest(trapdoor: &peks::Trapdoor) -> Digest {
    digest(LEDGER_TRAPDOOR, &[&trapdoor.to_bytes()])
}

/// The list of a record's ciphertexts, an object of its own; its name is the sealed location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The record.
    pub record_id: [u8; 32],
    /// Bytes of the original file.
    pub length: u64,
    /// The hash in the name of each section's ciphertext.
    pub sections: Vec<(Class, Digest)>,
}

impl Canonical for Envelope {
    const KIND: Kind = Kind::SealedRecord;
    fn write(&self, w: &mut Writer) {
        w.fixed(&self.record_id);
        w.u64(self.length);
        w.list(&self.sections, |w, (class, name)| {
            w.u8(*class as u8);
            w.fixed(name);
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            record_id: r.fixed()?,
            length: r.u64()?,
            sections: r.list(Class::ALL.len(), |r| {
                let class = Class::from_code(r.u8()?);
                Ok((class.ok_or(DecodeError::Invalid("no such class of sections"))?, r.fixed()?))
            })?,
        })
    }
}

impl Envelope {
    /// The name of a section's ciphertext.
    pub(super) fn ciphertext(&self, class: Class) -> Option<Cid> {
        let found = self.sections.iter().find(|(other, _)| *other == class);
        found.map(|(_, hash)| store::cid_of_digest(hash))
    }

    /// Whether this lists exactly the ciphertexts whose digests are on the ledger.
    pub(super) fn fits(&self, record: &RecordAction) -> bool {
        let fits = |((class, name), digests): (&(Class, Digest), &SectionDigests)| {
            *class == digests.class
                && object_digest(&store::cid_of_digest(name)) == digests.ciphertext
        };
        self.record_id == record.record_id
            && self.sections.len() == record.sections.len()
            && self.sections.iter().zip(&record.sections).all(fits)
    }
}

/// What every lock wraps: the content key of its section and the hash in the envelope's name, so
/// that whoever opens a lock also finds the ciphertext.
pub(super) struct SectionKey {
    pub(super) content_key: ContentKey,
    pub(super) envelope: Digest,
}

impl SectionKey {
    pub(super) fn to_bytes(&self) -> Zeroizing<[u8; 64]> {
        let mut bytes = Zeroizing::new([0; 64]);
        bytes[..32].copy_from_slice(self.content_key.expose());
        bytes[32..].copy_from_slice(&self.envelope);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let content_key = ContentKey::from_secret(Secret::new(r.fixed()?));
        let key = Self { content_key, envelope: r.fixed()? };
        r.end().map(|()| key)
    }
}
