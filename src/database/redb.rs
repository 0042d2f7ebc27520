//! The database by redb.
//!
//! redb has one table, whose key space [`Table`](super::Table) divides. The key 0 holds the number
//! of commits.
#![forbid(unsafe_code)]

use super::counted::Counted;
use super::{Changes, Database, DatabaseError, Item, Snapshot};
use crate::private_file::LockedFolder;
use ::redb::backends::{FileBackend, InMemoryBackend};
use ::redb::{
    Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
};
use std::fmt::{self, Debug};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, iter};

const ENTRIES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("entries");
const SEQUENCE: &[u8] = &[0];

/// The number of bytes of pages that are kept in memory.
const CACHE: usize = 64 << 20;

/// A database in one file, or in memory.
#[derive(Debug, Clone)]
pub struct Redb(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None` while it is dropped.
    database: Option<::redb::Database>,
    syncs: Arc<AtomicU64>,
    failure: Failure,
}

impl Drop for Shared {
    fn drop(&mut self) {
        let database = self.database.take();
        // redb writes when it closes a database, and panics at some pages of a damaged one.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}

impl Redb {
    /// Creates an empty database in memory, which ends with the last handle.
    pub fn in_memory() -> Self {
        Self::with_backend(InMemoryBackend::new()).expect("memory does not fail")
    }

    /// Opens a database, or creates it. Only its owner may read the file, and one process at a time
    /// opens it.
    ///
    /// # Errors
    /// [`DatabaseError::InUse`], [`DatabaseError::Foreign`], or [`DatabaseError::Failed`].
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let file = LockedFolder::of(path)
            .and_then(|folder| folder.open_or_create(path, |file| Self::create(file.try_clone()?)));
        let failed = |error: io::Error| {
            DatabaseError::Failed(format!("{} cannot be opened: {error}", path.display()))
        };
        Self::with_backend(FileBackend::new(file.map_err(failed)?).map_err(opening)?)
    }

    /// Writes an empty database into a new file.
    fn create(file: File) -> io::Result<()> {
        let backend = FileBackend::new(file).map_err(io::Error::other)?;
        Self::with_backend(backend).map(drop).map_err(io::Error::other)
    }

    /// Reads a whole file and compares all of its checksums. No process may have opened it.
    ///
    /// # Errors
    /// [`DatabaseError::Failed`] if a checksum differs, or an error of [`Self::open`].
    pub fn check_file(path: &Path) -> Result<(), DatabaseError> {
        let check = || {
            let opened = ::redb::Database::builder().set_cache_size(CACHE).open(path);
            opened.map_err(opening)?.check_integrity().map_err(opening)
        };
        match catch_unwind(AssertUnwindSafe(check)) {
            Ok(Ok(true)) => Ok(()),
            Ok(Err(error)) => Err(error),
            // redb has repaired the file, which it had written itself.
            Ok(Ok(false)) | Err(_) => Err(damaged()),
        }
    }

    /// Opens a database in storage of any kind.
    pub(crate) fn with_backend(backend: impl StorageBackend) -> Result<Self, DatabaseError> {
        let (syncs, failure) = (Arc::<AtomicU64>::default(), Failure::default());
        let counted = Counted { backend, syncs: syncs.clone() };
        let create =
            || ::redb::Database::builder().set_cache_size(CACHE).create_with_backend(counted);
        let database = match catch_unwind(AssertUnwindSafe(create)) {
            Ok(created) => created.map_err(opening)?,
            Err(_) => return Err(damaged()),
        };
        let opened = Self(Arc::new(Shared { database: Some(database), syncs, failure }));
        opened.guard(|| opened.create_table())?;
        Ok(opened)
    }

    /// The number of calls of `fsync` since the database was opened.
    pub fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::Relaxed)
    }

    fn database(&self) -> &::redb::Database {
        self.0.database.as_ref().expect("it is taken by `drop` only")
    }

    fn create_table(&self) -> Result<(), ::redb::Error> {
        match self.database().begin_read()?.open_table(ENTRIES) {
            Err(::redb::TableError::TableDoesNotExist(_)) => {
                self.write(None, &Changes::new()).map(|_| ())
            }
            opened => Ok(opened.map(|_| ())?),
        }
    }

    /// Writes entries in one transaction, if the number of commits is the given one. Returns
    /// `false` if it is not.
    fn write(&self, sequence: Option<u64>, changes: &Changes) -> Result<bool, ::redb::Error> {
        let mut transaction = self.database().begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        // Two phases, and no walk over the file after a crash.
        transaction.set_quick_repair(true);
        let mut table = transaction.open_table(ENTRIES)?;
        if let Some(expected) = sequence {
            if table.get(SEQUENCE)?.map_or(0, |value| number(value.value())) != expected {
                return Ok(false);
            }
            table.insert(SEQUENCE, &(expected + 1).to_be_bytes()[..])?;
        }
        for (key, value) in changes {
            match value {
                Some(value) => _ = table.insert(&key[..], &value[..])?,
                None => _ = table.remove(&key[..])?,
            }
        }
        drop(table);
        transaction.commit()?;
        Ok(true)
    }

    fn view(&self) -> Result<View, ::redb::Error> {
        let table = self.database().begin_read()?.open_table(ENTRIES)?;
        let sequence = table.get(SEQUENCE)?.map_or(0, |value| number(value.value()));
        Ok(View { table, sequence, failure: self.0.failure.clone() })
    }

    fn guard<T>(
        &self,
        operation: impl FnOnce() -> Result<T, ::redb::Error>,
    ) -> Result<T, DatabaseError> {
        self.0.failure.guard(operation)
    }
}

impl Database for Redb {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, DatabaseError> {
        Ok(Arc::new(self.guard(|| self.view())?))
    }

    fn commit(
        &self,
        base: &Arc<dyn Snapshot>,
        changes: &Changes,
    ) -> Result<Arc<dyn Snapshot>, DatabaseError> {
        self.0.failure.check()?;
        if changes.is_empty() {
            return Ok(base.clone());
        }
        match self.guard(|| self.write(Some(base.sequence()), changes))? {
            true => self.snapshot(),
            false => Err(DatabaseError::Conflict),
        }
    }
}

/// The table in a read transaction.
struct View {
    table: ReadOnlyTable<&'static [u8], &'static [u8]>,
    sequence: u64,
    failure: Failure,
}

impl Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

impl Snapshot for View {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.failure.guard(|| Ok(self.table.get(key)?.map(|value| value.value().to_vec())))
    }

    fn range(
        &self,
        from: &[u8],
        to: &[u8],
    ) -> Box<dyn Iterator<Item = Result<Item, DatabaseError>> + '_> {
        if from >= to {
            return Box::new(iter::empty());
        }
        let mut range = match self.failure.guard(|| Ok(self.table.range(from..to)?)) {
            Ok(range) => range,
            Err(error) => return Box::new(iter::once(Err(error))),
        };
        let mut next = move || {
            let Some(entry) = range.next() else { return Ok(None) };
            let (key, value) = entry?;
            Ok(Some((key.value().to_vec(), value.value().to_vec())))
        };
        Box::new(iter::from_fn(move || self.failure.guard(&mut next).transpose()).fuse())
    }
}

/// The first failure, after which no commit succeeds.
#[derive(Debug, Clone, Default)]
struct Failure(Arc<Mutex<Option<DatabaseError>>>);

impl Failure {
    fn check(&self) -> Result<(), DatabaseError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
    }

    /// Performs an operation, and remembers its failure. redb panics at some pages of a damaged
    /// file; later operations on it fail.
    fn guard<T>(
        &self,
        operation: impl FnOnce() -> Result<T, ::redb::Error>,
    ) -> Result<T, DatabaseError> {
        let error = match catch_unwind(AssertUnwindSafe(operation)) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => DatabaseError::Failed(error.to_string()),
            Err(_) => damaged(),
        };
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Err(first.get_or_insert(error).clone())
    }
}

fn damaged() -> DatabaseError {
    DatabaseError::Failed("the file is damaged: restore it, or fetch the blocks again".to_owned())
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

fn opening(error: ::redb::DatabaseError) -> DatabaseError {
    use ::redb::{DatabaseError as Redb, StorageError};
    match error {
        Redb::DatabaseAlreadyOpen => DatabaseError::InUse,
        Redb::Storage(StorageError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
            DatabaseError::Foreign(error.to_string())
        }
        Redb::UpgradeRequired(version) => {
            DatabaseError::Foreign(format!("it has the format {version} of redb"))
        }
        error => DatabaseError::Failed(error.to_string()),
    }
}
