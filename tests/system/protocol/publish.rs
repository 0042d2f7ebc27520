use super::*;

fn draft(world: &mut World, sealed: &Sealed) -> Draft {
    let (validity, hospital) = (world.validity(), world.institutions[0].verifying_key());
    let Sealed { sealed, index, introduction } = sealed;
    let (doctor, rng) = (&world.doctors[A], &mut world.rng);
    doctor.draft_record(validity, sealed, index.clone(), introduction, hospital, rng)
}

fn record(draft: &mut Draft) -> &mut epione::ledger::RecordAction {
    match &mut draft.action {
        Action::Record(record) => record,
        _ => unreachable!("a draft of a record"),
    }
}

#[test]
fn a_patient_consents_only_to_her_own_unaltered_record() {
    let mut world = World::new(30);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let consent = |draft: &Draft| world.patients[ADA].consent(draft, &sealed.sealed, &current);
    assert!(consent(&honest).is_ok());

    let other_owner = |outcome| {
        refused!(outcome, ProtocolError::Refused(Refusal::OtherOwnerKey));
    };
    let mut changed = honest.clone();
    record(&mut changed).owner = world.doctors[B].verifying_key();
    other_owner(consent(&changed));
    let mut changed = honest.clone();
    record(&mut changed).author = world.doctors[B].verifying_key();
    other_owner(consent(&changed));
    let mut changed = honest.clone();
    record(&mut changed).epoch += 1;
    other_owner(consent(&changed));
    // Another patient is asked for consent to Ada's record.
    other_owner(world.patients[BEA].consent(&honest, &sealed.sealed, &current));

    let changes: [fn(&mut epione::ledger::RecordAction); 8] = [
        |r| r.record_id[0] ^= 1,
        |r| r.sections[0].ciphertext[0] ^= 1,
        |r| r.sections[1].wrapped_for_patient[0] ^= 1,
        |r| r.sections[1].wrapped_for_policy[0] ^= 1,
        |r| r.sections[0].wrapped_for_author[0] ^= 1,
        |r| r.sections[2].policy[0] ^= 1,
        |r| r.sections[0].class = Class::Document,
        |r| r.sections.truncate(2),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut changed = honest.clone();
        change(record(&mut changed));
        assert!(
            matches!(consent(&changed), Err(ProtocolError::DigestMismatch(Item::SealedRecord))),
            "change {i}"
        );
    }
    let mut changed = honest.clone();
    record(&mut changed).envelope[0] ^= 1;
    refused!(consent(&changed), ProtocolError::DigestMismatch(Item::WrappedEnvelopeName));
    let revoke =
        world.doctors[A].announce(Validity { chain: CHAIN, until: START }, &mut world.rng.clone());
    refused!(consent(&revoke.draft), ProtocolError::Refused(Refusal::NotRecordDraft));
}

#[test]
fn a_patient_does_not_consent_to_keys_wrapped_for_another_patient() {
    let mut world = World::new(31);
    let doctor = &world.doctors[A];
    let (ada, bea) = (&world.patients[ADA], &world.patients[BEA]);
    let introduction = ada.introduce(&doctor.verifying_key(), START);
    let centre = world.centre.verifying_key();
    let foreign = bea.introduce(&doctor.verifying_key(), START);
    let foreign = doctor.check_introduction(&foreign, &centre, START).unwrap();
    let outline = Record::scan(&mut Cursor::new(BUNDLE), "bundle.json").unwrap();
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let file = &mut Cursor::new(BUNDLE);
    let sealed =
        doctor.seal(&outline, file, (&introduction, &foreign), &current, &mut world.rng).unwrap();
    let sealed = Sealed { sealed, introduction, index: vec![] };
    let draft = draft(&mut world, &sealed);
    refused!(
        world.patients[ADA].consent(&draft, &sealed.sealed, &current),
        ProtocolError::WrappedKey(InvalidCiphertext)
    );
}

/// The patient finds her records by the entry that every record has.
#[test]
fn a_patient_does_not_consent_to_a_record_that_she_cannot_find() {
    let mut world = World::new(32);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    for keep in [0, 1] {
        let mut changed = honest.clone();
        let index = &mut record(&mut changed).index;
        *index = index.split_off(1);
        index.truncate(keep);
        refused!(
            world.patients[ADA].consent(&changed, &sealed.sealed, &current),
            ProtocolError::Refused(Refusal::NotSearchable)
        );
    }
    // The index of another record seals another location.
    let other = world.seal(A, ADA, BUNDLE, "bundle.json");
    let mut changed = honest;
    record(&mut changed).index = other.index;
    refused!(
        world.patients[ADA].consent(&changed, &sealed.sealed, &current),
        ProtocolError::Refused(Refusal::NotSearchable)
    );
}

#[test]
fn an_institution_signs_only_records_of_doctors_that_name_it() {
    let mut world = World::new(33);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let state = world.state().clone();
    refused!(
        world.institutions[1].countersign(&honest, &state),
        ProtocolError::Refused(Refusal::OtherInstitution)
    );
    let mut changed = honest.clone();
    record(&mut changed).author = world.proxies[0].verifying_key();
    refused!(
        world.institutions[0].countersign(&changed, &state),
        ProtocolError::Refused(Refusal::UnregisteredAuthor)
    );
    let other = world.doctors[A].announce(Validity { chain: CHAIN, until: START }, &mut world.rng);
    refused!(
        world.institutions[0].countersign(&other.draft, &state),
        ProtocolError::Refused(Refusal::NotRecordDraft)
    );
}

#[test]
fn a_record_with_more_keywords_than_entries_is_refused() {
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
    // The resource type is a keyword too.
    assert_eq!(terms(4094).unwrap().len(), 4096);
    refused!(terms(4095), ProtocolError::TooManyKeywords { found: 4096, cap: 4095 });

    // The maximum fits into a transaction.
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let mut draft = draft(&mut world, &sealed);
    let entry = sealed.index[0].clone();
    record(&mut draft).index = vec![entry; epione::ledger::MAX_ENTRIES];
    let signature = world.institutions[0].countersign(&draft, world.state()).unwrap();
    let transaction = world.doctors[A].publish(draft, signature, signature);
    assert!(transaction.to_bytes().len() <= 1 << 20);
}

#[test]
fn a_batch_index_equals_sequential_indexing() {
    let mut world = World::new(31);
    let introduction =
        world.patients[ADA].introduce(&world.doctors[A].verifying_key(), world.now());
    let centre = world.centre.verifying_key();
    let doctor = &world.doctors[A];
    let key = doctor.check_introduction(&introduction, &centre, world.now()).unwrap();
    let record = Record::scan(&mut Cursor::new(BUNDLE), "bundle.json").unwrap();
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let file = &mut Cursor::new(BUNDLE);
    let sealed =
        doctor.seal(&record, file, (&introduction, &key), &current, &mut world.rng).unwrap();
    let terms: Vec<_> = (0..17).map(|i| SearchTerm::new("code", &i.to_string())).collect();
    for count in [0, 1, 7, 8, 9, 17] {
        let (mut alone, mut together) = (world.rng.clone(), world.rng.clone());
        let single = |term| doctor.index(term, &sealed, &introduction, &mut alone).unwrap();
        let single: Vec<_> = terms[..count].iter().map(single).collect();
        let mut entries = Count(0);
        let index = doctor
            .index_with_progress(
                &terms[..count],
                &sealed,
                &introduction,
                &mut together,
                &mut entries,
            )
            .unwrap();
        assert_eq!(index, single);
        assert_eq!((entries.0, together), (count, alone));
    }
}

struct Count(usize);

impl Progress for Count {
    fn advance(&mut self) {
        self.0 += 1;
    }
}
