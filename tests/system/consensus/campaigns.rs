//! Campaigns: hundreds of seeded runs with delays, losses and faulty replicas among the first
//! leaders of the schedule. Every delivery at an honest replica is checked for agreement, total
//! order, exactly-once delivery, validity and its certificate. Every run must terminate.
//!
//! `EPIONE_CAMPAIGN=20 cargo test consensus` runs twenty times as many seeds.
//!
//! Mutations that these tests detect:
//! * a quorum of `2F + 1`, or one vote below it;
//! * a new value in place of the prepared one; any value accepted in a `NewView`; the lowest
//!   certificate required instead of the highest;
//! * no relay of overdue requests; no state transfer; no direct votes past the tree;
//! * a COMMIT after the `ViewChange`; a prepare certificate that is replaced by a lower one, or
//!   prevents a replica from accepting a `NewView`;
//! * duplicate view changes, signers or requests; joining a view change at `F` requests;
//! * a PREPARE that verifies as a COMMIT; the configuration missing from signatures; partial
//!   certificates of other groups or without verification.

use epione::consensus::{MessageError, Parameters, Profile, ReplicaId, RequestId};
use epione::sim::{Behaviour, Journal, Link, Network};
use std::num::NonZeroU64;

fn seeds(count: u64) -> std::ops::Range<u64> {
    let Some(factor) = std::env::var_os("EPIONE_CAMPAIGN") else { return 0..count };
    let factor = factor.to_str().and_then(|text| text.parse::<NonZeroU64>().ok());
    0..count * factor.expect("EPIONE_CAMPAIGN must be a positive integer").get()
}

fn network(profile: Profile, n: u16, seed: u64) -> Network<Journal> {
    Network::with_journals(Parameters { profile, ..Parameters::new("campaign") }, n, seed)
}

/// Makes the first `F` leaders of the schedule faulty, where they do the most damage.
fn corrupt(network: &mut Network<Journal>, behaviours: &[Behaviour]) {
    let schedule = network.config().schedule().to_vec();
    let faults = network.config().faults();
    for (i, id) in schedule.into_iter().take(faults).enumerate() {
        network.set_behaviour(id, behaviours[i % behaviours.len()]);
    }
}

/// Submits requests to different honest replicas and waits after every third one.
fn run(network: &mut Network<Journal>, requests: u16, seed: u64) {
    let honest = network.honest();
    let mut submitted = Vec::new();
    for i in 0..requests {
        let at: ReplicaId = honest[(usize::from(i) + seed as usize) % honest.len()];
        submitted.push(network.submit(at, format!("request {i}").into_bytes()));
        if i % 3 == 2 {
            finish(network, &submitted, seed);
        }
    }
    finish(network, &submitted, seed);
    let journals: Vec<_> = honest.iter().map(|id| network.application(*id)).collect();
    assert!(journals.iter().all(|journal| *journal == journals[0]), "seed {seed}");
    assert!(journals[0].requests().len() >= usize::from(requests), "seed {seed}");
}

/// Runs until every honest replica has applied all submitted requests. A replica that lost every
/// message of the last height learns of it with the next request only, so an idle network gets one.
fn finish(network: &mut Network<Journal>, submitted: &[RequestId], seed: u64) {
    let (deadline, mut extra) = (network.now() + 600_000, 0_u64);
    while !submitted.iter().all(|request| network.has_applied_everywhere(request)) {
        if !network.step() {
            extra += 1;
            let at = network.honest()[0];
            network.submit(at, format!("extra {extra} at {}", network.now()).into_bytes());
        }
        assert!(extra < 4 && network.now() < deadline, "seed {seed}: stalled");
        assert_eq!(network.violation(), None, "seed {seed}");
    }
}

fn campaign(profile: Profile, n: u16, count: u64, behaviours: &[Behaviour], link: &Link) {
    for seed in seeds(count) {
        let mut network = network(profile, n, seed);
        network.set_link(link.clone());
        corrupt(&mut network, behaviours);
        run(&mut network, 6, seed);
    }
}

fn lossy() -> Link {
    Link { delay: 1..=60, loss: 80, duplicates: 100 }
}

const ALL: [Behaviour; 3] =
    [Behaviour::Equivocating, Behaviour::Silent, Behaviour::WithholdingPrimary];

#[test]
fn flat_is_live_and_safe_without_faults() {
    campaign(Profile::Flat, 4, 30, &[Behaviour::Honest], &Link::default());
    campaign(Profile::Flat, 6, 10, &[Behaviour::Honest], &Link::default());
    campaign(Profile::Flat, 7, 10, &[Behaviour::Honest], &lossy());
}

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
fn member_quorum_is_live_and_safe_without_faults() {
    campaign(Profile::MemberQuorum, 16, 10, &[Behaviour::Honest], &Link::default());
    campaign(Profile::MemberQuorum, 18, 4, &[Behaviour::Honest], &lossy());
}

#[test]
fn member_quorum_is_live_and_safe_with_faulty_leaders() {
    for behaviour in ALL {
        campaign(Profile::MemberQuorum, 16, 6, &[behaviour], &Link::default());
    }
    campaign(Profile::MemberQuorum, 16, 6, &ALL, &lossy());
}

/// With equal delays every vote is sent.
#[test]
fn message_counts_match_the_documentation() {
    let even = Link { delay: 10..=10, loss: 0, duplicates: 0 };
    for n in [4, 5, 7, 16] {
        let mut network = network(Profile::Flat, n, 1);
        network.set_link(even.clone());
        let (n, leader) = (u64::from(n), network.leader());
        let committed = network.commit(leader, b"a".to_vec()).unwrap();
        assert_eq!(committed.messages, 2 * n * n - n - 1, "Flat, {n}");
        assert_eq!((committed.height, committed.view, committed.virtual_ms), (1, 0, 30));
    }
    for n in [16, 20, 32] {
        let mut network = network(Profile::MemberQuorum, n, 1);
        network.set_link(even.clone());
        let (n, leader) = (u64::from(n), network.leader());
        let committed = network.commit(leader, b"a".to_vec()).unwrap();
        assert_eq!(committed.messages, 5 * (n - 1), "MemberQuorum, {n}");
    }
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
        network.set_link(lossy());
        corrupt(&mut network, &[behaviour]);
        run(&mut network, 4, 3);
        (network.trace(), network.now(), network.traffic().clone())
    };
    let first = trace(5, Behaviour::Equivocating);
    assert_eq!(first, trace(5, Behaviour::Equivocating));
    assert_ne!(first.0, trace(6, Behaviour::Equivocating).0);
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
