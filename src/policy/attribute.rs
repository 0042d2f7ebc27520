//! The attribute universe and the identities that are hashed to points.
#![forbid(unsafe_code)]

use super::{Comparison, InvalidName, Name, Prefix};
use crate::algebra::codec::sequence;
use crate::error::DecodeError;
use std::borrow::Cow;
use std::fmt;

/// First byte of the identity of a prefix. No name starts with a control character.
const PREFIX: u8 = 1;
/// First byte of the identity of a listed value.
const LISTED: u8 = 2;
/// Terminator of a label within an identity. No name contains it.
const END: u8 = 0;

/// An attribute: the label of a row of a span program, and of a component of a key.
///
/// Attributes are ordered as their identities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// A prefix of the value of a label.
    Prefix(Prefix),
    /// A value of a vocabulary.
    Listed(Listed),
    /// A plain name.
    Name(Name),
}

impl Attribute {
    /// Returns the attribute of a plain name.
    ///
    /// # Errors
    /// [`InvalidName`] if the text is not a name.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        Name::new(name).map(Self::Name)
    }

    /// Returns the bytes that are hashed to the attribute's point. The encoding is injective:
    ///
    /// ```text
    /// name      UTF-8; does not start with a control character
    /// prefix    01 label 00 domain length first     1, 1 and 4 bytes
    /// listed    02 label 00 version value           4 bytes and UTF-8
    /// ```
    pub fn identity(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Name(name) => Cow::Borrowed(name.as_str().as_bytes()),
            Self::Prefix(Prefix { label, domain, length, first }) => {
                let fields = [&[domain.code(), *length][..], &first.to_be_bytes()].concat();
                Cow::Owned(labelled(PREFIX, label, &fields))
            }
            Self::Listed(Listed { label, version, value }) => {
                let fields = [&version.to_be_bytes()[..], value.as_str().as_bytes()].concat();
                Cow::Owned(labelled(LISTED, label, &fields))
            }
        }
    }
}

fn labelled(kind: u8, label: &Name, fields: &[u8]) -> Vec<u8> {
    [&[kind][..], label.as_str().as_bytes(), &[END], fields].concat()
}

/// The canonical text; a prefix prints as a comparison.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Prefix(prefix) => Comparison::block(prefix.clone()).fmt(f),
            Self::Listed(listed) => listed.fmt(f),
        }
    }
}

/// A value of one version of a vocabulary, written `role#3:doctor`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listed {
    // Fields in the order of the identity, so that the derived order agrees with it.
    pub(super) label: Name,
    pub(super) version: u32,
    pub(super) value: Name,
}

sequence!(Codec for Listed { label, version, value } => Listed::check);

impl Listed {
    /// Returns a value of a vocabulary.
    ///
    /// # Errors
    /// [`InvalidLabel`] if the label contains a colon.
    pub fn new(label: Name, version: u32, value: Name) -> Result<Self, InvalidLabel> {
        check_label(&label).map(|()| Self { label, version, value })
    }

    fn check(self) -> Result<Self, DecodeError> {
        let colon = DecodeError::Invalid("the label of a vocabulary contains no colon");
        check_label(&self.label).map(|()| self).map_err(|_| colon)
    }

    /// The label of the vocabulary.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The version of the vocabulary.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The value.
    pub fn value(&self) -> &Name {
        &self.value
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}:{}", self.label, self.version, self.value)
    }
}

/// A label that a vocabulary cannot have: in `not role:nurse` the label ends at the first colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the label of a vocabulary contains no colon")]
pub struct InvalidLabel;

pub(super) fn check_label(label: &Name) -> Result<(), InvalidLabel> {
    if label.as_str().contains(':') { Err(InvalidLabel) } else { Ok(()) }
}
