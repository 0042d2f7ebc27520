//! Re-encryption keys and their public verification.
#![forbid(unsafe_code)]

use super::hashes::hash_conditions;
use crate::algebra::codec::sequence;
use crate::algebra::{G1, G2, Rng, Scalar, Secret};
use crate::pre::batch_verification::verify_equations;
use crate::pre::{PublicKey, SecretKey};
use zeroize::Zeroizing;

/// An unverified re-encryption key. `rk1` is the proxy's secret; `rk2` is for proxy and delegatee.
#[derive(Debug, Clone)]
pub struct ReKey {
    rk1: Secret<G2>,
    rk2: G2,
}

sequence!(Canonical for ReKey = PreReKey { rk1, rk2 });

/// The delegatee's part of a re-encryption key: its condition and `rk2`.
#[derive(Debug, Clone, Copy)]
pub struct PublicReKey<'a> {
    /// The condition that the key covers.
    pub condition: &'a [u8],
    /// `rk2 = Y_i^s`.
    pub rk2: &'a G2,
}

/// The values of a delegation that proxy and delegatee know: delegator, delegatee, condition and
/// `rk2`. Re-encryptions are verified against `e(X_i, Q) e(X_j, rk2)`.
///
/// Not for publication: with a re-encryption, `rk2` reveals delegator and delegatee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub(super) delegator: PublicKey,
    pub(super) delegatee: PublicKey,
    pub(super) condition: Vec<u8>,
    pub(super) q: G2,
    pub(super) rk2: G2,
}

impl Delegation {
    /// Assembles a delegation. The delegatee has `rk2` from the delegator. Cost: 1 hash to G2.
    pub fn new(delegator: &PublicKey, delegatee: &PublicKey, condition: &[u8], rk2: &G2) -> Self {
        let rekey = PublicReKey { condition, rk2 };
        let mut delegations = Self::batch_new(delegator, delegatee, &[rekey]);
        delegations.pop().expect("a batch of one has one result")
    }

    /// Batch version of [`Self::new`].
    pub fn batch_new(
        delegator: &PublicKey,
        delegatee: &PublicKey,
        rekeys: &[PublicReKey<'_>],
    ) -> Vec<Self> {
        let conditions: Vec<&[u8]> = rekeys.iter().map(|rekey| rekey.condition).collect();
        let delegation = |(rekey, q): (&PublicReKey<'_>, G2)| Self {
            delegator: *delegator,
            delegatee: *delegatee,
            condition: rekey.condition.to_vec(),
            q,
            rk2: *rekey.rk2,
        };
        rekeys.iter().zip(hash_conditions(delegator, &conditions)).map(delegation).collect()
    }

    /// The factors of `e(X_i, Q)^-1 e(X_j, rk2)^-1`.
    pub(super) fn inverse(&self) -> [(G1, G2); 2] {
        [(-self.delegator.x, self.q), (-self.delegatee.x, self.rk2)]
    }
}

/// A re-encryption key that was verified against its delegation.
#[derive(Debug, Clone)]
pub struct VerifiedReKey {
    pub(super) rk1: Secret<G2>,
    pub(super) delegation: Delegation,
}

impl VerifiedReKey {
    /// Returns the proxy's copy of the delegation.
    pub fn delegation(&self) -> &Delegation {
        &self.delegation
    }

    /// Returns the key without its verification, to be stored.
    pub(crate) fn rekey(&self) -> ReKey {
        ReKey { rk1: self.rk1.clone(), rk2: self.delegation.rk2 }
    }
}

/// The error of [`ReKey::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the re-encryption key is invalid for this delegator, delegatee and condition")]
pub struct InvalidReKey;

/// ReKey: `s;  rk1 = (Q Y_j^s)^{x_i};  rk2 = Y_i^s`, with a fresh `s` for each key.
pub fn rekeygen(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    condition: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> ReKey {
    rekeygen_with_randomness(delegator, delegatee, condition, &Zeroizing::new(Scalar::random(rng)))
}

/// [`rekeygen`] with the exponent `s` given. Two keys for one delegatee with the same `s` reveal
/// `(Q / Q')^{x_i}`. Requires the feature `hazmat`.
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
pub fn rekeygen_with_randomness(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    condition: &[u8],
    s: &Scalar,
) -> ReKey {
    let mut rekeys =
        batch_rekeygen_with_randomness(delegator, delegatee, &[condition], std::slice::from_ref(s));
    rekeys.pop().expect("a batch of one has one result")
}

/// Batch version of [`rekeygen`]; with the same RNG stream the keys are identical.
pub fn batch_rekeygen(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    conditions: &[&[u8]],
    rng: &mut (impl Rng + ?Sized),
) -> Vec<ReKey> {
    let s: Vec<Scalar> = conditions.iter().map(|_| Scalar::random(rng)).collect();
    batch_rekeygen_with_randomness(delegator, delegatee, conditions, &Zeroizing::new(s))
}

fn batch_rekeygen_with_randomness(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    conditions: &[&[u8]],
    s: &[Scalar],
) -> Vec<ReKey> {
    let public = delegator.public_key();
    // rk1 = (Q Y_j^s)^{x_i};  rk2 = Y_i^s
    let mut blinded = Zeroizing::new(G2::batch_mul(&vec![delegatee.y; s.len()], s));
    let points = hash_conditions(public, conditions);
    blinded.iter_mut().zip(points).for_each(|(point, q)| *point += q);
    let rk1 = Zeroizing::new(G2::batch_mul_by_scalar(&blinded, &delegator.exponent()));
    let rk2 = G2::batch_mul(&vec![public.y; s.len()], s);
    rk1.iter().zip(rk2).map(|(rk1, rk2)| ReKey { rk1: Secret::new(*rk1), rk2 }).collect()
}

impl ReKey {
    /// Returns the element `rk2`, for the delegatee.
    pub fn rk2(&self) -> &G2 {
        &self.rk2
    }

    /// Checks `e(g1, rk1) = e(X_i, Q) e(X_j, rk2)`.
    ///
    /// # Errors
    /// [`InvalidReKey`] if the equation does not hold.
    pub fn verify(
        &self,
        delegator: &PublicKey,
        delegatee: &PublicKey,
        condition: &[u8],
    ) -> Result<VerifiedReKey, InvalidReKey> {
        let mut results = Self::batch_verify(delegator, delegatee, &[(self, condition)]);
        results.pop().expect("a batch of one has one result")
    }

    /// Batch version of [`Self::verify`] over pairs of key and condition.
    pub fn batch_verify(
        delegator: &PublicKey,
        delegatee: &PublicKey,
        rekeys: &[(&Self, &[u8])],
    ) -> Vec<Result<VerifiedReKey, InvalidReKey>> {
        let public: Vec<_> = (rekeys.iter())
            .map(|(rekey, condition)| PublicReKey { condition, rk2: &rekey.rk2 })
            .collect();
        let delegations = Delegation::batch_new(delegator, delegatee, &public);
        // e(g1, rk1) e(X_i, Q)^-1 e(X_j, rk2)^-1 = 1
        let equations: Vec<_> = (rekeys.iter().zip(&delegations))
            .map(|((rekey, _), delegation)| {
                let [first, second] = delegation.inverse();
                vec![(G1::generator(), *rekey.rk1.expose()), first, second]
            })
            .collect();
        (rekeys.iter().zip(delegations).zip(verify_equations(&equations)))
            .map(|(((rekey, _), delegation), holds)| {
                let rk1 = rekey.rk1.clone();
                if holds { Ok(VerifiedReKey { rk1, delegation }) } else { Err(InvalidReKey) }
            })
            .collect()
    }
}
