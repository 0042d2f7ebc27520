//! Random runs of members that forget nothing, beside the model: the assumptions of its states and
//! transitions.
#![forbid(unsafe_code)]

use super::member::{Honest, signature, vote_received};
use super::network::{Action, Network, Proposal};
use super::projection::{Key, PHASES, VALUES};
use super::synchrony::Synchrony;
use super::{SlotModel, campaign};
use crate::consensus::rules::Pbft;
use crate::consensus::slot::{Event, Outcome};
use crate::consensus::wire::{Certificate, Phase, SignedViewChange, Vote};
use crate::consensus::{Digest, ReplicaId};
use rand::distributions::{Distribution, WeightedIndex};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An entry of a member's log.
#[derive(Debug, Clone)]
enum Entry {
    Value(Digest),
    Vote(Vote),
    Lock(Certificate),
    ViewChange(SignedViewChange),
}

/// A member that receives one statement at a time, with its log.
#[derive(Debug, Clone)]
struct Live {
    member: Honest<Pbft>,
    log: Vec<Entry>,
}

/// A run: the members, and the state of the model that has sent the same statements.
struct Walk {
    model: SlotModel<Pbft>,
    members: Vec<Live>,
    proposals: BTreeMap<u64, Arc<Proposal>>,
    state: Network<Pbft>,
    /// The frequencies of the kinds of events, which differ from walk to walk.
    kinds: WeightedIndex<u32>,
    rng: StdRng,
}

impl Live {
    /// Processes an event, and logs as the driver does.
    fn step(&mut self, event: Event) -> Vec<Outcome> {
        if let Event::Proposal { digest, .. } | Event::Available(digest) = &event {
            self.log.push(Entry::Value(*digest));
        }
        let outcomes = self.member.run(event, false);
        for outcome in &outcomes {
            match outcome {
                Outcome::Vote(vote) => self.log.push(Entry::Vote(*vote)),
                Outcome::Lock(certificate) => self.log.push(Entry::Lock(certificate.clone())),
                Outcome::ViewChange(change) => {
                    let sent = self.member.changes[&change.view].signed;
                    self.log.push(Entry::ViewChange(sent));
                }
                _ => {}
            }
        }
        outcomes
    }

    /// The member after a restart.
    fn restored(&self, model: &SlotModel<Pbft>) -> Honest<Pbft> {
        let mut restored = Honest::new(model.voters(), self.member.id());
        restored.changes = self.member.changes.clone();
        for entry in self.log.iter().cloned() {
            match entry {
                Entry::Value(digest) => restored.slot.restore_value(digest),
                Entry::Vote(vote) => restored.slot.restore_vote(signature(), vote),
                Entry::Lock(certificate) => restored.slot.restore_lock(certificate),
                Entry::ViewChange(signed) => restored.slot.restore_view_change(signed),
            }
        }
        restored
    }
}

impl Walk {
    fn new(leaders: &[ReplicaId], seed: u64) -> Self {
        let model = SlotModel::new(4, leaders);
        let member = |id| Live { member: Honest::new(model.voters(), id), log: Vec::new() };
        let members = model.honest().map(member).collect();
        let (state, mut rng) = (Network::new(&model), StdRng::seed_from_u64(seed));
        let weights: [u32; 8] = [(); 8].map(|()| 1 << (2 * rng.gen_range(0..3)));
        let kinds = WeightedIndex::new(weights).expect("all weights are positive");
        Self { model, members, proposals: BTreeMap::new(), state, kinds, rng }
    }

    /// A statement that a member may receive next, or a time-out.
    fn event(&mut self, id: ReplicaId) -> Option<Event> {
        let (model, state, rng) = (&self.model, &self.state, &mut self.rng);
        let slot = &self.members[usize::from(id)].member.slot;
        let view = rng.gen_range(0..model.views());
        let phase = *PHASES.choose(rng)?;
        let signer = rng.gen_range(0..model.byzantine());
        match self.kinds.sample(rng) {
            0 => {
                let cast = state.keys[usize::from(signer)].vote(phase, view)?;
                Some(vote_received(signer, Vote { phase, view, digest: cast.digest() }))
            }
            1 => {
                let digest = VALUES.choose(rng)?.digest();
                Some(vote_received(model.byzantine(), Vote { phase, view, digest }))
            }
            2 => Some(state.member(signer).changes.get(&view)?.received()),
            3 if view > 0 => Some(state.byzantine_changes(model, view).choose(rng)?.received()),
            4 => {
                let certified = *state.certified(model, phase).choose(rng)?;
                Some(Event::Certificate(state.certificate(model, phase, certified)))
            }
            5 => {
                let named: Vec<Digest> = slot.named_values().into_iter().collect();
                Some(Event::Available(*named.choose(rng)?))
            }
            6 => Some(Event::Timeout),
            _ => self.proposal(id, view),
        }
    }

    /// A proposal of a view that the member admits.
    fn proposal(&mut self, id: ReplicaId, view: u64) -> Option<Event> {
        let slot = &self.members[usize::from(id)].member.slot;
        let mut offered: Vec<Proposal> = Vec::new();
        if self.model.leader(view) != self.model.byzantine() {
            let Proposal { digest, proof } = &**self.proposals.get(&view)?;
            offered.push(Proposal { digest: *digest, proof: proof.clone() });
        } else {
            let proofs = self.state.proofs(&self.model, view);
            for proof in proofs.into_iter().map(Some).chain((view == 0).then_some(None)) {
                let values = VALUES.map(|value| value.digest());
                offered.extend(values.map(|digest| Proposal { digest, proof: proof.clone() }));
            }
        }
        let Proposal { digest, proof } = offered.choose(&mut self.rng)?;
        let required = slot.admit(view, proof.as_ref()).ok()?;
        let fits = required.is_none_or(|required| required == *digest);
        fits.then_some(Event::Proposal { view, digest: *digest })
    }

    /// Lets an honest leader propose, if it can.
    fn lead(&mut self, live: &mut Live) -> Option<(u64, Proposal, Vec<Outcome>)> {
        let view = live.member.slot.view();
        let led = self.model.leader(view) == live.member.id();
        if !led || self.proposals.contains_key(&view) {
            return None;
        }
        let proof = live.member.slot.new_view_proof();
        if view > 0 && proof.is_none() {
            return None;
        }
        let required = live.member.slot.admit(view, proof.as_ref()).ok()?;
        if required.is_some_and(|digest| !live.member.slot.available.contains(&digest)) {
            return None;
        }
        let digest = required.unwrap_or(VALUES.choose(&mut self.rng)?.digest());
        let outcomes = live.step(Event::Proposal { view, digest });
        Some((view, Proposal { digest, proof }, outcomes))
    }

    /// Lets a random member process a random event, and the model follow.
    fn step(&mut self) {
        let byzantine = self.model.byzantine();
        let id = self.rng.gen_range(0..byzantine);
        let Some(event) = self.event(id) else { return };
        let mut live = self.members[usize::from(id)].clone();
        if live.member.slot.decided {
            return;
        }
        let mut outcomes = live.step(event.clone());
        if live.member.slot.view() >= self.model.views() {
            return;
        }
        if let Some((view, proposal, more)) = self.lead(&mut live) {
            self.proposals.insert(view, Arc::new(proposal));
            outcomes.extend(more);
        }
        let mut key = live.member.key();
        for outcome in &outcomes {
            match outcome {
                // A slot that decides in the same step does not count its vote.
                Outcome::Vote(vote) => key.cast(*vote),
                Outcome::Evidence(evidence) => assert_eq!(evidence.signer, byzantine),
                _ => {}
            }
        }
        let followed = self.follow(&self.state, id, &key, 4);
        self.state = followed.unwrap_or_else(|| panic!("member {id}, {event:?}: {outcomes:#?}"));
        self.members[usize::from(id)] = live;
    }

    /// Returns the state of the model in which this member has this key, after at most `depth`
    /// transitions of the member.
    fn follow(
        &self,
        state: &Network<Pbft>,
        id: ReplicaId,
        key: &Key,
        depth: usize,
    ) -> Option<Network<Pbft>> {
        let proposed = |network: &Network<Pbft>| {
            self.proposals.iter().all(|(view, proposal)| {
                network.proposals.get(view).is_some_and(|p| p.digest == proposal.digest)
            })
        };
        if state.keys[usize::from(id)] == *key && proposed(state) {
            return Some(state.clone());
        }
        if depth == 0 {
            return None;
        }
        let of_member = |action: &Action| match *action {
            Action::Propose { view, .. } => self.model.leader(view) == id,
            Action::Accept { member, .. }
            | Action::Prepared { member, .. }
            | Action::Timeout { member }
            | Action::Join { member, .. } => member == id,
        };
        let next = |action| self.follow(&state.act(&self.model, action)?, id, key, depth - 1);
        self.actions(state).into_iter().filter(of_member).find_map(next)
    }

    /// Asserts that the state has the same transitions and decisions with other slots: `other`
    /// gives the replacement of a member that has not decided.
    fn assert_equivalent(&self, other: impl Fn(&Live) -> Honest<Pbft>) {
        let (model, state) = (&self.model, &self.state);
        let pairs = self.members.iter().zip(&state.members);
        let replaced = pairs.map(|(live, of_model)| match live.member.slot.decided {
            true => of_model.clone(),
            false => Arc::new(other(live)),
        });
        let twin = Network::of(model, replaced.collect(), state.proposals.clone());
        assert_eq!(twin.keys, state.keys);
        assert_eq!(twin.decisions(model), state.decisions(model));
        let [actions, of_twin] = [state, &twin].map(|state| self.actions(state));
        assert_eq!(of_twin, actions);
        for action in actions {
            let next = |state: &Network<Pbft>| state.act(model, action).map(|next| next.identity());
            assert_eq!(next(&twin), next(state), "{action:?}");
        }
    }

    fn actions(&self, state: &Network<Pbft>) -> Vec<Action> {
        let mut actions = Vec::new();
        state.actions(&self.model, &mut actions);
        actions
    }
}

/// Runs random walks, and `check` after each step.
fn walks(check: impl Fn(&Walk)) {
    let schedules: [&[ReplicaId]; 6] =
        [&[3, 3], &[3, 0], &[0, 3], &[3, 3, 3], &[3, 0, 3], &[0, 3, 1]];
    let count = 300 * campaign().unwrap_or(1);
    let (mut decided, mut committed) = (0, 0);
    for seed in 0..count {
        let mut walk = Walk::new(schedules[seed as usize % schedules.len()], seed);
        for _ in 0..150 {
            walk.step();
            check(&walk);
        }
        decided += walk.members.iter().filter(|live| live.member.slot.decided).count();
        let last = walk.model.views() - 1;
        let commits = walk.state.keys.iter().filter_map(|key| key.vote(Phase::Commit, last));
        committed += commits.count();
    }
    assert!(decided > 0 && committed > 0, "{decided} decisions, {committed} late COMMITs");
}

#[test]
fn the_model_follows_members_that_receive_one_statement_at_a_time() {
    walks(|_| {});
}

#[test]
fn members_with_equal_projections_behave_equally() {
    walks(|walk| {
        walk.assert_equivalent(|live| {
            let mut member = live.member.clone();
            member.slot.forget();
            member.slot.forget_votes();
            member
        });
    });
}

#[test]
fn restored_members_behave_as_before() {
    walks(|walk| walk.assert_equivalent(|live| live.restored(&walk.model)));
}

#[test]
fn members_that_forget_nothing_progress() {
    walks(|walk| {
        let live = walk.members.iter().map(|live| Arc::new(live.member.clone()));
        let network = Network::of(&walk.model, live.collect(), walk.proposals.clone());
        let mut decided = walk.members.iter().filter(|live| live.member.slot.decided);
        assert!(decided.next().is_some() || Synchrony::reaches_decision(&walk.model, &network));
    });
}
