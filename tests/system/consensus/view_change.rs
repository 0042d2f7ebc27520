//! View changes, one transition per test. Each test guards one rule and fails if the rule is
//! removed from the code.

use super::harness::*;
use epione::consensus::{
    Application, Body, Certificate, CertificateError, Decision, Effect, Input, Message,
    MessageError, Phase, Prepared, Profile, ReplicaId, Timer, Vote,
};
use epione::sim::Journal;
use std::collections::BTreeSet;

/// One harness per profile.
fn both_profiles() -> [Harness; 2] {
    [Harness::flat(4), Harness::of(Profile::MemberQuorum, 16, 0)]
}

/// A value committed at one replica is proposed again in the next view.
#[test]
fn a_committed_value_is_proposed_again_byte_for_byte() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let (all, next) = ([0, 1, 2, 3], harness.leader(1));
    // In view 0 a quorum prepares, and one replica sees a quorum of COMMITs.
    let early = harness.followers()[0];
    let mut replica = harness.replica(early);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let commits = harness.certificate(Phase::Commit, 0, digest, &all[..3]);
    let effects = deliver(&mut replica, &harness.sign(next, Body::Certificate(commits)));
    assert_eq!(delivered(&effects), std::slice::from_ref(&value));

    // The leader of view 1 has neither value nor certificate. It learns the certificate from a view
    // change, and fetches the value from a signer.
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &all[1..]);
    let mut leader = harness.replica(next);
    let others: Vec<ReplicaId> = all.into_iter().filter(|id| *id != next).collect();
    let with = harness.view_change(others[0], 1, Some(&prepared));
    let without = harness.view_change(others[1], 1, None);
    assert_eq!(deliver(&mut leader, &with), []);
    // Two of four are F + 1: it joins the view change, and its own report completes the quorum.
    let effects = deliver(&mut leader, &without);
    let bodies = sent(&effects);
    assert!(matches!(bodies[0], Body::ViewChange { change, .. } if change.prepared.is_none()));
    assert_eq!(bodies[1], &Body::FetchValue { height: 1, digest }, "{bodies:?}");
    let answer = harness.sign(others[0], Body::Value { height: 1, value: value.clone() });
    let effects = deliver(&mut leader, &answer);
    let Body::NewView { view: 1, proof, value: again, .. } = sent(&effects)[0] else {
        panic!("no new view: {effects:?}")
    };
    assert_eq!((proof.changes.len(), again), (3, &value), "byte-identical");
    assert_eq!(proof.certificate.as_ref(), Some(&prepared));
    assert_eq!(votes(&effects), [(Phase::Prepare, 1, digest)]);
}

#[test]
fn a_view_change_reports_the_highest_prepare_certificate() {
    for harness in both_profiles() {
        let (digest, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        assert_eq!(
            votes(&deliver(&mut replica, &harness.pre_prepare(&value))),
            [(Phase::Prepare, 0, digest)]
        );
        let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
        let certificate = harness.announce(&prepared);
        assert_eq!(votes(&deliver(&mut replica, &certificate)), [(Phase::Commit, 0, digest)]);
        let effects = expire_view_timer(&mut replica);
        let [Body::ViewChange { change, certificate }] = sent(&effects)[..] else {
            panic!("{effects:?}")
        };
        assert_eq!(change.prepared, Some(Prepared { view: 0, digest }));
        assert_eq!((change.view, certificate), (1, &Some(prepared)));
    }
}

/// After its view change a member casts no vote below that view. It still accepts a commit
/// certificate.
#[test]
fn no_commit_vote_follows_a_view_change() {
    for harness in both_profiles() {
        let (digest, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.pre_prepare(&value));
        expire_view_timer(&mut replica);
        assert_eq!(replica.view(), 1);
        let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
        let late = harness.announce(&prepared);
        assert_eq!(votes(&deliver(&mut replica, &late)), []);
        assert_eq!(
            replica.prepared_certificate(),
            Some(&prepared),
            "the next view change reports it"
        );
        let committed = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
        let late = harness.announce(&committed);
        assert_eq!(delivered(&deliver(&mut replica, &late)), [value]);
    }
}

/// After joining a view change a member does not prepare a proposal of the old leader.
#[test]
fn no_prepare_vote_follows_a_view_change() {
    for harness in both_profiles() {
        let (_, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        let others = (0..).filter(|id| *id != replica.id()).take(harness.config.faults() + 1);
        for from in others.collect::<Vec<_>>() {
            deliver(&mut replica, &harness.view_change(from, 1, None));
        }
        assert_eq!(replica.view(), 1, "joined the view change of F + 1 members");
        assert_eq!(votes(&deliver(&mut replica, &harness.pre_prepare(&value))), []);
    }
}

/// A replica accepts a valid new view against its prepare certificate; otherwise the chain halts.
#[test]
fn a_new_view_overrides_a_prepare_certificate() {
    for harness in both_profiles() {
        let ((digest, value), (other, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.pre_prepare(&value));
        let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
        deliver(&mut replica, &harness.announce(&prepared));
        assert!(replica.prepared_certificate().is_some());
        let changes = harness.view_changes(1);
        let effects = deliver(&mut replica, &harness.new_view(1, &changes, &rival));
        assert_eq!(votes(&effects), [(Phase::Prepare, 1, other)]);
    }
}

/// A late prepare certificate of a lower view does not replace a higher one.
#[test]
fn a_prepare_certificate_is_replaced_only_by_a_higher_view() {
    for harness in both_profiles() {
        let ((old, value), (new, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.pre_prepare(&value));
        let changes = harness.view_changes(1);
        deliver(&mut replica, &harness.new_view(1, &changes, &rival));
        let higher = harness.certificate(Phase::Prepare, 1, new, &harness.quorum());
        let effects = deliver(&mut replica, &harness.announce(&higher));
        assert_eq!(votes(&effects), [(Phase::Commit, 1, new)]);
        let lower = harness.certificate(Phase::Prepare, 0, old, &harness.quorum());
        deliver(&mut replica, &harness.announce(&lower));
        assert_eq!(replica.prepared_certificate(), Some(&higher));
        let effects = expire_view_timer(&mut replica);
        let [Body::ViewChange { change, .. }] = sent(&effects)[..] else { panic!("{effects:?}") };
        assert_eq!((change.view, change.prepared), (2, Some(Prepared { view: 1, digest: new })));
    }
}

#[test]
fn invalid_new_views_are_rejected() {
    use MessageError as E;
    let harness = Harness::flat(4);
    let ((old, value), (fresh, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
    let prepared = harness.certificate(Phase::Prepare, 0, old, &[0, 1, 2]);
    let with = harness.view_change(0, 1, Some(&prepared));
    let [one, two, three] = [1, 2, 3].map(|id| harness.view_change(id, 1, None));
    let refusal = |changes: &[&Message], value: &[u8]| {
        let mut replica = harness.replica(harness.followers()[0]);
        let changes: Vec<_> = changes.iter().map(|change| (*change).clone()).collect();
        error_of(&mut replica, &harness.new_view(1, &changes, value))
    };
    // A valid value other than the prepared one.
    assert_eq!(refusal(&[&with, &one, &two], &rival), Some(E::ValueNotPrepared));
    // View changes below the quorum, a duplicate member, another view.
    assert_eq!(refusal(&[&one, &two], &rival), Some(E::NewViewProof));
    assert_eq!(refusal(&[&one, &two, &two], &rival), Some(E::NewViewProof));
    let ahead = harness.view_change(3, 2, None);
    assert_eq!(refusal(&[&one, &two, &ahead], &rival), Some(E::NewViewProof));
    // Without a certificate the value must be a first proposal of view 1, not of view 0.
    assert!(matches!(refusal(&[&one, &two, &three], &value), Some(E::Rejected(_))));
    // A view change signed by another member.
    let mut forged = three.clone();
    forged.from = 0;
    assert_eq!(refusal(&[&forged, &one, &two], &rival), Some(E::Signature));
    // A reported certificate of COMMITs, or below the quorum.
    let commits = harness.certificate(Phase::Commit, 0, old, &[0, 1, 2]);
    let with_commits = harness.view_change(0, 1, Some(&commits));
    assert_eq!(refusal(&[&with_commits, &one, &two], &value), Some(E::CertificateMismatch));
    let few = harness.certificate(Phase::Prepare, 0, old, &[0, 1]);
    let with_few = harness.view_change(0, 1, Some(&few));
    assert!(matches!(refusal(&[&with_few, &one, &two], &value), Some(E::Certificate(_))));
    // A reported certificate of another height, valid there.
    let vote = |id: ReplicaId| {
        let body =
            Body::Vote { height: 2, vote: Vote { phase: Phase::Prepare, view: 0, digest: old } };
        (id, harness.sign(id, body).signature)
    };
    let signatures = [0, 1, 2].map(vote).to_vec();
    let other_height = Certificate { height: 2, signatures, ..prepared.clone() };
    assert_eq!(other_height.verify(&harness.config), Ok(()));
    let with_other_height = harness.view_change(0, 1, Some(&other_height));
    assert_eq!(refusal(&[&with_other_height, &one, &two], &value), Some(E::CertificateMismatch));
    // A sender that does not lead view 1.
    let mut unauthorised = harness.new_view(1, &[one.clone(), two.clone(), three.clone()], &rival);
    unauthorised = harness.sign(harness.leader(0), unauthorised.body);
    let mut replica = harness.replica(harness.followers()[0]);
    assert_eq!(error_of(&mut replica, &unauthorised), Some(E::Unauthorised));
    // Control: a valid new view is accepted.
    let effects = deliver(&mut replica, &harness.new_view(1, &[one, two, three], &rival));
    assert_eq!(votes(&effects), [(Phase::Prepare, 1, fresh)]);
}

/// The certificate of the highest view determines the value.
#[test]
fn a_new_view_must_propose_the_value_of_the_highest_certificate() {
    for harness in both_profiles() {
        let ((a, first), (b, second)) = (harness.value(0, "a"), harness.value(1, "b"));
        let low = harness.certificate(Phase::Prepare, 0, a, &harness.quorum());
        let high = harness.certificate(Phase::Prepare, 1, b, &harness.quorum());
        let with = [Some(&low), Some(&high), None];
        let change =
            |id: ReplicaId| harness.view_change(id, 2, *with.get(usize::from(id)).unwrap_or(&None));
        let changes: Vec<_> = harness.quorum().into_iter().map(change).collect();
        let leader = harness.leader(2);
        let me = harness.followers().into_iter().find(|id| *id != leader).unwrap();
        let mut replica = harness.replica(me);
        let lower = harness.new_view(2, &changes, &first);
        let error = error_of(&mut replica, &lower);
        assert_eq!(error, Some(MessageError::ValueNotPrepared));
        // The lower certificate does not prove the highest report.
        let mut replica = harness.replica(me);
        let lower = harness.new_view_with(2, &changes, Some(low), &first);
        let error = error_of(&mut replica, &lower);
        assert_eq!(error, Some(MessageError::CertificateMismatch));
        let mut replica = harness.replica(me);
        let effects = deliver(&mut replica, &harness.new_view(2, &changes, &second));
        assert_eq!(votes(&effects), [(Phase::Prepare, 2, b)]);
    }
}

#[test]
fn a_second_proposal_is_equivocation() {
    for harness in both_profiles() {
        let ((_, value), (_, rival)) = (harness.value(0, "a"), harness.value(0, "b"));
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.pre_prepare(&value));
        let evidence = evidence_of(&mut replica, &harness.pre_prepare(&rival));
        assert_eq!(evidence.verify(&harness.config), Ok(()));
        assert_eq!(evidence.signer, harness.leader(0));
        assert_eq!(
            error_of(&mut replica, &harness.pre_prepare(&value)),
            None,
            "a retransmission is not equivocation"
        );
        let changes = harness.view_changes(1);
        let [one, two] = ["c", "d"].map(|request| harness.value(1, request).1);
        deliver(&mut replica, &harness.new_view(1, &changes, &one));
        let evidence = evidence_of(&mut replica, &harness.new_view(1, &changes, &two));
        assert_eq!(evidence.verify(&harness.config), Ok(()));
        assert_eq!(evidence.signer, harness.leader(1));
    }
}

#[test]
fn proposals_of_members_other_than_the_leader_are_rejected() {
    let harness = Harness::flat(4);
    let (_, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let unauthorised = harness.sign(other, Body::PrePrepare { height: 1, value: value.clone() });
    assert_eq!(error_of(&mut replica, &unauthorised), Some(MessageError::Unauthorised));
    let mut forged = unauthorised;
    forged.from = harness.leader(0);
    assert_eq!(error_of(&mut replica, &forged), Some(MessageError::Signature));
    // A first proposal of another view.
    let foreign = harness.pre_prepare(&harness.value(1, "a").1);
    assert!(matches!(error_of(&mut replica, &foreign), Some(MessageError::Rejected(_))));
}

/// A proposal from a leader whose clock is ahead is accepted when its time comes.
#[test]
fn a_proposal_ahead_of_the_clock_is_held() {
    let harness = Harness::flat(4);
    let context = harness.context((1, 0), harness.config.digest(), 20_000);
    let value = Journal::default().propose(&context, &[(b"a", b"a".to_vec())]);
    let mut replica = harness.replica(harness.followers()[0]);
    let error = error_of(&mut replica, &harness.pre_prepare(&value));
    assert!(matches!(error, Some(MessageError::Rejected(_))), "{error:?}");
    assert_eq!(votes(&replica.step(5_000, Input::Timer(Timer::Fallback))), []);
    let effects = replica.step(10_000, Input::Timer(Timer::Fallback));
    assert_eq!(votes(&effects).len(), 1);
}

/// An invalid certificate does not suppress valid ones.
#[test]
fn an_invalid_certificate_discards_only_its_message() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let next = harness.leader(1);
    let others: Vec<ReplicaId> = (0..4).filter(|id| *id != next).collect();
    let mut invalid_certificate = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    invalid_certificate.signatures[1].1 = invalid_certificate.signatures[0].1;
    let valid = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    let mut leader = harness.replica(next);
    let invalid = harness.view_change(others[0], 1, Some(&invalid_certificate));
    let error = MessageError::Certificate(CertificateError::Signature(1));
    assert_eq!(error_of(&mut leader, &invalid), Some(error));
    // A report without its certificate proves nothing.
    let mut bare = harness.view_change(others[0], 1, Some(&valid));
    let Body::ViewChange { certificate, .. } = &mut bare.body else { panic!() };
    *certificate = None;
    assert_eq!(error_of(&mut leader, &bare), Some(MessageError::CertificateMismatch));
    deliver(&mut leader, &harness.view_change(others[1], 1, Some(&valid)));
    deliver(&mut leader, &harness.view_change(others[2], 1, None));
    let answer = harness.sign(others[1], Body::Value { height: 1, value: value.clone() });
    let effects = deliver(&mut leader, &answer);
    let again = sent(&effects).into_iter().find_map(|body| match body {
        Body::NewView { value, .. } => Some(value.clone()),
        _ => None,
    });
    assert_eq!(again, Some(value));
}

#[test]
fn one_member_starts_no_view_change_and_none_proceeds_without_a_quorum() {
    let harness = Harness::flat(4);
    let (_, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.view_change(other, 1 << 30, None));
    assert_eq!(replica.view(), 0);
    deliver(&mut replica, &harness.pre_prepare(&value));
    expire_view_timer(&mut replica);
    assert_eq!(replica.view(), 1);
    for _ in 0..5 {
        replica.step(u64::MAX / 2, Input::Timer(Timer::View));
    }
    assert_eq!(replica.view(), 1, "no quorum requests view 1 yet");
    deliver(&mut replica, &harness.view_change(harness.leader(0), 1 << 20, None));
    assert_eq!(replica.view(), 1 << 20, "the highest view that F + 1 members request or exceed");
}

/// With a prepare certificate of a view that the replica never entered, the requested view exceeds
/// it: a view change whose certificate is not of a lower view is rejected.
#[test]
fn a_view_change_exceeds_the_view_of_its_certificate() {
    for harness in both_profiles() {
        let (digest, value) = harness.value(0, "a");
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.pre_prepare(&value));
        let ahead = harness.certificate(Phase::Prepare, 5, digest, &harness.quorum());
        let certificate = harness.announce(&ahead);
        assert_eq!(
            votes(&deliver(&mut replica, &certificate)),
            [],
            "the replica is in another view"
        );
        assert_eq!(replica.prepared_certificate(), Some(&ahead));
        expire_view_timer(&mut replica);
        assert_eq!(replica.view(), 6);
        for view in [1, 5] {
            let late = harness.view_change(harness.leader(0), view, Some(&ahead));
            assert_eq!(
                error_of(&mut replica, &late),
                Some(MessageError::CertificateMismatch),
                "{view}"
            );
        }
    }
}

/// In the tree, a primary forwards proposals and certificates to its group. It aggregates the
/// group's votes for the leader, once they are complete or the fallback timer expires.
#[test]
fn primaries_disseminate_proposals_and_aggregate_votes() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (digest, value) = harness.value(0, "a");
    let leader = harness.leader(0);
    let (group, _) = harness.remote_group();
    let members: Vec<ReplicaId> = group.ranking[1..].to_vec();
    let mut primary = harness.replica(group.ranking[0]);
    let effects = deliver(&mut primary, &harness.pre_prepare(&value));
    let mut down = members.clone();
    down.sort_unstable();
    assert!(matches!(&effects[0], Effect::Send { to, message }
            if *to == down && *message == harness.pre_prepare(&value)));
    assert_eq!(votes(&effects), [], "its own vote is in the partial certificate");
    let first = harness.vote(members[0], Phase::Prepare, 0, digest);
    assert_eq!(deliver(&mut primary, &first), []);
    // The vote of another group is not aggregated.
    let outsider = harness.vote(leader, Phase::Prepare, 0, digest);
    assert_eq!(sent(&deliver(&mut primary, &outsider)), Vec::<&Body>::new());
    let reported = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Send { to, message: Message { body, .. } } => match body {
                Body::PartialCertificate(c) | Body::LateVotes(c) => {
                    Some((body.name(), to.clone(), c.signatures.len()))
                }
                _ => None,
            },
            _ => None,
        })
    };
    // Three of four members are the group's share of a quorum of 11 among 16.
    let third = harness.vote(members[1], Phase::Prepare, 0, digest);
    let share = reported(&deliver(&mut primary, &third));
    assert_eq!(share, Some(("partial certificate", vec![leader], 3)));
    let last = harness.vote(members[2], Phase::Prepare, 0, digest);
    assert_eq!(reported(&deliver(&mut primary, &last)), None);
    let late = primary.step(1_000, Input::Timer(Timer::Collect));
    assert_eq!(reported(&late), Some(("late votes", vec![leader], 4)));
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    let effects = deliver(&mut primary, &harness.sign(leader, Body::Certificate(prepared)));
    assert!(matches!(&effects[0], Effect::Send { to, message: Message {
            body: Body::Certificate(_), .. } } if *to == down));
}

/// A view change for a past height is answered with the decision of that height.
#[test]
fn a_view_change_of_a_past_height_triggers_state_transfer() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let (mut replica, mut lagging) = (harness.replica(me), harness.replica(other));
    deliver(&mut replica, &harness.pre_prepare(&value));
    let commits = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    deliver(&mut replica, &harness.announce(&commits));
    assert_eq!(replica.height(), 2);
    let effects = deliver(&mut replica, &harness.view_change(other, 1, None));
    let [Effect::Send { to, message }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(to, &[other]);
    // The answer is the height. The lagging member fetches the decision.
    let effects = deliver(&mut lagging, message);
    let [fetch @ Body::FetchDecisions { height: 1, .. }] = sent(&effects)[..] else {
        panic!("{effects:?}")
    };
    let effects = deliver(&mut replica, &harness.sign(other, fetch.clone()));
    let [Effect::Send { to, message }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(to, &[other]);
    assert_eq!(delivered(&deliver(&mut lagging, message)), [value]);
}

/// A replica fetches the missing value of a prepare certificate, then stores it and votes COMMIT.
#[test]
fn the_missing_value_of_a_prepare_certificate_is_fetched() {
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
        "a certificate without its value cannot be reported"
    );
    let unrequested =
        harness.sign(other, Body::Value { height: 1, value: harness.value(0, "b").1 });
    assert_eq!(deliver(&mut replica, &unrequested), []);
    let answer = harness.sign(other, Body::Value { height: 1, value });
    assert_eq!(votes(&deliver(&mut replica, &answer)), [(Phase::Commit, 0, digest)]);
}

/// Each attempt asks the next holder for the value, and the next member for its height. Turns are
/// counted per value and for status requests separately.
#[test]
fn each_fetch_goes_to_the_next_holder() {
    let harness = Harness::flat(7);
    let (digest, _) = harness.value(0, "a");
    let others: Vec<ReplicaId> = (0..7).filter(|id| *id != 6).collect();
    let mut replica = harness.replica(6);
    for signers in [&others[..5], &others[1..]] {
        let prepared = harness.certificate(Phase::Prepare, 0, digest, signers);
        deliver(&mut replica, &harness.sign(1, Body::Certificate(prepared)));
    }
    let (mut holders, mut members) = (Vec::new(), Vec::new());
    for attempt in 1..=30 {
        for effect in replica.step(1_000 * attempt, Input::Timer(Timer::Fallback)) {
            match effect {
                Effect::Send { to, message: Message { body: Body::FetchValue { .. }, .. } } => {
                    holders.extend(to);
                }
                Effect::Send { to, message: Message { body: Body::Status { .. }, .. } } => {
                    members.extend(to);
                }
                _ => {}
            }
        }
    }
    let all = |asked: &[ReplicaId]| asked.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!((holders.len(), members.len()), (30, 30));
    assert!(holders.windows(5).all(|asked| all(asked).len() == 5), "{holders:?}");
    assert!(members.windows(6).all(|asked| all(asked).len() == 6), "{members:?}");
}

/// A replica with all votes and without the proposal asks every other signer in turn.
#[test]
fn a_missing_decision_is_fetched_from_the_signers() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let [me, other] = harness.followers()[..] else { panic!() };
    let mut replica = harness.replica(me);
    let mut asked = Vec::new();
    let mut record = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Send { to, message: Message { body: Body::FetchDecisions { .. }, .. } } =
                effect
            {
                asked.extend(to);
            }
        }
    };
    for from in (0..4).filter(|id| *id != me) {
        record(deliver(&mut replica, &harness.vote(from, Phase::Commit, 0, digest)));
    }
    for tick in 1..=3 {
        record(replica.step(tick * 1_000, Input::Timer(Timer::Fallback)));
    }
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked, (0..4).filter(|id| *id != me).collect::<Vec<_>>());
    let certificate = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    let decision = Decision { value: value.clone(), certificate };
    let answer = harness.sign(other, Body::Decisions(vec![decision]));
    assert_eq!(delivered(&deliver(&mut replica, &answer)), [value]);
}

/// Duplicate votes do not count, and four of six members are a quorum.
#[test]
fn a_quorum_of_six_members_has_four_distinct_votes() {
    let harness = Harness::flat(6);
    assert_eq!((harness.config.faults(), harness.config.quorum()), (1, 4));
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    let others: Vec<ReplicaId> = (0..6).filter(|id| *id != me).collect();
    deliver(&mut replica, &harness.pre_prepare(&value));
    for from in [others[0], others[1], others[0], others[1]] {
        let prepare = harness.vote(from, Phase::Prepare, 0, digest);
        assert_eq!(votes(&deliver(&mut replica, &prepare)), [], "three of six votes");
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

/// Statements of views far ahead are discarded.
#[test]
fn statements_far_ahead_are_discarded() {
    let harness = Harness::flat(4);
    let mut replica = harness.replica(harness.followers()[0]);
    let far = harness.vote(harness.leader(0), Phase::Prepare, 1 << 50, [1; 32]);
    assert_eq!(error_of(&mut replica, &far), Some(MessageError::TooFarAhead));
    let view = harness.view_change(harness.leader(0), u64::MAX, None);
    assert_eq!(error_of(&mut replica, &view), Some(MessageError::TooFarAhead));
    for height in [u64::MAX, u64::MAX - 1, 3] {
        let body = Body::PrePrepare { height, value: vec![1] };
        deliver(&mut replica, &harness.sign(harness.leader(0), body));
        let body = Body::FetchDecisions { height, count: 255 };
        deliver(&mut replica, &harness.sign(harness.leader(0), body));
    }
    assert_eq!((replica.height(), replica.view()), (1, 0));
}
