//! The algorithms of the central authority: Setup, Enrol and Share.
#![forbid(unsafe_code)]

use super::elements::{MasterKey, Parameters, UserKey};
use super::{KeyError, KeyShare, Pang, hash};
use crate::abe::gid::is_valid_gid;
use crate::abe::{MasterSecretKey, PublicParameters, UserSecretKey};
use crate::algebra::hash::{framed, hash_to_scalar};
use crate::algebra::{G1, G2, Gt, Rng, Scalar, Secret, random_bytes, tag};
use crate::policy::{AttributeSet, Name};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Setup: returns the public parameters, without attributes, and the master secret key.
pub fn setup(rng: &mut (impl Rng + ?Sized)) -> (PublicParameters<Pang>, MasterSecretKey<Pang>) {
    let [a, beta] = [(); 2].map(|()| Zeroizing::new(Scalar::random(rng)));
    setup_with_randomness(&a, &beta, &Secret::new(random_bytes(rng)))
}

/// [`setup`] with given `a`, `beta` and PRF key, for test vectors. Requires the feature `hazmat`.
pub fn setup_with_randomness(
    a: &Scalar,
    beta: &Scalar,
    prf_key: &Secret<[u8; 32]>,
) -> (PublicParameters<Pang>, MasterSecretKey<Pang>) {
    let parameters = Parameters {
        g1_a: G1::generator_mul(a),
        z_beta: Gt::generator_pow(beta),
        attribute_keys: BTreeMap::new(),
    };
    let master = MasterKey { a: *a, beta: *beta, prf_key: *prf_key.expose() };
    (PublicParameters(parameters), MasterSecretKey(Secret::new(master)))
}

/// `t = PRF(key of the central authority; identifier)`
fn exponent(master: &MasterKey, gid: &str) -> Result<Zeroizing<Scalar>, KeyError> {
    if !is_valid_gid(gid) {
        return Err(KeyError::InvalidIdentifier);
    }
    let message = Zeroizing::new(framed(&[&master.prf_key, gid.as_bytes()]));
    Ok(Zeroizing::new(hash_to_scalar(tag::REVOCABLE_USER, &message)))
}

/// Enrols a user: issues a key without attributes. An identifier must belong to one person.
///
/// # Errors
/// [`KeyError::InvalidIdentifier`] if the identifier is empty or longer than 256 bytes.
pub fn enrol(master: &MasterSecretKey<Pang>, gid: &str) -> Result<UserSecretKey<Pang>, KeyError> {
    let master = master.0.expose();
    let t = exponent(master, gid)?;
    // D = g1^{beta + a t};  D' = g2^t
    let elements = UserKey {
        gid: gid.to_owned(),
        d: G1::generator_mul(&Zeroizing::new(master.beta + master.a * *t)),
        d_prime: G2::generator_mul(&t),
        components: Vec::new(),
    };
    Ok(UserSecretKey::new(AttributeSet::default(), elements))
}

/// Computes the key share from which an attribute authority issues its attribute to a user. Send
/// it only to that authority, at its request.
///
/// # Errors
/// [`KeyError::InvalidIdentifier`] if the identifier is empty or longer than 256 bytes.
pub fn key_share(
    master: &MasterSecretKey<Pang>,
    gid: &str,
    attribute: &Name,
) -> Result<KeyShare, KeyError> {
    let t = exponent(master.0.expose(), gid)?;
    // T = H(x)^t
    Ok(KeyShare::new(gid, attribute, G2::generator_mul(&t), hash(attribute) * *t))
}
