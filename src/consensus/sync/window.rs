//! The window of heights that are being fetched.
#![forbid(unsafe_code)]

use crate::consensus::ReplicaId;
use crate::consensus::config::{MAX_DECISIONS, SIGNATURE};
use crate::consensus::wire::Decision;
use std::collections::BTreeMap;

/// The number of ranges that are fetched at once, each from another peer.
const RANGES: usize = 4;
/// The number of heights in a range.
const RANGE: u64 = MAX_DECISIONS as u64;

/// A request for consecutive decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fetch {
    pub(crate) peer: ReplicaId,
    pub(crate) height: u64,
    pub(crate) count: u8,
}

#[derive(Debug, Clone, Copy)]
struct Outstanding {
    peer: ReplicaId,
    /// The first height that is not to be fetched any more.
    end: u64,
    deadline: u64,
}

/// Outstanding requests, and decisions that arrived before their predecessors.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Requests by their next missing height.
    outstanding: BTreeMap<u64, Outstanding>,
    arrived: BTreeMap<u64, Decision>,
    /// The total length of the decisions that arrived.
    bytes: usize,
    limit: usize,
    turn: usize,
}

impl Window {
    /// Creates an empty window that holds decisions of `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let (outstanding, arrived) = (BTreeMap::new(), BTreeMap::new());
        Self { outstanding, arrived, bytes: 0, limit, turn: 0 }
    }

    /// Plans the requests for heights in `height..target`. Those that expire, at the latest after
    /// the time-out from now, go to the next peer.
    ///
    /// `peers` are the candidates; each plan starts with another one.
    pub(crate) fn plan(
        &mut self,
        height: u64,
        target: u64,
        peers: &[ReplicaId],
        (now, timeout): (u64, u64),
    ) -> Vec<Fetch> {
        let latest = now.saturating_add(timeout);
        let outstanding = self.outstanding.values_mut();
        outstanding.for_each(|request| request.deadline = request.deadline.min(latest));
        self.outstanding.retain(|_, request| request.deadline > now && request.end > height);
        let mut fetches = Vec::new();
        let mut next = height;
        // A window that is almost full has room for the next decision only.
        let target = if self.bytes > self.limit / 4 * 3 { target.min(height + 1) } else { target };
        while next < target && self.outstanding.len() < RANGES && next < height + 8 * RANGE {
            if let Some(end) = self.covered(next) {
                next = end;
                continue;
            }
            let following = self.following(next).min(target);
            let end = following.min(next + RANGE);
            let busy = |peer: &&ReplicaId| !self.outstanding.values().any(|o| o.peer == **peer);
            let turn = peers.iter().cycle().skip(self.turn % peers.len().max(1));
            let Some(peer) = turn.take(peers.len()).find(busy).copied() else { break };
            self.turn += 1;
            self.outstanding.insert(next, Outstanding { peer, end, deadline: latest });
            fetches.push(Fetch { peer, height: next, count: (end - next) as u8 });
            next = end;
        }
        fetches
    }

    /// The end of the range or decision that covers a height.
    fn covered(&self, height: u64) -> Option<u64> {
        if self.arrived.contains_key(&height) {
            return Some(height + 1);
        }
        let (_, request) = self.outstanding.range(..=height).next_back()?;
        (request.end > height).then_some(request.end)
    }

    /// The next height that is covered.
    fn following(&self, height: u64) -> u64 {
        let arrived = self.arrived.range(height..).next().map(|(at, _)| *at);
        let requested = self.outstanding.range(height..).next().map(|(at, _)| *at);
        arrived.into_iter().chain(requested).min().unwrap_or(u64::MAX)
    }

    /// Returns `true` if a height is being fetched. Any peer may answer: one that was asked earlier
    /// may be slow.
    pub(crate) fn expects(&self, height: u64) -> bool {
        let range = self.outstanding.first_key_value().zip(self.outstanding.last_key_value());
        let expected =
            range.is_some_and(|((start, _), (_, last))| (*start..last.end).contains(&height));
        expected && !self.arrived.contains_key(&height)
    }

    /// Stores the verified decisions with which a peer answered. A short answer ends its request.
    pub(crate) fn store(&mut self, peer: ReplicaId, decisions: impl IntoIterator<Item = Decision>) {
        for decision in decisions {
            let (height, length) = (decision.certificate.height, length_of(&decision));
            if self.expects(height) && self.make_room(height, length) {
                self.bytes += length;
                self.arrived.insert(height, decision);
            }
        }
        self.outstanding.retain(|_, request| request.peer != peer);
    }

    /// Discards decisions above a height until one of this length fits. Returns `false` if it
    /// does not fit: the lowest heights are delivered first.
    fn make_room(&mut self, height: u64, length: usize) -> bool {
        while self.bytes + length > self.limit {
            match self.arrived.last_entry() {
                Some(last) if *last.key() > height => {
                    self.bytes -= length_of(&last.remove());
                }
                last => return last.is_none(),
            }
        }
        true
    }

    /// Takes the decision of a height, and discards those below.
    pub(crate) fn take(&mut self, height: u64) -> Option<Decision> {
        while let Some((at, decision)) = self.arrived.pop_first() {
            if at > height {
                self.arrived.insert(at, decision);
                return None;
            }
            self.bytes -= length_of(&decision);
            if at == height {
                return Some(decision);
            }
        }
        None
    }

    /// The earliest deadline of a request.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.outstanding.values().map(|request| request.deadline).min()
    }

    /// The total length of the decisions that wait for their predecessors.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn length_of(decision: &Decision) -> usize {
    decision.value.len() + decision.certificate.signatures.len() * SIGNATURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::wire::{Certificate, Phase};

    fn decision(height: u64) -> Decision {
        let (digest, value) = ([height as u8; 32], vec![0; 40]);
        let signatures = Vec::new();
        let certificate =
            Certificate { phase: Phase::Commit, group: 0, height, view: 0, digest, signatures };
        Decision { value, certificate }
    }

    #[test]
    fn the_next_decision_displaces_later_ones() {
        let mut window = Window::new(100);
        let fetches = window.plan(1, 200, &[1, 2, 3, 4], (0, 10));
        assert!(fetches.len() == 4 && fetches[0].height == 1, "{fetches:?}");
        window.store(2, [70, 71, 72].map(decision));
        assert_eq!(window.bytes(), 80, "two of three fit");
        window.store(1, [1, 2].map(decision));
        assert_eq!((window.bytes(), window.take(1).is_some()), (80, true));
        assert!(window.take(2).is_some() && window.take(3).is_none());
        assert_eq!(window.bytes(), 0);
    }

    #[test]
    fn a_short_answer_ends_its_request() {
        let mut window = Window::new(1000);
        window.plan(1, 200, &[1, 2], (0, 10));
        window.store(1, [1].map(decision));
        let fetches = window.plan(1, 200, &[1, 2], (1, 10));
        let rest = Fetch { peer: 1, height: 2, count: 63 };
        assert_eq!(fetches, [rest], "the rest is fetched before the deadline");
    }

    #[test]
    fn an_almost_full_window_fetches_the_next_decision_only() {
        let mut window = Window::new(100);
        window.plan(1, 200, &[1, 2, 3], (0, 10));
        window.store(2, [70, 71].map(decision));
        let fetches = window.plan(1, 200, &[1, 2, 3], (20, 10));
        let heights: Vec<_> = fetches.iter().map(|fetch| (fetch.height, fetch.count)).collect();
        assert_eq!(heights, [(1, 1)]);
    }
}
