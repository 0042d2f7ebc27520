//! The parties: registration, and the secrets as they are saved.

use super::formulas::{self, inner, listed, sign, sized};
use super::run::{Keys, Run, attribute_key, bytes_at, certificate};
use super::{Step, hex_list};
use crate::vectors::format::{File, encoding};
use epione::abe::fabeo::epochs::EpochAuthority;
use epione::algebra::codec::{Canonical, Writer};
use epione::algebra::hash::digest;
use epione::algebra::tag::{self, Kind};
use epione::ledger::Subject;
use epione::pre::{ProofOfPossession, PublicKey};
use epione::record::Class;

/// Returns the fields of a subject.
fn subject_fields(subject: &Subject) -> Vec<u8> {
    let mut w = Writer::default();
    w.fixed(subject.key.as_bytes());
    w.bytes(subject.name.as_bytes());
    w.u8(subject.role as u8);
    w.fixed(subject.hpke_key.as_bytes());
    w.bytes(&subject.pre_key);
    w.fixed(&subject.serial);
    w.u64(subject.valid_until);
    w.finish()
}

/// The enrolment of every party, and the certificate that the centre issues.
pub(super) fn registrations(file: &mut File, run: &Run) {
    let parties = [
        (Keys::of(&run.patient), run.patient.certificate()),
        (Keys::of(&run.author), run.author.certificate()),
        (Keys::of(&run.reader), run.reader.certificate()),
        (Keys::of(&run.institution), run.institution.certificate()),
        (Keys::of(&run.manager), run.manager.certificate()),
        (Keys::of(&run.proxy), run.proxy.certificate()),
    ];
    let centre_seed = bytes_at(&run.centre.centre.to_bytes(), 2);
    for ((keys, issued), enrolment) in parties.into_iter().zip(&run.enrolments) {
        let subject = issued.verify(&run.centre.centre.verifying_key()).unwrap();
        let key = formulas::signing_key(&keys.signing);
        let statement = subject_fields(subject);
        let signature = sign(&key, tag::SIGN_POSSESSION, &statement);
        let enrolment = enrolment.to_bytes();
        // The proof of possession is random: the statement that it proves is compared instead.
        let proof = &enrolment[2 + statement.len() + 64..];
        let has_pre = !subject.pre_key.is_empty();
        assert_eq!(
            enrolment,
            encoding(Kind::Enrolment, &[&statement, &signature[..], proof].concat())
        );
        let possession = if has_pre { encoding(Kind::PrePossession, &proof[1..]) } else { vec![] };
        if has_pre {
            let public = PublicKey::from_bytes(&subject.pre_key).unwrap();
            assert_eq!(public, *formulas::pre_key(&keys.pre).public_key());
            let proof = ProofOfPossession::from_bytes(&possession).unwrap();
            assert!(public.verify_possession(&statement, &proof).is_ok());
        }
        let signed = sign(&formulas::signing_key(&centre_seed), tag::SIGN_CERTIFICATE, &statement);
        let certified = encoding(Kind::Certificate, &[&statement, &signed[..]].concat());
        assert_eq!(certified, issued.to_bytes());
        let withdrawal = digest(tag::LEDGER_SERIAL, &[&subject.serial]);
        assert_eq!(withdrawal, subject.withdrawal());
        let pre = if has_pre { &keys.pre[..] } else { &[] };
        Step::new("registration")
            .inputs(|fields| {
                fields
                    .hex("signing_seed", keys.signing)
                    .hex("hpke_seed", keys.hpke)
                    .hex("pre", pre)
                    .text("name", &subject.name)
                    .number("role", subject.role as u64)
                    .hex("serial", subject.serial)
                    .number("valid_until", subject.valid_until)
                    .hex("possession", possession)
                    .hex("centre_seed", centre_seed)
            })
            .trace(|fields| fields.hex("subject", statement).hex("signature", signature))
            .outputs(|fields| {
                let fields = fields.hex("enrolment", enrolment).hex("certificate", certified);
                fields.hex("withdrawal", withdrawal)
            })
            .add_to(file, &format!("enrolment and certificate of {}", subject.name));
    }
}

/// The encoding of every role.
pub(super) fn secrets(file: &mut File, run: &Run) {
    patient(file, run);
    doctors(file, run);
    others(file, run);
}

/// A step with the keys that every party has.
fn saved(role: &str, keys: &Keys, certificate: &[u8]) -> Step {
    let public = keys.verifying_key();
    let hpke = formulas::hpke_key(&keys.hpke).public_key();
    Step::new("secrets")
        .inputs(|fields| {
            let fields = fields.text("role", role).hex("signing_seed", keys.signing);
            fields.hex("hpke_seed", keys.hpke).hex("certificate", certificate)
        })
        .trace(|fields| {
            fields.hex("verifying_key", public.as_bytes()).hex("hpke_key", hpke.as_bytes())
        })
}

/// The name of the class with this code.
fn class_name(code: u8) -> String {
    Class::ALL.iter().find(|class| **class as u8 == code).unwrap().to_string()
}

fn patient(file: &mut File, run: &Run) {
    let bytes = run.patient.to_bytes();
    let keys = Keys::of(&run.patient);
    let [peks, series, owner] = [98, 130, 162].map(|offset| bytes_at(&bytes, offset));
    let issued = run.patient.certificate().to_bytes();
    let start = 194 + inner(&issued).len();
    let classes: Vec<&[u8]> = bytes[start + 4..].chunks(33).collect();
    let secrets = [
        &keys.signing[..],
        &keys.hpke,
        &keys.pre,
        &peks,
        &series,
        &owner,
        &inner(&issued),
        &listed(&classes.iter().map(|item| item.to_vec()).collect::<Vec<_>>()),
    ];
    assert_eq!(bytes, encoding(Kind::PatientSecrets, &secrets.concat()));
    saved("patient", &keys, &issued)
        .inputs(|fields| {
            fields
                .hex("pre", keys.pre)
                .hex("peks", peks)
                .hex("series_root", series)
                .hex("owner_secret", owner)
                .list("tags", hex_list(classes.iter().map(|item| &item[..32])))
                .list("classes", classes.iter().map(|item| class_name(item[32])))
        })
        .trace(|fields| {
            let fields =
                fields.hex("pre_key", formulas::pre_key(&keys.pre).public_key().to_bytes());
            fields.hex("peks_key", formulas::peks_key(&peks).public_key().to_bytes())
        })
        .outputs(|fields| fields.hex("secrets", bytes))
        .add_to(file, "the secrets of a patient");
}

fn doctors(file: &mut File, run: &Run) {
    let (parameters, key) = attribute_key(run);
    let (parameters, key) = (parameters.to_bytes(), key.to_bytes());
    for (doctor, parameters, key) in
        [(&run.reader, &parameters[..], &key[..]), (&run.author, &[], &[])]
    {
        let keys = Keys::of(doctor);
        let issued = doctor.certificate().to_bytes();
        let attributes =
            if key.is_empty() { vec![0] } else { [&[1], &parameters[2..], &key[2..]].concat() };
        let own = [&keys.signing[..], &keys.hpke, &keys.pre, &attributes, &inner(&issued)];
        let bytes = encoding(Kind::DoctorSecrets, &own.concat());
        assert_eq!(bytes, doctor.to_bytes());
        let comment = if key.is_empty() { "without" } else { "with" };
        saved("doctor", &keys, &issued)
            .inputs(|fields| {
                let fields = fields.hex("pre", keys.pre);
                fields.hex("abe_parameters", parameters).hex("abe_user_key", key)
            })
            .trace(|fields| {
                fields.hex("pre_key", formulas::pre_key(&keys.pre).public_key().to_bytes())
            })
            .outputs(|fields| fields.hex("secrets", bytes))
            .add_to(file, &format!("the secrets of a doctor {comment} an attribute key"));
    }
}

fn others(file: &mut File, run: &Run) {
    let of_keys = |keys: &Keys, issued: &[u8]| [&keys.signing[..], &keys.hpke, issued].concat();
    let (keys, issued) = (Keys::of(&run.institution), certificate(run.institution.certificate()));
    let bytes = encoding(Kind::InstitutionSecrets, &of_keys(&keys, &issued));
    assert_eq!(bytes, run.institution.to_bytes());
    saved("institution", &keys, &encoding(Kind::Certificate, &issued))
        .outputs(|fields| fields.hex("secrets", bytes))
        .add_to(file, "the secrets of an institution");

    let (keys, issued) = (Keys::of(&run.manager), certificate(run.manager.certificate()));
    let bytes = encoding(Kind::QueryManagerSecrets, &of_keys(&keys, &issued));
    assert_eq!(bytes, run.manager.to_bytes());
    saved("query manager", &keys, &encoding(Kind::Certificate, &issued))
        .outputs(|fields| fields.hex("secrets", bytes))
        .add_to(file, "the secrets of a query manager");

    let (keys, issued) = (Keys::of(&run.proxy), certificate(run.proxy.certificate()));
    let bytes = encoding(Kind::ProxySecrets, &of_keys(&keys, &issued));
    assert_eq!(bytes, run.proxy.to_bytes());
    saved("proxy", &keys, &encoding(Kind::Certificate, &issued))
        .outputs(|fields| fields.hex("secrets", bytes))
        .add_to(file, "the secrets of a proxy");

    let bytes = run.centre.centre.to_bytes();
    let seed = bytes_at(&bytes, 2);
    assert_eq!(bytes, encoding(Kind::RegistrationCentreSecrets, &seed));
    let public = formulas::public_key(&seed);
    assert_eq!(public, run.centre.centre.verifying_key());
    Step::new("secrets")
        .inputs(|fields| fields.text("role", "registration centre").hex("signing_seed", seed))
        .trace(|fields| fields.hex("verifying_key", public.as_bytes()))
        .outputs(|fields| fields.hex("secrets", bytes))
        .add_to(file, "the secrets of the registration centre");
    authority(file, run);
}

fn authority(file: &mut File, run: &Run) {
    let bytes = run.authority.to_bytes();
    let (centre, parameters) = (run.centre.centre.verifying_key(), run.authority.parameters());
    let parameters = parameters.to_bytes();
    let start = 2 + 32 + inner(&parameters).len();
    let keys = encoding(Kind::AbeEpochAuthority, &bytes[start..]);
    assert_eq!(EpochAuthority::from_bytes(&keys).unwrap().to_bytes(), keys);
    let fields = [&centre.as_bytes()[..], &inner(&parameters), &bytes[start..]].concat();
    assert_eq!(bytes, encoding(Kind::AttributeAuthoritySecrets, &fields));
    let master = encoding(Kind::AbeMasterSecretKey, &bytes[start..start + 49]);
    let user = hex::encode(run.reader.verifying_key().as_bytes());
    // One user: identifier, generation, digest of the attributes, flag.
    let rest = &bytes[start + 49 + 32 + 8..];
    let digest = &rest[4 + 4 + 64 + 4..][..32];
    let expected = [&listed(&[sized(user.as_bytes())])[..], &[0; 4], digest, &[0]].concat();
    assert_eq!(rest, expected);
    Step::new("secrets")
        .inputs(|inputs| {
            inputs
                .text("role", "attribute authority")
                .hex("centre", centre.as_bytes())
                .hex("abe_parameters", &parameters)
                .hex("abe_master_key", master)
                .hex("prf_key", bytes_at(&bytes, start + 49))
                .number("oldest_epoch", 0)
                .number("epoch", 0)
                .list("users", [user])
                .list("generations", ["0".to_owned()])
                .list("attribute_digests", hex_list([digest]))
                .list("revoked", ["false".to_owned()])
        })
        .outputs(|fields| fields.hex("secrets", &bytes))
        .add_to(file, "the secrets of the attribute authority with one user");
}
