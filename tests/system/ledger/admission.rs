//! Admission of transactions: payer, signatures, chain, certificate, encoding.

use super::*;

fn missing_signature(party: &'static str) -> Result<(), String> {
    Err(TransactionError::Signature(party).to_string())
}

#[test]
fn a_transaction_carries_exactly_the_signatures_of_its_parties_in_order() {
    let (mut chain, record, grant) = Chain::with_grant(20);
    let p = chain.parties.clone();
    let other = chain.record(&p.other_owner, [3; 32]);
    assert_eq!(chain.outcome(&other), None);
    let grants = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
    let all = [
        chain.sign(register(&p.centre, &p.stranger, Role::Doctor, FAR), &[&p.stranger]),
        chain.record(&p.other_owner, [2; 32]),
        grants,
        chain.request(record, Basis::Grant(grant)),
        chain.access(&p.proxy, record),
        chain.revoke(&p.owner, grant),
    ];
    let parties: [&[&str]; 6] = [
        &["subject"],
        &["author", "institution", "owner"],
        &["owner", "owner"],
        &["reader"],
        &["proxy"],
        &["owner"],
    ];
    for (honest, parties) in all.iter().zip(parties) {
        assert_eq!(chain.submit(honest), Ok(()));
        let foreign = honest.draft.sign(&p.centre);
        for (i, party) in parties.iter().enumerate() {
            let submit_changed = |change: &dyn Fn(&mut Transaction)| {
                let mut changed = honest.clone();
                change(&mut changed);
                chain.submit(&changed)
            };
            // A signature by another key, with a flipped bit, of another draft, or missing.
            let missing = missing_signature(party);
            assert_eq!(submit_changed(&|t| t.signatures[i] = foreign), missing);
            for bit in [0, 255, 256, 511] {
                let mut bytes = honest.signatures[i].to_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let flipped = Signature::from_bytes(bytes);
                assert_eq!(submit_changed(&|t| t.signatures[i] = flipped), missing, "bit {bit}");
            }
            let other_draft = submit_changed(&|t| t.draft.nonce[0] ^= 1);
            assert_eq!(other_draft, missing_signature(parties[0]));
            assert_eq!(submit_changed(&|t| t.signatures.truncate(i)), missing);
        }
        let surplus = Err(TransactionError::SurplusSignature.to_string());
        let mut extra = honest.clone();
        extra.signatures.push(foreign);
        assert_eq!(chain.submit(&extra), surplus);
        extra.signatures.push(honest.signatures[0]);
        assert_eq!(chain.submit(&extra), surplus);
    }
    // The signatures of two parties, exchanged.
    let mut swapped = all[1].clone();
    swapped.signatures.swap(0, 1);
    assert_eq!(chain.submit(&swapped), missing_signature("author"));
}

#[test]
fn transactions_of_another_chain_are_rejected() {
    let mut chain = Chain::new(21);
    let p = chain.parties.clone();
    let action = register(&p.centre, &p.stranger, Role::Doctor, FAR);
    for name in ["", "ledger-test", "ledger-tests2", "LEDGER-TESTS"] {
        let draft =
            Draft::new(Validity { chain: name, until: FAR }, action.clone(), &mut chain.rng);
        let transaction = draft.signed_by(&[&p.stranger]);
        assert_eq!(chain.submit(&transaction), Err(TransactionError::Chain.to_string()));
        // The chain is replaced, but the signature covers the other name.
        let mut moved = transaction;
        moved.draft.chain = CHAIN.to_owned();
        assert_eq!(chain.submit(&moved), missing_signature("subject"));
    }
}

#[test]
fn only_the_registration_centre_issues_certificates() {
    let mut chain = Chain::new(22);
    let p = chain.parties.clone();
    for issuer in [&p.stranger, &p.doctor, &p.institution] {
        let action = register(issuer, &p.stranger, Role::Doctor, FAR);
        let transaction = chain.sign(action, &[&p.stranger]);
        let certificate = TransactionError::Certificate.to_string();
        assert_eq!(chain.submit(&transaction), Err(certificate));
    }
}

#[test]
fn malformed_grants_and_records_do_not_decode() {
    let (mut chain, _, _) = Chain::with_grant(23);
    let p = chain.parties.clone();
    let honest = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
    let changes: [fn(&mut GrantAction); 9] = [
        |g| g.delegations[0].owner = g.reader,
        |g| g.owners.swap(0, 1),
        |g| g.owners[0] = g.owners[1],
        |g| g.owners.clear(),
        |g| g.until = g.from,
        |g| g.until = g.from - 1,
        |g| g.trapdoors.truncate(1),
        |g| g.trapdoors.push([6; 32]),
        |g| {
            g.delegations.clear();
            g.trapdoors.clear();
        },
    ];
    for change in changes {
        let mut changed = honest.clone();
        let Action::Grant(action) = &mut changed.draft.action else { unreachable!() };
        change(action);
        assert!(Transaction::from_bytes(&changed.to_bytes()).is_err());
    }
    let honest = chain.record(&p.owner, [2; 32]);
    let changes: [fn(&mut RecordAction); 4] = [
        |r| r.sections.clear(),
        |r| r.sections.push(r.sections[0].clone()),
        |r| {
            let lower = SectionDigests { tag: [1; 32], ..r.sections[0].clone() };
            r.sections.push(lower);
        },
        |r| r.index.push(vec![0; 4097]),
    ];
    for change in changes {
        let mut changed = honest.clone();
        let Action::Record(action) = &mut changed.draft.action else { unreachable!() };
        change(action);
        assert!(Transaction::from_bytes(&changed.to_bytes()).is_err());
    }
}

#[test]
fn an_oversized_transaction_is_rejected_before_it_is_decoded() {
    let format = Chain::new(24).ledger.format();
    let rejection = format.decode_request(&vec![0; (1 << 20) + 1]).unwrap_err();
    assert_eq!(rejection.0, "the transaction is longer than 1 MiB");
}

/// Transactions whose payer is unknown, with the reason of the refusal.
fn unknown_payers(chain: &mut Chain, record: Digest) -> Vec<(Transaction, TransactionError)> {
    let p = chain.parties.clone();
    let (stranger, invented) = (&p.stranger, &p.other_owner);
    let strangers = Parties { doctor: stranger.clone(), ..p.clone() };
    let record_by_stranger = Action::Record(record_action(&strangers, &p.owner, [2; 32]));
    let reader = stranger.verifying_key();
    let request = RequestAction { reader, record, basis: Basis::Policy, sections: vec![0] };
    let released = AccessAction {
        proxy: p.proxy.verifying_key(),
        request: record,
        reencryptions: vec![[7; 32]],
    };
    let receipt = Receipt::issue(CHAIN, released, &p.proxy);
    let evidence = EvidenceAction { reporter: stranger.verifying_key(), receipt };
    let subject = chain.ledger.state().party(&p.doctor.verifying_key()).unwrap().unwrap().clone();
    let renewed = Subject { key: stranger.verifying_key(), ..subject.clone() };
    let renewal = Action::Renew(Certificate::issue(&p.centre, renewed));
    let unregistered = TransactionError::UnregisteredPayer;
    vec![
        (
            chain.sign(record_by_stranger, &[stranger, &p.institution, &p.owner]),
            unregistered("author"),
        ),
        (chain.sign(Action::Request(request), &[stranger]), unregistered("reader")),
        (chain.access(stranger, record), unregistered("proxy")),
        (chain.sign(Action::Evidence(evidence), &[stranger]), unregistered("reporter")),
        (chain.sign(renewal, &[stranger]), unregistered("subject")),
        (chain.withdraw(&p.doctor, &subject), TransactionError::NotCentre),
        (chain.revoke(invented, record), TransactionError::OwnerWithoutRecord),
        // A registered party is not an owner.
        (chain.revoke(&p.doctor, record), TransactionError::OwnerWithoutRecord),
        (
            chain.grant(std::slice::from_ref(invented), T0, FAR),
            TransactionError::OwnerWithoutRecord,
        ),
    ]
}

#[test]
fn a_transaction_with_an_unknown_payer_is_refused_before_its_signatures() {
    let (mut chain, record) = Chain::with_record(25);
    for (transaction, reason) in unknown_payers(&mut chain, record) {
        let reason = Err(reason.to_string());
        assert_eq!(chain.submit(&transaction), reason);
        let mut unsigned = transaction;
        unsigned.signatures.iter_mut().for_each(|s| *s = Signature::from_bytes([0; 64]));
        let decoded = chain.ledger.format().decode_request(&unsigned.to_bytes()).unwrap();
        let admitted = chain.ledger.admit(&decoded).map_err(|r| r.0);
        assert_eq!(admitted, reason, "without a valid signature");
    }
    // The signatures of a known payer are verified.
    let mut unsigned = chain.request(record, Basis::Policy);
    unsigned.signatures[0] = Signature::from_bytes([0; 64]);
    assert_eq!(chain.submit(&unsigned), missing_signature("reader"));
}

/// One key with a record would otherwise pay for the signatures of 63 keys without.
#[test]
fn a_grant_with_an_owner_key_without_record_is_refused_before_its_signatures() {
    let (mut chain, _) = Chain::with_record(26);
    let owner = chain.parties.owner.clone();
    let refused = Err(TransactionError::OwnerWithoutRecord.to_string());
    for invented in [1, 2, 63] {
        let keys = (0..invented).map(|_| SigningKey::generate(&mut chain.rng));
        let owners: Vec<SigningKey> = keys.chain([owner.clone()]).collect();
        let grant = chain.grant(&owners, T0, FAR);
        assert_eq!(chain.submit(&grant), refused, "{invented} invented keys");
    }
    let grant = chain.grant(std::slice::from_ref(&owner), T0, FAR);
    assert_eq!(chain.submit(&grant), Ok(()));
}

#[test]
fn a_grant_is_admitted_once_the_records_of_its_owner_keys_are_committed() {
    let mut chain = Chain::new(27);
    let p = chain.parties.clone();
    let records = [&p.owner, &p.other_owner].map(|owner| chain.record(owner, [1; 32]));
    let grant = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
    let refused = Err(TransactionError::OwnerWithoutRecord.to_string());
    assert_eq!(chain.submit(&grant), refused);
    assert_eq!(chain.outcome(&records[0]), None);
    assert_eq!(chain.submit(&grant), refused);
    // A record that the contract rejects makes no owner: its identifier is occupied.
    assert_eq!(chain.outcome(&records[1]), Some(Rule::RecordExists));
    assert_eq!(chain.submit(&grant), refused);
    let record = chain.record(&p.other_owner, [2; 32]);
    assert_eq!(chain.outcome(&record), None);
    assert_eq!(chain.submit(&grant), Ok(()));
    assert_eq!(chain.outcome(&grant), None);
}

/// The end of a certificate depends on the order of transactions, so the block records it.
#[test]
fn the_holder_of_an_expired_or_withdrawn_certificate_still_pays() {
    let (mut chain, record) = Chain::with_record(28);
    let p = chain.parties.clone();
    let until = chain.time + 10_000;
    let brief = chain.sign(register(&p.centre, &p.stranger, Role::Doctor, until), &[&p.stranger]);
    assert_eq!(chain.outcome(&brief), None);
    chain.time = until;
    let (reader, basis) = (p.stranger.verifying_key(), Basis::Policy);
    let request = RequestAction { reader, record, basis, sections: vec![0] };
    let expired = chain.sign(Action::Request(request), &[&p.stranger]);
    assert_eq!(chain.submit(&expired), Ok(()));
    assert_eq!(chain.outcome(&expired), Some(Rule::CertificateExpired));

    let subject = chain.ledger.state().party(&p.doctor.verifying_key()).unwrap().unwrap().clone();
    let withdraw = chain.withdraw(&p.centre, &subject);
    let [with, after] = [[2; 32], [3; 32]].map(|id| chain.record(&p.owner, id));
    let withdrawn = Some(Rule::CertificateWithdrawn);
    assert_eq!(chain.block(&[withdraw, with]), [None, withdrawn]);
    assert_eq!(chain.submit(&after), Ok(()));
    assert_eq!(chain.outcome(&after), withdrawn);
}
