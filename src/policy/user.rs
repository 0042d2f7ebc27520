//! The attributes of a user, and their text.
//!
//! A [`UserAttribute`] is a name, a number or date under a label, or a listed value. The
//! components of a key belong to [`Attribute`](super::Attribute)s, of which a number has one per
//! prefix.
#![forbid(unsafe_code)]

use super::cursor::Cursor;
use super::token::Token;
use super::{Listed, Name, ParseError, Prefix, Relation, Value};
use crate::algebra::codec::sequence;
use std::fmt;
use std::str::FromStr;

/// A user's number or date under a label, written `age = 42u8`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    label: Name,
    value: Value,
}

sequence!(Codec for Number { label, value });

impl Number {
    /// Returns the attribute `label = value`.
    pub fn new(label: Name, value: impl Into<Value>) -> Self {
        Self { label, value: value.into() }
    }

    /// The label.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The value.
    pub fn value(&self) -> Value {
        self.value
    }

    /// Returns all prefixes of the value, from length 0 to the width of its domain.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        (0..=self.value.domain().width()).map(|length| Prefix::of(self, length))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.label, self.value)
    }
}

/// An attribute of a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UserAttribute {
    /// A number or date under a label.
    Number(Number),
    /// A value of a vocabulary.
    Listed(Listed),
    /// A plain name.
    Name(Name),
}

impl UserAttribute {
    /// attribute = name / listed / name "=" value
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let column = cursor.column();
        let name = cursor.name("an attribute")?;
        match cursor.peek() {
            Token::Relation(Relation::Equal) => {
                cursor.advance()?;
                Ok(Number::new(name, cursor.value()?).into())
            }
            Token::Relation(_) | Token::In => {
                cursor.fail("an attribute of a user has one value; write label = value")
            }
            Token::Hash => cursor.listed(column, name).map(Self::Listed),
            _ => Ok(name.into()),
        }
    }
}

/// Parses `age = 42u8`, `valid_until = 2026-12-01`, `role#3:doctor`, `"Dr. Ada Ruiz"`.
impl FromStr for UserAttribute {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(text)?;
        let attribute = Self::read(&mut cursor)?;
        cursor.finish("the end of the text")?;
        Ok(attribute)
    }
}

/// The canonical text.
impl fmt::Display for UserAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Listed(listed) => listed.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl From<Number> for UserAttribute {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<Listed> for UserAttribute {
    fn from(listed: Listed) -> Self {
        Self::Listed(listed)
    }
}

impl From<Name> for UserAttribute {
    fn from(name: Name) -> Self {
        Self::Name(name)
    }
}
