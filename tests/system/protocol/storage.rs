use super::*;

#[test]
fn only_registered_doctors_upload_and_only_the_offered_bytes() {
    let mut world = World::new(50);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
    let rng = &mut world.rng;
    let unregistered = Doctor::register("Dr. Eve", START + DAY, &world.centre, rng).unwrap();
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json").sealed;
    let at = (CHAIN, &world.keeper.verifying_key());
    let offer = |doctor: &Doctor, length| doctor.offer(at, sealed.record_id(), (&name, length));
    let upload = |offer: &Upload, bytes: &[u8]| world.keeper.upload(view, offer, &mut &bytes[..]);
    let refused = upload(&offer(&unregistered, 10), b"ciphertext");
    refused!(refused, Refusal::UnregisteredUploader);
    let honest = offer(&world.doctors[A], 10);
    refused!(upload(&honest, b"other data"), ProtocolError::Store(StoreError::CidMismatch { .. }));
    for bytes in [&b"cipher"[..], b"ciphertexts", b""] {
        refused!(upload(&honest, bytes), Refusal::UploadLength);
    }
    // The quota counts the offered length, so a refused object must not stay.
    for length in [0, 9, 11, u64::MAX] {
        let outcome = upload(&offer(&world.doctors[A], length), b"ciphertext");
        assert!(matches!(
            outcome,
            Err(ProtocolError::Refused(Refusal::UploadLength | Refusal::QuotaExceeded))
        ));
    }
    assert!(!world.keeper.store().contains(&name));
    upload(&honest, b"ciphertext").unwrap();
}

/// A doctor lists the digests of another's record in a record of their own.
#[test]
fn a_record_with_the_digests_of_another_gives_no_access_to_its_objects() {
    let Shared { mut world, record, .. } = Shared::new(55);
    let victim = world.state().record(&record).unwrap().clone();
    let objects = |world: &World| {
        let (location, envelope) = world.envelope(&record);
        let ciphertexts = envelope.sections.iter().map(store::cid_of_digest);
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
fn unpublished_uploads_expire_and_published_ones_stay() {
    let mut world = World::new(56);
    let published = world.publish(A, ADA, BUNDLE, "bundle.json");
    let sealed = world.seal(A, ADA, b"a draft", "note.txt");
    let names: Vec<Cid> = sealed.sealed.objects().unwrap().iter().map(|o| o.name).collect();
    let stored = |world: &World| names.iter().filter(|n| world.keeper.store().contains(n)).count();
    let expire = |world: &mut World, later| {
        let (state, now) = (world.state().clone(), world.now() + later);
        world.keeper.expire(LedgerView { state: &state, now }).unwrap();
    };
    expire(&mut world, UNPUBLISHED_LIFETIME);
    assert_eq!(stored(&world), names.len());
    expire(&mut world, UNPUBLISHED_LIFETIME + 1);
    assert_eq!(stored(&world), 0);
    let (location, _) = world.envelope(&published);
    assert!(world.fetched(A, &location, FetchBasis::Own(published), world.now()).is_ok());
}

#[test]
fn a_published_record_holds_its_own_objects_only() {
    let mut world = World::new(58);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let (at, id) = ((CHAIN, &world.keeper.verifying_key()), sealed.sealed.record_id());
    let objects = sealed.sealed.objects().unwrap();
    let listed: Vec<Cid> = objects.iter().map(|object| object.name).collect();
    drop(objects);
    let [before, after] =
        [b"before", b"after!"].map(|bytes| store::cid_of(&mut &bytes[..]).unwrap());
    let upload = |world: &World, name: &Cid, bytes: &[u8]| {
        let offer = world.doctors[A].offer(at, id, (name, bytes.len() as u64));
        world.keeper.upload(world.view(), &offer, &mut &bytes[..])
    };
    // An object that the record does not list counts as unpublished, and expires with publication.
    upload(&world, &before, b"before").unwrap();
    world.publish_sealed(A, ADA, 0, sealed);
    refused!(upload(&world, &after, b"after!"), Refusal::ForeignObject);
    assert!(world.keeper.store().contains(&before));
    let (state, now) = (world.state().clone(), world.now());
    world.keeper.expire(LedgerView { state: &state, now }).unwrap();
    assert!(!world.keeper.store().contains(&before));
    for name in &listed {
        // A lost object can be sent again.
        let bytes = world.stored(name);
        fs::remove_file(world.keeper.store().manifest_path(name)).unwrap();
        upload(&world, name, &bytes).unwrap();
        assert!(world.stored(name) == bytes);
    }
}

#[test]
fn the_unpublished_uploads_of_an_author_have_a_quota() {
    let mut world = World::new(57);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json").sealed;
    let at = (CHAIN, &world.keeper.verifying_key());
    let name = store::cid_of(&mut &b"x"[..]).unwrap();
    let offer = |doctor: usize, length| {
        world.doctors[doctor].offer(at, sealed.record_id(), (&name, length))
    };
    let upload = |offer: &Upload| world.keeper.upload(view, offer, &mut &b"x"[..]);
    // The sealed record counts already.
    refused!(upload(&offer(A, UNPUBLISHED_QUOTA)), Refusal::QuotaExceeded);
    refused!(upload(&offer(A, u64::MAX)), Refusal::QuotaExceeded);
    // The quota is per author.
    refused!(upload(&offer(C, UNPUBLISHED_QUOTA)), Refusal::UploadLength);
    upload(&offer(A, 1)).unwrap();
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
    let at = (CHAIN, &world.keeper.verifying_key());
    for (key, doctor) in keys.iter().zip(&doctors) {
        assert_eq!(doctor.verifying_key(), *key);
        refused!(
            world.keeper.upload(
                world.view(),
                &doctor.offer(at, [1; 32], (&name, 10)),
                &mut &b"ciphertext"[..]
            ),
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
        world.proxies[0].search(view, &world.search_request(B, ticket.grant())),
        Rule::Revoked
    );
    refused!(world.open_granted(B, &request, &ticket, &release), Rule::Revoked);
    let basis = Basis::Grant(*ticket.grant());
    assert_eq!(world.request(B, record, basis), Err(Rule::Revoked.into()));
    assert_eq!(world.proxies[0].erase_ended(view), 1);
    assert_eq!(world.proxies[0].erase_ended(view), 0);
    refused!(
        world.proxies[0].search(view, &world.search_request(B, ticket.grant())),
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
