use super::*;

/// A chain with a block of several outcomes that is proposed and not yet applied.
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

/// The block with the size and root of its entries.
fn resealed(mut block: Block) -> Block {
    let leaves: Vec<Digest> = block.entries.iter().map(Entry::leaf).collect();
    let size: usize = block.entries.iter().map(|e| e.transaction.len() + 5).sum();
    block.header.size = size as u32;
    block.header.entries_root = merkle::root(&leaves);
    block
}

const OUTCOME: &str = "an outcome is not what the contract says";
const BODY: &str = "the header's size and root are not those of the body";
const STATE: &str = "the state root is another";

#[test]
fn refused_transactions_stay_with_their_rule() {
    let (mut chain, block) = pending(30);
    let outcomes: Vec<_> = block.entries.iter().map(|entry| entry.rejected_by).collect();
    assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);
    chain.apply(&block);
    let id = Transaction::from_bytes(&block.entries[2].transaction).unwrap().id();
    let (found, entry) = chain.ledger.find(&id).unwrap();
    assert_eq!(
        (found.header.height, entry.rejected_by),
        (block.header.height, Some(Rule::Revoked))
    );
    assert!(chain.ledger.state().request(&id).is_none());
}

#[test]
fn an_outcome_is_what_the_contract_says() {
    let (chain, block) = pending(31);
    for (entry, outcome) in [
        (0, Some(Rule::Revoked)),
        (2, None),
        (2, Some(Rule::WindowEnded)),
        (1, Some(Rule::NotOwner)),
    ] {
        let mut changed = block.clone();
        changed.entries[entry].rejected_by = outcome;
        assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
        assert_eq!(chain.verify(&resealed(changed)), Err(OUTCOME.to_owned()));
    }
    // In another order the outcomes are others.
    let mut changed = block.clone();
    changed.entries.swap(1, 2);
    assert_eq!(chain.verify(&resealed(changed)), Err(OUTCOME.to_owned()));
}

#[test]
fn entries_are_exactly_those_under_the_header() {
    let (chain, block) = pending(32);
    let mut changed = block.clone();
    changed.entries.pop();
    assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
    assert!(chain.ledger.digest(&changed.to_bytes()).is_err());
    let mut changed = block.clone();
    changed.entries.push(block.entries[0].clone());
    assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
    let mut changed = block.clone();
    changed.header.entries_root[31] ^= 1;
    assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
    let mut changed = block.clone();
    changed.header.size += 1;
    assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
    // Dropped and sealed anew, the state is another.
    let mut changed = block.clone();
    changed.entries.pop();
    assert_eq!(chain.verify(&resealed(changed)), Err(STATE.to_owned()));
    let mut changed = block.clone();
    changed.header.state_root[0] ^= 1;
    assert_eq!(chain.verify(&changed), Err(STATE.to_owned()));
    // A transaction that nobody signed.
    let mut changed = block.clone();
    let last = changed.entries[0].transaction.len() - 1;
    changed.entries[0].transaction[last] ^= 1;
    let forged = TransactionError::Signature("reader").to_string();
    assert_eq!(chain.verify(&resealed(changed)), Err(forged));
    let mut changed = block;
    changed.entries[0].transaction.truncate(7);
    assert!(chain.verify(&resealed(changed)).unwrap_err().starts_with("not a transaction"));
}

#[test]
fn one_header_has_one_body() {
    let (chain, block) = pending(33);
    let honest = chain.ledger.digest(&block.to_bytes()).unwrap();
    assert_eq!(honest, block.header.hash());
    let mut bodies: Vec<Block> = Vec::new();
    for i in 0..block.entries.len() {
        let mut other = block.clone();
        other.entries.remove(i);
        bodies.push(other);
        let mut other = block.clone();
        other.entries[i].rejected_by = Some(Rule::NotOwner);
        bodies.push(other);
        let mut other = block.clone();
        other.entries[i].transaction[5] ^= 1;
        bodies.push(other);
    }
    let mut other = block.clone();
    other.entries.swap(0, 2);
    bodies.push(other);
    for body in bodies {
        let refusal = chain.ledger.digest(&body.to_bytes()).unwrap_err();
        assert_eq!(refusal.0, BODY);
    }
    assert!(chain.ledger.digest(b"nothing").is_err());
}

#[test]
fn a_block_has_its_place_and_time() {
    let (chain, block) = pending(34);
    let expect = |change: &dyn Fn(&mut Block), text: &str| {
        let mut changed = block.clone();
        change(&mut changed);
        assert_eq!(chain.verify(&changed), Err(text.to_owned()));
    };
    expect(&|b| b.header.height += 1, "the block has another height");
    expect(&|b| b.header.height -= 1, "the block has another height");
    expect(&|b| b.header.previous[0] ^= 1, "the block has another parent");
    expect(&|b| b.header.epoch += 1, "the block is of another epoch");
    expect(&|b| b.header.first_view += 1, "the block names another view");
    expect(&|b| b.header.leader ^= 1, "the block names another leader");
    for time in [0, chain.ledger.time() - 1, chain.ledger.time()] {
        expect(&|b| b.header.time = time, "the block is not later than its parent");
    }
}

#[test]
fn a_first_proposal_is_of_about_now_and_a_prepared_one_of_its_time() {
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
    assert_eq!(at(time - 60_001), Err("the block's time is too far ahead".to_owned()));
    assert_eq!(at(time + 60_001), Err("the block's time is too far behind".to_owned()));
    assert_eq!(chain.verify_as(&block, None), Ok(()));
}

#[test]
fn the_parents_certificate_is_a_quorums_for_exactly_the_parent() {
    let (chain, block) = pending(36);
    let (parent, height) = (block.header.previous, block.header.height - 1);
    let with = |certificate: Option<consensus::Certificate>| {
        let mut changed = block.clone();
        changed.header.parent_certificate = certificate;
        chain.verify(&changed)
    };
    let commit = |signers: &[u16]| chain.certify(Phase::Commit, height, parent, signers);
    assert_eq!(with(Some(commit(&[0, 1, 2]))), Ok(()));
    assert_eq!(with(Some(commit(&[1, 2, 3]))), Ok(()));
    assert_eq!(with(Some(commit(&[0, 1, 2, 3]))), Ok(()));
    assert_eq!(with(None), Err("the parent's certificate is missing".to_owned()));
    let not_the_parents = Err("the certificate is not the parent's".to_owned());
    let quorum = [0, 1, 2];
    assert_eq!(with(Some(chain.certify(Phase::Prepare, height, parent, &quorum))), not_the_parents);
    assert_eq!(
        with(Some(chain.certify(Phase::Commit, height - 1, parent, &quorum))),
        not_the_parents
    );
    assert_eq!(
        with(Some(chain.certify(Phase::Commit, height + 1, parent, &quorum))),
        not_the_parents
    );
    assert_eq!(with(Some(chain.certify(Phase::Commit, height, [0; 32], &quorum))), not_the_parents);
    assert!(with(Some(commit(&[0, 1]))).unwrap_err().contains("fewer than the quorum"));
    let mut relabelled = chain.certify(Phase::Prepare, height, parent, &quorum);
    relabelled.phase = Phase::Commit;
    assert!(with(Some(relabelled)).unwrap_err().contains("is not valid"));
    let mut later = commit(&quorum);
    later.view = 1;
    assert!(with(Some(later)).unwrap_err().contains("is not valid"));
    let mut twice = commit(&quorum);
    twice.signatures[1] = twice.signatures[0];
    assert!(with(Some(twice)).is_err());
    let mut stranger = commit(&quorum);
    stranger.signatures[2].0 = 77;
    assert_eq!(
        with(Some(stranger)),
        Err("replica 77 is not an authorised signer of this certificate".to_owned())
    );
}

/// A leader may send any number as the certificate's height; a replica must not fall over it.
#[test]
fn a_certificate_of_the_last_height_there_is_does_not_overflow() {
    let (chain, block) = pending(37);
    let mut changed = block;
    let certificate = changed.header.parent_certificate.as_mut().unwrap();
    certificate.height = u64::MAX;
    let not_the_parents = Err("the certificate is not the parent's".to_owned());
    assert_eq!(chain.verify(&changed), not_the_parents);
}

#[test]
fn the_first_block_needs_no_certificate_and_stands_on_the_configuration() {
    let chain = Chain::empty(38);
    let block = chain.propose(T0, &[]);
    assert_eq!(block.header.previous, chain.config.digest());
    assert_eq!(chain.verify(&block), Ok(()));
    let mut changed = block;
    let unfit = chain.certify(Phase::Commit, 1, [1; 32], &[0, 1, 2]);
    changed.header.parent_certificate = Some(unfit);
    assert!(chain.verify(&changed).is_err());
}

#[test]
fn the_merkle_path_of_each_transaction_leads_to_the_header() {
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
            let refused = Entry { rejected_by: Some(Rule::Revoked), ..entry.clone() };
            assert!(!merkle::verify(root, count, i, &refused.leaf(), &path));
            for other in (0..count).filter(|other| *other != i) {
                assert!(!merkle::verify(root, count, other, &entry.leaf(), &path));
            }
        }
    }
}
