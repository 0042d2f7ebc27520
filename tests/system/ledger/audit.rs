//! Audit: any change of a chain is detected at its height.

use super::*;

/// A chain of seven blocks with every kind of transaction, some of them rejected.
fn populated(seed: u64) -> Chain {
    let (mut chain, record, grant) = Chain::with_grant(seed);
    let p = chain.parties.clone();
    let request = chain.request(record, Basis::Grant(grant));
    let by_policy = chain.request(record, Basis::Policy);
    chain.block(&[request.clone(), by_policy]);
    let access = chain.access(&p.proxy, request.id());
    let again = chain.access(&p.proxy, request.id());
    chain.block(&[access, again]);
    let revoke = chain.revoke(&p.owner, grant);
    chain.block(&[revoke]);
    let late = chain.request(record, Basis::Grant(grant));
    chain.block(&[late]);
    assert_eq!(chain.ledger.height(), 7);
    chain
}

type Change = (&'static str, fn(&mut CommittedBlock));

/// Asserts that the audit rejects a chain with one changed block at its height.
fn assert_rejected(chain: &Chain, at: usize, what: &str, change: impl FnOnce(&mut CommittedBlock)) {
    let mut blocks = chain.blocks();
    change(&mut blocks[at]);
    let outcome = replay(chain, &blocks);
    let error = match outcome {
        Err(error) => error,
        Ok(_) => panic!("block {} verifies with a changed {what}", at + 1),
    };
    assert_eq!(error.height, at as u64 + 1, "{what}: {error}");
}

fn replay(chain: &Chain, blocks: &[CommittedBlock]) -> Result<Ledger, AuditError> {
    replay_as((CHAIN, chain.parties.centre.verifying_key()), blocks, &chain.config)
}

fn replay_as(
    identity: (&str, VerifyingKey),
    blocks: &[CommittedBlock],
    config: &Config,
) -> Result<Ledger, AuditError> {
    Ledger::replay(identity, blocks.iter().cloned().map(Ok), config, Arc::new(Redb::in_memory()))
}

#[test]
fn a_valid_chain_verifies_and_replays_to_the_same_state() {
    let chain = populated(40);
    let audited = chain.audit().unwrap();
    assert_eq!(audited.state().root(), chain.ledger.state().root());
    assert_eq!(audited.height(), 7);
    let replayed = replay(&chain, &chain.blocks()).unwrap();
    assert_eq!(replayed.state().root(), chain.ledger.state().root());
    // Every prefix is a valid chain.
    for height in 0..7 {
        assert!(replay(&chain, &chain.blocks()[..height]).is_ok());
    }
}

#[test]
fn a_changed_header_field_is_detected_at_its_height() {
    let chain = populated(41);
    let changes: [Change; 10] = [
        ("height", |committed| committed.block.header.height += 1),
        ("time", |committed| committed.block.header.time += 1),
        ("earlier time", |committed| committed.block.header.time -= 1),
        ("epoch", |committed| committed.block.header.epoch += 1),
        ("view", |committed| committed.block.header.first_view += 1),
        ("leader", |committed| committed.block.header.leader ^= 1),
        ("parent", |committed| committed.block.header.previous[7] ^= 1),
        ("size", |committed| committed.block.header.size ^= 1),
        ("entries root", |committed| committed.block.header.entries_root[7] ^= 1),
        ("state root", |committed| committed.block.header.state_root[7] ^= 1),
    ];
    for at in 0..7 {
        for (what, change) in changes {
            assert_rejected(&chain, at, what, change);
        }
    }
    for at in 1..7 {
        assert_rejected(&chain, at, "parent certificate", |committed| {
            committed.block.header.parent_certificate = None;
        });
        assert_rejected(&chain, at, "signature of the parent", |committed| {
            let certificate = committed.block.header.parent_certificate.as_mut().unwrap();
            let mut bytes = certificate.signatures[1].1.to_bytes();
            bytes[20] ^= 1;
            certificate.signatures[1].1 = epione::sign::Signature::from_bytes(bytes);
        });
        // A valid certificate of the parent, but not the one that the votes cover.
        let parent = &chain.blocks()[at - 1];
        let other = chain.certify(Phase::Commit, at as u64, parent.block.header.hash(), &[1, 2, 3]);
        assert_rejected(&chain, at, "other signers of the parent", |committed| {
            committed.block.header.parent_certificate = Some(other);
        });
    }
}

#[test]
fn a_changed_entry_is_detected_at_its_height() {
    let chain = populated(42);
    let mut rng = ChaCha20Rng::seed_from_u64(42);
    for at in 0..7 {
        for entry in 0..chain.blocks()[at].block.entries.len() {
            let length = chain.blocks()[at].block.entries[entry].transaction.len();
            for _ in 0..20 {
                let byte = rng.next_u32() as usize % length;
                let bit = 1 << (rng.next_u32() % 8);
                assert_rejected(&chain, at, "byte of a transaction", |committed| {
                    committed.block.entries[entry].transaction[byte] ^= bit;
                });
            }
            assert_rejected(&chain, at, "outcome", |committed| {
                let outcome = &mut committed.block.entries[entry].rejected_by;
                *outcome = if outcome.is_some() { None } else { Some(Rule::Revoked) };
            });
            assert_rejected(&chain, at, "set of entries", |committed| {
                committed.block.entries.remove(entry);
            });
            assert_rejected(&chain, at, "number of an entry", |committed| {
                committed.block.entries.insert(entry, committed.block.entries[entry].clone());
            });
        }
    }
}

#[test]
fn a_changed_commit_certificate_is_detected_at_its_height() {
    let chain = populated(43);
    let changes: [Change; 7] = [
        ("phase", |committed| committed.certificate.phase = Phase::Prepare),
        ("group", |committed| committed.certificate.group = 1),
        ("height", |committed| committed.certificate.height += 1),
        ("view", |committed| committed.certificate.view += 1),
        ("digest", |committed| committed.certificate.digest[0] ^= 1),
        ("quorum", |committed| committed.certificate.signatures.truncate(2)),
        ("signer", |committed| committed.certificate.signatures[2].0 = 3),
    ];
    for at in 0..7 {
        for (what, change) in changes {
            assert_rejected(&chain, at, what, change);
        }
    }
}

#[test]
fn omitted_swapped_and_duplicate_blocks_are_detected() {
    let chain = populated(44);
    let blocks = &chain.blocks();
    for at in 0..6 {
        let mut without = blocks.to_vec();
        without.remove(at);
        assert_eq!(replay(&chain, &without).unwrap_err().height, at as u64 + 1);
        let mut swapped = blocks.to_vec();
        swapped.swap(at, at + 1);
        assert_eq!(replay(&chain, &swapped).unwrap_err().height, at as u64 + 1);
        let mut twice = blocks.to_vec();
        twice.insert(at, blocks[at].clone());
        assert_eq!(replay(&chain, &twice).unwrap_err().height, at as u64 + 2);
    }
}

#[test]
fn a_chain_does_not_verify_under_another_centre_name_or_roster() {
    let chain = populated(45);
    let blocks = &chain.blocks();
    let stranger = chain.parties.stranger.verifying_key();
    let centre = chain.parties.centre.verifying_key();
    let refused = |identity, config| replay_as(identity, blocks, config).unwrap_err().height;
    assert_eq!(refused((CHAIN, stranger), &chain.config), 1);
    assert_eq!(refused(("other", centre), &chain.config), 1);
    assert_eq!(refused((CHAIN, centre), &Chain::empty(99).config), 1);
}

/// The audit of a ledger detects a block that was applied without verification.
#[test]
fn the_audit_detects_a_block_without_a_commit_quorum() {
    let mut chain = populated(46);
    let block = chain.propose(chain.time + 1_000, &[]);
    let (digest, decoded) = chain.ledger.format().decode(&block.to_bytes()).unwrap();
    let too_few = chain.certify(Phase::Commit, 8, digest, &[0, 1]);
    let decision = Decision { value: block.to_bytes(), certificate: too_few };
    chain.ledger.apply(8, decoded, &decision);
    let error = chain.audit().unwrap_err();
    assert_eq!(error.height, 8);
    assert_eq!(
        error.to_string(),
        "block 8 does not verify: 2 signatures are fewer than the quorum of 3"
    );
}

#[test]
fn the_audit_detects_an_inadmissible_transaction_and_a_block_above_the_capacity() {
    let mut chain = populated(47);
    let owners = [chain.parties.other_owner.clone()];
    let grant = chain.grant(&owners, T0, FAR);
    let block = chain.force(chain.time + 1_000, &[grant]);
    chain.apply(&block);
    let error = chain.audit().unwrap_err();
    assert_eq!((error.height, error.reason), (8, TransactionError::OwnerWithoutRecord.to_string()));

    let block = |capacity| {
        let mut chain = Chain::with_capacity(48, capacity);
        let centre = chain.parties.centre.clone();
        let keys = [(); 2].map(|()| SigningKey::generate(&mut chain.rng));
        let all = keys.map(|key| chain.sign(register(&centre, &key, Role::Doctor, FAR), &[&key]));
        let lengths = all.iter().map(|transaction| transaction.to_bytes().len() as u32);
        let (longest, total) = (lengths.clone().max().unwrap(), lengths.sum());
        let block = chain.propose(T0, &all);
        chain.apply(&block);
        (longest, total, chain.audit().map(drop).map_err(|e| e.reason))
    };
    // Two registrations with two signatures each.
    let (request_bytes, bytes, _) = block(Capacity::default());
    let exact = Capacity { request_bytes, bytes, requests: 2, cost: 4 };
    assert_eq!(block(exact).2, Ok(()));
    let refused = Err("the block exceeds the capacity of the configuration".to_owned());
    assert_eq!(block(Capacity { cost: 3, ..exact }).2, refused);
    assert_eq!(block(Capacity { requests: 1, ..exact }).2, refused);
    assert_eq!(block(Capacity { bytes: bytes - 1, ..exact }).2, refused);
    assert_eq!(block(Capacity { request_bytes: request_bytes - 1, ..exact }).2, refused);
}

#[test]
fn the_audit_verifies_the_signatures_of_transactions() {
    let mut chain = populated(49);
    let record = chain.ledger.state().records().next().unwrap().unwrap().0;
    let mut forged = chain.request(record, Basis::Policy);
    forged.signatures[0] = Signature::from_bytes([0; 64]);
    let block = chain.propose(chain.time + 1_000, &[forged]);
    chain.apply(&block);
    let error = chain.audit().unwrap_err();
    assert_eq!(
        (error.height, error.reason),
        (8, TransactionError::Signature("reader").to_string())
    );
}
