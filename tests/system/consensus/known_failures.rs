//! Failures of other implementations, each named after the project in which it was found.

use super::harness::*;
use epione::consensus::{
    Body, Certificate, Config, ConfigError, Effect, Entry, Input, Member, MessageError,
    NewViewProof, Parameters, Phase, ReplicaId, Timer,
};
use epione::error::DecodeError;
use epione::sign::VerifyingKey;

fn entries(effects: &[Effect]) -> Vec<Entry> {
    persisted(effects).into_iter().cloned().collect()
}

/// The reports of the view changes that a replica sends.
fn reports(effects: &[Effect]) -> Vec<(u64, Option<Certificate>)> {
    let report = |body: &Body| match body {
        Body::ViewChange { change, certificate } => Some((change.view, certificate.clone())),
        _ => None,
    };
    sent(effects).into_iter().filter_map(report).collect()
}

/// cothority and raijin: a member lost its prepared value in a view change, so that the next leader
/// proposed another one.
#[test]
fn cothority_a_prepared_value_survives_view_changes_and_restarts() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    let mut replica = harness.replica(me);
    let mut log = entries(&deliver(&mut replica, &harness.pre_prepare(&value)));
    log.extend(entries(&deliver(&mut replica, &harness.announce(&prepared))));
    for view in 1..=2 {
        let effects = untimed(replica.step(view * 1_000_000_000, Input::Timer(Timer::View)));
        assert_eq!(reports(&effects), [(view, Some(prepared.clone()))]);
        log.extend(entries(&effects));
        let others = harness.quorum().into_iter().filter(|id| *id != me);
        others.for_each(|id| _ = deliver(&mut replica, &harness.view_change(id, view, None)));
    }
    let (mut replica, mut effects) = harness.restore(me, &log).unwrap();
    assert_eq!(replica.prepared_certificate(), Some(&prepared));
    effects.extend(replica.step(1_000_000, Input::Timer(Timer::Fallback)));
    effects.extend(replica.step(2_000_000_000, Input::Timer(Timer::View)));
    let reports = reports(&effects);
    assert!(!reports.is_empty(), "{effects:?}");
    assert!(reports.iter().all(|(_, reported)| reported.as_ref() == Some(&prepared)));
}

/// raijin: PREPARE and COMMIT had the same signed bytes, so prepared values were committed.
#[test]
fn raijin_a_prepare_is_not_a_commit() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let mut replica = harness.replica(harness.followers()[0]);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let mut commits = harness.certificate(Phase::Prepare, 0, digest, &harness.quorum());
    commits.phase = Phase::Commit;
    let error = error_of(&mut replica, &harness.announce(&commits));
    assert!(matches!(error, Some(MessageError::Certificate(_))), "{error:?}");
    for id in harness.quorum() {
        let mut message = harness.vote(id, Phase::Prepare, 0, digest);
        let Body::Vote { vote, .. } = &mut message.body else { unreachable!() };
        vote.phase = Phase::Commit;
        let error = error_of(&mut replica, &message);
        assert!(matches!(error, None | Some(MessageError::Signature)), "{error:?}");
    }
    assert_eq!(replica.height(), 1);
}

/// concord: one invalid certificate made a replica ignore valid ones.
#[test]
fn concord_an_invalid_certificate_hides_no_valid_one() {
    let harness = Harness::flat(4);
    let ((a, value), (b, rival)) = (harness.value(0, "a"), harness.value(1, "b"));
    let (me, leader) = (harness.followers()[0], harness.leader(2));
    let valid = harness.certificate(Phase::Prepare, 0, a, &harness.quorum());
    // A higher view, for which one signature is repeated.
    let mut invalid = harness.certificate(Phase::Prepare, 1, b, &harness.quorum());
    invalid.signatures[1].1 = invalid.signatures[0].1;
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&value));
    assert!(error_of(&mut replica, &harness.announce(&invalid)).is_some());
    let effects = deliver(&mut replica, &harness.announce(&valid));
    assert_eq!(votes(&effects), [(Phase::Commit, 0, a)]);

    // Two members report the valid certificate, the leader's own report is invalid.
    let changes = |reported: &Certificate| -> Vec<_> {
        let others = (0..4).filter(|id| *id != leader).take(2);
        let mut changes: Vec<_> =
            others.map(|id| harness.view_change(id, 2, Some(&valid))).collect();
        changes.push(harness.view_change(leader, 2, Some(reported)));
        changes.sort_by_key(|change| change.from);
        changes
    };
    let forged = changes(&invalid);
    let mut replica = harness.replica(me);
    for certificate in [&invalid, &valid] {
        let with = Some(certificate.clone());
        let new_view = harness.new_view_with(2, &forged, with, &rival);
        assert!(error_of(&mut replica.clone(), &new_view).is_some());
    }
    let effects = deliver(&mut replica, &harness.new_view(2, &changes(&valid), &value));
    assert_eq!(votes(&effects), [(Phase::Prepare, 2, a)]);
}

/// malachite: a restarted member voted, or proposed, for a second time.
#[test]
fn malachite_a_restarted_member_repeats_its_statements() {
    let harness = Harness::flat(4);
    let ((digest, value), (_, rival)) = (harness.value(0, "a"), harness.value(0, "b"));
    let me = harness.followers()[0];
    let mut voter = harness.replica(me);
    let effects = deliver(&mut voter, &harness.pre_prepare(&value));
    assert_eq!(votes(&effects), [(Phase::Prepare, 0, digest)]);
    let (mut voter, _) = harness.restore(me, &entries(&effects)).unwrap();
    let effects = deliver(&mut voter, &harness.pre_prepare(&rival));
    assert_eq!(votes(&effects), []);

    let mut leader = harness.replica(harness.leader(0));
    let proposed = leader.step(0, Input::Request(b"a".to_vec()));
    let proposal = |effects: &[Effect]| -> Vec<Body> {
        let bodies = sent(effects).into_iter();
        bodies.filter(|body| matches!(body, Body::PrePrepare { .. })).cloned().collect()
    };
    let first = proposal(&proposed);
    assert_eq!(first.len(), 1);
    // After each entry of the step from the proposal on, and with another request.
    let log = entries(&proposed);
    let is_proposal = |entry: &Entry| matches!(entry, Entry::Proposal(_));
    let at = log.iter().position(is_proposal).unwrap();
    for length in at + 1..=log.len() {
        let restored = harness.restore(harness.leader(0), &log[..length]);
        let (mut leader, mut effects) = restored.unwrap();
        effects.extend(leader.step(0, Input::Request(b"b".to_vec())));
        effects.extend(leader.step(1_000_000, Input::Timer(Timer::Fallback)));
        let again = proposal(&effects);
        assert!(!again.is_empty() && again.iter().all(|body| *body == first[0]), "{length}");
    }
}

/// tempo: two proposals of one leader caused a panic.
#[test]
fn tempo_equivocation_of_a_leader_is_reported_without_loss_of_liveness() {
    let harness = Harness::flat(4);
    let ((_, value), (digest, rival)) = (harness.value(0, "a"), harness.value(0, "b"));
    let me = harness.followers()[0];
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let evidence = evidence_of(&mut replica, &harness.pre_prepare(&rival));
    assert_eq!(evidence.signer, harness.leader(0));
    assert_eq!(evidence.verify(&harness.config), Ok(()));
    // The others commit the second proposal.
    let signers: Vec<ReplicaId> = (0..4).filter(|id| *id != me).collect();
    let commits = harness.certificate(Phase::Commit, 0, digest, &signers);
    deliver(&mut replica, &harness.announce(&commits));
    let decision = epione::consensus::Decision { value: rival.clone(), certificate: commits };
    let answer = harness.sign(signers[0], Body::Decisions(vec![decision]));
    assert_eq!(delivered(&deliver(&mut replica, &answer)), [rival]);
    assert_eq!(replica.height(), 2);
}

/// summit: rogue keys, and keys without proof of possession, were accepted at genesis. Certificates
/// are lists of Ed25519 signatures, so no combination of keys signs for another member.
#[test]
fn summit_rogue_keys_gain_no_votes() {
    let mut small_order = [0; 32];
    small_order[0] = 1;
    assert_eq!(VerifyingKey::from_bytes(&small_order), Err(DecodeError::NotInSubgroup));
    let mut members: Vec<Member> = (0..4).map(member).collect();
    members[3].key = members[0].key;
    let repeated = Config::new(Parameters::new("rogue"), members).unwrap_err();
    assert_eq!(repeated, ConfigError::DuplicateKey(3));
    // The signature of one member counts for no other, and once.
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let mut replica = harness.replica(harness.followers()[0]);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let mut certificate = harness.certificate(Phase::Prepare, 0, digest, &[0]);
    let (_, own) = certificate.signatures[0];
    for signers in [[0, 1, 2], [0, 0, 0]] {
        certificate.signatures = signers.map(|id| (id, own)).to_vec();
        let error = error_of(&mut replica, &harness.announce(&certificate));
        assert!(matches!(error, Some(MessageError::Certificate(_))), "{error:?}");
    }
    // A proof of a new view counts a member once, too.
    let change = signed(&harness.view_change(0, 1, None));
    let proof = NewViewProof { changes: vec![change; 3], certificate: None };
    let (_, value) = harness.value(1, "b");
    let body = Body::NewView { height: 1, view: 1, proof, value };
    let error = error_of(&mut replica, &harness.sign(harness.leader(1), body));
    assert_eq!(error, Some(MessageError::NewViewProof));
}
