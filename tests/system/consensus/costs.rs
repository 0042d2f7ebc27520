//! Counts of verifications, decodings and executions; the limits of blocks.

use super::harness::{Harness, key, member};
use epione::consensus::{
    Application, Body, Capacity, Config, Decision, Digest, Effect, Format, Input, Message,
    MessageError, Parameters, Phase, Price, Profile, ProposalContext, Rejection, Replica,
    ReplicaId, Timer, VerifyContext,
};
use epione::sim::{Journal, JournalFormat, JournalValue, Network};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A journal that counts the checks of requests and the decoded values. The first byte of a request
/// is its cost, the second its payer.
#[derive(Clone, Default)]
struct Counting {
    journal: Journal,
    format: CountingFormat,
    executions: Arc<AtomicUsize>,
    /// No value is valid.
    refuses_values: Arc<AtomicBool>,
    /// No request is admissible.
    refuses: bool,
    /// The replica has its format. Later ones, for the simulator's own checks, do not count.
    issued: Arc<AtomicBool>,
}

#[derive(Clone, Default)]
struct CountingFormat {
    checks: Arc<AtomicUsize>,
    values: Arc<AtomicUsize>,
}

impl Format for CountingFormat {
    type Request = Vec<u8>;
    type Value = JournalValue;

    fn decode_request(&self, request: &[u8]) -> Result<Vec<u8>, Rejection> {
        JournalFormat.decode_request(request)
    }
    fn price(&self, request: &Vec<u8>) -> Price {
        Price { cost: request[0].into(), payer: Some([request[1]; 32]) }
    }
    fn verify_request(&self, config: &Config, request: &Vec<u8>) -> Result<(), Rejection> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        JournalFormat.verify_request(config, request)
    }
    fn decode(&self, value: &[u8]) -> Result<(Digest, JournalValue), Rejection> {
        self.values.fetch_add(1, Ordering::Relaxed);
        JournalFormat.decode(value)
    }
    fn requests<'a>(&self, value: &'a JournalValue) -> Vec<(&'a [u8], &'a Vec<u8>)> {
        JournalFormat.requests(value)
    }
}

impl Application for Counting {
    type Format = CountingFormat;

    fn format(&self) -> CountingFormat {
        let first = !self.issued.swap(true, Ordering::Relaxed);
        if first { self.format.clone() } else { CountingFormat::default() }
    }
    fn admit(&self, request: &Vec<u8>) -> Result<(), Rejection> {
        match self.refuses {
            true => Err(Rejection::new("unknown payer")),
            false => self.journal.admit(request),
        }
    }
    fn propose(&self, context: &ProposalContext<'_>, requests: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
        self.journal.propose(context, requests)
    }
    fn tip(&self) -> Option<(u64, Digest)> {
        self.journal.tip()
    }
    fn decision(&self, height: u64) -> Option<Decision> {
        self.journal.decision(height)
    }
    fn verify(
        &self,
        context: &VerifyContext<'_>,
        value: &mut JournalValue,
    ) -> Result<(), Rejection> {
        self.executions.fetch_add(1, Ordering::Relaxed);
        if self.refuses_values.load(Ordering::Relaxed) {
            return Err(Rejection::new("no value is valid"));
        }
        self.journal.verify(context, value)
    }
    fn apply(&mut self, height: u64, value: JournalValue, decision: &Decision) {
        self.journal.apply(height, value, decision);
    }
}

fn network(n: u16, capacity: Capacity) -> Network<Counting> {
    let parameters = Parameters { capacity, ..Parameters::new("costs") };
    let config = Config::new(parameters, (0..n).map(member).collect()).unwrap();
    let applications = (0..n).map(|_| Counting::default()).collect();
    Network::new(config, (0..n).map(key).collect(), applications, 1)
}

/// Every replica checks the signatures of a request once, however many messages carry it.
#[test]
fn a_replica_checks_each_request_once_and_decodes_each_value_once() {
    for n in [4, 16] {
        let mut network = network(n, Capacity::default());
        let replicas = network.honest();
        for i in 0..20_u8 {
            let at = replicas[usize::from(i) % replicas.len()];
            network.commit(at, vec![1, 1, i]).unwrap();
        }
        for (id, application) in network.applications() {
            let checks = application.format.checks.load(Ordering::Relaxed);
            assert_eq!(checks, 20, "replica {id} of {n}");
            let values = application.format.values.load(Ordering::Relaxed) as u64;
            let blocks = network.replica(id).height() - 1;
            assert_eq!(values, blocks, "replica {id} of {n}");
        }
    }
}

/// The checks of requests at a follower that receives messages of another follower, who leads the
/// next height. No request is admissible.
fn checks(message: impl Fn(&Harness, ReplicaId, u8) -> Message) -> usize {
    let harness = Harness::flat(4);
    let next = harness.config.leader(2, 0);
    let me = (0..4).find(|id| ![harness.leader(0), next].contains(id)).unwrap();
    let application = Counting { refuses: true, ..Counting::default() };
    let format = application.format.clone();
    let key = harness.keys[usize::from(me)].clone();
    let mut replica = Replica::new(harness.config.clone(), me, key, application).unwrap();
    for i in 0..20 {
        let message = message(&harness, next, i);
        replica.step(0, Input::Message { peer: next, message });
    }
    format.checks.load(Ordering::Relaxed)
}

/// A replica checks no signature of a value that it has not asked for. One that a certificate names
/// has been checked by a quorum.
#[test]
fn an_answer_costs_no_check_of_a_request() {
    let harness = Harness::flat(4);
    let [me, byzantine] = harness.followers()[..2] else { panic!() };
    let application = Counting::default();
    let format = application.format.clone();
    let key = harness.keys[usize::from(me)].clone();
    let mut replica = Replica::new(harness.config.clone(), me, key, application).unwrap();
    let (digest, _) = JournalFormat.decode(&value(&harness, 0)).unwrap();
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    let mut deliver = |body: Body| {
        let message = harness.sign(byzantine, body);
        replica.step(0, Input::Message { peer: byzantine, message })
    };
    let fetches = deliver(Body::Certificate(prepared));
    let is_fetch = |e: &Effect| matches!(e, Effect::Send { message, .. } if message.body.name() == "fetch value");
    assert!(fetches.iter().any(is_fetch));
    for i in (0..20).rev() {
        let effects = deliver(Body::Value { height: 1, value: value(&harness, i) });
        let persisted = effects.iter().any(|effect| matches!(effect, Effect::Persist(_)));
        assert_eq!(persisted, i == 0, "only the named value is accepted");
    }
    assert_eq!(format.checks.load(Ordering::Relaxed), 0);
}

/// A proposal whose time is far ahead is executed again less and less often.
#[test]
fn the_attempts_at_a_rejected_proposal_are_logarithmic_in_time() {
    let harness = Harness::flat(4);
    let application = Counting::default();
    let executions = application.executions.clone();
    let me = harness.followers()[0];
    let key = harness.keys[usize::from(me)].clone();
    let mut replica = Replica::new(harness.config.clone(), me, key, application).unwrap();
    let value = value_at(&harness, 0, u64::MAX / 2);
    let message = harness.pre_prepare(&value);
    replica.step(0, Input::Message { peer: message.from, message });
    for attempt in 1..=1_000 {
        replica.step(1_000 * attempt, Input::Timer(Timer::Fallback));
    }
    let executions = executions.load(Ordering::Relaxed);
    assert!((8..=12).contains(&executions), "{executions} executions");
}

/// A leader whose own value is rejected proposes in its next view.
#[test]
fn a_leader_whose_value_was_rejected_proposes_in_its_next_view() {
    let harness = Harness::flat(4);
    let leader = harness.leader(0);
    let application = Counting::default();
    let refuses = application.refuses_values.clone();
    let key = harness.keys[usize::from(leader)].clone();
    let mut replica = Replica::new(harness.config.clone(), leader, key, application).unwrap();
    let sends = |effects: &[Effect], name| {
        let of_kind =
            |e: &Effect| matches!(e, Effect::Send { message, .. } if message.body.name() == name);
        effects.iter().any(of_kind)
    };
    refuses.store(true, Ordering::Relaxed);
    let effects = replica.step(0, Input::Request(vec![1, 1, 1]));
    assert!(!sends(&effects, "pre-prepare"), "{effects:?}");
    refuses.store(false, Ordering::Relaxed);
    let view = harness.config.schedule().len() as u64;
    let mut effects = Vec::new();
    for id in (0..4).filter(|id| *id != leader) {
        let message = harness.view_change(id, view, None);
        effects.extend(replica.step(0, Input::Message { peer: id, message }));
    }
    assert!(sends(&effects, "new view"), "{effects:?}");
}

/// Twenty requests, the first bytes of which are their costs and payers.
fn requests(i: u8) -> Vec<Vec<u8>> {
    (0..20).map(|j| vec![1, i, j]).collect()
}

fn value(harness: &Harness, i: u8) -> Vec<u8> {
    value_at(harness, i, 1)
}

fn value_at(harness: &Harness, i: u8, time: u64) -> Vec<u8> {
    let context = harness.context((1, 0), harness.config.digest(), time);
    let requests = requests(i);
    let requests: Vec<_> = requests.iter().map(|r| (r.as_slice(), r.clone())).collect();
    Journal::default().propose(&context, &requests)
}

/// A member cannot make others verify signatures for which nobody pays.
#[test]
fn unauthorised_messages_cost_no_check_of_a_request() {
    let request = |h: &Harness, from, i| h.sign(from, Body::Request(vec![1, i, 0]));
    assert_eq!(checks(request), 0);
    assert_eq!(checks(|h, from, i| h.sign(from, Body::Batch(requests(i)))), 0, "no group");
    let proposal = |height| {
        move |h: &Harness, from, i| h.sign(from, Body::PrePrepare { height, value: value(h, i) })
    };
    assert_eq!(checks(proposal(1)), 0, "another member leads");
    assert_eq!(checks(proposal(2)), 20, "one proposal of the next height is stored");
    assert_eq!(checks(proposal(3)), 0);
    // View 1 of the first height, without the view changes of a quorum.
    let new_view = |h: &Harness, _, i| {
        let few = h.view_changes(1)[..2].to_vec();
        let repeated = [&few[..], &few[1..]].concat();
        let of_view_2 = h.view_changes(2);
        let changes = [few, repeated, of_view_2];
        h.new_view(1, &changes[usize::from(i) % 3], &value(h, i))
    };
    assert_eq!(checks(new_view), 0, "nobody has requested the view");
}

/// The requests of a batch are checked if it is that of the primary and they are admissible.
#[test]
fn a_batch_of_inadmissible_requests_costs_no_check() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let [primary, member, other] = group.ranking[..3] else { panic!() };
    for (from, refuses, checks) in [(primary, true, 0), (other, false, 0), (primary, false, 20)] {
        let application = Counting { refuses, ..Counting::default() };
        let format = application.format.clone();
        let key = harness.keys[usize::from(member)].clone();
        let mut replica = Replica::new(harness.config.clone(), member, key, application).unwrap();
        let message = harness.sign(from, Body::Batch(requests(1)));
        replica.step(0, Input::Message { peer: from, message });
        assert_eq!(format.checks.load(Ordering::Relaxed), checks, "{from} {refuses}");
    }
}

/// A request whose payer's share is used up does not hold up the others of its batch.
#[test]
fn a_request_without_room_is_left_out_of_its_batch() {
    let capacity = Capacity { cost: 20, ..Capacity::default() };
    let parameters = Parameters { capacity, ..Parameters::new("batches") };
    let config = Arc::new(Config::new(parameters, (0..16).map(member).collect()).unwrap());
    let harness = Harness { config, keys: (0..16).map(key).collect() };
    let (group, outsider) = harness.remote_group();
    let [primary, member, ..] = group.ranking[..] else { panic!() };
    let mut replica = Replica::new(
        harness.config.clone(),
        member,
        harness.keys[usize::from(member)].clone(),
        Counting::default(),
    )
    .unwrap();
    let mut pending = |from, body| {
        let message = harness.sign(from, body);
        replica.step(0, Input::Message { peer: from, message });
        replica.holdings().requests
    };
    // Cost and payer. The share of a payer is one value.
    let one = pending(outsider, Body::Request(vec![10, 1, 0]));
    // Each of the first two has room, but not both.
    let batch = vec![vec![6, 1, 1], vec![6, 1, 2], vec![1, 2, 3]];
    assert_eq!(pending(primary, Body::Batch(batch)), 3 * one);
    // The first has none.
    let batch = vec![vec![6, 1, 4], vec![1, 3, 5]];
    assert_eq!(pending(primary, Body::Batch(batch)), 4 * one);
}

/// A leader fills a value up to the capacity, by cost and number.
#[test]
fn blocks_stay_within_the_capacity() {
    for (cost, capacity, most) in [
        (1, Capacity { requests: 3, ..Capacity::default() }, 3),
        (7, Capacity { cost: 20, ..Capacity::default() }, 2),
        (1, Capacity { request_bytes: 100, bytes: 250, ..Capacity::default() }, 2),
    ] {
        let mut network = network(4, capacity);
        let leader = network.leader();
        let mut request = vec![0; 100];
        request[0] = cost;
        let submitted: Vec<_> = (0..12_u8)
            .map(|i| {
                request[1] = i;
                network.submit(leader, request.clone())
            })
            .collect();
        network.advance(10_000);
        assert!(network.has_applied_everywhere(&submitted[0]));
        let replica = network.replica(leader);
        let sizes: Vec<usize> = (1..replica.height())
            .map(|height| {
                let value = &replica.decision(height).unwrap().value;
                let (_, value) = JournalFormat.decode(value).unwrap();
                JournalFormat.requests(&value).len()
            })
            .collect();
        assert!(sizes.iter().all(|size| *size <= most), "{sizes:?}: the most is {most}");
        assert!(sizes.contains(&most), "{sizes:?}");
    }
}

/// A request that fits no block is refused at once.
#[test]
fn a_request_above_the_capacity_is_refused() {
    let capacity = Capacity { cost: 20, ..Capacity::default() };
    let mut network = network(4, capacity);
    let refused = network.commit(0, vec![21, 1, 1]).unwrap_err().to_string();
    assert!(refused.contains(&MessageError::Capacity.to_string()), "{refused}");
    assert!(network.commit(0, vec![20, 1, 1]).is_ok());
}

/// A payer fills its share only.
#[test]
fn a_payer_does_not_use_up_the_share_of_others() {
    let capacity = Capacity { requests: 4, ..Capacity::default() };
    let parameters = Parameters { capacity, ..Parameters::new("payers") };
    let config = Arc::new(Config::new(parameters, (0..4).map(member).collect()).unwrap());
    let mut replica = Replica::new(config, 0, key(0), Counting::default()).unwrap();
    let mut admitted = |request: Vec<u8>| {
        let effects = replica.step(0, Input::Request(request));
        !effects.iter().any(|effect| matches!(effect, Effect::Reject { .. }))
    };
    assert_eq!(
        (0..40).filter(|i| admitted(vec![1, 1, *i])).count(),
        4,
        "one sixteenth, at least one value"
    );
    assert!(admitted(vec![1, 2, 1]), "another payer");
}

/// A client submits a request that a peer has sent before. Its payer is charged once.
#[test]
fn a_request_that_a_client_adopts_is_not_charged_twice() {
    let capacity = Capacity { requests: 4, ..Capacity::default() };
    let parameters = Parameters { capacity, profile: Profile::Flat, ..Parameters::new("payers") };
    let config = Arc::new(Config::new(parameters, (0..4).map(member).collect()).unwrap());
    let mut replica = Replica::new(config.clone(), 0, key(0), Counting::default()).unwrap();
    for i in 0..4 {
        let message = Message::sign(&config, 1, &key(1), Body::Request(vec![1, 1, i]));
        replica.step(0, Input::Message { peer: 1, message });
    }
    let effects = replica.step(0, Input::Request(vec![1, 1, 2]));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Reject { .. })), "{effects:?}");
    let effects = replica.step(0, Input::Request(vec![1, 1, 9]));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Reject { .. })), "{effects:?}");
}
