use super::*;

#[test]
fn a_delivery_must_match_its_grant_and_proxy() {
    let mut world = World::new(60);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };

    // The grant is not on the ledger yet.
    let issued = world.grant_uncommitted(B, &terms).unwrap();
    let (delivery, grant) = (&issued.delivery, issued.transaction.id());
    refused!(world.proxies[0].accept(view, delivery), Refusal::UnknownGrant);
    refused!(world.doctors[B].receive_ticket(&state, &issued.ticket), Refusal::UnknownGrant);
    world.commit(&issued.transaction).unwrap();
    let state = world.state().clone();
    let view = LedgerView { state: &state, now: world.now() };
    // Another proxy, and the ticket in the place of the delivery.
    refused!(world.proxies[1].accept(view, delivery), ProtocolError::Message);
    refused!(world.proxies[0].accept(view, &issued.ticket), ProtocolError::Message);
    // The proxy has stored no delivery.
    let search = world.search_request(B, &grant, None);
    refused!(world.proxies[0].search(view, &search), Refusal::NoDelivery);
    assert_eq!(world.proxies[0].accept(view, delivery).unwrap(), grant);
    assert!(world.proxies[0].search(view, &search).is_ok());
}

#[test]
fn a_proxy_without_delivery_neither_searches_nor_re_encrypts() {
    let mut world = World::new(61);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    let (_, ticket) = world.grant_undelivered(&terms).unwrap();
    let request = world.request_granted(record, &ticket);
    refused!(world.reencrypt(&request), Refusal::NoDelivery);
    refused!(
        world.proxies[0].search(world.view(), &world.search_request(B, ticket.grant(), None)),
        Refusal::NoDelivery
    );
}

#[test]
fn a_delivery_for_an_ended_grant_is_refused_also_after_its_erasure() {
    let mut world = World::new(66);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    let (issued, ticket) = world.grant_undelivered(&terms).unwrap();
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    world.proxies[0].accept(view, &issued.delivery).unwrap();
    let rng = &mut world.rng.clone();
    let revoke = world.patients[ADA].revoke(world.validity(), &state, ticket.grant(), rng).unwrap();
    world.commit(&revoke).unwrap();
    let (state, now) = (world.state().clone(), world.now());
    assert_eq!(world.proxies[0].erase_ended(LedgerView { state: &state, now }).unwrap().len(), 1);
    let view = LedgerView { state: &state, now };
    refused!(world.proxies[0].accept(view, &issued.delivery), Rule::Revoked);
    // The window of another grant has ended.
    let issued = world.grant_undelivered(&terms).unwrap().0;
    let (state, now) = (world.state().clone(), terms.until);
    let view = LedgerView { state: &state, now };
    refused!(world.proxies[0].accept(view, &issued.delivery), Rule::WindowEnded);
    let view = LedgerView { state: &state, now: now - 1 };
    world.proxies[0].accept(view, &issued.delivery).unwrap();
}

#[test]
fn re_encryption_requires_a_valid_request_for_this_proxy() {
    let Shared { mut world, record, ticket, request } = Shared::new(62);
    // A signed request that is not on the ledger.
    let validity = world.validity();
    let basis = Basis::Grant(*ticket.grant());
    let unseen = world.doctors[B].request(validity, (record, &[0]), basis, &mut world.rng);
    for id in [unseen.id(), record, [0; 32]] {
        refused!(world.reencrypt(&id), Refusal::UnknownRequest);
    }
    // A request that the contract refused: C's, under B's grant.
    let foreign = world.doctors[C].request(validity, (record, &[0]), basis, &mut world.rng);
    assert_eq!(world.commit(&foreign), Err(Rule::ReaderMismatch.into()));
    refused!(world.reencrypt(&foreign.id()), Refusal::UnknownRequest);
    // A request by policy.
    let by_policy = world.request(B, record, Basis::Policy).unwrap();
    refused!(world.reencrypt(&by_policy), Refusal::NotUnderGrant);
    // Another proxy.
    let (now, mut rng) = (world.now(), world.rng.clone());
    refused!(
        world.proxies[1].reencrypt(world.view(), &request, &world, &mut rng),
        Refusal::OtherProxy
    );
    // The proxy's own clock is outside the window.
    for (clock, early) in [(now + 8 * DAY, false), (now - 2 * HOUR, true)] {
        let view = LedgerView { now: clock, ..world.view() };
        let outcome = world.proxies[0].reencrypt(view, &request, &world, &mut rng);
        let rule = if early { Rule::WindowNotOpen } else { Rule::WindowEnded };
        refused!(outcome, ProtocolError::Rule(found) if found == rule);
    }
    assert!(world.reencrypt(&request).is_ok());
}

#[test]
fn a_flipped_bit_in_any_object_prevents_re_encryption() {
    let Shared { world, record, request, .. } = Shared::new(63);
    let honest = world.reencrypt(&request).unwrap().sections();
    let (location, envelope) = world.envelope(&record);
    let action = world.state().record(&record).unwrap().unwrap().clone();
    let mut objects = vec![location];
    objects.extend(envelope.sections.iter().map(StoredCiphertext::name));
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
    assert_eq!(world.reencrypt(&request).unwrap().sections(), honest);
}

/// A dishonest store serves other bytes under the requested names.
#[test]
fn a_store_that_substitutes_objects_is_detected() {
    let Shared { world, record, request, .. } = Shared::new(64);
    let action = world.state().record(&record).unwrap().unwrap().clone();
    let wrapped_keys: Vec<Vec<u8>> = action
        .sections
        .iter()
        .map(|s| world.stored(&store::cid_of_digest(&s.wrapped_for_patient)))
        .collect();
    // The key of another section is served.
    let swap = |bytes| match wrapped_keys.iter().position(|key| *key == bytes) {
        Some(i) => wrapped_keys[(i + 1) % wrapped_keys.len()].clone(),
        None => bytes,
    };
    let swap = world.dishonest(swap, || None);
    let (proxy, view, mut rng) = (&world.proxies[0], world.view(), world.rng.clone());
    refused!(
        proxy.reencrypt(view, &request, &swap, &mut rng),
        ProtocolError::Store(StoreError::Corrupt(_))
    );
    // One bit of each wrapped key is flipped.
    for at in [0, 1, 60, 150, wrapped_keys[0].len() - 1] {
        let flip = |mut bytes: Vec<u8>| {
            if wrapped_keys.contains(&bytes) {
                bytes[at] ^= 1;
            }
            bytes
        };
        let flip = world.dishonest(flip, || None);
        refused!(
            proxy.reencrypt(view, &request, &flip, &mut rng),
            ProtocolError::Store(StoreError::Corrupt(_))
        );
    }
}

#[test]
fn only_the_reader_of_a_grant_searches_at_its_proxy() {
    let Shared { mut world, record, ticket, .. } = Shared::new(67);
    let grant = *ticket.grant();
    let other_terms = world.terms(&[record]);
    let other = *world.grant(&other_terms).grant();
    let now = world.now();
    let search = |request: &SearchRequest| world.proxies[0].search(world.view(), request);
    let [at, elsewhere] = [0, 1].map(|proxy: usize| world.proxies[proxy].verifying_key());
    let sign = |doctor: usize, at: (&str, &_), grant: &Digest, time| {
        world.doctors[doctor].request_search(at, (grant, None), time, &mut world.fork())
    };
    let first = sign(B, (CHAIN, &at), &grant, now);
    assert!(search(&first).is_ok());
    assert!(search(&sign(B, (CHAIN, &at), &other, now)).is_ok());
    // Another doctor, another proxy, another chain.
    for request in [
        sign(C, (CHAIN, &at), &grant, now),
        sign(B, (CHAIN, &elsewhere), &grant, now),
        sign(B, ("x", &at), &grant, now),
    ] {
        refused!(search(&request), ProtocolError::Signature(Item::SearchRequest, _));
    }
    for time in [now - 60_001, now + 60_001] {
        refused!(search(&sign(B, (CHAIN, &at), &grant, time)), Refusal::StaleSearch);
    }
    assert!(search(&sign(B, (CHAIN, &at), &grant, now - 60_000)).is_ok());
    // A search costs the proxy pairings, so each request is served once.
    refused!(search(&first), Refusal::ReplayedRequest);
    // A record that is not on the ledger.
    let after = (&grant, Some([7; 32]));
    let request = world.doctors[B].request_search((CHAIN, &at), after, now, &mut world.fork());
    refused!(search(&request), Refusal::UnknownRecord);
}

#[test]
fn a_search_finds_only_matching_records_of_the_grant() {
    let mut world = World::new(65);
    let stroke_record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let note = world.publish(A, ADA, b"plain text", "note.txt");
    // Bea's record has the same content.
    let foreign = world.publish(A, BEA, BUNDLE, "bundle.json");
    let terms = world.terms(&[stroke_record, note]);
    let ticket = world.grant(&terms);
    let request = world.search_request(B, ticket.grant(), None);
    let answer = world.proxies[0].search(world.view(), &request).unwrap();
    let (location, _) = world.envelope(&stroke_record);
    assert_eq!(answer.hits, [Hit { record: stroke_record, location }]);

    let search = vec![SearchTerm::new("code", "http://snomed.info/sct|0")];
    let nothing = world.grant(&Terms { search, ..world.terms(&[stroke_record]) });
    let state = world.state().clone();
    let request = world.search_request(B, nothing.grant(), None);
    let answer = world.proxies[0].search(world.view(), &request).unwrap();
    assert_eq!(answer, SearchAnswer { hits: vec![], last: None });
    // A patient cannot grant access to another patient's record.
    let (validity, view) = (world.validity(), LedgerView { state: &state, now: world.now() });
    let (reader, proxy) = (world.doctors[B].verifying_key(), world.proxies[0].verifying_key());
    let grant = |world: &mut World, reader, terms: &Terms| {
        world.patients[ADA].grant(validity, view, reader, terms, &mut world.rng).map(drop)
    };
    let terms = world.terms(&[foreign]);
    refused!(grant(&mut world, &reader, &terms), Refusal::NotOwnRecord);
    // Reader and proxy must be registered in their roles.
    let terms = world.terms(&[stroke_record]);
    refused!(grant(&mut world, &proxy, &terms), Refusal::UnregisteredReader);
    let terms = Terms { proxy: reader, ..terms };
    refused!(grant(&mut world, &reader, &terms), Refusal::UnregisteredProxy);
}
