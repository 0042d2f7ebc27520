//! Lengths that a dishonest author or store keeper states or sends.
#![forbid(unsafe_code)]

use super::consent::rewrap;
use super::*;
use crate::protocol::binding::SectionKey;
use crate::store::{RecordStore, digest_of_cid};
use std::cell::Cell;
use std::io::{Seek, SeekFrom};

/// A dishonest author: seals a record with altered section keys, and publishes it.
fn publish_altered(world: &mut World, alter: &dyn Fn(u8, &mut SectionKey)) -> Hit {
    let (mut sealed, introduction, _) = world.seal();
    publish_rewrapped(world, (&mut sealed, &introduction), alter)
}

/// Replaces the envelope by one with altered lengths, and publishes the record.
fn publish_with_lengths(world: &mut World, alter: &dyn Fn(&mut u64)) -> Hit {
    let (mut sealed, introduction, _) = world.seal();
    let mut envelope = Envelope::from_bytes(&sealed.envelope.bytes).unwrap();
    envelope.sections.iter_mut().for_each(|ciphertext| alter(&mut ciphertext.length));
    sealed.envelope = NamedObject::new(envelope.to_bytes());
    world.store(&sealed, &sealed.envelope.bytes);
    let location = digest_of_cid(&sealed.envelope.name).unwrap();
    publish_rewrapped(world, (&mut sealed, &introduction), &|_, key| key.envelope = location)
}

fn publish_rewrapped(
    world: &mut World,
    (sealed, introduction): (&mut SealedRecord, &Introduction),
    alter: &dyn Fn(u8, &mut SectionKey),
) -> Hit {
    rewrap(world, (sealed, introduction), alter);
    for section in &sealed.sections {
        world.store(sealed, &section.wrapped_for_patient.bytes);
    }
    let record = world.publish_unchecked(sealed, introduction);
    Hit { record, location: sealed.envelope.name }
}

/// An output that must not be used.
struct Untouched;

impl Write for Untouched {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        panic!("the output is written")
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Untouched {
    fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
        panic!("the output is moved")
    }
}

fn refusal(world: &World, hit: &Hit, max_length: u64) -> ProtocolError {
    let (view, rng) = (LedgerView { state: world.ledger.state(), now: NOW }, &mut world.fork());
    let untouched = &mut Untouched;
    let output = Output::new(untouched, max_length);
    world.patient.open(view, hit, world, output, rng).unwrap_err()
}

/// An output in memory would be extended to the stated length.
#[test]
fn a_record_that_is_longer_than_the_caller_accepts_is_refused_before_the_output_is_used() {
    let mut world = World::new();
    let record = world.publish();
    let hit = world.patient.find(world.ledger.state()).unwrap().pop().unwrap();
    assert_eq!(hit.record, record);
    let length = FILE.len() as u64;
    let open = |max_length| {
        let (mut output, rng) = (Cursor::new(vec![]), &mut world.fork());
        let into = Output::new(&mut output, max_length);
        world.patient.open(world.view(), &hit, &world, into, rng).map(|_| output.into_inner())
    };
    assert_eq!(open(length).unwrap(), FILE);
    let too_long = |error| matches!(error, ProtocolError::RecordTooLong { max_length, .. } if max_length < 100);
    assert!(too_long(refusal(&world, &hit, 99)));
    // A dishonest author states 2^46 bytes.
    let hit = publish_altered(&mut world, &|_, key| key.length = 1 << 46);
    let error = refusal(&world, &hit, LIMIT);
    assert!(matches!(error, ProtocolError::RecordTooLong { length, .. } if length == 1 << 46));
}

#[test]
fn section_keys_that_contradict_each_other_are_refused() {
    let mut world = World::new();
    for alter in [
        &(|i: u8, key: &mut SectionKey| key.length += u64::from(i)) as &dyn Fn(u8, &mut _),
        &|i: u8, key: &mut SectionKey| key.envelope[0] ^= i,
    ] {
        let hit = publish_altered(&mut world, alter);
        let error = refusal(&world, &hit, LIMIT);
        let refused = matches!(error, ProtocolError::Refused(Refusal::ContradictoryKeys));
        assert!(refused, "{error:?}");
    }
}

/// The temporary files of a reader would be filled.
#[test]
fn ciphertexts_that_are_longer_than_a_section_of_the_record_are_refused_before_they_are_fetched() {
    let mut world = World::new();
    for length in [1 << 46, u64::MAX] {
        let hit = publish_with_lengths(&mut world, &|stated| *stated = length);
        let error = refusal(&world, &hit, LIMIT);
        let refused = matches!(error, ProtocolError::Refused(Refusal::CiphertextTooLong));
        assert!(refused, "{error:?}");
    }
    // Less than the ciphertext has: it is not fetched to its end.
    let hit = publish_with_lengths(&mut world, &|stated| *stated -= 1);
    let error = refusal(&world, &hit, LIMIT);
    assert!(error.to_string().contains("more bytes than the object has"), "{error:?}");
}

/// A keeper, or the network, that answers without end.
fn endless<'a>(
    world: &'a World,
    sent: &'a Cell<u64>,
    is_endless: impl Fn(&Cid) -> bool + 'a,
) -> impl ObjectSource + 'a {
    let keeper = world.keeper.verifying_key();
    let fetch = move |fetch: &Fetch, response: &mut dyn Write| {
        if !is_endless(fetch.name()) {
            return world.fetch(fetch, response);
        }
        let mut endless = fetch.respond((CHAIN, &keeper), response, &mut world.fork())?;
        loop {
            endless.write_all(&[0; 1 << 16])?;
            sent.set(sent.get() + (1 << 16));
        }
    };
    KeeperLink { keeper, fetch }
}

#[test]
fn reader_and_proxy_end_a_response_that_is_longer_than_the_object() {
    let mut world = World::new();
    let (record, ticket) = world.granted();
    let (request, hit) =
        (world.request(record, &ticket), world.patient.find(&world.state()).unwrap().pop());
    let (hit, sent) = (hit.unwrap(), Cell::new(0));
    let state = world.state();
    let view = LedgerView { state: &state, now: NOW };
    let mut bytes = Vec::new();
    world.keeper.store().read(&hit.location, &mut bytes).unwrap();
    let envelope = Envelope::from_bytes(&bytes).unwrap();
    let ciphertexts: Vec<Cid> = envelope.sections.iter().map(StoredCiphertext::name).collect();
    let is_ciphertext = |name: &Cid| ciphertexts.contains(name);
    let is_envelope = |name: &Cid| *name == hit.location;
    // The location of the envelope is in the wrapped key, so this key is fetched first.
    for (longest, is_endless) in [
        (1 << 18, &is_ciphertext as &dyn Fn(&_) -> bool),
        (1 << 18, &is_envelope),
        (17 << 20, &|name| !is_ciphertext(name) && !is_envelope(name)),
    ] {
        let source = endless(&world, &sent, is_endless);
        sent.set(0);
        let error = world.proxy.reencrypt(view, &request, &source, &mut world.fork()).unwrap_err();
        assert!(matches!(error, ProtocolError::Io(_)), "{error:?}");
        assert!(sent.get() <= longest);
        let output = &mut Cursor::new(vec![]);
        let output = Output::new(output, LIMIT);
        sent.set(0);
        let opened = world.patient.open(view, &hit, &source, output, &mut world.fork());
        assert!(matches!(opened, Err(ProtocolError::Io(_))), "{opened:?}");
        assert!(sent.get() <= longest);
    }
}
