//! Uploads: the authors, the quota and the expiry of the objects of a store keeper.

use super::*;
use epione::algebra::random_bytes;
use epione::ledger::Subject;
use epione::protocol::JournalFile;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

#[test]
fn only_registered_doctors_upload_and_only_the_offered_bytes() {
    let mut world = World::new(50);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
    let rng = &mut world.rng;
    let unregistered = Doctor::register("Dr. Eve", START + DAY, &world.centre, rng).unwrap();
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json").sealed;
    let at = (CHAIN, &world.keeper.verifying_key());
    let offer =
        |doctor: &Doctor, length| doctor.offer(at, sealed.record_id(), (&name, length), now);
    let upload = |offer: &Upload, bytes: &[u8]| world.keeper.upload(view, offer, &mut &bytes[..]);
    let refused = upload(&offer(&unregistered, 10), b"ciphertext");
    refused!(refused, Refusal::UnregisteredUploader);
    let honest = offer(&world.doctors[A], 10);
    refused!(upload(&honest, b"other data"), ProtocolError::Store(StoreError::CidMismatch { .. }));
    for bytes in [&b"cipher"[..], b"ciphertexts", b""] {
        refused!(upload(&honest, bytes), Refusal::UploadLength);
    }
    // The quota counts the offered length, so a refused object must not stay.
    for length in [0, 9, 11, u64::MAX] {
        let outcome = upload(&offer(&world.doctors[A], length), b"ciphertext");
        assert!(matches!(
            outcome,
            Err(ProtocolError::Refused(Refusal::UploadLength | Refusal::QuotaExceeded))
        ));
    }
    assert!(!world.keeper.store().contains(&name));
    upload(&honest, b"ciphertext").unwrap();
}

/// An institution, a proxy, a query manager and a patient sign offers. A doctor whose generator has
/// the state of theirs has their signing key.
#[test]
fn parties_other_than_doctors_do_not_upload() {
    let mut world = World::new(53);
    let (until, validity, centre) = (START + DAY, world.validity(), &world.centre);
    let rng = |role: u64| ChaCha20Rng::seed_from_u64(1000 + role);
    let institution = Institution::register("Institution", until, centre, &mut rng(0)).unwrap();
    let proxy = Proxy::register("Proxy", until, centre, &mut rng(1)).unwrap();
    let manager = QueryManager::register("Manager", until, centre, &mut rng(2)).unwrap();
    let patient = Patient::register("Patient", until, centre, &mut rng(3)).unwrap();
    let keys = [
        institution.verifying_key(),
        proxy.verifying_key(),
        manager.verifying_key(),
        patient.verifying_key(),
    ];
    let doctors =
        [0, 1, 2, 3].map(|role| Doctor::register("Doctor", until, centre, &mut rng(role)).unwrap());
    for transaction in [
        institution.announce(validity, &mut world.rng),
        proxy.announce(validity, &mut world.rng),
        manager.announce(validity, &mut world.rng),
    ] {
        world.commit(&transaction).unwrap();
    }
    let name = store::cid_of(&mut &b"ciphertext"[..]).unwrap();
    let at = (CHAIN, &world.keeper.verifying_key());
    for (key, doctor) in keys.iter().zip(&doctors) {
        assert_eq!(doctor.verifying_key(), *key);
        refused!(
            world.keeper.upload(
                world.view(),
                &doctor.offer(at, [1; 32], (&name, 10), world.now()),
                &mut &b"ciphertext"[..]
            ),
            Refusal::UnregisteredUploader
        );
    }
    assert!(!world.keeper.store().contains(&name));
}

/// Commits a transaction that concerns no upload, so that the ledger's time is the present.
fn commit_anything(world: &mut World) {
    let centre = world.centre.verifying_key();
    let subject = world.doctors[C].certificate().verify(&centre).unwrap().clone();
    let other = Subject { serial: random_bytes(&mut world.rng), ..subject };
    let withdrawal = world.centre.withdraw(world.validity(), &other, &mut world.rng);
    world.commit(&withdrawal).unwrap();
}

#[test]
fn unpublished_uploads_expire_and_published_ones_stay() {
    let mut world = World::new(56);
    let published = world.publish(A, ADA, BUNDLE, "bundle.json");
    let sealed = world.seal(A, ADA, b"a draft", "note.txt");
    let sealed_at = world.now();
    let names: Vec<Cid> = sealed.sealed.objects().unwrap().iter().map(|o| o.name).collect();
    let stored = |world: &World| names.iter().filter(|n| world.keeper.store().contains(n)).count();
    let expire = |world: &mut World, later: Time| {
        world.network.advance(later);
        commit_anything(world);
        let state = world.state().clone();
        world.keeper.expire(&state).unwrap();
        state.time() - sealed_at
    };
    assert!(expire(&mut world, UNPUBLISHED_LIFETIME - DAY / 2) < UNPUBLISHED_LIFETIME);
    assert_eq!(stored(&world), names.len());
    assert!(expire(&mut world, DAY / 2) > UNPUBLISHED_LIFETIME);
    assert_eq!(stored(&world), 0);
    let (location, _) = world.envelope(&published);
    assert!(world.fetched(A, &location, FetchBasis::Own(published), world.now()).is_ok());
}

/// The keeper's view is that of a replica, which may be behind.
#[test]
fn an_old_view_deletes_no_object_of_a_published_record() {
    let mut world = World::new(60);
    let old = world.state().clone();
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    world.network.advance(2 * UNPUBLISHED_LIFETIME);
    world.keeper.expire(&old).unwrap();
    let (location, _) = world.envelope(&record);
    assert!(world.fetched(A, &location, FetchBasis::Own(record), world.now()).is_ok());
}

/// The network repeats an upload.
#[test]
fn an_upload_is_accepted_for_one_minute_and_a_repetition_changes_nothing() {
    let mut world = World::new(59);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (keeper, at) = (world.keeper.verifying_key(), world.now());
    let open = || {
        let (journal, entries) = JournalFile::open(&path).unwrap();
        let store = DirectoryStore::open(&folder.path().join("store")).unwrap();
        (StoreKeeper::open(store, keeper, Box::new(journal), &entries).unwrap(), entries)
    };
    let name = store::cid_of(&mut &b"x"[..]).unwrap();
    let offer = world.doctors[A].offer((CHAIN, &keeper), [1; 32], (&name, 1), at);
    let (mut keeper, _) = open();
    let upload = |world: &World, keeper: &StoreKeeper<_>, now| {
        let (state, object) = (world.state(), &mut &b"x"[..]);
        keeper.upload(LedgerView { state, now }, &offer, object)
    };
    for now in [at - 60_001, at + 60_001] {
        refused!(upload(&world, &keeper, now), Refusal::StaleUpload);
    }
    upload(&world, &keeper, at).unwrap();
    let length = || fs::metadata(&path).unwrap().len();
    let once = length();
    for now in [at - 60_000, at, at + 60_000] {
        upload(&world, &keeper, now).unwrap();
        assert_eq!(length(), once);
    }
    // The age of the upload is that of the first, also after a restart.
    drop(keeper);
    world.network.advance(UNPUBLISHED_LIFETIME + 1000);
    commit_anything(&mut world);
    let (reopened, entries) = open();
    assert_eq!(entries.len(), 1);
    keeper = reopened;
    keeper.expire(world.state()).unwrap();
    assert!(!keeper.store().contains(&name));
    assert_eq!(length(), 0, "the journal contains no upload that has expired");
    refused!(upload(&world, &keeper, world.now()), Refusal::StaleUpload);
}

/// Closes the keeper's store, which one process opens at a time.
fn close(world: &mut World) {
    let elsewhere = DirectoryStore::open(tempfile::tempdir().unwrap().path()).unwrap();
    world.keeper = StoreKeeper::new(elsewhere, world.keeper.verifying_key());
}

/// A journal that a test reads while a keeper writes it.
#[derive(Clone, Default)]
struct SharedJournal(Arc<Mutex<Vec<Vec<u8>>>>);

impl Journal for SharedJournal {
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        Journal::append(&mut *self.0.lock().unwrap(), entry)
    }

    fn replace(&mut self, entries: &mut dyn Iterator<Item = Vec<u8>>) -> io::Result<()> {
        Journal::replace(&mut *self.0.lock().unwrap(), entries)
    }
}

/// A keeper that has compacted its journal and restarts holds the same objects.
#[test]
fn a_compacted_journal_contains_all_uploads_that_have_not_expired() {
    let mut world = World::new(61);
    let journal = SharedJournal::default();
    let (key, folder) = (world.keeper.verifying_key(), tempfile::tempdir().unwrap());
    let open = |entries: &[Vec<u8>]| {
        let store = DirectoryStore::open(folder.path()).unwrap();
        StoreKeeper::open(store, key, Box::new(journal.clone()), entries).unwrap()
    };
    world.keeper = open(&[]);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let draft = world.seal(A, ADA, b"a draft", "note.txt");
    let state = world.state().clone();
    world.keeper.expire(&state).unwrap();
    let entries = journal.0.lock().unwrap().clone();
    let objects = (1 + 4 * state.record(&record).unwrap().unwrap().sections.len())
        + draft.sealed.objects().unwrap().len();
    assert_eq!(entries.len(), objects);
    close(&mut world);
    world.keeper = open(&entries);
    world.keeper.expire(&state).unwrap();
    assert_eq!(journal.0.lock().unwrap().len(), objects);
    let (location, _) = world.envelope(&record);
    assert!(world.fetched(A, &location, FetchBasis::Own(record), world.now()).is_ok());
    world.publish_sealed(A, ADA, 0, draft);
}

/// Two uploads that are in transfer at the same time would each fit into the quota.
#[test]
fn the_quota_counts_objects_in_transfer() {
    let world = World::new(62);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let at = (CHAIN, &world.keeper.verifying_key());
    let [first, second] = [b"x", b"y"].map(|object| store::cid_of(&mut &object[..]).unwrap());
    let offer = |name, length| world.doctors[C].offer(at, [1; 32], (name, length), now);
    /// An object during whose transfer another upload arrives.
    struct Interleaved<'a>(&'a dyn Fn());
    impl io::Read for Interleaved<'_> {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            (self.0)();
            Err(io::Error::other("the connection is lost"))
        }
    }
    let quota = UNPUBLISHED_QUOTA - (64 << 10);
    let arrives = || {
        let other = offer(&second, (64 << 10) + 1);
        refused!(world.keeper.upload(view, &other, &mut &b"y"[..]), Refusal::QuotaExceeded);
        // One object of the least charge fits, and is refused for its length only.
        let other = offer(&second, 2);
        refused!(world.keeper.upload(view, &other, &mut &b"y"[..]), Refusal::UploadLength);
    };
    let outcome = world.keeper.upload(view, &offer(&first, quota), &mut Interleaved(&arrives));
    refused!(outcome, ProtocolError::Store(StoreError::Io(_)));
    // The failed transfer occupies nothing.
    let all = offer(&first, UNPUBLISHED_QUOTA);
    refused!(world.keeper.upload(view, &all, &mut &b"x"[..]), Refusal::UploadLength);
}

/// Small objects cost the keeper memory, so each is charged with 64 KiB.
#[test]
fn the_number_of_unpublished_objects_is_bounded() {
    let world = World::new(63);
    let (state, now) = (world.state().clone(), world.now());
    let at = (CHAIN, &world.keeper.verifying_key());
    let upload = |length: u64, i: u64, object: &[u8]| {
        let name = store::cid_of(&mut &object[..]).unwrap();
        let mut id = [0; 32];
        id[..8].copy_from_slice(&i.to_be_bytes());
        let offer = world.doctors[C].offer(at, id, (&name, length), now);
        world.keeper.upload(LedgerView { state: &state, now }, &offer, &mut &object[..])
    };
    for i in 0..3 {
        upload(1, i, b"x").unwrap();
    }
    let rest = UNPUBLISHED_QUOTA - 3 * (64 << 10);
    refused!(upload(rest + 1, 4, b"y"), Refusal::QuotaExceeded);
    refused!(upload(rest, 4, b"y"), Refusal::UploadLength);
}

#[test]
fn a_published_record_holds_its_own_objects_only() {
    let mut world = World::new(58);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let (at, id) = ((CHAIN, &world.keeper.verifying_key()), sealed.sealed.record_id());
    let objects = sealed.sealed.objects().unwrap();
    let listed: Vec<Cid> = objects.iter().map(|object| object.name).collect();
    drop(objects);
    let [before, after] =
        [b"before", b"after!"].map(|bytes| store::cid_of(&mut &bytes[..]).unwrap());
    let upload = |world: &World, name: &Cid, bytes: &[u8]| {
        let object = (name, bytes.len() as u64);
        let offer = world.doctors[A].offer(at, id, object, world.now());
        world.keeper.upload(world.view(), &offer, &mut &bytes[..])
    };
    // An object that the record does not list counts as unpublished, and expires with publication.
    upload(&world, &before, b"before").unwrap();
    world.publish_sealed(A, ADA, 0, sealed);
    refused!(upload(&world, &after, b"after!"), Refusal::ForeignObject);
    assert!(world.keeper.store().contains(&before));
    let state = world.state().clone();
    world.keeper.expire(&state).unwrap();
    assert!(!world.keeper.store().contains(&before));
    for name in &listed {
        // A lost object can be sent again.
        let bytes = world.stored(name);
        fs::remove_file(world.keeper.store().manifest_path(name)).unwrap();
        upload(&world, name, &bytes).unwrap();
        assert!(world.stored(name) == bytes);
    }
}

#[test]
fn the_unpublished_uploads_of_an_author_have_a_quota() {
    let mut world = World::new(57);
    let (state, now) = (world.state().clone(), world.now());
    let view = LedgerView { state: &state, now };
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json").sealed;
    let at = (CHAIN, &world.keeper.verifying_key());
    let name = store::cid_of(&mut &b"x"[..]).unwrap();
    let offer = |doctor: usize, length| {
        world.doctors[doctor].offer(at, sealed.record_id(), (&name, length), now)
    };
    let upload = |offer: &Upload| world.keeper.upload(view, offer, &mut &b"x"[..]);
    // The sealed record counts already.
    refused!(upload(&offer(A, UNPUBLISHED_QUOTA)), Refusal::QuotaExceeded);
    refused!(upload(&offer(A, u64::MAX)), Refusal::QuotaExceeded);
    // The quota is per author.
    refused!(upload(&offer(C, UNPUBLISHED_QUOTA)), Refusal::UploadLength);
    upload(&offer(A, 1)).unwrap();
}

/// A doctor offers an object that is held or listed with another length. Every byte would be staged
/// before the name is compared.
#[test]
fn an_object_that_is_held_is_transferred_with_its_length_only() {
    let mut world = World::new(64);
    let record = world.publish(A, ADA, BUNDLE, "bundle.json");
    let (location, _) = world.envelope(&record);
    let record_id = world.state().record(&record).unwrap().unwrap().record_id;
    let name = store::cid_of(&mut &b"x"[..]).unwrap();
    let (at, now) = ((CHAIN, &world.keeper.verifying_key()), world.now());
    let upload = |id, name: &Cid, length, object: &mut dyn Read| {
        let offer = world.doctors[A].offer(at, id, (name, length), now);
        world.keeper.upload(world.view(), &offer, object)
    };
    upload([1; 32], &name, 1, &mut &b"x"[..]).unwrap();
    struct Untouched;
    impl Read for Untouched {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("the object is read")
        }
    }
    for (id, name) in [([1; 32], &name), (record_id, &location)] {
        for length in [0, 2, u64::MAX] {
            refused!(upload(id, name, length, &mut Untouched), Refusal::UploadLength);
        }
    }
}

/// An object arrives while the record is published without it, or the keeper's view is older than
/// the publication that it has seen.
#[test]
fn an_object_that_a_published_record_does_not_list_is_never_added() {
    let mut world = World::new(65);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    let id = sealed.sealed.record_id();
    let (old, now) = (world.state().clone(), world.now());
    let name = store::cid_of(&mut &b"foreign"[..]).unwrap();
    let at = world.keeper.verifying_key();
    let offer = world.doctors[A].offer((CHAIN, &at), id, (&name, 7), now);
    let record = world.publish_sealed(A, ADA, 0, sealed).id();
    let new = world.state().clone();
    /// A transfer during which the keeper sees the publication.
    struct Publishing<'a>(&'a dyn Fn(), &'a [u8]);
    impl Read for Publishing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            (self.0)();
            self.1.read(buffer)
        }
    }
    let published = || {
        let other = store::cid_of(&mut &b"x"[..]).unwrap();
        let offer = world.doctors[A].offer((CHAIN, &at), id, (&other, 1), now);
        let view = LedgerView { state: &new, now };
        refused!(world.keeper.upload(view, &offer, &mut &b"x"[..]), Refusal::ForeignObject);
    };
    let view = LedgerView { state: &old, now };
    let object = &mut Publishing(&published, b"foreign");
    refused!(world.keeper.upload(view, &offer, object), Refusal::OldState);
    refused!(world.keeper.upload(view, &offer, &mut &b"foreign"[..]), Refusal::OldState);
    let basis = FetchBasis::Own(record);
    refused!(world.fetched(A, &name, basis, world.now()), Refusal::ForeignObject);
    world.keeper.expire(&new).unwrap();
    assert!(!world.keeper.store().contains(&name));
}

/// A keeper that has seen a late publication restarts with an older state.
#[test]
fn an_old_state_deletes_no_published_object_after_a_restart() {
    let mut world = World::new(66);
    let (journal, folder) = (SharedJournal::default(), tempfile::tempdir().unwrap());
    let key = world.keeper.verifying_key();
    let open = |entries: &[Vec<u8>]| {
        let store = DirectoryStore::open(folder.path()).unwrap();
        StoreKeeper::open(store, key, Box::new(journal.clone()), entries).unwrap()
    };
    world.keeper = open(&[]);
    let sealed = world.seal(A, ADA, BUNDLE, "bundle.json");
    world.network.advance(UNPUBLISHED_LIFETIME + HOUR);
    commit_anything(&mut world);
    let old = world.state().clone();
    let record = world.publish_sealed(A, ADA, 0, sealed).id();
    let new = world.state().clone();
    world.keeper.expire(&new).unwrap();
    let entries = journal.0.lock().unwrap().clone();
    close(&mut world);
    world.keeper = open(&entries);
    world.keeper.expire(&old).unwrap();
    let (location, _) = world.envelope(&record);
    assert!(world.fetched(A, &location, FetchBasis::Own(record), world.now()).is_ok());
}

/// A journal on a full disk, which may also refuse replacements.
struct FullDisk(Arc<AtomicBool>);

impl Journal for FullDisk {
    fn append(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn replace(&mut self, _: &mut dyn Iterator<Item = Vec<u8>>) -> io::Result<()> {
        let fails = self.0.load(Ordering::Relaxed);
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[test]
fn an_object_that_is_stored_and_not_journaled_is_charged() {
    let mut world = World::new(67);
    let folder = tempfile::tempdir().unwrap();
    let key = world.keeper.verifying_key();
    let store = DirectoryStore::open(folder.path()).unwrap();
    let fails = Arc::new(AtomicBool::new(true));
    let journal = Box::new(FullDisk(fails.clone()));
    world.keeper = StoreKeeper::open(store, key, journal, &[]).unwrap();
    let name = store::cid_of(&mut &b"x"[..]).unwrap();
    let upload = |world: &World, length, object: &[u8]| {
        let now = world.now();
        let offer = world.doctors[A].offer((CHAIN, &key), [1; 32], (&name, length), now);
        world.keeper.upload(world.view(), &offer, &mut &object[..])
    };
    refused!(upload(&world, 1, b"x"), ProtocolError::Io(_));
    refused!(upload(&world, UNPUBLISHED_QUOTA, b"x"), Refusal::QuotaExceeded);
    // Nothing is deleted if the journal fails, so the charge remains.
    let state = world.state().clone();
    refused!(world.keeper.expire(&state), ProtocolError::Io(_));
    assert!(world.keeper.store().contains(&name));
    refused!(upload(&world, UNPUBLISHED_QUOTA, b"x"), Refusal::QuotaExceeded);
    fails.store(false, Ordering::Relaxed);
    world.keeper.expire(&state).unwrap();
    assert!(!world.keeper.store().contains(&name));
    refused!(upload(&world, UNPUBLISHED_QUOTA, b"x"), Refusal::UploadLength);
}
