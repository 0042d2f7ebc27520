//! Proposal and verification of blocks.

use super::*;

/// A chain, and a proposed block with several outcomes that is not applied yet.
fn pending(seed: u64) -> (Chain, Block) {
    let (mut chain, record, grant) = Chain::with_grant(seed);
    let owner = chain.parties.owner.clone();
    let transactions = [
        chain.request(record, Basis::Grant(grant)),
        chain.revoke(&owner, grant),
        chain.request(record, Basis::Grant(grant)),
    ];
    let block = chain.propose(chain.time + 1_000, &transactions);
    assert_eq!(chain.verify(&block), Ok(()));
    (chain, block)
}

/// The block after a change.
fn changed(block: &Block, change: impl Fn(&mut Block)) -> Block {
    let mut changed = block.clone();
    change(&mut changed);
    changed
}

const OUTCOME: &str = "the recorded outcome of a transaction differs from its execution";
const BODY: &str = "the header's size and Merkle root do not match the entries";

#[test]
fn rejected_transactions_stay_in_the_block_with_their_rule() {
    let (mut chain, block) = pending(30);
    let outcomes: Vec<_> = block.entries.iter().map(|entry| entry.rejected_by).collect();
    assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);
    chain.apply(&block);
    let id = Transaction::from_bytes(&block.entries[2].transaction).unwrap().id();
    let (found, index) = chain.ledger.find(&id).unwrap().unwrap();
    assert_eq!(
        (found.header.height, found.entries[index].rejected_by),
        (block.header.height, Some(Rule::Revoked))
    );
    assert!(chain.ledger.state().request(&id).unwrap().is_none());
}

#[test]
fn outcomes_must_match_the_contract() {
    let (chain, block) = pending(31);
    for (entry, outcome) in [
        (0, Some(Rule::Revoked)),
        (2, None),
        (2, Some(Rule::WindowEnded)),
        (1, Some(Rule::NotOwner)),
    ] {
        let changed = changed(&block, |b| b.entries[entry].rejected_by = outcome);
        assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
        assert_eq!(chain.verify(&with_matching_header(changed)), Err(OUTCOME.to_owned()));
    }
    // In another order the outcomes differ.
    let swapped = changed(&block, |b| b.entries.swap(1, 2));
    assert_eq!(chain.verify(&with_matching_header(swapped)), Err(OUTCOME.to_owned()));
}

#[test]
fn entries_must_match_the_header() {
    let (chain, block) = pending(32);
    let error = |change: fn(&mut Block)| chain.verify(&changed(&block, change)).unwrap_err();
    assert_eq!(error(|b| drop(b.entries.pop())), BODY);
    assert_eq!(error(|b| b.entries.push(b.entries[0].clone())), BODY);
    assert_eq!(error(|b| b.header.entries_root[31] ^= 1), BODY);
    assert_eq!(error(|b| b.header.size += 1), BODY);
    assert_eq!(error(|b| b.header.state_root[0] ^= 1), STATE);
    let shorter = changed(&block, |b| drop(b.entries.pop()));
    assert!(chain.ledger.format().decode(&shorter.to_bytes()).is_err());
    let error = |change: fn(&mut Block)| {
        chain.verify(&with_matching_header(changed(&block, change))).unwrap_err()
    };
    assert_eq!(error(|b| drop(b.entries.pop())), STATE);
    let forged = error(|b| *b.entries[0].transaction.last_mut().unwrap() ^= 1);
    assert_eq!(forged, TransactionError::Signature("reader").to_string());
    assert!(
        error(|b| b.entries[0].transaction.truncate(7))
            .starts_with("the transaction does not decode")
    );
}

#[test]
fn a_header_binds_exactly_one_body() {
    let (chain, block) = pending(33);
    let format = chain.ledger.format();
    let (honest, _) = format.decode(&block.to_bytes()).unwrap();
    assert_eq!(honest, block.header.hash());
    let mut bodies = vec![changed(&block, |b| b.entries.swap(0, 2))];
    for i in 0..block.entries.len() {
        bodies.push(changed(&block, |b| drop(b.entries.remove(i))));
        bodies.push(changed(&block, |b| b.entries[i].rejected_by = Some(Rule::NotOwner)));
        bodies.push(changed(&block, |b| b.entries[i].transaction[5] ^= 1));
    }
    for body in bodies {
        let rejection = format.decode(&body.to_bytes()).unwrap_err();
        assert_eq!(rejection.0, BODY);
    }
    assert!(format.decode(b"nothing").is_err());
}

#[test]
fn a_block_names_its_height_parent_epoch_view_leader_and_a_later_time() {
    let (chain, block) = pending(34);
    let expect = |change: &dyn Fn(&mut Block), text: &str| {
        assert_eq!(chain.verify(&changed(&block, change)), Err(text.to_owned()));
    };
    expect(&|b| b.header.height += 1, "the block's height does not follow its parent's");
    expect(&|b| b.header.height -= 1, "the block's height does not follow its parent's");
    expect(&|b| b.header.previous[0] ^= 1, "the block does not extend the last block");
    expect(&|b| b.header.epoch += 1, "the block belongs to another epoch");
    expect(&|b| b.header.first_view += 1, "first_view differs from the current view");
    expect(&|b| b.header.leader ^= 1, "leader is not the current leader");
    for time in [0, chain.ledger.time() - 1, chain.ledger.time()] {
        expect(&|b| b.header.time = time, "the block is not later than its parent");
    }
}

#[test]
fn a_first_proposal_is_within_a_minute_of_the_clock_and_a_prepared_one_of_any_time() {
    let (chain, block) = pending(35);
    let leader = chain.config.leader(chain.height(), 0);
    let at = |clock| {
        let first = FirstProposal { view: 0, leader, clock };
        chain.verify_as(&block, Some(first))
    };
    let time = block.header.time;
    for clock in [time - 60_000, time - 1, time, time + 60_000] {
        assert_eq!(at(clock), Ok(()));
    }
    assert_eq!(at(time - 60_001), Err("the block's time is more than a minute ahead".to_owned()));
    assert_eq!(at(time + 60_001), Err("the block's time is more than a minute behind".to_owned()));
    assert_eq!(chain.verify_as(&block, None), Ok(()));
}

#[test]
fn the_parent_certificate_is_a_commit_certificate_of_the_parent() {
    let (chain, block) = pending(36);
    let (parent, height) = (block.header.previous, block.header.height - 1);
    let with = |certificate: Option<consensus::Certificate>| {
        let with = |b: &mut Block| b.header.parent_certificate = certificate.clone();
        chain.verify(&changed(&block, with))
    };
    let commit = |signers: &[u16]| chain.certify(Phase::Commit, height, parent, signers);
    assert_eq!(with(Some(commit(&[0, 1, 2]))), Ok(()));
    assert_eq!(with(Some(commit(&[1, 2, 3]))), Ok(()));
    assert_eq!(with(Some(commit(&[0, 1, 2, 3]))), Ok(()));
    assert_eq!(with(None), Err("the parent's certificate is missing".to_owned()));
    let not_of_the_parent = Err("the certificate does not commit the parent block".to_owned());
    let quorum = [0, 1, 2];
    for (phase, height, digest) in [
        (Phase::Prepare, height, parent),
        (Phase::Commit, height - 1, parent),
        (Phase::Commit, height + 1, parent),
        (Phase::Commit, height, [0; 32]),
    ] {
        let certificate = chain.certify(phase, height, digest, &quorum);
        assert_eq!(with(Some(certificate)), not_of_the_parent, "{phase:?} {height}");
    }
    assert!(with(Some(commit(&[0, 1]))).unwrap_err().contains("fewer than the quorum"));
    let mut relabelled = chain.certify(Phase::Prepare, height, parent, &quorum);
    relabelled.phase = Phase::Commit;
    assert!(with(Some(relabelled)).unwrap_err().contains("is not valid"));
    let mut later = commit(&quorum);
    later.view = 1;
    assert!(with(Some(later)).unwrap_err().contains("is not valid"));
    let mut duplicate = commit(&quorum);
    duplicate.signatures[1] = duplicate.signatures[0];
    assert!(with(Some(duplicate)).is_err());
    let mut stranger = commit(&quorum);
    stranger.signatures[2].0 = 77;
    assert_eq!(
        with(Some(stranger)),
        Err("replica 77 is not an authorised signer of this certificate".to_owned())
    );
}

/// A leader can send any certificate height. A replica must not overflow.
#[test]
fn a_certificate_of_the_maximum_height_does_not_overflow() {
    let (chain, block) = pending(37);
    let mut changed = block;
    let certificate = chain.certify(Phase::Commit, u64::MAX, [0; 32], &[0, 1, 2]);
    changed.header.parent_certificate = Some(certificate);
    let not_of_the_parent = Err("the certificate does not commit the parent block".to_owned());
    assert_eq!(chain.verify(&changed), not_of_the_parent);
}

#[test]
fn the_first_block_extends_the_configuration_without_a_certificate() {
    let chain = Chain::empty(38);
    let block = chain.propose(T0, &[]);
    assert_eq!(block.header.previous, chain.config.digest());
    assert_eq!(chain.verify(&block), Ok(()));
    let mut changed = block;
    let certificate = chain.certify(Phase::Commit, 1, [1; 32], &[0, 1, 2]);
    changed.header.parent_certificate = Some(certificate);
    assert!(chain.verify(&changed).is_err());
}

#[test]
fn the_merkle_path_of_each_entry_verifies_against_the_header() {
    let mut chain = Chain::new(39);
    let keys: Vec<SigningKey> = (0..13).map(|_| SigningKey::generate(&mut chain.rng)).collect();
    let centre = chain.parties.centre.clone();
    let all: Vec<Transaction> = keys
        .iter()
        .map(|key| chain.sign(register(&centre, key, Role::Doctor, FAR), &[key]))
        .collect();
    for count in [1, 2, 3, 7, 8, 13] {
        let block = chain.propose(chain.time + 1, &all[..count]);
        let root = &block.header.entries_root;
        assert_eq!(block.path(count), None);
        for (i, entry) in block.entries.iter().enumerate() {
            let path = block.path(i).unwrap();
            assert!(merkle::verify(root, count, i, &entry.leaf(), &path));
            let rejected = Entry { rejected_by: Some(Rule::Revoked), ..entry.clone() };
            assert!(!merkle::verify(root, count, i, &rejected.leaf(), &path));
            for other in (0..count).filter(|other| *other != i) {
                assert!(!merkle::verify(root, count, other, &entry.leaf(), &path));
            }
        }
    }
}

#[test]
fn a_grant_follows_the_record_of_its_owner_key_in_one_block() {
    let mut chain = Chain::new(70);
    let owner = chain.parties.owner.clone();
    let record = chain.record(&owner, [1; 32]);
    let grant = chain.grant(std::slice::from_ref(&owner), T0, FAR);
    let time = chain.time + 1_000;
    // In the other order, the owner key has no record when the turn of the grant comes.
    let reversed = [grant.clone(), record.clone()];
    let refused = Err(TransactionError::OwnerWithoutRecord.to_string());
    assert_eq!(chain.verify(&chain.force(time, &reversed)), refused);
    let proposed = chain.propose(time, &reversed);
    let transactions: Vec<_> = proposed.entries.iter().map(|entry| &entry.transaction).collect();
    assert_eq!(transactions, [&record.to_bytes()]);
    assert_eq!(chain.verify(&proposed), Ok(()));
    assert_eq!(chain.block(&[record, grant]), [None, None]);
}

#[test]
fn a_registration_and_transactions_of_the_party_may_be_in_one_block() {
    let mut chain = Chain::empty(71);
    let p = chain.parties.clone();
    let parties =
        [(&p.doctor, Role::Doctor), (&p.institution, Role::Institution), (&p.reader, Role::Doctor)];
    let mut all: Vec<Transaction> = parties
        .map(|(key, role)| chain.sign(register(&p.centre, key, role, CERTIFIED), &[key]))
        .into();
    let record = chain.record(&p.owner, [1; 32]);
    let request = chain.request(record.id(), Basis::Policy);
    all.extend([record, request]);
    assert_eq!(chain.block(&all), [None; 5]);
}

/// A ledger executes a verified block once: applied elsewhere, the block brings its state along.
#[test]
fn a_verified_block_is_not_executed_again() {
    let (chain, block) = pending(72);
    let (height, parent, config) = (chain.height(), chain.parent(), &chain.config);
    let context = VerifyContext { height, parent, config, first: None };
    let format = chain.ledger.format();
    let (digest, mut decoded) = format.decode(&block.to_bytes()).unwrap();
    let unverified = decoded.clone();
    chain.ledger.verify(&context, &mut decoded).unwrap();
    let certificate = chain.certify(Phase::Commit, height, digest, &[0, 1, 2]);
    let decision = Decision { value: block.to_bytes(), certificate };
    let applied = |decoded| {
        let mut other = Ledger::new(CHAIN, chain.parties.centre.verifying_key());
        other.apply(height, decoded, &decision);
        other.state().root()
    };
    assert_eq!(applied(decoded), block.header.state_root);
    assert_ne!(applied(unverified), block.header.state_root);
}
