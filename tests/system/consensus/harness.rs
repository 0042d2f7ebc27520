//! A hand-driven harness: the test writes and delivers every message itself.
#![allow(dead_code, unreachable_pub)]

use epione::algebra::Secret;
use epione::consensus::{
    Application, Body, Certificate, Config, Digest, Effect, Entry, Evidence, Format, Group, Input,
    Location, Member, Message, MessageError, NewViewProof, Parameters, Phase, Prepared, Profile,
    ProposalContext, Replica, ReplicaId, RestoreError, SignedViewChange, Timer, ViewChange, Vote,
};
use epione::sign::SigningKey;
use epione::sim::{Journal, JournalFormat};
use std::sync::Arc;

pub struct Harness {
    pub config: Arc<Config>,
    pub keys: Vec<SigningKey>,
}

pub fn key(id: ReplicaId) -> SigningKey {
    let mut seed = [7; 32];
    seed[..2].copy_from_slice(&id.to_be_bytes());
    SigningKey::from_seed(&Secret::new(seed))
}

pub fn member(id: ReplicaId) -> Member {
    let location = Location { latitude: i32::from(id) * 10_000, longitude: 0 };
    Member { id, key: key(id).verifying_key(), location, rating: u32::from(id) }
}

impl Harness {
    pub fn of(profile: Profile, n: u16, epoch: u64) -> Self {
        let parameters = Parameters { profile, epoch, ..Parameters::new("harness") };
        let config = Config::new(parameters, (0..n).map(member).collect()).unwrap();
        Self { config: Arc::new(config), keys: (0..n).map(key).collect() }
    }

    pub fn flat(n: u16) -> Self {
        Self::of(Profile::Flat, n, 0)
    }

    pub fn leader(&self, view: u64) -> ReplicaId {
        self.config.leader(1, view)
    }

    /// The members that are neither leader nor group primary in the first views.
    pub fn followers(&self) -> Vec<ReplicaId> {
        let views = if self.config.profile() == Profile::Flat { 0..2 } else { 0..3 };
        let has_role = |id: ReplicaId, view: u64| {
            let primary = self.config.group_primary(id, view) == Some(id);
            id == self.leader(view) || self.config.profile() != Profile::Flat && primary
        };
        let ids = self.config.members().map(|member| member.id);
        ids.filter(|id| views.clone().all(|view| !has_role(*id, view))).collect()
    }

    /// The first `Q` members.
    pub fn quorum(&self) -> Vec<ReplicaId> {
        (0..self.config.quorum() as ReplicaId).collect()
    }

    pub fn replica(&self, id: ReplicaId) -> Replica<Journal> {
        let key = self.keys[usize::from(id)].clone();
        Replica::new(self.config.clone(), id, key, Journal::default()).unwrap()
    }

    /// A replica that is restored from a log.
    pub fn restore(
        &self,
        id: ReplicaId,
        log: &[Entry],
    ) -> Result<(Replica<Journal>, Vec<Effect>), RestoreError> {
        let (config, key) = (self.config.clone(), self.keys[usize::from(id)].clone());
        Replica::restore(config, id, key, Journal::default(), log.to_vec(), 0)
    }

    /// A valid first proposal for height 1 in this view, with its digest.
    pub fn value(&self, view: u64, request: &str) -> (Digest, Vec<u8>) {
        self.value_of((1, view), self.config.digest(), request)
    }

    /// The context of a first proposal.
    pub fn context(
        &self,
        (height, view): (u64, u64),
        parent: Digest,
        time: u64,
    ) -> ProposalContext<'_> {
        let (leader, config) = (self.config.leader(height, view), &*self.config);
        ProposalContext { height, view, leader, parent, parent_certificate: None, time, config }
    }

    /// A valid first proposal for a height and view, with its digest.
    pub fn value_of(
        &self,
        (height, view): (u64, u64),
        parent: Digest,
        request: &str,
    ) -> (Digest, Vec<u8>) {
        let context = self.context((height, view), parent, height);
        let value = Journal::default().propose(&context, &[(request.as_bytes(), request.into())]);
        (JournalFormat.decode(&value).unwrap().0, value)
    }

    pub fn sign(&self, from: ReplicaId, body: Body) -> Message {
        Message::sign(&self.config, from, &self.keys[usize::from(from)], body)
    }

    pub fn pre_prepare(&self, value: &[u8]) -> Message {
        self.sign(self.leader(0), Body::PrePrepare { height: 1, value: value.to_vec() })
    }

    /// A certificate, sent by the leader of view 0.
    pub fn announce(&self, certificate: &Certificate) -> Message {
        self.sign(self.leader(0), Body::Certificate(certificate.clone()))
    }

    pub fn vote(&self, from: ReplicaId, phase: Phase, view: u64, digest: Digest) -> Message {
        self.sign(from, Body::Vote { height: 1, vote: Vote { phase, view, digest } })
    }

    pub fn certificate(
        &self,
        phase: Phase,
        view: u64,
        digest: Digest,
        signers: &[ReplicaId],
    ) -> Certificate {
        self.certificate_of(1, Vote { phase, view, digest }, signers)
    }

    /// A certificate of any height.
    pub fn certificate_of(&self, height: u64, vote: Vote, signers: &[ReplicaId]) -> Certificate {
        let Vote { phase, view, digest } = vote;
        let sign = |id: &ReplicaId| (*id, self.sign(*id, Body::Vote { height, vote }).signature);
        let signatures = signers.iter().map(sign).collect();
        Certificate { phase, group: 0, height, view, digest, signatures }
    }

    pub fn view_change(
        &self,
        from: ReplicaId,
        view: u64,
        certificate: Option<&Certificate>,
    ) -> Message {
        let prepared = certificate.map(|c| Prepared { view: c.view, digest: c.digest });
        let change = ViewChange { height: 1, view, prepared };
        self.sign(from, Body::ViewChange { change, certificate: certificate.cloned() })
    }

    /// View changes of a quorum, without prepare certificates.
    pub fn view_changes(&self, view: u64) -> Vec<Message> {
        self.quorum().into_iter().map(|id| self.view_change(id, view, None)).collect()
    }

    /// A group that does not contain the leader of view 0, and a member of another group.
    pub fn remote_group(&self) -> (&Group, ReplicaId) {
        let (groups, leader) = (self.config.groups(), self.leader(0));
        let group = groups.iter().find(|group| !group.ranking.contains(&leader)).unwrap();
        let other = groups.iter().find(|other| other.number != group.number).unwrap();
        (group, other.ranking[0])
    }

    /// The new view that the view's leader signs for these view changes, with the certificate of
    /// the highest view among them.
    pub fn new_view(&self, view: u64, changes: &[Message], value: &[u8]) -> Message {
        let certificates = changes.iter().filter_map(|message| match &message.body {
            Body::ViewChange { certificate, .. } => certificate.clone(),
            _ => None,
        });
        let certificate = certificates.max_by_key(|certificate| certificate.view);
        self.new_view_with(view, changes, certificate, value)
    }

    pub fn new_view_with(
        &self,
        view: u64,
        changes: &[Message],
        certificate: Option<Certificate>,
        value: &[u8],
    ) -> Message {
        let proof = NewViewProof { changes: changes.iter().map(signed).collect(), certificate };
        let body = Body::NewView { height: 1, view, proof, value: value.to_vec() };
        self.sign(self.leader(view), body)
    }
}

pub fn signed(message: &Message) -> SignedViewChange {
    let Body::ViewChange { change, .. } = &message.body else { panic!("not a view change") };
    SignedViewChange { from: message.from, signature: message.signature, change: *change }
}

/// Delivers a message to a replica at time 0, from its signer.
pub fn deliver(replica: &mut Replica<Journal>, message: &Message) -> Vec<Effect> {
    deliver_from(replica, message.from, message)
}

/// Delivers a message to a replica at time 0. Returns the effects other than timers.
pub fn deliver_from(
    replica: &mut Replica<Journal>,
    peer: ReplicaId,
    message: &Message,
) -> Vec<Effect> {
    untimed(replica.step(0, Input::Message { peer, message: message.clone() }))
}

/// The effects other than timers.
pub fn untimed(effects: Vec<Effect>) -> Vec<Effect> {
    let timer =
        |effect: &Effect| matches!(effect, Effect::SetTimer { .. } | Effect::CancelTimer(_));
    effects.into_iter().filter(|effect| !timer(effect)).collect()
}

/// Delivers a message that must have no effect. Returns the error if the replica reports one.
pub fn error_of(replica: &mut Replica<Journal>, message: &Message) -> Option<MessageError> {
    match deliver(replica, message).as_slice() {
        [Effect::Discard { error, .. }] => Some(error.clone()),
        [] => None,
        other => panic!("the message had effects: {other:?}"),
    }
}

/// Delivers a message that contradicts an earlier one of its signer. Returns the evidence.
pub fn evidence_of(replica: &mut Replica<Journal>, message: &Message) -> Evidence {
    match deliver(replica, message).as_slice() {
        [Effect::Evidence(evidence), ..] => *evidence,
        other => panic!("no contradiction was found: {other:?}"),
    }
}

/// Lets a replica fetch the decision of height 1, which a quorum of votes shows it to lack.
pub fn let_fetch(harness: &Harness, replica: &mut Replica<Journal>, digest: Digest) {
    for from in harness.config.members().map(|member| member.id) {
        deliver(replica, &harness.vote(from, Phase::Commit, 0, digest));
    }
}

/// The durable entries.
pub fn persisted(effects: &[Effect]) -> Vec<&Entry> {
    fn entry(effect: &Effect) -> Option<&Entry> {
        if let Effect::Persist(entry) = effect { Some(entry) } else { None }
    }
    effects.iter().filter_map(entry).collect()
}

/// The bodies of the sent messages.
pub fn sent(effects: &[Effect]) -> Vec<&Body> {
    fn body(effect: &Effect) -> Option<&Body> {
        if let Effect::Send { message, .. } = effect { Some(&message.body) } else { None }
    }
    effects.iter().filter_map(body).collect()
}

/// The votes among the sent messages: phase, view, digest.
pub fn votes(effects: &[Effect]) -> Vec<(Phase, u64, Digest)> {
    let vote = |body: &Body| match body {
        Body::Vote { vote, .. } => Some((vote.phase, vote.view, vote.digest)),
        _ => None,
    };
    sent(effects).into_iter().filter_map(vote).collect()
}

/// The delivered values.
pub fn delivered(effects: &[Effect]) -> Vec<Vec<u8>> {
    let value = |effect: &Effect| match effect {
        Effect::Deliver { value, .. } => Some(value.clone()),
        _ => None,
    };
    effects.iter().filter_map(value).collect()
}

/// Expires the view timer.
pub fn expire_view_timer(replica: &mut Replica<Journal>) -> Vec<Effect> {
    untimed(replica.step(1_000_000_000, Input::Timer(Timer::View)))
}
