//! Who gives an attribute, and takes it away.
#![forbid(unsafe_code)]

use super::elements::{MAX_NAME, read_name};
use super::hash;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, Rng, Scalar, Secret, multi_pairing};
use crate::error::DecodeError;
use crate::policy::Name;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// The most users of an attribute in a manager's state that is read.
const MAX_HOLDERS: usize = 1 << 24;

/// What a manager needs to issue its attribute to a user, as it came from the centre.
#[derive(Debug, Clone)]
pub struct Share {
    gid: String,
    attribute: Name,
    d_prime: G2,
    /// `T = H(x)^t`
    t: Secret<G1>,
}

/// A share that is not what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the share is not valid for the user and the attribute")]
pub struct InvalidShare;

/// A [`Share`] that was checked.
#[derive(Debug, Clone)]
pub struct VerifiedShare(Share);

impl Share {
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
    /// That it is the centre who speaks is for the caller to know, by a signature or a channel.
    ///
    /// # Errors
    /// [`InvalidShare`].
    pub fn verify(self) -> Result<VerifiedShare, InvalidShare> {
        let pairs = [(*self.t.expose(), G2::generator()), (-hash(&self.attribute), self.d_prime)];
        if multi_pairing(&pairs).is_identity() {
            Ok(VerifiedShare(self))
        } else {
            Err(InvalidShare)
        }
    }
}

/// The identifier, the attribute, `D'` and `T`.
impl Canonical for Share {
    const KIND: Kind = Kind::AbeShare;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.gid.as_bytes());
        w.bytes(self.attribute.as_str().as_bytes());
        w.g2(&self.d_prime);
        w.g1(self.t.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (gid, attribute, d_prime) = (r.text(MAX_NAME)?, read_name(r)?, r.g2()?);
        Ok(Self { gid, attribute, d_prime, t: Secret::new(r.g1()?) })
    }
}

/// A manager's public key in one epoch: `g2^{v_x}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeKey {
    attribute: Name,
    epoch: u32,
    g2_v: G2,
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
}

impl Canonical for AttributeKey {
    const KIND: Kind = Kind::AbeAttributeKey;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.attribute.as_str().as_bytes());
        w.u32(self.epoch);
        w.g2(&self.g2_v);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { attribute: read_name(r)?, epoch: r.u32()?, g2_v: r.g2()? })
    }
}
public_encoding!(AttributeKey);

/// An attribute for one user in one epoch: `D_x`. For its user alone.
#[derive(Debug, Clone)]
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
        let (gid, attribute, epoch) = (r.text(MAX_NAME)?, read_name(r)?, r.u32()?);
        Ok(Self { gid, attribute, epoch, d_x: Secret::new(r.g1()?) })
    }
}

/// The manager of one attribute in one epoch: `v_x`, and `T` of those who hold it. What epochs before
/// were made of is gone: nobody is given an attribute for what was written then.
#[derive(Clone)]
pub struct Manager {
    attribute: Name,
    epoch: u32,
    v: Secret<Scalar>,
    holders: BTreeMap<String, Secret<G1>>,
}

impl Manager {
    /// In epoch 0, with nobody who holds the attribute.
    pub fn new(attribute: Name, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::with_exponent(attribute, 0, &Zeroizing::new(Scalar::random(rng)))
    }

    /// [`Self::new`] in a given epoch with a given `v_x`, for test vectors. Numbers that two epochs'
    /// exponents have to do with each other undo every revocation between them.
    ///
    /// # Panics
    /// If `v` is zero.
    pub fn with_exponent(attribute: Name, epoch: u32, v: &Scalar) -> Self {
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

    /// What everyone who encrypts in this epoch needs. Cost: an exponentiation in G2.
    pub fn public_key(&self) -> AttributeKey {
        let g2_v = G2::generator_mul(self.v.expose());
        AttributeKey { attribute: self.attribute.clone(), epoch: self.epoch, g2_v }
    }

    /// Gives the attribute to a user, whose component of this epoch it returns.
    ///
    /// # Errors
    /// [`InvalidShare`] for a share of another attribute.
    pub fn grant(&mut self, share: VerifiedShare) -> Result<Component, InvalidShare> {
        let VerifiedShare(Share { gid, attribute, t, .. }) = share;
        if attribute != self.attribute {
            return Err(InvalidShare);
        }
        // D_x = T^{1 / v_x}
        let d_x = *t.expose() * *self.inverse();
        self.holders.insert(gid.clone(), t);
        Ok(Component { gid, attribute, epoch: self.epoch, d_x: Secret::new(d_x) })
    }

    /// Everyone's component of this epoch, in the order of [`Self::holders`]. Cost: one exponentiation in
    /// G1 each, in lists.
    pub fn issue(&self) -> Vec<Component> {
        let shares = self.holders.values().map(|t| *t.expose()).collect::<Vec<_>>();
        let points = G1::mul_all(&Zeroizing::new(shares), &self.inverse());
        let component = |(gid, d_x): (&String, G1)| Component {
            gid: gid.clone(),
            attribute: self.attribute.clone(),
            epoch: self.epoch,
            d_x: Secret::new(d_x),
        };
        self.holders.keys().zip(points).map(component).collect()
    }

    /// Takes the attribute from a user: the next epoch, with a `v_x` that has nothing to do with this
    /// one's. `false` if nobody of that name held it, and then nothing changes.
    ///
    /// # Panics
    /// In the last of `2^32` epochs.
    pub fn revoke(&mut self, gid: &str, rng: &mut (impl Rng + ?Sized)) -> bool {
        let held = self.holders.remove(gid).is_some();
        if held {
            self.epoch = self.epoch.checked_add(1).expect("an epoch is left");
            self.v = Secret::new(Scalar::random(rng));
        }
        held
    }

    /// `1 / v_x`
    fn inverse(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(self.v.expose().inverse().expect("a manager's exponent is not zero"))
    }
}

/// Who holds an attribute may be personal too.
impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manager({}, epoch {})", self.attribute, self.epoch)
    }
}

/// The attribute, the epoch, `v_x`, the identifiers strictly ascending, then `T` of each.
impl Canonical for Manager {
    const KIND: Kind = Kind::AbeManager;
    fn write(&self, w: &mut Writer) {
        w.bytes(self.attribute.as_str().as_bytes());
        w.u32(self.epoch);
        w.scalar(self.v.expose());
        let holders: Vec<&String> = self.holders.keys().collect();
        w.list(&holders, |w, gid| w.bytes(gid.as_bytes()));
        let points = self.holders.values().map(|t| *t.expose());
        w.g1_each(&Zeroizing::new(points.collect::<Vec<_>>()));
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (attribute, epoch, v) = (read_name(r)?, r.u32()?, r.nonzero_scalar()?);
        let v = Secret::new(v);
        let gids = r.list(MAX_HOLDERS, |r| r.text(MAX_NAME))?;
        if !gids.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid("the identifiers are not strictly ascending"));
        }
        let points = r.g1_each(gids.len())?.into_iter().map(Secret::new);
        Ok(Self { attribute, epoch, v, holders: gids.into_iter().zip(points).collect() })
    }
}
