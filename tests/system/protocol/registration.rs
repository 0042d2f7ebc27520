use super::*;

/// Answers every enrolment with the same certificate.
struct Replaying(Certificate);

impl Registrar for Replaying {
    fn certify(&self, _: &Enrolment) -> Result<Certificate, RegistrationError> {
        Ok(self.0.clone())
    }
}

#[test]
fn a_certificate_cannot_be_announced_with_another_key() {
    let mut world = World::new(20);
    // The centre's answer to another doctor is replaced by B's certificate.
    let b = world.doctors[B].certificate().clone();
    let rng = &mut world.rng;
    let forger = Doctor::register("Dr. X", START + DAY, &Replaying(b), rng).unwrap();
    let announced = forger.announce(Validity { chain: CHAIN, until: START + HOUR }, rng);
    let centre = world.centre.verifying_key();
    assert_eq!(announced.check(CHAIN, &centre), Err(TransactionError::Signature("subject")));
}

#[test]
fn a_certificate_of_another_centre_is_refused_everywhere() {
    let mut world = World::new(21);
    let other = RegistrationCentre::new(&mut world.rng);
    let (until, now) = (START + 100 * DAY, world.now());
    let foreign = Patient::register("Eve", until, &other, &mut world.rng).unwrap();
    let introduction = foreign.introduce(&world.doctors[A].verifying_key(), now);
    let centre = world.centre.verifying_key();
    refused!(
        world.doctors[A].check_introduction(&introduction, &centre, now),
        ProtocolError::Signature(Item::PatientCertificate, InvalidSignature)
    );
    let doctor = Doctor::register("Dr. Eve", until, &other, &mut world.rng).unwrap();
    let attributes = AttributeSet::from_names(["doctor"]).unwrap();
    refused!(
        world.authority.issue(doctor.certificate(), &attributes, now),
        ProtocolError::Signature(Item::Certificate, InvalidSignature)
    );
    let announced = doctor.announce(world.validity(), &mut world.rng);
    assert_eq!(announced.check(CHAIN, &centre), Err(TransactionError::Certificate));
}

#[test]
fn only_patients_introduce_themselves_and_only_doctors_receive_attributes() {
    let mut world = World::new(22);
    let now = world.now();
    let centre = world.centre.verifying_key();
    let doctors = world.doctors[C].certificate().clone();
    let rng = &mut world.rng;
    let no_patient = Patient::register("Eve", START + DAY, &Replaying(doctors), rng).unwrap();
    let introduction = no_patient.introduce(&world.doctors[A].verifying_key(), now);
    refused!(
        world.doctors[A].check_introduction(&introduction, &centre, now),
        Refusal::NotPatientCertificate
    );
    // The patient's certificate has expired.
    let introduction = world.patients[ADA].introduce(&world.doctors[A].verifying_key(), now);
    let late = START + 100 * DAY;
    refused!(
        world.doctors[A].check_introduction(&introduction, &centre, late),
        Refusal::NotPatientCertificate
    );
    let attributes = AttributeSet::from_names(["doctor"]).unwrap();
    for certificate in [world.patients[ADA].certificate(), world.institutions[0].certificate()] {
        refused!(world.authority.issue(certificate, &attributes, now), Refusal::DoctorsOnly);
    }
    let certificate = world.doctors[A].certificate();
    refused!(
        world.authority.issue(certificate, &attributes, START + 100 * DAY),
        Refusal::CertificateExpired
    );
    assert!(world.authority.issue(certificate, &attributes, START + 100 * DAY - 1).is_ok());
}
