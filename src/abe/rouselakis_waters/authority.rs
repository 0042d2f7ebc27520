//! The algorithms of an attribute authority: Setup and KeyGen.
#![forbid(unsafe_code)]

use super::elements::AuthorityKey;
use super::{KeyError, MasterKey, Parameters, RouselakisWaters, UserKey, authority_of, hash_gid};
use crate::abe::gid::{MAX_GID, is_valid_gid};
use crate::abe::scheme::hash_attributes;
use crate::abe::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, tag};
use crate::policy::{AttributeSet, UserAttribute};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Setup: returns the public parameters and the master secret key of a new authority. The names of
/// its attributes end with `@` and `name`.
///
/// # Panics
/// If the name is empty, longer than 256 bytes or contains an `@`.
pub fn setup(
    name: &str,
    rng: &mut (impl Rng + ?Sized),
) -> (PublicParameters<RouselakisWaters>, MasterSecretKey<RouselakisWaters>) {
    let [alpha, y] = [(); 2].map(|()| Zeroizing::new(Scalar::random(rng)));
    setup_with_randomness(name, &alpha, &y)
}

/// [`setup`] with given `alpha` and `y`, for test vectors. Requires the feature `hazmat`.
///
/// # Panics
/// As [`setup`].
pub fn setup_with_randomness(
    name: &str,
    alpha: &Scalar,
    y: &Scalar,
) -> (PublicParameters<RouselakisWaters>, MasterSecretKey<RouselakisWaters>) {
    let valid = is_valid_gid(name) && !name.contains('@');
    assert!(valid, "the name of an authority has 1 to {MAX_GID} bytes and no @");
    let key = AuthorityKey { z_alpha: Gt::generator_pow(alpha), g2_y: G2::generator_mul(y) };
    let master = MasterKey { name: name.to_owned(), alpha: *alpha, y: *y };
    let parameters = Parameters(BTreeMap::from([(name.to_owned(), key)]));
    (PublicParameters(parameters), MasterSecretKey(Secret::new(master)))
}

/// KeyGen: issues a key for attributes of this authority to the user with a global identifier.
///
/// # Errors
/// [`KeyError::ForeignAttribute`] if an attribute is not one of this authority's;
/// [`KeyError::InvalidIdentifier`] if the identifier is empty or longer than 256 bytes.
pub fn keygen(
    master: &MasterSecretKey<RouselakisWaters>,
    gid: &str,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> Result<UserSecretKey<RouselakisWaters>, KeyError> {
    let t: Vec<Scalar> = (0..attributes.components()).map(|_| Scalar::random(rng)).collect();
    keygen_with_randomness(master, gid, attributes, &Zeroizing::new(t))
}

/// [`keygen`] with given `t_u`, for test vectors. Requires the feature `hazmat`.
///
/// # Errors
/// As [`keygen`].
///
/// # Panics
/// If `t` does not have one entry per attribute.
pub fn keygen_with_randomness(
    master: &MasterSecretKey<RouselakisWaters>,
    gid: &str,
    attributes: &AttributeSet,
    t: &[Scalar],
) -> Result<UserSecretKey<RouselakisWaters>, KeyError> {
    if !is_valid_gid(gid) {
        return Err(KeyError::InvalidIdentifier);
    }
    let MasterKey { name, alpha, y } = master.0.expose();
    let own =
        |u: &UserAttribute| matches!(u, UserAttribute::Name(u) if authority_of(u) == Some(name));
    if let Some(foreign) = attributes.iter().find(|u| !own(u)) {
        return Err(KeyError::ForeignAttribute(foreign));
    }
    // K_u = g1^alpha H(gid)^y F(u)^{t_u};  K'_u = g2^{t_u}
    let common = Zeroizing::new(G1::generator_mul(alpha) + hash_gid(gid) * *y);
    let hashes = hash_attributes(tag::DECENTRALISED_ATTRIBUTE, attributes);
    let own = Zeroizing::new(G1::batch_mul(&hashes, t));
    let k = own.iter().map(|own| *common + *own).collect();
    let elements = UserKey { gid: gid.to_owned(), k, k_prime: G2::batch_generator_mul(t) };
    Ok(UserSecretKey::new(attributes.clone(), elements))
}
