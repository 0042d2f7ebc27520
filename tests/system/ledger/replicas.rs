//! The ledger behind replicas: the order of the checks, the capacity, honest leaders.

use super::*;
use epione::consensus::{
    CertificateError, Effect, Input, MessageError, NewViewProof, Prepared, SignedViewChange,
    ViewChange,
};

/// Submits a request to a replica as a client. Returns the reason of a rejection.
fn submit(replica: &mut Replica<Ledger>, transaction: &Transaction) -> Option<String> {
    let effects = replica.step(0, Input::Request(transaction.to_bytes()));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Reject { reason, .. } => Some(reason.0),
        _ => None,
    })
}

/// Sends a leader's proposal to another member. Returns the error for which it is discarded, or
/// `None` if the member votes for it.
fn propose(chain: &Chain, block: &Block) -> Option<MessageError> {
    propose_at(chain, block, block.header.time)
}

fn propose_at(chain: &Chain, block: &Block, clock: Time) -> Option<MessageError> {
    let (height, leader) = (chain.height(), chain.config.leader(chain.height(), 0));
    let mut voter = chain.replica((leader + 1) % 4);
    let body = Body::PrePrepare { height, value: block.to_bytes() };
    let key = &chain.keys[usize::from(leader)];
    let message = Message::sign(&chain.config, leader, key, body);
    let effects = voter.step(clock, Input::Message { peer: leader, message });
    let votes = votes(&effects);
    let error = effects.into_iter().find_map(|effect| match effect {
        Effect::Discard { error, .. } => Some(error),
        _ => None,
    });
    assert_ne!(votes, error.is_some(), "a member votes or discards");
    error
}

fn votes(effects: &[Effect]) -> bool {
    effects.iter().any(
        |effect| matches!(effect, Effect::Send { message, .. } if message.body.name() == "prepare"),
    )
}

fn registrations(chain: &mut Chain, count: usize) -> Vec<Transaction> {
    let centre = chain.parties.centre.clone();
    let keys: Vec<_> = (0..count).map(|_| SigningKey::generate(&mut chain.rng)).collect();
    let signed = |key| chain.sign(register(&centre, key, Role::Doctor, FAR), &[key]);
    keys.iter().map(signed).collect()
}

#[test]
fn a_replica_rejects_an_unknown_payer_and_then_a_false_signature() {
    let (mut chain, record) = Chain::with_record(80);
    let mut replica = chain.replica(1);
    let invented: Vec<_> = (0..64).map(|_| SigningKey::generate(&mut chain.rng)).collect();
    let mut grant = chain.grant(&invented, T0, FAR);
    let refused = Some(TransactionError::OwnerWithoutRecord.to_string());
    assert_eq!(submit(&mut replica, &grant), refused);
    grant.signatures = vec![Signature::from_bytes([0; 64]); 64];
    assert_eq!(submit(&mut replica, &grant), refused);
    let mut request = chain.request(record, Basis::Policy);
    request.signatures = grant.signatures[..1].to_vec();
    let forged = TransactionError::Signature("reader").to_string();
    assert_eq!(submit(&mut replica, &request), Some(forged));
    let request = chain.request(record, Basis::Policy);
    assert_eq!(submit(&mut replica, &request), None);
}

#[test]
fn members_vote_for_no_block_with_an_unknown_payer() {
    let (mut chain, record) = Chain::with_record(81);
    let invented: Vec<_> = (0..64).map(|_| SigningKey::generate(&mut chain.rng)).collect();
    let grant = chain.grant(&invented, T0, FAR);
    let request = chain.request(record, Basis::Policy);
    let time = chain.time + 1_000;
    assert_eq!(propose(&chain, &chain.force(time, std::slice::from_ref(&request))), None);
    let reason = consensus::Rejection::new(TransactionError::OwnerWithoutRecord.to_string());
    let block = chain.force(time, &[request, grant]);
    assert_eq!(propose(&chain, &block), Some(MessageError::Rejected(reason)));
}

#[test]
fn members_vote_for_no_block_with_a_forged_certificate_of_the_parent() {
    let (chain, _) = Chain::with_record(86);
    let block = chain.propose(chain.time + 1_000, &[]);
    assert_eq!(propose(&chain, &block), None);
    let refused = |change: fn(&mut consensus::Certificate)| {
        let mut forged = block.clone();
        change(forged.header.parent_certificate.as_mut().unwrap());
        match propose(&chain, &forged) {
            Some(MessageError::Certificate(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let signer = refused(|c| c.signatures[1].1 = c.signatures[0].1);
    assert_eq!(signer, CertificateError::Signature(1));
    let below = refused(|c| c.signatures.truncate(2));
    assert_eq!(below, CertificateError::BelowQuorum { found: 2, quorum: 3 });
}

#[test]
fn members_vote_for_no_block_above_the_capacity() {
    // Each registration costs two signatures.
    let lengths = registrations(&mut Chain::empty(82), 2).into_iter().map(|t| t.to_bytes().len());
    let bytes = lengths.sum::<usize>() as u32;
    let exact = Capacity { request_bytes: bytes, bytes, requests: 2, cost: 4 };
    let above = [
        Capacity { cost: 3, ..exact },
        Capacity { requests: 1, ..exact },
        Capacity { request_bytes: bytes - 1, bytes: bytes - 1, ..exact },
    ];
    let outcome = |capacity| {
        let mut chain = Chain::with_capacity(82, capacity);
        let transactions = registrations(&mut chain, 2);
        propose(&chain, &chain.propose(T0, &transactions))
    };
    assert_eq!(outcome(exact), None);
    for capacity in above {
        assert_eq!(outcome(capacity), Some(MessageError::Capacity), "{capacity:?}");
    }
}

/// indy: a value of an earlier view was compared with the clock again when it was proposed again,
/// so that no view ended after its time.
#[test]
fn indy_the_time_of_a_prepared_block_is_compared_once() {
    let mut chain = Chain::empty(87);
    let transactions = registrations(&mut chain, 1);
    let block = chain.propose(T0, &transactions);
    let (hash, value, late) = (block.header.hash(), block.to_bytes(), T0 + 3_600_000);
    assert!(propose_at(&chain, &block, late).is_some(), "a first proposal is an hour old");
    let sign = |id: u16, body| Message::sign(&chain.config, id, &chain.keys[usize::from(id)], body);
    let certificate = chain.certify(Phase::Prepare, 1, hash, &[0, 1, 2]);
    let prepared = Some(Prepared { view: 0, digest: hash });
    let changes = [0, 1, 2].map(|from| {
        let change = ViewChange { height: 1, view: 1, prepared };
        let body = Body::ViewChange { change, certificate: Some(certificate.clone()) };
        SignedViewChange { from, signature: sign(from, body).signature, change }
    });
    let proof = NewViewProof { changes: changes.to_vec(), certificate: Some(certificate.clone()) };
    let leader = chain.config.leader(1, 1);
    let new_view = sign(leader, Body::NewView { height: 1, view: 1, proof, value });
    let mut voter = chain.replica((leader + 1) % 4);
    let effects = voter.step(late, Input::Message { peer: leader, message: new_view });
    assert!(votes(&effects), "{effects:?}");
}

#[cfg(feature = "sim")]
mod simulated {
    use super::*;
    use epione::sim::Network;

    /// Four simulated replicas with the registered parties of [`Chain::new`].
    fn network(chain: &mut Chain, capacity: Capacity) -> Network<Ledger> {
        let parameters = Parameters { capacity, ..Parameters::new(CHAIN) };
        let centre = chain.parties.centre.verifying_key();
        let ledger = || Ledger::new(CHAIN, centre);
        let mut network = Network::generate(parameters, 4, 1, ledger);
        let p = chain.parties.clone();
        for (key, role) in [(&p.doctor, Role::Doctor), (&p.institution, Role::Institution)] {
            let register = chain.sign(register(&p.centre, key, role, CERTIFIED), &[key]);
            network.commit(0, register.to_bytes()).unwrap();
        }
        network
    }

    /// The blocks above a height at one of the replicas.
    fn blocks_after(network: &Network<Ledger>, height: u64) -> Vec<Block> {
        let blocks = network.application(0).blocks().skip(height as usize);
        blocks.map(|committed| committed.unwrap().block).collect()
    }

    /// Submits transactions to the leader, who proposes the first at once and the others in the
    /// next blocks. Returns the outcomes in the last block.
    fn commit_all(
        network: &mut Network<Ledger>,
        transactions: &[Transaction],
    ) -> Vec<Option<Rule>> {
        let leader = network.leader();
        let ids: Vec<_> =
            transactions.iter().map(|t| network.submit(leader, t.to_bytes())).collect();
        while !ids.iter().all(|id| network.has_applied_everywhere(id)) {
            assert!(network.step());
        }
        assert_eq!((network.violation(), network.discarded()), (None, &[][..]));
        let last = network.application(0).blocks().next_back().unwrap().unwrap();
        assert_eq!(last.block.header.first_view, 0);
        last.block.entries.iter().map(|entry| entry.rejected_by).collect()
    }

    #[test]
    fn an_honest_leader_proposes_a_withdrawal_and_a_transaction_of_the_withdrawn_party() {
        let mut chain = Chain::empty(83);
        let p = chain.parties.clone();
        let mut network = network(&mut chain, Capacity::default());
        let state = network.application(0).state();
        let subject = state.party(&p.doctor.verifying_key()).unwrap().unwrap().clone();
        let withdraw = chain.withdraw(&p.centre, &subject);
        let record = chain.record(&p.owner, [1; 32]);
        let first = registrations(&mut chain, 1);
        let outcomes = commit_all(&mut network, &[&first[..], &[withdraw, record]].concat());
        assert_eq!(outcomes, [None, Some(Rule::CertificateWithdrawn)]);
    }

    #[test]
    fn a_leader_proposes_blocks_within_the_capacity() {
        let mut chain = Chain::empty(84);
        let capacity = Capacity { cost: 5, ..Capacity::default() };
        let mut network = network(&mut chain, capacity);
        let height = network.application(0).height();
        let registrations = registrations(&mut chain, 6);
        commit_all(&mut network, &registrations);
        let entries: Vec<usize> =
            blocks_after(&network, height).iter().map(|of| of.entries.len()).collect();
        // Three registrations cost six signatures.
        assert_eq!(entries, [1, 2, 2, 1]);
        let into = Arc::new(Redb::in_memory());
        assert!(network.application(0).audit(network.config(), into).is_ok());
    }

    /// Its last admissible block time has passed when the leader's turn comes.
    #[test]
    fn a_transaction_that_expires_in_the_pool_is_rejected_without_a_view_change() {
        let mut chain = Chain::empty(85);
        let p = chain.parties.clone();
        let mut network = network(&mut chain, Capacity::default());
        let height = network.application(0).height();
        let until = network.application(0).time() + 500;
        network.advance(1_000);
        let record = Action::Record(record_action(&p, &p.owner, [1; 32]));
        let draft = Draft::new(Validity { chain: CHAIN, until }, record, &mut chain.rng);
        let record = draft.signed_by(&[&p.doctor, &p.institution, &p.owner]);
        let outcome = network.commit(0, record.to_bytes()).unwrap_err().to_string();
        assert!(outcome.contains(&TransactionError::Expired.to_string()), "{outcome}");
        let registration = &registrations(&mut chain, 1)[0];
        assert_eq!(network.commit(0, registration.to_bytes()).unwrap().view, 0);
        let blocks = blocks_after(&network, height);
        let entries: Vec<usize> = blocks.iter().map(|of| of.entries.len()).collect();
        assert_eq!(entries, [0, 1]);
        assert!(blocks.iter().all(|of| of.header.first_view == 0));
    }
}
