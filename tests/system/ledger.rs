//! The ledger as an application of consensus: contract, admission, blocks and audit.

mod admission;
mod audit;
mod blocks;
mod bytes;
mod determinism;
mod fhir;
mod map;
mod proofs;
mod records;
mod replicas;
mod rules;
mod store;

use epione::algebra::{Secret, codec::Canonical};
use epione::consensus::{
    self, Application, Body, Capacity, Config, Decision, Digest, FirstProposal, Format, Location,
    Member, Message, Parameters, Phase, ProposalContext, Replica, VerifyContext, Vote,
};
use epione::database::Redb;
use epione::hpke;
use epione::ledger::{
    AccessAction, Action, AuditError, Basis, Block, Certificate, CommittedBlock, DelegationDigest,
    Draft, EPOCH, EPOCH_TOLERANCE, Entry, EvidenceAction, GrantAction, Ledger, REPORT_BLOCKS,
    REQUEST_BLOCKS, Receipt, RecordAction, RequestAction, RevokeAction, Role, Rule, Scope,
    SectionDigests, Subject, Time, Transaction, TransactionError, Validity, WithdrawAction, merkle,
};
use epione::sign::{Signature, SigningKey, VerifyingKey};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;
use std::sync::Arc;

const CHAIN: &str = "ledger-tests";
const T0: Time = 1_000_000;
const FAR: Time = T0 + 1_000_000_000;
/// The end of the certificates of the parties.
const CERTIFIED: Time = T0 + 10 * EPOCH;
const VALIDITY: Validity<'static> = Validity { chain: CHAIN, until: FAR };

/// A chain written by one process with the keys of all four replicas.
struct Chain {
    rng: ChaCha20Rng,
    config: Config,
    keys: Vec<SigningKey>,
    ledger: Ledger,
    parties: Parties,
    time: Time,
}

/// The signing keys of all parties.
#[derive(Clone)]
struct Parties {
    centre: SigningKey,
    doctor: SigningKey,
    reader: SigningKey,
    institution: SigningKey,
    proxy: SigningKey,
    other_proxy: SigningKey,
    owner: SigningKey,
    other_owner: SigningKey,
    stranger: SigningKey,
}

impl Chain {
    /// An empty chain.
    fn empty(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut key = || SigningKey::generate(&mut rng);
        let keys: Vec<SigningKey> = (0..4).map(|_| key()).collect();
        let parties = Parties {
            centre: key(),
            doctor: key(),
            reader: key(),
            institution: key(),
            proxy: key(),
            other_proxy: key(),
            owner: key(),
            other_owner: key(),
            stranger: key(),
        };
        let member = |(id, key): (u16, &SigningKey)| Member {
            id,
            key: key.verifying_key(),
            location: Location::default(),
            rating: 1,
        };
        let members = (0..4).zip(&keys).map(member).collect();
        let config = Config::new(Parameters::new(CHAIN), members).unwrap();
        let ledger = Ledger::new(CHAIN, parties.centre.verifying_key());
        Self { rng, config, keys, ledger, parties, time: T0 }
    }

    /// An empty chain with a capacity of its blocks.
    fn with_capacity(seed: u64, capacity: Capacity) -> Self {
        let mut chain = Self::empty(seed);
        let parameters = Parameters { capacity, ..Parameters::new(CHAIN) };
        let members = chain.config.members().cloned().collect();
        chain.config = Config::new(parameters, members).unwrap();
        chain
    }

    /// A replica that has decided the blocks of the chain.
    fn replica(&self, id: u16) -> Replica<Ledger> {
        let decision = |committed: CommittedBlock| {
            let (value, certificate) = (committed.block.to_bytes(), committed.certificate);
            consensus::Entry::Decision(Decision { value, certificate })
        };
        let key = self.keys[usize::from(id)].clone();
        let ledger = Ledger::new(CHAIN, self.parties.centre.verifying_key());
        let log = self.blocks().into_iter().map(decision);
        let config = self.config.clone().into();
        Replica::restore(config, id, key, ledger, log, 0).unwrap().0
    }

    /// A chain on which all parties but owners and stranger are registered.
    fn new(seed: u64) -> Self {
        let mut chain = Self::empty(seed);
        let p = chain.parties.clone();
        let all = [
            (&p.doctor, Role::Doctor),
            (&p.reader, Role::Doctor),
            (&p.institution, Role::Institution),
            (&p.proxy, Role::Proxy),
            (&p.other_proxy, Role::Proxy),
        ];
        let all = all.map(|(key, role)| {
            let action = register(&p.centre, key, role, CERTIFIED);
            chain.sign(action, &[key])
        });
        assert!(chain.block(&all).iter().all(Option::is_none));
        chain
    }

    /// A chain with one record of the owner.
    fn with_record(seed: u64) -> (Self, Digest) {
        let mut chain = Self::new(seed);
        let owner = chain.parties.owner.clone();
        let record = chain.record(&owner, [1; 32]);
        assert_eq!(chain.outcome(&record), None);
        (chain, record.id())
    }

    /// A chain with one record and a grant for it.
    fn with_grant(seed: u64) -> (Self, Digest, Digest) {
        let (mut chain, record) = Self::with_record(seed);
        let grant = chain.grant(&[chain.parties.owner.clone()], T0, FAR);
        assert_eq!(chain.outcome(&grant), None);
        (chain, record, grant.id())
    }

    fn sign(&mut self, action: Action, keys: &[&SigningKey]) -> Transaction {
        Draft::new(VALIDITY, action, &mut self.rng).signed_by(keys)
    }

    fn record(&mut self, owner: &SigningKey, record_id: [u8; 32]) -> Transaction {
        let p = self.parties.clone();
        let action = Action::Record(record_action(&p, owner, record_id));
        self.sign(action, &[&p.doctor, &p.institution, owner])
    }

    fn grant(&mut self, owners: &[SigningKey], from: Time, until: Time) -> Transaction {
        let mut owners: Vec<&SigningKey> = owners.iter().collect();
        owners.sort_by_key(|key| key.verifying_key());
        let action = GrantAction {
            owners: owners.iter().map(|key| key.verifying_key()).collect(),
            scope: Scope::OwnerKeys,
            reader: self.parties.reader.verifying_key(),
            proxy: self.parties.proxy.verifying_key(),
            from,
            until,
            delegations: owners.iter().map(|key| delegation(key)).collect(),
            trapdoors: vec![[5; 32]; owners.len()],
        };
        self.sign(Action::Grant(action), &owners)
    }

    fn request(&mut self, record: Digest, basis: Basis) -> Transaction {
        let reader = self.parties.reader.clone();
        let sections = vec![0];
        let request = RequestAction { reader: reader.verifying_key(), record, basis, sections };
        self.sign(Action::Request(request), &[&reader])
    }

    fn access(&mut self, proxy: &SigningKey, request: Digest) -> Transaction {
        let reencryptions = vec![[6; 32]];
        let access = AccessAction { proxy: proxy.verifying_key(), request, reencryptions };
        self.sign(Action::Access(access), &[proxy])
    }

    fn revoke(&mut self, owner: &SigningKey, grant: Digest) -> Transaction {
        let revoke = RevokeAction { owner: owner.verifying_key(), grant };
        self.sign(Action::Revoke(revoke), &[owner])
    }

    fn withdraw(&mut self, centre: &SigningKey, subject: &Subject) -> Transaction {
        let (centre_key, certificate) = (centre.verifying_key(), subject.withdrawal());
        let withdraw = WithdrawAction { centre: centre_key, certificate };
        self.sign(Action::Withdraw(withdraw), &[centre])
    }

    fn height(&self) -> u64 {
        self.ledger.height() + 1
    }

    fn blocks(&self) -> Vec<CommittedBlock> {
        self.ledger.blocks().map(Result::unwrap).collect()
    }

    fn last(&self) -> Option<CommittedBlock> {
        self.ledger.block(self.ledger.height()).unwrap()
    }

    fn parent(&self) -> Digest {
        self.last().map_or(self.config.digest(), |last| last.block.header.hash())
    }

    /// Verifies the chain from its first block.
    fn audit(&self) -> Result<Ledger, AuditError> {
        self.ledger.audit(&self.config, Arc::new(Redb::in_memory()))
    }

    fn propose(&self, time: Time, transactions: &[Transaction]) -> Block {
        let certificate = self.last().map(|last| last.certificate);
        let context = ProposalContext {
            height: self.height(),
            view: 0,
            leader: self.config.leader(self.height(), 0),
            parent: self.parent(),
            parent_certificate: certificate.as_ref(),
            time,
            config: &self.config,
        };
        let requests: Vec<Vec<u8>> = transactions.iter().map(Transaction::to_bytes).collect();
        let format = self.ledger.format();
        let decode = |bytes: &Vec<u8>| format.decode_request(bytes).ok();
        let requests = requests.iter().filter_map(|bytes| Some((bytes.as_slice(), decode(bytes)?)));
        let requests: Vec<_> = requests.collect();
        Block::from_bytes(&self.ledger.propose(&context, &requests)).unwrap()
    }

    /// The block of a dishonest leader, who includes transactions that are not admissible.
    fn force(&self, time: Time, transactions: &[Transaction]) -> Block {
        let mut block = self.propose(time, transactions);
        let mut honest = std::mem::take(&mut block.entries).into_iter().peekable();
        for transaction in transactions.iter().map(Transaction::to_bytes) {
            let included = honest.next_if(|entry| entry.transaction == transaction);
            let left_out = || Entry { transaction, rejected_by: None };
            block.entries.push(included.unwrap_or_else(left_out));
        }
        with_matching_header(block)
    }

    /// Submits a transaction to a replica, which checks its admission and then its signatures. One
    /// that is not admitted is not proposed, and the other replicas reject a block that contains
    /// it for the same reason.
    fn submit(&self, transaction: &Transaction) -> Result<(), String> {
        let (bytes, format) = (transaction.to_bytes(), self.ledger.format());
        let (time, alone) = (self.time + 1, std::slice::from_ref(transaction));
        let decoded = format.decode_request(&bytes).map_err(|rejection| rejection.0)?;
        let admitted = self.ledger.admit(&decoded).map_err(|rejection| rejection.0);
        if admitted.is_err() {
            assert!(self.propose(time, alone).entries.is_empty(), "it is not proposed");
        }
        let signed = format.verify_request(&self.config, &decoded).map_err(|rejection| rejection.0);
        // Of a block, the signatures are verified first.
        let in_block = signed.clone().and(admitted.clone());
        if in_block.is_err() {
            assert_eq!(self.verify(&self.force(time, alone)), in_block);
        }
        admitted.and(signed)
    }

    /// Decodes and verifies a block as a replica does: prices and signatures, then the state.
    fn verify(&self, block: &Block) -> Result<(), String> {
        let first = FirstProposal {
            view: 0,
            leader: self.config.leader(self.height(), 0),
            clock: block.header.time,
        };
        self.verify_as(block, Some(first))
    }

    fn verify_as(&self, block: &Block, first: Option<FirstProposal>) -> Result<(), String> {
        let (height, parent, config) = (self.height(), self.parent(), &self.config);
        let context = VerifyContext { height, parent, config, first };
        let format = self.ledger.format();
        let verify = || {
            let (_, mut decoded) = format.decode(&block.to_bytes())?;
            let mut requests = format.requests(&decoded).into_iter();
            requests.try_for_each(|(_, request)| format.verify_request(config, request))?;
            if let Some(parent) = format.parent_certificate(&decoded) {
                let verified = parent.verify(config);
                verified.map_err(|error| consensus::Rejection(error.to_string()))?;
            }
            self.ledger.verify(&context, &mut decoded)
        };
        verify().map_err(|rejection: consensus::Rejection| rejection.0)
    }

    fn certify(
        &self,
        phase: Phase,
        height: u64,
        digest: Digest,
        signers: &[u16],
    ) -> consensus::Certificate {
        let vote = |id: &u16| {
            let body = Body::Vote { height, vote: Vote { phase, view: 0, digest } };
            (*id, Message::sign(&self.config, *id, &self.keys[usize::from(*id)], body).signature)
        };
        let signatures = signers.iter().map(vote).collect();
        consensus::Certificate { phase, group: 0, height, view: 0, digest, signatures }
    }

    fn apply(&mut self, block: &Block) {
        let (digest, decoded) = self.ledger.format().decode(&block.to_bytes()).unwrap();
        let certificate = self.certify(Phase::Commit, self.height(), digest, &[0, 1, 2]);
        let decision = Decision { value: block.to_bytes(), certificate };
        self.ledger.apply(self.height(), decoded, &decision);
        self.ledger.persist(&[]).unwrap();
    }

    /// Applies the next block, one second later. Returns the outcomes of its transactions.
    fn block(&mut self, transactions: &[Transaction]) -> Vec<Option<Rule>> {
        self.time += 1_000;
        self.block_at(self.time, transactions)
    }

    fn block_at(&mut self, time: Time, transactions: &[Transaction]) -> Vec<Option<Rule>> {
        self.time = time;
        let block = self.propose(time, transactions);
        assert_eq!(block.entries.len(), transactions.len(), "the block contains every transaction");
        assert_eq!(block.header.time, time);
        assert_eq!(self.verify(&block), Ok(()));
        self.apply(&block);
        block.entries.iter().map(|entry| entry.rejected_by).collect()
    }

    /// Applies a block with one transaction. Returns its outcome.
    fn outcome(&mut self, transaction: &Transaction) -> Option<Rule> {
        self.block(std::slice::from_ref(transaction))[0]
    }
}

/// The block with its header recomputed for its entries.
fn with_matching_header(mut block: Block) -> Block {
    let leaves: Vec<Digest> = block.entries.iter().map(Entry::leaf).collect();
    let size: usize = block.entries.iter().map(|e| e.transaction.len() + 5).sum();
    block.header.size = size as u32;
    block.header.entries_root = merkle::root(&leaves);
    block
}

const STATE: &str = "the state root does not match the executed entries";

fn register(centre: &SigningKey, key: &SigningKey, role: Role, valid_until: Time) -> Action {
    let subject = Subject {
        key: key.verifying_key(),
        name: "Dr. Ruiz".to_owned(),
        role,
        hpke_key: hpke_key(1),
        pre_key: vec![],
        serial: [7; 32],
        valid_until,
    };
    Action::Register(Certificate::issue(centre, subject))
}

fn hpke_key(seed: u8) -> hpke::PublicKey {
    hpke::SecretKey::from_seed(Secret::new([seed; 32])).public_key()
}

fn delegation(owner: &SigningKey) -> DelegationDigest {
    DelegationDigest { owner: owner.verifying_key(), epoch: 0, tag: [5; 32], rekey: [4; 32] }
}

fn record_action(p: &Parties, owner: &SigningKey, record_id: [u8; 32]) -> RecordAction {
    RecordAction {
        owner: owner.verifying_key(),
        author: p.doctor.verifying_key(),
        institution: p.institution.verifying_key(),
        record_id,
        epoch: 0,
        envelope: [9; 32],
        sections: vec![SectionDigests {
            tag: [5; 32],
            ciphertext: [1; 32],
            wrapped_for_patient: [2; 32],
            wrapped_for_policy: [3; 32],
            wrapped_for_author: [4; 32],
        }],
        index: vec![b"an entry".to_vec()],
    }
}
