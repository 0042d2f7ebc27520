//! Remembered verdicts on signatures, shared by all replicas of a simulation.
#![forbid(unsafe_code)]

use crate::algebra::{hash, tag};
use crate::consensus::{Digest, Ed25519Verifier, Verifier};
use crate::sign::{Signature, VerifyingKey};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// More verdicts than this are forgotten together.
const CAPACITY: usize = 1 << 16;

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
        let name = hash::digest(tag::SIM_VERDICT, &parts);
        let mut verdicts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if verdicts.len() > CAPACITY {
            verdicts.clear();
        }
        *verdicts
            .entry(name)
            .or_insert_with(|| Ed25519Verifier.verify(key, config, statement, signature))
    }
}
