//! Who sends to whom: all to all, or along the groups.
//!
//! In `MemberQuorum` the leader is the root and stands in for its own group's primary; the other
//! groups' primaries are its children, their members the leaves. Every message goes down or up
//! `N - 1` edges.
#![forbid(unsafe_code)]

use super::ReplicaId;
use super::config::{Config, Group};
use super::parameters::Profile;

/// One replica's place in the tree of a view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) config: &'a Config,
    pub(super) me: ReplicaId,
    pub(super) height: u64,
    pub(super) view: u64,
}

impl<'a> Place<'a> {
    pub(super) fn leader(&self) -> ReplicaId {
        self.config.leader(self.height, self.view)
    }
    pub(super) fn leads(&self) -> bool {
        self.me == self.leader()
    }
    pub(super) fn flat(&self) -> bool {
        self.config.profile() == Profile::Flat
    }
    pub(super) fn everyone_else(&self) -> Vec<ReplicaId> {
        self.config.members().map(|member| member.id).filter(|id| *id != self.me).collect()
    }
    fn group(&self) -> &'a Group {
        self.config.group_of(self.me).expect("a replica is a member")
    }

    /// Who collects a group's votes: the leader in its own group, elsewhere the primary.
    fn collector(&self, group: &Group) -> ReplicaId {
        if group.ranking.contains(&self.leader()) {
            return self.leader();
        }
        group.ranking[(self.view % group.ranking.len() as u64) as usize]
    }

    /// Whether this replica collects its group's votes without being the leader.
    pub(super) fn collects(&self) -> bool {
        !self.flat() && !self.leads() && self.collector(self.group()) == self.me
    }

    pub(super) fn group_members(&self) -> &'a [ReplicaId] {
        &self.group().ranking
    }

    /// Where proposals and certificates go from here.
    pub(super) fn children(&self) -> Vec<ReplicaId> {
        if !self.leads() && !self.collects() {
            return Vec::new();
        }
        if self.flat() {
            return self.everyone_else();
        }
        let own = self.group_members().iter().copied();
        let others = self.config.groups().iter().map(|group| self.collector(group));
        let others = others.filter(|_| self.leads());
        let mut children: Vec<ReplicaId> = own.chain(others).filter(|id| *id != self.me).collect();
        children.sort_unstable();
        children
    }

    /// Where a single vote goes; nowhere from those who count it themselves.
    pub(super) fn voters_target(&self) -> Vec<ReplicaId> {
        if self.flat() {
            return self.everyone_else();
        }
        let collector = self.collector(self.group());
        if collector == self.me { Vec::new() } else { vec![collector] }
    }
}
