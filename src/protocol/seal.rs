//! Sealing: each section under its own content key, each content key wrapped three times
//! (Qin Eq. 9; Chang section 2, one key per sensitivity; Pang Step 2).
#![forbid(unsafe_code)]

use super::binding::{
    AUTHOR_CONDITION, Condition, Envelope, Origin, SectionKey, StoredCiphertext, condition_tag,
    object_digest,
};
use super::pending::HashingReader;
use super::{Doctor, EpochPolicies, Introduction, Policies, ProtocolError, Refusal};
use crate::abe::{self, KemMessage};
use crate::algebra::codec::Canonical;
use crate::algebra::{Rng, Secret, random_bytes};
use crate::consensus::Digest;
use crate::dem::{self, ContentKey};
use crate::ledger::SectionDigests;
use crate::pre::conditional;
use crate::record::{Class, Record};
use crate::store::{self, Cid};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// An object in memory with its name.
#[derive(Debug)]
pub(super) struct NamedObject {
    pub(super) name: Cid,
    pub(super) bytes: Vec<u8>,
}

impl NamedObject {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { name: name_of(&bytes), bytes }
    }

    fn object(&self) -> Object<'_> {
        let (length, bytes) = (self.bytes.len() as u64, Box::new(&self.bytes[..]));
        Object { name: self.name, length, bytes }
    }
}

/// Returns the name of an object in memory.
pub(super) fn name_of(mut bytes: &[u8]) -> Cid {
    store::cid_of(&mut bytes).expect("reading from memory does not fail")
}

/// A sealed section: the ciphertext in a temporary file, the wrapped keys in memory.
#[derive(Debug)]
pub(super) struct SealedSection {
    pub(super) tag: Digest,
    pub(super) name: Cid,
    ciphertext: File,
    pub(super) wrapped_for_patient: NamedObject,
    pub(super) wrapped_for_policy: NamedObject,
    wrapped_for_author: NamedObject,
}

/// An object to be stored.
pub struct Object<'a> {
    /// The name.
    pub name: Cid,
    /// The length in bytes.
    pub length: u64,
    /// A reader of the bytes.
    pub bytes: Box<dyn Read + 'a>,
}

impl SealedSection {
    /// Returns a reader at the start of the ciphertext.
    pub(super) fn ciphertext(&self) -> io::Result<BufReader<&File>> {
        let mut file = &self.ciphertext;
        file.rewind()?;
        Ok(BufReader::new(file))
    }

    fn wrapped_keys(&self) -> [&NamedObject; 3] {
        [&self.wrapped_for_patient, &self.wrapped_for_policy, &self.wrapped_for_author]
    }

    #[cfg(test)]
    pub(super) fn replace_ciphertext(&mut self, bytes: &[u8]) {
        self.ciphertext.set_len(0).expect("a temporary file can be truncated");
        (&self.ciphertext).rewind().expect("a temporary file can be rewound");
        (&self.ciphertext).write_all(bytes).expect("a temporary file can be written");
        self.name = name_of(bytes);
    }
}

/// A sealed record, ready for the store.
#[derive(Debug)]
pub struct SealedRecord {
    pub(super) record_id: [u8; 32],
    pub(super) envelope: NamedObject,
    pub(super) sections: Vec<SealedSection>,
    /// Erased when consent is requested.
    pub(super) disclosure: Option<Disclosure>,
}

/// The values that the author discloses to the patient with the request for consent. Secret.
#[derive(Debug)]
pub(super) struct Disclosure {
    /// The KEM message of each section's key wrapped for the policy.
    pub(super) messages: Vec<KemMessage>,
    pub(super) plaintext: Plaintext,
}

/// The length and the SHA-256 hash of a record.
#[derive(Debug, Clone)]
pub(super) struct Plaintext {
    pub(super) length: u64,
    pub(super) hash: Secret<Digest>,
}

/// The class of a section, with its condition tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaggedClass {
    pub(super) tag: Digest,
    pub(super) class: Class,
}

/// An encrypted section whose content key is not wrapped yet.
pub(super) struct EncryptedSection {
    tagged: TaggedClass,
    content_key: ContentKey,
    name: Cid,
    length: u64,
    ciphertext: File,
}

impl EncryptedSection {
    /// Encrypts the section with this index under a fresh content key into a temporary file.
    pub(super) fn new(
        (index, tagged): (u8, TaggedClass),
        origin: &Origin,
        plaintext: &mut impl Read,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, ProtocolError> {
        let content_key = ContentKey::generate(rng);
        let (name, ciphertext) =
            encrypt_to_file(&content_key, &origin.section_ad(index), plaintext)?;
        let length = ciphertext.metadata()?.len();
        Ok(Self { tagged, content_key, name, length, ciphertext })
    }

    fn stored(&self) -> StoredCiphertext {
        StoredCiphertext { hash: hash(&self.name), length: self.length }
    }
}

impl Introduction {
    /// Returns classes with their condition tags, in ascending order of the tags. The order of
    /// sections on the ledger therefore does not reveal classes.
    pub(super) fn tag(
        &self,
        classes: &[Class],
        policies: &Policies,
    ) -> Result<Vec<TaggedClass>, Refusal> {
        let pseudonym = self.pseudonym()?;
        let tag = |class: &Class| {
            let tag = condition_tag(&pseudonym, *class, policies.of(*class));
            TaggedClass { tag, class: *class }
        };
        let mut tagged: Vec<_> = classes.iter().map(tag).collect();
        tagged.sort();
        Ok(tagged)
    }
}

impl Doctor {
    /// Seals a record for the patient of an introduction. Memory use is bounded: ciphertexts are
    /// written to temporary files. Cost: the file is read twice.
    ///
    /// The result contains secrets for one request for consent ([`Doctor::request_consent`]).
    ///
    /// # Errors
    /// [`ProtocolError::Io`] if `file` or a temporary file fails, and [`Refusal::EpochNotCovered`]
    /// if the introduction does not cover its own epoch.
    pub fn seal(
        &self,
        record: &Record,
        file: &mut (impl Read + Seek),
        introduction: &Introduction,
        current: &EpochPolicies,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<SealedRecord, ProtocolError> {
        let origin = Origin { record_id: random_bytes(rng), author: self.verifying_key() };
        file.rewind()?;
        let length = record.length();
        let hash = HashingReader::new(file.by_ref().take(length)).hash_all()?;
        let tagged = introduction.tag(&record.classes(), &current.policies)?;
        let mut encrypted = Vec::new();
        for (index, tagged) in (0..).zip(tagged) {
            let plaintext = &mut record.section(tagged.class, file);
            encrypted.push(EncryptedSection::new((index, tagged), &origin, plaintext, rng)?);
        }
        Ok(self.wrap(&origin, Plaintext { length, hash }, encrypted, introduction, current, rng))
    }

    /// Builds the envelope of encrypted sections, and wraps each content key three times.
    pub(super) fn wrap(
        &self,
        origin: &Origin,
        plaintext: Plaintext,
        encrypted: Vec<EncryptedSection>,
        introduction: &Introduction,
        EpochPolicies { parameters, policies }: &EpochPolicies,
        rng: &mut (impl Rng + ?Sized),
    ) -> SealedRecord {
        let sections = encrypted.iter().map(EncryptedSection::stored).collect();
        let envelope = Envelope { record_id: origin.record_id, sections };
        let envelope = NamedObject::new(envelope.to_bytes());

        let mut sections = Vec::new();
        let mut messages = Vec::with_capacity(encrypted.len());
        for (index, section) in (0..).zip(encrypted) {
            let EncryptedSection { tagged, content_key, name, ciphertext, .. } = section;
            let TaggedClass { tag, class } = tagged;
            let (owner, epoch) = (introduction.owner, introduction.epoch());
            let condition = Condition { owner, epoch, tag }.to_bytes();
            let ad = origin.wrapped_key_ad(index);
            let (location, length) = (hash(&envelope.name), plaintext.length);
            let key = SectionKey { content_key, envelope: location, class, length }.to_bytes();
            let own = self.pre.public_key();
            let for_patient = conditional::seal(&introduction.pre, &condition, &ad, &key[..], rng);
            let (policy, message) = (policies.of(class), KemMessage::generate(rng));
            let for_policy = abe::seal_with_randomness(parameters, policy, &ad, &key[..], &message);
            messages.push(message);
            let for_author = conditional::seal(own, AUTHOR_CONDITION, &ad, &key[..], rng);
            sections.push(SealedSection {
                tag,
                name,
                ciphertext,
                wrapped_for_patient: NamedObject::new(for_patient.to_bytes()),
                wrapped_for_policy: NamedObject::new(for_policy.to_bytes()),
                wrapped_for_author: NamedObject::new(for_author.to_bytes()),
            });
        }
        let disclosure = Some(Disclosure { messages, plaintext });
        SealedRecord { record_id: origin.record_id, envelope, sections, disclosure }
    }
}

/// Returns the hash in a name that [`store::cid_of`] has computed.
fn hash(name: &Cid) -> Digest {
    store::digest_of_cid(name).expect("cid_of returns a valid name")
}

/// Encrypts a stream into a temporary file, and returns the file and its name in the store.
fn encrypt_to_file(
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

impl SealedRecord {
    /// Returns the record's random identifier.
    pub fn record_id(&self) -> [u8; 32] {
        self.record_id
    }

    /// Returns all objects to be stored: ciphertexts, wrapped keys, and the envelope last.
    ///
    /// # Errors
    /// [`ProtocolError::Io`] if a temporary file fails.
    pub fn objects(&self) -> Result<Vec<Object<'_>>, ProtocolError> {
        let mut objects: Vec<Object<'_>> = Vec::new();
        for section in &self.sections {
            let (name, length) = (section.name, section.ciphertext.metadata()?.len());
            objects.push(Object { name, length, bytes: Box::new(section.ciphertext()?) });
            objects.extend(section.wrapped_keys().map(NamedObject::object));
        }
        objects.push(self.envelope.object());
        Ok(objects)
    }

    /// Returns the total size of all objects in bytes.
    ///
    /// # Errors
    /// [`ProtocolError::Io`] if a temporary file fails.
    pub fn size(&self) -> Result<u64, ProtocolError> {
        Ok(self.objects()?.iter().map(|object| object.length).sum())
    }

    /// Returns the digests for the ledger.
    pub(super) fn digests(&self) -> Vec<SectionDigests> {
        let digests = |section: &SealedSection| SectionDigests {
            tag: section.tag,
            ciphertext: object_digest(&section.name),
            wrapped_for_patient: hash(&section.wrapped_for_patient.name),
            wrapped_for_policy: hash(&section.wrapped_for_policy.name),
            wrapped_for_author: hash(&section.wrapped_for_author.name),
        };
        self.sections.iter().map(digests).collect()
    }
}
