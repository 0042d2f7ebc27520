//! View changes, one transition at a time. Each test names the rule it guards; with the rule
//! taken out of the code the test fails.

use super::harness::*;
use epione::consensus::{
    Body, Certificate, CertificateError, Decision, Effect, Input, Message, MessageError, Phase,
    Profile, ReplicaId, Timer,
};

/// Both profiles obey the same rules.
fn both() -> [Harness; 2] {
    [Harness::flat(4), Harness::of(Profile::MemberQuorum, 16, 0)]
}

/// Everything on one harness: what was committed at one replica survives its leader.
#[test]
fn committed_value_is_proposed_again() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let (all, next) = ([0, 1, 2, 3], harness.leader(1));
    // In view 0 a quorum prepares, and one replica sees a quorum of COMMITs.
    let early = harness.followers()[0];
    let mut replica = harness.replica(early);
    deliver(&mut replica, &harness.propose(&value));
    let commits = harness.certificate(Phase::Commit, 0, digest, &all[..3]);
    let effects = deliver(&mut replica, &harness.sign(next, Body::Certificate(commits)));
    assert_eq!(delivered(&effects), std::slice::from_ref(&value));

    // The leader of view 1 knows of neither value nor certificate, only of Q view changes.
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &all[1..]);
    let mut leader = harness.replica(next);
    let others: Vec<ReplicaId> = all.into_iter().filter(|id| *id != next).collect();
    let with = harness.view_change(others[0], 1, Some((&prepared, &value)));
    let without = harness.view_change(others[1], 1, None);
    assert_eq!(deliver(&mut leader, &with), []);
    // Two of four are F + 1: it joins, and with its own has a quorum.
    let effects = deliver(&mut leader, &without);
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
    for harness in both() {
        let (digest, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        assert_eq!(
            votes(&deliver(&mut replica, &harness.propose(&value))),
            [(Phase::Prepare, 0, digest)]
        );
        let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
        let certificate = harness.sign(harness.leader(0), Body::Certificate(prepared.clone()));
        assert_eq!(votes(&deliver(&mut replica, &certificate)), [(Phase::Commit, 0, digest)]);
        let effects = expire_view_timer(&mut replica);
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
    for harness in both() {
        let (digest, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.propose(&value));
        expire_view_timer(&mut replica);
        assert_eq!(replica.view(), 1);
        let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
        let late = harness.sign(harness.leader(0), Body::Certificate(prepared.clone()));
        assert_eq!(votes(&deliver(&mut replica, &late)), []);
        assert_eq!(
            replica.prepared_certificate(),
            Some(&prepared),
            "but it is reported from now on"
        );
        let committed = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
        let late = harness.sign(harness.leader(0), Body::Certificate(committed));
        assert_eq!(delivered(&deliver(&mut replica, &late)), [value]);
    }
}

/// Neither does it PREPARE what the old leader still proposes.
#[test]
fn no_prepare_after_view_change() {
    for harness in both() {
        let (_, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        let others = (0..).filter(|id| *id != replica.id()).take(harness.config.faults() + 1);
        for from in others.collect::<Vec<_>>() {
            deliver(&mut replica, &harness.view_change(from, 1, None));
        }
        assert_eq!(replica.view(), 1, "joined F + 1");
        assert_eq!(votes(&deliver(&mut replica, &harness.propose(&value))), []);
    }
}

/// A valid NewView overrides the lock: a lock that is a veto halts the chain.
#[test]
fn new_view_overrides_lock() {
    for harness in both() {
        let ((digest, value), (other, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.propose(&value));
        let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
        deliver(&mut replica, &harness.sign(harness.leader(0), Body::Certificate(prepared)));
        assert!(replica.prepared_certificate().is_some());
        let changes: Vec<_> =
            harness.quorum().into_iter().map(|id| harness.view_change(id, 1, None)).collect();
        let effects = deliver(&mut replica, &harness.new_view(1, &changes, &rival));
        assert_eq!(votes(&effects), [(Phase::Prepare, 1, other)]);
    }
}

/// A late certificate of a lower view does not replace the lock; a higher one does.
#[test]
fn lock_never_falls() {
    for harness in both() {
        let ((old, value), (new, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.propose(&value));
        let changes: Vec<_> =
            harness.quorum().into_iter().map(|id| harness.view_change(id, 1, None)).collect();
        deliver(&mut replica, &harness.new_view(1, &changes, &rival));
        let higher = harness.certificate(Phase::Prepare, 1, new, &harness.quorum());
        let effects = deliver(
            &mut replica,
            &harness.sign(harness.leader(0), Body::Certificate(higher.clone())),
        );
        assert_eq!(votes(&effects), [(Phase::Commit, 1, new)]);
        let lower = harness.certificate(Phase::Prepare, 0, old, &harness.quorum());
        deliver(&mut replica, &harness.sign(harness.leader(0), Body::Certificate(lower)));
        assert_eq!(replica.prepared_certificate(), Some(&higher));
        let effects = expire_view_timer(&mut replica);
        let [Body::ViewChange { change, .. }] = sent(&effects)[..] else { panic!("{effects:?}") };
        assert_eq!((change.view, change.prepared.as_ref()), (2, Some(&higher)));
    }
}

#[test]
fn bad_new_views_are_refused() {
    let harness = Harness::flat(4);
    let ((old, value), (fresh, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
    let prepared = harness.certificate(Phase::Prepare, 0, old, &[0, 1, 2]);
    let with = harness.view_change(0, 1, Some((&prepared, &value)));
    let [one, two, three] = [1, 2, 3].map(|id| harness.view_change(id, 1, None));
    let mut replica = harness.replica(harness.followers()[0]);
    let mut refusal = |changes: &[&Message], value: &[u8]| {
        let changes: Vec<_> = changes.iter().map(|change| (*change).clone()).collect();
        error_of(&mut replica, &harness.new_view(1, &changes, value))
    };
    // Another value than the prepared one, though valid by itself.
    assert_eq!(refusal(&[&with, &one, &two], &rival), Some(MessageError::ValueNotPrepared));
    // Below the quorum; one member twice; of another view.
    assert_eq!(refusal(&[&one, &two], &rival), Some(MessageError::NewViewBelowQuorum));
    assert_eq!(refusal(&[&one, &two, &two], &rival), Some(MessageError::NewViewBelowQuorum));
    let ahead = harness.view_change(3, 2, None);
    assert_eq!(refusal(&[&one, &two, &ahead], &rival), Some(MessageError::NewViewBelowQuorum));
    // Without a certificate the value must be fresh: of view 1, not of view 0.
    assert!(matches!(refusal(&[&one, &two, &three], &value), Some(MessageError::Rejected(_))));
    // A view change that another member signed.
    let mut forged = three.clone();
    forged.from = 0;
    assert_eq!(refusal(&[&forged, &one, &two], &rival), Some(MessageError::NewViewBelowQuorum));
    // A reported certificate that is a quorum of COMMITs, or below the quorum.
    let commits = harness.certificate(Phase::Commit, 0, old, &[0, 1, 2]);
    let with_commits = harness.view_change(0, 1, Some((&commits, &value)));
    assert_eq!(
        refusal(&[&with_commits, &one, &two], &value),
        Some(MessageError::CertificateMismatch)
    );
    let few = harness.certificate(Phase::Prepare, 0, old, &[0, 1]);
    let with_few = harness.view_change(0, 1, Some((&few, &value)));
    assert!(matches!(
        refusal(&[&with_few, &one, &two], &value),
        Some(MessageError::Certificate(_))
    ));
    // Or of another height, by all rules a certificate there.
    let vote = |id: ReplicaId| {
        let body = Body::Vote { phase: Phase::Prepare, height: 2, view: 0, digest: old };
        (id, harness.sign(id, body).signature)
    };
    let signatures = [0, 1, 2].map(vote).to_vec();
    let alien = Certificate { height: 2, signatures, ..prepared.clone() };
    assert_eq!(alien.verify(&harness.config), Ok(()));
    let with_alien = harness.view_change(0, 1, Some((&alien, &value)));
    assert_eq!(
        refusal(&[&with_alien, &one, &two], &value),
        Some(MessageError::CertificateMismatch)
    );
    // By another than the leader of view 1.
    let mut stolen = harness.new_view(1, &[one.clone(), two.clone(), three.clone()], &rival);
    stolen = harness.sign(harness.leader(0), stolen.body);
    let mut replica = harness.replica(harness.followers()[0]);
    assert_eq!(error_of(&mut replica, &stolen), Some(MessageError::Unauthorised));
    // And the control: a good one is accepted.
    let effects = deliver(&mut replica, &harness.new_view(1, &[one, two, three], &rival));
    assert_eq!(votes(&effects), [(Phase::Prepare, 1, fresh)]);
}

/// Of several certificates the one of the highest view decides.
#[test]
fn new_view_with_lower_certificate_is_refused() {
    for harness in both() {
        let ((a, first), (b, second)) = (harness.value(0, "a"), harness.value(1, "b"));
        let low = harness.certificate(Phase::Prepare, 0, a, &harness.quorum());
        let high = harness.certificate(Phase::Prepare, 1, b, &harness.quorum());
        let with = [Some((&low, &first[..])), Some((&high, &second[..])), None];
        let change =
            |id: ReplicaId| harness.view_change(id, 2, *with.get(usize::from(id)).unwrap_or(&None));
        let changes: Vec<_> = harness.quorum().into_iter().map(change).collect();
        let leader = harness.leader(2);
        let me = harness.followers().into_iter().find(|id| *id != leader).unwrap();
        let mut replica = harness.replica(me);
        let wrong = harness.new_view(2, &changes, &first);
        assert_eq!(error_of(&mut replica, &wrong), Some(MessageError::ValueNotPrepared));
        let effects = deliver(&mut replica, &harness.new_view(2, &changes, &second));
        assert_eq!(votes(&effects), [(Phase::Prepare, 2, b)]);
    }
}

#[test]
fn second_proposal_is_equivocation() {
    for harness in both() {
        let ((_, value), (_, rival)) = (harness.value(0, "a"), harness.value(0, "b"));
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.propose(&value));
        assert_eq!(
            error_of(&mut replica, &harness.propose(&rival)),
            Some(MessageError::Equivocation)
        );
        assert_eq!(error_of(&mut replica, &harness.propose(&value)), None, "a repetition is not");
        let changes: Vec<_> =
            harness.quorum().into_iter().map(|id| harness.view_change(id, 1, None)).collect();
        let [one, two] = ["c", "d"].map(|request| harness.value(1, request).1);
        deliver(&mut replica, &harness.new_view(1, &changes, &one));
        let second = harness.new_view(1, &changes, &two);
        assert_eq!(error_of(&mut replica, &second), Some(MessageError::Equivocation));
    }
}

#[test]
fn proposals_by_others_are_refused() {
    let harness = Harness::flat(4);
    let (_, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let stolen = harness.sign(other, Body::PrePrepare { height: 1, value: value.clone() });
    assert_eq!(error_of(&mut replica, &stolen), Some(MessageError::Unauthorised));
    let mut forged = stolen;
    forged.from = harness.leader(0);
    assert_eq!(error_of(&mut replica, &forged), Some(MessageError::Signature));
    // The value of another view's leader.
    let alien = harness.propose(&harness.value(1, "a").1);
    assert!(matches!(error_of(&mut replica, &alien), Some(MessageError::Rejected(_))));
}

/// One bogus certificate must not hide the good ones.
#[test]
fn bad_certificate_drops_only_its_message() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let next = harness.leader(1);
    let others: Vec<ReplicaId> = (0..4).filter(|id| *id != next).collect();
    let mut bogus = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    bogus.signatures[1].1 = bogus.signatures[0].1;
    let good = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    let mut leader = harness.replica(next);
    let bad = harness.view_change(others[0], 1, Some((&bogus, &value)));
    let fault = MessageError::Certificate(CertificateError::Signature(1));
    assert_eq!(error_of(&mut leader, &bad), Some(fault));
    // A certificate without its value could not be proposed again, nor one with another's.
    let mut bare = harness.view_change(others[0], 1, Some((&good, &value)));
    let Body::ViewChange { value: carried, .. } = &mut bare.body else { panic!() };
    *carried = None;
    assert_eq!(error_of(&mut leader, &bare), Some(MessageError::CertificateMismatch));
    deliver(&mut leader, &harness.view_change(others[1], 1, Some((&good, &value))));
    let effects = deliver(&mut leader, &harness.view_change(others[2], 1, None));
    let again = sent(&effects).into_iter().find_map(|body| match body {
        Body::NewView { value, .. } => Some(value.clone()),
        _ => None,
    });
    assert_eq!(again, Some(value));
}

#[test]
fn one_member_moves_nobody_and_runs_alone_nowhere() {
    let harness = Harness::flat(4);
    let (_, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.view_change(other, 1 << 30, None));
    assert_eq!(replica.view(), 0);
    deliver(&mut replica, &harness.propose(&value));
    expire_view_timer(&mut replica);
    assert_eq!(replica.view(), 1);
    for _ in 0..5 {
        replica.step(u64::MAX / 2, Input::Timer(Timer::View));
    }
    assert_eq!(replica.view(), 1, "no quorum asks for view 1 yet");
    deliver(&mut replica, &harness.view_change(harness.leader(0), 1 << 20, None));
    assert_eq!(replica.view(), 1 << 20, "the largest view that F + 1 claim or exceed");
}

/// A lock of a view that was never entered: the next view asked for is above it, since a
/// certificate that is not below its view change is refused.
#[test]
fn view_changes_stay_above_their_certificates() {
    for harness in both() {
        let (digest, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.propose(&value));
        let ahead = harness.certificate(Phase::Prepare, 5, digest, &harness.quorum());
        let certificate = harness.sign(harness.leader(0), Body::Certificate(ahead.clone()));
        assert_eq!(votes(&deliver(&mut replica, &certificate)), [], "not in that view");
        assert_eq!(replica.prepared_certificate(), Some(&ahead));
        expire_view_timer(&mut replica);
        assert_eq!(replica.view(), 6);
        for view in [1, 5] {
            let late = harness.view_change(harness.leader(0), view, Some((&ahead, &value)));
            assert_eq!(
                error_of(&mut replica, &late),
                Some(MessageError::CertificateMismatch),
                "{view}"
            );
        }
    }
}

/// In the tree: what a primary hears from the leader it passes to its group, what it hears
/// from its group it passes up, once all of it is there or when the fallback timer ends.
#[test]
fn primaries_pass_on() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (digest, value) = harness.value(0, "a");
    let leader = harness.leader(0);
    let group = harness.config.groups().iter().find(|g| !g.ranking.contains(&leader)).unwrap();
    let members: Vec<ReplicaId> = group.ranking[1..].to_vec();
    let mut primary = harness.replica(group.ranking[0]);
    let effects = deliver(&mut primary, &harness.propose(&value));
    let mut down = members.clone();
    down.sort_unstable();
    assert!(matches!(&effects[0], Effect::Send { to, message }
            if *to == down && *message == harness.propose(&value)));
    assert_eq!(votes(&effects), [], "its own vote is in the partial");
    for member in &members[..2] {
        let vote = harness.vote(*member, Phase::Prepare, 0, digest);
        assert_eq!(deliver(&mut primary, &vote), []);
    }
    // A vote of another group is none of its own.
    let stranger = harness.vote(leader, Phase::Prepare, 0, digest);
    assert_eq!(sent(&deliver(&mut primary, &stranger)), Vec::<&Body>::new());
    let incomplete = primary.step(1_000, Input::Timer(Timer::Fallback));
    let partial = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Send { to, message: Message { body: Body::PartialCertificate(c), .. } } => {
                Some((to.clone(), c.signatures.len()))
            }
            _ => None,
        })
    };
    assert_eq!(partial(&incomplete), Some((vec![leader], 3)));
    let last = harness.vote(members[2], Phase::Prepare, 0, digest);
    assert_eq!(partial(&deliver(&mut primary, &last)), Some((vec![leader], 4)));
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    let effects = deliver(&mut primary, &harness.sign(leader, Body::Certificate(prepared)));
    assert!(matches!(&effects[0], Effect::Send { to, message: Message {
            body: Body::Certificate(_), .. } } if *to == down));
}

/// A view change for a height that is over is answered with its certificate and value.
#[test]
fn laggards_are_answered() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let (mut replica, mut laggard) = (harness.replica(me), harness.replica(other));
    deliver(&mut replica, &harness.propose(&value));
    let commits = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    deliver(&mut replica, &harness.sign(harness.leader(0), Body::Certificate(commits)));
    assert_eq!(replica.height(), 2);
    let effects = deliver(&mut replica, &harness.view_change(other, 1, None));
    let [Effect::Send { to, message }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(to, &[other]);
    assert_eq!(delivered(&deliver(&mut laggard, message)), [value]);
}

/// A prepare certificate without its value: pulled, then locked and voted.
#[test]
fn missing_value_is_pulled() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let signers: Vec<ReplicaId> = (0..4).filter(|id| *id != me).collect();
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &signers);
    let effects = deliver(&mut replica, &harness.sign(other, Body::Certificate(prepared)));
    assert!(matches!(sent(&effects)[..], [Body::FetchValue { height: 1, .. }]), "{effects:?}");
    assert_eq!(
        replica.prepared_certificate(),
        None,
        "a lock without its value could not be handed over"
    );
    let unasked = harness.sign(other, Body::Value { height: 1, value: harness.value(0, "b").1 });
    assert_eq!(deliver(&mut replica, &unasked), []);
    let answer = harness.sign(other, Body::Value { height: 1, value });
    assert_eq!(votes(&deliver(&mut replica, &answer)), [(Phase::Commit, 0, digest)]);
}

/// All the votes and never the proposal: it asks one signer after the other, not itself.
#[test]
fn missing_decision_is_asked_for() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let mut asked = Vec::new();
    let mut note = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Send { to, message: Message { body: Body::FetchDecisions { .. }, .. } } =
                effect
            {
                asked.extend(to);
            }
        }
    };
    for from in (0..4).filter(|id| *id != me) {
        note(deliver(&mut replica, &harness.vote(from, Phase::Commit, 0, digest)));
    }
    for tick in 1..=3 {
        note(replica.step(tick * 1_000, Input::Timer(Timer::Fallback)));
    }
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked, (0..4).filter(|id| *id != me).collect::<Vec<_>>());
    let certificate = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    let decision = Decision { value: value.clone(), certificate };
    let answer = harness.sign(other, Body::Decisions(vec![decision]));
    assert_eq!(delivered(&deliver(&mut replica, &answer)), [value]);
}

/// Votes count per signer, and a quorum is 4 of 6.
#[test]
fn quorum_of_six_is_four() {
    let harness = Harness::flat(6);
    assert_eq!((harness.config.faults(), harness.config.quorum()), (1, 4));
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    let others: Vec<ReplicaId> = (0..6).filter(|id| *id != me).collect();
    deliver(&mut replica, &harness.propose(&value));
    for from in [others[0], others[1], others[0], others[1]] {
        let prepare = harness.vote(from, Phase::Prepare, 0, digest);
        assert_eq!(votes(&deliver(&mut replica, &prepare)), [], "three of six");
    }
    let fourth = harness.vote(others[2], Phase::Prepare, 0, digest);
    assert_eq!(votes(&deliver(&mut replica, &fourth)), [(Phase::Commit, 0, digest)]);
    for from in &others[..2] {
        let commit = harness.vote(*from, Phase::Commit, 0, digest);
        assert_eq!(delivered(&deliver(&mut replica, &commit)), Vec::<Vec<u8>>::new());
    }
    let fourth = harness.vote(others[2], Phase::Commit, 0, digest);
    assert_eq!(delivered(&deliver(&mut replica, &fourth)), [value]);
}

/// What is far ahead is not kept, what is next is kept up to a cap, nothing panics.
#[test]
fn buffers_are_bounded() {
    let harness = Harness::flat(4);
    let mut replica = harness.replica(harness.followers()[0]);
    let far = harness.vote(harness.leader(0), Phase::Prepare, 1 << 50, [1; 32]);
    assert_eq!(error_of(&mut replica, &far), Some(MessageError::TooFarAhead));
    let view = harness.view_change(harness.leader(0), u64::MAX, None);
    assert_eq!(error_of(&mut replica, &view), Some(MessageError::TooFarAhead));
    let mut faults = Vec::new();
    for view in 0..40 {
        let body = Body::Vote { phase: Phase::Commit, height: 2, view, digest: [1; 32] };
        let effects = deliver(&mut replica, &harness.sign(harness.leader(0), body));
        faults.extend(effects.into_iter().filter(|effect| {
            matches!(effect, Effect::Discard { error: MessageError::BufferFull, .. })
        }));
    }
    assert_eq!(faults.len(), 24, "16 of 40 are kept");
    for height in [u64::MAX, u64::MAX - 1, 3] {
        let body = Body::PrePrepare { height, value: vec![1] };
        deliver(&mut replica, &harness.sign(harness.leader(0), body));
        deliver(&mut replica, &harness.sign(harness.leader(0), Body::FetchDecisions { height }));
    }
}
