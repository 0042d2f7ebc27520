//! Keys of the attribute authority and of users.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::algebra::{G1, G2, Gt, Secret};
use crate::error::DecodeError;
use crate::policy::{Attribute, AttributeSet};
use zeroize::Zeroize;

/// The most attributes of a key that is read.
const MAX_ATTRIBUTES: usize = 1 << 16;
/// The most bytes of a name that is looked at.
const MAX_NAME: usize = 1 << 10;

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
    /// In the byte order of the attributes.
    pub(super) sk2: Vec<(Attribute, G1)>,
    pub(super) sk3: G2,
}

impl Zeroize for Components {
    fn zeroize(&mut self) {
        self.sk1.zeroize();
        self.sk2.iter_mut().for_each(|(_, point)| point.zeroize());
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
        let sk2 = &self.0.expose().sk2;
        let found = sk2.binary_search_by(|(held, _)| held.cmp(attribute)).ok()?;
        Some(&sk2[found].1)
    }

    /// The attributes of the key.
    pub fn attributes(&self) -> AttributeSet {
        self.0.expose().sk2.iter().map(|(attribute, _)| attribute.clone()).collect()
    }
}

/// `sk1, sk3`, then each attribute's name with its component, names strictly ascending.
impl Canonical for UserSecretKey {
    const KIND: Kind = Kind::AbeUserSecretKey;
    fn write(&self, w: &mut Writer) {
        let components = self.0.expose();
        w.g1(&components.sk1);
        w.g2(&components.sk3);
        w.list(&components.sk2, |w, (attribute, point)| {
            w.bytes(attribute.as_str().as_bytes());
            w.g1(point);
        });
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (sk1, sk3) = (r.g1()?, r.g2()?);
        let sk2 = r.list(MAX_ATTRIBUTES, |r| {
            let name = r.text(MAX_NAME)?;
            let attribute =
                Attribute::new(name).map_err(|_| DecodeError::Invalid("not an attribute"))?;
            Ok((attribute, r.g1()?))
        })?;
        if !sk2.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::Invalid("the attributes are not strictly ascending"));
        }
        Ok(Self::new(Components { sk1, sk2, sk3 }))
    }
}
