//! The statements of honest members: none contradicts another, and each is durable before it is
//! sent.
//!
//! | rule | source |
//! |---|---|
//! | one PREPARE, COMMIT, proposal and view change per height and view | Castro and Liskov 1999, section 4.2 |
//! | no vote below an earlier view change | section 4.4 |
//! | a view change reports a certificate of the view of the latest COMMIT, or a higher one | section 4.4 |
//! | entries are durable before the statements that follow from them | [`Effect::Persist`] |
//!
//! [`Effect::Persist`]: crate::consensus::Effect::Persist
#![forbid(unsafe_code)]

use super::durable::Log;
use crate::consensus::{
    Body, Certificate, Config, Digest, Entry, Message, Phase, ReplicaId, Scheme, SignedStatement,
    Statement, ViewChange, Vote,
};
use std::collections::BTreeMap;

type Key = (ReplicaId, u8, u64, u64);

/// All statements sent by honest members.
#[derive(Debug, Clone, Default)]
pub(super) struct Statements {
    /// The digests by signer, kind, height and view.
    sent: BTreeMap<Key, Digest>,
    /// The views requested with the views of the reported certificates, by signer and height.
    reports: BTreeMap<(ReplicaId, u64), BTreeMap<u64, Option<u64>>>,
    /// The highest view of a COMMIT, by signer and height.
    committed: BTreeMap<(ReplicaId, u64), u64>,
}

const HIDDEN: &str = "an honest member reported a lower view than that of its COMMIT";

impl Statements {
    /// Records a message that an honest member sends.
    pub(super) fn sent_by(
        &mut self,
        id: ReplicaId,
        message: &Message,
        log: Option<&Log>,
    ) -> Result<(), &'static str> {
        for certificate in certificates(&message.body) {
            if certificate.signers().any(|signer| signer == id) {
                self.vote(id, certificate.height, &certificate.vote(), log)?;
            }
        }
        match &message.body {
            _ if message.from != id => Ok(()),
            Body::Vote { height, vote } => {
                let key = (id, vote.phase as u8, *height, vote.view);
                let requested = self.reports.get(&(id, *height));
                let highest = requested.and_then(|reports| reports.last_key_value());
                let below = highest.is_some_and(|(view, _)| vote.view < *view);
                let known = self.sent.contains_key(&key);
                require(known || !below, "an honest member voted below its view change")?;
                self.vote(id, *height, vote, log)
            }
            Body::ViewChange { change, .. } => self.view_change(id, message, change, log),
            Body::PrePrepare { .. } | Body::NewView { .. } => {
                let proposal = |entry: &Entry| matches!(entry, Entry::Proposal(m) if m == message);
                let otherwise = "durability: a proposal was sent before its entry";
                log.map_or(Ok(()), |log| log.check(proposal, otherwise))?;
                self.unique(id, &message.statement()).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Records a statement. Returns `true` if it is new.
    fn unique(&mut self, id: ReplicaId, statement: &Statement) -> Result<bool, &'static str> {
        let key = (id, statement.kind, statement.height, statement.view);
        match self.sent.insert(key, statement.digest) {
            None => Ok(true),
            Some(first) if first == statement.digest => Ok(false),
            Some(_) => Err("an honest member signed two statements of one kind, height and view"),
        }
    }

    fn vote(
        &mut self,
        id: ReplicaId,
        height: u64,
        vote: &Vote,
        log: Option<&Log>,
    ) -> Result<(), &'static str> {
        if !self.unique(id, &Statement::vote(height, *vote))? {
            return Ok(());
        }
        if vote.phase == Phase::Commit {
            let highest = self.committed.entry((id, height)).or_default();
            *highest = vote.view.max(*highest);
            // A collector's own vote may be seen in a certificate after its view change.
            let later = self.reports.get(&(id, height)).into_iter().flatten();
            let mut later = later.filter(|(view, _)| **view > vote.view);
            require(later.all(|(_, report)| *report >= Some(vote.view)), HIDDEN)?;
        }
        let log = log.filter(|log| log.height() == height);
        log.map_or(Ok(()), |log| log.check_vote(vote))
    }

    fn view_change(
        &mut self,
        id: ReplicaId,
        message: &Message,
        change: &ViewChange,
        log: Option<&Log>,
    ) -> Result<(), &'static str> {
        if !self.unique(id, &message.statement())? {
            return Ok(());
        }
        let ViewChange { height, view, prepared } = *change;
        let reports = self.reports.entry((id, height)).or_default();
        let highest = reports.last_key_value().map_or(0, |(view, _)| *view);
        require(view > highest, "an honest member requested a lower view than before")?;
        let report = prepared.map(|prepared| prepared.view);
        reports.insert(view, report);
        require(report >= self.committed.get(&(id, height)).copied(), HIDDEN)?;
        let own = |entry: &Entry| matches!(entry, Entry::ViewChange(s) if s.change == *change);
        let otherwise = "durability: a view change was sent before its entry";
        log.filter(|log| log.height() == height).map_or(Ok(()), |log| log.check(own, otherwise))
    }

    /// Checks a message that a faulty member sends: each valid vote of an honest member in it is
    /// one that this member has sent.
    pub(super) fn check_forgery(
        &self,
        message: &Message,
        (scheme, config): (&dyn Scheme, &Config),
        honest: impl Fn(ReplicaId) -> bool,
    ) -> Result<(), &'static str> {
        let mut votes: Vec<(ReplicaId, SignedStatement)> = Vec::new();
        for certificate in certificates(&message.body) {
            let statement = Statement::vote(certificate.height, certificate.vote());
            let signed = certificate.signatures.iter();
            votes.extend(signed.map(|(id, signature)| {
                (*id, SignedStatement { statement, signature: *signature })
            }));
        }
        if let Body::Vote { .. } = &message.body {
            let signature = message.signature;
            votes.push((
                message.from,
                SignedStatement { statement: message.statement(), signature },
            ));
        }
        let forged = votes.iter().any(|(id, SignedStatement { statement, signature })| {
            let key = (*id, statement.kind, statement.height, statement.view);
            honest(*id)
                && self.sent.get(&key) != Some(&statement.digest)
                && statement.verify(scheme, config, *id, signature)
        });
        require(!forged, "a faulty member signed for an honest one")
    }
}

/// The certificates of votes in a message.
fn certificates(body: &Body) -> Vec<&Certificate> {
    match body {
        Body::PartialCertificate(c) | Body::LateVotes(c) | Body::Certificate(c) => vec![c],
        Body::ViewChange { certificate, .. } => certificate.iter().collect(),
        Body::NewView { proof, .. } => proof.certificate.iter().collect(),
        Body::Decisions(list) => list.iter().map(|decision| &decision.certificate).collect(),
        _ => Vec::new(),
    }
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
