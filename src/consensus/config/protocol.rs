//! The profiles as compositions of a schedule, a route and an electorate.
#![forbid(unsafe_code)]

use super::faults;
use super::parameters::Profile;
use crate::consensus::ReplicaId;

/// The order in which members lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// The first `F + 1` members by rank, of whom at least one is honest.
    Ranked,
}

/// The paths of proposals, votes and certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Every member to every other member.
    All,
    /// Down and up the tree of group primaries.
    Tree,
}

/// The members whose votes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voters {
    /// All members, one vote each.
    Members,
}

/// The parts of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) schedule: Schedule,
    pub(crate) route: Route,
    pub(crate) voters: Voters,
}

impl Profile {
    /// The table of profiles.
    pub(crate) fn protocol(self) -> Protocol {
        let (schedule, route, voters) = match self {
            Self::Flat => (Schedule::Ranked, Route::All, Voters::Members),
            Self::MemberQuorum => (Schedule::Ranked, Route::Tree, Voters::Members),
        };
        Protocol { schedule, route, voters }
    }
}

impl Schedule {
    /// Selects the leaders `S` from all members in order of rank.
    pub(super) fn leaders(self, mut ranked: Vec<ReplicaId>) -> Vec<ReplicaId> {
        match self {
            Self::Ranked => ranked.truncate(faults(ranked.len()) + 1),
        }
        ranked
    }
}
