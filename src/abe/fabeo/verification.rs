//! Whether a key is what it says, checked by whoever receives it.
#![forbid(unsafe_code)]

use super::{Fabeo, UserKey, base_point};
use crate::abe::scheme::hash_attributes;
use crate::abe::{PublicParameters, UserSecretKey};
use crate::algebra::codec::Canonical;
use crate::algebra::hash::weights;
use crate::algebra::{G1, G2, multi_pairing, tag};

/// A key does not belong to its attributes or to the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key's elements do not belong to its attributes and these parameters")]
pub struct InvalidKey;

/// Whether a key was made by the authority of these parameters for the attributes it names.
///
/// ```text
/// e(sk1, g2) = mpk e(B, sk3);  e(sk2[u], g2) = e(H(u), sk3) for every attribute
/// ```
///
/// All in one with weights of 128 bits, which are a hash of the key: `e(sk1 prod sk2[u]^{w_u}, g2) =
/// mpk e(B prod H(u)^{w_u}, sk3)`. A wrong key passes with probability `2^-128`.
///
/// Cost: two pairings with one final exponentiation, two sums of 128-bit products. Variable time in
/// the key's points, by their weights only.
///
/// # Errors
/// [`InvalidKey`].
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
