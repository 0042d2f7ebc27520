//! Chang's Distance algorithm: members into groups of neighbours.
//!
//! Algorithm 1 with what it leaves open filled in:
//! * `random(U)` is a hash of chain, epoch and group number, the same on every replica;
//! * `enough(i)` is the capacity `floor(n/m)`, one more for the first `n mod m` groups, so that
//!   no group is smaller than another by more than one;
//! * the radius divides by `|U| - 1`, as the algorithm does and Eq. 1 does not;
//! * the loop over a circle's members takes the nearest first (the paper's set has no order);
//! * the leftover loop removes what it places.
#![forbid(unsafe_code)]

use super::distance::{distance, mean_and_deviation};
use super::parameters::{Location, Member};
use crate::algebra::{hash, tag};

/// Divides the members into `m` groups of positions in `members`.
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
            .min_by_key(|i| (towards(members, member, &groups[*i]), *i))
            .expect("the capacities sum to n");
        groups[nearest].push(member);
    }
    groups
}

/// Line 3, `c <- random(U)`.
fn choose(chain: &str, epoch: u64, group: usize, candidates: usize) -> usize {
    let parts: [&[u8]; 3] = [chain.as_bytes(), &epoch.to_be_bytes(), &(group as u64).to_be_bytes()];
    let hash = hash::digest(tag::CONSENSUS_GROUPING, &parts);
    let number = u64::from_be_bytes(hash[..8].try_into().expect("eight of 32 bytes"));
    (number % candidates as u64) as usize
}

/// Lines 5 to 8: who is nearer to the centre than the mean distance, up to `room`.
fn circle(members: &[Member], centre: usize, unassigned: &[usize], room: usize) -> Vec<usize> {
    let from = members[centre].location;
    let mut by_distance: Vec<(u64, usize)> =
        unassigned.iter().map(|j| (distance(from, members[*j].location), *j)).collect();
    by_distance.sort_unstable();
    let total: u64 = by_distance.iter().map(|(d, _)| d).sum();
    let radius = total / unassigned.len().max(1) as u64;
    by_distance.into_iter().filter(|(d, _)| *d < radius).take(room).map(|(_, j)| j).collect()
}

/// Line 13: `(md, sd)` from a member to a group.
fn towards(members: &[Member], member: usize, group: &[usize]) -> (u64, u64) {
    let places: Vec<Location> = group.iter().map(|j| members[*j].location).collect();
    mean_and_deviation(members[member].location, &places)
}
