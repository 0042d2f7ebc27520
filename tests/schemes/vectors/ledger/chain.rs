//! A short chain, of which one process holds the keys of all members and parties.

use super::trees::State;
use crate::vectors::format::draw;
use crate::vectors::protocol::formulas::signing_key;
use epione::algebra::Secret;
use epione::algebra::codec::Canonical;
use epione::consensus::{
    Application, Body, Capacity, Certificate, Config, Decision, Digest, Format, Location, Member,
    Message, Parameters, Phase, Profile, ProposalContext, ReplicaId, Timing, Vote,
};
use epione::database::Redb;
use epione::hpke;
use epione::ledger::{
    self, Action, CommittedBlock, Draft, EPOCH, Header, Ledger, Role, Rule, Subject, Time,
    Transaction, Validity,
};
use epione::sign::SigningKey;
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;

/// Fewer characters than bytes.
pub(crate) const CHAIN: &str = "épione vectors";
pub(crate) const START: Time = 1_796_115_600_000;
pub(crate) const VALIDITY: Validity<'static> = Validity { chain: CHAIN, until: START + 3_600_000 };
/// The roster, for which `F = 1`, `Q = 4`, `2 F + 1 = 3` and `floor(2 N / 3) + 1 = 5`.
pub(crate) const IDS: [ReplicaId; 6] = [1, 4, 7, 9, 300, 65_535];

const DEGREE: i32 = 1_000_000;
const LOCATIONS: [(i32, i32); 6] = [
    (52_520_008, 13_404_954),
    (-33_448_891, -70_669_265),
    (90 * DEGREE, 180 * DEGREE),
    (-90 * DEGREE, -180 * DEGREE),
    (0, 0),
    (-1, 1),
];
const RATINGS: [u32; 6] = [0, 1, 700, 65_536, 700, u32::MAX];

pub(crate) fn parameters() -> Parameters {
    Parameters {
        chain: CHAIN.to_owned(),
        epoch: 3,
        profile: Profile::MemberQuorum,
        groups: 0,
        distance_weight: 250,
        timing: Timing { relay: 500, fallback: 300, view: 2_500, doublings: 4 },
        capacity: Capacity { request_bytes: 1 << 19, bytes: 1 << 20, requests: 256, cost: 1_024 },
    }
}

/// The member at a position of the roster, with a seed of its key.
pub(crate) fn member(position: usize, seed: &[u8; 32]) -> Member {
    let (latitude, longitude) = LOCATIONS[position % LOCATIONS.len()];
    Member {
        id: IDS[position % IDS.len()],
        key: signing_key(seed).verifying_key(),
        location: Location { latitude, longitude },
        rating: RATINGS[position % RATINGS.len()],
    }
}

/// The signing keys of all parties.
#[derive(Clone)]
pub(crate) struct Parties {
    pub(crate) centre: SigningKey,
    pub(crate) doctor: SigningKey,
    pub(crate) reader: SigningKey,
    pub(crate) institution: SigningKey,
    pub(crate) proxy: SigningKey,
    pub(crate) other_proxy: SigningKey,
    pub(crate) authority: SigningKey,
    pub(crate) owner: SigningKey,
    pub(crate) other_owner: SigningKey,
    pub(crate) stranger: SigningKey,
}

pub(crate) struct Chain {
    pub(crate) rng: ChaCha20Rng,
    /// One seed per member, in order of [`IDS`].
    pub(crate) seeds: [[u8; 32]; 6],
    pub(crate) config: Config,
    pub(crate) parties: Parties,
    pub(crate) ledger: Ledger,
    /// The entries of the state after each block.
    pub(crate) states: Vec<State>,
}

impl Chain {
    pub(crate) fn empty(mut rng: ChaCha20Rng) -> Self {
        let seeds = std::array::from_fn(|_| draw(&mut rng));
        let members = seeds.iter().enumerate().map(|(i, seed)| member(i, seed)).collect();
        let config = Config::new(parameters(), members).unwrap();
        let mut key = || signing_key(&draw(&mut rng));
        let parties = Parties {
            centre: key(),
            doctor: key(),
            reader: key(),
            institution: key(),
            proxy: key(),
            other_proxy: key(),
            authority: key(),
            owner: key(),
            other_owner: key(),
            stranger: key(),
        };
        let ledger = Ledger::new(CHAIN, parties.centre.verifying_key());
        Self { rng, seeds, config, parties, ledger, states: Vec::new() }
    }

    pub(crate) fn sign(
        &mut self,
        until: Time,
        action: Action,
        keys: &[&SigningKey],
    ) -> Transaction {
        let validity = Validity { until, ..VALIDITY };
        Draft::new(validity, action, &mut self.rng).signed_by(keys)
    }

    /// A registration, by the subject of a certificate.
    pub(crate) fn register(&mut self, key: &SigningKey, role: Role, serial: u8) -> Transaction {
        let hpke_key = hpke::SecretKey::from_seed(Secret::new([serial; 32])).public_key();
        let subject = Subject {
            key: key.verifying_key(),
            name: format!("{role} {serial}"),
            role,
            hpke_key,
            pre_key: vec![],
            serial: [serial; 32],
            valid_until: START + EPOCH,
        };
        let certificate = ledger::Certificate::issue(&self.parties.centre, subject);
        self.sign(VALIDITY.until, Action::Register(certificate), &[key])
    }

    pub(crate) fn seed_of(&self, id: ReplicaId) -> &[u8; 32] {
        &self.seeds[IDS.iter().position(|known| *known == id).unwrap()]
    }

    /// A certificate of members, which sign under a configuration.
    pub(crate) fn certify(
        &self,
        config: &Config,
        (phase, height, view): (Phase, u64, u64),
        digest: Digest,
        signers: &[ReplicaId],
    ) -> Certificate {
        let sign = |id: &ReplicaId| {
            let body = Body::Vote { height, vote: Vote { phase, view, digest } };
            (*id, Message::sign(config, *id, &signing_key(self.seed_of(*id)), body).signature)
        };
        let signatures = signers.iter().map(sign).collect();
        Certificate { phase, group: 0, height, view, digest, signatures }
    }

    /// The certificate of a header by members, in a view after the first.
    pub(crate) fn commit(&self, header: &Header, signers: &[ReplicaId]) -> Certificate {
        let view = header.first_view + header.height % 2;
        self.certify(&self.config, (Phase::Commit, header.height, view), header.hash(), signers)
    }

    /// The members that certify a height: all at the second, a quorum at the others.
    pub(crate) fn signers(height: u64) -> Vec<ReplicaId> {
        let absent = [height, height + 2].map(|position| IDS[position as usize % IDS.len()]);
        IDS.into_iter().filter(|id| height == 2 || !absent.contains(id)).collect()
    }

    pub(crate) fn at(&self, height: u64) -> CommittedBlock {
        self.ledger.block(height).unwrap().unwrap()
    }

    /// Decides a block. Returns the outcomes of its transactions.
    pub(crate) fn block(&mut self, transactions: &[&Transaction]) -> Vec<Option<Rule>> {
        let height = self.ledger.height() + 1;
        let parent = self.ledger.block(height - 1).unwrap();
        let (hash, certificate) = match &parent {
            Some(parent) => (parent.block.header.hash(), Some(&parent.certificate)),
            None => (self.config.digest(), None),
        };
        let view = height % 3;
        let context = ProposalContext {
            height,
            view,
            leader: self.config.leader(height, view),
            parent: hash,
            parent_certificate: certificate,
            time: START + 1_000 * height,
            config: &self.config,
        };
        let format = self.ledger.format();
        let requests: Vec<Vec<u8>> = transactions.iter().map(|one| one.to_bytes()).collect();
        let decode = |bytes| (bytes, format.decode_request(bytes).unwrap());
        let requests: Vec<_> = requests.iter().map(|bytes| decode(bytes.as_slice())).collect();
        let value = self.ledger.propose(&context, &requests);
        let block = ledger::Block::from_bytes(&value).unwrap();
        assert_eq!(block.entries.len(), transactions.len());
        let certificate = self.commit(&block.header, &Self::signers(height));
        let (_, decoded) = format.decode(&value).unwrap();
        self.ledger.apply(height, decoded, &Decision { value, certificate });
        let mut state = self.states.last().cloned().unwrap_or_default();
        if state.is_empty() {
            state.insert_genesis(CHAIN, &self.parties.centre.verifying_key());
        }
        state.execute(&block);
        assert_eq!(state.root(), block.header.state_root, "at height {height}");
        self.states.push(state);
        block.entries.iter().map(|entry| entry.rejected_by).collect()
    }

    /// Verifies the chain from its first block.
    pub(crate) fn audit(&self) {
        self.ledger.audit(&self.config, Arc::new(Redb::in_memory())).unwrap();
    }
}
