//! Refused consent of the patient.
#![forbid(unsafe_code)]

use super::*;
use crate::algebra::tag::Kind;
use crate::protocol::binding::Origin;
use crate::protocol::seal::{EncryptedSection, TaggedClass};

/// Drafts a record and returns the error of the patient's consent.
fn refusal(
    world: &mut World,
    (sealed, introduction, index): (&SealedRecord, &Introduction, &[Vec<u8>]),
) -> ProtocolError {
    let draft = world.draft((sealed, introduction, index.to_vec()));
    world.consent(&draft, sealed).unwrap_err()
}

#[test]
fn consent_requires_an_envelope_that_lists_the_ciphertexts() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let mut changed = Envelope::from_bytes(&sealed.envelope.bytes).unwrap();
    changed.sections.swap(0, 1);
    let refused = |outcome| matches!(outcome, Err(ProtocolError::DigestMismatch(Item::Envelope)));
    let draft = world.draft((&sealed, &introduction, index));
    // The bytes of the envelope do not match its name.
    let honest = std::mem::take(&mut sealed.envelope.bytes);
    assert!(refused(world.consent(&draft, &sealed)));
    sealed.envelope.bytes = changed.to_bytes();
    assert!(refused(world.consent(&draft, &sealed)));
    sealed.envelope.bytes = honest;
    assert!(world.consent(&draft, &sealed).is_ok());
}

#[test]
fn consent_requires_a_valid_public_tag() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index.clone()));
    assert!(world.consent(&draft, &sealed).is_ok());
    // [version][kind], C1 (48 bytes), W (32), then the tag C4 (96), which is replaced.
    let mut wrapped_key = sealed.sections[0].wrapped_for_patient.bytes.clone();
    wrapped_key[82..178].copy_from_slice(&other_point(&mut world.rng).to_bytes());
    sealed.sections[0].wrapped_for_patient = NamedObject::new(wrapped_key);
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::WrappedKey(_)), "{error}");
}

#[test]
fn consent_requires_consistent_headers_under_the_current_policy() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index.clone()));
    assert!(world.consent(&draft, &sealed).is_ok());
    let honest = sealed.sections[0].wrapped_for_policy.bytes.clone();
    // The same group elements under another policy.
    let wrapped_key = <abe::Ciphertext>::from_bytes(&honest).unwrap();
    let text = wrapped_key.header().policy().to_string();
    assert_eq!(text, "neurology and epoch:0");
    let position = honest.windows(text.len()).position(|w| w == text.as_bytes()).unwrap();
    let mut renamed = honest.clone();
    renamed[position..position + 9].copy_from_slice(b"neurologx");
    sealed.sections[0].wrapped_for_policy = NamedObject::new(renamed);
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
    // One negated element: well-formed, but inconsistent.
    let rows = position + text.len() + 2 * 96;
    let mut negated = honest.clone();
    negated[rows] ^= 0x20;
    assert!(<abe::Ciphertext>::from_bytes(&negated).is_ok());
    sealed.sections[0].wrapped_for_policy = NamedObject::new(negated);
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::InconsistentHeader(_)), "{error:?}");
    let truncated = honest[..honest.len() - 1].to_vec();
    sealed.sections[0].wrapped_for_policy = NamedObject::new(truncated);
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Decode(Item::WrappedForPolicy, _)), "{error:?}");
    sealed.sections[0].wrapped_for_policy = NamedObject::new(honest);
    assert!(world.consent(&draft, &sealed).is_ok());
    // The record was sealed in the previous attribute epoch.
    world.authority.next_epoch();
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
}

/// The keys are wrapped for the current policy, and the tags are those of another policy, under
/// which the patient would grant.
#[test]
fn consent_requires_the_tags_of_the_current_policy() {
    let mut world = World::new();
    let current = world.epoch_policies();
    let other = Policies::uniform("cardiology".parse().unwrap());
    let other = world.authority.epoch_policies(&other).unwrap();
    let (mut sealed, introduction, index) = world.seal_under(&other);
    let policy = current.policies.of(Class::Clinical);
    for section in &mut sealed.sections {
        let wrapped_key = abe::seal(&current.parameters, policy, b"", b"", &mut world.rng);
        section.wrapped_for_policy = NamedObject::new(wrapped_key.to_bytes());
    }
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
}

/// The author seals a section under the tag of another class. A grant over that class would open
/// it.
#[test]
fn consent_requires_the_tag_of_the_class_in_the_key() {
    let mut world = World::new();
    let outcome = |world: &mut World, claimed: Class| {
        let sealed = seal_sections(world, &[section(&[(0, b"abcdefgh")])], |tagged| {
            tagged.class = claimed;
        });
        consent_to(world, &sealed)
    };
    assert!(outcome(&mut world, Class::Identity).is_ok());
    let error = outcome(&mut world, Class::Clinical).unwrap_err();
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
}

#[test]
fn consent_requires_ciphertexts_under_their_names() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    sealed.sections[0].name = sealed.sections[1].name;
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::DigestMismatch(Item::Ciphertext)), "{error:?}");
}

#[test]
fn consent_requires_ciphertexts_that_decrypt() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut sealed.sections[0].ciphertext().unwrap(), &mut bytes).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    sealed.sections[0].replace_ciphertext(&bytes);
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Decryption(_)), "{error}");
}

/// The plaintext of a section with pieces at offsets.
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

/// Seals a record of eight bytes from the plaintexts of its sections, which have the classes of
/// [`Class::ALL`] in order.
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
    let (author, rng) = (&world.author, &mut world.rng);
    let sealed = author.wrap(&origin, 8, encrypted, &introduction, &current, rng);
    (sealed, introduction)
}

fn consent_to(
    world: &mut World,
    (sealed, introduction): &(SealedRecord, Introduction),
) -> Result<Signature, ProtocolError> {
    let index = world.index(sealed, introduction);
    let draft = world.draft((sealed, introduction, index));
    world.consent(&draft, sealed)
}

/// A dishonest author seals sections that do not assemble to a record of eight bytes.
#[test]
fn consent_requires_sections_that_cover_the_record_once() {
    let mut world = World::new();
    let outcome = |world: &mut World, sections: &[Vec<u8>]| {
        let sealed = seal_sections(world, sections, |_| ());
        consent_to(world, &sealed)
    };
    let honest = [section(&[(2, b"cd"), (6, b"gh")]), section(&[(0, b"ab"), (4, b"ef")])];
    assert!(outcome(&mut world, &honest).is_ok());
    let incomplete = outcome(&mut world, &honest[..1]);
    assert!(matches!(incomplete, Err(ProtocolError::Incomplete { written: 4, length: 8 })));
    for (defect, sections) in [
        ("overlap", [section(&[(0, b"abcdef")]), section(&[(4, b"efgh")])]),
        ("the whole record twice", [section(&[(0, b"abcdefgh")]), section(&[(0, b"ABCDEFGH")])]),
        ("no section", [b"garbage".to_vec(), section(&[(0, b"abcdefgh")])]),
        ("beyond the end", [section(&[(0, b"abcd")]), section(&[(4, b"efghi")])]),
        ("truncated", [section(&[(0, b"abcd")]), section(&[(4, b"efgh")])[..24].to_vec()]),
    ] {
        assert!(outcome(&mut world, &sections).is_err(), "{defect}");
    }
}

/// The keys are wrapped for another patient, who introduced themselves with the same owner key.
#[test]
fn consent_requires_keys_wrapped_for_the_patient() {
    let mut world = World::new();
    let honest = world.introduce();
    let foreign =
        Introduction { pre: *pre::keygen(&mut world.rng).0.public_key(), ..honest.clone() };
    let current = world.epoch_policies();
    let record = Record::scan(&mut Cursor::new(FILE), "x.json").unwrap();
    let seal = |world: &mut World, introduction: &Introduction| {
        let (file, rng) = (&mut Cursor::new(FILE), &mut world.rng);
        world.author.seal(&record, file, introduction, &current, rng).unwrap()
    };
    let sealed = seal(&mut world, &honest);
    assert!(consent_to(&mut world, &(sealed, honest.clone())).is_ok());
    let sealed = seal(&mut world, &foreign);
    let error = consent_to(&mut world, &(sealed, honest)).unwrap_err();
    assert!(matches!(error, ProtocolError::Decryption(_)), "{error:?}");
}
