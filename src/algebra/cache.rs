//! A cache of hashed points, for public labels.
//!
//! An attribute has the same point in every key and header, and hashing dominates the cost of an
//! encapsulation. The cache is opt-in through the functions `*_cached`, because it keeps messages
//! in memory, and timing reveals which messages were hashed before. Attributes may be cached;
//! search keywords must not.
#![forbid(unsafe_code)]

use super::tag::Tag;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The capacity in points: at most 3 MiB, if every message has the maximum length.
const ENTRIES: usize = 4096;

/// The maximum length of a cached message. Longer messages are hashed on every call.
const MESSAGE_BYTES: usize = 256;

type Key = (&'static [u8], Box<[u8]>);

/// Points by tag and message. The oldest entry is evicted first.
pub(super) struct PointCache<P>(Mutex<Option<Entries<P>>>);

struct Entries<P> {
    points: HashMap<Key, P>,
    /// The keys in insertion order.
    order: VecDeque<Key>,
}

impl<P: Copy> PointCache<P> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Returns the points of the messages; `batch_hash` computes those that are not cached.
    pub(super) fn points(
        &self,
        tag: Tag,
        messages: &[&[u8]],
        batch_hash: impl FnOnce(&[&[u8]]) -> Vec<P>,
    ) -> Vec<P> {
        let mut points = self.find(tag, messages);
        let missing = points.iter().zip(messages).filter(|(point, _)| point.is_none());
        let missing: Vec<&[u8]> = missing.map(|(_, message)| *message).collect();
        if !missing.is_empty() {
            let hashed = batch_hash(&missing);
            self.insert(tag, &missing, &hashed);
            let slots = points.iter_mut().filter(|point| point.is_none());
            slots.zip(hashed).for_each(|(slot, point)| *slot = Some(point));
        }
        points.into_iter().map(|point| point.expect("every point is cached or hashed")).collect()
    }

    #[cfg(test)]
    pub(super) fn contains(&self, tag: Tag, message: &[u8]) -> bool {
        self.find(tag, &[message])[0].is_some()
    }

    fn find(&self, tag: Tag, messages: &[&[u8]]) -> Vec<Option<P>> {
        self.with(|entries| {
            let find = |message: &&[u8]| {
                let key: Key = (tag.as_bytes(), (*message).into());
                entries.points.get(&key).copied()
            };
            messages.iter().map(find).collect()
        })
    }

    fn insert(&self, tag: Tag, messages: &[&[u8]], points: &[P]) {
        self.with(|entries| {
            let short = messages.iter().zip(points).filter(|(m, _)| m.len() <= MESSAGE_BYTES);
            for (message, point) in short {
                entries.insert((tag.as_bytes(), (*message).into()), *point);
            }
        });
    }

    /// Runs `work` on the entries. A poisoned mutex is safe to use: no update panics halfway.
    fn with<R>(&self, work: impl FnOnce(&mut Entries<P>) -> R) -> R {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(
            guard.get_or_insert_with(|| Entries { points: HashMap::new(), order: VecDeque::new() }),
        )
    }
}

impl<P> Entries<P> {
    fn insert(&mut self, key: Key, point: P) {
        if self.points.contains_key(&key) {
            return;
        }
        if self.order.len() == ENTRIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.points.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.points.insert(key, point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::tag;
    use std::cell::Cell;

    /// Looks up messages, with the length of a message in place of its point. Also returns the
    /// number of messages hashed.
    fn lookup(cache: &PointCache<usize>, tag: Tag, messages: &[&[u8]]) -> (Vec<usize>, usize) {
        let hashed = Cell::new(0);
        let points = cache.points(tag, messages, |missing| {
            hashed.set(missing.len());
            missing.iter().map(|message| message.len()).collect()
        });
        (points, hashed.get())
    }

    #[test]
    fn cached_messages_are_not_hashed_again() {
        let cache = PointCache::new();
        let (a, b) = (tag::FABEO_ATTRIBUTE, tag::FABEO_BASE);
        assert_eq!(lookup(&cache, a, &[b"x", b"yy"]), (vec![1, 2], 2));
        assert_eq!(lookup(&cache, a, &[b"yy", b"zzz", b"x"]), (vec![2, 3, 1], 1));
        assert_eq!(lookup(&cache, b, &[b"yy"]), (vec![2], 1), "another tag");
        assert_eq!(lookup(&cache, a, &[]), (vec![], 0));
    }

    #[test]
    fn messages_above_the_maximum_length_are_not_cached() {
        let cache = PointCache::new();
        let long = [0; MESSAGE_BYTES + 1];
        for _ in 0..2 {
            assert_eq!(lookup(&cache, tag::FABEO_BASE, &[&long]), (vec![long.len()], 1));
        }
        assert_eq!(lookup(&cache, tag::FABEO_BASE, &[&long[1..]]).1, 1);
        assert_eq!(lookup(&cache, tag::FABEO_BASE, &[&long[1..]]).1, 0);
    }

    #[test]
    fn the_oldest_entry_is_evicted_first() {
        let cache = PointCache::new();
        let messages: Vec<[u8; 4]> = (0..=ENTRIES as u32).map(u32::to_be_bytes).collect();
        for message in &messages {
            assert_eq!(lookup(&cache, tag::FABEO_BASE, &[message]).1, 1);
        }
        assert_eq!(lookup(&cache, tag::FABEO_BASE, &[&messages[1]]).1, 0);
        assert_eq!(lookup(&cache, tag::FABEO_BASE, &[&messages[ENTRIES]]).1, 0);
        assert_eq!(lookup(&cache, tag::FABEO_BASE, &[&messages[0]]).1, 1, "the oldest entry");
        cache.with(|entries| assert_eq!(entries.points.len(), ENTRIES));
    }
}
