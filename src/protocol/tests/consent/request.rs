//! Requests for consent, and countersignatures, over their life cycle.
#![forbid(unsafe_code)]

use super::*;
use crate::algebra::Secret;
use crate::ledger::{RecordAction, epoch_deadline};

type Change = fn(&mut RecordAction);

/// Seals a record and drafts its transaction.
fn drafted(world: &mut World) -> (SealedRecord, Introduction, Draft) {
    let (sealed, introduction, index) = world.seal();
    let draft = world.draft((&sealed, &introduction, index));
    (sealed, introduction, draft)
}

fn is_refused<T: std::fmt::Debug>(outcome: &Result<T, ProtocolError>, refusal: Refusal) -> bool {
    matches!(outcome, Err(ProtocolError::Refused(found)) if *found == refusal)
}

#[test]
fn a_request_for_consent_must_be_signed_by_the_author_who_must_be_a_registered_doctor() {
    let mut world = World::new();
    let (sealed, _, draft) = drafted(&mut world);
    let payload = world.payload(&draft, &sealed);
    let patient = world.patient.certificate().claimed().clone();
    let mut rng = world.rng.clone();
    // Another registered doctor signs the author's payload.
    let message = world.reader.seal_message(CHAIN, &patient, &payload, &mut rng).unwrap();
    assert!(is_refused(&world.receive(&message, &sealed), Refusal::OtherSender));
    let message = world.author.seal_message(CHAIN, &patient, &payload, &mut rng).unwrap();
    assert!(world.receive(&message, &sealed).is_ok());
    // The author is registered as another party, or not at all.
    let stranger = Doctor::register("Dr. Lund", NOW + EPOCH, &world.centre, &mut rng).unwrap();
    let foreign = |key: VerifyingKey| {
        let draft = altered(&draft, |record| record.author = key);
        ConsentRequest { draft, ..payload.clone() }
    };
    let as_stranger = foreign(stranger.verifying_key());
    let as_proxy = foreign(world.proxy.verifying_key());
    for message in [
        stranger.seal_message(CHAIN, &patient, &as_stranger, &mut rng),
        world.proxy.seal_message(CHAIN, &patient, &as_proxy, &mut rng),
    ] {
        let outcome = world.receive(&message.unwrap(), &sealed);
        assert!(is_refused(&outcome, Refusal::UnregisteredAuthor), "{outcome:?}");
    }
}

#[test]
fn a_request_for_consent_is_for_one_patient() {
    let mut world = World::new();
    let (mut sealed, introduction, draft) = drafted(&mut world);
    let payload = world.payload(&draft, &sealed);
    let request = world.request_consent(&draft, &mut sealed, &introduction).unwrap();
    let (view, current) = (world.view(), world.epoch_policies());
    let mut rng = world.rng.clone();
    let mut eve = Patient::register("Eve", NOW + EPOCH, &world.centre, &mut rng).unwrap();
    let replayed = eve.consent(view, &request, &sealed, &current);
    assert!(matches!(replayed, Err(ProtocolError::Message)), "{replayed:?}");
    let certificate = eve.certificate().claimed();
    let again = world.author.seal_message(CHAIN, certificate, &payload, &mut rng).unwrap();
    let outcome = eve.consent(view, &again, &sealed, &current);
    assert!(is_refused(&outcome, Refusal::OtherOwnerKey), "{outcome:?}");
    assert!(world.receive(&request, &sealed).is_ok());
}

#[test]
fn a_request_for_consent_to_one_draft_gives_no_consent_to_another() {
    let mut world = World::new();
    let (sealed, introduction, draft) = drafted(&mut world);
    let (other_sealed, _, other) = drafted(&mut world);
    let honest = world.payload(&draft, &sealed);
    let outcome = world.answer(&ConsentRequest { draft: other, ..honest.clone() }, &sealed);
    let mismatch = ProtocolError::DigestMismatch(Item::WrappedForPatient);
    assert_eq!(outcome.unwrap_err().to_string(), mismatch.to_string());
    // The messages of another sealing.
    let mut mixed = honest.clone();
    let others = other_sealed.disclosure.as_ref().unwrap().messages.iter();
    mixed.sections.iter_mut().zip(others).for_each(|(own, other)| own.message = other.clone());
    assert!(is_refused(&world.answer(&mixed, &sealed), Refusal::FalsePolicyKey));
    // Repeated, the answer is the same: for the same draft only.
    let [first, second] = [(); 2].map(|()| world.answer(&honest, &sealed).unwrap());
    assert_eq!(first, second);
    let index = world.index(&sealed, &introduction);
    let redrafted = world.draft((&sealed, &introduction, index));
    let hospital = world.institution.countersign(&redrafted, world.view()).unwrap();
    let outcome = world.author.publish(redrafted, &hospital, &first);
    assert!(matches!(outcome, Err(ProtocolError::Signature(Item::Consent, _))), "{outcome:?}");
}

#[test]
fn a_request_for_consent_expires_with_its_draft_and_names_its_chain() {
    let mut world = World::new();
    let (sealed, _, draft) = drafted(&mut world);
    let honest = world.payload(&draft, &sealed);
    let mut outcome = |valid_until, chain: &str| {
        let draft = Draft { valid_until, chain: chain.to_owned(), ..draft.clone() };
        world.answer(&ConsentRequest { draft, ..honest.clone() }, &sealed)
    };
    assert!(outcome(NOW + 1, CHAIN).is_ok());
    assert!(is_refused(&outcome(NOW, CHAIN), Refusal::ExpiredDraft));
    assert!(is_refused(&outcome(NOW + 1, "another chain"), Refusal::OtherChain));
}

#[test]
fn a_patient_consents_only_to_their_own_unaltered_record() {
    let mut world = World::new();
    let (sealed, _, draft) = drafted(&mut world);
    let payload = world.payload(&draft, &sealed);
    let other = world.reader.verifying_key();
    let mut outcome = |draft| world.answer(&ConsentRequest { draft, ..payload.clone() }, &sealed);
    assert!(outcome(draft.clone()).is_ok());
    let changes: [Change; 4] = [
        |record| record.epoch += 1,
        |record| record.owner = record.institution,
        |record| record.owner = record.author,
        |record| record.owner = SigningKey::from_seed(&Secret::new([1; 32])).verifying_key(),
    ];
    for change in changes {
        assert!(is_refused(&outcome(altered(&draft, change)), Refusal::OtherOwnerKey));
    }
    let author = outcome(altered(&draft, |record| record.author = other));
    assert!(is_refused(&author, Refusal::OtherSender));
    let digest = |outcome, item| matches!(outcome, Err(ProtocolError::DigestMismatch(found)) if found == item);
    let changes: [(Item, Change); 4] = [
        (Item::WrappedForPatient, |record| record.sections[1].wrapped_for_patient[0] ^= 1),
        (Item::WrappedEnvelopeName, |record| record.envelope[0] ^= 1),
        (Item::Envelope, |record| record.sections[0].ciphertext[0] ^= 1),
        (Item::SealedRecord, |record| record.sections.truncate(1)),
    ];
    for (item, change) in changes {
        assert!(digest(outcome(altered(&draft, change)), item), "{item}");
    }
    let policy_key = |record: &mut RecordAction| record.sections[1].wrapped_for_policy[0] ^= 1;
    assert!(is_refused(&outcome(altered(&draft, policy_key)), Refusal::FalsePolicyKey));
    let changes: [Change; 2] =
        [|record| record.record_id[0] ^= 1, |record| record.sections[0].tag[31] ^= 1];
    for change in changes {
        let outcome = outcome(altered(&draft, change));
        assert!(matches!(outcome, Err(ProtocolError::WrappedKey(_))), "{outcome:?}");
    }
    let announced = world.author.announce(VALIDITY, &mut world.rng).draft;
    let outcome = world.answer(&ConsentRequest { draft: announced, ..payload.clone() }, &sealed);
    assert!(is_refused(&outcome, Refusal::NotRecordDraft));
}

#[test]
fn a_patient_consents_to_a_record_of_the_current_epoch_only() {
    let mut world = World::new();
    let author = world.author.verifying_key();
    let (record, current) =
        (Record::scan(&mut Cursor::new(FILE), "x.json").unwrap(), world.epoch_policies());
    let mut outcome = |written, until, now| {
        let introduction = world.patient.introduction(&author, written);
        let (file, rng) = (&mut Cursor::new(FILE), &mut world.rng);
        let sealed = world.author.seal(&record, file, &introduction, &current, rng).unwrap();
        let index = world.index(&sealed, &introduction);
        let mut draft = world.draft((&sealed, &introduction, index));
        draft.valid_until = until;
        let (payload, patient) =
            (world.payload(&draft, &sealed), world.patient.certificate().claimed());
        let request = world.author.seal_message(CHAIN, patient, &payload, &mut world.rng).unwrap();
        let view = LedgerView { state: world.ledger.state(), now };
        world.patient.consent(view, &request, &sealed, &current)
    };
    let deadline = epoch_deadline(0);
    assert!(outcome(NOW, deadline, deadline - 1).is_ok());
    let rule = |outcome, rule| matches!(outcome, Err(ProtocolError::Rule(found)) if found == rule);
    assert!(rule(outcome(NOW, deadline, deadline), Rule::PastEpoch));
    assert!(rule(outcome(NOW, deadline + 1, NOW), Rule::PastEpoch));
    assert!(rule(outcome(NOW + EPOCH, NOW + EPOCH, NOW), Rule::FutureEpoch));
}

/// The messages belong to one request. Afterwards the author cannot disclose them again.
#[test]
fn the_author_requests_consent_once_per_sealing_and_then_has_no_messages() {
    let mut world = World::new();
    let (mut sealed, introduction, draft) = drafted(&mut world);
    let request = world.request_consent(&draft, &mut sealed, &introduction).unwrap();
    assert!(sealed.disclosure.is_none());
    let second = world.request_consent(&draft, &mut sealed, &introduction);
    assert!(is_refused(&second, Refusal::ConsentRequested));
    // The first request can be sent again.
    for _ in 0..2 {
        assert!(world.receive(&request, &sealed).is_ok());
    }
}

#[test]
fn the_author_requests_consent_only_to_a_draft_of_the_sealed_record_for_the_patient() {
    let mut world = World::new();
    let (mut sealed, introduction, draft) = drafted(&mut world);
    let other = world.reader.verifying_key();
    let mut outcome = |draft: &Draft| world.request_consent(draft, &mut sealed, &introduction);
    let mut foreign = draft.clone();
    foreign.chain.push('!');
    assert!(is_refused(&outcome(&foreign), Refusal::OtherChain));
    let author = altered(&draft, |record| record.author = other);
    assert!(is_refused(&outcome(&author), Refusal::RecordOfAnother));
    let owner = altered(&draft, |record| record.owner = other);
    assert!(is_refused(&outcome(&owner), Refusal::OtherOwnerKey));
    let shorter = altered(&draft, |record| record.index.truncate(1));
    assert!(is_refused(&outcome(&shorter), Refusal::IndexLength));
    let changes: [Change; 2] =
        [|record| record.record_id[0] ^= 1, |record| record.sections[0].wrapped_for_author[0] ^= 1];
    for change in changes {
        let outcome = outcome(&altered(&draft, change));
        let refused = matches!(outcome, Err(ProtocolError::DigestMismatch(Item::SealedRecord)));
        assert!(refused, "{outcome:?}");
    }
    let certificate = world.patient.certificate().claimed().valid_until;
    let (terms, rng) = (world.terms(), &mut world.rng);
    let mut at = |now| {
        let view = LedgerView { state: world.ledger.state(), now };
        world.author.request_consent(view, &draft, &mut sealed, &introduction, &terms, rng)
    };
    let late = at(certificate);
    assert!(matches!(late, Err(ProtocolError::Rule(Rule::CertificateExpired))), "{late:?}");
    // None of the refusals has consumed the messages.
    assert!(at(certificate - 1).is_ok());
}

/// The author names the party whose signature is missing.
#[test]
fn the_author_publishes_only_with_the_countersignatures_of_institution_and_owner() {
    let mut world = World::new();
    let (sealed, _, draft) = drafted(&mut world);
    let consent = world.consent(&draft, &sealed).unwrap();
    let hospital = world.institution.countersign(&draft, world.view()).unwrap();
    let key = SigningKey::generate(&mut world.rng);
    let impostor = Countersignature::new(&draft, &key);
    let renamed = |honest: &Countersignature| Countersignature {
        signer: honest.signer,
        ..Countersignature::new(&draft, &key)
    };
    let elsewhere =
        |honest: &Countersignature| Countersignature { transaction: [1; 32], ..honest.clone() };
    let misnamed = |honest: &Countersignature| Countersignature {
        signer: key.verifying_key(),
        ..honest.clone()
    };
    let publish = |institution: &Countersignature, consent: &Countersignature| {
        world.author.publish(draft.clone(), institution, consent)
    };
    for forged in [
        impostor.clone(),
        misnamed(&hospital),
        renamed(&hospital),
        elsewhere(&hospital),
        consent.clone(),
    ] {
        let outcome = publish(&forged, &consent);
        let refused = matches!(outcome, Err(ProtocolError::Signature(Item::Institution, _)));
        assert!(refused, "{outcome:?}");
    }
    for forged in
        [impostor, misnamed(&consent), renamed(&consent), elsewhere(&consent), hospital.clone()]
    {
        let outcome = publish(&hospital, &forged);
        assert!(matches!(outcome, Err(ProtocolError::Signature(Item::Consent, _))), "{outcome:?}");
    }
    let other = world.reader.publish(draft.clone(), &hospital, &consent);
    assert!(is_refused(&other, Refusal::RecordOfAnother));
    assert!(publish(&hospital, &consent).is_ok());
}

#[test]
fn requests_and_countersignatures_have_one_encoding_each() {
    let mut world = World::new();
    let (sealed, _, draft) = drafted(&mut world);
    let payload = world.payload(&draft, &sealed).to_bytes();
    assert_eq!(ConsentRequest::from_bytes(&payload).unwrap().to_bytes(), payload);
    assert_eq!(Draft::from_bytes(&draft.to_bytes()), Ok(draft.clone()));
    let consent = world.consent(&draft, &sealed).unwrap();
    assert_eq!(Countersignature::from_bytes(&consent.to_bytes()), Ok(consent));
    for bytes in [&payload[..payload.len() - 1], &[&payload[..], &[0]].concat()] {
        assert!(ConsentRequest::from_bytes(bytes).is_err());
    }
    let shown = format!("{:?} {sealed:?}", world.payload(&draft, &sealed));
    assert!(!shown.contains("Condition"), "the terms are not shown");
    for message in &sealed.disclosure.unwrap().messages {
        assert!(!shown.contains(&format!("{:?}", message.expose())));
    }
}
