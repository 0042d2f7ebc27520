//! Runs that once made no progress, or work without end.

use super::harness::*;
use super::scripted::{Fate, Scripted};
use epione::consensus::{
    Body, Capacity, Config, Effect, Input, Location, Member, MessageError, Parameters, Phase,
    Profile, ReplicaId, Vote,
};
use std::sync::Arc;

const MINUTE: u64 = 60_000;

/// A lock on a value that nobody held any more halted all members.
#[test]
fn a_late_certificate_of_a_discarded_value_halts_nobody() {
    // A quorum prepares a value in view 0, and no member receives the certificate. The values of
    // the next four views displace the first one.
    let mut network = Scripted::new(Harness::flat(4), &[0, 1, 2, 3]);
    network.script(|_, _, message| match &message.body {
        Body::Vote { vote, .. } if vote.phase == Phase::Prepare && vote.view == 0 => Fate::Hold,
        Body::Vote { vote, .. } if vote.phase == Phase::Prepare => Fate::Lose,
        _ => Fate::Deliver,
    });
    network.request(0, b"request");
    assert!(network.run(60 * MINUTE, |n| n.replicas.values().all(|r| r.view() >= 4)));
    network.run(100, |_| false);
    // The PREPAREs of view 0 arrive, and the current view ends.
    network.release();
    let view = network.replicas[&0].view();
    assert!(network.run(60 * MINUTE, move |n| n.replicas.values().all(|r| r.view() > view)));
    network.script(|_, _, _| Fate::Deliver);
    assert!(network.run(10 * MINUTE, |n| n.all_reach(2)), "{:?}", network.sent);
}

/// A Byzantine member reports the certificate of a value that nobody holds any more, in every view
/// change. A leader that waits for this value never proposes.
#[test]
fn a_report_of_a_discarded_value_halts_nobody() {
    // The first leader has a low id, and is therefore among any leader's first view changes.
    let member = |id| {
        let (location, rating) = (Location::default(), 9 - u32::from(id));
        Member { location, rating, ..member(id) }
    };
    let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("stalls") };
    let config = Config::new(parameters, (0..4).map(member).collect()).unwrap();
    let harness = Harness { config: Arc::new(config), keys: (0..4).map(key).collect() };
    let byzantine = harness.leader(0);
    let honest: Vec<ReplicaId> = (0..4).filter(|id| *id != byzantine).collect();
    assert!(byzantine < 2 && harness.leader(1) < 2);
    let (digest, _) = harness.value(0, "discarded");
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    let mut network = Scripted::new(harness, &honest);
    network.request(honest[0], b"request");
    for view in 1..20 {
        let change = network.harness.view_change(byzantine, view, Some(&prepared));
        for id in &honest {
            let message = change.clone();
            network.input(*id, Input::Message { peer: byzantine, message });
        }
        let ended = move |n: &Scripted| n.replicas.values().all(|r| r.view() > view);
        network.run(10 * MINUTE, move |n| n.all_reach(2) || ended(n));
    }
    assert!(network.all_reach(2), "{:?}", network.sent);
}

fn small() -> Harness {
    let capacity = Capacity { request_bytes: 1000, bytes: 4000, requests: 16, cost: 100 };
    let parameters = Parameters { profile: Profile::Flat, capacity, ..Parameters::new("stalls") };
    let config = Config::new(parameters, (0..4).map(member).collect()).unwrap();
    Harness { config: Arc::new(config), keys: (0..4).map(key).collect() }
}

/// Decisions that fill the window left no room for the next one, and fetches of later decisions no
/// peer but a silent one.
#[test]
fn a_full_window_does_not_stop_state_transfer() {
    const LAGGARD: ReplicaId = 3;
    for (silent, blocks) in [(None, 200), (Some(0), 200), (Some(1), 200), (Some(2), 200)] {
        let mut network = Scripted::new(small(), &[0, 1, 2, LAGGARD]);
        network.script(|from, to, _| match [from, to].contains(&LAGGARD) {
            true => Fate::Lose,
            false => Fate::Deliver,
        });
        for i in 0..blocks {
            network.request(0, &[&u32::to_be_bytes(i)[..], &[0; 990]].concat());
            let target = u64::from(i) + 2;
            let others = move |n: &Scripted| {
                n.replicas.iter().all(|(id, r)| *id == LAGGARD || r.height() >= target)
            };
            assert!(network.run(MINUTE, others));
        }
        network.script(move |from, to, message| {
            let answers = matches!(message.body, Body::Decisions(_));
            let withheld = Some(from) == silent && to == LAGGARD && answers;
            if withheld { Fate::Lose } else { Fate::Deliver }
        });
        let caught_up = network.run(MINUTE, move |n| n.all_reach(u64::from(blocks) + 1));
        assert!(caught_up, "silent: {silent:?}, {:?}", network.sent);
    }
}

/// The replica considered a request that a peer had sent first as that peer's.
#[test]
fn a_request_that_a_peer_sent_first_is_delivered() {
    let harness = Harness::flat(4);
    let schedule = harness.config.schedule().to_vec();
    let mut followers = (0..4).filter(|id| !schedule.contains(id));
    let (replica, byzantine) = (followers.next().unwrap(), followers.next().unwrap());
    let honest: Vec<ReplicaId> = (0..4).filter(|id| *id != byzantine).collect();
    let mut network = Scripted::new(harness, &honest);
    network.script(move |from, _, _| if from == replica { Fate::Lose } else { Fate::Deliver });
    let message = network.harness.sign(byzantine, Body::Request(b"request".to_vec()));
    network.input(replica, Input::Message { peer: byzantine, message });
    network.request(replica, b"request");
    network.run(MINUTE, |_| false);
    network.script(|_, _, _| Fate::Deliver);
    let applied = move |n: &Scripted| n.has_applied(replica, b"request");
    assert!(network.run(10 * MINUTE, applied), "{:?}", network.sent);
}

/// A height that one member reports is fetched less and less often.
#[test]
fn one_false_height_costs_few_fetches() {
    let harness = Harness::flat(4);
    let byzantine = harness.followers()[0];
    let honest: Vec<ReplicaId> = (0..4).filter(|id| *id != byzantine).collect();
    let mut network = Scripted::new(harness, &honest);
    let vote = Vote { phase: Phase::Commit, view: 0, digest: [1; 32] };
    let message = network.harness.sign(byzantine, Body::Vote { height: 1 << 40, vote });
    for id in honest {
        network.input(id, Input::Message { peer: byzantine, message: message.clone() });
    }
    network.run(60 * MINUTE, |_| false);
    let fetches = network.sent.iter().filter(|((_, kind), _)| *kind == "fetch decisions");
    let most = fetches.map(|(_, count)| *count).max();
    assert!(most.is_some_and(|most| most < 100), "{most:?}");
}

/// Fetches of heights above the last decision were answered without a budget.
#[test]
fn fetches_above_the_height_have_a_budget() {
    let harness = small();
    let [me, byzantine] = harness.followers()[..2] else { panic!() };
    let mut replica = harness.replica(me);
    let (mut answers, mut refused) = (0, 0);
    for i in 0..2_000 {
        let fetch = Body::FetchDecisions { height: 1 + i % 7, count: 1 };
        for effect in deliver(&mut replica, &harness.sign(byzantine, fetch)) {
            match effect {
                Effect::Send { .. } => answers += 1,
                Effect::Discard { error: MessageError::Busy, .. } => {
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(answers <= 260 && answers + refused == 2_000, "{answers} {refused}");
}
