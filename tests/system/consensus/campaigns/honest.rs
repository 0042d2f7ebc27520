//! Runs without Byzantine members: liveness, message counts, determinism.

use super::{campaign, corrupt, lossy, network, run, seeds};
use epione::consensus::Profile;
use epione::sim::{Behaviour, Latency, Link, Signatures, Stabilisation, Transport};

#[test]
fn flat_is_live_and_safe_without_faults() {
    campaign(Profile::Flat, 4, 30, &[Behaviour::Honest], &Link::default());
    campaign(Profile::Flat, 6, 10, &[Behaviour::Honest], &Link::default());
    campaign(Profile::Flat, 7, 10, &[Behaviour::Honest], &lossy());
}

#[test]
fn member_quorum_is_live_and_safe_without_faults() {
    campaign(Profile::MemberQuorum, 16, 10, &[Behaviour::Honest], &Link::default());
    campaign(Profile::MemberQuorum, 18, 4, &[Behaviour::Honest], &lossy());
}

/// With equal delays every vote is sent. Statuses and late votes are not part of the formulas.
#[test]
fn message_counts_match_the_documentation() {
    let whole = seeds(1).end > 1;
    let flat: Vec<u64> =
        if whole { (4..=400).step_by(33).collect() } else { vec![4, 5, 7, 16, 64] };
    let tree: Vec<u64> = if whole { (16..=400).collect() } else { vec![16, 17, 20, 32, 100, 400] };
    for n in flat {
        let committed = one_block(Profile::Flat, n);
        assert_eq!(committed, 2 * n * n - n - 1, "Flat, {n}");
    }
    for n in tree {
        assert_eq!(one_block(Profile::MemberQuorum, n), 5 * (n - 1), "MemberQuorum, {n}");
    }
}

/// The messages of one block with equal delays.
fn one_block(profile: Profile, n: u64) -> u64 {
    let network = network(profile, n as u16, 1);
    let signatures = if n <= 20 { Signatures::Ed25519 } else { Signatures::Ideal };
    let mut network = network.with_signatures(signatures);
    network.set_link(Link { delay: 10..=10, loss: 0, duplicates: 0 });
    let leader = network.leader();
    let committed = network.commit(leader, b"a".to_vec()).unwrap();
    assert_eq!((committed.height, committed.view), (1, 0), "{n}");
    committed.messages - network.sent("status") - network.sent("late votes")
}

/// Layer 1: request to the primary, batch, batch votes, one certified batch to the leader.
#[test]
fn batch_message_counts_match_the_documentation() {
    let mut network = network(Profile::MemberQuorum, 16, 1);
    network.set_link(Link { delay: 10..=10, ..Link::default() });
    let leader = network.leader();
    let remote = network.config().groups().iter().find(|g| !g.ranking.contains(&leader)).unwrap();
    let (k, member) = (remote.ranking.len() as u64, remote.ranking[remote.ranking.len() - 1]);
    let committed = network.commit(member, b"a".to_vec()).unwrap();
    let layer_1 =
        ["request", "batch", "batch vote", "certified batch"].map(|kind| network.sent(kind));
    assert_eq!(layer_1, [1, k - 1, k - 1, 1]);
    assert_eq!(committed.messages, 5 * 15 + 1 + 2 * (k - 1) + 1);
}

#[test]
fn equal_seeds_give_equal_traces() {
    let trace = |seed, behaviour| {
        let mut network = network(Profile::Flat, 7, seed);
        let (latency, bandwidth) = (Latency::Geographic, Some(500));
        let transport = Transport { latency, bandwidth, reordered: 50, held_back: 100 };
        network.set_transport(transport);
        network.set_stabilisation(Stabilisation { at: 3000, bound: 200 });
        network.set_link(lossy());
        corrupt(&mut network, &[behaviour]);
        run(&mut network, 4, 3);
        (network.trace(), network.now(), network.traffic().clone())
    };
    let first = trace(5, Behaviour::Equivocating);
    assert_eq!(first, trace(5, Behaviour::Equivocating));
    assert_ne!(first.0, trace(6, Behaviour::Equivocating).0);
}

#[test]
fn ideal_signatures_give_the_same_blocks_with_fewer_computations() {
    let blocks = |signatures| {
        let mut network = network(Profile::MemberQuorum, 16, 3).with_signatures(signatures);
        run(&mut network, 6, 3);
        let verifications = network.verifications();
        assert!(verifications.requested >= verifications.computed);
        (network.application(0).clone(), verifications)
    };
    let (real, ideal) = (blocks(Signatures::Ed25519), blocks(Signatures::Ideal));
    assert_eq!(real.0, ideal.0);
    assert_eq!(real.1.requested, ideal.1.requested);
    assert!(real.1.computed * 4 < real.1.requested, "{:?}", real.1);
}
