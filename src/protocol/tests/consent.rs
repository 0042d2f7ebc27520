//! Refused consent of the patient: dishonest authors seal and request without the author's checks.
#![forbid(unsafe_code)]

mod index;
mod request;
mod sections;

use super::*;
use crate::abe::KemMessage;
use crate::protocol::binding::{Origin, SectionKey, WrappedKeyBinding};
use crate::protocol::consent::{ConsentRequest, SectionDisclosure};
use crate::protocol::publish::record_of;
use crate::protocol::seal::{Disclosure, SealedSection};
use crate::sign::VerifyingKey;
use crate::store::digest_of_cid;

impl World {
    /// The payload of a request for consent, without the author's checks. The sealed record keeps
    /// its secrets.
    pub(super) fn payload(&self, draft: &Draft, sealed: &SealedRecord) -> ConsentRequest {
        let Disclosure { messages, plaintext } = sealed.disclosure.as_ref().unwrap();
        let disclose = |(section, message): (&SealedSection, &KemMessage)| SectionDisclosure {
            wrapped_for_patient: Canonical::from_bytes(&section.wrapped_for_patient.bytes).unwrap(),
            message: message.clone(),
        };
        ConsentRequest {
            draft: draft.clone(),
            envelope: Envelope::from_bytes(&sealed.envelope.bytes).unwrap(),
            sections: sealed.sections.iter().zip(messages).map(disclose).collect(),
            terms: self.terms(),
            hash: plaintext.hash.clone(),
        }
    }

    /// The patient's answer to a payload that the author has signed.
    pub(super) fn answer(
        &mut self,
        payload: &ConsentRequest,
        objects: &dyn PendingObjects,
    ) -> Result<Countersignature, ProtocolError> {
        let patient = self.patient.certificate().claimed();
        let message = self.author.seal_message(CHAIN, patient, payload, &mut self.rng).unwrap();
        self.receive(&message, objects)
    }

    pub(super) fn receive(
        &mut self,
        message: &SealedMessage,
        objects: &dyn PendingObjects,
    ) -> Result<Countersignature, ProtocolError> {
        let current = self.epoch_policies();
        let view = LedgerView { state: self.ledger.state(), now: NOW };
        self.patient.consent(view, message, objects, &current)
    }

    pub(super) fn consent(
        &mut self,
        draft: &Draft,
        sealed: &SealedRecord,
    ) -> Result<Countersignature, ProtocolError> {
        let payload = self.payload(draft, sealed);
        self.answer(&payload, sealed)
    }

    pub(super) fn request_consent(
        &mut self,
        draft: &Draft,
        sealed: &mut SealedRecord,
        introduction: &Introduction,
    ) -> Result<SealedMessage, ProtocolError> {
        let (terms, rng) = (self.terms(), &mut self.rng);
        let view = LedgerView { state: self.ledger.state(), now: NOW };
        self.author.request_consent(view, draft, sealed, introduction, &terms, rng)
    }
}

/// Drafts a record and returns the error of the patient's consent.
fn refusal(
    world: &mut World,
    (sealed, introduction, index): (&SealedRecord, &Introduction, &[Vec<u8>]),
) -> ProtocolError {
    let draft = world.draft((sealed, introduction, index.to_vec()));
    world.consent(&draft, sealed).unwrap_err()
}

/// Returns a draft with an altered record.
fn altered(draft: &Draft, alter: impl FnOnce(&mut crate::ledger::RecordAction)) -> Draft {
    let mut draft = draft.clone();
    match &mut draft.action {
        Action::Record(record) => alter(record),
        _ => unreachable!("a draft of a record"),
    }
    draft
}

/// Returns the key of a section, as the patient unwraps it.
fn section_key(world: &World, draft: &Draft, sealed: &SealedRecord, index: u8) -> SectionKey {
    let WrappedKeyBinding { condition, ad } =
        WrappedKeyBinding::of(record_of(draft, CHAIN).unwrap(), index);
    let wrapped = &sealed.sections[usize::from(index)].wrapped_for_patient.bytes;
    let wrapped = Canonical::from_bytes(wrapped).unwrap();
    let key = pre::conditional::open(&world.patient.pre, &condition, &ad, &wrapped).unwrap();
    SectionKey::from_bytes(&key).unwrap()
}

/// Wraps changed section keys for the patient and the policy.
pub(super) fn rewrap(
    world: &mut World,
    (sealed, introduction): (&mut SealedRecord, &Introduction),
    change: impl Fn(u8, &mut SectionKey),
) {
    let current = world.epoch_policies();
    for index in 0..sealed.sections.len() as u8 {
        let draft = world.draft((sealed, introduction, vec![]));
        let mut key = section_key(world, &draft, sealed, index);
        change(index, &mut key);
        let WrappedKeyBinding { condition, ad } =
            WrappedKeyBinding::of(record_of(&draft, CHAIN).unwrap(), index);
        let (key, own, rng) = (key.to_bytes(), world.patient.pre.public_key(), &mut world.rng);
        let for_patient = pre::conditional::seal(own, &condition, &ad, &key[..], rng);
        let message = &sealed.disclosure.as_ref().unwrap().messages[usize::from(index)];
        let (parameters, policy) = (&current.parameters, current.policies.of(Class::Clinical));
        let for_policy = abe::seal_with_randomness(parameters, policy, &ad, &key[..], message);
        let section = &mut sealed.sections[usize::from(index)];
        section.wrapped_for_patient = NamedObject::new(for_patient.to_bytes());
        section.wrapped_for_policy = NamedObject::new(for_policy.to_bytes());
    }
}

#[test]
fn consent_requires_an_envelope_that_lists_the_ciphertexts() {
    let mut world = World::new();
    let (sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index));
    let honest = world.payload(&draft, &sealed);
    assert!(world.answer(&honest, &sealed).is_ok());
    let refused = |outcome| matches!(outcome, Err(ProtocolError::DigestMismatch(Item::Envelope)));
    // The envelope does not have the name in the record and in the wrapped keys.
    let mut changed = honest.clone();
    changed.envelope.sections.swap(0, 1);
    assert!(refused(world.answer(&changed, &sealed)));
    // The envelope has the name, and the record lists other ciphertexts.
    let draft = altered(&draft, |record| {
        let (first, second) = record.sections.split_at_mut(1);
        std::mem::swap(&mut first[0].ciphertext, &mut second[0].ciphertext);
    });
    assert!(refused(world.answer(&ConsentRequest { draft, ..honest }, &sealed)));
}

/// The author states another length, with a name of the envelope to which all keys lead.
#[test]
fn consent_requires_the_lengths_of_the_ciphertexts() {
    let mut world = World::new();
    let (mut sealed, introduction, _) = world.seal();
    let honest = Envelope::from_bytes(&sealed.envelope.bytes).unwrap();
    for change in [0, 1, -1] {
        let mut envelope = honest.clone();
        let length = &mut envelope.sections[1].length;
        *length = length.checked_add_signed(change).unwrap();
        sealed.envelope = NamedObject::new(envelope.to_bytes());
        let location = digest_of_cid(&sealed.envelope.name).unwrap();
        rewrap(&mut world, (&mut sealed, &introduction), |_, key| key.envelope = location);
        let index = world.index(&sealed, &introduction);
        let draft = world.draft((&sealed, &introduction, index));
        match world.consent(&draft, &sealed) {
            Ok(_) => assert_eq!(change, 0),
            Err(ProtocolError::DigestMismatch(Item::Ciphertext)) => assert_ne!(change, 0),
            Err(error) => panic!("{error:?}"),
        }
    }
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

/// The author wraps another key for the policy than for the patient, or one that opens for nobody.
#[test]
fn consent_requires_policy_keys_that_every_authorised_user_opens_to_the_patients_key() {
    let mut world = World::new();
    let (mut sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index.clone()));
    assert!(world.consent(&draft, &sealed).is_ok());
    let current = world.epoch_policies();
    let (parameters, policy) = (&current.parameters, current.policies.of(Class::Clinical));
    let ad = Origin::of(record_of(&draft, CHAIN).unwrap()).wrapped_key_ad(0);
    let key = section_key(&world, &draft, &sealed, 0).to_bytes();
    let mut other_key = key.clone();
    other_key[0] ^= 1;
    let message = sealed.disclosure.as_ref().unwrap().messages[0].clone();
    let other = KemMessage::generate(&mut world.rng);
    let other_policy = "cardiology".parse().unwrap();
    let seal = |policy, ad: &[u8], key: &[u8], message| {
        abe::seal_with_randomness(parameters, policy, ad, key, message).to_bytes()
    };
    let honest = seal(policy, &ad, &key[..], &message);
    assert_eq!(honest, sealed.sections[0].wrapped_for_policy.bytes);
    // The body is that of another key: the header is consistent, and nobody opens the ciphertext.
    let mut body = honest.clone();
    *body.last_mut().unwrap() ^= 1;
    let text = policy.to_string();
    let position = honest.windows(text.len()).position(|w| w == text.as_bytes()).unwrap();
    // One negated element: well-formed, but inconsistent.
    let mut negated = honest.clone();
    negated[position + text.len() + 2 * 96] ^= 0x20;
    assert!(<abe::Ciphertext>::from_bytes(&negated).is_ok());
    for (defect, wrapped_key) in [
        ("a damaged body", body),
        ("an inconsistent header", negated),
        ("other associated data", seal(policy, b"", &key[..], &message)),
        ("another content key", seal(policy, &ad, &other_key[..], &message)),
        ("another policy", seal(&other_policy, &ad, &key[..], &message)),
        ("another message", seal(policy, &ad, &key[..], &other)),
        ("another attribute authority", {
            let (parameters, _) = abe::setup(&mut world.rng);
            abe::seal_with_randomness(&parameters, policy, &ad, &key[..], &message).to_bytes()
        }),
        ("no ciphertext", honest[..honest.len() - 1].to_vec()),
    ] {
        sealed.sections[0].wrapped_for_policy = NamedObject::new(wrapped_key);
        let error = refusal(&mut world, (&sealed, &introduction, &index));
        let refused = matches!(error, ProtocolError::Refused(Refusal::FalsePolicyKey));
        assert!(refused, "{defect}: {error:?}");
    }
    sealed.sections[0].wrapped_for_policy = NamedObject::new(honest);
    assert!(world.consent(&draft, &sealed).is_ok());
    // The record was sealed in the previous attribute epoch.
    world.authority.next_epoch();
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
}

#[test]
fn consent_requires_the_messages_of_the_sections() {
    let mut world = World::new();
    let (sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index));
    let honest = world.payload(&draft, &sealed);
    let mut swapped = honest.clone();
    let first = swapped.sections[0].message.clone();
    swapped.sections[0].message = swapped.sections[1].message.clone();
    swapped.sections[1].message = first;
    let mut wrong = honest.clone();
    wrong.sections[1].message = KemMessage::generate(&mut world.rng);
    for payload in [swapped, wrong] {
        let error = world.answer(&payload, &sealed).unwrap_err();
        assert!(matches!(error, ProtocolError::Refused(Refusal::FalsePolicyKey)), "{error:?}");
    }
    let mut fewer = honest;
    fewer.sections.pop();
    let error = world.answer(&fewer, &sealed).unwrap_err();
    assert!(matches!(error, ProtocolError::DigestMismatch(Item::SealedRecord)), "{error:?}");
}

/// The keys are wrapped for the current policy, and the tags are those of another policy, under
/// which the patient would grant.
#[test]
fn consent_requires_the_tags_of_the_current_policy() {
    let mut world = World::new();
    let other = Policies::uniform("cardiology".parse().unwrap());
    let other = world.authority.epoch_policies(&other).unwrap();
    let (mut sealed, introduction, index) = world.seal_under(&other);
    let current = world.epoch_policies();
    let draft = world.draft((&sealed, &introduction, index.clone()));
    let origin = Origin::of(record_of(&draft, CHAIN).unwrap());
    for index in 0..2 {
        let key = section_key(&world, &draft, &sealed, index).to_bytes();
        let (ad, at) = (origin.wrapped_key_ad(index), usize::from(index));
        let message = &sealed.disclosure.as_ref().unwrap().messages[at];
        let policy = current.policies.of(Class::Clinical);
        let wrapped_key =
            abe::seal_with_randomness(&current.parameters, policy, &ad, &key[..], message);
        sealed.sections[at].wrapped_for_policy = NamedObject::new(wrapped_key.to_bytes());
    }
    let error = refusal(&mut world, (&sealed, &introduction, &index));
    assert!(matches!(error, ProtocolError::Refused(Refusal::OutdatedPolicy)), "{error:?}");
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
    let mut outcome = |introduction: &Introduction| {
        let (file, rng) = (&mut Cursor::new(FILE), &mut world.rng);
        let sealed = world.author.seal(&record, file, introduction, &current, rng).unwrap();
        let index = world.index(&sealed, &honest);
        let draft = world.draft((&sealed, &honest, index));
        world.consent(&draft, &sealed)
    };
    assert!(outcome(&honest).is_ok());
    let error = outcome(&foreign).unwrap_err();
    assert!(matches!(error, ProtocolError::Decryption(_)), "{error:?}");
}

/// The patient was restored from a file that was saved before the consent.
#[test]
fn a_patient_reads_forgotten_classes_from_the_wrapped_keys() {
    let mut world = World::new();
    let record = world.publish();
    let known = std::mem::take(&mut world.patient.classes);
    assert_eq!(known.len(), 3);
    let grant = |world: &World| {
        let (reader, rng) = (world.reader.verifying_key(), &mut world.fork());
        let terms = world.grant_terms(record);
        world.patient.grant(VALIDITY, world.view(), &reader, &terms, rng).map(|_| ())
    };
    let outcome = grant(&world);
    let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::UnknownClass)));
    assert!(refused, "{outcome:?}");
    let saved = world.patient.to_secret_bytes();
    let mut patient = Patient::from_bytes(&saved).unwrap();
    let hit = patient.find(world.ledger.state()).unwrap().pop().unwrap();
    patient.restore_classes(world.view(), &hit, &world, &mut world.fork()).unwrap();
    assert_eq!(patient.classes, known);
    world.patient = patient;
    assert!(grant(&world).is_ok());
}
