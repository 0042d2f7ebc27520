//! Sections that do not decrypt or do not assemble to the record.
#![forbid(unsafe_code)]

use super::*;
use crate::algebra::Secret;
use crate::algebra::tag::Kind;
use crate::dem;
use crate::protocol::seal::{EncryptedSection, Plaintext, TaggedClass};
use crate::record::AssemblyError;
use sha2::{Digest as _, Sha256};
use std::cell::Cell;
use std::io::{self, Read};

/// The plaintext of a section with pieces at offsets, of less than 64 bytes, with its padding.
fn section(pieces: &[(u64, &[u8])]) -> Vec<u8> {
    let mut w = codec::Writer::default();
    w.u8(codec::VERSION);
    w.u8(Kind::RecordSection as u8);
    w.list(pieces, |w, (offset, bytes)| {
        w.u64(*offset);
        w.u64(bytes.len() as u64);
    });
    pieces.iter().for_each(|(_, bytes)| w.fixed(bytes));
    let mut bytes = w.finish();
    bytes.resize(bytes.len().next_multiple_of(if bytes.len() < 32 { 2 } else { 4 }), 0);
    bytes
}

fn sha256(bytes: &[u8]) -> Secret<Digest> {
    Secret::new(Sha256::digest(bytes).into())
}

const RECORD: &[u8; 8] = b"abcdefgh";

/// Seals [`RECORD`] from the plaintexts of its sections, which have the classes of [`Class::ALL`]
/// in order.
fn seal_sections(
    world: &mut World,
    sections: &[Vec<u8>],
    change: impl Fn(&mut TaggedClass),
) -> (SealedRecord, Introduction) {
    let introduction = world.introduce();
    let current = world.epoch_policies();
    let origin = Origin { record_id: [9; 32], author: world.author.verifying_key() };
    let mut tagged = introduction.tag(&Class::ALL[..sections.len()], &current.policies).unwrap();
    let mut encrypted = Vec::new();
    for (index, tagged) in (0..).zip(&mut tagged) {
        let position = Class::ALL.iter().position(|class| *class == tagged.class).unwrap();
        change(tagged);
        let (plaintext, rng) = (&mut &sections[position][..], &mut world.rng);
        encrypted.push(EncryptedSection::new((index, *tagged), &origin, plaintext, rng).unwrap());
    }
    let plaintext = Plaintext { length: 8, hash: sha256(RECORD) };
    let (author, rng) = (&world.author, &mut world.rng);
    let sealed = author.wrap(&origin, plaintext, encrypted, &introduction, &current, rng);
    (sealed, introduction)
}

/// The payload of a request for consent to [`RECORD`], which has no keywords.
fn payload(
    world: &mut World,
    (sealed, introduction): &(SealedRecord, Introduction),
) -> ConsentRequest {
    let (everything, rng) = (SearchTerm::everything(), &mut world.rng);
    let index = vec![world.author.index(&everything, sealed, introduction, rng).unwrap()];
    let draft = world.draft((sealed, introduction, index));
    ConsentRequest { terms: vec![everything], ..world.payload(&draft, sealed) }
}

fn consent_to(world: &mut World, sections: &[Vec<u8>]) -> Result<Countersignature, ProtocolError> {
    let sealed = seal_sections(world, sections, |_| ());
    let payload = payload(world, &sealed);
    world.answer(&payload, &sealed.0)
}

/// The author seals a section under the tag of another class. A grant over that class would open
/// it.
#[test]
fn consent_requires_the_tag_of_the_class_in_the_key() {
    let mut world = World::new();
    let mut outcome = |claimed: Class| {
        let sections = [section(&[(0, RECORD)])];
        let sealed = seal_sections(&mut world, &sections, |tagged| tagged.class = claimed);
        let payload = payload(&mut world, &sealed);
        world.answer(&payload, &sealed.0)
    };
    assert!(outcome(Class::Identity).is_ok());
    let error = outcome(Class::Clinical).unwrap_err();
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
}

#[test]
fn consent_requires_ciphertexts_that_decrypt() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let mut bytes = Vec::new();
    sealed.sections[0].ciphertext().unwrap().read_to_end(&mut bytes).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    sealed.sections[0].replace_ciphertext(&bytes);
    let mut envelope = Envelope::from_bytes(&sealed.envelope.bytes).unwrap();
    envelope.sections[0].hash = digest_of_cid(&sealed.sections[0].name).unwrap();
    let envelope = NamedObject::new(envelope.to_bytes());
    let location = digest_of_cid(&envelope.name).unwrap();
    rewrap(&mut world, (&mut sealed, &introduction), |_, key| key.envelope = location);
    sealed.envelope = envelope;
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Decryption(_)), "{error}");
}

/// The source of the ciphertexts is the author's. It serves one ciphertext under the name of
/// another.
#[test]
fn consent_requires_ciphertexts_under_their_names() {
    let mut world = World::new();
    let sealed = seal_sections(&mut world, &[section(&[(0, RECORD)])], |_| ());
    let honest = payload(&mut world, &sealed);
    assert!(world.answer(&honest, &sealed.0).is_ok());
    let key = section_key(&world, &honest.draft, &sealed.0, 0);
    let ad = Origin::of(record_of(&honest.draft, CHAIN).unwrap()).section_ad(0);
    // The key is the same, the plaintext another one, and the hash that of the other plaintext.
    let other = section(&[(0, b"ABCDEFGH")]);
    let other = dem::seal(&key.content_key, &ad, &other);
    let consistent = ConsentRequest { hash: sha256(b"ABCDEFGH"), ..honest.clone() };
    let opened = Cell::new(0);
    let dishonest = |_: &StoredCiphertext| -> io::Result<Box<dyn Read>> {
        opened.set(opened.get() + 1);
        Ok(Box::new(Cursor::new(other.clone())))
    };
    let error = world.answer(&consistent, &dishonest).unwrap_err();
    assert!(matches!(error, ProtocolError::DigestMismatch(Item::Ciphertext)), "{error:?}");
    assert_eq!(opened.get(), 1, "a ciphertext that is opened twice could be two ciphertexts");
    // The object is missing, or its source fails.
    let missing =
        |_: &StoredCiphertext| -> io::Result<Box<dyn Read>> { Err(io::ErrorKind::NotFound.into()) };
    let error = world.answer(&honest, &missing).unwrap_err();
    assert!(matches!(error, ProtocolError::Io(_)), "{error:?}");
}

/// The hash in the request is that of the file that the author has sealed.
#[test]
fn consent_requires_the_plaintext_of_the_authors_hash() {
    let mut world = World::new();
    let (sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index));
    let honest = world.payload(&draft, &sealed);
    assert_eq!(honest.hash, sha256(FILE));
    assert!(world.answer(&honest, &sealed).is_ok());
    let other = ConsentRequest { hash: sha256(&FILE[1..]), ..honest };
    let error = world.answer(&other, &sealed).unwrap_err();
    assert!(matches!(error, ProtocolError::Refused(Refusal::OtherPlaintext)), "{error:?}");
}

/// A dishonest author seals sections that do not assemble to a record of eight bytes.
#[test]
fn consent_requires_sections_that_cover_the_record_once() {
    let mut world = World::new();
    let honest = [section(&[(2, b"cd"), (6, b"gh")]), section(&[(0, b"ab"), (4, b"ef")])];
    assert!(consent_to(&mut world, &honest).is_ok());
    for (defect, expected, sections) in [
        ("incomplete", AssemblyError::Gap, vec![honest[0].clone()]),
        (
            "overlap",
            AssemblyError::Overlap,
            vec![section(&[(0, b"abcdef")]), section(&[(4, b"efgh")])],
        ),
        (
            "a range that reads differently in two sections",
            AssemblyError::Overlap,
            vec![section(&[(0, RECORD)]), section(&[(0, b"ABCDEFGH")])],
        ),
        (
            "truncated",
            AssemblyError::Length,
            vec![section(&[(0, b"abcd")]), section(&[(4, b"efgh")])[..24].to_vec()],
        ),
        (
            "hidden bytes in place of the padding",
            AssemblyError::Padding,
            vec![section(&[(0, b"abc")])[..25].iter().copied().chain(*b"!").collect(), {
                section(&[(3, b"defgh")])
            }],
        ),
        (
            "hidden bytes after the padding",
            AssemblyError::Length,
            vec![[section(&[(0, RECORD)]), vec![0]].concat()],
        ),
        (
            "no padding",
            AssemblyError::Length,
            vec![section(&[(0, b"abc")])[..25].to_vec(), section(&[(3, b"defgh")])],
        ),
    ] {
        let error = consent_to(&mut world, &sections).unwrap_err();
        let found = matches!(error, ProtocolError::Assembly(found) if found == expected);
        assert!(found, "{defect}: {error:?}");
    }
    for (defect, sections) in [
        ("no section", [b"garbage".to_vec(), section(&[(0, RECORD)])]),
        ("beyond the end", [section(&[(0, b"abcd")]), section(&[(4, b"efghi")])]),
    ] {
        let error = consent_to(&mut world, &sections).unwrap_err();
        assert!(matches!(error, ProtocolError::Assembly(_)), "{defect}: {error:?}");
    }
}

#[test]
fn consent_requires_sections_of_one_record_length() {
    let mut world = World::new();
    let sections = [section(&[(0, b"abcd")]), section(&[(4, b"efgh")])];
    let mut outcome = |change: fn(u8, &mut SectionKey)| {
        let (mut sealed, introduction) = seal_sections(&mut world, &sections, |_| ());
        rewrap(&mut world, (&mut sealed, &introduction), change);
        let sealed = (sealed, introduction);
        let payload = payload(&mut world, &sealed);
        world.answer(&payload, &sealed.0)
    };
    assert!(outcome(|_, _| ()).is_ok());
    for error in [
        outcome(|index, key| key.length += u64::from(index)).unwrap_err(),
        outcome(|index, key| key.length -= u64::from(1 - index)).unwrap_err(),
    ] {
        let refused = matches!(error, ProtocolError::Assembly(AssemblyError::Length));
        assert!(refused, "{error:?}");
    }
    let longer = outcome(|_, key| key.length = u64::MAX).unwrap_err();
    assert!(matches!(longer, ProtocolError::Assembly(AssemblyError::Gap)), "{longer:?}");
}

/// The record and the wrapped keys lead readers to another object than the envelope.
#[test]
fn consent_requires_keys_that_lead_to_the_envelope() {
    let mut world = World::new();
    let (mut sealed, introduction) = seal_sections(&mut world, &[section(&[(0, RECORD)])], |_| ());
    let elsewhere = name_of(b"another object");
    let location = digest_of_cid(&elsewhere).unwrap();
    rewrap(&mut world, (&mut sealed, &introduction), |_, key| key.envelope = location);
    let sealed = (sealed, introduction);
    let honest = payload(&mut world, &sealed);
    let draft = altered(&honest.draft, |record| record.envelope = object_digest(&elsewhere));
    let error = world.answer(&ConsentRequest { draft, ..honest }, &sealed.0).unwrap_err();
    assert!(matches!(error, ProtocolError::DigestMismatch(Item::Envelope)), "{error:?}");
}
