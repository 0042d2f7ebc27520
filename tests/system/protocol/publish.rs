use super::*;

fn draft(world: &mut World, sealed: &Sealed) -> Draft {
    let (validity, hospital) = (world.validity(), world.institutions[0].verifying_key());
    let Sealed { sealed, index, introduction } = sealed;
    let (doctor, rng) = (&world.doctors[A], &mut world.rng);
    doctor.draft_record(validity, sealed, index.clone(), introduction, hospital, rng)
}

/// Returns a draft with an altered record.
fn altered(draft: &Draft, alter: impl FnOnce(&mut RecordAction)) -> Draft {
    let mut draft = draft.clone();
    match &mut draft.action {
        Action::Record(record) => alter(record),
        _ => unreachable!("a draft of a record"),
    }
    draft
}

#[test]
fn a_patient_consents_to_a_record_of_the_current_epoch_only() {
    let mut world = World::new(36);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let mut consent =
        |draft: &Draft, now| world.patients[ADA].consent(draft, &sealed.sealed, &current, now);
    let deadline = epoch_deadline(sealed.introduction.epoch());
    assert!(consent(&honest, deadline - 1).is_ok());
    refused!(consent(&honest, deadline), Rule::PastEpoch);
    refused!(consent(&honest, deadline - EPOCH_TOLERANCE - EPOCH - 1), Rule::FutureEpoch);
    let mut later = honest.clone();
    later.valid_until = deadline + 1;
    refused!(consent(&later, START), Rule::PastEpoch);
}

#[test]
fn a_patient_consents_only_to_their_own_unaltered_record() {
    let mut world = World::new(30);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let now = world.now();
    let mut consent =
        |draft: &Draft| world.patients[ADA].consent(draft, &sealed.sealed, &current, now);
    assert!(consent(&honest).is_ok());

    let other = world.doctors[B].verifying_key();
    for draft in [
        altered(&honest, |r| r.owner = other),
        altered(&honest, |r| r.author = other),
        altered(&honest, |r| r.epoch += 1),
    ] {
        refused!(consent(&draft), Refusal::OtherOwnerKey);
    }

    let changes: [fn(&mut RecordAction); 7] = [
        |r| r.record_id[0] ^= 1,
        |r| r.sections[0].ciphertext[0] ^= 1,
        |r| r.sections[1].wrapped_for_patient[0] ^= 1,
        |r| r.sections[1].wrapped_for_policy[0] ^= 1,
        |r| r.sections[0].wrapped_for_author[0] ^= 1,
        |r| r.sections[2].tag[0] ^= 1,
        |r| r.sections.truncate(2),
    ];
    for change in changes {
        refused!(
            consent(&altered(&honest, change)),
            ProtocolError::DigestMismatch(Item::SealedRecord)
        );
    }
    refused!(
        consent(&altered(&honest, |r| r.envelope[0] ^= 1)),
        ProtocolError::DigestMismatch(Item::WrappedEnvelopeName)
    );
    let announced =
        world.doctors[A].announce(Validity { chain: CHAIN, until: START }, &mut world.rng.clone());
    refused!(consent(&announced.draft), Refusal::NotRecordDraft);
    // Another patient is asked for consent to Ada's record.
    let outcome = world.patients[BEA].consent(&honest, &sealed.sealed, &current, now);
    refused!(outcome, Refusal::OtherOwnerKey);
}

/// The patient finds her records by the entry that every record has.
#[test]
fn a_patient_does_not_consent_to_a_record_that_they_cannot_find() {
    let mut world = World::new(32);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let other = world.seal(A, ADA, BUNDLE, "bundle.json");
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let without_first = |keep| sealed.index.iter().skip(1).take(keep).cloned().collect();
    // The index of another record seals another location.
    for index in [without_first(0), without_first(1), other.index] {
        let changed = altered(&honest, |r| r.index = index);
        let now = world.now();
        let outcome = world.patients[ADA].consent(&changed, &sealed.sealed, &current, now);
        refused!(outcome, Refusal::NotSearchable);
    }
}

#[test]
fn an_institution_signs_only_records_of_doctors_that_name_it() {
    let mut world = World::new(33);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let honest = draft(&mut world, &sealed);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    refused!(world.institutions[1].countersign(&honest, view), Refusal::OtherInstitution);
    let proxy = world.proxies[0].verifying_key();
    let changed = altered(&honest, |r| r.author = proxy);
    refused!(world.institutions[0].countersign(&changed, view), Refusal::UnregisteredAuthor);
    let other = world.doctors[A].announce(Validity { chain: CHAIN, until: START }, &mut world.rng);
    refused!(world.institutions[0].countersign(&other.draft, view), Refusal::NotRecordDraft);
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
    let index = vec![sealed.index[0].clone(); epione::ledger::MAX_ENTRIES];
    let draft = altered(&draft(&mut world, &sealed), |r| r.index = index);
    let signature = world.institutions[0].countersign(&draft, world.view()).unwrap();
    let transaction = world.doctors[A].publish(draft, signature, signature);
    assert!(transaction.to_bytes().len() <= 1 << 20);
}

#[test]
fn a_batch_index_equals_sequential_indexing() {
    let mut world = World::new(31);
    let Sealed { sealed, introduction, .. } = world.seal(A, ADA, BUNDLE, "bundle.json");
    let doctor = &world.doctors[A];
    let terms: Vec<_> = (0..17).map(|i| SearchTerm::new("code", &i.to_string())).collect();
    for count in [0, 1, 7, 8, 9, 17] {
        let (mut alone, mut together) = (world.rng.clone(), world.rng.clone());
        let single = |term| doctor.index(term, &sealed, &introduction, &mut alone).unwrap();
        let single: Vec<_> = terms[..count].iter().map(single).collect();
        let mut entries = 0_usize;
        let (terms, rng) = (&terms[..count], &mut together);
        let index =
            doctor.index_with_progress(terms, &sealed, &introduction, rng, &mut entries).unwrap();
        assert_eq!(index, single);
        assert_eq!((entries, together), (count, alone));
    }
}
