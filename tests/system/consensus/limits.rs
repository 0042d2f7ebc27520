//! Limits per member and per peer: memory by kind, answers, heights of others.

use super::harness::*;
use epione::consensus::{
    Application, Body, Capacity, Certificate, Config, Decision, Digest, Effect, Format, Holdings,
    Input, Message, MessageError, Parameters, Phase, Prepared, Price, Profile, ProposalContext,
    Rejection, Replica, ReplicaId, Timer, VerifyContext, ViewChange, Vote, request_id,
};
use epione::sim::Journal;
use std::sync::Arc;

/// A harness whose pool shares are small enough to be filled.
fn small(n: u16) -> Harness {
    let capacity = Capacity { request_bytes: 1000, bytes: 4000, requests: 16, cost: 100 };
    let profile = Profile::Flat;
    let parameters = Parameters { profile, capacity, ..Parameters::new("limits") };
    let config = Config::new(parameters, (0..n).map(member).collect()).unwrap();
    Harness { config: Arc::new(config), keys: (0..n).map(key).collect() }
}

/// Checks that a member's messages stay within a kind's limit, and that some are held.
fn flood(
    harness: &Harness,
    messages: impl Iterator<Item = Message>,
    held: fn(&Holdings) -> usize,
) -> (usize, usize) {
    let leaders = [harness.leader(0), harness.leader(1)];
    let me = (0..4).find(|id| !leaders.contains(id)).unwrap();
    let mut replica = harness.replica(me);
    let limit = held(&harness.config.limits().held_for_member());
    let mut most = 0;
    for message in messages {
        deliver(&mut replica, &message);
        most = most.max(held(&replica.holdings()));
        assert!(most <= limit, "{most} bytes held: the limit is {limit}");
    }
    (most, limit)
}

#[test]
fn one_member_fills_its_share_of_the_pool_only() {
    let harness = small(4);
    let other = harness.leader(0);
    for length in [4, 100, 1000] {
        let request = |i: u32| [&i.to_be_bytes()[..], &vec![0; length - 4]].concat();
        let messages = (0..500).map(|i| harness.sign(other, Body::Request(request(i))));
        let (most, _) = flood(&harness, messages, |holdings| holdings.requests);
        assert!(most > 0);
        let batches = (0..500).map(|i| {
            let batch = (0..8).map(|j| request(8 * i + j)).collect();
            harness.sign(other, Body::Batch(batch))
        });
        flood(&harness, batches, |holdings| holdings.requests);
    }
}

/// Another member's share is untouched, and so is that of this replica's clients.
#[test]
fn a_full_share_leaves_room_for_others() {
    let harness = small(7);
    let [me, flooder, honest] = harness.followers()[..3] else { panic!() };
    let mut replica = harness.replica(me);
    let request = |from, i: u32| harness.sign(from, Body::Request(i.to_be_bytes().to_vec()));
    let full = |effects: Vec<Effect>| {
        let full = |e: &Effect| matches!(e, Effect::Discard { error: MessageError::PoolFull, .. });
        effects.iter().any(full)
    };
    let admitted = (0..500).take_while(|i| !full(deliver(&mut replica, &request(flooder, *i))));
    assert!(admitted.count() < 100);
    // A message is booked to the peer that delivers it, not to its signer.
    let relayed = request(honest, 1000);
    assert!(full(deliver_from(&mut replica, flooder, &relayed)));
    assert!(!full(deliver(&mut replica, &relayed)));
    let effects = replica.step(0, Input::Request(b"mine".to_vec()));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Reject { .. })));
}

#[test]
fn votes_and_view_changes_of_one_member_are_bounded() {
    let harness = small(4);
    let byzantine = harness.leader(0);
    let votes = (0..200_u64).flat_map(|i| {
        let vote = |view, phase| harness.vote(byzantine, phase, view, [i as u8; 32]);
        [vote(i % 40, Phase::Prepare), vote(i % 40, Phase::Commit)]
    });
    let (most, _) = flood(&harness, votes, |holdings| holdings.statements);
    assert!(most > 0);
    let (digest, _) = harness.value(0, "a");
    let reports = (1..100_u64).map(|view| {
        let prepared = harness.certificate(Phase::Prepare, view - 1, digest, &harness.quorum());
        harness.view_change(byzantine, view, Some(&prepared))
    });
    let (most, _) = flood(&harness, reports, |holdings| holdings.view_changes);
    assert!(most > 0);
}

#[test]
fn messages_of_the_next_height_are_bounded() {
    let harness = small(4);
    // The leader of the next height can make others hold the most.
    let byzantine = harness.config.leader(2, 0);
    let kinds: [&dyn Fn(u64) -> Body; 6] = [
        &|i| Body::PrePrepare { height: 2, value: harness.value(0, &format!("{i}")).1 },
        &|i| {
            let vote = Vote { phase: Phase::Prepare, view: i % 3, digest: [i as u8; 32] };
            Body::Vote { height: 2, vote }
        },
        &|i| {
            let vote = Vote { phase: Phase::Commit, view: i % 3, digest: [i as u8; 32] };
            Body::Vote { height: 2, vote }
        },
        &|i| {
            let change = ViewChange { height: 2, view: i + 1, prepared: None };
            Body::ViewChange { change, certificate: None }
        },
        &|i| Body::PartialCertificate(of_next_height(&harness, byzantine, i)),
        &|i| Body::LateVotes(of_next_height(&harness, byzantine, i)),
    ];
    let all = (0..100_u64).flat_map(|i| kinds.iter().map(move |kind| (i, kind)));
    let messages = all.map(|(i, kind)| harness.sign(byzantine, kind(i)));
    let (most, _) = flood(&harness, messages, |holdings| holdings.next_height);
    assert!(most > 0);
    // Other members' proposals are not held, nor those of later heights.
    let other = (0..4).find(|id| *id != byzantine && *id != harness.leader(0)).unwrap();
    let proposals = (2..100_u64).map(|height| {
        let value = harness.value(0, &format!("{height}")).1;
        harness.sign(other, Body::PrePrepare { height, value })
    });
    assert_eq!(flood(&harness, proposals, |holdings| holdings.next_height).0, 0);
}

fn of_next_height(harness: &Harness, signer: ReplicaId, i: u64) -> Certificate {
    let vote = Vote { phase: Phase::Prepare, view: 0, digest: [i as u8; 32] };
    let message = harness.sign(signer, Body::Vote { height: 2, vote });
    let Vote { phase, view, digest } = vote;
    let signatures = vec![(signer, message.signature)];
    Certificate { phase, group: 0, height: 2, view, digest, signatures }
}

#[test]
fn values_of_an_equivocating_leader_are_bounded() {
    let harness = small(4);
    let byzantine = harness.leader(0);
    let proposals = (0..50).map(|i| harness.pre_prepare(&harness.value(0, &format!("{i}")).1));
    let (most, _) = flood(&harness, proposals, |holdings| holdings.values);
    assert!(most > 0);
    let answers = (0..50).map(|i| {
        let value = harness.value(0, &format!("{i}")).1;
        harness.sign(byzantine, Body::Value { height: 1, value })
    });
    assert_eq!(flood(&harness, answers, |holdings| holdings.values).0, 0, "not requested");
}

#[test]
fn a_message_longer_than_any_of_the_configuration_is_not_decoded() {
    let harness = small(4);
    let mut replica = harness.replica(harness.followers()[0]);
    let limit = harness.config.limits().message;
    let effects = replica.receive(0, 1, &vec![0; limit + 1]);
    let too_long = MessageError::TooLong { found: limit + 1, limit };
    assert!(effects.contains(&Effect::Discard { peer: 1, error: too_long }), "{effects:?}");
}

/// A replica that has decided height 1.
fn decided(harness: &Harness) -> (Replica<Journal>, Decision) {
    let (digest, value) = harness.value(0, "a");
    let leaders = [harness.leader(0), harness.config.leader(2, 0)];
    let me = (0..4).find(|id| !leaders.contains(id)).unwrap();
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let certificate = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
    deliver(&mut replica, &harness.announce(&certificate));
    assert_eq!(replica.height(), 2);
    (replica, Decision { value, certificate })
}

/// A short request has a long answer: each transport peer has a budget.
#[test]
fn fetches_are_limited_per_transport_peer() {
    let harness = small(4);
    let (mut replica, decision) = decided(&harness);
    let [greedy, laggard] = [0, 1, 2, 3]
        .map(|i| i as ReplicaId)
        .into_iter()
        .filter(|id| *id != replica.id())
        .take(2)
        .collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    let fetches = |from| {
        let digest = decision.certificate.digest;
        [
            harness.sign(from, Body::FetchDecisions { height: 1, count: 1 }),
            harness.sign(from, Body::FetchValue { height: 1, digest }),
            harness.sign(from, Body::Status { height: 1, reply: true }),
            harness.view_change(from, 1, None),
        ]
    };
    let answers = |replica: &mut Replica<Journal>, peer, from| {
        let fetch = || fetches(from).into_iter();
        let answer = |message| sent(&deliver_from(replica, peer, &message)).len();
        (0..200).flat_map(|_| fetch()).map(answer).sum::<usize>()
    };
    // Replayed by another peer, the laggard's requests are not answered.
    let replayed = answers(&mut replica, greedy, laggard);
    let limit = 260;
    assert!(replayed <= limit, "{replayed} answers");
    let own = answers(&mut replica, greedy, greedy);
    assert!(own <= limit, "{own} answers");
    assert!(answers(&mut replica, laggard, laggard) > 0, "the laggard has its own budget");
}

/// One member that claims an absurd height is asked, but not instead of the others.
#[test]
fn a_false_height_of_one_member_does_not_prevent_state_transfer() {
    let harness = Harness::flat(4);
    let (_, decision) = decided(&harness);
    let me = (0..4).find(|id| *id != harness.leader(0)).unwrap();
    let others: Vec<ReplicaId> = (0..4).filter(|id| *id != me).collect();
    let (byzantine, honest) = (others[0], [others[1], others[2]]);
    let mut replica = harness.replica(me);
    let mut asked = Vec::new();
    let mut record = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Send { to, message: Message { body: Body::FetchDecisions { .. }, .. } } =
                effect
            {
                asked.extend(to);
            }
        }
    };
    let vote = Vote { phase: Phase::Commit, view: 0, digest: [1; 32] };
    record(deliver(&mut replica, &harness.sign(byzantine, Body::Vote { height: u64::MAX, vote })));
    for id in honest {
        let status = Body::Status { height: 2, reply: false };
        record(deliver(&mut replica, &harness.sign(id, status)));
    }
    for tick in 1..4 {
        record(replica.step(tick * 1000, Input::Timer(Timer::Sync)));
    }
    assert!(
        honest.iter().any(|id| asked.contains(id)),
        "asked {asked:?}, the byzantine is {byzantine}"
    );
    let answer = harness.sign(honest[0], Body::Decisions(vec![decision.clone()]));
    assert_eq!(delivered(&deliver(&mut replica, &answer)), [decision.value]);
}

/// The certificate of a view change is not the one that it reports.
#[test]
fn a_view_change_must_carry_the_certificate_that_it_reports() {
    let harness = Harness::flat(4);
    let (digest, _) = harness.value(0, "a");
    let certificate = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    let byzantine = harness.followers()[0];
    let mut replica = harness.replica(harness.followers()[1]);
    for prepared in [None, Some(Prepared { view: 0, digest: [1; 32] })] {
        let change = ViewChange { height: 1, view: 1, prepared };
        let body = Body::ViewChange { change, certificate: Some(certificate.clone()) };
        let error = error_of(&mut replica, &harness.sign(byzantine, body));
        assert_eq!(error, Some(MessageError::CertificateMismatch));
    }
}

/// Values of any bytes, without requests.
#[derive(Clone, Default)]
struct Opaque {
    decisions: Vec<Decision>,
}

impl Format for Opaque {
    type Request = ();
    type Value = ();

    fn decode_request(&self, _: &[u8]) -> Result<(), Rejection> {
        Ok(())
    }
    fn price(&self, (): &()) -> Price {
        Price::default()
    }
    fn verify_request(&self, _: &Config, (): &()) -> Result<(), Rejection> {
        Ok(())
    }
    fn decode(&self, value: &[u8]) -> Result<(Digest, ()), Rejection> {
        Ok((request_id(value), ()))
    }
    fn requests<'a>(&self, (): &'a ()) -> Vec<(&'a [u8], &'a ())> {
        Vec::new()
    }
}

impl Application for Opaque {
    type Format = Self;

    fn format(&self) -> Self {
        Self::default()
    }
    fn admit(&self, (): &()) -> Result<(), Rejection> {
        Ok(())
    }
    fn propose(&self, _: &ProposalContext<'_>, _: &[(&[u8], ())]) -> Vec<u8> {
        Vec::new()
    }
    fn verify(&self, _: &VerifyContext<'_>, (): &mut ()) -> Result<(), Rejection> {
        Ok(())
    }
    fn tip(&self) -> Option<(u64, Digest)> {
        let last = &self.decisions.last()?.certificate;
        Some((last.height, last.digest))
    }
    fn decision(&self, height: u64) -> Option<Decision> {
        self.decisions.get(height.checked_sub(1)? as usize).cloned()
    }
    fn apply(&mut self, _: u64, (): (), decision: &Decision) {
        self.decisions.push(decision.clone());
    }
}

/// A decision with the longest value was longer than any answer.
#[test]
fn the_longest_value_can_be_fetched() {
    let harness = small(4);
    let value = vec![7; harness.config.limits().value];
    let digest = request_id(&value);
    let [me, other] = harness.followers()[..2] else { panic!() };
    let key = harness.keys[usize::from(me)].clone();
    let mut replica = Replica::new(harness.config.clone(), me, key, Opaque::default()).unwrap();
    let mut deliver =
        |message: Message| replica.step(0, Input::Message { peer: message.from, message });
    deliver(harness.pre_prepare(&value));
    let certificate = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
    let decided = deliver(harness.announce(&certificate));
    assert_eq!(delivered(&decided), std::slice::from_ref(&value));
    let answer = deliver(harness.sign(other, Body::FetchDecisions { height: 1, count: 1 }));
    let [Body::Decisions(decisions)] = sent(&answer)[..] else { panic!("{answer:?}") };
    assert_eq!(decisions[..], [Decision { value, certificate }]);
}

/// A driver's clock may show any time.
#[test]
fn the_greatest_time_causes_no_overflow() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    for id in 0..4 {
        let mut replica = harness.replica(id);
        replica.step(u64::MAX, Input::Request(b"a".to_vec()));
        for timer in [Timer::Relay, Timer::View, Timer::Fallback, Timer::Status, Timer::Sync] {
            replica.step(u64::MAX, Input::Timer(timer));
        }
    }
    for id in harness.followers() {
        let mut replica = harness.replica(id);
        let commits = harness.certificate(Phase::Commit, 0, digest, &harness.quorum());
        for message in [harness.pre_prepare(&value), harness.announce(&commits)] {
            replica.step(u64::MAX, Input::Message { peer: message.from, message });
        }
        let status = harness.sign((id + 1) % 4, Body::Status { height: 9, reply: true });
        replica.step(u64::MAX, Input::Message { peer: status.from, message: status });
        let expired = replica.step(u64::MAX, Input::Timer(Timer::Status));
        assert!(!expired.is_empty(), "a timer at the greatest time expires");
    }
}
