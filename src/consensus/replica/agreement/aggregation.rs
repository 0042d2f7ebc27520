//! Aggregation of a group's votes by its collector.
//!
//! A collector reports votes when its group's share of the quorum is complete, so that absent
//! members delay nobody while the shares of all groups are a quorum. Votes that arrive later follow
//! after a short delay, unless the certificate has arrived by then.
#![forbid(unsafe_code)]

use crate::consensus::replica::outbox::Outbox;
use crate::consensus::slot::Slot;
use crate::consensus::topology::Topology;
use crate::consensus::wire::{Body, Certificate, Vote};
use crate::consensus::{ReplicaId, Timer};
use crate::sign::Signature;
use std::collections::BTreeMap;

/// The votes that were reported to the leader.
#[derive(Debug, Clone, Default)]
pub(super) struct Aggregation(BTreeMap<Vote, Report>);

#[derive(Debug, Clone, Copy, Default)]
struct Report {
    /// The number of votes reported.
    count: usize,
    /// The time at which later votes are reported.
    due: Option<u64>,
}

impl Aggregation {
    /// Upon a vote that was counted: reports the group's share, or waits for more.
    pub(super) fn on_vote(&mut self, vote: Vote, slot: &Slot, height: u64, out: &mut Outbox) {
        let topology = out.topology(height, vote.view);
        if !topology.is_collector() || slot.is_certified(vote.phase, vote.view) {
            return;
        }
        let votes = group_votes(&vote, slot, topology);
        let (leader, share) = (topology.leader(), topology.group_share());
        let report = self.0.entry(vote).or_default();
        if report.count == 0 && votes.len() >= share {
            report.count = votes.len();
            out.send(vec![leader], Body::PartialCertificate(certificate(height, vote, votes)));
        } else if votes.len() > report.count {
            let delay = out.config.timing().fallback / 4;
            report.due.get_or_insert(out.now.saturating_add(delay));
        }
        self.set_timer(out);
    }

    /// Reports the votes that arrived since the last report, are due and still needed.
    pub(super) fn report_late(&mut self, slot: &Slot, height: u64, out: &mut Outbox) {
        for (vote, report) in &mut self.0 {
            let topology = out.topology(height, vote.view);
            if report.due.take_if(|due| *due <= out.now).is_none() {
                continue;
            }
            let votes = group_votes(vote, slot, topology);
            if votes.len() > report.count && !slot.is_certified(vote.phase, vote.view) {
                report.count = votes.len();
                let leader = topology.leader();
                out.send(vec![leader], Body::LateVotes(certificate(height, *vote, votes)));
            }
        }
        self.set_timer(out);
    }

    fn set_timer(&self, out: &mut Outbox) {
        out.set(Timer::Collect, self.0.values().filter_map(|report| report.due).min());
    }

    /// Sends all votes of the group again.
    pub(super) fn resend(&self, vote: Vote, slot: &Slot, height: u64, out: &mut Outbox) {
        let topology = out.topology(height, vote.view);
        let (leader, votes) = (topology.leader(), group_votes(&vote, slot, topology));
        out.send(vec![leader], Body::LateVotes(certificate(height, vote, votes)));
    }
}

fn group_votes(vote: &Vote, slot: &Slot, topology: Topology<'_>) -> Vec<(ReplicaId, Signature)> {
    let of_member = |id: &ReplicaId| Some((*id, slot.vote_set().signature(vote, *id)?));
    let mut votes: Vec<_> = topology.group_members().iter().filter_map(of_member).collect();
    votes.sort_unstable_by_key(|(id, _)| *id);
    votes
}

fn certificate(height: u64, vote: Vote, signatures: Vec<(ReplicaId, Signature)>) -> Certificate {
    let Vote { phase, view, digest } = vote;
    Certificate { phase, group: 0, height, view, digest, signatures }
}
