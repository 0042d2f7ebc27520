//! The durable log of one replica.
#![forbid(unsafe_code)]

use crate::consensus::{Application, Decision, Digest, Entry, Format, Phase, Vote};
use std::collections::BTreeSet;

/// The kinds of log entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A proposal.
    Proposal,
    /// A value.
    Value,
    /// A vote.
    Vote,
    /// A lock.
    Lock,
    /// A view change.
    ViewChange,
    /// A decision.
    Decision,
}

impl EntryKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Proposal, Self::Value, Self::Vote, Self::Lock, Self::ViewChange, Self::Decision];

    fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Proposal(_) => Self::Proposal,
            Entry::Value { .. } => Self::Value,
            Entry::Vote { .. } => Self::Vote,
            Entry::Lock(_) => Self::Lock,
            Entry::ViewChange(_) => Self::ViewChange,
            Entry::Decision(_) => Self::Decision,
        }
    }
}

/// The entries that survive a crash: all decisions, and the other entries of the current height.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    /// The number of decisions that the application has stored.
    stored: u64,
    decisions: Vec<Decision>,
    current: Vec<Entry>,
    /// The digests of the values of the current height.
    values: BTreeSet<Digest>,
    /// A kind of entry that a faulty disk loses.
    pub(super) lost: Option<EntryKind>,
}

impl Log {
    /// The log of a replica whose application has stored this number of decisions.
    pub(super) fn stored(decisions: u64) -> Self {
        Self { stored: decisions, ..Self::default() }
    }

    /// Appends an entry. `digest` is that of the value in it.
    pub(super) fn append(&mut self, entry: Entry, digest: Option<Digest>) {
        if self.lost == Some(EntryKind::of(&entry)) {
            return;
        }
        match entry {
            Entry::Decision(decision) => {
                self.current.clear();
                self.values.clear();
                self.decisions.push(decision);
            }
            entry => {
                self.values.extend(digest);
                self.current.push(entry);
            }
        }
    }

    /// The entries in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.decisions.iter().cloned().map(Entry::Decision).chain(self.current.iter().cloned())
    }

    /// Compares what a restarted replica finds in its storage with what was acknowledged to be
    /// durable. The storage may contain more: the power may fail after a commit.
    pub(super) fn recover<A: Application>(
        &mut self,
        application: &A,
        entries: &[Entry],
    ) -> Result<(), String> {
        let (acknowledged, stored) = (self.height() - 1, application.tip().map_or(0, |tip| tip.0));
        if stored < acknowledged {
            return Err(format!(
                "durability: {acknowledged} decisions are durable, {stored} found"
            ));
        }
        if stored == acknowledged && !self.current.iter().all(|entry| entries.contains(entry)) {
            return Err("durability: a durable entry is lost after a restart".to_owned());
        }
        let format = application.format();
        let lost = self.lost;
        *self = Self { stored, lost, ..Self::default() };
        for entry in entries {
            self.append(entry.clone(), digest_of(&format, entry));
        }
        Ok(())
    }

    /// The height of the entries that are not decisions.
    pub(super) fn height(&self) -> u64 {
        self.stored + self.decisions.len() as u64 + 1
    }

    /// Checks that a vote is durable with all that it depends on: PREPARE with its value, COMMIT
    /// with its lock.
    pub(super) fn check_vote(&self, vote: &Vote) -> Result<(), &'static str> {
        let voted = |entry: &Entry| matches!(entry, Entry::Vote { vote: v, .. } if v == vote);
        require(self.current.iter().any(voted), "durability: a vote was sent before its entry")?;
        require(
            self.values.contains(&vote.digest),
            "durability: a vote was sent before the entry of its value",
        )?;
        let (view, digest) = (vote.view, vote.digest);
        let locked = |entry: &Entry| match entry {
            Entry::Lock(c) => c.view > view || (c.view, c.digest) == (view, digest),
            _ => false,
        };
        require(
            vote.phase != Phase::Commit || self.current.iter().any(locked),
            "durability: a COMMIT was sent before the entry of its lock",
        )
    }

    /// Checks that an entry with this property is durable.
    pub(super) fn check(
        &self,
        holds: impl Fn(&Entry) -> bool,
        otherwise: &'static str,
    ) -> Result<(), &'static str> {
        require(self.current.iter().any(holds), otherwise)
    }
}

/// Returns the digest of the value in an entry.
pub(super) fn digest_of(format: &impl Format, entry: &Entry) -> Option<Digest> {
    match entry {
        Entry::Value { value, .. } => format.decode(value).ok().map(|(digest, _)| digest),
        _ => None,
    }
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
