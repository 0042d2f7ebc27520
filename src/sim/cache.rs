//! A cache of signature verifications, shared by all replicas of a simulation.
#![forbid(unsafe_code)]

use crate::algebra::{hash, tag};
use crate::consensus::{Digest, Ed25519Verifier, Verifier};
use crate::sign::{Signature, VerifyingKey};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The maximum number of entries. The cache is cleared when it exceeds them.
const CAPACITY: usize = 1 << 16;

/// Verifies each signature once and caches the result.
#[derive(Debug, Default)]
pub(super) struct CachingVerifier(Mutex<BTreeMap<Digest, bool>>);

impl Verifier for CachingVerifier {
    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        let parts: [&[u8]; 4] = [key.as_bytes(), config, statement, &signature.to_bytes()];
        let id = hash::digest(tag::SIM_VERDICT, &parts);
        let mut results = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if results.len() > CAPACITY {
            results.clear();
        }
        *results
            .entry(id)
            .or_insert_with(|| Ed25519Verifier.verify(key, config, statement, signature))
    }
}
