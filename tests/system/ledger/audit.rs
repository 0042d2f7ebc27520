use super::*;

/// A chain of seven blocks with every kind of transaction and some refusals.
fn real(seed: u64) -> Chain {
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

type Link = (Block, consensus::Certificate);
type Change = (&'static str, fn(&mut Link));

/// Whether a chain with this one link changed is refused at its height.
fn expect_refused(chain: &Chain, at: usize, what: &str, change: impl FnOnce(&mut Link)) {
    let mut links = chain.ledger.blocks().to_vec();
    change(&mut links[at]);
    let outcome = replay(chain, &links);
    let error = match outcome {
        Err(error) => error,
        Ok(_) => panic!("block {} passes with another {what}", at + 1),
    };
    assert_eq!(error.height, at as u64 + 1, "{what}: {error}");
}

fn replay(chain: &Chain, links: &[Link]) -> Result<Ledger, epione::ledger::AuditError> {
    let centre = chain.parties.centre.verifying_key();
    Ledger::replay(CHAIN, centre, links, &chain.config)
}

#[test]
fn a_real_chain_passes_and_gives_the_same_state() {
    let chain = real(40);
    let audited = chain.ledger.audit(&chain.config).unwrap();
    assert_eq!(audited.state().root(), chain.ledger.state().root());
    assert_eq!(audited.height(), 7);
    let replayed = replay(&chain, chain.ledger.blocks()).unwrap();
    assert_eq!(replayed.state().root(), chain.ledger.state().root());
    // Every prefix is a chain of its own.
    for height in 0..7 {
        assert!(replay(&chain, &chain.ledger.blocks()[..height]).is_ok());
    }
}

#[test]
fn any_changed_field_of_any_header_is_found_at_its_height() {
    let chain = real(41);
    let changes: [Change; 10] = [
        ("height", |(b, _)| b.header.height += 1),
        ("time", |(b, _)| b.header.time += 1),
        ("earlier time", |(b, _)| b.header.time -= 1),
        ("epoch", |(b, _)| b.header.epoch += 1),
        ("view", |(b, _)| b.header.first_view += 1),
        ("leader", |(b, _)| b.header.leader ^= 1),
        ("parent", |(b, _)| b.header.previous[7] ^= 1),
        ("size", |(b, _)| b.header.size ^= 1),
        ("entries root", |(b, _)| b.header.entries_root[7] ^= 1),
        ("state root", |(b, _)| b.header.state_root[7] ^= 1),
    ];
    for at in 0..7 {
        for (what, change) in changes {
            expect_refused(&chain, at, what, change);
        }
    }
    for at in 1..7 {
        expect_refused(&chain, at, "parent certificate", |(b, _)| {
            b.header.parent_certificate = None;
        });
        expect_refused(&chain, at, "signature of the parent", |(b, _)| {
            let certificate = b.header.parent_certificate.as_mut().unwrap();
            let mut bytes = certificate.signatures[1].1.to_bytes();
            bytes[20] ^= 1;
            certificate.signatures[1].1 = epione::sign::Signature::from_bytes(bytes);
        });
        // Valid, and not what was voted on.
        let parent = &chain.ledger.blocks()[at - 1];
        let other = chain.certify(Phase::Commit, at as u64, parent.0.header.hash(), &[1, 2, 3]);
        expect_refused(&chain, at, "other signers of the parent", |(b, _)| {
            b.header.parent_certificate = Some(other);
        });
    }
}

#[test]
fn any_changed_entry_of_any_block_is_found_at_its_height() {
    let chain = real(42);
    let mut rng = ChaCha20Rng::seed_from_u64(42);
    for at in 0..7 {
        for entry in 0..chain.ledger.blocks()[at].0.entries.len() {
            let length = chain.ledger.blocks()[at].0.entries[entry].transaction.len();
            for _ in 0..20 {
                let byte = rng.next_u32() as usize % length;
                let bit = 1 << (rng.next_u32() % 8);
                expect_refused(&chain, at, "byte of a transaction", |(b, _)| {
                    b.entries[entry].transaction[byte] ^= bit;
                });
            }
            expect_refused(&chain, at, "outcome", |(b, _)| {
                let refused = &mut b.entries[entry].rejected_by;
                *refused = if refused.is_some() { None } else { Some(Rule::Revoked) };
            });
            expect_refused(&chain, at, "set of entries", |(b, _)| {
                b.entries.remove(entry);
            });
            expect_refused(&chain, at, "number of an entry", |(b, _)| {
                b.entries.insert(entry, b.entries[entry].clone());
            });
        }
    }
}

#[test]
fn any_changed_commit_certificate_is_found_at_its_height() {
    let chain = real(43);
    let changes: [Change; 7] = [
        ("phase", |(_, c)| c.phase = Phase::Prepare),
        ("group", |(_, c)| c.group = 1),
        ("height", |(_, c)| c.height += 1),
        ("view", |(_, c)| c.view += 1),
        ("digest", |(_, c)| c.digest[0] ^= 1),
        ("quorum", |(_, c)| c.signatures.truncate(2)),
        ("signer", |(_, c)| c.signatures[2].0 = 3),
    ];
    for at in 0..7 {
        for (what, change) in changes {
            expect_refused(&chain, at, what, change);
        }
    }
}

#[test]
fn blocks_left_out_moved_or_repeated_are_found() {
    let chain = real(44);
    let links = chain.ledger.blocks();
    for at in 0..6 {
        let mut without = links.to_vec();
        without.remove(at);
        assert_eq!(replay(&chain, &without).unwrap_err().height, at as u64 + 1);
        let mut swapped = links.to_vec();
        swapped.swap(at, at + 1);
        assert_eq!(replay(&chain, &swapped).unwrap_err().height, at as u64 + 1);
        let mut twice = links.to_vec();
        twice.insert(at, links[at].clone());
        assert_eq!(replay(&chain, &twice).unwrap_err().height, at as u64 + 2);
    }
}

#[test]
fn another_centre_chain_or_roster_does_not_verify_it() {
    let chain = real(45);
    let links = chain.ledger.blocks();
    let stranger = chain.parties.stranger.verifying_key();
    let centre = chain.parties.centre.verifying_key();
    assert_eq!(Ledger::replay(CHAIN, stranger, links, &chain.config).unwrap_err().height, 1);
    assert_eq!(Ledger::replay("other", centre, links, &chain.config).unwrap_err().height, 1);
    let other = Chain::empty(99);
    assert_eq!(Ledger::replay(CHAIN, centre, links, &other.config).unwrap_err().height, 1);
}

/// What was applied without verification is found by the audit of the ledger itself.
#[test]
fn a_replica_that_applied_what_nobody_certified_is_found_out() {
    let mut chain = real(46);
    let block = chain.propose(chain.time + 1_000, &[]);
    let digest = block.header.hash();
    let too_few = chain.certify(Phase::Commit, 8, digest, &[0, 1]);
    chain.ledger.apply(8, &block.to_bytes(), &too_few);
    let error = chain.ledger.audit(&chain.config).unwrap_err();
    assert_eq!(error.height, 8);
    assert_eq!(
        error.to_string(),
        "block 8 does not verify: 2 signatures are fewer than the quorum of 3"
    );
}
