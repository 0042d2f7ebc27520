use super::*;

#[test]
fn a_delivery_must_be_what_the_grant_commits_to() {
    let mut world = World::new(60);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    let (validity, state) = (world.validity(), world.state());
    let reader = state.party(&world.doctors[B].verifying_key()).unwrap().clone();

    // Before its grant is on the ledger.
    let rng = &mut world.rng;
    let (transaction, delivery, ticket) =
        world.patients[ADA].grant(validity, &state, &reader, &terms, rng).unwrap();
    refused!(
        world.proxies[0].accept(&state, delivery.clone()),
        ProtocolError::NotAuthorised(text) if text == NO_GRANT
    );
    assert_eq!(world.commit(&transaction), Ok(()));
    let (state, now) = (world.state(), world.now());
    // At another proxy.
    refused!(
        world.proxies[1].accept(&state, delivery.clone()),
        ProtocolError::NotAuthorised("the grant names another proxy")
    );
    // With other, more, fewer trapdoors.
    let (foreign, _) = peks::keygen(&mut world.rng);
    let wrong = peks::trapdoor(&foreign, b"anything");
    for trapdoors in [vec![], vec![wrong], vec![wrong, wrong]] {
        refused!(
            world.proxies[0].accept(&state, delivery.clone().with_trapdoors(trapdoors)),
            ProtocolError::DigestMismatch("the trapdoor")
        );
    }
    // Nothing of that was kept.
    refused!(
        world.proxies[0].search(&state, ticket.grant(), now),
        ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
    );
    world.proxies[0].accept(&state, delivery).unwrap();
    assert!(world.proxies[0].search(&state, ticket.grant(), now).is_ok());
}

#[test]
fn without_delivery_nothing_is_searched_or_re_encrypted() {
    let mut world = World::new(61);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    let (_, _, ticket) = world.grant_undelivered(&terms);
    let request = world.request_granted(record, &ticket);
    refused!(
        world.reencrypt(&request),
        ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
    );
    refused!(
        world.proxies[0].search(&world.state(), ticket.grant(), world.now()),
        ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
    );
}

#[test]
fn re_encryption_needs_a_valid_request_for_this_proxy() {
    let Shared { mut world, record, ticket, request } = Shared::new(62);
    // Not on the ledger, though signed.
    let validity = world.validity();
    let basis = Basis::Grant(*ticket.grant());
    let unseen = world.doctors[B].request(validity, record, basis, &mut world.rng);
    for id in [unseen.id(), record, [0; 32]] {
        refused!(
            world.reencrypt(&id),
            ProtocolError::NotAuthorised("the request is not on the ledger")
        );
    }
    // Refused by the contract: C's request with B's grant.
    let foreign = world.doctors[C].request(validity, record, basis, &mut world.rng);
    assert_eq!(world.commit(&foreign), Err(Rule::ReaderMismatch));
    refused!(
        world.reencrypt(&foreign.id()),
        ProtocolError::NotAuthorised("the request is not on the ledger")
    );
    // By policy: nothing to re-encrypt.
    let by_policy = world.request(B, record, Basis::Policy).unwrap();
    refused!(
        world.reencrypt(&by_policy),
        ProtocolError::NotAuthorised("the request rests on no grant")
    );
    // At the other proxy.
    let (state, now) = (world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    refused!(
        world.proxies[1].reencrypt(&state, &request, fetcher, now, &mut world.rng.clone()),
        ProtocolError::NotAuthorised("the grant names another proxy")
    );
    // By his own clock, whatever the ledger says.
    for (clock, early) in [(now + 8 * DAY, false), (now - 2 * HOUR, true)] {
        let outcome =
            world.proxies[0].reencrypt(&state, &request, fetcher, clock, &mut world.rng.clone());
        let rule = if early { Rule::WindowNotOpen } else { Rule::WindowEnded };
        refused!(outcome, ProtocolError::Rule(found) if found == rule);
    }
    assert!(world.reencrypt(&request).is_ok());
}

#[test]
fn a_flipped_byte_anywhere_in_the_store_stops_the_re_encryption() {
    let Shared { mut world, record, request, .. } = Shared::new(63);
    let honest = world.reencrypt(&request).unwrap().len();
    let (location, envelope) = world.envelope(&record);
    let action = world.state().record(&record).unwrap().clone();
    let mut objects = vec![location];
    objects.extend(envelope.sections.iter().map(|(_, hash)| store::cid_of_digest(hash)));
    objects.extend(action.sections.iter().map(|s| store::cid_of_digest(&s.wrapped_for_patient)));
    for object in objects {
        let path = world.chunk_file(&object);
        let intact = fs::read(&path).unwrap();
        for at in [0, intact.len() / 2, intact.len() - 1] {
            let mut changed = intact.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            refused!(world.reencrypt(&request), ProtocolError::Store(StoreError::Corrupt(_)));
        }
        fs::remove_file(&path).unwrap();
        refused!(world.reencrypt(&request), ProtocolError::Store(StoreError::Missing(_)));
        fs::write(&path, &intact).unwrap();
    }
    assert_eq!(world.reencrypt(&request).unwrap().len(), honest);
}

/// A store that lies about content: it serves other objects under the names asked for.
#[test]
fn a_store_that_swaps_objects_is_found_out() {
    let Shared { world, record, ticket, request } = Shared::new(64);
    let action = world.state().record(&record).unwrap().clone();
    let locks: Vec<Vec<u8>> = action
        .sections
        .iter()
        .map(|s| world.stored(&store::cid_of_digest(&s.wrapped_for_patient)))
        .collect();
    let (state, now) = (world.state(), world.now());
    // Whenever a patient's lock is asked for, the other section's is served.
    let swap = &|fetch: &Fetch, object: &mut dyn Write| {
        let mut bytes = Vec::new();
        world.serve(fetch, &mut bytes)?;
        let at = locks.iter().position(|lock| *lock == bytes);
        Ok(object.write_all(at.map_or(&bytes, |i| &locks[(i + 1) % locks.len()]))?)
    };
    let proxy = &world.proxies[0];
    refused!(
        proxy.reencrypt(&state, &request, swap, now, &mut world.rng.clone()),
        ProtocolError::Store(StoreError::Corrupt(_))
    );
    // A byte of each lock flipped on the wire.
    for at in [0, 1, 60, 150, locks[0].len() - 1] {
        let flip = &|fetch: &Fetch, object: &mut dyn Write| {
            let mut bytes = Vec::new();
            world.serve(fetch, &mut bytes)?;
            if locks.contains(&bytes) {
                bytes[at] ^= 1;
            }
            Ok(object.write_all(&bytes)?)
        };
        refused!(
            proxy.reencrypt(&state, &request, flip, now, &mut world.rng.clone()),
            ProtocolError::Store(StoreError::Corrupt(_))
        );
    }
    let _ = ticket;
}

#[test]
fn a_search_finds_only_what_it_is_for() {
    let mut world = World::new(65);
    let stroke_record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let note = world.publish(A, ADA, b"plain text", "note.txt");
    // Bea's record of the same content.
    let foreign = world.publish(A, BEA, BUNDLE, "bundle.json");
    let terms = world.terms(&[stroke_record, note]);
    let ticket = world.grant(&terms);
    let (state, now) = (world.state(), world.now());
    let hits = world.proxies[0].search(&state, ticket.grant(), now).unwrap();
    let (location, _) = world.envelope(&stroke_record);
    assert_eq!(hits, [Hit { record: stroke_record, location }]);

    let search = vec![SearchTerm::new("code", "http://snomed.info/sct|0")];
    let nothing = world.grant(&Terms { search, ..world.terms(&[stroke_record]) });
    let state = world.state();
    refused!(world.proxies[0].search(&state, nothing.grant(), now), ProtocolError::NoMatch);
    // A grant over a record that is not hers is not made.
    let reader = state.party(&world.doctors[B].verifying_key()).unwrap().clone();
    let (validity, terms) = (world.validity(), world.terms(&[foreign]));
    refused!(
        world.patients[ADA].grant(validity, &state, &reader, &terms, &mut world.rng),
        ProtocolError::NotAuthorised("a record is not this patient's")
    );
    let institution = world.institutions[0].certificate().clone();
    let no_key = institution.verify(&world.centre.verifying_key()).unwrap();
    let terms = world.terms(&[stroke_record]);
    refused!(
        world.patients[ADA].grant(validity, &state, no_key, &terms, &mut world.rng),
        ProtocolError::Decode("the reader's key", _)
    );
}
