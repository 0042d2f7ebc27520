//! Delegation: a key for fewer attributes, derived by the holder of a key.
#![forbid(unsafe_code)]

use super::{Fabeo, UserKey, base};
use crate::abe::UserSecretKey;
use crate::abe::scheme::hash_attributes;
use crate::algebra::{G1, G2, Rng, Scalar, tag};
use crate::policy::{Attribute, AttributeSet};
use zeroize::Zeroizing;

/// The delegating key lacks an attribute that is to be delegated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the delegating key lacks an attribute: delegate a subset of its attributes")]
pub struct AttributeNotHeld;

/// Derives a key for a subset of a key's attributes. The derived key has its own randomness: it
/// neither reveals the delegating key nor combines with it.
///
/// ```math
/// r';  sk1' = sk1 B^{r'};  sk2'[u] = sk2[u] H(u)^{r'};  sk3' = sk3 g2^{r'}
/// ```
///
/// The result is distributed as a key from [`keygen`](super::keygen), with randomness `r + r'`.
/// Published tokens of key [`epochs`](super::epochs) distinguish the two, since none fits a
/// delegated key.
///
/// Cost: that of `keygen`.
///
/// # Errors
/// [`AttributeNotHeld`] if `attributes` is not a subset of the key's attributes.
///
/// ```
/// use epione::{abe::{self, fabeo}, policy::AttributeSet};
/// let rng = &mut rand::thread_rng();
/// let (parameters, master) = abe::setup(rng);
/// let consultant = AttributeSet::from_names(["oncology", "ward:3", "prescribe"])?;
/// let key = abe::keygen(&master, &consultant, rng);
///
/// let locum = fabeo::delegate(&key, &AttributeSet::from_names(["oncology", "ward:3"])?, rng)?;
/// let policy = "oncology and ward:3".parse()?;
/// let sealed = abe::seal(&parameters, &policy, b"round", b"chart", rng);
/// assert_eq!(&*abe::open(&parameters, &locum, b"round", &sealed)?, b"chart");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn delegate(
    key: &UserSecretKey<Fabeo>,
    attributes: &AttributeSet,
    rng: &mut (impl Rng + ?Sized),
) -> Result<UserSecretKey<Fabeo>, AttributeNotHeld> {
    let UserKey { sk1, sk2, sk3 } = key.elements.expose();
    let held = key.attributes.expanded();
    let position = |u: &Attribute| held.binary_search(u).map_err(|_| AttributeNotHeld);
    let chosen = attributes.expanded().iter().map(position).collect::<Result<Vec<usize>, _>>()?;

    let r = Zeroizing::new(Scalar::random(rng));
    let fresh = G1::batch_mul_by_scalar(&hash_attributes(tag::FABEO_ATTRIBUTE, attributes), &r);
    let fresh = Zeroizing::new(fresh);
    let elements = UserKey {
        sk1: *sk1 + base().mul(&r),
        sk2: chosen.iter().zip(fresh.iter()).map(|(i, fresh)| sk2[*i] + *fresh).collect(),
        sk3: *sk3 + G2::generator_mul(&r),
    };
    Ok(UserSecretKey::new(attributes.clone(), elements))
}
