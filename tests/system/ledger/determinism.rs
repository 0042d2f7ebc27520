//! Determinism of the contract and of the state root.

use super::*;

#[test]
fn equal_transactions_give_equal_state_roots_on_two_ledgers() {
    let (mut one, record, grant) = Chain::with_grant(50);
    let mut other = Ledger::new(CHAIN, one.parties.centre.verifying_key());
    let p = one.parties.clone();
    let requests = [0; 5].map(|_| one.request(record, Basis::Grant(grant)));
    let access = one.access(&p.proxy, requests[0].id());
    one.block(&requests);
    one.block(&[access]);
    let mut roots = BTreeSet::new();
    for (height, committed) in (1..).zip(one.blocks()) {
        let CommittedBlock { block, certificate } = committed;
        let (_, decoded) = other.format().decode(&block.to_bytes()).unwrap();
        other.apply(height, decoded, &Decision { value: block.to_bytes(), certificate });
        assert_eq!(other.state().root(), block.header.state_root);
        assert!(roots.insert(block.header.state_root), "every block changed the state");
    }
    assert_eq!(other.state().root(), one.ledger.state().root());
    assert!(other.state().records().eq(one.ledger.state().records()));
    assert!(other.state().requests().eq(one.ledger.state().requests()));
}

#[test]
fn different_states_have_different_roots() {
    let roots: BTreeSet<Digest> = [
        Chain::empty(51).ledger.state().root(),
        Chain::empty(52).ledger.state().root(),
        Chain::new(51).ledger.state().root(),
        Chain::with_record(51).0.ledger.state().root(),
        Chain::with_grant(51).0.ledger.state().root(),
    ]
    .into();
    assert_eq!(roots.len(), 5);
}

#[test]
fn proposing_and_verifying_do_not_change_the_state() {
    let (mut chain, record, grant) = Chain::with_grant(53);
    let request = chain.request(record, Basis::Grant(grant));
    let root = chain.ledger.state().root();
    let block = chain.propose(chain.time + 1, &[request]);
    assert_eq!(chain.verify(&block), Ok(()));
    assert_eq!(chain.ledger.state().root(), root);
    assert_ne!(block.header.state_root, root);
}
