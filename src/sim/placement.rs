//! The positions of faulty members.
#![forbid(unsafe_code)]

use crate::consensus::{Config, ReplicaId};

/// The positions in which faulty members do most damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// The first leaders of the schedule: with `F` faulty members only the last one is honest.
    Schedule,
    /// All members of the first group, and then the first leaders.
    Group,
    /// The first-ranked primaries of all groups, and then the first leaders.
    Primaries,
}

impl Placement {
    /// Selects this number of members.
    pub fn members(self, config: &Config, count: usize) -> Vec<ReplicaId> {
        let groups = config.groups();
        let first: Vec<ReplicaId> = match self {
            Self::Schedule => Vec::new(),
            Self::Group => groups[0].ranking.clone(),
            Self::Primaries => groups.iter().map(|group| group.ranking[0]).collect(),
        };
        let all = config.members().map(|member| member.id);
        let mut selected: Vec<ReplicaId> = Vec::new();
        for id in first.into_iter().chain(config.schedule().iter().copied()).chain(all) {
            if selected.len() < count && !selected.contains(&id) {
                selected.push(id);
            }
        }
        selected
    }
}
