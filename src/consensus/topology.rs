//! The communication topology of a view: all to all, or a dissemination tree.
//!
//! PBFT multicasts every message (Castro and Liskov 1999, section 4.2). The tree of `MemberQuorum`
//! disseminates proposals and certificates and aggregates votes, as in Kauri (Neiheiser et al.
//! 2021); its inner nodes are the group primaries of Chang et al. 2022. The leader is the root and
//! replaces its own group's primary. The other primaries are its children, their members the
//! leaves. Every message traverses `N - 1` edges.
#![forbid(unsafe_code)]

use super::ReplicaId;
use super::config::{Config, Group, Route};

/// The topology of one view as one replica sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topology<'a> {
    pub(super) config: &'a Config,
    pub(super) me: ReplicaId,
    pub(super) height: u64,
    pub(super) view: u64,
}

impl<'a> Topology<'a> {
    pub(super) fn leader(&self) -> ReplicaId {
        self.config.leader(self.height, self.view)
    }
    pub(super) fn is_leader(&self) -> bool {
        self.me == self.leader()
    }
    pub(super) fn is_tree(&self) -> bool {
        self.config.protocol().route == Route::Tree
    }
    pub(super) fn others(&self) -> Vec<ReplicaId> {
        self.config.members().map(|member| member.id).filter(|id| *id != self.me).collect()
    }
    fn group(&self) -> &'a Group {
        self.config.group_of(self.me).expect("a replica is a member")
    }

    /// The collector of a group's votes: the leader in its own group, the primary elsewhere.
    fn collector(&self, group: &Group) -> ReplicaId {
        if group.ranking.contains(&self.leader()) {
            return self.leader();
        }
        group.ranking[(self.view % group.ranking.len() as u64) as usize]
    }

    /// Returns `true` if this replica is a collector other than the leader.
    pub(super) fn is_collector(&self) -> bool {
        self.is_tree() && !self.is_leader() && self.collector(self.group()) == self.me
    }

    pub(super) fn group_members(&self) -> &'a [ReplicaId] {
        &self.group().ranking
    }

    /// The recipients of the proposals and certificates that this replica disseminates.
    pub(super) fn children(&self) -> Vec<ReplicaId> {
        if !self.is_tree() {
            return if self.is_leader() { self.others() } else { Vec::new() };
        }
        if !self.is_leader() && !self.is_collector() {
            return Vec::new();
        }
        let own = self.group_members().iter().copied();
        let others = self.config.groups().iter().map(|group| self.collector(group));
        let others = others.filter(|_| self.is_leader());
        let mut children: Vec<ReplicaId> = own.chain(others).filter(|id| *id != self.me).collect();
        children.sort_unstable();
        children
    }

    /// The recipients of a client's request: the primary of the group, or the leader.
    pub(super) fn request_recipient(&self) -> ReplicaId {
        if self.is_tree() { self.collector(self.group()) } else { self.leader() }
    }

    /// The number of votes of this replica's group at which its collector reports them: the group's
    /// share of the quorum, so that the shares of all groups are a quorum.
    pub(super) fn group_share(&self) -> usize {
        let (k, n) = (self.group().ranking.len(), self.config.size());
        (self.config.quorum() * k).div_ceil(n)
    }

    /// The recipients of this replica's vote; none if it is its own collector.
    pub(super) fn vote_recipients(&self) -> Vec<ReplicaId> {
        if !self.is_tree() {
            return self.others();
        }
        let collector = self.collector(self.group());
        if collector == self.me { Vec::new() } else { vec![collector] }
    }
}
