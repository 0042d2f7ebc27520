//! Attempts that must be refused: attacks, and steps that cannot succeed. Each case reports the
//! error that a user would see.

use super::report::Report;
use super::steps::{Published, grant, open_by_policy, search};
use super::world::{A, ADA, B, C, CHAIN, DAY, Failure, HOUR, NotCommitted, World, splice_keys};
use epione::algebra::codec::Canonical;
use epione::ledger::Basis;
use epione::protocol::{
    Envelope, LedgerView, Opened, ProtocolError, SealedMessage, SearchTerm, Terms, Ticket,
};
use epione::sign::SigningKey;
use epione::store::{self, Cid, RecordStore};
use std::fs;
use std::time::Instant;

/// Runs all attempts on a record that doctor B may read under `ticket`.
pub(super) fn run(
    world: &mut World,
    record: &Published,
    ticket: &Ticket,
    terms: &Terms,
    report: &mut Report,
) -> Result<(), Failure> {
    let basis = Basis::Grant(*ticket.grant());
    report.refusal("a request under another doctor's grant", world.request(C, record.id, basis));
    report.refusal("an unsatisfied policy", open_by_policy(world, B, record));
    report.refusal("two doctors who pool their attribute keys", pooled(world, record)?);
    report.refusal("an upload that does not match its hash", mismatched_upload(world));
    report.refusal("a forged transaction signature", forged(world, record, basis));
    report.refusal("keys for the proxy, changed in transit", changed_delivery(world, terms)?);
    let outcome = absent_keyword(world, terms, report)?;
    report.refusal("a trapdoor whose keyword is in no record", outcome);
    let outcome = flipped_bit(world, record, ticket)?;
    report.refusal("a flipped bit in a stored ciphertext", outcome);

    revoke(world, ticket, report)?;
    report.refusal("a revoked grant", world.request(B, record.id, basis));
    let outcome = expired(world, record, terms, report)?;
    report.refusal("an expired window", outcome);
    Ok(())
}

/// The patient revokes the grant, and the proxy erases its keys.
fn revoke(world: &mut World, ticket: &Ticket, report: &mut Report) -> Result<(), Failure> {
    let start = Instant::now();
    let (validity, state) = (world.validity(), world.state().clone());
    let revoke = world.patients[ADA].revoke(validity, &state, ticket.grant(), &mut world.rng)?;
    world.commit(&revoke)?;
    let (state, now) = (world.state().clone(), world.now());
    let erased = world.proxies[0].erase_ended(LedgerView { state: &state, now })?;
    let what = format!("deliveries erased by the proxy: {}", erased.len());
    report.step("revoke", "patient, replicas, proxy", revoke.to_bytes().len() as u64, start, &what);
    Ok(())
}

/// Doctors A and B combine components of both keys. The encoding is well-formed and the attributes
/// satisfy the policy, but components of different keys have different randomness.
fn pooled(world: &mut World, record: &Published) -> Result<Result<Opened, Failure>, Failure> {
    let key = |doctor: usize| world.doctors[doctor].attribute_key().ok_or("the doctor has no key");
    let own = key(B)?.clone();
    let pooled = splice_keys(&key(A)?.to_secret_bytes(), &own.to_secret_bytes())?;
    let parameters = world.authority.parameters().clone();
    world.doctors[B].receive_attributes(parameters.clone(), pooled);
    let outcome = open_by_policy(world, B, record);
    world.doctors[B].receive_attributes(parameters, own);
    Ok(outcome)
}

/// Doctor A uploads bytes other than those offered.
fn mismatched_upload(world: &World) -> Result<(), ProtocolError> {
    let offered = b"the bytes offered";
    let name = store::cid_of(&mut &offered[..])?;
    let at = (CHAIN, &world.keeper.verifying_key());
    let object = (&name, offered.len() as u64);
    let offer = world.doctors[A].offer(at, [0; 32], object, world.now());
    world.keeper.upload(world.view(), &offer, &mut &b"other bytes, sent"[..])
}

/// A forger signs a request in doctor B's name.
fn forged(world: &mut World, record: &Published, basis: Basis) -> Result<(), NotCommitted> {
    let sections = world.covered(&record.id, &basis)?;
    let (validity, rng) = (world.validity(), &mut world.rng);
    let honest = world.doctors[B].request(validity, (record.id, &sections), basis, rng);
    let forger = SigningKey::generate(&mut world.rng);
    world.commit(&honest.draft.signed_by(&[&forger])).map(|_| ())
}

/// A bit of the message with re-encryption keys and trapdoors is flipped.
fn changed_delivery(
    world: &mut World,
    terms: &Terms,
) -> Result<Result<(), ProtocolError>, Failure> {
    let (issued, _) = world.grant_undelivered(terms)?;
    let mut bytes = issued.delivery.to_bytes();
    *bytes.last_mut().ok_or("the delivery is empty")? ^= 1;
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    Ok(world.proxies[0].accept(view, &SealedMessage::from_bytes(&bytes)?).map(|_| ()))
}

/// The patient grants a search for a keyword that no record has.
fn absent_keyword(
    world: &mut World,
    terms: &Terms,
    report: &mut Report,
) -> Result<Result<(), &'static str>, Failure> {
    let absent = vec![SearchTerm::new("code", "http://snomed.info/sct|0")];
    let ticket = grant(world, &Terms { search: absent, ..terms.clone() }, report)?;
    let hits = search(world, ticket.grant())?;
    Ok(if hits.is_empty() { Err("the search found no record") } else { Ok(()) })
}

/// One bit of a stored chunk is flipped during doctor B's request, and restored afterwards.
fn flipped_bit(
    world: &mut World,
    record: &Published,
    ticket: &Ticket,
) -> Result<Result<(), ProtocolError>, Failure> {
    let request = world.request(B, record.id, Basis::Grant(*ticket.grant()))?;
    let hits = search(world, ticket.grant())?;
    let hit =
        hits.iter().find(|hit| hit.record == record.id).ok_or("the search found no record")?;
    let chunk = ciphertext_chunk(world, &hit.location)?;
    let path = world.keeper.store().block_path(&chunk);
    let intact = fs::read(&path)?;
    let mut changed = intact.clone();
    changed[intact.len() / 2] ^= 1;
    fs::write(&path, &changed)?;
    let outcome = world.reencrypt(&request);
    fs::write(&path, &intact)?;
    Ok(outcome.map(|_| ()))
}

/// Returns the first chunk of the first ciphertext that an envelope lists.
fn ciphertext_chunk(world: &World, envelope: &Cid) -> Result<Cid, Failure> {
    let store = world.keeper.store();
    let mut bytes = Vec::new();
    store.read(envelope, &mut bytes)?;
    let envelope = Envelope::from_bytes(&bytes)?;
    let ciphertext = envelope.sections.first().ok_or("the envelope lists no section")?;
    let chunks = store.chunks(&ciphertext.name())?;
    Ok(*chunks.first().ok_or("the ciphertext has no chunk")?)
}

/// Doctor B requests a day after a grant for one hour.
fn expired(
    world: &mut World,
    record: &Published,
    terms: &Terms,
    report: &mut Report,
) -> Result<Result<(), NotCommitted>, Failure> {
    let now = world.now();
    let ticket = grant(world, &Terms { from: now, until: now + HOUR, ..terms.clone() }, report)?;
    world.network.advance(DAY);
    Ok(world.request(B, record.id, Basis::Grant(*ticket.grant())).map(|_| ()))
}
