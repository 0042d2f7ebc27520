//! The messages between the central authority, attribute authorities, users and encryptors.
#![forbid(unsafe_code)]

use super::hash;
use crate::abe::gid::read_gid;
use crate::algebra::codec::{public_encoding, sequence};
use crate::algebra::hash::{framed, hash_to_g1};
use crate::algebra::{G1, G2, Scalar, Secret, multi_pairing, tag};
use crate::policy::Name;
use std::fmt;

/// The central authority's share of a key component, not yet verified. From it, an attribute
/// authority issues its attribute to a user.
#[derive(Clone)]
pub struct KeyShare {
    pub(super) gid: String,
    pub(super) attribute: Name,
    d_prime: G2,
    /// `T = H(x)^t`
    pub(super) t: Secret<G1>,
}
sequence!(Canonical for KeyShare = AbeShare { gid: text_by(read_gid), attribute, d_prime, t });

/// The key share fails its equation, is for another attribute, or conflicts with that of a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key share is not valid for the user and the attribute")]
pub struct InvalidKeyShare;

/// A [`KeyShare`] whose equation holds.
#[derive(Clone)]
pub struct VerifiedKeyShare(pub(super) KeyShare);

impl KeyShare {
    pub(super) fn new(gid: &str, attribute: &Name, d_prime: G2, t: G1) -> Self {
        Self { gid: gid.to_owned(), attribute: attribute.clone(), d_prime, t: Secret::new(t) }
    }

    /// The identifier of the user.
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// The attribute to be issued.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// `D'`, which is also part of the user's key.
    pub fn d_prime(&self) -> &G2 {
        &self.d_prime
    }

    /// Verifies `e(T, g2) = e(H(x), D')`. Without this check, the sender could have the attribute
    /// authority raise any point to `1 / v_x`.
    ///
    /// The caller authenticates the central authority and ensures freshness: a share never changes,
    /// so one replayed after a revocation would reinstate the user.
    ///
    /// # Errors
    /// [`InvalidKeyShare`] if the equation fails.
    pub fn verify(self) -> Result<VerifiedKeyShare, InvalidKeyShare> {
        let pairs = [(*self.t.expose(), G2::generator()), (-hash(&self.attribute), self.d_prime)];
        if multi_pairing(&pairs).is_identity() {
            Ok(VerifiedKeyShare(self))
        } else {
            Err(InvalidKeyShare)
        }
    }
}

/// The public key of an attribute in one epoch, not yet verified: `g2^{v_x}` with a proof of
/// possession of `v_x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeKey {
    attribute: Name,
    epoch: u32,
    g2_v: G2,
    /// `P = H'(x, epoch, g2^{v_x})^{v_x}`
    proof: G1,
}
sequence!(Canonical for AttributeKey = AbeAttributeKey { attribute, epoch, g2_v, proof });
public_encoding!(AttributeKey);

/// The proof of possession of an attribute key does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof of possession of the attribute's public key does not hold")]
pub struct InvalidAttributeKey;

/// An [`AttributeKey`] whose proof of possession holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAttributeKey(AttributeKey);

impl VerifiedAttributeKey {
    /// Computes the public key for the exponent `v_x`, and its proof.
    pub(super) fn new(attribute: Name, epoch: u32, v: &Scalar) -> Self {
        let g2_v = G2::generator_mul(v);
        let proof = hash_possession(&attribute, epoch, &g2_v) * *v;
        Self(AttributeKey { attribute, epoch, g2_v, proof })
    }

    /// The public key.
    pub fn key(&self) -> &AttributeKey {
        &self.0
    }
}

impl AttributeKey {
    /// The attribute.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The key epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// `g2^{v_x}`
    pub fn g2_v(&self) -> &G2 {
        &self.g2_v
    }

    /// Verifies `e(P, g2) = e(H'(x, epoch, g2^{v_x}), g2^{v_x})`. Without this check, a sender who
    /// knows a user's `D'` could present `D'^k` as the key, for which `H(x)^{1/k}` is a component
    /// of that user, or an old key under the number of a new epoch.
    ///
    /// The caller authenticates the attribute authority: by a signature, a channel or the ledger.
    ///
    /// # Errors
    /// [`InvalidAttributeKey`] if the equation fails.
    pub fn verify(self) -> Result<VerifiedAttributeKey, InvalidAttributeKey> {
        let base = hash_possession(&self.attribute, self.epoch, &self.g2_v);
        let pairs = [(self.proof, G2::generator()), (-base, self.g2_v)];
        if multi_pairing(&pairs).is_identity() {
            Ok(VerifiedAttributeKey(self))
        } else {
            Err(InvalidAttributeKey)
        }
    }
}

/// `H'(x, epoch, g2^{v_x})`
fn hash_possession(attribute: &Name, epoch: u32, g2_v: &G2) -> G1 {
    let parts = [attribute.as_str().as_bytes(), &epoch.to_be_bytes(), &g2_v.to_bytes()];
    hash_to_g1(tag::REVOCABLE_POSSESSION, &framed(&parts))
}

/// The component `D_x` of a user's key for one epoch. Secret; sent to its user only.
#[derive(Clone)]
pub struct Component {
    pub(super) gid: String,
    pub(super) attribute: Name,
    pub(super) epoch: u32,
    pub(super) d_x: Secret<G1>,
}
sequence!(Canonical for Component = AbeComponent { gid: text_by(read_gid), attribute, epoch, d_x });

impl Component {
    /// The identifier of the user.
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// The attribute.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The key epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// `D_x`
    pub(super) fn point(&self) -> &G1 {
        self.d_x.expose()
    }
}

/// Omits the user: the identifier may be personal.
impl fmt::Debug for KeyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyShare({})", self.attribute)
    }
}
impl fmt::Debug for VerifiedKeyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified{:?}", self.0)
    }
}
impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({}, epoch {})", self.attribute, self.epoch)
    }
}
