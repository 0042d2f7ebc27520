//! View changes: Castro and Liskov 1999, sections 4.4 and 4.5.
//!
//! 1. A member whose view timer expires sends `ViewChange(V + 1)` with its prepare certificate of
//!    the highest view. It no longer votes below `V + 1`.
//! 2. The leader of `V + 1` collects `Q` of them into a `NewView`. It proposes the value of the
//!    highest certificate among them, byte for byte, or a new value if there is no certificate.
//! 3. Every member recomputes that choice from the `Q` view changes. Its own prepare certificate
//!    does not prevent it from accepting the `NewView`: if none of the `Q` view changes reports
//!    that certificate, its value was not committed.
//!
//! Safety: if a value commits in a view, `Q` members hold a prepare certificate for it. Every
//! quorum contains an honest member of these, whose view change reports that certificate or a
//! higher one.
//!
//! Differences from PBFT: a `NewView` carries one value instead of a set of pre-prepares, since one
//! height is in flight. View changes carry the value itself, so the new leader can propose it.
#![forbid(unsafe_code)]

use super::certificate::{Certificate, Phase};
use super::message::{Body, Message};
use super::replica::{Replica, VIEW_WINDOW};
use super::view_change_proof::{SignedViewChange, ViewChange};
use super::{Application, Digest, MessageError, ReplicaId, Timer};

/// The highest view accepted, so that incrementing a view never overflows.
const MAX_VIEW: u64 = 1 << 40;

impl<A: Application> Replica<A> {
    pub(super) fn on_view_timer(&mut self) {
        self.pool.recheck(&self.application);
        let instance = &self.instance;
        let in_progress =
            instance.accepted.is_some() || instance.prepared.is_some() || !self.pool.is_empty();
        // Liveness (section 4.5.2): wait for a quorum in this view before requesting the next one.
        if instance.awaiting_new_view
            && self.requested_views().filter(|view| *view >= instance.view).count()
                < self.config.quorum()
        {
            return;
        }
        if instance.awaiting_new_view || in_progress {
            self.start_view_change(instance.view + 1);
        }
    }

    fn requested_views(&self) -> impl Iterator<Item = u64> {
        self.instance.view_changes.values().map(|signed| signed.change.view)
    }

    /// Step 1: stops voting below `view` and reports the prepare certificate.
    ///
    /// A prepare certificate of a view that this replica has not reached proves that a quorum has
    /// reached it. The requested view must exceed it, since members reject a view change whose
    /// certificate is not of a lower view.
    fn start_view_change(&mut self, view: u64) {
        let instance = &mut self.instance;
        let view =
            view.max(instance.prepared.as_ref().map_or(0, |certificate| certificate.view + 1));
        (instance.view, instance.awaiting_new_view, instance.proposal_rejected) =
            (view, true, false);
        (instance.accepted, instance.proposal) = (None, None);
        instance.votes.retain_views(view.saturating_sub(VIEW_WINDOW)..=view + VIEW_WINDOW);
        self.timers.remove(&Timer::View);
        self.timers.remove(&Timer::Fallback);
        let change =
            ViewChange { height: self.height, view, prepared: self.instance.prepared.clone() };
        let message = self.view_change_message(change.clone());
        let signed = SignedViewChange { from: self.id, signature: message.signature, change };
        self.instance.view_changes.insert(self.id, signed);
        self.send_signed(self.topology().others(), message);
        self.send_new_view_if_leader();
    }

    /// Signs a `ViewChange` with the value of its certificate, which the new leader may lack.
    pub(super) fn view_change_message(&self, change: ViewChange) -> Message {
        let digest = change.prepared.as_ref().map(|certificate| certificate.digest);
        let value = digest.and_then(|digest| self.instance.values.get(&digest).cloned());
        Message::sign(&self.config, self.id, &self.key, Body::ViewChange { change, value })
    }

    pub(super) fn on_view_change(
        &mut self,
        signed: SignedViewChange,
        value: Option<&[u8]>,
    ) -> Result<(), MessageError> {
        let change = &signed.change;
        if change.view == 0 || change.view > MAX_VIEW {
            return Err(MessageError::TooFarAhead);
        }
        self.check_prepared(change)?;
        let digest = value.map(|value| self.application.digest(value)).transpose();
        if digest.map_err(MessageError::Rejected)? != change.prepared.as_ref().map(|c| c.digest) {
            return Err(MessageError::CertificateMismatch);
        }
        let prepared = change.prepared.as_ref().map(|c| c.digest).zip(value);
        self.instance.view_changes.insert(signed.from, signed);
        if let Some((digest, value)) = prepared {
            self.store_value(digest, value.to_vec());
        }
        self.join_view_change();
        Ok(())
    }

    /// Verifies a reported prepare certificate: of this height, of a lower view, by a quorum.
    fn check_prepared(&self, change: &ViewChange) -> Result<(), MessageError> {
        let Some(certificate) = &change.prepared else { return Ok(()) };
        let fits = certificate.phase == Phase::Prepare
            && certificate.height == self.height
            && certificate.view < change.view;
        if !fits {
            return Err(MessageError::CertificateMismatch);
        }
        Ok(certificate.verify_with(&self.config, &*self.verifier)?)
    }

    /// Joins the highest view that `F + 1` members request or exceed (section 4.5.2). One of them
    /// is honest.
    fn join_view_change(&mut self) {
        let mut views: Vec<u64> = self.requested_views().collect();
        views.sort_unstable_by(|a, b| b.cmp(a));
        match views.get(self.config.faults()) {
            Some(view) if *view > self.instance.view => self.start_view_change(*view),
            _ => self.send_new_view_if_leader(),
        }
    }

    /// Step 2: proposes in a `NewView` once a quorum requests this view.
    fn send_new_view_if_leader(&mut self) {
        let (height, view) = (self.height, self.instance.view);
        if !self.instance.awaiting_new_view
            || self.instance.proposal_rejected
            || !self.topology().is_leader()
        {
            return;
        }
        let of_view = |signed: &&SignedViewChange| signed.change.view == view;
        let changes: Vec<SignedViewChange> =
            self.instance.view_changes.values().filter(of_view).cloned().collect();
        if changes.len() < self.config.quorum() {
            return;
        }
        let proposal = match required_certificate(&changes) {
            Some(c) => self.instance.values.get(&c.digest).map(|value| (c.digest, value.clone())),
            None => self.new_proposal(),
        };
        let Some((digest, value)) = proposal else { return };
        let body = Body::NewView { height, view, changes, value: value.clone() };
        let message = Message::sign(&self.config, self.id, &self.key, body);
        self.instance.proposal = Some(message.clone());
        self.send_signed(self.topology().others(), message);
        self.enter_view(view, digest, value);
    }

    /// Step 3: verifies the `NewView`, enters its view and prepares its value.
    pub(super) fn on_new_view(
        &mut self,
        message: &Message,
        view: u64,
        changes: &[SignedViewChange],
        value: &[u8],
    ) -> Result<(), MessageError> {
        if view == 0 || view > MAX_VIEW || message.from != self.topology_at(view).leader() {
            return Err(MessageError::Unauthorised);
        }
        if view < self.instance.view {
            return Err(MessageError::Stale);
        }
        if view == self.instance.view && !self.instance.awaiting_new_view {
            let same = self.application.digest(value).ok() == self.instance.accepted;
            return Err(if same { MessageError::Stale } else { MessageError::Equivocation });
        }
        self.check_changes(view, changes)?;
        let digest = self.check_proposal(view, required_certificate(changes), value)?;
        if self.topology_at(view).is_collector() {
            self.send_signed(self.topology_at(view).children(), message.clone());
        }
        self.enter_view(view, digest, value.to_vec());
        Ok(())
    }

    /// Verifies that `Q` distinct members signed a valid `ViewChange` for exactly this view.
    fn check_changes(&self, view: u64, changes: &[SignedViewChange]) -> Result<(), MessageError> {
        let distinct = changes.is_sorted_by(|a, b| a.from < b.from);
        if !distinct || changes.len() < self.config.quorum() {
            return Err(MessageError::NewViewBelowQuorum);
        }
        for signed in changes {
            let fits = signed.change.height == self.height && signed.change.view == view;
            if !fits || !signed.verify(&self.config, &*self.verifier) {
                return Err(MessageError::NewViewBelowQuorum);
            }
            self.check_prepared(&signed.change)?;
        }
        Ok(())
    }

    /// Verifies that the value is the required one, or a valid first proposal if none is required.
    fn check_proposal(
        &self,
        view: u64,
        required: Option<&Certificate>,
        value: &[u8],
    ) -> Result<Digest, MessageError> {
        let Some(certificate) = required else {
            return self.check_value(value, self.first_proposal(view));
        };
        if self.application.digest(value) != Ok(certificate.digest) {
            return Err(MessageError::ValueNotPrepared);
        }
        self.check_value(value, None)
    }

    fn enter_view(&mut self, view: u64, digest: Digest, value: Vec<u8>) {
        (self.instance.view, self.instance.awaiting_new_view) = (view, false);
        self.instance.votes.retain_views(view.saturating_sub(VIEW_WINDOW)..=view + VIEW_WINDOW);
        self.timers.remove(&Timer::View);
        self.accept(digest, value);
    }

    /// Selects another member, a different one after every retransmission.
    pub(super) fn next_peer(&self, candidates: &[ReplicaId]) -> Option<ReplicaId> {
        let others: Vec<&ReplicaId> = candidates.iter().filter(|id| **id != self.id).collect();
        let index = self.retransmissions.wrapping_add(u64::from(self.id));
        others.get((index % others.len().max(1) as u64) as usize).map(|id| **id)
    }
}

/// Returns the certificate of the highest view. Certificates of one view name one value.
fn required_certificate(changes: &[SignedViewChange]) -> Option<&Certificate> {
    changes.iter().filter_map(|s| s.change.prepared.as_ref()).max_by_key(|c| c.view)
}
