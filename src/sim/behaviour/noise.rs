//! Replays, false heights and floods.
#![forbid(unsafe_code)]

use super::{Action, Attack};
use crate::consensus::{Application, Body, Effect, Phase, Vote};
use rand::Rng;

/// The least time between two unsolicited bursts, in milliseconds.
const PERIOD: u64 = 200;

impl<A: Application> Attack<'_, A> {
    /// Repeats received messages, of this height or earlier ones, now or later.
    pub(super) fn replay(&mut self, effects: Vec<Effect>) -> Vec<Action> {
        let mut actions: Vec<Action> = effects.into_iter().map(Action::from).collect();
        if self.memory.seen.is_empty() || !self.memory.is_due(self.now, PERIOD) {
            return actions;
        }
        let others = self.others();
        for _ in 0..4 {
            let message = self.memory.seen[self.rng.gen_range(0..self.memory.seen.len())].clone();
            let to = vec![others[self.rng.gen_range(0..others.len())]];
            let late = self.rng.gen_range(0..4) == 0;
            let delay = if late { self.rng.gen_range(0..5000) } else { 0 };
            actions.push(Action { delay, effect: Effect::Send { to, message } });
        }
        actions
    }

    /// Claims heights far ahead.
    pub(super) fn claim_heights(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        if !self.memory.is_due(self.now, PERIOD) {
            return effects;
        }
        let ahead = self.replica.height() + 1 + self.rng.gen_range(0..4);
        for height in [u64::MAX, u64::MAX - 1, ahead] {
            let vote = Vote { phase: Phase::Commit, view: 0, digest: [7; 32] };
            let bodies = [
                Body::Status { height, reply: true },
                Body::Vote { height, vote },
                Body::FetchDecisions { height, count: u8::MAX },
            ];
            effects.extend(bodies.map(|body| self.send(self.others(), body)));
        }
        effects
    }

    /// Fetches everything from everybody.
    pub(super) fn flood(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        if !self.memory.is_due(self.now, PERIOD) {
            return effects;
        }
        let height = self.replica.height();
        let digest = self.replica.prepared_certificate().map_or([7; 32], |c| c.digest);
        let bodies = [
            Body::FetchDecisions { height: 1, count: u8::MAX },
            Body::FetchValue { height, digest },
            Body::FetchValue { height: 1, digest },
            Body::Status { height: 1, reply: true },
        ];
        effects.extend(bodies.map(|body| self.send(self.others(), body)));
        effects
    }
}
