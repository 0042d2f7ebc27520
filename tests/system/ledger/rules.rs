//! The rules of the contract.

use super::*;

#[test]
fn a_transaction_is_executed_at_most_once() {
    let (mut chain, record) = Chain::with_record(1);
    let owner = chain.parties.owner.clone();
    let duplicate = Err(TransactionError::Duplicate.to_string());
    // Of two copies in one block, the second is not admissible.
    let grant = chain.grant(std::slice::from_ref(&owner), T0, FAR);
    let early = chain.request(record, Basis::Grant(grant.id()));
    let copies = [early.clone(), early.clone()];
    assert_eq!(chain.propose(chain.time + 1_000, &copies).entries.len(), 1);
    assert_eq!(chain.verify(&chain.force(chain.time + 1_000, &copies)), duplicate);
    // A rejected transaction is not executed later either, even if it became valid.
    assert_eq!(chain.outcome(&early), Some(Rule::UnknownGrant));
    assert_eq!(chain.outcome(&grant), None);
    assert_eq!(chain.submit(&early), duplicate);
    assert_eq!(chain.submit(&grant), duplicate);
}

#[test]
fn a_transaction_expires_and_stays_invalid() {
    let (mut chain, record) = Chain::with_record(2);
    let mut valid_until = |until| {
        let reader = chain.parties.reader.clone();
        let (reader_key, basis) = (reader.verifying_key(), Basis::Policy);
        let action =
            Action::Request(RequestAction { reader: reader_key, record, basis, sections: vec![0] });
        let validity = Validity { chain: CHAIN, until };
        Draft::new(validity, action, &mut chain.rng).signed_by(&[&reader])
    };
    let time = T0 + 50_000;
    let [before, at, after] = [time - 1, time, time + 2].map(&mut valid_until);
    let expired = Err(TransactionError::Expired.to_string());
    // They are admissible until the last block, and have expired in the next.
    for transaction in [&before, &at] {
        let alone = std::slice::from_ref(transaction);
        assert_eq!(chain.submit(transaction), Ok(()));
        assert!(chain.propose(time, alone).entries.is_empty());
        assert_eq!(chain.verify(&chain.force(time, alone)), expired);
    }
    assert_eq!(chain.block_at(time, std::slice::from_ref(&after)), [None]);
    assert!(chain.ledger.state().contains_transaction(&after.id()).unwrap());
    assert_eq!(chain.submit(&after), Err(TransactionError::Duplicate.to_string()));
    // After it has expired, the state root does not cover it, and it is still rejected.
    chain.block_at(time + 2, &[]);
    assert!(chain.ledger.state().contains_transaction(&after.id()).unwrap());
    assert_eq!(chain.submit(&after), expired);
}

#[test]
fn a_party_is_registered_once_while_its_certificate_is_valid() {
    let mut chain = Chain::new(3);
    let p = chain.parties.clone();
    let attempt = |chain: &mut Chain, key: &SigningKey, role, until| {
        let transaction = chain.sign(register(&p.centre, key, role, until), &[key]);
        chain.outcome(&transaction)
    };
    assert_eq!(attempt(&mut chain, &p.doctor, Role::Proxy, FAR), Some(Rule::AlreadyRegistered));
    let patient = attempt(&mut chain, &p.stranger, Role::Patient, FAR);
    assert_eq!(patient, Some(Rule::PatientCertificate));
    let record = chain.record(&p.owner, [1; 32]);
    assert_eq!(chain.outcome(&record), None);
    let owner = attempt(&mut chain, &p.owner, Role::Doctor, FAR);
    assert_eq!(owner, Some(Rule::KeyIsOwner));
    // The next block is one second later.
    let now = chain.time + 1_000;
    let expired = attempt(&mut chain, &p.stranger, Role::Doctor, now);
    assert_eq!(expired, Some(Rule::CertificateExpired));
    assert!(chain.ledger.state().party(&p.stranger.verifying_key()).unwrap().is_none());
    let now = chain.time + 1_000;
    assert_eq!(attempt(&mut chain, &p.stranger, Role::Doctor, now + 1), None);
    let party = chain.ledger.state().party(&p.stranger.verifying_key()).unwrap().unwrap();
    assert_eq!(party.role, Role::Doctor);
}

#[test]
fn actions_under_an_expired_certificate_are_rejected() {
    for role in 0..5 {
        let mut chain = Chain::empty(4);
        let p = chain.parties.clone();
        let soon = T0 + 10_000;
        let all = [
            (&p.doctor, Role::Doctor),
            (&p.reader, Role::Doctor),
            (&p.institution, Role::Institution),
            (&p.proxy, Role::Proxy),
        ];
        let all: Vec<Transaction> = (0..)
            .zip(all)
            .map(|(i, (key, kind))| {
                let until = if i == role { soon } else { FAR };
                chain.sign(register(&p.centre, key, kind, until), &[key])
            })
            .collect();
        assert_eq!(chain.block(&all), [None; 4]);
        let record = chain.record(&p.owner, [1; 32]);
        let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
        let request = chain.request(record.id(), Basis::Grant(grant.id()));
        assert_eq!(chain.block(&[record, grant.clone(), request.clone()]), [None; 3]);
        chain.time = soon - 1_000;
        let record = chain.record(&p.other_owner, [2; 32]);
        let again = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
        let next = chain.request(record.id(), Basis::Policy);
        let access = chain.access(&p.proxy, request.id());
        let outcomes = chain.block(&[record, again, next, access]);
        let expired = Some(Rule::CertificateExpired);
        let expected = match role {
            0 | 2 => [expired, None, Some(Rule::UnknownRecord), None],
            1 => [None, expired, expired, None],
            // The access may have happened before.
            3 => [None, expired, None, None],
            _ => [None; 4],
        };
        assert_eq!(outcomes, expected, "role {role}");
    }
}

#[test]
fn a_renewal_extends_a_certificate_and_changes_nothing_else() {
    let mut chain = Chain::new(18);
    let p = chain.parties.clone();
    let subject = chain.ledger.state().party(&p.doctor.verifying_key()).unwrap().unwrap().clone();
    let renew = |chain: &mut Chain, change: &dyn Fn(&mut Subject)| {
        let mut subject = Subject { valid_until: CERTIFIED + 1, ..subject.clone() };
        change(&mut subject);
        let renewal = Action::Renew(Certificate::issue(&p.centre, subject));
        let transaction = chain.sign(renewal, &[&p.doctor]);
        chain.outcome(&transaction)
    };
    let changes: [&dyn Fn(&mut Subject); 7] = [
        &|s| s.role = Role::Institution,
        &|s| s.name.push('!'),
        &|s| s.pre_key.push(1),
        &|s| s.hpke_key = hpke_key(2),
        &|s| s.serial[0] ^= 1,
        &|s| s.valid_until = CERTIFIED,
        &|s| s.valid_until = CERTIFIED - 1,
    ];
    for change in changes {
        assert_eq!(renew(&mut chain, change), Some(Rule::NotRenewal));
    }
    assert_eq!(renew(&mut chain, &|_| ()), None);
    let renewed = chain.ledger.state().party(&p.doctor.verifying_key()).unwrap().unwrap();
    assert_eq!(renewed.valid_until, CERTIFIED + 1);
    // A certificate of another centre is not admitted.
    let forged = Subject { valid_until: CERTIFIED + 2, ..subject.clone() };
    let forged = Action::Renew(Certificate::issue(&p.stranger, forged));
    let transaction = chain.sign(forged, &[&p.doctor]);
    let rejection = chain.submit(&transaction).unwrap_err();
    assert_eq!(rejection, TransactionError::Certificate.to_string());
}

#[test]
fn a_withdrawn_certificate_ends_and_a_renewal_does_not_restore_it() {
    let mut chain = Chain::new(19);
    let p = chain.parties.clone();
    let subject = chain.ledger.state().party(&p.doctor.verifying_key()).unwrap().unwrap().clone();
    let withdraw = |chain: &mut Chain| {
        let transaction = chain.withdraw(&p.centre, &subject);
        chain.outcome(&transaction)
    };
    let record = chain.record(&p.owner, [1; 32]);
    assert_eq!(chain.outcome(&record), None);
    assert_eq!(withdraw(&mut chain), None);
    let record = chain.record(&p.owner, [2; 32]);
    assert_eq!(chain.outcome(&record), Some(Rule::CertificateWithdrawn));
    let later = Subject { valid_until: CERTIFIED + 1, ..subject.clone() };
    let renewal = Action::Renew(Certificate::issue(&p.centre, later));
    let transaction = chain.sign(renewal, &[&p.doctor]);
    assert_eq!(chain.outcome(&transaction), Some(Rule::CertificateWithdrawn));
    assert_eq!(withdraw(&mut chain), None, "a second withdrawal has no further effect");
}

#[test]
fn a_record_needs_a_registered_author_and_institution_and_an_unregistered_owner_key() {
    let mut chain = Chain::new(5);
    let p = chain.parties.clone();
    let mut publish = |change: &dyn Fn(&mut Parties), owner: &SigningKey| {
        let mut parties = p.clone();
        change(&mut parties);
        let action = Action::Record(record_action(&parties, owner, [1; 32]));
        let keys = [&parties.doctor, &parties.institution, owner];
        let transaction = chain.sign(action, &keys);
        chain.outcome(&transaction)
    };
    let owner = &p.owner;
    let author = publish(&|parties| parties.doctor = p.institution.clone(), owner);
    assert_eq!(author, Some(Rule::UnknownAuthor));
    let hospital = publish(&|parties| parties.institution = p.stranger.clone(), owner);
    assert_eq!(hospital, Some(Rule::UnknownInstitution));
    let hospital = publish(&|parties| parties.institution = p.reader.clone(), owner);
    assert_eq!(hospital, Some(Rule::UnknownInstitution));
    assert_eq!(publish(&|_| (), &p.doctor), Some(Rule::OwnerIsRegistered));
    // No rejected record occupies the identifier.
    assert_eq!(publish(&|_| (), owner), None);
    assert_eq!(publish(&|_| (), &p.other_owner), Some(Rule::RecordExists));
    assert_eq!(chain.ledger.state().records().count(), 1);
}

#[test]
fn a_record_is_published_in_its_epoch_or_on_the_day_after_it() {
    let mut chain = Chain::new(13);
    let p = chain.parties.clone();
    let mut number = 0;
    let mut publish = |epoch, time, until| {
        number += 1;
        let record = RecordAction { epoch, ..record_action(&p, &p.owner, [number; 32]) };
        let validity = Validity { chain: CHAIN, until };
        let draft = Draft::new(validity, Action::Record(record), &mut chain.rng);
        let transaction = draft.signed_by(&[&p.doctor, &p.institution, &p.owner]);
        chain.block_at(time, &[transaction])[0]
    };
    let deadline = EPOCH + EPOCH_TOLERANCE;
    assert_eq!(publish(0, EPOCH - 2, EPOCH), None);
    assert_eq!(publish(1, EPOCH - 1, EPOCH + 1), Some(Rule::FutureEpoch));
    assert_eq!(publish(u32::MAX, EPOCH, EPOCH + 1), Some(Rule::FutureEpoch));
    // The transaction expires with the tolerance, so that it is not published later.
    assert_eq!(publish(0, EPOCH + 1, deadline + 1), Some(Rule::PastEpoch));
    assert_eq!(publish(0, deadline - 1, deadline), None);
    assert_eq!(publish(0, deadline, deadline + 1), Some(Rule::PastEpoch));
    assert_eq!(publish(1, deadline + 1, deadline + 2), None);
}

#[test]
fn a_grant_needs_a_registered_reader_and_proxy() {
    let (mut chain, _) = Chain::with_record(6);
    let p = chain.parties.clone();
    let mut grant = |reader: &SigningKey, proxy: &SigningKey| {
        let mut draft = chain.grant(std::slice::from_ref(&p.owner), T0, FAR).draft;
        let Action::Grant(action) = &mut draft.action else { unreachable!() };
        action.reader = reader.verifying_key();
        action.proxy = proxy.verifying_key();
        let transaction = draft.signed_by(&[&p.owner]);
        (transaction.id(), chain.outcome(&transaction))
    };
    assert_eq!(grant(&p.stranger, &p.proxy).1, Some(Rule::UnknownReader));
    assert_eq!(grant(&p.proxy, &p.proxy).1, Some(Rule::UnknownReader));
    assert_eq!(grant(&p.reader, &p.stranger).1, Some(Rule::UnknownProxy));
    assert_eq!(grant(&p.reader, &p.doctor).1, Some(Rule::UnknownProxy));
    let (id, outcome) = grant(&p.reader, &p.proxy);
    assert_eq!(outcome, None);
    assert!(chain.ledger.state().grant(&id).unwrap().is_some());
}

#[test]
fn a_grant_over_records_covers_no_later_record_of_the_owner_key() {
    let (mut chain, record) = Chain::with_record(14);
    let p = chain.parties.clone();
    let (later, foreign) = (chain.record(&p.owner, [2; 32]), chain.record(&p.other_owner, [3; 32]));
    let grant = |chain: &mut Chain, scope| {
        let mut draft = chain.grant(std::slice::from_ref(&p.owner), T0, FAR).draft;
        let Action::Grant(action) = &mut draft.action else { unreachable!() };
        action.scope = scope;
        let transaction = draft.signed_by(&[&p.owner]);
        (transaction.id(), chain.outcome(&transaction))
    };
    let (listed, outcome) = grant(&mut chain, Scope::Records(vec![record]));
    assert_eq!(outcome, None);
    let (series, outcome) = grant(&mut chain, Scope::OwnerKeys);
    assert_eq!(outcome, None);
    let unpublished = grant(&mut chain, Scope::Records(vec![later.id()])).1;
    assert_eq!(unpublished, Some(Rule::UnknownRecord));
    assert_eq!(chain.block(&[later.clone(), foreign.clone()]), [None, None]);
    let of_another = grant(&mut chain, Scope::Records(vec![foreign.id()])).1;
    assert_eq!(of_another, Some(Rule::NotCovered));

    let mut request = |record, grant| {
        let transaction = chain.request(record, Basis::Grant(grant));
        chain.outcome(&transaction)
    };
    assert_eq!(request(record, listed), None);
    assert_eq!(request(later.id(), listed), Some(Rule::NotCovered));
    assert_eq!(request(foreign.id(), listed), Some(Rule::NotCovered));
    assert_eq!(request(later.id(), series), None);
    assert_eq!(request(foreign.id(), series), Some(Rule::NotCovered));
}

#[test]
fn requests_are_admitted_in_the_half_open_validity_period() {
    let (mut chain, record) = Chain::with_record(7);
    let (from, until) = (T0 + 100_000, T0 + 200_000);
    let grant = chain.grant(&[chain.parties.owner.clone()], from, until);
    assert_eq!(chain.outcome(&grant), None);
    for (time, expected) in [
        (from - 1, Some(Rule::WindowNotOpen)),
        (from, None),
        (from + 1, None),
        (until - 1, None),
        (until, Some(Rule::WindowEnded)),
        (until + 1, Some(Rule::WindowEnded)),
    ] {
        let request = chain.request(record, Basis::Grant(grant.id()));
        assert_eq!(chain.block_at(time, std::slice::from_ref(&request)), [expected], "{time}");
        let admitted = chain.ledger.state().request(&request.id()).unwrap();
        assert_eq!(admitted.map(|request| request.time), expected.is_none().then_some(time));
    }
}

#[test]
fn a_request_needs_a_record_and_a_grant_for_its_reader_and_owner() {
    let (mut chain, record, grant) = Chain::with_grant(8);
    let p = chain.parties.clone();
    let other = chain.record(&p.other_owner, [2; 32]);
    assert_eq!(chain.outcome(&other), None);
    let mut request = |reader: &SigningKey, record, basis| {
        let action =
            RequestAction { reader: reader.verifying_key(), record, basis, sections: vec![0] };
        let transaction = chain.sign(Action::Request(action), &[reader]);
        chain.outcome(&transaction)
    };
    let granted = Basis::Grant(grant);
    assert_eq!(request(&p.proxy, record, Basis::Policy), Some(Rule::UnknownReader));
    assert_eq!(request(&p.reader, grant, granted), Some(Rule::UnknownRecord));
    assert_eq!(request(&p.reader, record, Basis::Grant(record)), Some(Rule::UnknownGrant));
    assert_eq!(request(&p.doctor, record, granted), Some(Rule::ReaderMismatch));
    assert_eq!(request(&p.reader, other.id(), granted), Some(Rule::NotCovered));
    assert_eq!(request(&p.reader, record, granted), None);
    assert_eq!(request(&p.doctor, other.id(), Basis::Policy), None);
}

#[test]
fn a_request_names_sections_of_the_record_that_the_grant_covers() {
    let (mut chain, record) = Chain::with_record(15);
    let p = chain.parties.clone();
    // A second record, whose second section no delegation covers.
    let mut action = record_action(&p, &p.owner, [2; 32]);
    let other = SectionDigests { tag: [6; 32], ..action.sections[0].clone() };
    action.sections.push(other);
    let keys = [&p.doctor, &p.institution, &p.owner];
    let second = chain.sign(Action::Record(action), &keys);
    let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
    assert_eq!(chain.block(&[second.clone(), grant.clone()]), [None, None]);
    let granted = Basis::Grant(grant.id());
    let mut request = |record, basis, sections: &[u8]| {
        let (reader, sections) = (p.reader.verifying_key(), sections.to_vec());
        let action = Action::Request(RequestAction { reader, record, basis, sections });
        let transaction = chain.sign(action, &[&p.reader]);
        chain.outcome(&transaction)
    };
    assert_eq!(request(record, granted, &[0, 1]), Some(Rule::UnknownSection));
    assert_eq!(request(second.id(), Basis::Policy, &[2]), Some(Rule::UnknownSection));
    assert_eq!(request(second.id(), granted, &[0, 1]), Some(Rule::NotCovered));
    assert_eq!(request(second.id(), granted, &[1]), Some(Rule::NotCovered));
    assert_eq!(request(second.id(), granted, &[0]), None);
    assert_eq!(request(second.id(), Basis::Policy, &[0, 1]), None);
    // Without sections, or with one twice, a request does not decode.
    for sections in [vec![], vec![0, 0], vec![1, 0]] {
        let (reader, record) = (p.reader.verifying_key(), second.id());
        let request = RequestAction { reader, record, basis: Basis::Policy, sections };
        let transaction = chain.sign(Action::Request(request), &[&p.reader]);
        assert!(Transaction::from_bytes(&transaction.to_bytes()).is_err());
    }
}

#[test]
fn an_access_is_reported_in_full_and_in_time() {
    let (mut chain, record, grant) = Chain::with_grant(16);
    let p = chain.parties.clone();
    let requests = [0; 4].map(|_| chain.request(record, Basis::Grant(grant)));
    assert_eq!(chain.block(&requests), [None; 4]);
    let height = chain.ledger.height();
    let report = |chain: &mut Chain, request: &Transaction, digests: &[Digest]| {
        let (proxy, reencryptions) = (p.proxy.verifying_key(), digests.to_vec());
        let access = AccessAction { proxy, request: request.id(), reencryptions };
        chain.sign(Action::Access(access), &[&p.proxy])
    };
    for digests in [&[][..], &[[1; 32], [2; 32]]] {
        let access = report(&mut chain, &requests[0], digests);
        assert_eq!(chain.outcome(&access), Some(Rule::IncompleteAccess));
    }
    // A report stays true after the revocation of the grant and the expiry of the request.
    let revoke = chain.revoke(&p.owner, grant);
    assert_eq!(chain.outcome(&revoke), None);
    let access = report(&mut chain, &requests[0], &[[1; 32]]);
    assert_eq!(chain.outcome(&access), None);
    let last = height + REQUEST_BLOCKS + REPORT_BLOCKS;
    while chain.height() < last {
        chain.block(&[]);
    }
    let access = report(&mut chain, &requests[1], &[[1; 32]]);
    assert_eq!(chain.outcome(&access), None);
    let access = report(&mut chain, &requests[2], &[[1; 32]]);
    assert_eq!(chain.outcome(&access), Some(Rule::ReportTooLate));
}

#[test]
fn evidence_needs_a_receipt_that_no_access_explains() {
    let (mut chain, record, grant) = Chain::with_grant(17);
    let p = chain.parties.clone();
    let requests = [0; 2].map(|_| chain.request(record, Basis::Grant(grant)));
    let by_policy = chain.request(record, Basis::Policy);
    assert_eq!(
        chain.block(&[requests[0].clone(), requests[1].clone(), by_policy.clone()]),
        [None; 3]
    );
    let last = chain.ledger.height() + REQUEST_BLOCKS + REPORT_BLOCKS;
    let receipt = |chain: &str, proxy: &SigningKey, request: &Transaction, digest: u8| {
        let reencryptions = vec![[digest; 32]];
        let released =
            AccessAction { proxy: proxy.verifying_key(), request: request.id(), reencryptions };
        Receipt::issue(chain, released, proxy)
    };
    let submit = |chain: &mut Chain, reporter: &SigningKey, receipt: Receipt| {
        let evidence = EvidenceAction { reporter: reporter.verifying_key(), receipt };
        let transaction = chain.sign(Action::Evidence(evidence), &[reporter]);
        chain.outcome(&transaction)
    };
    let honest = receipt(CHAIN, &p.proxy, &requests[0], 6);
    let unreported = receipt(CHAIN, &p.proxy, &requests[1], 6);
    // The proxy may still report.
    let outcome = submit(&mut chain, &p.reader, unreported.clone());
    assert_eq!(outcome, Some(Rule::ReportPending));
    let access = chain.access(&p.proxy, requests[0].id());
    assert_eq!(chain.outcome(&access), None);
    let outcome = submit(&mut chain, &p.reader, honest);
    assert_eq!(outcome, Some(Rule::NoEquivocation));
    // A second re-encryption for the same request, which the access does not report.
    let contradiction = receipt(CHAIN, &p.proxy, &requests[0], 7);
    let foreign = receipt(CHAIN, &p.other_proxy, &requests[0], 7);
    assert_eq!(submit(&mut chain, &p.reader, foreign), Some(Rule::ProxyMismatch));
    let none = receipt(CHAIN, &p.proxy, &by_policy, 7);
    assert_eq!(submit(&mut chain, &p.reader, none), Some(Rule::ProxyMismatch));
    let unknown = receipt(CHAIN, &p.proxy, &access, 7);
    assert_eq!(submit(&mut chain, &p.reader, unknown), Some(Rule::UnknownRequest));
    assert_eq!(submit(&mut chain, &p.reader, contradiction.clone()), None);
    let outcome = submit(&mut chain, &p.reader, contradiction.clone());
    assert_eq!(outcome, Some(Rule::AlreadyProven));
    assert_eq!(chain.ledger.state().evidence(&requests[0].id()), Ok(Some(contradiction.clone())));

    // The release that was never reported.
    while chain.height() <= last {
        chain.block(&[]);
    }
    assert_eq!(submit(&mut chain, &p.doctor, unreported), None);
    // A receipt for another chain, or with a forged signature, is not admitted.
    let mut forged = contradiction.clone();
    forged.released.reencryptions[0][0] ^= 1;
    for receipt in [receipt("another chain", &p.proxy, &requests[0], 7), forged] {
        let evidence = EvidenceAction { reporter: p.reader.verifying_key(), receipt };
        let transaction = chain.sign(Action::Evidence(evidence), &[&p.reader]);
        let rejection = chain.submit(&transaction).unwrap_err();
        assert_eq!(rejection, TransactionError::Receipt.to_string());
    }
}

#[test]
fn an_access_is_reported_once_and_only_by_the_proxy_of_the_grant() {
    let (mut chain, record, grant) = Chain::with_grant(9);
    let p = chain.parties.clone();
    let granted = chain.request(record, Basis::Grant(grant));
    let by_policy = chain.request(record, Basis::Policy);
    assert_eq!(chain.block(&[granted.clone(), by_policy.clone()]), [None, None]);
    let mut access = |proxy: &SigningKey, request| {
        let transaction = chain.access(proxy, request);
        chain.outcome(&transaction)
    };
    assert_eq!(access(&p.doctor, granted.id()), Some(Rule::ProxyMismatch));
    assert_eq!(access(&p.proxy, grant), Some(Rule::UnknownRequest));
    assert_eq!(access(&p.other_proxy, granted.id()), Some(Rule::ProxyMismatch));
    assert_eq!(access(&p.proxy, by_policy.id()), Some(Rule::ProxyMismatch));
    assert_eq!(access(&p.proxy, granted.id()), None);
    assert_eq!(access(&p.proxy, granted.id()), Some(Rule::AlreadyServed));
    assert!(chain.ledger.state().access(&granted.id()).unwrap().is_some());
    assert!(chain.ledger.state().access(&by_policy.id()).unwrap().is_none());
}

#[test]
fn only_an_owner_of_a_grant_can_revoke_it() {
    let (mut chain, record, grant) = Chain::with_grant(10);
    let p = chain.parties.clone();
    let other = chain.record(&p.other_owner, [2; 32]);
    assert_eq!(chain.outcome(&other), None);
    let mut revoke = |owner: &SigningKey| {
        let transaction = chain.revoke(owner, grant);
        chain.outcome(&transaction)
    };
    assert_eq!(revoke(&p.other_owner), Some(Rule::NotOwner));
    let request = chain.request(record, Basis::Grant(grant));
    assert_eq!(chain.outcome(&request), None);
    let revoke = chain.revoke(&p.owner, grant);
    let [before, after] = [0; 2].map(|_| chain.request(record, Basis::Grant(grant)));
    // Within a block, the order decides.
    let outcomes = chain.block(&[before, revoke, after]);
    assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);
    let again = chain.revoke(&p.owner, grant);
    assert_eq!(chain.outcome(&again), None, "a second revocation has no further effect");
}

#[test]
fn a_revocation_before_its_grant_leaves_a_tombstone() {
    let (mut chain, record) = Chain::with_record(11);
    let p = chain.parties.clone();
    let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
    let revoke = chain.revoke(&p.owner, grant.id());
    assert_eq!(chain.outcome(&revoke), None);
    assert_eq!(chain.outcome(&grant), Some(Rule::Revoked));
    let request = chain.request(record, Basis::Grant(grant.id()));
    assert_eq!(chain.outcome(&request), Some(Rule::UnknownGrant));

    // A tombstone by a key that does not own the grant does not affect it.
    let other = chain.record(&p.other_owner, [2; 32]);
    let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
    let unrelated = chain.revoke(&p.other_owner, grant.id());
    let request = chain.request(record, Basis::Grant(grant.id()));
    assert_eq!(chain.block(&[other, unrelated, grant, request]), [None; 4]);
}

#[test]
fn one_of_several_owners_can_revoke_the_whole_grant() {
    let (mut chain, record) = Chain::with_record(12);
    let p = chain.parties.clone();
    let other = chain.record(&p.other_owner, [2; 32]);
    let grant = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
    let revoke = chain.revoke(&p.other_owner, grant.id());
    let request = chain.request(record, Basis::Grant(grant.id()));
    let outcomes = chain.block(&[other, grant, revoke, request]);
    assert_eq!(outcomes, [None, None, None, Some(Rule::Revoked)]);
}

/// The tests above, and those of what is on record, assert every rule of the contract.
#[test]
fn every_rule_is_asserted_by_a_test() {
    let own = [include_str!("rules.rs"), include_str!("records.rs")].concat();
    let rules = include_str!("../../../src/ledger/rule.rs");
    let names = rules.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = ")?;
        rest.split_once(", \"").map(|_| name)
    });
    let names: Vec<&str> = names.collect();
    assert_eq!(names.len(), 35);
    for name in names {
        let reached = own.contains(&format!("Some(Rule::{name})"));
        assert!(reached, "no test asserts Rule::{name}");
    }
}
