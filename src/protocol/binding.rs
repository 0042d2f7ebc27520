//! The bindings between the parts of a record: associated data, conditions, digests, the envelope.
//!
//! ```text
//! tag            = KDF(PROTOCOL_CONDITION, secret of the pseudonym; class, policy)
//! condition      = framed(owner, epoch, tag); "author" for the key wrapped for the author
//! section AD     = framed(PROTOCOL_SECTION, record id, index, author)
//! wrapped key AD = framed(PROTOCOL_LOCK, record id, index, author)
//! entry context  = framed(PROTOCOL_ENTRY, record id, author)
//! section key    = content key || hash of the envelope || class || length of the record
//! object digest  = H(PROTOCOL_OBJECT, name)
//! rekey          = H(LEDGER_REKEY, pk_i, pk_j, rk2)
//! trapdoor       = H(LEDGER_TRAPDOOR, salt, T)
//! ```
//!
//! The policy is the canonical text, restricted to the attribute epoch. The index of a section is
//! its position in ascending order of the tags. `vectors/README.md` specifies the bytes.
#![forbid(unsafe_code)]

use crate::algebra::G2;
use crate::algebra::codec::{Canonical, Codec, Reader, sequence};
use crate::algebra::hash::{digest, framed, kdf};
use crate::algebra::tag::{
    LEDGER_REKEY, LEDGER_TRAPDOOR, PROTOCOL_CONDITION, PROTOCOL_ENTRY, PROTOCOL_LOCK,
    PROTOCOL_OBJECT, PROTOCOL_SECTION,
};
use crate::consensus::Digest;
use crate::dem::ContentKey;
use crate::error::DecodeError;
use crate::ledger::{DelegationDigest, RecordAction, SectionDigests};
use crate::policy::AccessPolicy;
use crate::pre::conditional::{Ciphertext, UnverifiedCiphertext};
use crate::pseudonym::Pseudonym;
use crate::record::Class;
use crate::sign::VerifyingKey;
use crate::store::Cid;
use crate::{algebra::Secret, peks, pre, store};
use zeroize::Zeroizing;

/// A record by its author and the identifier that the author chose. Associated data binds a section
/// to it, and an upload an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) author: VerifyingKey,
    pub(super) record_id: [u8; 32],
}

impl Origin {
    pub(super) fn of(record: &RecordAction) -> Self {
        Self { record_id: record.record_id, author: record.author }
    }

    /// Returns the associated data of a section's ciphertext, by the index of the section.
    pub(super) fn section_ad(&self, index: u8) -> Vec<u8> {
        let author = self.author.as_bytes();
        framed(&[PROTOCOL_SECTION.as_bytes(), &self.record_id, &[index], author])
    }

    /// Returns the associated data of a section's wrapped keys, by the index of the section.
    pub(super) fn wrapped_key_ad(&self, index: u8) -> Vec<u8> {
        let author = self.author.as_bytes();
        framed(&[PROTOCOL_LOCK.as_bytes(), &self.record_id, &[index], author])
    }

    pub(super) fn entry_context(&self) -> Vec<u8> {
        framed(&[PROTOCOL_ENTRY.as_bytes(), &self.record_id, self.author.as_bytes()])
    }
}

/// Returns the condition tag of a class and policy: `KDF(pseudonym secret; class, policy)`. Patient
/// and author compute it, and others cannot test a guess of class and policy.
pub(super) fn condition_tag(pseudonym: &Pseudonym, class: Class, policy: &AccessPolicy) -> Digest {
    let policy = policy.to_string();
    let context = [class.name().as_bytes(), policy.as_bytes()];
    *kdf(PROTOCOL_CONDITION, pseudonym.secret().expose(), &context).expose()
}

/// The condition under which a section's key is wrapped for the patient. It does not depend on a
/// reader, and not on the record: a re-encryption key covers the records of one owner key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    pub(super) owner: VerifyingKey,
    pub(super) epoch: u32,
    pub(super) tag: Digest,
}

impl Condition {
    pub(super) fn of(record: &RecordAction, section: &SectionDigests) -> Self {
        Self { owner: record.owner, epoch: record.epoch, tag: section.tag }
    }

    pub(super) fn of_delegation(delegation: &DelegationDigest) -> Self {
        let DelegationDigest { owner, epoch, tag, .. } = *delegation;
        Self { owner, epoch, tag }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        framed(&[self.owner.as_bytes(), &self.epoch.to_be_bytes(), &self.tag])
    }
}

/// The condition and associated data of a key wrapped for the patient. Both are recomputed from the
/// transaction, never read from the wrapped key.
pub(super) struct WrappedKeyBinding {
    pub(super) condition: Vec<u8>,
    pub(super) ad: Vec<u8>,
}

impl WrappedKeyBinding {
    /// Returns the binding of a section, by its index.
    pub(super) fn of(record: &RecordAction, index: u8) -> Self {
        let section = &record.sections[usize::from(index)];
        Self {
            condition: Condition::of(record, section).to_bytes(),
            ad: Origin::of(record).wrapped_key_ad(index),
        }
    }

    /// Returns a wrapped key with this binding, ready for verification.
    pub(super) fn with<'a>(&'a self, wrapped_key: &'a Ciphertext) -> UnverifiedCiphertext<'a> {
        UnverifiedCiphertext { ciphertext: wrapped_key, condition: &self.condition, ad: &self.ad }
    }
}

/// The condition under which a section's key is wrapped for its author.
pub(super) const AUTHOR_CONDITION: &[u8] = b"author";

/// Returns the digest of an object's name. It commits to the object and hides its location.
pub fn object_digest(name: &Cid) -> Digest {
    digest(PROTOCOL_OBJECT, &[&name.to_bytes()])
}

/// Returns a grant's commitment to a re-encryption key: both public keys and `rk2`.
pub(super) fn rekey_digest(patient: &pre::PublicKey, reader: &pre::PublicKey, rk2: &G2) -> Digest {
    digest(LEDGER_REKEY, &[&patient.to_bytes(), &reader.to_bytes(), &rk2.to_bytes()])
}

/// Returns a grant's commitment to a trapdoor. The salt, which patient and proxy know, makes the
/// commitments of different grants unlinkable. Equal terms within a grant are visible.
pub(super) fn trapdoor_digest(salt: &Secret<[u8; 32]>, trapdoor: &peks::Trapdoor) -> Digest {
    digest(LEDGER_TRAPDOOR, &[salt.expose(), &trapdoor.to_bytes()])
}

/// The list of a record's ciphertexts, stored as an object. Its name is the location that the index
/// seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The record's random identifier, chosen by the author.
    pub record_id: [u8; 32],
    /// The ciphertext of each section.
    pub sections: Vec<StoredCiphertext>,
}

/// A ciphertext as its envelope lists it. A fetch of it ends after this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredCiphertext {
    /// The hash in the name.
    pub hash: Digest,
    /// The length in bytes.
    pub length: u64,
}

impl StoredCiphertext {
    /// Returns the name of the object.
    pub fn name(&self) -> Cid {
        store::cid_of_digest(&self.hash)
    }
}

sequence!(Codec for StoredCiphertext { hash, length });
sequence!(Canonical for Envelope = SealedRecord {
    record_id, sections: list(Class::ALL.len()),
});

impl Envelope {
    /// Returns a section's ciphertext, by the index of the section.
    pub(super) fn ciphertext(&self, index: u8) -> Option<&StoredCiphertext> {
        self.sections.get(usize::from(index))
    }

    /// Returns `true` if the envelope lists exactly the ciphertexts whose digests are on the
    /// ledger.
    pub(super) fn fits(&self, record: &RecordAction) -> bool {
        let fits = |(ciphertext, digests): (&StoredCiphertext, &SectionDigests)| {
            object_digest(&ciphertext.name()) == digests.ciphertext
        };
        self.record_id == record.record_id
            && self.sections.len() == record.sections.len()
            && self.sections.iter().zip(&record.sections).all(fits)
    }
}

/// The plaintext of every wrapped key. The ledger and the store reveal none of it, and its encoding
/// has the same length for every section.
pub(super) struct SectionKey {
    pub(super) content_key: ContentKey,
    /// The hash in the name of the envelope, which leads the recipient to the ciphertext.
    pub(super) envelope: Digest,
    pub(super) class: Class,
    /// The length of the record in bytes.
    pub(super) length: u64,
}

impl SectionKey {
    const BYTES: usize = 32 + 32 + 1 + 8;

    pub(super) fn to_bytes(&self) -> Zeroizing<[u8; Self::BYTES]> {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        bytes[..32].copy_from_slice(self.content_key.expose());
        bytes[32..64].copy_from_slice(&self.envelope);
        bytes[64] = self.class as u8;
        bytes[65..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let content_key = ContentKey::from_secret(Secret::new(r.fixed()?));
        let (envelope, class, length) = (r.fixed()?, Codec::read(&mut r)?, r.u64()?);
        r.end().map(|()| Self { content_key, envelope, class, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Scalar;
    use crate::pseudonym::SeriesSecret;
    use crate::sign::SigningKey;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;
    use std::collections::BTreeSet;

    #[test]
    fn a_commitment_to_a_rekey_covers_both_parties_and_rk2() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let [a, b, c] = std::array::from_fn(|_| pre::keygen(rng).1);
        let [rk2, other] = [2, 3].map(|s| G2::generator() * Scalar::from(s));
        let digests = [
            rekey_digest(&a, &b, &rk2),
            rekey_digest(&a, &c, &rk2),
            rekey_digest(&c, &b, &rk2),
            rekey_digest(&b, &a, &rk2),
            rekey_digest(&a, &b, &other),
        ];
        assert!((0..5).all(|i| (0..i).all(|j| digests[i] != digests[j])));
    }

    #[test]
    fn the_digests_of_objects_and_trapdoors_depend_on_their_values() {
        let name = |byte| store::cid_of_digest(&[byte; 32]);
        assert_ne!(object_digest(&name(1)), object_digest(&name(2)));
        let (secret, _) = peks::keygen(&mut ChaCha20Rng::seed_from_u64(1));
        let [a, b] = [b"a", b"b"].map(|keyword| peks::trapdoor(&secret, keyword));
        let [one, other] = [1, 2].map(|byte| Secret::new([byte; 32]));
        assert_ne!(trapdoor_digest(&one, &a), trapdoor_digest(&one, &b));
        assert_ne!(trapdoor_digest(&one, &a), trapdoor_digest(&other, &a));
    }

    fn key(seed: u8) -> VerifyingKey {
        SigningKey::from_seed(&Secret::new([seed; 32])).verifying_key()
    }

    /// Each list contains a binding and its alterations in one component each.
    #[test]
    fn every_binding_depends_on_each_of_its_components() {
        let of = |record: u8, author: u8| Origin { record_id: [record; 32], author: key(author) };
        let origins = [of(1, 1), of(2, 1), of(1, 2)];
        let over = |bind: &dyn Fn(&Origin, u8) -> Vec<u8>| {
            let mut all: Vec<_> = origins.iter().map(|origin| bind(origin, 1)).collect();
            all.push(bind(&origins[0], 2));
            all
        };
        let entries = origins.iter().map(Origin::entry_context).collect::<Vec<_>>();
        let honest = Condition { owner: key(1), epoch: 1, tag: [1; 32] };
        let conditions = [
            honest,
            Condition { owner: key(2), ..honest },
            Condition { epoch: 2, ..honest },
            Condition { tag: [2; 32], ..honest },
        ];
        let conditions = conditions.map(Condition::to_bytes).to_vec();
        let series = SeriesSecret::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let tag = |doctor: &[u8], epoch, class, policy: &str| {
            let pseudonym = series.for_doctor(doctor).pseudonym(epoch, 0);
            condition_tag(&pseudonym, class, &policy.parse().unwrap()).to_vec()
        };
        let tags = vec![
            tag(b"a", 1, Class::Clinical, "doctor"),
            tag(b"b", 1, Class::Clinical, "doctor"),
            tag(b"a", 2, Class::Clinical, "doctor"),
            tag(b"a", 1, Class::Restricted, "doctor"),
            tag(b"a", 1, Class::Clinical, "nurse"),
        ];
        let mut all = Vec::new();
        for (name, bindings) in [
            ("section", over(&|origin, index| origin.section_ad(index))),
            ("wrapped key", over(&|origin, index| origin.wrapped_key_ad(index))),
            ("entry", entries),
            ("condition", conditions),
            ("condition tag", tags),
        ] {
            let distinct: BTreeSet<_> = bindings.iter().collect();
            assert_eq!(distinct.len(), bindings.len(), "{name}");
            all.extend(bindings);
        }
        // No binding of one purpose is one of another.
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
