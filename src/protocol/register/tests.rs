//! Proofs of possession, applications in two steps, refusals of a remote centre.
#![forbid(unsafe_code)]

use super::*;

const NAME: &str = "Dr. Ruiz";
const UNTIL: Time = 1000;

fn apply(rng: &mut (impl Rng + ?Sized)) -> Application<Doctor> {
    Application::<Doctor>::new(NAME, UNTIL, rng).unwrap()
}

#[test]
fn the_centre_certifies_only_keys_whose_possession_is_proven() {
    let rng = &mut rand::thread_rng();
    let centre = RegistrationCentre::new(rng);
    let (own, other) = (apply(rng), apply(rng));
    let (key, honest, foreign) = (&own.key, own.enrolment(), other.enrolment());
    let certify = |change: &dyn Fn(&mut Enrolment)| {
        let mut changed = honest.clone();
        change(&mut changed);
        centre.certify(&changed).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(certify(&|_| ()), Ok(()));

    // Another party's key or proof, and a statement changed after signing.
    let signing = Err(RegistrationError::SigningKey.to_string());
    assert_eq!(certify(&|e| e.subject.key = foreign.subject.key), signing);
    assert_eq!(certify(&|e| e.signing_possession = foreign.signing_possession), signing);
    assert_eq!(certify(&|e| e.subject.name.push('!')), signing);
    assert_eq!(certify(&|e| e.subject.role = Role::Institution), signing);
    assert_eq!(certify(&|e| e.subject.valid_until += 1), signing);
    assert_eq!(certify(&|e| e.subject.hpke_key = foreign.subject.hpke_key), signing);

    assert_eq!(honest.subject().name, "Dr. Ruiz");
    for name in ["x".repeat(MAX_NAME + 1), String::new(), "Dr.\nRuiz".into(), "\x1b[31m".into()] {
        let outcome = certify(&|e| e.subject.name.clone_from(&name));
        assert_eq!(outcome, Err(RegistrationError::Name.to_string()));
    }

    // The applicant signs the changed statement.
    let certify_signed = |change: &dyn Fn(&mut Enrolment)| {
        certify(&|e| {
            change(e);
            let statement = e.subject.to_signed_bytes();
            e.signing_possession = key.sign(tag::SIGN_POSSESSION, &[&statement]);
        })
    };
    let pre_key = Err(RegistrationError::PreKey.to_string());
    let foreign_key = |e: &mut Enrolment| e.subject.pre_key = foreign.subject.pre_key.clone();
    assert_eq!(certify_signed(&foreign_key), pre_key);
    let replayed = |e: &mut Enrolment| {
        foreign_key(e);
        e.pre_possession = foreign.pre_possession.clone();
    };
    assert_eq!(certify_signed(&replayed), pre_key, "the proof is for another statement");
    assert_eq!(certify(&|e| e.pre_possession = None), pre_key);
    assert_eq!(certify(&|e| e.pre_possession = foreign.pre_possession.clone()), pre_key);
    let without_key = certify_signed(&|e| e.subject.pre_key.clear());
    assert_eq!(without_key, pre_key, "a proof without a key");
    let malformed = certify_signed(&|e| e.subject.pre_key.truncate(20));
    assert!(malformed.unwrap_err().starts_with("the re-encryption key does not decode"));
}

fn reload<P>(application: &Application<P>) -> Result<Application<P>, DecodeError>
where
    Application<P>: Canonical,
{
    Application::from_bytes(&application.to_secret_bytes())
}

#[test]
fn a_loaded_application_completes_with_its_certificate() {
    let rng = &mut rand::thread_rng();
    let centre = RegistrationCentre::new(rng);
    let key = centre.verifying_key();
    macro_rules! check {
        ($($role:ident)+) => {$(
            let application = Application::<$role>::new(NAME, UNTIL, rng).unwrap();
            let certificate = centre.certify(application.enrolment()).unwrap();
            let loaded = reload(&application).unwrap();
            assert_eq!(loaded.enrolment(), application.enrolment());
            let party = loaded.complete(certificate.clone(), &key, rng).unwrap();
            assert_eq!(*party.certificate(), certificate);
            // The party's own encoding compares its keys with the certificate.
            assert!($role::from_bytes(&party.to_secret_bytes()).is_ok());
        )+};
    }
    check!(Patient Doctor Institution QueryManager Proxy);
}

#[test]
fn a_certificate_for_another_subject_or_by_another_centre_is_refused() {
    let rng = &mut rand::thread_rng();
    let centre = RegistrationCentre::new(rng);
    let (application, other) = (apply(rng), apply(rng));
    let complete = |certificate: Certificate| {
        let rng = &mut rand::thread_rng();
        application.complete(certificate, &centre.verifying_key(), rng).map(drop)
    };
    let certify = |change: &dyn Fn(&mut Subject)| {
        let mut subject = application.enrolment().subject().clone();
        change(&mut subject);
        complete(Certificate::issue(&centre.key, subject))
    };
    let foreign = other.enrolment().subject();
    let other_than = |outcome: Result<(), RegistrationError>, expected: &str| match outcome {
        Err(RegistrationError::OtherSubject(field)) => assert_eq!(field, expected),
        outcome => panic!("{expected}: {outcome:?}"),
    };
    other_than(complete(centre.certify(other.enrolment()).unwrap()), "signing key");
    other_than(certify(&|subject| subject.key = foreign.key), "signing key");
    other_than(certify(&|subject| subject.name.push('!')), "name");
    other_than(certify(&|subject| subject.role = Role::Patient), "role");
    other_than(certify(&|subject| subject.hpke_key = foreign.hpke_key), "HPKE key");
    let pre_key = foreign.pre_key.clone();
    other_than(certify(&|subject| subject.pre_key = pre_key.clone()), "re-encryption key");
    other_than(certify(&|subject| subject.serial[0] ^= 1), "serial number");
    other_than(certify(&|subject| subject.valid_until += 1), "end of validity");

    let impostor = RegistrationCentre::new(rng);
    let by_impostor = complete(impostor.certify(application.enrolment()).unwrap());
    assert!(matches!(by_impostor, Err(RegistrationError::Certificate(_))), "{by_impostor:?}");
    // The refusals leave the application usable.
    assert!(certify(&|_| ()).is_ok());
}

#[test]
fn an_application_with_other_keys_does_not_decode() {
    let rng = &mut rand::thread_rng();
    let mut decode = |change: &dyn Fn(&mut Application<Doctor>, Application<Doctor>)| {
        let (mut application, other) = (apply(rng), apply(rng));
        change(&mut application, other);
        reload(&application).map(drop)
    };
    let other_keys = Err(DecodeError::Invalid("the keys are not those of the application"));
    assert_eq!(decode(&|_, _| ()), Ok(()));
    assert_eq!(decode(&|own, other| own.key = other.key), other_keys);
    assert_eq!(decode(&|own, other| own.hpke = other.hpke), other_keys);
    assert_eq!(decode(&|own, other| own.pre = other.pre), other_keys);
    assert_eq!(decode(&|own, _| own.pre = None), other_keys);
    assert_eq!(decode(&|own, other| *own.enrolment_mut() = other.enrolment().clone()), other_keys);
    // A doctor without a re-encryption key, consistently.
    let without = |own: &mut Application<Doctor>, _| {
        let subject = Subject { pre_key: vec![], ..own.enrolment().subject().clone() };
        let enrolment = Enrolment::new(subject, &own.key, None, &mut rand::thread_rng());
        (own.pre, *own.enrolment_mut()) = (None, enrolment);
    };
    assert_eq!(decode(&without), other_keys);
    let possession = Err(DecodeError::Invalid("the proofs of possession are not valid"));
    let changed = |own: &mut Application<Doctor>, _| own.enrolment_mut().subject.name.push('!');
    assert_eq!(decode(&changed), possession);
    let replayed = |own: &mut Application<Doctor>, other: Application<Doctor>| {
        own.enrolment_mut().pre_possession = other.enrolment().pre_possession.clone();
    };
    assert_eq!(decode(&replayed), possession);

    let of_another_role = Application::<Patient>::from_bytes(&apply(rng).to_secret_bytes());
    let other_role = DecodeError::Invalid("the application is for another role");
    assert_eq!(of_another_role.map(drop), Err(other_role));
}

#[test]
fn a_name_that_no_certificate_holds_is_refused_before_an_enrolment_is_sent() {
    let rng = &mut rand::thread_rng();
    let mut named =
        |length: usize| Application::<Proxy>::new(&"x".repeat(length), UNTIL, rng).map(drop);
    assert!(named(MAX_NAME).is_ok());
    assert!(matches!(named(MAX_NAME + 1), Err(RegistrationError::Name)));
}

/// A centre that answers with an error, or with a certificate by another centre.
struct Remote(RegistrationCentre, fn() -> RegistrationError);

impl Registrar for Remote {
    fn verifying_key(&self) -> VerifyingKey {
        self.0.verifying_key()
    }
    fn certify(&self, _: &Enrolment) -> Result<Certificate, RegistrationError> {
        Err(self.1())
    }
}

#[test]
fn the_answers_of_a_remote_centre_reach_the_applicant() {
    let rng = &mut rand::thread_rng();
    let mut register = |answer| {
        let remote = Remote(RegistrationCentre::new(rng), answer);
        Patient::register("Ada Byron", UNTIL, &remote, rng).unwrap_err().to_string()
    };
    let declined = || RegistrationError::NotApproved(Reason::new("no such\nemployee"));
    let expected = "the registration centre has not approved the enrolment: no such employee";
    assert_eq!(register(declined), expected);
    let unreachable = || io::Error::new(io::ErrorKind::TimedOut, "timed out").into();
    let expected = "the registration centre cannot be reached: timed out";
    assert_eq!(register(unreachable), expected);
}

/// A certificate by another centre than the one that the applicant knows.
struct Misled<'a>(VerifyingKey, &'a RegistrationCentre);

impl Registrar for Misled<'_> {
    fn verifying_key(&self) -> VerifyingKey {
        self.0
    }
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError> {
        self.1.certify(enrolment)
    }
}

#[test]
fn registration_in_one_call_verifies_the_certificate() {
    let rng = &mut rand::thread_rng();
    let (centre, impostor) = (RegistrationCentre::new(rng), RegistrationCentre::new(rng));
    let misled = Misled(centre.verifying_key(), &impostor);
    let outcome = Doctor::register(NAME, UNTIL, &misled, rng).map(drop);
    assert!(matches!(outcome, Err(RegistrationError::Certificate(_))), "{outcome:?}");
}

#[test]
fn the_reason_of_a_centre_is_bounded_text() {
    let reason = |text: &str| Reason::new(text).to_string();
    assert_eq!(reason("a\u{1b}[2J\u{85}b"), "a [2J b");
    assert_eq!(reason(&"x".repeat(300)), "x".repeat(MAX_REASON));
    // A character is kept as a whole or not at all.
    assert_eq!(reason(&format!("{}é", "x".repeat(255))), "x".repeat(255));
}
