//! Replayed runs: those that a search finds, and scripted ones of three views, which a search finds
//! only among many states.
#![forbid(unsafe_code)]

use super::member::{Honest, vote_received};
use super::mutants::{LockLowered, LowestReport, SmallQuorum, search_three_views};
use super::network::{Action, Network};
use super::projection::{PHASES, VALUES, Value};
use super::{AGREEMENT, COMMIT_IN_VIEW_2, SlotModel, campaign};
use crate::consensus::ReplicaId;
use crate::consensus::config::Electorate;
use crate::consensus::rules::{Pbft, Rules};
use crate::consensus::slot::{Event, Outcome};
use crate::consensus::wire::Vote;

/// Asserts that the faulty rules enable every action and violate the property only at the end, and
/// that the property holds with the sound rules after the actions that they enable. Returns the
/// first action that they do not enable.
pub(super) fn check<R: Rules + Sync>(
    model: &SlotModel<R>,
    run: &[Action],
    property: &'static str,
    origin: &str,
) -> Option<Action> {
    let faulty = SlotModel { checks_progress: true, ..model.clone() };
    let mut state = Network::new(&faulty);
    for action in run {
        assert!(faulty.holds(property, &state), "violated before {action:?}");
        state = perform(&faulty, &state, *action).unwrap_or_else(|| panic!("no {action:?}"));
    }
    assert!(!faulty.holds(property, &state));
    println!("{:?} violates {property} in {} steps, {origin}: {run:?}", faulty.rules, run.len());

    let sound = SlotModel::<Pbft>::new(model.members, &model.leaders);
    let (mut state, mut refused) = (Network::new(&sound), None);
    for action in run {
        match perform(&sound, &state, *action) {
            Some(next) => state = next,
            None => refused = refused.or(Some(*action)),
        }
    }
    assert!(sound.holds(property, &state));
    refused
}

/// Performs an action, if it is enabled.
fn perform<R: Rules + Sync>(
    model: &SlotModel<R>,
    state: &Network<R>,
    action: Action,
) -> Option<Network<R>> {
    let mut enabled = Vec::new();
    state.actions(model, &mut enabled);
    enabled.contains(&action).then(|| state.act(model, action)).flatten()
}

const A: Value = VALUES[0];
const B: Value = VALUES[1];

fn accept<const N: usize>(members: [ReplicaId; N], view: u64, value: Value) -> Vec<Action> {
    members.map(|member| Action::Accept { member, view, value }).to_vec()
}

fn prepared<const N: usize>(members: [ReplicaId; N], view: u64, value: Value) -> Vec<Action> {
    members.map(|member| Action::Prepared { member, view, value }).to_vec()
}

fn time_out<const N: usize>(members: [ReplicaId; N]) -> Vec<Action> {
    members.map(|member| Action::Timeout { member }).to_vec()
}

#[test]
fn late_certificates_that_lower_the_lock_violate_agreement() {
    let run = [
        // A quorum prepares `a` in view 0. No member receives the certificate.
        accept([0, 1], 0, A),
        time_out([0, 1]),
        // View 1 decides `b`.
        accept([0, 1], 1, B),
        prepared([0, 1], 1, B),
        // The late certificate replaces the one that would report `b`.
        prepared([0, 1], 0, A),
        time_out([0, 1]),
        accept([0, 1], 2, A),
        prepared([0, 1], 2, A),
    ];
    if campaign().is_some() {
        search_three_views::<LockLowered>();
    }
    let model = SlotModel::<LockLowered>::new(4, &[3; 3]);
    let refused = check(&model, &run.concat(), AGREEMENT, "scripted");
    assert_eq!(refused, Some(Action::Prepared { member: 0, view: 0, value: A }));
}

#[test]
fn proposals_of_the_lowest_report_violate_agreement() {
    let run = [
        accept([0, 1], 0, A),
        prepared([0], 0, A),
        time_out([0, 1, 2]),
        // The proof of view 1 does not contain the report of member 0. View 1 decides `b`.
        accept([1, 2], 1, B),
        prepared([1, 2], 1, B),
        time_out([0, 1]),
        // Member 0 reports `a` in view 0, member 1 reports `b` in view 1.
        accept([0, 1], 2, A),
        prepared([0, 1], 2, A),
    ];
    if campaign().is_some() {
        search_three_views::<LowestReport>();
    }
    let model = SlotModel::<LowestReport>::new(4, &[3; 3]);
    let refused = check(&model, &run.concat(), AGREEMENT, "scripted");
    assert_eq!(refused, Some(Action::Accept { member: 0, view: 2, value: A }));
}

#[test]
fn members_commit_in_view_2_after_a_lock_in_view_0() {
    let run = [
        accept([0, 1], 0, A),
        prepared([0], 0, A),
        time_out([0, 1]),
        time_out([0, 1]),
        accept([0, 1], 2, A),
        prepared([0], 2, A),
    ];
    let model = SlotModel::<Pbft>::new(4, &[3; 3]);
    let mut state = Network::new(&model);
    for action in run.concat() {
        assert!(!model.holds(COMMIT_IN_VIEW_2, &state));
        state = perform(&model, &state, action).unwrap_or_else(|| panic!("no {action:?}"));
    }
    assert!(model.holds(COMMIT_IN_VIEW_2, &state));
}

/// Delivers one value and its votes to each half of the honest members, vote by vote. The Byzantine
/// member 5 votes for both values. Returns the decisions in order.
fn decided_by_halves<R: Rules>() -> Vec<(ReplicaId, Value)> {
    let voters: Electorate = (0..6).collect();
    let mut decided = Vec::new();
    for (half, value) in [([0, 1], A), ([2, 3], B)] {
        let digest = value.digest();
        let mut members = half.map(|id| Honest::<R>::new(voters.clone(), id));
        for member in &mut members {
            member.step(Event::Proposal { view: 0, digest });
        }
        for phase in PHASES {
            let voted = members.iter().filter(|member| member.vote(phase, 0) == Some(digest));
            let signers: Vec<ReplicaId> = voted.map(Honest::id).chain([5]).collect();
            for member in &mut members {
                let votes =
                    signers.iter().map(|id| vote_received(*id, Vote { phase, view: 0, digest }));
                let outcomes: Vec<Outcome> = votes.flat_map(|vote| member.step(vote)).collect();
                if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Decided(_))) {
                    decided.push((member.id(), value));
                }
            }
        }
    }
    decided
}

#[test]
fn two_quorums_of_2f_plus_1_among_six_members_can_be_disjoint() {
    assert_eq!(decided_by_halves::<SmallQuorum>(), [(0, A), (1, A), (2, B), (3, B)]);
    assert_eq!(decided_by_halves::<Pbft>(), []);
}
