//! Keys of an attribute authority and of users.
#![forbid(unsafe_code)]

use super::fabeo::Fabeo;
use super::scheme::{Elements, KeyElements, Scheme};
use crate::algebra::Secret;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use crate::policy::AttributeSet;
use std::fmt;

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

/// The set of attributes, then the elements: a component for each that the set expands to.
impl<S: Scheme> Canonical for UserSecretKey<S> {
    const KIND: Kind = Kind::AbeUserSecretKey;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        self.attributes.write(w);
        self.elements.expose().write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite::<S>(r)?;
        let attributes = AttributeSet::read(r)?;
        let elements = KeyElements::read(r, attributes.components())?;
        Ok(Self::new(attributes, elements))
    }
}

/// Reads the suite's byte.
pub(super) fn suite<S: Scheme>(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    if r.u8()? == S::SUITE { Ok(()) } else { Err(DecodeError::Invalid("another suite")) }
}
