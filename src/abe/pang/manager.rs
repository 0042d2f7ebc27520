//! Who gives an attribute, and takes it away.
#![forbid(unsafe_code)]

use super::elements::{read_gid, read_name};
use super::hash;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::hash::{framed, hash_to_g1};
use crate::algebra::tag::{self, Kind};
use crate::algebra::{G1, G2, Rng, Scalar, Secret, multi_pairing};
use crate::error::DecodeError;
use crate::policy::Name;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// The most users of an attribute in a manager's state that is read.
const MAX_HOLDERS: usize = 1 << 24;

/// What a manager needs to issue its attribute to a user, as it came from the centre.
#[derive(Clone)]
pub struct KeyShare {
    gid: String,
    attribute: Name,
    d_prime: G2,
    /// `T = H(x)^t`
    t: Secret<G1>,
}

/// A share that is not what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the share is not valid for the user and the attribute")]
pub struct InvalidKeyShare;

/// A [`Share`] that was checked.
#[derive(Clone)]
pub struct VerifiedKeyShare(KeyShare);

impl KeyShare {
    pub(super) fn new(gid: &str, attribute: &Name, d_prime: G2, t: G1) -> Self {
        Self { gid: gid.to_owned(), attribute: attribute.clone(), d_prime, t: Secret::new(t) }
    }

    /// Whom it is for.
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// Which attribute it is for.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The user's `D'`, which her key has too.
    pub fn d_prime(&self) -> &G2 {
        &self.d_prime
    }

    /// `e(T, g2) = e(H(x), D')`: without this check, whoever sends a point for a share would have the
    /// manager raise it to `1 / v_x`.
    ///
    /// That it is the centre who speaks, and *now*, is for the caller to know: a share is the same for ever,
    /// and one that is sent again after a revocation would bring the user back.
    ///
    /// # Errors
    /// [`InvalidKeyShare`].
    pub fn verify(self) -> Result<VerifiedKeyShare, InvalidKeyShare> {
        let pairs = [(*self.t.expose(), G2::generator()), (-hash(&self.attribute), self.d_prime)];
        if multi_pairing(&pairs).is_identity() {
            Ok(VerifiedKeyShare(self))
        } else {
            Err(InvalidKeyShare)
        }
    }
}

/// The identifier, the attribute, `D'` and `T`.
impl Canonical for KeyShare {
    const KIND: Kind = Kind::AbeShare;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.gid.as_bytes());
        w.bytes(self.attribute.as_str().as_bytes());
        w.g2(&self.d_prime);
        w.g1(self.t.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (gid, attribute, d_prime) = (read_gid(r)?, read_name(r)?, r.g2()?);
        Ok(Self { gid, attribute, d_prime, t: Secret::new(r.g1()?) })
    }
}

/// A manager's public key in one epoch, as it came over the wire: `g2^{v_x}`, and the proof that whoever
/// made it knows `v_x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeKey {
    attribute: Name,
    epoch: u32,
    g2_v: G2,
    /// `P = H'(x, epoch, g2^{v_x})^{v_x}`
    proof: G1,
}

/// A key without a proof of possession.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody has proven to know the exponent of the attribute's key")]
pub struct InvalidAttributeKey;

/// An [`AttributeKey`] whose proof was checked, or that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAttributeKey(AttributeKey);

impl VerifiedAttributeKey {
    /// The key.
    pub fn key(&self) -> &AttributeKey {
        &self.0
    }
}

impl AttributeKey {
    /// The attribute.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The epoch of writing.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// `g2^{v_x}`
    pub fn g2_v(&self) -> &G2 {
        &self.g2_v
    }

    /// `e(P, g2) = e(H'(x, epoch, g2^{v_x}), g2^{v_x})`: without this check, whoever has a user's `D'`
    /// could send `D'^k` for a key, whose components for that user are `H(x)^{1/k}`; and an old key could
    /// be sent under the number of a new epoch.
    ///
    /// That it is the attribute's manager who speaks is for the caller to know: by a signature, a channel
    /// or the ledger.
    ///
    /// # Errors
    /// [`InvalidAttributeKey`].
    pub fn verify(self) -> Result<VerifiedAttributeKey, InvalidAttributeKey> {
        let base = possession(&self.attribute, self.epoch, &self.g2_v);
        let pairs = [(self.proof, G2::generator()), (-base, self.g2_v)];
        if multi_pairing(&pairs).is_identity() {
            Ok(VerifiedAttributeKey(self))
        } else {
            Err(InvalidAttributeKey)
        }
    }
}

/// `H'(x, epoch, g2^{v_x})`
fn possession(attribute: &Name, epoch: u32, g2_v: &G2) -> G1 {
    let parts = [attribute.as_str().as_bytes(), &epoch.to_be_bytes(), &g2_v.to_bytes()];
    hash_to_g1(tag::REVOCABLE_POSSESSION, &framed(&parts))
}

impl Canonical for AttributeKey {
    const KIND: Kind = Kind::AbeAttributeKey;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.attribute.as_str().as_bytes());
        w.u32(self.epoch);
        w.g2(&self.g2_v);
        w.g1(&self.proof);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (attribute, epoch) = (read_name(r)?, r.u32()?);
        Ok(Self { attribute, epoch, g2_v: r.g2()?, proof: r.g1()? })
    }
}
public_encoding!(AttributeKey);

/// An attribute for one user in one epoch: `D_x`. For its user alone.
#[derive(Clone)]
pub struct Component {
    gid: String,
    attribute: Name,
    epoch: u32,
    d_x: Secret<G1>,
}

impl Component {
    /// Whom it is for.
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// Which attribute it is.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The epoch of writing.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn point(&self) -> &G1 {
        self.d_x.expose()
    }
}

impl Canonical for Component {
    const KIND: Kind = Kind::AbeComponent;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.gid.as_bytes());
        w.bytes(self.attribute.as_str().as_bytes());
        w.u32(self.epoch);
        w.g1(self.d_x.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (gid, attribute, epoch) = (read_gid(r)?, read_name(r)?, r.u32()?);
        Ok(Self { gid, attribute, epoch, d_x: Secret::new(r.g1()?) })
    }
}

/// The manager of one attribute in one epoch: `v_x`, and `T` of those who hold it. What epochs before
/// were made of is gone, if old encodings are erased: nobody is given an attribute for what was written
/// then. Store the state before its public key or a component leaves, and never take up an older one: it
/// would bring back who was revoked, and use the number of an epoch twice.
pub struct AttributeAuthority {
    attribute: Name,
    epoch: u32,
    v: Secret<Scalar>,
    holders: BTreeMap<String, Secret<G1>>,
}

impl AttributeAuthority {
    /// In epoch 0, with nobody who holds the attribute.
    pub fn new(attribute: Name, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::new_with_randomness(attribute, 0, &Zeroizing::new(Scalar::random(rng)))
    }

    /// [`Self::new`] in a given epoch with a given `v_x`, for test vectors. Numbers that two epochs'
    /// exponents have to do with each other undo every revocation between them.
    ///
    /// # Panics
    /// If `v` is zero.
    pub fn new_with_randomness(attribute: Name, epoch: u32, v: &Scalar) -> Self {
        assert!(*v != Scalar::ZERO, "a manager's exponent is not zero");
        Self { attribute, epoch, v: Secret::new(*v), holders: BTreeMap::new() }
    }

    /// The attribute.
    pub fn attribute(&self) -> &Name {
        &self.attribute
    }

    /// The epoch of writing.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Who holds the attribute, in byte order.
    pub fn holders(&self) -> impl Iterator<Item = &str> {
        self.holders.keys().map(String::as_str)
    }

    /// What everyone who encrypts in this epoch needs. Cost: an exponentiation in G2, a hash to G1 and an
    /// exponentiation.
    pub fn public_key(&self) -> VerifiedAttributeKey {
        let (attribute, g2_v) = (self.attribute.clone(), G2::generator_mul(self.v.expose()));
        let proof = possession(&attribute, self.epoch, &g2_v) * *self.v.expose();
        VerifiedAttributeKey(AttributeKey { attribute, epoch: self.epoch, g2_v, proof })
    }

    /// Gives the attribute to a user, whose component of this epoch it returns. It opens what was written
    /// in this epoch before, too: start an epoch first where it should not.
    ///
    /// # Errors
    /// [`InvalidKeyShare`] for a share of another attribute, or another share for who holds it already.
    pub fn issue(&mut self, share: VerifiedKeyShare) -> Result<Component, InvalidKeyShare> {
        let VerifiedKeyShare(KeyShare { gid, attribute, t, .. }) = share;
        let other = self.holders.get(&gid).is_some_and(|held| held.expose() != t.expose());
        if attribute != self.attribute || other {
            return Err(InvalidKeyShare);
        }
        // D_x = T^{1 / v_x}
        let d_x = *t.expose() * *self.inverse();
        self.holders.insert(gid.clone(), t);
        Ok(Component { gid, attribute, epoch: self.epoch, d_x: Secret::new(d_x) })
    }

    /// Everyone's component of this epoch, in the order of [`Self::holders`]. Cost: one exponentiation in
    /// G1 each, in lists.
    pub fn components(&self) -> Vec<Component> {
        let shares = self.holders.values().map(|t| *t.expose()).collect::<Vec<_>>();
        let points =
            Zeroizing::new(G1::batch_mul_by_scalar(&Zeroizing::new(shares), &self.inverse()));
        let component = |(gid, d_x): (&String, &G1)| Component {
            gid: gid.clone(),
            attribute: self.attribute.clone(),
            epoch: self.epoch,
            d_x: Secret::new(*d_x),
        };
        self.holders.keys().zip(points.iter()).map(component).collect()
    }

    /// Takes the attribute from some users at once: the next epoch. How many of them held it; if none did,
    /// nothing changes.
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

    /// Starts the next epoch, with a `v_x` that has nothing to do with this one's.
    ///
    /// # Panics
    /// In the last of `2^32` epochs.
    pub fn rekey(&mut self, rng: &mut (impl Rng + ?Sized)) {
        self.epoch = self.epoch.checked_add(1).expect("an epoch is left");
        self.v = Secret::new(Scalar::random(rng));
    }

    /// `1 / v_x`
    fn inverse(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(self.v.expose().inverse().expect("a manager's exponent is not zero"))
    }
}

/// Who holds an attribute may be personal too.
impl fmt::Debug for AttributeAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeAuthority({}, epoch {})", self.attribute, self.epoch)
    }
}
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

/// The attribute, the epoch, `v_x`, the identifiers strictly ascending, then `T` of each.
impl Canonical for AttributeAuthority {
    const KIND: Kind = Kind::AbeManager;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.attribute.as_str().as_bytes());
        w.u32(self.epoch);
        w.scalar(self.v.expose());
        let holders: Vec<&String> = self.holders.keys().collect();
        w.list(&holders, |w, gid| w.bytes(gid.as_bytes()));
        let points = self.holders.values().map(|t| *t.expose());
        w.batch_g1(&Zeroizing::new(points.collect::<Vec<_>>()));
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (attribute, epoch, v) = (read_name(r)?, r.u32()?, r.nonzero_scalar()?);
        let v = Secret::new(v);
        let gids = r.list(MAX_HOLDERS, read_gid)?;
        if !gids.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid("the identifiers are not strictly ascending"));
        }
        let points = Zeroizing::new(r.batch_g1(gids.len())?);
        let holders = gids.into_iter().zip(points.iter().map(|t| Secret::new(*t))).collect();
        Ok(Self { attribute, epoch, v, holders })
    }
}
