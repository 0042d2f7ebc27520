//! The whole protocol as a library, and what attackers get out of it.
#![cfg(feature = "sim")]
#![allow(missing_docs, clippy::unwrap_used)]

mod world;

use epione::abe::UserSecretKey;
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::consensus::Digest;
use epione::error::DecryptionFailed;
use epione::ledger::{Action, Basis, Draft, Inadmissible, Rule, Transaction};
use epione::peks;
use epione::policy::AttributeSet;
use epione::pre::conditional::{InvalidCiphertext, InvalidReEncryption};
use epione::protocol::{
    Doctor, Enrolment, Fetch, FetchBasis, Hit, Patient, ProtocolError, Proxy, RegistrationCentre,
    SearchTerm, SectionReEncryption, Terms, trail,
};
use epione::record::{Class, Record};
use epione::sign::InvalidSignature;
use epione::store::{self, DirectoryStore, RecordStore, StoreError};
use proptest::prelude::*;
use std::cell::RefCell;
use std::fs;
use std::io::{Cursor, Write};
use world::{
    A, ADA, B, BEA, BUNDLE, C, CHAIN, DAY, HOUR, START, World, policy, section_of, stroke,
};

/// Insists on one error.
macro_rules! refused {
    ($outcome:expr, $error:pat $(if $guard:expr)?) => {
        match $outcome {
            Err($error) $(if $guard)? => {}
            Err(other) => panic!("refused, but with {other:?}"),
            Ok(_) => panic!("not refused; expected {}", stringify!($error)),
        }
    };
}

const NO_GRANT: &str = "the grant is not on the ledger";
const NO_REQUEST: &str = "there is no such request on the ledger";
const NOT_DELIVERED: &str = "nothing was delivered for this grant";

/// A world with one bundle of Ada's by doctor A, granted to B, requested.
struct Shared {
    world: World,
    record: Digest,
    ticket: epione::protocol::Ticket,
    request: Digest,
}

impl Shared {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let terms = world.terms(&[record]);
        let ticket = world.grant(&terms);
        let request = world.request_granted(record, &ticket);
        Self { world, record, ticket, request }
    }
}

mod protocol_story {
    use super::*;

    #[test]
    fn every_way_into_a_record_gives_the_same_bytes() {
        let mut world = World::new(1);
        let image: Vec<u8> = (0..3_000_000u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
        let files: [(&[u8], &str); 3] =
            [(BUNDLE, "bundle.json"), (&image, "image.dcm"), (b"\0", "one byte")];
        let records = files.map(|(file, name)| world.publish(A, ADA, file, name));

        // Ask, over the query manager.
        let introduction =
            world.patients[ADA].introduce(&world.doctors[B].verifying_key(), world.now());
        let search = vec![stroke(), SearchTerm::everything()];
        let query = world.doctors[B]
            .ask(&introduction, search, Class::ALL.to_vec(), "stroke", world.now())
            .unwrap();
        let forwarded = world.manager.forward(&query, &world.state()).unwrap();
        let received = world.patients[ADA].receive(&forwarded, &world.state()).unwrap().clone();
        assert_eq!(received, query);

        // Grant and search.
        let terms = Terms { search: received.terms, ..world.terms(&records) };
        let ticket = world.grant(&terms);
        let hits = world.proxies[0].search(&world.state(), ticket.grant(), world.now()).unwrap();
        let mut found: Vec<Digest> = hits.iter().map(|hit| hit.record).collect();
        let mut all = records.to_vec();
        found.sort();
        all.sort();
        assert_eq!(found, all);

        for (record, (file, name)) in records.iter().zip(files) {
            let classes = Record::scan(&mut Cursor::new(file), name).unwrap().classes();

            // The granted reader.
            let request = world.request_granted(*record, &ticket);
            let work = world.reencrypt(&request).unwrap();
            let chain = world.chain();
            let access = world.proxies[0].report(chain, request, &work, &mut world.rng);
            assert_eq!(world.commit(&access), Ok(()));
            let (opened, bytes) = world.open_granted(B, &request, &ticket, &work).unwrap();
            assert_eq!(opened.whole().unwrap().classes, classes);
            assert!(bytes == file, "the granted reader of {name}");

            // The author.
            let view = (&world.state(), world.now());
            let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
            let mut output = Cursor::new(Vec::new());
            let opened =
                world.doctors[A].open_as_author(view, record, fetcher, &mut output).unwrap();
            assert!(opened.whole().is_ok() && output.into_inner() == file, "the author of {name}");

            // The patient, who finds it without being told.
            let found = world.patients[ADA].find(&world.state());
            let hit = found.iter().find(|hit| hit.record == *record).unwrap();
            let mut output = Cursor::new(Vec::new());
            let opened = world.patients[ADA].open(view, hit, fetcher, &mut output).unwrap();
            assert!(opened.whole().is_ok() && output.into_inner() == file, "the patient of {name}");

            let trail = trail(world.ledger(), record);
            let actions: Vec<&str> = trail.iter().map(|entry| entry.action).collect();
            for action in ["record", "grant", "request", "access"] {
                assert!(actions.contains(&action), "{action} is on the trail of {name}");
            }
        }
        assert!(world.patients[BEA].find(&world.state()).is_empty());
        assert_eq!(world.network.violation(), None);
        for (_, ledger) in world.network.applications() {
            assert_eq!(ledger.audit(world.network.config()).unwrap().height(), ledger.height());
        }
    }

    #[test]
    fn a_policy_reader_gets_exactly_the_sections_of_his_attributes() {
        let mut world = World::new(2);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let request = world.request(C, record, Basis::Policy).unwrap();
        for class in [Class::Identity, Class::Clinical, Class::Administrative] {
            let (opened, bytes) = world.open_by_policy(C, &request, class).unwrap();
            assert_eq!(opened.classes, [class]);
            // Where the section's pieces are, the file's bytes are; elsewhere nothing.
            let content = section_of(BUNDLE, "bundle.json", class);
            let written = opened.coverage.written as usize;
            assert!(content.len() > written && written > 0);
            let same = bytes.iter().zip(BUNDLE).filter(|(a, b)| a == b).count();
            assert!(same >= written, "{class}: {same} of {written}");
            assert!(bytes.iter().zip(BUNDLE).all(|(a, b)| a == b || *a == 0), "{class}");
            refused!(opened.whole(), ProtocolError::Incomplete { .. });
        }
        // Restricted asks for psychiatry.
        let outcome = world.open_by_policy(C, &request, Class::Restricted);
        refused!(outcome, ProtocolError::Policy(epione::abe::OpenError::PolicyNotSatisfied));
        let outcome = world.open_by_policy(C, &request, Class::Financial);
        refused!(outcome, ProtocolError::NotAuthorised("no section may be opened"));
    }

    #[test]
    fn a_partial_grant_opens_exactly_its_classes() {
        let mut world = World::new(3);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let granted = vec![Class::Clinical, Class::Identity];
        let terms = Terms { classes: granted.clone(), ..world.terms(&[record]) };
        let ticket = world.grant(&terms);
        assert_eq!(ticket.conditions(), 2);
        let request = world.request_granted(record, &ticket);
        let work = world.reencrypt(&request).unwrap();
        assert_eq!(
            work.iter().map(|w| w.class).collect::<Vec<_>>(),
            [Class::Identity, Class::Clinical]
        );
        let (opened, bytes) = world.open_granted(B, &request, &ticket, &work).unwrap();
        assert_eq!(opened.classes, [Class::Identity, Class::Clinical]);
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert!(shown.contains("Åström") && shown.contains("230690007"));
        assert!(!shown.contains("44249-1") && !shown.contains("resourceType\": \"Bundle"));
        refused!(opened.whole(), ProtocolError::Incomplete { .. });

        // The proxy's work for a class that was not granted cannot be made up from another's.
        let mut relabelled = work.clone();
        relabelled[0].class = Class::Restricted;
        refused!(
            world.open_granted(B, &request, &ticket, &relabelled),
            ProtocolError::NotCovered(_)
        );
    }

    #[test]
    fn records_of_several_doctors_and_epochs_go_under_one_grant() {
        let mut world = World::new(4);
        let mut records = vec![world.publish(A, ADA, BUNDLE, "bundle.json")];
        records.push(world.publish(C, ADA, BUNDLE, "bundle.json"));
        world.network.advance(31 * DAY);
        records.push(world.publish(A, ADA, BUNDLE, "bundle.json"));
        let owners: std::collections::BTreeSet<_> =
            records.iter().map(|id| world.state().record(id).unwrap().owner).collect();
        assert_eq!(owners.len(), 3, "another owner key towards each doctor and in each epoch");

        let terms = world.terms(&records);
        let ticket = world.grant(&terms);
        assert_eq!(ticket.conditions(), 8, "four classes in two epochs");
        for record in &records {
            let request = world.request_granted(*record, &ticket);
            let work = world.reencrypt(&request).unwrap();
            let (opened, bytes) = world.open_granted(B, &request, &ticket, &work).unwrap();
            assert!(opened.whole().is_ok() && bytes == BUNDLE);
        }
        assert_eq!(world.patients[ADA].find(&world.state()).len(), 3);

        // A grant over one of them covers none of the others.
        let terms = world.terms(&records[..1]);
        let one = world.grant(&terms);
        let outcome = world.request(B, records[1], Basis::Grant(*one.grant()));
        assert_eq!(outcome, Err(Rule::NotCovered));
    }
}

mod protocol_linkability {
    use super::*;

    /// Two records of one patient under two doctors, two hospitals and two policies share no
    /// window of 32 bytes: no key, no digest, no point.
    #[test]
    fn two_doctors_records_of_one_patient_have_nothing_in_common() {
        let mut world = World::new(10);
        let of_a = world.seal(A, ADA, BUNDLE, "bundle.json");
        let of_a = world.publish_sealed(A, ADA, 0, of_a);
        world.policies = epione::protocol::Policies::uniform(policy("cardiology"));
        let of_c = world.seal(C, ADA, BUNDLE, "bundle.json");
        let of_c = world.publish_sealed(C, ADA, 1, of_c);
        let (a, c) = (of_a.to_bytes(), of_c.to_bytes());
        assert_eq!(common_window(&a, &c), None);
        // The test sees what there is to see: the same author's next record has his key.
        let again = world.seal(C, ADA, BUNDLE, "bundle.json");
        let again = world.publish_sealed(C, ADA, 0, again);
        assert!(common_window(&c, &again.to_bytes()).is_some());
    }

    fn common_window(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
        let of_a: std::collections::HashSet<&[u8]> = a.windows(32).collect();
        b.windows(32).find(|window| of_a.contains(window)).map(<[u8]>::to_vec)
    }

    #[test]
    fn the_ledger_holds_no_patient() {
        let mut world = World::new(11);
        world.publish(A, ADA, BUNDLE, "bundle.json");
        let patient = &world.patients[ADA];
        let certificate = patient.certificate().verify(&world.centre.verifying_key()).unwrap();
        let secrets: [&[u8]; 2] = [certificate.key.as_bytes(), &certificate.pre_key[2..50]];
        for (block, _) in world.ledger().blocks() {
            let bytes = block.to_bytes();
            for secret in secrets {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret));
            }
            assert!(!bytes.windows(9).any(|window| window == b"230690007"));
        }
    }
}

mod protocol_registration {
    use super::*;

    #[test]
    fn the_certificate_of_another_is_of_no_use() {
        let mut world = World::new(20);
        // A stranger has the centre certify B's enrolment again, and takes the answer for his own.
        let b = world.doctors[B].certificate().clone();
        let rng = &mut world.rng;
        let thief =
            Doctor::register("Dr. X", START + DAY, &|_: &Enrolment| Ok(b.clone()), rng).unwrap();
        let announced = thief.announce(CHAIN, START + HOUR, rng);
        let centre = world.centre.verifying_key();
        assert_eq!(announced.check(CHAIN, &centre), Err(Inadmissible::Signature("subject")));
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
            world.authority.issue(doctor.certificate(), &attributes, &mut world.rng),
            ProtocolError::Signature("the certificate", InvalidSignature)
        );
        let announced = doctor.announce(CHAIN, world.valid_until(), &mut world.rng);
        assert_eq!(announced.check(CHAIN, &centre), Err(Inadmissible::Certificate));
    }

    #[test]
    fn only_patients_are_introduced_and_only_doctors_have_attributes() {
        let mut world = World::new(22);
        let now = world.now();
        let centre = world.centre.verifying_key();
        let doctors = world.doctors[C].certificate().clone();
        let rng = &mut world.rng;
        let no_patient =
            Patient::register("Eve", START + DAY, &|_: &Enrolment| Ok(doctors.clone()), rng)
                .unwrap();
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
        for certificate in [world.patients[ADA].certificate(), world.institutions[0].certificate()]
        {
            refused!(
                world.authority.issue(certificate, &attributes, &mut world.rng),
                ProtocolError::NotAuthorised("only doctors are given attributes")
            );
        }
    }
}

mod protocol_publish {
    use super::*;

    fn draft(world: &mut World, sealed: &world::Sealed) -> Draft {
        let (chain, hospital) = (world.chain(), world.institutions[0].verifying_key());
        let (sealed, index, introduction) =
            (&sealed.sealed, sealed.index.clone(), &sealed.introduction);
        world.doctors[A].draft_record(chain, sealed, index, introduction, hospital, &mut world.rng)
    }

    fn record(draft: &mut Draft) -> &mut epione::ledger::RecordAction {
        match &mut draft.action {
            Action::Record(record) => record,
            _ => unreachable!("a draft of a record"),
        }
    }

    #[test]
    fn a_patient_consents_only_to_her_own_record_as_it_is() {
        let mut world = World::new(30);
        let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
        let honest = draft(&mut world, &sealed);
        let consent = |draft: &Draft| world.patients[ADA].consent(draft, &sealed.sealed);
        assert!(consent(&honest).is_ok());

        let other_owner = ProtocolErrorText("the record stands under another owner key");
        let mut changed = honest.clone();
        record(&mut changed).owner = world.doctors[B].verifying_key();
        assert_eq!(other_owner, consent(&changed));
        let mut changed = honest.clone();
        record(&mut changed).author = world.doctors[B].verifying_key();
        assert_eq!(other_owner, consent(&changed));
        let mut changed = honest.clone();
        record(&mut changed).epoch += 1;
        assert_eq!(other_owner, consent(&changed));
        // Another patient asked for consent to Ada's record.
        assert_eq!(other_owner, world.patients[BEA].consent(&honest, &sealed.sealed));

        let changes: [fn(&mut epione::ledger::RecordAction); 8] = [
            |r| r.record_id[0] ^= 1,
            |r| r.sections[0].ciphertext[0] ^= 1,
            |r| r.sections[1].patient_lock[0] ^= 1,
            |r| r.sections[1].policy_lock[0] ^= 1,
            |r| r.sections[0].author_lock[0] ^= 1,
            |r| r.sections[2].policy[0] ^= 1,
            |r| r.sections[0].class = Class::Document,
            |r| r.sections.truncate(2),
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut changed = honest.clone();
            change(record(&mut changed));
            assert!(
                matches!(
                    consent(&changed),
                    Err(ProtocolError::DigestMismatch("the sealed record"))
                ),
                "change {i}"
            );
        }
        let mut changed = honest.clone();
        record(&mut changed).envelope[0] ^= 1;
        refused!(
            consent(&changed),
            ProtocolError::DigestMismatch("the envelope in the patient's lock")
        );
        let revoke = world.doctors[A].announce(CHAIN, START, &mut world.rng.clone());
        refused!(
            consent(&revoke.draft),
            ProtocolError::NotAuthorised("this is no record's transaction")
        );
    }

    /// Compares an error by its sentence.
    #[derive(Debug)]
    struct ProtocolErrorText(&'static str);
    impl<T> PartialEq<Result<T, ProtocolError>> for ProtocolErrorText {
        fn eq(&self, outcome: &Result<T, ProtocolError>) -> bool {
            matches!(outcome, Err(ProtocolError::NotAuthorised(text)) if *text == self.0)
        }
    }

    #[test]
    fn a_patient_does_not_consent_to_a_lock_that_opens_for_another() {
        let mut world = World::new(31);
        let doctor = &world.doctors[A];
        let (ada, bea) = (&world.patients[ADA], &world.patients[BEA]);
        let introduction = ada.introduce(&doctor.verifying_key(), START);
        let centre = world.centre.verifying_key();
        let foreign = bea.introduce(&doctor.verifying_key(), START);
        let foreign = doctor.check_introduction(&foreign, &centre, START).unwrap();
        let outline = Record::scan(&mut Cursor::new(BUNDLE), "bundle.json").unwrap();
        let locks = (world.authority.parameters(), &world.policies);
        let file = &mut Cursor::new(BUNDLE);
        let sealed =
            doctor.seal(&outline, file, (&introduction, &foreign), locks, &mut world.rng).unwrap();
        let sealed = world::Sealed { sealed, introduction, index: vec![] };
        let draft = draft(&mut world, &sealed);
        refused!(
            world.patients[ADA].consent(&draft, &sealed.sealed),
            ProtocolError::Decryption(DecryptionFailed)
        );
    }

    /// Without the entry that every record has, she would never find it again.
    #[test]
    fn a_patient_does_not_consent_to_a_record_that_she_could_not_find() {
        let mut world = World::new(32);
        let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
        let honest = draft(&mut world, &sealed);
        for keep in [0, 1] {
            let mut changed = honest.clone();
            let index = &mut record(&mut changed).index;
            *index = index.split_off(1);
            index.truncate(keep);
            refused!(
                world.patients[ADA].consent(&changed, &sealed.sealed),
                ProtocolError::DigestMismatch("the entry that she finds it by")
            );
        }
        // An entry that leads elsewhere: out of another record's index.
        let other = world.seal(A, ADA, BUNDLE, "bundle.json");
        let mut changed = honest;
        record(&mut changed).index = other.index;
        refused!(
            world.patients[ADA].consent(&changed, &sealed.sealed),
            ProtocolError::DigestMismatch("the entry that she finds it by")
        );
    }

    #[test]
    fn a_hospital_signs_only_for_doctors_in_its_name() {
        let mut world = World::new(33);
        let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
        let honest = draft(&mut world, &sealed);
        let state = world.state();
        refused!(
            world.institutions[1].countersign(&honest, &state),
            ProtocolError::NotAuthorised("the record names another institution")
        );
        let mut changed = honest.clone();
        record(&mut changed).author = world.proxies[0].verifying_key();
        refused!(
            world.institutions[0].countersign(&changed, &state),
            ProtocolError::NotAuthorised("the author is not a registered doctor")
        );
        let other = world.doctors[A].announce(CHAIN, START, &mut world.rng);
        refused!(
            world.institutions[0].countersign(&other.draft, &state),
            ProtocolError::NotAuthorised("this is no record's transaction")
        );
    }

    #[test]
    fn a_record_with_more_keywords_than_entries_is_refused_in_words() {
        let coding = |i: usize| format!(r#"{{"system": "s", "code": "{i}"}}"#);
        let text = |n: usize| {
            let codings: Vec<String> = (0..n).map(coding).collect();
            let codings = codings.join(",");
            format!(r#"{{"resourceType": "Condition", "code": {{"coding": [{codings}]}}}}"#)
        };
        let mut world = World::new(34);
        let terms = |n| {
            let outline = Record::scan(&mut Cursor::new(text(n).as_bytes()), "x.json").unwrap();
            world.doctors[A].terms(&outline)
        };
        // The type is a keyword as well.
        assert_eq!(terms(1022).unwrap().len(), 1024);
        refused!(terms(1023), ProtocolError::TooManyKeywords { found: 1024, cap: 1023 });

        // And the most that are allowed do fit into a transaction.
        let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
        let mut draft = draft(&mut world, &sealed);
        let entry = sealed.index[0].clone();
        record(&mut draft).index = vec![entry; epione::ledger::MAX_ENTRIES];
        let signature = world.institutions[0].countersign(&draft, &world.state()).unwrap();
        let transaction = world.doctors[A].publish(draft, signature, signature);
        assert!(transaction.to_bytes().len() <= 1 << 18);
    }
}

mod protocol_ask {
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
        let forwarded = world.manager.forward(&query, &state).unwrap();
        assert!(world.patients[ADA].receive(&forwarded, &state).is_ok());
        let elsewhere = "the query is about somebody else";
        refused!(
            world.patients[BEA].receive(&forwarded, &state),
            ProtocolError::NotAuthorised(text) if text == elsewhere
        );
        // C uses the pseudonym that Ada has towards B.
        let stolen = world.manager.forward(&ask(&world.doctors[C], now), &state).unwrap();
        refused!(
            world.patients[ADA].receive(&stolen, &state),
            ProtocolError::NotAuthorised(text) if text == elsewhere
        );
        // B uses it in another epoch.
        let later = world.manager.forward(&ask(&world.doctors[B], now + 31 * DAY), &state).unwrap();
        refused!(
            world.patients[ADA].receive(&later, &state),
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
                world.manager.forward(&changed, &state),
                ProtocolError::Signature("the query", InvalidSignature)
            );
        }
        // Whoever is not registered is no reader, and no manager.
        let certify = &|enrolment: &Enrolment| world.centre.certify(enrolment);
        let rng = &mut world.rng;
        let stranger = Doctor::register("Dr. Eve", START + DAY, certify, rng).unwrap();
        refused!(
            world.manager.forward(&ask(&stranger, now), &state),
            ProtocolError::NotAuthorised("the reader is not a registered doctor")
        );
        let manager =
            epione::protocol::QueryManager::register("N", START + DAY, certify, rng).unwrap();
        let forwarded = manager.forward(&query, &state).unwrap();
        refused!(
            world.patients[ADA].receive(&forwarded, &state),
            ProtocolError::NotAuthorised("this is no registered query manager")
        );
    }
}

mod protocol_store {
    use super::*;

    #[test]
    fn only_registered_doctors_upload_and_only_what_they_offer() {
        let mut world = World::new(50);
        let state = world.state();
        let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
        let certify = &|enrolment: &Enrolment| world.centre.certify(enrolment);
        let stranger = Doctor::register("Dr. Eve", START + DAY, certify, &mut world.rng).unwrap();
        refused!(
            world.keeper.upload(&state, &stranger.offer(&name), &mut &b"ciphertext"[..]),
            ProtocolError::NotAuthorised("only registered doctors may upload")
        );
        assert!(!world.keeper.store().contains(&name));
        let offer = world.doctors[A].offer(&name);
        refused!(
            world.keeper.upload(&state, &offer, &mut &b"something else"[..]),
            ProtocolError::Store(StoreError::WrongHash { .. })
        );
        assert!(!world.keeper.store().contains(&name));
        world.keeper.upload(&state, &offer, &mut &b"ciphertext"[..]).unwrap();
    }

    #[test]
    fn a_fetch_is_served_only_fresh_to_whom_it_concerns() {
        let Shared { mut world, record, ticket, request } = Shared::new(51);
        let (location, _) = world.envelope(&record);
        let now = world.now();
        let serve = |world: &World, doctor: usize, basis, time| {
            let fetch = world.doctors[doctor].fetch(&location, basis, time);
            world.serve(&fetch, &mut Vec::new())
        };
        let of_request = FetchBasis::Request(request);
        assert!(serve(&world, B, of_request, now).is_ok());
        assert!(serve(&world, A, FetchBasis::Own(record), now).is_ok());

        // Others with his request or record.
        for doctor in [A, C] {
            refused!(
                serve(&world, doctor, of_request, now),
                ProtocolError::NotAuthorised("the request is another's")
            );
        }
        for doctor in [B, C] {
            refused!(
                serve(&world, doctor, FetchBasis::Own(record), now),
                ProtocolError::NotAuthorised("the record is another's")
            );
        }
        // Requests and records that are none.
        for basis in
            [FetchBasis::Request(record), FetchBasis::Own(request), FetchBasis::Own([7; 32])]
        {
            refused!(
                serve(&world, B, basis, now),
                ProtocolError::NotAuthorised("no such record or request is on the ledger")
            );
        }
        // One minute is fresh, more is not, neither in the past nor in the future.
        for (time, fresh) in [
            (now - 60_000, true),
            (now + 60_000, true),
            (now - 60_001, false),
            (now + 60_001, false),
            (0, false),
        ] {
            match serve(&world, B, of_request, time) {
                Ok(()) => assert!(fresh, "{time}"),
                Err(ProtocolError::NotAuthorised("the fetch is not fresh")) => assert!(!fresh),
                Err(other) => panic!("{other:?}"),
            }
        }
        // An object of another record, also of the same patient.
        let other = world.publish(A, ADA, b"another file", "note.txt");
        let foreign = world.ciphertext(&other, Class::Document);
        let fetch = world.doctors[B].fetch(&foreign, of_request, world.now());
        refused!(
            world.serve(&fetch, &mut Vec::new()),
            ProtocolError::NotAuthorised("the object is not of this record")
        );
        // A week and an hour later, the window is over.
        world.network.advance(7 * DAY);
        refused!(serve(&world, B, of_request, world.now()), ProtocolError::Rule(Rule::WindowOver));
        assert!(serve(&world, A, FetchBasis::Own(record), world.now()).is_ok());
        let _ = ticket;
    }

    #[test]
    fn after_revocation_nothing_is_served_searched_requested_or_re_encrypted() {
        let Shared { mut world, record, ticket, request } = Shared::new(52);
        let work = world.reencrypt(&request).unwrap();
        let chain = world.chain();
        let state = world.state();
        refused!(
            world.patients[BEA].revoke(chain, &state, ticket.grant(), &mut world.rng),
            ProtocolError::NotAuthorised("the grant is not this patient's")
        );
        let revoke =
            world.patients[ADA].revoke(chain, &state, ticket.grant(), &mut world.rng).unwrap();
        assert_eq!(world.commit(&revoke), Ok(()));

        let (location, _) = world.envelope(&record);
        let fetch = world.doctors[B].fetch(&location, FetchBasis::Request(request), world.now());
        refused!(world.serve(&fetch, &mut Vec::new()), ProtocolError::Rule(Rule::Revoked));
        refused!(world.reencrypt(&request), ProtocolError::Rule(Rule::Revoked));
        let (state, now) = (world.state(), world.now());
        refused!(
            world.proxies[0].search(&state, ticket.grant(), now),
            ProtocolError::Rule(Rule::Revoked)
        );
        refused!(
            world.open_granted(B, &request, &ticket, &work),
            ProtocolError::Rule(Rule::Revoked)
        );
        let basis = Basis::Grant(*ticket.grant());
        assert_eq!(world.request(B, record, basis), Err(Rule::Revoked));
        assert_eq!(world.proxies[0].erase_ended(&state, now), 1);
        assert_eq!(world.proxies[0].erase_ended(&state, now), 0);
        refused!(
            world.proxies[0].search(&state, ticket.grant(), now),
            ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
        );
    }
}

mod protocol_proxy {
    use super::*;

    #[test]
    fn a_delivery_must_be_what_the_grant_commits_to() {
        let mut world = World::new(60);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let terms = world.terms(&[record]);
        let (chain, state) = (world.chain(), world.state());
        let reader = state.party(&world.doctors[B].verifying_key()).unwrap().clone();

        // Before its grant is on the ledger.
        let rng = &mut world.rng;
        let (transaction, delivery, ticket) =
            world.patients[ADA].grant(chain, &state, &reader, &terms, rng).unwrap();
        refused!(
            world.proxies[0].accept(&state, delivery.clone()),
            ProtocolError::NotAuthorised(text) if text == NO_GRANT
        );
        assert_eq!(world.commit(&transaction), Ok(()));
        let (state, now) = (world.state(), world.now());
        // At another proxy.
        refused!(
            world.proxies[1].accept(&state, delivery.clone()),
            ProtocolError::NotAuthorised("the grant names another proxy")
        );
        // With other, more, fewer trapdoors.
        let (foreign, _) = peks::keygen(&mut world.rng);
        let wrong = peks::trapdoor(&foreign, b"anything");
        for trapdoors in [vec![], vec![wrong], vec![wrong, wrong]] {
            refused!(
                world.proxies[0].accept(&state, delivery.clone().with_trapdoors(trapdoors)),
                ProtocolError::DigestMismatch("the trapdoor")
            );
        }
        // Nothing of that was kept.
        refused!(
            world.proxies[0].search(&state, ticket.grant(), now),
            ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
        );
        world.proxies[0].accept(&state, delivery).unwrap();
        assert!(world.proxies[0].search(&state, ticket.grant(), now).is_ok());
    }

    #[test]
    fn without_delivery_nothing_is_searched_or_re_encrypted() {
        let mut world = World::new(61);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let terms = world.terms(&[record]);
        let (_, _, ticket) = world.grant_undelivered(&terms);
        let request = world.request_granted(record, &ticket);
        refused!(
            world.reencrypt(&request),
            ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
        );
        refused!(
            world.proxies[0].search(&world.state(), ticket.grant(), world.now()),
            ProtocolError::NotAuthorised(text) if text == NOT_DELIVERED
        );
    }

    #[test]
    fn re_encryption_needs_a_valid_request_for_this_proxy() {
        let Shared { mut world, record, ticket, request } = Shared::new(62);
        // Not on the ledger, though signed.
        let chain = world.chain();
        let basis = Basis::Grant(*ticket.grant());
        let unseen = world.doctors[B].request(chain, record, basis, &mut world.rng);
        for id in [unseen.id(), record, [0; 32]] {
            refused!(
                world.reencrypt(&id),
                ProtocolError::NotAuthorised("the request is not on the ledger")
            );
        }
        // Refused by the contract: C's request with B's grant.
        let foreign = world.doctors[C].request(chain, record, basis, &mut world.rng);
        assert_eq!(world.commit(&foreign), Err(Rule::WrongReader));
        refused!(
            world.reencrypt(&foreign.id()),
            ProtocolError::NotAuthorised("the request is not on the ledger")
        );
        // By policy: nothing to re-encrypt.
        let by_policy = world.request(B, record, Basis::Policy).unwrap();
        refused!(
            world.reencrypt(&by_policy),
            ProtocolError::NotAuthorised("the request rests on no grant")
        );
        // At the other proxy.
        let (state, now) = (world.state(), world.now());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
        refused!(
            world.proxies[1].reencrypt(&state, &request, fetcher, now, &mut world.rng.clone()),
            ProtocolError::NotAuthorised("the grant names another proxy")
        );
        // By his own clock, whatever the ledger says.
        for (clock, early) in [(now + 8 * DAY, false), (now - 2 * HOUR, true)] {
            let outcome = world.proxies[0].reencrypt(
                &state,
                &request,
                fetcher,
                clock,
                &mut world.rng.clone(),
            );
            let rule = if early { Rule::TooEarly } else { Rule::WindowOver };
            refused!(outcome, ProtocolError::Rule(found) if found == rule);
        }
        assert!(world.reencrypt(&request).is_ok());
    }

    #[test]
    fn a_flipped_byte_anywhere_in_the_store_stops_the_re_encryption() {
        let Shared { mut world, record, request, .. } = Shared::new(63);
        let honest = world.reencrypt(&request).unwrap().len();
        let (location, envelope) = world.envelope(&record);
        let action = world.state().record(&record).unwrap().clone();
        let mut objects = vec![location];
        objects.extend(envelope.sections.iter().map(|(_, hash)| store::name_of_hash(hash)));
        objects.extend(action.sections.iter().map(|s| store::name_of_hash(&s.patient_lock)));
        for object in objects {
            let path = world.chunk_file(&object);
            let intact = fs::read(&path).unwrap();
            for at in [0, intact.len() / 2, intact.len() - 1] {
                let mut changed = intact.clone();
                changed[at] ^= 1;
                fs::write(&path, &changed).unwrap();
                refused!(world.reencrypt(&request), ProtocolError::Store(StoreError::Corrupt(_)));
            }
            fs::remove_file(&path).unwrap();
            refused!(world.reencrypt(&request), ProtocolError::Store(StoreError::Missing(_)));
            fs::write(&path, &intact).unwrap();
        }
        assert_eq!(world.reencrypt(&request).unwrap().len(), honest);
    }

    /// A store that lies about content: it serves other objects under the names asked for.
    #[test]
    fn a_store_that_swaps_objects_is_found_out() {
        let Shared { world, record, ticket, request } = Shared::new(64);
        let action = world.state().record(&record).unwrap().clone();
        let locks: Vec<Vec<u8>> = action
            .sections
            .iter()
            .map(|s| world.stored(&store::name_of_hash(&s.patient_lock)))
            .collect();
        let (state, now) = (world.state(), world.now());
        // Whenever a patient's lock is asked for, the other section's is served.
        let swap = &|fetch: &Fetch, object: &mut dyn Write| {
            let mut bytes = Vec::new();
            world.serve(fetch, &mut bytes)?;
            let at = locks.iter().position(|lock| *lock == bytes);
            Ok(object.write_all(at.map_or(&bytes, |i| &locks[(i + 1) % locks.len()]))?)
        };
        let proxy = &world.proxies[0];
        refused!(
            proxy.reencrypt(&state, &request, swap, now, &mut world.rng.clone()),
            ProtocolError::Lock(InvalidCiphertext)
        );
        // A byte of each lock flipped on the wire.
        for at in [0, 1, 60, 150, locks[0].len() - 1] {
            let flip = &|fetch: &Fetch, object: &mut dyn Write| {
                let mut bytes = Vec::new();
                world.serve(fetch, &mut bytes)?;
                if locks.contains(&bytes) {
                    bytes[at] ^= 1;
                }
                Ok(object.write_all(&bytes)?)
            };
            match proxy.reencrypt(&state, &request, flip, now, &mut world.rng.clone()) {
                Err(ProtocolError::Lock(_) | ProtocolError::Decode("the patient's lock", _)) => {}
                other => panic!("byte {at}: {other:?}"),
            }
        }
        let _ = ticket;
    }

    #[test]
    fn a_search_finds_only_what_it_is_for() {
        let mut world = World::new(65);
        let stroke_record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let note = world.publish(A, ADA, b"plain text", "note.txt");
        // Bea's record of the same content.
        let foreign = world.publish(A, BEA, BUNDLE, "bundle.json");
        let terms = world.terms(&[stroke_record, note]);
        let ticket = world.grant(&terms);
        let (state, now) = (world.state(), world.now());
        let hits = world.proxies[0].search(&state, ticket.grant(), now).unwrap();
        let (location, _) = world.envelope(&stroke_record);
        assert_eq!(hits, [Hit { record: stroke_record, location }]);

        let search = vec![SearchTerm::new("code", "http://snomed.info/sct|0")];
        let nothing = world.grant(&Terms { search, ..world.terms(&[stroke_record]) });
        let state = world.state();
        refused!(world.proxies[0].search(&state, nothing.grant(), now), ProtocolError::NoMatch);
        // A grant over a record that is not hers is not made.
        let reader = state.party(&world.doctors[B].verifying_key()).unwrap().clone();
        let (chain, terms) = (world.chain(), world.terms(&[foreign]));
        refused!(
            world.patients[ADA].grant(chain, &state, &reader, &terms, &mut world.rng),
            ProtocolError::NotAuthorised("a record is not this patient's")
        );
        let institution = world.institutions[0].certificate().clone();
        let no_key = institution.verify(&world.centre.verifying_key()).unwrap();
        let terms = world.terms(&[stroke_record]);
        refused!(
            world.patients[ADA].grant(chain, &state, no_key, &terms, &mut world.rng),
            ProtocolError::Decode("the reader's key", _)
        );
    }
}

mod protocol_reader {
    use super::*;

    #[test]
    fn changed_or_misplaced_work_of_a_proxy_is_refused() {
        let Shared { mut world, record, ticket, request } = Shared::new(70);
        let work = world.reencrypt(&request).unwrap();
        let open = |work: &[SectionReEncryption]| world.open_granted(B, &request, &ticket, work);
        assert!(open(&work).unwrap().1 == BUNDLE);
        refused!(open(&[]), ProtocolError::NotAuthorised("no section may be opened"));

        // The work of one section under the lock of another.
        let mut changed = work.clone();
        changed[0].reencryption = work[1].reencryption.clone();
        refused!(open(&changed), ProtocolError::ReEncryption(InvalidReEncryption));
        // Lock and work of one section in the place of another.
        let mut changed = work.clone();
        changed[0] = SectionReEncryption { class: work[0].class, ..work[1].clone() };
        refused!(open(&changed), ProtocolError::DigestMismatch("the patient's lock"));
        // A part of one re-encryption in another's.
        let bytes: Vec<Vec<u8>> = work.iter().map(|w| w.reencryption.to_bytes()).collect();
        for (from, to) in [(2, 50), (50, 98), (98, 194), (194, bytes[0].len())] {
            let mut mixed = bytes[0].clone();
            mixed[from..to].copy_from_slice(&bytes[1][from..to]);
            let mut changed = work.clone();
            changed[0].reencryption = Canonical::from_bytes(&mixed).unwrap();
            refused!(open(&changed), ProtocolError::ReEncryption(InvalidReEncryption));
        }
        // Another proxy's honest work for the same request, lock by lock, is as good.
        let again = world.reencrypt(&request).unwrap();
        assert_ne!(again[0].reencryption, work[0].reencryption);
        assert!(world.open_granted(B, &request, &ticket, &again).unwrap().1 == BUNDLE);
        let _ = record;
    }

    #[test]
    fn work_under_one_grant_does_not_pass_under_another() {
        let Shared { mut world, record, ticket, request } = Shared::new(71);
        let work = world.reencrypt(&request).unwrap();
        let terms = world.terms(&[record]);
        let second = world.grant(&terms);
        // The request rests on the first grant.
        refused!(
            world.open_granted(B, &request, &second, &work),
            ProtocolError::NotAuthorised(text) if text == NO_REQUEST
        );
        // A request under the second grant, the work of the first: another `rk2`.
        let request = world.request_granted(record, &second);
        refused!(
            world.open_granted(B, &request, &second, &work),
            ProtocolError::ReEncryption(InvalidReEncryption)
        );
        // A ticket whose grant is not on the ledger opens nothing.
        let (chain, state) = (world.chain(), world.state());
        let reader = state.party(&world.doctors[B].verifying_key()).unwrap().clone();
        let rng = &mut world.rng;
        let (_, _, unseen) =
            world.patients[ADA].grant(chain, &state, &reader, &terms, rng).unwrap();
        refused!(
            world.open_granted(B, &request, &unseen, &work),
            ProtocolError::NotAuthorised(text) if text == NO_REQUEST
        );
        let _ = ticket;
    }

    #[test]
    fn another_doctor_gets_nothing_out_of_ticket_and_work() {
        let Shared { mut world, record, ticket, request } = Shared::new(72);
        let work = world.reencrypt(&request).unwrap();
        refused!(
            world.open_granted(C, &request, &ticket, &work),
            ProtocolError::NotAuthorised(text) if text == NO_REQUEST
        );
        assert_eq!(world.request(C, record, Basis::Grant(*ticket.grant())), Err(Rule::WrongReader));
        // With a request of his own by policy, he still has no grant for the ticket.
        let own = world.request(C, record, Basis::Policy).unwrap();
        refused!(
            world.open_granted(C, &own, &ticket, &work),
            ProtocolError::NotAuthorised(text) if text == NO_REQUEST
        );
        // The cryptography alone: a grant to C, and the work that was made for B.
        let (chain, state) = (world.chain(), world.state());
        let reader = state.party(&world.doctors[C].verifying_key()).unwrap().clone();
        let terms = world.terms(&[record]);
        let rng = &mut world.rng;
        let (grant, _, for_c) =
            world.patients[ADA].grant(chain, &state, &reader, &terms, rng).unwrap();
        assert_eq!(world.commit(&grant), Ok(()));
        let request = world.request(C, record, Basis::Grant(*for_c.grant())).unwrap();
        refused!(
            world.open_granted(C, &request, &for_c, &work),
            ProtocolError::ReEncryption(InvalidReEncryption)
        );
    }

    #[test]
    fn a_record_of_another_patient_does_not_open_under_the_grant() {
        let Shared { mut world, ticket, request, .. } = Shared::new(73);
        let foreign = world.publish(A, BEA, BUNDLE, "bundle.json");
        assert_eq!(world.request(B, foreign, Basis::Grant(*ticket.grant())), Err(Rule::NotCovered));
        // Ada is led to Bea's record: the store does not serve her owner key, nor her locks open.
        let (location, _) = world.envelope(&foreign);
        let hit = Hit { record: foreign, location };
        let view = (&world.state(), world.now());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
        refused!(
            world.patients[ADA].open(view, &hit, fetcher, &mut Cursor::new(vec![])),
            ProtocolError::NotAuthorised("the record is another's")
        );
        let careless = &|fetch: &Fetch, object: &mut dyn Write| match world.serve(fetch, object) {
            Err(ProtocolError::NotAuthorised(_)) => {
                let lock = world.state().record(&foreign).unwrap().sections[0].patient_lock;
                Ok(object.write_all(&world.stored(&store::name_of_hash(&lock)))?)
            }
            other => other,
        };
        refused!(
            world.patients[ADA].open(view, &hit, careless, &mut Cursor::new(vec![])),
            ProtocolError::Decryption(DecryptionFailed)
        );
        let _ = request;
    }

    #[test]
    fn ciphertexts_swapped_between_two_sections_do_not_open() {
        let Shared { mut world, record, ticket, request } = Shared::new(74);
        let work = world.reencrypt(&request).unwrap();
        let names =
            [Class::Identity, Class::Clinical].map(|class| world.ciphertext(&record, class));
        // On disk the hashes tell.
        let paths = [world.chunk_file(&names[0]), world.chunk_file(&names[1])];
        let intact = [fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap()];
        fs::write(&paths[0], &intact[1]).unwrap();
        fs::write(&paths[1], &intact[0]).unwrap();
        refused!(
            world.open_granted(B, &request, &ticket, &work),
            ProtocolError::Store(StoreError::Corrupt(_))
        );
        refused!(world.reencrypt(&request), ProtocolError::Store(StoreError::Corrupt(_)));
        fs::write(&paths[0], &intact[0]).unwrap();
        fs::write(&paths[1], &intact[1]).unwrap();

        // A store that does not check: keys and context tell.
        let stored = [world.stored(&names[0]), world.stored(&names[1])];
        let swap = &|fetch: &Fetch, object: &mut dyn Write| {
            let mut bytes = Vec::new();
            world.serve(fetch, &mut bytes)?;
            let at = stored.iter().position(|other| *other == bytes);
            Ok(object.write_all(at.map_or(&bytes, |i| &stored[1 - i]))?)
        };
        let view = (&world.state(), world.now());
        let output = &mut Cursor::new(Vec::new());
        let doctor = &world.doctors[B];
        refused!(
            doctor.open_granted(view, &request, &ticket, &work, swap, output),
            ProtocolError::Decryption(DecryptionFailed)
        );
    }

    #[test]
    fn policies_hold_against_missing_few_and_pooled_attributes() {
        let mut world = World::new(75);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let request = world.request(B, record, Basis::Policy).unwrap();
        let not_satisfied = |world: &World| {
            refused!(
                world.open_by_policy(B, &request, Class::Clinical),
                ProtocolError::Policy(epione::abe::OpenError::PolicyNotSatisfied)
            );
        };
        not_satisfied(&world);

        // A and B pool: the attributes satisfy the policy, the components do not fit.
        let own = world.doctors[B].attribute_key().unwrap().clone();
        let of_a = world.doctors[A].attribute_key().unwrap().to_bytes();
        for (one, two) in [(&of_a, &own.to_bytes()), (&own.to_bytes(), &of_a)] {
            let pooled = splice(one, two);
            assert_eq!(pooled.attributes().len(), 3);
            world.doctors[B].receive_attributes(pooled);
            refused!(
                world.open_by_policy(B, &request, Class::Clinical),
                ProtocolError::Policy(epione::abe::OpenError::Decryption(DecryptionFailed))
            );
        }
        world.doctors[B].receive_attributes(own);
        not_satisfied(&world);

        // C's request is C's; and who has no attributes has none.
        let of_c = world.request(C, record, Basis::Policy).unwrap();
        refused!(
            world.open_by_policy(B, &of_c, Class::Clinical),
            ProtocolError::NotAuthorised(text) if text == NO_REQUEST
        );
        let certify = &|enrolment: &Enrolment| world.centre.certify(enrolment);
        let bare = Doctor::register("Dr. D", START + DAY, certify, &mut world.rng).unwrap();
        let announced = bare.announce(CHAIN, world.valid_until(), &mut world.rng);
        assert_eq!(world.commit(&announced), Ok(()));
        let request = bare.request(world.chain(), record, Basis::Policy, &mut world.rng);
        assert_eq!(world.commit(&request), Ok(()));
        let view = (&world.state(), world.now());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
        let output = &mut Cursor::new(Vec::new());
        refused!(
            bare.open_by_policy(view, &request.id(), Class::Clinical, fetcher, output),
            ProtocolError::NotAuthorised("this doctor has no attributes")
        );
    }

    /// The key `a` with all components of `b` that it lacks, byte by byte.
    fn splice(a: &[u8], b: &[u8]) -> UserSecretKey {
        const FIXED: usize = 2 + 48 + 96;
        let components = |bytes: &[u8]| {
            let mut r = Reader::new(&bytes[FIXED..]);
            r.list(16, |r| Ok((r.text(256)?, r.fixed::<48>()?))).unwrap()
        };
        let mut merged = components(a);
        for (name, component) in components(b) {
            if !merged.iter().any(|(held, _)| *held == name) {
                merged.push((name, component));
            }
        }
        merged.sort();
        let mut w = Writer::default();
        w.fixed(&a[..FIXED]);
        w.list(&merged, |w, (name, component)| {
            w.bytes(name.as_bytes());
            w.fixed(component);
        });
        UserSecretKey::from_bytes(&w.finish()).unwrap()
    }

    #[test]
    fn only_the_author_opens_as_author() {
        let Shared { world, record, .. } = Shared::new(76);
        let view = (&world.state(), world.now());
        let fetcher = &|fetch: &Fetch, object: &mut dyn Write| world.serve(fetch, object);
        let output = &mut Cursor::new(Vec::new());
        refused!(
            world.doctors[B].open_as_author(view, &record, fetcher, output),
            ProtocolError::NotAuthorised("the record is another's")
        );
        refused!(
            world.doctors[A].open_as_author(view, &[1; 32], fetcher, output),
            ProtocolError::NotAuthorised("the record is not on the ledger")
        );
        // With the locks at hand, his key does not open them.
        let raw = RefCell::new(0);
        let careless = &|fetch: &Fetch, object: &mut dyn Write| {
            *raw.borrow_mut() += 1;
            let lock = world.state().record(&record).unwrap().sections[0].author_lock;
            let _ = fetch;
            Ok(object.write_all(&world.stored(&store::name_of_hash(&lock)))?)
        };
        refused!(
            world.doctors[B].open_as_author(view, &record, careless, output),
            ProtocolError::Decryption(DecryptionFailed)
        );
        assert_eq!(*raw.borrow(), 1);
    }

    #[test]
    fn a_window_opens_and_closes_for_the_reader() {
        let mut world = World::new(77);
        let record = world.publish(A, ADA, BUNDLE, "bundle.json");
        let (from, until) = (world.now() + HOUR, world.now() + 2 * HOUR);
        let ticket = world.grant(&Terms { from, until, ..world.terms(&[record]) });
        let basis = Basis::Grant(*ticket.grant());
        assert_eq!(world.request(B, record, basis), Err(Rule::TooEarly));
        world.network.advance(HOUR);
        let request = world.request(B, record, basis).unwrap();
        let work = world.reencrypt(&request).unwrap();
        assert!(world.open_granted(B, &request, &ticket, &work).unwrap().1 == BUNDLE);
        world.network.advance(HOUR);
        assert_eq!(world.request(B, record, basis), Err(Rule::WindowOver));
        refused!(world.reencrypt(&request), ProtocolError::Rule(Rule::WindowOver));
        refused!(
            world.open_granted(B, &request, &ticket, &work),
            ProtocolError::Rule(Rule::WindowOver)
        );
        let state = world.state();
        let (now, proxy): (_, &mut Proxy) = (world.network.now(), &mut world.proxies[0]);
        assert_eq!(proxy.erase_ended(&state, now), 1);
    }
}

mod protocol_bytes {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What comes off the wire decodes to itself or not at all.
        #[test]
        fn hostile_envelopes_and_transactions_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = epione::protocol::Envelope::from_bytes(&bytes);
            let _ = epione::protocol::Query::from_bytes(&bytes);
            if let Ok(transaction) = Transaction::from_bytes(&bytes) {
                prop_assert_eq!(transaction.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn an_empty_store_names_what_it_misses() {
        let Shared { world, record, .. } = Shared::new(80);
        let folder = tempfile::tempdir().unwrap();
        let empty =
            epione::protocol::StoreKeeper::new(DirectoryStore::open(folder.path()).unwrap());
        let (location, _) = world.envelope(&record);
        let fetch = world.doctors[A].fetch(&location, FetchBasis::Own(record), world.now());
        refused!(
            empty.serve(&world.state(), &fetch, world.now(), &mut Vec::new()),
            ProtocolError::Store(StoreError::Missing(name)) if name == location
        );
    }
}
