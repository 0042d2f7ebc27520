use super::*;

#[test]
fn only_registered_doctors_upload_and_only_what_they_offer() {
    let mut world = World::new(50);
    let state = world.state();
    let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
    let certify = &|enrolment: &Enrolment| world.centre.certify(enrolment);
    let stranger = Doctor::register("Dr. Eve", START + DAY, certify, &mut world.rng).unwrap();
    refused!(
        world.keeper.upload(&state, &stranger.offer(&name), &mut &b"ciphertext"[..]),
        ProtocolError::NotAuthorised("only registered doctors may upload")
    );
    assert!(!world.keeper.store().contains(&name));
    let offer = world.doctors[A].offer(&name);
    refused!(
        world.keeper.upload(&state, &offer, &mut &b"something else"[..]),
        ProtocolError::Store(StoreError::CidMismatch { .. })
    );
    assert!(!world.keeper.store().contains(&name));
    world.keeper.upload(&state, &offer, &mut &b"ciphertext"[..]).unwrap();
}

#[test]
fn a_fetch_is_served_only_fresh_to_whom_it_concerns() {
    let Shared { mut world, record, ticket, request } = Shared::new(51);
    let (location, _) = world.envelope(&record);
    let now = world.now();
    let serve = |world: &World, doctor: usize, basis, time| {
        let fetch = world.doctors[doctor].fetch(&location, basis, time);
        world.serve(&fetch, &mut Vec::new())
    };
    let of_request = FetchBasis::Request(request);
    assert!(serve(&world, B, of_request, now).is_ok());
    assert!(serve(&world, A, FetchBasis::Own(record), now).is_ok());

    // Others with his request or record.
    for doctor in [A, C] {
        refused!(
            serve(&world, doctor, of_request, now),
            ProtocolError::NotAuthorised("the request is another's")
        );
    }
    for doctor in [B, C] {
        refused!(
            serve(&world, doctor, FetchBasis::Own(record), now),
            ProtocolError::NotAuthorised("the record is another's")
        );
    }
    // Requests and records that are none.
    for basis in [FetchBasis::Request(record), FetchBasis::Own(request), FetchBasis::Own([7; 32])] {
        refused!(
            serve(&world, B, basis, now),
            ProtocolError::NotAuthorised("no such record or request is on the ledger")
        );
    }
    // One minute is fresh, more is not, neither in the past nor in the future.
    for (time, fresh) in [
        (now - 60_000, true),
        (now + 60_000, true),
        (now - 60_001, false),
        (now + 60_001, false),
        (0, false),
    ] {
        match serve(&world, B, of_request, time) {
            Ok(()) => assert!(fresh, "{time}"),
            Err(ProtocolError::NotAuthorised("the fetch is not fresh")) => assert!(!fresh),
            Err(other) => panic!("{other:?}"),
        }
    }
    // An object of another record, also of the same patient.
    let other = world.publish(A, ADA, b"another file", "note.txt");
    let foreign = world.ciphertext(&other, Class::Document);
    let fetch = world.doctors[B].fetch(&foreign, of_request, world.now());
    refused!(
        world.serve(&fetch, &mut Vec::new()),
        ProtocolError::NotAuthorised("the object is not of this record")
    );
    // A week and an hour later, the window is over.
    world.network.advance(7 * DAY);
    refused!(serve(&world, B, of_request, world.now()), ProtocolError::Rule(Rule::WindowEnded));
    assert!(serve(&world, A, FetchBasis::Own(record), world.now()).is_ok());
    let _ = ticket;
}

#[test]
fn after_revocation_nothing_is_served_searched_requested_or_re_encrypted() {
    let Shared { mut world, record, ticket, request } = Shared::new(52);
    let work = world.reencrypt(&request).unwrap();
    let validity = world.validity();
    let state = world.state();
    refused!(
        world.patients[BEA].revoke(validity, &state, ticket.grant(), &mut world.rng),
        ProtocolError::NotAuthorised("the grant is not this patient's")
    );
    let revoke =
        world.patients[ADA].revoke(validity, &state, ticket.grant(), &mut world.rng).unwrap();
    assert_eq!(world.commit(&revoke), Ok(()));

    let (location, _) = world.envelope(&record);
    let fetch = world.doctors[B].fetch(&location, FetchBasis::Request(request), world.now());
    refused!(world.serve(&fetch, &mut Vec::new()), ProtocolError::Rule(Rule::Revoked));
    refused!(world.reencrypt(&request), ProtocolError::Rule(Rule::Revoked));
    let (state, now) = (world.state(), world.now());
    refused!(
        world.proxies[0].search(&state, ticket.grant(), now),
        ProtocolError::Rule(Rule::Revoked)
    );
    refused!(world.open_granted(B, &request, &ticket, &work), ProtocolError::Rule(Rule::Revoked));
    let basis = Basis::Grant(*ticket.grant());
    assert_eq!(world.request(B, record, basis), Err(Rule::Revoked));
    assert_eq!(world.proxies[0].erase_ended(&state, now), 1);
    assert_eq!(world.proxies[0].erase_ended(&state, now), 0);
    refused!(
        world.proxies[0].search(&state, ticket.grant(), now),
        ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
    );
}

#[test]
fn a_revocation_may_overtake_its_grant() {
    let mut world = World::new(54);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    // Made and revoked by the patient before any replica has seen it.
    let (validity, state) = (world.validity(), world.state());
    let reader = state.party(&world.doctors[B].verifying_key()).unwrap();
    let rng = &mut world.rng.clone();
    let (grant, _, _) = world.patients[ADA].grant(validity, &state, reader, &terms, rng).unwrap();
    refused!(
        world.patients[BEA].revoke_pending(validity, &state, &grant, rng),
        ProtocolError::NotAuthorised("the grant is not this patient's")
    );
    let revoke = world.patients[ADA].revoke_pending(validity, &state, &grant, rng).unwrap();
    assert_eq!(world.commit(&revoke), Ok(()));
    assert_eq!(world.commit(&grant), Err(Rule::Revoked));
}
