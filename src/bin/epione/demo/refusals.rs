//! What must be refused, tried for real: each case does what an attacker would do, and shows the
//! error that a user would see.

use super::Failure;
use super::report::Report;
use super::steps::{Published, grant, open_to, search};
use super::world::{DAY, HOUR, NotDone, World};
use epione::abe::UserSecretKey;
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::consensus::Digest;
use epione::error::DecodeError;
use epione::ledger::Basis;
use epione::peks;
use epione::policy::AttributeSet;
use epione::protocol::{Envelope, ProtocolError, SearchTerm, Terms, Ticket};
use epione::sign::SigningKey;
use epione::store::{self, Cid, RecordStore};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

/// Every case, in the order of the story.
pub(super) fn show(
    world: &mut World,
    record: &Published,
    ticket: &Ticket,
    terms: &Terms,
    report: &mut Report,
) -> Result<(), Failure> {
    let outcome = without_grant(world, record, ticket);
    report.refusal("a doctor without a grant", outcome);
    let outcome = by_policy(world, record);
    report.refusal("attributes that do not satisfy the policy", outcome);
    let outcome = pooled(world, record)?;
    report.refusal("two such users pooling their keys", outcome);
    let outcome = wrong_hash(world);
    report.refusal("an upload with a wrong hash", outcome);
    let outcome = forged(world, record, ticket);
    report.refusal("a forged transaction signature", outcome);
    let outcome = wrong_trapdoor(world, terms)?;
    report.refusal("a wrong trapdoor", outcome);
    let outcome = keyword_that_does_not_occur(world, terms, report)?;
    report.refusal("a trapdoor for a keyword of no record", outcome);
    let outcome = flipped_byte(world, record, ticket)?;
    report.refusal("a flipped byte in the stored ciphertext", outcome);

    let start = report.start();
    let validity = world.validity();
    let state = world.state().clone();
    let revoke = world.patient.revoke(validity, &state, ticket.grant(), &mut world.rng)?;
    world.commit(&revoke)?;
    let (state, now) = (world.state().clone(), world.now());
    let erased = world.proxy.erase_ended(&state, now);
    let what = format!("{erased} delivery erased at the proxy");
    report.step("revoke", "patient, replicas, proxy", revoke.to_bytes().len() as u64, start, &what);
    let outcome = request(world, record.id, Basis::Grant(*ticket.grant()));
    report.refusal("a revoked grant", outcome);

    let outcome = expired(world, record, terms, report)?;
    report.refusal("an expired window", outcome);
    Ok(())
}

/// Doctor B requests on a basis.
fn request(world: &mut World, record: Digest, basis: Basis) -> Result<Digest, NotDone> {
    let validity = world.validity();
    let request = world.doctor_b.request(validity, record, basis, &mut world.rng);
    world.commit(&request)?;
    Ok(request.id())
}

/// Doctor C, to whom nothing was granted, requests with B's grant.
fn without_grant(world: &mut World, record: &Published, ticket: &Ticket) -> Result<(), NotDone> {
    let validity = world.validity();
    let basis = Basis::Grant(*ticket.grant());
    let request = world.doctor_c.request(validity, record.id, basis, &mut world.rng);
    world.commit(&request).map(|_| ())
}

/// Doctor B, whose attributes are not enough, requests and opens by policy.
fn by_policy(world: &mut World, record: &Published) -> Result<(), Failure> {
    let id = request(world, record.id, Basis::Policy)?;
    let (state, now) = (world.state().clone(), world.now());
    let fetcher = &|fetch: &_, object: &mut dyn Write| world.serve(fetch, object);
    let class = record.main_class();
    let view = (&state, now);
    open_to(world, None, |file| world.doctor_b.open_by_policy(view, &id, class, fetcher, file))?;
    Ok(())
}

/// A and B put the components of both into one key. Its bytes are well formed and its attributes
/// satisfy the policy, but components of two keys share no randomness.
fn pooled(world: &mut World, record: &Published) -> Result<Result<(), Failure>, Failure> {
    let of_a = world.doctor_a.attribute_key().ok_or("A has attributes")?.to_secret_bytes();
    let own = world.doctor_b.attribute_key().ok_or("B has attributes")?.clone();
    let parameters = world.authority.parameters().clone();
    let pooled = splice(&of_a, &own.to_secret_bytes())?;
    world.doctor_b.receive_attributes(parameters.clone(), pooled);
    let outcome = by_policy(world, record);
    world.doctor_b.receive_attributes(parameters, own);
    Ok(outcome)
}

/// The key `a` with all components of `b` that it lacks, byte by byte.
fn splice(a: &[u8], b: &[u8]) -> Result<UserSecretKey, Failure> {
    // [version][kind][suite], the set, then sk1 48, sk3 96 and 48 bytes for each of its attributes.
    const SUITE: usize = 3;
    let parts = |bytes: &[u8]| {
        let mut r = Reader::new(&bytes[SUITE..]);
        let set = AttributeSet::read(&mut r)?;
        let fixed = r.fixed::<{ 48 + 96 }>()?;
        let components = set.expanded().into_iter().map(|u| Ok((u, r.fixed::<48>()?)));
        let components = components.collect::<Result<BTreeMap<_, _>, DecodeError>>()?;
        Ok::<_, DecodeError>((set, fixed, components))
    };
    let ((mut set, fixed, own), (others, _, mut components)) = (parts(a)?, parts(b)?);
    others.iter().try_for_each(|attribute| set.insert(attribute))?;
    components.extend(own);
    let mut w = Writer::default();
    w.fixed(&a[..SUITE]);
    set.write(&mut w);
    w.fixed(&fixed);
    components.values().for_each(|component| w.fixed(component));
    Ok(UserSecretKey::from_bytes(&w.finish())?)
}

/// Doctor A uploads other bytes than he offers.
fn wrong_hash(world: &World) -> Result<(), ProtocolError> {
    let name = store::cid_of(&mut &b"what was promised"[..])?;
    let offer = world.doctor_a.offer(&name);
    world.keeper.upload(world.state(), &offer, &mut &b"what was sent"[..])
}

/// Somebody signs a request in doctor B's name.
fn forged(world: &mut World, record: &Published, ticket: &Ticket) -> Result<(), NotDone> {
    let validity = world.validity();
    let basis = Basis::Grant(*ticket.grant());
    let honest = world.doctor_b.request(validity, record.id, basis, &mut world.rng);
    let forger = SigningKey::generate(&mut world.rng);
    world.commit(&honest.draft.signed_by(&[&forger])).map(|_| ())
}

/// A courier replaces the trapdoor on its way to the proxy.
fn wrong_trapdoor(world: &mut World, terms: &Terms) -> Result<Result<(), ProtocolError>, Failure> {
    let validity = world.validity();
    let state = world.state().clone();
    let reader = state.party(&world.doctor_b.verifying_key()).expect("B is registered");
    let (transaction, delivery, _) =
        world.patient.grant(validity, &state, reader, terms, &mut world.rng)?;
    world.commit(&transaction)?;
    let (foreign, _) = peks::keygen(&mut world.rng);
    let delivery = delivery.with_trapdoors(vec![peks::trapdoor(&foreign, b"anything")]);
    let state = world.state().clone();
    Ok(world.proxy.accept(&state, delivery))
}

/// The patient permits a search for something that she does not have.
fn keyword_that_does_not_occur(
    world: &mut World,
    terms: &Terms,
    report: &mut Report,
) -> Result<Result<(), ProtocolError>, Failure> {
    let nothing = vec![SearchTerm::new("code", "http://snomed.info/sct|0")];
    let ticket = grant(world, &Terms { search: nothing, ..terms.clone() }, report)?;
    Ok(search(world, ticket.grant()).map(|_| ()))
}

/// A bit of one stored chunk is flipped while doctor B's request is under way; then put right.
fn flipped_byte(
    world: &mut World,
    record: &Published,
    ticket: &Ticket,
) -> Result<Result<(), ProtocolError>, Failure> {
    let request = request(world, record.id, Basis::Grant(*ticket.grant()))?;
    let hits = search(world, ticket.grant())?;
    let hit = hits.iter().find(|hit| hit.record == record.id).ok_or("the record was found")?;
    let chunk = ciphertext_chunk(world, &hit.location)?;
    let path = world.keeper.store().block_path(&chunk);
    let intact = fs::read(&path)?;
    let mut changed = intact.clone();
    changed[intact.len() / 2] ^= 1;
    fs::write(&path, &changed)?;

    let (state, now) = (world.state().clone(), world.now());
    let mut rng = world.rng.clone();
    let fetcher = &|fetch: &_, object: &mut dyn Write| world.serve(fetch, object);
    let outcome = world.proxy.reencrypt(&state, &request, fetcher, now, &mut rng);
    fs::write(&path, &intact)?;
    Ok(outcome.map(|_| ()))
}

/// The first chunk of the first ciphertext that an envelope lists.
fn ciphertext_chunk(world: &World, envelope: &Cid) -> Result<Cid, Failure> {
    let store = world.keeper.store();
    let mut bytes = Vec::new();
    store.read(envelope, &mut bytes)?;
    let envelope = Envelope::from_bytes(&bytes)?;
    let (_, hash) = envelope.sections.first().ok_or("an envelope lists a section")?;
    let chunks = store.chunks(&store::cid_of_digest(hash))?;
    Ok(*chunks.first().ok_or("a ciphertext is never empty")?)
}

/// Doctor B comes after the end of a window of one hour.
fn expired(
    world: &mut World,
    record: &Published,
    terms: &Terms,
    report: &mut Report,
) -> Result<Result<(), NotDone>, Failure> {
    let now = world.now();
    let ticket = grant(world, &Terms { from: now, until: now + HOUR, ..terms.clone() }, report)?;
    world.network.advance(DAY);
    Ok(request(world, record.id, Basis::Grant(*ticket.grant())).map(|_| ()))
}
