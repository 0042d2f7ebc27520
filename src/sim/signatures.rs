//! The signature schemes of a simulation, and the number of verifications.
#![forbid(unsafe_code)]

use crate::algebra::{hash, tag};
use crate::consensus::{Cache, Digest, Ed25519, Scheme};
use crate::sign::{Signature, SigningKey, VerifyingKey};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The number of signatures that are remembered.
const CAPACITY: usize = 1 << 16;

/// The signature scheme of a simulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signatures {
    /// Ed25519. All replicas share a cache of successful verifications.
    #[default]
    Ed25519,
    /// An insecure placeholder for large runs: a signature is a hash of public key and message. It
    /// is unforgeable only because simulated adversaries sign with their own keys.
    Ideal,
}

/// The number of signature verifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verifications {
    /// The verifications that the replicas requested: the work of a real network.
    pub requested: u64,
    /// The verifications that were computed; the others were answered from the cache.
    pub computed: u64,
}

/// The scheme of a simulation, shared by all replicas.
#[derive(Debug)]
pub(super) struct CountingScheme {
    signatures: Signatures,
    verified: Cache,
    requested: AtomicU64,
    computed: AtomicU64,
}

impl CountingScheme {
    pub(super) fn new(signatures: Signatures) -> Arc<Self> {
        let (requested, computed) = Default::default();
        Arc::new(Self { signatures, verified: Cache::new(CAPACITY), requested, computed })
    }

    pub(super) fn verifications(&self) -> Verifications {
        let (requested, computed) = (self.requested.load(Relaxed), self.computed.load(Relaxed));
        Verifications { requested, computed }
    }

    /// The scheme without cache and counters.
    pub(super) fn uncached(&self) -> &dyn Scheme {
        match self.signatures {
            Signatures::Ed25519 => &Ed25519,
            Signatures::Ideal => &IdealScheme,
        }
    }

    fn compute(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        self.computed.fetch_add(1, Relaxed);
        self.uncached().verify(key, config, statement, signature)
    }
}

impl Scheme for CountingScheme {
    fn sign(&self, key: &SigningKey, config: &Digest, statement: &[u8]) -> Signature {
        self.uncached().sign(key, config, statement)
    }

    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        self.requested.fetch_add(1, Relaxed);
        let compute = || self.compute(key, config, statement, signature);
        match self.signatures {
            Signatures::Ideal => compute(),
            Signatures::Ed25519 => {
                let signed = (statement, signature);
                self.verified.verify_signature_once(key, config, signed, compute)
            }
        }
    }
}

struct IdealScheme;

impl Scheme for IdealScheme {
    fn sign(&self, key: &SigningKey, config: &Digest, statement: &[u8]) -> Signature {
        ideal(&key.verifying_key(), config, statement)
    }

    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        ideal(key, config, statement) == *signature
    }
}

fn ideal(key: &VerifyingKey, config: &Digest, statement: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    let parts: [&[u8]; 3] = [key.as_bytes(), config, statement];
    bytes[..32].copy_from_slice(&hash::digest(tag::SIM_SIGNATURE, &parts));
    Signature::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Secret;

    #[test]
    fn both_schemes_bind_key_configuration_and_statement() {
        for signatures in [Signatures::Ed25519, Signatures::Ideal] {
            let scheme = CountingScheme::new(signatures);
            let [key, other] = [1, 2].map(|byte| SigningKey::from_seed(&Secret::new([byte; 32])));
            let signature = scheme.sign(&key, &[0; 32], b"a");
            let verify = |key: &SigningKey, config, statement| {
                scheme.verify(&key.verifying_key(), &[config; 32], statement, &signature)
            };
            assert!(verify(&key, 0, b"a") && verify(&key, 0, b"a"));
            assert!(!verify(&key, 0, b"b") && !verify(&key, 1, b"a") && !verify(&other, 0, b"a"));
            let computed = if signatures == Signatures::Ideal { 5 } else { 4 };
            assert_eq!(scheme.verifications(), Verifications { requested: 5, computed });
        }
    }
}
