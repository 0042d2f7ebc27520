//! Attributes as a user is given them, and their text.
//!
//! A [`UserAttribute`] is what people speak of: a name, the number of a label, a listed value. A key
//! has components for [`Attribute`](super::Attribute)s, of which a number is one a prefix.
#![forbid(unsafe_code)]

use super::cursor::Cursor;
use super::token::Token;
use super::{Listed, Name, ParseError, Prefix, Relation, Value};
use std::fmt;
use std::str::FromStr;

/// The value that a label has for a user, written `age = 42u8`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    label: Name,
    value: Value,
}

impl Number {
    /// `label = value`.
    pub fn new(label: Name, value: impl Into<Value>) -> Self {
        Self { label, value: value.into() }
    }

    /// Whose value it is.
    pub fn label(&self) -> &Name {
        &self.label
    }

    /// The value.
    pub fn value(&self) -> Value {
        self.value
    }

    /// All prefixes of the value, from none of its bits to all of them.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        (0..=self.value.domain().width()).map(|length| Prefix::of(self, length))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.label, self.value)
    }
}

/// An attribute as a user is given it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UserAttribute {
    /// The value of a label: a number or a date.
    Number(Number),
    /// A value of a vocabulary.
    Listed(Listed),
    /// A plain name.
    Name(Name),
}

impl UserAttribute {
    /// name ["=" value / "#" number ":" name]
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let column = cursor.column();
        let name = cursor.name("an attribute")?;
        match cursor.peek() {
            Token::Relation(Relation::Equal) => {
                cursor.advance()?;
                Ok(Number::new(name, cursor.value()?).into())
            }
            Token::Relation(_) | Token::In => {
                cursor.fail("a user has one value under a label, written label = value")
            }
            Token::Hash => cursor.listed(column, name).map(Self::Listed),
            _ => Ok(name.into()),
        }
    }
}

/// `age = 42u8`, `valid_until = 2026-12-01`, `role#3:doctor`, `"Dr. Ada Ruiz"`.
impl FromStr for UserAttribute {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(text)?;
        let attribute = Self::read(&mut cursor)?;
        cursor.finish("the end")?;
        Ok(attribute)
    }
}

/// As it is read.
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
