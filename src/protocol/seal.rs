//! Seal: each section under its own content key, each content key behind three locks
//! (Qin Eq. 9; Chang section 2, a key a sensitivity; Pang Step 2).
#![forbid(unsafe_code)]

use super::binding::{
    AUTHOR_CONDITION, Envelope, Origin, SectionKey, condition, object_digest, policy_digest,
};
use super::{Doctor, EpochPolicies, Introduction, ProtocolError};
use crate::abe;
use crate::abe::fabeo::epochs::{self, EpochError};
use crate::algebra::codec::Canonical;
use crate::algebra::{Rng, random_bytes};
use crate::dem::{self, ContentKey};
use crate::ledger::SectionDigests;
use crate::policy::AccessPolicy;
use crate::pre::{self, conditional};
use crate::record::{Class, Record};
use crate::store::{self, Cid};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// Which policy locks each class.
#[derive(Debug, Clone)]
pub struct Policies {
    by_class: Vec<(Class, AccessPolicy)>,
    otherwise: AccessPolicy,
}

impl Policies {
    /// One policy for every class.
    pub fn uniform(policy: AccessPolicy) -> Self {
        Self { by_class: Vec::new(), otherwise: policy }
    }

    /// Another policy for one class.
    pub fn with(mut self, class: Class, policy: AccessPolicy) -> Self {
        self.by_class.retain(|(other, _)| *other != class);
        self.by_class.push((class, policy));
        self
    }

    /// The same, each within an attribute epoch.
    pub(super) fn within(&self, epoch: u32) -> Result<Self, EpochError> {
        let by_class = self.by_class.iter();
        let by_class =
            by_class.map(|(class, policy)| Ok((*class, epochs::restrict(policy, epoch)?)));
        let otherwise = epochs::restrict(&self.otherwise, epoch)?;
        Ok(Self { by_class: by_class.collect::<Result<_, EpochError>>()?, otherwise })
    }

    /// The policy of a class.
    pub fn of(&self, class: Class) -> &AccessPolicy {
        let found = self.by_class.iter().find(|(other, _)| *other == class);
        found.map_or(&self.otherwise, |(_, policy)| policy)
    }
}

/// A section, sealed: its ciphertext in a temporary file, its locks in memory.
#[derive(Debug)]
pub struct SealedSection {
    class: Class,
    pub(super) name: Cid,
    ciphertext: File,
    locks: [(Cid, Vec<u8>); 3],
    policy: [u8; 32],
}

/// A name, and where to read the object from.
pub type Object<'a> = (Cid, Box<dyn Read + 'a>);

impl SealedSection {
    pub(super) fn wrapped_for_patient(&self) -> &[u8] {
        &self.locks[0].1
    }

    pub(super) fn class(&self) -> Class {
        self.class
    }

    pub(super) fn wrapped_for_policy(&self) -> &[u8] {
        &self.locks[1].1
    }

    /// The digest of the policy that the author says it is locked under.
    pub(super) fn policy(&self) -> &[u8; 32] {
        &self.policy
    }

    /// The ciphertext from its start.
    pub(super) fn ciphertext(&self) -> io::Result<BufReader<&File>> {
        let mut file = &self.ciphertext;
        file.rewind()?;
        Ok(BufReader::new(file))
    }

    /// What a dishonest author would do.
    #[cfg(test)]
    pub(super) fn replace_wrapped_for_patient(&mut self, lock: Vec<u8>) {
        self.locks[0] = named(lock);
    }

    /// What a dishonest author would do.
    #[cfg(test)]
    pub(super) fn replace_wrapped_for_policy(&mut self, lock: Vec<u8>) {
        self.locks[1] = named(lock);
    }

    /// What another dishonest author would do.
    #[cfg(test)]
    pub(super) fn replace_ciphertext(&mut self, bytes: &[u8]) {
        self.ciphertext.set_len(0).expect("a temporary file can be cut");
        (&self.ciphertext).rewind().expect("a temporary file can be rewound");
        (&self.ciphertext).write_all(bytes).expect("a temporary file can be written");
        self.name = store::cid_of(&mut &bytes[..]).expect("memory does not fail to read");
    }
}

/// A record, sealed and ready for the store.
#[derive(Debug)]
pub struct SealedRecord {
    pub(super) record_id: [u8; 32],
    pub(super) envelope: (Cid, Vec<u8>),
    pub(super) sections: Vec<SealedSection>,
}

impl Doctor {
    /// Seals a record for an introduced patient. Memory is bounded; ciphertexts go to temporary
    /// files.
    ///
    /// # Errors
    /// [`ProtocolError`] if the introduction is not valid or a file fails.
    pub fn seal(
        &self,
        record: &Record,
        file: &mut (impl Read + Seek),
        (introduction, patient): (&Introduction, &pre::PublicKey),
        EpochPolicies { parameters, policies }: &EpochPolicies,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedRecord, ProtocolError> {
        let origin = Origin { record_id: random_bytes(rng), author: self.verifying_key() };
        let mut ciphertexts = Vec::new();
        for class in record.classes() {
            let content_key = ContentKey::generate(rng);
            let ad = origin.section_ad(class);
            let plaintext = &mut record.section(class, file);
            let (name, ciphertext) = seal_to_file(&content_key, &ad, plaintext)?;
            ciphertexts.push((class, content_key, name, ciphertext));
        }
        let envelope = named(
            Envelope {
                record_id: origin.record_id,
                length: record.length(),
                sections: ciphertexts
                    .iter()
                    .map(|(class, _, name, _)| (*class, hash(name)))
                    .collect(),
            }
            .to_bytes(),
        );

        let mut sections = Vec::new();
        for (class, content_key, name, ciphertext) in ciphertexts {
            let policy = policies.of(class);
            let condition = condition(class, introduction.epoch, &policy_digest(policy));
            let ad = origin.wrapped_key_ad(class);
            let key = SectionKey { content_key, envelope: hash(&envelope.0) }.to_bytes();
            let own = self.pre.public_key();
            let locks = [
                conditional::seal(patient, &condition, &ad, &key[..], rng).to_bytes(),
                abe::seal(parameters, policy, &ad, &key[..], rng).to_bytes(),
                conditional::seal(own, AUTHOR_CONDITION, &ad, &key[..], rng).to_bytes(),
            ];
            let (locks, policy) = (locks.map(named), policy_digest(policy));
            sections.push(SealedSection { class, name, ciphertext, locks, policy });
        }
        Ok(SealedRecord { record_id: origin.record_id, envelope, sections })
    }
}

/// The hash in a name that was computed here.
fn hash(name: &Cid) -> [u8; 32] {
    store::digest_of_cid(name).expect("every name here was computed by the store's rule")
}

/// Encrypts a stream into a temporary file; gives its name in the store.
fn seal_to_file(
    key: &ContentKey,
    ad: &[u8],
    plaintext: &mut impl Read,
) -> Result<(Cid, File), ProtocolError> {
    let mut writer = BufWriter::new(tempfile::tempfile()?);
    dem::seal_stream(key, ad, plaintext, &mut writer)?;
    writer.flush()?;
    let mut file = writer.into_inner().map_err(|error| error.into_error())?;
    file.rewind()?;
    let name = store::cid_of(&mut file)?;
    Ok((name, file))
}

fn named(bytes: Vec<u8>) -> (Cid, Vec<u8>) {
    let name = store::cid_of(&mut &bytes[..]).expect("memory does not fail to read");
    (name, bytes)
}

impl SealedRecord {
    /// Every object to be stored, with its name: ciphertexts, locks, the envelope last.
    ///
    /// # Errors
    /// What rewinding a temporary file gives.
    pub fn objects(&self) -> Result<Vec<Object<'_>>, ProtocolError> {
        let mut objects: Vec<Object<'_>> = Vec::new();
        for section in &self.sections {
            objects.push((section.name, Box::new(section.ciphertext()?)));
            for (name, lock) in &section.locks {
                objects.push((*name, Box::new(&lock[..])));
            }
        }
        objects.push((self.envelope.0, Box::new(&self.envelope.1[..])));
        Ok(objects)
    }

    /// Bytes of everything to be stored.
    ///
    /// # Errors
    /// What asking a temporary file for its length gives.
    pub fn size(&self) -> Result<u64, ProtocolError> {
        let mut size = self.envelope.1.len() as u64;
        for section in &self.sections {
            size += section.ciphertext.metadata()?.len();
            size += section.locks.iter().map(|(_, lock)| lock.len() as u64).sum::<u64>();
        }
        Ok(size)
    }

    /// Whether the envelope's name is the name of its bytes.
    pub(super) fn is_named_by_content(&self) -> bool {
        named(self.envelope.1.clone()).0 == self.envelope.0
    }

    /// The digests for the ledger.
    pub(super) fn digests(&self) -> Vec<SectionDigests> {
        let digests = |section: &SealedSection| SectionDigests {
            class: section.class,
            ciphertext: object_digest(&section.name),
            wrapped_for_patient: hash(&section.locks[0].0),
            wrapped_for_policy: hash(&section.locks[1].0),
            wrapped_for_author: hash(&section.locks[2].0),
            policy: section.policy,
        };
        self.sections.iter().map(digests).collect()
    }
}
