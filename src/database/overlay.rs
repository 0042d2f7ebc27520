//! Changes above a snapshot of the database.
//!
//! A block is verified on a copy of the state, which shares the snapshot and holds the block's own
//! changes. Once the block is decided they are merged into the pending changes, which the next
//! commit makes durable.
#![forbid(unsafe_code)]

use super::{Changes, Database, DatabaseError, Item, Snapshot, Table};
use crate::algebra::codec::Codec;
use std::borrow::Cow;
use std::ops::Bound;
use std::sync::Arc;

/// A snapshot with changes. Copies cost their own changes, which are not merged.
#[derive(Debug, Clone)]
pub(crate) struct Overlay {
    base: Arc<dyn Snapshot>,
    pending: Arc<Changes>,
    own: Changes,
}

impl Overlay {
    pub(crate) fn new(base: Arc<dyn Snapshot>) -> Self {
        Self { base, pending: Arc::default(), own: Changes::new() }
    }

    /// Returns the value of a key.
    pub(crate) fn get<K: Codec, V: Codec>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<Option<V>, DatabaseError> {
        let value = self.bytes(&table.key(key))?;
        value.map(|value| table.decode_value(&value)).transpose()
    }

    fn bytes(&self, key: &[u8]) -> Result<Option<Cow<'_, [u8]>>, DatabaseError> {
        match self.own.get(key).or_else(|| self.pending.get(key)) {
            Some(changed) => Ok(changed.as_deref().map(Cow::Borrowed)),
            None => Ok(self.base.get(key)?.map(Cow::Owned)),
        }
    }

    /// Returns `true` if a table contains a key.
    pub(crate) fn contains<K: Codec, V: Codec>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<bool, DatabaseError> {
        self.bytes(&table.key(key)).map(|value| value.is_some())
    }

    pub(crate) fn insert<K: Codec, V: Codec>(&mut self, table: &Table<K, V>, key: &K, value: &V) {
        self.own.insert(table.key(key), Some(value.encode()));
    }

    pub(crate) fn remove<K: Codec, V: Codec>(&mut self, table: &Table<K, V>, key: &K) {
        self.own.insert(table.key(key), None);
    }

    /// Iterates over a table in order of its keys, from the leading fields of a key, inclusive, to
    /// others, inclusive with all keys that begin with them.
    pub(crate) fn range<'a, K: Codec, V: Codec, F: Codec, T: Codec>(
        &'a self,
        table: &'static Table<K, V>,
        from: &F,
        to: &T,
    ) -> impl Iterator<Item = Result<(K, V), DatabaseError>> + use<'a, K, V, F, T> {
        let (from, to) = (table.key(from), after(table.key(to)));
        let base = self.base.range(&from, &to);
        let pending = layer(changed(&self.pending, &from, &to), base);
        let all = layer(changed(&self.own, &from, &to), pending);
        all.map(|item| table.decode(item?))
    }

    /// Iterates over the committed entries.
    pub(crate) fn committed(&self) -> impl Iterator<Item = Result<Item, DatabaseError>> {
        self.base.range(&[1], &[u8::MAX])
    }

    /// Returns the committed value of a key.
    pub(crate) fn committed_value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.base.get(key)
    }

    /// Takes over the own changes of a copy. The copy's snapshot may be older.
    pub(crate) fn take_changes(&mut self, copy: Self) {
        self.own = copy.own;
    }

    /// Merges the own changes into the pending ones. Cost: the own changes; if a copy shares the
    /// pending ones, a copy of these.
    pub(crate) fn merge(&mut self) {
        let own = std::mem::take(&mut self.own);
        match self.pending.is_empty() {
            true => self.pending = Arc::new(own),
            false => Arc::make_mut(&mut self.pending).extend(own),
        }
    }

    /// Commits the pending changes with others, which have precedence. The own changes remain.
    pub(crate) fn commit(
        &mut self,
        database: &dyn Database,
        others: Changes,
    ) -> Result<(), DatabaseError> {
        let committed = match others.is_empty() {
            true => database.commit(&self.base, &self.pending),
            false => {
                let mut changes = self.pending.as_ref().clone();
                changes.extend(others);
                database.commit(&self.base, &changes)
            }
        };
        self.base = committed?;
        self.pending = Arc::default();
        Ok(())
    }
}

/// Returns the least key above all keys that begin with this one.
fn after(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if let Some(next) = last.checked_add(1) {
            prefix.push(next);
            break;
        }
    }
    prefix
}

type Change<'a> = (&'a Vec<u8>, &'a Option<Vec<u8>>);

fn changed<'a>(
    changes: &'a Changes,
    from: &[u8],
    to: &[u8],
) -> impl Iterator<Item = Change<'a>> + use<'a> {
    let bounds = (Bound::Included(from), Bound::Excluded(to));
    let empty = from >= to;
    changes.range::<[u8], _>(if empty { (bounds.0, Bound::Excluded(from)) } else { bounds })
}

/// Lays changes over entries, both in order of their keys.
fn layer<'a>(
    changes: impl Iterator<Item = Change<'a>>,
    entries: impl Iterator<Item = Result<Item, DatabaseError>>,
) -> impl Iterator<Item = Result<Item, DatabaseError>> {
    let (mut changes, mut entries) = (changes.peekable(), entries.peekable());
    std::iter::from_fn(move || {
        loop {
            let change_is_next = match (changes.peek(), entries.peek()) {
                (_, Some(Err(_))) | (None, _) => false,
                (Some(_), None) => true,
                (Some((changed, _)), Some(Ok((key, _)))) => *changed <= key,
            };
            if !change_is_next {
                return entries.next();
            }
            let (key, value) = changes.next()?;
            // The changed entry is not read from below.
            entries.next_if(|entry| matches!(entry, Ok((below, _)) if below == key));
            if let Some(value) = value {
                return Some(Ok((key.clone(), value.clone())));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Redb;

    static TABLE: Table<u8, u16> = Table::new(1, "numbers");
    static NEXT: Table<u8, u16> = Table::new(2, "others");

    fn entries(overlay: &Overlay) -> Vec<(u8, u16)> {
        overlay.range(&TABLE, &(), &()).map(Result::unwrap).collect()
    }

    #[test]
    fn a_copy_sees_its_own_changes_above_the_pending_and_the_durable_ones() {
        let database = Redb::in_memory();
        let mut overlay = Overlay::new(database.snapshot().unwrap());
        overlay.insert(&NEXT, &0, &9);
        for key in [1, 3, 5, 7] {
            overlay.insert(&TABLE, &key, &key.into());
        }
        overlay.merge();
        overlay.commit(&database, Changes::new()).unwrap();
        overlay.insert(&TABLE, &2, &20);
        overlay.insert(&TABLE, &3, &30);
        overlay.remove(&TABLE, &7);
        overlay.merge();
        let mut copy = overlay.clone();
        copy.insert(&TABLE, &3, &33);
        copy.insert(&TABLE, &4, &44);
        copy.remove(&TABLE, &5);
        copy.remove(&TABLE, &9);
        copy.insert(&TABLE, &7, &77);
        assert_eq!(entries(&overlay), [(1, 1), (2, 20), (3, 30), (5, 5)]);
        let changed = [(1, 1), (2, 20), (3, 33), (4, 44), (7, 77)];
        assert_eq!(entries(&copy), changed);
        for key in 0..10 {
            let expected = changed.iter().find(|(of, _)| *of == key).map(|(_, value)| *value);
            assert_eq!(copy.get(&TABLE, &key), Ok(expected));
            assert_eq!(copy.contains(&TABLE, &key), Ok(expected.is_some()));
        }
        let part: Vec<_> = copy.range(&TABLE, &2_u8, &4_u8).map(Result::unwrap).collect();
        assert_eq!(part, changed[1..4]);
        assert_eq!(copy.range(&TABLE, &4_u8, &2_u8).count(), 0);
        // The block is decided, and committed with another entry.
        overlay.commit(&database, [(TABLE.key(&6_u8), Some(vec![0, 6]))].into()).unwrap();
        overlay.take_changes(copy);
        overlay.merge();
        let decided = [(1, 1), (2, 20), (3, 33), (4, 44), (6, 6), (7, 77)];
        assert_eq!(entries(&overlay), decided);
        overlay.commit(&database, Changes::new()).unwrap();
        assert_eq!(entries(&Overlay::new(database.snapshot().unwrap())), decided);
    }

    #[test]
    fn an_entry_that_does_not_decode_is_named_with_its_table() {
        let database = Redb::in_memory();
        let mut overlay = Overlay::new(database.snapshot().unwrap());
        overlay.commit(&database, [(TABLE.key(&1_u8), Some(vec![7]))].into()).unwrap();
        let error = overlay.get(&TABLE, &1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the database is damaged: an entry of the table `numbers` is invalid: the encoding is \
             truncated"
        );
    }
}
