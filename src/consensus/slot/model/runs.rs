//! Exhaustive searches with the sound rules.
#![forbid(unsafe_code)]

use super::network::Network;
use super::{AGREEMENT, PROGRESS, SlotModel, campaign};
use crate::consensus::ReplicaId;
use crate::consensus::rules::Pbft;
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::collections::HashSet;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Instant;

/// Searches all states depth-first and asserts the properties. Returns the number of states.
fn search(model: SlotModel<Pbft>) -> usize {
    let (start, threads) = (Instant::now(), available_parallelism().map_or(1, NonZeroUsize::get));
    let checker = model.checker().threads(threads).finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_dfs().join();
    let model = checker.model();
    let found = |property| checker.discovery(property).map(|path| path.into_actions());
    for property in [AGREEMENT, PROGRESS] {
        assert_eq!(found(property), None, "no {property}: {model:?}");
    }
    for property in model.properties() {
        let sometimes = matches!(property.expectation, Expectation::Sometimes);
        assert!(!sometimes || found(property.name).is_some(), "never {}", property.name);
    }
    // Only a failure ends the search early.
    assert!(checker.is_done());
    println!(
        "{} members, leaders {:?}, {}: all {} states in {} transitions, depth {}, {:.1?}",
        model.members,
        model.leaders,
        if model.checks_progress { "agreement and progress" } else { "agreement" },
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        start.elapsed(),
    );
    checker.unique_state_count()
}

#[test]
fn members_agree_and_progress_in_all_states() {
    let schedules: [&[ReplicaId]; 6] = [&[3], &[3, 3], &[3, 0], &[0, 3], &[0, 1], &[0, 0]];
    for leaders in schedules {
        search(SlotModel::new(4, leaders));
    }
    // With N > 3F + 1, the quorum exceeds 2F + 1.
    search(SlotModel::new(5, &[4, 4]).without_progress());
    search(SlotModel::new(6, &[5]));
    if campaign().is_some() {
        let schedules: [&[ReplicaId]; 3] = [&[3, 3, 3], &[0, 3, 1], &[0, 1, 3]];
        for leaders in schedules {
            search(SlotModel::new(4, leaders).without_progress());
        }
        search(SlotModel::new(4, &[3, 0, 1]));
        search(SlotModel::new(6, &[5, 5]).without_progress());
    }
}

/// Returns all reachable states, of those with equal keys only one.
fn reachable<K: Eq + Hash>(
    model: &SlotModel<Pbft>,
    key: impl Fn(&Network<Pbft>) -> K,
) -> Vec<Network<Pbft>> {
    let mut found = model.init_states();
    let mut known: HashSet<K> = found.iter().map(&key).collect();
    let (mut next, mut actions) = (0, Vec::new());
    while let Some(state) = found.get(next).cloned() {
        next += 1;
        state.actions(model, &mut actions);
        let successors = actions.drain(..).filter_map(|action| state.act(model, action));
        found.extend(successors.filter(|state| known.insert(key(state))));
    }
    found
}

#[test]
fn symmetric_states_have_symmetric_successors() {
    let model = SlotModel::new(4, &[3, 0]);
    let reduced = reachable(&model, |state| state.representative.clone());
    let all = reachable(&model, Network::identity);
    let representatives = |states: &[Network<Pbft>]| -> HashSet<_> {
        states.iter().map(|state| state.representative.clone()).collect()
    };
    assert_eq!(representatives(&reduced), representatives(&all));
    assert!(reduced.len() * 3 < all.len(), "{} of {}", reduced.len(), all.len());
    // Stateright finds the same states.
    assert_eq!(search(model), reduced.len());
}
