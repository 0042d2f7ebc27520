//! Getting what was missed: sending again, pulling values, answering laggards.
//!
//! Nothing here is trusted: a value is taken only if a certificate names its digest, a decision
//! only with its commit certificate. So any member may be asked, and a faulty one costs a round.
#![forbid(unsafe_code)]

use super::claim::Decision;
use super::message::{Body, MAX_DECISIONS, MAX_VALUE};
use super::quorum::{Certificate, Phase};
use super::replica::Replica;
use super::{Application, Digest, Fault, ReplicaId};

impl<A: Application> Replica<A> {
    /// The fallback timer: lost or withheld messages go again, past the tree, straight to whom
    /// they concern. A bad primary then costs time, never progress.
    pub(super) fn send_again(&mut self) {
        self.ticks += 1;
        if self.round.changing {
            self.claim_again();
        } else if self.round.accepted.is_some() {
            self.propose_again();
            self.vote_again(Phase::Prepare);
            self.vote_again(Phase::Commit);
        }
        if let Some(wanted) = self.round.wanted.clone() {
            self.pull(&wanted);
        }
        let ahead: Vec<ReplicaId> =
            self.ahead.iter().filter(|(_, h)| **h > self.height).map(|(id, _)| *id).collect();
        let candidates = if ahead.is_empty() { self.place().everyone_else() } else { ahead };
        let to = self.rotating(&candidates).into_iter().collect();
        self.send(to, Body::CatchUp { height: self.height });
    }

    fn claim_again(&mut self) {
        if let Some(own) = self.round.changes.get(&self.id) {
            let message = self.announce(own.change.clone());
            self.pass(self.place().everyone_else(), message);
        }
    }

    fn propose_again(&mut self) {
        let everyone = self.place().everyone_else();
        if let Some(message) = self.round.proposal.clone() {
            self.pass(everyone.clone(), message);
        }
        let lock = self.round.lock.clone().filter(|lock| lock.view == self.round.view);
        if let Some(lock) = lock.filter(|_| self.place().leads()) {
            self.send(everyone, Body::Certificate(lock));
        }
    }

    fn vote_again(&mut self, phase: Phase) {
        let (height, view) = (self.height, self.round.view);
        let Some(digest) = self.round.cast.get(&(phase, view)).copied() else { return };
        let place = self.place();
        let to = if place.flat() { place.everyone_else() } else { vec![place.leader()] };
        let partial = place.collects().then(|| place.group_members());
        let partial = partial.map(|members| {
            self.round.tally.signatures((phase, view, digest), |id| members.contains(&id))
        });
        match partial {
            Some(signatures) => self.send_partial((phase, view, digest), signatures),
            None => self.send(to, Body::Vote { phase, height, view, digest }),
        }
    }

    /// A certificate came without its value: ask those who signed that they hold it.
    pub(super) fn want(&mut self, certificate: Certificate) {
        let higher = |held: &Certificate| held.view < certificate.view;
        if self.round.wanted.as_ref().is_none_or(higher) {
            self.pull(&certificate);
            self.round.wanted = Some(certificate);
        }
    }

    fn pull(&mut self, wanted: &Certificate) {
        let signers: Vec<ReplicaId> = wanted.signers().collect();
        let to = self.rotating(&signers).into_iter().collect();
        self.send(to, Body::Pull { height: self.height, digest: wanted.digest });
    }

    /// A commit certificate came without its value, or was put together here out of votes: any
    /// of its signers may be the one that helps.
    pub(super) fn ask_signers(&mut self, from: ReplicaId, certificate: &Certificate) {
        let signers: Vec<ReplicaId> = certificate.signers().collect();
        signers.iter().for_each(|signer| self.hear_at(*signer, self.height + 1));
        let to = if from == self.id { self.rotating(&signers) } else { Some(from) };
        self.send(to.into_iter().collect(), Body::CatchUp { height: self.height });
    }

    /// Notes that a member is at this height, if it is another and that is news.
    pub(super) fn hear_at(&mut self, id: ReplicaId, height: u64) {
        if id != self.id {
            let heard = self.ahead.entry(id).or_default();
            *heard = (*heard).max(height);
        }
    }

    pub(super) fn on_pull(
        &mut self,
        from: ReplicaId,
        height: u64,
        digest: &Digest,
    ) -> Result<(), Fault> {
        if height < self.height {
            self.answer(from, height);
        } else if let Some(value) = self.round.values.get(digest).filter(|_| height == self.height)
        {
            let value = value.clone();
            self.send(vec![from], Body::Value { height, value });
        }
        Ok(())
    }

    pub(super) fn on_value(&mut self, value: &[u8]) -> Result<(), Fault> {
        let digest = self.application.digest(value).map_err(Fault::Value)?;
        let Some(wanted) = self.round.wanted.take_if(|wanted| wanted.digest == digest) else {
            return Err(Fault::Stale);
        };
        self.hold(digest, value.to_vec());
        self.prepared(wanted)
    }

    /// What was decided from a height on, as far as one answer goes; nothing to who is not behind.
    pub(super) fn answer(&mut self, to: ReplicaId, height: u64) {
        let from = height.max(1).min(self.height) as usize - 1;
        let mut room = MAX_VALUE;
        let fits = |decision: &&Decision| {
            let first = room == MAX_VALUE;
            let left = room.checked_sub(decision.value.len());
            room = left.unwrap_or(0);
            first || left.is_some()
        };
        let missed = self.decisions[from..].iter().take(MAX_DECISIONS).take_while(fits);
        let missed: Vec<Decision> = missed.cloned().collect();
        // A few bytes ask for megabytes, so each member may ask so often and no more.
        let pause = self.config.timing().fallback / 4;
        let again = self.answered.get(&to).map_or(0, |last| last.saturating_add(pause));
        if !missed.is_empty() && self.now >= again {
            self.answered.insert(to, self.now);
            self.send(vec![to], Body::Decided(missed));
        }
    }

    pub(super) fn on_decided(&mut self, decisions: &[Decision]) -> Result<(), Fault> {
        for Decision { value, certificate } in decisions {
            if certificate.height != self.height {
                continue;
            }
            let digest = self.application.digest(value).map_err(Fault::Value)?;
            if certificate.phase != Phase::Commit || certificate.digest != digest {
                return Err(Fault::Mismatch);
            }
            certificate.verify_with(&self.config, &*self.verifier)?;
            self.deliver(value.clone(), certificate.clone());
        }
        Ok(())
    }
}
