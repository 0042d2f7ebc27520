use super::*;

#[test]
fn a_query_passes_only_as_it_was_asked() {
    let mut world = World::new(40);
    let (now, state) = (world.now(), world.state());
    let introduction = world.patients[ADA].introduce(&world.doctors[B].verifying_key(), now);
    let ask = |doctor: &Doctor, time| {
        doctor.ask(&introduction, vec![stroke()], vec![Class::Clinical], "why", time).unwrap()
    };
    let query = ask(&world.doctors[B], now);
    let forwarded = world.manager.forward(&query, &state, now).unwrap();
    assert!(world.patients[ADA].receive(&forwarded, &state, now).is_ok());
    let elsewhere = "the query is about somebody else";
    refused!(
        world.patients[BEA].receive(&forwarded, &state, now),
        ProtocolError::NotAuthorised(text) if text == elsewhere
    );
    // C uses the pseudonym that Ada has towards B.
    let stolen = world.manager.forward(&ask(&world.doctors[C], now), &state, now).unwrap();
    refused!(
        world.patients[ADA].receive(&stolen, &state, now),
        ProtocolError::NotAuthorised(text) if text == elsewhere
    );
    // B uses it in another epoch.
    let later = world
        .manager
        .forward(&ask(&world.doctors[B], now + 31 * DAY), &state, now + 31 * DAY)
        .unwrap();
    refused!(
        world.patients[ADA].receive(&later, &state, now + 31 * DAY),
        ProtocolError::NotAuthorised(text) if text == elsewhere
    );
    let changes: [fn(&mut epione::protocol::Query); 5] = [
        |q| q.purpose.push('!'),
        |q| q.classes.push(Class::Restricted),
        |q| q.terms.clear(),
        |q| q.time += 1,
        |q| q.pseudonym[0] ^= 1,
    ];
    for change in changes {
        let mut changed = query.clone();
        change(&mut changed);
        refused!(
            world.manager.forward(&changed, &state, now),
            ProtocolError::Signature("the query", InvalidSignature)
        );
    }
    // An old query is not answered again, neither by the manager nor by the patient.
    let hour = 3_600_000;
    assert!(world.manager.forward(&query, &state, now + hour).is_ok());
    for then in [now + hour + 1, now - hour - 1] {
        refused!(
            world.manager.forward(&query, &state, then),
            ProtocolError::NotAuthorised("the query is not fresh")
        );
        refused!(
            world.patients[ADA].receive(&forwarded, &state, then),
            ProtocolError::NotAuthorised("the query is not fresh")
        );
    }
    // Whoever is not registered is no reader, and no manager.
    let certify = &|enrolment: &Enrolment| world.centre.certify(enrolment);
    let rng = &mut world.rng;
    let stranger = Doctor::register("Dr. Eve", START + DAY, certify, rng).unwrap();
    refused!(
        world.manager.forward(&ask(&stranger, now), &state, now),
        ProtocolError::NotAuthorised("the reader is not a registered doctor")
    );
    let manager = epione::protocol::QueryManager::register("N", START + DAY, certify, rng).unwrap();
    let forwarded = manager.forward(&query, &state, now).unwrap();
    refused!(
        world.patients[ADA].receive(&forwarded, &state, now),
        ProtocolError::NotAuthorised("this is no registered query manager")
    );
}
