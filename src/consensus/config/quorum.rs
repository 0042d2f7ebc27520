//! The number of faults that members tolerate, and of votes that form a quorum.
//!
//! Two quorums of `Q = ceil((N + F + 1) / 2)` share at least `2Q - N > F` members, so at least one
//! honest member (quorum intersection). PBFT's `2F + 1` (Castro and Liskov 1999, section 4) is the
//! same number only where `N = 3F + 1`: among six members, two quorums of three can be disjoint.
#![forbid(unsafe_code)]

/// The number of faulty members that `n` members tolerate: `floor((n - 1) / 3)`.
pub fn faults(n: usize) -> usize {
    n.saturating_sub(1) / 3
}

/// The number of equal votes that certify a digest among `n` members: `ceil((n + f + 1) / 2)`.
pub fn quorum(n: usize) -> usize {
    (n + faults(n) + 1).div_ceil(2)
}
