//! The part of a member that distinguishes states.
#![forbid(unsafe_code)]

use super::member::signature;
use crate::consensus::rules::{Position, Rules};
use crate::consensus::slot::{Slot, VoteSet};
use crate::consensus::wire::{Phase, SignedStatement, Statement, Vote};
use crate::consensus::{Digest, Prepared};
use std::fmt;

/// The maximum number of views of a run.
pub(super) const VIEWS: usize = 3;

/// The phases of the votes.
pub(super) const PHASES: [Phase; 2] = [Phase::Prepare, Phase::Commit];

/// The values that leaders propose.
pub(super) const VALUES: [Value; 2] = [Value(1, 0), Value(2, 0)];

/// A value, known by the first two bytes of its digest; the other bytes are zero. The second byte
/// is zero unless faulty rules put the view there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Value(u8, u8);

impl Value {
    pub(super) fn of(digest: Digest) -> Self {
        Self(digest[0], digest[1])
    }

    pub(super) fn digest(self) -> Digest {
        let mut digest = [0; 32];
        (digest[0], digest[1]) = (self.0, self.1);
        digest
    }

    /// Exchanges the two values.
    pub(super) fn exchanged(self) -> Self {
        Self(3 - self.0, self.1)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = char::from(b'a' + self.0 - 1);
        if self.1 == 0 { write!(f, "{letter}") } else { write!(f, "{letter}{}", self.1) }
    }
}

/// The view and value of a prepare certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mark {
    pub(super) view: u8,
    pub(super) value: Value,
}

impl Mark {
    pub(super) fn of(prepared: Prepared) -> Self {
        Self { view: prepared.view as u8, value: Value::of(prepared.digest) }
    }

    fn map(self, to: impl Fn(Value) -> Value) -> Self {
        Self { value: to(self.value), ..self }
    }
}

/// The part of a slot on which its behaviour depends in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Projection {
    view: u8,
    awaiting_new_view: bool,
    accepted: Option<Value>,
    lock: Option<Mark>,
    /// The own PREPARE and COMMIT per view.
    votes: [[Option<Value>; 2]; VIEWS],
}

/// The projection of a slot and the view changes that its member has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    slot: Projection,
    /// The report of the view change for each view.
    changes: [Option<Option<Mark>>; VIEWS],
}

impl Key {
    pub(super) fn new(
        slot: Projection,
        sent: impl Iterator<Item = (u64, Option<Prepared>)>,
    ) -> Self {
        let mut changes = [None; VIEWS];
        for (view, prepared) in sent {
            changes[view as usize] = Some(prepared.map(Mark::of));
        }
        Self { slot, changes }
    }

    /// The vote that the member has cast in a phase and view.
    pub(super) fn vote(&self, phase: Phase, view: u64) -> Option<Value> {
        self.slot.votes[view as usize][usize::from(phase == Phase::Commit)]
    }

    /// Adds a vote.
    pub(super) fn cast(&mut self, vote: Vote) {
        let of_view = &mut self.slot.votes[vote.view as usize];
        of_view[usize::from(vote.phase == Phase::Commit)] = Some(Value::of(vote.digest));
    }

    /// Returns `true` if the member has held a prepare certificate of this view as its lock.
    pub(super) fn has_locked(&self, view: u64) -> bool {
        let of_view = |mark: &Mark| u64::from(mark.view) == view;
        self.slot.lock.iter().chain(self.changes.iter().flatten().flatten()).any(of_view)
    }

    /// Returns the key with each value replaced.
    pub(super) fn map(self, to: impl Fn(Value) -> Value + Copy) -> Self {
        let mark = |mark: Option<Mark>| mark.map(|mark| mark.map(to));
        let slot = Projection {
            accepted: self.slot.accepted.map(to),
            lock: mark(self.slot.lock),
            votes: self.slot.votes.map(|phases| phases.map(|vote| vote.map(to))),
            ..self.slot
        };
        Self { slot, changes: self.changes.map(|sent| sent.map(mark)) }
    }
}

impl<R: Rules> Slot<R> {
    /// Returns the part of the slot on which its behaviour depends, provided that every statement
    /// and value can be received again.
    pub(super) fn projection(&self) -> Projection {
        let Position { view, awaiting_new_view } = self.position;
        let mut votes = [[None; 2]; VIEWS];
        for (view, phases) in votes.iter_mut().enumerate() {
            let vote = |phase| self.vote_set.digest_of(self.me, view as u64, phase).map(Value::of);
            *phases = PHASES.map(vote);
        }
        Projection {
            view: view as u8,
            awaiting_new_view,
            accepted: self.accepted.map(Value::of),
            lock: self.lock.as_ref().map(|lock| Mark::of(lock.prepared())),
            votes,
        }
    }

    /// Discards what a restart discards: the view changes of other members, and certificates other
    /// than the lock and the reported one. The model delivers no votes of others (see there).
    pub(super) fn forget(&mut self) {
        self.certified.clear();
        self.missing.clear();
        self.changes.retain(|from, _| *from == self.me);
        let reported = self.changes.values().find_map(|own| own.change.prepared);
        self.reported.retain(|view, _| reported.is_some_and(|reported| reported.view == *view));
    }

    /// Discards the votes of other members.
    pub(super) fn forget_votes(&mut self) {
        let views = 0..VIEWS as u64;
        let mut own = VoteSet::default();
        for (view, phase) in views.flat_map(|view| PHASES.map(|phase| (view, phase))) {
            if let Some(digest) = self.vote_set.digest_of(self.me, view, phase) {
                let statement = Statement::vote(self.height, Vote { phase, view, digest });
                own.add(self.me, SignedStatement { statement, signature: signature() });
            }
        }
        self.vote_set = own;
    }
}
