//! Backups, and the fence that keeps a restored replica from contradicting itself.
//!
//! A backup lacks what its replica has signed since. A replica that voted again from a backup could
//! sign a second vote in the same view: `F` restored members would fork the ledger. A backup
//! therefore contains the epoch in which it was taken, and a replica that is opened from it signs
//! nothing in that epoch or an earlier one. It follows the decisions of the others, and votes again
//! in the next epoch, for which it has a new key.
#![forbid(unsafe_code)]

use super::chain::Ledger;
use super::state::State;
use crate::database::{Database, DatabaseError};

/// The number of bytes of entries that one commit of a backup copies: 1 MiB.
const BATCH: usize = 1 << 20;

impl Ledger {
    /// Copies the ledger after the last commit into an empty database. The copy signs nothing in
    /// this consensus epoch. The ledger can be used meanwhile. An interrupted copy cannot be
    /// opened.
    ///
    /// Cost: linear in the size of the database; 1 MiB of entries are in memory.
    ///
    /// # Errors
    /// [`DatabaseError::Foreign`] if the other database is not empty, or another [`DatabaseError`].
    pub fn backup(&self, epoch: u64, into: &dyn Database) -> Result<(), DatabaseError> {
        let mut base = into.snapshot()?;
        if base.sequence() > 0 {
            return Err(DatabaseError::Foreign("it is not empty".to_owned()));
        }
        let (mut changes, mut bytes) = (State::fence(epoch), 0);
        for item in self.state().copied_entries() {
            let (key, value) = item?;
            bytes += key.len() + value.len();
            changes.insert(key, Some(value));
            if bytes >= BATCH {
                base = into.commit(&base, &std::mem::take(&mut changes))?;
                bytes = 0;
            }
        }
        // Without the tip the copy is incomplete.
        changes.extend(self.state().copied_tip()?);
        into.commit(&base, &changes).map(drop)
    }

    /// Returns the consensus epoch up to which a restored ledger signs nothing; `None` if it was
    /// not restored from a backup.
    pub fn fenced_epoch(&self) -> Option<u64> {
        self.fence
    }
}
