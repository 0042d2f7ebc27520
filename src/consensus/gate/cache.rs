//! Successful verifications, remembered so that none is repeated.
#![forbid(unsafe_code)]

use crate::algebra::{hash, tag};
use crate::consensus::Digest;
use crate::consensus::wire::Scheme;
use crate::sign::{Signature, SigningKey, VerifyingKey};
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded set of digests. The oldest one makes room for a new one.
#[derive(Debug)]
pub(crate) struct Cache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// Never iterated.
    known: HashSet<Digest>,
    order: VecDeque<Digest>,
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// Verifies what a digest identifies, unless that has succeeded before.
    ///
    /// # Errors
    /// Those of `verify`, which are not remembered.
    pub(super) fn verify_once<E>(
        &self,
        id: Digest,
        verify: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        if self.entries().known.contains(&id) {
            return Ok(());
        }
        verify()?;
        self.insert(id);
        Ok(())
    }

    /// Verifies a signature, unless that has succeeded before.
    pub(crate) fn verify_signature_once(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        (statement, signature): (&[u8], &Signature),
        verify: impl FnOnce() -> bool,
    ) -> bool {
        let parts: [&[u8]; 4] = [key.as_bytes(), config, statement, &signature.to_bytes()];
        let id = hash::digest(tag::CONSENSUS_VERDICT, &parts);
        self.verify_once(id, || if verify() { Ok(()) } else { Err(()) }).is_ok()
    }

    fn insert(&self, id: Digest) {
        let mut entries = self.entries();
        if entries.known.insert(id) {
            entries.order.push_back(id);
        }
        if entries.order.len() > self.capacity
            && let Some(oldest) = entries.order.pop_front()
        {
            entries.known.remove(&oldest);
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A signature scheme that verifies each signature once: of a message, and in every certificate
/// that contains it.
pub(super) struct CachedScheme<'a> {
    pub(super) scheme: &'a dyn Scheme,
    pub(super) cache: &'a Cache,
}

impl Scheme for CachedScheme<'_> {
    fn sign(&self, key: &SigningKey, config: &Digest, statement: &[u8]) -> Signature {
        self.scheme.sign(key, config, statement)
    }

    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        let verify = || self.scheme.verify(key, config, statement, signature);
        self.cache.verify_signature_once(key, config, (statement, signature), verify)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_successes_are_remembered_and_the_oldest_is_forgotten() {
        let cache = Cache::new(2);
        let verified = |id: u8, result: Result<(), ()>| cache.verify_once([id; 32], || result);
        assert_eq!(verified(1, Err(())), Err(()));
        assert_eq!(verified(1, Ok(())), Ok(()));
        assert_eq!(verified(2, Ok(())), Ok(()));
        assert_eq!(verified(1, Err(())), Ok(()), "a success is remembered");
        assert_eq!(verified(3, Ok(())), Ok(()));
        assert_eq!(verified(1, Err(())), Err(()), "the oldest of three");
        assert_eq!((verified(2, Err(())), verified(3, Err(()))), (Ok(()), Ok(())));
    }
}
