use super::*;

#[test]
fn only_registered_doctors_upload_and_only_the_offered_bytes() {
    let mut world = World::new(50);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
    let unregistered =
        Doctor::register("Dr. Eve", START + DAY, &world.centre, &mut world.rng).unwrap();
    refused!(
        world.keeper.upload(view, &unregistered.offer(&name), &mut &b"ciphertext"[..]),
        Refusal::UnregisteredUploader
    );
    assert!(!world.keeper.store().contains(&name));
    let offer = world.doctors[A].offer(&name);
    refused!(
        world.keeper.upload(view, &offer, &mut &b"something else"[..]),
        ProtocolError::Store(StoreError::CidMismatch { .. })
    );
    assert!(!world.keeper.store().contains(&name));
    world.keeper.upload(view, &offer, &mut &b"ciphertext"[..]).unwrap();
}

/// An institution, a proxy, a query manager and a patient sign offers. A doctor whose generator has
/// the state of theirs has their signing key.
#[test]
fn parties_other_than_doctors_do_not_upload() {
    let mut world = World::new(53);
    let (until, validity, centre) = (START + DAY, world.validity(), &world.centre);
    let rng = |role: u64| ChaCha20Rng::seed_from_u64(1000 + role);
    let institution = Institution::register("Institution", until, centre, &mut rng(0)).unwrap();
    let proxy = Proxy::register("Proxy", until, centre, &mut rng(1)).unwrap();
    let manager = QueryManager::register("Manager", until, centre, &mut rng(2)).unwrap();
    let patient = Patient::register("Patient", until, centre, &mut rng(3)).unwrap();
    let keys = [
        institution.verifying_key(),
        proxy.verifying_key(),
        manager.verifying_key(),
        patient.verifying_key(),
    ];
    let doctors =
        [0, 1, 2, 3].map(|role| Doctor::register("Doctor", until, centre, &mut rng(role)).unwrap());
    for transaction in [
        institution.announce(validity, &mut world.rng),
        proxy.announce(validity, &mut world.rng),
        manager.announce(validity, &mut world.rng),
    ] {
        world.commit(&transaction).unwrap();
    }
    let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
    for (key, doctor) in keys.iter().zip(&doctors) {
        assert_eq!(doctor.verifying_key(), *key);
        refused!(
            world.keeper.upload(world.state(), &doctor.offer(&name), &mut &b"ciphertext"[..]),
            Refusal::UnregisteredUploader
        );
    }
    assert!(!world.keeper.store().contains(&name));
}

#[test]
fn only_fresh_and_authorised_fetches_are_served() {
    let Shared { mut world, record, request, .. } = Shared::new(51);
    let (location, _) = world.envelope(&record);
    let now = world.now();
    let serve = |world: &World, doctor: usize, basis, time| {
        let fetch = world.doctors[doctor].fetch(&location, basis, time);
        world.fetch(&fetch, &mut Vec::new())
    };
    let of_request = FetchBasis::Request(request);
    assert!(serve(&world, B, of_request, now).is_ok());
    assert!(serve(&world, A, FetchBasis::Own(record), now).is_ok());

    // Other doctors with B's request or A's record.
    for doctor in [A, C] {
        refused!(serve(&world, doctor, of_request, now), Refusal::RequestOfAnother);
    }
    for doctor in [B, C] {
        refused!(serve(&world, doctor, FetchBasis::Own(record), now), Refusal::RecordOfAnother);
    }
    // Identifiers that are not of a request or record, respectively.
    for basis in [FetchBasis::Request(record), FetchBasis::Own(request), FetchBasis::Own([7; 32])] {
        refused!(serve(&world, B, basis, now), Refusal::UnknownBasis);
    }
    // A fetch is fresh up to one minute before and after the keeper's time.
    for (time, fresh) in [
        (now - 60_000, true),
        (now + 60_000, true),
        (now - 60_001, false),
        (now + 60_001, false),
        (0, false),
    ] {
        match serve(&world, B, of_request, time) {
            Ok(()) => assert!(fresh, "{time}"),
            Err(ProtocolError::Refused(Refusal::StaleFetch)) => assert!(!fresh),
            Err(other) => panic!("{other:?}"),
        }
    }
    // An object of another record of the same patient.
    let other = world.publish(A, ADA, b"another file", "note.txt");
    let foreign = world.ciphertext(&other, Class::Document);
    let fetch = world.doctors[B].fetch(&foreign, of_request, world.now());
    refused!(world.fetch(&fetch, &mut Vec::new()), Refusal::ForeignObject);
    // The window has ended.
    world.network.advance(7 * DAY);
    refused!(serve(&world, B, of_request, world.now()), Rule::WindowEnded);
    assert!(serve(&world, A, FetchBasis::Own(record), world.now()).is_ok());
}

#[test]
fn after_revocation_every_step_under_the_grant_is_refused() {
    let Shared { mut world, record, ticket, request } = Shared::new(52);
    let release = world.release(&request).unwrap();
    let (validity, state) = (world.validity(), world.state().clone());
    refused!(
        world.patients[BEA].revoke(validity, &state, ticket.grant(), &mut world.rng),
        Refusal::NotOwnGrant
    );
    let revoke =
        world.patients[ADA].revoke(validity, &state, ticket.grant(), &mut world.rng).unwrap();
    world.commit(&revoke).unwrap();

    let (location, _) = world.envelope(&record);
    let fetch = world.doctors[B].fetch(&location, FetchBasis::Request(request), world.now());
    refused!(world.fetch(&fetch, &mut Vec::new()), Rule::Revoked);
    refused!(world.reencrypt(&request), Rule::Revoked);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    refused!(world.proxies[0].search(view, ticket.grant()), Rule::Revoked);
    refused!(world.open_granted(B, &request, &ticket, &release), Rule::Revoked);
    let basis = Basis::Grant(*ticket.grant());
    assert_eq!(world.request(B, record, basis), Err(Rule::Revoked.into()));
    assert_eq!(world.proxies[0].erase_ended(view), 1);
    assert_eq!(world.proxies[0].erase_ended(view), 0);
    refused!(world.proxies[0].search(view, ticket.grant()), Refusal::NoDelivery);
}

#[test]
fn a_grant_that_arrives_after_its_revocation_is_refused() {
    let mut world = World::new(54);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    // Ada makes and revokes the grant before it is committed.
    let (grant, _, _) = world.grant_uncommitted(B, &terms).unwrap();
    let (validity, state) = (world.validity(), world.state().clone());
    let rng = &mut world.rng;
    refused!(
        world.patients[BEA].revoke_pending(validity, &state, &grant, rng),
        Refusal::NotOwnGrant
    );
    let revoke = world.patients[ADA].revoke_pending(validity, &state, &grant, rng).unwrap();
    world.commit(&revoke).unwrap();
    assert_eq!(world.commit(&grant), Err(Rule::Revoked.into()));
}
