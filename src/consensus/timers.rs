//! The view, fallback and relay timers.
//!
//! The view timer is PBFT's (Castro and Liskov 1999, sections 4.4 and 4.5.2): it starts view
//! changes, and its delay doubles. The fallback timer retransmits, which PBFT leaves to status
//! messages (section 5.2), and bypasses the dissemination tree. The relay timer replaces the PBFT
//! client that multicasts its request after a timeout (section 4.1).
#![forbid(unsafe_code)]

use super::message::Body;
use super::replica::Replica;
use super::{Application, Effect, Timer};

impl<A: Application> Replica<A> {
    /// Sets the timers that the state requires and cancels the others.
    pub(super) fn update_timers(&mut self) {
        let (instance, timing) = (&self.instance, self.config.timing());
        let in_progress = instance.awaiting_new_view
            || instance.accepted.is_some()
            || instance.prepared.is_some();
        let behind = self.peer_heights.values().any(|height| *height > self.height);
        // Votes without their proposal: the other members may decide, or have decided.
        let has_votes = !instance.votes.is_empty();
        let busy = in_progress || behind || has_votes || instance.awaiting_value.is_some();
        let view = self.now.saturating_add(self.config.view_delay(instance.view));
        let relay = self.pool.oldest_unrelayed().map(|since| since.saturating_add(timing.relay));
        let view = (in_progress || !self.pool.is_empty()).then_some(view);
        self.set_or_cancel(Timer::View, view);
        self.set_or_cancel(
            Timer::Fallback,
            busy.then_some(self.now.saturating_add(timing.fallback)),
        );
        self.set_or_cancel(Timer::Relay, relay);
    }

    fn set_or_cancel(&mut self, timer: Timer, at: Option<u64>) {
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

    pub(super) fn on_timer(&mut self, timer: Timer) {
        if self.timers.get(&timer).is_none_or(|at| *at > self.now) {
            return;
        }
        self.timers.remove(&timer);
        match timer {
            Timer::View => self.on_view_timer(),
            Timer::Fallback => self.retransmit(),
            Timer::Relay => self.relay_overdue(),
        }
    }

    /// Sends overdue requests directly to all members. Once every honest member holds a request,
    /// the next honest leader proposes it.
    fn relay_overdue(&mut self) {
        let limit = self.now.saturating_sub(self.config.timing().relay);
        let others = self.topology().others();
        for request in self.pool.take_overdue(limit) {
            self.send(others.clone(), Body::Request(request));
        }
    }
}
