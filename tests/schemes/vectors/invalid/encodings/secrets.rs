//! The saved secrets of every role.

use super::{encodings, overlong, plus_order, with};
use crate::common::rng;
use crate::vectors::format::{NegativeCase, NegativeFile};
use crate::vectors::protocol::run::{Run, certificate};
use epione::algebra::codec::Canonical;
use epione::protocol::{
    Application, AttributeAuthority, Doctor, Institution, Patient, Proxy, QueryManager,
    RegistrationCentre,
};

const KEYS: &str = "Keys";

pub(super) fn secrets(file: &mut NegativeFile, run: &Run) {
    patients(file, run);
    doctors(file, run);
    let (institution, manager) = (run.institution.to_bytes(), run.manager.to_bytes());
    let swapped = |bytes: &[u8], of_other: &[u8]| [&bytes[..66], of_other].concat();
    let [of_institution, of_manager] =
        [run.institution.certificate(), run.manager.certificate()].map(certificate);
    let mut own = other_seeds(&institution);
    own.push(("the certificate of another party", KEYS, swapped(&institution, &of_manager)));
    own.push(("the role of another party", KEYS, with(&institution, role(66, "Hospital"), 4)));
    encodings::<Institution>(file, "InstitutionSecrets", &institution, &own);
    let mut own = other_seeds(&manager);
    own.push(("the certificate of another party", KEYS, swapped(&manager, &of_institution)));
    own.push(("the role of another party", KEYS, with(&manager, role(66, "Query manager"), 3)));
    encodings::<QueryManager>(file, "QueryManagerSecrets", &manager, &own);
    proxies(file, run);
    let centre = run.centre.centre.to_bytes();
    encodings::<RegistrationCentre>(file, "RegistrationCentreSecrets", &centre, &[]);
    authorities(file, run);
    applications(file);
}

/// The position of the role in a certificate.
fn role(certificate: usize, name: &str) -> usize {
    certificate + 32 + 4 + name.len()
}

/// Seeds of keys that the certificate does not contain.
fn other_seeds(bytes: &[u8]) -> Vec<NegativeCase> {
    vec![
        ("another signing key", KEYS, with(bytes, 2, bytes[2] ^ 1)),
        ("another HPKE key", KEYS, with(bytes, 34, bytes[34] ^ 1)),
    ]
}

/// The re-encryption exponent follows the seeds.
fn other_exponents(bytes: &[u8]) -> Vec<NegativeCase> {
    let zero = [&bytes[..66], &[0; 32], &bytes[98..]].concat();
    vec![
        ("another re-encryption key", KEYS, with(bytes, 97, bytes[97] ^ 1)),
        ("a zero exponent", "Zero", zero),
        ("r added to the exponent", "NotReduced", plus_order(bytes, 66)),
    ]
}

fn patients(file: &mut NegativeFile, run: &Run) {
    let bytes = run.patient.to_bytes();
    let issued = certificate(run.patient.certificate());
    let classes = 194 + issued.len();
    let of = |items: &[(u8, u8)]| {
        let mut all = [&bytes[..classes], &(items.len() as u32).to_be_bytes()].concat();
        for (tag, class) in items {
            all.extend([*tag; 32]);
            all.push(*class);
        }
        all
    };
    let mut own = [other_seeds(&bytes), other_exponents(&bytes)].concat();
    own.extend([
        ("a zero exponent of the search key", "Zero", {
            [&bytes[..98], &[0; 32], &bytes[130..]].concat()
        }),
        ("the role of another party", KEYS, with(&bytes, role(194, "Ada Byron"), 2)),
        ("no tags", "Valid", of(&[])),
        ("one class of two tags", "Valid", of(&[(1, 2), (2, 2)])),
        ("tags in descending order", "Order", of(&[(2, 1), (1, 2)])),
        ("a tag twice", "Order", of(&[(1, 1), (1, 2)])),
        ("class 0", "Tag", of(&[(1, 0)])),
        ("class 8", "Tag", of(&[(1, 8)])),
        overlong(&bytes, classes),
    ]);
    encodings::<Patient>(file, "PatientSecrets", &bytes, &own);
}

fn doctors(file: &mut NegativeFile, run: &Run) {
    let bytes = run.author.to_bytes();
    let attributes = |bytes: &[u8]| {
        let certificate = certificate(run.reader.certificate());
        bytes[98..bytes.len() - certificate.len()].to_vec()
    };
    let attributes = attributes(&run.reader.to_bytes());
    let with_attributes = [&bytes[..98], &attributes, &bytes[99..]].concat();
    let mut own = [other_seeds(&bytes), other_exponents(&bytes)].concat();
    own.extend([
        ("the role of another party", KEYS, with(&bytes, role(99, "Dr. Ruiz"), 1)),
        ("a flag of 2", "Tag", with(&bytes, 98, 2)),
        ("a missing attribute key", "Truncated", with(&bytes, 98, 1)),
        ("an attribute key", "Valid", with_attributes.clone()),
        ("an attribute key of another suite", "Suite", with(&with_attributes, 99, 2)),
    ]);
    encodings::<Doctor>(file, "DoctorSecrets", &bytes, &own);
}

fn proxies(file: &mut NegativeFile, run: &Run) {
    let bytes = run.proxy.to_bytes();
    let mut own = other_seeds(&bytes);
    own.push(("the role of another party", KEYS, with(&bytes, role(66, "Proxy"), 3)));
    encodings::<Proxy>(file, "ProxySecrets", &bytes, &own);
}

fn authorities(file: &mut NegativeFile, run: &Run) {
    let bytes = run.authority.to_bytes();
    // Centre, suite and one element of GT, suite and one point, key of the PRF.
    let epochs = 2 + 32 + 577 + 49 + 32;
    let of = |oldest: u8, epoch: u8, users: &[(&str, u8)]| {
        let mut all = [&bytes[..epochs], &[0, 0, 0, oldest], &[0, 0, 0, epoch]].concat();
        all.extend((users.len() as u32).to_be_bytes());
        for (name, revoked) in users {
            all.extend((name.len() as u32).to_be_bytes());
            all.extend(name.as_bytes());
            all.extend([0; 4 + 32]);
            all.push(*revoked);
        }
        all
    };
    let long = "a".repeat(257);
    let own = [
        ("parameters of another suite", "Suite", with(&bytes, 34, 2)),
        ("a master key of another suite", "Suite", with(&bytes, 34 + 577, 2)),
        ("no users", "Valid", of(0, 0, &[])),
        ("two users, one of them revoked", "Valid", of(1, 2, &[("a", 0), ("b", 1)])),
        ("the shorter name last", "Order", of(0, 0, &[("aa", 0), ("a", 0)])),
        ("a user twice", "Order", of(0, 0, &[("a", 0), ("a", 1)])),
        ("an empty identifier", "Name", of(0, 0, &[("", 0)])),
        ("an identifier of 257 bytes", "TooLong", of(0, 0, &[(&long, 0)])),
        ("a revocation flag of 2", "Tag", of(0, 0, &[("a", 2)])),
        ("an oldest epoch after the current one", "Order", of(3, 2, &[])),
        overlong(&bytes, epochs + 8),
    ];
    encodings::<AttributeAuthority>(file, "AttributeAuthoritySecrets", &bytes, &own);
}

fn applications(file: &mut NegativeFile) {
    let rng = &mut rng(2043);
    let [bytes, other] =
        [(); 2].map(|()| Application::<Doctor>::new("Dr. Ruiz", 1000, rng).unwrap().to_bytes());
    let of_institution = Application::<Institution>::new("Hospital", 1000, rng).unwrap().to_bytes();
    // The flag and the exponent follow the seeds; the enrolment ends with a signature, a flag and
    // two scalars.
    let (exponent, enrolment) = (67, 99);
    let [signature, flag] = [64 + 1 + 64, 1 + 64].map(|from_end| bytes.len() - from_end);
    let zero = [&bytes[..exponent], &[0; 32], &bytes[exponent + 32..]].concat();
    let mut own = other_seeds(&bytes);
    own.extend([
        ("another re-encryption key", KEYS, with(&bytes, enrolment - 1, bytes[enrolment - 1] ^ 1)),
        ("a zero exponent", "Zero", zero),
        ("r added to the exponent", "NotReduced", plus_order(&bytes, exponent)),
        ("a doctor without an exponent", KEYS, {
            [&bytes[..66], &[0], &bytes[enrolment..]].concat()
        }),
        ("the enrolment of another doctor", KEYS, {
            [&bytes[..enrolment], &other[enrolment..]].concat()
        }),
        ("a flag of 2", "Tag", with(&bytes, 66, 2)),
        ("another name", "Possession", with(&bytes, enrolment + 36, b'd')),
        ("the role of another party", "Possession", with(&bytes, role(enrolment, "Dr. Ruiz"), 1)),
        ("another signature", "Possession", with(&bytes, signature, bytes[signature] ^ 1)),
        ("no proof for the exponent", "Possession", { [&bytes[..flag], &[0]].concat() }),
        ("the proof of another doctor", "Possession", {
            [&bytes[..flag], &other[flag..]].concat()
        }),
        overlong(&bytes, enrolment + 32),
    ]);
    encodings::<Application<Doctor>>(file, "ApplicationSecrets", &bytes, &own);
    let without = [("the role of a doctor", KEYS, with(&of_institution, role(67, "Hospital"), 2))];
    encodings::<Application<Institution>>(file, "ApplicationSecrets", &of_institution, &without);
}
