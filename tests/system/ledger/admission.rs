use super::*;

fn refusal(chain: &Chain, transaction: &Transaction) -> Result<(), String> {
    let block = chain.propose(chain.time + 1, std::slice::from_ref(transaction));
    let outcome = chain.ledger.check_request(&transaction.to_bytes()).map_err(|r| r.0);
    if outcome.is_err() {
        assert!(block.entries.is_empty(), "what is not admitted is not proposed");
    }
    outcome
}

fn signature_of(party: &'static str) -> Result<(), String> {
    Err(TransactionError::Signature(party).to_string())
}

#[test]
fn every_party_signs_its_place_and_nobody_else() {
    let (mut chain, record, grant) = Chain::with_grant(20);
    let p = chain.parties.clone();
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
        assert_eq!(refusal(&chain, honest), Ok(()));
        let foreign = honest.draft.sign(&p.centre);
        for (i, party) in parties.iter().enumerate() {
            // Signed by somebody else, flipped, signed for another draft, missing.
            let mut wrong = honest.clone();
            wrong.signatures[i] = foreign;
            assert_eq!(refusal(&chain, &wrong), signature_of(party));
            for bit in [0, 255, 256, 511] {
                let mut bytes = honest.signatures[i].to_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let mut wrong = honest.clone();
                wrong.signatures[i] = epione::sign::Signature::from_bytes(bytes);
                assert_eq!(refusal(&chain, &wrong), signature_of(party), "bit {bit}");
            }
            let mut wrong = honest.clone();
            wrong.draft.nonce[0] ^= 1;
            assert_eq!(refusal(&chain, &wrong), signature_of(parties[0]));
            let mut wrong = honest.clone();
            wrong.signatures.truncate(i);
            assert_eq!(refusal(&chain, &wrong), signature_of(party));
        }
        let mut more = honest.clone();
        more.signatures.push(foreign);
        assert_eq!(refusal(&chain, &more), signature_of("additional party"));
        more.signatures.push(honest.signatures[0]);
        assert_eq!(refusal(&chain, &more), signature_of("additional party"));
    }
    // Two parties' signatures in each other's places.
    let mut swapped = all[1].clone();
    swapped.signatures.swap(0, 1);
    assert_eq!(refusal(&chain, &swapped), signature_of("author"));
}

#[test]
fn what_is_signed_for_another_chain_is_refused_here() {
    let mut chain = Chain::new(21);
    let p = chain.parties.clone();
    let action = register(&p.centre, &p.stranger, Role::Doctor, FAR);
    for name in ["", "ledger-test", "ledger-tests2", "LEDGER-TESTS"] {
        let draft =
            Draft::new(Validity { chain: name, until: FAR }, action.clone(), &mut chain.rng);
        let transaction = draft.signed_by(&[&p.stranger]);
        assert_eq!(refusal(&chain, &transaction), Err(TransactionError::Chain.to_string()));
        // The name alone changed back, the signature is for the other.
        let mut moved = transaction;
        moved.draft.chain = CHAIN.to_owned();
        assert_eq!(refusal(&chain, &moved), signature_of("subject"));
    }
}

#[test]
fn a_certificate_is_the_centres_or_nothing() {
    let mut chain = Chain::new(22);
    let p = chain.parties.clone();
    for issuer in [&p.stranger, &p.doctor, &p.institution] {
        let action = register(issuer, &p.stranger, Role::Doctor, FAR);
        let transaction = chain.sign(action, &[&p.stranger]);
        let certificate = TransactionError::Certificate.to_string();
        assert_eq!(refusal(&chain, &transaction), Err(certificate));
    }
}

#[test]
fn a_draft_that_promises_nonsense_does_not_decode() {
    let (mut chain, _, _) = Chain::with_grant(23);
    let p = chain.parties.clone();
    let honest = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
    let changes: [fn(&mut GrantAction); 5] = [
        |g| g.owners.swap(0, 1),
        |g| g.owners[0] = g.owners[1],
        |g| g.owners.clear(),
        |g| g.until = g.from,
        |g| g.until = g.from - 1,
    ];
    for change in changes {
        let mut wrong = honest.clone();
        let Action::Grant(action) = &mut wrong.draft.action else { unreachable!() };
        change(action);
        assert!(Transaction::from_bytes(&wrong.to_bytes()).is_err());
    }
    let honest = chain.record(&p.owner, [2; 32]);
    let changes: [fn(&mut RecordAction); 4] = [
        |r| r.sections.clear(),
        |r| r.sections.push(r.sections[0].clone()),
        |r| {
            let identity = SectionDigests { class: Class::Identity, ..r.sections[0].clone() };
            r.sections.push(identity);
        },
        |r| r.index.push(vec![0; 4097]),
    ];
    for change in changes {
        let mut wrong = honest.clone();
        let Action::Record(action) = &mut wrong.draft.action else { unreachable!() };
        change(action);
        assert!(Transaction::from_bytes(&wrong.to_bytes()).is_err());
    }
}

#[test]
fn a_transaction_beyond_the_cap_is_refused_before_it_is_decoded() {
    let chain = Chain::new(24);
    let refusal = chain.ledger.check_request(&vec![0; (1 << 20) + 1]).unwrap_err();
    assert_eq!(refusal.0, "the transaction is longer than 1 MiB");
}
