//! The schemes as they are in the papers: secure against chosen plaintexts.
#![forbid(unsafe_code)]

use super::scheme::{Coins, Scheme, select_rows};
use super::{CpaHeader, OpenError, PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::kdf;
use crate::algebra::{Gt, Rng, tag};
use crate::dem::ContentKey;
use crate::policy::AccessPolicy;
use std::convert::Infallible;
use zeroize::Zeroizing;

/// A fresh key for whoever satisfies the policy.
///
/// Cost: the scheme's Encaps.
pub fn encapsulate_cpa<S: Scheme<Error = Infallible>>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    rng: &mut (impl Rng + ?Sized),
) -> (CpaHeader<S>, ContentKey) {
    let Ok(encapsulated) = try_encapsulate_cpa(parameters, policy, rng);
    encapsulated
}

/// [`encapsulate_cpa`] for a scheme that may refuse a policy.
///
/// # Errors
/// The scheme's refusal: an attribute whose public key is not there, for example.
pub fn try_encapsulate_cpa<S: Scheme>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(CpaHeader<S>, ContentKey), S::Error> {
    let coins = Coins::random::<S>(&policy.span_program(), rng);
    encapsulate_cpa_with_randomness(parameters, policy, &coins)
}

/// [`try_encapsulate_cpa`] with given coins, for test vectors.
///
/// # Errors
/// The scheme's refusal.
///
/// # Panics
/// If the coins were not drawn for this scheme and this policy's span program.
pub fn encapsulate_cpa_with_randomness<S: Scheme>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    coins: &Coins,
) -> Result<(CpaHeader<S>, ContentKey), S::Error> {
    let program = policy.span_program();
    assert_eq!(coins.masks.len(), S::mask_count(&program), "the coins are this scheme's");
    let (encapsulation, shared) = S::encapsulate(&parameters.0, &program, coins)?;
    let header = CpaHeader { policy: policy.clone(), encapsulation };
    let key = key(&shared, &header);
    Ok((header, key))
}

/// The key of a header.
///
/// A header changed on the way gives another key, not an error; the DEM behind it fails.
///
/// Cost: the scheme's Decaps.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`].
pub fn decapsulate_cpa<S: Scheme>(
    key: &UserSecretKey<S>,
    header: &CpaHeader<S>,
) -> Result<ContentKey, OpenError> {
    let program = header.policy.span_program();
    let selection =
        select_rows(&program, key, &header.encapsulation).ok_or(OpenError::PolicyNotSatisfied)?;
    let shared = S::decapsulate(key.elements.expose(), &selection, &header.encapsulation);
    Ok(self::key(&shared, header))
}

/// `KDF(Z_s; header)`
pub(super) fn key<S: Scheme>(shared: &Gt, header: &CpaHeader<S>) -> ContentKey {
    let shared = Zeroizing::new(shared.to_bytes());
    ContentKey::from_secret(kdf(tag::ABE_KEY, &shared[..], &[&header.to_bytes()]))
}
