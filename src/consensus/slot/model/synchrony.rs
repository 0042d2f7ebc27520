//! Progress: the continuation of a state in which all honest statements arrive, in time, and the
//! Byzantine member is silent.
#![forbid(unsafe_code)]

use super::SlotModel;
use super::member::{Honest, vote_received};
use super::network::{Network, Proposal};
use super::projection::{PHASES, VALUES, Value};
use crate::consensus::ReplicaId;
use crate::consensus::rules::Rules;
use crate::consensus::slot::{Event, Outcome};
use crate::consensus::wire::{Certificate, Vote};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The honest members under synchrony.
#[derive(Debug, Clone)]
pub(super) struct Synchrony<R> {
    members: Vec<Honest<R>>,
    proposals: BTreeMap<u64, Arc<Proposal>>,
    /// The leader of the view after those of the model.
    last_leader: ReplicaId,
    /// The value that leaders propose, unless another one is required.
    value: Value,
    /// The commit certificates of decided members, which the transfer of decisions delivers.
    decisions: Vec<Certificate>,
}

impl<R: Rules + Sync> Synchrony<R> {
    /// Returns `true` if all honest members decide, at the latest in the first view with an honest
    /// leader that is not below the current view of any of them.
    ///
    /// If that is no view of the model, each honest member may lead it. The search visits one of
    /// several symmetric states, so all choices of this leader and of new values are tried here.
    pub(super) fn reaches_decision(model: &SlotModel<R>, network: &Network<R>) -> bool {
        let highest = network.members.iter().map(|member| member.slot.view()).max().unwrap_or(0);
        let led = |view: &u64| model.leader(*view) != model.byzantine();
        let in_model = (highest..model.views()).find(led);
        let last_leaders = if in_model.is_some() { 0..1 } else { model.honest() };
        let last_view = in_model.unwrap_or(model.views());
        let members: Vec<_> = network.members.iter().map(|member| Honest::clone(member)).collect();
        last_leaders.flat_map(|leader| VALUES.map(|value| (leader, value))).all(|choice| {
            let (last_leader, value) = choice;
            let (members, proposals) = (members.clone(), network.proposals.clone());
            let run = Self { members, proposals, last_leader, value, decisions: Vec::new() };
            run.decides(model, last_view)
        })
    }

    /// Returns `true` if all honest members decide while none is above view `last`.
    fn decides(mut self, model: &SlotModel<R>, last: u64) -> bool {
        while self.views().all(|view| view <= last) {
            while self.exchange(model) {}
            if self.members.iter().all(|member| member.slot.decided) {
                return true;
            }
            if !self.time_out() {
                return false;
            }
        }
        false
    }

    fn views(&self) -> impl Iterator<Item = u64> {
        self.members.iter().map(|member| member.slot.view())
    }

    /// Delivers every honest statement to every honest member. Returns `true` if a statement
    /// follows.
    fn exchange(&mut self, model: &SlotModel<R>) -> bool {
        let mut statements = self.statements();
        statements.extend(self.decisions.iter().cloned().map(Event::Certificate));
        let mut outcomes = Vec::new();
        for member in &mut self.members {
            for (view, proposal) in &self.proposals {
                let required = member.slot.admit(*view, proposal.proof.as_ref());
                if required.is_ok_and(|required| required.is_none_or(|d| d == proposal.digest)) {
                    let event = Event::Proposal { view: *view, digest: proposal.digest };
                    outcomes.extend(member.step(event));
                }
            }
            for statement in &statements {
                outcomes.extend(member.step(statement.clone()));
            }
            for phase in PHASES {
                if let Some(digest) = member.slot.missing(phase).map(|missing| missing.digest) {
                    outcomes.extend(member.step(Event::Available(digest)));
                }
            }
            let view = member.slot.view();
            let leader = if view < model.views() { model.leader(view) } else { self.last_leader };
            if leader == member.id() {
                outcomes.extend(propose(member, self.value, &mut self.proposals));
            }
        }
        self.decisions.extend(outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Decided(certificate) => Some(certificate.clone()),
            _ => None,
        }));
        outcomes.iter().any(|outcome| {
            use Outcome::{Decided, Entered, ViewChange, Vote};
            matches!(outcome, Vote(_) | ViewChange(_) | Entered(_) | Decided(_))
        })
    }

    /// The votes and view changes of the honest members.
    fn statements(&self) -> Vec<Event> {
        let views = 0..=self.views().max().unwrap_or(0);
        let mut statements = Vec::new();
        for member in &self.members {
            statements.extend(member.changes.values().map(|report| report.received()));
            for (view, phase) in views.clone().flat_map(|view| PHASES.map(|phase| (view, phase))) {
                if let Some(digest) = member.vote(phase, view) {
                    let vote = Vote { phase, view, digest };
                    statements.push(vote_received(member.id(), vote));
                }
            }
        }
        statements
    }

    /// Lets the running view timers of the lowest view expire. Returns `false` if none runs: a
    /// member that waits for a `NewView` starts its timer once a quorum requests the view.
    fn time_out(&mut self) -> bool {
        let runs = |member: &Honest<R>| {
            let slot = &member.slot;
            !slot.decided && (!slot.awaits_new_view() || slot.has_view_change_quorum())
        };
        let running = self.members.iter().filter(|member| runs(member));
        let Some(lowest) = running.map(|member| member.slot.view()).min() else { return false };
        for member in self.members.iter_mut().filter(|member| runs(member)) {
            if member.slot.view() == lowest {
                member.step(Event::Timeout);
            }
        }
        true
    }
}

/// Lets an honest leader propose, once per view.
fn propose<R: Rules>(
    leader: &mut Honest<R>,
    value: Value,
    proposals: &mut BTreeMap<u64, Arc<Proposal>>,
) -> Vec<Outcome> {
    let view = leader.slot.view();
    let proof = leader.slot.new_view_proof();
    let required = match &proof {
        None if view > 0 => return Vec::new(),
        proof => leader.slot.admit(view, proof.as_ref()),
    };
    let Ok(required) = required else { return Vec::new() };
    if proposals.contains_key(&view) {
        return Vec::new();
    }
    let digest = required.unwrap_or(value.digest());
    let mut outcomes = leader.step(Event::Available(digest));
    outcomes.extend(leader.step(Event::Proposal { view, digest }));
    proposals.insert(view, Arc::new(Proposal { digest, proof }));
    outcomes
}
