//! Maps with the changes of a block above a shared base.
//!
//! A block is verified on a copy of the state, which shares all entries with it and holds only the
//! block's own changes. They are merged once the block is decided.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ops::RangeBounds;
use std::sync::Arc;

/// A map. Copies share the base, and cost what the unmerged changes cost.
#[derive(Debug, Clone)]
pub(super) struct Layered<K, V> {
    base: Arc<BTreeMap<K, V>>,
    /// The changed entries; `None` if they are removed.
    changes: BTreeMap<K, Option<V>>,
}

impl<K, V> Default for Layered<K, V> {
    fn default() -> Self {
        Self { base: Arc::default(), changes: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Layered<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        match self.changes.get(key) {
            Some(changed) => changed.as_ref(),
            None => self.base.get(key),
        }
    }

    pub(super) fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.changes.insert(key, Some(value));
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.changes.insert(key.clone(), None);
    }

    /// The entries in order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.range(..)
    }

    /// The entries of a range in order of their keys. Cost: logarithmic in the size of the map, and
    /// linear in that of the range.
    pub(super) fn range(
        &self,
        range: impl RangeBounds<K> + Clone,
    ) -> impl Iterator<Item = (&K, &V)> {
        let unchanged = |(key, _): &(&K, &V)| !self.changes.contains_key(key);
        let mut base = self.base.range(range.clone()).filter(unchanged).peekable();
        let changes = self.changes.range(range);
        let mut changed = changes.filter_map(|(key, v)| Some((key, v.as_ref()?))).peekable();
        std::iter::from_fn(move || match (base.peek(), changed.peek()) {
            (Some((in_base, _)), Some((in_changes, _))) if in_changes < in_base => changed.next(),
            (Some(_), _) => base.next(),
            (None, _) => changed.next(),
        })
    }

    /// Merges the changes into the base. Cost: the changes, each logarithmic in the size of the
    /// map; if another copy shares the base, a copy of the base.
    pub(super) fn merge(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        if changes.is_empty() {
            return;
        }
        let base = Arc::make_mut(&mut self.base);
        for (key, value) in changes {
            match value {
                Some(value) => _ = base.insert(key, value),
                None => _ = base.remove(&key),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_sees_its_own_changes_above_the_base() {
        let mut map = Layered::default();
        for key in [1, 3, 5, 7] {
            map.insert(key, key);
        }
        map.merge();
        let mut copy = map.clone();
        copy.insert(4, 40);
        copy.insert(5, 50);
        copy.remove(&3);
        copy.remove(&9);
        let entries =
            |map: &Layered<i32, i32>| -> Vec<_> { map.iter().map(|(k, v)| (*k, *v)).collect() };
        let (before, after) =
            (vec![(1, 1), (3, 3), (5, 5), (7, 7)], vec![(1, 1), (4, 40), (5, 50), (7, 7)]);
        assert_eq!((entries(&map), entries(&copy)), (before.clone(), after.clone()));
        assert_eq!(copy.range(2..6).map(|(key, _)| *key).collect::<Vec<_>>(), [4, 5]);
        assert_eq!((copy.get(&3), copy.get(&5), copy.get(&7)), (None, Some(&50), Some(&7)));
        copy.merge();
        assert_eq!((entries(&map), entries(&copy)), (before, after));
        assert!(copy.contains_key(&4) && !copy.contains_key(&3) && copy.changes.is_empty());
    }
}
