//! Logs that restore a replica, and those that do not.

use super::harness::*;
use epione::consensus::{
    Body, Effect, Entry, Input, Message, MessageError, Phase, Replica, ReplicaId, RestoreError,
    Timer, Vote,
};
use epione::sim::Journal;

fn entries(effects: &[Effect]) -> Vec<Entry> {
    persisted(effects).into_iter().cloned().collect()
}

/// Another member's proposal, vote and view change bind that member only.
#[test]
fn the_log_of_another_member_is_refused() {
    let harness = Harness::flat(4);
    let (leader, [me, other]) = (harness.leader(0), harness.followers()[..2].try_into().unwrap());
    let (_, value) = harness.value(0, "a");
    let proposal = entries(&harness.replica(leader).step(0, Input::Request(b"a".to_vec())));
    let mut voter = harness.replica(me);
    let mut log = entries(&deliver(&mut voter, &harness.pre_prepare(&value)));
    log.extend(entries(&expire_view_timer(&mut voter)));
    let kinds = |log: &[Entry]| -> Vec<&str> {
        let kind = |entry: &Entry| match entry {
            Entry::Proposal(_) => "proposal",
            Entry::Value { .. } => "value",
            Entry::Vote { .. } => "vote",
            Entry::ViewChange(_) => "view change",
            Entry::Lock(_) | Entry::Decision(_) => "other",
        };
        log.iter().map(kind).collect()
    };
    assert_eq!(kinds(&proposal), ["value", "proposal", "vote"]);
    assert_eq!(kinds(&log), ["value", "vote", "view change"]);
    assert!(harness.restore(leader, &proposal).is_ok() && harness.restore(me, &log).is_ok());
    let refused = |id: ReplicaId, log: &[Entry]| harness.restore(id, log).err();
    let signature = |index| Some(RestoreError::Entry { index, reason: MessageError::Signature });
    assert_eq!(refused(other, &proposal), signature(1));
    assert_eq!(refused(other, &log), signature(1));
    assert_eq!(refused(other, &log[2..]), signature(0));
}

#[test]
fn a_lock_must_be_a_certificate_of_a_quorum() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let log = |signers: &[ReplicaId]| {
        let lock = harness.certificate(Phase::Prepare, 0, digest, signers);
        [Entry::Value { height: 1, value: value.clone() }, Entry::Lock(lock)]
    };
    assert!(harness.restore(me, &log(&[0, 1, 2])).is_ok());
    let refused = harness.restore(me, &log(&[0, 1])).err();
    let Some(RestoreError::Entry { index: 1, reason }) = refused else { panic!("{refused:?}") };
    assert!(matches!(reason, MessageError::Certificate(_)), "{reason:?}");
}

#[test]
fn a_view_that_cannot_be_incremented_is_refused() {
    let harness = Harness::flat(4);
    let me = harness.followers()[0];
    let vote = Vote { phase: Phase::Prepare, view: u64::MAX, digest: [1; 32] };
    let message = harness.vote(me, vote.phase, vote.view, vote.digest);
    let entry = Entry::Vote { height: 1, vote, signature: message.signature };
    let reason = MessageError::TooFarAhead;
    let refused = Some(RestoreError::Entry { index: 0, reason });
    assert_eq!(harness.restore(me, &[entry]).err(), refused);
}

/// A restored replica sets its timers without further input.
#[test]
fn a_restored_replica_retransmits_by_itself() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let log = entries(&deliver(&mut harness.replica(me), &harness.pre_prepare(&value)));
    let (mut replica, effects) = harness.restore(me, &log).unwrap();
    let fallback = effects.iter().find_map(|effect| match effect {
        Effect::SetTimer { timer: Timer::Fallback, at } => Some(*at),
        _ => None,
    });
    let effects = replica.step(fallback.unwrap(), Input::Timer(Timer::Fallback));
    assert_eq!(votes(&effects), [(Phase::Prepare, 0, digest)]);
}

/// A replica that stopped between its lock and its COMMIT casts it after the restart.
#[test]
fn a_lock_without_its_commit_is_answered_after_a_restart() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    let mut log = entries(&deliver(&mut replica, &harness.pre_prepare(&value)));
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    log.extend(entries(&deliver(&mut replica, &harness.announce(&prepared))));
    let commit = [(Phase::Commit, 0, digest)];
    let length = log.iter().position(|entry| matches!(entry, Entry::Lock(_))).unwrap() + 1;
    let (_, effects) = harness.restore(me, &log[..length]).unwrap();
    assert_eq!(votes(&effects), commit);
    let (_, effects) = harness.restore(me, &log).unwrap();
    assert_eq!(persisted(&effects), Vec::<&Entry>::new(), "the vote is in the log");
}

/// An application with storage has executed decisions that the log may contain.
#[test]
fn a_replica_continues_at_the_height_of_its_application() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    let mut log = entries(&deliver(&mut replica, &harness.pre_prepare(&value)));
    let decided = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
    log.extend(entries(&deliver(&mut replica, &harness.announce(&decided))));
    assert_eq!(replica.height(), 2);
    let restore = |application: Journal, log: &[Entry]| {
        let (config, key) = (harness.config.clone(), harness.keys[usize::from(me)].clone());
        Replica::restore(config, me, key, application, log.to_vec(), 0).unwrap().0
    };
    let stored = replica.application().clone();
    for log in [&log[..], &[]] {
        let restored = restore(stored.clone(), log);
        assert_eq!((restored.height(), restored.application()), (2, &stored));
        assert_eq!(restored.decision(1).unwrap().value, value);
    }
    assert_eq!(restore(Journal::default(), &log).application(), &stored);
}

/// The number of values that the replica holds at most: four, and that of its lock.
const HELD: usize = 5;

/// A restored replica discards values by the same rule, and its log repeats a value that is locked
/// long after it was verified.
#[test]
fn a_restored_replica_holds_few_values_and_that_of_its_lock() {
    let harness = Harness::flat(4);
    let [me, other] = harness.followers()[..] else { panic!() };
    let (digest, first) = harness.value(0, "0");
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    let mut replica = harness.replica(me);
    let mut log = Vec::new();
    let mut deliver = |message: &Message| log.extend(entries(&deliver(&mut replica, message)));
    deliver(&harness.pre_prepare(&first));
    // A report names the value while later ones displace it.
    deliver(&harness.view_change(other, 40, Some(&prepared)));
    for view in 1..9 {
        let (_, value) = harness.value(view, &format!("{view}"));
        deliver(&harness.new_view(view, &harness.view_changes(view), &value));
    }
    deliver(&harness.announce(&prepared));
    let (mut restored, _) = harness.restore(me, &log).unwrap();
    // Nine values have passed.
    let limit = HELD * (first.len() + 256);
    let held = [&replica, &restored].map(|replica| replica.holdings().values);
    assert!(held.iter().all(|held| (first.len()..=limit).contains(held)), "{held:?} of {limit}");
    assert_eq!(restored.prepared_certificate(), Some(&prepared));
    let fetch = harness.sign(other, Body::FetchValue { height: 1, digest });
    for replica in [&mut replica, &mut restored] {
        let effects = replica.step(1, Input::Message { peer: other, message: fetch.clone() });
        assert!(sent(&effects).contains(&&Body::Value { height: 1, value: first.clone() }));
    }
}
