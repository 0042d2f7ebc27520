//! Fetching of missing values and decisions, and comparison of heights.
#![forbid(unsafe_code)]

use super::chain::Chain;
use super::outbox::Outbox;
use crate::consensus::config::MAX_DECISIONS;
use crate::consensus::sync::{Budget, Fetch, Heights, Window};
use crate::consensus::wire::{Body, Certificate, Decision};
use crate::consensus::{Application, Digest, MessageError, ReplicaId, Timer};
use std::collections::BTreeMap;

/// State transfer of one replica.
#[derive(Debug, Clone)]
pub(super) struct Sync {
    pub(super) heights: Heights,
    pub(super) window: Window,
    budget: Budget,
    /// The number of status requests of `ask_next`.
    asked: u64,
    /// The fetches of each value at this height, and the time of the last one.
    fetches: BTreeMap<Digest, (u64, u64)>,
    /// The number of fetches towards heights of at most `F` members since the last decision.
    unsupported: u32,
    /// The number of status rounds since the last decision.
    rounds: u32,
}

impl Sync {
    /// Peers fetch `bytes` each per period of milliseconds, and the window holds as many.
    pub(super) fn new(bytes: usize, period: u64) -> Self {
        Self {
            heights: Heights::default(),
            window: Window::new(bytes),
            budget: Budget::new(bytes, period),
            asked: 0,
            fetches: BTreeMap::new(),
            unsupported: 0,
            rounds: 0,
        }
    }
}

/// The maximum number of doublings of the time between two status rounds, and between two fetches
/// towards a height that is not supported.
const DOUBLINGS: u32 = 8;

/// State transfer in one step.
pub(super) struct Transfer<'a, A: Application> {
    pub(super) sync: &'a mut Sync,
    pub(super) chain: &'a Chain<A>,
    pub(super) out: &'a mut Outbox,
}

impl<A: Application> Transfer<'_, A> {
    /// Fetches the value of a prepare certificate from one of the members that report it or of its
    /// signers, from the next one in each attempt.
    ///
    /// An honest member that reports a certificate holds its value. A signer may have discarded it.
    /// Half a fallback delay passes between two fetches of a value.
    pub(super) fn fetch_value(&mut self, certificate: &Certificate, reporters: Vec<ReplicaId>) {
        let (height, digest, now) = (certificate.height, certificate.digest, self.out.now);
        let (count, last) = self.sync.fetches.get(&digest).copied().unwrap_or_default();
        if count > 0 && now < last.saturating_add(self.out.config.timing().fallback / 2) {
            return;
        }
        self.sync.fetches.insert(digest, (count + 1, now));
        let signers = certificate.signers().filter(|id| !reporters.contains(id));
        let mut holders: Vec<ReplicaId> = reporters.iter().copied().chain(signers).collect();
        holders.retain(|id| *id != self.out.id);
        let to = at_turn(&holders, count);
        self.out.send(to.into_iter().collect(), Body::FetchValue { height, digest });
    }

    /// Asks the next member for its height.
    pub(super) fn ask_next(&mut self) {
        let to = at_turn(&self.out.others(), self.sync.asked.wrapping_add(self.out.id.into()));
        self.sync.asked += 1;
        self.send_status(to.into_iter().collect(), true);
    }

    /// Answers with a value, within the peer's budget.
    pub(super) fn send_value(
        &mut self,
        peer: ReplicaId,
        height: u64,
        value: &[u8],
    ) -> Result<(), MessageError> {
        if self.sync.budget.available(peer, self.out.now) < value.len() {
            return Err(MessageError::Busy);
        }
        self.sync.budget.charge(peer, value.len(), self.out.now);
        self.out.send(vec![peer], Body::Value { height, value: value.to_vec() });
        Ok(())
    }

    /// Answers with decisions, within the peer's budget, or with this replica's height.
    pub(super) fn send_decisions(
        &mut self,
        peer: ReplicaId,
        height: u64,
        count: u8,
    ) -> Result<(), MessageError> {
        let limits = self.out.config.limits();
        let available = self.sync.budget.available(peer, self.out.now);
        let mut room = available.min(limits.value + limits.certificate);
        let heights = height..height.saturating_add(u64::from(count)).min(self.chain.height());
        let mut decisions: Vec<Decision> = Vec::new();
        let mut bytes = 0;
        for decision in heights.take(MAX_DECISIONS).map_while(|at| self.chain.decision(at)) {
            let length = decision.value.len() + limits.certificate;
            let Some(left) = room.checked_sub(length) else { break };
            (room, bytes) = (left, bytes + length);
            decisions.push(decision);
        }
        let known = height < self.chain.height();
        if decisions.is_empty() && (known || available == 0) {
            return Err(MessageError::Busy);
        }
        self.sync.budget.charge(peer, bytes, self.out.now);
        match known {
            true => self.out.send(vec![peer], Body::Decisions(decisions)),
            false => self.send_status(vec![peer], false),
        }
        Ok(())
    }

    fn send_status(&mut self, to: Vec<ReplicaId>, reply: bool) {
        self.out.send(to, Body::Status { height: self.chain.height(), reply });
    }

    /// Upon another member's height: answers, and fetches what is missing.
    pub(super) fn on_status(&mut self, peer: ReplicaId, reply: bool) -> Result<(), MessageError> {
        if reply {
            if self.sync.budget.available(peer, self.out.now) == 0 {
                return Err(MessageError::Busy);
            }
            self.sync.budget.charge(peer, 0, self.out.now);
            self.send_status(vec![peer], false);
        }
        self.fetch_decisions();
        Ok(())
    }

    /// Fetches the decisions up to the height that is supported. Towards a height that at most `F`
    /// members report, one decision is fetched, less and less often.
    pub(super) fn fetch_decisions(&mut self) {
        let (height, faults) = (self.chain.height(), self.out.config.faults());
        let beyond = self.sync.heights.beyond(height);
        let supported = self.sync.heights.supported(faults);
        let is_supported = supported > height;
        let (target, peers, doublings) = if is_supported {
            (supported, if beyond.len() > faults { beyond } else { self.out.others() }, 0)
        } else {
            (height + 1, beyond, self.sync.unsupported.min(DOUBLINGS))
        };
        let timing = (self.out.now, self.out.config.timing().fallback << doublings);
        for Fetch { peer, height, count } in self.sync.window.plan(height, target, &peers, timing) {
            self.sync.unsupported += u32::from(!is_supported);
            self.out.send(vec![peer], Body::FetchDecisions { height, count });
        }
        let deadline = self.sync.window.deadline();
        self.out.set(Timer::Sync, deadline);
    }

    /// Sends this replica's height to the `F + 1` next members until all of them have reached it.
    /// Each member is thus asked by the `F + 1` members before it, of whom one is honest: a member
    /// that lost every message of the last height learns of that height.
    pub(super) fn compare_heights(&mut self) {
        let (height, faults) = (self.chain.height(), self.out.config.faults());
        let others = self.out.others();
        let after = others.iter().position(|id| *id > self.out.id).unwrap_or(0);
        let successors = others.iter().cycle().skip(after).take(faults + 1);
        let behind: Vec<ReplicaId> =
            successors.filter(|id| !self.sync.heights.has_reached(**id, height)).copied().collect();
        if behind.is_empty() {
            return;
        }
        self.send_status(behind, true);
        let delay = self.out.config.timing().fallback << self.sync.rounds.min(DOUBLINGS);
        self.sync.rounds += 1;
        self.out.require(Timer::Status, Some(self.out.now.saturating_add(delay)));
    }

    /// Starts the comparison of heights anew at a new height, once nothing happens for a fallback
    /// delay.
    pub(super) fn schedule_comparison(&mut self) {
        (self.sync.rounds, self.sync.unsupported) = (0, 0);
        self.sync.fetches.clear();
        let at = self.out.now.saturating_add(self.out.config.timing().fallback);
        self.out.set(Timer::Status, Some(at));
    }

    /// Returns `true` if another member is known to be ahead.
    pub(super) fn is_behind(&self) -> bool {
        self.sync.heights.supported(self.out.config.faults()) > self.chain.height()
    }
}

/// The member whose turn it is.
fn at_turn(members: &[ReplicaId], turn: u64) -> Option<ReplicaId> {
    let index = turn.checked_rem(members.len() as u64)?;
    members.get(index as usize).copied()
}
