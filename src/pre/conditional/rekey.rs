//! Re-encryption keys and what anyone can check of them.
#![forbid(unsafe_code)]

use super::hash_condition;
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, multi_pairing, pairing};
use crate::error::DecodeError;
use crate::pre::{PublicKey, SecretKey};
use zeroize::Zeroizing;

/// A re-encryption key off the wire: `rk1` for the proxy alone, `rk2` public.
#[derive(Debug, Clone)]
pub struct ReKey {
    rk1: Secret<G2>,
    rk2: G2,
}

impl Canonical for ReKey {
    const KIND: Kind = Kind::PreReKey;
    fn write(&self, w: &mut Writer) {
        w.g2(self.rk1.expose());
        w.g2(&self.rk2);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { rk1: Secret::new(r.g2()?), rk2: r.g2()? })
    }
}

/// The public side of a delegation: who to whom, under which condition, and
/// `V = e(X_i, Q) e(X_j, rk2)`, against which a proxy's work is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub(super) delegator: PublicKey,
    pub(super) delegatee: PublicKey,
    pub(super) condition: Vec<u8>,
    pub(super) rk2: G2,
    pub(super) v: Gt,
}

impl Delegation {
    /// The delegation of a public `rk2`. Cost: 1 hash to G2, a product of 2 pairings.
    pub fn new(delegator: &PublicKey, delegatee: &PublicKey, condition: &[u8], rk2: &G2) -> Self {
        let q = hash_condition(delegator, condition);
        Self {
            delegator: *delegator,
            delegatee: *delegatee,
            condition: condition.to_vec(),
            rk2: *rk2,
            v: multi_pairing(&[(delegator.x, q), (delegatee.x, *rk2)]),
        }
    }
}

/// A re-encryption key that was checked against its delegation.
#[derive(Debug, Clone)]
pub struct VerifiedReKey {
    pub(super) rk1: Secret<G2>,
    pub(super) delegation: Delegation,
}

impl VerifiedReKey {
    /// The public side, to be given to whoever checks re-encryptions.
    pub fn delegation(&self) -> &Delegation {
        &self.delegation
    }
}

/// A re-encryption key is not one from this delegator to this delegatee under this condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the re-encryption key does not fit delegator, delegatee and condition")]
pub struct InvalidReKey;

/// ReKey: a fresh `s` for each delegatee and condition.
pub fn rekeygen(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    condition: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> ReKey {
    rekeygen_with(delegator, delegatee, condition, &Zeroizing::new(Scalar::random(rng)))
}

/// [`rekeygen`] with a given `s`, for test vectors.
pub fn rekeygen_with(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    condition: &[u8],
    s: &Scalar,
) -> ReKey {
    let public = delegator.public_key();
    // rk1 = (Q Y_j^s)^{x_i};  rk2 = Y_i^s
    let q = hash_condition(public, condition);
    let rk1 = Secret::new((q + delegatee.y * *s) * delegator.exponent());
    ReKey { rk1, rk2: public.y * *s }
}

impl ReKey {
    /// The public half `rk2`.
    pub fn public(&self) -> &G2 {
        &self.rk2
    }

    /// Checks `e(g1, rk1) = e(X_i, Q) e(X_j, rk2)`.
    ///
    /// # Errors
    /// [`InvalidReKey`].
    pub fn verify(
        &self,
        delegator: &PublicKey,
        delegatee: &PublicKey,
        condition: &[u8],
    ) -> Result<VerifiedReKey, InvalidReKey> {
        let delegation = Delegation::new(delegator, delegatee, condition, &self.rk2);
        if pairing(&G1::generator(), self.rk1.expose()) == delegation.v {
            Ok(VerifiedReKey { rk1: self.rk1.clone(), delegation })
        } else {
            Err(InvalidReKey)
        }
    }
}
