//! One instance of agreement: PBFT's three phases and view change for a single value.
//!
//! A slot is a state machine without values, signatures or time. It counts verified statements,
//! decides by [`Rules`] what its member may do, and returns [`Outcome`]s for the replica to
//! perform. Values are known by their digests; the replica reports each one that the application
//! has verified.
//!
//! | upon | if | then |
//! |---|---|---|
//! | valid proposal of view `v` | `v` is current, or a higher view with its `NewView` | enter `v`, PREPARE |
//! | `Q` PREPAREs of one vote | the value is available | raise the lock; COMMIT if `v` is current |
//! | `Q` COMMITs of one vote | the value is available | decide |
//! | view changes for higher views | `F + 1` members request or exceed view `v` | join the highest such `v` |
//! | `Q` view changes of view `v` | this member leads `v` | `NewView` |
//! | time-out in view `v` | entered, or `Q` members request `v` | `ViewChange(v + 1)` |
//!
//! Source: Castro and Liskov 1999, sections 4.2, 4.4 and 4.5. Safety: if a value is committed in a
//! view, `Q` members hold a prepare certificate for it. Every quorum contains an honest one of
//! these, whose view change reports that certificate or a higher one.
#![forbid(unsafe_code)]

#[cfg(test)]
mod model;
mod restore;
mod vote_set;

pub(crate) use vote_set::{Added, VoteSet};

use super::config::{ENTRY, Electorate, SIGNATURE, VIEW_WINDOW};
use super::rules::{Pbft, Position, Rules};
use super::wire::{
    Certificate, Evidence, NewViewProof, Phase, Prepared, SignedStatement, SignedViewChange,
    ViewChange, Vote,
};
use super::{Digest, MessageError, ReplicaId};
use std::collections::{BTreeMap, BTreeSet};

/// The highest view accepted, so that incrementing a view never overflows.
pub(crate) const MAX_VIEW: u64 = 1 << 40;

/// An input of [`Slot::step`]. Signatures and certificates are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A proposal that [`Slot::admit`] accepts, with a value that the application has verified.
    Proposal { view: u64, digest: Digest },
    /// A vote, or the statement of a proposal.
    Statement { signer: ReplicaId, signed: SignedStatement },
    /// A certificate of a quorum.
    Certificate(Certificate),
    /// A view change, with the certificate that it reports.
    ViewChange { signed: SignedViewChange, certificate: Option<Certificate> },
    /// The application has verified the value with this digest.
    Available(Digest),
    /// The view lasted too long.
    Timeout,
}

/// An action of the replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Sign and send this vote, and count it by an [`Event::Statement`].
    Vote(Vote),
    /// Sign and send this view change, and count it by an [`Event::ViewChange`].
    ViewChange(ViewChange),
    /// The vote has gained a signer.
    Counted(Vote),
    /// The lock was raised to this certificate, which must be durable before later votes.
    Lock(Certificate),
    /// A certificate was received or formed for the first time.
    Certified(Certificate),
    /// The value of this certificate is missing.
    Missing(Certificate),
    /// The view was entered.
    Entered(u64),
    /// A quorum requests this view, which has no proposal yet.
    ViewChangeQuorum(u64),
    /// The value of this commit certificate is decided.
    Decided(Certificate),
    /// A member equivocated.
    Evidence(Box<Evidence>),
}

/// The state of one instance of agreement at one member.
#[derive(Debug, Clone)]
pub(crate) struct Slot<R = Pbft> {
    rules: R,
    voters: Electorate,
    me: ReplicaId,
    height: u64,
    position: Position,
    /// The digest of the proposal accepted in the current view (PBFT: pre-prepared).
    accepted: Option<Digest>,
    /// The values that the application has verified.
    available: BTreeSet<Digest>,
    /// The prepare certificate of the highest view whose value is available.
    lock: Option<Certificate>,
    /// The certificates whose values are missing: PREPARE of the highest view, and COMMIT.
    missing: BTreeMap<Phase, Certificate>,
    /// The phases and views of the certificates received or formed.
    certified: BTreeSet<(Phase, u64)>,
    vote_set: VoteSet,
    /// The view change of the highest view from each member.
    changes: BTreeMap<ReplicaId, SignedViewChange>,
    /// The certificates that these view changes report, by view.
    reported: BTreeMap<u64, Certificate>,
    decided: bool,
}

impl<R: Rules> Slot<R> {
    /// Creates the slot of a height in view 0.
    pub(crate) fn new(voters: Electorate, me: ReplicaId, height: u64) -> Self {
        Self {
            rules: R::default(),
            voters,
            me,
            height,
            position: Position { view: 0, awaiting_new_view: false },
            accepted: None,
            available: BTreeSet::new(),
            lock: None,
            missing: BTreeMap::new(),
            certified: BTreeSet::new(),
            vote_set: VoteSet::default(),
            changes: BTreeMap::new(),
            reported: BTreeMap::new(),
            decided: false,
        }
    }

    /// Processes one event.
    pub(crate) fn step(&mut self, event: Event) -> Vec<Outcome> {
        let mut out = Vec::new();
        if !self.decided {
            match event {
                Event::Proposal { view, digest } => self.on_proposal(view, digest, &mut out),
                Event::Statement { signer, signed } => self.on_statement(signer, signed, &mut out),
                Event::Certificate(certificate) => self.on_certificate(certificate, &mut out),
                Event::ViewChange { signed, certificate } => {
                    self.on_view_change(signed, certificate, &mut out);
                }
                Event::Available(digest) => self.on_available(digest, &mut out),
                Event::Timeout => self.on_timeout(&mut out),
            }
        }
        out
    }

    /// Checks whether a proposal of a view fits: the first one of the current view, or a `NewView`
    /// of a higher or awaited one. Returns the digest that its proof requires, if any.
    ///
    /// # Errors
    /// The proposal is outdated, or its proof is not that of a quorum.
    pub(crate) fn admit(
        &self,
        view: u64,
        proof: Option<&NewViewProof>,
    ) -> Result<Option<Digest>, MessageError> {
        let Position { view: current, awaiting_new_view } = self.position;
        let fits = match proof {
            None => view == 0 && current == 0 && !awaiting_new_view && self.accepted.is_none(),
            Some(_) => view > current || view == current && awaiting_new_view,
        };
        if !fits {
            return Err(MessageError::Stale);
        }
        let required = proof.map_or(Ok(None), |proof| self.required_by(view, proof))?;
        Ok(required.map(|required| self.rules.proposed_again(required, view)))
    }

    /// Checks that `Q` distinct members request exactly this view, and that the proof contains the
    /// certificate of the highest report. Returns that report.
    fn required_by(
        &self,
        view: u64,
        proof: &NewViewProof,
    ) -> Result<Option<Prepared>, MessageError> {
        let changes = &proof.changes;
        let fits = |signed: &SignedViewChange| {
            let ViewChange { height, view: requested, prepared } = signed.change;
            (height, requested) == (self.height, view)
                && prepared.is_none_or(|prepared| prepared.view < view)
                && self.voters.contains(signed.from)
        };
        let quorum = changes.len() >= self.rules.quorum(self.voters.size())
            && changes.is_sorted_by(|a, b| a.from < b.from)
            && changes.iter().all(fits);
        if !quorum {
            return Err(MessageError::NewViewProof);
        }
        let reports: Vec<Option<Prepared>> = changes.iter().map(|c| c.change.prepared).collect();
        let required = self.rules.required(&reports);
        let of_slot = |c: &Certificate| (c.phase, c.height) == (Phase::Prepare, self.height);
        let proven = proof.certificate.as_ref().filter(|c| of_slot(c)).map(Certificate::prepared);
        if required == proven { Ok(required) } else { Err(MessageError::CertificateMismatch) }
    }

    /// Upon a valid proposal: enter its view, accept it, vote PREPARE.
    fn on_proposal(&mut self, view: u64, digest: Digest, out: &mut Vec<Outcome>) {
        if !self.rules.overrides(self.lock.as_ref().map(Certificate::prepared), digest) {
            return;
        }
        self.position = Position { view, awaiting_new_view: false };
        self.accepted = Some(digest);
        self.available.insert(digest);
        self.prune();
        out.push(Outcome::Entered(view));
        self.vote(Phase::Prepare, view, digest, out);
        self.on_available(digest, out);
    }

    /// Upon a vote: count it; at the quorum, form the certificate.
    fn on_statement(&mut self, signer: ReplicaId, signed: SignedStatement, out: &mut Vec<Outcome>) {
        let statement = signed.statement;
        if !self.voters.contains(signer) {
            return;
        }
        match self.vote_set.add(signer, signed) {
            Added::Known => return,
            Added::Equivocation(evidence) => return out.push(Outcome::Evidence(evidence)),
            Added::Counted => {}
        }
        for phase in [Phase::Prepare, Phase::Commit] {
            if statement.kind == phase as u8 {
                let vote = Vote { phase, view: statement.view, digest: statement.digest };
                out.push(Outcome::Counted(vote));
                self.certify(vote, out);
            }
        }
    }

    fn certify(&mut self, vote: Vote, out: &mut Vec<Outcome>) {
        let reached = self.vote_set.count(&vote) >= self.rules.quorum(self.voters.size());
        if !reached || self.certified.contains(&(vote.phase, vote.view)) {
            return;
        }
        let Vote { phase, view, digest } = vote;
        let signatures = self.vote_set.signatures(&vote);
        let height = self.height;
        let certificate = Certificate { phase, group: 0, height, view, digest, signatures };
        self.on_certificate(certificate, out);
    }

    /// Upon a certificate: act on *prepared* and *committed* (Castro and Liskov 1999, section 4.2).
    ///
    /// A member without the value does neither: it could not propose the value again.
    fn on_certificate(&mut self, certificate: Certificate, out: &mut Vec<Outcome>) {
        if self.certified.insert((certificate.phase, certificate.view)) {
            out.push(Outcome::Certified(certificate.clone()));
        }
        if !self.available.contains(&certificate.digest) {
            let known = self.missing.get(&certificate.phase);
            if known.is_none_or(|known| known.view < certificate.view) {
                out.push(Outcome::Missing(certificate.clone()));
                self.missing.insert(certificate.phase, certificate);
            }
        } else if certificate.phase == Phase::Commit {
            self.decided = true;
            out.push(Outcome::Decided(certificate));
        } else {
            self.on_prepared(certificate, out);
        }
    }

    fn on_prepared(&mut self, certificate: Certificate, out: &mut Vec<Outcome>) {
        let (view, digest) = (certificate.view, certificate.digest);
        let lock = self.lock.as_ref().map(Certificate::prepared);
        if self.rules.raises(lock, certificate.prepared()) {
            self.lock = Some(certificate.clone());
            out.push(Outcome::Lock(certificate));
        }
        self.vote(Phase::Commit, view, digest, out);
    }

    /// Upon an available value: act on the certificates that waited for it.
    fn on_available(&mut self, digest: Digest, out: &mut Vec<Outcome>) {
        self.available.insert(digest);
        for phase in [Phase::Prepare, Phase::Commit] {
            let waiting = self.missing.get(&phase).is_some_and(|missing| missing.digest == digest);
            if let Some(certificate) = waiting.then(|| self.missing.remove(&phase)).flatten() {
                self.on_certificate(certificate, out);
            }
        }
        // A prepare certificate of this view may have arrived before the proposal.
        if let Some(Prepared { view, digest }) = self.lock.as_ref().map(Certificate::prepared) {
            self.vote(Phase::Commit, view, digest, out);
        }
    }

    /// Casts at most one vote per phase and view.
    fn vote(&mut self, phase: Phase, view: u64, digest: Digest, out: &mut Vec<Outcome>) {
        let cast = |outcome: &Outcome| matches!(outcome, Outcome::Vote(vote) if (vote.phase, vote.view) == (phase, view));
        let voted = self.vote_set.digest_of(self.me, view, phase).is_some() || out.iter().any(cast);
        if !voted && !self.decided && self.rules.may_vote(self.position, phase, view) {
            out.push(Outcome::Vote(Vote { phase, view, digest }));
        }
    }

    /// Upon a view change: store the highest one of each member, and join or answer.
    fn on_view_change(
        &mut self,
        signed: SignedViewChange,
        certificate: Option<Certificate>,
        out: &mut Vec<Outcome>,
    ) {
        let known = self.changes.get(&signed.from).map(|known| known.change.view);
        if known.is_some_and(|view| view >= signed.change.view) {
            return;
        }
        self.changes.insert(signed.from, signed);
        if let Some(certificate) = certificate {
            self.reported.entry(certificate.view).or_insert(certificate);
        }
        let named: BTreeSet<u64> =
            self.changes.values().filter_map(|c| c.change.prepared.map(|p| p.view)).collect();
        self.reported.retain(|view, _| named.contains(view));
        let joined = self.rules.joined(self.requested_views(), self.voters.faults());
        match joined {
            Some(view) if view > self.position.view => self.start_view_change(view, out),
            _ => self.answer_view_change(out),
        }
    }

    fn answer_view_change(&self, out: &mut Vec<Outcome>) {
        let Position { view, awaiting_new_view } = self.position;
        if awaiting_new_view && self.view_changes_for(view) >= self.rules.quorum(self.voters.size())
        {
            out.push(Outcome::ViewChangeQuorum(view));
        }
    }

    /// Stops voting below `view` and reports the lock.
    ///
    /// The lock may be of a view that this member has not entered. `view` is raised above that of
    /// the lock, because a view change that reports its own view or a higher one is invalid.
    fn start_view_change(&mut self, view: u64, out: &mut Vec<Outcome>) {
        let view = view.max(self.lock.as_ref().map_or(0, |lock| lock.view + 1));
        self.position = Position { view, awaiting_new_view: true };
        self.accepted = None;
        self.prune();
        let prepared = self.rules.reported(self.lock.as_ref().map(Certificate::prepared));
        out.push(Outcome::ViewChange(ViewChange { height: self.height, view, prepared }));
    }

    /// Upon a time-out: wait for a quorum in this view before requesting the next one (Castro and
    /// Liskov 1999, section 4.5.2).
    fn on_timeout(&mut self, out: &mut Vec<Outcome>) {
        if !self.position.awaiting_new_view || self.has_view_change_quorum() {
            self.start_view_change(self.position.view + 1, out);
        }
    }

    /// Returns `true` if a quorum requests the current view or a higher one.
    pub(crate) fn has_view_change_quorum(&self) -> bool {
        let view = self.position.view;
        let requests = self.requested_views().filter(|requested| *requested >= view).count();
        requests >= self.rules.quorum(self.voters.size())
    }

    fn requested_views(&self) -> impl Iterator<Item = u64> {
        self.changes.values().map(|signed| signed.change.view)
    }

    fn view_changes_for(&self, view: u64) -> usize {
        self.requested_views().filter(|requested| *requested == view).count()
    }

    /// Assembles the proof of a `NewView` for the current view from the view changes of a quorum.
    ///
    /// Reports of missing values come last: an honest member holds the value that it reports, so a
    /// value that no member holds is reported by faulty members only.
    pub(crate) fn new_view_proof(&self) -> Option<NewViewProof> {
        let Position { view, awaiting_new_view } = self.position;
        let quorum = self.rules.quorum(self.voters.size());
        let of_view = self.changes.values().filter(|signed| signed.change.view == view);
        let mut changes: Vec<SignedViewChange> = of_view.copied().collect();
        let is_missing = |prepared: Prepared| !self.available.contains(&prepared.digest);
        changes.sort_by_key(|signed| signed.change.prepared.is_some_and(is_missing));
        changes.truncate(quorum);
        changes.sort_by_key(|signed| signed.from);
        if !awaiting_new_view || changes.len() < quorum {
            return None;
        }
        let reports: Vec<Option<Prepared>> = changes.iter().map(|c| c.change.prepared).collect();
        let certificate = match self.rules.required(&reports) {
            Some(required) => Some(self.reported.get(&required.view)?.clone()),
            None => None,
        };
        Some(NewViewProof { changes, certificate })
    }

    /// Forgets values that the replica no longer holds.
    pub(crate) fn retain_available(&mut self, held: impl Fn(&Digest) -> bool) {
        self.available.retain(held);
    }

    /// Discards statements and certificates far from the current view.
    fn prune(&mut self) {
        let view = self.position.view;
        let window = view.saturating_sub(VIEW_WINDOW)..=view.saturating_add(VIEW_WINDOW);
        self.certified.retain(|(_, view)| window.contains(view));
        self.vote_set.retain_views(window);
    }

    /// Checks that a view is close enough to the current one for its statements to be stored.
    pub(crate) fn check_window(&self, view: u64) -> Result<(), MessageError> {
        let current = self.position.view;
        match view.abs_diff(current) <= VIEW_WINDOW {
            true => Ok(()),
            false if view < current => Err(MessageError::Stale),
            false => Err(MessageError::TooFarAhead),
        }
    }

    pub(crate) fn view(&self) -> u64 {
        self.position.view
    }
    pub(crate) fn awaits_new_view(&self) -> bool {
        self.position.awaiting_new_view
    }
    pub(crate) fn accepted(&self) -> Option<Digest> {
        self.accepted
    }
    pub(crate) fn lock(&self) -> Option<&Certificate> {
        self.lock.as_ref()
    }
    pub(crate) fn vote_set(&self) -> &VoteSet {
        &self.vote_set
    }
    /// The prepare or commit certificate whose value is missing.
    pub(crate) fn missing(&self, phase: Phase) -> Option<&Certificate> {
        self.missing.get(&phase)
    }
    /// The latest view change of a member.
    pub(crate) fn change_of(&self, id: ReplicaId) -> Option<&SignedViewChange> {
        self.changes.get(&id)
    }
    /// The certificate of a view that some view change reports.
    pub(crate) fn reported(&self, view: u64) -> Option<&Certificate> {
        self.reported.get(&view)
    }
    /// The reported certificates whose values are missing.
    pub(crate) fn missing_reports(&self) -> impl Iterator<Item = &Certificate> {
        self.reported.values().filter(|reported| !self.available.contains(&reported.digest))
    }
    /// The members whose latest view change reports a certificate: the honest ones hold its value.
    pub(crate) fn reporters(&self, certificate: &Certificate) -> Vec<ReplicaId> {
        let prepared = Some(certificate.prepared());
        let reporting = self.changes.values().filter(|signed| signed.change.prepared == prepared);
        reporting.map(|signed| signed.from).collect()
    }
    pub(crate) fn is_certified(&self, phase: Phase, view: u64) -> bool {
        self.certified.contains(&(phase, view))
    }
    /// Returns `true` if agreement on a value has begun.
    pub(crate) fn in_progress(&self) -> bool {
        self.position.awaiting_new_view || self.accepted.is_some() || self.lock.is_some()
    }

    /// The bytes of the view changes and the certificates that they report.
    pub(crate) fn view_change_bytes(&self) -> usize {
        let reported: usize = self.reported.values().map(|c| c.signatures.len() * SIGNATURE).sum();
        reported + self.changes.len() * ENTRY
    }

    /// The digests of the values that a certificate or the current proposal names.
    pub(crate) fn named_values(&self) -> BTreeSet<Digest> {
        let certificates = self.lock.iter().chain(self.missing.values());
        let certificates = certificates.chain(self.reported.values());
        certificates.map(|certificate| certificate.digest).chain(self.accepted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_has_requested_a_view_waits_for_a_quorum() {
        let mut slot: Slot = Slot::new((0..4).collect(), 0, 1);
        assert!(matches!(slot.step(Event::Timeout)[..], [Outcome::ViewChange(_)]));
        assert_eq!(slot.step(Event::Timeout), []);
        assert_eq!(slot.view(), 1);
    }
}
