//! View changes, one transition at a time. Each test names the rule it guards; with the rule
//! taken out of the code the test fails.

use super::table::*;
use epione::consensus::{
    Body, Certificate, CertificateError, Decision, Effect, Fault, Input, Message, Phase, Profile,
    ReplicaId, Timer,
};

/// Both profiles obey the same rules.
fn both() -> [Table; 2] {
    [Table::flat(4), Table::of(Profile::MemberQuorum, 16, 0)]
}

/// Everything on one table: what was committed at one replica survives its leader.
#[test]
fn committed_value_is_proposed_again() {
    let table = Table::flat(4);
    let (digest, value) = table.value(0, "a");
    let (all, next) = ([0, 1, 2, 3], table.leader(1));
    // In view 0 a quorum prepares, and one replica sees a quorum of COMMITs.
    let early = table.followers()[0];
    let mut replica = table.replica(early);
    give(&mut replica, &table.propose(&value));
    let commits = table.certificate(Phase::Commit, 0, digest, &all[..3]);
    let effects = give(&mut replica, &table.sign(next, Body::Certificate(commits)));
    assert_eq!(delivered(&effects), std::slice::from_ref(&value));

    // The leader of view 1 knows of neither value nor certificate, only of Q view changes.
    let prepared = table.certificate(Phase::Prepare, 0, digest, &all[1..]);
    let mut leader = table.replica(next);
    let others: Vec<ReplicaId> = all.into_iter().filter(|id| *id != next).collect();
    let with = table.view_change(others[0], 1, Some((&prepared, &value)));
    let without = table.view_change(others[1], 1, None);
    assert_eq!(give(&mut leader, &with), []);
    // Two of four are F + 1: it joins, and with its own has a quorum.
    let effects = give(&mut leader, &without);
    let bodies = sent(&effects);
    assert!(matches!(bodies[0], Body::ViewChange { change, .. } if change.prepared.is_none()));
    let Body::NewView { view: 1, changes, value: again, .. } = bodies[1] else {
        panic!("no new view: {bodies:?}")
    };
    assert_eq!((changes.len(), again), (3, &value), "byte-identical");
    assert_eq!(votes(&effects), [(Phase::Prepare, 1, digest)]);
}

#[test]
fn view_timer_reports_the_lock_and_its_value() {
    for table in both() {
        let (digest, value) = table.value(0, "a");
        let mut replica = table.replica(table.followers()[0]);
        assert_eq!(
            votes(&give(&mut replica, &table.propose(&value))),
            [(Phase::Prepare, 0, digest)]
        );
        let prepared = table.certificate(Phase::Prepare, 0, digest, &table.quorum());
        let certificate = table.sign(table.leader(0), Body::Certificate(prepared.clone()));
        assert_eq!(votes(&give(&mut replica, &certificate)), [(Phase::Commit, 0, digest)]);
        let effects = time_out(&mut replica);
        let [Body::ViewChange { change, value: with }] = sent(&effects)[..] else {
            panic!("{effects:?}")
        };
        assert_eq!((change.view, with), (1, &Some(value)));
        assert_eq!(change.prepared.as_ref(), Some(&prepared));
    }
}

/// After its ViewChange a member never votes below; a complete commit certificate it accepts.
#[test]
fn no_vote_after_view_change() {
    for table in both() {
        let (digest, value) = table.value(0, "a");
        let mut replica = table.replica(table.followers()[0]);
        give(&mut replica, &table.propose(&value));
        time_out(&mut replica);
        assert_eq!(replica.view(), 1);
        let prepared = table.certificate(Phase::Prepare, 0, digest, &table.quorum());
        let late = table.sign(table.leader(0), Body::Certificate(prepared.clone()));
        assert_eq!(votes(&give(&mut replica, &late)), []);
        assert_eq!(replica.locked(), Some(&prepared), "but it is reported from now on");
        let committed = table.certificate(Phase::Commit, 0, digest, &table.quorum());
        let late = table.sign(table.leader(0), Body::Certificate(committed));
        assert_eq!(delivered(&give(&mut replica, &late)), [value]);
    }
}

/// Neither does it PREPARE what the old leader still proposes.
#[test]
fn no_prepare_after_view_change() {
    for table in both() {
        let (_, value) = table.value(0, "a");
        let mut replica = table.replica(table.followers()[0]);
        let others = (0..).filter(|id| *id != replica.id()).take(table.config.faults() + 1);
        for from in others.collect::<Vec<_>>() {
            give(&mut replica, &table.view_change(from, 1, None));
        }
        assert_eq!(replica.view(), 1, "joined F + 1");
        assert_eq!(votes(&give(&mut replica, &table.propose(&value))), []);
    }
}

/// A valid NewView overrides the lock: a lock that is a veto halts the chain.
#[test]
fn new_view_overrides_lock() {
    for table in both() {
        let ((digest, value), (other, rival)) = (table.value(0, "a"), table.value(1, "b"));
        let mut replica = table.replica(table.followers()[0]);
        give(&mut replica, &table.propose(&value));
        let prepared = table.certificate(Phase::Prepare, 0, digest, &table.quorum());
        give(&mut replica, &table.sign(table.leader(0), Body::Certificate(prepared)));
        assert!(replica.locked().is_some());
        let changes: Vec<_> =
            table.quorum().into_iter().map(|id| table.view_change(id, 1, None)).collect();
        let effects = give(&mut replica, &table.new_view(1, &changes, &rival));
        assert_eq!(votes(&effects), [(Phase::Prepare, 1, other)]);
    }
}

/// A late certificate of a lower view does not replace the lock; a higher one does.
#[test]
fn lock_never_falls() {
    for table in both() {
        let ((old, value), (new, rival)) = (table.value(0, "a"), table.value(1, "b"));
        let mut replica = table.replica(table.followers()[0]);
        give(&mut replica, &table.propose(&value));
        let changes: Vec<_> =
            table.quorum().into_iter().map(|id| table.view_change(id, 1, None)).collect();
        give(&mut replica, &table.new_view(1, &changes, &rival));
        let higher = table.certificate(Phase::Prepare, 1, new, &table.quorum());
        let effects =
            give(&mut replica, &table.sign(table.leader(0), Body::Certificate(higher.clone())));
        assert_eq!(votes(&effects), [(Phase::Commit, 1, new)]);
        let lower = table.certificate(Phase::Prepare, 0, old, &table.quorum());
        give(&mut replica, &table.sign(table.leader(0), Body::Certificate(lower)));
        assert_eq!(replica.locked(), Some(&higher));
        let effects = time_out(&mut replica);
        let [Body::ViewChange { change, .. }] = sent(&effects)[..] else { panic!("{effects:?}") };
        assert_eq!((change.view, change.prepared.as_ref()), (2, Some(&higher)));
    }
}

#[test]
fn bad_new_views_are_refused() {
    let table = Table::flat(4);
    let ((old, value), (fresh, rival)) = (table.value(0, "a"), table.value(1, "b"));
    let prepared = table.certificate(Phase::Prepare, 0, old, &[0, 1, 2]);
    let with = table.view_change(0, 1, Some((&prepared, &value)));
    let [one, two, three] = [1, 2, 3].map(|id| table.view_change(id, 1, None));
    let mut replica = table.replica(table.followers()[0]);
    let mut refusal = |changes: &[&Message], value: &[u8]| {
        let changes: Vec<_> = changes.iter().map(|change| (*change).clone()).collect();
        refused(&mut replica, &table.new_view(1, &changes, value))
    };
    // Another value than the prepared one, though valid by itself.
    assert_eq!(refusal(&[&with, &one, &two], &rival), Some(Fault::WrongValue));
    // Below the quorum; one member twice; of another view.
    assert_eq!(refusal(&[&one, &two], &rival), Some(Fault::NoQuorum));
    assert_eq!(refusal(&[&one, &two, &two], &rival), Some(Fault::NoQuorum));
    let ahead = table.view_change(3, 2, None);
    assert_eq!(refusal(&[&one, &two, &ahead], &rival), Some(Fault::NoQuorum));
    // Without a certificate the value must be fresh: of view 1, not of view 0.
    assert!(matches!(refusal(&[&one, &two, &three], &value), Some(Fault::Value(_))));
    // A view change that another member signed.
    let mut forged = three.clone();
    forged.from = 0;
    assert_eq!(refusal(&[&forged, &one, &two], &rival), Some(Fault::NoQuorum));
    // A reported certificate that is a quorum of COMMITs, or below the quorum.
    let commits = table.certificate(Phase::Commit, 0, old, &[0, 1, 2]);
    let with_commits = table.view_change(0, 1, Some((&commits, &value)));
    assert_eq!(refusal(&[&with_commits, &one, &two], &value), Some(Fault::Mismatch));
    let few = table.certificate(Phase::Prepare, 0, old, &[0, 1]);
    let with_few = table.view_change(0, 1, Some((&few, &value)));
    assert!(matches!(refusal(&[&with_few, &one, &two], &value), Some(Fault::Certificate(_))));
    // Or of another height, by all rules a certificate there.
    let vote = |id: ReplicaId| {
        let body = Body::Vote { phase: Phase::Prepare, height: 2, view: 0, digest: old };
        (id, table.sign(id, body).signature)
    };
    let signatures = [0, 1, 2].map(vote).to_vec();
    let alien = Certificate { height: 2, signatures, ..prepared.clone() };
    assert_eq!(alien.verify(&table.config), Ok(()));
    let with_alien = table.view_change(0, 1, Some((&alien, &value)));
    assert_eq!(refusal(&[&with_alien, &one, &two], &value), Some(Fault::Mismatch));
    // By another than the leader of view 1.
    let mut stolen = table.new_view(1, &[one.clone(), two.clone(), three.clone()], &rival);
    stolen = table.sign(table.leader(0), stolen.body);
    let mut replica = table.replica(table.followers()[0]);
    assert_eq!(refused(&mut replica, &stolen), Some(Fault::Role));
    // And the control: a good one is accepted.
    let effects = give(&mut replica, &table.new_view(1, &[one, two, three], &rival));
    assert_eq!(votes(&effects), [(Phase::Prepare, 1, fresh)]);
}

/// Of several certificates the one of the highest view decides.
#[test]
fn new_view_with_lower_certificate_is_refused() {
    for table in both() {
        let ((a, first), (b, second)) = (table.value(0, "a"), table.value(1, "b"));
        let low = table.certificate(Phase::Prepare, 0, a, &table.quorum());
        let high = table.certificate(Phase::Prepare, 1, b, &table.quorum());
        let with = [Some((&low, &first[..])), Some((&high, &second[..])), None];
        let change =
            |id: ReplicaId| table.view_change(id, 2, *with.get(usize::from(id)).unwrap_or(&None));
        let changes: Vec<_> = table.quorum().into_iter().map(change).collect();
        let leader = table.leader(2);
        let me = table.followers().into_iter().find(|id| *id != leader).unwrap();
        let mut replica = table.replica(me);
        let wrong = table.new_view(2, &changes, &first);
        assert_eq!(refused(&mut replica, &wrong), Some(Fault::WrongValue));
        let effects = give(&mut replica, &table.new_view(2, &changes, &second));
        assert_eq!(votes(&effects), [(Phase::Prepare, 2, b)]);
    }
}

#[test]
fn second_proposal_is_equivocation() {
    for table in both() {
        let ((_, value), (_, rival)) = (table.value(0, "a"), table.value(0, "b"));
        let mut replica = table.replica(table.followers()[0]);
        give(&mut replica, &table.propose(&value));
        assert_eq!(refused(&mut replica, &table.propose(&rival)), Some(Fault::Equivocation));
        assert_eq!(refused(&mut replica, &table.propose(&value)), None, "a repetition is not");
        let changes: Vec<_> =
            table.quorum().into_iter().map(|id| table.view_change(id, 1, None)).collect();
        let [one, two] = ["c", "d"].map(|request| table.value(1, request).1);
        give(&mut replica, &table.new_view(1, &changes, &one));
        let second = table.new_view(1, &changes, &two);
        assert_eq!(refused(&mut replica, &second), Some(Fault::Equivocation));
    }
}

#[test]
fn proposals_by_others_are_refused() {
    let table = Table::flat(4);
    let (_, value) = table.value(0, "a");
    let [me, other] = table.followers()[..] else { panic!() };
    let mut replica = table.replica(me);
    let stolen = table.sign(other, Body::Propose { height: 1, value: value.clone() });
    assert_eq!(refused(&mut replica, &stolen), Some(Fault::Role));
    let mut forged = stolen;
    forged.from = table.leader(0);
    assert_eq!(refused(&mut replica, &forged), Some(Fault::Signature));
    // The value of another view's leader.
    let alien = table.propose(&table.value(1, "a").1);
    assert!(matches!(refused(&mut replica, &alien), Some(Fault::Value(_))));
}

/// One bogus certificate must not hide the good ones.
#[test]
fn bad_certificate_drops_only_its_message() {
    let table = Table::flat(4);
    let (digest, value) = table.value(0, "a");
    let next = table.leader(1);
    let others: Vec<ReplicaId> = (0..4).filter(|id| *id != next).collect();
    let mut bogus = table.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    bogus.signatures[1].1 = bogus.signatures[0].1;
    let good = table.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    let mut leader = table.replica(next);
    let bad = table.view_change(others[0], 1, Some((&bogus, &value)));
    let fault = Fault::Certificate(CertificateError::Signature(1));
    assert_eq!(refused(&mut leader, &bad), Some(fault));
    // A certificate without its value could not be proposed again, nor one with another's.
    let mut bare = table.view_change(others[0], 1, Some((&good, &value)));
    let Body::ViewChange { value: carried, .. } = &mut bare.body else { panic!() };
    *carried = None;
    assert_eq!(refused(&mut leader, &bare), Some(Fault::Mismatch));
    give(&mut leader, &table.view_change(others[1], 1, Some((&good, &value))));
    let effects = give(&mut leader, &table.view_change(others[2], 1, None));
    let again = sent(&effects).into_iter().find_map(|body| match body {
        Body::NewView { value, .. } => Some(value.clone()),
        _ => None,
    });
    assert_eq!(again, Some(value));
}

#[test]
fn one_member_moves_nobody_and_runs_alone_nowhere() {
    let table = Table::flat(4);
    let (_, value) = table.value(0, "a");
    let [me, other] = table.followers()[..] else { panic!() };
    let mut replica = table.replica(me);
    give(&mut replica, &table.view_change(other, 1 << 30, None));
    assert_eq!(replica.view(), 0);
    give(&mut replica, &table.propose(&value));
    time_out(&mut replica);
    assert_eq!(replica.view(), 1);
    for _ in 0..5 {
        replica.step(u64::MAX / 2, Input::Timer(Timer::View));
    }
    assert_eq!(replica.view(), 1, "no quorum asks for view 1 yet");
    give(&mut replica, &table.view_change(table.leader(0), 1 << 20, None));
    assert_eq!(replica.view(), 1 << 20, "the largest view that F + 1 claim or exceed");
}

/// A lock of a view that was never entered: the next view asked for is above it, since a
/// certificate that is not below its view change is refused.
#[test]
fn view_changes_stay_above_their_certificates() {
    for table in both() {
        let (digest, value) = table.value(0, "a");
        let mut replica = table.replica(table.followers()[0]);
        give(&mut replica, &table.propose(&value));
        let ahead = table.certificate(Phase::Prepare, 5, digest, &table.quorum());
        let certificate = table.sign(table.leader(0), Body::Certificate(ahead.clone()));
        assert_eq!(votes(&give(&mut replica, &certificate)), [], "not in that view");
        assert_eq!(replica.locked(), Some(&ahead));
        time_out(&mut replica);
        assert_eq!(replica.view(), 6);
        for view in [1, 5] {
            let late = table.view_change(table.leader(0), view, Some((&ahead, &value)));
            assert_eq!(refused(&mut replica, &late), Some(Fault::Mismatch), "{view}");
        }
    }
}

/// In the tree: what a primary hears from the leader it passes to its group, what it hears
/// from its group it passes up, once all of it is there or when the fallback timer ends.
#[test]
fn primaries_pass_on() {
    let table = Table::of(Profile::MemberQuorum, 16, 0);
    let (digest, value) = table.value(0, "a");
    let leader = table.leader(0);
    let group = table.config.groups().iter().find(|g| !g.ranking.contains(&leader)).unwrap();
    let members: Vec<ReplicaId> = group.ranking[1..].to_vec();
    let mut primary = table.replica(group.ranking[0]);
    let effects = give(&mut primary, &table.propose(&value));
    let mut down = members.clone();
    down.sort_unstable();
    assert!(matches!(&effects[0], Effect::Send { to, message }
            if *to == down && *message == table.propose(&value)));
    assert_eq!(votes(&effects), [], "its own vote is in the partial");
    for member in &members[..2] {
        let vote = table.vote(*member, Phase::Prepare, 0, digest);
        assert_eq!(give(&mut primary, &vote), []);
    }
    // A vote of another group is none of its own.
    let stranger = table.vote(leader, Phase::Prepare, 0, digest);
    assert_eq!(sent(&give(&mut primary, &stranger)), Vec::<&Body>::new());
    let incomplete = primary.step(1_000, Input::Timer(Timer::Fallback));
    let partial = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Send { to, message: Message { body: Body::Partial(c), .. } } => {
                Some((to.clone(), c.signatures.len()))
            }
            _ => None,
        })
    };
    assert_eq!(partial(&incomplete), Some((vec![leader], 3)));
    let last = table.vote(members[2], Phase::Prepare, 0, digest);
    assert_eq!(partial(&give(&mut primary, &last)), Some((vec![leader], 4)));
    let prepared = table.certificate(Phase::Prepare, 0, digest, &table.quorum());
    let effects = give(&mut primary, &table.sign(leader, Body::Certificate(prepared)));
    assert!(matches!(&effects[0], Effect::Send { to, message: Message {
            body: Body::Certificate(_), .. } } if *to == down));
}

/// A view change for a height that is over is answered with its certificate and value.
#[test]
fn laggards_are_answered() {
    let table = Table::flat(4);
    let (digest, value) = table.value(0, "a");
    let [me, other] = table.followers()[..] else { panic!() };
    let (mut replica, mut laggard) = (table.replica(me), table.replica(other));
    give(&mut replica, &table.propose(&value));
    let commits = table.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    give(&mut replica, &table.sign(table.leader(0), Body::Certificate(commits)));
    assert_eq!(replica.height(), 2);
    let effects = give(&mut replica, &table.view_change(other, 1, None));
    let [Effect::Send { to, message }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(to, &[other]);
    assert_eq!(delivered(&give(&mut laggard, message)), [value]);
}

/// A prepare certificate without its value: pulled, then locked and voted.
#[test]
fn missing_value_is_pulled() {
    let table = Table::flat(4);
    let (digest, value) = table.value(0, "a");
    let [me, other] = table.followers()[..] else { panic!() };
    let mut replica = table.replica(me);
    let signers: Vec<ReplicaId> = (0..4).filter(|id| *id != me).collect();
    let prepared = table.certificate(Phase::Prepare, 0, digest, &signers);
    let effects = give(&mut replica, &table.sign(other, Body::Certificate(prepared)));
    assert!(matches!(sent(&effects)[..], [Body::Pull { height: 1, .. }]), "{effects:?}");
    assert_eq!(replica.locked(), None, "a lock without its value could not be handed over");
    let unasked = table.sign(other, Body::Value { height: 1, value: table.value(0, "b").1 });
    assert_eq!(give(&mut replica, &unasked), []);
    let answer = table.sign(other, Body::Value { height: 1, value });
    assert_eq!(votes(&give(&mut replica, &answer)), [(Phase::Commit, 0, digest)]);
}

/// All the votes and never the proposal: it asks one signer after the other, not itself.
#[test]
fn missing_decision_is_asked_for() {
    let table = Table::flat(4);
    let (digest, value) = table.value(0, "a");
    let [me, other] = table.followers()[..] else { panic!() };
    let mut replica = table.replica(me);
    let mut asked = Vec::new();
    let mut note = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Send { to, message: Message { body: Body::CatchUp { .. }, .. } } = effect
            {
                asked.extend(to);
            }
        }
    };
    for from in (0..4).filter(|id| *id != me) {
        note(give(&mut replica, &table.vote(from, Phase::Commit, 0, digest)));
    }
    for tick in 1..=3 {
        note(replica.step(tick * 1_000, Input::Timer(Timer::Fallback)));
    }
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked, (0..4).filter(|id| *id != me).collect::<Vec<_>>());
    let certificate = table.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    let decision = Decision { value: value.clone(), certificate };
    let answer = table.sign(other, Body::Decided(vec![decision]));
    assert_eq!(delivered(&give(&mut replica, &answer)), [value]);
}

/// Votes count per signer, and a quorum is 4 of 6.
#[test]
fn quorum_of_six_is_four() {
    let table = Table::flat(6);
    assert_eq!((table.config.faults(), table.config.quorum()), (1, 4));
    let (digest, value) = table.value(0, "a");
    let me = table.followers()[0];
    let mut replica = table.replica(me);
    let others: Vec<ReplicaId> = (0..6).filter(|id| *id != me).collect();
    give(&mut replica, &table.propose(&value));
    for from in [others[0], others[1], others[0], others[1]] {
        let prepare = table.vote(from, Phase::Prepare, 0, digest);
        assert_eq!(votes(&give(&mut replica, &prepare)), [], "three of six");
    }
    let fourth = table.vote(others[2], Phase::Prepare, 0, digest);
    assert_eq!(votes(&give(&mut replica, &fourth)), [(Phase::Commit, 0, digest)]);
    for from in &others[..2] {
        let commit = table.vote(*from, Phase::Commit, 0, digest);
        assert_eq!(delivered(&give(&mut replica, &commit)), Vec::<Vec<u8>>::new());
    }
    let fourth = table.vote(others[2], Phase::Commit, 0, digest);
    assert_eq!(delivered(&give(&mut replica, &fourth)), [value]);
}

/// What is far ahead is not kept, what is next is kept up to a cap, nothing panics.
#[test]
fn buffers_are_bounded() {
    let table = Table::flat(4);
    let mut replica = table.replica(table.followers()[0]);
    let far = table.vote(table.leader(0), Phase::Prepare, 1 << 50, [1; 32]);
    assert_eq!(refused(&mut replica, &far), Some(Fault::TooFar));
    let view = table.view_change(table.leader(0), u64::MAX, None);
    assert_eq!(refused(&mut replica, &view), Some(Fault::TooFar));
    let mut faults = Vec::new();
    for view in 0..40 {
        let body = Body::Vote { phase: Phase::Commit, height: 2, view, digest: [1; 32] };
        let effects = give(&mut replica, &table.sign(table.leader(0), body));
        faults.extend(
            effects
                .into_iter()
                .filter(|effect| matches!(effect, Effect::Refuse { fault: Fault::Full, .. })),
        );
    }
    assert_eq!(faults.len(), 24, "16 of 40 are kept");
    for height in [u64::MAX, u64::MAX - 1, 3] {
        let body = Body::Propose { height, value: vec![1] };
        give(&mut replica, &table.sign(table.leader(0), body));
        give(&mut replica, &table.sign(table.leader(0), Body::CatchUp { height }));
    }
}
