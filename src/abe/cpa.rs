//! The schemes as published: secure against chosen-plaintext attacks.
#![forbid(unsafe_code)]

use super::scheme::{Coins, Scheme, select_rows};
use super::{CpaHeader, OpenError, PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::kdf;
use crate::algebra::{Gt, Rng, tag};
use crate::dem::ContentKey;
use crate::policy::{AccessPolicy, SpanProgram};
use std::convert::Infallible;
use zeroize::Zeroizing;

/// Encapsulates a fresh key under a policy.
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

/// [`encapsulate_cpa`] for schemes that cannot encrypt under every policy.
///
/// # Errors
/// The scheme's error, for example if the parameters lack the public key of an attribute.
pub fn try_encapsulate_cpa<S: Scheme>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(CpaHeader<S>, ContentKey), S::Error> {
    let coins = Coins::random::<S>(&policy.span_program(), rng);
    encapsulate_cpa_with_randomness(parameters, policy, &coins)
}

/// [`try_encapsulate_cpa`] with given coins, for test vectors. Requires the feature `hazmat`.
///
/// # Errors
/// The error of [`try_encapsulate_cpa`].
///
/// # Panics
/// If the coins do not fit the scheme and the policy's span program.
pub fn encapsulate_cpa_with_randomness<S: Scheme>(
    parameters: &PublicParameters<S>,
    policy: &AccessPolicy,
    coins: &Coins,
) -> Result<(CpaHeader<S>, ContentKey), S::Error> {
    let program = policy.span_program();
    assert_eq!(
        coins.masks.len(),
        S::mask_count(&program),
        "the coins have as many masks as the scheme requires"
    );
    let (encapsulation, shared) = S::encapsulate(&parameters.0, &program, coins)?;
    let header = CpaHeader { policy: policy.clone(), encapsulation };
    let key = derive_key(&shared, &header);
    Ok((header, key))
}

/// Decapsulates the key of a header.
///
/// Rejection is implicit: a modified header yields another key, under which the DEM fails.
///
/// Cost: the scheme's Decaps.
///
/// # Errors
/// [`OpenError::PolicyNotSatisfied`] if the attributes of the key do not satisfy the policy.
pub fn decapsulate_cpa<S: Scheme>(
    key: &UserSecretKey<S>,
    header: &CpaHeader<S>,
) -> Result<ContentKey, OpenError> {
    let shared = decapsulate_element(&header.policy.span_program(), key, header)?;
    Ok(derive_key(&shared, header))
}

/// Selects rows and runs the scheme's Decaps: returns `Z_s`.
pub(super) fn decapsulate_element<S: Scheme>(
    program: &SpanProgram,
    key: &UserSecretKey<S>,
    header: &CpaHeader<S>,
) -> Result<Gt, OpenError> {
    let encapsulation = &header.encapsulation;
    let selection =
        select_rows(program, key, encapsulation).ok_or(OpenError::PolicyNotSatisfied)?;
    Ok(S::decapsulate(key.elements.expose(), &selection, encapsulation))
}

/// `K = KDF(Z_s; header)`
pub(super) fn derive_key<S: Scheme>(shared: &Gt, header: &CpaHeader<S>) -> ContentKey {
    let shared = Zeroizing::new(shared.to_bytes());
    ContentKey::from_secret(kdf(tag::ABE_KEY, &shared[..], &[&header.to_bytes()]))
}
