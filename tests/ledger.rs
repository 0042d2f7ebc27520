//! The ledger as an application of consensus: contract, admission, blocks, audit.
#![allow(missing_docs, clippy::unwrap_used)]

use epione::algebra::codec::Canonical;
use epione::consensus::{
    self, Application, Body, Config, Digest, FirstProposal, Location, Member, Message, Parameters,
    Phase, ProposalContext, VerifyContext,
};
use epione::ledger::{
    AccessAction, Action, Basis, Block, Certificate, DelegationDigest, Draft, Entry, GrantAction,
    Inadmissible, Ledger, RecordAction, RequestAction, RevokeAction, Role, Rule, SectionDigests,
    Subject, Time, Transaction, merkle,
};
use epione::record::Class;
use epione::sign::SigningKey;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;

const CHAIN: &str = "ledger-tests";
const T0: Time = 1_000_000;
const FAR: Time = T0 + 1_000_000_000;

/// A chain made by one process that holds all four replicas' keys.
struct Chain {
    rng: ChaCha20Rng,
    config: Config,
    keys: Vec<SigningKey>,
    ledger: Ledger,
    parties: Parties,
    time: Time,
}

/// Keys of everyone who acts.
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

    /// A chain on which everyone is registered.
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
            let action = register(&p.centre, key, role, FAR);
            chain.sign(action, &[key])
        });
        assert!(chain.block(&all).iter().all(Option::is_none));
        chain
    }

    /// And a record of the owner's.
    fn with_record(seed: u64) -> (Self, Digest) {
        let mut chain = Self::new(seed);
        let owner = chain.parties.owner.clone();
        let record = chain.record(&owner, [1; 32]);
        assert_eq!(chain.block(std::slice::from_ref(&record)), [None]);
        (chain, record.id())
    }

    /// And a grant of it.
    fn with_grant(seed: u64) -> (Self, Digest, Digest) {
        let (mut chain, record) = Self::with_record(seed);
        let grant = chain.grant(&[chain.parties.owner.clone()], T0, FAR);
        assert_eq!(chain.block(std::slice::from_ref(&grant)), [None]);
        (chain, record, grant.id())
    }

    fn sign(&mut self, action: Action, keys: &[&SigningKey]) -> Transaction {
        Draft::new(CHAIN, FAR, action, &mut self.rng).signed_by(keys)
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
            reader: self.parties.reader.verifying_key(),
            proxy: self.parties.proxy.verifying_key(),
            from,
            until,
            delegations: vec![DelegationDigest {
                class: Class::Clinical,
                epoch: 0,
                policy: [3; 32],
                rekey: [4; 32],
            }],
            trapdoors: vec![[5; 32]],
        };
        self.sign(Action::Grant(action), &owners)
    }

    fn request(&mut self, record: Digest, basis: Basis) -> Transaction {
        let reader = self.parties.reader.clone();
        let request = RequestAction { reader: reader.verifying_key(), record, basis };
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

    fn height(&self) -> u64 {
        self.ledger.height() + 1
    }

    fn parent(&self) -> Digest {
        let last = self.ledger.blocks().last();
        last.map_or(self.config.digest(), |(block, _)| block.header.hash())
    }

    fn propose(&self, time: Time, transactions: &[Transaction]) -> Block {
        let certificate = self.ledger.blocks().last().map(|(_, certificate)| certificate);
        let context = ProposalContext {
            height: self.height(),
            view: 0,
            leader: self.config.leader(self.height(), 0),
            parent: self.parent(),
            parent_certificate: certificate,
            time,
            config: &self.config,
        };
        let requests: Vec<Vec<u8>> = transactions.iter().map(Transaction::to_bytes).collect();
        Block::from_bytes(&self.ledger.propose(&context, &requests)).unwrap()
    }

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
        self.ledger.verify(&context, &block.to_bytes()).map_err(|refusal| refusal.0)
    }

    fn certify(
        &self,
        phase: Phase,
        height: u64,
        digest: Digest,
        signers: &[u16],
    ) -> consensus::Certificate {
        let vote = |id: &u16| {
            let body = Body::Vote { phase, height, view: 0, digest };
            (*id, Message::sign(&self.config, *id, &self.keys[usize::from(*id)], body).signature)
        };
        let signatures = signers.iter().map(vote).collect();
        consensus::Certificate { phase, group: 0, height, view: 0, digest, signatures }
    }

    fn apply(&mut self, block: &Block) {
        let digest = self.ledger.digest(&block.to_bytes()).unwrap();
        let certificate = self.certify(Phase::Commit, self.height(), digest, &[0, 1, 2]);
        self.ledger.apply(self.height(), &block.to_bytes(), &certificate);
    }

    /// The next block, a second later; what became of its transactions.
    fn block(&mut self, transactions: &[Transaction]) -> Vec<Option<Rule>> {
        self.time += 1_000;
        self.block_at(self.time, transactions)
    }

    fn block_at(&mut self, time: Time, transactions: &[Transaction]) -> Vec<Option<Rule>> {
        self.time = time;
        let block = self.propose(time, transactions);
        assert_eq!(block.entries.len(), transactions.len(), "nothing was left out");
        assert_eq!(block.header.time, time);
        assert_eq!(self.verify(&block), Ok(()));
        self.apply(&block);
        block.entries.iter().map(|entry| entry.refused).collect()
    }

    /// What the contract says of one transaction, in a block of its own.
    fn outcome(&mut self, transaction: &Transaction) -> Option<Rule> {
        self.block(std::slice::from_ref(transaction))[0]
    }
}

fn register(centre: &SigningKey, key: &SigningKey, role: Role, valid_until: Time) -> Action {
    let subject = Subject {
        key: key.verifying_key(),
        name: "Somebody".to_owned(),
        role,
        pre_key: vec![],
        valid_until,
    };
    Action::Register(Certificate::issue(centre, subject))
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
            class: Class::Clinical,
            ciphertext: [1; 32],
            patient_lock: [2; 32],
            policy_lock: [3; 32],
            author_lock: [4; 32],
            policy: [5; 32],
        }],
        index: vec![b"an entry".to_vec()],
    }
}

mod ledger_rules {
    use super::*;

    #[test]
    fn a_transaction_is_executed_once() {
        let mut chain = Chain::new(1);
        let owner = chain.parties.owner.clone();
        let record = chain.record(&owner, [1; 32]);
        let outcomes = chain.block(&[record.clone(), record.clone()]);
        assert_eq!(outcomes, [None, Some(Rule::Duplicate)]);
        assert_eq!(chain.outcome(&record), Some(Rule::Duplicate));
        // Also one that was refused the first time, though it would pass now.
        let early = chain.grant(std::slice::from_ref(&chain.parties.other_owner.clone()), T0, FAR);
        assert_eq!(chain.outcome(&early), Some(Rule::UnknownOwner));
        let other = chain.parties.other_owner.clone();
        let record = chain.record(&other, [2; 32]);
        assert_eq!(chain.outcome(&record), None);
        assert_eq!(chain.outcome(&early), Some(Rule::Duplicate));
        let refusal = chain.ledger.check_request(&early.to_bytes()).unwrap_err();
        assert_eq!(refusal.0, Inadmissible::Duplicate.to_string());
    }

    #[test]
    fn a_transaction_expires_and_is_never_valid_again() {
        let (mut chain, record) = Chain::with_record(2);
        let mut until = |valid_until| {
            let reader = chain.parties.reader.clone();
            let (reader_key, basis) = (reader.verifying_key(), Basis::Policy);
            let action = Action::Request(RequestAction { reader: reader_key, record, basis });
            Draft::new(CHAIN, valid_until, action, &mut chain.rng).signed_by(&[&reader])
        };
        let time = T0 + 50_000;
        let [before, at, after] = [until(time - 1), until(time), until(time + 1)];
        let outcomes = chain.block_at(time, &[before, at, after.clone()]);
        assert_eq!(outcomes, [Some(Rule::Expired), Some(Rule::Expired), None]);
        assert!(chain.ledger.state().has_seen(&after.id()));
        // Once it has expired its identifier is forgotten, and it is refused all the same.
        assert_eq!(chain.block_at(time + 1, std::slice::from_ref(&after)), [Some(Rule::Duplicate)]);
        assert!(!chain.ledger.state().has_seen(&after.id()));
        assert_eq!(chain.block_at(time + 2, std::slice::from_ref(&after)), [Some(Rule::Expired)]);
        let refusal = chain.ledger.check_request(&after.to_bytes()).unwrap_err();
        assert_eq!(refusal.0, Inadmissible::Expired.to_string());
    }

    #[test]
    fn a_party_is_registered_once_while_its_certificate_is_valid() {
        let mut chain = Chain::new(3);
        let p = chain.parties.clone();
        let attempt = |chain: &mut Chain, key: &SigningKey, role, until| {
            let transaction = chain.sign(register(&p.centre, key, role, until), &[key]);
            chain.outcome(&transaction)
        };
        assert_eq!(attempt(&mut chain, &p.doctor, Role::Proxy, FAR), Some(Rule::AlreadyRegistered));
        let patient = attempt(&mut chain, &p.stranger, Role::Patient, FAR);
        assert_eq!(patient, Some(Rule::PatientStaysOff));
        // The block is a second after the last one.
        let now = chain.time + 1_000;
        let expired = attempt(&mut chain, &p.stranger, Role::Doctor, now);
        assert_eq!(expired, Some(Rule::CertificateExpired));
        assert!(chain.ledger.state().party(&p.stranger.verifying_key()).is_none());
        let now = chain.time + 1_000;
        assert_eq!(attempt(&mut chain, &p.stranger, Role::Doctor, now + 1), None);
        let party = chain.ledger.state().party(&p.stranger.verifying_key()).unwrap();
        assert_eq!(party.role, Role::Doctor);
    }

    #[test]
    fn who_acts_under_an_expired_certificate_is_refused() {
        for role in 0..5 {
            let mut chain = Chain::empty(4);
            let p = chain.parties.clone();
            let soon = T0 + 10_000;
            let all = [
                (&p.doctor, Role::Doctor),
                (&p.reader, Role::Doctor),
                (&p.institution, Role::Institution),
                (&p.proxy, Role::Proxy),
            ];
            let all: Vec<Transaction> = (0..)
                .zip(all)
                .map(|(i, (key, kind))| {
                    let until = if i == role { soon } else { FAR };
                    chain.sign(register(&p.centre, key, kind, until), &[key])
                })
                .collect();
            assert_eq!(chain.block(&all), [None; 4]);
            let record = chain.record(&p.owner, [1; 32]);
            let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
            let request = chain.request(record.id(), Basis::Grant(grant.id()));
            assert_eq!(chain.block(&[record, grant.clone(), request.clone()]), [None; 3]);
            chain.time = soon - 1_000;
            let record = chain.record(&p.other_owner, [2; 32]);
            let again = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
            let next = chain.request(record.id(), Basis::Policy);
            let access = chain.access(&p.proxy, request.id());
            let outcomes = chain.block(&[record, again, next, access]);
            let expired = Some(Rule::CertificateExpired);
            let expected = match role {
                0 | 2 => [expired, None, Some(Rule::UnknownRecord), None],
                1 => [None, expired, expired, None],
                3 => [None, expired, None, expired],
                _ => [None; 4],
            };
            assert_eq!(outcomes, expected, "role {role}");
        }
    }

    #[test]
    fn a_record_has_a_registered_author_and_hospital_and_an_owner_without_a_name() {
        let mut chain = Chain::new(5);
        let p = chain.parties.clone();
        let mut publish = |change: &dyn Fn(&mut Parties), owner: &SigningKey| {
            let mut parties = p.clone();
            change(&mut parties);
            let action = Action::Record(record_action(&parties, owner, [1; 32]));
            let keys = [&parties.doctor, &parties.institution, owner];
            let transaction = chain.sign(action, &keys);
            chain.outcome(&transaction)
        };
        let owner = &p.owner;
        let author = publish(&|parties| parties.doctor = p.stranger.clone(), owner);
        assert_eq!(author, Some(Rule::UnknownAuthor));
        let author = publish(&|parties| parties.doctor = p.institution.clone(), owner);
        assert_eq!(author, Some(Rule::UnknownAuthor));
        let hospital = publish(&|parties| parties.institution = p.stranger.clone(), owner);
        assert_eq!(hospital, Some(Rule::UnknownInstitution));
        let hospital = publish(&|parties| parties.institution = p.reader.clone(), owner);
        assert_eq!(hospital, Some(Rule::UnknownInstitution));
        assert_eq!(publish(&|_| (), &p.doctor), Some(Rule::OwnerIsRegistered));
        // None of these took the identifier.
        assert_eq!(publish(&|_| (), owner), None);
        assert_eq!(publish(&|_| (), &p.other_owner), Some(Rule::RecordExists));
        assert_eq!(chain.ledger.state().records().count(), 1);
    }

    #[test]
    fn a_grant_names_a_doctor_and_a_proxy_and_covers_only_owners_with_records() {
        let (mut chain, _) = Chain::with_record(6);
        let p = chain.parties.clone();
        let mut grant = |owners: &[&SigningKey], reader: &SigningKey, proxy: &SigningKey| {
            let owned: Vec<SigningKey> = owners.iter().map(|key| (*key).clone()).collect();
            let mut draft = chain.grant(&owned, T0, FAR).draft;
            let Action::Grant(action) = &mut draft.action else { unreachable!() };
            action.reader = reader.verifying_key();
            action.proxy = proxy.verifying_key();
            let mut keys = owners.to_vec();
            keys.sort_by_key(|key| key.verifying_key());
            let transaction = draft.signed_by(&keys);
            (transaction.id(), chain.outcome(&transaction))
        };
        let mut say = |owners: &[&SigningKey], reader, proxy| grant(owners, reader, proxy).1;
        assert_eq!(say(&[&p.owner], &p.stranger, &p.proxy), Some(Rule::UnknownReader));
        assert_eq!(say(&[&p.owner], &p.proxy, &p.proxy), Some(Rule::UnknownReader));
        assert_eq!(say(&[&p.owner], &p.reader, &p.stranger), Some(Rule::UnknownProxy));
        assert_eq!(say(&[&p.owner], &p.reader, &p.doctor), Some(Rule::UnknownProxy));
        assert_eq!(say(&[&p.other_owner], &p.reader, &p.proxy), Some(Rule::UnknownOwner));
        let both = say(&[&p.owner, &p.other_owner], &p.reader, &p.proxy);
        assert_eq!(both, Some(Rule::UnknownOwner));
        let (id, outcome) = grant(&[&p.owner], &p.reader, &p.proxy);
        assert_eq!(outcome, None);
        assert!(chain.ledger.state().grant(&id).is_some());
    }

    #[test]
    fn a_request_is_admitted_from_the_first_to_before_the_last_moment_of_its_window() {
        let (mut chain, record) = Chain::with_record(7);
        let (from, until) = (T0 + 100_000, T0 + 200_000);
        let grant = chain.grant(&[chain.parties.owner.clone()], from, until);
        assert_eq!(chain.outcome(&grant), None);
        for (time, expected) in [
            (from - 1, Some(Rule::TooEarly)),
            (from, None),
            (from + 1, None),
            (until - 1, None),
            (until, Some(Rule::WindowOver)),
            (until + 1, Some(Rule::WindowOver)),
        ] {
            let request = chain.request(record, Basis::Grant(grant.id()));
            assert_eq!(chain.block_at(time, std::slice::from_ref(&request)), [expected], "{time}");
            let admitted = chain.ledger.state().request(&request.id());
            assert_eq!(admitted.map(|(_, time)| time), expected.is_none().then_some(time));
        }
    }

    #[test]
    fn a_request_needs_a_record_and_the_readers_own_grant_that_covers_it() {
        let (mut chain, record, grant) = Chain::with_grant(8);
        let p = chain.parties.clone();
        let other = chain.record(&p.other_owner, [2; 32]);
        assert_eq!(chain.outcome(&other), None);
        let mut request = |reader: &SigningKey, record, basis| {
            let action = RequestAction { reader: reader.verifying_key(), record, basis };
            let transaction = chain.sign(Action::Request(action), &[reader]);
            chain.outcome(&transaction)
        };
        let granted = Basis::Grant(grant);
        assert_eq!(request(&p.stranger, record, granted), Some(Rule::UnknownReader));
        assert_eq!(request(&p.proxy, record, Basis::Policy), Some(Rule::UnknownReader));
        assert_eq!(request(&p.reader, grant, granted), Some(Rule::UnknownRecord));
        assert_eq!(request(&p.reader, record, Basis::Grant(record)), Some(Rule::UnknownGrant));
        assert_eq!(request(&p.doctor, record, granted), Some(Rule::WrongReader));
        assert_eq!(request(&p.reader, other.id(), granted), Some(Rule::NotCovered));
        assert_eq!(request(&p.reader, record, granted), None);
        assert_eq!(request(&p.doctor, other.id(), Basis::Policy), None);
    }

    #[test]
    fn an_access_is_reported_once_by_the_proxy_of_the_request() {
        let (mut chain, record, grant) = Chain::with_grant(9);
        let p = chain.parties.clone();
        let granted = chain.request(record, Basis::Grant(grant));
        let by_policy = chain.request(record, Basis::Policy);
        assert_eq!(chain.block(&[granted.clone(), by_policy.clone()]), [None, None]);
        let mut access = |proxy: &SigningKey, request| {
            let transaction = chain.access(proxy, request);
            chain.outcome(&transaction)
        };
        assert_eq!(access(&p.stranger, granted.id()), Some(Rule::UnknownProxy));
        assert_eq!(access(&p.doctor, granted.id()), Some(Rule::UnknownProxy));
        assert_eq!(access(&p.proxy, grant), Some(Rule::UnknownRequest));
        assert_eq!(access(&p.other_proxy, granted.id()), Some(Rule::WrongProxy));
        assert_eq!(access(&p.proxy, by_policy.id()), Some(Rule::WrongProxy));
        assert_eq!(access(&p.proxy, granted.id()), None);
        assert_eq!(access(&p.proxy, granted.id()), Some(Rule::AlreadyServed));
        assert!(chain.ledger.state().access(&granted.id()).is_some());
        assert!(chain.ledger.state().access(&by_policy.id()).is_none());
    }

    #[test]
    fn only_an_owner_of_a_grant_revokes_it() {
        let (mut chain, record, grant) = Chain::with_grant(10);
        let p = chain.parties.clone();
        let other = chain.record(&p.other_owner, [2; 32]);
        assert_eq!(chain.outcome(&other), None);
        let mut revoke = |owner: &SigningKey| {
            let transaction = chain.revoke(owner, grant);
            chain.outcome(&transaction)
        };
        assert_eq!(revoke(&p.stranger), Some(Rule::UnknownOwner));
        assert_eq!(revoke(&p.other_owner), Some(Rule::NotOwner));
        let request = chain.request(record, Basis::Grant(grant));
        assert_eq!(chain.outcome(&request), None);
        let revoke = chain.revoke(&p.owner, grant);
        let [before, after] = [0; 2].map(|_| chain.request(record, Basis::Grant(grant)));
        // Within one block the order decides.
        let outcomes = chain.block(&[before, revoke, after]);
        assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);
        let again = chain.revoke(&p.owner, grant);
        assert_eq!(chain.outcome(&again), None, "revoking again changes nothing");
    }

    #[test]
    fn a_revocation_that_overtakes_its_grant_leaves_a_tombstone() {
        let (mut chain, record) = Chain::with_record(11);
        let p = chain.parties.clone();
        let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
        let revoke = chain.revoke(&p.owner, grant.id());
        assert_eq!(chain.outcome(&revoke), None);
        assert_eq!(chain.outcome(&grant), Some(Rule::Revoked));
        let request = chain.request(record, Basis::Grant(grant.id()));
        assert_eq!(chain.outcome(&request), Some(Rule::UnknownGrant));

        // The tombstone of somebody who is no owner of the grant does not stand in its way.
        let other = chain.record(&p.other_owner, [2; 32]);
        let grant = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
        let meddling = chain.revoke(&p.other_owner, grant.id());
        let request = chain.request(record, Basis::Grant(grant.id()));
        assert_eq!(chain.block(&[other, meddling, grant, request]), [None; 4]);
    }

    #[test]
    fn one_of_several_owners_revokes_for_all() {
        let (mut chain, record) = Chain::with_record(12);
        let p = chain.parties.clone();
        let other = chain.record(&p.other_owner, [2; 32]);
        let grant = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
        let revoke = chain.revoke(&p.other_owner, grant.id());
        let request = chain.request(record, Basis::Grant(grant.id()));
        let outcomes = chain.block(&[other, grant, revoke, request]);
        assert_eq!(outcomes, [None, None, None, Some(Rule::Revoked)]);
    }

    /// The tests above reach all rules; this one knows how many there are.
    #[test]
    fn every_rule_is_reached_by_a_test_of_this_module() {
        let own = include_str!("ledger.rs");
        let contract = include_str!("../src/ledger/contract.rs");
        let names = contract.lines().filter_map(|line| {
            let (name, rest) = line.trim().split_once(" = ")?;
            rest.split_once(", \"").map(|_| name)
        });
        let names: Vec<&str> = names.collect();
        assert_eq!(names.len(), 23);
        for name in names {
            let reached = own.contains(&format!("Some(Rule::{name})"));
            assert!(reached, "no test asserts Rule::{name}");
        }
    }
}

mod ledger_admission {
    use super::*;

    fn refusal(chain: &Chain, transaction: &Transaction) -> Result<(), String> {
        let block = chain.propose(chain.time + 1, std::slice::from_ref(transaction));
        let outcome = chain.ledger.check_request(&transaction.to_bytes()).map_err(|r| r.0);
        if outcome.is_err() {
            assert!(block.entries.is_empty(), "what is not admitted is not proposed");
        }
        outcome
    }

    fn signature_of(party: &'static str) -> Result<(), String> {
        Err(Inadmissible::Signature(party).to_string())
    }

    #[test]
    fn every_party_signs_its_place_and_nobody_else() {
        let (mut chain, record, grant) = Chain::with_grant(20);
        let p = chain.parties.clone();
        let grants = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
        let all = [
            chain.sign(register(&p.centre, &p.stranger, Role::Doctor, FAR), &[&p.stranger]),
            chain.record(&p.other_owner, [2; 32]),
            grants,
            chain.request(record, Basis::Grant(grant)),
            chain.access(&p.proxy, record),
            chain.revoke(&p.owner, grant),
        ];
        let parties: [&[&str]; 6] = [
            &["subject"],
            &["author", "institution", "owner"],
            &["owner", "owner"],
            &["reader"],
            &["proxy"],
            &["owner"],
        ];
        for (honest, parties) in all.iter().zip(parties) {
            assert_eq!(refusal(&chain, honest), Ok(()));
            let foreign = honest.draft.sign(&p.centre);
            for (i, party) in parties.iter().enumerate() {
                // Signed by somebody else, flipped, signed for another draft, missing.
                let mut wrong = honest.clone();
                wrong.signatures[i] = foreign;
                assert_eq!(refusal(&chain, &wrong), signature_of(party));
                for bit in [0, 255, 256, 511] {
                    let mut bytes = honest.signatures[i].to_bytes();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    let mut wrong = honest.clone();
                    wrong.signatures[i] = epione::sign::Signature::from_bytes(bytes);
                    assert_eq!(refusal(&chain, &wrong), signature_of(party), "bit {bit}");
                }
                let mut wrong = honest.clone();
                wrong.draft.nonce[0] ^= 1;
                assert_eq!(refusal(&chain, &wrong), signature_of(parties[0]));
                let mut wrong = honest.clone();
                wrong.signatures.truncate(i);
                assert_eq!(refusal(&chain, &wrong), signature_of(party));
            }
            let mut more = honest.clone();
            more.signatures.push(foreign);
            assert_eq!(refusal(&chain, &more), signature_of("additional party"));
            more.signatures.push(honest.signatures[0]);
            assert_eq!(refusal(&chain, &more), signature_of("additional party"));
        }
        // Two parties' signatures in each other's places.
        let mut swapped = all[1].clone();
        swapped.signatures.swap(0, 1);
        assert_eq!(refusal(&chain, &swapped), signature_of("author"));
    }

    #[test]
    fn what_is_signed_for_another_chain_is_refused_here() {
        let mut chain = Chain::new(21);
        let p = chain.parties.clone();
        let action = register(&p.centre, &p.stranger, Role::Doctor, FAR);
        for name in ["", "ledger-test", "ledger-tests2", "LEDGER-TESTS"] {
            let draft = Draft::new(name, FAR, action.clone(), &mut chain.rng);
            let transaction = draft.signed_by(&[&p.stranger]);
            assert_eq!(refusal(&chain, &transaction), Err(Inadmissible::Chain.to_string()));
            // The name alone changed back, the signature is for the other.
            let mut moved = transaction;
            moved.draft.chain = CHAIN.to_owned();
            assert_eq!(refusal(&chain, &moved), signature_of("subject"));
        }
    }

    #[test]
    fn a_certificate_is_the_centres_or_nothing() {
        let mut chain = Chain::new(22);
        let p = chain.parties.clone();
        for issuer in [&p.stranger, &p.doctor, &p.institution] {
            let action = register(issuer, &p.stranger, Role::Doctor, FAR);
            let transaction = chain.sign(action, &[&p.stranger]);
            let certificate = Inadmissible::Certificate.to_string();
            assert_eq!(refusal(&chain, &transaction), Err(certificate));
        }
    }

    #[test]
    fn a_draft_that_promises_nonsense_does_not_decode() {
        let (mut chain, _, _) = Chain::with_grant(23);
        let p = chain.parties.clone();
        let honest = chain.grant(&[p.owner.clone(), p.other_owner.clone()], T0, FAR);
        let changes: [fn(&mut GrantAction); 5] = [
            |g| g.owners.swap(0, 1),
            |g| g.owners[0] = g.owners[1],
            |g| g.owners.clear(),
            |g| g.until = g.from,
            |g| g.until = g.from - 1,
        ];
        for change in changes {
            let mut wrong = honest.clone();
            let Action::Grant(action) = &mut wrong.draft.action else { unreachable!() };
            change(action);
            assert!(Transaction::from_bytes(&wrong.to_bytes()).is_err());
        }
        let honest = chain.record(&p.owner, [2; 32]);
        let changes: [fn(&mut RecordAction); 4] = [
            |r| r.sections.clear(),
            |r| r.sections.push(r.sections[0].clone()),
            |r| {
                let identity = SectionDigests { class: Class::Identity, ..r.sections[0].clone() };
                r.sections.push(identity);
            },
            |r| r.index.push(vec![0; 4097]),
        ];
        for change in changes {
            let mut wrong = honest.clone();
            let Action::Record(action) = &mut wrong.draft.action else { unreachable!() };
            change(action);
            assert!(Transaction::from_bytes(&wrong.to_bytes()).is_err());
        }
    }

    #[test]
    fn a_transaction_beyond_the_cap_is_refused_before_it_is_decoded() {
        let chain = Chain::new(24);
        let refusal = chain.ledger.check_request(&vec![0; (1 << 18) + 1]).unwrap_err();
        assert_eq!(refusal.0, "the transaction is longer than 256 KiB");
    }
}

mod ledger_blocks {
    use super::*;

    /// A chain with a block of several outcomes that is proposed and not yet applied.
    fn pending(seed: u64) -> (Chain, Block) {
        let (mut chain, record, grant) = Chain::with_grant(seed);
        let owner = chain.parties.owner.clone();
        let transactions = [
            chain.request(record, Basis::Grant(grant)),
            chain.revoke(&owner, grant),
            chain.request(record, Basis::Grant(grant)),
        ];
        let block = chain.propose(chain.time + 1_000, &transactions);
        assert_eq!(chain.verify(&block), Ok(()));
        (chain, block)
    }

    /// The block with the size and root of its entries.
    fn resealed(mut block: Block) -> Block {
        let leaves: Vec<Digest> = block.entries.iter().map(Entry::leaf).collect();
        let size: usize = block.entries.iter().map(|e| e.transaction.len() + 5).sum();
        block.header.size = size as u32;
        block.header.entries_root = merkle::root(&leaves);
        block
    }

    const OUTCOME: &str = "an outcome is not what the contract says";
    const BODY: &str = "the header's size and root are not those of the body";
    const STATE: &str = "the state root is another";

    #[test]
    fn refused_transactions_stay_with_their_rule() {
        let (mut chain, block) = pending(30);
        let outcomes: Vec<_> = block.entries.iter().map(|entry| entry.refused).collect();
        assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);
        chain.apply(&block);
        let id = Transaction::from_bytes(&block.entries[2].transaction).unwrap().id();
        let (found, entry) = chain.ledger.find(&id).unwrap();
        assert_eq!(
            (found.header.height, entry.refused),
            (block.header.height, Some(Rule::Revoked))
        );
        assert!(chain.ledger.state().request(&id).is_none());
    }

    #[test]
    fn an_outcome_is_what_the_contract_says() {
        let (chain, block) = pending(31);
        for (entry, outcome) in [
            (0, Some(Rule::Revoked)),
            (2, None),
            (2, Some(Rule::WindowOver)),
            (1, Some(Rule::NotOwner)),
        ] {
            let mut changed = block.clone();
            changed.entries[entry].refused = outcome;
            assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
            assert_eq!(chain.verify(&resealed(changed)), Err(OUTCOME.to_owned()));
        }
        // In another order the outcomes are others.
        let mut changed = block.clone();
        changed.entries.swap(1, 2);
        assert_eq!(chain.verify(&resealed(changed)), Err(OUTCOME.to_owned()));
    }

    #[test]
    fn entries_are_exactly_those_under_the_header() {
        let (chain, block) = pending(32);
        let mut changed = block.clone();
        changed.entries.pop();
        assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
        assert!(chain.ledger.digest(&changed.to_bytes()).is_err());
        let mut changed = block.clone();
        changed.entries.push(block.entries[0].clone());
        assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
        let mut changed = block.clone();
        changed.header.entries_root[31] ^= 1;
        assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
        let mut changed = block.clone();
        changed.header.size += 1;
        assert_eq!(chain.verify(&changed), Err(BODY.to_owned()));
        // Dropped and sealed anew, the state is another.
        let mut changed = block.clone();
        changed.entries.pop();
        assert_eq!(chain.verify(&resealed(changed)), Err(STATE.to_owned()));
        let mut changed = block.clone();
        changed.header.state_root[0] ^= 1;
        assert_eq!(chain.verify(&changed), Err(STATE.to_owned()));
        // A transaction that nobody signed.
        let mut changed = block.clone();
        let last = changed.entries[0].transaction.len() - 1;
        changed.entries[0].transaction[last] ^= 1;
        let forged = Inadmissible::Signature("reader").to_string();
        assert_eq!(chain.verify(&resealed(changed)), Err(forged));
        let mut changed = block;
        changed.entries[0].transaction.truncate(7);
        assert!(chain.verify(&resealed(changed)).unwrap_err().starts_with("not a transaction"));
    }

    #[test]
    fn one_header_has_one_body() {
        let (chain, block) = pending(33);
        let honest = chain.ledger.digest(&block.to_bytes()).unwrap();
        assert_eq!(honest, block.header.hash());
        let mut bodies: Vec<Block> = Vec::new();
        for i in 0..block.entries.len() {
            let mut other = block.clone();
            other.entries.remove(i);
            bodies.push(other);
            let mut other = block.clone();
            other.entries[i].refused = Some(Rule::NotOwner);
            bodies.push(other);
            let mut other = block.clone();
            other.entries[i].transaction[5] ^= 1;
            bodies.push(other);
        }
        let mut other = block.clone();
        other.entries.swap(0, 2);
        bodies.push(other);
        for body in bodies {
            let refusal = chain.ledger.digest(&body.to_bytes()).unwrap_err();
            assert_eq!(refusal.0, BODY);
        }
        assert!(chain.ledger.digest(b"nothing").is_err());
    }

    #[test]
    fn a_block_has_its_place_and_time() {
        let (chain, block) = pending(34);
        let expect = |change: &dyn Fn(&mut Block), text: &str| {
            let mut changed = block.clone();
            change(&mut changed);
            assert_eq!(chain.verify(&changed), Err(text.to_owned()));
        };
        expect(&|b| b.header.height += 1, "the block has another height");
        expect(&|b| b.header.height -= 1, "the block has another height");
        expect(&|b| b.header.previous[0] ^= 1, "the block has another parent");
        expect(&|b| b.header.epoch += 1, "the block is of another epoch");
        expect(&|b| b.header.first_view += 1, "the block names another view");
        expect(&|b| b.header.leader ^= 1, "the block names another leader");
        for time in [0, chain.ledger.time() - 1, chain.ledger.time()] {
            expect(&|b| b.header.time = time, "the block is not later than its parent");
        }
    }

    #[test]
    fn a_first_proposal_is_of_about_now_and_a_prepared_one_of_its_time() {
        let (chain, block) = pending(35);
        let leader = chain.config.leader(chain.height(), 0);
        let at = |clock| {
            let first = FirstProposal { view: 0, leader, clock };
            chain.verify_as(&block, Some(first))
        };
        let time = block.header.time;
        for clock in [time - 60_000, time - 1, time, time + 60_000] {
            assert_eq!(at(clock), Ok(()));
        }
        assert_eq!(at(time - 60_001), Err("the block's time is too far ahead".to_owned()));
        assert_eq!(at(time + 60_001), Err("the block's time is too far behind".to_owned()));
        assert_eq!(chain.verify_as(&block, None), Ok(()));
    }

    #[test]
    fn the_parents_certificate_is_a_quorums_for_exactly_the_parent() {
        let (chain, block) = pending(36);
        let (parent, height) = (block.header.previous, block.header.height - 1);
        let with = |certificate: Option<consensus::Certificate>| {
            let mut changed = block.clone();
            changed.header.parent_certificate = certificate;
            chain.verify(&changed)
        };
        let commit = |signers: &[u16]| chain.certify(Phase::Commit, height, parent, signers);
        assert_eq!(with(Some(commit(&[0, 1, 2]))), Ok(()));
        assert_eq!(with(Some(commit(&[1, 2, 3]))), Ok(()));
        assert_eq!(with(Some(commit(&[0, 1, 2, 3]))), Ok(()));
        assert_eq!(with(None), Err("the parent's certificate is missing".to_owned()));
        let not_the_parents = Err("the certificate is not the parent's".to_owned());
        let quorum = [0, 1, 2];
        assert_eq!(
            with(Some(chain.certify(Phase::Prepare, height, parent, &quorum))),
            not_the_parents
        );
        assert_eq!(
            with(Some(chain.certify(Phase::Commit, height - 1, parent, &quorum))),
            not_the_parents
        );
        assert_eq!(
            with(Some(chain.certify(Phase::Commit, height + 1, parent, &quorum))),
            not_the_parents
        );
        assert_eq!(
            with(Some(chain.certify(Phase::Commit, height, [0; 32], &quorum))),
            not_the_parents
        );
        assert!(with(Some(commit(&[0, 1]))).unwrap_err().contains("fewer than the quorum"));
        let mut relabelled = chain.certify(Phase::Prepare, height, parent, &quorum);
        relabelled.phase = Phase::Commit;
        assert!(with(Some(relabelled)).unwrap_err().contains("is not valid"));
        let mut later = commit(&quorum);
        later.view = 1;
        assert!(with(Some(later)).unwrap_err().contains("is not valid"));
        let mut twice = commit(&quorum);
        twice.signatures[1] = twice.signatures[0];
        assert!(with(Some(twice)).is_err());
        let mut stranger = commit(&quorum);
        stranger.signatures[2].0 = 77;
        assert_eq!(with(Some(stranger)), Err("77 may not sign this".to_owned()));
    }

    /// A leader may send any number as the certificate's height; a replica must not fall over it.
    #[test]
    fn a_certificate_of_the_last_height_there_is_does_not_overflow() {
        let (chain, block) = pending(37);
        let mut changed = block;
        let certificate = changed.header.parent_certificate.as_mut().unwrap();
        certificate.height = u64::MAX;
        let not_the_parents = Err("the certificate is not the parent's".to_owned());
        assert_eq!(chain.verify(&changed), not_the_parents);
    }

    #[test]
    fn the_first_block_needs_no_certificate_and_stands_on_the_configuration() {
        let chain = Chain::empty(38);
        let block = chain.propose(T0, &[]);
        assert_eq!(block.header.previous, chain.config.digest());
        assert_eq!(chain.verify(&block), Ok(()));
        let mut changed = block;
        let unfit = chain.certify(Phase::Commit, 1, [1; 32], &[0, 1, 2]);
        changed.header.parent_certificate = Some(unfit);
        assert!(chain.verify(&changed).is_err());
    }

    #[test]
    fn the_merkle_path_of_each_transaction_leads_to_the_header() {
        let mut chain = Chain::new(39);
        let keys: Vec<SigningKey> = (0..13).map(|_| SigningKey::generate(&mut chain.rng)).collect();
        let centre = chain.parties.centre.clone();
        let all: Vec<Transaction> = keys
            .iter()
            .map(|key| chain.sign(register(&centre, key, Role::Doctor, FAR), &[key]))
            .collect();
        for count in [1, 2, 3, 7, 8, 13] {
            let block = chain.propose(chain.time + 1, &all[..count]);
            let root = &block.header.entries_root;
            assert_eq!(block.path(count), None);
            for (i, entry) in block.entries.iter().enumerate() {
                let path = block.path(i).unwrap();
                assert!(merkle::verify(root, count, i, &entry.leaf(), &path));
                let refused = Entry { refused: Some(Rule::Revoked), ..entry.clone() };
                assert!(!merkle::verify(root, count, i, &refused.leaf(), &path));
                for other in (0..count).filter(|other| *other != i) {
                    assert!(!merkle::verify(root, count, other, &entry.leaf(), &path));
                }
            }
        }
    }
}

mod ledger_audit {
    use super::*;

    /// A chain of seven blocks with every kind of transaction and some refusals.
    fn real(seed: u64) -> Chain {
        let (mut chain, record, grant) = Chain::with_grant(seed);
        let p = chain.parties.clone();
        let request = chain.request(record, Basis::Grant(grant));
        let by_policy = chain.request(record, Basis::Policy);
        chain.block(&[request.clone(), by_policy]);
        let access = chain.access(&p.proxy, request.id());
        let again = chain.access(&p.proxy, request.id());
        chain.block(&[access, again]);
        let revoke = chain.revoke(&p.owner, grant);
        chain.block(&[revoke]);
        let late = chain.request(record, Basis::Grant(grant));
        chain.block(&[late]);
        assert_eq!(chain.ledger.height(), 7);
        chain
    }

    type Link = (Block, consensus::Certificate);

    /// Whether a chain with this one link changed is refused at its height.
    fn expect_refused(chain: &Chain, at: usize, what: &str, change: impl FnOnce(&mut Link)) {
        let mut links = chain.ledger.blocks().to_vec();
        change(&mut links[at]);
        let outcome = replay(chain, &links);
        let error = match outcome {
            Err(error) => error,
            Ok(_) => panic!("block {} passes with another {what}", at + 1),
        };
        assert_eq!(error.height, at as u64 + 1, "{what}: {error}");
    }

    fn replay(chain: &Chain, links: &[Link]) -> Result<Ledger, epione::ledger::AuditError> {
        let centre = chain.parties.centre.verifying_key();
        Ledger::replay(CHAIN, centre, links, &chain.config)
    }

    #[test]
    fn a_real_chain_passes_and_gives_the_same_state() {
        let chain = real(40);
        let audited = chain.ledger.audit(&chain.config).unwrap();
        assert_eq!(audited.state().root(), chain.ledger.state().root());
        assert_eq!(audited.height(), 7);
        let replayed = replay(&chain, chain.ledger.blocks()).unwrap();
        assert_eq!(replayed.state().root(), chain.ledger.state().root());
        // Every prefix is a chain of its own.
        for height in 0..7 {
            assert!(replay(&chain, &chain.ledger.blocks()[..height]).is_ok());
        }
    }

    #[test]
    fn any_changed_field_of_any_header_is_found_at_its_height() {
        let chain = real(41);
        let changes: [(&str, fn(&mut Link)); 10] = [
            ("height", |(b, _)| b.header.height += 1),
            ("time", |(b, _)| b.header.time += 1),
            ("earlier time", |(b, _)| b.header.time -= 1),
            ("epoch", |(b, _)| b.header.epoch += 1),
            ("view", |(b, _)| b.header.first_view += 1),
            ("leader", |(b, _)| b.header.leader ^= 1),
            ("parent", |(b, _)| b.header.previous[7] ^= 1),
            ("size", |(b, _)| b.header.size ^= 1),
            ("entries root", |(b, _)| b.header.entries_root[7] ^= 1),
            ("state root", |(b, _)| b.header.state_root[7] ^= 1),
        ];
        for at in 0..7 {
            for (what, change) in changes {
                expect_refused(&chain, at, what, change);
            }
        }
        for at in 1..7 {
            expect_refused(&chain, at, "parent certificate", |(b, _)| {
                b.header.parent_certificate = None;
            });
            expect_refused(&chain, at, "signature of the parent", |(b, _)| {
                let certificate = b.header.parent_certificate.as_mut().unwrap();
                let mut bytes = certificate.signatures[1].1.to_bytes();
                bytes[20] ^= 1;
                certificate.signatures[1].1 = epione::sign::Signature::from_bytes(bytes);
            });
            // Valid, and not what was voted on.
            let parent = &chain.ledger.blocks()[at - 1];
            let other = chain.certify(Phase::Commit, at as u64, parent.0.header.hash(), &[1, 2, 3]);
            expect_refused(&chain, at, "other signers of the parent", |(b, _)| {
                b.header.parent_certificate = Some(other);
            });
        }
    }

    #[test]
    fn any_changed_entry_of_any_block_is_found_at_its_height() {
        let chain = real(42);
        let mut rng = ChaCha20Rng::seed_from_u64(42);
        for at in 0..7 {
            for entry in 0..chain.ledger.blocks()[at].0.entries.len() {
                let length = chain.ledger.blocks()[at].0.entries[entry].transaction.len();
                for _ in 0..20 {
                    let byte = rng.next_u32() as usize % length;
                    let bit = 1 << (rng.next_u32() % 8);
                    expect_refused(&chain, at, "byte of a transaction", |(b, _)| {
                        b.entries[entry].transaction[byte] ^= bit;
                    });
                }
                expect_refused(&chain, at, "outcome", |(b, _)| {
                    let refused = &mut b.entries[entry].refused;
                    *refused = if refused.is_some() { None } else { Some(Rule::Revoked) };
                });
                expect_refused(&chain, at, "set of entries", |(b, _)| {
                    b.entries.remove(entry);
                });
                expect_refused(&chain, at, "number of an entry", |(b, _)| {
                    b.entries.insert(entry, b.entries[entry].clone());
                });
            }
        }
    }

    #[test]
    fn any_changed_commit_certificate_is_found_at_its_height() {
        let chain = real(43);
        let changes: [(&str, fn(&mut Link)); 7] = [
            ("phase", |(_, c)| c.phase = Phase::Prepare),
            ("group", |(_, c)| c.group = 1),
            ("height", |(_, c)| c.height += 1),
            ("view", |(_, c)| c.view += 1),
            ("digest", |(_, c)| c.digest[0] ^= 1),
            ("quorum", |(_, c)| c.signatures.truncate(2)),
            ("signer", |(_, c)| c.signatures[2].0 = 3),
        ];
        for at in 0..7 {
            for (what, change) in changes {
                expect_refused(&chain, at, what, change);
            }
        }
    }

    #[test]
    fn blocks_left_out_moved_or_repeated_are_found() {
        let chain = real(44);
        let links = chain.ledger.blocks();
        for at in 0..6 {
            let mut without = links.to_vec();
            without.remove(at);
            assert_eq!(replay(&chain, &without).unwrap_err().height, at as u64 + 1);
            let mut swapped = links.to_vec();
            swapped.swap(at, at + 1);
            assert_eq!(replay(&chain, &swapped).unwrap_err().height, at as u64 + 1);
            let mut twice = links.to_vec();
            twice.insert(at, links[at].clone());
            assert_eq!(replay(&chain, &twice).unwrap_err().height, at as u64 + 2);
        }
    }

    #[test]
    fn another_centre_chain_or_roster_does_not_verify_it() {
        let chain = real(45);
        let links = chain.ledger.blocks();
        let stranger = chain.parties.stranger.verifying_key();
        let centre = chain.parties.centre.verifying_key();
        assert_eq!(Ledger::replay(CHAIN, stranger, links, &chain.config).unwrap_err().height, 1);
        assert_eq!(Ledger::replay("other", centre, links, &chain.config).unwrap_err().height, 1);
        let other = Chain::empty(99);
        assert_eq!(Ledger::replay(CHAIN, centre, links, &other.config).unwrap_err().height, 1);
    }

    /// What was applied without verification is found by the audit of the ledger itself.
    #[test]
    fn a_replica_that_applied_what_nobody_certified_is_found_out() {
        let mut chain = real(46);
        let block = chain.propose(chain.time + 1_000, &[]);
        let digest = block.header.hash();
        let too_few = chain.certify(Phase::Commit, 8, digest, &[0, 1]);
        chain.ledger.apply(8, &block.to_bytes(), &too_few);
        let error = chain.ledger.audit(&chain.config).unwrap_err();
        assert_eq!(error.height, 8);
        assert_eq!(
            error.to_string(),
            "block 8 does not verify: 2 signatures are fewer than the quorum of 3"
        );
    }
}

mod ledger_determinism {
    use super::*;

    #[test]
    fn the_same_transactions_give_the_same_state_root_on_two_ledgers() {
        let (mut one, record, grant) = Chain::with_grant(50);
        let mut other = Ledger::new(CHAIN, one.parties.centre.verifying_key());
        let p = one.parties.clone();
        let requests = [0; 5].map(|_| one.request(record, Basis::Grant(grant)));
        let access = one.access(&p.proxy, requests[0].id());
        one.block(&requests);
        one.block(&[access]);
        let mut roots = BTreeSet::new();
        for (height, (block, certificate)) in (1..).zip(one.ledger.blocks()) {
            other.apply(height, &block.to_bytes(), certificate);
            assert_eq!(other.state().root(), block.header.state_root);
            assert!(roots.insert(block.header.state_root), "every block changed the state");
        }
        assert_eq!(other.state().root(), one.ledger.state().root());
        assert!(other.state().records().eq(one.ledger.state().records()));
        assert!(other.state().requests().eq(one.ledger.state().requests()));
    }

    #[test]
    fn the_state_root_tells_states_apart() {
        let roots: BTreeSet<Digest> = [
            Chain::empty(51).ledger.state().root(),
            Chain::empty(52).ledger.state().root(),
            Chain::new(51).ledger.state().root(),
            Chain::with_record(51).0.ledger.state().root(),
            Chain::with_grant(51).0.ledger.state().root(),
        ]
        .into();
        assert_eq!(roots.len(), 5);
    }

    #[test]
    fn proposing_and_verifying_leave_the_state_as_it_is() {
        let (mut chain, record, grant) = Chain::with_grant(53);
        let request = chain.request(record, Basis::Grant(grant));
        let root = chain.ledger.state().root();
        let block = chain.propose(chain.time + 1, &[request]);
        assert_eq!(chain.verify(&block), Ok(()));
        assert_eq!(chain.ledger.state().root(), root);
        assert_ne!(block.header.state_root, root);
    }
}

mod ledger_bytes {
    use super::*;

    fn samples() -> (Vec<u8>, Vec<u8>) {
        let (mut chain, record, grant) = Chain::with_grant(60);
        let request = chain.request(record, Basis::Grant(grant));
        let block = chain.propose(chain.time + 1, &[request]);
        let owner = chain.parties.owner.clone();
        (chain.record(&owner, [2; 32]).to_bytes(), block.to_bytes())
    }

    /// What decodes encodes to the same bytes, and what is done with it never panics.
    fn try_all(chain: &Chain, bytes: &[u8]) {
        if let Ok(transaction) = Transaction::from_bytes(bytes) {
            assert_eq!(transaction.to_bytes(), bytes);
            let _ = transaction.check(CHAIN, &chain.parties.centre.verifying_key());
        }
        if let Ok(block) = Block::from_bytes(bytes) {
            assert_eq!(block.to_bytes(), bytes);
            let _ = chain.verify_as(&block, None);
        }
        let _ = chain.ledger.check_request(bytes);
        let _ = chain.ledger.digest(bytes);
        let _ = chain.ledger.requests(bytes);
    }

    #[test]
    fn every_single_flipped_bit_and_every_prefix_is_survived() {
        let (chain, _, _) = Chain::with_grant(60);
        let (transaction, block) = samples();
        for honest in [transaction, block] {
            for i in 0..honest.len() {
                try_all(&chain, &honest[..i]);
                let mut changed = honest.clone();
                changed[i] ^= 1 << (i % 8);
                try_all(&chain, &changed);
                changed[i] = 0xff;
                try_all(&chain, &changed);
            }
            let longer = [&honest[..], &[0]].concat();
            assert!(
                Transaction::from_bytes(&longer).is_err() && Block::from_bytes(&longer).is_err()
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn random_bytes_behind_a_valid_start_are_survived(
            tail in prop::collection::vec(any::<u8>(), 0..600),
            kind in prop::sample::select(vec![0x80u8, 0x81]),
            cut in 0usize..300,
        ) {
            let chain = Chain::empty(61);
            let start = samples_cached(kind);
            let mut bytes = start[..cut.min(start.len()).max(2)].to_vec();
            bytes.extend(tail);
            try_all(&chain, &bytes);
        }
    }

    fn samples_cached(kind: u8) -> &'static [u8] {
        static SAMPLES: std::sync::OnceLock<(Vec<u8>, Vec<u8>)> = std::sync::OnceLock::new();
        let (transaction, block) = SAMPLES.get_or_init(samples);
        if kind == 0x80 { transaction } else { block }
    }
}
