//! The attributes of one user.
#![forbid(unsafe_code)]

mod encoding;

use super::cursor::Cursor;
use super::token::Token;
use super::{
    Attribute, Domain, InvalidLabel, InvalidName, Listed, Name, Number, ParseError, UserAttribute,
    Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The most attributes that a key has components for.
pub const MAX_ATTRIBUTES: usize = 1 << 16;

/// The attributes that a user holds: names, and **at most one value under each label**.
///
/// A key with the ages 5 and 30 would satisfy `age >= 18` by one and `age <= 25` by the other, so
/// there is no set with both. A number may be held in several widths, and then is the same in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSet {
    numbers: BTreeMap<Name, BTreeMap<Domain, Number>>,
    listed: BTreeMap<Name, Listed>,
    names: BTreeSet<Name>,
    /// The attributes of [`Self::expanded`].
    components: usize,
}

/// Why attributes are no set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttributes {
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A label that no vocabulary may have.
    #[error(transparent)]
    Label(#[from] InvalidLabel),
    /// A label with two values.
    #[error("{0} is held already, and a user holds one value under a label")]
    SecondValue(UserAttribute),
    /// More than [`MAX_ATTRIBUTES`].
    #[error("a key has at most {MAX_ATTRIBUTES} attributes, each prefix of a number being one")]
    TooMany,
}

impl AttributeSet {
    /// The set of these attributes.
    ///
    /// # Errors
    /// [`InvalidAttributes`] if a label has two values, or there are too many.
    pub fn new(
        attributes: impl IntoIterator<Item = UserAttribute>,
    ) -> Result<Self, InvalidAttributes> {
        let mut set = Self::default();
        attributes.into_iter().try_for_each(|attribute| set.insert(attribute))?;
        Ok(set)
    }

    /// The set of these plain names, taken as they are.
    ///
    /// # Errors
    /// [`InvalidAttributes`] if one of them is no name, or there are too many.
    pub fn from_names<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidAttributes> {
        let mut set = Self::default();
        names.into_iter().try_for_each(|name| set.insert(Name::new(name)?))?;
        Ok(set)
    }

    /// Adds an attribute; one that is held already changes nothing.
    ///
    /// # Errors
    /// [`InvalidAttributes`] if its label has another value, or there are too many.
    pub fn insert(&mut self, attribute: impl Into<UserAttribute>) -> Result<(), InvalidAttributes> {
        let attribute = attribute.into();
        if self.holds(&attribute) {
            return Ok(());
        }
        if let Some(other) = self.other_value(&attribute) {
            return Err(InvalidAttributes::SecondValue(other));
        }
        let components = self.components + components(&attribute);
        if components > MAX_ATTRIBUTES {
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

    /// What is held under the label and excludes this: any version's value of a vocabulary, in any
    /// width another number, another date.
    fn other_value(&self, attribute: &UserAttribute) -> Option<UserAttribute> {
        match attribute {
            UserAttribute::Number(number) => {
                let value = number.value();
                let excludes = |held: &&Number| {
                    held.value().is_date() == value.is_date()
                        && held.value().number() != value.number()
                };
                self.numbers_of(number.label()).find(excludes).cloned().map(UserAttribute::Number)
            }
            UserAttribute::Listed(listed) => {
                let held = self.listed.get(listed.label()).filter(|held| *held != listed)?;
                Some(UserAttribute::Listed(held.clone()))
            }
            UserAttribute::Name(_) => None,
        }
    }

    /// The value that a label has in a domain.
    pub fn value(&self, label: &Name, domain: Domain) -> Option<Value> {
        Some(self.numbers.get(label)?.get(&domain)?.value())
    }

    /// The numbers and dates under a label.
    pub(super) fn numbers_of(&self, label: &Name) -> impl Iterator<Item = &Number> {
        self.numbers.get(label).into_iter().flat_map(BTreeMap::values)
    }

    /// The value of a vocabulary, in whatever version.
    pub fn listed(&self, label: &Name) -> Option<&Listed> {
        self.listed.get(label)
    }

    /// Whether a key for this set has the attribute: for a prefix, whether the value has it.
    pub fn contains(&self, attribute: &Attribute) -> bool {
        match attribute {
            Attribute::Prefix(prefix) => self
                .value(prefix.label(), prefix.domain())
                .is_some_and(|value| prefix.contains(value.number())),
            Attribute::Listed(listed) => self.listed.get(listed.label()) == Some(listed),
            Attribute::Name(name) => self.names.contains(name),
        }
    }

    /// What the user was given: numbers, listed values, names, each strictly ascending.
    pub fn iter(&self) -> impl Iterator<Item = UserAttribute> {
        let numbers = self.numbers.values().flat_map(BTreeMap::values).cloned();
        let listed = self.listed.values().cloned().map(UserAttribute::Listed);
        let names = self.names.iter().cloned().map(UserAttribute::Name);
        numbers.map(UserAttribute::Number).chain(listed).chain(names)
    }

    /// Every attribute that a key has a component for, strictly ascending: in the order of
    /// [`Self::iter`], each number as all its prefixes from the shortest.
    pub fn expanded(&self) -> Vec<Attribute> {
        let prefixes = self.numbers.values().flat_map(BTreeMap::values).flat_map(Number::prefixes);
        let listed = self.listed.values().cloned().map(Attribute::Listed);
        let names = self.names.iter().cloned().map(Attribute::Name);
        prefixes.map(Attribute::Prefix).chain(listed).chain(names).collect()
    }

    /// How many attributes a key has components for: those of [`Self::expanded`].
    pub fn components(&self) -> usize {
        self.components
    }

    /// How many attributes the user was given.
    pub fn len(&self) -> usize {
        let numbers: usize = self.numbers.values().map(BTreeMap::len).sum();
        numbers + self.listed.len() + self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.components == 0
    }
}

/// How many attributes a key has for it.
fn components(attribute: &UserAttribute) -> usize {
    match attribute {
        UserAttribute::Number(number) => number.value().domain().width() as usize + 1,
        UserAttribute::Listed(_) | UserAttribute::Name(_) => 1,
    }
}

/// Attributes separated by commas; nothing is the empty set.
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
        cursor.finish("',' or the end")?;
        Ok(set)
    }
}

/// As it is read, in the order of [`AttributeSet::iter`].
impl fmt::Display for AttributeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, attribute) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{attribute}")?;
        }
        Ok(())
    }
}
