//! A model checker of the slot's state machine: all runs of `N` members, one of which is Byzantine,
//! through a bounded number of views.
//!
//! States contain the shipped [`Slot`](super::Slot) of each honest member, and every transition
//! steps one of them as the driver does. Stateright enumerates the states. Faulty [`Rules`] run in
//! the same slots.
//!
//! **Adversary.** The set of sent statements only grows. Any member may receive any of them at any
//! time, in any order, repeatedly or never. Timers may expire at any time. The Byzantine member
//! signs every statement, shows different ones to different members, and forms certificates and
//! `NewView` proofs from all statements sent. Signatures are ideal: it has no statement of an
//! honest member that this member has not sent. Leaders follow a fixed schedule.
//!
//! **Properties.** *Agreement*: no two members decide different values. *Progress*: if from some
//! state on all honest statements arrive in time and the Byzantine member is silent, then all
//! honest members decide, at the latest in the first view with an honest leader that is not below
//! any current view. Statements arrive in one fixed order.
//!
//! **Reductions.** Each one preserves both properties.
//! 1. *Votes are not delivered.* Another member's vote changes nothing but the set of votes, until
//!    a quorum of votes forms a certificate. Votes that were sent and those of the Byzantine member
//!    form that certificate for every member, so a transition delivers the certificate itself.
//! 2. *Members forget.* After each transition the slot discards what a restart discards. A member
//!    can receive all of it again, and this alone changes nothing: the member has already joined
//!    the view changes, and a repeated certificate neither raises the lock nor casts a second vote.
//! 3. *Missing values are fetched at once.* A certificate whose value is missing takes effect when
//!    the value arrives. So does the same certificate if it is received at that time.
//! 4. *Decisions are observed.* A decided member takes no further step, as a member that receives
//!    no further message. The states test whether the existing commit certificates decide.
//! 5. *A Byzantine proposal is received, not sent.* Of its proofs only the required value matters.
//!    A Byzantine leader can also send every proposal of an honest one. For agreement, the schedule
//!    in which it leads all views therefore contains the others.
//! 6. *Symmetry.* Honest members that lead no view are interchangeable, and so are the two values.
//!    Of symmetric states the search visits one. Progress depends on the leader of the next view
//!    and on its value, so each state tests it for all of them.
//!
//! After reductions 1 to 3 a slot is known by its [`Projection`](projection::Projection).
//! `walks` tests them with members that receive one vote at a time, forget nothing and fetch late;
//! `runs` tests reduction 6.
//!
//! The model omits the gate (signatures, certificates, validity of values) and the tree. It covers
//! one height and assumes that no durable state is lost. Its `NewView` proofs have distinct signers
//! in order; the tests of single transitions (`tests/system/consensus/view_change.rs`) cover
//! others.
//!
//! Four members have between 2 772 and 7 921 states in two views, depending on the leaders, and
//! between 3.0 and 3.9 million in three views.
//! `EPIONE_CAMPAIGN=1 cargo test --release --lib slot::model -- --nocapture` searches both and
//! prints the numbers.
#![forbid(unsafe_code)]

mod byzantine;
mod member;
mod mutants;
mod network;
mod projection;
mod runs;
mod synchrony;
mod traces;
mod walks;

use crate::consensus::ReplicaId;
use crate::consensus::config::Electorate;
use crate::consensus::rules::Rules;
use crate::consensus::wire::Phase;
use network::{Action, Network};
use stateright::{Model, Property};
use std::num::NonZeroU64;
use std::ops::Range;
use synchrony::Synchrony;

/// The names of the properties.
const AGREEMENT: &str = "agreement";
const PROGRESS: &str = "progress";
const DECISION_IN_VIEW_1: &str = "a decision in view 1 after a lock in view 0";
const COMMIT_IN_VIEW_2: &str = "a COMMIT in view 2 after a lock in view 0";

/// The factor `EPIONE_CAMPAIGN` by which long runs are extended, if it is set.
fn campaign() -> Option<u64> {
    let factor = std::env::var("EPIONE_CAMPAIGN").ok()?.parse::<NonZeroU64>();
    Some(factor.expect("EPIONE_CAMPAIGN must be a positive integer").get())
}

/// A slot with its members. The one with the highest number is Byzantine.
#[derive(Debug, Clone)]
struct SlotModel<R> {
    rules: R,
    members: u16,
    /// The leader of each view. Honest leaders have the lowest numbers.
    leaders: Vec<ReplicaId>,
    checks_progress: bool,
}

impl<R: Rules + Sync> SlotModel<R> {
    /// The third view and honest leaders are modelled for four members only: the sets of view
    /// changes that others need are larger.
    fn new(members: u16, leaders: &[ReplicaId]) -> Self {
        let byzantine_leads = leaders.iter().all(|id| *id == members - 1);
        assert!(members == 4 || leaders.len() < 3 && byzantine_leads);
        Self { rules: R::default(), members, leaders: leaders.to_vec(), checks_progress: true }
    }

    /// The model without the property of progress, which takes most of the time.
    fn without_progress(self) -> Self {
        Self { checks_progress: false, ..self }
    }

    fn voters(&self) -> Electorate {
        (0..self.members).collect()
    }

    fn quorum(&self) -> usize {
        self.rules.quorum(usize::from(self.members))
    }

    fn byzantine(&self) -> ReplicaId {
        self.members - 1
    }

    fn honest(&self) -> Range<ReplicaId> {
        0..self.members - 1
    }

    /// The honest members that lead no view.
    fn interchangeable(&self) -> Range<usize> {
        let honest = self.leaders.iter().filter(|id| **id != self.byzantine());
        honest.max().map_or(0, |last| usize::from(*last) + 1)..usize::from(self.byzantine())
    }

    fn views(&self) -> u64 {
        self.leaders.len() as u64
    }

    /// The leader of a view of the model.
    fn leader(&self, view: u64) -> ReplicaId {
        self.leaders[view as usize]
    }

    /// Evaluates a property in a state.
    fn holds(&self, property: &'static str, state: &Network<R>) -> bool {
        (self.property(property).condition)(self, state)
    }
}

impl<R: Rules + Sync> Model for SlotModel<R> {
    type State = Network<R>;
    type Action = Action;

    fn init_states(&self) -> Vec<Network<R>> {
        vec![Network::new(self)]
    }

    fn actions(&self, state: &Network<R>, actions: &mut Vec<Action>) {
        state.actions(self, actions);
    }

    fn next_state(&self, state: &Network<R>, action: Action) -> Option<Network<R>> {
        state.act(self, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![Property::always(AGREEMENT, agreement)];
        if self.checks_progress {
            properties.push(Property::always(PROGRESS, progress));
        }
        match self.views() {
            2 => properties.push(Property::sometimes(DECISION_IN_VIEW_1, decision_in_view_1)),
            3 => properties.push(Property::sometimes(COMMIT_IN_VIEW_2, commit_in_view_2)),
            _ => {}
        }
        properties
    }
}

fn agreement<R: Rules + Sync>(model: &SlotModel<R>, state: &Network<R>) -> bool {
    let decisions = state.decisions(model);
    let mut values = decisions.iter().map(|(_, value)| value);
    let first = values.next();
    values.all(|value| Some(value) == first)
}

fn progress<R: Rules + Sync>(model: &SlotModel<R>, state: &Network<R>) -> bool {
    Synchrony::reaches_decision(model, state)
}

fn decision_in_view_1<R: Rules + Sync>(model: &SlotModel<R>, state: &Network<R>) -> bool {
    state.has_locked(0) && state.decisions(model).iter().any(|(view, _)| *view == 1)
}

fn commit_in_view_2<R: Rules + Sync>(_: &SlotModel<R>, state: &Network<R>) -> bool {
    let committed = state.keys.iter().any(|key| key.vote(Phase::Commit, 2).is_some());
    committed && state.has_locked(0)
}
