//! Re-encryption keys and what anyone can check of them.
#![forbid(unsafe_code)]

use super::hash_conditions;
use crate::algebra::codec::{Canonical, Reader, Writer};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, Rng, Scalar, Secret};
use crate::error::DecodeError;
use crate::pre::batch_verification::verdicts;
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

/// The public part of a re-encryption key: its condition and `rk2`.
#[derive(Debug, Clone, Copy)]
pub struct PublicReKey<'a> {
    /// The condition that the key covers.
    pub condition: &'a [u8],
    /// `rk2 = Y_i^s`.
    pub rk2: &'a G2,
}

/// The public side of a delegation: who to whom, under which condition. A proxy's work is checked
/// against `e(X_i, Q) e(X_j, rk2)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub(super) delegator: PublicKey,
    pub(super) delegatee: PublicKey,
    pub(super) condition: Vec<u8>,
    pub(super) q: G2,
    pub(super) rk2: G2,
}

impl Delegation {
    /// The delegation of a public `rk2`. Cost: 1 hash to G2.
    pub fn new(delegator: &PublicKey, delegatee: &PublicKey, condition: &[u8], rk2: &G2) -> Self {
        let mut delegations =
            Self::batch_new(delegator, delegatee, &[PublicReKey { condition, rk2 }]);
        delegations.pop().expect("one delegation for one condition")
    }

    /// [`Self::new`] of each condition and `rk2`.
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

    /// `e(X_i, Q)^-1 e(X_j, rk2)^-1`.
    pub(super) fn inverse(&self) -> [(G1, G2); 2] {
        [(-self.delegator.x, self.q), (-self.delegatee.x, self.rk2)]
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
    rekeygen_with_randomness(delegator, delegatee, condition, &Zeroizing::new(Scalar::random(rng)))
}

/// [`rekeygen`] with a given `s`, for test vectors.
pub fn rekeygen_with_randomness(
    delegator: &SecretKey,
    delegatee: &PublicKey,
    condition: &[u8],
    s: &Scalar,
) -> ReKey {
    let mut rekeys =
        batch_rekeygen_with_randomness(delegator, delegatee, &[condition], std::slice::from_ref(s));
    rekeys.pop().expect("one key for one condition")
}

/// [`rekeygen`] for each condition: of one generator the same keys.
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
        let mut verdicts = Self::batch_verify(delegator, delegatee, &[(self, condition)]);
        verdicts.pop().expect("a verdict for one key")
    }

    /// [`Self::verify`] of each key with its condition.
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
        let equation = |((rekey, _), delegation): (&(&Self, _), &Delegation)| {
            let [own, other] = delegation.inverse();
            vec![(G1::generator(), *rekey.rk1.expose()), own, other]
        };
        let equations: Vec<_> = rekeys.iter().zip(&delegations).map(equation).collect();
        let judged = rekeys.iter().zip(delegations).zip(verdicts(&equations));
        let verified = |(((rekey, _), delegation), holds): ((&(&Self, _), _), _)| {
            let rk1 = rekey.rk1.clone();
            if holds { Ok(VerifiedReKey { rk1, delegation }) } else { Err(InvalidReKey) }
        };
        judged.map(verified).collect()
    }
}
