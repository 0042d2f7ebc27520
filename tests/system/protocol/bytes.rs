use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Decoded transactions encode to the same bytes.
    #[test]
    fn decoding_arbitrary_bytes_never_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..400)
    ) {
        let _ = Envelope::from_bytes(&bytes);
        let _ = Query::from_bytes(&bytes);
        if let Ok(transaction) = Transaction::from_bytes(&bytes) {
            prop_assert_eq!(transaction.to_bytes(), bytes);
        }
    }
}

#[test]
fn an_empty_store_names_the_missing_object() {
    let Shared { world, record, .. } = Shared::new(80);
    let folder = tempfile::tempdir().unwrap();
    let key = world.keeper.verifying_key();
    let empty = StoreKeeper::new(DirectoryStore::open(folder.path()).unwrap(), key);
    let (location, _) = world.envelope(&record);
    let basis = FetchBasis::Own(record);
    let rng = &mut world.fork();
    let fetch = world.doctors[A].fetch((CHAIN, &key), (&location, basis), world.now(), rng);
    let outcome = empty.serve(world.view(), fetch.fetch(), &mut Vec::new(), rng);
    refused!(outcome, Refusal::ForeignObject);
    // The file of an uploaded object is gone.
    let path = world.keeper.store().manifest_path(&location);
    fs::remove_file(path).unwrap();
    refused!(
        world.fetched(A, &location, basis, world.now()),
        ProtocolError::Store(StoreError::Missing(name)) if name == location
    );
}
