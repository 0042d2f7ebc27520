//! Faulty rules. Each type replaces one function. A search or a script finds a run that violates a
//! property.
#![forbid(unsafe_code)]

use super::network::Action;
use super::traces::check;
use super::{AGREEMENT, PROGRESS, SlotModel};
use crate::consensus::Digest;
use crate::consensus::rules::{Position, Rules};
use crate::consensus::wire::Phase;
use crate::consensus::{Prepared, faults};
use stateright::{Checker, HasDiscoveries, Model};

/// A view change that reports no certificate.
#[derive(Debug, Clone, Default)]
struct NoReport;

impl Rules for NoReport {
    fn reported(&self, _: Option<Prepared>) -> Option<Prepared> {
        None
    }
}

/// COMMIT after the view change.
#[derive(Debug, Clone, Default)]
struct LateCommit;

impl Rules for LateCommit {
    fn may_vote(&self, position: Position, phase: Phase, view: u64) -> bool {
        phase == Phase::Commit || view == position.view && !position.awaiting_new_view
    }
}

/// A digest that depends on the view.
#[derive(Debug, Clone, Default)]
struct ViewInDigest;

impl Rules for ViewInDigest {
    fn proposed_again(&self, required: Prepared, view: u64) -> Digest {
        let mut digest = required.digest;
        digest[1] = view as u8;
        digest
    }
}

/// A lock that prevents its member from accepting another value.
#[derive(Debug, Clone, Default)]
struct LockVetoes;

impl Rules for LockVetoes {
    fn overrides(&self, lock: Option<Prepared>, proposed: Digest) -> bool {
        lock.is_none_or(|lock| lock.digest == proposed)
    }
}

/// A lock that any certificate replaces.
#[derive(Debug, Clone, Default)]
pub(super) struct LockLowered;

impl Rules for LockLowered {
    fn raises(&self, _: Option<Prepared>, _: Prepared) -> bool {
        true
    }
}

/// A `NewView` with the value of the lowest report.
#[derive(Debug, Clone, Default)]
pub(super) struct LowestReport;

impl Rules for LowestReport {
    fn required(&self, reports: &[Option<Prepared>]) -> Option<Prepared> {
        reports.iter().flatten().min_by_key(|report| report.view).copied()
    }
}

/// A quorum of `2F + 1`, whatever the number of members.
#[derive(Debug, Clone, Default)]
pub(super) struct SmallQuorum;

impl Rules for SmallQuorum {
    fn quorum(&self, members: usize) -> usize {
        2 * faults(members) + 1
    }
}

/// Searches for a shortest run that violates the property, in depths that increase step by step.
fn search<R: Rules + Sync>(model: &SlotModel<R>, property: &'static str) {
    let violation = (1..30).find_map(|depth| {
        let first = HasDiscoveries::AnyOf([property].into());
        let builder = model.clone().checker().target_max_depth(depth).finish_when(first);
        let checker = builder.spawn_bfs().join();
        let run = checker.discovery(property)?.into_actions();
        Some((run, checker.unique_state_count()))
    });
    let (run, states) = violation.expect("a violation");
    check(model, &run, property, &format!("a shortest run, among {states} states"));
}

/// Searches three views depth-first for a run that violates agreement. It is longer than the
/// shortest one and found among fewer states.
pub(super) fn search_three_views<R: Rules + Sync>() {
    let first = HasDiscoveries::AnyOf([AGREEMENT].into());
    let model = SlotModel::<R>::new(4, &[3; 3]).without_progress();
    let checker = model.clone().checker().finish_when(first).spawn_dfs().join();
    let path = checker.discovery(AGREEMENT).expect("a violation").into_vec();
    let states: Vec<_> = path.iter().map(|(state, _)| model.holds(AGREEMENT, state)).collect();
    let violation = states.iter().position(|holds| !holds).expect("the violation");
    let run: Vec<Action> = path.into_iter().take(violation).filter_map(|(_, by)| by).collect();
    let origin = format!("found among {} states", checker.unique_state_count());
    check(&model, &run, AGREEMENT, &origin);
}

#[test]
fn view_changes_without_certificates_violate_agreement() {
    search(&SlotModel::<NoReport>::new(4, &[3, 3]).without_progress(), AGREEMENT);
}

#[test]
fn commits_after_the_view_change_violate_agreement() {
    search(&SlotModel::<LateCommit>::new(4, &[3, 3]).without_progress(), AGREEMENT);
}

#[test]
fn digests_that_depend_on_the_view_violate_agreement() {
    search(&SlotModel::<ViewInDigest>::new(4, &[3, 3]).without_progress(), AGREEMENT);
}

#[test]
fn locks_that_veto_a_new_view_prevent_progress() {
    search(&SlotModel::<LockVetoes>::new(4, &[3, 0]), PROGRESS);
}

#[test]
fn quorums_of_2f_plus_1_among_six_members_violate_agreement() {
    search(&SlotModel::<SmallQuorum>::new(6, &[5]).without_progress(), AGREEMENT);
}
