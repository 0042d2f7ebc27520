//! The states and transitions: honest members and the statements that they have sent.
#![forbid(unsafe_code)]

use super::SlotModel;
use super::member::Honest;
use super::projection::{Key, VALUES, VIEWS, Value};
use crate::consensus::rules::Rules;
use crate::consensus::slot::{Event, Outcome};
use crate::consensus::wire::{NewViewProof, Phase};
use crate::consensus::{Digest, ReplicaId};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A transition. Each one calls the shipped slot of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The honest leader of a view proposes a value and accepts it.
    Propose { view: u64, value: Value },
    /// A member receives the proposal of a view.
    Accept { member: ReplicaId, view: u64, value: Value },
    /// A member receives a prepare certificate.
    Prepared { member: ReplicaId, view: u64, value: Value },
    /// The view of a member lasts too long.
    Timeout { member: ReplicaId },
    /// A member receives view changes of `F + 1` members for this view or higher ones.
    Join { member: ReplicaId, view: u64 },
}

/// The proposal of an honest leader.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) digest: Digest,
    pub(super) proof: Option<NewViewProof>,
}

/// The honest members, and the proposals of those that lead.
#[derive(Debug, Clone)]
pub(super) struct Network<R> {
    pub(super) members: Vec<Arc<Honest<R>>>,
    pub(super) proposals: BTreeMap<u64, Arc<Proposal>>,
    pub(super) keys: Vec<Key>,
    /// The identity, or that of a symmetric state. Equal for symmetric states.
    pub(super) representative: Identity,
}

/// The keys of the members and the values of the proposals, by view.
pub(super) type Identity = (Vec<Key>, [Option<Value>; VIEWS]);

impl<R> PartialEq for Network<R> {
    fn eq(&self, other: &Self) -> bool {
        self.representative == other.representative
    }
}

impl<R> Hash for Network<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.representative.hash(state);
    }
}

impl<R> Network<R> {
    pub(super) fn member(&self, id: ReplicaId) -> &Honest<R> {
        &self.members[usize::from(id)]
    }

    /// The keys of the members and the values of the proposals.
    pub(super) fn identity(&self) -> Identity {
        (self.keys.clone(), proposed(&self.proposals))
    }

    /// Returns `true` if a member holds or reports a prepare certificate of this view.
    pub(super) fn has_locked(&self, view: u64) -> bool {
        self.keys.iter().any(|key| key.has_locked(view))
    }
}

impl<R: Rules + Sync> Network<R> {
    pub(super) fn new(model: &SlotModel<R>) -> Self {
        let member = |id| Arc::new(Honest::new(model.voters(), id));
        Self::of(model, model.honest().map(member).collect(), BTreeMap::new())
    }

    /// The state of these members.
    pub(super) fn of(
        model: &SlotModel<R>,
        members: Vec<Arc<Honest<R>>>,
        proposals: BTreeMap<u64, Arc<Proposal>>,
    ) -> Self {
        let keys: Vec<Key> = members.iter().map(|member| member.key()).collect();
        let representative = representative(model, &keys, &proposals);
        Self { members, proposals, keys, representative }
    }

    /// The transitions from this state, and some that [`Self::act`] finds to change nothing.
    pub(super) fn actions(&self, model: &SlotModel<R>, actions: &mut Vec<Action>) {
        for view in 0..model.views() {
            let leader = model.leader(view);
            if leader == model.byzantine() {
                self.receive_proposals(model, view, actions);
            } else if let Some(proposal) = self.proposals.get(&view) {
                let value = Value::of(proposal.digest);
                let admits = |member: &ReplicaId| {
                    let required = self.member(*member).slot.admit(view, proposal.proof.as_ref());
                    required.is_ok_and(|required| required.is_none_or(|d| d == proposal.digest))
                };
                let admitting = model.honest().filter(admits);
                actions.extend(admitting.map(|member| Action::Accept { member, view, value }));
            } else {
                let proposable = self.proposable(model, view).into_iter();
                actions.extend(proposable.map(|(value, ..)| Action::Propose { view, value }));
            }
        }
        for (view, value) in self.certified(model, Phase::Prepare) {
            let prepared = |member| Action::Prepared { member, view, value };
            actions.extend(model.honest().map(prepared));
        }
        for member in model.honest() {
            actions.push(Action::Timeout { member });
            let above = self.member(member).slot.view() + 1..model.views();
            actions.extend(above.map(|view| Action::Join { member, view }));
        }
    }

    /// The proposals of the Byzantine leader of a view.
    fn receive_proposals(&self, model: &SlotModel<R>, view: u64, actions: &mut Vec<Action>) {
        let proofs: Vec<Option<NewViewProof>> = match view {
            0 => vec![None],
            _ => self.proofs(model, view).into_iter().map(Some).collect(),
        };
        for member in model.honest() {
            let slot = &self.member(member).slot;
            let admitted = proofs.iter().filter_map(|proof| slot.admit(view, proof.as_ref()).ok());
            let values: BTreeSet<Value> = admitted.flat_map(values).collect();
            actions.extend(values.into_iter().map(|value| Action::Accept { member, view, value }));
        }
    }

    /// Performs one of [`Self::actions`]. Returns `None` if it changes nothing, or if the member
    /// would leave the last view of the model.
    pub(super) fn act(&self, model: &SlotModel<R>, action: Action) -> Option<Self> {
        let mut proposal = None;
        let mut member = match action {
            Action::Propose { view, value } => {
                let mut proposable = self.proposable(model, view).into_iter();
                let (_, of_view, mut leader) = proposable.find(|(known, ..)| *known == value)?;
                proposal = Some((view, Arc::new(of_view)));
                leader.step(Event::Proposal { view, digest: value.digest() });
                leader
            }
            Action::Accept { member, view, value } => {
                let event = Event::Proposal { view, digest: value.digest() };
                self.stepped(member, [event])
            }
            Action::Prepared { member, view, value } => {
                let certificate = self.certificate(model, Phase::Prepare, (view, value));
                self.stepped(member, [Event::Certificate(certificate)])
            }
            Action::Timeout { member } => {
                let requests = self.requests_of_view(model, member);
                self.stepped(member, requests.into_iter().chain([Event::Timeout]))
            }
            Action::Join { member, view } => {
                self.stepped(member, self.requests_above(model, member, view))
            }
        };
        if member.slot.view() >= model.views() {
            return None;
        }
        member.slot.forget();
        let (at, key) = (usize::from(member.id()), member.key());
        if proposal.is_none() && key == self.keys[at] {
            return None;
        }
        let mut next = self.clone();
        next.proposals.extend(proposal);
        next.members[at] = Arc::new(member);
        next.keys[at] = key;
        next.representative = representative(model, &next.keys, &next.proposals);
        Some(next)
    }

    fn stepped(&self, id: ReplicaId, events: impl IntoIterator<Item = Event>) -> Honest<R> {
        let mut member = self.member(id).clone();
        for event in events {
            member.step(event);
        }
        member
    }

    /// The proposals that the honest leader of a view can make, one per value, with the leader
    /// after it has received the view changes.
    ///
    /// It proposes as soon as a quorum requests the view. If it lacks the value until more view
    /// changes arrive, then its proof contains those of the lowest senders. Among four members
    /// these are the honest ones, one of the quorums below.
    fn proposable(&self, model: &SlotModel<R>, view: u64) -> Vec<(Value, Proposal, Honest<R>)> {
        let leader = self.member(model.leader(view));
        let mut found: Vec<(Value, Proposal, Honest<R>)> = Vec::new();
        let mut add = |required: Option<Digest>, proof: Option<NewViewProof>, leader: Honest<R>| {
            for value in values(required) {
                if found.iter().all(|(known, ..)| *known != value) {
                    let proposal = Proposal { digest: value.digest(), proof: proof.clone() };
                    found.push((value, proposal, leader.clone()));
                }
            }
        };
        if view == 0 {
            if let Ok(required) = leader.slot.admit(0, None) {
                add(required, None, leader.clone());
            }
        } else if leader.slot.view() == view && leader.slot.awaits_new_view() {
            let (others, byzantine) = (model.quorum() - 1, || self.byzantine_changes(model, view));
            for set in self.change_sets(model, (view, others), Some(leader.id()), byzantine) {
                let mut leader = leader.clone();
                let proof = request(&mut leader, set.iter().map(|report| report.received()));
                let required = leader.slot.admit(view, Some(&proof));
                add(required.expect("the own proof is valid"), Some(proof), leader);
            }
        }
        found
    }

    /// The views and values that members decide upon receipt of the existing commit certificates.
    ///
    /// A decided member takes no further step, as one that receives no further message. Decisions
    /// are therefore observed and not performed.
    pub(super) fn decisions(&self, model: &SlotModel<R>) -> BTreeSet<(u64, Value)> {
        let mut decisions = BTreeSet::new();
        for certified in self.certified(model, Phase::Commit) {
            let certificate = self.certificate(model, Phase::Commit, certified);
            for id in model.honest() {
                let mut member = self.member(id).clone();
                for outcome in member.step(Event::Certificate(certificate.clone())) {
                    if let Outcome::Decided(by) = outcome {
                        decisions.insert((by.view, Value::of(by.digest)));
                    }
                }
            }
        }
        decisions
    }
}

/// The values that a leader can propose.
fn values(required: Option<Digest>) -> Vec<Value> {
    required.map_or(VALUES.to_vec(), |digest| vec![Value::of(digest)])
}

/// Delivers the view changes of a quorum to the leader of their view. Returns the proof.
fn request<R: Rules>(leader: &mut Honest<R>, changes: impl Iterator<Item = Event>) -> NewViewProof {
    let view = leader.slot.view();
    let outcomes: Vec<Outcome> = changes.flat_map(|change| leader.step(change)).collect();
    assert!(outcomes.contains(&Outcome::ViewChangeQuorum(view)), "{outcomes:?}");
    let proof = leader.slot.new_view_proof().expect("a quorum requests the view");
    if let Some(certificate) = &proof.certificate {
        leader.step(Event::Available(certificate.digest));
    }
    proof
}

fn proposed(proposals: &BTreeMap<u64, Arc<Proposal>>) -> [Option<Value>; VIEWS] {
    let mut values = [None; VIEWS];
    for (view, proposal) in proposals {
        values[*view as usize] = Some(Value::of(proposal.digest));
    }
    values
}

/// Returns the least of the symmetric states: members that lead no view are interchangeable, and
/// so are the two values.
fn representative<R: Rules + Sync>(
    model: &SlotModel<R>,
    keys: &[Key],
    proposals: &BTreeMap<u64, Arc<Proposal>>,
) -> Identity {
    let form = |to: fn(Value) -> Value| {
        let mut keys: Vec<Key> = keys.iter().map(|key| key.map(to)).collect();
        keys[model.interchangeable()].sort_unstable();
        (keys, proposed(proposals).map(|value| value.map(to)))
    };
    form(|value| value).min(form(Value::exchanged))
}
