//! Single transitions whose removal no simulated run detects.

use super::harness::*;
use epione::algebra::codec::Canonical;
use epione::consensus::{
    Body, Certificate, Decision, Digest, Effect, Entry, Input, Message, MessageError, NewViewProof,
    Phase, Prepared, Profile, Replica, ReplicaId, Timer, ViewChange, Vote,
};
use epione::sim::Journal;
use std::collections::BTreeSet;

/// The recipients of messages of a kind.
fn recipients(effects: &[Effect], name: &str) -> Vec<ReplicaId> {
    let of_kind = |effect: &Effect| match effect {
        Effect::Send { to, message } if message.body.name() == name => Some(to.clone()),
        _ => None,
    };
    effects.iter().filter_map(of_kind).flatten().collect()
}

/// The deadline that is set for a timer.
fn deadline(effects: &[Effect], timer: Timer) -> Option<u64> {
    let of_timer = |effect: &Effect| match effect {
        Effect::SetTimer { timer: set, at } if *set == timer => Some(*at),
        _ => None,
    };
    effects.iter().filter_map(of_timer).next_back()
}

fn step(replica: &mut Replica<Journal>, now: u64, message: &Message) -> Vec<Effect> {
    replica.step(now, Input::Message { peer: message.from, message: message.clone() })
}

/// Proposal and commit certificate of a height.
fn decision(harness: &Harness, height: u64, parent: Digest) -> (Digest, [Message; 2]) {
    let (digest, value) = harness.value_of((height, 0), parent, &format!("block {height}"));
    let leader = harness.config.leader(height, 0);
    let vote = Vote { phase: Phase::Commit, view: 0, digest };
    let commits = harness.certificate_of(height, vote, &harness.quorum());
    let proposal = harness.sign(leader, Body::PrePrepare { height, value });
    (digest, [proposal, harness.sign(leader, Body::Certificate(commits))])
}

fn decide(harness: &Harness, replica: &mut Replica<Journal>, parent: Digest) -> Digest {
    let height = replica.height();
    let (digest, messages) = decision(harness, height, parent);
    for message in messages {
        step(replica, height, &message);
    }
    assert_eq!(replica.height(), height + 1);
    digest
}

/// Blocks restart the view timer until they have passed over the oldest request for as many times
/// as a fair leader needs.
#[test]
fn blocks_without_the_oldest_request_restart_the_view_timer_as_often_as_patience_allows() {
    let harness = Harness::flat(4);
    let mut replica = harness.replica(harness.followers()[0]);
    replica.step(0, Input::Request(b"passed over".to_vec()));
    let patience = harness.config.limits().patience;
    let mut parent = harness.config.digest();
    for height in 1..=patience + 3 {
        let (digest, [proposal, commits]) = decision(&harness, height, parent);
        step(&mut replica, height, &proposal);
        let restarted = deadline(&step(&mut replica, height, &commits), Timer::View).is_some();
        assert_eq!(restarted, height < patience, "height {height}, patience {patience}");
        parent = digest;
    }
}

/// A request of a peer goes to the leader whenever it is due, at growing intervals.
#[test]
fn the_request_of_a_peer_is_sent_to_the_leader_at_growing_intervals() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let request = harness.sign(other, Body::Request(b"a".to_vec()));
    let mut due = deadline(&step(&mut replica, 0, &request), Timer::Relay).unwrap();
    let mut intervals = Vec::new();
    for _ in 0..5 {
        let effects = replica.step(due, Input::Timer(Timer::Relay));
        assert_eq!(recipients(&effects, "request"), [harness.leader(0)]);
        let next = deadline(&effects, Timer::Relay).unwrap();
        intervals.push(next - due);
        due = next;
    }
    assert!(intervals.is_sorted() && intervals[0] < intervals[2], "{intervals:?}");
    decide(&harness, &mut replica, harness.config.digest());
    let elected = step(&mut replica, due, &new_view_at(&harness, 2));
    let next = harness.config.leader(3, 0);
    assert_eq!(recipients(&elected, "request"), [next], "the oldest one, after a view change");
}

/// A new view 1 of a height above 1.
fn new_view_at(harness: &Harness, height: u64) -> Message {
    let (parent, _) = decision(harness, height - 1, harness.config.digest());
    let (_, value) = harness.value_of((height, 1), parent, "other");
    let change = ViewChange { height, view: 1, prepared: None };
    let view_change = |id: ReplicaId| {
        let body = Body::ViewChange { change, certificate: None };
        signed(&harness.sign(id, body))
    };
    let changes = harness.quorum().into_iter().map(view_change).collect();
    let proof = NewViewProof { changes, certificate: None };
    let body = Body::NewView { height, view: 1, proof, value };
    harness.sign(harness.config.leader(height, 1), body)
}

/// Each relay of a client's request begins with other members.
#[test]
fn two_relays_reach_all_members() {
    let harness = Harness::flat(10);
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    let mut due = deadline(&replica.step(0, Input::Request(b"a".to_vec())), Timer::Relay).unwrap();
    let mut reached = BTreeSet::new();
    for _ in 0..2 {
        let effects = replica.step(due, Input::Timer(Timer::Relay));
        let holders = recipients(&effects, "request");
        assert_eq!(holders.len(), 2 * harness.config.faults() + 1);
        reached.extend(holders);
        due = deadline(&effects, Timer::Relay).unwrap();
    }
    assert_eq!(reached.len(), 9, "{reached:?}");
}

/// A member that has requested a view waits for a quorum before it requests the next one.
#[test]
fn the_timer_of_a_requested_view_starts_with_a_quorum() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let due = deadline(&replica.step(0, Input::Request(b"a".to_vec())), Timer::View).unwrap();
    let effects = replica.step(due, Input::Timer(Timer::View));
    assert_eq!(recipients(&effects, "view change").len(), 3);
    assert_eq!(deadline(&effects, Timer::View), None, "no quorum");
    assert_eq!(
        deadline(&step(&mut replica, due, &harness.view_change(other, 1, None)), Timer::View),
        None
    );
    let third = harness.leader(1);
    let effects = step(&mut replica, due, &harness.view_change(third, 1, None));
    assert!(deadline(&effects, Timer::View).is_some_and(|at| at > due));
}

/// The lock may be of a view that the member enters later.
#[test]
fn a_certificate_that_precedes_its_proposal_is_answered_upon_the_proposal() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let mut replica = harness.replica(harness.followers()[0]);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let first = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    let second = harness.certificate(Phase::Prepare, 1, digest, &harness.quorum());
    let of_leader = harness.sign(harness.leader(1), Body::Certificate(second));
    assert_eq!(votes(&deliver(&mut replica, &of_leader)), [], "view 1 is not entered");
    let changes = [0, 1, 2].map(|id| harness.view_change(id, 1, Some(&first)));
    let effects = deliver(&mut replica, &harness.new_view(1, &changes, &value));
    assert_eq!(votes(&effects), [(Phase::Prepare, 1, digest), (Phase::Commit, 1, digest)]);
}

/// After the fallback delay a collector repeats the votes of its group.
#[test]
fn a_collector_repeats_the_votes_of_its_group() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let collector = group.ranking[0];
    let (digest, value) = harness.value(0, "a");
    let mut replica = harness.replica(collector);
    let mut effects = step(&mut replica, 0, &harness.pre_prepare(&value));
    for member in &group.ranking[1..] {
        effects.extend(step(&mut replica, 0, &harness.vote(*member, Phase::Prepare, 0, digest)));
    }
    assert!(!recipients(&effects, "partial certificate").is_empty());
    let due = deadline(&effects, Timer::Fallback).unwrap();
    let repeated = replica.step(due, Input::Timer(Timer::Fallback));
    assert_eq!(recipients(&repeated, "late votes"), [harness.leader(0)], "{repeated:?}");
}

/// A `NewView` bypasses the tree.
#[test]
fn a_new_view_goes_to_all_members_directly() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let leader = harness.leader(1);
    let mut replica = harness.replica(leader);
    let others = (0..16).filter(|id| *id != leader);
    let changes = others.map(|id| harness.view_change(id, 1, None));
    let effects: Vec<Effect> = changes.flat_map(|change| step(&mut replica, 0, &change)).collect();
    let to: BTreeSet<ReplicaId> = recipients(&effects, "new view").into_iter().collect();
    assert_eq!(to.len(), 15);
}

/// A decided value is fetched as a decision.
#[test]
fn the_value_of_a_decided_height_is_answered_with_its_decision() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let digest = decide(&harness, &mut replica, harness.config.digest());
    let fetch = harness.sign(other, Body::FetchValue { height: 1, digest });
    let effects = deliver(&mut replica, &fetch);
    let [Body::Decisions(decisions)] = sent(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(decisions[0].certificate.digest, digest);
}

/// Only the member that asks is answered: answers are charged to the transport peer.
#[test]
fn replayed_questions_are_not_answered() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let replayer = harness.leader(0);
    let mut replica = harness.replica(me);
    let digest = decide(&harness, &mut replica, harness.config.digest());
    let questions = [
        harness.sign(other, Body::FetchDecisions { height: 1, count: 1 }),
        harness.sign(other, Body::Status { height: 1, reply: true }),
        harness.sign(other, Body::FetchValue { height: 1, digest }),
        harness.view_change(other, 1, None),
    ];
    for question in questions {
        let answers = |peer, replica: &mut Replica<Journal>| {
            sent(&deliver_from(replica, peer, &question)).len()
        };
        assert_eq!(answers(replayer, &mut replica), 0, "{}", question.body.name());
        assert_eq!(answers(other, &mut replica), 1, "{}", question.body.name());
    }
}

/// A replica counts only votes that it has cast itself.
#[test]
fn a_message_in_the_replica_s_own_name_has_no_effect() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let (_, value) = harness.value(0, "a");
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let contradiction = harness.vote(me, Phase::Prepare, 0, [1; 32]);
    assert_eq!(deliver_from(&mut replica, other, &contradiction), []);
}

/// The messages of the next height are processed once it begins.
#[test]
fn a_proposal_of_the_next_height_is_accepted_once_the_height_begins() {
    let harness = Harness::flat(4);
    let mut replica = harness.replica(harness.followers()[0]);
    let (parent, [proposal, commits]) = decision(&harness, 1, harness.config.digest());
    let (digest, [next, _]) = decision(&harness, 2, parent);
    assert_eq!(votes(&deliver(&mut replica, &next)), []);
    deliver(&mut replica, &proposal);
    let effects = deliver(&mut replica, &commits);
    assert_eq!(votes(&effects), [(Phase::Prepare, 0, digest)]);
}

/// A worker may verify a request while a block delivers it.
#[test]
fn a_request_that_is_delivered_during_its_verification_does_not_enter_the_pool() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let request = harness.sign(other, Body::Request(b"block 1".to_vec()));
    let gate = replica.gate();
    let received = gate.receive(other, &request.to_bytes());
    let verified = gate.verify(received.unwrap()).unwrap();
    decide(&harness, &mut replica, harness.config.digest());
    replica.step_verified(5, verified);
    assert_eq!(replica.holdings().requests, 0);
}

/// A `Certificate` message contains a PREPARE or COMMIT certificate, and a view change reports one
/// of its own height.
#[test]
fn certificates_of_batches_and_other_heights_are_refused() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let (digest, _) = harness.value(0, "a");
    let prepare = Vote { phase: Phase::Prepare, view: 0, digest };
    let of_height_2 = harness.certificate_of(2, prepare, &harness.quorum());
    let prepared = Some(Prepared { view: 0, digest });
    let change = ViewChange { height: 1, view: 1, prepared };
    let body = Body::ViewChange { change, certificate: Some(of_height_2) };
    let error = error_of(&mut replica, &harness.sign(other, body));
    assert_eq!(error, Some(MessageError::CertificateMismatch));

    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let sign = |id: &ReplicaId| {
        let body = Body::BatchVote { group: group.number, digest };
        (*id, harness.sign(*id, body).signature)
    };
    let mut signatures: Vec<_> = group.ranking.iter().map(sign).collect();
    signatures.sort_by_key(|(id, _)| *id);
    let phase = Phase::Batch;
    let batch = Certificate { phase, group: group.number, height: 0, view: 0, digest, signatures };
    assert_eq!(batch.verify(&harness.config), Ok(()));
    let of_slot = Certificate { height: 1, ..batch };
    let mut replica = harness.replica(group.ranking[1]);
    let message = harness.sign(harness.leader(0), Body::Certificate(of_slot));
    assert_eq!(error_of(&mut replica, &message), Some(MessageError::CertificateMismatch));
}

/// A report of the requested view, or a later one, cannot be true.
#[test]
fn a_new_view_with_a_report_of_its_own_view_is_refused() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let prepared = harness.certificate(Phase::Prepare, 1, digest, &harness.quorum());
    let mut changes = harness.view_changes(1);
    changes[2] = harness.view_change(2, 1, Some(&prepared));
    let mut replica = harness.replica(harness.followers()[1]);
    let message = harness.new_view(1, &changes, &value);
    assert_eq!(error_of(&mut replica, &message), Some(MessageError::NewViewProof));
}

/// A restarted replica learns of the heights that it has missed.
#[test]
fn a_restored_replica_compares_heights() {
    let harness = Harness::flat(4);
    let me = harness.followers()[0];
    let (mut replica, effects) = harness.restore(me, &[]).unwrap();
    let due = deadline(&effects, Timer::Status).expect("heights are compared");
    let effects = replica.step(due, Input::Timer(Timer::Status));
    assert_eq!(recipients(&effects, "status").len(), harness.config.faults() + 1);
    // Less and less often while nothing happens.
    let second = deadline(&effects, Timer::Status).unwrap();
    let third =
        deadline(&replica.step(second, Input::Timer(Timer::Status)), Timer::Status).unwrap();
    assert!(third - second > second - due, "{due} {second} {third}");
}

/// A restored decision is that of its certificate.
#[test]
fn a_restored_decision_must_match_its_certificate() {
    let harness = Harness::flat(4);
    let me = harness.followers()[0];
    let (digest, _) = harness.value(0, "a");
    let certificate = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
    let decision = |request| {
        let value = harness.value(0, request).1;
        [Entry::Decision(Decision { value, certificate: certificate.clone() })]
    };
    assert!(harness.restore(me, &decision("a")).is_ok());
    assert!(harness.restore(me, &decision("b")).is_err());
}

/// A batch for which votes are missing makes room for the next one.
#[test]
fn a_batch_without_votes_is_given_up() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let (primary, member) = (group.ranking[0], group.ranking[1]);
    let mut replica = harness.replica(primary);
    let request = |text: &str| harness.sign(member, Body::Request(text.into()));
    let effects = step(&mut replica, 0, &request("a"));
    assert!(!recipients(&effects, "batch").is_empty());
    let due = deadline(&effects, Timer::Batch).unwrap();
    assert!(recipients(&step(&mut replica, 1, &request("b")), "batch").is_empty());
    let effects = replica.step(due, Input::Timer(Timer::Batch));
    assert!(!recipients(&effects, "batch").is_empty());
}

/// A certified batch is sent to each leader once.
#[test]
fn a_certified_batch_is_sent_to_each_leader_once() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let (primary, voters) = (group.ranking[0], &group.ranking[1..]);
    let mut replica = harness.replica(primary);
    let request = harness.sign(voters[0], Body::Request(b"a".to_vec()));
    let effects = step(&mut replica, 0, &request);
    let batch = message_of(&effects, "batch").unwrap();
    let mut sent = Vec::new();
    for voter in voters {
        let vote = step(&mut harness.replica(*voter), 0, &batch);
        let vote = message_of(&vote, "batch vote").unwrap();
        sent.extend(recipients(&step(&mut replica, 0, &vote), "certified batch"));
    }
    assert_eq!(sent, [harness.leader(0)]);
    let mut parent = harness.config.digest();
    for _ in 0..2 * harness.config.schedule().len() {
        let height = replica.height();
        let (digest, [proposal, commits]) = decision(&harness, height, parent);
        let Body::PrePrepare { value, .. } = proposal.body.clone() else { panic!() };
        let Body::Certificate(certificate) = commits.body.clone() else { panic!() };
        // A primary that leads fetches the decision of the others.
        let commits = harness.sign(voters[0], commits.body);
        let fetched = Body::Decisions(vec![Decision { value, certificate }]);
        for message in [proposal, commits, harness.sign(voters[0], fetched)] {
            sent.extend(recipients(&step(&mut replica, height, &message), "certified batch"));
        }
        assert_eq!(replica.height(), height + 1);
        parent = digest;
    }
    let distinct: BTreeSet<ReplicaId> = sent.iter().copied().collect();
    let leaders = harness.config.schedule().iter().filter(|id| **id != primary).count();
    assert_eq!((sent.len(), distinct.len()), (leaders, leaders), "{sent:?}");
}

/// A primary holds four certified batches at most. The requests of others are relayed when due.
#[test]
fn a_primary_holds_four_certified_batches_at_most() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let (primary, voters) = (group.ranking[0], &group.ranking[1..]);
    let mut replica = harness.replica(primary);
    let mut held = Vec::new();
    for i in 0..7 {
        let request = harness.sign(voters[0], Body::Request(vec![i, 1]));
        let effects = step(&mut replica, 0, &request);
        let batch = message_of(&effects, "batch").expect("a batch is open");
        for voter in voters {
            let vote = step(&mut harness.replica(*voter), 0, &batch);
            step(&mut replica, 0, &message_of(&vote, "batch vote").unwrap());
        }
        held.push(replica.holdings().batches);
    }
    let one = held[0];
    assert!(one > 0 && held == [1, 2, 3, 4, 4, 4, 4].map(|batches| batches * one), "{held:?}");
    assert!(4 * one <= harness.config.limits().held_for_member().batches);
}

/// The first message of a kind.
fn message_of(effects: &[Effect], name: &str) -> Option<Message> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { message, .. } if message.body.name() == name => Some(message.clone()),
        _ => None,
    })
}

/// A batch is checked only if it fits a value.
#[test]
fn a_batch_beyond_the_capacity_is_refused() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let requests = usize::from(harness.config.limits().capacity.requests) + 1;
    let batch = (0..requests as u32).map(|i| i.to_be_bytes().to_vec()).collect();
    let message = harness.sign(group.ranking[0], Body::Batch(batch));
    let error = error_of(&mut harness.replica(group.ranking[1]), &message);
    assert_eq!(error, Some(MessageError::Capacity));
}

/// Only the leader's proposal of the next height is stored, however it was verified.
#[test]
fn a_proposal_of_the_next_height_by_another_member_is_not_stored() {
    let harness = Harness::flat(4);
    let leaders = [harness.leader(0), harness.config.leader(2, 0)];
    let [me, other] = harness.followers()[..] else { panic!() };
    let replica = harness.replica(me);
    let held: Vec<usize> = [leaders[1], other]
        .into_iter()
        .map(|from| {
            let body = Body::PrePrepare { height: 2, value: harness.value(0, "a").1 };
            let bytes = harness.sign(from, body).to_bytes();
            let gate = replica.gate();
            let verified = gate.verify(gate.receive(from, &bytes).unwrap()).unwrap();
            let mut replica = replica.clone();
            replica.step_verified(0, verified);
            replica.holdings().next_height
        })
        .collect();
    assert!(held[0] > 0 && held[1] == 0, "{held:?}");
}

/// The proposal of the current view is held while other values are fetched.
#[test]
fn an_accepted_value_is_not_displaced_by_a_fetched_one() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&harness.value(0, "0").1));
    let mut accepted = ([0; 32], Vec::new());
    for view in 1..4 {
        accepted = harness.value(view, &format!("{view}"));
        deliver(&mut replica, &harness.new_view(view, &harness.view_changes(view), &accepted.1));
    }
    let (missing, value) = harness.value(2, "missing");
    let prepared = harness.certificate(Phase::Prepare, 2, missing, &harness.quorum());
    deliver(&mut replica, &harness.sign(other, Body::Certificate(prepared)));
    deliver(&mut replica, &harness.sign(other, Body::Value { height: 1, value }));
    let (digest, value) = accepted;
    let fetch = harness.sign(other, Body::FetchValue { height: 1, digest });
    assert_eq!(sent(&deliver(&mut replica, &fetch)), [&Body::Value { height: 1, value }]);
}

/// A leader whose fetch of a required value is lost fetches again.
#[test]
fn a_leader_fetches_a_required_value_until_it_has_it() {
    let harness = Harness::flat(4);
    let leader = harness.leader(1);
    let mut replica = harness.replica(leader);
    let (digest, value) = harness.value(0, "a");
    let signers: Vec<ReplicaId> = (0..4).filter(|id| *id != leader).collect();
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &signers);
    let mut effects = Vec::new();
    for id in &signers {
        effects.extend(step(&mut replica, 0, &harness.view_change(*id, 1, Some(&prepared))));
    }
    assert_eq!(recipients(&effects, "fetch value").len(), 1);
    let due = deadline(&effects, Timer::Fallback).unwrap();
    let effects = replica.step(due, Input::Timer(Timer::Fallback));
    assert_eq!(recipients(&effects, "fetch value").len(), 1);
    let answer = harness.sign(signers[0], Body::Value { height: 1, value });
    assert_eq!(recipients(&step(&mut replica, due, &answer), "new view").len(), 3);
}

#[test]
fn a_leader_repeats_the_prepare_certificate() {
    let harness = Harness::flat(4);
    let leader = harness.leader(0);
    let mut replica = harness.replica(leader);
    let effects = replica.step(0, Input::Request(b"a".to_vec()));
    let digest = votes(&effects)[0].2;
    let mut effects = Vec::new();
    for id in harness.followers() {
        effects.extend(step(&mut replica, 0, &harness.vote(id, Phase::Prepare, 0, digest)));
    }
    assert!(replica.prepared_certificate().is_some());
    let due = deadline(&effects, Timer::Fallback).unwrap();
    let effects = replica.step(due, Input::Timer(Timer::Fallback));
    assert_eq!(recipients(&effects, "certificate").len(), 3);
}

/// The votes of a group are stored for views near the current one only.
#[test]
fn the_votes_of_a_group_for_a_distant_view_are_refused() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let view = 50 * harness.config.schedule().len() as u64;
    let leader = harness.config.leader(1, view);
    let (group, _) = harness.remote_group();
    let member = group.ranking[1];
    let digest = [1; 32];
    let signature = harness.vote(member, Phase::Prepare, view, digest).signature;
    let (phase, signatures) = (Phase::Prepare, vec![(member, signature)]);
    let partial = Certificate { phase, group: 0, height: 1, view, digest, signatures };
    let message = harness.sign(member, Body::PartialCertificate(partial));
    let error = error_of(&mut harness.replica(leader), &message);
    assert_eq!(error, Some(MessageError::TooFarAhead));
}

/// One certificate proves a height, whoever sends it: all members are asked for the decision.
#[test]
fn a_certificate_of_the_next_height_lets_a_replica_fetch_from_all() {
    let harness = Harness::flat(4);
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    let (_, [_, commits]) = decision(&harness, 2, [9; 32]);
    let mut effects = step(&mut replica, 0, &commits);
    let mut asked = BTreeSet::new();
    for _ in 0..6 {
        asked.extend(recipients(&effects, "fetch decisions"));
        let due = deadline(&effects, Timer::Sync).unwrap();
        effects = replica.step(due, Input::Timer(Timer::Sync));
    }
    assert_eq!(asked.len(), 3, "{asked:?}");
}

/// Members that fetch from a higher height prove that this replica lags behind.
#[test]
fn a_replica_that_lags_behind_the_members_that_ask_it_fetches() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let mut effects = Vec::new();
    for from in [harness.leader(0), other] {
        let fetch = harness.sign(from, Body::FetchDecisions { height: 9, count: 1 });
        effects.extend(step(&mut replica, 0, &fetch));
    }
    let due = deadline(&effects, Timer::Fallback).expect("the replica lags behind");
    let effects = replica.step(due, Input::Timer(Timer::Fallback));
    assert!(!recipients(&effects, "fetch decisions").is_empty());
}

#[test]
fn the_statements_of_distant_views_are_discarded() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    for view in 0..16 {
        deliver(&mut replica, &harness.vote(other, Phase::Prepare, view, [1; 32]));
    }
    let before = replica.holdings().statements;
    let (_, value) = harness.value(100, "a");
    deliver(&mut replica, &harness.new_view(100, &harness.view_changes(100), &value));
    assert_eq!(replica.view(), 100);
    assert!(replica.holdings().statements < before / 4);
}

/// More view changes than members are refused before any is verified.
#[test]
fn a_new_view_with_more_view_changes_than_members_is_refused_unverified() {
    let harness = Harness::flat(4);
    let (_, value) = harness.value(1, "a");
    let mut changes = harness.view_changes(1);
    changes.push(harness.view_change(3, 1, None));
    let mut forged = harness.view_change(3, 1, None);
    forged.signature = changes[0].signature;
    changes.push(forged);
    let message = harness.new_view(1, &changes, &value);
    let error = error_of(&mut harness.replica(harness.followers()[0]), &message);
    assert_eq!(error, Some(MessageError::NewViewProof));
}

/// A new view has its own delay, from the moment at which a quorum requests it and again from its
/// beginning.
#[test]
fn a_view_change_and_a_new_view_restart_the_view_timer() {
    let harness = Harness::flat(4);
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    replica.step(0, Input::Request(b"a".to_vec()));
    let delay = harness.config.timing().view;
    // The replica joins two view changes, and its own completes the quorum.
    let others: Vec<ReplicaId> = (0..4).filter(|id| *id != me).collect();
    step(&mut replica, 10, &harness.view_change(others[0], 1, None));
    let effects = step(&mut replica, 20, &harness.view_change(others[1], 1, None));
    assert_eq!(deadline(&effects, Timer::View), Some(20 + delay), "requested");
    let (_, value) = harness.value(1, "a");
    let effects = step(&mut replica, 30, &harness.new_view(1, &harness.view_changes(1), &value));
    assert_eq!(deadline(&effects, Timer::View), Some(30 + delay), "begun");
}

/// A certificate of the next height must be valid before it is stored and proves the height.
#[test]
fn a_forged_certificate_of_the_next_height_is_neither_stored_nor_believed() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let vote = Vote { phase: Phase::Commit, view: 0, digest: [1; 32] };
    let few = harness.certificate_of(2, vote, &[0, 1]);
    let mut forged = harness.certificate_of(2, vote, &harness.quorum());
    forged.signatures[2].1 = forged.signatures[1].1;
    for certificate in [few, forged] {
        let mut replica = harness.replica(me);
        let of_vote = Certificate { phase: Phase::Prepare, ..certificate.clone() };
        let prepared = Some(Prepared { view: 0, digest: [1; 32] });
        let change = ViewChange { height: 2, view: 1, prepared };
        let view_change = Body::ViewChange { change, certificate: Some(of_vote) };
        for body in [Body::Certificate(certificate.clone()), view_change] {
            let effects = step(&mut replica, 0, &harness.sign(other, body));
            let discarded = |effect: &Effect| matches!(effect, Effect::Discard { .. });
            assert!(effects.iter().any(discarded), "{effects:?}");
        }
        assert_eq!(replica.holdings().next_height, 0);
    }
}

/// One false height makes a replica fetch less and less often. Once the height is true, it fetches
/// after a fallback delay at the latest.
#[test]
fn a_false_height_does_not_delay_the_fetch_of_a_true_one() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let liar = harness.leader(0);
    let status = |from| harness.sign(from, Body::Status { height: 2, reply: false });
    let mut replica = harness.replica(me);
    let mut due = deadline(&step(&mut replica, 0, &status(liar)), Timer::Sync).unwrap();
    for _ in 0..7 {
        due = deadline(&replica.step(due, Input::Timer(Timer::Sync)), Timer::Sync).unwrap();
    }
    let fallback = harness.config.timing().fallback;
    let now = due - 50 * fallback;
    let effects = step(&mut replica, now, &status(other));
    let next = deadline(&effects, Timer::Sync).expect("the deadline is earlier now");
    assert!(next <= now + fallback, "{next} after {now}");
    let effects = replica.step(next, Input::Timer(Timer::Sync));
    assert_eq!(recipients(&effects, "fetch decisions").len(), 1);
}

/// A leader that another one follows does not repeat its own proposal.
#[test]
fn a_proposal_of_an_earlier_view_is_not_repeated() {
    let harness = Harness::flat(4);
    let leader = harness.leader(0);
    let mut replica = harness.replica(leader);
    replica.step(0, Input::Request(b"a".to_vec()));
    let (_, value) = harness.value(1, "b");
    let changes: Vec<Message> =
        (0..4).filter(|id| *id != leader).map(|id| harness.view_change(id, 1, None)).collect();
    let effects = step(&mut replica, 1, &harness.new_view(1, &changes, &value));
    let due = deadline(&effects, Timer::Fallback).unwrap();
    let effects = replica.step(due, Input::Timer(Timer::Fallback));
    assert!(recipients(&effects, "pre-prepare").is_empty(), "{effects:?}");
    assert!(!recipients(&effects, "prepare").is_empty());
}
