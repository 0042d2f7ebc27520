//! A doctor leaves and another takes over: keys are renewed, his is not.

use super::Failure;
use super::input::Input;
use super::report::Report;
use super::steps::{Published, open_to};
use super::world::{ATTRIBUTES_OF_SUCCESSOR, World};
use super::writing;
use epione::algebra::codec::Canonical;
use epione::ledger::Basis;
use epione::policy::AttributeSet;
use epione::protocol::{Doctor, Fetch, Opened};
use std::io::Write;

/// C's attributes end with the attribute epoch; B is given them for what is written from now on.
pub(super) fn show(
    world: &mut World,
    before: &Published,
    report: &mut Report,
) -> Result<(), Failure> {
    report.say("\nDoctor C leaves, doctor B takes over");
    let start = report.start();
    if !world.authority.revoke(&world.doctor_c.verifying_key()) {
        return Err("C had a key".into());
    }
    let attributes: AttributeSet = ATTRIBUTES_OF_SUCCESSOR.parse()?;
    let key = world.authority.issue(world.doctor_b.certificate(), &attributes, world.now())?;
    let bytes = key.to_secret_bytes().len() as u64;
    world.doctor_b.receive_attributes(world.authority.parameters().clone(), key);
    // A keeps what he has, and renews.
    let token = world.authority.renew(&world.doctor_a.verifying_key(), world.authority.epoch())?;
    world.doctor_a.renew_attributes(&token)?;
    let what = format!(
        "attribute epoch {}: a key for B, a token of {} bytes for A, nothing for C",
        world.authority.epoch(),
        token.to_bytes().len()
    );
    report.step("renew", "attribute authority, doctors", bytes, start, &what);

    let after = writing::publish(world, 0, &mut Input::follow_up()?, report)?;
    let start = report.start();
    let opened = by_policy(world, |world| &world.doctor_b, &after)?;
    let what = format!("section {}, no grant", after.main_class());
    report.step("open by policy", "doctor B", opened.coverage.written, start, &what);

    let outcome = by_policy(world, |world| &world.doctor_c, &after);
    report.refusal("attributes that were taken away", outcome);
    if by_policy(world, |world| &world.doctor_c, before).is_err() {
        report.fail("doctor C could not open what was written before".to_owned());
    }
    let outcome = by_policy(world, |world| &world.doctor_b, before);
    report.refusal("attributes that came after the record", outcome);
    Ok(())
}

/// A doctor requests and opens one section by policy.
fn by_policy(
    world: &mut World,
    doctor: fn(&World) -> &Doctor,
    record: &Published,
) -> Result<Opened, Failure> {
    let (validity, mut rng) = (world.validity(), world.rng.clone());
    let request = doctor(world).request(validity, record.id, Basis::Policy, &mut rng);
    world.rng = rng;
    world.commit(&request)?;
    let view = (world.state(), world.now());
    let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
    let (_, opened) = open_to(world, None, |file| {
        doctor(world).open_by_policy(view, &request.id(), record.main_class(), fetcher, file)
    })?;
    Ok(opened)
}
