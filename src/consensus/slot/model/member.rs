//! An honest member: the shipped slot, driven as the replica drives it.
#![forbid(unsafe_code)]

use super::projection::Key;
use crate::consensus::config::Electorate;
use crate::consensus::rules::Rules;
use crate::consensus::slot::{Event, Outcome, Slot};
use crate::consensus::wire::{
    Certificate, Phase, SignedStatement, SignedViewChange, Statement, Vote,
};
use crate::consensus::{Digest, Prepared, ReplicaId};
use crate::sign::Signature;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The height of all slots.
pub(super) const HEIGHT: u64 = 1;

/// The signature of every statement. The model verifies none.
pub(super) fn signature() -> Signature {
    Signature::from_bytes([0; 64])
}

/// The event that a vote is received.
pub(super) fn vote_received(signer: ReplicaId, vote: Vote) -> Event {
    let (statement, signature) = (Statement::vote(HEIGHT, vote), signature());
    Event::Statement { signer, signed: SignedStatement { statement, signature } }
}

/// A view change with the certificate that it reports.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) signed: SignedViewChange,
    pub(super) certificate: Option<Certificate>,
}

impl Report {
    pub(super) fn prepared(&self) -> Option<Prepared> {
        self.signed.change.prepared
    }

    /// The event that the view change is received.
    pub(super) fn received(&self) -> Event {
        Event::ViewChange { signed: self.signed, certificate: self.certificate.clone() }
    }
}

/// An honest member. Its votes are in its slot.
#[derive(Debug, Clone)]
pub(super) struct Honest<R> {
    pub(super) slot: Slot<R>,
    /// The view changes that the member has sent, by view.
    pub(super) changes: BTreeMap<u64, Arc<Report>>,
}

impl<R: Rules> Honest<R> {
    pub(super) fn new(voters: Electorate, id: ReplicaId) -> Self {
        Self { slot: Slot::new(voters, id, HEIGHT), changes: BTreeMap::new() }
    }

    pub(super) fn id(&self) -> ReplicaId {
        self.slot.me
    }

    pub(super) fn key(&self) -> Key {
        let sent = self.changes.iter().map(|(view, report)| (*view, report.prepared()));
        Key::new(self.slot.projection(), sent)
    }

    /// The value for which the member has cast its vote of a phase and view.
    pub(super) fn vote(&self, phase: Phase, view: u64) -> Option<Digest> {
        self.slot.vote_set.digest_of(self.id(), view, phase)
    }

    /// Steps the slot and performs the outcomes. A missing value is fetched at once.
    pub(super) fn step(&mut self, event: Event) -> Vec<Outcome> {
        self.run(event, true)
    }

    /// Steps the slot as the driver of the replica does: own votes and view changes return to it.
    pub(super) fn run(&mut self, event: Event, fetches: bool) -> Vec<Outcome> {
        let mut events = VecDeque::from([event]);
        let mut performed = Vec::new();
        while let Some(event) = events.pop_front() {
            for outcome in self.slot.step(event) {
                match &outcome {
                    Outcome::Vote(vote) => events.push_back(vote_received(self.id(), *vote)),
                    Outcome::ViewChange(change) => {
                        let lock = self.slot.lock().cloned();
                        let certificate = lock.filter(|_| change.prepared.is_some());
                        let (from, signature) = (self.id(), signature());
                        let signed = SignedViewChange { from, signature, change: *change };
                        events.push_back(self.send(Report { signed, certificate }));
                    }
                    Outcome::Missing(certificate) if fetches => {
                        events.push_back(Event::Available(certificate.digest));
                    }
                    Outcome::Evidence(evidence) => assert_ne!(evidence.signer, self.id()),
                    _ => {}
                }
                performed.push(outcome);
            }
        }
        performed
    }

    /// Stores a view change for the network. Returns the event of its receipt by its sender.
    fn send(&mut self, report: Report) -> Event {
        let (view, prepared) = (report.signed.change.view, report.prepared());
        assert!(prepared.is_none_or(|p| p.view < view), "the gate refuses the report: {report:?}");
        let event = report.received();
        let second = self.changes.insert(view, Arc::new(report));
        assert!(second.is_none(), "two view changes of one member and view: {second:?}");
        event
    }
}
