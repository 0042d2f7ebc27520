//! Messages from one party to another: replayed, redirected, by another sender.
#![forbid(unsafe_code)]

use super::*;
use crate::protocol::grant::Delivery;
use crate::protocol::page::Page;

fn introduce(world: &mut World, doctor: &crate::ledger::Certificate, now: Time) -> SealedMessage {
    let (state, rng) = (world.ledger.state(), &mut world.rng);
    world.patient.introduce(LedgerView { state, now }, doctor, rng).unwrap()
}

#[test]
fn an_introduction_is_for_one_doctor_in_one_epoch() {
    let mut world = World::new();
    let author = world.author.certificate().clone();
    let message = introduce(&mut world, &author, NOW);
    let state = world.state();
    let view = |now| LedgerView { state: &state, now };
    let received = world.author.receive_introduction(view(NOW), &message).unwrap();
    assert_eq!(received.epoch(), crate::ledger::epoch_of(NOW));
    // Received again, the message gives the same keys.
    assert!(world.author.receive_introduction(view(NOW), &message).is_ok());
    let other = world.reader.receive_introduction(view(NOW), &message);
    assert!(matches!(other, Err(ProtocolError::Message)), "{other:?}");
    let other_chain = Ledger::new("other", world.centre.verifying_key());
    let other = LedgerView { state: other_chain.state(), now: NOW };
    let other = world.author.receive_introduction(other, &message);
    assert!(matches!(other, Err(ProtocolError::Message)), "{other:?}");

    let stale = |outcome: Result<_, ProtocolError>| {
        matches!(outcome, Err(ProtocolError::Refused(Refusal::StaleIntroduction)))
    };
    let deadline = crate::ledger::epoch_deadline(received.epoch());
    let (longer, centre) = (renewed(&world, 2 * deadline), world.centre.verifying_key());
    world.patient.renew(longer.clone(), &centre).unwrap();
    let outcome = world.patient.renew(longer, &centre);
    assert!(matches!(outcome, Err(RegistrationError::NotRenewal)));
    let message = introduce(&mut world, &author, NOW);
    let at = |now| world.author.receive_introduction(view(now), &message);
    assert!(at(deadline - 1).is_ok());
    assert!(stale(at(deadline)));
    assert!(at(NOW - 60_000).is_ok());
    assert!(stale(at(NOW - 60_001)), "signed in the future");
}

fn renewed(world: &World, until: Time) -> crate::ledger::Certificate {
    world.centre.renew(world.patient.certificate(), until).unwrap()
}

/// An impostor holds the patient's certificate and introduces herself with keys of her own.
#[test]
fn an_introduction_must_be_signed_by_the_certified_patient() {
    let mut world = World::new();
    let until = NOW + EPOCH;
    let mut eve = Patient::register("Eve", until, &world.centre, &mut world.rng).unwrap();
    eve.certificate = world.patient.certificate().clone();
    let author = world.author.certificate();
    let view = LedgerView { state: world.ledger.state(), now: NOW };
    let message = eve.introduce(view, author, &mut world.rng).unwrap();
    let outcome = world.author.receive_introduction(view, &message);
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherSender))), "{outcome:?}");
    // The certificate of a doctor is not one of a patient.
    eve.certificate = author.clone();
    let message = eve.introduce(view, author, &mut world.rng).unwrap();
    let outcome = world.author.receive_introduction(view, &message);
    let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::NotPatientCertificate)));
    assert!(refused, "{outcome:?}");
}

/// The window of an introduction must contain its epoch.
#[test]
fn an_introduction_without_the_pseudonym_of_its_epoch_is_refused() {
    let world = World::new();
    let author = world.author.verifying_key();
    let later = world.patient.introduction(&author, NOW + EPOCH).window;
    let introduction = Introduction { window: later, ..world.patient.introduction(&author, NOW) };
    let subject = world.ledger.state().party(&author).unwrap().unwrap();
    let rng = &mut world.rng.clone();
    let message = world.patient.seal_message(CHAIN, &subject, &introduction, rng).unwrap();
    let outcome = world.author.receive_introduction(world.view(), &message);
    let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::EpochNotCovered)));
    assert!(refused, "{outcome:?}");
}

/// Another party, and another patient with a grant of their own, sign the keys of a grant.
#[test]
fn deliveries_and_tickets_must_be_signed_by_an_owner_of_their_grant() {
    let mut world = World::new();
    let record = world.publish();
    let (delivery, ticket) = world.grant(record);
    let state = world.state();
    let (proxy, reader) = (world.proxy.verifying_key(), world.reader.verifying_key());
    let rng = &mut world.rng.clone();
    let owner = world.state().record(&record).unwrap().unwrap().author;
    let owner = world.patient.owner_key(&owner, crate::ledger::epoch_of(NOW));
    let foreign = [SigningKey::generate(rng), world.author.key.clone(), world.patient.key.clone()];
    let proxy = &state.party(&proxy).unwrap().unwrap();
    let reader = &state.party(&reader).unwrap().unwrap();
    for key in &foreign {
        let message = SealedMessage::seal(CHAIN, key, proxy, &delivery, rng).unwrap();
        let outcome = world.proxy.accept(at(&state), &message);
        let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherSender)));
        assert!(refused, "{outcome:?}");
        let message = SealedMessage::seal(CHAIN, key, reader, &ticket, rng).unwrap();
        let outcome = world.reader.receive_ticket(&state, &message);
        let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherSender)));
        assert!(refused, "{outcome:?}");
    }
    assert!(world.proxy.deliveries.len() == 0);
    let message = SealedMessage::seal(CHAIN, &owner, reader, &ticket, rng).unwrap();
    assert!(world.reader.receive_ticket(&state, &message).is_ok());
    // The delivery of an unknown grant, and a delivery in the place of a ticket.
    let unknown = Delivery { grant: [1; 32], ..delivery.clone() };
    let message = SealedMessage::seal(CHAIN, &owner, proxy, &unknown, rng).unwrap();
    let outcome = world.proxy.accept(at(&state), &message);
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::UnknownGrant))));
    let message = SealedMessage::seal(CHAIN, &owner, reader, &delivery, rng).unwrap();
    let outcome = world.reader.receive_ticket(&state, &message);
    assert!(matches!(outcome, Err(ProtocolError::Message)), "{outcome:?}");
    let message = SealedMessage::seal(CHAIN, &owner, proxy, &delivery, rng).unwrap();
    world.proxy.accept(at(&state), &message).unwrap();
}

/// Only the proxy that signed the receipt sends a release.
#[test]
fn a_release_must_be_signed_by_its_proxy() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let request = world.request(record, &ticket);
    let state = world.state();
    let mut rng = world.rng.clone();
    let view = LedgerView { state: &state, now: NOW };
    let sections = world.proxy.reencrypt(view, &request, &world, &mut rng).unwrap().sections;
    let release = world.release_any(request, sections);
    let state = world.state();
    let reader = &state.party(&world.reader.verifying_key()).unwrap().unwrap();
    let send = |key: &SigningKey, rng: &mut ChaCha20Rng| {
        let message = SealedMessage::seal(CHAIN, key, reader, &release, rng).unwrap();
        world.reader.receive_release(&state, &message)
    };
    assert_eq!(send(&world.proxy.key, &mut rng).unwrap(), release);
    let outcome = send(&world.author.key, &mut rng);
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherSender))), "{outcome:?}");
}

/// A second doctor signs a copy of the encrypted contents as a query of their own.
#[test]
fn the_contents_of_a_query_are_bound_to_reader_pseudonym_and_time() {
    let mut world = World::new();
    let rng = &mut world.rng;
    let manager = QueryManager::register("Manager", NOW + EPOCH, &world.centre, rng).unwrap();
    let announced = manager.announce(VALIDITY, rng);
    assert_eq!(world.commit(&announced), None);
    let rng = &mut world.rng.clone();
    let contents = QueryContents {
        terms: vec![SearchTerm::everything()],
        classes: vec![Class::Clinical],
        purpose: "treatment".to_owned(),
    };
    let of_reader = world.patient.introduction(&world.reader.verifying_key(), NOW);
    let of_author = world.patient.introduction(&world.author.verifying_key(), NOW);
    let query = world.reader.ask(CHAIN, &of_reader, &contents, NOW, rng).unwrap();
    let receive = |query: &Query| {
        let forwarded = manager.forward(world.view(), query)?;
        world.patient.receive(world.view(), &forwarded)
    };
    assert!(receive(&query).unwrap() == contents);
    let bytes = query.to_bytes();
    for hidden in [&b"treatment"[..], b"record", &contents.to_bytes()[2..]] {
        assert!(!bytes.windows(hidden.len()).any(|part| part == hidden));
    }
    // The author signs the reader's contents under their own pseudonym.
    let own = world.author.ask(CHAIN, &of_author, &contents, NOW, rng).unwrap();
    let copied = own.clone().with_contents(query.contents.clone(), CHAIN, &world.author.key);
    assert!(matches!(receive(&copied), Err(ProtocolError::Message)));
    let own_contents = own.contents.clone();
    let again = own.with_contents(own_contents, CHAIN, &world.author.key);
    assert!(receive(&again).is_ok());
    // The reader repeats the contents under another time.
    let later = world.reader.ask(CHAIN, &of_reader, &contents, NOW + 1, rng).unwrap();
    let later = later.with_contents(query.contents.clone(), CHAIN, &world.reader.key);
    assert!(matches!(receive(&later), Err(ProtocolError::Message)));
    // Another chain.
    let foreign = world.reader.ask("other", &of_reader, &contents, NOW, rng).unwrap();
    let outcome = receive(&foreign);
    assert!(matches!(outcome, Err(ProtocolError::Signature(Item::Query, _))));
}

#[test]
fn an_answer_to_a_search_must_be_to_this_request_and_signed_by_the_proxy_of_its_grant() {
    let mut world = World::new();
    let record = world.publish();
    let (delivery, ticket) = world.grant(record);
    let (_, other) = world.grant(record);
    let state = world.state();
    world.proxy.restore(at(&state), delivery).unwrap();
    let view = LedgerView { state: &state, now: NOW };
    let (to, rng) = ((CHAIN, &world.proxy.verifying_key()), &mut world.fork());
    let mut request = |grant| world.reader.request_search(to, (grant, None), NOW, rng);
    let (first, later) = (request(ticket.grant()), request(ticket.grant()));
    let under_other = request(other.grant());
    let found = world.proxy.search(view, &first).unwrap();
    assert_eq!((found.hits.len(), found.last), (1, None));
    let rng = &mut world.fork();
    let answer = world.proxy.answer_search(view, &first, found.clone(), rng).unwrap();
    let receive = |request, answer| world.reader.receive_hits(&state, request, answer);
    assert_eq!(receive(&first, &answer).unwrap(), found);
    // The answer to an earlier request, which hides later records, and one under another grant.
    for request in [&later, &under_other] {
        let outcome = receive(request, &answer);
        let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherAnswer)));
        assert!(refused, "{outcome:?}");
    }
    // To another doctor, and by another party.
    let of_author = world.author.receive_hits(&state, &first, &answer);
    assert!(matches!(of_author, Err(ProtocolError::Message)));
    let until = NOW + EPOCH;
    let second = Proxy::register("Second", until, &world.centre, rng).unwrap();
    let forged = second.answer_search(view, &first, found, rng).unwrap();
    let outcome = receive(&first, &forged);
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherSender))), "{outcome:?}");
}

/// Pages of a search cover every record of the grant once.
#[test]
fn a_search_in_pages_covers_all_records_within_the_limit_of_tests() {
    let mut world = World::new();
    let mut records = [(); 4].map(|()| world.publish());
    let terms = Terms { later_records: true, ..world.grant_terms(records[0]) };
    let (rng, reader) = (&mut world.fork(), world.reader.verifying_key());
    let issued = world.patient.grant(VALIDITY, world.view(), &reader, &terms, rng).unwrap();
    assert_eq!(world.commit(&issued.transaction), None);
    let state = world.state();
    let grant = state.grant(&issued.transaction.id()).unwrap().unwrap();
    let entries = world.terms().len() as u64;
    records.sort();
    for (max_tests, per_page) in
        [(entries, 1), (2 * entries - 1, 1), (2 * entries, 2), (3 * entries, 3), (u64::MAX, 4)]
    {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = Page::new(&state, &grant, after, max_tests).unwrap();
            assert!(page.tests <= max_tests && page.records.len() <= per_page);
            assert_eq!(page.tests, entries * page.records.len() as u64);
            found.extend(page.records.iter().map(|(id, _)| *id));
            after = page.last;
            if after.is_none() {
                break;
            }
            assert_eq!(page.records.len(), per_page);
            assert_eq!(found.last().copied(), after);
        }
        assert_eq!(found, records);
    }
}

/// The reader was introduced at the end of an epoch and asks at the start of the next.
#[test]
fn a_query_names_the_pseudonym_of_its_epoch_or_of_the_previous_one_within_its_tolerance() {
    let mut world = World::new();
    let rng = &mut world.rng;
    let manager = QueryManager::register("Manager", NOW + EPOCH, &world.centre, rng).unwrap();
    let announced = manager.announce(VALIDITY, rng);
    assert_eq!(world.commit(&announced), None);
    let rng = &mut world.rng.clone();
    let contents = QueryContents { terms: vec![], classes: vec![], purpose: String::new() };
    let reader = world.reader.verifying_key();
    let [earlier, current] = [NOW, EPOCH].map(|date| world.patient.introduction(&reader, date));
    let deadline = crate::ledger::epoch_deadline(0);
    assert_eq!((earlier.epoch(), current.epoch()), (0, 1));
    let mut accepts = |introduction: &Introduction, time| {
        let query = world.reader.ask(CHAIN, introduction, &contents, time, rng).unwrap();
        let view = LedgerView { now: time, ..world.view() };
        let forwarded = manager.forward(view, &query).unwrap();
        match world.patient.receive(view, &forwarded) {
            Ok(_) => true,
            Err(ProtocolError::Refused(Refusal::OtherPatient)) => false,
            Err(error) => panic!("{error:?}"),
        }
    };
    assert!(accepts(&earlier, EPOCH - 1) && accepts(&earlier, EPOCH));
    assert!(accepts(&earlier, deadline - 1) && !accepts(&earlier, deadline));
    assert!(!accepts(&current, EPOCH - 1));
    assert!(accepts(&current, EPOCH) && accepts(&current, deadline));
}

#[test]
fn a_search_without_trapdoors_tests_no_entry() {
    let mut world = World::new();
    let record = world.publish();
    let terms = Terms { search: vec![], ..world.grant_terms(record) };
    let (rng, reader) = (&mut world.fork(), world.reader.verifying_key());
    let issued = world.patient.grant(VALIDITY, world.view(), &reader, &terms, rng).unwrap();
    assert_eq!(world.commit(&issued.transaction), None);
    world.proxy.accept(at(world.ledger.state()), &issued.delivery).unwrap();
    let to = (CHAIN, &world.proxy.verifying_key());
    let request =
        world.reader.request_search(to, (&issued.transaction.id(), None), NOW, &mut world.fork());
    let mut entries = 0_usize;
    let answer = world.proxy.search_with_progress(world.view(), &request, &mut entries).unwrap();
    assert_eq!((answer.hits.len(), answer.last, entries), (0, None, 0));
}

#[test]
fn an_owner_key_depends_on_patient_doctor_and_epoch() {
    let mut world = World::new();
    let (until, rng) = (NOW + EPOCH, &mut world.rng);
    let eve = Patient::register("Eve", until, &world.centre, rng).unwrap();
    let (author, reader) = (world.author.verifying_key(), world.reader.verifying_key());
    let keys = [
        world.patient.owner_key(&author, 1),
        world.patient.owner_key(&reader, 1),
        world.patient.owner_key(&author, 2),
        eve.owner_key(&author, 1),
    ]
    .map(|key| key.verifying_key());
    assert!((0..4).all(|i| (0..i).all(|j| keys[i] != keys[j])));
}
