use super::*;

fn draft(world: &mut World, sealed: &Sealed) -> Draft {
    let (validity, hospital) = (world.validity(), world.institutions[0].verifying_key());
    let Sealed { sealed, index, introduction, .. } = sealed;
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

/// Author, institution and patient exchange files: the draft, the request and the ciphertexts, and
/// the countersignatures.
#[test]
fn consent_is_requested_and_given_over_files() {
    let mut world = World::new(36);
    let mut sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str, bytes: Vec<u8>| fs::write(path(name), bytes).unwrap();
    for Object { name, mut bytes, .. } in sealed.sealed.objects().unwrap() {
        std::io::copy(&mut bytes, &mut fs::File::create(path(&name.to_string())).unwrap()).unwrap();
    }
    let draft = draft(&mut world, &sealed);
    let (view, mut rng) = (world.view(), world.rng.clone());
    let Sealed { sealed, introduction, terms, .. } = &mut sealed;
    let request =
        world.doctors[A].request_consent(view, &draft, sealed, introduction, terms, &mut rng);
    file("draft", draft.to_bytes());
    file("request", request.unwrap().to_bytes());

    let received = Draft::from_bytes(&fs::read(path("draft")).unwrap()).unwrap();
    let countersigned = world.institutions[0].countersign(&received, view).unwrap();
    file("countersignature", countersigned.to_bytes());

    let request = SealedMessage::from_bytes(&fs::read(path("request")).unwrap()).unwrap();
    let objects = |ciphertext: &StoredCiphertext| -> io::Result<Box<dyn Read>> {
        Ok(Box::new(fs::File::open(path(&ciphertext.name().to_string()))?))
    };
    let current = world.authority.epoch_policies(&world.policies).unwrap();
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let consent = world.patients[ADA].consent(view, &request, &objects, &current).unwrap();
    file("consent", consent.to_bytes());

    let [countersigned, consent] = ["countersignature", "consent"]
        .map(|name| Countersignature::from_bytes(&fs::read(path(name)).unwrap()).unwrap());
    let published = world.doctors[A].publish(draft, &countersigned, &consent).unwrap();
    world.commit(&published).unwrap();
    assert!(world.state().record(&published.id()).unwrap().is_some());
    let folder_without_ciphertexts = |ciphertext: &StoredCiphertext| -> io::Result<Box<dyn Read>> {
        Ok(Box::new(fs::File::open(path("absent").join(ciphertext.name().to_string()))?))
    };
    let outcome =
        world.patients[ADA].consent(view, &request, &folder_without_ciphertexts, &current);
    refused!(outcome, ProtocolError::Io(_));
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
    let signatures = vec![signature.signature; 3];
    let transaction = Transaction { draft, signatures };
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
