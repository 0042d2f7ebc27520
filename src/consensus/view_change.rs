//! Changing the leader without losing what may have been decided.
//!
//! 1. Whose timer ends sends `ViewChange(V + 1)` with its highest prepare certificate, and votes
//!    no more below `V + 1`.
//! 2. The leader of `V + 1` gathers `Q` of them into a `NewView`. The value of the highest
//!    certificate among them must be proposed again, byte for byte; without any, a fresh one.
//! 3. Every member recomputes that from the `Q` messages. Its own lock is no veto: a lock that
//!    `Q` others did not report was not committed, and insisting on it would halt the chain.
//!
//! Why it is safe: what was committed in a view was locked by `Q` members, of which every other
//! quorum contains an honest one, who reports the lock or a higher one.
#![forbid(unsafe_code)]

use super::claim::{SignedViewChange, ViewChange};
use super::message::{Body, Message};
use super::quorum::{Certificate, Phase};
use super::replica::{Replica, VIEW_WINDOW};
use super::{Application, Digest, Fault, ReplicaId, Timer};

/// Views stay below this, so that counting on never overflows.
const MAX_VIEW: u64 = 1 << 40;

impl<A: Application> Replica<A> {
    pub(super) fn on_view_timer(&mut self) {
        self.pool.retry(&self.application);
        let round = &self.round;
        let open = round.accepted.is_some() || round.lock.is_some() || !self.pool.is_empty();
        // Running ahead of a quorum would only take this replica out of everyone's reach.
        if round.changing
            && self.claims().filter(|view| *view >= round.view).count() < self.config.quorum()
        {
            return;
        }
        if round.changing || open {
            self.leave_view(round.view + 1);
        }
    }

    fn claims(&self) -> impl Iterator<Item = u64> {
        self.round.changes.values().map(|signed| signed.change.view)
    }

    /// Step 1.
    ///
    /// A lock of a view that this replica has not reached proves that a quorum has: it goes above
    /// that view, since nobody accepts a certificate that is not below the view asked for.
    fn leave_view(&mut self, view: u64) {
        let round = &mut self.round;
        let view = view.max(round.lock.as_ref().map_or(0, |lock| lock.view + 1));
        (round.view, round.changing, round.declined) = (view, true, false);
        (round.accepted, round.proposal) = (None, None);
        round.tally.keep(view.saturating_sub(VIEW_WINDOW)..=view + VIEW_WINDOW);
        self.timers.remove(&Timer::View);
        self.timers.remove(&Timer::Fallback);
        let change = ViewChange { height: self.height, view, prepared: self.round.lock.clone() };
        let message = self.announce(change.clone());
        let signed = SignedViewChange { from: self.id, signature: message.signature, change };
        self.round.changes.insert(self.id, signed);
        self.pass(self.place().everyone_else(), message);
        self.begin_view_if_leading();
    }

    /// A `ViewChange` together with the value of its certificate, which the new leader may lack.
    pub(super) fn announce(&self, change: ViewChange) -> Message {
        let digest = change.prepared.as_ref().map(|certificate| certificate.digest);
        let value = digest.and_then(|digest| self.round.values.get(&digest).cloned());
        Message::sign(&self.config, self.id, &self.key, Body::ViewChange { change, value })
    }

    pub(super) fn on_view_change(
        &mut self,
        signed: SignedViewChange,
        value: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let change = &signed.change;
        if change.view == 0 || change.view > MAX_VIEW {
            return Err(Fault::TooFar);
        }
        self.check_prepared(change)?;
        let digest = value.map(|value| self.application.digest(value)).transpose();
        if digest.map_err(Fault::Value)? != change.prepared.as_ref().map(|c| c.digest) {
            return Err(Fault::Mismatch);
        }
        let held = change.prepared.as_ref().map(|c| c.digest).zip(value);
        self.round.changes.insert(signed.from, signed);
        if let Some((digest, value)) = held {
            self.hold(digest, value.to_vec());
        }
        self.join();
        Ok(())
    }

    /// A reported certificate: of this height, from a lower view, by a quorum.
    fn check_prepared(&self, change: &ViewChange) -> Result<(), Fault> {
        let Some(certificate) = &change.prepared else { return Ok(()) };
        let fits = certificate.phase == Phase::Prepare
            && certificate.height == self.height
            && certificate.view < change.view;
        if !fits {
            return Err(Fault::Mismatch);
        }
        Ok(certificate.verify_with(&self.config, &*self.verifier)?)
    }

    /// The largest view that `F + 1` members claim or exceed: one of them is honest.
    fn join(&mut self) {
        let mut claims: Vec<u64> = self.claims().collect();
        claims.sort_unstable_by(|a, b| b.cmp(a));
        match claims.get(self.config.faults()) {
            Some(view) if *view > self.round.view => self.leave_view(*view),
            _ => self.begin_view_if_leading(),
        }
    }

    /// Step 2.
    fn begin_view_if_leading(&mut self) {
        let (height, view) = (self.height, self.round.view);
        if !self.round.changing || self.round.declined || !self.place().leads() {
            return;
        }
        let of_view = |signed: &&SignedViewChange| signed.change.view == view;
        let changes: Vec<SignedViewChange> =
            self.round.changes.values().filter(of_view).cloned().collect();
        if changes.len() < self.config.quorum() {
            return;
        }
        let proposal = match required(&changes) {
            Some(c) => self.round.values.get(&c.digest).map(|value| (c.digest, value.clone())),
            None => self.fresh_value(),
        };
        let Some((digest, value)) = proposal else { return };
        let body = Body::NewView { height, view, changes, value: value.clone() };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.round.proposal = Some(message.clone());
        self.pass(self.place().everyone_else(), message);
        self.enter(view, digest, value);
    }

    /// Step 3.
    pub(super) fn on_new_view(
        &mut self,
        message: &Message,
        view: u64,
        changes: &[SignedViewChange],
        value: &[u8],
    ) -> Result<(), Fault> {
        if view == 0 || view > MAX_VIEW || message.from != self.place_in(view).leader() {
            return Err(Fault::Role);
        }
        if view < self.round.view {
            return Err(Fault::Stale);
        }
        if view == self.round.view && !self.round.changing {
            let same = self.application.digest(value).ok() == self.round.accepted;
            return Err(if same { Fault::Stale } else { Fault::Equivocation });
        }
        self.check_changes(view, changes)?;
        let digest = self.check_proposal(view, required(changes), value)?;
        if self.place_in(view).collects() {
            self.pass(self.place_in(view).children(), message.clone());
        }
        self.enter(view, digest, value.to_vec());
        Ok(())
    }

    /// `Q` distinct members, each with a valid `ViewChange` for exactly this view.
    fn check_changes(&self, view: u64, changes: &[SignedViewChange]) -> Result<(), Fault> {
        let distinct = changes.is_sorted_by(|a, b| a.from < b.from);
        if !distinct || changes.len() < self.config.quorum() {
            return Err(Fault::NoQuorum);
        }
        for signed in changes {
            let fits = signed.change.height == self.height && signed.change.view == view;
            if !fits || !signed.verify(&self.config, &*self.verifier) {
                return Err(Fault::NoQuorum);
            }
            self.check_prepared(&signed.change)?;
        }
        Ok(())
    }

    /// The required value and no other; without one, any value that is valid as a first proposal.
    fn check_proposal(
        &self,
        view: u64,
        required: Option<&Certificate>,
        value: &[u8],
    ) -> Result<Digest, Fault> {
        let Some(certificate) = required else { return self.check_value(value, self.first(view)) };
        if self.application.digest(value) != Ok(certificate.digest) {
            return Err(Fault::WrongValue);
        }
        self.check_value(value, None)
    }

    fn enter(&mut self, view: u64, digest: Digest, value: Vec<u8>) {
        (self.round.view, self.round.changing) = (view, false);
        self.round.tally.keep(view.saturating_sub(VIEW_WINDOW)..=view + VIEW_WINDOW);
        self.timers.remove(&Timer::View);
        self.accept(digest, value);
    }

    /// The other members in an order that changes with every fallback.
    pub(super) fn rotating(&self, candidates: &[ReplicaId]) -> Option<ReplicaId> {
        let others: Vec<&ReplicaId> = candidates.iter().filter(|id| **id != self.id).collect();
        let turn = self.ticks.wrapping_add(u64::from(self.id));
        others.get((turn % others.len().max(1) as u64) as usize).map(|id| **id)
    }
}

/// The certificate of the highest view; two of one view name one value.
fn required(changes: &[SignedViewChange]) -> Option<&Certificate> {
    changes.iter().filter_map(|s| s.change.prepared.as_ref()).max_by_key(|c| c.view)
}
