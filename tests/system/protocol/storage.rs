use super::*;

/// A doctor lists the digests of another's record in a record of their own.
#[test]
fn a_record_with_the_digests_of_another_gives_no_access_to_its_objects() {
    let Shared { mut world, record, .. } = Shared::new(55);
    let victim = world.state().record(&record).unwrap().unwrap().clone();
    let objects = |world: &World| {
        let (location, envelope) = world.envelope(&record);
        let ciphertexts = envelope.sections.iter().map(StoredCiphertext::name);
        let keys = victim.sections.iter().map(|s| store::cid_of_digest(&s.wrapped_for_policy));
        std::iter::once(location).chain(ciphertexts).chain(keys).collect::<Vec<_>>()
    };
    // Doctor C publishes the copy under an owner key of their own, with the honest record's
    // identifier and with another.
    for record_id in [victim.record_id, [7; 32]] {
        let owner = SigningKey::generate(&mut world.rng);
        let copy = RecordAction {
            owner: owner.verifying_key(),
            author: world.doctors[C].verifying_key(),
            record_id,
            ..victim.clone()
        };
        let draft = Draft::new(world.validity(), Action::Record(copy), &mut world.rng);
        let hospital = world.institutions[0].countersign(&draft, world.view()).unwrap();
        let consent = Countersignature::new(&draft, &owner);
        let copy = world.doctors[C].publish(draft, &hospital, &consent).unwrap();
        world.commit(&copy).unwrap();
        let request = world.request(C, copy.id(), Basis::Policy).unwrap();
        for name in objects(&world) {
            for basis in [FetchBasis::Own(copy.id()), FetchBasis::Request(request)] {
                let fetched = world.fetched(C, &name, basis, world.now());
                refused!(fetched, Refusal::ForeignObject);
            }
        }
    }
    // With the whole bytes, an object may belong to two records; the honest record is unaffected.
    let (location, _) = world.envelope(&record);
    assert!(world.fetched(A, &location, FetchBasis::Own(record), world.now()).is_ok());
}

#[test]
fn only_fresh_and_authorised_fetches_are_served() {
    let Shared { mut world, record, request, .. } = Shared::new(51);
    let (location, _) = world.envelope(&record);
    let now = world.now();
    let serve = |world: &World, doctor: usize, basis, time| {
        world.fetched(doctor, &location, basis, time).map(drop)
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
    refused!(world.fetched(B, &foreign, of_request, world.now()), Refusal::ForeignObject);
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
    let basis = FetchBasis::Request(request);
    refused!(world.fetched(B, &location, basis, world.now()), Rule::Revoked);
    refused!(world.reencrypt(&request), Rule::Revoked);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    refused!(
        world.proxies[0].search(view, &world.search_request(B, ticket.grant(), None)),
        Rule::Revoked
    );
    refused!(world.open_granted(B, &request, &ticket, &release), Rule::Revoked);
    let basis = Basis::Grant(*ticket.grant());
    assert_eq!(world.request(B, record, basis), Err(Rule::Revoked.into()));
    assert_eq!(world.proxies[0].erase_ended(view).unwrap(), [*ticket.grant()]);
    assert!(world.proxies[0].erase_ended(view).unwrap().is_empty());
    refused!(
        world.proxies[0].search(view, &world.search_request(B, ticket.grant(), None)),
        Refusal::NoDelivery
    );
}

#[test]
fn a_grant_that_arrives_after_its_revocation_is_refused() {
    let mut world = World::new(54);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let terms = world.terms(&[record]);
    // Ada makes and revokes the grant before it is committed.
    let grant = world.grant_uncommitted(B, &terms).unwrap().transaction;
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
