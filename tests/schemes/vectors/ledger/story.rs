//! A chain with entries of every kind in its state.

use super::chain::{CHAIN, Chain, Parties, START, VALIDITY};
use epione::consensus::{Digest, Evidence, Phase, ReplicaId, SignedStatement, Statement};
use epione::ledger::proof::StateKey;
use epione::ledger::{
    AccessAction, Action, AnchorAction, AttributeRevocationAction, Basis, DelegationDigest, EPOCH,
    EquivocationAction, EvidenceAction, GrantAction, Receipt, RecordAction, RequestAction,
    RevokeAction, Role, Rule, Scope, SectionDigests, Time, Transaction, WithdrawAction,
    anchor_root, epoch_of,
};
use epione::sign::SigningKey;
use rand_chacha::ChaCha20Rng;

/// The chain, with the transactions to which proofs refer.
pub(crate) struct Story {
    pub(crate) chain: Chain,
    /// The record of `owner`, alone in block 2.
    pub(crate) record: Transaction,
    /// A grant of `owner`, in block 3.
    pub(crate) grant: Transaction,
    /// A grant of both owners in block 3, which `other_owner` revokes in block 4.
    pub(crate) shared: Transaction,
    /// A grant of both owners, which `owner` revokes before it arrives, in block 4.
    pub(crate) late: Transaction,
    /// A request that nobody serves.
    pub(crate) open: Transaction,
    /// A request with a reported access.
    pub(crate) served: Transaction,
    /// A request with a reported access and evidence of another release.
    pub(crate) disputed: Transaction,
    /// A request under the revoked grant, rejected in block 4.
    pub(crate) refused: Transaction,
    /// A transaction in block 5 whose validity ends with block 6.
    pub(crate) fleeting: Transaction,
    /// The withdrawn certificate.
    pub(crate) withdrawn: Digest,
}

const TAG: Digest = [5; 32];
/// The last height of the anchor.
const ANCHORED: u64 = 4;
/// The member that signs two votes.
const EQUIVOCATOR: ReplicaId = 300;

impl Story {
    pub(crate) fn new(rng: ChaCha20Rng) -> Self {
        let mut chain = Chain::empty(rng);
        let p = chain.parties.clone();
        let registrations = [
            chain.register(&p.doctor, Role::Doctor, 1),
            chain.register(&p.reader, Role::Doctor, 2),
            chain.register(&p.institution, Role::Institution, 3),
            chain.register(&p.proxy, Role::Proxy, 4),
            chain.register(&p.other_proxy, Role::Proxy, 5),
            chain.register(&p.authority, Role::AttributeAuthority, 7),
        ];
        assert_eq!(chain.block(&registrations.each_ref()), [None; 6]);

        let record = record_by(&mut chain, &p.owner, 1);
        assert_eq!(chain.block(&[&record]), [None]);

        let other_record = record_by(&mut chain, &p.other_owner, 2);
        let grant = grant_by(&mut chain, &[&p.owner]);
        let shared = grant_by(&mut chain, &[&p.owner, &p.other_owner]);
        assert_eq!(chain.block(&[&other_record, &grant, &shared]), [None; 3]);

        let until = VALIDITY.until;
        let [open, served, disputed] =
            [(); 3].map(|()| request_for(&mut chain, until, &record, Basis::Grant(grant.id())));
        let late = grant_by(&mut chain, &[&p.owner, &p.other_owner]);
        let revocations = [(&p.other_owner, &shared), (&p.owner, &late)]
            .map(|(owner, grant)| revocation_by(&mut chain, owner, grant));
        let refused = request_for(&mut chain, until, &record, Basis::Grant(shared.id()));
        let [of_shared, of_late] = &revocations;
        let block = [&open, &served, of_shared, of_late, &disputed, &refused, &late];
        let revoked = Some(Rule::Revoked);
        assert_eq!(chain.block(&block), [None, None, None, None, None, revoked, revoked]);

        let accesses = [&served, &disputed].map(|request| access_to(&mut chain, request));
        let withdrawn = registered(&registrations[4], &p.centre);
        let withdraw = WithdrawAction { centre: p.centre.verifying_key(), certificate: withdrawn };
        let withdraw = chain.sign(until, Action::Withdraw(withdraw), &[&p.centre]);
        let fleeting = request_for(&mut chain, START + 6_000, &record, Basis::Policy);
        let again = chain.register(&p.doctor, Role::Doctor, 6);
        let block = [&accesses[0], &accesses[1], &withdraw, &fleeting, &again];
        let rejected = Some(Rule::AlreadyRegistered);
        assert_eq!(chain.block(&block), [None, None, None, None, rejected]);

        let receipt = Receipt::issue(CHAIN, released(&p.proxy, &disputed, [7; 32]), &p.proxy);
        let evidence = EvidenceAction { reporter: p.reader.verifying_key(), receipt };
        let evidence = chain.sign(until, Action::Evidence(evidence), &[&p.reader]);
        assert_eq!(chain.block(&[&evidence]), [None]);

        let on_record =
            [revoked_attribute(&mut chain), anchor(&mut chain), equivocation(&mut chain)];
        assert_eq!(chain.block(&on_record.each_ref()), [None; 3]);

        assert_eq!(chain.block(&[]), []);
        chain.audit();
        Self {
            chain,
            record,
            grant,
            shared,
            late,
            open,
            served,
            disputed,
            refused,
            fleeting,
            withdrawn,
        }
    }

    /// A key of each kind in the state after the last block, and one that the state lacks. Every
    /// state contains `Genesis`.
    pub(crate) fn keys(&self) -> Vec<(StateKey, bool)> {
        let p = &self.chain.parties;
        let (owner, other) = (p.owner.verifying_key(), p.other_owner.verifying_key());
        let [record, grant, shared] =
            [&self.record, &self.grant, &self.shared].map(Transaction::id);
        let [open, served, disputed] =
            [&self.open, &self.served, &self.disputed].map(Transaction::id);
        vec![
            (StateKey::Genesis, true),
            (StateKey::Party(p.doctor.verifying_key()), true),
            (StateKey::Party(p.stranger.verifying_key()), false),
            (StateKey::Withdrawn(self.withdrawn), true),
            (StateKey::Withdrawn([9; 32]), false),
            (StateKey::Record(record), true),
            (StateKey::Record(grant), false),
            (StateKey::Grant(grant), true),
            (StateKey::Grant(self.late.id()), false),
            (StateKey::Revocation { grant: shared, owner: other }, true),
            (StateKey::Revocation { grant: shared, owner }, false),
            (StateKey::Request(open), true),
            (StateKey::Request(self.refused.id()), false),
            (StateKey::Access(served), true),
            (StateKey::Access(open), false),
            (StateKey::Evidence(disputed), true),
            (StateKey::Evidence(served), false),
            (StateKey::Transaction(self.refused.id()), true),
            (StateKey::Transaction(self.fleeting.id()), false),
            (attribute_key(p, "neurology"), true),
            (attribute_key(p, "cardiology"), false),
            (StateKey::Anchor(ANCHORED), true),
            (StateKey::Anchor(ANCHORED + 1), false),
            (StateKey::Equivocation { epoch: 3, member: EQUIVOCATOR }, true),
            (StateKey::Equivocation { epoch: 2, member: EQUIVOCATOR }, false),
        ]
    }
}

fn record_by(chain: &mut Chain, owner: &SigningKey, id: u8) -> Transaction {
    let p = chain.parties.clone();
    let section = SectionDigests {
        tag: TAG,
        ciphertext: [1; 32],
        wrapped_for_patient: [2; 32],
        wrapped_for_policy: [3; 32],
        wrapped_for_author: [4; 32],
    };
    let action = RecordAction {
        owner: owner.verifying_key(),
        author: p.doctor.verifying_key(),
        institution: p.institution.verifying_key(),
        record_id: [id; 32],
        epoch: epoch_of(START),
        envelope: [9; 32],
        sections: vec![section],
        index: vec![],
    };
    chain.sign(VALIDITY.until, Action::Record(action), &[&p.doctor, &p.institution, owner])
}

fn grant_by(chain: &mut Chain, owners: &[&SigningKey]) -> Transaction {
    let mut owners = owners.to_vec();
    owners.sort_by_key(|owner| owner.verifying_key());
    let delegation = |owner: &&SigningKey| DelegationDigest {
        owner: owner.verifying_key(),
        epoch: epoch_of(START),
        tag: TAG,
        rekey: [6; 32],
    };
    let action = GrantAction {
        owners: owners.iter().map(|owner| owner.verifying_key()).collect(),
        scope: Scope::OwnerKeys,
        reader: chain.parties.reader.verifying_key(),
        proxy: chain.parties.proxy.verifying_key(),
        from: START,
        until: START + EPOCH / 2,
        delegations: owners.iter().map(delegation).collect(),
        trapdoors: vec![],
    };
    chain.sign(VALIDITY.until, Action::Grant(action), &owners)
}

fn request_for(chain: &mut Chain, until: Time, record: &Transaction, basis: Basis) -> Transaction {
    let reader = chain.parties.reader.clone();
    let (record, sections) = (record.id(), vec![0]);
    let action = RequestAction { reader: reader.verifying_key(), record, basis, sections };
    chain.sign(until, Action::Request(action), &[&reader])
}

fn revocation_by(chain: &mut Chain, owner: &SigningKey, grant: &Transaction) -> Transaction {
    let action = RevokeAction { owner: owner.verifying_key(), grant: grant.id() };
    chain.sign(VALIDITY.until, Action::Revoke(action), &[owner])
}

fn access_to(chain: &mut Chain, request: &Transaction) -> Transaction {
    let proxy = chain.parties.proxy.clone();
    let access = released(&proxy, request, [8; 32]);
    chain.sign(VALIDITY.until, Action::Access(access), &[&proxy])
}

fn released(proxy: &SigningKey, request: &Transaction, reencryption: Digest) -> AccessAction {
    let (proxy, request) = (proxy.verifying_key(), request.id());
    AccessAction { proxy, request, reencryptions: vec![reencryption] }
}

/// The digest that withdraws the certificate of a registration.
fn registered(registration: &Transaction, centre: &SigningKey) -> Digest {
    let Action::Register(certificate) = registration.action() else { unreachable!() };
    certificate.verify(&centre.verifying_key()).unwrap().withdrawal()
}

fn attribute_key(p: &Parties, attribute: &str) -> StateKey {
    let entry = AttributeRevocationAction::entry_of(&p.reader.verifying_key(), attribute);
    StateKey::AttributeRevocation { authority: p.authority.verifying_key(), entry }
}

fn revoked_attribute(chain: &mut Chain) -> Transaction {
    let p = chain.parties.clone();
    let entry = AttributeRevocationAction::entry_of(&p.reader.verifying_key(), "neurology");
    let authority = p.authority.verifying_key();
    let action = AttributeRevocationAction { authority, entry, from_epoch: 680 };
    chain.sign(VALIDITY.until, Action::AttributeRevocation(action), &[&p.authority])
}

fn anchor(chain: &mut Chain) -> Transaction {
    let institution = chain.parties.institution.clone();
    let hashes: Vec<Digest> =
        (1..=ANCHORED).map(|height| chain.at(height).block.header.hash()).collect();
    let (until, root) = (ANCHORED, anchor_root(&hashes));
    let action = AnchorAction { institution: institution.verifying_key(), until, root };
    chain.sign(VALIDITY.until, Action::Anchor(action), &[&institution])
}

/// Two COMMITs of a member at one height and view.
fn equivocation(chain: &mut Chain) -> Transaction {
    let reporter = chain.parties.institution.clone();
    let [first, second] = [1, 2].map(|byte| {
        let (vote, signers) = ((Phase::Commit, 3, 1), [EQUIVOCATOR]);
        let certificate = chain.certify(&chain.config, vote, [byte; 32], &signers);
        let (layer, group, kind, height, view) = (2, 0, Phase::Commit as u8, 3, 1);
        let statement = Statement { layer, group, kind, height, view, digest: [byte; 32] };
        SignedStatement { statement, signature: certificate.signatures[0].1 }
    });
    let evidence = Evidence { signer: EQUIVOCATOR, first, second };
    let action = EquivocationAction { reporter: reporter.verifying_key(), evidence };
    chain.sign(VALIDITY.until, Action::Equivocation(action), &[&reporter])
}
