//! Runs with Ed25519 signatures: silent, equivocating and withholding members, and partitions.

use super::{ALL, campaign, lossy, network, run, seeds};
use epione::consensus::{MessageError, Profile, ReplicaId};
use epione::sim::{Behaviour, Link};

#[test]
fn flat_is_live_and_safe_with_silent_leaders() {
    campaign(Profile::Flat, 4, 30, &[Behaviour::Silent], &Link::default());
    campaign(Profile::Flat, 7, 15, &[Behaviour::Silent], &lossy());
}

#[test]
fn flat_is_live_and_safe_with_equivocating_leaders() {
    campaign(Profile::Flat, 4, 60, &[Behaviour::Equivocating], &Link::default());
    campaign(Profile::Flat, 4, 40, &[Behaviour::Equivocating], &lossy());
    campaign(Profile::Flat, 6, 20, &[Behaviour::Equivocating], &lossy());
    campaign(Profile::Flat, 7, 20, &[Behaviour::Equivocating], &lossy());
    campaign(Profile::Flat, 7, 20, &ALL, &lossy());
}

#[test]
fn member_quorum_is_live_and_safe_with_faulty_leaders() {
    for behaviour in ALL {
        campaign(Profile::MemberQuorum, 16, 6, &[behaviour], &Link::default());
    }
    campaign(Profile::MemberQuorum, 16, 6, &ALL, &lossy());
}

/// The attack is effective: with half of the other members on either side no value reaches its
/// quorum, and the view ends. Of four members, two and the leader are a quorum, and the third needs
/// state transfer.
#[test]
fn an_equivocating_leader_breaks_neither_safety_nor_liveness() {
    for (profile, n) in [(Profile::Flat, 4), (Profile::Flat, 7), (Profile::MemberQuorum, 16)] {
        for seed in 0..4 {
            let mut network = network(profile, n, seed);
            network.set_behaviour(network.leader(), Behaviour::Equivocating);
            let at = network.honest()[0];
            network.commit(at, b"a".to_vec()).unwrap();
            let first = network.replica(at).decision(1).unwrap();
            // In the tree, primaries forward the first proposal and may preserve a quorum.
            let preserved = n == 16
                && network
                    .discarded()
                    .iter()
                    .any(|message| message.error == MessageError::Equivocation);
            let at_once = first.certificate.view == 0;
            assert!(preserved || at_once == (n == 4), "{profile:?} {n} {seed}");
            assert!(n > 4 || network.sent("decisions") > 0, "no replica needed state transfer");
            network.advance(10_000);
            assert_eq!(network.violation(), None);
        }
    }
}

/// `F` replicas are partitioned, rejoin and catch up, and then crash.
#[test]
fn partitioned_replicas_rejoin_and_f_crashes_are_tolerated() {
    for seed in seeds(10) {
        let (profile, n) = [(Profile::Flat, 7), (Profile::MemberQuorum, 16)][seed as usize % 2];
        let mut network = network(profile, n, seed);
        run(&mut network, 3, seed);
        let faults = network.config().faults();
        let minority: Vec<ReplicaId> = network.config().schedule()[..faults].to_vec();
        network.partition(&minority);
        let majority: Vec<ReplicaId> = (0..n).filter(|id| !minority.contains(id)).collect();
        let during_partition: Vec<_> = (0..20_u8)
            .map(|i| network.submit(majority[usize::from(i) % majority.len()], vec![i, 1]))
            .collect();
        network.advance(40_000);
        let reached = network.replica(majority[0]).height();
        assert!(reached > network.replica(minority[0]).height(), "seed {seed}: no progress");
        network.partition(&[]);
        let committed = network.commit(minority[0], b"healed".to_vec());
        assert!(committed.is_ok(), "seed {seed}: {committed:?}");
        assert!(
            during_partition.iter().all(|id| network.has_applied_everywhere(id)),
            "seed {seed}"
        );
        minority.iter().for_each(|id| network.set_behaviour(*id, Behaviour::Silent));
        assert!(network.commit(majority[1], b"without them".to_vec()).is_ok(), "seed {seed}");
        assert_eq!(network.violation(), None, "seed {seed}");
    }
}

/// The first-ranked primary of every group is faulty, within `F`.
#[test]
fn faulty_primaries_do_not_prevent_progress() {
    for behaviour in ALL {
        for seed in seeds(3) {
            let mut network = network(Profile::MemberQuorum, 16, seed);
            let firsts: Vec<_> =
                network.config().groups().iter().map(|group| group.ranking[0]).collect();
            firsts.iter().for_each(|id| network.set_behaviour(*id, behaviour));
            run(&mut network, 6, seed);
        }
    }
}

/// With an honest leader the view survives: the fallback timer bypasses the tree.
#[test]
fn withholding_primaries_are_bypassed() {
    let mut network = network(Profile::MemberQuorum, 16, 1);
    let leader = network.leader();
    let groups = network.config().groups().to_vec();
    for group in groups.iter().filter(|group| !group.ranking.contains(&leader)) {
        network.set_behaviour(group.ranking[0], Behaviour::WithholdingPrimary);
    }
    let committed = network.commit(leader, b"a".to_vec()).unwrap();
    assert_eq!((committed.height, committed.view), (1, 0), "{committed:?}");
}

/// All members of a group and one more are faulty: 5 of 16.
#[test]
fn a_completely_faulty_group_is_tolerated() {
    for behaviour in ALL {
        let mut network = network(Profile::MemberQuorum, 16, 3);
        let group = network.config().groups()[0].ranking.clone();
        group.iter().for_each(|id| network.set_behaviour(*id, behaviour));
        network.set_behaviour(network.config().groups()[1].ranking[0], behaviour);
        run(&mut network, 6, 3);
    }
}

/// One fault above the bound: no progress, and the error states the numbers.
#[test]
fn more_than_f_silent_replicas_stop_progress() {
    let mut network = network(Profile::Flat, 4, 1);
    network.set_behaviour(0, Behaviour::Silent);
    network.set_behaviour(1, Behaviour::Silent);
    let timeout = network.commit(2, b"a".to_vec()).unwrap_err().to_string();
    assert!(timeout.contains("0 of 2 honest replicas"), "{timeout}");
    assert!(timeout.contains("2 faulty replicas, 1 tolerated"), "{timeout}");
    let rejected = network.commit(2, Vec::new()).unwrap_err().to_string();
    assert_eq!(rejected, "replica 2 rejects the request: the request is empty");
}

/// The safety checker detects violations: two equivocating replicas of four fork the chain.
#[test]
fn more_than_f_equivocating_replicas_fork_the_chain_and_the_checker_detects_it() {
    let forked = (0..20).any(|seed| {
        let mut network = network(Profile::Flat, 4, seed);
        let (first, second) = (network.config().leader(1, 0), network.config().leader(1, 1));
        network.set_behaviour(first, Behaviour::Equivocating);
        network.set_behaviour(second, Behaviour::Equivocating);
        network.submit(first, b"a".to_vec());
        network.submit(first, b"b".to_vec());
        network.advance(5_000);
        network.violation().is_some_and(|broken| broken.contains("agreement"))
    });
    assert!(forked, "two of four replicas equivocate, but no run forks");
}
