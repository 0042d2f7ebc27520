//! The signature scheme of the members. The simulator substitutes an ideal one.
#![forbid(unsafe_code)]

use crate::algebra::tag;
use crate::consensus::Digest;
use crate::sign::{Signature, SigningKey, VerifyingKey};

/// Signatures on statements under the digest of a configuration.
pub(crate) trait Scheme: Send + Sync {
    /// Signs a statement.
    fn sign(&self, key: &SigningKey, config: &Digest, statement: &[u8]) -> Signature;

    /// Returns `true` if `signature` is valid for `key`, configuration and statement.
    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool;
}

/// Ed25519 with strict verification.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ed25519;

impl Scheme for Ed25519 {
    fn sign(&self, key: &SigningKey, config: &Digest, statement: &[u8]) -> Signature {
        key.sign(tag::SIGN_CONSENSUS, &[config, statement])
    }

    fn verify(
        &self,
        key: &VerifyingKey,
        config: &Digest,
        statement: &[u8],
        signature: &Signature,
    ) -> bool {
        key.verify(tag::SIGN_CONSENSUS, &[config, statement], signature).is_ok()
    }
}
