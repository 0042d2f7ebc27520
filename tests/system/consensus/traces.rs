//! A run of several replicas that forks if a late certificate lowers the lock. The search for it in
//! the model of the slot takes three views.

use super::harness::*;
use epione::consensus::{Body, Effect, Input, Message, MessageError, Phase, Replica, Timer};
use epione::sim::Journal;

/// Expires the view timer of a view. Each view has a later time.
fn time_out(replica: &mut Replica<Journal>, view: u64) -> Vec<Effect> {
    untimed(replica.step((view + 1) * 1_000_000_000, Input::Timer(Timer::View)))
}

/// The first message of this kind among the effects.
fn message_of(effects: &[Effect], kind: fn(&Body) -> bool) -> Message {
    let of_kind = effects.iter().find_map(|effect| match effect {
        Effect::Send { message, .. } if kind(&message.body) => Some(message.clone()),
        _ => None,
    });
    of_kind.unwrap_or_else(|| panic!("no such message: {effects:?}"))
}

fn view_change_of(effects: &[Effect]) -> Message {
    message_of(effects, |body| matches!(body, Body::ViewChange { .. }))
}

#[test]
fn a_late_prepare_certificate_does_not_hide_a_decision() {
    let harness = Harness::flat(4);
    // The Byzantine member leads views 0 and 2.
    let (byzantine, leader, followers) =
        (harness.leader(0), harness.leader(1), harness.followers());
    assert_eq!((harness.leader(2), followers.len()), (byzantine, 2));
    let mut first = harness.replica(leader);
    let mut second = harness.replica(followers[0]);
    let mut third = harness.replica(followers[1]);
    let mut signers = [byzantine, leader, followers[0]];
    signers.sort_unstable();

    // View 0: a quorum prepares `a`. No honest member receives the certificate.
    let (a, value_a) = harness.value(0, "a");
    for replica in [&mut first, &mut second] {
        let effects = deliver(replica, &harness.pre_prepare(&value_a));
        assert_eq!(votes(&effects), [(Phase::Prepare, 0, a)]);
    }
    let late = harness.certificate(Phase::Prepare, 0, a, &signers);

    // View 1: its leader knows no certificate and proposes `b`. The third member decides `b`.
    let changes = [&mut first, &mut second].map(|replica| view_change_of(&time_out(replica, 0)));
    time_out(&mut third, 0);
    deliver(&mut third, &changes[0]);
    let joined = view_change_of(&deliver(&mut third, &changes[1]));
    deliver(&mut first, &changes[1]);
    let effects = deliver(&mut first, &joined);
    let new_view = message_of(&effects, |body| matches!(body, Body::NewView { .. }));
    let Body::NewView { value: value_b, .. } = &new_view.body else { panic!() };
    let [(Phase::Prepare, 1, b)] = votes(&effects)[..] else { panic!("{effects:?}") };
    for replica in [&mut second, &mut third] {
        assert_eq!(votes(&deliver(replica, &new_view)), [(Phase::Prepare, 1, b)]);
    }
    let prepared = harness.certificate(Phase::Prepare, 1, b, &signers);
    for replica in [&mut first, &mut second] {
        let effects = deliver(replica, &harness.announce(&prepared));
        assert_eq!(votes(&effects), [(Phase::Commit, 1, b)]);
    }
    let committed = harness.certificate(Phase::Commit, 1, b, &signers);
    let effects = deliver(&mut third, &harness.announce(&committed));
    assert_eq!(delivered(&effects), std::slice::from_ref(value_b));

    // The Byzantine member shows the certificate of `a` to the others and leads view 2 with it.
    let mut changes = vec![harness.view_change(byzantine, 2, Some(&late))];
    for replica in [&mut first, &mut second] {
        assert_eq!(votes(&deliver(replica, &harness.announce(&late))), []);
        changes.push(view_change_of(&time_out(replica, 1)));
    }
    changes.sort_by_key(|change| change.from);
    let fork = harness.new_view_with(2, &changes, Some(late), &value_a);
    let new_view = harness.new_view(2, &changes, value_b);
    let committed = harness.certificate(Phase::Commit, 2, b, &signers);
    for replica in [&mut first, &mut second] {
        let error = error_of(&mut replica.clone(), &fork);
        assert_eq!(error, Some(MessageError::CertificateMismatch));
        assert_eq!(votes(&deliver(replica, &new_view)), [(Phase::Prepare, 2, b)]);
        let effects = deliver(replica, &harness.announce(&committed));
        assert_eq!(delivered(&effects), std::slice::from_ref(value_b));
    }
}
