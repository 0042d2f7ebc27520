//! The authority of one attribute, which issues and revokes it.
#![forbid(unsafe_code)]

use super::{Component, InvalidKeyShare, KeyShare, VerifiedAttributeKey, VerifiedKeyShare};
use crate::abe::gid::read_gid;
use crate::algebra::codec::{Canonical, Codec, Reader, Writer};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, Rng, Scalar, Secret};
use crate::error::DecodeError;
use crate::policy::Name;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// The maximal number of holders in a decoded state.
const MAX_HOLDERS: usize = 1 << 24;

/// The authority of one attribute in its current epoch: `v_x`, and `T` of every holder.
///
/// The state contains no exponent of an earlier epoch, so no component for one can be issued once
/// old encodings are erased. Store the state before a public key or component leaves the authority,
/// and never restore an older state: it would reinstate revoked users and reuse epoch numbers.
pub struct AttributeAuthority {
    attribute: Name,
    epoch: u32,
    v: Secret<Scalar>,
    holders: BTreeMap<String, Secret<G1>>,
}

impl AttributeAuthority {
    /// Returns an authority in epoch 0, without holders.
    pub fn new(attribute: Name, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::from_exponent(attribute, 0, &Zeroizing::new(Scalar::random(rng)))
    }

    /// [`Self::new`] with a given epoch and `v_x`, for test vectors. If a user learns the quotient
    /// of the exponents of two epochs, the revocations between them are undone.
    /// Requires the feature `hazmat`.
    ///
    /// # Panics
    /// If `v` is zero.
    #[cfg(feature = "hazmat")]
    pub fn new_with_randomness(attribute: Name, epoch: u32, v: &Scalar) -> Self {
        Self::from_exponent(attribute, epoch, v)
    }

    fn from_exponent(attribute: Name, epoch: u32, v: &Scalar) -> Self {
        assert!(*v != Scalar::ZERO, "the exponent of an attribute is not zero");
        Self { attribute, epoch, v: Secret::new(*v), holders: BTreeMap::new() }
    }

    /// The attribute.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The current epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The identifiers of the users who hold the attribute, in byte order.
    pub fn holders(&self) -> impl Iterator<Item = &str> {
        self.holders.keys().map(String::as_str)
    }

    /// Computes the public key of the current epoch, with which anyone encrypts.
    ///
    /// Cost: one exponentiation in G2, one hash to G1, one exponentiation in G1.
    pub fn public_key(&self) -> VerifiedAttributeKey {
        VerifiedAttributeKey::new(self.attribute.clone(), self.epoch, self.v.expose())
    }

    /// Issues the attribute to a user and returns the component of the current epoch. The component
    /// also decrypts earlier ciphertexts of this epoch, unless [`Self::rekey`] is called first.
    ///
    /// # Errors
    /// [`InvalidKeyShare`] if the share is for another attribute, or differs from the share of a
    /// current holder with the same identifier.
    pub fn issue(&mut self, share: VerifiedKeyShare) -> Result<Component, InvalidKeyShare> {
        let VerifiedKeyShare(KeyShare { gid, attribute, t, .. }) = share;
        let conflict = self.holders.get(&gid).is_some_and(|held| held.expose() != t.expose());
        if attribute != self.attribute || conflict {
            return Err(InvalidKeyShare);
        }
        // D_x = T^{1 / v_x}
        let d_x = *t.expose() * *self.inverse();
        self.holders.insert(gid.clone(), t);
        Ok(Component { gid, attribute, epoch: self.epoch, d_x: Secret::new(d_x) })
    }

    /// Computes the components of all holders for the current epoch, ordered as
    /// [`Self::holders`].
    ///
    /// Cost: one exponentiation in G1 per holder, in a batch.
    pub fn components(&self) -> Vec<Component> {
        let shares = self.holders.values().map(|t| *t.expose());
        let shares = Zeroizing::new(shares.collect::<Vec<_>>());
        let points = Zeroizing::new(G1::batch_mul_by_scalar(&shares, &self.inverse()));
        let component = |(gid, d_x): (&String, &G1)| Component {
            gid: gid.clone(),
            attribute: self.attribute.clone(),
            epoch: self.epoch,
            d_x: Secret::new(*d_x),
        };
        self.holders.keys().zip(points.iter()).map(component).collect()
    }

    /// Revokes the attribute from users and starts the next epoch. Returns the number of users who
    /// held it; if there are none, the epoch continues.
    ///
    /// # Panics
    /// In the last of `2^32` epochs.
    pub fn revoke(&mut self, gids: &[&str], rng: &mut (impl Rng + ?Sized)) -> usize {
        let held = gids.iter().filter(|gid| self.holders.remove(**gid).is_some()).count();
        if held > 0 {
            self.rekey(rng);
        }
        held
    }

    /// Starts the next epoch, with an independent `v_x`.
    ///
    /// # Panics
    /// In the last of `2^32` epochs.
    pub fn rekey(&mut self, rng: &mut (impl Rng + ?Sized)) {
        self.epoch = self.epoch.checked_add(1).expect("there are fewer than 2^32 epochs");
        self.v = Secret::new(Scalar::random(rng));
    }

    /// `1 / v_x`
    fn inverse(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(self.v.expose().inverse().expect("the exponent of an attribute is not zero"))
    }
}

/// Omits the holders: their identifiers may be personal.
impl fmt::Debug for AttributeAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeAuthority({}, epoch {})", self.attribute, self.epoch)
    }
}

/// Encoding: the attribute, the epoch, `v_x`, the identifiers strictly ascending, `T` of each.
impl Canonical for AttributeAuthority {
    const KIND: Kind = Kind::AbeAttributeAuthority;
    fn write(&self, w: &mut Writer) {
        self.attribute.write(w);
        w.u32(self.epoch);
        w.scalar(self.v.expose());
        let holders: Vec<&String> = self.holders.keys().collect();
        w.list(&holders, |w, gid| w.bytes(gid.as_bytes()));
        let points = self.holders.values().map(|t| *t.expose());
        w.batch_g1(&Zeroizing::new(points.collect::<Vec<_>>()));
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (attribute, epoch, v) = (Name::read(r)?, r.u32()?, Secret::read(r)?);
        let gids = r.list(MAX_HOLDERS, read_gid)?;
        if !gids.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid("the identifiers are not strictly ascending"));
        }
        let points = Zeroizing::new(r.batch_g1(gids.len())?);
        let holders = gids.into_iter().zip(points.iter().map(|t| Secret::new(*t))).collect();
        Ok(Self { attribute, epoch, v, holders })
    }
}
