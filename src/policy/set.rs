//! Attribute sets of users.
#![forbid(unsafe_code)]

mod encoding;

use super::cursor::Cursor;
use super::token::Token;
use super::{
    Attribute, Domain, InvalidLabel, InvalidName, Listed, MAX_COMPONENTS, Name, Number, ParseError,
    UserAttribute, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The attributes of a user: names, and **at most one number, one date and one listed value per
/// label**.
///
/// A key with the ages 5 and 30 would satisfy `age >= 18` with one and `age <= 25` with the
/// other, so no set contains both. A number may be held in several widths if it is equal in all of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSet {
    numbers: BTreeMap<Name, BTreeMap<Domain, Number>>,
    listed: BTreeMap<Name, Listed>,
    names: BTreeSet<Name>,
    /// The number of attributes in [`Self::expanded`].
    components: usize,
}

/// A violated rule of attribute sets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttributes {
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A label that a vocabulary cannot have.
    #[error(transparent)]
    Label(#[from] InvalidLabel),
    /// A label with conflicting values; the field is the value that is already held.
    #[error("{0} is already held, and a user holds one value per label")]
    ConflictingValue(UserAttribute),
    /// More than [`MAX_COMPONENTS`] attributes.
    #[error("a key has at most {MAX_COMPONENTS} attributes, each prefix of a number counted")]
    TooMany,
}

impl AttributeSet {
    /// Returns the set of these attributes.
    ///
    /// # Errors
    /// [`InvalidAttributes`] if a label has conflicting values, or there are too many attributes.
    pub fn new(
        attributes: impl IntoIterator<Item = UserAttribute>,
    ) -> Result<Self, InvalidAttributes> {
        let mut set = Self::default();
        attributes.into_iter().try_for_each(|attribute| set.insert(attribute))?;
        Ok(set)
    }

    /// Returns the set of these plain names, in which quotes have no meaning.
    ///
    /// # Errors
    /// [`InvalidAttributes`] if a name is invalid, or if there are too many attributes.
    pub fn from_names<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidAttributes> {
        let mut set = Self::default();
        names.into_iter().try_for_each(|name| set.insert(Name::new(name)?))?;
        Ok(set)
    }

    /// Adds an attribute. Adding an attribute that the set contains has no effect.
    ///
    /// # Errors
    /// [`InvalidAttributes`] if its label has a conflicting value, or if there are too many
    /// attributes.
    pub fn insert(&mut self, attribute: impl Into<UserAttribute>) -> Result<(), InvalidAttributes> {
        let attribute = attribute.into();
        if self.holds(&attribute) {
            return Ok(());
        }
        if let Some(held) = self.conflict(&attribute) {
            return Err(InvalidAttributes::ConflictingValue(held));
        }
        let components = self.components + components(&attribute);
        if components > MAX_COMPONENTS {
            return Err(InvalidAttributes::TooMany);
        }
        self.components = components;
        match attribute {
            UserAttribute::Number(number) => {
                let values = self.numbers.entry(number.label().clone()).or_default();
                values.insert(number.value().domain(), number);
            }
            UserAttribute::Listed(listed) => {
                self.listed.insert(listed.label().clone(), listed);
            }
            UserAttribute::Name(name) => {
                self.names.insert(name);
            }
        }
        Ok(())
    }

    fn holds(&self, attribute: &UserAttribute) -> bool {
        match attribute {
            UserAttribute::Number(number) => {
                self.value(number.label(), number.value().domain()) == Some(number.value())
            }
            UserAttribute::Listed(listed) => self.listed.get(listed.label()) == Some(listed),
            UserAttribute::Name(name) => self.names.contains(name),
        }
    }

    /// Returns a held value that conflicts with the attribute: another number in any width, another
    /// date, or another value of the vocabulary in any version.
    fn conflict(&self, attribute: &UserAttribute) -> Option<UserAttribute> {
        match attribute {
            UserAttribute::Number(number) => {
                let value = number.value();
                let conflicts = |held: &&Number| {
                    held.value().is_date() == value.is_date()
                        && held.value().number() != value.number()
                };
                self.numbers_of(number.label()).find(conflicts).cloned().map(UserAttribute::Number)
            }
            UserAttribute::Listed(listed) => {
                let held = self.listed.get(listed.label()).filter(|held| *held != listed)?;
                Some(UserAttribute::Listed(held.clone()))
            }
            UserAttribute::Name(_) => None,
        }
    }

    /// Returns the value of a label in a domain.
    pub fn value(&self, label: &Name, domain: Domain) -> Option<Value> {
        Some(self.numbers.get(label)?.get(&domain)?.value())
    }

    /// Returns the numbers and dates under a label.
    pub(super) fn numbers_of(&self, label: &Name) -> impl Iterator<Item = &Number> {
        self.numbers.get(label).into_iter().flat_map(BTreeMap::values)
    }

    /// Returns the held value of a vocabulary, in any version.
    pub fn listed(&self, label: &Name) -> Option<&Listed> {
        self.listed.get(label)
    }

    /// Returns `true` if a key for this set has a component for the attribute.
    pub fn contains(&self, attribute: &Attribute) -> bool {
        match attribute {
            Attribute::Prefix(prefix) => self
                .value(prefix.label(), prefix.domain())
                .is_some_and(|value| prefix.contains(value.number())),
            Attribute::Listed(listed) => self.listed.get(listed.label()) == Some(listed),
            Attribute::Name(name) => self.names.contains(name),
        }
    }

    /// Iterates over numbers and dates, listed values, then names, each in strictly ascending
    /// order.
    pub fn iter(&self) -> impl Iterator<Item = UserAttribute> {
        let numbers = self.numbers.values().flat_map(BTreeMap::values).cloned();
        let listed = self.listed.values().cloned().map(UserAttribute::Listed);
        let names = self.names.iter().cloned().map(UserAttribute::Name);
        numbers.map(UserAttribute::Number).chain(listed).chain(names)
    }

    /// Returns the attributes for which a key has components, in strictly ascending order: those of
    /// [`Self::iter`], with all prefixes, from the shortest, in place of each number.
    pub fn expanded(&self) -> Vec<Attribute> {
        let prefixes = self.numbers.values().flat_map(BTreeMap::values).flat_map(Number::prefixes);
        let listed = self.listed.values().cloned().map(Attribute::Listed);
        let names = self.names.iter().cloned().map(Attribute::Name);
        prefixes.map(Attribute::Prefix).chain(listed).chain(names).collect()
    }

    /// Returns the number of attributes in [`Self::expanded`].
    pub fn components(&self) -> usize {
        self.components
    }

    /// Returns the number of attributes in [`Self::iter`].
    pub fn len(&self) -> usize {
        let numbers: usize = self.numbers.values().map(BTreeMap::len).sum();
        numbers + self.listed.len() + self.names.len()
    }

    /// Returns `true` if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.components == 0
    }
}

/// Returns the number of key components of an attribute.
fn components(attribute: &UserAttribute) -> usize {
    match attribute {
        UserAttribute::Number(number) => number.value().domain().width() as usize + 1,
        UserAttribute::Listed(_) | UserAttribute::Name(_) => 1,
    }
}

/// Parses attributes separated by commas. The empty text is the empty set.
///
/// ```
/// use epione::policy::AttributeSet;
/// let text = "age = 42u8, valid_until = 2026-12-01, role#3:doctor, \"Dr. Ada Ruiz\"";
/// let set: AttributeSet = text.parse().unwrap();
/// assert_eq!(set.to_string(), text);
/// assert!("age = 42u8, age = 5u8".parse::<AttributeSet>().is_err());
/// ```
impl FromStr for AttributeSet {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (mut set, mut cursor) = (Self::default(), Cursor::new(text)?);
        if *cursor.peek() == Token::End {
            return Ok(set);
        }
        loop {
            let column = cursor.column();
            let attribute = UserAttribute::read(&mut cursor)?;
            set.insert(attribute).map_err(ParseError::at(column))?;
            if !cursor.advance_if(&Token::Comma)? {
                break;
            }
        }
        cursor.finish("',' or the end of the text")?;
        Ok(set)
    }
}

/// The canonical text, in the order of [`AttributeSet::iter`].
impl fmt::Display for AttributeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, attribute) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{attribute}")?;
        }
        Ok(())
    }
}
