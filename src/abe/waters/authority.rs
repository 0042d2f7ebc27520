//! The algorithms of the attribute authority: Setup and KeyGen.
#![forbid(unsafe_code)]

use super::{MasterKey, Parameters, UserKey, Waters};
use crate::abe::scheme::hash_attributes;
use crate::abe::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, tag};
use crate::policy::AttributeSet;
use zeroize::Zeroizing;

/// Setup: returns the public parameters and the master secret key of a new authority.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters<Waters>, MasterSecretKey<Waters>) {
    let [a, alpha] = [(); 2].map(|()| Zeroizing::new(Scalar::random(rng)));
    setup_with_randomness(&a, &alpha)
}

/// [`setup`] with given `a` and `alpha`, for test vectors. Requires the feature `hazmat`.
pub fn setup_with_randomness(
    a: &Scalar,
    alpha: &Scalar,
) -> (PublicParameters<Waters>, MasterSecretKey<Waters>) {
    // mpk = (g1^a, Z^alpha);  msk = (g2^alpha, g2^a)
    let parameters = Parameters { g1_a: G1::generator_mul(a), z_alpha: Gt::generator_pow(alpha) };
    let master = MasterKey { g2_alpha: G2::generator_mul(alpha), g2_a: G2::generator_mul(a) };
    (PublicParameters(parameters), MasterSecretKey(Secret::new(master)))
}

/// KeyGen: issues a key for a set of attributes.
pub fn keygen(
    master: &MasterSecretKey<Waters>,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> UserSecretKey<Waters> {
    keygen_with_randomness(master, attributes, &Zeroizing::new(Scalar::random(rng)))
}

/// [`keygen`] with a given `t`, for test vectors. Two keys with the same `t` break the scheme.
/// Requires the feature `hazmat`.
pub fn keygen_with_randomness(
    master: &MasterSecretKey<Waters>,
    attributes: &AttributeSet,
    t: &Scalar,
) -> UserSecretKey<Waters> {
    let MasterKey { g2_alpha, g2_a } = master.0.expose();
    // K = g2^alpha (g2^a)^t;  L = g2^t;  K_x = H(x)^t
    let elements = UserKey {
        k: *g2_alpha + *g2_a * *t,
        l: G2::generator_mul(t),
        k_x: G1::batch_mul_by_scalar(&hash_attributes(tag::WATERS_ATTRIBUTE, attributes), t),
    };
    UserSecretKey::new(attributes.clone(), elements)
}
