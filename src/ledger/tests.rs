//! The prices of transactions, and the order of the checks before and after them.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

use super::*;
use crate::algebra::Secret;
use crate::algebra::codec::Canonical;
use crate::algebra::count::{Operation, counted};
use crate::consensus::{
    Body, Config, Effect, Evidence, Input, Location, Member, Message, MessageError, Parameters,
    Phase, Replica, SignedStatement, Statement, Vote,
};
use crate::hpke;
use crate::sign::SigningKey;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;

const CHAIN: &str = "prices";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([seed; 32]))
}

fn sign(action: Action, keys: &[&SigningKey]) -> Transaction {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    Draft::new(Validity { chain: CHAIN, until: 1_000 }, action, rng).signed_by(keys)
}

fn certificate(centre: &SigningKey, subject: &SigningKey) -> Certificate {
    let subject = Subject {
        key: subject.verifying_key(),
        name: "Dr. Ruiz".to_owned(),
        role: Role::Doctor,
        hpke_key: hpke::SecretKey::from_seed(Secret::new([1; 32])).public_key(),
        pre_key: vec![],
        serial: [7; 32],
        valid_until: 2_000,
    };
    Certificate::issue(centre, subject)
}

/// A grant of owner keys, which sign it.
fn grant(owners: &[SigningKey]) -> Transaction {
    let mut owners: Vec<&SigningKey> = owners.iter().collect();
    owners.sort_by_key(|key| key.verifying_key());
    let action = GrantAction {
        owners: owners.iter().map(|key| key.verifying_key()).collect(),
        scope: Scope::OwnerKeys,
        reader: key(2).verifying_key(),
        proxy: key(3).verifying_key(),
        from: 0,
        until: 1,
        delegations: vec![],
        trapdoors: vec![[5; 32]; owners.len()],
    };
    sign(Action::Grant(action), &owners)
}

/// One transaction of each action, in order of their codes.
fn transactions(centre: &SigningKey) -> Vec<Transaction> {
    let [author, reader, proxy, hospital, owner] = [1, 2, 3, 4, 5].map(key);
    let record = RecordAction {
        owner: owner.verifying_key(),
        author: author.verifying_key(),
        institution: hospital.verifying_key(),
        record_id: [1; 32],
        epoch: 0,
        envelope: [9; 32],
        sections: vec![SectionDigests {
            tag: [5; 32],
            ciphertext: [1; 32],
            wrapped_for_patient: [2; 32],
            wrapped_for_policy: [3; 32],
            wrapped_for_author: [4; 32],
        }],
        index: vec![],
    };
    let (basis, sections) = (Basis::Policy, vec![0]);
    let request =
        RequestAction { reader: reader.verifying_key(), record: [1; 32], basis, sections };
    let access =
        AccessAction { proxy: proxy.verifying_key(), request: [2; 32], reencryptions: vec![] };
    let receipt = Receipt::issue(CHAIN, access.clone(), &proxy);
    let evidence = EvidenceAction { reporter: reader.verifying_key(), receipt };
    let entry = AttributeRevocationAction::entry_of(&reader.verifying_key(), "neurology");
    let authority = author.verifying_key();
    let attribute = AttributeRevocationAction { authority, entry, from_epoch: 2 };
    let anchor = AnchorAction { institution: hospital.verifying_key(), until: 1, root: [1; 32] };
    let equivocation =
        EquivocationAction { reporter: reader.verifying_key(), evidence: equivocation() };
    let withdraw = WithdrawAction { centre: centre.verifying_key(), certificate: [3; 32] };
    let revoke = RevokeAction { owner: owner.verifying_key(), grant: [4; 32] };
    vec![
        sign(Action::Register(certificate(centre, &author)), &[&author]),
        sign(Action::Record(record), &[&author, &hospital, &owner]),
        grant(&[5, 6, 7].map(key)),
        sign(Action::Request(request), &[&reader]),
        sign(Action::Access(access), &[&proxy]),
        sign(Action::Revoke(revoke), &[&owner]),
        sign(Action::Evidence(evidence), &[&reader]),
        sign(Action::Renew(certificate(centre, &author)), &[&author]),
        sign(Action::Withdraw(withdraw), &[centre]),
        sign(Action::AttributeRevocation(attribute), &[&author]),
        sign(Action::Anchor(anchor), &[&hospital]),
        sign(Action::Equivocation(equivocation), &[&reader]),
    ]
}

#[test]
fn a_transaction_costs_the_signatures_that_its_check_verifies() {
    let (centre, config) = (key(9), config());
    let first_owner = [5, 6, 7].map(|seed| key(seed).verifying_key()).into_iter().min().unwrap();
    let payers = [1, 1, 0, 2, 3, 5, 2, 1, 9, 1, 4, 2].map(|seed| key(seed).verifying_key());
    // Beside its signature, an anchor costs the reading of its blocks.
    let costs = [2, 3, 3, 1, 1, 1, 2, 2, 1, 1, 33, 3];
    for ((transaction, payer), cost) in transactions(&centre).iter().zip(payers).zip(costs) {
        let name = transaction.action().name();
        let (checked, found) = counted(|| transaction.check(&config, &centre.verifying_key()));
        assert_eq!(checked, Ok(()), "{name}");
        let price = transaction.price();
        let signatures = if name == "anchor" { 1 } else { price.cost as usize };
        assert_eq!(found, [(Operation::Signature, signatures)].into(), "{name}");
        assert_eq!(price.cost, cost, "{name}");
        let payer = if name == "grant" { first_owner } else { payer };
        assert_eq!(price.payer, Some(*payer.as_bytes()), "{name}");
    }
}

/// Beside the keys that pay, a grant names its reader and proxy.
#[test]
fn the_decoding_of_a_transaction_decompresses_at_most_two_keys_more_than_it_costs() {
    let mut all = transactions(&key(9));
    let Action::Grant(mut action) = all[2].draft.action.clone() else { unreachable!() };
    let owner = action.owners[0];
    let delegation = DelegationDigest { owner, epoch: 0, tag: [5; 32], rekey: [4; 32] };
    action.delegations = vec![delegation; MAX_COVERED];
    all.push(sign(Action::Grant(action), &[]));
    for transaction in all {
        let bytes = transaction.to_bytes();
        let (decoded, found) = counted(|| Transaction::from_bytes(&bytes));
        assert_eq!(decoded.as_ref(), Ok(&transaction));
        let keys = found[&Operation::VerifyingKey];
        let name = transaction.action().name();
        assert!(keys <= transaction.price().cost as usize + 2, "{name}: {keys} keys");
    }
}

/// Anyone can sign for an invented subject.
#[test]
fn a_forged_certificate_costs_one_signature() {
    let (centre, subject) = (key(9), key(1));
    let forged = sign(Action::Register(certificate(&subject, &subject)), &[&subject]);
    let (checked, found) = counted(|| forged.check(&config(), &centre.verifying_key()));
    assert_eq!(checked, Err(TransactionError::Certificate));
    assert_eq!(found, [(Operation::Signature, 1)].into());
}

/// Four replicas with the keys 10 to 13.
fn config() -> Config {
    let member = |id: u16| Member {
        id,
        key: key(10 + id as u8).verifying_key(),
        location: Location::default(),
        rating: 1,
    };
    Config::new(Parameters::new(CHAIN), (0..4).map(member).collect()).unwrap()
}

/// Two PREPAREs of one member.
fn equivocation() -> Evidence {
    let signed = |digest: u8| {
        let (config, vote) =
            (config(), Vote { phase: Phase::Prepare, view: 0, digest: [digest; 32] });
        let message = Message::sign(&config, 2, &key(12), Body::Vote { height: 3, vote });
        let statement =
            Statement { layer: 2, group: 0, kind: 1, height: 3, view: 0, digest: vote.digest };
        SignedStatement { statement, signature: message.signature }
    };
    Evidence { signer: 2, first: signed(1), second: signed(2) }
}

/// A replica with an empty ledger, and the key of another.
fn replica() -> (Arc<Config>, Replica<Ledger>, SigningKey) {
    let (config, ledger) = (Arc::new(config()), Ledger::new(CHAIN, key(9).verifying_key()));
    let replica = Replica::new(config.clone(), 1, key(11), ledger).unwrap();
    (config, replica, key(12))
}

#[test]
fn a_replica_verifies_no_signature_of_a_transaction_with_an_unknown_payer() {
    let (config, mut replica, peer) = replica();
    let invented: Vec<SigningKey> = (100..164).map(key).collect();
    let reason = TransactionError::OwnerWithoutRecord.to_string();
    let bytes = grant(&invented).to_bytes();
    let (effects, found) = counted(|| replica.step(0, Input::Request(bytes.clone())));
    assert_eq!(found.get(&Operation::Signature), None);
    let [Effect::Reject { reason: found, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(found.0, reason);

    let message = Message::sign(&config, 2, &peer, Body::Request(bytes));
    let (effects, found) = counted(|| replica.step(0, Input::Message { peer: 2, message }));
    assert_eq!(found.get(&Operation::Signature), None);
    let [Effect::Discard { peer: 2, error: MessageError::Rejected(found) }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(found.0, reason);
}
