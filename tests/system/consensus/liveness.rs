//! Liveness without Byzantine members: losses, overload, laggards, absent followers.

use epione::consensus::{Capacity, Parameters, Profile, ReplicaId, RequestId, Timing};
use epione::sim::{Behaviour, Journal, Link, Network};

fn network(profile: Profile, n: u16, capacity: Capacity) -> Network<Journal> {
    let parameters = Parameters { profile, capacity, ..Parameters::new("liveness") };
    Network::with_journals(parameters, n, 1)
}

fn even(delay: u64) -> Link {
    Link { delay: delay..=delay, ..Link::default() }
}

/// Submits a request every `interval` milliseconds, at these replicas in turn.
fn load(
    network: &mut Network<Journal>,
    at: &[ReplicaId],
    (requests, interval): (u32, u64),
) -> Vec<RequestId> {
    let submit = |i: u32| {
        let at = at[i as usize % at.len()];
        let request = format!("load {i} at {}", network.now()).into_bytes();
        let id = network.submit(at, request);
        network.advance(interval);
        id
    };
    (0..requests).map(submit).collect()
}

/// The request is lost with its first relay, while the others commit blocks without pause.
#[test]
fn a_request_lost_in_a_partition_is_delivered_under_load() {
    for (profile, n) in [(Profile::Flat, 4), (Profile::MemberQuorum, 16)] {
        let mut network = network(profile, n, Capacity::default());
        let isolated = *network.honest().iter().find(|id| **id != network.leader()).unwrap();
        let others: Vec<ReplicaId> =
            network.honest().into_iter().filter(|id| *id != isolated).collect();
        network.partition(&[isolated]);
        let request = network.submit(isolated, b"lost".to_vec());
        load(&mut network, &others, (50, 20));
        network.partition(&[]);
        load(&mut network, &others, (150, 20));
        assert!(network.has_applied_everywhere(&request), "{profile:?}");
    }
}

/// Three times the capacity for a minute: requests are refused, but no leader is blamed.
#[test]
fn overload_causes_no_view_change() {
    let capacity = Capacity { requests: 2, ..Capacity::default() };
    let mut network = network(Profile::Flat, 4, capacity);
    network.set_link(even(30));
    // A block takes three delays: 22 requests per second.
    let replicas = network.honest();
    let submitted = load(&mut network, &replicas, (4000, 15));
    let blocks = network.replica(0).height() - 1;
    let delivered = network.application(0).requests().len();
    assert!(blocks > 500 && delivered > 1000, "{blocks} blocks, {delivered} requests");
    assert!(delivered < submitted.len() / 2, "the load exceeds the capacity");
    assert_eq!(network.sent("view change"), 0);
}

/// A replica that was cut off catches up although the others decide hundreds of blocks a second.
#[test]
fn a_laggard_catches_up_with_a_fast_chain() {
    let mut network = network(Profile::Flat, 4, Capacity::default());
    network.set_link(even(1));
    let laggard = (0..4).find(|id| !network.config().schedule().contains(id)).unwrap();
    let others: Vec<ReplicaId> = (0..4).filter(|id| *id != laggard).collect();
    network.partition(&[laggard]);
    load(&mut network, &others, (600, 4));
    network.partition(&[]);
    load(&mut network, &others, (250, 4));
    let (height, reached) =
        (network.replica(others[0]).height(), network.replica(laggard).height());
    assert!(height > 700, "{height} blocks in 3.4 seconds");
    assert!(height - reached < 5, "height {reached} of {height}");
}

/// All messages of the last height are lost, and nothing else happens.
#[test]
fn lagging_replicas_catch_up_after_the_last_block() {
    for (profile, n) in [(Profile::Flat, 4), (Profile::Flat, 7), (Profile::MemberQuorum, 16)] {
        let mut network = network(profile, n, Capacity::default());
        let (leader, faults) = (network.leader(), network.config().faults());
        let stragglers: Vec<ReplicaId> =
            network.honest().into_iter().filter(|id| *id != leader).take(faults).collect();
        network.partition(&stragglers);
        let request = network.submit(leader, b"last".to_vec());
        network.advance(10_000);
        assert!(!network.has_applied_everywhere(&request));
        network.partition(&[]);
        network.advance(60_000);
        assert!(network.has_applied_everywhere(&request), "{profile:?} {n}");
        while network.step() {}
        assert!(network.now() < 200_000, "the comparison of heights ends");
    }
}

/// Absent followers delay a block by at most the fallback delay.
#[test]
fn absent_followers_delay_a_block_by_at_most_the_fallback_delay() {
    let commit = |absent: &dyn Fn(&Network<Journal>) -> Vec<ReplicaId>| {
        let mut network = network(Profile::MemberQuorum, 16, Capacity::default());
        network.set_link(even(10));
        for id in absent(&network) {
            network.set_behaviour(id, Behaviour::Silent);
        }
        let leader = network.leader();
        network.commit(leader, b"a".to_vec()).unwrap().virtual_ms
    };
    let last = |network: &Network<Journal>, group: usize, rank: usize| {
        let ranking = &network.config().groups()[group].ranking;
        ranking[ranking.len() - rank]
    };
    let complete = commit(&|_| Vec::new());
    let one_per_group = commit(&|network| vec![last(network, 1, 1), last(network, 2, 1)]);
    let same_group = commit(&|network| vec![last(network, 1, 1), last(network, 1, 2)]);
    let fallback = Timing::default().fallback;
    assert_eq!(one_per_group, complete, "the shares of the groups are a quorum");
    assert!(same_group <= complete + fallback, "{same_group} ms instead of {complete} ms");
}

/// Requests that arrive while a batch is open share the next batch.
#[test]
fn a_hundred_requests_take_few_batches() {
    let mut network = network(Profile::MemberQuorum, 16, Capacity::default());
    let leader = network.leader();
    let group = network.config().groups().iter().find(|g| !g.ranking.contains(&leader)).unwrap();
    let (member, k) = (group.ranking[2], group.ranking.len() as u64);
    let requests: Vec<RequestId> =
        (0..100_u8).map(|i| network.submit(member, vec![i, 1])).collect();
    network.advance(5_000);
    assert!(requests.iter().all(|request| network.has_applied_everywhere(request)));
    assert!(network.sent("batch") <= 6 * (k - 1), "{} batch messages", network.sent("batch"));
    assert!(network.sent("request") <= 110, "{} requests sent", network.sent("request"));
}

/// Each of at most two relays goes to 2F members, who pass it on to the leader and, after a view
/// change, to the leader of the next height.
#[test]
fn relays_of_an_overdue_request_are_linear_in_f() {
    for (profile, n) in [(Profile::Flat, 16), (Profile::Flat, 31), (Profile::MemberQuorum, 31)] {
        let mut network = network(profile, n, Capacity::default());
        let leader = network.leader();
        network.set_behaviour(leader, Behaviour::Silent);
        let at = *network.honest().last().unwrap();
        network.commit(at, b"a".to_vec()).unwrap();
        let (sent, faults) = (network.sent("request"), network.config().faults() as u64);
        assert!(sent <= 13 * faults, "{profile:?} {n}: {sent} messages");
    }
}
