use super::*;

/// An output that discards the record.
fn nowhere() -> Output<'static, Cursor<Vec<u8>>> {
    Output::new(Box::leak(Box::new(Cursor::new(Vec::new()))), MAX_RECORD)
}

#[test]
fn a_release_must_match_its_receipt_and_the_reported_access() {
    let Shared { mut world, record, ticket, request } = Shared::new(70);
    let release = world.release(&request).unwrap();
    let open = |release: &Release| world.open_granted(B, &request, &ticket, release);
    assert!(open(&release).unwrap().1 == BUNDLE);

    // Sections are missing, exchanged or changed; the receipt is that of another request.
    let altered = |alter: &dyn Fn(&mut Release)| {
        let mut altered = release.clone();
        alter(&mut altered);
        altered
    };
    let again = world.request_granted(record, &ticket);
    let other = world.release(&again).unwrap();
    let open = |release: &Release| world.open_granted(B, &request, &ticket, release);
    for altered in [
        altered(&|r| r.sections.clear()),
        altered(&|r| drop(r.sections.pop())),
        altered(&|r| r.sections.swap(0, 1)),
    ] {
        refused!(open(&altered), Refusal::OtherSections);
    }
    for altered in [
        altered(&|r| r.sections[0] = other.sections[0].clone()),
        altered(&|r| r.receipt = other.receipt.clone()),
        altered(&|r| r.receipt.signature = other.receipt.signature),
        altered(&|r| r.receipt.released.reencryptions[0][0] ^= 1),
        other.clone(),
    ] {
        refused!(open(&altered), Refusal::InvalidReceipt);
    }
    assert_ne!(release.sections, other.sections, "each request is re-encrypted anew");
}

#[test]
fn a_release_is_repeated_and_never_precedes_its_report() {
    let Shared { mut world, record, ticket, request } = Shared::new(79);
    let prepared = world.reencrypt(&request).unwrap();
    let (validity, state, now) = (world.validity(), world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    refused!(
        world.proxies[0].release(view, &request, &mut world.rng.clone()),
        Refusal::JournalLost
    );
    let (rng, journal) = (&mut world.rng, &mut world.journal);
    // The first report is not committed in time.
    let expiring = Validity { until: now + 1, ..validity };
    let expired = world.proxies[0].report(expiring, view, prepared, journal, rng).unwrap();
    assert_eq!(world.journal.len(), 1);
    world.network.advance(HOUR);
    // Journaled, not yet reported.
    refused!(
        world.proxies[0].release(view, &request, &mut world.rng.clone()),
        Refusal::UnreportedAccess
    );
    // A retry reports and releases the same re-encryptions.
    let (validity, prepared) = (world.validity(), world.reencrypt(&request).unwrap());
    let (rng, journal) = (&mut world.rng, &mut world.journal);
    let access = world.proxies[0].report(validity, view, prepared, journal, rng).unwrap();
    assert_eq!((access.action(), world.journal.len()), (expired.action(), 1));
    world.commit(&access).unwrap();
    let release = world.receive_release(&request).unwrap();
    assert_eq!(world.receive_release(&request).unwrap(), release);
    assert!(world.open_granted(B, &request, &ticket, &release).unwrap().1 == BUNDLE);

    // A journal that fails prevents the report.
    let second = world.request_granted(record, &ticket);
    let prepared = world.reencrypt(&second).unwrap();
    let failing = &mut Failing;
    let outcome = world.proxies[0].report(validity, view, prepared, failing, &mut world.rng);
    refused!(outcome, ProtocolError::Io(_));
    refused!(
        world.proxies[0].release(world.view(), &second, &mut world.rng.clone()),
        Refusal::JournalLost
    );
}

struct Failing;

impl Journal for Failing {
    fn append(&mut self, _: &[u8]) -> std::io::Result<()> {
        Err(std::io::Error::other("the disk is full"))
    }

    fn replace(&mut self, _: &mut dyn Iterator<Item = Vec<u8>>) -> std::io::Result<()> {
        Err(std::io::Error::other("the disk is full"))
    }
}

#[test]
fn a_request_expires_for_proxy_and_store() {
    let Shared { mut world, record, ticket, request } = Shared::new(81);
    let by_policy = world.request(C, record, Basis::Policy).unwrap();
    let release = world.release(&request).unwrap();
    let expired = |world: &World| {
        let state = world.state();
        state.height() - state.request(&request).unwrap().unwrap().height > REQUEST_BLOCKS
    };
    while !expired(&world) {
        assert!(world.proxies[0].release(world.view(), &request, &mut world.rng.clone()).is_ok());
        let filler = world.manager.announce(world.validity(), &mut world.rng);
        assert_eq!(world.commit(&filler), Err(Rule::AlreadyRegistered.into()));
    }
    refused!(
        world.proxies[0].release(world.view(), &request, &mut world.rng.clone()),
        Refusal::ExpiredRequest
    );
    refused!(world.reencrypt(&request), Refusal::ExpiredRequest);
    refused!(world.open_granted(B, &request, &ticket, &release), Refusal::ExpiredRequest);
    assert!(world.open_by_policy(C, &by_policy).is_ok(), "requested one block later");
    let filler = world.manager.announce(world.validity(), &mut world.rng);
    assert_eq!(world.commit(&filler), Err(Rule::AlreadyRegistered.into()));
    refused!(world.open_by_policy(C, &by_policy), Refusal::ExpiredRequest);
}

#[test]
fn re_encryptions_under_one_grant_do_not_verify_under_another() {
    let Shared { mut world, record, request, .. } = Shared::new(71);
    let release = world.release(&request).unwrap();
    let terms = world.terms(&[record]);
    let second = world.grant(&terms);
    // The basis of the request is the first grant.
    refused!(world.open_granted(B, &request, &second, &release), Refusal::NotRequested);
    // A request under the second grant, re-encrypted under the first.
    let request = world.request_granted(record, &second);
    refused!(world.open_granted(B, &request, &second, &release), Refusal::InvalidReceipt);
}

#[test]
fn ticket_and_re_encryptions_do_not_open_for_another_doctor() {
    let Shared { mut world, record, ticket, request } = Shared::new(72);
    let release = world.release(&request).unwrap();
    refused!(world.open_granted(C, &request, &ticket, &release), Refusal::NotRequested);
    assert_eq!(
        world.request(C, record, Basis::Grant(*ticket.grant())),
        Err(Rule::ReaderMismatch.into())
    );
    // The basis of C's own request is the policy, not the grant of the ticket.
    let own = world.request(C, record, Basis::Policy).unwrap();
    refused!(world.open_granted(C, &own, &ticket, &release), Refusal::NotRequested);
    // With a grant to C, the release to B is that of another request.
    let terms = world.terms(&[record]);
    let issued = world.grant_uncommitted(C, &terms).unwrap();
    world.commit(&issued.transaction).unwrap();
    refused!(
        world.doctors[B].receive_ticket(world.state(), &issued.ticket),
        ProtocolError::Message
    );
    let for_c = world.doctors[C].receive_ticket(world.state(), &issued.ticket).unwrap();
    let request = world.request(C, record, Basis::Grant(*for_c.grant())).unwrap();
    refused!(world.open_granted(C, &request, &for_c, &release), Refusal::InvalidReceipt);
}

#[test]
fn a_grant_does_not_open_a_record_of_another_patient() {
    let Shared { mut world, ticket, .. } = Shared::new(73);
    let foreign = world.publish(A, BEA, BUNDLE, "bundle.json");
    assert_eq!(
        world.request(B, foreign, Basis::Grant(*ticket.grant())),
        Err(Rule::NotCovered.into())
    );
    // Ada receives the location of Bea's record. The store refuses her owner key.
    let (location, _) = world.envelope(&foreign);
    let hit = Hit { record: foreign, location };
    let view = world.view();
    refused!(
        world.patients[ADA].open(view, &hit, &world, nowhere(), &mut world.fork()),
        Refusal::RecordOfAnother
    );
    // With a store without access control, Ada's key does not unwrap.
    let open_store = world.dishonest(Vec::from, || {
        let hash = world.state().record(&foreign).unwrap().unwrap().sections[0].wrapped_for_patient;
        Some(world.stored(&store::cid_of_digest(&hash)))
    });
    let rng = &mut world.fork();
    refused!(
        world.patients[ADA].open(view, &hit, &open_store, nowhere(), rng),
        ProtocolError::Decryption(DecryptionFailed)
    );
}

#[test]
fn ciphertexts_swapped_between_sections_do_not_open() {
    let Shared { mut world, record, ticket, request } = Shared::new(74);
    let release = world.release(&request).unwrap();
    let names = [Class::Identity, Class::Clinical].map(|class| world.ciphertext(&record, class));
    // Swapped on disk: the hashes do not match.
    let paths = [world.chunk_file(&names[0]), world.chunk_file(&names[1])];
    let intact = [fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap()];
    fs::write(&paths[0], &intact[1]).unwrap();
    fs::write(&paths[1], &intact[0]).unwrap();
    refused!(
        world.open_granted(B, &request, &ticket, &release),
        ProtocolError::Store(StoreError::Corrupt(_))
    );
    let second = world.request_granted(record, &ticket);
    refused!(world.reencrypt(&second), ProtocolError::Store(StoreError::Corrupt(_)));
    // The re-encryptions of the first request are journaled, and are not computed again.
    assert!(world.reencrypt(&request).is_ok());
    fs::write(&paths[0], &intact[0]).unwrap();
    fs::write(&paths[1], &intact[1]).unwrap();

    // A dishonest store: the reader checks the hashes before it uses a key.
    let stored = [world.stored(&names[0]), world.stored(&names[1])];
    let swap = |bytes| match stored.iter().position(|other| *other == bytes) {
        Some(i) => stored[1 - i].clone(),
        None => bytes,
    };
    let (view, doctor, rng) = (world.view(), &world.doctors[B], &mut world.fork());
    let store = world.dishonest(swap, || None);
    refused!(
        doctor.open_granted(view, &request, (&ticket, &release), &store, nowhere(), rng),
        ProtocolError::Store(StoreError::Corrupt(_))
    );
}

#[test]
fn missing_or_pooled_attributes_do_not_open_a_section() {
    let mut world = World::new(75);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let request = world.request(B, record, Basis::Policy).unwrap();
    let not_satisfied = |world: &World| {
        refused!(
            world.open_by_policy(B, &request),
            ProtocolError::Policy(epione::abe::OpenError::PolicyNotSatisfied)
        );
    };
    not_satisfied(&world);

    // A and B pool: the attributes satisfy the policy, but the components do not combine.
    let parameters = world.authority.parameters().clone();
    let own = world.doctors[B].attribute_key().unwrap().clone();
    let of_a = world.doctors[A].attribute_key().unwrap().to_bytes();
    for (one, two) in [(&of_a, &own.to_bytes()), (&own.to_bytes(), &of_a)] {
        let pooled = splice_keys(one, two).unwrap();
        assert_eq!(pooled.attributes().len(), 4);
        world.doctors[B].receive_attributes(parameters.clone(), pooled);
        refused!(
            world.open_by_policy(B, &request),
            ProtocolError::Policy(epione::abe::OpenError::Decryption(DecryptionFailed))
        );
    }
    world.doctors[B].receive_attributes(parameters, own);
    not_satisfied(&world);

    // B cannot use C's request, and a doctor without attributes cannot open.
    let of_c = world.request(C, record, Basis::Policy).unwrap();
    refused!(world.open_by_policy(B, &of_c), Refusal::NotRequested);
    let bare = Doctor::register("Dr. D", START + DAY, &world.centre, &mut world.rng).unwrap();
    let announced = bare.announce(world.validity(), &mut world.rng);
    world.commit(&announced).unwrap();
    let request = bare.request(world.validity(), (record, &[0]), Basis::Policy, &mut world.rng);
    world.commit(&request).unwrap();
    let view = world.view();
    let rng = &mut world.fork();
    let opened = bare.open_by_policy(view, &request.id(), &world, nowhere(), rng);
    refused!(opened, Refusal::NoAttributes);
}

#[test]
fn a_revoked_doctor_cannot_open_later_records() {
    let mut world = World::new(78);
    let before = world.publish(A, ADA, BUNDLE, "bundle.json");
    let open = |world: &mut World, doctor, record| {
        // One class with its own policy, and one with the common policy.
        let [own, common] = [Class::Identity, Class::Clinical].map(|class| {
            let request = world.request_class(doctor, record, class);
            world.open_by_policy(doctor, &request)
        });
        assert_eq!(own.is_ok(), common.is_ok());
        own.and(common)
    };
    assert!(open(&mut world, C, before).is_ok());
    // C leaves, and B takes over.
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
    // Earlier records remain accessible to C, and inaccessible to B.
    assert!(open(&mut world, C, before).is_ok());
    not_satisfied(open(&mut world, B, before));

    // In the next epoch B's key is renewed, C's is not, and B's token does not renew C's key.
    assert_eq!(world.authority.next_epoch(), 2);
    let later = world.publish(A, ADA, BUNDLE, "bundle.json");
    not_satisfied(open(&mut world, B, later));
    let token = world.authority.renew(&world.doctors[B].verifying_key(), 2).unwrap();
    refused!(
        world.authority.renew(&key, 2),
        ProtocolError::AttributeEpoch(EpochError::NoActiveKey)
    );
    let misused = world.doctors[C].renew_attributes(&token);
    refused!(misused, ProtocolError::AttributeEpoch(EpochError::InvalidToken));
    world.doctors[B].renew_attributes(&token).unwrap();
    assert!(open(&mut world, B, later).is_ok());
    not_satisfied(open(&mut world, C, later));
}

#[test]
fn only_the_author_opens_as_author() {
    let Shared { world, record, .. } = Shared::new(76);
    let view = world.view();
    let rng = &mut world.fork();
    refused!(
        world.doctors[B].open_as_author(view, &record, &world, nowhere(), rng),
        Refusal::RecordOfAnother
    );
    refused!(
        world.doctors[A].open_as_author(view, &[1; 32], &world, nowhere(), rng),
        Refusal::UnknownRecord
    );
    // With a store without access control, B's key does not unwrap.
    let fetches = Cell::new(0);
    let open_store = world.dishonest(Vec::from, || {
        fetches.set(fetches.get() + 1);
        let hash = world.state().record(&record).unwrap().unwrap().sections[0].wrapped_for_author;
        Some(world.stored(&store::cid_of_digest(&hash)))
    });
    refused!(
        world.doctors[B].open_as_author(view, &record, &open_store, nowhere(), rng),
        ProtocolError::Decryption(DecryptionFailed)
    );
    assert_eq!(fetches.get(), 1);
}

#[test]
fn a_grant_is_valid_only_within_its_window() {
    let mut world = World::new(77);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let (from, until) = (world.now() + HOUR, world.now() + 2 * HOUR);
    let ticket = world.grant(&Terms { from, until, ..world.terms(&[record]) });
    let basis = Basis::Grant(*ticket.grant());
    assert_eq!(world.request(B, record, basis), Err(Rule::WindowNotOpen.into()));
    world.network.advance(HOUR);
    let request = world.request(B, record, basis).unwrap();
    let release = world.release(&request).unwrap();
    assert!(world.open_granted(B, &request, &ticket, &release).unwrap().1 == BUNDLE);
    world.network.advance(HOUR);
    assert_eq!(world.request(B, record, basis), Err(Rule::WindowEnded.into()));
    refused!(world.reencrypt(&request), Rule::WindowEnded);
    refused!(world.open_granted(B, &request, &ticket, &release), Rule::WindowEnded);
    let (state, now) = (world.state().clone(), world.now());
    assert_eq!(world.proxies[0].erase_ended(LedgerView { state: &state, now }).unwrap().len(), 1);
}
