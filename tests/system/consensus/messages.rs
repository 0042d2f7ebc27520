//! Encodings, certificates and configurations, and the reasons for their rejection.

use super::harness::*;
use epione::algebra::codec::{Canonical, VERSION};
use epione::consensus::{
    Application, Body, Certificate, CertificateError, Config, ConfigError, Decision, Effect, Input,
    Location, Member, Message, MessageError, Parameters, Phase, Profile, ReplicaId, Timing, Vote,
    distance, faults, quorum,
};
use epione::error::DecodeError;
use epione::sim::Journal;
use proptest::prelude::*;

fn one_message_of_each_kind(harness: &Harness) -> Vec<Message> {
    let (digest, value) = harness.value(0, "a");
    let prepared = harness.certificate(Phase::Prepare, 0, digest, &[0, 1, 2]);
    let committed = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    let changes = [
        harness.view_change(0, 1, Some(&prepared)),
        harness.view_change(1, 1, None),
        harness.view_change(2, 1, None),
    ];
    let requests = vec![b"one".to_vec(), b"two".to_vec()];
    let certified =
        Body::CertifiedBatch { requests: requests.clone(), certificate: prepared.clone() };
    let decision = Decision { value: value.clone(), certificate: committed.clone() };
    let bodies = [
        Body::Request(b"one".to_vec()),
        Body::Batch(requests),
        Body::BatchVote { group: 1, digest },
        certified,
        Body::Vote { height: 1, vote: Vote { phase: Phase::Prepare, view: 0, digest } },
        Body::Vote { height: 1, vote: Vote { phase: Phase::Commit, view: 2, digest } },
        Body::PartialCertificate(prepared.clone()),
        Body::Certificate(committed),
        Body::FetchValue { height: 1, digest },
        Body::Value { height: 1, value: value.clone() },
        Body::FetchDecisions { height: 7, count: 3 },
        Body::Decisions(vec![decision]),
        Body::Status { height: 7, reply: true },
        Body::LateVotes(prepared.clone()),
    ];
    let mut messages: Vec<Message> = bodies.into_iter().map(|body| harness.sign(1, body)).collect();
    messages.push(harness.pre_prepare(&value));
    messages.push(harness.new_view(1, &changes, &value));
    messages.extend(changes);
    messages
}

#[test]
fn every_message_has_one_encoding() {
    let harness = Harness::flat(4);
    for message in one_message_of_each_kind(&harness) {
        let bytes = message.to_bytes();
        let name = message.body.name();
        assert_eq!(Message::from_bytes(&bytes), Ok(message.clone()), "{name}");
        assert!(message.verify(&harness.config), "{name}");
        for length in 0..bytes.len() {
            assert!(Message::from_bytes(&bytes[..length]).is_err(), "{name} cut to {length}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Message::from_bytes(&longer), Err(DecodeError::TrailingBytes(1)), "{name}");
        let mut newer = bytes.clone();
        newer[0] += 1;
        let refused = Err(DecodeError::Version(VERSION + 1));
        assert_eq!(Message::from_bytes(&newer), refused, "{name}");
        let mut other = bytes;
        other[1] ^= 1;
        assert!(matches!(Message::from_bytes(&other), Err(DecodeError::Kind { .. })), "{name}");
    }
}

/// Changing any byte invalidates the signature of the message or of a certificate in it.
#[test]
fn signatures_cover_every_byte() {
    let harness = Harness::flat(4);
    for message in one_message_of_each_kind(&harness) {
        // The report, not the signature, binds the certificate beside a view change.
        let unsigned = match &message.body {
            Body::ViewChange { certificate: Some(certificate), .. } => {
                Canonical::to_bytes(certificate).len() - 2 + 1
            }
            _ => 0,
        };
        let bytes = message.to_bytes();
        // The client signs a request, not the member that sends it.
        let (start, unsigned) = match &message.body {
            Body::Request(_) => (4, bytes.len() - 68),
            _ => (2, unsigned),
        };
        for i in start..bytes.len() - unsigned {
            let mut changed = bytes.clone();
            changed[i] ^= 1;
            let accepted =
                Message::from_bytes(&changed).is_ok_and(|changed| changed.verify(&harness.config));
            assert!(!accepted, "{}: byte {i}", message.body.name());
        }
    }
}

#[test]
fn malformed_fields_do_not_decode() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    let mut repeated = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    repeated.signatures[1] = repeated.signatures[0];
    let encoded = Certificate::from_bytes(&repeated.to_bytes());
    assert!(matches!(encoded, Err(DecodeError::Invalid(_))), "duplicate signers");
    let layer_one = Body::Vote { height: 1, vote: Vote { phase: Phase::Batch, view: 0, digest } };
    let bytes = harness.sign(0, layer_one).to_bytes();
    assert!(matches!(Message::from_bytes(&bytes), Err(DecodeError::Invalid(_))));
    let mut long = harness.pre_prepare(&value).to_bytes();
    let at = long.len() - value.len() - 4;
    long[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(Message::from_bytes(&long), Err(DecodeError::TooLong { .. })));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        tail in prop::collection::vec(any::<u8>(), 0..400),
        body in 14..32_u8,
    ) {
        let harness = Harness::flat(4);
        Message::from_bytes(&tail).ok();
        Config::from_bytes(&tail).ok();
        let head = [&[VERSION, 0x71, 0, 1][..], &[9; 64], &[body]].concat();
        if let Ok(message) = Message::from_bytes(&[head, tail].concat()) {
            let from = harness.followers()[0];
            let error = error_of(&mut harness.replica(from), &message);
            prop_assert!(error.is_none_or(|error| error == MessageError::Signature));
        }
    }

    /// A validly signed message may have arbitrary fields.
    #[test]
    fn byzantine_members_cause_no_panic(
        which in 0..17_usize,
        at in 69..400_usize,
        bytes in any::<[u8; 8]>(),
    ) {
        let harness = Harness::flat(4);
        let message = &one_message_of_each_kind(&harness)[which];
        let mut changed = message.to_bytes();
        for (i, byte) in bytes.into_iter().enumerate() {
            if let Some(slot) = changed.get_mut(at + i) { *slot = byte; }
        }
        if let Ok(changed) = Message::from_bytes(&changed) {
            for me in 0..4 {
                let mut replica = harness.replica(me);
                deliver(&mut replica, &harness.pre_prepare(&harness.value(0, "a").1));
                deliver(&mut replica, &harness.sign(message.from, changed.body.clone()));
                expire_view_timer(&mut replica);
                replica.step(u64::MAX / 2, Input::Timer(epione::consensus::Timer::Fallback));
            }
        }
    }
}

#[test]
fn certificates_need_a_quorum_of_distinct_members_of_the_epoch() {
    let harness = Harness::flat(6);
    let (digest, _) = harness.value(0, "a");
    let valid = harness.certificate(Phase::Commit, 0, digest, &[0, 2, 3, 5]);
    assert_eq!(valid.verify(&harness.config), Ok(()));
    assert_eq!(valid.signers().collect::<Vec<_>>(), [0, 2, 3, 5]);
    let verify_changed = |change: &dyn Fn(&mut Certificate)| {
        let mut certificate = valid.clone();
        change(&mut certificate);
        certificate.verify(&harness.config)
    };
    use CertificateError as E;
    let below_quorum = E::BelowQuorum { found: 3, quorum: 4 };
    assert_eq!(
        verify_changed(&|c| c.signatures.truncate(3)),
        Err(below_quorum),
        "2f + 1 is not a quorum of six"
    );
    assert_eq!(verify_changed(&|c| c.signatures[1] = c.signatures[0]), Err(E::Order));
    assert_eq!(verify_changed(&|c| c.signatures.swap(0, 1)), Err(E::Order));
    assert_eq!(verify_changed(&|c| c.signatures[3].0 = 99), Err(E::Signer(99)));
    assert_eq!(
        verify_changed(&|c| c.signatures[3].0 = 4),
        Err(E::Signature(4)),
        "signature of another member"
    );
    assert_eq!(verify_changed(&|c| c.phase = Phase::Prepare), Err(E::Signature(0)));
    assert_eq!(verify_changed(&|c| c.height = 2), Err(E::Signature(0)));
    assert_eq!(verify_changed(&|c| c.view = 1), Err(E::Signature(0)));
    assert_eq!(verify_changed(&|c| c.digest[0] ^= 1), Err(E::Signature(0)));
    assert_eq!(verify_changed(&|c| c.group = 1), Err(E::Group(1)));
    let batch = |c: &mut Certificate| (c.phase, c.group) = (Phase::Batch, 1);
    assert_eq!(verify_changed(&batch), Err(E::Signature(0)), "a COMMIT is not a batch vote");
    let prepare = harness.certificate(Phase::Prepare, 0, digest, &[0, 2, 3, 5]);
    let as_commit = Certificate { phase: Phase::Commit, ..prepare };
    assert_eq!(as_commit.verify(&harness.config), Err(E::Signature(0)));
    let other_epoch = Harness::of(Profile::Flat, 6, 1);
    assert_eq!(valid.verify(&other_epoch.config), Err(E::Signature(0)));
}

/// Votes of another epoch do not verify, and a prepare certificate decides nothing.
#[test]
fn votes_of_other_epochs_and_phases_cannot_be_replayed() {
    let (harness, other) = (Harness::flat(4), Harness::of(Profile::Flat, 4, 9));
    let (digest, value) = harness.value(0, "a");
    let me = harness.followers()[0];
    let from = harness.leader(0);
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let foreign = other.vote(from, Phase::Commit, 0, digest);
    assert_eq!(error_of(&mut replica, &foreign), Some(MessageError::Signature));
    let signers: Vec<ReplicaId> = (0..4).filter(|id| *id != me).collect();
    let prepare = harness.certificate(Phase::Prepare, 0, digest, &signers);
    // A valid prepare certificate is not a decision.
    let mut replica = harness.replica(me);
    let_fetch(&harness, &mut replica, digest);
    let undecided = Decision { value: value.clone(), certificate: prepare.clone() };
    let message = harness.sign(from, Body::Decisions(vec![undecided]));
    assert_eq!(error_of(&mut replica, &message), Some(MessageError::CertificateMismatch));
    let as_commit = Certificate { phase: Phase::Commit, ..prepare };
    let message = harness.sign(from, Body::Certificate(as_commit.clone()));
    let error = error_of(&mut harness.replica(me), &message);
    assert!(matches!(error, Some(MessageError::Certificate(CertificateError::Signature(_)))));
    let decision = Decision { value, certificate: as_commit };
    let message = harness.sign(from, Body::Decisions(vec![decision]));
    assert!(matches!(error_of(&mut replica, &message), Some(MessageError::Certificate(_))));
    assert_eq!(replica.height(), 1);
}

/// A primary aggregates only the votes of its own group, and only the primary sends batches.
#[test]
fn partial_certificates_and_batches_are_limited_to_the_senders_group() {
    let harness = Harness::of(Profile::MemberQuorum, 16, 0);
    let leader = harness.leader(0);
    let (digest, value) = harness.value(0, "a");
    let mut replica = harness.replica(leader);
    let effects = replica.step(0, Input::Request(b"a".to_vec()));
    assert!(matches!(sent(&effects)[..], [Body::PrePrepare { .. }]), "{effects:?}");
    let (remote, outsider) = harness.remote_group();
    let mut signers = remote.ranking.clone();
    signers.sort_unstable();
    let honest = harness.certificate(Phase::Prepare, 0, digest, &signers);
    signers[0] = outsider;
    signers.sort_unstable();
    let with_outsider = harness.certificate(Phase::Prepare, 0, digest, &signers);
    let partial =
        |c: &Certificate| harness.sign(remote.ranking[0], Body::PartialCertificate(c.clone()));
    let error = MessageError::Certificate(CertificateError::Signer(outsider));
    assert_eq!(error_of(&mut replica, &partial(&with_outsider)), Some(error));
    let mut forged = honest.clone();
    forged.signatures[2].1 = forged.signatures[1].1;
    let culprit = forged.signatures[2].0;
    let error = MessageError::Certificate(CertificateError::Signature(culprit));
    assert_eq!(error_of(&mut replica, &partial(&forged)), Some(error));
    assert_eq!(error_of(&mut replica, &partial(&honest)), None);

    let mut member = harness.replica(remote.ranking[1]);
    let batch = Body::Batch(vec![b"r".to_vec()]);
    let by_other = harness.sign(remote.ranking[2], batch.clone());
    assert_eq!(error_of(&mut member, &by_other), None, "primaries change with the view");
    let effects = deliver(&mut member, &harness.sign(remote.ranking[0], batch));
    assert!(matches!(sent(&effects)[..], [Body::BatchVote { .. }]), "{effects:?}");
    assert!(!delivered(&deliver(&mut member, &harness.pre_prepare(&value))).contains(&value));
}

/// A delivered request is not delivered again, and no value contains a request twice.
#[test]
fn duplicate_requests_are_rejected() {
    let harness = Harness::flat(4);
    let (digest, value) = harness.value(0, "a");
    // A member that does not lead height 2 and receives its proposal.
    let me = (0..4).find(|id| ![harness.leader(0), harness.leader(1)].contains(id)).unwrap();
    let mut replica = harness.replica(me);
    deliver(&mut replica, &harness.pre_prepare(&value));
    let commits = harness.certificate(Phase::Commit, 0, digest, &[0, 1, 2]);
    deliver(&mut replica, &harness.announce(&commits));
    assert_eq!(replica.height(), 2);
    let leader = harness.config.leader(2, 0);
    let at_height_2 = replica.clone();
    let propose = |requests: &[&[u8]]| {
        let context = harness.context((2, 0), digest, 5);
        let requests: Vec<_> = requests.iter().map(|r| (*r, r.to_vec())).collect();
        let value = Journal::default().propose(&context, &requests);
        // A leader has one proposal per view, so each goes to a replica of its own.
        let mut replica = at_height_2.clone();
        deliver(&mut replica, &harness.sign(leader, Body::PrePrepare { height: 2, value }))
    };
    let is_duplicate = |effects: &[Effect]| {
        matches!(effects, [Effect::Discard { error: MessageError::DuplicateRequest, .. }])
    };
    assert!(is_duplicate(&propose(&[b"b", b"b"])), "twice in one value");
    assert_eq!(votes(&propose(&[b"b"])).len(), 1);
    let effects = replica.step(0, Input::Request(b"a".to_vec()));
    assert!(matches!(&effects[..], [Effect::Reject { .. }]), "{effects:?}");
    let effects = replica.step(0, Input::Request(Vec::new()));
    assert!(matches!(&effects[..], [Effect::Reject { .. }]), "{effects:?}");
}

#[test]
fn quorums_intersect_in_an_honest_member() {
    let known =
        [(4, 1, 3), (5, 1, 4), (6, 1, 4), (7, 2, 5), (16, 5, 11), (17, 5, 12), (32, 10, 22)];
    for (n, f, q) in known {
        assert_eq!((faults(n), quorum(n)), (f, q), "{n}");
    }
    for n in 4..=1024 {
        let (f, q) = (faults(n), quorum(n));
        assert!(2 * q > n + f, "{n}: two quorums intersect in an honest member");
        assert!(q <= n - f, "{n}: the honest members are a quorum");
    }
}

fn config(n: u16, change: impl Fn(&mut Parameters)) -> Result<Config, ConfigError> {
    let mut parameters = Parameters::new("harness");
    change(&mut parameters);
    Config::new(parameters, (0..n).map(member).collect())
}

#[test]
fn invalid_configurations_are_rejected() {
    let with = |change: &dyn Fn(&mut Vec<Member>)| {
        let mut members: Vec<Member> = (0..5).map(member).collect();
        change(&mut members);
        Config::new(Parameters::new("harness"), members).map(|_| ())
    };
    assert_eq!(with(&|m| m.truncate(3)), Err(ConfigError::TooFew(3)));
    assert_eq!(with(&|m| m[4].id = 2), Err(ConfigError::DuplicateId(2)));
    assert_eq!(with(&|m| m[4].key = m[1].key), Err(ConfigError::DuplicateKey(4)));
    assert_eq!(with(&|m| m[3].location.latitude = 90_000_001), Err(ConfigError::Location(3)));
    assert_eq!(with(&|m| m[3].location.longitude = i32::MIN), Err(ConfigError::Location(3)));
    assert_eq!(with(&|_| ()), Ok(()));
    let small = ConfigError::SmallGroups { members: 18, groups: 5 };
    assert_eq!(config(18, |p| p.groups = 5).map(|_| ()), Err(small));
    assert_eq!(config(4, |p| p.chain.clear()).map(|_| ()), Err(ConfigError::Chain));
    assert_eq!(config(4, |p| p.distance_weight = 1001).map(|_| ()), Err(ConfigError::Weight));
    let short_view = |p: &mut Parameters| p.timing = Timing { view: 1000, ..Timing::default() };
    assert_eq!(config(4, short_view).map(|_| ()), Err(ConfigError::Timing));
}

#[test]
fn two_layers_require_sixteen_members() {
    assert_eq!(config(15, |_| ()).unwrap().profile(), Profile::Flat);
    assert_eq!(config(32, |p| p.groups = 3).unwrap().profile(), Profile::Flat);
    for n in [16, 17, 18, 19, 23, 32, 41] {
        let config = config(n, |_| ()).unwrap();
        assert_eq!(config.profile(), Profile::MemberQuorum);
        let sizes: Vec<usize> = config.groups().iter().map(|g| g.ranking.len()).collect();
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!(*least >= 4 && most - least <= 1, "{n}: {sizes:?}");
        let mut all: Vec<ReplicaId> =
            config.groups().iter().flat_map(|group| group.ranking.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..n).collect::<Vec<_>>(), "every member is in exactly one group");
        // The schedule has F + 1 leaders, all first-ranked members before any second-ranked one.
        let firsts: Vec<ReplicaId> = config.groups().iter().map(|g| g.ranking[0]).collect();
        assert_eq!(config.schedule().len(), config.faults() + 1);
        let leading = config.schedule().iter().take(firsts.len());
        assert!(leading.clone().all(|id| firsts.contains(id)), "{n}");
    }
}

#[test]
fn the_configuration_has_one_encoding_and_its_digest_binds_every_field() {
    let (a, b) = (config(16, |_| ()).unwrap(), config(16, |_| ()).unwrap());
    assert_eq!(a.digest(), b.digest());
    assert_eq!(Config::from_bytes(&a.to_bytes()), Ok(a.clone()));
    assert_ne!(a.digest(), config(16, |p| p.epoch = 1).unwrap().digest());
    assert_ne!(a.digest(), config(16, |p| p.chain.push('x')).unwrap().digest());
    assert_ne!(a.digest(), config(16, |p| p.timing.view += 1).unwrap().digest());
    assert_ne!(a.digest(), config(17, |_| ()).unwrap().digest());
    let mut bytes = a.to_bytes();
    bytes.push(0);
    assert_eq!(Config::from_bytes(&bytes), Err(DecodeError::TrailingBytes(1)));
    // A member is the last 46 bytes: id 2, key 32, location 8, rating 4.
    bytes.pop();
    let last = bytes.len() - 46;
    let (one, two) = (bytes[last - 46..last].to_vec(), bytes[last..].to_vec());
    bytes.splice(last - 46.., [two, one].concat());
    let unordered = DecodeError::Invalid("the ids of the members are not strictly ascending");
    assert_eq!(Config::from_bytes(&bytes), Err(unordered));
}

/// Four towns with four hospitals each form four groups.
#[test]
fn grouping_joins_neighbours_and_election_follows_rating_or_distance() {
    let towns = [(31, 121), (39, 116), (23, 113), (30, 104)];
    let members = (0..16_u16).map(|id| {
        let (latitude, longitude) = towns[usize::from(id) / 4];
        let location = Location {
            latitude: latitude * 1_000_000 + i32::from(id % 4) * 1000,
            longitude: longitude * 1_000_000,
        };
        Member { location, rating: u32::from(id % 4), ..member(id) }
    });
    let parameters = Parameters { distance_weight: 0, ..Parameters::new("towns") };
    let config = Config::new(parameters, members.collect()).unwrap();
    for group in config.groups() {
        let town = group.ranking[0] / 4;
        let best_first = [3, 2, 1, 0].map(|i| town * 4 + i);
        assert_eq!(group.ranking, best_first, "by rating alone");
        assert_eq!((group.faults(), group.quorum()), (1, 3));
        let (a, b) = (config.member(best_first[0]).unwrap(), config.member(best_first[3]).unwrap());
        assert!(distance(a.location, b.location) < 400);
    }
    // By distance alone, one of the two central members leads each group.
    let parameters = Parameters { distance_weight: 1000, ..Parameters::new("towns") };
    let members = config.members().cloned().collect();
    let config = Config::new(parameters, members).unwrap();
    assert!(config.groups().iter().all(|group| [1, 2].contains(&(group.ranking[0] % 4))));
}
