//! Keys of the attribute authority and of users.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, Gt, Secret};
use crate::error::DecodeError;
use crate::policy::{Attribute, AttributeSet};
use zeroize::Zeroize;

/// What everyone who encrypts needs: `mpk = Z^alpha` (GT).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicParameters {
    pub(super) mpk: Gt,
}

impl Canonical for PublicParameters {
    const KIND: Kind = Kind::AbePublicParameters;
    fn write(&self, w: &mut Writer) {
        w.gt(&self.mpk);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { mpk: r.gt()? })
    }
}
public_encoding!(PublicParameters);

/// `msk = g1^alpha`: opens everything and makes every key.
#[derive(Debug)]
pub struct MasterSecretKey(Secret<G1>);

impl MasterSecretKey {
    pub(super) fn new(g1_alpha: G1) -> Self {
        Self(Secret::new(g1_alpha))
    }
    pub(super) fn g1_alpha(&self) -> &G1 {
        self.0.expose()
    }
}

impl Canonical for MasterSecretKey {
    const KIND: Kind = Kind::AbeMasterSecretKey;
    fn write(&self, w: &mut Writer) {
        w.g1(self.0.expose());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(r.g1()?))
    }
}

/// A user's key for a set of attributes.
#[derive(Debug, Clone)]
pub struct UserSecretKey(Secret<Components>);

/// The elements of a user's key.
#[derive(Clone)]
pub(super) struct Components {
    pub(super) sk1: G1,
    /// What the user was given.
    pub(super) attributes: AttributeSet,
    /// What she has components for, in strictly ascending order.
    pub(super) expanded: Vec<Attribute>,
    /// One an attribute of `expanded`.
    pub(super) sk2: Vec<G1>,
    pub(super) sk3: G2,
}

impl Zeroize for Components {
    fn zeroize(&mut self) {
        self.sk1.zeroize();
        self.sk2.zeroize();
        self.sk3.zeroize();
    }
}

impl UserSecretKey {
    pub(super) fn new(components: Components) -> Self {
        Self(Secret::new(components))
    }
    pub(super) fn sk1(&self) -> &G1 {
        &self.0.expose().sk1
    }
    pub(super) fn sk3(&self) -> &G2 {
        &self.0.expose().sk3
    }
    pub(super) fn component(&self, attribute: &Attribute) -> Option<&G1> {
        let Components { expanded, sk2, .. } = self.0.expose();
        Some(&sk2[expanded.binary_search(attribute).ok()?])
    }

    /// The attributes of the key.
    pub fn attributes(&self) -> AttributeSet {
        self.0.expose().attributes.clone()
    }
}

/// `sk1, sk3`, the set of attributes, then a component for each that it expands to, in that order.
impl Canonical for UserSecretKey {
    const KIND: Kind = Kind::AbeUserSecretKey;
    fn write(&self, w: &mut Writer) {
        let Components { sk1, attributes, sk2, sk3, .. } = self.0.expose();
        w.g1(sk1);
        w.g2(sk3);
        attributes.write(w);
        w.g1_each(sk2);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (sk1, sk3, attributes) = (r.g1()?, r.g2()?, AttributeSet::read(r)?);
        let expanded = attributes.expanded();
        let sk2 = r.g1_each(expanded.len())?;
        Ok(Self::new(Components { sk1, attributes, expanded, sk2, sk3 }))
    }
}
