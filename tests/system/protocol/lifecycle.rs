use super::*;
use epione::database::Redb;
use std::sync::Arc;

#[test]
fn reader_author_and_patient_open_the_same_bytes() {
    let mut world = World::new(1);
    let image: Vec<u8> = (0..3_000_000u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    let files: [(&[u8], &str); 3] =
        [(BUNDLE, "bundle.json"), (&image, "image.dcm"), (b"\0", "one byte")];
    let records = files.map(|(file, name)| world.publish(A, ADA, file, name));

    // Query.
    let introduction = world.introduce(ADA, B).unwrap();
    let contents = QueryContents {
        terms: vec![stroke(), SearchTerm::everything()],
        classes: Class::ALL.to_vec(),
        purpose: "stroke".to_owned(),
    };
    let now = world.now();
    let query = world.doctors[B].ask(CHAIN, &introduction, &contents, now, &mut world.rng).unwrap();
    let forwarded = world.manager.forward(world.view(), &query).unwrap();
    let received = world.patients[ADA].receive(world.view(), &forwarded).unwrap();
    assert!(received == contents);

    // Grant and search.
    let terms = Terms { search: received.terms, ..world.terms(&records) };
    let ticket = world.grant(&terms);
    let answer = world.proxies[0]
        .search(world.view(), &world.search_request(B, ticket.grant(), None))
        .unwrap();
    let mut found: Vec<Digest> = answer.hits.iter().map(|hit| hit.record).collect();
    let mut all = records.to_vec();
    found.sort();
    all.sort();
    assert_eq!(found, all);

    for (record, (file, name)) in records.iter().zip(files) {
        let classes = Record::scan(&mut Cursor::new(file), name).unwrap().classes();

        // The granted reader.
        let request = world.request_granted(*record, &ticket);
        let release = world.release(&request).unwrap();
        let (opened, bytes) = world.open_granted(B, &request, &ticket, &release).unwrap();
        assert_eq!(opened.require_complete().unwrap().classes, classes);
        assert!(bytes == file, "the granted reader of {name}");

        // The author.
        let view = world.view();
        let mut output = Cursor::new(Vec::new());
        let (author, rng) = (&world.doctors[A], &mut world.fork());
        let into = Output::new(&mut output, MAX_RECORD);
        let opened = author.open_as_author(view, record, &world, into, rng).unwrap();
        assert!(
            opened.require_complete().is_ok() && output.into_inner() == file,
            "the author of {name}"
        );

        // The patient, who finds the record with her keys alone.
        let found = world.patients[ADA].find(world.state()).unwrap();
        let hit = found.iter().find(|hit| hit.record == *record).unwrap();
        let mut output = Cursor::new(Vec::new());
        let into = Output::new(&mut output, MAX_RECORD);
        let opened = world.patients[ADA].open(view, hit, &world, into, rng).unwrap();
        assert!(
            opened.require_complete().is_ok() && output.into_inner() == file,
            "the patient of {name}"
        );

        let trail = trail(world.ledger(), record).unwrap();
        let actions: Vec<&str> = trail.iter().map(|entry| entry.action).collect();
        for action in ["record", "grant", "request", "access"] {
            assert!(actions.contains(&action), "{action} is on the trail of {name}");
        }
    }
    assert!(world.patients[BEA].find(world.state()).unwrap().is_empty());
    assert_eq!(world.network.violation(), None);
    for (_, ledger) in world.network.applications() {
        let audited = ledger.audit(world.network.config(), Arc::new(Redb::in_memory()));
        assert_eq!(audited.unwrap().height(), ledger.height());
    }
}

#[test]
fn the_trail_of_a_record_omits_requests_for_others_under_the_same_grant() {
    let mut world = World::new(18);
    let records = [(); 2].map(|()| world.publish(A, ADA, BUNDLE, "bundle.json"));
    let ticket = world.grant(&world.terms(&records));
    let requests = records.map(|record| world.request_granted(record, &ticket));
    for request in requests {
        world.release(&request).unwrap();
    }
    for (record, request) in records.iter().zip(requests) {
        let trail = trail(world.ledger(), record).unwrap();
        let actions: Vec<&str> = trail.iter().map(|entry| entry.action).collect();
        assert_eq!(actions, ["record", "grant", "request", "access"]);
        assert_eq!((trail[0].transaction, trail[2].transaction), (*record, request));
    }
}

#[test]
fn an_attribute_key_opens_exactly_the_sections_whose_policy_it_satisfies() {
    let mut world = World::new(2);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let allowed = [Class::Identity, Class::Clinical, Class::Administrative];
    for class in allowed {
        let request = world.request_class(C, record, class);
        let (opened, bytes) = world.open_by_policy(C, &request).unwrap();
        assert_eq!(opened.classes, [class]);
        // The output has the bytes of the section's ranges, and zeros elsewhere.
        let content = section_of(BUNDLE, "bundle.json", class);
        let written = opened.coverage.written as usize;
        assert!(content.len() > written && written > 0);
        let same = bytes.iter().zip(BUNDLE).filter(|(a, b)| a == b).count();
        assert!(same >= written, "{class}: {same} of {written}");
        assert!(bytes.iter().zip(BUNDLE).all(|(a, b)| a == b || *a == 0), "{class}");
        refused!(opened.require_complete(), ProtocolError::Incomplete { .. });
    }
    // The policy of restricted sections requires psychiatry.
    let request = world.request_class(C, record, Class::Restricted);
    let outcome = world.open_by_policy(C, &request);
    refused!(outcome, ProtocolError::Policy(epione::abe::OpenError::PolicyNotSatisfied));
    // The reader, who does not know the classes, requests all sections.
    let request = world.request(C, record, Basis::Policy).unwrap();
    assert_eq!(world.open_by_policy(C, &request).unwrap().0.classes, allowed);
}

#[test]
fn a_partial_grant_opens_exactly_its_classes() {
    let mut world = World::new(3);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let granted = vec![Class::Clinical, Class::Identity];
    let terms = Terms { classes: granted.clone(), ..world.terms(&[record]) };
    let ticket = world.grant(&terms);
    assert_eq!(ticket.conditions(), 2);
    let request = world.request_granted(record, &ticket);
    let release = world.release(&request).unwrap();
    let mut expected =
        [Class::Identity, Class::Clinical].map(|class| world.section(&record, class));
    expected.sort();
    let released: Vec<u8> = release.sections.iter().map(|section| section.section).collect();
    assert_eq!(released, expected);
    let (opened, bytes) = world.open_granted(B, &request, &ticket, &release).unwrap();
    assert_eq!(opened.classes, [Class::Identity, Class::Clinical]);
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    assert!(shown.contains("Åström") && shown.contains("230690007"));
    assert!(!shown.contains("44249-1") && !shown.contains("resourceType\": \"Bundle"));
    refused!(opened.require_complete(), ProtocolError::Incomplete { .. });

    // The contract refuses a request for another section, and for one that does not exist.
    for (section, rule) in
        [(world.section(&record, Class::Restricted), Rule::NotCovered), (200, Rule::UnknownSection)]
    {
        let (validity, basis) = (world.validity(), Basis::Grant(*ticket.grant()));
        let (doctor, rng) = (&world.doctors[B], &mut world.rng);
        let beyond = doctor.request(validity, (record, &[expected[0], section]), basis, rng);
        assert_eq!(world.commit(&beyond), Err(rule.into()));
    }
}

#[test]
fn one_grant_covers_records_of_several_doctors_and_epochs() {
    let mut world = World::new(4);
    let mut records = vec![world.publish(A, ADA, BUNDLE, "bundle.json")];
    records.push(world.publish(C, ADA, BUNDLE, "bundle.json"));
    world.network.advance(31 * DAY);
    records.push(world.publish(A, ADA, BUNDLE, "bundle.json"));
    let owners: std::collections::BTreeSet<_> =
        records.iter().map(|id| world.state().record(id).unwrap().unwrap().owner).collect();
    assert_eq!(owners.len(), 3, "one owner key per doctor and epoch");

    let terms = world.terms(&records);
    let ticket = world.grant(&terms);
    assert_eq!(ticket.conditions(), 12, "four classes under three owner keys");
    for record in &records {
        let request = world.request_granted(*record, &ticket);
        let release = world.release(&request).unwrap();
        let (opened, bytes) = world.open_granted(B, &request, &ticket, &release).unwrap();
        assert!(opened.require_complete().is_ok() && bytes == BUNDLE);
    }
    assert_eq!(world.patients[ADA].find(world.state()).unwrap().len(), 3);

    // A grant over one record does not cover the others.
    let terms = world.terms(&records[..1]);
    let one = world.grant(&terms);
    let outcome = world.request(B, records[1], Basis::Grant(*one.grant()));
    assert_eq!(outcome, Err(Rule::NotCovered.into()));
}

#[test]
fn a_grant_covers_later_records_only_if_it_says_so() {
    let mut world = World::new(5);
    let first = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[first]);
    let listed = world.grant(&terms);
    let series = world.grant(&Terms { later_records: true, ..terms });
    let later = world.publish(A, ADA, BUNDLE, "bundle.json");
    let owner = |id| world.state().record(id).unwrap().unwrap().owner;
    assert_eq!(owner(&first), owner(&later), "one owner key");

    let outcome = world.request(B, later, Basis::Grant(*listed.grant()));
    assert_eq!(outcome, Err(Rule::NotCovered.into()));
    let found = |ticket: &Ticket| {
        let answer = world.proxies[0]
            .search(world.view(), &world.search_request(B, ticket.grant(), None))
            .unwrap();
        answer.hits.into_iter().map(|hit| hit.record).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(found(&listed), [first].into());
    assert_eq!(found(&series), [first, later].into());
    let in_trail = |record| {
        let trail = trail(world.ledger(), record).unwrap().into_iter();
        trail
            .filter(|entry| entry.action == "grant")
            .map(|entry| entry.transaction)
            .collect::<Vec<_>>()
    };
    assert_eq!(in_trail(&first), [*listed.grant(), *series.grant()]);
    assert_eq!(in_trail(&later), [*series.grant()]);

    let request = world.request_granted(later, &series);
    let release = world.release(&request).unwrap();
    let (opened, bytes) = world.open_granted(B, &request, &series, &release).unwrap();
    assert!(opened.require_complete().is_ok() && bytes == BUNDLE);
    // An access or request for one record is on the trail of that record only.
    let requests = trail(world.ledger(), &first).unwrap();
    assert!(requests.iter().all(|entry| entry.action != "request"));
}
