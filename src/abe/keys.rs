//! Keys of an attribute authority and of users.
#![forbid(unsafe_code)]

use super::fabeo::Fabeo;
use super::scheme::{Elements, KeyElements, Scheme};
use crate::algebra::Secret;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use crate::policy::{Attribute, AttributeSet};
use std::fmt;

/// The most attributes of a key that is read.
const MAX_ATTRIBUTES: usize = 1 << 16;
/// The most bytes of a name that is looked at.
const MAX_NAME: usize = 1 << 10;

/// What everyone who encrypts needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicParameters<S: Scheme = Fabeo>(pub(super) S::Parameters);

impl<S: Scheme> Canonical for PublicParameters<S> {
    const KIND: Kind = Kind::AbePublicParameters;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        self.0.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite::<S>(r)?;
        Ok(Self(Elements::read(r)?))
    }
}
public_encoding!(impl<S: Scheme> PublicParameters<S>);

/// Opens everything and makes every key.
pub struct MasterSecretKey<S: Scheme = Fabeo>(pub(super) Secret<S::MasterKey>);

impl<S: Scheme> fmt::Debug for MasterSecretKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterSecretKey({:?})", self.0)
    }
}

impl<S: Scheme> Canonical for MasterSecretKey<S> {
    const KIND: Kind = Kind::AbeMasterSecretKey;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        self.0.expose().write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite::<S>(r)?;
        Ok(Self(Secret::new(Elements::read(r)?)))
    }
}

/// A user's key for a set of attributes.
#[derive(Clone)]
pub struct UserSecretKey<S: Scheme = Fabeo> {
    pub(super) attributes: AttributeSet,
    pub(super) elements: Secret<S::UserKey>,
}

impl<S: Scheme> UserSecretKey<S> {
    pub(super) fn new(attributes: AttributeSet, elements: S::UserKey) -> Self {
        Self { attributes, elements: Secret::new(elements) }
    }

    /// The attributes of the key.
    pub fn attributes(&self) -> &AttributeSet {
        &self.attributes
    }
}

/// The attributes may be personal too.
impl<S: Scheme> fmt::Debug for UserSecretKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserSecretKey({:?})", self.elements)
    }
}

/// The attributes' names strictly ascending, then the elements.
impl<S: Scheme> Canonical for UserSecretKey<S> {
    const KIND: Kind = Kind::AbeUserSecretKey;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        let names: Vec<&Attribute> = self.attributes.iter().collect();
        w.list(&names, |w, attribute| w.bytes(attribute.as_str().as_bytes()));
        self.elements.expose().write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite::<S>(r)?;
        let names = r.list(MAX_ATTRIBUTES, |r| {
            let name = r.text(MAX_NAME)?;
            Attribute::new(name).map_err(|_| DecodeError::Invalid("not an attribute"))
        })?;
        if !names.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::Invalid("the attributes are not strictly ascending"));
        }
        let elements = KeyElements::read(r, names.len())?;
        Ok(Self::new(names.into_iter().collect(), elements))
    }
}

/// Reads the suite's byte.
pub(super) fn suite<S: Scheme>(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    if r.u8()? == S::SUITE { Ok(()) } else { Err(DecodeError::Invalid("another suite")) }
}
