//! The number of signatures that a gate verifies.
#![forbid(unsafe_code)]

use super::*;
use crate::algebra::Secret;
use crate::algebra::codec::Canonical;
use crate::algebra::count::{Operation, counted};
use crate::consensus::wire::{SignedViewChange, Vote};
use crate::consensus::{Location, Member, Parameters, Prepared, Profile};
use crate::sign::SigningKey;

const N: u16 = 7;

/// Values without requests.
#[derive(Clone)]
struct Empty;

impl Format for Empty {
    type Request = ();
    type Value = ();

    fn decode_request(&self, _: &[u8]) -> Result<(), Rejection> {
        Ok(())
    }
    fn price(&self, (): &()) -> Price {
        Price::default()
    }
    fn verify_request(&self, _: &Config, (): &()) -> Result<(), Rejection> {
        Ok(())
    }
    fn decode(&self, value: &[u8]) -> Result<(Digest, ()), Rejection> {
        Ok((request_id(value), ()))
    }
    fn requests<'a>(&self, (): &'a ()) -> Vec<(&'a [u8], &'a ())> {
        Vec::new()
    }
}

fn key(id: ReplicaId) -> SigningKey {
    SigningKey::from_seed(&Secret::new([id as u8 + 1; 32]))
}

fn config() -> Config {
    let member = |id| {
        let key = key(id).verifying_key();
        Member { id, key, location: Location::default(), rating: 1 }
    };
    let parameters = Parameters { profile: Profile::Flat, ..Parameters::new("gate") };
    Config::new(parameters, (0..N).map(member).collect()).expect("seven members are valid")
}

/// Votes arrive one by one, each report has a certificate of other signers, and the `NewView`
/// contains the reports and one more certificate. Of each vote, view change and message, one
/// signature is verified.
#[test]
fn a_view_change_costs_one_verification_per_signature() {
    let config = Arc::new(config());
    let gate = Gate::new(config.clone(), Empty);
    let sign = |id: ReplicaId, body| Message::sign(&config, id, &key(id), body);
    let verified = |message: &Message| {
        let received = gate.receive(message.from, &message.to_bytes()).expect("it decodes");
        let (result, counts) = counted(|| gate.verify(received).map(|verified| verified.content));
        result.expect("the signature is valid").expect("the content is valid");
        counts.get(&Operation::Signature).copied().unwrap_or(0)
    };
    let vote = Vote { phase: Phase::Prepare, view: 0, digest: [7; 32] };
    let votes: Vec<Message> = (0..N).map(|id| sign(id, Body::Vote { height: 1, vote })).collect();
    // The last vote arrives in certificates only.
    assert!(votes[..6].iter().all(|vote| verified(vote) == 1));
    let certificate = |first: u16| {
        let mut signers: Vec<u16> = (0..5).map(|i| (first + i) % N).collect();
        signers.sort_unstable();
        let signature = |id: u16| (id, votes[usize::from(id)].signature);
        let signatures = signers.into_iter().map(signature).collect();
        let Vote { phase, view, digest } = vote;
        Certificate { phase, group: 0, height: 1, view, digest, signatures }
    };
    let change =
        ViewChange { height: 1, view: 1, prepared: Some(Prepared { view: 0, digest: [7; 32] }) };
    let changes: Vec<Message> = (0..N)
        .map(|id| sign(id, Body::ViewChange { change, certificate: Some(certificate(id)) }))
        .collect();
    let costs: Vec<usize> = changes.iter().map(verified).collect();
    assert_eq!(costs, [1, 1, 2, 1, 1, 1, 1], "the report of member 2 has the vote of member 6");
    let signed = |message: &Message| {
        let Message { from, signature, .. } = *message;
        SignedViewChange { from, signature, change }
    };
    let proof = NewViewProof {
        changes: changes[..5].iter().map(signed).collect(),
        certificate: Some(certificate(1)),
    };
    let (view, leader, value) = (1, config.leader(1, 1), b"value".to_vec());
    let new_view = sign(leader, Body::NewView { height: 1, view, proof, value });
    assert_eq!(verified(&new_view), 1);
}
