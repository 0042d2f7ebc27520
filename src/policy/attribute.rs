//! Attributes as they are hashed to points.
#![forbid(unsafe_code)]

use super::{Comparison, InvalidName, Name, Prefix};
use std::borrow::Cow;
use std::fmt;

/// The first byte of a prefix's identity. No name starts with a control character.
const PREFIX: u8 = 1;
/// The first byte of a listed value's identity.
const LISTED: u8 = 2;
/// What ends a label within an identity. No name contains it.
const END: u8 = 0;

/// An attribute as a row of a span program and a component of a key have it.
///
/// Attributes are ordered as their identities are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// That the value of a label has a prefix.
    Prefix(Prefix),
    /// A value of a vocabulary.
    Listed(Listed),
    /// A plain name.
    Name(Name),
}

impl Attribute {
    /// A plain name.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        Name::new(name).map(Self::Name)
    }

    /// The bytes that are hashed to the attribute's point. Two attributes never have the same:
    ///
    /// ```text
    /// name      UTF-8, never starting with a control character
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

/// As it stands in a policy; a prefix as the comparison that it is.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Prefix(prefix) => Comparison::block(prefix.clone()).fmt(f),
            Self::Listed(listed) => listed.fmt(f),
        }
    }
}

/// A value of a vocabulary, written `role#3:doctor`: the version is part of what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listed {
    // In the order of an attribute's identity.
    pub(super) label: Name,
    pub(super) version: u32,
    pub(super) value: Name,
}

impl Listed {
    /// The value under a vocabulary's label and version.
    ///
    /// # Errors
    /// [`InvalidLabel`].
    pub fn new(label: Name, version: u32, value: Name) -> Result<Self, InvalidLabel> {
        check_label(&label).map(|()| Self { label, version, value })
    }

    /// The vocabulary's label.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The vocabulary's version.
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

/// A label that no vocabulary may have: in `not role:nurse` the label ends at the first colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the label of a vocabulary has no colon")]
pub struct InvalidLabel;

pub(super) fn check_label(label: &Name) -> Result<(), InvalidLabel> {
    if label.as_str().contains(':') { Err(InvalidLabel) } else { Ok(()) }
}
