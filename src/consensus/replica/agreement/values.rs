//! The verified values of the current height.
//!
//! Values stay encoded, since decoded ones may occupy several times as many bytes. Only the last
//! one is held decoded as well: unless the view changes, it is decided.
//!
//! A restored replica discards values by the same rule, but knows only its own certificates. A
//! value on which a vote or lock depends is therefore logged again unless it is the last one in the
//! log.
#![forbid(unsafe_code)]

use crate::consensus::Digest;
use crate::consensus::config::{ENTRY, HELD_VALUES};
use crate::consensus::gate::Candidate;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Values that the application has verified.
#[derive(Debug, Clone)]
pub(super) struct Values<V> {
    encoded: BTreeMap<Digest, Arc<[u8]>>,
    last: Option<Candidate<V>>,
    /// The last value in the log.
    logged: Option<Digest>,
}

impl<V> Default for Values<V> {
    fn default() -> Self {
        Self { encoded: BTreeMap::new(), last: None, logged: None }
    }
}

impl<V> Values<V> {
    pub(super) fn get(&self, digest: &Digest) -> Option<&[u8]> {
        self.encoded.get(digest).map(|value| &**value)
    }

    pub(super) fn contains(&self, digest: &Digest) -> bool {
        self.encoded.contains_key(digest)
    }

    pub(super) fn insert(&mut self, candidate: Candidate<V>) {
        self.encoded.insert(candidate.digest, candidate.bytes.clone());
        self.last = Some(candidate);
    }

    /// Marks a value as the last one in the log. Returns its bytes unless it was that already.
    pub(super) fn log(&mut self, digest: &Digest) -> Option<&[u8]> {
        let repeated = self.logged.replace(*digest) == Some(*digest);
        self.get(digest).filter(|_| !repeated)
    }

    /// Discards values other than the last one and the named ones, if there are too many. Returns
    /// `true` if the limit was reached.
    pub(super) fn evict(&mut self, named: impl FnOnce() -> BTreeSet<Digest>) -> bool {
        if self.encoded.len() < HELD_VALUES {
            return false;
        }
        let (named, last) = (named(), self.last.as_ref().map(|last| last.digest));
        self.encoded.retain(|held, _| Some(*held) == last || named.contains(held));
        true
    }

    /// Takes the decoded form of a value.
    pub(super) fn take(
        &mut self,
        digest: &Digest,
        decode: impl FnOnce(&[u8]) -> Option<Candidate<V>>,
    ) -> Option<Candidate<V>> {
        match self.last.take() {
            Some(last) if last.digest == *digest => Some(last),
            _ => decode(self.get(digest)?),
        }
    }

    /// The bytes of the encoded values.
    pub(super) fn bytes(&self) -> usize {
        self.encoded.values().map(|value| value.len() + ENTRY).sum()
    }
}
