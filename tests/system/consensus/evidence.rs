//! Evidence: convincing for third parties, and never against a member that follows the protocol.

use super::harness::*;
use epione::algebra::codec::Canonical;
use epione::consensus::{
    Body, Effect, Evidence, EvidenceError, Message, MessageError, Parameters, Phase, Profile,
    SignedStatement, Vote,
};
use epione::sim::{Behaviour, Journal, Link, Network};

fn statement(message: &Message) -> SignedStatement {
    SignedStatement { statement: message.statement(), signature: message.signature }
}

fn of(first: &Message, second: &Message) -> Evidence {
    Evidence { signer: first.from, first: statement(first), second: statement(second) }
}

/// Two votes of one phase and view are evidence, whichever arrives first.
#[test]
fn a_second_vote_is_evidence_that_anyone_can_verify() {
    let harness = Harness::flat(4);
    let [me, byzantine] = harness.followers()[..] else { panic!() };
    for phase in [Phase::Prepare, Phase::Commit] {
        let [one, two] = [[1; 32], [2; 32]].map(|digest| harness.vote(byzantine, phase, 0, digest));
        for (first, second) in [(&one, &two), (&two, &one)] {
            let mut replica = harness.replica(me);
            deliver(&mut replica, first);
            let evidence = evidence_of(&mut replica, second);
            assert_eq!(evidence, of(first, second));
            let decoded = Evidence::from_bytes(&evidence.to_bytes()).unwrap();
            assert_eq!(decoded.verify(&harness.config), Ok(()));
            // One proof per member suffices.
            let third = harness.vote(byzantine, phase, 0, [3; 32]);
            assert_eq!(error_of(&mut replica, &third), None);
        }
    }
}

#[test]
fn statements_that_an_honest_member_may_sign_are_no_evidence() {
    let harness = Harness::flat(4);
    let vote = |phase, view, digest| harness.vote(1, phase, view, [digest; 32]);
    let of_height_2 = Vote { phase: Phase::Prepare, view: 0, digest: [2; 32] };
    let of_height_2 = harness.sign(1, Body::Vote { height: 2, vote: of_height_2 });
    let prepare = vote(Phase::Prepare, 0, 1);
    let no_contradiction = Err(EvidenceError::NoEquivocation);
    for other in
        [prepare.clone(), vote(Phase::Commit, 0, 2), vote(Phase::Prepare, 1, 2), of_height_2]
    {
        assert_eq!(of(&prepare, &other).verify(&harness.config), no_contradiction);
    }
    let requests = [b"a", b"b"].map(|request| harness.sign(1, Body::Request(request.to_vec())));
    let kind = Err(EvidenceError::Kind(16));
    assert_eq!(of(&requests[0], &requests[1]).verify(&harness.config), kind);
    let batches = [1, 2].map(|i| harness.sign(1, Body::BatchVote { group: 1, digest: [i; 32] }));
    let kind = Err(EvidenceError::Kind(3));
    assert_eq!(of(&batches[0], &batches[1]).verify(&harness.config), kind);
}

#[test]
fn forged_evidence_does_not_verify() {
    let harness = Harness::flat(4);
    let [one, two] = [1, 2].map(|digest| harness.vote(1, Phase::Prepare, 0, [digest; 32]));
    let by_other = harness.vote(2, Phase::Prepare, 0, [2; 32]);
    let forged = Err(EvidenceError::Signature(1));
    assert_eq!(of(&one, &by_other).verify(&harness.config), forged);
    let renamed = Evidence { signer: 2, ..of(&one, &two) };
    assert_eq!(renamed.verify(&harness.config), Err(EvidenceError::Signature(2)));
    let unknown = Evidence { signer: 9, ..of(&one, &two) };
    assert_eq!(unknown.verify(&harness.config), Err(EvidenceError::Signature(9)));
    let other_chain = Harness::of(Profile::Flat, 4, 1);
    assert_eq!(of(&one, &two).verify(&other_chain.config), forged);
}

/// Replays and reordering by others produce no evidence against an honest member, and a discarded
/// message names its peer only.
#[test]
fn honest_members_are_not_accused() {
    for (profile, n) in [(Profile::Flat, 7), (Profile::MemberQuorum, 16)] {
        for seed in 0..4 {
            let parameters = Parameters { profile, ..Parameters::new("accused") };
            let mut network = Network::<Journal>::with_journals(parameters, n, seed);
            network.set_link(Link { delay: 1..=400, loss: 100, duplicates: 300 });
            let faults = network.config().faults();
            let liars = network.config().schedule()[..faults].to_vec();
            let equivocating = Behaviour::Equivocating;
            liars.iter().for_each(|id| network.set_behaviour(*id, equivocating));
            for i in 0..12_u8 {
                let honest = network.honest();
                network.submit(honest[usize::from(i) % honest.len()], vec![i, 7]);
                network.advance(700);
            }
            network.advance(20_000);
            let config = network.config();
            for evidence in network.evidence() {
                assert!(liars.contains(&evidence.signer), "{profile:?} {seed}: {evidence:?}");
                assert_eq!(evidence.verify(config), Ok(()));
            }
            assert!(!network.evidence().is_empty(), "equivocation is detected");
        }
    }
}

/// A damaged message is attributed to the peer that delivered it.
#[test]
fn a_discarded_message_names_the_peer() {
    let harness = Harness::flat(4);
    let [me, relay] = harness.followers()[..] else { panic!() };
    let mut damaged = harness.pre_prepare(&harness.value(0, "a").1);
    damaged.signature = harness.vote(relay, Phase::Prepare, 0, [1; 32]).signature;
    let effects = deliver_from(&mut harness.replica(me), relay, &damaged);
    let discarded = Effect::Discard { peer: relay, error: MessageError::Signature };
    assert_eq!(effects, [discarded]);
}
