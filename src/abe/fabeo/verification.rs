//! Verification of a key by its recipient.
#![forbid(unsafe_code)]

use super::{Fabeo, UserKey, base_point};
use crate::abe::scheme::hash_attributes;
use crate::abe::{PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::weights;
use crate::algebra::{G1, G2, multi_pairing, tag};

/// The key is not one for its attributes under the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not valid for its attributes under these parameters")]
pub struct InvalidKey;

/// Verifies that the authority of the parameters issued the key for its attributes.
///
/// ```math
/// e(sk1, g2) = mpk e(B, sk3)
/// e(sk2[u], g2) = e(H(u), sk3) for every attribute u
/// ```
///
/// The equations are verified in a random linear combination, with weights of 128 bits that are a
/// hash of the key. An invalid key passes with probability `2^-128`.
///
/// ```math
/// e(sk1 prod sk2[u]^{w_u}, g2) = mpk e(B prod H(u)^{w_u}, sk3)
/// ```
///
/// Cost: two Miller loops, one final exponentiation, two multi-scalar multiplications by 128-bit
/// weights. Variable time in the weights, and thereby in the key.
///
/// # Errors
/// [`InvalidKey`] if an equation fails.
pub fn verify_key(
    parameters: &PublicParameters<Fabeo>,
    key: &UserSecretKey<Fabeo>,
) -> Result<(), InvalidKey> {
    let UserKey { sk1, sk2, sk3 } = key.elements.expose();
    let weights = weights(tag::ABE_WEIGHT, &[&key.to_secret_bytes()[..]], sk2.len());
    let left = *sk1 + G1::msm(sk2, &weights);
    let hashes = hash_attributes(tag::FABEO_ATTRIBUTE, &key.attributes);
    let right = base_point() + G1::msm(&hashes, &weights);
    let quotient = multi_pairing(&[(left, G2::generator()), (-right, *sk3)]);
    if quotient == parameters.0 { Ok(()) } else { Err(InvalidKey) }
}
