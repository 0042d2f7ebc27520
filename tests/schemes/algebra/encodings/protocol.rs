//! Messages of the protocol.

use super::{Specimen, check_serde, specimen};
use crate::common::rng;
use epione::algebra::codec::Canonical;
use epione::error::DecodeError;
use epione::ledger::Certificate;
use epione::protocol::{
    Application, Doctor, Enrolment, Fetch, FetchBasis, Institution, Registrar, RegistrationCentre,
    RegistrationError, SealedMessage, Upload,
};
use epione::sign::VerifyingKey;
use epione::store::{self, Cid};
use rand_chacha::ChaCha20Rng;
use std::cell::RefCell;

/// A centre that keeps the last enrolment.
pub(crate) struct Keeping {
    pub(crate) centre: RegistrationCentre,
    pub(crate) last: RefCell<Option<Enrolment>>,
}

impl Keeping {
    pub(crate) fn new(centre: RegistrationCentre) -> Self {
        Self { centre, last: RefCell::default() }
    }
}

impl Registrar for Keeping {
    fn verifying_key(&self) -> VerifyingKey {
        self.centre.verifying_key()
    }
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError> {
        // A centre receives bytes.
        let enrolment = Enrolment::from_bytes(&enrolment.to_bytes())?;
        self.last.replace(Some(enrolment.clone()));
        self.centre.certify(&enrolment)
    }
}

/// The messages of a doctor, and the enrolments of the doctor and of an institution.
pub(crate) struct Messages {
    pub(crate) upload: Upload,
    pub(crate) fetch: Fetch,
    pub(crate) sealed: SealedMessage,
    pub(crate) of_institution: Enrolment,
    pub(crate) of_doctor: Enrolment,
}

pub(crate) fn messages(rng: &mut ChaCha20Rng) -> Messages {
    let centre = Keeping::new(RegistrationCentre::new(rng));
    let hospital = Institution::register("Hospital", 1000, &centre, rng).unwrap();
    let of_institution = centre.last.take().unwrap();
    let doctor = Doctor::register("Dr. Ruiz", 1000, &centre, rng).unwrap();
    let of_doctor = centre.last.take().unwrap();
    let name = store::cid_of(&mut &b"object"[..]).unwrap();
    let at = ("chain", &hospital.verifying_key());
    let upload = doctor.offer(at, [7; 32], (&name, 6), 500);
    let pending = doctor.fetch(at, (&name, FetchBasis::Request([8; 32])), 500, rng);
    let receiver = hospital.certificate().verify(&centre.centre.verifying_key()).unwrap();
    let sealed = doctor.seal_message("chain", receiver, &upload, rng).unwrap();
    Messages { upload, fetch: pending.fetch().clone(), sealed, of_institution, of_doctor }
}

pub(super) fn specimens(rng: &mut ChaCha20Rng) -> Vec<Specimen> {
    let Messages { upload, fetch, sealed, of_institution, .. } = messages(rng);
    let pre_key = 2 + 32 + 4 + "Hospital".len() + 1 + 32;
    let applicant = Application::<Institution>::new("Hospital", 1000, rng).unwrap();
    // Two seeds, the flag of an absent exponent, and the fields of the enrolment.
    let after_seeds = |position: usize| position + 32 + 32 + 1;
    let lengths = [2 + 32, pre_key].map(after_seeds);
    vec![
        specimen("upload", &upload, &[2]),
        specimen("fetch", &fetch, &[2]),
        specimen("sealed message", &sealed, &[2]),
        specimen("enrolment", &of_institution, &[2 + 32, pre_key]),
        specimen("application", &applicant, &lengths),
    ]
}

#[test]
fn the_enrolment_of_a_doctor_round_trips_with_its_proof_of_possession() {
    let Messages { upload, fetch, sealed, of_doctor, .. } = messages(&mut rng(5));
    let bytes = of_doctor.to_bytes();
    assert_eq!(Enrolment::from_bytes(&bytes), Ok(of_doctor.clone()));
    for length in 0..bytes.len() {
        assert!(Enrolment::from_bytes(&bytes[..length]).is_err(), "truncated to {length}");
    }
    check_serde(&of_doctor);
    check_serde(&upload);
    check_serde(&fetch);
    check_serde(&sealed);
}

#[test]
fn messages_name_objects_by_one_encoding_of_their_identifier() {
    let Messages { upload, .. } = messages(&mut rng(6));
    let bytes = upload.to_bytes();
    let with_name = |name: &[u8]| {
        let length = (name.len() as u32).to_be_bytes();
        let changed = [&bytes[..2], &length, name, &bytes[6 + 36..]].concat();
        Upload::from_bytes(&changed).map(drop)
    };
    let name = &bytes[6..6 + 36];
    assert_eq!(with_name(name), Ok(()));
    let invalid = |name: &[u8]| {
        let outcome = with_name(name);
        assert!(matches!(outcome, Err(DecodeError::Invalid(_))), "{name:02x?}: {outcome:?}");
    };
    // Another version, codec, hash function and length; the version as a varint of two bytes.
    for position in 0..4 {
        let mut changed = name.to_vec();
        changed[position] ^= 1;
        invalid(&changed);
    }
    invalid(&[&[0x81, 0x00], &name[1..]].concat());
    invalid(&[name, &[0]].concat());
    invalid(&Cid::default().to_bytes());
    invalid(&[]);
    assert_eq!(with_name(&[1; 65]), Err(DecodeError::TooLong { found: 65, cap: 64 }));
}
