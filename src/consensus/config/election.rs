//! Election of primaries and leaders by distance and rating.
//!
//! Chang et al. 2022, Eq. 4: `T = md * alpha + vi * beta` with `alpha + beta = 1`, lower is better.
//! Eq. 5 substitutes `sd` for `md` and breaks ties. The paper adds kilometres to ranks; here both
//! are first normalised to `[0, 1]` within the group, in millionths. The lower id breaks the last
//! tie.
#![forbid(unsafe_code)]

use super::distance::mean_and_deviation;
use super::parameters::{Location, Member};
use crate::consensus::ReplicaId;

const SCALE: u64 = 1_000_000;

/// `(T, sd, id)`, compared lexicographically; the lowest score leads.
pub(super) type Score = (u64, u64, ReplicaId);

/// Ranks a group's members by score. `alpha` is in thousandths.
pub(super) fn rank(group: &[&Member], alpha: u16) -> Vec<Score> {
    let spread: Vec<(u64, u64)> = group.iter().map(|member| to_others(group, member)).collect();
    let distances = normalise(&spread.iter().map(|(mean, _)| *mean).collect::<Vec<_>>());
    let ratings =
        normalise(&group.iter().map(|member| rating_rank(group, member)).collect::<Vec<_>>());
    let (alpha, beta) = (u64::from(alpha), 1000 - u64::from(alpha));
    let mut scores: Vec<Score> = (0..group.len())
        .map(|i| (distances[i] * alpha + ratings[i] * beta, spread[i].1, group[i].id))
        .collect();
    scores.sort_unstable();
    scores
}

/// Orders all first-ranked members by score, then all second-ranked ones, and so on.
pub(super) fn order(rankings: &[Vec<Score>]) -> Vec<ReplicaId> {
    let deepest = rankings.iter().map(Vec::len).max().unwrap_or(0);
    let at_rank = |rank: usize| {
        let mut scores: Vec<Score> =
            rankings.iter().filter_map(|ranking| ranking.get(rank).copied()).collect();
        scores.sort_unstable();
        scores
    };
    (0..deepest).flat_map(at_rank).map(|(_, _, id)| id).collect()
}

/// Mean `md` and standard deviation `sd` of the distances from a member to the rest of its group.
fn to_others(group: &[&Member], member: &Member) -> (u64, u64) {
    let others: Vec<Location> =
        group.iter().filter(|other| other.id != member.id).map(|other| other.location).collect();
    mean_and_deviation(member.location, &others)
}

/// The rating rank `vi`: the number of group members with a better rating.
fn rating_rank(group: &[&Member], member: &Member) -> u64 {
    group.iter().filter(|other| other.rating > member.rating).count() as u64
}

/// Normalises to `[0, 1]` in millionths. Equal values give zeros.
fn normalise(values: &[u64]) -> Vec<u64> {
    let low = values.iter().min().copied().unwrap_or(0);
    let range = values.iter().max().map_or(0, |high| high - low).max(1);
    values.iter().map(|value| (value - low) * SCALE / range).collect()
}
