//! The rules of agreement: pure functions of a member's knowledge.
//!
//! [`Pbft`] has the sound rules. The model checker replaces single functions of [`Rules`] by faulty
//! ones and runs the same slot: each fault must be found.
#![forbid(unsafe_code)]

use super::Digest;
use super::config::quorum;
use super::wire::{Phase, Prepared};
use std::fmt::Debug;

/// A member's view, and whether it waits for the `NewView` of that view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The view that the member has entered or requested.
    pub(crate) view: u64,
    /// The member has sent a `ViewChange` for the view and not entered it.
    pub(crate) awaiting_new_view: bool,
}

/// The decisions on which safety and liveness of a slot rest.
pub(crate) trait Rules: Debug + Clone + Default + Send + 'static {
    /// The number of votes that form a certificate.
    fn quorum(&self, members: usize) -> usize {
        quorum(members)
    }

    /// Returns `true` if a member may cast a vote of this phase and view.
    ///
    /// Between its `ViewChange` and the `NewView` it casts none: a COMMIT could complete a quorum
    /// that no `ViewChange` reports.
    fn may_vote(&self, position: Position, _phase: Phase, view: u64) -> bool {
        view == position.view && !position.awaiting_new_view
    }

    /// Returns `true` if a prepare certificate replaces the member's lock. A late certificate of a
    /// lower view would hide a value that may have been committed since.
    fn raises(&self, lock: Option<Prepared>, certified: Prepared) -> bool {
        lock.is_none_or(|lock| lock.view < certified.view)
    }

    /// The report in a `ViewChange`: the member's lock.
    fn reported(&self, lock: Option<Prepared>) -> Option<Prepared> {
        lock
    }

    /// The value that a `NewView` must propose again: that of the highest report. Certificates of
    /// one view name one value.
    fn required(&self, reports: &[Option<Prepared>]) -> Option<Prepared> {
        reports.iter().flatten().max_by_key(|report| report.view).copied()
    }

    /// The digest of a value that is proposed again: the value keeps its bytes. A digest that
    /// depended on the view would turn votes for one value into votes for two.
    fn proposed_again(&self, required: Prepared, _view: u64) -> Digest {
        required.digest
    }

    /// Returns `true` if a valid `NewView` overrides the member's lock. A lock that prevented its
    /// member from accepting a `NewView` would halt the slot.
    fn overrides(&self, _lock: Option<Prepared>, _proposed: Digest) -> bool {
        true
    }

    /// The view change that a member joins: the highest view that `f + 1` members request or
    /// exceed, so that one of them is honest (Castro and Liskov 1999, section 4.5.2).
    fn joined(&self, requested: impl Iterator<Item = u64>, faults: usize) -> Option<u64> {
        let mut views: Vec<u64> = requested.collect();
        views.sort_unstable_by(|a, b| b.cmp(a));
        views.get(faults).copied()
    }
}

/// The sound rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pbft;

impl Rules for Pbft {}
