//! Systematic generation of Twins scenarios.
//!
//! Bano et al., *Twins: BFT Systems Made Robust* (OPODIS 2021): a Byzantine member is two honest
//! replicas with one identity, and the network is partitioned in every way in each round. Here the
//! schedule of leaders is that of the configuration, and the member that has a twin varies instead.
#![forbid(unsafe_code)]

use super::partition::{Endpoint, Partition};
use crate::consensus::{Config, ReplicaId};
use std::collections::BTreeSet;

/// The lengths of a round in milliseconds: within a view, and longer than a view.
const LENGTHS: [u64; 3] = [30, 400, 2600];

/// One scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinScenario {
    /// The members that have a twin.
    pub twins: Vec<ReplicaId>,
    /// The partitions, with the time at which each begins.
    pub rounds: Vec<(u64, Partition)>,
    /// The end of the last round.
    pub end: u64,
}

/// The number of scenarios with this number of rounds: members with a twin, times the partitions
/// into two sides and the lengths of each round. `None` if the number exceeds `2^64 - 1`.
pub fn twin_scenarios(config: &Config, rounds: u32) -> Option<u64> {
    let sides = 1_u64.checked_shl(endpoints(config) as u32 - 1)?;
    let per_round = sides.checked_mul(LENGTHS.len() as u64)?;
    (config.size() as u64).checked_mul(per_round.checked_pow(rounds)?)
}

/// The scenario with this index. `F` consecutive members in the order of ranks have twins.
pub fn twin_scenario(config: &Config, rounds: u32, index: u64) -> TwinScenario {
    let mut rest = index;
    let mut take = |choices: u64| {
        let choice = rest % choices;
        rest /= choices;
        choice
    };
    let mut ranked = config.schedule().to_vec();
    let others = config.members().map(|member| member.id);
    ranked.extend(others.filter(|id| !config.schedule().contains(id)).collect::<Vec<_>>());
    let first = take(ranked.len() as u64) as usize;
    let twins: Vec<ReplicaId> =
        ranked.iter().cycle().skip(first).take(config.faults()).copied().collect();
    let second = twins.iter().map(|id| Endpoint { id: *id, twin: true });
    let endpoints: Vec<Endpoint> =
        ranked.iter().map(|id| Endpoint::from(*id)).chain(second).collect();
    let (mut end, mut list) = (0, Vec::new());
    for _ in 0..rounds {
        // The first endpoint is on the left, so that mirror images are one partition.
        let left = take(1 << (endpoints.len() - 1)) << 1 | 1;
        let is_left = |i: &usize| left >> i & 1 == 1;
        let side: BTreeSet<Endpoint> =
            (0..endpoints.len()).filter(is_left).map(|i| endpoints[i]).collect();
        list.push((end, Partition::into_sides([side])));
        end += LENGTHS[take(LENGTHS.len() as u64) as usize];
    }
    TwinScenario { twins, rounds: list, end }
}

fn endpoints(config: &Config) -> usize {
    config.size() + config.faults()
}
