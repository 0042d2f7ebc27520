//! The memory that a replica occupies is at most that which [`Holdings`] counts.

use super::harness::{Harness, key, member};
use allocation_counter::measure;
use epione::consensus::{
    Application, Body, Capacity, Config, Decision, Digest, Effect, Format, Holdings, Input, Member,
    Message, Parameters, Phase, Price, Profile, ProposalContext, Rejection, Replica, ReplicaId,
    VerifyContext, Vote, request_id,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The ratio of decoded to encoded size.
const FACTOR: usize = 20;

/// Values of any bytes, without requests. Decoded ones are long.
#[derive(Clone, Default)]
struct Bulky {
    /// The application accepts no value.
    refuses: bool,
    /// Shared by all copies of the application.
    alive: Arc<Alive>,
    /// The decoded values that are alive when one is applied.
    at_apply: Arc<AtomicUsize>,
    decisions: Vec<Decision>,
}

/// Held by every decoded request and value.
#[derive(Default)]
struct Alive(Arc<()>);

#[derive(Clone)]
#[allow(dead_code, reason = "the fields occupy memory and count")]
struct Decoded(Vec<u8>, Arc<()>);

impl Bulky {
    fn decoded(&self, bytes: &[u8]) -> Decoded {
        Decoded(vec![1; FACTOR * bytes.len()], Arc::clone(&self.alive.0))
    }
}

impl Format for Bulky {
    type Request = Decoded;
    type Value = Decoded;

    fn decode_request(&self, request: &[u8]) -> Result<Decoded, Rejection> {
        Ok(self.decoded(request))
    }
    fn price(&self, _: &Decoded) -> Price {
        Price::default()
    }
    fn verify_request(&self, _: &Config, _: &Decoded) -> Result<(), Rejection> {
        Ok(())
    }
    fn decode(&self, value: &[u8]) -> Result<(Digest, Decoded), Rejection> {
        Ok((request_id(value), self.decoded(value)))
    }
    fn requests<'a>(&self, _: &'a Decoded) -> Vec<(&'a [u8], &'a Decoded)> {
        Vec::new()
    }
}

impl Application for Bulky {
    type Format = Self;

    fn format(&self) -> Self {
        self.clone()
    }
    fn admit(&self, _: &Decoded) -> Result<(), Rejection> {
        Ok(())
    }
    fn propose(&self, _: &ProposalContext<'_>, _: &[(&[u8], Decoded)]) -> Vec<u8> {
        vec![1]
    }
    fn verify(&self, _: &VerifyContext<'_>, _: &mut Decoded) -> Result<(), Rejection> {
        if self.refuses { Err(Rejection::new("it is refused")) } else { Ok(()) }
    }
    fn tip(&self) -> Option<(u64, Digest)> {
        let last = &self.decisions.last()?.certificate;
        Some((last.height, last.digest))
    }
    fn decision(&self, height: u64) -> Option<Decision> {
        self.decisions.get(height.checked_sub(1)? as usize).cloned()
    }
    fn apply(&mut self, _: u64, _: Decoded, decision: &Decision) {
        self.decisions.push(decision.clone());
        self.at_apply.store(Arc::strong_count(&self.alive.0) - 1, Ordering::Relaxed);
    }
}

/// The capacity of a value, in bytes.
const VALUE: usize = 100_000;

fn harness(profile: Profile, n: u16) -> Harness {
    let bytes = VALUE as u32;
    let capacity = Capacity { request_bytes: 10_000, bytes, requests: 16, cost: 100 };
    let parameters = Parameters { profile, capacity, ..Parameters::new("memory") };
    let members: Vec<Member> = (0..n).map(member).collect();
    let config = Config::new(parameters, members).unwrap();
    Harness { config: Arc::new(config), keys: (0..n).map(key).collect() }
}

fn replica(harness: &Harness, me: ReplicaId, application: Bulky) -> Replica<Bulky> {
    let key = harness.keys[usize::from(me)].clone();
    Replica::new(harness.config.clone(), me, key, application).unwrap()
}

fn sum(holdings: &Holdings) -> usize {
    let Holdings { requests, batches, values, statements, view_changes, next_height, decisions } =
        *holdings;
    requests + batches + values + statements + view_changes + next_height + decisions
}

/// Delivers messages, and compares the memory that the replica occupies afterwards with its
/// holdings of one kind, and with all of them.
fn assert_counted(
    replica: Replica<Bulky>,
    messages: &[Message],
    kind: fn(&Holdings) -> usize,
    decoded: usize,
) {
    let holdings = assert_sum_counted(replica, messages, decoded);
    assert!(kind(&holdings) >= VALUE * 4 / 5, "{holdings:?}");
}

/// Delivers messages, and compares the memory that the replica occupies with all holdings and the
/// bytes beside them.
fn assert_sum_counted(
    mut replica: Replica<Bulky>,
    messages: &[Message],
    beside: usize,
) -> Holdings {
    let info = measure(|| {
        for message in messages {
            replica.step(0, Input::Message { peer: message.from, message: message.clone() });
        }
    });
    let (occupied, holdings) = (info.bytes_current, replica.holdings());
    // Timers, and the digests of verified signatures.
    let limit = sum(&holdings) + beside + 20_000;
    assert!(occupied <= limit as i64, "{occupied} bytes are occupied: {holdings:?}");
    holdings
}

/// A value of `VALUE` bytes.
fn value(i: u8) -> Vec<u8> {
    vec![i; VALUE]
}

#[test]
fn pending_requests_stay_encoded() {
    let harness = harness(Profile::Flat, 4);
    let [me, other] = harness.followers()[..2] else { panic!() };
    let request = |i: u8| harness.sign(other, Body::Request(vec![i; 10_000]));
    let messages: Vec<Message> = (0..50).map(request).collect();
    assert_counted(replica(&harness, me, Bulky::default()), &messages, |h| h.requests, 0);
}

/// The open batch of a primary, and the certified ones that are not delivered.
#[test]
fn batches_are_counted() {
    let harness = harness(Profile::MemberQuorum, 16);
    let (group, _) = harness.remote_group();
    let (primary, voters) = (group.ranking[0], &group.ranking[1..]);
    let first = replica(&harness, primary, Bulky::default());
    let request = |i: u8| harness.sign(voters[0], Body::Request(vec![i; 10_000]));
    let mut queue: VecDeque<Message> = (0..9).map(request).collect();
    // The votes of the group are recorded at a copy.
    let (mut copy, mut messages) = (first.clone(), Vec::new());
    while let Some(message) = queue.pop_front() {
        messages.push(message.clone());
        for effect in copy.step(0, Input::Message { peer: message.from, message }) {
            let Effect::Send { message: batch, .. } = effect else { continue };
            let Body::Batch(_) = batch.body else { continue };
            for voter in voters {
                let mut voter = replica(&harness, *voter, Bulky::default());
                let input = Input::Message { peer: primary, message: batch.clone() };
                let votes = voter.step(0, input).into_iter().filter_map(|effect| match effect {
                    Effect::Send { message, .. } => Some(message),
                    _ => None,
                });
                queue.extend(votes.filter(|m| matches!(m.body, Body::BatchVote { .. })));
            }
        }
    }
    assert_counted(first, &messages, |h| h.batches, 0);
}

#[test]
fn proposals_of_the_next_height_stay_encoded() {
    let harness = harness(Profile::Flat, 4);
    let next = harness.config.leader(2, 0);
    let me = harness.followers().into_iter().find(|id| *id != next).unwrap();
    let messages = [harness.sign(next, Body::PrePrepare { height: 2, value: value(1) })];
    assert_counted(replica(&harness, me, Bulky::default()), &messages, |h| h.next_height, 0);
}

/// A proposal that the application refuses is verified again later.
#[test]
fn a_refused_proposal_stays_encoded() {
    let harness = harness(Profile::Flat, 4);
    let application = Bulky { refuses: true, ..Bulky::default() };
    let replica = replica(&harness, harness.followers()[0], application);
    assert_counted(replica, &[harness.pre_prepare(&value(1))], |h| h.values, 0);
}

/// The values of several views: only the last one is held in its decoded form.
#[test]
fn one_value_is_held_decoded() {
    let harness = harness(Profile::Flat, 4);
    let me = (0..4).find(|id| (0..3).all(|view| harness.leader(view) != *id)).unwrap();
    let mut messages = vec![harness.pre_prepare(&value(0))];
    for view in 1..3_u64 {
        let changes = harness.view_changes(view);
        messages.push(harness.new_view(view, &changes, &value(view as u8)));
    }
    let replica = replica(&harness, me, Bulky::default());
    assert_counted(replica, &messages, |h| h.values / 3, FACTOR * VALUE);
}

#[test]
fn fetched_decisions_stay_encoded() {
    let harness = harness(Profile::Flat, 4);
    let [me, peer] = harness.followers()[..2] else { panic!() };
    let status = |id| harness.sign(id, Body::Status { height: 9, reply: false });
    let mut messages: Vec<Message> = (0..4).filter(|id| *id != me).map(status).collect();
    let decisions: Vec<Decision> = (2..4_u64).map(|height| decision(&harness, height)).collect();
    messages.push(harness.sign(peer, Body::Decisions(decisions)));
    assert_counted(replica(&harness, me, Bulky::default()), &messages, |h| h.decisions, 0);
}

fn decision(harness: &Harness, height: u64) -> Decision {
    let value = value(height as u8);
    let vote = Vote { phase: Phase::Commit, view: 0, digest: request_id(&value) };
    let certificate = harness.certificate_of(height, vote, &harness.quorum());
    Decision { value, certificate }
}

/// Short values with the certificates of many members, and a rejected `NewView` with its proof.
#[test]
fn certificates_and_proofs_are_counted() {
    let harness = harness(Profile::Flat, 100);
    let me = harness.followers()[0];
    let status = |id| harness.sign(id, Body::Status { height: 90, reply: false });
    let mut messages: Vec<Message> = (0..100).filter(|id| *id != me).map(status).collect();
    let decision = |height: u64| {
        let value = vec![height as u8; 10];
        let vote = Vote { phase: Phase::Commit, view: 0, digest: request_id(&value) };
        Decision { value, certificate: harness.certificate_of(height, vote, &harness.quorum()) }
    };
    let decisions = (2..34_u64).map(decision).collect();
    messages.push(harness.sign(harness.leader(0), Body::Decisions(decisions)));
    messages.push(harness.new_view(1, &harness.view_changes(1), &value(1)));
    let replica = replica(&harness, me, Bulky { refuses: true, ..Bulky::default() });
    // The gate remembers the digests of the signatures that it has verified.
    let verified = 128 * (33 * harness.config.quorum() + 200);
    let holdings = assert_sum_counted(replica, &messages, verified);
    assert!(holdings.decisions > 32 * 60 * 66, "{holdings:?}");
    assert!(holdings.values > VALUE + 60 * 100, "{holdings:?}");
}

/// With the ledger, a second decoded value would share the state, which is copied if it changes
/// then. The replica has verified the value that it fetches as a decision.
#[test]
fn no_other_value_is_held_decoded_when_one_is_applied() {
    let harness = harness(Profile::Flat, 4);
    let [me, peer] = harness.followers()[..2] else { panic!() };
    let application = Bulky::default();
    let at_apply = application.at_apply.clone();
    let mut replica = replica(&harness, me, application);
    let value = value(1);
    let vote = Vote { phase: Phase::Commit, view: 0, digest: request_id(&value) };
    let certificate = harness.certificate_of(1, vote, &harness.quorum());
    let status = |id| harness.sign(id, Body::Status { height: 2, reply: false });
    let mut messages = vec![harness.pre_prepare(&value)];
    messages.extend((0..4).filter(|id| *id != me).map(status));
    messages.push(harness.sign(peer, Body::Decisions(vec![Decision { value, certificate }])));
    for message in messages {
        replica.step(0, Input::Message { peer: message.from, message });
    }
    assert_eq!((replica.height(), at_apply.load(Ordering::Relaxed)), (2, 1));
}
