//! Admission of transactions: signatures, chain, certificate, encoding.

use super::*;

/// Submits a transaction. One that is rejected must not be proposed either.
fn submit(chain: &Chain, transaction: &Transaction) -> Result<(), String> {
    let block = chain.propose(chain.time + 1, std::slice::from_ref(transaction));
    let outcome = chain.ledger.check_request(&transaction.to_bytes()).map_err(|r| r.0);
    if outcome.is_err() {
        assert!(block.entries.is_empty(), "a rejected transaction is not proposed");
    }
    outcome
}

fn missing_signature(party: &'static str) -> Result<(), String> {
    Err(TransactionError::Signature(party).to_string())
}

#[test]
fn a_transaction_carries_exactly_the_signatures_of_its_parties_in_order() {
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
        assert_eq!(submit(&chain, honest), Ok(()));
        let foreign = honest.draft.sign(&p.centre);
        for (i, party) in parties.iter().enumerate() {
            let submit_changed = |change: &dyn Fn(&mut Transaction)| {
                let mut changed = honest.clone();
                change(&mut changed);
                submit(&chain, &changed)
            };
            // A signature by another key, with a flipped bit, of another draft, or missing.
            let missing = missing_signature(party);
            assert_eq!(submit_changed(&|t| t.signatures[i] = foreign), missing);
            for bit in [0, 255, 256, 511] {
                let mut bytes = honest.signatures[i].to_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let flipped = epione::sign::Signature::from_bytes(bytes);
                assert_eq!(submit_changed(&|t| t.signatures[i] = flipped), missing, "bit {bit}");
            }
            let other_draft = submit_changed(&|t| t.draft.nonce[0] ^= 1);
            assert_eq!(other_draft, missing_signature(parties[0]));
            assert_eq!(submit_changed(&|t| t.signatures.truncate(i)), missing);
        }
        let surplus = Err(TransactionError::SurplusSignature.to_string());
        let mut extra = honest.clone();
        extra.signatures.push(foreign);
        assert_eq!(submit(&chain, &extra), surplus);
        extra.signatures.push(honest.signatures[0]);
        assert_eq!(submit(&chain, &extra), surplus);
    }
    // The signatures of two parties, exchanged.
    let mut swapped = all[1].clone();
    swapped.signatures.swap(0, 1);
    assert_eq!(submit(&chain, &swapped), missing_signature("author"));
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
        assert_eq!(submit(&chain, &transaction), Err(TransactionError::Chain.to_string()));
        // The chain is replaced, but the signature covers the other name.
        let mut moved = transaction;
        moved.draft.chain = CHAIN.to_owned();
        assert_eq!(submit(&chain, &moved), missing_signature("subject"));
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
        assert_eq!(submit(&chain, &transaction), Err(certificate));
    }
}

#[test]
fn malformed_grants_and_records_do_not_decode() {
    let (mut chain, _, _) = Chain::with_grant(23);
    let p = chain.parties.clone();
    let honest = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
    let changes: [fn(&mut GrantAction); 8] = [
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
    let chain = Chain::new(24);
    let rejection = chain.ledger.check_request(&vec![0; (1 << 20) + 1]).unwrap_err();
    assert_eq!(rejection.0, "the transaction is longer than 1 MiB");
}
