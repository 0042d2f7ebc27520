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
    let empty = epione::protocol::StoreKeeper::new(DirectoryStore::open(folder.path()).unwrap());
    let (location, _) = world.envelope(&record);
    let fetch = world.doctors[A].fetch(&location, FetchBasis::Own(record), world.now());
    refused!(
        empty.serve(&world.state(), &fetch, world.now(), &mut Vec::new()),
        ProtocolError::Store(StoreError::Missing(name)) if name == location
    );
}
