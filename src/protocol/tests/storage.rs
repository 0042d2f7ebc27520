//! Fetches and uploads with foreign signatures.
#![forbid(unsafe_code)]

use super::*;

#[test]
fn a_fetch_or_upload_with_a_foreign_signature_is_refused() {
    let mut world = World::new();
    let record = world.publish();
    let (state, now) = (world.state(), 1_000_000_000);
    let view = LedgerView { state: &state, now };
    let name = name_of(b"an object");
    let forger = SigningKey::generate(&mut world.rng);
    let honest = world.author.fetch(&name, FetchBasis::Own(record), now);
    let forged =
        Fetch { signer: honest.signer, ..Fetch::new(&name, FetchBasis::Own(record), now, &forger) };
    let other = name_of(b"another");
    let changed = [
        forged,
        Fetch { name: other, ..honest.clone() },
        Fetch { time: now + 1, ..honest.clone() },
        Fetch { basis: FetchBasis::Request(record), ..honest.clone() },
        Fetch { signer: world.reader.verifying_key(), ..honest },
    ];
    for fetch in changed {
        let outcome = world.keeper.serve(view, &fetch, &mut Vec::new());
        let by_signature =
            matches!(outcome, Err(ProtocolError::Signature(Item::Fetch, InvalidSignature)));
        assert!(by_signature, "{outcome:?}");
    }

    let object = (&name, 9);
    let at = (CHAIN, &world.keeper.verifying_key());
    let offer = |at, id, object, key| Upload::new(at, id, object, key);
    let key = &world.author.key;
    let honest = offer(at, [1; 32], object, key);
    let changed = [
        Upload { signature: offer(at, [1; 32], object, &forger).signature, ..honest.clone() },
        Upload { name: other, ..honest.clone() },
        Upload { length: 10, ..honest.clone() },
        Upload { origin: offer(at, [2; 32], object, key).origin, ..honest.clone() },
        Upload { origin: offer(at, [1; 32], object, &world.reader.key).origin, ..honest.clone() },
        offer(("another chain", at.1), [1; 32], object, key),
        offer((CHAIN, &forger.verifying_key()), [1; 32], object, key),
    ];
    let upload = |offer| world.keeper.upload(view, offer, &mut &b"an object"[..]);
    for offer in &changed {
        let outcome = upload(offer);
        let by_signature =
            matches!(outcome, Err(ProtocolError::Signature(Item::Upload, InvalidSignature)));
        assert!(by_signature, "{outcome:?}");
    }
    assert!(upload(&honest).is_ok());
}
