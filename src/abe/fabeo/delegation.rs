//! A key for fewer attributes, made by its holder.
#![forbid(unsafe_code)]

use super::{Fabeo, UserKey, base};
use crate::abe::UserSecretKey;
use crate::abe::scheme::hash_attributes;
use crate::algebra::{G1, G2, Rng, Scalar, tag};
use crate::policy::{Attribute, AttributeSet};
use zeroize::Zeroizing;

/// The key has no component for an attribute that is to be delegated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only attributes that are held can be delegated")]
pub struct AttributeNotHeld;

/// A key for a subset of a key's attributes, with randomness of its own: it neither shows the key it
/// came from nor combines with it.
///
/// ```text
/// r';  sk1' = sk1 B^{r'};  sk2'[u] = sk2[u] H(u)^{r'};  sk3' = sk3 g2^{r'}
/// ```
///
/// That is [`keygen`](super::keygen) with `r + r'`: who is given it cannot tell it from a key that the
/// authority made, unless tokens of epochs are published, of which none fits.
///
/// Cost: that of `keygen`.
///
/// # Errors
/// [`AttributeNotHeld`].
pub fn delegate(
    key: &UserSecretKey<Fabeo>,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> Result<UserSecretKey<Fabeo>, AttributeNotHeld> {
    let UserKey { sk1, sk2, sk3 } = key.elements.expose();
    let held = key.attributes.expanded();
    let component = |u: &Attribute| Ok(sk2[held.binary_search(u).map_err(|_| AttributeNotHeld)?]);
    let chosen = attributes.expanded().iter().map(component).collect::<Result<Vec<G1>, _>>();
    let chosen = Zeroizing::new(chosen?);

    let r = Zeroizing::new(Scalar::random(rng));
    let fresh = G1::batch_mul_by_scalar(&hash_attributes(tag::FABEO_ATTRIBUTE, attributes), &r);
    let fresh = Zeroizing::new(fresh);
    let elements = UserKey {
        sk1: *sk1 + base().mul(&r),
        sk2: chosen.iter().zip(fresh.iter()).map(|(held, fresh)| *held + *fresh).collect(),
        sk3: *sk3 + G2::generator_mul(&r),
    };
    Ok(UserSecretKey::new(attributes.clone(), elements))
}
