use super::*;

#[test]
fn changed_or_misplaced_work_of_a_proxy_is_refused() {
    let Shared { mut world, record, ticket, request } = Shared::new(70);
    let work = world.reencrypt(&request).unwrap();
    let open = |work: &[SectionReEncryption]| world.open_granted(B, &request, &ticket, work);
    assert!(open(&work).unwrap().1 == BUNDLE);
    refused!(open(&[]), ProtocolError::NotAuthorised("no section may be opened"));

    // The work of one section under the lock of another.
    let mut changed = work.clone();
    changed[0].reencryption = work[1].reencryption.clone();
    refused!(open(&changed), ProtocolError::ReEncryption(InvalidReEncryption));
    // Lock and work of one section in the place of another.
    let mut changed = work.clone();
    changed[0] = SectionReEncryption { class: work[0].class, ..work[1].clone() };
    refused!(open(&changed), ProtocolError::DigestMismatch("the patient's lock"));
    // A part of one re-encryption in another's.
    let bytes: Vec<Vec<u8>> = work.iter().map(|w| w.reencryption.to_bytes()).collect();
    for (from, to) in [(2, 50), (50, 98), (98, 194), (194, bytes[0].len())] {
        let mut mixed = bytes[0].clone();
        mixed[from..to].copy_from_slice(&bytes[1][from..to]);
        let mut changed = work.clone();
        changed[0].reencryption = Canonical::from_bytes(&mixed).unwrap();
        refused!(open(&changed), ProtocolError::ReEncryption(InvalidReEncryption));
    }
    // Another proxy's honest work for the same request, lock by lock, is as good.
    let again = world.reencrypt(&request).unwrap();
    assert_ne!(again[0].reencryption, work[0].reencryption);
    assert!(world.open_granted(B, &request, &ticket, &again).unwrap().1 == BUNDLE);
    let _ = record;
}

#[test]
fn work_under_one_grant_does_not_pass_under_another() {
    let Shared { mut world, record, ticket, request } = Shared::new(71);
    let work = world.reencrypt(&request).unwrap();
    let terms = world.terms(&[record]);
    let second = world.grant(&terms);
    // The request rests on the first grant.
    refused!(
        world.open_granted(B, &request, &second, &work),
        ProtocolError::NotAuthorised(text) if text == NO_REQUEST
    );
    // A request under the second grant, the work of the first: another `rk2`.
    let request = world.request_granted(record, &second);
    refused!(
        world.open_granted(B, &request, &second, &work),
        ProtocolError::ReEncryption(InvalidReEncryption)
    );
    // A ticket whose grant is not on the ledger opens nothing.
    let (validity, state) = (world.validity(), world.state());
    let reader = state.party(&world.doctors[B].verifying_key()).unwrap().clone();
    let rng = &mut world.rng;
    let (_, _, unseen) = world.patients[ADA].grant(validity, &state, &reader, &terms, rng).unwrap();
    refused!(
        world.open_granted(B, &request, &unseen, &work),
        ProtocolError::NotAuthorised(text) if text == NO_REQUEST
    );
    let _ = ticket;
}

#[test]
fn another_doctor_gets_nothing_out_of_ticket_and_work() {
    let Shared { mut world, record, ticket, request } = Shared::new(72);
    let work = world.reencrypt(&request).unwrap();
    refused!(
        world.open_granted(C, &request, &ticket, &work),
        ProtocolError::NotAuthorised(text) if text == NO_REQUEST
    );
    assert_eq!(world.request(C, record, Basis::Grant(*ticket.grant())), Err(Rule::ReaderMismatch));
    // With a request of his own by policy, he still has no grant for the ticket.
    let own = world.request(C, record, Basis::Policy).unwrap();
    refused!(
        world.open_granted(C, &own, &ticket, &work),
        ProtocolError::NotAuthorised(text) if text == NO_REQUEST
    );
    // The cryptography alone: a grant to C, and the work that was made for B.
    let (validity, state) = (world.validity(), world.state());
    let reader = state.party(&world.doctors[C].verifying_key()).unwrap().clone();
    let terms = world.terms(&[record]);
    let rng = &mut world.rng;
    let (grant, _, for_c) =
        world.patients[ADA].grant(validity, &state, &reader, &terms, rng).unwrap();
    assert_eq!(world.commit(&grant), Ok(()));
    let request = world.request(C, record, Basis::Grant(*for_c.grant())).unwrap();
    refused!(
        world.open_granted(C, &request, &for_c, &work),
        ProtocolError::ReEncryption(InvalidReEncryption)
    );
}

#[test]
fn a_record_of_another_patient_does_not_open_under_the_grant() {
    let Shared { mut world, ticket, request, .. } = Shared::new(73);
    let foreign = world.publish(A, BEA, BUNDLE, "bundle.json");
    assert_eq!(world.request(B, foreign, Basis::Grant(*ticket.grant())), Err(Rule::NotCovered));
    // Ada is led to Bea's record: the store does not serve her owner key, nor her locks open.
    let (location, _) = world.envelope(&foreign);
    let hit = Hit { record: foreign, location };
    let view = (&world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    refused!(
        world.patients[ADA].open(view, &hit, fetcher, &mut Cursor::new(vec![])),
        ProtocolError::NotAuthorised("the record is another's")
    );
    let careless = &|fetch: &Fetch, object: &mut dyn Write| match world.serve(fetch, object) {
        Err(ProtocolError::NotAuthorised(_)) => {
            let lock = world.state().record(&foreign).unwrap().sections[0].wrapped_for_patient;
            Ok(object.write_all(&world.stored(&store::cid_of_digest(&lock)))?)
        }
        other => other,
    };
    refused!(
        world.patients[ADA].open(view, &hit, careless, &mut Cursor::new(vec![])),
        ProtocolError::Decryption(DecryptionFailed)
    );
    let _ = request;
}

#[test]
fn ciphertexts_swapped_between_two_sections_do_not_open() {
    let Shared { mut world, record, ticket, request } = Shared::new(74);
    let work = world.reencrypt(&request).unwrap();
    let names = [Class::Identity, Class::Clinical].map(|class| world.ciphertext(&record, class));
    // On disk the hashes tell.
    let paths = [world.chunk_file(&names[0]), world.chunk_file(&names[1])];
    let intact = [fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap()];
    fs::write(&paths[0], &intact[1]).unwrap();
    fs::write(&paths[1], &intact[0]).unwrap();
    refused!(
        world.open_granted(B, &request, &ticket, &work),
        ProtocolError::Store(StoreError::Corrupt(_))
    );
    refused!(world.reencrypt(&request), ProtocolError::Store(StoreError::Corrupt(_)));
    fs::write(&paths[0], &intact[0]).unwrap();
    fs::write(&paths[1], &intact[1]).unwrap();

    // A store that does not check: the reader does, before any key is tried.
    let stored = [world.stored(&names[0]), world.stored(&names[1])];
    let swap = &|fetch: &Fetch, object: &mut dyn Write| {
        let mut bytes = Vec::new();
        world.serve(fetch, &mut bytes)?;
        let at = stored.iter().position(|other| *other == bytes);
        Ok(object.write_all(at.map_or(&bytes, |i| &stored[1 - i]))?)
    };
    let view = (&world.state(), world.now());
    let output = &mut Cursor::new(Vec::new());
    let doctor = &world.doctors[B];
    refused!(
        doctor.open_granted(view, &request, &ticket, &work, swap, output),
        ProtocolError::Store(StoreError::Corrupt(_))
    );
}

#[test]
fn policies_hold_against_missing_few_and_pooled_attributes() {
    let mut world = World::new(75);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let request = world.request(B, record, Basis::Policy).unwrap();
    let not_satisfied = |world: &World| {
        refused!(
            world.open_by_policy(B, &request, Class::Clinical),
            ProtocolError::Policy(epione::abe::OpenError::PolicyNotSatisfied)
        );
    };
    not_satisfied(&world);

    // A and B pool: the attributes satisfy the policy, the components do not fit.
    let parameters = world.authority.parameters().clone();
    let own = world.doctors[B].attribute_key().unwrap().clone();
    let of_a = world.doctors[A].attribute_key().unwrap().to_bytes();
    for (one, two) in [(&of_a, &own.to_bytes()), (&own.to_bytes(), &of_a)] {
        let pooled = splice(one, two);
        assert_eq!(pooled.attributes().len(), 4);
        world.doctors[B].receive_attributes(parameters.clone(), pooled);
        refused!(
            world.open_by_policy(B, &request, Class::Clinical),
            ProtocolError::Policy(epione::abe::OpenError::Decryption(DecryptionFailed))
        );
    }
    world.doctors[B].receive_attributes(parameters, own);
    not_satisfied(&world);

    // C's request is C's; and who has no attributes has none.
    let of_c = world.request(C, record, Basis::Policy).unwrap();
    refused!(
        world.open_by_policy(B, &of_c, Class::Clinical),
        ProtocolError::NotAuthorised(text) if text == NO_REQUEST
    );
    let certify = &|enrolment: &Enrolment| world.centre.certify(enrolment);
    let bare = Doctor::register("Dr. D", START + DAY, certify, &mut world.rng).unwrap();
    let announced = bare.announce(world.validity(), &mut world.rng);
    assert_eq!(world.commit(&announced), Ok(()));
    let request = bare.request(world.validity(), record, Basis::Policy, &mut world.rng);
    assert_eq!(world.commit(&request), Ok(()));
    let view = (&world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let output = &mut Cursor::new(Vec::new());
    refused!(
        bare.open_by_policy(view, &request.id(), Class::Clinical, fetcher, output),
        ProtocolError::NotAuthorised("this doctor has no attributes")
    );
}

#[test]
fn what_is_written_after_a_doctor_left_stays_closed_to_him() {
    let mut world = World::new(78);
    let before = world.publish(A, ADA, BUNDLE, "bundle.json");
    let open = |world: &mut World, doctor, record| {
        let request = world.request(doctor, record, Basis::Policy).unwrap();
        // One under the policy of its class, one under that of all others.
        let [own, common] = [Class::Identity, Class::Clinical]
            .map(|class| world.open_by_policy(doctor, &request, class));
        assert_eq!(own.is_ok(), common.is_ok());
        own.and(common)
    };
    assert!(open(&mut world, C, before).is_ok());
    // C leaves; B takes his place.
    let key = world.doctors[C].verifying_key();
    assert!(world.authority.revoke(&key) && !world.authority.revoke(&key));
    let set: AttributeSet = "doctor, neurology".parse().unwrap();
    let now = world.now();
    let issued = world.authority.issue(world.doctors[B].certificate(), &set, now).unwrap();
    let parameters = world.authority.parameters().clone();
    world.doctors[B].receive_attributes(parameters, issued);
    let after = world.publish(A, ADA, BUNDLE, "bundle.json");
    let not_satisfied = |outcome| {
        refused!(outcome, ProtocolError::Policy(epione::abe::OpenError::PolicyNotSatisfied));
    };
    not_satisfied(open(&mut world, C, after));
    assert!(open(&mut world, B, after).is_ok());
    // What was written before: open to him who could, closed to him who could not.
    assert!(open(&mut world, C, before).is_ok());
    not_satisfied(open(&mut world, B, before));

    // Another epoch: B is renewed, C is not, and B's token does not fit C's key.
    assert_eq!(world.authority.next_epoch(), 2);
    let later = world.publish(A, ADA, BUNDLE, "bundle.json");
    not_satisfied(open(&mut world, B, later));
    let token = world.authority.renew(&world.doctors[B].verifying_key(), 2).unwrap();
    refused!(
        world.authority.renew(&key, 2),
        ProtocolError::AttributeEpoch(EpochError::NoActiveKey)
    );
    let stolen = world.doctors[C].renew_attributes(&token);
    refused!(stolen, ProtocolError::AttributeEpoch(EpochError::InvalidToken));
    world.doctors[B].renew_attributes(&token).unwrap();
    assert!(open(&mut world, B, later).is_ok());
    not_satisfied(open(&mut world, C, later));
}

/// The key `a` with all components of `b` that it lacks, byte by byte.
fn splice(a: &[u8], b: &[u8]) -> UserSecretKey {
    // [version][kind][suite], the set, then sk1 48, sk3 96 and 48 bytes for each of its attributes.
    const SUITE: usize = 3;
    let parts = |bytes: &[u8]| {
        let mut r = Reader::new(&bytes[SUITE..]);
        let set = AttributeSet::read(&mut r)?;
        let fixed = r.fixed::<{ 48 + 96 }>()?;
        let components = set.expanded().into_iter().map(|u| Ok((u, r.fixed::<48>()?)));
        let components = components.collect::<Result<BTreeMap<_, _>, DecodeError>>()?;
        Ok::<_, DecodeError>((set, fixed, components))
    };
    let ((mut set, fixed, own), (others, _, mut components)) =
        (parts(a).unwrap(), parts(b).unwrap());
    others.iter().try_for_each(|attribute| set.insert(attribute)).unwrap();
    components.extend(own);
    let mut w = Writer::default();
    w.fixed(&a[..SUITE]);
    set.write(&mut w);
    w.fixed(&fixed);
    components.values().for_each(|component| w.fixed(component));
    UserSecretKey::from_bytes(&w.finish()).unwrap()
}

#[test]
fn only_the_author_opens_as_author() {
    let Shared { world, record, .. } = Shared::new(76);
    let view = (&world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let output = &mut Cursor::new(Vec::new());
    refused!(
        world.doctors[B].open_as_author(view, &record, fetcher, output),
        ProtocolError::NotAuthorised("the record is another's")
    );
    refused!(
        world.doctors[A].open_as_author(view, &[1; 32], fetcher, output),
        ProtocolError::NotAuthorised("the record is not on the ledger")
    );
    // With the locks at hand, his key does not open them.
    let raw = RefCell::new(0);
    let careless = &|fetch: &Fetch, object: &mut dyn Write| {
        *raw.borrow_mut() += 1;
        let lock = world.state().record(&record).unwrap().sections[0].wrapped_for_author;
        let _ = fetch;
        Ok(object.write_all(&world.stored(&store::cid_of_digest(&lock)))?)
    };
    refused!(
        world.doctors[B].open_as_author(view, &record, careless, output),
        ProtocolError::Decryption(DecryptionFailed)
    );
    assert_eq!(*raw.borrow(), 1);
}

#[test]
fn a_window_opens_and_closes_for_the_reader() {
    let mut world = World::new(77);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let (from, until) = (world.now() + HOUR, world.now() + 2 * HOUR);
    let ticket = world.grant(&Terms { from, until, ..world.terms(&[record]) });
    let basis = Basis::Grant(*ticket.grant());
    assert_eq!(world.request(B, record, basis), Err(Rule::WindowNotOpen));
    world.network.advance(HOUR);
    let request = world.request(B, record, basis).unwrap();
    let work = world.reencrypt(&request).unwrap();
    assert!(world.open_granted(B, &request, &ticket, &work).unwrap().1 == BUNDLE);
    world.network.advance(HOUR);
    assert_eq!(world.request(B, record, basis), Err(Rule::WindowEnded));
    refused!(world.reencrypt(&request), ProtocolError::Rule(Rule::WindowEnded));
    refused!(
        world.open_granted(B, &request, &ticket, &work),
        ProtocolError::Rule(Rule::WindowEnded)
    );
    let state = world.state();
    let (now, proxy): (_, &mut Proxy) = (world.network.now(), &mut world.proxies[0]);
    assert_eq!(proxy.erase_ended(&state, now), 1);
}
