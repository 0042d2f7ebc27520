//! Altered releases, and the journal of a proxy.
#![forbid(unsafe_code)]

use super::*;

/// A dishonest proxy reports and signs altered re-encryptions.
#[test]
fn altered_re_encryptions_do_not_open_with_a_valid_receipt() {
    let mut world = World::new();
    let record = world.publish();
    let (delivery, ticket) = world.grant(record);
    let (other_delivery, other_ticket) = world.grant(record);
    let state = world.state();
    world.proxy.restore(at(&state), delivery).unwrap();
    world.proxy.restore(at(&state), other_delivery).unwrap();
    let honest = world.reencrypted(record, &ticket);
    let under_other_grant = world.reencrypted(record, &other_ticket);
    let open = |world: &mut World, sections: Vec<SectionReEncryption>| {
        let request = world.request(record, &ticket);
        let release = world.release_any(request, sections);
        let state = world.state();
        let view = LedgerView { state: &state, now: NOW };
        let mut output = Cursor::new(Vec::new());
        world
            .reader
            .open_granted(
                view,
                &request,
                (&ticket, &release),
                world,
                Output::new(&mut output, LIMIT),
                &mut world.fork(),
            )
            .map(|_| output.into_inner())
    };
    assert_eq!(open(&mut world, honest.clone()).unwrap(), FILE);

    let invalid = |outcome| {
        let refused = matches!(outcome, Err(ProtocolError::ReEncryption(InvalidReEncryption)));
        assert!(refused, "{outcome:?}");
    };
    let altered = |alter: &dyn Fn(&mut Vec<SectionReEncryption>)| {
        let mut sections = honest.clone();
        alter(&mut sections);
        sections
    };
    // The re-encryption of another section, and one under another grant, whose `rk2` differs.
    let of_another = altered(&|s| s[0].reencryption = honest[1].reencryption.clone());
    invalid(open(&mut world, of_another));
    invalid(open(&mut world, under_other_grant));
    // Parts of two re-encryptions combined: D1, T, D2, proof.
    let bytes: Vec<Vec<u8>> = honest.iter().map(|s| s.reencryption.to_bytes()).collect();
    for (from, to) in [(2, 50), (50, 98), (98, 194), (194, bytes[0].len())] {
        let mut mixed = bytes[0].clone();
        mixed[from..to].copy_from_slice(&bytes[1][from..to]);
        let mixed = altered(&|s| s[0].reencryption = Canonical::from_bytes(&mixed).unwrap());
        invalid(open(&mut world, mixed));
    }
    // The wrapped key and re-encryption of one section for another.
    let moved = altered(&|s| s[0] = SectionReEncryption { section: 0, ..honest[1].clone() });
    let outcome = open(&mut world, moved);
    let mismatch = ProtocolError::DigestMismatch(Item::WrappedForPatient);
    assert_eq!(outcome.unwrap_err().to_string(), mismatch.to_string());
}

#[test]
fn a_proxy_recovers_its_journal_and_releases_the_same_bytes() {
    let mut world = World::new();
    let record = world.publish();
    let (delivery, ticket) = world.grant(record);
    let (request, state) = (world.request(record, &ticket), world.state());
    let view = LedgerView { state: &state, now: NOW };
    world.proxy.restore(at(&state), delivery).unwrap();
    let mut rng = world.fork();
    let prepared = world.proxy.reencrypt(view, &request, &world, &mut rng).unwrap();
    let path = world._folder.path().join("journal");
    let open_file = || JournalFile::open(&path).unwrap();
    let (mut journal, entries) = open_file();
    assert!(entries.is_empty());
    let access = world.proxy.report(VALIDITY, view, prepared, &mut journal, &mut rng).unwrap();
    assert_eq!(world.commit(&access), None);
    let state = world.state();
    let view = LedgerView { state: &state, now: NOW };
    let release = world.release(view, &request).unwrap();

    // One process has the journal open.
    let error = JournalFile::open(&path).unwrap_err();
    assert_eq!(error.to_string(), "the journal is open in another process");
    drop(journal);

    // Restart. A second entry was torn by the crash.
    let intact = std::fs::read(&path).unwrap();
    // Some file systems leave zeros in place of it.
    for torn in [&intact[..2], &intact[..40], &intact[..intact.len() - 1], &[0; 100]] {
        std::fs::write(&path, [&intact, torn].concat()).unwrap();
        let (_, entries) = open_file();
        assert_eq!(entries.len(), 1);
        assert_eq!(std::fs::read(&path).unwrap(), intact, "the torn entry is removed");
        world.proxy.journaled.clear();
        let lost = world.release(view, &request);
        assert!(matches!(lost, Err(ProtocolError::Refused(Refusal::JournalLost))));
        world.proxy.recover(&entries[0]).unwrap();
        assert_eq!(world.release(view, &request).unwrap(), release);
    }
    // A damaged entry is reported: to skip it would lose it and the entries after it.
    for position in [0, 3, 4, 8, intact.len() - 1] {
        let mut changed = [&intact[..], &intact].concat();
        changed[position] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let error = JournalFile::open(&path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "byte {position}");
    }
    std::fs::write(&path, &intact).unwrap();
    let (mut journal, _) = open_file();
    // With the journal lost, the proxy does not re-encrypt a second time for the request.
    world.proxy.journaled.clear();
    let prepared = world.proxy.reencrypt(view, &request, &world, &mut rng).unwrap();
    let outcome = world.proxy.report(VALIDITY, view, prepared, &mut journal, &mut rng);
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::JournalLost))));
    // An entry of another proxy.
    drop(journal);
    let (_, entries) = open_file();
    let other = Proxy::register("Other", NOW + EPOCH, &world.centre, &mut rng);
    let outcome = other.unwrap().recover(&entries[0]);
    assert!(matches!(outcome, Err(ProtocolError::Decode(Item::JournalEntry, _))));
}

/// The store does not check revocations, and the proxy is alone.
#[test]
fn a_proxy_checks_the_grant_itself_when_it_re_encrypts_and_releases() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let request = world.request(record, &ticket);
    let state = world.state();
    let before = LedgerView { state: &state, now: NOW };
    let rng = &mut world.fork();
    let prepared = world.proxy.reencrypt(before, &request, &world, rng).unwrap();
    let access = world.proxy.report(VALIDITY, before, prepared, &mut vec![], rng).unwrap();
    assert_eq!(world.commit(&access), None);
    assert!(world.release(world.view(), &request).is_ok());

    let revoke = world.patient.revoke(VALIDITY, &state, ticket.grant(), rng).unwrap();
    assert_eq!(world.commit(&revoke), None);
    // Objects are fetched with the view before the revocation.
    let open_store = KeeperLink {
        keeper: world.keeper.verifying_key(),
        fetch: |fetch: &Fetch, response: &mut dyn Write| {
            world.keeper.serve(before, fetch, response, &mut world.fork())
        },
    };
    let revoked = |outcome: Result<(), ProtocolError>| {
        assert!(matches!(outcome, Err(ProtocolError::Rule(Rule::Revoked))), "{outcome:?}");
    };
    revoked(world.proxy.reencrypt(world.view(), &request, &open_store, rng).map(drop));
    revoked(world.proxy.release(world.view(), &request, rng).map(drop));
    let search = (CHAIN, &world.proxy.verifying_key());
    let search = world.reader.request_search(search, (ticket.grant(), None), NOW, rng);
    revoked(world.proxy.search(world.view(), &search).map(drop));
    assert!(world.proxy.reencrypt(before, &request, &open_store, rng).is_ok());
}

/// The proxy signs a release that it has not reported.
#[test]
fn a_reader_refuses_a_release_that_the_ledger_does_not_report() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let request = world.request(record, &ticket);
    let state = world.state();
    let (view, rng) = (LedgerView { state: &state, now: NOW }, &mut world.fork());
    let sections = world.proxy.reencrypt(view, &request, &world, rng).unwrap().sections;
    let reencryptions = sections.iter().map(SectionReEncryption::digest).collect();
    let released = AccessAction { proxy: world.proxy.verifying_key(), request, reencryptions };
    let release = Release { receipt: Receipt::issue(CHAIN, released, &world.proxy.key), sections };
    let mut open = |state: &State| {
        let (view, output) = (LedgerView { state, now: NOW }, &mut Cursor::new(vec![]));
        let output = Output::new(output, LIMIT);
        world.reader.open_granted(view, &request, (&ticket, &release), &world, output, rng)
    };
    let outcome = open(&state);
    let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::UnreportedAccess)));
    assert!(refused, "{outcome:?}");
}

/// The proxy reports three sections and releases one of them three times.
#[test]
fn a_reader_refuses_a_release_of_other_sections_than_requested() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let open = |world: &mut World, repeated: bool| {
        let (request, state) = (world.request(record, &ticket), world.state());
        let (view, rng) = (LedgerView { state: &state, now: NOW }, &mut world.fork());
        let mut sections = world.proxy.reencrypt(view, &request, world, rng).unwrap().sections;
        if repeated {
            let first = sections[0].clone();
            sections.fill(first);
        }
        let release = world.release_any(request, sections);
        let state = world.state();
        let (view, output) = (LedgerView { state: &state, now: NOW }, &mut Cursor::new(vec![]));
        let output = Output::new(output, LIMIT);
        world.reader.open_granted(view, &request, (&ticket, &release), world, output, rng)
    };
    assert!(open(&mut world, false).unwrap().require_complete().is_ok());
    let outcome = open(&mut world, true);
    let refused = matches!(outcome, Err(ProtocolError::Refused(Refusal::OtherSections)));
    assert!(refused, "{outcome:?}");
}

/// An entry after an incomplete one would be lost when the journal is opened again.
#[cfg(target_os = "linux")]
#[test]
fn a_journal_accepts_no_entry_after_a_failed_one() {
    // Every write to this device fails as on a full disk.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut journal = JournalFile::at_end(full);
    assert_eq!(journal.append(b"entry").unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let error = journal.append(b"entry").unwrap_err().to_string();
    assert_eq!(error, "an earlier append failed; open the journal again");
}

/// The proxy's deliveries are files of their own, verified when they are loaded.
#[test]
fn a_loaded_proxy_verifies_its_deliveries_and_erases_those_of_ended_grants_only() {
    let mut world = World::new();
    let empty = Ledger::new(CHAIN, world.centre.verifying_key());
    let (_, ticket) = world.granted();
    let (keys, delivery) =
        (world.proxy.to_secret_bytes(), world.proxy.delivery(ticket.grant()).unwrap());
    let saved = delivery.to_secret_bytes();
    let load = || Proxy::from_bytes(&keys).unwrap();
    let delivery = || Delivery::from_bytes(&saved).unwrap();
    let mut proxy = load();
    assert_eq!(proxy.deliveries.len(), 0);
    // A view that does not contain the grant yet.
    let old = at(empty.state());
    let outcome = proxy.restore(old, delivery());
    assert!(matches!(outcome, Err(ProtocolError::Refused(Refusal::UnknownGrant))));
    proxy.restore(world.view(), delivery()).unwrap();
    proxy.restore(world.view(), delivery()).unwrap();
    assert_eq!(*proxy.delivery(ticket.grant()).unwrap().to_secret_bytes(), *saved);
    assert!(proxy.erase_ended(old).unwrap().is_empty());
    // The delivery of another grant under this identifier.
    let mut proxy = load();
    let (other, _) = world.grant(world.state().records().next().unwrap().unwrap().0);
    let altered = Delivery { grant: *ticket.grant(), ..other };
    let outcome = proxy.restore(world.view(), altered);
    assert!(matches!(outcome, Err(ProtocolError::DigestMismatch(_))));
    assert_eq!(proxy.deliveries.len(), 0);

    let (state, rng) = (world.state(), &mut world.fork());
    let ended = LedgerView { state: &state, now: NOW + EPOCH };
    let mut proxy = load();
    proxy.restore(world.view(), delivery()).unwrap();
    assert_eq!(proxy.erase_ended(ended).unwrap(), [*ticket.grant()]);
    let outcome = proxy.restore(ended, delivery());
    assert!(matches!(outcome, Err(ProtocolError::Rule(Rule::WindowEnded))), "{outcome:?}");
    proxy.restore(world.view(), delivery()).unwrap();
    let revoke = world.patient.revoke(VALIDITY, &state, ticket.grant(), rng).unwrap();
    assert_eq!(world.commit(&revoke), None);
    assert_eq!(proxy.erase_ended(world.view()).unwrap(), [*ticket.grant()]);
    assert_eq!(proxy.deliveries.len(), 0);
    let outcome = proxy.restore(world.view(), delivery());
    assert!(matches!(outcome, Err(ProtocolError::Rule(Rule::Revoked))), "{outcome:?}");
}

/// An owner key with many grants, and many owner keys.
#[test]
fn the_keys_of_a_proxy_are_bounded_overall_and_per_owner_key() {
    let mut world = World::new();
    let (_, ticket) = world.granted();
    let state = world.state();
    let grant = &state.grant(ticket.grant()).unwrap().unwrap();
    // Three delegations and one trapdoor.
    assert_eq!(grant.delegations.len() + grant.trapdoors.len(), 4);
    let accepted = || world.proxy.accepted_for(ticket.grant()).unwrap().clone();
    let mut deliveries = Deliveries::default();
    let id = |n: u32| [&n.to_be_bytes()[..], &[0; 28]].concat().try_into().unwrap();
    for n in 0..256 {
        assert_eq!(deliveries.check_limits(grant), Ok(()));
        deliveries.add(id(n), grant, accepted());
    }
    assert_eq!(deliveries.check_limits(grant), Err(Refusal::ProxyFull));
    // The same delivery again is charged once.
    deliveries.add(id(0), grant, accepted());
    let of_owner = |seed: u8| {
        let owner = SigningKey::from_seed(&Secret::new([seed; 32])).verifying_key();
        GrantAction { owners: vec![owner], ..grant.clone() }
    };
    assert_eq!(deliveries.check_limits(&of_owner(1)), Ok(()));
    assert_eq!(deliveries.erase(|grant| Ok(*grant == id(7))), Ok(vec![id(7)]));
    assert_eq!(deliveries.check_limits(grant), Ok(()));
    deliveries.add(id(7), grant, accepted());
    assert_eq!(deliveries.check_limits(grant), Err(Refusal::ProxyFull));

    deliveries.set_keys((1 << 20) - 4);
    assert_eq!(deliveries.check_limits(&of_owner(1)), Ok(()));
    deliveries.add(id(1000), &of_owner(1), accepted());
    assert_eq!(deliveries.check_limits(&of_owner(2)), Err(Refusal::ProxyFull));
}

/// The re-encryptions under a revoked grant are erased before their requests expire, also from the
/// journal.
#[test]
fn revocation_erases_the_journaled_re_encryptions_of_the_grant_only() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let (delivery, kept) = world.grant(record);
    let state = world.state();
    world.proxy.restore(at(&state), delivery).unwrap();
    let mut journal = Vec::new();
    let requests = [&ticket, &kept].map(|ticket| {
        let (request, state) = (world.request(record, ticket), world.state());
        let (view, mut rng) = (at(&state), world.fork());
        let prepared = world.proxy.reencrypt(view, &request, &world, &mut rng).unwrap();
        world.proxy.report(VALIDITY, view, prepared, &mut journal, &mut rng).unwrap();
        request
    });
    assert_eq!(journal.len(), 2);
    let old = world.state();
    let rng = &mut world.fork();
    let revoke = world.patient.revoke(VALIDITY, &old, ticket.grant(), rng).unwrap();
    assert_eq!(world.commit(&revoke), None);
    world.proxy.erase_ended(at(&old)).unwrap();
    assert_eq!(world.proxy.journaled.len(), 2);
    let state = world.state();
    assert_eq!(world.proxy.erase_ended(at(&state)).unwrap(), [*ticket.grant()]);
    world.proxy.compact(&mut journal).unwrap();
    assert_eq!(journal.len(), 1);
    assert!(world.proxy.journaled.keys().eq([&requests[1]]));
    let entry = PreparedAccess::from_bytes(&journal[0]).unwrap();
    assert_eq!(entry, world.proxy.journaled[&requests[1]]);
}

/// The author has withheld a ciphertext, so every attempt to re-encrypt fails after a search and
/// several fetches.
#[test]
fn a_reader_pays_for_attempts_to_re_encrypt_that_fail() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let (first, second) = (world.request(record, &ticket), world.request(record, &ticket));
    let state = world.state();
    let mut rng = world.fork();
    let mut attempt = |proxy: &Proxy, request, now| {
        let keeper = world.keeper.verifying_key();
        let fetch = |_: &Fetch, _: &mut dyn Write| Err(Refusal::ForeignObject.into());
        let view = LedgerView { state: &state, now };
        proxy.reencrypt(view, request, &KeeperLink { keeper, fetch }, &mut rng).unwrap_err()
    };
    let is = |error, expected| matches!(error, ProtocolError::Refused(e) if e == expected);
    for _ in 0..64 {
        assert!(is(attempt(&world.proxy, &first, NOW), Refusal::ForeignObject));
        assert!(is(attempt(&world.proxy, &second, NOW), Refusal::ForeignObject));
    }
    assert!(is(attempt(&world.proxy, &second, NOW), Refusal::TooManyRequests));
    assert!(is(attempt(&world.proxy, &second, NOW + 120_001), Refusal::ForeignObject));
    // Attempts that succeed cost their search only.
    let mut world = World::new();
    let (record, ticket) = world.granted();
    for _ in 0..130 {
        let (request, state) = (world.request(record, &ticket), world.state());
        let mut rng = world.fork();
        assert!(world.proxy.reencrypt(at(&state), &request, &world, &mut rng).is_ok());
    }
}
