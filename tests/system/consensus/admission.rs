//! Message admission: authorised senders, buffer limits, views.

use super::harness::*;
use epione::consensus::config::{MAX_REQUEST, MAX_VALUE};
use epione::consensus::{
    Body, Certificate, CertificateError, Digest, Effect, Input, Message, MessageError, Phase,
    Profile, Replica, ReplicaId,
};
use epione::sim::Journal;

fn batch_vote(harness: &Harness, from: ReplicaId, (group, digest): (u16, Digest)) -> Message {
    harness.sign(from, Body::BatchVote { group, digest })
}

/// Lets the primary send a batch of one request. Returns its members' vote.
fn send_batch(harness: &Harness, primary: &mut Replica<Journal>) -> (u16, Digest) {
    let (group, _) = harness.remote_group();
    let effects = primary.step(0, Input::Request(b"r".to_vec()));
    let [body @ Body::Batch(_)] = sent(&effects)[..] else { panic!("{effects:?}") };
    let mut member = harness.replica(group.ranking[1]);
    let effects = deliver(&mut member, &harness.sign(group.ranking[0], body.clone()));
    let [Body::BatchVote { group, digest }] = sent(&effects)[..] else { panic!("{effects:?}") };
    (*group, *digest)
}

#[test]
fn only_a_quorum_of_the_group_certifies_a_batch() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, outsider) = harness.remote_group();
    let mut primary = harness.replica(group.ranking[0]);
    let (number, digest) = send_batch(&harness, &mut primary);
    let vote = |from, number, digest: Digest| batch_vote(&harness, from, (number, digest));
    let member = group.ranking[1];
    for (message, error) in [
        (vote(outsider, number, digest), Some(MessageError::Unauthorised)),
        (vote(member, number + 1, digest), Some(MessageError::Unauthorised)),
        // Votes for an earlier batch are normal and not reported.
        (vote(member, number, [1; 32]), None),
    ] {
        assert_eq!(error_of(&mut primary, &message), error);
    }
    // The primary's own vote and q - 1 others.
    let quorum = group.quorum();
    for (i, member) in group.ranking[1..quorum].iter().enumerate() {
        let effects = deliver(&mut primary, &vote(*member, number, digest));
        let certified = matches!(sent(&effects)[..], [Body::CertifiedBatch { .. }]);
        assert_eq!(certified, i + 2 == quorum, "{effects:?}");
    }
}

#[test]
fn a_batch_certificate_must_match_requests_phase_and_group() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, outsider) = harness.remote_group();
    let mut primary = harness.replica(group.ranking[0]);
    let batch = send_batch(&harness, &mut primary);
    let (number, digest) = batch;
    let mut signers = group.ranking[..group.quorum()].to_vec();
    let certificate = |signers: &mut Vec<ReplicaId>| {
        signers.sort_unstable();
        let sign = |id: &ReplicaId| (*id, batch_vote(&harness, *id, batch).signature);
        let signatures = signers.iter().map(sign).collect();
        let phase = Phase::Batch;
        Certificate { phase, group: number, height: 0, view: 0, digest, signatures }
    };
    let valid = certificate(&mut signers);
    signers[0] = outsider;
    let with_outsider = certificate(&mut signers);
    assert_eq!(valid.verify(&harness.config), Ok(()));
    let mut leader = harness.replica(harness.leader(0));
    let mut refusal = |requests: &[&[u8]], certificate: &Certificate| {
        let requests = requests.iter().map(|request| request.to_vec()).collect();
        let body = Body::CertifiedBatch { requests, certificate: certificate.clone() };
        error_of(&mut leader, &harness.sign(group.ranking[0], body))
    };
    assert_eq!(refusal(&[b"s"], &valid), Some(MessageError::CertificateMismatch));
    assert_eq!(refusal(&[b"r", b"r"], &valid), Some(MessageError::CertificateMismatch));
    let prepare = Certificate { phase: Phase::Prepare, ..valid.clone() };
    assert_eq!(refusal(&[b"r"], &prepare), Some(MessageError::CertificateMismatch));
    let by_outsider = MessageError::Certificate(CertificateError::Signer(outsider));
    assert_eq!(refusal(&[b"r"], &with_outsider), Some(by_outsider));
    // The leader proposes the requests of a valid certified batch.
    let body = Body::CertifiedBatch { requests: vec![b"r".to_vec()], certificate: valid };
    let effects = deliver(&mut leader, &harness.sign(group.ranking[0], body));
    assert!(matches!(sent(&effects)[..], [Body::PrePrepare { .. }]), "{effects:?}");
}

#[test]
fn only_the_leader_accepts_partial_certificates_and_only_in_two_layers() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let (group, _) = harness.remote_group();
    let (digest, value) = harness.value(0, "a");
    let mut signers = group.ranking.clone();
    signers.sort_unstable();
    let honest = harness.certificate(Phase::Prepare, 0, digest, &signers);
    let partial =
        |c: &Certificate| harness.sign(group.ranking[0], Body::PartialCertificate(c.clone()));
    let mut member = harness.replica(group.ranking[1]);
    deliver(&mut member, &harness.pre_prepare(&value));
    assert_eq!(error_of(&mut member, &partial(&honest)), Some(MessageError::Unauthorised));
    let mut leader = harness.replica(harness.leader(0));
    leader.step(0, Input::Request(b"a".to_vec()));
    let of_group = Certificate { group: group.number, ..honest.clone() };
    assert_eq!(error_of(&mut leader, &partial(&of_group)), Some(MessageError::CertificateMismatch));
    let batch = Certificate { phase: Phase::Batch, ..honest.clone() };
    assert_eq!(error_of(&mut leader, &partial(&batch)), Some(MessageError::CertificateMismatch));
    assert_eq!(error_of(&mut leader, &partial(&honest)), None);

    let flat = Harness::flat(4);
    let (digest, _) = flat.value(0, "a");
    let own = flat.certificate(Phase::Prepare, 0, digest, &[0, 1]);
    let message = flat.sign(flat.followers()[0], Body::PartialCertificate(own));
    assert_eq!(
        error_of(&mut flat.replica(flat.leader(0)), &message),
        Some(MessageError::Unauthorised)
    );
}

/// Late proposals of an honest leader are discarded without a report.
#[test]
fn proposals_of_past_views_are_stale() {
    for harness in [Harness::flat(4), Harness::of(Profile::MemberQuorum, 16, 0)] {
        let [old, one, two] = [0, 1, 2].map(|view| harness.value(view, "a").1);
        let mut replica = harness.replica(harness.followers()[0]);
        deliver(&mut replica, &harness.new_view(1, &harness.view_changes(1), &one));
        assert_eq!(error_of(&mut replica, &harness.pre_prepare(&old)), None);
        let effects = deliver(&mut replica, &harness.new_view(2, &harness.view_changes(2), &two));
        assert_eq!((votes(&effects).len(), replica.view()), (1, 2));
        assert_eq!(
            error_of(&mut replica, &harness.new_view(1, &harness.view_changes(1), &one)),
            None
        );
        assert_eq!(replica.view(), 2, "a view is entered once");
    }
}

#[test]
fn the_lengths_of_values_and_requests_are_bounded() {
    let harness = Harness::flat(4);
    let mut replica = harness.replica(harness.followers()[0]);
    let long = harness.pre_prepare(&vec![0; MAX_VALUE + 1]);
    assert_eq!(error_of(&mut replica, &long), Some(MessageError::Capacity));
    let effects = replica.step(0, Input::Request(vec![1; MAX_REQUEST + 1]));
    let [Effect::Reject { reason, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(reason.to_string(), "the request has 1048577 bytes: the maximum is 1048576");
}

#[test]
fn a_replica_requires_its_own_key() {
    let harness = Harness::flat(4);
    let replica = |id: ReplicaId, key: usize| {
        Replica::new(harness.config.clone(), id, harness.keys[key].clone(), Journal::default())
    };
    assert!(replica(1, 1).is_some());
    assert!(replica(1, 2).is_none() && replica(4, 1).is_none());
}
