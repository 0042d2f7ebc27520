//! The algorithms of the attribute authority: Setup and KeyGen.
#![forbid(unsafe_code)]

use super::{UserKey, base};
use crate::abe::scheme::hash_attributes;
use crate::abe::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, tag};
use crate::policy::AttributeSet;
use zeroize::Zeroizing;

/// Setup: returns the public parameters and the master secret key of a new authority.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters, MasterSecretKey) {
    setup_with_randomness(&Zeroizing::new(Scalar::random(rng)))
}

/// [`setup`] with a given `alpha`, for test vectors. Requires the feature `hazmat`.
pub fn setup_with_randomness(alpha: &Scalar) -> (PublicParameters, MasterSecretKey) {
    // mpk = Z^alpha;  msk = g1^alpha
    let master = Secret::new(G1::generator_mul(alpha));
    (PublicParameters(Gt::generator_pow(alpha)), MasterSecretKey(master))
}

/// KeyGen: issues a key for a set of attributes. The fresh `r` binds the components of a key to
/// each other, so that components of two keys do not combine.
pub fn keygen(
    master: &MasterSecretKey,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> UserSecretKey {
    keygen_with_randomness(master, attributes, &Zeroizing::new(Scalar::random(rng)))
}

/// [`keygen`] with a given `r`, for test vectors. Two keys with the same `r` break the scheme.
/// Requires the feature `hazmat`.
pub fn keygen_with_randomness(
    master: &MasterSecretKey,
    attributes: &AttributeSet,
    r: &Scalar,
) -> UserSecretKey {
    // sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r
    let elements = UserKey {
        sk1: *master.0.expose() + base().mul(r),
        sk2: G1::batch_mul_by_scalar(&hash_attributes(tag::FABEO_ATTRIBUTE, attributes), r),
        sk3: G2::generator_mul(r),
    };
    UserSecretKey::new(attributes.clone(), elements)
}
