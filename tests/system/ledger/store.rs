//! The database of a replica: commits, failures of the disk, restarts.

#[cfg(feature = "sim")]
mod backup;
mod check;
#[cfg(feature = "sim")]
mod disk;
#[cfg(feature = "sim")]
mod power;

use epione::database::{Changes, Database, DatabaseError, Redb, Snapshot};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// All entries but the number of commits.
fn entries(snapshot: &dyn Snapshot) -> Result<Entries, DatabaseError> {
    snapshot.range(&[1], &[255]).collect()
}

fn change(key: &[u8], value: Option<&[u8]>) -> Changes {
    [(key.to_vec(), value.map(<[u8]>::to_vec))].into()
}

fn apply(model: &mut Entries, changes: &Changes) {
    for (key, value) in changes {
        match value {
            Some(value) => _ = model.insert(key.clone(), value.clone()),
            None => _ = model.remove(key),
        }
    }
}

/// Keys of few bytes, so that commits change entries of earlier ones.
fn changes() -> impl Strategy<Value = Changes> {
    let key = prop::collection::vec(1..5_u8, 1..4);
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..600));
    prop::collection::btree_map(key, value, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_database_is_the_sum_of_its_commits_and_a_snapshot_stays(
        commits in prop::collection::vec(changes(), 1..10),
    ) {
        let database = Redb::in_memory();
        let (mut model, mut snapshots) = (Entries::new(), Vec::new());
        let mut base = database.snapshot().unwrap();
        for changes in &commits {
            snapshots.push((base.clone(), model.clone()));
            base = database.commit(&base, changes).unwrap();
            apply(&mut model, changes);
            prop_assert_eq!(entries(&*base), Ok(model.clone()));
        }
        for (snapshot, then) in snapshots {
            prop_assert_eq!(entries(&*snapshot), Ok(then));
        }
        for (key, value) in &model {
            prop_assert_eq!(base.get(key), Ok(Some(value.clone())));
        }
        for (from, to) in [([2], [4]), ([4], [2]), ([3], [3])] {
            let found: Result<Entries, _> = base.range(&from, &to).collect();
            let expected = model.iter().filter(|(key, _)| key[..] >= from[..] && key[..] < to[..]);
            let expected = expected.map(|(key, value)| (key.clone(), value.clone())).collect();
            prop_assert_eq!(found, Ok(expected));
        }
    }
}

#[test]
fn a_commit_on_an_outdated_snapshot_changes_nothing() {
    let database = Redb::in_memory();
    let old = database.snapshot().unwrap();
    let new = database.commit(&old, &change(b"a", Some(b"1"))).unwrap();
    let outdated = database.commit(&old, &change(b"a", Some(b"2")));
    assert_eq!(outdated.map(drop), Err(DatabaseError::Conflict));
    // A conflict is no failure of the database.
    let last = database.commit(&new, &change(b"b", Some(b"3"))).unwrap();
    assert_eq!((last.get(b"a"), last.get(b"b")), (Ok(Some(b"1".into())), Ok(Some(b"3".into()))));
    assert_eq!(last.sequence(), 2);
}

#[test]
fn a_commit_without_changes_writes_nothing() {
    let database = Redb::in_memory();
    let (base, syncs) = (database.snapshot().unwrap(), database.syncs());
    assert_eq!(database.commit(&base, &Changes::new()).unwrap().sequence(), 0);
    assert_eq!(database.syncs(), syncs);
    database.commit(&base, &change(b"a", Some(b""))).unwrap();
    assert_eq!(database.syncs(), syncs + 2, "two phases");
}

#[test]
fn a_file_keeps_its_entries_for_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.redb");
    let database = Redb::open(&path).unwrap();
    let base = database.snapshot().unwrap();
    let base = database.commit(&base, &change(b"a", Some(b"1"))).unwrap();
    assert_eq!(Redb::open(&path).map(drop), Err(DatabaseError::InUse));
    drop((base, database));
    let reopened = Redb::open(&path).unwrap().snapshot().unwrap();
    assert_eq!((reopened.sequence(), reopened.get(b"a")), (1, Ok(Some(b"1".to_vec()))));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_of_another_format_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let letter = b"Dear colleague, ".repeat(1_000);
    std::fs::write(&path, &letter).unwrap();
    let error = Redb::open(&path).map(drop).unwrap_err();
    assert!(matches!(error, DatabaseError::Foreign(_)), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), letter);
    assert!(matches!(Redb::open(folder.path()).map(drop), Err(DatabaseError::Failed(_))));
}

#[test]
fn a_flipped_bit_in_a_file_is_found_by_its_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.redb");
    let database = Redb::open(&path).unwrap();
    let mut base = database.snapshot().unwrap();
    let value = b"seventeen bytes. ".repeat(500);
    for i in 0..20 {
        base = database.commit(&base, &change(&[1, i], Some(&value))).unwrap();
    }
    assert_eq!(Redb::check_file(&path), Err(DatabaseError::InUse));
    drop((base, database));
    assert_eq!(Redb::check_file(&path), Ok(()));
    let sound = std::fs::read(&path).unwrap();
    // Some copies of the value may be in pages that are free.
    let all: Vec<usize> =
        (0..sound.len() - 9).filter(|at| &sound[*at..*at + 9] == b"seventeen").collect();
    assert!(all.len() >= 20 * 500);
    let mut found = 0;
    for at in all.iter().step_by(all.len() / 16) {
        let mut damaged = sound.clone();
        damaged[*at] ^= 4;
        std::fs::write(&path, &damaged).unwrap();
        found += usize::from(Redb::check_file(&path).is_err());
    }
    assert!(found >= 8, "{found} of 17");
    assert!(Redb::check_file(&folder.path().join("absent")).is_err());
}

/// A second copy of a ledger shares its database.
#[test]
fn a_ledger_does_not_overwrite_the_blocks_of_another_handle() {
    use super::*;
    let mut chain = Chain::empty(90);
    let mut copy = chain.ledger.clone();
    let p = chain.parties.clone();
    let transaction = chain.sign(register(&p.centre, &p.doctor, Role::Doctor, FAR), &[&p.doctor]);
    let block = chain.propose(T0, std::slice::from_ref(&transaction));
    let (digest, decoded) = copy.format().decode(&block.to_bytes()).unwrap();
    let certificate = chain.certify(Phase::Commit, 1, digest, &[0, 1, 2]);
    copy.apply(1, decoded, &Decision { value: block.to_bytes(), certificate });
    assert_eq!(chain.outcome(&transaction), None);
    let error = copy.persist(&[]).unwrap_err();
    assert_eq!(error.0, DatabaseError::Conflict.to_string());
    assert!(chain.ledger.persist(&[]).is_ok());
}

#[test]
fn a_database_of_another_chain_is_refused() {
    use super::*;
    let database: Arc<dyn Database> = Arc::new(Redb::in_memory());
    let keys = [1, 2].map(|seed| SigningKey::from_seed(&Secret::new([seed; 32])).verifying_key());
    let open = |chain, centre| Ledger::open(database.clone(), chain, centre);
    open("one", keys[0]).unwrap();
    assert_eq!(open("one", keys[0]).unwrap().height(), 0);
    for (chain, centre) in [("other", keys[0]), ("one", keys[1])] {
        let error = open(chain, centre).map(drop).unwrap_err();
        assert!(matches!(&error, DatabaseError::Foreign(reason) if reason.contains("`one`")));
    }
}
