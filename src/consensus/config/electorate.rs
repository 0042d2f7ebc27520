//! The members whose votes a slot counts.
#![forbid(unsafe_code)]

use super::protocol::Voters;
use super::{Config, faults};
use crate::consensus::ReplicaId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The voters of a slot, one vote each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Electorate(Arc<BTreeSet<ReplicaId>>);

impl Electorate {
    /// The voters of a configuration's profile.
    pub(crate) fn of(config: &Config) -> Self {
        match config.protocol().voters {
            Voters::Members => config.members().map(|member| member.id).collect(),
        }
    }

    pub(crate) fn contains(&self, id: ReplicaId) -> bool {
        self.0.contains(&id)
    }

    /// The number of voters.
    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }

    /// The number of faulty voters tolerated.
    pub(crate) fn faults(&self) -> usize {
        faults(self.size())
    }
}

impl FromIterator<ReplicaId> for Electorate {
    fn from_iter<I: IntoIterator<Item = ReplicaId>>(ids: I) -> Self {
        Self(Arc::new(ids.into_iter().collect()))
    }
}
