//! Campaigns: hundreds of seeded runs with delays, losses and faulty replicas that fill the
//! schedule of leaders. Every honest delivery is checked for agreement, total order,
//! exactly-once, validity and its certificate; every run must also finish.
//!
//! `EPIONE_CAMPAIGN=20 cargo test consensus` runs twenty times as many seeds.
//!
//! Faults planted by hand that these tests or their neighbours catch: a quorum of `2F + 1`; one
//! vote short of it; a value made anew instead of proposed again; no relay of overdue requests;
//! no answer to laggards; no straight votes past the tree; a COMMIT after the `ViewChange`; a lock
//! that falls, or is a veto; the lowest certificate required instead of the highest; any value in
//! a `NewView`; view changes, signers or requests that repeat; PREPARE that verifies as COMMIT; the
//! configuration left out of signatures; partials of strangers or unverified; joining at `F` claims.

use epione::consensus::{MessageError, Parameters, Profile, ReplicaId, RequestId};
use epione::sim::{Behaviour, Journal, Link, Network};

fn seeds(count: u64) -> std::ops::Range<u64> {
    let factor = std::env::var("EPIONE_CAMPAIGN").ok().and_then(|text| text.parse().ok());
    0..count * factor.unwrap_or(1)
}

fn network(profile: Profile, n: u16, seed: u64) -> Network<Journal> {
    Network::with_journals(Parameters { profile, ..Parameters::new("campaign") }, n, seed)
}

/// Faulty replicas sit where they hurt most: first among the leaders.
fn corrupt(network: &mut Network<Journal>, behaviours: &[Behaviour]) {
    let schedule = network.config().schedule().to_vec();
    let faults = network.config().faults();
    for (i, id) in schedule.into_iter().take(faults).enumerate() {
        network.set_behaviour(id, behaviours[i % behaviours.len()]);
    }
}

/// Submits requests at changing honest replicas and waits for each third one.
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

/// Runs until every honest replica has applied all of these. Whoever lost every message of
/// the last height knows of it by the next request only, so a silent network gets one.
fn finish(network: &mut Network<Journal>, submitted: &[RequestId], seed: u64) {
    let (deadline, mut nudges) = (network.now() + 600_000, 0_u64);
    while !submitted.iter().all(|request| network.has_applied_everywhere(request)) {
        if !network.step() {
            nudges += 1;
            let at = network.honest()[0];
            network.submit(at, format!("nudge {nudges} at {}", network.now()).into_bytes());
        }
        assert!(nudges < 4 && network.now() < deadline, "seed {seed}: stalled");
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
fn flat_without_faults() {
    campaign(Profile::Flat, 4, 30, &[Behaviour::Honest], &Link::default());
    campaign(Profile::Flat, 6, 10, &[Behaviour::Honest], &Link::default());
    campaign(Profile::Flat, 7, 10, &[Behaviour::Honest], &lossy());
}

#[test]
fn flat_with_silent_leaders() {
    campaign(Profile::Flat, 4, 30, &[Behaviour::Silent], &Link::default());
    campaign(Profile::Flat, 7, 15, &[Behaviour::Silent], &lossy());
}

#[test]
fn flat_with_equivocating_leaders() {
    campaign(Profile::Flat, 4, 60, &[Behaviour::Equivocating], &Link::default());
    campaign(Profile::Flat, 4, 40, &[Behaviour::Equivocating], &lossy());
    campaign(Profile::Flat, 6, 20, &[Behaviour::Equivocating], &lossy());
    campaign(Profile::Flat, 7, 20, &[Behaviour::Equivocating], &lossy());
    campaign(Profile::Flat, 7, 20, &ALL, &lossy());
}

#[test]
fn member_quorum_without_faults() {
    campaign(Profile::MemberQuorum, 16, 10, &[Behaviour::Honest], &Link::default());
    campaign(Profile::MemberQuorum, 18, 4, &[Behaviour::Honest], &lossy());
}

#[test]
fn member_quorum_with_faulty_leaders() {
    for behaviour in ALL {
        campaign(Profile::MemberQuorum, 16, 6, &[behaviour], &Link::default());
    }
    campaign(Profile::MemberQuorum, 16, 6, &ALL, &lossy());
}

/// With equal delays every vote is sent, and the counts are those of the documentation.
#[test]
fn message_counts_are_the_documented_ones() {
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

/// Layer 1: request to the primary, batch, votes, one certificate to the leader.
#[test]
fn batches_cost_what_is_documented() {
    let mut network = network(Profile::MemberQuorum, 16, 1);
    network.set_link(Link { delay: 10..=10, ..Link::default() });
    let leader = network.leader();
    let away = network.config().groups().iter().find(|g| !g.ranking.contains(&leader)).unwrap();
    let (k, member) = (away.ranking.len() as u64, away.ranking[away.ranking.len() - 1]);
    let committed = network.commit(member, b"a".to_vec()).unwrap();
    let layer_1 =
        ["request", "batch", "batch vote", "certified batch"].map(|kind| network.sent(kind));
    assert_eq!(layer_1, [1, k - 1, k - 1, 1]);
    assert_eq!(committed.messages, 5 * 15 + 1 + 2 * (k - 1) + 1);
}

#[test]
fn same_seed_same_trace() {
    let trace = |seed, behaviour| {
        let mut network = network(Profile::Flat, 7, seed);
        network.set_link(lossy());
        corrupt(&mut network, &[behaviour]);
        run(&mut network, 4, 3);
        (network.trace(), network.now(), network.counters().clone())
    };
    let first = trace(5, Behaviour::Equivocating);
    assert_eq!(first, trace(5, Behaviour::Equivocating));
    assert_ne!(first.0, trace(6, Behaviour::Equivocating).0);
}

/// The attack is real: with half of the others on either side no value reaches its quorum,
/// and the view ends; of four, two and the leader are one, and the third must catch up.
#[test]
fn equivocation_happens_and_is_survived() {
    for (profile, n) in [(Profile::Flat, 4), (Profile::Flat, 7), (Profile::MemberQuorum, 16)] {
        for seed in 0..4 {
            let mut network = network(profile, n, seed);
            network.set_behaviour(network.leader(), Behaviour::Equivocating);
            let at = network.honest()[0];
            network.commit(at, b"a".to_vec()).unwrap();
            let first = network.replica(at).decision(1).unwrap();
            // In the tree, primaries pass on what they got first and may save a quorum.
            let saved =
                n == 16 && network.faults().iter().any(|f| f.2 == MessageError::Equivocation);
            let at_once = first.certificate.view == 0;
            assert!(saved || at_once == (n == 4), "{profile:?} {n} {seed}");
            assert!(n > 4 || network.sent("decisions") > 0, "nobody had to catch up");
            network.advance(10_000);
            assert_eq!(network.violation(), None);
        }
    }
}

/// F replicas stop in the middle, others are cut off and come back: they catch up.
#[test]
fn crash_and_partition_midway() {
    for seed in seeds(10) {
        let (profile, n) = [(Profile::Flat, 7), (Profile::MemberQuorum, 16)][seed as usize % 2];
        let mut network = network(profile, n, seed);
        run(&mut network, 3, seed);
        let faults = network.config().faults();
        let island: Vec<ReplicaId> = network.config().schedule()[..faults].to_vec();
        network.partition(&island);
        let rest: Vec<ReplicaId> = (0..n).filter(|id| !island.contains(id)).collect();
        let split: Vec<_> = (0..20_u8)
            .map(|i| network.submit(rest[usize::from(i) % rest.len()], vec![i, 1]))
            .collect();
        network.advance(40_000);
        let reached = network.replica(rest[0]).height();
        assert!(reached > network.replica(island[0]).height(), "seed {seed}: no progress");
        network.partition(&[]);
        let committed = network.commit(island[0], b"healed".to_vec());
        assert!(committed.is_ok(), "seed {seed}: {committed:?}");
        assert!(split.iter().all(|id| network.has_applied_everywhere(id)), "seed {seed}");
        island.iter().for_each(|id| network.set_behaviour(*id, Behaviour::Silent));
        assert!(network.commit(rest[1], b"without them".to_vec()).is_ok(), "seed {seed}");
        assert_eq!(network.violation(), None, "seed {seed}");
    }
}

/// Every group's first-ranked primary is faulty, as far as F goes; nothing is lost.
#[test]
fn faulty_primaries_cost_time_only() {
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

/// With an honest leader not even the view is lost: what the tree withholds goes straight.
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

/// A whole group and one more are faulty: 5 of 16.
#[test]
fn a_whole_group_is_faulty() {
    for behaviour in ALL {
        let mut network = network(Profile::MemberQuorum, 16, 3);
        let group = network.config().groups()[0].ranking.clone();
        group.iter().for_each(|id| network.set_behaviour(*id, behaviour));
        network.set_behaviour(network.config().groups()[1].ranking[0], behaviour);
        run(&mut network, 6, 3);
    }
}

/// One fault more than tolerated: no progress, and a clear word about it.
#[test]
fn too_many_faults_stall() {
    let mut network = network(Profile::Flat, 4, 1);
    network.set_behaviour(0, Behaviour::Silent);
    network.set_behaviour(1, Behaviour::Silent);
    let stalled = network.commit(2, b"a".to_vec()).unwrap_err().to_string();
    assert!(stalled.contains("0 of 2 honest replicas"), "{stalled}");
    assert!(stalled.contains("2 faulty replicas, 1 tolerated"), "{stalled}");
    let rejected = network.commit(2, Vec::new()).unwrap_err().to_string();
    assert_eq!(rejected, "replica 2 refuses the request: the request is empty");
}

/// The judge can find fault: F + 1 equivocating replicas of four fork the chain.
#[test]
fn beyond_the_bound_the_chain_forks_and_is_caught() {
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
    assert!(forked, "two of four equivocate and no run forks");
}
