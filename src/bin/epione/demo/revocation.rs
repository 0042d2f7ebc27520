//! Attribute revocation: doctor C leaves, and doctor B takes over with a new key.

use super::input::Input;
use super::publication;
use super::report::Report;
use super::steps::{Published, class_names, open_by_policy};
use super::world::{A, B, C, Failure, World};
use epione::algebra::codec::Canonical;
use epione::policy::AttributeSet;
use std::time::Instant;

/// Doctor B's attributes after doctor C has left.
const SUCCESSOR_ATTRIBUTES: &str =
    "doctor, licence = 2030-06-30, clearance = 2u8, \"stroke unit\", neurology";

/// The authority revokes C's attributes, which starts a new attribute epoch, and issues them to B.
pub(super) fn run(
    world: &mut World,
    before: &Published,
    report: &mut Report,
) -> Result<(), Failure> {
    report.print("\nAttribute revocation: doctor C leaves, doctor B takes over");
    let start = Instant::now();
    if !world.authority.revoke(&world.doctors[C].verifying_key()) {
        return Err("doctor C has no attribute key to revoke".into());
    }
    let attributes: AttributeSet = SUCCESSOR_ATTRIBUTES.parse()?;
    let now = world.now();
    let key = world.authority.issue(world.doctors[B].certificate(), &attributes, now)?;
    let bytes = key.to_secret_bytes().len() as u64;
    let epoch = world.authority.epoch();
    world.doctors[B].receive_attributes(world.authority.parameters().clone(), key);
    let token = world.authority.renew(&world.doctors[A].verifying_key(), epoch)?;
    world.doctors[A].renew_attributes(&token)?;
    let what = format!(
        "attribute epoch {epoch}: new key for B, token of {} bytes for A, no token for C",
        token.to_bytes().len()
    );
    report.step("renew", "attribute authority, doctors", bytes, start, &what);

    let after = publication::publish(world, 0, &mut Input::follow_up()?, report)?;
    let start = Instant::now();
    let opened = open_by_policy(world, B, &after)?;
    let what = format!("without a grant: {}", class_names(&opened));
    report.step("open by policy", "doctor B", opened.coverage.written, start, &what);

    report.refusal("a revoked attribute key", open_by_policy(world, C, &after));
    if open_by_policy(world, C, before).is_err() {
        report.fail("doctor C could not open a record of an earlier epoch".to_owned());
    }
    report.refusal("an attribute key newer than the record", open_by_policy(world, B, before));
    withdraw(world, report)?;
    report.refusal("a withdrawn certificate", open_by_policy(world, C, before));
    Ok(())
}

/// The registration centre withdraws doctor C's certificate.
fn withdraw(world: &mut World, report: &mut Report) -> Result<(), Failure> {
    let start = Instant::now();
    let certificate = world.doctors[C].certificate();
    let subject = certificate.verify(&world.centre.verifying_key())?;
    let withdrawal = world.centre.withdraw(world.validity(), subject, &mut world.rng);
    world.commit(&withdrawal)?;
    let bytes = withdrawal.to_bytes().len() as u64;
    report.step("withdraw", "registration centre", bytes, start, "the certificate of doctor C");
    Ok(())
}
