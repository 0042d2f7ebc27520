//! Which timers run, and what happens when they end.
#![forbid(unsafe_code)]

use super::message::Body;
use super::replica::Replica;
use super::{Application, Effect, Timer};

impl<A: Application> Replica<A> {
    /// Starts the timers that are needed and stops the others.
    pub(super) fn arm(&mut self) {
        let (round, timing) = (&self.round, self.config.timing());
        let open = round.changing || round.accepted.is_some() || round.lock.is_some();
        let behind = self.ahead.values().any(|height| *height > self.height);
        // Votes without their proposal: the others may be about to decide, or have done so.
        let heard = !round.tally.is_empty();
        let busy = open || behind || heard || round.wanted.is_some();
        let view = self.now.saturating_add(self.config.view_delay(round.view));
        let relay = self.pool.oldest_unrelayed().map(|since| since.saturating_add(timing.relay));
        let view = (open || !self.pool.is_empty()).then_some(view);
        self.arm_one(Timer::View, view);
        self.arm_one(Timer::Fallback, busy.then_some(self.now.saturating_add(timing.fallback)));
        self.arm_one(Timer::Relay, relay);
    }

    fn arm_one(&mut self, timer: Timer, at: Option<u64>) {
        match (self.timers.contains_key(&timer), at) {
            (false, Some(at)) => {
                self.timers.insert(timer, at);
                self.effects.push(Effect::SetTimer { timer, at });
            }
            (true, None) => {
                self.timers.remove(&timer);
                self.effects.push(Effect::CancelTimer(timer));
            }
            _ => {}
        }
    }

    pub(super) fn expire(&mut self, timer: Timer) {
        if self.timers.get(&timer).is_none_or(|at| *at > self.now) {
            return;
        }
        self.timers.remove(&timer);
        match timer {
            Timer::View => self.on_view_timer(),
            Timer::Fallback => self.send_again(),
            Timer::Relay => self.relay(),
        }
    }

    /// Requests that the primaries did not get delivered in time go to everyone, straight: with
    /// every honest member holding them, the first honest leader proposes them.
    fn relay(&mut self) {
        let limit = self.now.saturating_sub(self.config.timing().relay);
        let everyone = self.place().everyone_else();
        for request in self.pool.take_overdue(limit) {
            self.send(everyone.clone(), Body::Request(request));
        }
    }
}
