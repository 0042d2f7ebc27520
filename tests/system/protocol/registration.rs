use super::*;

#[test]
fn the_certificate_of_another_is_of_no_use() {
    let mut world = World::new(20);
    // A stranger has the centre certify B's enrolment again, and takes the answer for his own.
    let b = world.doctors[B].certificate().clone();
    let rng = &mut world.rng;
    let thief =
        Doctor::register("Dr. X", START + DAY, &|_: &Enrolment| Ok(b.clone()), rng).unwrap();
    let announced = thief.announce(Validity { chain: CHAIN, until: START + HOUR }, rng);
    let centre = world.centre.verifying_key();
    assert_eq!(announced.check(CHAIN, &centre), Err(TransactionError::Signature("subject")));
}

#[test]
fn a_certificate_of_another_centre_is_refused_everywhere() {
    let mut world = World::new(21);
    let other = RegistrationCentre::new(&mut world.rng);
    let certify = &|enrolment: &Enrolment| other.certify(enrolment);
    let (until, now) = (START + 100 * DAY, world.now());
    let stranger = Patient::register("Eve", until, certify, &mut world.rng).unwrap();
    let introduction = stranger.introduce(&world.doctors[A].verifying_key(), now);
    let centre = world.centre.verifying_key();
    refused!(
        world.doctors[A].check_introduction(&introduction, &centre, now),
        ProtocolError::Signature("the patient's certificate", InvalidSignature)
    );
    let doctor = Doctor::register("Dr. Eve", until, certify, &mut world.rng).unwrap();
    let attributes = AttributeSet::from_names(["doctor"]).unwrap();
    refused!(
        world.authority.issue(doctor.certificate(), &attributes, now),
        ProtocolError::Signature("the certificate", InvalidSignature)
    );
    let announced = doctor.announce(world.validity(), &mut world.rng);
    assert_eq!(announced.check(CHAIN, &centre), Err(TransactionError::Certificate));
}

#[test]
fn only_patients_are_introduced_and_only_doctors_have_attributes() {
    let mut world = World::new(22);
    let now = world.now();
    let centre = world.centre.verifying_key();
    let doctors = world.doctors[C].certificate().clone();
    let rng = &mut world.rng;
    let no_patient =
        Patient::register("Eve", START + DAY, &|_: &Enrolment| Ok(doctors.clone()), rng).unwrap();
    let introduction = no_patient.introduce(&world.doctors[A].verifying_key(), now);
    refused!(
        world.doctors[A].check_introduction(&introduction, &centre, now),
        ProtocolError::NotAuthorised("this is no patient's valid certificate")
    );
    // And hers for a day only.
    let introduction = world.patients[ADA].introduce(&world.doctors[A].verifying_key(), now);
    let late = START + 100 * DAY;
    refused!(
        world.doctors[A].check_introduction(&introduction, &centre, late),
        ProtocolError::NotAuthorised("this is no patient's valid certificate")
    );
    let attributes = AttributeSet::from_names(["doctor"]).unwrap();
    for certificate in [world.patients[ADA].certificate(), world.institutions[0].certificate()] {
        refused!(
            world.authority.issue(certificate, &attributes, now),
            ProtocolError::NotAuthorised("only doctors are given attributes")
        );
    }
    let certificate = world.doctors[A].certificate();
    refused!(
        world.authority.issue(certificate, &attributes, START + 100 * DAY),
        ProtocolError::NotAuthorised("the doctor's certificate has ended")
    );
    assert!(world.authority.issue(certificate, &attributes, START + 100 * DAY - 1).is_ok());
}
