//! The embedded database: ordered entries of bytes, durable commits and consistent snapshots.
//!
//! [`Database`] is the interface that the ledger needs. [`Redb`] implements it by
//! [redb](https://docs.rs/redb), a copy-on-write B+ tree in one file, or in memory.
//!
//! **Guarantees.** [`Database::commit`] sets and removes all entries of a commit or none, also
//! across a crash at any point. Once it returns, the entries survive a loss of power, provided that
//! the disk keeps what it has acknowledged to `fsync`. A database is reopened after a crash without
//! reading all of it.
//!
//! **Failures.** After a failed read or write, every later commit fails with the same error, so a
//! result that was computed without a missing entry is never made durable.
//!
//! **Cost.** A read and each entry of a commit cost the logarithm of the number of entries. A
//! commit costs two calls of `fsync`.
#![forbid(unsafe_code)]

mod counted;
mod overlay;
mod redb;
mod table;

pub(crate) use overlay::Overlay;
pub use redb::Redb;
pub(crate) use table::Table;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use thiserror::Error;

/// Entries to set, or to remove if they are `None`.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A key with its value.
pub type Item = (Vec<u8>, Vec<u8>);

/// An embedded database with one writer.
pub trait Database: Debug + Send + Sync {
    /// Returns a view of the entries after the last commit.
    ///
    /// # Errors
    /// [`DatabaseError::Failed`].
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, DatabaseError>;

    /// Sets and removes entries, all or none, and makes them durable. Returns the view after the
    /// commit. Without changes, nothing is written.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] if the database has changed since `base`.
    /// [`DatabaseError::Failed`] if this or an earlier operation has failed.
    fn commit(
        &self,
        base: &Arc<dyn Snapshot>,
        changes: &Changes,
    ) -> Result<Arc<dyn Snapshot>, DatabaseError>;
}

/// A view of a database after a commit. Later commits do not change it.
pub trait Snapshot: Debug + Send + Sync {
    /// Returns the number of commits before this view.
    fn sequence(&self) -> u64;

    /// Returns the value of a key.
    ///
    /// # Errors
    /// [`DatabaseError::Failed`].
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError>;

    /// Iterates over the entries from a key, inclusive, to another one, exclusive.
    fn range(
        &self,
        from: &[u8],
        to: &[u8],
    ) -> Box<dyn Iterator<Item = Result<Item, DatabaseError>> + '_>;
}

/// A failed operation of the database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// Another process has opened the database.
    #[error("the database is open in another process: stop that process first")]
    InUse,
    /// The file belongs to another format or program.
    #[error("the file is no database of this program: {0}")]
    Foreign(String),
    /// Reading, writing or synchronising has failed. The process must stop.
    #[error("the database has failed, and what follows is not stored: {0}")]
    Failed(String),
    /// Another handle has committed in between.
    #[error("another writer has changed the database since it was read")]
    Conflict,
    /// An entry does not decode.
    #[error("the database is damaged: an entry of the table `{table}` is invalid: {reason}")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The reason.
        reason: String,
    },
}
