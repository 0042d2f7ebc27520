//! The keys of attribute authorities and users.
#![forbid(unsafe_code)]

use super::fabeo::Fabeo;
use super::scheme::{KeyShape, Scheme};
use crate::algebra::Secret;
use crate::algebra::codec::{Canonical, Codec, Reader, ShapedCodec, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;
use crate::policy::AttributeSet;
use std::fmt;

/// The public parameters, with which anyone encrypts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicParameters<S: Scheme = Fabeo>(pub(super) S::Parameters);

impl<S: Scheme> Canonical for PublicParameters<S> {
    const KIND: Kind = Kind::AbePublicParameters;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        self.0.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_suite::<S>(r)?;
        Ok(Self(Codec::read(r)?))
    }
}
public_encoding!(impl<S: Scheme> PublicParameters<S>);

/// An authority's master secret key. In schemes with a single or a central authority it decrypts
/// every ciphertext.
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
        read_suite::<S>(r)?;
        Ok(Self(Secret::new(Codec::read(r)?)))
    }
}

/// A user's secret key for a set of attributes.
#[derive(Clone)]
pub struct UserSecretKey<S: Scheme = Fabeo> {
    pub(super) attributes: AttributeSet,
    pub(super) elements: Secret<S::UserKey>,
}

impl<S: Scheme> UserSecretKey<S> {
    pub(super) fn new(attributes: AttributeSet, elements: S::UserKey) -> Self {
        Self { attributes, elements: Secret::new(elements) }
    }

    /// The attribute set of the key.
    pub fn attributes(&self) -> &AttributeSet {
        &self.attributes
    }
}

/// Omits the attributes, which may be personal.
impl<S: Scheme> fmt::Debug for UserSecretKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserSecretKey({:?})", self.elements)
    }
}

/// Encoding: the suite, the attribute set, the elements with one component per expanded
/// attribute.
impl<S: Scheme> Canonical for UserSecretKey<S> {
    const KIND: Kind = Kind::AbeUserSecretKey;
    fn write(&self, w: &mut Writer) {
        w.u8(S::SUITE);
        self.attributes.write(w);
        self.elements.expose().write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_suite::<S>(r)?;
        let attributes = AttributeSet::read(r)?;
        let shape = KeyShape { components: attributes.components() };
        let elements = ShapedCodec::read(r, shape)?;
        Ok(Self::new(attributes, elements))
    }
}

/// Reads the suite byte.
///
/// # Errors
/// [`DecodeError::Invalid`] if the encoding belongs to another suite.
pub(super) fn read_suite<S: Scheme>(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    if r.u8()? == S::SUITE {
        Ok(())
    } else {
        Err(DecodeError::Invalid("the encoding belongs to another suite"))
    }
}
