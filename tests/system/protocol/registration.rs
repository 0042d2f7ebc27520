use super::*;

/// Answers every enrolment with the same certificate.
struct Replaying(Certificate, VerifyingKey);

impl Registrar for Replaying {
    fn verifying_key(&self) -> VerifyingKey {
        self.1
    }
    fn certify(&self, _: &Enrolment) -> Result<Certificate, RegistrationError> {
        Ok(self.0.clone())
    }
}

#[test]
fn a_certificate_cannot_be_announced_with_another_key() {
    let mut world = World::new(20);
    // The centre's answer to another doctor is replaced by B's certificate.
    let b = world.doctors[B].certificate().clone();
    let (rng, centre) = (&mut world.rng, world.centre.verifying_key());
    let forger = Doctor::register("Dr. X", START + DAY, &Replaying(b.clone(), centre), rng);
    let refused = matches!(forger, Err(RegistrationError::OtherSubject("signing key")));
    assert!(refused, "{forger:?}");
    let validity = Validity { chain: CHAIN, until: START + HOUR };
    let forger = SigningKey::generate(rng);
    let announced = Draft::new(validity, Action::Register(b), rng).signed_by(&[&forger]);
    assert_eq!(
        announced.check(world.network.config(), &centre),
        Err(TransactionError::Signature("subject"))
    );
}

#[test]
fn a_certificate_of_another_centre_is_refused_everywhere() {
    let mut world = World::new(21);
    let other = RegistrationCentre::new(&mut world.rng);
    let (until, now) = (START + 100 * DAY, world.now());
    let foreign = Patient::register("Eve", until, &other, &mut world.rng).unwrap();
    let centre = world.centre.verifying_key();
    world.patients.push(foreign);
    refused!(
        world.introduce(BEA + 1, A),
        ProtocolError::Signature(Item::PatientCertificate, InvalidSignature)
    );
    let doctor = Doctor::register("Dr. Eve", until, &other, &mut world.rng).unwrap();
    let rng = &mut world.rng.clone();
    refused!(
        world.patients[ADA].introduce(world.view(), doctor.certificate(), rng),
        ProtocolError::Signature(Item::Certificate, InvalidSignature)
    );
    let attributes = AttributeSet::from_names(["doctor"]).unwrap();
    refused!(
        world.authority.issue(doctor.certificate(), &attributes, now),
        ProtocolError::Signature(Item::Certificate, InvalidSignature)
    );
    let announced = doctor.announce(world.validity(), &mut world.rng);
    assert_eq!(
        announced.check(world.network.config(), &centre),
        Err(TransactionError::Certificate)
    );
}

#[test]
fn patients_introduce_themselves_to_doctors_and_only_doctors_receive_attributes() {
    let mut world = World::new(22);
    let now = world.now();
    let rng = &mut world.rng.clone();
    let proxy = world.proxies[0].certificate();
    refused!(world.patients[ADA].introduce(world.view(), proxy, rng), Refusal::DoctorsOnly);
    // The patient's certificate has expired.
    let doctor = world.doctors[A].certificate();
    let introduction = world.patients[ADA].introduce(world.view(), doctor, rng).unwrap();
    let view = LedgerView { now: START + 100 * DAY, ..world.view() };
    refused!(world.doctors[A].receive_introduction(view, &introduction), Rule::CertificateExpired);
    refused!(world.patients[ADA].introduce(view, doctor, rng), Rule::CertificateExpired);
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

/// Expires or withdraws the certificate of a party, and returns a view after that.
fn end_certificate(world: &mut World, subject: &Certificate, withdraw: bool) -> (State, Time) {
    if withdraw {
        let subject = subject.verify(&world.centre.verifying_key()).unwrap().clone();
        let withdrawal = world.centre.withdraw(world.validity(), &subject, &mut world.rng);
        world.commit(&withdrawal).unwrap();
        (world.state().clone(), world.now())
    } else {
        (world.state().clone(), START + 100 * DAY)
    }
}

#[test]
fn every_step_requires_a_valid_certificate_when_it_is_taken() {
    for withdraw in [false, true] {
        let rule = if withdraw { Rule::CertificateWithdrawn } else { Rule::CertificateExpired };
        let refused = |outcome: Result<(), ProtocolError>| {
            assert!(matches!(&outcome, Err(ProtocolError::Rule(r)) if *r == rule), "{outcome:?}");
        };
        // The reader: fetch, re-encryption, search, opening, query.
        let Shared { mut world, record, ticket, request } = Shared::new(24);
        world.grant(&Terms { until: START + 200 * DAY, ..world.terms(&[record]) });
        let release = world.release(&request).unwrap();
        let query = world.ask(B, START);
        let certificate = world.doctors[B].certificate().clone();
        let (state, now) = end_certificate(&mut world, &certificate, withdraw);
        let view = LedgerView { state: &state, now };
        refused(world.manager.forward(view, &query).map(drop));
        if withdraw {
            // Before the window of the grant ends.
            let (location, _) = world.envelope(&record);
            let basis = FetchBasis::Request(request);
            refused(world.fetched(B, &location, basis, now).map(drop));
            refused(world.reencrypt(&request).map(drop));
            refused(world.proxies[0].release(view, &request, &mut world.rng.clone()).map(drop));
            refused(
                world.proxies[0]
                    .search(view, &world.search_request(B, ticket.grant(), None))
                    .map(drop),
            );
        }
        let (output, rng) = (&mut Cursor::new(Vec::new()), &mut world.fork());
        let (reader, release) = (&world.doctors[B], (&ticket, &release));
        let into = Output::new(output, MAX_RECORD);
        refused(reader.open_granted(view, &request, release, &world, into, rng).map(drop));
        let into = Output::new(output, MAX_RECORD);
        refused(reader.open_by_policy(view, &request, &world, into, rng).map(drop));

        // The author: upload, countersignature. The record stays readable.
        let mut world = Shared::new(25).world;
        let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
        let (validity, hospital) = (world.validity(), world.institutions[0].verifying_key());
        let Sealed { mut sealed, introduction, terms, index } = sealed;
        let (author, rng) = (&world.doctors[A], &mut world.rng);
        let draft = author.draft_record(validity, &sealed, index, &introduction, hospital, rng);
        let valid = world.view();
        let author = &world.doctors[A];
        let mut rng = world.rng.clone();
        let request = author
            .request_consent(valid, &draft, &mut sealed, &introduction, &terms, &mut rng)
            .unwrap();
        let current = world.authority.epoch_policies(&world.policies).unwrap();
        let certificate = author.certificate().clone();
        let (state, now) = end_certificate(&mut world, &certificate, withdraw);
        let view = LedgerView { state: &state, now };
        let name = store::cid_of(&mut &b"x"[..]).unwrap();
        let at = (CHAIN, &world.keeper.verifying_key());
        let offer = world.doctors[A].offer(at, sealed.record_id(), (&name, 1), now);
        refused(world.keeper.upload(view, &offer, &mut &b"x"[..]));
        refused(world.institutions[0].countersign(&draft, view).map(drop));
        refused(world.patients[ADA].consent(view, &request, &sealed, &current).map(drop));
        let hit = world.patients[ADA].find(&state).unwrap().pop().unwrap();
        let rng = &mut world.fork();
        let into = Output::new(output, MAX_RECORD);
        let opened = world.patients[ADA].open(world.view(), &hit, &world, into, rng);
        assert!(opened.unwrap().require_complete().is_ok());

        // The patient, the query manager, the proxy.
        let (doctor, rng) = (world.doctors[B].certificate(), &mut world.rng.clone());
        let introduction = world.patients[ADA].introduce(world.view(), doctor, rng).unwrap();
        let certificate = world.patients[ADA].certificate().clone();
        let (state, now) = end_certificate(&mut world, &certificate, withdraw);
        let view = LedgerView { state: &state, now };
        refused(world.doctors[B].receive_introduction(view, &introduction).map(drop));
        if withdraw {
            let Shared { mut world, request, .. } = Shared::new(26);
            let query = world.ask(B, world.now());
            let forwarded = world.manager.forward(world.view(), &query).unwrap();
            for certificate in
                [world.manager.certificate().clone(), world.proxies[0].certificate().clone()]
            {
                end_certificate(&mut world, &certificate, true);
            }
            refused(world.patients[ADA].receive(world.view(), &forwarded).map(drop));
            refused(world.reencrypt(&request).map(drop));
        }
    }
}

#[test]
fn a_renewed_certificate_is_accepted_until_its_new_end() {
    let mut world = World::new(27);
    let late = START + 100 * DAY;
    let renewed = world.centre.renew(world.doctors[A].certificate(), late + DAY).unwrap();
    let (centre, validity) = (world.centre.verifying_key(), world.validity());
    let renew = |world: &mut World, certificate: &Certificate, centre: &VerifyingKey| {
        world.doctors[A].renew(certificate.clone(), centre, validity, &mut world.rng)
    };
    // The certificate of another party, the present one, and one of another centre.
    let of_another = world.doctors[B].certificate().clone();
    let present = world.doctors[A].certificate().clone();
    for wrong in [&of_another, &present] {
        assert!(matches!(renew(&mut world, wrong, &centre), Err(RegistrationError::NotRenewal)));
    }
    let foreign = renewed.verify(&centre).unwrap().key;
    assert!(matches!(
        renew(&mut world, &renewed, &foreign),
        Err(RegistrationError::Certificate(_))
    ));
    assert_eq!(*world.doctors[A].certificate(), present);
    let renewal = renew(&mut world, &renewed, &centre).unwrap();
    world.commit(&renewal).unwrap();
    let state = world.state().clone();
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json").sealed;
    let name = store::cid_of(&mut &b"x"[..]).unwrap();
    let at = (CHAIN, &world.keeper.verifying_key());
    let upload = |now| {
        let view = LedgerView { state: &state, now };
        let offer = world.doctors[A].offer(at, sealed.record_id(), (&name, 1), now);
        world.keeper.upload(view, &offer, &mut &b"x"[..])
    };
    assert!(upload(late + DAY - 1).is_ok());
    refused!(upload(late + DAY), Rule::CertificateExpired);
    // Another centre does not renew it.
    let other = RegistrationCentre::new(&mut world.rng);
    assert!(other.renew(world.doctors[A].certificate(), late + 2 * DAY).is_err());
}

#[test]
fn the_withdrawal_of_a_patient_does_not_name_them() {
    let mut world = World::new(28);
    let certificate = world.patients[ADA].certificate().clone();
    let subject = certificate.verify(&world.centre.verifying_key()).unwrap().clone();
    let withdrawal = world.centre.withdraw(world.validity(), &subject, &mut world.rng).to_bytes();
    let contains = |part: &[u8]| withdrawal.windows(part.len()).any(|window| window == part);
    assert!(contains(&subject.withdrawal()));
    for part in [subject.name.as_bytes(), subject.key.as_bytes(), &subject.serial] {
        assert!(!contains(part));
    }
}
