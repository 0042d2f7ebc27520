//! Grouping of members by distance: Chang et al. 2022, Algorithm 1.
//!
//! Points that the algorithm leaves open, or in which it differs from the paper's equations:
//! * `random(U)` is a hash of chain, epoch and group number, equal on every replica.
//! * `enough(i)` is the capacity `floor(n/m)`, plus one for the first `n mod m` groups, so group
//!   sizes differ by at most one.
//! * The radius divides by `|U| - 1`, as in the algorithm; Eq. 1 divides by `|U|`.
//! * The loop over a circle's members takes the nearest first; the paper's set is unordered.
//! * The leftover loop removes the members that it assigns; the printed loop never does.
#![forbid(unsafe_code)]

use super::distance::{distance, mean_and_deviation};
use super::parameters::{Location, Member};
use crate::algebra::{hash, tag};

/// Partitions the members into `m` groups, given as indices into `members`.
pub(super) fn group(chain: &str, epoch: u64, members: &[Member], m: usize) -> Vec<Vec<usize>> {
    let n = members.len();
    let capacity = |i: usize| n / m + usize::from(i < n % m);
    let mut unassigned: Vec<usize> = (0..n).collect();
    let mut groups = Vec::with_capacity(m);
    for i in 0..m {
        let centre = unassigned.remove(choose(chain, epoch, i, unassigned.len()));
        let near = circle(members, centre, &unassigned, capacity(i) - 1);
        unassigned.retain(|j| !near.contains(j));
        groups.push([vec![centre], near].concat());
    }
    for member in unassigned {
        let nearest = (0..m)
            .filter(|i| groups[*i].len() < capacity(*i))
            .min_by_key(|i| (distances_to(members, member, &groups[*i]), *i))
            .expect("the capacities sum to n");
        groups[nearest].push(member);
    }
    groups
}

/// Line 3: `c <- random(U)`.
fn choose(chain: &str, epoch: u64, group: usize, candidates: usize) -> usize {
    let parts: [&[u8]; 3] = [chain.as_bytes(), &epoch.to_be_bytes(), &(group as u64).to_be_bytes()];
    let hash = hash::digest(tag::CONSENSUS_GROUPING, &parts);
    let number = u64::from_be_bytes(hash[..8].try_into().expect("eight of 32 bytes"));
    (number % candidates as u64) as usize
}

/// Lines 5 to 8: the members nearer to the centre than the mean distance, at most `capacity`.
fn circle(members: &[Member], centre: usize, unassigned: &[usize], capacity: usize) -> Vec<usize> {
    let from = members[centre].location;
    let mut by_distance: Vec<(u64, usize)> =
        unassigned.iter().map(|j| (distance(from, members[*j].location), *j)).collect();
    by_distance.sort_unstable();
    let total: u64 = by_distance.iter().map(|(d, _)| d).sum();
    let radius = total / unassigned.len().max(1) as u64;
    by_distance.into_iter().filter(|(d, _)| *d < radius).take(capacity).map(|(_, j)| j).collect()
}

/// Line 13: `(md, sd)` of the distances from a member to a group.
fn distances_to(members: &[Member], member: usize, group: &[usize]) -> (u64, u64) {
    let locations: Vec<Location> = group.iter().map(|j| members[*j].location).collect();
    mean_and_deviation(members[member].location, &locations)
}
