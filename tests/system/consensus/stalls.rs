//! Scenarios that must make progress with bounded work.

use super::harness::*;
use super::scripted::{Fate, Scripted};
use epione::consensus::{
    Application, Body, Capacity, Config, Effect, Format, Input, Location, Member, MessageError,
    Parameters, Phase, Profile, ReplicaId, Vote,
};
use epione::sim::{Journal, JournalFormat};
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
    let harness = rated([9, 8, 7, 6]);
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

/// Members with these ratings, which rank them.
fn rated(ratings: [u32; 4]) -> Harness {
    let member = |(id, rating): (u16, &u32)| {
        let (location, rating) = (Location::default(), *rating);
        Member { location, rating, ..member(id) }
    };
    let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("stalls") };
    let members = (0..4).zip(&ratings).map(member).collect();
    let config = Config::new(parameters, members).unwrap();
    Harness { config: Arc::new(config), keys: (0..4).map(key).collect() }
}

/// The only holder of a value is a member that has not signed its certificate: it has fetched the
/// value, and the signers have discarded it since. A Byzantine member is silent, or reports the
/// certificate of another discarded value.
#[test]
fn a_value_is_fetched_from_a_member_that_reports_it() {
    for reports in [false, true] {
        let harness = rated([1, 9, 9, 1]);
        let (byzantine, holder, leaders) = (0, 3, [1, 2]);
        assert!(harness.config.schedule().iter().all(|id| leaders.contains(id)));
        let first = harness.leader(0);
        let ((accepted, _), (discarded, _)) =
            (harness.value(0, "request"), harness.value(3, "discarded"));
        let report = harness.certificate(Phase::Prepare, 3, discarded, &[0, 1, 2]);
        let mut network = Scripted::new(harness, &[1, 2, holder]);
        // In view 0 the leaders accept a proposal, and only the holder collects their votes.
        network.script(move |from, to, message| match &message.body {
            Body::PrePrepare { .. } if to == holder => Fate::Lose,
            Body::Vote { vote, .. } if to == holder && vote.phase == Phase::Prepare => {
                Fate::Deliver
            }
            Body::FetchValue { .. } | Body::Value { .. } => Fate::Deliver,
            Body::Vote { .. } => Fate::Lose,
            _ if [from, to].contains(&holder) => Fate::Lose,
            _ => Fate::Deliver,
        });
        network.request(first, b"request");
        network.run(100, |_| false);
        let message = network.harness.vote(byzantine, Phase::Prepare, 0, accepted);
        network.input(holder, Input::Message { peer: byzantine, message });
        network.run(1_000, |_| false);
        assert!(network.replicas[&holder].prepared_certificate().is_some());
        // The leaders pass through several views, whose values displace the first one.
        network.script(move |from, to, message| match &message.body {
            Body::Vote { .. } => Fate::Lose,
            _ if [from, to].contains(&holder) => Fate::Lose,
            _ => Fate::Deliver,
        });
        let view_change = |network: &mut Scripted, (view, certificate), to: &[ReplicaId]| {
            let message = network.harness.view_change(byzantine, view, certificate);
            for id in to {
                let message = message.clone();
                network.input(*id, Input::Message { peer: byzantine, message });
            }
        };
        for view in 1..=6 {
            view_change(&mut network, (view, None), &leaders);
            let entered = move |n: &Scripted| leaders.iter().all(|id| n.replicas[id].view() > view);
            assert!(network.run(60 * MINUTE, entered), "view {view}");
        }
        network.script(|_, _, _| Fate::Deliver);
        for view in 7..30 {
            if reports {
                view_change(&mut network, (view, Some(&report)), &[1, 2, holder]);
            }
            let ended = move |n: &Scripted| n.replicas.values().all(|r| r.view() > view);
            network.run(10 * MINUTE, move |n| n.all_reach(2) || ended(n));
        }
        assert!(network.all_reach(2), "reports: {reports}, {:?}", network.sent);
    }
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

/// Two members hold a request whose messages to the leaders were lost, and its first holder has
/// crashed.
#[test]
fn a_request_whose_relays_are_lost_is_delivered() {
    let harness = Harness::flat(4);
    let [leader, crashed] = harness.config.schedule().to_vec()[..] else { panic!() };
    let mut network = Scripted::new(harness, &[0, 1, 2, 3]);
    network.script(move |from, to, message| match &message.body {
        Body::Request(_) if [leader, crashed].contains(&to) => Fate::Lose,
        Body::PrePrepare { .. } | Body::NewView { .. } if from == crashed => Fate::Lose,
        Body::Vote { .. } => Fate::Lose,
        _ => Fate::Deliver,
    });
    network.request(crashed, b"request");
    network.run(MINUTE, |_| false);
    network.replicas.remove(&crashed);
    network.script(|_, _, _| Fate::Deliver);
    let blocks = network.replicas[&leader].height();
    let applied = network.run(60 * MINUTE, |n| n.has_applied(leader, b"request"));
    let blocks = network.replicas[&leader].height() - blocks;
    assert!(applied && blocks < 20, "{blocks} blocks, {:?}", network.sent);
}

/// A leader proposes although its clock lags behind the time of the last value.
#[test]
fn a_leader_with_a_slow_clock_proposes() {
    let harness = Harness::flat(4);
    let leader = harness.config.leader(2, 0);
    let context = harness.context((1, 0), harness.config.digest(), 10_000);
    let value = Journal::default().propose(&context, &[(b"a", b"a".to_vec())]);
    let (digest, _) = JournalFormat.decode(&value).unwrap();
    let mut replica = harness.replica(leader);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let commits = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
    deliver(&mut replica, &harness.announce(&commits));
    assert_eq!(replica.height(), 2, "the value is at most ten seconds ahead");
    let effects = replica.step(0, Input::Request(b"b".to_vec()));
    assert!(sent(&effects).iter().any(|body| matches!(body, Body::PrePrepare { .. })));
}

/// A request that does not fit a value is in the next one. The requests of two members fill a value
/// but for a few bytes, which those of a third one fit.
#[test]
fn a_peer_whose_request_does_not_fit_is_next() {
    let capacity = Capacity { request_bytes: 1000, bytes: 2000, requests: 16, cost: 100 };
    let parameters = Parameters { profile: Profile::Flat, capacity, ..Parameters::new("stalls") };
    let config = Config::new(parameters, (0..10).map(member).collect()).unwrap();
    let harness = Harness { config: Arc::new(config), keys: (0..10).map(key).collect() };
    let schedule = harness.config.schedule().to_vec();
    let others = (0..10).filter(|id| !schedule.contains(id));
    let [first, second, victim, third] = others.take(4).collect::<Vec<_>>()[..] else { panic!() };
    let honest: Vec<ReplicaId> =
        (0..10).filter(|id| ![first, second, third].contains(id)).collect();
    let mut network = Scripted::new(harness, &honest);
    let request = vec![9; 400];
    let mut count = 0_u32;
    for _ in 0..500 {
        for (peer, length) in [(first, 1000), (second, 860), (third, 20), (third, 20)] {
            count += 1;
            let request = [&count.to_be_bytes()[..], &vec![7; length - 4]].concat();
            let message = network.harness.sign(peer, Body::Request(request));
            for leader in &schedule {
                network.input(*leader, Input::Message { peer, message: message.clone() });
            }
        }
        if count == 80 {
            network.request(victim, &request);
        }
        network.run(10, |_| false);
    }
    let replica = &network.replicas[&victim];
    let blocks = replica.height() - 1;
    assert!(blocks > replica.config().limits().patience + 20, "{blocks} blocks");
    let applied = replica.application().requests();
    let at = applied.iter().position(|applied| *applied == request);
    assert!(
        at.is_some_and(|at| at < 160),
        "request {at:?} of {} in {blocks} blocks",
        applied.len()
    );
}
