use super::*;

#[test]
fn only_fresh_unaltered_queries_are_accepted_and_only_by_their_patient() {
    let mut world = World::new(40);
    let (now, state) = (world.now(), world.state().clone());
    let view_at = |now| LedgerView { state: &state, now };
    let view = view_at(now);
    let query = world.ask(B, now);
    let forwarded = world.manager.forward(view, &query).unwrap();
    assert!(world.patients[ADA].receive(view, &forwarded).is_ok());
    refused!(world.patients[BEA].receive(view, &forwarded), Refusal::OtherPatient);
    // C uses Ada's pseudonym for B.
    let misused = world.ask(C, now);
    let misused = world.manager.forward(view, &misused).unwrap();
    refused!(world.patients[ADA].receive(view, &misused), Refusal::OtherPatient);
    // B uses the pseudonym in another epoch.
    let late = now + 31 * DAY;
    let later = world.ask(B, late);
    let later = world.manager.forward(view_at(late), &later).unwrap();
    refused!(world.patients[ADA].receive(view_at(late), &later), Refusal::OtherPatient);
    let other = world.doctors[C].verifying_key();
    let changes: [&dyn Fn(&mut Query); 4] =
        [&|q| q.contents[0] ^= 1, &|q| q.time += 1, &|q| q.pseudonym[0] ^= 1, &|q| {
            q.reader = other
        }];
    for change in changes {
        let mut changed = query.clone();
        change(&mut changed);
        refused!(
            world.manager.forward(view, &changed),
            ProtocolError::Signature(Item::Query, InvalidSignature)
        );
    }
    // Neither the manager nor the patient accepts a stale query.
    assert!(world.manager.forward(view_at(now + HOUR), &query).is_ok());
    for then in [now + HOUR + 1, now - HOUR - 1] {
        refused!(world.manager.forward(view_at(then), &query), Refusal::StaleQuery);
        refused!(world.patients[ADA].receive(view_at(then), &forwarded), Refusal::StaleQuery);
    }
    // Readers and managers must be registered.
    let rng = &mut world.rng;
    let unregistered = Doctor::register("Dr. Eve", START + DAY, &world.centre, rng).unwrap();
    world.doctors[C] = unregistered;
    let of_unregistered = world.ask(C, now);
    refused!(world.manager.forward(view, &of_unregistered), Refusal::UnregisteredReader);
    let rng = &mut world.rng;
    let manager = QueryManager::register("N", START + DAY, &world.centre, rng).unwrap();
    let forwarded = manager.forward(view, &query).unwrap();
    refused!(world.patients[ADA].receive(view, &forwarded), Refusal::UnregisteredManager);
}
