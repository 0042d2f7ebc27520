//! Fetches and uploads with foreign signatures, replayed fetches, and their responses.
#![forbid(unsafe_code)]

use super::*;
use crate::algebra::Secret;
use crate::dem::StreamError;
use crate::hpke;

const OBJECT: &[u8] = b"an object";

fn is_signature(outcome: &Result<(), ProtocolError>, item: Item) -> bool {
    matches!(outcome, Err(ProtocolError::Signature(i, InvalidSignature)) if *i == item)
}

/// A world with a published record that lists its envelope, and the envelope's name.
fn published() -> (World, Digest, Cid) {
    let mut world = World::new();
    let record = world.publish();
    let location = world.patient.find(world.ledger.state()).unwrap().pop().unwrap().location;
    (world, record, location)
}

fn serve(world: &World, now: Time, fetch: &Fetch) -> Result<Vec<u8>, ProtocolError> {
    let (view, mut response) = (LedgerView { now, ..world.view() }, Vec::new());
    world.keeper.serve(view, fetch, &mut response, &mut world.fork())?;
    Ok(response)
}

fn decrypt(pending: &PendingFetch, response: &[u8]) -> Result<Vec<u8>, StreamError> {
    let mut object = Vec::new();
    let mut opener = pending.open_response(&mut object);
    opener.write_all(response)?;
    opener.finish()?;
    Ok(object)
}

#[test]
fn a_fetch_with_a_foreign_signature_or_for_another_chain_or_keeper_is_refused() {
    let (mut world, record, name) = published();
    let forger = SigningKey::generate(&mut world.rng);
    let keeper = world.keeper.verifying_key();
    let (at, basis, rng) = ((CHAIN, &keeper), FetchBasis::Own(record), &mut world.rng);
    let honest = world.author.fetch(at, (&name, basis), NOW, rng).fetch;
    let forged = PendingFetch::new(at, (&name, basis), NOW, &forger, rng).fetch;
    let key = &world.author.key;
    let other_chain = PendingFetch::new(("other", &keeper), (&name, basis), NOW, key, rng).fetch;
    let at = (CHAIN, &forger.verifying_key());
    let other_keeper = PendingFetch::new(at, (&name, basis), NOW, key, rng).fetch;
    let response_key = hpke::SecretKey::from_seed(Secret::new([1; 32])).public_key();
    let changed = [
        Fetch { signer: honest.signer, ..forged },
        Fetch { name: name_of(b"another"), ..honest.clone() },
        Fetch { time: NOW + 1, ..honest.clone() },
        Fetch { basis: FetchBasis::Request(record), ..honest.clone() },
        Fetch { signer: world.reader.verifying_key(), ..honest.clone() },
        Fetch { nonce: [0; 16], ..honest.clone() },
        Fetch { response_key, ..honest.clone() },
        other_chain,
        other_keeper,
    ];
    for fetch in changed {
        let outcome = serve(&world, NOW, &fetch).map(drop);
        assert!(is_signature(&outcome, Item::Fetch), "{outcome:?}");
    }
    assert!(serve(&world, NOW, &honest).is_ok());
}

#[test]
fn a_fetch_is_served_once() {
    let (world, record, name) = published();
    let keeper = world.keeper.verifying_key();
    let (at, object) = ((CHAIN, &keeper), (&name, FetchBasis::Own(record)));
    let pending = world.author.fetch(at, object, NOW, &mut world.fork());
    // A refused fetch is not used up: the keeper's clock is late.
    let stale = serve(&world, NOW + 60_001, pending.fetch());
    assert!(matches!(stale, Err(ProtocolError::Refused(Refusal::StaleFetch))), "{stale:?}");
    assert!(serve(&world, NOW, pending.fetch()).is_ok());
    for now in [NOW - 60_000, NOW, NOW + 60_000] {
        let replayed = serve(&world, now, pending.fetch());
        let refused = matches!(replayed, Err(ProtocolError::Refused(Refusal::ReplayedRequest)));
        assert!(refused, "{replayed:?}");
    }
    // The same request, signed anew.
    let again = world.author.fetch(at, object, NOW, &mut world.fork());
    assert!(serve(&world, NOW, again.fetch()).is_ok());
}

#[test]
fn a_response_decrypts_with_the_key_of_its_fetch_only() {
    let (world, record, name) = published();
    let keeper = world.keeper.verifying_key();
    let (at, object) = ((CHAIN, &keeper), (&name, FetchBasis::Own(record)));
    let fetch = || world.author.fetch(at, object, NOW, &mut world.fork());
    let (pending, other) = (fetch(), fetch());
    let response = serve(&world, NOW, pending.fetch()).unwrap();
    let bytes = decrypt(&pending, &response).unwrap();
    assert_eq!(name_of(&bytes), name);
    let is_visible = |part: &[u8]| response.windows(part.len()).any(|window| window == part);
    assert!(!is_visible(&bytes[..32]));

    let refused = |pending: &PendingFetch, response: &[u8]| {
        let outcome = decrypt(pending, response);
        assert!(matches!(outcome, Err(StreamError::Decryption(_))), "{outcome:?}");
    };
    refused(&other, &response);
    // The key alone, with the context of another fetch.
    let PendingFetch { fetch, secret, .. } = &pending;
    let (fetch, secret) = (fetch.clone(), secret.clone());
    refused(&PendingFetch { fetch, secret, context: other.context }, &response);
    for length in 0..response.len() {
        refused(&pending, &response[..length]);
    }
    for position in 0..response.len() {
        let mut changed = response.clone();
        changed[position] ^= 1;
        refused(&pending, &changed);
    }
    refused(&pending, &[&response[..], &[0]].concat());
    refused(&pending, &[0; 200]);
}

/// The network answers a fetch with the response to an earlier fetch of the same object.
#[test]
fn the_reader_refuses_a_replayed_or_truncated_response() {
    let (world, record, name) = published();
    let keeper = world.keeper.verifying_key();
    let hit = Hit { record, location: name };
    let (at, object) = ((CHAIN, &keeper), (&name, FetchBasis::Own(record)));
    let earlier = world.author.fetch(at, object, NOW, &mut world.fork());
    let earlier = serve(&world, NOW, earlier.fetch()).unwrap();
    let honest = |fetch: &Fetch| serve(&world, NOW, fetch);
    let open = |answer: &dyn Fn(&Fetch) -> Result<Vec<u8>, ProtocolError>| {
        let fetch =
            |fetch: &Fetch, response: &mut dyn Write| Ok(response.write_all(&answer(fetch)?)?);
        let (source, output) = (KeeperLink { keeper, fetch }, &mut Cursor::new(vec![]));
        let output = Output::new(output, LIMIT);
        world.patient.open(world.view(), &hit, &source, output, &mut world.fork()).map(drop)
    };
    assert!(open(&honest).is_ok());
    let truncated = |fetch: &Fetch| honest(fetch).map(|bytes| bytes[..bytes.len() - 1].to_vec());
    let empty = |_: &Fetch| Ok(vec![]);
    let replayed = |_: &Fetch| Ok(earlier.clone());
    for answer in [&truncated as &dyn Fn(&_) -> _, &empty, &replayed] {
        let outcome = open(answer);
        assert!(matches!(outcome, Err(ProtocolError::Response(_))), "{outcome:?}");
    }
}

#[test]
fn an_upload_with_a_foreign_signature_is_refused() {
    let mut world = World::new();
    world.publish();
    let forger = SigningKey::generate(&mut world.rng);
    let (name, other) = (name_of(OBJECT), name_of(b"another"));
    let object = (&name, OBJECT.len() as u64);
    let at = (CHAIN, &world.keeper.verifying_key());
    let offer = |at, id, object, key| Upload::new(at, id, object, NOW, key);
    let key = &world.author.key;
    let honest = offer(at, [1; 32], object, key);
    let changed = [
        Upload { signature: offer(at, [1; 32], object, &forger).signature, ..honest.clone() },
        Upload { name: other, ..honest.clone() },
        Upload { length: 10, ..honest.clone() },
        Upload { time: NOW + 1, ..honest.clone() },
        Upload { origin: offer(at, [2; 32], object, key).origin, ..honest.clone() },
        Upload { origin: offer(at, [1; 32], object, &world.reader.key).origin, ..honest.clone() },
        offer(("another chain", at.1), [1; 32], object, key),
        offer((CHAIN, &forger.verifying_key()), [1; 32], object, key),
    ];
    let upload = |offer| world.keeper.upload(world.view(), offer, &mut &OBJECT[..]);
    for offer in &changed {
        let outcome = upload(offer);
        assert!(is_signature(&outcome, Item::Upload), "{outcome:?}");
    }
    assert!(upload(&honest).is_ok());
}

/// The fetches of two signers with equal fields have other responses.
#[test]
fn the_context_of_a_response_depends_on_fetch_signer_chain_and_keeper() {
    let world = World::new();
    let (keeper, other) = (world.keeper.verifying_key(), world.reader.verifying_key());
    let (object, basis) = (name_of(OBJECT), FetchBasis::Own([1; 32]));
    let pending = world.author.fetch((CHAIN, &keeper), (&object, basis), NOW, &mut world.fork());
    let fetch = pending.fetch().clone();
    let contexts = [
        fetch.response_context((CHAIN, &keeper)),
        fetch.response_context(("other", &keeper)),
        fetch.response_context((CHAIN, &other)),
        Fetch { signer: other, ..fetch.clone() }.response_context((CHAIN, &keeper)),
        Fetch { nonce: [0; 16], ..fetch }.response_context((CHAIN, &keeper)),
    ];
    assert!((0..5).all(|i| (0..i).all(|j| contexts[i] != contexts[j])));
}
